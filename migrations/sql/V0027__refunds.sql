-- Fees that a campaign's terms name, what each charge bore of them, and what went back of it.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- What the host had earned is owed again before it goes back: the mirror of fee_earned.
INSERT INTO movement_kind (kind, name) VALUES (62, 'fee_unearned');
INSERT INTO movement (kind, debit_class, credit_class)
SELECT mirror.kind, m.credit_class, m.debit_class
  FROM movement_kind original
  JOIN movement m ON m.kind = original.kind
  JOIN movement_kind mirror ON mirror.name = 'fee_unearned'
 WHERE original.name = 'fee_earned';

ALTER TABLE campaign ADD COLUMN fees jsonb NOT NULL DEFAULT '[]';
ALTER TABLE campaign ADD CONSTRAINT campaign_fees_check CHECK (jsonb_typeof(fees) = 'array' AND jsonb_array_length(fees) <= 3);
COMMENT ON COLUMN campaign.fees IS 'What its terms take of each captured charge: to, percent, fixed minor units, returned_on_refund. Never changes.';
COMMENT ON COLUMN campaign.terms_sha256 IS 'SHA-256 of the terms and the fees behind them: every pledge is bound to it.';

ALTER TABLE charge ADD COLUMN fees bigint NOT NULL DEFAULT 0;
ALTER TABLE charge ADD COLUMN withheld bigint NOT NULL DEFAULT 0;
ALTER TABLE charge ADD CONSTRAINT charge_fees_check CHECK (fees >= 0 AND fees + refunded <= amount);
ALTER TABLE charge ADD CONSTRAINT charge_withheld_check CHECK (withheld BETWEEN 0 AND amount);
COMMENT ON COLUMN charge.fees IS 'Minor units of fees on what was not refunded: what is neither went into the fund.';
COMMENT ON COLUMN charge.withheld IS 'Minor units that do not arrive with its settlement: the processor''s fee, and what was sent back before.';

CREATE TABLE charge_fee (
    charge  uuid NOT NULL,
    amount  bigint NOT NULL CHECK (amount > 0),
    undone  bigint NOT NULL DEFAULT 0 CHECK (undone BETWEEN 0 AND amount),
    book_id int NOT NULL,
    account int NOT NULL,
    returns boolean NOT NULL,
    payee   text NOT NULL CHECK (payee IN ('host', 'platform', 'processor')),
    PRIMARY KEY (book_id, charge, payee),
    FOREIGN KEY (book_id, charge) REFERENCES charge (book_id, id),
    FOREIGN KEY (book_id, account) REFERENCES account (book_id, number),
    CHECK (NOT (returns AND payee = 'processor'))
);
SELECT ledger_distribute('charge_fee');
COMMENT ON TABLE charge_fee IS 'A fee that a captured charge bore, as the terms of its campaign named it.';
COMMENT ON COLUMN charge_fee.charge IS 'The charge.';
COMMENT ON COLUMN charge_fee.amount IS 'Minor units.';
COMMENT ON COLUMN charge_fee.undone IS 'Minor units that fell on what was refunded: back in the fund when it returns, else borne by the donor.';
COMMENT ON COLUMN charge_fee.book_id IS 'The book.';
COMMENT ON COLUMN charge_fee.account IS 'Number of the account of fees to be passed on.';
COMMENT ON COLUMN charge_fee.returns IS 'Whether it comes back with a refund.';
COMMENT ON COLUMN charge_fee.payee IS 'For whom: host, platform or processor.';

CREATE TABLE refund (
    id                 uuid NOT NULL,
    charge             uuid NOT NULL,
    partner            uuid NOT NULL,
    amount             bigint NOT NULL CHECK (amount > 0),
    sent               bigint NOT NULL CHECK (sent > 0),
    entry              bigint NOT NULL CHECK (entry > 0),
    end_entry          bigint NOT NULL DEFAULT 0,
    version            bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    requested_at       timestamptz NOT NULL,
    waits_until        timestamptz,
    book_id            int NOT NULL,
    of_cash            boolean NOT NULL,
    currency           text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    rail               text NOT NULL CHECK (rail IN ('sandbox', 'partner')),
    state              text NOT NULL CHECK (state IN ('requested', 'sent', 'settled', 'failed')),
    failure            text NOT NULL DEFAULT '' CHECK (length(failure) <= 100),
    reason             text NOT NULL CHECK (length(reason) <= 1000),
    reference          text CHECK (length(reference) BETWEEN 1 AND 200),
    provider_reference text CHECK (length(provider_reference) BETWEEN 1 AND 200),
    fees               jsonb NOT NULL CHECK (jsonb_typeof(fees) = 'array'),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, charge, reference),
    FOREIGN KEY (book_id, charge) REFERENCES charge (book_id, id),
    CHECK (sent <= amount),
    CHECK ((state IN ('requested', 'sent')) = (waits_until IS NOT NULL)),
    CHECK ((state IN ('sent', 'settled')) = (provider_reference IS NOT NULL)),
    CHECK ((state IN ('settled', 'failed')) = (end_entry > entry)),
    CHECK ((state = 'failed') = (failure <> ''))
);
SELECT ledger_distribute('refund');
CREATE UNIQUE INDEX refund_provider_reference ON refund (book_id, partner, provider_reference) WHERE provider_reference IS NOT NULL;
CREATE INDEX refund_of_entry ON refund (book_id, entry);
COMMENT ON TABLE refund IS 'What goes back of a charge. From its request on, it is no more in the fund.';
COMMENT ON COLUMN refund.id IS 'UUIDv7 in the outside id rfd_.';
COMMENT ON COLUMN refund.charge IS 'The charge.';
COMMENT ON COLUMN refund.partner IS 'Organisation that brought the pledge: the custodian that sends it.';
COMMENT ON COLUMN refund.amount IS 'Minor units of the charge that are undone.';
COMMENT ON COLUMN refund.sent IS 'Minor units that the donor gets: that part but for fees that their payees keep.';
COMMENT ON COLUMN refund.entry IS 'Record number of the entry of the request.';
COMMENT ON COLUMN refund.end_entry IS 'Record number of the entry with which it settled or failed; 0 before.';
COMMENT ON COLUMN refund.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN refund.requested_at IS 'Book time.';
COMMENT ON COLUMN refund.waits_until IS 'Book time until which it waits for whoever sends it; null when it has ended.';
COMMENT ON COLUMN refund.book_id IS 'The book.';
COMMENT ON COLUMN refund.of_cash IS 'Whether its charge had arrived as cash when it was requested: then it took layers of the pledge.';
COMMENT ON COLUMN refund.currency IS 'ISO 4217.';
COMMENT ON COLUMN refund.rail IS 'Who sends it: sandbox or partner.';
COMMENT ON COLUMN refund.state IS 'requested, sent, settled or failed.';
COMMENT ON COLUMN refund.failure IS 'The provider''s code of a failure; empty otherwise.';
COMMENT ON COLUMN refund.reason IS 'Why, without personal data.';
COMMENT ON COLUMN refund.reference IS 'What whoever asked for it calls it, unique for a charge; null when it has no name.';
COMMENT ON COLUMN refund.provider_reference IS 'How the provider names it; null before it was sent.';
COMMENT ON COLUMN refund.fees IS 'What of the charge''s fees falls on it: to, amount, is_returned.';

CREATE TABLE sandbox_provider_refund (
    book_id            integer     NOT NULL,
    reference          text        NOT NULL CHECK (octet_length(reference) BETWEEN 1 AND 200),
    amount_minor       bigint      NOT NULL CHECK (amount_minor > 0),
    currency           text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    outcome            text        NOT NULL CHECK (outcome IN ('settled', 'slow', 'failed')),
    provider_reference text        NOT NULL,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (book_id, reference)
);
SELECT ledger_distribute('sandbox_provider_refund');
COMMENT ON TABLE sandbox_provider_refund IS 'What the payment provider of sandbox books remembers of refunds: one answer for ever per reference.';
COMMENT ON COLUMN sandbox_provider_refund.book_id IS 'The book that asked.';
COMMENT ON COLUMN sandbox_provider_refund.reference IS 'Our reference: the id of the refund.';
COMMENT ON COLUMN sandbox_provider_refund.amount_minor IS 'The amount asked for, in minor units.';
COMMENT ON COLUMN sandbox_provider_refund.currency IS 'Its currency, ISO 4217.';
COMMENT ON COLUMN sandbox_provider_refund.outcome IS 'settled; slow: on its way when it is asked for, settled when it is asked about; failed.';
COMMENT ON COLUMN sandbox_provider_refund.provider_reference IS 'The provider''s own reference.';
COMMENT ON COLUMN sandbox_provider_refund.created_at IS 'Wall clock when it was asked first.';
