-- Books, who may bring pledges into them, and the units that they make.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE book (
    number         int PRIMARY KEY,
    uid            uuid NOT NULL UNIQUE,
    organisation   uuid NOT NULL,
    name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    mode           text NOT NULL CHECK (mode IN ('live', 'sandbox')),
    zone           text NOT NULL CHECK (length(zone) BETWEEN 1 AND 64),
    visibility     text NOT NULL CHECK (visibility IN ('private', 'members', 'public')),
    clock_offset_s bigint NOT NULL DEFAULT 0 CHECK (clock_offset_s >= 0),
    version        bigint NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL,
    CHECK (mode = 'sandbox' OR clock_offset_s = 0)
);
SELECT ledger_reference('book');
COMMENT ON TABLE book IS 'A unit with its own accounts, order of entries and log: a fiscal host, a cooperative.';
COMMENT ON COLUMN book.number IS 'Number within the installation: the first column of every key of a table that grows.';
COMMENT ON COLUMN book.uid IS 'UUIDv7 of the outside id, so that a number cannot be guessed.';
COMMENT ON COLUMN book.organisation IS 'Who owns the book.';
COMMENT ON COLUMN book.name IS 'Name for people.';
COMMENT ON COLUMN book.currency IS 'Base currency, ISO 4217.';
COMMENT ON COLUMN book.mode IS 'live or sandbox; never changes.';
COMMENT ON COLUMN book.zone IS 'IANA time zone in which its days begin; never changes.';
COMMENT ON COLUMN book.visibility IS 'Who may read it: private, members or public.';
COMMENT ON COLUMN book.clock_offset_s IS 'Seconds that the clock of a sandbox book is ahead of the wall clock; forward only.';
COMMENT ON COLUMN book.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN book.created_at IS 'Wall clock at creation.';

CREATE TABLE book_partner (
    book_id      int NOT NULL,
    organisation uuid NOT NULL,
    admitted_by  uuid NOT NULL,
    admitted_at  timestamptz NOT NULL,
    PRIMARY KEY (book_id, organisation)
);
SELECT ledger_distribute('book_partner');
COMMENT ON TABLE book_partner IS 'Partner platforms that may bring pledges into a book.';
COMMENT ON COLUMN book_partner.book_id IS 'The book.';
COMMENT ON COLUMN book_partner.organisation IS 'The partner platform.';
COMMENT ON COLUMN book_partner.admitted_by IS 'The person who admitted it.';
COMMENT ON COLUMN book_partner.admitted_at IS 'Wall clock.';

CREATE TABLE unit (
    created_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    exponent   smallint NOT NULL CHECK (exponent BETWEEN 0 AND 8),
    code       text NOT NULL CHECK (code ~ '^[A-Z][A-Z0-9._-]{1,15}$'),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    counts     text NOT NULL CHECK (counts IN ('hours', 'units', 'points', 'commitment', 'other')),
    PRIMARY KEY (book_id, code)
);
SELECT ledger_distribute('unit');
COMMENT ON TABLE unit IS 'A unit in which a book keeps accounts and that is no currency: hours, points. Written once.';
COMMENT ON COLUMN unit.created_at IS 'Wall clock.';
COMMENT ON COLUMN unit.book_id IS 'The book.';
COMMENT ON COLUMN unit.exponent IS 'How many digits stand behind the decimal point; amounts are kept in the smallest of them.';
COMMENT ON COLUMN unit.code IS 'As in account.unit; the program takes no code of ISO 4217.';
COMMENT ON COLUMN unit.name IS 'Name for people.';
COMMENT ON COLUMN unit.counts IS 'What it counts: hours, units of something made, points, a promise of money (commitment), or other.';
