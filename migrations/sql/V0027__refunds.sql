-- Fees that a campaign's terms name, and what each charge bore of them.
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
