-- By which team somebody belongs to a book, and what went on from a contribution into another challenge.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE INDEX milestone_of_team ON milestone (book_id, team);
CREATE INDEX entrant_of_team ON entrant (book_id, team);
CREATE INDEX purse_contribution_of_rolled ON purse_contribution (book_id, rolled_from) WHERE rolled_from IS NOT NULL;
