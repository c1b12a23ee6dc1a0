-- A book compared with itself: how far that has come, what was recomputed, and what was found.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE book_check (
    pass        bigint NOT NULL DEFAULT 1,
    through     bigint NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL DEFAULT 'epoch',
    looked_at   timestamptz NOT NULL DEFAULT 'epoch',
    ended_at    timestamptz NOT NULL DEFAULT 'epoch',
    totals_at   timestamptz NOT NULL DEFAULT 'epoch',
    book_id     int PRIMARY KEY
) WITH (fillfactor = 50);
SELECT ledger_distribute('book_check');
COMMENT ON TABLE book_check IS 'How far the comparison of a book with itself has come; it begins again when it has ended.';
COMMENT ON COLUMN book_check.pass IS 'Which pass over the journal is under way, from 1; figures of account_check from another pass are as good as none.';
COMMENT ON COLUMN book_check.through IS 'Number of the last record that this pass has compared; 0 at its beginning.';
COMMENT ON COLUMN book_check.recorded_at IS 'Wall clock of that record.';
COMMENT ON COLUMN book_check.looked_at IS 'Wall clock of the last slice: the book that waited longest is next.';
COMMENT ON COLUMN book_check.ended_at IS 'Wall clock when a pass last ended without a difference.';
COMMENT ON COLUMN book_check.totals_at IS 'Wall clock when such a pass last compared the totals too; it leaves them out while their roll-up is far behind.';
COMMENT ON COLUMN book_check.book_id IS 'The book.';

CREATE TABLE account_check (
    pass     bigint NOT NULL,
    debits   bigint NOT NULL,
    credits  bigint NOT NULL,
    last_pos bigint NOT NULL,
    lines    bigint NOT NULL,
    book_id  int NOT NULL,
    account  int NOT NULL,
    print    numeric NOT NULL,
    PRIMARY KEY (book_id, account)
) WITH (fillfactor = 60);
SELECT ledger_distribute('account_check');
COMMENT ON TABLE account_check IS 'What an account has come to by the transfers that a pass has seen so far, worked out from them alone.';
COMMENT ON COLUMN account_check.pass IS 'As in book_check.';
COMMENT ON COLUMN account_check.debits IS 'Sum of all debits, minor units.';
COMMENT ON COLUMN account_check.credits IS 'Sum of all credits, minor units.';
COMMENT ON COLUMN account_check.last_pos IS 'transfer.pos of its last line.';
COMMENT ON COLUMN account_check.lines IS 'How many lines it has.';
COMMENT ON COLUMN account_check.book_id IS 'The book.';
COMMENT ON COLUMN account_check.account IS 'The account.';
COMMENT ON COLUMN account_check.print IS 'Every sum that its totals hold, each multiplied by a number of 64 bits made of its name, added up.';

CREATE TABLE book_freeze (
    number      int NOT NULL,
    frozen_at   timestamptz NOT NULL,
    released_at timestamptz,
    book_id     int NOT NULL,
    found       text[] NOT NULL CHECK (cardinality(found) BETWEEN 1 AND 20),
    released_by text NOT NULL DEFAULT '' CHECK (length(released_by) <= 200),
    reason      text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, number),
    CHECK ((released_at IS NULL) = (reason = '')),
    CHECK ((released_at IS NULL) = (released_by = ''))
);
SELECT ledger_distribute('book_freeze');
CREATE UNIQUE INDEX book_freeze_open ON book_freeze (book_id) WHERE released_at IS NULL;
COMMENT ON TABLE book_freeze IS 'Each time that a book differed from itself and took no more records, and who released it.';
COMMENT ON COLUMN book_freeze.number IS 'Which freeze of the book, from 1.';
COMMENT ON COLUMN book_freeze.frozen_at IS 'Wall clock.';
COMMENT ON COLUMN book_freeze.released_at IS 'Wall clock; null while it stands.';
COMMENT ON COLUMN book_freeze.book_id IS 'The book.';
COMMENT ON COLUMN book_freeze.found IS 'The differences in words, the first twenty.';
COMMENT ON COLUMN book_freeze.released_by IS 'The login of the database that released it.';
COMMENT ON COLUMN book_freeze.reason IS 'Why, in the words of who released it.';
