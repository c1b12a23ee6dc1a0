-- Where the payees of a book are paid: their bank accounts, sealed, with who gave and who confirmed them.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE bank_account (
    id           uuid NOT NULL,
    payee        uuid NOT NULL,
    proposed_by  uuid NOT NULL,
    confirmed_by uuid,
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    proposed_at  timestamptz NOT NULL,
    confirmed_at timestamptz,
    active_at    timestamptz,
    state_until  timestamptz,
    book_id      int NOT NULL,
    key_version  int NOT NULL CHECK (key_version > 0),
    state        text NOT NULL CHECK (state IN ('proposed', 'waiting', 'active', 'replaced', 'rejected')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    country      text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    last_four    text NOT NULL CHECK (last_four ~ '^[0-9A-Z]{4}$'),
    reason       text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    sealed       bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 41 AND 8192),
    PRIMARY KEY (book_id, id),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK (confirmed_by <> proposed_by),
    CHECK (state <> 'waiting' OR confirmed_by IS NOT NULL),
    CHECK ((state IN ('proposed', 'waiting')) = (state_until IS NOT NULL)),
    CHECK ((state IN ('active', 'replaced')) = (active_at IS NOT NULL)),
    CHECK (state <> 'rejected' OR reason <> '')
);
SELECT ledger_distribute('bank_account');
CREATE UNIQUE INDEX bank_account_active ON bank_account (book_id, payee, currency) WHERE state = 'active';
CREATE UNIQUE INDEX bank_account_coming ON bank_account (book_id, payee, currency) WHERE state IN ('proposed', 'waiting');
CREATE INDEX bank_account_of_payee ON bank_account (book_id, payee, id);
COMMENT ON TABLE bank_account IS 'Where a payee of a book is paid, in one currency. What it is stands sealed in it; the keys are not in the database.';
COMMENT ON COLUMN bank_account.id IS 'UUIDv7 in the outside id bac_.';
COMMENT ON COLUMN bank_account.payee IS 'The organisation that is paid.';
COMMENT ON COLUMN bank_account.proposed_by IS 'The person of the payee who gave it.';
COMMENT ON COLUMN bank_account.confirmed_by IS 'Another person of the payee who confirmed it; null before, and for the first one of a currency.';
COMMENT ON COLUMN bank_account.version IS 'Raised by every change of its state: its ETag.';
COMMENT ON COLUMN bank_account.proposed_at IS 'Book time.';
COMMENT ON COLUMN bank_account.confirmed_at IS 'Book time.';
COMMENT ON COLUMN bank_account.active_at IS 'Book time from which payouts go to it; null while they never have.';
COMMENT ON COLUMN bank_account.state_until IS 'Book time: proposed, when it lapses; waiting, when it becomes active.';
COMMENT ON COLUMN bank_account.book_id IS 'The book.';
COMMENT ON COLUMN bank_account.key_version IS 'With which key it is sealed.';
COMMENT ON COLUMN bank_account.state IS 'proposed, waiting, active, replaced or rejected.';
COMMENT ON COLUMN bank_account.currency IS 'ISO 4217: of which payouts go to it.';
COMMENT ON COLUMN bank_account.country IS 'ISO 3166-1: where the bank is.';
COMMENT ON COLUMN bank_account.last_four IS 'The last four characters of its number: all of it that is shown.';
COMMENT ON COLUMN bank_account.reason IS 'Why it was rejected, without personal data.';
COMMENT ON COLUMN bank_account.sealed IS 'Holder, number and address: a nonce of 24 bytes and XChaCha20-Poly1305, bound to the id and the key.';
