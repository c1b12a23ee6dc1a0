-- The mail of sandbox books, which is kept here and sent to nobody.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE outbox_mail (
    id         uuid NOT NULL,
    partner    uuid,
    created_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    kind       text NOT NULL CHECK (octet_length(kind) BETWEEN 1 AND 40),
    about      text NOT NULL CHECK (octet_length(about) BETWEEN 1 AND 200),
    recipient  text NOT NULL CHECK (length(recipient) BETWEEN 1 AND 254),
    subject    text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 2000),
    text       text NOT NULL CHECK (octet_length(text) BETWEEN 1 AND 65536),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, about)
);
SELECT ledger_distribute('outbox_mail');
CREATE INDEX outbox_mail_of_partner ON outbox_mail (book_id, partner, id) WHERE partner IS NOT NULL;
COMMENT ON TABLE outbox_mail IS 'Mail of sandbox books, which never leaves: who would have got what. Personal data, kept as long as its book.';
COMMENT ON COLUMN outbox_mail.id IS 'UUIDv7 in the outside id eml_.';
COMMENT ON COLUMN outbox_mail.partner IS 'Organisation that brought the pledge which the mail is about, and reads it; null when it is about none.';
COMMENT ON COLUMN outbox_mail.created_at IS 'Wall clock.';
COMMENT ON COLUMN outbox_mail.book_id IS 'The book, a sandbox.';
COMMENT ON COLUMN outbox_mail.kind IS 'What it is: receipt, decline, review, release, statement or freeze.';
COMMENT ON COLUMN outbox_mail.about IS 'What it is about, such as receipt.chg_…, as in its Message-ID: written once a book, however often its job is done.';
COMMENT ON COLUMN outbox_mail.recipient IS 'Personal: the address that it is written to.';
COMMENT ON COLUMN outbox_mail.subject IS 'Its subject, marked with [test].';
COMMENT ON COLUMN outbox_mail.text IS 'Its plain text, marked with [test]; may hold a name.';
