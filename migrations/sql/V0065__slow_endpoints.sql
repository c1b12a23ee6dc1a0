-- Endpoints that take long have a line of their own, beside those that fail.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE webhook_endpoint ADD COLUMN is_slow boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN webhook_endpoint.is_slow IS 'Whether its last answer took longer than two seconds.';
