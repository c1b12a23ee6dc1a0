-- Whose payment an entry is: people from outside see payments in sums over five givers, who are looked up by the entry.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE INDEX charge_of_entry ON charge (book_id, entry) WHERE entry > 0;
CREATE INDEX reversal_by ON reversal (book_id, reversed_by);
