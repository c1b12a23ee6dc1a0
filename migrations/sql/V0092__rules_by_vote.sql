-- A cooperative may say that its allocation rules are made by votes of its members alone.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE rule_making (
    proposal_id uuid,
    set_by      uuid NOT NULL REFERENCES person (id),
    set_at      timestamptz NOT NULL,
    book_id     int NOT NULL,
    version     int NOT NULL CHECK (version > 0),
    quorum      int CHECK (quorum BETWEEN 1 AND 10000),
    threshold   text CHECK (threshold IN ('majority', 'two_thirds')),
    PRIMARY KEY (book_id, version),
    FOREIGN KEY (book_id, proposal_id) REFERENCES proposal (book_id, id),
    CHECK (num_nulls(quorum, threshold) IN (0, 2))
);
SELECT ledger_distribute('rule_making');
COMMENT ON TABLE rule_making IS 'How the allocation rules of a cooperative are made: by its keepers, or by votes of its members alone. Written once; the last version holds.';
COMMENT ON COLUMN rule_making.proposal_id IS 'The proposal that passed by which it was loosened; NULL where it was not.';
COMMENT ON COLUMN rule_making.set_by IS 'Who wrote it down.';
COMMENT ON COLUMN rule_making.set_at IS 'Book time.';
COMMENT ON COLUMN rule_making.book_id IS 'The book.';
COMMENT ON COLUMN rule_making.version IS 'From 1, without gaps.';
COMMENT ON COLUMN rule_making.quorum IS 'How many of those who may vote must be counted at least, hundredths of a percent; NULL where keepers make rules.';
COMMENT ON COLUMN rule_making.threshold IS 'How much of yes and no must be yes at least; NULL where keepers make rules.';
