-- Who takes the entry fee of a team.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE entrant ADD COLUMN collector uuid;
COMMENT ON COLUMN entrant.collector IS 'The partner platform that takes the fee and may report it; NULL when the host takes it.';
