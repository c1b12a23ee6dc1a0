-- A book that was kept elsewhere is opened with what it had there.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES
    (99, 'opening_taken_back'),
    (102, 'book_opened');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('book_opened', 'cash', 'opening_equity'),
    ('book_opened', 'customer_receivable', 'opening_equity'),
    ('book_opened', 'member_receivable', 'opening_equity'),
    ('book_opened', 'opening_equity', 'member_payable'),
    ('book_opened', 'opening_equity', 'lender_payable'),
    ('book_opened', 'opening_equity', 'costs_payable'),
    ('book_opened', 'opening_equity', 'loan_payable'),
    ('book_opened', 'opening_equity', 'member_capital'),
    ('book_opened', 'opening_equity', 'reserve'),
    ('book_opened', 'opening_equity', 'development_fund'),
    ('opening_taken_back', 'opening_equity', 'cash'),
    ('opening_taken_back', 'opening_equity', 'customer_receivable'),
    ('opening_taken_back', 'opening_equity', 'member_receivable'),
    ('opening_taken_back', 'member_payable', 'opening_equity'),
    ('opening_taken_back', 'lender_payable', 'opening_equity'),
    ('opening_taken_back', 'costs_payable', 'opening_equity'),
    ('opening_taken_back', 'loan_payable', 'opening_equity'),
    ('opening_taken_back', 'member_capital', 'opening_equity'),
    ('opening_taken_back', 'reserve', 'opening_equity'),
    ('opening_taken_back', 'development_fund', 'opening_equity')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE opening (
    id              uuid NOT NULL,
    recorded_by     uuid NOT NULL REFERENCES person (id),
    reversed_by     uuid REFERENCES person (id),
    assets          bigint NOT NULL CHECK (assets > 0),
    entry_number    bigint NOT NULL CHECK (entry_number > 0),
    reversal_number bigint CHECK (reversal_number > entry_number),
    recorded_at     timestamptz NOT NULL,
    reversed_at     timestamptz,
    book_id         int NOT NULL,
    opened_on       date NOT NULL,
    memo            text NOT NULL CHECK (length(memo) <= 200),
    reversal_reason text CHECK (length(reversal_reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    CHECK (num_nulls(reversal_number, reversed_by, reversed_at, reversal_reason) IN (0, 4))
);
SELECT ledger_distribute('opening');
CREATE UNIQUE INDEX opening_standing ON opening (book_id) WHERE reversed_at IS NULL;
COMMENT ON TABLE opening IS 'With what books that were kept elsewhere before begin. Written once, and taken back once; one stands at a time.';
COMMENT ON COLUMN opening.id IS 'UUIDv7 inside the outside id opn_.';
COMMENT ON COLUMN opening.recorded_by IS 'Who wrote it down.';
COMMENT ON COLUMN opening.reversed_by IS 'Who took it back; NULL while it stands.';
COMMENT ON COLUMN opening.assets IS 'All that the book has at its opening, minor units of its currency.';
COMMENT ON COLUMN opening.entry_number IS 'Record number of its journal entry.';
COMMENT ON COLUMN opening.reversal_number IS 'Record number of the mirror entry; NULL while it stands.';
COMMENT ON COLUMN opening.recorded_at IS 'Book time.';
COMMENT ON COLUMN opening.reversed_at IS 'Book time; NULL while it stands.';
COMMENT ON COLUMN opening.book_id IS 'The book.';
COMMENT ON COLUMN opening.opened_on IS 'The day whose balances they are: that of its journal entry.';
COMMENT ON COLUMN opening.memo IS 'Text for people; never a name.';
COMMENT ON COLUMN opening.reversal_reason IS 'Why it was taken back; NULL while it stands.';
