-- Events that partners fire by hand in sandbox books, to try what they have built: none of them happened.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE fired_event (
    id           uuid NOT NULL,
    object       uuid NOT NULL,
    partner      uuid NOT NULL,
    number       bigint NOT NULL CHECK (number > 0),
    sequence     bigint NOT NULL CHECK (sequence > 0),
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    numbered_at  timestamptz NOT NULL,
    book_id      int NOT NULL,
    kind         text NOT NULL CHECK (char_length(kind) <= 100 AND kind ~ '^[a-z_]+\.[a-z_]+$'),
    state_before text CHECK (char_length(state_before) <= 100),
    facts        jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object' AND octet_length(facts::text) <= 8000),
    PRIMARY KEY (book_id, number)
);
SELECT ledger_distribute('fired_event');
CREATE INDEX fired_event_of_partner ON fired_event (book_id, partner, kind, number);
CREATE INDEX fired_event_of_object ON fired_event (book_id, object, number);
CREATE INDEX fired_event_of_age ON fired_event (book_id, partner, recorded_at);
COMMENT ON TABLE fired_event IS 'What a partner fired by hand in a sandbox book, for itself alone: it happened to nothing. Its numbers are of the one list of the book. Kept as long as events.';
COMMENT ON COLUMN fired_event.id IS 'UUID in the outside id evt_.';
COMMENT ON COLUMN fired_event.object IS 'What it tells of: an object of the partner, or one that is made up.';
COMMENT ON COLUMN fired_event.partner IS 'The partner platform that fired it, and alone is told of it.';
COMMENT ON COLUMN fired_event.number IS 'Place in the list of the book, given as to what happened: no row of event has it.';
COMMENT ON COLUMN fired_event.sequence IS 'One more than that of the last event of its object; 1 or 2 of one that is made up.';
COMMENT ON COLUMN fired_event.at IS 'Book time at which it was fired.';
COMMENT ON COLUMN fired_event.recorded_at IS 'Wall clock at which it was fired.';
COMMENT ON COLUMN fired_event.numbered_at IS 'As in event.';
COMMENT ON COLUMN fired_event.book_id IS 'The book, a sandbox.';
COMMENT ON COLUMN fired_event.kind IS 'As in event.';
COMMENT ON COLUMN fired_event.state_before IS 'As in event.';
COMMENT ON COLUMN fired_event.facts IS 'As in event: of its object, or made up.';
