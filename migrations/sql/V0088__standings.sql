-- Members may have no vote, and who works for a cooperative without being a member may share in its surplus all the same.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE member ADD COLUMN standing text NOT NULL DEFAULT 'member';
ALTER TABLE member ADD CONSTRAINT member_standing CHECK (standing IN ('member', 'associate', 'employee'));
ALTER TABLE member ADD CONSTRAINT member_without_capital CHECK (standing <> 'employee' OR NOT consents);
COMMENT ON COLUMN member.standing IS 'member; associate, a member without a vote; or employee, who is no member, and has neither vote nor capital. Never changes.';
