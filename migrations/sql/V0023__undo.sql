-- What operations posted can be undone, and a loss is carried forward to the next result.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES
    (57, 'sale_reversed'),
    (58, 'cost_reversed'),
    (59, 'result_reopened');

-- Each is the mirror of the rows of another kind.
INSERT INTO movement (kind, debit_class, credit_class)
SELECT mirror.kind, m.credit_class, m.debit_class
  FROM (VALUES
    ('sales_recorded', 'sale_reversed'),
    ('cost_recorded', 'cost_reversed'),
    ('result_closed', 'result_reopened')
       ) AS row(original, mirror)
  JOIN movement_kind original ON original.name = row.original
  JOIN movement_kind mirror ON mirror.name = row.mirror
  JOIN movement m ON m.kind = original.kind;

-- A sale or a cost is taken back once; its invoice can be recorded again then.
ALTER TABLE proceeds ADD COLUMN reversal_number bigint;
ALTER TABLE proceeds ADD COLUMN reversed_by uuid;
ALTER TABLE proceeds ADD COLUMN reversed_at timestamptz;
ALTER TABLE proceeds ADD COLUMN reversal_reason text;
ALTER TABLE proceeds ADD CONSTRAINT proceeds_reversal_after CHECK (reversal_number > entry_number);
ALTER TABLE proceeds ADD CONSTRAINT proceeds_reversal_reason CHECK (length(reversal_reason) BETWEEN 1 AND 1000);
ALTER TABLE proceeds ADD CONSTRAINT proceeds_reversal_whole CHECK (
    num_nulls(reversal_number, reversed_by, reversed_at, reversal_reason) IN (0, 4));
ALTER TABLE proceeds ADD CONSTRAINT proceeds_reversed_by_fkey FOREIGN KEY (reversed_by) REFERENCES person (id);
DROP INDEX proceeds_reference;
CREATE UNIQUE INDEX proceeds_reference ON proceeds (book_id, kind, reference) WHERE reference <> '' AND reversed_at IS NULL;
COMMENT ON TABLE proceeds IS 'Sales and costs of a cooperative, each with its journal entry. Written once, and taken back once.';
COMMENT ON COLUMN proceeds.reversal_number IS 'Record number of the mirror entry; NULL unless it was taken back.';
COMMENT ON COLUMN proceeds.reversed_by IS 'Who took it back.';
COMMENT ON COLUMN proceeds.reversed_at IS 'Book time; NULL unless it was taken back. What was taken back counts in no result.';
COMMENT ON COLUMN proceeds.reversal_reason IS 'Why it was taken back.';

-- Hours are taken back once; they move no money.
ALTER TABLE contribution ADD COLUMN reversed_by uuid;
ALTER TABLE contribution ADD COLUMN reversed_at timestamptz;
ALTER TABLE contribution ADD COLUMN reversal_reason text;
ALTER TABLE contribution ADD CONSTRAINT contribution_reversal_reason CHECK (length(reversal_reason) BETWEEN 1 AND 1000);
ALTER TABLE contribution ADD CONSTRAINT contribution_reversal_whole CHECK (
    num_nulls(reversed_by, reversed_at, reversal_reason) IN (0, 3));
ALTER TABLE contribution ADD CONSTRAINT contribution_reversed_by_fkey FOREIGN KEY (reversed_by) REFERENCES person (id);
COMMENT ON COLUMN contribution.reversed_by IS 'Who took them back.';
COMMENT ON COLUMN contribution.reversed_at IS 'Book time; NULL unless they were taken back. What was taken back counts for nothing.';
COMMENT ON COLUMN contribution.reversal_reason IS 'Why they were taken back.';

-- A result may be a loss, and may be opened again; then its period is closed anew, as a result of its own.
DROP TRIGGER IF EXISTS period_result_kept ON period_result;
ALTER TABLE distribution DROP CONSTRAINT distribution_book_id_period_to_fkey;
ALTER TABLE period_result DROP CONSTRAINT period_result_pkey;
ALTER TABLE period_result ADD COLUMN id uuid;
UPDATE period_result SET id = md5(book_id || ' ' || to_char(period_to, 'YYYY-MM-DD'))::uuid;
ALTER TABLE period_result ALTER COLUMN id SET NOT NULL;
ALTER TABLE period_result ADD CONSTRAINT period_result_pkey PRIMARY KEY (book_id, id);
ALTER TABLE period_result ADD COLUMN loss_before bigint NOT NULL DEFAULT 0;
ALTER TABLE period_result ADD COLUMN carried jsonb NOT NULL DEFAULT '[]';
ALTER TABLE period_result ADD COLUMN reversal_number bigint;
ALTER TABLE period_result ADD COLUMN reversed_by uuid;
ALTER TABLE period_result ADD COLUMN reversed_at timestamptz;
ALTER TABLE period_result ADD COLUMN reversal_reason text;
ALTER TABLE period_result ALTER COLUMN entry_number DROP NOT NULL;
ALTER TABLE period_result ADD CONSTRAINT period_result_loss_before CHECK (loss_before >= 0);
ALTER TABLE period_result ADD CONSTRAINT period_result_entry CHECK ((entry_number IS NULL) = (sales = 0));
ALTER TABLE period_result ADD CONSTRAINT period_result_carried CHECK (
    jsonb_typeof(carried) = 'array' AND (jsonb_array_length(carried) > 0) = (costs + loss_before > sales));
ALTER TABLE period_result ADD CONSTRAINT period_result_reversal_after CHECK (reversal_number > entry_number);
ALTER TABLE period_result ADD CONSTRAINT period_result_reversal_reason CHECK (length(reversal_reason) BETWEEN 1 AND 1000);
ALTER TABLE period_result ADD CONSTRAINT period_result_reversal_whole CHECK (
    num_nulls(reversed_by, reversed_at, reversal_reason) IN (0, 3)
    AND (reversal_number IS NOT NULL) = (reversed_at IS NOT NULL AND entry_number IS NOT NULL));
ALTER TABLE period_result ADD CONSTRAINT period_result_reversed_by_fkey FOREIGN KEY (reversed_by) REFERENCES person (id);
CREATE UNIQUE INDEX period_result_of_period ON period_result (book_id, period_to) WHERE reversed_at IS NULL;
COMMENT ON TABLE period_result IS
    'The closed result of a period: its sales went to the surplus, which bore its costs as far as they reached. Written once, and opened again once.';
COMMENT ON COLUMN period_result.id IS 'UUIDv7 inside the outside id res_.';
COMMENT ON COLUMN period_result.entry_number IS 'Record number of its journal entry; NULL without sales, as nothing moved then.';
COMMENT ON COLUMN period_result.loss_before IS 'Costs of earlier periods that their sales did not cover, minor units: this result bears them first.';
COMMENT ON COLUMN period_result.carried IS
    'Costs that stay on their accounts because the sales did not cover them, by account: the next result bears them.';
COMMENT ON COLUMN period_result.reversal_number IS 'Record number of the mirror entry; NULL unless it was opened again, or moved nothing.';
COMMENT ON COLUMN period_result.reversed_by IS 'Who opened it again.';
COMMENT ON COLUMN period_result.reversed_at IS 'Book time; NULL unless it was opened again.';
COMMENT ON COLUMN period_result.reversal_reason IS 'Why it was opened again.';

ALTER TABLE distribution ADD COLUMN result_id uuid;
UPDATE distribution SET result_id = md5(book_id || ' ' || to_char(period_to, 'YYYY-MM-DD'))::uuid;
ALTER TABLE distribution ALTER COLUMN result_id SET NOT NULL;
ALTER TABLE distribution ADD COLUMN loss_before bigint NOT NULL DEFAULT 0;
ALTER TABLE distribution DROP CONSTRAINT distribution_check;
ALTER TABLE distribution ADD CONSTRAINT distribution_net CHECK (costs >= 0 AND loss_before >= 0 AND costs + loss_before < sales);
ALTER TABLE distribution ADD CONSTRAINT distribution_of_result FOREIGN KEY (book_id, result_id) REFERENCES period_result (book_id, id);
COMMENT ON COLUMN distribution.result_id IS 'The result that it divides.';
COMMENT ON COLUMN distribution.loss_before IS 'Losses of earlier periods that the result bore first, minor units.';
