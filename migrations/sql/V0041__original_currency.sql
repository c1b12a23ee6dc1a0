-- Gifts in another currency than their campaign's: what the donor pays, what came of it, and what a refund of it cost.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE pledge ADD COLUMN original_amount bigint CHECK (original_amount BETWEEN 1 AND 9007199254740991);
ALTER TABLE pledge ADD COLUMN original_currency text CHECK (original_currency ~ '^[A-Z]{3}$');
ALTER TABLE pledge ADD CONSTRAINT pledge_original CHECK (num_nulls(original_amount, original_currency) IN (0, 2) AND original_currency IS DISTINCT FROM currency);
COMMENT ON COLUMN pledge.original_amount IS 'What the donor pays each time in another currency, its minor units; null when it is the campaign''s own.';
COMMENT ON COLUMN pledge.original_currency IS 'That currency, ISO 4217.';

ALTER TABLE charge ADD COLUMN original_amount bigint CHECK (original_amount BETWEEN 1 AND 9007199254740991);
ALTER TABLE charge ADD COLUMN original_currency text CHECK (original_currency ~ '^[A-Z]{3}$');
ALTER TABLE charge ADD COLUMN promised_amount bigint CHECK (promised_amount BETWEEN 1 AND 9007199254740991);
ALTER TABLE charge ADD COLUMN came_amount bigint CHECK (came_amount BETWEEN 1 AND 9007199254740991);
ALTER TABLE charge ADD CONSTRAINT charge_came CHECK (CASE WHEN promised_amount IS NULL THEN came_amount IS NULL ELSE amount = coalesce(came_amount, promised_amount) END);
ALTER TABLE charge ADD CONSTRAINT charge_original CHECK (num_nulls(original_amount, original_currency, promised_amount) IN (0, 3) AND original_currency IS DISTINCT FROM currency);
ALTER TABLE charge ADD CONSTRAINT charge_drift CHECK (abs(amount - promised_amount) * 100 <= promised_amount * 20);
COMMENT ON COLUMN charge.original_amount IS 'What the donor pays of it in another currency, its minor units; null when it is the campaign''s own.';
COMMENT ON COLUMN charge.original_currency IS 'That currency, ISO 4217.';
COMMENT ON COLUMN charge.promised_amount IS 'What the partner promised that it comes to, minor units. Null without another currency.';
COMMENT ON COLUMN charge.came_amount IS 'What came of it instead, a fifth more or less at most: then the amount is this. Null when it is what was promised.';

ALTER TABLE receipt ADD COLUMN original_amount bigint CHECK (original_amount BETWEEN 1 AND 9007199254740991);
ALTER TABLE receipt ADD COLUMN original_currency text CHECK (original_currency ~ '^[A-Z]{3}$');
ALTER TABLE receipt ADD CONSTRAINT receipt_original CHECK (num_nulls(original_amount, original_currency) IN (0, 2) AND original_currency IS DISTINCT FROM currency);
COMMENT ON COLUMN receipt.original_amount IS 'What the donor paid in another currency, its minor units; null when it was the campaign''s own.';
COMMENT ON COLUMN receipt.original_currency IS 'That currency, ISO 4217.';

ALTER TABLE refund ADD COLUMN original_amount bigint CHECK (original_amount BETWEEN 0 AND 9007199254740991);
ALTER TABLE refund ADD COLUMN original_currency text CHECK (original_currency ~ '^[A-Z]{3}$');
ALTER TABLE refund ADD COLUMN settled_amount bigint CHECK (settled_amount BETWEEN 1 AND 9007199254740991);
ALTER TABLE refund ADD CONSTRAINT refund_original CHECK (num_nulls(original_amount, original_currency) IN (0, 2) AND original_currency IS DISTINCT FROM currency);
ALTER TABLE refund ADD CONSTRAINT refund_cost CHECK (settled_amount IS NULL OR original_amount IS NOT NULL AND state = 'settled');
COMMENT ON COLUMN refund.original_amount IS 'What of the donor''s own money goes back, its minor units; null when the gift was in the campaign''s currency.';
COMMENT ON COLUMN refund.original_currency IS 'That currency, ISO 4217.';
COMMENT ON COLUMN refund.settled_amount IS 'What it cost whoever sent it, minor units of its currency; the difference is the host''s loss or gain. Null when they did not say.';

INSERT INTO movement_kind (kind, name) VALUES
    (66, 'exchange_loss_booked'),
    (67, 'exchange_gain_booked'),
    (68, 'exchange_loss_paid');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES ('exchange_loss_booked', 'exchange_loss', 'costs_payable'),
               ('exchange_gain_booked', 'cash', 'exchange_gain'),
               ('exchange_loss_paid', 'costs_payable', 'cash')) AS row (kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;
