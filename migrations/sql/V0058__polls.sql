-- What partners poll: the second secret of a credential, when events were numbered, by which indexes a partner's own are found, and what it asked.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE credential
    ADD COLUMN old_digest bytea CHECK (length(old_digest) = 32),
    ADD COLUMN old_ends_at timestamptz,
    ADD COLUMN old_used_on date,
    ADD COLUMN last_used_on date,
    ADD CONSTRAINT credential_old_secret CHECK ((old_digest IS NULL) = (old_ends_at IS NULL) AND (old_digest IS NOT NULL OR old_used_on IS NULL)),
    ADD CONSTRAINT credential_another_secret CHECK (old_digest <> secret_digest);
COMMENT ON COLUMN credential.old_digest IS 'SHA-256 of the secret before the last rotation; NULL when there was none, or it ended at once.';
COMMENT ON COLUMN credential.old_ends_at IS 'Wall clock: until then the secret before gives tokens as well.';
COMMENT ON COLUMN credential.old_used_on IS 'The last day in UTC on which the secret before gave a token since the rotation; NULL before.';
COMMENT ON COLUMN credential.last_used_on IS 'The last day in UTC on which a token was given for it; NULL before the first.';

-- Events that are there count as numbered now: whoever polls from an earlier moment meets them all.
ALTER TABLE event ADD COLUMN numbered_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN event.numbered_at IS 'Clock of the database at which it got its number: never before that of a lower number. Whoever read the list before has not seen it.';
ALTER TABLE event_head ADD COLUMN numbered_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE event_head ALTER COLUMN numbered_at SET DEFAULT 'epoch';
COMMENT ON COLUMN event_head.numbered_at IS 'When the last number was given; the beginning of time before the first.';

CREATE INDEX pledge_of_partner_in_state ON pledge (book_id, partner, state, id);
CREATE INDEX charge_of_partner_in_state ON charge (book_id, partner, state, due_on, id);
CREATE INDEX book_partner_of_organisation ON book_partner (organisation, book_id) WHERE withdrawn_at IS NULL;
CREATE INDEX settlement_of_partner ON settlement (book_id, partner, id);

CREATE TABLE partner_request (
    id           uuid NOT NULL,
    organisation uuid NOT NULL,
    credential   uuid NOT NULL,
    at           timestamptz NOT NULL,
    book_id      int NOT NULL DEFAULT 0 CHECK (book_id = 0),
    status       smallint NOT NULL CHECK (status BETWEEN 100 AND 599),
    mode         text NOT NULL CHECK (mode IN ('live', 'sandbox')),
    method       text NOT NULL CHECK (octet_length(method) BETWEEN 1 AND 10),
    path         text NOT NULL CHECK (octet_length(path) BETWEEN 1 AND 200),
    problem      text NOT NULL DEFAULT '' CHECK (octet_length(problem) <= 60),
    request_id   text NOT NULL CHECK (octet_length(request_id) BETWEEN 1 AND 128),
    PRIMARY KEY (book_id, organisation, mode, id)
);
SELECT ledger_distribute('partner_request');
CREATE INDEX partner_request_of_age ON partner_request (book_id, at);
COMMENT ON TABLE partner_request IS 'What partner platforms asked, and what they were answered, for them to read. No body, no query, no id of anything. Deleted after 30 days.';
COMMENT ON COLUMN partner_request.id IS 'UUIDv7 of the answer.';
COMMENT ON COLUMN partner_request.organisation IS 'The partner platform.';
COMMENT ON COLUMN partner_request.credential IS 'By which of its credentials.';
COMMENT ON COLUMN partner_request.at IS 'When it was answered: wall clock.';
COMMENT ON COLUMN partner_request.book_id IS '0, the installation: a request may concern several books, or none.';
COMMENT ON COLUMN partner_request.status IS 'The HTTP status of the answer.';
COMMENT ON COLUMN partner_request.mode IS 'The mode of the credential: neither sees what the other asked.';
COMMENT ON COLUMN partner_request.method IS 'GET, POST and so on.';
COMMENT ON COLUMN partner_request.path IS 'The path as the contract has it, with the names of its parameters.';
COMMENT ON COLUMN partner_request.problem IS 'The code of the problem that was answered; empty when it was none.';
COMMENT ON COLUMN partner_request.request_id IS 'As in the header X-Request-Id of the answer.';
