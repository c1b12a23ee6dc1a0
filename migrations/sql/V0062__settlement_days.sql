-- Which charges of a day custodians have paid over by reports: their files of that day show them.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE INDEX settlement_line_of_day ON settlement_line (book_id, of_settlement, charge);
