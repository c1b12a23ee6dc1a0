-- Terms of a campaign that change, what proves that a fee was agreed to, and money that waits for its donor's word.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE campaign ADD COLUMN terms_version int NOT NULL DEFAULT 1 CHECK (terms_version > 0);
COMMENT ON COLUMN campaign.terms_version IS 'The last version of its terms that was written, whether in effect yet or not. The first stands in this row, later ones in campaign_terms.';
COMMENT ON COLUMN campaign.terms IS 'The first version of what donors agree to; never changes.';
COMMENT ON COLUMN campaign.terms_sha256 IS 'SHA-256 of the first version of the terms and the fees behind them. A pledge is bound to that of the version in effect when it was made.';
COMMENT ON COLUMN campaign.fees IS 'What the first version of its terms takes of each captured charge: to, percent, fixed minor units, returned_on_refund. Never changes.';

ALTER TABLE campaign ADD COLUMN idle_months int NOT NULL DEFAULT 24 CHECK (idle_months BETWEEN 1 AND 24);
COMMENT ON COLUMN campaign.idle_months IS 'After so many months without a release what lies in its fund is its donors'' to take back; the terms say it. Never changes.';

CREATE TABLE returnable_notice (
    pledge   uuid NOT NULL,
    campaign uuid NOT NULL,
    told_at  timestamptz NOT NULL,
    book_id  int NOT NULL,
    since    date NOT NULL,
    PRIMARY KEY (book_id, pledge, campaign),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id)
);
SELECT ledger_distribute('returnable_notice');
COMMENT ON TABLE returnable_notice IS 'That money of a pledge in a campaign''s fund became its donor''s to take back or to redirect, and that the donor was told: once. How much it is now is worked out from the book.';
COMMENT ON COLUMN returnable_notice.pledge IS 'Whose money.';
COMMENT ON COLUMN returnable_notice.campaign IS 'In whose fund it lies.';
COMMENT ON COLUMN returnable_notice.told_at IS 'Book time.';
COMMENT ON COLUMN returnable_notice.book_id IS 'The book.';
COMMENT ON COLUMN returnable_notice.since IS 'Since when the first of it is returnable, in the zone of the book.';

CREATE TABLE campaign_terms (
    campaign     uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    book_id      int NOT NULL,
    version      int NOT NULL CHECK (version > 1),
    effective_on date NOT NULL,
    terms        text NOT NULL CHECK (length(terms) BETWEEN 1 AND 50000),
    terms_sha256 bytea NOT NULL CHECK (length(terms_sha256) = 32),
    fees         jsonb NOT NULL CHECK (jsonb_typeof(fees) = 'array' AND jsonb_array_length(fees) <= 3),
    PRIMARY KEY (book_id, campaign, version),
    UNIQUE (book_id, campaign, terms_sha256),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id)
);
SELECT ledger_distribute('campaign_terms');
COMMENT ON TABLE campaign_terms IS 'Later versions of a campaign''s terms. Written once: pledges that were made before keep the terms that they agreed to.';
COMMENT ON COLUMN campaign_terms.campaign IS 'The campaign.';
COMMENT ON COLUMN campaign_terms.created_at IS 'Book time.';
COMMENT ON COLUMN campaign_terms.book_id IS 'The book.';
COMMENT ON COLUMN campaign_terms.version IS 'From 2: the first stands in the campaign.';
COMMENT ON COLUMN campaign_terms.effective_on IS 'From the start of this day, in the zone of the book, new pledges agree to it.';
COMMENT ON COLUMN campaign_terms.terms IS 'What donors agree to.';
COMMENT ON COLUMN campaign_terms.terms_sha256 IS 'SHA-256 of the terms and the fees behind them.';
COMMENT ON COLUMN campaign_terms.fees IS 'What it takes of each captured charge: to, percent, fixed minor units, returned_on_refund.';

-- The charge and the refund to which an entry with a fee belongs: one at most.
CREATE UNIQUE INDEX charge_with_fee ON charge (book_id, entry) WHERE fees > 0 AND entry > 0;
DROP INDEX refund_of_entry;
CREATE UNIQUE INDEX refund_of_entry ON refund (book_id, entry);
CREATE UNIQUE INDEX refund_of_failure ON refund (book_id, end_entry) WHERE state = 'failed';
