-- A part of a member's next share is paid before there is one.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES
    (97, 'advance_granted'),
    (98, 'advance_taken_back');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('advance_granted', 'member_receivable', 'member_payable'),
    ('advance_taken_back', 'member_payable', 'member_receivable')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE advance (
    id              uuid NOT NULL,
    member_id       uuid NOT NULL,
    granted_by      uuid NOT NULL REFERENCES person (id),
    reversed_by     uuid REFERENCES person (id),
    amount          bigint NOT NULL CHECK (amount > 0),
    entry_number    bigint NOT NULL CHECK (entry_number > 0),
    reversal_number bigint CHECK (reversal_number > entry_number),
    granted_at      timestamptz NOT NULL,
    reversed_at     timestamptz,
    book_id         int NOT NULL,
    granted_on      date NOT NULL,
    memo            text NOT NULL CHECK (length(memo) <= 200),
    reversal_reason text CHECK (length(reversal_reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id),
    CHECK (num_nulls(reversal_number, reversed_by, reversed_at, reversal_reason) IN (0, 4))
);
SELECT ledger_distribute('advance');
CREATE INDEX advance_of_member ON advance (book_id, member_id);
COMMENT ON TABLE advance IS 'Parts of members'' next shares that became payable before there was one. Written once, and taken back once.';
COMMENT ON COLUMN advance.id IS 'UUIDv7 inside the outside id adv_.';
COMMENT ON COLUMN advance.member_id IS 'Whose share it is a part of.';
COMMENT ON COLUMN advance.granted_by IS 'Who granted it, somebody else than the member.';
COMMENT ON COLUMN advance.reversed_by IS 'Who took it back; NULL while it stands.';
COMMENT ON COLUMN advance.amount IS 'Minor units of the book''s currency.';
COMMENT ON COLUMN advance.entry_number IS 'Record number of its journal entry.';
COMMENT ON COLUMN advance.reversal_number IS 'Record number of the mirror entry; NULL while it stands.';
COMMENT ON COLUMN advance.granted_at IS 'Book time.';
COMMENT ON COLUMN advance.reversed_at IS 'Book time; NULL while it stands.';
COMMENT ON COLUMN advance.book_id IS 'The book.';
COMMENT ON COLUMN advance.granted_on IS 'Day of its journal entry.';
COMMENT ON COLUMN advance.memo IS 'Text for people; never a name.';
COMMENT ON COLUMN advance.reversal_reason IS 'Why it was taken back; NULL while it stands.';
