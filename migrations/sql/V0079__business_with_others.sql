-- What else is known of a sale or a cost: the product, how much of it, where, with which organisation, and whether with a member.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE proceeds ADD COLUMN product text NOT NULL DEFAULT '';
ALTER TABLE proceeds ADD COLUMN units bigint;
ALTER TABLE proceeds ADD COLUMN place text NOT NULL DEFAULT '';
ALTER TABLE proceeds ADD COLUMN counterparty text NOT NULL DEFAULT '';
ALTER TABLE proceeds ADD COLUMN non_member boolean NOT NULL DEFAULT false;
ALTER TABLE proceeds ADD CONSTRAINT proceeds_product_check CHECK (length(product) <= 100);
ALTER TABLE proceeds ADD CONSTRAINT proceeds_units_check CHECK (units > 0);
ALTER TABLE proceeds ADD CONSTRAINT proceeds_place_check CHECK (length(place) <= 100);
ALTER TABLE proceeds ADD CONSTRAINT proceeds_counterparty_check CHECK (length(counterparty) <= 100);
COMMENT ON COLUMN proceeds.product IS 'The product, by the name or number that the cooperative has for it; empty when none was given.';
COMMENT ON COLUMN proceeds.units IS 'How much of the product, hundredths; NULL when nobody counted.';
COMMENT ON COLUMN proceeds.place IS 'Where it was sold or bought; empty when none was given.';
COMMENT ON COLUMN proceeds.counterparty IS 'The organisation with which it was, never a person; empty when none was given.';
COMMENT ON COLUMN proceeds.non_member IS 'Whether it was business with somebody who is no member; a rule may set aside what such sales brought.';
