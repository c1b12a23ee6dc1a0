-- What members contribute besides hours, and the index by which their hours weigh.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE contribution ADD COLUMN unit text NOT NULL DEFAULT 'hours';
ALTER TABLE contribution ADD COLUMN quantity bigint;
ALTER TABLE contribution ALTER COLUMN hours DROP NOT NULL;
ALTER TABLE contribution ADD CONSTRAINT contribution_unit CHECK (unit IN ('hours', 'units', 'points'));
ALTER TABLE contribution ADD CONSTRAINT contribution_quantity CHECK (quantity BETWEEN 1 AND 100000000);
ALTER TABLE contribution ADD CONSTRAINT contribution_of_its_unit CHECK (
    (hours IS NOT NULL) = (unit = 'hours') AND (quantity IS NULL) = (unit = 'hours'));
COMMENT ON TABLE contribution IS 'What a member contributed: hours worked, units made or points; it counts once a second member has attested it.';
COMMENT ON COLUMN contribution.hours IS 'Hundredths of an hour; NULL where the unit is another.';
COMMENT ON COLUMN contribution.unit IS 'hours, units or points.';
COMMENT ON COLUMN contribution.quantity IS 'Hundredths of a unit made, or of a point; NULL where the unit is hours.';

CREATE TABLE member_index (
    member_id      uuid NOT NULL,
    set_by         uuid NOT NULL REFERENCES person (id),
    set_at         timestamptz NOT NULL,
    book_id        int NOT NULL,
    version        int NOT NULL CHECK (version >= 1),
    index          int NOT NULL CHECK (index BETWEEN 1 AND 10000),
    effective_from date NOT NULL,
    PRIMARY KEY (book_id, member_id, version),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id)
);
SELECT ledger_distribute('member_index');
COMMENT ON TABLE member_index IS 'By how much the hours of a member weigh, from a day on. Written once; without a row an hour weighs 1.00.';
COMMENT ON COLUMN member_index.member_id IS 'Whose.';
COMMENT ON COLUMN member_index.set_by IS 'Who set it.';
COMMENT ON COLUMN member_index.set_at IS 'Book time.';
COMMENT ON COLUMN member_index.book_id IS 'The book.';
COMMENT ON COLUMN member_index.version IS 'From 1 for each member, without gaps; of two that begin on one day, the younger one holds.';
COMMENT ON COLUMN member_index.index IS 'Hundredths: 150 makes an hour weigh as much as one and a half.';
COMMENT ON COLUMN member_index.effective_from IS 'First day whose hours weigh so, until the day on which another one begins.';

ALTER TABLE statement ADD COLUMN counted bigint NOT NULL DEFAULT 0 CHECK (counted >= 0);
ALTER TABLE statement ADD COLUMN indexed jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(indexed) = 'array');
ALTER TABLE statement DROP CONSTRAINT statement_patronage_check;
ALTER TABLE statement ADD CONSTRAINT statement_patronage_check CHECK (
    patronage IN ('equal', 'hours', 'capital', 'units', 'points', 'indexed_hours'));
COMMENT ON COLUMN statement.counted IS 'Hundredths of the units or points by which the group shared; 0 where it shared by something else.';
COMMENT ON COLUMN statement.indexed IS 'The hours by the index at which they counted; empty where the group shared by something else.';
