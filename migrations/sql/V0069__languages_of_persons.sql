-- A person says in which language pages are for them, wherever they sign in.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE person ADD COLUMN language text CHECK (language IN ('en', 'de'));
COMMENT ON COLUMN person.language IS 'In which language pages are for them (RFC 5646); none: as each browser asks.';
COMMENT ON COLUMN person.version IS 'Raised by every change of name or language: the ETag of who is signed in.';
