-- Where partners have the events of a book sent, what is on its way there, and each attempt.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE webhook_endpoint (
    id              uuid NOT NULL,
    partner         uuid NOT NULL,
    cursor          bigint NOT NULL CHECK (cursor >= 0),
    version         bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    round           bigint NOT NULL DEFAULT 0 CHECK (round >= 0),
    pings           bigint NOT NULL DEFAULT 0 CHECK (pings >= 0),
    created_at      timestamptz NOT NULL,
    state_since     timestamptz NOT NULL,
    next_job_at     timestamptz,
    failing_since   timestamptz,
    last_failure_at timestamptz,
    last_success_at timestamptz,
    old_ends_at     timestamptz,
    book_id         int NOT NULL,
    failures        int NOT NULL DEFAULT 0 CHECK (failures >= 0),
    secret_key      int CHECK (secret_key > 0),
    old_secret_key  int CHECK (old_secret_key > 0),
    slot            smallint NOT NULL CHECK (slot BETWEEN 1 AND 10),
    state           text NOT NULL CHECK (state IN ('active', 'paused', 'disabled', 'deleted')),
    reason          text NOT NULL DEFAULT '' CHECK (reason IN ('', 'gone', 'failing')),
    url             text NOT NULL CHECK (char_length(url) <= 2000 AND url ~ '^https?://'),
    description     text NOT NULL CHECK (char_length(description) <= 200),
    kinds           text[] NOT NULL CHECK (cardinality(kinds) <= 500),
    scopes          text[] NOT NULL CHECK (cardinality(scopes) <= 100),
    secret          bytea CHECK (octet_length(secret) BETWEEN 40 AND 200),
    old_secret      bytea CHECK (octet_length(old_secret) BETWEEN 40 AND 200),
    PRIMARY KEY (book_id, id),
    CHECK ((state = 'disabled') = (reason <> '')),
    CHECK ((state = 'deleted') = (secret IS NULL)),
    CHECK ((secret IS NULL) = (secret_key IS NULL)),
    CHECK ((old_secret IS NULL) = (old_secret_key IS NULL)),
    CHECK ((old_secret IS NULL) = (old_ends_at IS NULL)),
    CHECK (secret IS NOT NULL OR old_secret IS NULL),
    CHECK (state = 'active' OR next_job_at IS NULL),
    CHECK ((failures = 0) = (failing_since IS NULL)),
    CHECK ((failures = 0) = (last_failure_at IS NULL))
);
SELECT ledger_distribute('webhook_endpoint');
CREATE UNIQUE INDEX webhook_endpoint_slot ON webhook_endpoint (book_id, partner, slot) WHERE state <> 'deleted';
CREATE INDEX webhook_endpoint_active ON webhook_endpoint (book_id, cursor) WHERE state = 'active';
COMMENT ON TABLE webhook_endpoint IS 'Where a partner has the events of a book sent, with the secrets that sign them, and how that goes.';
COMMENT ON COLUMN webhook_endpoint.id IS 'UUIDv7 in the outside id whe_.';
COMMENT ON COLUMN webhook_endpoint.partner IS 'The partner platform.';
COMMENT ON COLUMN webhook_endpoint.cursor IS 'The number of the last event of the book that was looked at for it; never falls.';
COMMENT ON COLUMN webhook_endpoint.version IS 'Raised by each change of its partner and of its state: its ETag.';
COMMENT ON COLUMN webhook_endpoint.round IS 'Which of its jobs sends; those before it send nothing.';
COMMENT ON COLUMN webhook_endpoint.pings IS 'How often its partner tried it, each of which is an event.';
COMMENT ON COLUMN webhook_endpoint.created_at IS 'Wall clock.';
COMMENT ON COLUMN webhook_endpoint.state_since IS 'Book time.';
COMMENT ON COLUMN webhook_endpoint.next_job_at IS 'When its job is due, in book time; null when there is none.';
COMMENT ON COLUMN webhook_endpoint.failing_since IS 'Book time of the first failure since the last success; null when there is none.';
COMMENT ON COLUMN webhook_endpoint.last_failure_at IS 'Book time of the last failure since the last success; null when there is none.';
COMMENT ON COLUMN webhook_endpoint.last_success_at IS 'Book time of the last success; null before the first.';
COMMENT ON COLUMN webhook_endpoint.old_ends_at IS 'Wall clock: until then the secret before signs too.';
COMMENT ON COLUMN webhook_endpoint.book_id IS 'The book.';
COMMENT ON COLUMN webhook_endpoint.failures IS 'How many attempts failed since the last success.';
COMMENT ON COLUMN webhook_endpoint.secret_key IS 'The key of the installation that sealed its secret; null when it is deleted.';
COMMENT ON COLUMN webhook_endpoint.old_secret_key IS 'The key that sealed the secret before; null when there is none.';
COMMENT ON COLUMN webhook_endpoint.slot IS 'Which of the ten places of its partner in the book it has.';
COMMENT ON COLUMN webhook_endpoint.state IS 'active, paused, disabled or deleted.';
COMMENT ON COLUMN webhook_endpoint.reason IS 'Why it is disabled: gone or failing; empty otherwise.';
COMMENT ON COLUMN webhook_endpoint.url IS 'Where it is sent; may hold a secret of the partner.';
COMMENT ON COLUMN webhook_endpoint.description IS 'What its partner calls it.';
COMMENT ON COLUMN webhook_endpoint.kinds IS 'The kinds of events that it wants; empty for all that it may see.';
COMMENT ON COLUMN webhook_endpoint.scopes IS 'The scopes with which it was made: it sees nothing that they do not read.';
COMMENT ON COLUMN webhook_endpoint.secret IS 'What signs, sealed for this endpoint; null when it is deleted.';
COMMENT ON COLUMN webhook_endpoint.old_secret IS 'The secret before the last rotation, sealed; null when there is none.';

CREATE TABLE webhook_delivery (
    endpoint   uuid NOT NULL,
    event      uuid NOT NULL,
    number     bigint NOT NULL CHECK (number > 0),
    next_at    timestamptz,
    created_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    attempts   int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    tries      int NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 10),
    state      text NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    kind       text NOT NULL CHECK (char_length(kind) <= 100),
    PRIMARY KEY (book_id, endpoint, event),
    FOREIGN KEY (book_id, endpoint) REFERENCES webhook_endpoint (book_id, id),
    CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CHECK (tries <= attempts),
    CHECK (state <> 'delivered' OR attempts > 0)
);
SELECT ledger_distribute('webhook_delivery');
CREATE UNIQUE INDEX webhook_delivery_of_number ON webhook_delivery (book_id, endpoint, number);
CREATE INDEX webhook_delivery_in_state ON webhook_delivery (book_id, endpoint, state, number);
CREATE INDEX webhook_delivery_due ON webhook_delivery (book_id, endpoint, next_at) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_old ON webhook_delivery (book_id, number);
COMMENT ON TABLE webhook_delivery IS 'An event on its way to an endpoint, and what became of it. Deleted with the event.';
COMMENT ON COLUMN webhook_delivery.endpoint IS 'The endpoint.';
COMMENT ON COLUMN webhook_delivery.event IS 'The event, whose outside id is that of the message.';
COMMENT ON COLUMN webhook_delivery.number IS 'The place of the event in the list of its book.';
COMMENT ON COLUMN webhook_delivery.next_at IS 'When it is sent next, in book time; null unless it waits.';
COMMENT ON COLUMN webhook_delivery.created_at IS 'When it was put on its way: wall clock.';
COMMENT ON COLUMN webhook_delivery.book_id IS 'The book.';
COMMENT ON COLUMN webhook_delivery.attempts IS 'How often it was sent.';
COMMENT ON COLUMN webhook_delivery.tries IS 'How often it was sent since it was last asked for: ten times at most.';
COMMENT ON COLUMN webhook_delivery.state IS 'waiting, delivered or given_up.';
COMMENT ON COLUMN webhook_delivery.kind IS 'The kind of the event.';

CREATE TABLE webhook_attempt (
    endpoint     uuid NOT NULL,
    event        uuid NOT NULL,
    at           timestamptz NOT NULL,
    book_id      int NOT NULL,
    number       int NOT NULL CHECK (number > 0),
    milliseconds int NOT NULL CHECK (milliseconds >= 0),
    status       smallint CHECK (status BETWEEN 100 AND 999),
    failure      text NOT NULL CHECK (failure IN ('', 'address_refused', 'host_unknown', 'unreachable', 'too_slow', 'status')),
    PRIMARY KEY (book_id, endpoint, event, number),
    FOREIGN KEY (book_id, endpoint, event) REFERENCES webhook_delivery (book_id, endpoint, event) ON DELETE CASCADE,
    CHECK ((status IS NOT NULL) = (failure IN ('', 'status')))
);
SELECT ledger_distribute('webhook_attempt');
COMMENT ON TABLE webhook_attempt IS 'An attempt to deliver an event. No word of what was answered. Deleted with the delivery.';
COMMENT ON COLUMN webhook_attempt.endpoint IS 'The endpoint.';
COMMENT ON COLUMN webhook_attempt.event IS 'The event.';
COMMENT ON COLUMN webhook_attempt.at IS 'When it was sent: wall clock.';
COMMENT ON COLUMN webhook_attempt.book_id IS 'The book.';
COMMENT ON COLUMN webhook_attempt.number IS 'Which attempt of the delivery, from 1.';
COMMENT ON COLUMN webhook_attempt.milliseconds IS 'How long it took.';
COMMENT ON COLUMN webhook_attempt.status IS 'The status of the answer; null when none came.';
COMMENT ON COLUMN webhook_attempt.failure IS 'Why it failed, in a word; empty when it did not.';
