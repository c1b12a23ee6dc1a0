-- What happened in a book, as one list: a row for each change of a state, written with it, and numbered afterwards.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- Whoever changes a state writes here, and has no other index to keep. No CHECK, as each statement would read it again.
CREATE TABLE event_written (
    object       uuid NOT NULL,
    partner      uuid,
    id           bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    sequence     bigint NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    book_id      int NOT NULL,
    kind         text NOT NULL,
    state_before text,
    facts        jsonb NOT NULL,
    PRIMARY KEY (book_id, id)
);
SELECT ledger_distribute('event_written');
COMMENT ON TABLE event_written IS 'Events without a number yet: from the change of a state until the list is read, or a second later. Written by triggers.';
COMMENT ON COLUMN event_written.id IS 'The order in which they were written: of one object that of its states, whatever commits first.';
COMMENT ON COLUMN event_written.object IS 'As in event.';
COMMENT ON COLUMN event_written.partner IS 'As in event.';
COMMENT ON COLUMN event_written.sequence IS 'As in event.';
COMMENT ON COLUMN event_written.at IS 'Book time.';
COMMENT ON COLUMN event_written.recorded_at IS 'Wall clock.';
COMMENT ON COLUMN event_written.book_id IS 'The book.';
COMMENT ON COLUMN event_written.kind IS 'As in event.';
COMMENT ON COLUMN event_written.state_before IS 'As in event.';
COMMENT ON COLUMN event_written.facts IS 'As in event.';

CREATE TABLE event (
    id           uuid NOT NULL,
    object       uuid NOT NULL,
    partner      uuid,
    number       bigint NOT NULL,
    sequence     bigint NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    book_id      int NOT NULL,
    kind         text NOT NULL,
    state_before text,
    facts        jsonb NOT NULL,
    PRIMARY KEY (book_id, number)
);
SELECT ledger_distribute('event');
CREATE INDEX event_of_object ON event (book_id, object, number);
CREATE INDEX event_of_kind ON event (book_id, kind, number);
CREATE INDEX event_of_partner ON event (book_id, partner, kind, number) WHERE partner IS NOT NULL;
COMMENT ON TABLE event IS 'What happened in a book, by number: an object came to a state. Without personal data. Kept for 90 days.';
COMMENT ON COLUMN event.id IS 'UUID in the outside id evt_.';
COMMENT ON COLUMN event.object IS 'What changed: the UUID of its outside id, whose prefix the kind tells.';
COMMENT ON COLUMN event.partner IS 'The partner platform whose object it is; NULL when it is of none.';
COMMENT ON COLUMN event.number IS 'Place in the list of the book, from 1 without a gap: given when the change had committed, under the lock of event_head.';
COMMENT ON COLUMN event.sequence IS 'Grows with each event of an object: its version where it has one, so that there are gaps.';
COMMENT ON COLUMN event.at IS 'Book time at which it came to be so; what was late has the moment at which it was due, where the object knows it.';
COMMENT ON COLUMN event.recorded_at IS 'Wall clock at which it was written.';
COMMENT ON COLUMN event.book_id IS 'The book.';
COMMENT ON COLUMN event.kind IS 'Family and state, such as charge.captured; the list is that of event_sources and of the program.';
COMMENT ON COLUMN event.state_before IS 'The state that the object left; NULL when it is new.';
COMMENT ON COLUMN event.facts IS 'Ids, minor units with their currency, days and words of closed sets, by name.';

CREATE TABLE event_head (
    last    bigint NOT NULL DEFAULT 0,
    pruned  bigint NOT NULL DEFAULT 0,
    book_id int PRIMARY KEY,
    CONSTRAINT event_head_pruned CHECK (pruned BETWEEN 0 AND last)
) WITH (fillfactor = 50);
SELECT ledger_distribute('event_head');
COMMENT ON TABLE event_head IS 'How far the events of a book are numbered. Whoever numbers them locks it.';
COMMENT ON COLUMN event_head.last IS 'The last number that was given.';
COMMENT ON COLUMN event_head.pruned IS 'The highest number that was deleted, as it was old; 0 before the first.';
COMMENT ON COLUMN event_head.book_id IS 'The book.';
