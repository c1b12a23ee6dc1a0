-- The journal: accounts, transfers in one gap-free order, balances with their floors, records, holds, keys that replay answers.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE book_head (
    book_id        int PRIMARY KEY,
    version        bigint NOT NULL DEFAULT 0,
    next_number    bigint NOT NULL DEFAULT 1,
    next_account   int NOT NULL DEFAULT 1,
    closed_through date NOT NULL DEFAULT '0001-01-01',
    recorded_at    timestamptz NOT NULL DEFAULT 'epoch',
    frozen         boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
SELECT ledger_distribute('book_head');
COMMENT ON TABLE book_head IS 'One row a book: its lock gives the one order of all records.';
COMMENT ON COLUMN book_head.book_id IS 'The book.';
COMMENT ON COLUMN book_head.version IS 'Raised by every batch; a batch folded on another version is stale.';
COMMENT ON COLUMN book_head.next_number IS 'Number of the next record; numbers have no gaps and are in commit order.';
COMMENT ON COLUMN book_head.next_account IS 'Number of the next account.';
COMMENT ON COLUMN book_head.closed_through IS 'Entries with an effective date on or before this day are refused.';
COMMENT ON COLUMN book_head.recorded_at IS 'Wall clock of the last record: no later one is recorded before.';
COMMENT ON COLUMN book_head.frozen IS 'Takes no record until somebody releases it: book_freeze says why.';

CREATE TABLE account (
    book_id   int NOT NULL,
    number    int NOT NULL CHECK (number >= 1),
    code      text NOT NULL CHECK (code ~ '^(assets|liabilities|equity|income|expenses)(:[a-z0-9][a-z0-9._-]{0,79}){1,7}$'),
    class     smallint NOT NULL,
    unit      text NOT NULL CHECK (unit ~ '^[A-Z][A-Z0-9._-]{1,15}$'),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (book_id, number),
    UNIQUE (book_id, code)
);
SELECT ledger_distribute('account');
COMMENT ON TABLE account IS 'Where money stands. Codes hold pseudonyms, never names of persons.';
COMMENT ON COLUMN account.book_id IS 'The book.';
COMMENT ON COLUMN account.number IS 'Number within the book, from book_head.next_account.';
COMMENT ON COLUMN account.code IS 'Path: assets:cash:bank.';
COMMENT ON COLUMN account.class IS 'What it is for: account_class.';
COMMENT ON COLUMN account.unit IS 'Currency (ISO 4217) or unit of the book.';
COMMENT ON COLUMN account.opened_at IS 'Wall clock.';
COMMENT ON COLUMN account.closed_at IS 'From when it takes no more postings; infinity while open.';

CREATE TABLE balance (
    debits   bigint NOT NULL DEFAULT 0,
    credits  bigint NOT NULL DEFAULT 0,
    held     bigint NOT NULL DEFAULT 0,
    last_pos bigint NOT NULL DEFAULT 0,
    lines    bigint NOT NULL DEFAULT 0,
    floor    bigint,
    book_id  int NOT NULL,
    account  int NOT NULL,
    side     smallint NOT NULL,
    class    smallint NOT NULL,
    unit     text NOT NULL,
    PRIMARY KEY (book_id, account),
    -- Every CHECK is parsed and prepared again by each statement: one for each row says the same for less.
    CONSTRAINT balance_floor CHECK (
        debits >= 0 AND credits >= 0 AND held >= 0 AND side IN (-1, 1)
        AND (floor IS NULL OR side * (credits - debits) - held >= floor))
) WITH (fillfactor = 60);
SELECT ledger_distribute('balance');
COMMENT ON TABLE balance IS 'One row an account; its CHECK is the last line of defence when all code is wrong.';
COMMENT ON COLUMN balance.debits IS 'Sum of all debits, minor units.';
COMMENT ON COLUMN balance.credits IS 'Sum of all credits, minor units.';
COMMENT ON COLUMN balance.held IS 'Set aside by holds, minor units.';
COMMENT ON COLUMN balance.last_pos IS 'transfer.pos of the account''s last line, where its chain begins; 0 before the first.';
COMMENT ON COLUMN balance.lines IS 'How many lines the account has.';
COMMENT ON COLUMN balance.floor IS 'Lowest balance allowed on its own side after holds, minor units; none when null.';
COMMENT ON COLUMN balance.book_id IS 'The book.';
COMMENT ON COLUMN balance.account IS 'The account.';
COMMENT ON COLUMN balance.side IS '1 credit-normal (liability, equity, income), -1 debit-normal (asset, expense).';
COMMENT ON COLUMN balance.class IS 'As in account, which never changes it: a posting checks it in the row that it moves anyway.';
COMMENT ON COLUMN balance.unit IS 'As in account, likewise.';

CREATE TABLE transfer (
    pos          bigint NOT NULL,
    amount       bigint NOT NULL,
    debit_after  bigint NOT NULL,
    credit_after bigint NOT NULL,
    debit_prev   bigint NOT NULL,
    credit_prev  bigint NOT NULL,
    recorded_at  timestamptz NOT NULL,
    note         uuid NOT NULL,
    book_id      int NOT NULL,
    debit        int NOT NULL,
    credit       int NOT NULL,
    effective    date NOT NULL,
    occurred     date NOT NULL,
    kind         smallint NOT NULL,
    PRIMARY KEY (book_id, pos),
    CONSTRAINT transfer_amount CHECK (amount > 0 AND debit <> credit)
);
SELECT ledger_distribute('transfer');
COMMENT ON TABLE transfer IS 'One amount from one account to another: both sides in one row, so that an unbalanced entry cannot be stored.';
COMMENT ON COLUMN transfer.pos IS 'Record number << 16 | line: the order of the book.';
COMMENT ON COLUMN transfer.amount IS 'Minor units of the accounts'' unit, more than 0.';
COMMENT ON COLUMN transfer.debit_after IS 'Balance of the debited account after this line, on its own side, minor units.';
COMMENT ON COLUMN transfer.credit_after IS 'Balance of the credited account after this line, on its own side, minor units.';
COMMENT ON COLUMN transfer.debit_prev IS 'pos of the line before this one of the account debited; 0 for its first.';
COMMENT ON COLUMN transfer.credit_prev IS 'pos of the line before this one of the account credited; 0 for its first.';
COMMENT ON COLUMN transfer.recorded_at IS 'Wall clock when it was decided.';
COMMENT ON COLUMN transfer.note IS 'First 16 bytes of the salted SHA-256 of its note (UUIDv8 bits unset); nil when there is none.';
COMMENT ON COLUMN transfer.book_id IS 'The book.';
COMMENT ON COLUMN transfer.debit IS 'Account debited.';
COMMENT ON COLUMN transfer.credit IS 'Account credited.';
COMMENT ON COLUMN transfer.effective IS 'Day on which it counts.';
COMMENT ON COLUMN transfer.occurred IS 'Day on which it happened outside; the same, unless that day was closed.';
COMMENT ON COLUMN transfer.kind IS 'Way the money moved: movement_kind.';

CREATE TABLE account_mark (
    pos     bigint NOT NULL,
    line    bigint NOT NULL,
    book_id int NOT NULL,
    account int NOT NULL,
    PRIMARY KEY (book_id, account, pos)
);
SELECT ledger_distribute('account_mark');
COMMENT ON TABLE account_mark IS 'Every 128th line of an account: where a reader may step into its chain.';
COMMENT ON COLUMN account_mark.pos IS 'transfer.pos of the line.';
COMMENT ON COLUMN account_mark.line IS 'Which line of the account it is, from 1.';
COMMENT ON COLUMN account_mark.book_id IS 'The book.';
COMMENT ON COLUMN account_mark.account IS 'The account.';

CREATE TABLE log_record (
    number      bigint NOT NULL CHECK (number >= 1),
    recorded_at timestamptz NOT NULL,
    book_id     int NOT NULL,
    kind        smallint NOT NULL,
    body        jsonb NOT NULL,
    PRIMARY KEY (book_id, number)
);
SELECT ledger_distribute('log_record');
COMMENT ON TABLE log_record IS 'What the head numbers besides entries: period close, rule version, floor, hold, erasure.';
COMMENT ON COLUMN log_record.number IS 'Record number.';
COMMENT ON COLUMN log_record.recorded_at IS 'Wall clock.';
COMMENT ON COLUMN log_record.book_id IS 'The book.';
COMMENT ON COLUMN log_record.kind IS '1 period closed, 2 floor changed, 3 account closed, 4 hold placed, 5 hold ended, 6 note erased, 7 rule version.';
COMMENT ON COLUMN log_record.body IS 'The facts of the record.';

CREATE TABLE entry_note (
    number    bigint NOT NULL CHECK (number >= 1),
    salt      uuid NOT NULL,
    book_id   int NOT NULL,
    memo      text NOT NULL DEFAULT '' CHECK (length(memo) <= 1000),
    reference text NOT NULL DEFAULT '' CHECK (length(reference) <= 200),
    metadata  jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (book_id, number)
);
SELECT ledger_distribute('entry_note');
COMMENT ON TABLE entry_note IS 'The only part of an entry that can be deleted; the transfer keeps its salted digest.';
COMMENT ON COLUMN entry_note.number IS 'Record number of the entry.';
COMMENT ON COLUMN entry_note.salt IS 'Random, so that a digest tells nothing about a guess.';
COMMENT ON COLUMN entry_note.book_id IS 'The book.';
COMMENT ON COLUMN entry_note.memo IS 'Text for people.';
COMMENT ON COLUMN entry_note.reference IS 'The object or outside reference that the entry is about.';
COMMENT ON COLUMN entry_note.metadata IS 'Flat object of strings.';

CREATE TABLE reversal (
    number      bigint NOT NULL,
    reversed_by bigint NOT NULL CHECK (reversed_by > number),
    book_id     int NOT NULL,
    PRIMARY KEY (book_id, number)
);
SELECT ledger_distribute('reversal');
COMMENT ON TABLE reversal IS 'Which entry reversed which; an entry is reversed once.';
COMMENT ON COLUMN reversal.number IS 'Record number of the entry that was reversed.';
COMMENT ON COLUMN reversal.reversed_by IS 'Record number of its mirror.';
COMMENT ON COLUMN reversal.book_id IS 'The book.';

CREATE TABLE hold (
    amount     bigint NOT NULL CHECK (amount > 0),
    placed     bigint NOT NULL CHECK (placed > 0),
    ended      bigint NOT NULL DEFAULT 0 CHECK (ended >= 0),
    captured   bigint NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    expires_at timestamptz,
    id         uuid NOT NULL,
    book_id    int NOT NULL,
    account    int NOT NULL,
    PRIMARY KEY (book_id, id),
    CHECK (captured = 0 OR ended > 0)
);
SELECT ledger_distribute('hold');
COMMENT ON TABLE hold IS 'Money of an account that is set aside; ends once, by a record.';
COMMENT ON COLUMN hold.amount IS 'Minor units.';
COMMENT ON COLUMN hold.placed IS 'Record number of its placing.';
COMMENT ON COLUMN hold.ended IS 'Record number of its end; 0 while it stands.';
COMMENT ON COLUMN hold.captured IS 'How much of it was captured at its end, minor units; the rest is free again.';
COMMENT ON COLUMN hold.expires_at IS 'Until when, book time; null when it does not expire.';
COMMENT ON COLUMN hold.id IS 'UUIDv7 of the outside id.';
COMMENT ON COLUMN hold.book_id IS 'The book.';
COMMENT ON COLUMN hold.account IS 'Whose money.';

CREATE TABLE idempotency (
    key            uuid NOT NULL,
    request_digest bigint NOT NULL,
    number         bigint NOT NULL DEFAULT 0,
    book_id        int NOT NULL,
    caller         int NOT NULL,
    refusal        smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (book_id, caller, key)
);
SELECT ledger_distribute('idempotency');
COMMENT ON TABLE idempotency IS 'Keys of requests, kept for ever; refusals too.';
COMMENT ON COLUMN idempotency.key IS 'A UUIDv7 as it came; any other key as the UUIDv8 of its SHA-256.';
COMMENT ON COLUMN idempotency.request_digest IS 'First 8 bytes of the SHA-256 of method, path and body.';
COMMENT ON COLUMN idempotency.number IS 'Record number of the entry it made; 0 when none.';
COMMENT ON COLUMN idempotency.book_id IS 'The book.';
COMMENT ON COLUMN idempotency.caller IS 'Whose key it is.';
COMMENT ON COLUMN idempotency.refusal IS 'Why the fold refused it; 0 when it did not.';
