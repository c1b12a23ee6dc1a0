-- Who acts: persons, organisations, roles, ties, credentials of partners, and how they sign in.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE person (
    id          uuid PRIMARY KEY,
    caller      int NOT NULL UNIQUE CHECK (caller > 0),
    email       text NOT NULL UNIQUE CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email) AND email LIKE '_%@_%'),
    name        text NOT NULL CHECK (length(name) <= 200),
    is_operator boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL
);
SELECT ledger_reference('person');
COMMENT ON TABLE person IS 'Somebody who signs in by e-mail link.';
COMMENT ON COLUMN person.id IS 'UUIDv7 of the outside id psn_.';
COMMENT ON COLUMN person.caller IS 'Number that scopes idempotency keys; drawn from the counter caller.';
COMMENT ON COLUMN person.email IS 'Address in lower case; the only way to sign in.';
COMMENT ON COLUMN person.name IS 'Name for other people; empty until it is given.';
COMMENT ON COLUMN person.is_operator IS 'Runs the installation.';
COMMENT ON COLUMN person.created_at IS 'Wall clock.';

CREATE TABLE organisation (
    id         uuid PRIMARY KEY,
    caller     int NOT NULL UNIQUE CHECK (caller > 0),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind       text NOT NULL CHECK (kind IN ('cooperative', 'fiscal_host', 'project_team', 'sponsor', 'partner_platform', 'enterprise')),
    version    bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL REFERENCES person (id)
);
SELECT ledger_reference('organisation');
COMMENT ON TABLE organisation IS 'A party: cooperative, fiscal host, project team, sponsor, partner platform or producer.';
COMMENT ON COLUMN organisation.id IS 'UUIDv7 of the outside id org_.';
COMMENT ON COLUMN organisation.caller IS 'Number that scopes the idempotency keys of its credentials.';
COMMENT ON COLUMN organisation.name IS 'Name for people.';
COMMENT ON COLUMN organisation.kind IS 'What it is; never changes.';
COMMENT ON COLUMN organisation.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN organisation.created_at IS 'Wall clock.';
COMMENT ON COLUMN organisation.created_by IS 'The person who made it, its first owner.';

CREATE TABLE membership (
    organisation uuid NOT NULL REFERENCES organisation (id),
    person       uuid NOT NULL REFERENCES person (id),
    role         text NOT NULL CHECK (role IN ('owner', 'treasurer', 'approver', 'reviewer', 'judge', 'auditor', 'member')),
    created_at   timestamptz NOT NULL,
    created_by   uuid NOT NULL REFERENCES person (id),
    PRIMARY KEY (organisation, person, role)
);
SELECT ledger_reference('membership');
CREATE INDEX membership_of_person ON membership (person, organisation);
COMMENT ON TABLE membership IS 'A role of a person in an organisation; read on each request.';
COMMENT ON COLUMN membership.organisation IS 'The organisation.';
COMMENT ON COLUMN membership.person IS 'The person.';
COMMENT ON COLUMN membership.role IS 'What the person may do there.';
COMMENT ON COLUMN membership.created_at IS 'Wall clock.';
COMMENT ON COLUMN membership.created_by IS 'Who gave the role.';

CREATE TABLE declared_tie (
    person       uuid NOT NULL REFERENCES person (id),
    organisation uuid NOT NULL REFERENCES organisation (id),
    declared_by  uuid NOT NULL REFERENCES person (id),
    declared_at  timestamptz NOT NULL,
    book_id      int NOT NULL,
    reason       text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, organisation, person)
);
SELECT ledger_distribute('declared_tie');
COMMENT ON TABLE declared_tie IS 'A person is too close to a team to decide on its claims.';
COMMENT ON COLUMN declared_tie.person IS 'Who.';
COMMENT ON COLUMN declared_tie.organisation IS 'The team.';
COMMENT ON COLUMN declared_tie.declared_by IS 'Who said so: the person, or an owner of the host.';
COMMENT ON COLUMN declared_tie.declared_at IS 'Book time.';
COMMENT ON COLUMN declared_tie.book_id IS 'The book.';
COMMENT ON COLUMN declared_tie.reason IS 'What the tie is.';

CREATE TABLE credential (
    id            uuid PRIMARY KEY,
    organisation  uuid NOT NULL REFERENCES organisation (id),
    mode          text NOT NULL CHECK (mode IN ('live', 'sandbox')),
    slot          smallint NOT NULL CHECK (slot IN (1, 2)),
    scopes        text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 20),
    secret_digest bytea NOT NULL CHECK (length(secret_digest) = 32),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at    timestamptz NOT NULL,
    created_by    uuid NOT NULL REFERENCES person (id),
    revoked_at    timestamptz
);
SELECT ledger_reference('credential');
CREATE UNIQUE INDEX credential_two_live ON credential (organisation, mode, slot) WHERE revoked_at IS NULL;
COMMENT ON TABLE credential IS 'Client id and secret of a partner; two may be live at once, for rotation.';
COMMENT ON COLUMN credential.id IS 'UUIDv7 of the outside id pcr_, the OAuth client id.';
COMMENT ON COLUMN credential.organisation IS 'Whose it is.';
COMMENT ON COLUMN credential.mode IS 'live or sandbox: it never sees data of the other mode.';
COMMENT ON COLUMN credential.slot IS '1 or 2: the unique index allows no third live one.';
COMMENT ON COLUMN credential.scopes IS 'What its tokens may do.';
COMMENT ON COLUMN credential.secret_digest IS 'SHA-256 of the 256-bit secret, which was shown once.';
COMMENT ON COLUMN credential.name IS 'What the owner calls it.';
COMMENT ON COLUMN credential.created_at IS 'Wall clock.';
COMMENT ON COLUMN credential.created_by IS 'The person who made it.';
COMMENT ON COLUMN credential.revoked_at IS 'Wall clock; from then on its tokens are refused. NULL while it is live.';

CREATE TABLE sign_in_token (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    person     uuid NOT NULL REFERENCES person (id),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
SELECT ledger_reference('sign_in_token');
COMMENT ON TABLE sign_in_token IS 'A sign-in link that was mailed: single use, 15 minutes.';
COMMENT ON COLUMN sign_in_token.digest IS 'SHA-256 of the token in the link.';
COMMENT ON COLUMN sign_in_token.person IS 'Who signs in with it.';
COMMENT ON COLUMN sign_in_token.expires_at IS 'Wall clock.';
COMMENT ON COLUMN sign_in_token.used_at IS 'Wall clock of its one use; NULL before.';

CREATE TABLE refresh_family (
    id         uuid PRIMARY KEY,
    person     uuid NOT NULL REFERENCES person (id),
    created_at timestamptz NOT NULL,
    ended_at   timestamptz
);
SELECT ledger_reference('refresh_family');
COMMENT ON TABLE refresh_family IS 'All refresh tokens that came from one sign-in.';
COMMENT ON COLUMN refresh_family.id IS 'UUIDv7.';
COMMENT ON COLUMN refresh_family.person IS 'Who signed in.';
COMMENT ON COLUMN refresh_family.created_at IS 'Wall clock of the sign-in.';
COMMENT ON COLUMN refresh_family.ended_at IS 'Wall clock of signing out, or of the reuse of an old token. NULL while it lives.';

CREATE TABLE refresh_token (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    family     uuid NOT NULL REFERENCES refresh_family (id),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
SELECT ledger_reference('refresh_token');
CREATE INDEX refresh_token_of_family ON refresh_token (family);
COMMENT ON TABLE refresh_token IS 'One link of a chain: using it makes the next, using it again ends the family.';
COMMENT ON COLUMN refresh_token.digest IS 'SHA-256 of the token.';
COMMENT ON COLUMN refresh_token.family IS 'The sign-in it came from.';
COMMENT ON COLUMN refresh_token.expires_at IS 'Wall clock.';
COMMENT ON COLUMN refresh_token.used_at IS 'Wall clock of its one use; NULL before.';
