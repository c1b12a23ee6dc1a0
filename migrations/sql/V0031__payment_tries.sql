-- Who tries cards: the tries of an address, a card or a pledge in the last hour.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE payment_try (
    last_at timestamptz NOT NULL,
    subject bytea NOT NULL CHECK (length(subject) = 32),
    tries   timestamptz[] NOT NULL,
    PRIMARY KEY (subject)
);
SELECT ledger_reference('payment_try');
CREATE INDEX payment_try_of_age ON payment_try (last_at);
COMMENT ON TABLE payment_try IS 'When somebody tried to pay from one address, with one card or for one pledge. Deleted 24 hours after the last try.';
COMMENT ON COLUMN payment_try.last_at IS 'When it was tried last, whether that was taken or not: wall clock.';
COMMENT ON COLUMN payment_try.subject IS 'HMAC-SHA-256 of the address, the card or the pledge within a partner, with a key that is not in the database.';
COMMENT ON COLUMN payment_try.tries IS 'The tries that were taken and count at the last one: those of an hour, wall clock.';
