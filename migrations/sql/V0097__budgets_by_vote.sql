-- Members vote on budgets too: the programme of a proposal that passes is opened by the service.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE proposal ADD COLUMN programme_id uuid, ADD COLUMN programme jsonb;
ALTER TABLE proposal ADD CONSTRAINT proposal_programme_id_fkey FOREIGN KEY (book_id, programme_id) REFERENCES programme (book_id, id);
ALTER TABLE proposal DROP CONSTRAINT proposal_check10;
-- A rule or a programme that was accepted is there, or it says why not; nothing else is.
ALTER TABLE proposal ADD CONSTRAINT proposal_executed CHECK (
    num_nonnulls(rule, programme) <= 1 AND (rule IS NOT NULL OR rule_id IS NULL) AND (programme IS NOT NULL OR programme_id IS NULL)
    AND num_nonnulls(rule_id, programme_id, refused)
        = CASE WHEN state = 'passed' AND num_nonnulls(rule, programme) = 1 THEN 1 ELSE 0 END);
COMMENT ON COLUMN proposal.programme_id IS 'The programme that was opened as it passed; NULL otherwise.';
COMMENT ON COLUMN proposal.programme IS 'The programme that it would open: a budget; NULL otherwise.';
