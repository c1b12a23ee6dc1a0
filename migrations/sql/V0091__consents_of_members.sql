-- Members consent for themselves: to the bylaws that they read, on a day. A keeper asks.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE member ADD COLUMN asked boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN member.consents IS 'Whether the member agreed that a part of a share may stay as its capital: what it said last. Of members admitted before they could say so themselves, what was written down for them.';
COMMENT ON COLUMN member.asked IS 'Whether a keeper asked the member to agree, when it was admitted.';

CREATE TABLE bylaws (
    published_by uuid NOT NULL REFERENCES person (id),
    published_at timestamptz NOT NULL,
    book_id      int NOT NULL,
    version      int NOT NULL CHECK (version > 0),
    title        text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    url          text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2000),
    sha256       bytea NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (book_id, version)
);
SELECT ledger_distribute('bylaws');
COMMENT ON TABLE bylaws IS 'The bylaws of a cooperative: where members read them, and their digest. Written once; the last version holds.';
COMMENT ON COLUMN bylaws.published_by IS 'Who wrote it down.';
COMMENT ON COLUMN bylaws.published_at IS 'Book time.';
COMMENT ON COLUMN bylaws.book_id IS 'The book.';
COMMENT ON COLUMN bylaws.version IS 'From 1, without gaps.';
COMMENT ON COLUMN bylaws.title IS 'What they are called.';
COMMENT ON COLUMN bylaws.url IS 'Where members read them.';
COMMENT ON COLUMN bylaws.sha256 IS 'SHA-256 of what lies there.';

CREATE TABLE member_consent (
    member_id      uuid NOT NULL,
    said_by        uuid NOT NULL REFERENCES person (id),
    said_at        timestamptz NOT NULL,
    book_id        int NOT NULL,
    version        int NOT NULL CHECK (version > 0),
    bylaws_version int NOT NULL,
    consents       boolean NOT NULL,
    PRIMARY KEY (book_id, member_id, version),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id),
    FOREIGN KEY (book_id, bylaws_version) REFERENCES bylaws (book_id, version)
);
SELECT ledger_distribute('member_consent');
COMMENT ON TABLE member_consent IS 'Whether members agree that a part of their shares stays in the cooperative. Written once; what a member said last counts.';
COMMENT ON COLUMN member_consent.member_id IS 'The member.';
COMMENT ON COLUMN member_consent.said_by IS 'The person: the member itself.';
COMMENT ON COLUMN member_consent.said_at IS 'Book time.';
COMMENT ON COLUMN member_consent.book_id IS 'The book.';
COMMENT ON COLUMN member_consent.version IS 'From 1 for each member, without gaps: the highest one counts.';
COMMENT ON COLUMN member_consent.bylaws_version IS 'The bylaws that held then, and that the member was shown.';
COMMENT ON COLUMN member_consent.consents IS 'What the member said.';
