-- The result of a period counts what else the book earned and paid, besides its sales and costs.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE period_result ADD COLUMN other_income bigint NOT NULL DEFAULT 0 CHECK (other_income >= 0);
ALTER TABLE period_result ADD COLUMN other_costs bigint NOT NULL DEFAULT 0 CHECK (other_costs >= 0);
ALTER TABLE period_result ADD COLUMN left_out jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(left_out) = 'array');
ALTER TABLE period_result DROP CONSTRAINT period_result_entry;
ALTER TABLE period_result ADD CONSTRAINT period_result_entry CHECK ((entry_number IS NULL) = (sales + other_income = 0));
ALTER TABLE period_result DROP CONSTRAINT period_result_carried;
ALTER TABLE period_result ADD CONSTRAINT period_result_carried CHECK (
    jsonb_typeof(carried) = 'array'
    AND (jsonb_array_length(carried) > 0) = (costs + other_costs + loss_before > sales + other_income));
COMMENT ON COLUMN period_result.other_income IS 'What else the book earned and no earlier result has counted, minor units.';
COMMENT ON COLUMN period_result.other_costs IS 'What else the book paid and no earlier result has counted, minor units.';
COMMENT ON COLUMN period_result.left_out IS 'Accounts of income and expenses that it does not count: what was on them, and why.';
COMMENT ON COLUMN period_result.entry_number IS 'Record number of its journal entry; NULL when nothing was earned, as nothing moved then.';

ALTER TABLE distribution ADD COLUMN other_income bigint NOT NULL DEFAULT 0 CHECK (other_income >= 0);
ALTER TABLE distribution ADD COLUMN other_costs bigint NOT NULL DEFAULT 0 CHECK (other_costs >= 0);
ALTER TABLE distribution DROP CONSTRAINT distribution_net;
ALTER TABLE distribution ADD CONSTRAINT distribution_net CHECK (
    sales >= 0 AND costs >= 0 AND loss_before >= 0 AND costs + other_costs + loss_before <> sales + other_income);
COMMENT ON COLUMN distribution.other_income IS 'What else the book earned, minor units.';
COMMENT ON COLUMN distribution.other_costs IS 'What else the book paid, minor units.';
