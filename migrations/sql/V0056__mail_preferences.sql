-- Which mails a person, or a donor, wants; and the key that signs the links by which they are turned off.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE mail_preference (
    person      uuid PRIMARY KEY REFERENCES person (id),
    version     bigint NOT NULL CHECK (version > 1),
    link_serial int NOT NULL DEFAULT 0 CHECK (link_serial >= 0),
    decisions   boolean NOT NULL DEFAULT true,
    deadlines   boolean NOT NULL DEFAULT true,
    money       boolean NOT NULL DEFAULT true,
    news        boolean NOT NULL DEFAULT true
);
SELECT ledger_reference('mail_preference');
COMMENT ON TABLE mail_preference IS 'Which groups of mails a person wants, once they have said so; whoever has no row wants all. Mails of no group cannot be turned off.';
COMMENT ON COLUMN mail_preference.person IS 'Whose it is.';
COMMENT ON COLUMN mail_preference.version IS 'Raised by every change: its ETag. Without a row it is 1.';
COMMENT ON COLUMN mail_preference.link_serial IS 'Raised when the links of older mails are revoked: those that were signed with another number lead nowhere.';
COMMENT ON COLUMN mail_preference.decisions IS 'Whether mails of how something ended are wanted.';
COMMENT ON COLUMN mail_preference.deadlines IS 'Whether mails of work that waits for an office are wanted.';
COMMENT ON COLUMN mail_preference.money IS 'Whether mails of money that came or went as it should are wanted.';
COMMENT ON COLUMN mail_preference.news IS 'Whether mails of what is good to know are wanted.';

CREATE TABLE donor_mail_preference (
    donor   uuid NOT NULL,
    book_id int NOT NULL,
    money   boolean NOT NULL,
    PRIMARY KEY (book_id, donor),
    FOREIGN KEY (book_id, donor) REFERENCES donor (book_id, id)
);
SELECT ledger_distribute('donor_mail_preference');
COMMENT ON TABLE donor_mail_preference IS 'Which mails a donor wants, once they have said so by the link of one; whoever has no row wants all.';
COMMENT ON COLUMN donor_mail_preference.donor IS 'Whose it is.';
COMMENT ON COLUMN donor_mail_preference.book_id IS 'The book.';
COMMENT ON COLUMN donor_mail_preference.money IS 'Whether mails of payments that came and of refunds are wanted.';

CREATE TABLE mail_link_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    key     bytea NOT NULL CHECK (octet_length(key) = 32)
);
SELECT ledger_reference('mail_link_key');
COMMENT ON TABLE mail_link_key IS 'What signs the links by which mails are turned off. Whoever has it can turn off mails of the groups that may be, and nothing else.';
COMMENT ON COLUMN mail_link_key.is_only IS 'There is one row.';
COMMENT ON COLUMN mail_link_key.key IS 'Key of HMAC-SHA-256, drawn when the schema was made.';
INSERT INTO mail_link_key (key)
SELECT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));
