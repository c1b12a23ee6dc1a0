-- What was posted by a series of entries is taken back by the mirrors of some of them at a time: until all are mirrored, it is being reversed.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE distribution DROP CONSTRAINT distribution_state_check;
ALTER TABLE distribution ADD CONSTRAINT distribution_state_check CHECK (state IN (
    'draft', 'objection', 'objected', 'approved', 'posted', 'paid', 'statements_issued', 'reversing', 'reversed', 'withdrawn'));
ALTER TABLE distribution DROP CONSTRAINT distribution_check6;
ALTER TABLE distribution ADD CONSTRAINT distribution_check6 CHECK (
    (state IN ('posted', 'paid', 'statements_issued', 'reversing', 'reversed')) = (entry_number IS NOT NULL));
ALTER TABLE distribution DROP CONSTRAINT distribution_check9;
ALTER TABLE distribution ADD CONSTRAINT distribution_check9 CHECK (
    state NOT IN ('approved', 'posted', 'paid', 'statements_issued', 'reversing', 'reversed') OR approved_by IS NOT NULL);
COMMENT ON COLUMN distribution.reversal_number IS 'Record number of the mirror entry, of a series that of the first one; NULL unless all of it was taken back.';

ALTER TABLE redemption DROP CONSTRAINT redemption_state_check;
ALTER TABLE redemption ADD CONSTRAINT redemption_state_check CHECK (
    state IN ('requested', 'posting', 'approved', 'withdrawn', 'reversing', 'reversed'));
ALTER TABLE redemption DROP CONSTRAINT redemption_check3;
ALTER TABLE redemption ADD CONSTRAINT redemption_check3 CHECK (
    (state IN ('posting', 'approved', 'reversing', 'reversed')) = (entry_number IS NOT NULL));
ALTER TABLE redemption DROP CONSTRAINT redemption_check5;
ALTER TABLE redemption ADD CONSTRAINT redemption_check5 CHECK ((state IN ('withdrawn', 'reversing', 'reversed')) = (reason <> ''));
