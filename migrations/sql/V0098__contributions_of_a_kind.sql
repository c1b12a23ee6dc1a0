-- What members give besides their work: the use of equipment, and things, of a kind that an allocation rule may value.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE contribution ADD COLUMN kind text;
ALTER TABLE contribution DROP CONSTRAINT contribution_unit;
ALTER TABLE contribution ADD CONSTRAINT contribution_unit CHECK (unit IN ('hours', 'units', 'points', 'use', 'in_kind'));
ALTER TABLE contribution ADD CONSTRAINT contribution_kind CHECK (
    (kind IS NOT NULL) = (unit IN ('use', 'in_kind')) AND kind ~ '^[a-z0-9][a-z0-9-]{0,39}$');
COMMENT ON TABLE contribution IS
    'What a member contributed: hours worked, units made, points, the use of equipment or things; it counts once a second member has attested it.';
COMMENT ON COLUMN contribution.unit IS 'hours, units, points, use (hours for which equipment was used) or in_kind (things).';
COMMENT ON COLUMN contribution.quantity IS 'Hundredths of a unit made, of a point, of an hour of use, or of a thing; NULL where the unit is hours.';
COMMENT ON COLUMN contribution.kind IS 'What was used or given, such as laser: the short name by which rules value it; NULL for hours, units and points.';

ALTER TABLE statement ADD COLUMN valued jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(valued) = 'array');
ALTER TABLE statement DROP CONSTRAINT statement_patronage_check;
ALTER TABLE statement ADD CONSTRAINT statement_patronage_check CHECK (
    patronage IN ('equal', 'hours', 'capital', 'units', 'points', 'indexed_hours', 'value'));
COMMENT ON COLUMN statement.valued IS 'What was contributed, kind by kind, with what the rule says that one of it counts; empty where the group shared by something else.';
