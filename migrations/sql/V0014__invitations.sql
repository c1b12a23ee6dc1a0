-- Roles that are offered to an address, until whoever has it accepts.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE invitation (
    id            uuid PRIMARY KEY,
    organisation  uuid NOT NULL REFERENCES organisation (id),
    email         text NOT NULL CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email) AND email LIKE '_%@_%'),
    role          text NOT NULL CHECK (role IN ('owner', 'treasurer', 'approver', 'reviewer', 'judge', 'auditor', 'member')),
    secret_digest bytea NOT NULL UNIQUE CHECK (length(secret_digest) = 32),
    invited_by    uuid NOT NULL REFERENCES person (id),
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    accepted_by   uuid REFERENCES person (id),
    accepted_at   timestamptz,
    withdrawn_at  timestamptz,
    CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CHECK (accepted_at IS NULL OR withdrawn_at IS NULL)
);
SELECT ledger_reference('invitation');
CREATE INDEX invitation_of_organisation ON invitation (organisation, id);
CREATE INDEX invitation_open ON invitation (email) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
COMMENT ON TABLE invitation IS 'A role offered to an address; it is given when the person with that address accepts.';
COMMENT ON COLUMN invitation.id IS 'UUIDv7 of the outside id inv_.';
COMMENT ON COLUMN invitation.organisation IS 'Where the role would be.';
COMMENT ON COLUMN invitation.email IS 'Address in lower case, whether somebody here has it or not.';
COMMENT ON COLUMN invitation.role IS 'What the person would be allowed to do there.';
COMMENT ON COLUMN invitation.secret_digest IS 'SHA-256 of the token in the link that was mailed.';
COMMENT ON COLUMN invitation.invited_by IS 'The person who offers the role.';
COMMENT ON COLUMN invitation.created_at IS 'Wall clock.';
COMMENT ON COLUMN invitation.expires_at IS 'Wall clock when it lapses.';
COMMENT ON COLUMN invitation.accepted_by IS 'The person who accepted; NULL before.';
COMMENT ON COLUMN invitation.accepted_at IS 'Wall clock of the acceptance; NULL before.';
COMMENT ON COLUMN invitation.withdrawn_at IS 'Wall clock of the withdrawal; NULL while it stands.';
