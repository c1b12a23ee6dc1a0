-- Persons who are disabled, and all sessions of a person.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE person ADD COLUMN disabled_at timestamptz;
ALTER TABLE person ADD CHECK (disabled_at IS NULL OR NOT is_operator);
COMMENT ON COLUMN person.disabled_at IS 'Wall clock since which the person cannot sign in; NULL for everybody who can. An operator is never disabled.';
CREATE INDEX refresh_family_open ON refresh_family (person) WHERE ended_at IS NULL;
COMMENT ON TABLE refresh_family IS 'A session: all refresh tokens, and all access tokens, that came from one sign-in. It is over when it was ended, and a fixed time after the sign-in.';
COMMENT ON COLUMN refresh_family.id IS 'UUIDv7 of the outside id ses_, which access tokens name.';
COMMENT ON COLUMN refresh_family.ended_at IS 'Wall clock of signing out, of the reuse of an old token, or of the disabling of the person. NULL while it lives.';
