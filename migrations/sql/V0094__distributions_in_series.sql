-- A distribution among more members than one entry has lines for is posted by a numbered series of entries.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE distribution_entry (
    distribution_id uuid NOT NULL,
    entry_number    bigint NOT NULL CHECK (entry_number > 0),
    reversal_number bigint CHECK (reversal_number > entry_number),
    book_id         int NOT NULL,
    number          int NOT NULL CHECK (number > 0),
    from_member     int NOT NULL CHECK (from_member >= 0),
    to_member       int NOT NULL CHECK (to_member >= from_member),
    PRIMARY KEY (book_id, distribution_id, number),
    FOREIGN KEY (book_id, distribution_id) REFERENCES distribution (book_id, id)
);
SELECT ledger_distribute('distribution_entry');
COMMENT ON TABLE distribution_entry IS 'The entries of a distribution that is posted by several: written as each is posted, and taken back once.';
COMMENT ON COLUMN distribution_entry.distribution_id IS 'The distribution.';
COMMENT ON COLUMN distribution_entry.entry_number IS 'Record number of the journal entry.';
COMMENT ON COLUMN distribution_entry.reversal_number IS 'Record number of the mirror entry; NULL while it stands.';
COMMENT ON COLUMN distribution_entry.book_id IS 'The book.';
COMMENT ON COLUMN distribution_entry.number IS 'Its place in the series, from 1 without gaps.';
COMMENT ON COLUMN distribution_entry.from_member IS 'Number of the first member whose part it posts; 0 when it has the steps before the members too.';
COMMENT ON COLUMN distribution_entry.to_member IS 'Number of the last one.';
