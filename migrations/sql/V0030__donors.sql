-- What a donor sees by a link, the receipts of what was given, and whose name stands on them as custodian.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE organisation ADD COLUMN address text NOT NULL DEFAULT '' CHECK (length(address) <= 1000);
ALTER TABLE organisation ADD COLUMN registration text NOT NULL DEFAULT '' CHECK (length(registration) <= 200);
ALTER TABLE organisation ADD COLUMN receipt_text text NOT NULL DEFAULT '' CHECK (length(receipt_text) <= 4000);
COMMENT ON COLUMN organisation.address IS 'Postal address, for receipts; empty when not given.';
COMMENT ON COLUMN organisation.registration IS 'Number in a public register, for receipts; empty when not given.';
COMMENT ON COLUMN organisation.receipt_text IS 'What its receipts say of their use before the tax office; empty: that they are none.';

ALTER TABLE activity DROP CONSTRAINT activity_actor_kind_check;
ALTER TABLE activity ADD CONSTRAINT activity_actor_kind_check CHECK (actor_kind IN ('person', 'partner', 'donor', 'service'));
COMMENT ON COLUMN activity.actor IS 'The person, the partner''s organisation or the donor''s pseudonym; nil for the service itself.';
COMMENT ON COLUMN activity.actor_kind IS 'person, partner, donor or service.';

CREATE TABLE receipt_year (
    book_id int NOT NULL,
    year    int NOT NULL CHECK (year BETWEEN 1 AND 9999),
    last    int NOT NULL CHECK (last >= 1),
    PRIMARY KEY (book_id, year)
);
SELECT ledger_distribute('receipt_year');
COMMENT ON TABLE receipt_year IS 'How far the receipts of a book and year are numbered; locked while one is issued, so that no number is left out.';
COMMENT ON COLUMN receipt_year.book_id IS 'The book.';
COMMENT ON COLUMN receipt_year.year IS 'Year of the payments, in the zone of the book.';
COMMENT ON COLUMN receipt_year.last IS 'Number of the last receipt.';

CREATE TABLE receipt (
    id                     uuid NOT NULL,
    charge                 uuid NOT NULL,
    pledge                 uuid NOT NULL,
    donor                  uuid NOT NULL,
    campaign               uuid NOT NULL,
    custodian              uuid NOT NULL,
    amount                 bigint NOT NULL CHECK (amount > 0),
    entry                  bigint NOT NULL CHECK (entry > 0),
    issued_at              timestamptz NOT NULL,
    book_id                int NOT NULL,
    year                   int NOT NULL CHECK (year BETWEEN 1 AND 9999),
    number                 int NOT NULL CHECK (number >= 1),
    given_on               date NOT NULL,
    currency               text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    campaign_title         text NOT NULL CHECK (length(campaign_title) <= 200),
    custodian_name         text NOT NULL CHECK (length(custodian_name) <= 200),
    custodian_address      text NOT NULL CHECK (length(custodian_address) <= 1000),
    custodian_registration text NOT NULL CHECK (length(custodian_registration) <= 200),
    tax_text               text NOT NULL CHECK (length(tax_text) <= 4000),
    terms_sha256           bytea NOT NULL CHECK (length(terms_sha256) = 32),
    lines                  jsonb NOT NULL CHECK (jsonb_typeof(lines) = 'array'),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, charge),
    UNIQUE (book_id, year, number),
    FOREIGN KEY (book_id, charge) REFERENCES charge (book_id, id),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id),
    FOREIGN KEY (book_id, donor) REFERENCES donor (book_id, id)
);
SELECT ledger_distribute('receipt');
CREATE INDEX receipt_of_pledge ON receipt (book_id, pledge, id);
CREATE INDEX receipt_of_donor ON receipt (book_id, donor, id);
COMMENT ON TABLE receipt IS 'The receipt of a charge, as it was issued: one a charge, written once. No name stands in it, so that it can stay when its donor is erased.';
COMMENT ON COLUMN receipt.id IS 'UUIDv7 in the outside id rct_.';
COMMENT ON COLUMN receipt.charge IS 'The charge that was captured.';
COMMENT ON COLUMN receipt.pledge IS 'The pledge of the charge.';
COMMENT ON COLUMN receipt.donor IS 'The pseudonym of who gave.';
COMMENT ON COLUMN receipt.campaign IS 'The campaign to which the money was given.';
COMMENT ON COLUMN receipt.custodian IS 'Organisation that took the money, and holds it until it is paid over.';
COMMENT ON COLUMN receipt.amount IS 'Minor units that were given.';
COMMENT ON COLUMN receipt.entry IS 'Record number of the entry of the capture.';
COMMENT ON COLUMN receipt.issued_at IS 'Book time.';
COMMENT ON COLUMN receipt.book_id IS 'The book.';
COMMENT ON COLUMN receipt.year IS 'Year of the payment, in the zone of the book.';
COMMENT ON COLUMN receipt.number IS 'Within the book and the year, from 1, without a gap.';
COMMENT ON COLUMN receipt.given_on IS 'Day of the capture, in the zone of the book.';
COMMENT ON COLUMN receipt.currency IS 'ISO 4217.';
COMMENT ON COLUMN receipt.campaign_title IS 'Name of the campaign then.';
COMMENT ON COLUMN receipt.custodian_name IS 'Name of the custodian then.';
COMMENT ON COLUMN receipt.custodian_address IS 'Postal address of the custodian then; empty when not given.';
COMMENT ON COLUMN receipt.custodian_registration IS 'Registration of the custodian then; empty when not given.';
COMMENT ON COLUMN receipt.tax_text IS 'What it said of its use before the tax office.';
COMMENT ON COLUMN receipt.terms_sha256 IS 'SHA-256 of the terms that the donor agreed to.';
COMMENT ON COLUMN receipt.lines IS 'What the amount is made of: an array of {label, amount}, minor units, which add up to it.';

CREATE TABLE donor_link (
    id            uuid NOT NULL,
    donor         uuid NOT NULL,
    receipt       uuid,
    created_at    timestamptz NOT NULL,
    lapses_at     timestamptz,
    revoked_at    timestamptz,
    book_id       int NOT NULL,
    secret_digest bytea NOT NULL CHECK (length(secret_digest) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, secret_digest),
    FOREIGN KEY (book_id, donor) REFERENCES donor (book_id, id),
    FOREIGN KEY (book_id, receipt) REFERENCES receipt (book_id, id),
    CHECK ((receipt IS NULL) = (lapses_at IS NOT NULL))
);
SELECT ledger_distribute('donor_link');
CREATE INDEX donor_link_of_donor ON donor_link (book_id, donor, id);
CREATE INDEX donor_link_lapsed ON donor_link (book_id, lapses_at) WHERE lapses_at IS NOT NULL;
COMMENT ON TABLE donor_link IS 'A link without an account: to all that a donor gave, or to one receipt. Erasing the donor deletes it.';
COMMENT ON COLUMN donor_link.id IS 'UUIDv7 in the outside id dlk_.';
COMMENT ON COLUMN donor_link.donor IS 'Whose gifts it shows.';
COMMENT ON COLUMN donor_link.receipt IS 'The one receipt that it shows; null for all that the donor gave.';
COMMENT ON COLUMN donor_link.created_at IS 'Wall clock.';
COMMENT ON COLUMN donor_link.lapses_at IS 'Wall clock when it ceases to work; null for that of a receipt.';
COMMENT ON COLUMN donor_link.revoked_at IS 'Wall clock of the revocation; null while it works.';
COMMENT ON COLUMN donor_link.book_id IS 'The book.';
COMMENT ON COLUMN donor_link.secret_digest IS 'SHA-256 of the secret in it.';

-- The kept answers that say something of a donor: by the donor, or by the pledge where a change of its plan was asked for.
CREATE INDEX reply_about_donor ON reply (book_id, (coalesce(body #>> '{donor,id}', body #>> '{pledge,donor,id}',
        CASE WHEN body ? 'asked_by' THEN body ->> 'pledge' WHEN body ?& '{charge,sent}' THEN body ->> 'charge' END)))
    WHERE coalesce(body #>> '{donor,id}', body #>> '{pledge,donor,id}', CASE WHEN body ? 'asked_by' THEN body ->> 'pledge' WHEN body ?& '{charge,sent}' THEN body ->> 'charge' END)
          IS NOT NULL;
