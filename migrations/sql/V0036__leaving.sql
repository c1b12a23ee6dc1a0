-- Partners and rails that leave a book.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE withdrawal (
    id          uuid NOT NULL,
    partner     uuid,
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at  timestamptz NOT NULL,
    from_at     timestamptz NOT NULL,
    restored_at timestamptz,
    book_id     int NOT NULL,
    last_day    date,
    rail        text CHECK (length(rail) BETWEEN 1 AND 30),
    state       text NOT NULL CHECK (state IN ('announced', 'in_force', 'restored')),
    reason      text NOT NULL CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    CHECK ((partner IS NULL) <> (rail IS NULL)),
    CHECK ((state = 'restored') = (restored_at IS NOT NULL)),
    CHECK (from_at >= created_at)
);
SELECT ledger_distribute('withdrawal');
CREATE UNIQUE INDEX withdrawal_of_partner ON withdrawal (book_id, partner) WHERE restored_at IS NULL AND partner IS NOT NULL;
CREATE UNIQUE INDEX withdrawal_of_rail ON withdrawal (book_id, rail) WHERE restored_at IS NULL AND rail IS NOT NULL;
COMMENT ON TABLE withdrawal IS 'A partner or a rail that takes no new pledges in a book, and begins no payments, from a moment on.';
COMMENT ON COLUMN withdrawal.id IS 'UUIDv7 in the outside id wdr_.';
COMMENT ON COLUMN withdrawal.partner IS 'The partner platform; null when a rail is withdrawn.';
COMMENT ON COLUMN withdrawal.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN withdrawal.created_at IS 'Book time at which it was said.';
COMMENT ON COLUMN withdrawal.from_at IS 'Book time from which nothing new begins.';
COMMENT ON COLUMN withdrawal.restored_at IS 'Book time at which it was taken back; null while it stands.';
COMMENT ON COLUMN withdrawal.book_id IS 'The book.';
COMMENT ON COLUMN withdrawal.last_day IS 'The last day on which payments begin, in the zone of the book; null when it was at once.';
COMMENT ON COLUMN withdrawal.rail IS 'The rail; null when a partner is withdrawn.';
COMMENT ON COLUMN withdrawal.state IS 'announced, in_force or restored.';
COMMENT ON COLUMN withdrawal.reason IS 'Why, without personal data.';

ALTER TABLE pledge DROP CONSTRAINT pledge_state_detail_check;
ALTER TABLE pledge ADD CONSTRAINT pledge_state_detail_check
    CHECK (state_detail IN ('', 'means', 'campaign', 'partner_withdrawn', 'rail_withdrawn', 'resume', 'lapse'));
ALTER TABLE pledge DROP CONSTRAINT pledge_check2;
ALTER TABLE pledge ADD CONSTRAINT pledge_check2
    CHECK ((state = 'needs_action') = (state_detail IN ('means', 'campaign', 'partner_withdrawn', 'rail_withdrawn')));
COMMENT ON COLUMN pledge.state_detail IS 'needs_action: means, campaign, partner_withdrawn or rail_withdrawn, why it waits; paused: resume or lapse, how it ends.';
