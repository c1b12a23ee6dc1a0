-- Due payments that nobody tried in time, clocks that walk, and which clock a moment is of.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE charge DROP CONSTRAINT charge_state_check;
ALTER TABLE charge ADD CONSTRAINT charge_state_check
    CHECK (state IN ('processing', 'declined', 'captured', 'settled', 'voided', 'missed'));
ALTER TABLE charge DROP CONSTRAINT charge_attempt_check;
ALTER TABLE charge ADD CONSTRAINT charge_attempt_check CHECK (attempt >= 0 AND (attempt = 0) = (state = 'missed'));
COMMENT ON COLUMN charge.state IS 'processing, declined, captured, settled, voided or missed.';
COMMENT ON COLUMN charge.attempt IS 'The last attempt, from 1; 0 for a payment that was missed.';

ALTER TABLE book ADD COLUMN clock_target timestamptz CHECK (clock_target IS NULL OR mode = 'sandbox');
CREATE INDEX book_walking ON book (number) WHERE clock_target IS NOT NULL;
COMMENT ON COLUMN book.clock_target IS 'Where the clock of a sandbox book walks, in book time; null when it has arrived, and all that was due on the way is done.';
COMMENT ON COLUMN pledge.created_at IS 'Book time.';
COMMENT ON COLUMN campaign.created_at IS 'Book time.';
COMMENT ON COLUMN donor.created_at IS 'Book time.';
COMMENT ON COLUMN charge.created_at IS 'Book time.';
COMMENT ON COLUMN settlement.created_at IS 'Book time.';
COMMENT ON COLUMN settlement.settled_at IS 'Book time of the arrival: the day takes no more captures. Null before.';
