-- Where the installation is at home, so that a restored copy of it is known for one.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE adoption (
    number     int PRIMARY KEY CHECK (number > 0),
    cluster    bigint NOT NULL,
    database   bigint NOT NULL,
    adopted_at timestamptz NOT NULL DEFAULT now(),
    adopted_by text NOT NULL DEFAULT session_user,
    reason     text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000)
);
SELECT ledger_reference('adoption');
COMMENT ON TABLE adoption IS 'Where the installation was made, and where it was taken over since; the last one counts.';
COMMENT ON COLUMN adoption.number IS 'Counts from 1, which is where it was made.';
COMMENT ON COLUMN adoption.cluster IS 'The cluster, as pg_control_system() identifies it.';
COMMENT ON COLUMN adoption.database IS 'The database in that cluster, as pg_database.oid identifies it.';
COMMENT ON COLUMN adoption.adopted_at IS 'Wall clock.';
COMMENT ON COLUMN adoption.adopted_by IS 'The login that did it.';
COMMENT ON COLUMN adoption.reason IS 'Why, in the words of who did it; no personal data.';
INSERT INTO adoption (number, cluster, database, reason) VALUES
    (1, (SELECT system_identifier FROM pg_control_system()),
     (SELECT oid::bigint FROM pg_database WHERE datname = current_database()), 'made here');
