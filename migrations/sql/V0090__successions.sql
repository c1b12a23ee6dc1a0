-- A cooperative that is dissolved leaves what is indivisible to its successor, by a vote of its members.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES
    (103, 'assets_passed_on'),
    (104, 'assets_taken_back');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('assets_passed_on', 'reserve', 'lender_payable'),
    ('assets_passed_on', 'development_fund', 'lender_payable'),
    ('assets_taken_back', 'lender_payable', 'reserve'),
    ('assets_taken_back', 'lender_payable', 'development_fund')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE succession (
    id              uuid NOT NULL,
    proposal_id     uuid NOT NULL,
    passed_by       uuid NOT NULL REFERENCES person (id),
    reversed_by     uuid REFERENCES person (id),
    amount          bigint NOT NULL CHECK (amount > 0),
    entry_number    bigint NOT NULL CHECK (entry_number > 0),
    reversal_number bigint CHECK (reversal_number > entry_number),
    passed_at       timestamptz NOT NULL,
    reversed_at     timestamptz,
    book_id         int NOT NULL,
    passed_on       date NOT NULL,
    successor       text NOT NULL CHECK (successor ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    memo            text NOT NULL CHECK (length(memo) <= 200),
    reversal_reason text CHECK (length(reversal_reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, proposal_id) REFERENCES proposal (book_id, id),
    CHECK (num_nulls(reversal_number, reversed_by, reversed_at, reversal_reason) IN (0, 4))
);
SELECT ledger_distribute('succession');
COMMENT ON TABLE succession IS 'What a dissolved cooperative leaves to whom its bylaws name, by a proposal that passed. Written once, and taken back once.';
COMMENT ON COLUMN succession.id IS 'UUIDv7 inside the outside id scs_.';
COMMENT ON COLUMN succession.proposal_id IS 'What its members decided.';
COMMENT ON COLUMN succession.passed_by IS 'Who passed it on.';
COMMENT ON COLUMN succession.reversed_by IS 'Who took it back; NULL while it stands.';
COMMENT ON COLUMN succession.amount IS 'Minor units of the book''s currency: all of its reserve and funds.';
COMMENT ON COLUMN succession.entry_number IS 'Record number of its journal entry.';
COMMENT ON COLUMN succession.reversal_number IS 'Record number of the mirror entry; NULL while it stands.';
COMMENT ON COLUMN succession.passed_at IS 'Book time.';
COMMENT ON COLUMN succession.reversed_at IS 'Book time; NULL while it stands.';
COMMENT ON COLUMN succession.book_id IS 'The book.';
COMMENT ON COLUMN succession.passed_on IS 'Day of its journal entry.';
COMMENT ON COLUMN succession.successor IS 'The short name of whom it is left to: who stands behind it is named as lenders are.';
COMMENT ON COLUMN succession.memo IS 'Text for people; never a name.';
COMMENT ON COLUMN succession.reversal_reason IS 'Why it was taken back; NULL while it stands.';
