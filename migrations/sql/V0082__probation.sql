-- People work on probation before they are members: what they do then is written down, and rules differ in whether it counts.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE member ADD COLUMN candidate_from date;
ALTER TABLE member DROP CONSTRAINT member_check;
ALTER TABLE member ADD CONSTRAINT member_probation CHECK (candidate_from < joined_on);
ALTER TABLE member ADD CONSTRAINT member_left CHECK (left_on >= coalesce(candidate_from, joined_on));
COMMENT ON COLUMN member.candidate_from IS 'First day of the probation; NULL without one.';
COMMENT ON COLUMN member.joined_on IS 'First day as a member, after the probation.';
COMMENT ON COLUMN member.left_on IS 'Last day, also of a probation; NULL while it lasts.';
