-- A whole run of payouts is sent by files: which files those are.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE payout_file ADD COLUMN run uuid;
ALTER TABLE payout_file ADD CONSTRAINT payout_file_run_fkey FOREIGN KEY (book_id, run) REFERENCES payout_run (book_id, id);
CREATE INDEX payout_file_of_run ON payout_file (book_id, run, id) WHERE run IS NOT NULL;
COMMENT ON COLUMN payout_file.run IS 'The run that it was asked for to send; null when somebody asked for it alone.';
