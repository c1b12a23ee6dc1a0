-- Books that are kept by the lines of banks: what is settled, a line says; and a period closes when nothing is unexplained, or two
-- people have moved what is.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES (74, 'difference_moved'), (76, 'difference_returned');
INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('difference_moved', 'cash', 'suspense'),
    ('difference_moved', 'receivable', 'cash'),
    ('difference_returned', 'suspense', 'cash'),
    ('difference_returned', 'cash', 'receivable')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

ALTER TABLE book ADD COLUMN kept_by_bank_lines boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN book.kept_by_bank_lines IS 'Whether money settles by lines of bank statements alone, and periods close only when nothing is unexplained.';

CREATE TABLE bank_difference (
    id          uuid NOT NULL,
    custodian   uuid NOT NULL,
    proposed_by uuid NOT NULL,
    approved_by uuid,
    ended_by    uuid,
    amount      bigint NOT NULL CHECK (amount > 0),
    entry       bigint NOT NULL DEFAULT 0 CHECK (entry >= 0),
    back_entry  bigint NOT NULL DEFAULT 0 CHECK (back_entry >= 0),
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    proposed_at timestamptz NOT NULL,
    approved_at timestamptz,
    ended_at    timestamptz,
    book_id     int NOT NULL,
    on_day      date NOT NULL,
    side        text NOT NULL CHECK (side IN ('more', 'less')),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state       text NOT NULL CHECK (state IN ('proposed', 'moved', 'withdrawn', 'taken_back')),
    reason      text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    CHECK (approved_by <> proposed_by),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
    CHECK ((state IN ('moved', 'taken_back')) = (approved_by IS NOT NULL)),
    CHECK ((entry > 0) = (approved_by IS NOT NULL)),
    CHECK ((state IN ('withdrawn', 'taken_back')) = (ended_by IS NOT NULL)),
    CHECK ((state = 'taken_back') = (back_entry > 0))
);
SELECT ledger_distribute('bank_difference');
CREATE UNIQUE INDEX bank_difference_proposed ON bank_difference (book_id, custodian, currency) WHERE state = 'proposed';
COMMENT ON TABLE bank_difference IS 'What a bank has more or less than the book, moved with a reason by two people, so that a period can close.';
COMMENT ON COLUMN bank_difference.id IS 'UUIDv7 in the outside id bdf_.';
COMMENT ON COLUMN bank_difference.custodian IS 'Organisation whose bank it is.';
COMMENT ON COLUMN bank_difference.proposed_by IS 'The person who proposed to move it.';
COMMENT ON COLUMN bank_difference.approved_by IS 'Another person, who approved that; null before.';
COMMENT ON COLUMN bank_difference.ended_by IS 'The person who withdrew it, or took it back; null before.';
COMMENT ON COLUMN bank_difference.amount IS 'Minor units.';
COMMENT ON COLUMN bank_difference.entry IS 'Record number of the entry that moved it; 0 before.';
COMMENT ON COLUMN bank_difference.back_entry IS 'Record number of the mirror that took it back; 0 before.';
COMMENT ON COLUMN bank_difference.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN bank_difference.proposed_at IS 'Book time.';
COMMENT ON COLUMN bank_difference.approved_at IS 'Book time; null before.';
COMMENT ON COLUMN bank_difference.ended_at IS 'Book time when it was withdrawn or taken back; null before.';
COMMENT ON COLUMN bank_difference.book_id IS 'The book.';
COMMENT ON COLUMN bank_difference.on_day IS 'The day as of whose end the two differ, on which it is moved.';
COMMENT ON COLUMN bank_difference.side IS 'more: the bank has more, which goes into suspense; less: it has less, which the custodian owes.';
COMMENT ON COLUMN bank_difference.currency IS 'ISO 4217.';
COMMENT ON COLUMN bank_difference.state IS 'proposed, moved, withdrawn or taken_back.';
COMMENT ON COLUMN bank_difference.reason IS 'Why it is moved, without personal data.';
