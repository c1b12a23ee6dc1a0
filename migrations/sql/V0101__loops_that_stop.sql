-- A campaign whose loop brings all that it asks for takes no new pledges, unless its host says that it goes on.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- What was said before, was said while pledges were taken at nothing too: it stays so until its host says it anew.
ALTER TABLE campaign_loop ADD COLUMN at_nothing text NOT NULL DEFAULT 'go_on' CHECK (at_nothing IN ('stop', 'go_on'));
ALTER TABLE campaign_loop ALTER COLUMN at_nothing DROP DEFAULT;
COMMENT ON COLUMN campaign_loop.at_nothing IS 'What becomes of new pledges while the campaign asks for nothing: stop, none is taken; go_on, they are taken.';

ALTER TABLE campaign ADD COLUMN loop_brings bigint CHECK (loop_brings >= 0);
COMMENT ON COLUMN campaign.loop_brings IS 'Minor units that its loop brings in a month, as reckoned last: from its monthly goal on, no new pledge is taken. NULL where nothing stops it.';
