-- Campaigns with a last day and a verdict.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE campaign ALTER COLUMN monthly_goal DROP NOT NULL;
ALTER TABLE campaign ADD COLUMN goal bigint CHECK (goal > 0);
ALTER TABLE campaign ADD COLUMN optimum bigint;
ALTER TABLE campaign ADD COLUMN promised bigint CHECK (promised >= 0);
ALTER TABLE campaign ADD COLUMN counted bigint CHECK (counted >= 0);
ALTER TABLE campaign ADD COLUMN verdict_at timestamptz;
ALTER TABLE campaign ADD COLUMN last_day date;
ALTER TABLE campaign ADD COLUMN basis text CHECK (basis IN ('collected', 'pledged'));
ALTER TABLE campaign ADD COLUMN verdict text CHECK (verdict IN ('successful', 'failed'));
ALTER TABLE campaign DROP CONSTRAINT campaign_kind_check;
ALTER TABLE campaign ADD CONSTRAINT campaign_kind_check CHECK (CASE kind
    WHEN 'recurring' THEN monthly_goal IS NOT NULL AND num_nonnulls(goal, optimum, last_day, basis) = 0
    WHEN 'all_or_nothing' THEN num_nulls(goal, last_day, basis) = 0 AND num_nonnulls(monthly_goal, optimum) = 0
    WHEN 'keep_what_you_raise' THEN last_day IS NOT NULL AND num_nonnulls(monthly_goal, optimum, basis) = 0
    WHEN 'minimum_and_optimum' THEN num_nulls(goal, optimum, last_day, basis) = 0 AND optimum > goal AND monthly_goal IS NULL
    ELSE false END);
ALTER TABLE campaign DROP CONSTRAINT campaign_state_check;
ALTER TABLE campaign ADD CONSTRAINT campaign_state_check CHECK (
    state IN ('draft', 'live', 'suspended', 'collecting', 'successful', 'failed', 'closed'));
-- A draft, a suspension and the time of pending payments end by themselves; so does a live campaign with a last day.
ALTER TABLE campaign DROP CONSTRAINT campaign_check1;
ALTER TABLE campaign ADD CONSTRAINT campaign_until_check CHECK ((state_until IS NOT NULL) =
    (state IN ('draft', 'suspended', 'collecting') OR state = 'live' AND last_day IS NOT NULL));
ALTER TABLE campaign ADD CONSTRAINT campaign_last_day_check CHECK (
    last_day IS NOT NULL OR state IN ('draft', 'live', 'suspended', 'closed'));
ALTER TABLE campaign ADD CONSTRAINT campaign_verdict_whole CHECK (
    num_nulls(verdict, counted, verdict_at) IN (0, 3)
    AND CASE state WHEN 'closed' THEN true
                   WHEN 'successful' THEN verdict IS NOT NULL AND verdict = 'successful'
                   WHEN 'failed' THEN verdict IS NOT NULL AND verdict = 'failed'
                   ELSE verdict IS NULL END);
-- A success has what was to decide; a failure has not.
ALTER TABLE campaign ADD CONSTRAINT campaign_verdict_rests CHECK (
    (verdict = 'successful') = (counted >= CASE WHEN basis IS NULL THEN 1 ELSE goal END));
COMMENT ON COLUMN campaign.monthly_goal IS 'What should come in each month, minor units; null unless recurring.';
COMMENT ON COLUMN campaign.goal IS 'What decides, or is hoped for where nothing is at stake, minor units; the minimum where there is an optimum.';
COMMENT ON COLUMN campaign.optimum IS 'What is hoped for beyond the minimum, minor units; null for other kinds.';
COMMENT ON COLUMN campaign.promised IS 'Minor units that were promised and still stood when the last day ended; null before.';
COMMENT ON COLUMN campaign.counted IS 'Minor units that the basis of the verdict counted; null before the verdict.';
COMMENT ON COLUMN campaign.verdict_at IS 'Book time of the verdict; null before.';
COMMENT ON COLUMN campaign.last_day IS 'The last day on which it takes pledges, in the zone of the book; null without an end.';
COMMENT ON COLUMN campaign.basis IS 'By what the verdict is reached: collected or pledged; null where nothing is at stake. Never changes.';
COMMENT ON COLUMN campaign.verdict IS 'successful or failed; null before, and without a last day.';
COMMENT ON COLUMN campaign.kind IS 'recurring, all_or_nothing, keep_what_you_raise or minimum_and_optimum; never changes.';
COMMENT ON COLUMN campaign.state IS 'draft, live, suspended, collecting, successful, failed or closed.';
COMMENT ON COLUMN campaign.state_until IS 'Book time at which a draft or a suspension closes the campaign, its last day ends, or its verdict falls at the latest; null when it does not wait.';
