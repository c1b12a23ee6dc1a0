-- Custodians whose money is frozen.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE custodian_freeze (
    id          uuid NOT NULL,
    custodian   uuid NOT NULL,
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    frozen_at   timestamptz NOT NULL,
    released_at timestamptz CHECK (released_at >= frozen_at),
    book_id     int NOT NULL,
    reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id)
);
SELECT ledger_distribute('custodian_freeze');
CREATE UNIQUE INDEX custodian_frozen ON custodian_freeze (book_id, custodian) WHERE released_at IS NULL;
CREATE INDEX custodian_freeze_of ON custodian_freeze (book_id, custodian, frozen_at);
COMMENT ON TABLE custodian_freeze IS 'What a custodian holds for a book was frozen, such as by its payment provider, and released again.';
COMMENT ON COLUMN custodian_freeze.id IS 'UUIDv7 in the outside id cfz_.';
COMMENT ON COLUMN custodian_freeze.custodian IS 'The organisation.';
COMMENT ON COLUMN custodian_freeze.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN custodian_freeze.frozen_at IS 'Book time.';
COMMENT ON COLUMN custodian_freeze.released_at IS 'Book time; null while it is frozen.';
COMMENT ON COLUMN custodian_freeze.book_id IS 'The book.';
COMMENT ON COLUMN custodian_freeze.reason IS 'Why, without personal data.';

-- Refunds that are under way, for whoever looks at those of a custodian.
CREATE INDEX refund_open ON refund (book_id, id) WHERE state IN ('requested', 'sent');
