-- A member joins with a contribution that is paid in parts: of each some stays in the reserve for good, the rest is the member's capital.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES
    (100, 'reserve_paid_in'),
    (101, 'reserve_payment_returned');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('reserve_paid_in', 'cash', 'reserve'),
    ('reserve_payment_returned', 'reserve', 'cash')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE joining_contribution (
    id              uuid NOT NULL,
    member_id       uuid NOT NULL,
    granted_by      uuid NOT NULL REFERENCES person (id),
    cancelled_by    uuid REFERENCES person (id),
    amount          bigint NOT NULL CHECK (amount > 0),
    version         bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    granted_at      timestamptz NOT NULL,
    cancelled_at    timestamptz,
    book_id         int NOT NULL,
    parts           int NOT NULL CHECK (parts BETWEEN 1 AND 600),
    parts_paid      int NOT NULL DEFAULT 0 CHECK (parts_paid BETWEEN 0 AND parts),
    reserve_percent int NOT NULL CHECK (reserve_percent BETWEEN 0 AND 10000),
    state           text NOT NULL CHECK (state IN ('open', 'paid', 'cancelled')),
    memo            text NOT NULL CHECK (length(memo) <= 200),
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id),
    CHECK (amount >= parts),
    CHECK ((state = 'paid') = (parts_paid = parts)),
    CHECK (num_nulls(cancelled_by, cancelled_at) IN (0, 2)),
    CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL)),
    CHECK ((state = 'cancelled') = (reason <> ''))
);
SELECT ledger_distribute('joining_contribution');
-- One at a time, so that each payment is of one plan.
CREATE UNIQUE INDEX joining_contribution_open ON joining_contribution (book_id, member_id) WHERE state = 'open';
COMMENT ON TABLE joining_contribution IS 'What members pay to join, in parts. Written once; paid part by part, and cancelled for what remains.';
COMMENT ON COLUMN joining_contribution.id IS 'UUIDv7 inside the outside id jco_.';
COMMENT ON COLUMN joining_contribution.member_id IS 'Who pays it.';
COMMENT ON COLUMN joining_contribution.granted_by IS 'Who wrote it down, somebody else than the member.';
COMMENT ON COLUMN joining_contribution.cancelled_by IS 'Who cancelled what remained; NULL otherwise.';
COMMENT ON COLUMN joining_contribution.amount IS 'Minor units of the book''s currency, of all parts.';
COMMENT ON COLUMN joining_contribution.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN joining_contribution.granted_at IS 'Book time.';
COMMENT ON COLUMN joining_contribution.cancelled_at IS 'Book time; NULL unless it was cancelled.';
COMMENT ON COLUMN joining_contribution.book_id IS 'The book.';
COMMENT ON COLUMN joining_contribution.parts IS 'How many parts it has.';
COMMENT ON COLUMN joining_contribution.parts_paid IS 'How many of them are paid: the first ones.';
COMMENT ON COLUMN joining_contribution.reserve_percent IS 'How much of it is never returned, hundredths of a percent.';
COMMENT ON COLUMN joining_contribution.state IS 'open while parts are to be paid; paid; or cancelled for those that remained.';
COMMENT ON COLUMN joining_contribution.memo IS 'Text for people; never a name.';
COMMENT ON COLUMN joining_contribution.reason IS 'Why it was cancelled; empty otherwise.';

CREATE TABLE joining_part (
    joining_id   uuid NOT NULL,
    bank_line    uuid,
    amount       bigint NOT NULL CHECK (amount > 0),
    to_reserve   bigint NOT NULL CHECK (to_reserve BETWEEN 0 AND amount),
    entry_number bigint CHECK (entry_number > 0),
    book_id      int NOT NULL,
    number       int NOT NULL CHECK (number BETWEEN 1 AND 600),
    PRIMARY KEY (book_id, joining_id, number),
    FOREIGN KEY (book_id, joining_id) REFERENCES joining_contribution (book_id, id),
    FOREIGN KEY (book_id, bank_line) REFERENCES bank_line (book_id, id),
    CHECK (num_nulls(bank_line, entry_number) IN (0, 2))
);
SELECT ledger_distribute('joining_part');
CREATE INDEX joining_part_of_line ON joining_part (book_id, bank_line) WHERE bank_line IS NOT NULL;
CREATE INDEX joining_part_of_entry ON joining_part (book_id, entry_number) WHERE entry_number IS NOT NULL;
COMMENT ON TABLE joining_part IS 'The parts of joining contributions. Written once, paid by a line of the bank, and free again when that is taken back.';
COMMENT ON COLUMN joining_part.joining_id IS 'The joining contribution.';
COMMENT ON COLUMN joining_part.bank_line IS 'The line of a bank statement that paid it; NULL while it is not paid.';
COMMENT ON COLUMN joining_part.amount IS 'Minor units of the book''s currency.';
COMMENT ON COLUMN joining_part.to_reserve IS 'Minor units of it that go to the reserve; the rest is the member''s capital.';
COMMENT ON COLUMN joining_part.entry_number IS 'Record number of the journal entry of that line; NULL while it is not paid.';
COMMENT ON COLUMN joining_part.book_id IS 'The book.';
COMMENT ON COLUMN joining_part.number IS 'Its place in the plan, from 1: the order in which the parts are paid.';
