-- A host that closes: from when on its book takes nothing new, and what becomes of the money in it.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE book ADD COLUMN winds_up_at timestamptz;
COMMENT ON COLUMN book.winds_up_at IS 'Book time from which it takes nothing new, as it is wound up; null when it is not.';

CREATE TABLE wind_up (
    id           uuid NOT NULL,
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    announced_at timestamptz NOT NULL,
    from_at      timestamptz NOT NULL,
    return_from  timestamptz NOT NULL,
    ended_at     timestamptz,
    book_id      int NOT NULL,
    last_day     date NOT NULL,
    return_after date NOT NULL,
    state        text NOT NULL CHECK (state IN ('announced', 'winding', 'done', 'resumed')),
    why          text NOT NULL CHECK (length(why) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    CHECK ((state IN ('done', 'resumed')) = (ended_at IS NOT NULL)),
    CHECK (from_at > announced_at),
    CHECK (return_after >= last_day),
    CHECK (return_from >= from_at)
);
SELECT ledger_distribute('wind_up');
CREATE UNIQUE INDEX wind_up_standing ON wind_up (book_id) WHERE state <> 'resumed';
COMMENT ON TABLE wind_up IS 'A book that is wound up: it takes nothing new after a day, and what it holds goes back after another.';
COMMENT ON COLUMN wind_up.id IS 'UUIDv7 in the outside id wnd_.';
COMMENT ON COLUMN wind_up.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN wind_up.announced_at IS 'Book time at which it was said.';
COMMENT ON COLUMN wind_up.from_at IS 'Book time from which nothing new is taken: the end of the last day.';
COMMENT ON COLUMN wind_up.return_from IS 'Book time from which what is left goes back: the end of the day named for it.';
COMMENT ON COLUMN wind_up.ended_at IS 'Book time at which it was done, or taken back; null before.';
COMMENT ON COLUMN wind_up.book_id IS 'The book.';
COMMENT ON COLUMN wind_up.last_day IS 'The last day on which something new is taken, in the zone of the book.';
COMMENT ON COLUMN wind_up.return_after IS 'The last day on which money stays for what it was given, in the zone of the book.';
COMMENT ON COLUMN wind_up.state IS 'announced, winding, done or resumed.';
COMMENT ON COLUMN wind_up.why IS 'Why, without personal data.';

CREATE INDEX refund_open_of_partner ON refund (book_id, partner) WHERE state IN ('requested', 'sent');

CREATE TABLE wind_up_plan (
    wind_up     uuid NOT NULL,
    to_campaign uuid,
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    planned_at  timestamptz NOT NULL,
    book_id     int NOT NULL,
    account     int NOT NULL,
    plan        text NOT NULL CHECK (plan IN ('move', 'spend_down', 'return')),
    PRIMARY KEY (book_id, wind_up, account),
    FOREIGN KEY (book_id, wind_up) REFERENCES wind_up (book_id, id),
    FOREIGN KEY (book_id, to_campaign) REFERENCES campaign (book_id, id),
    CHECK ((plan = 'move') = (to_campaign IS NOT NULL))
);
SELECT ledger_distribute('wind_up_plan');
COMMENT ON TABLE wind_up_plan IS 'What the host of a book that is wound up plans with the money of an account. Without a row it goes back when its time has come.';
COMMENT ON COLUMN wind_up_plan.wind_up IS 'Of which the account is a line.';
COMMENT ON COLUMN wind_up_plan.to_campaign IS 'Where the money moves of donors who agree; null unless it moves.';
COMMENT ON COLUMN wind_up_plan.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN wind_up_plan.planned_at IS 'Book time at which it was said last.';
COMMENT ON COLUMN wind_up_plan.book_id IS 'The book.';
COMMENT ON COLUMN wind_up_plan.account IS 'Number of the account.';
COMMENT ON COLUMN wind_up_plan.plan IS 'move, spend_down or return.';
