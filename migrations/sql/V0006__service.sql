-- What any domain uses: counters, jobs, kept answers, who did what, workers, and the payment provider of sandbox books.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE counter (
    name text PRIMARY KEY,
    last int NOT NULL CHECK (last >= 0)
);
SELECT ledger_reference('counter');
COMMENT ON TABLE counter IS 'Numbers handed out in one place, for the whole installation.';
COMMENT ON COLUMN counter.name IS 'What is numbered: book, caller.';
COMMENT ON COLUMN counter.last IS 'The last number handed out.';
INSERT INTO counter (name, last) VALUES ('book', 0), ('caller', 0);

-- No foreign key to the books: book 0 is the installation itself.
CREATE TABLE job (
    book_id      integer     NOT NULL,
    id           uuid        NOT NULL,
    kind         text        NOT NULL CHECK (octet_length(kind) BETWEEN 1 AND 40),
    dedupe       text        NOT NULL CHECK (octet_length(dedupe) BETWEEN 1 AND 200),
    payload      jsonb       NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    due_at       timestamptz NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    forgiven     integer     NOT NULL DEFAULT 0 CHECK (forgiven BETWEEN 0 AND attempts),
    leased_until timestamptz NOT NULL DEFAULT 'epoch',
    leased_by    text        NOT NULL DEFAULT '' CHECK (octet_length(leased_by) <= 200),
    last_error   text        NOT NULL DEFAULT '' CHECK (octet_length(last_error) <= 4000),
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    dead_at      timestamptz,
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, kind, dedupe)
);
SELECT ledger_distribute('job');
CREATE INDEX job_open ON job (book_id, due_at) WHERE finished_at IS NULL AND dead_at IS NULL;
CREATE INDEX job_dead ON job (book_id, dead_at) WHERE dead_at IS NOT NULL AND finished_at IS NULL;
COMMENT ON TABLE job IS 'What the worker has to do: leased, done at least once, settled together with its effect.';
COMMENT ON COLUMN job.book_id IS 'Whose job; 0 for the installation itself, such as a sign-in mail.';
COMMENT ON COLUMN job.id IS 'UUIDv7.';
COMMENT ON COLUMN job.kind IS 'Which function does it.';
COMMENT ON COLUMN job.dedupe IS 'What makes it the same job: written once per book and kind.';
COMMENT ON COLUMN job.payload IS 'Its particulars; the secret and the address of a sign-in are taken out when it is done.';
COMMENT ON COLUMN job.due_at IS 'When it falls due, in book time.';
COMMENT ON COLUMN job.attempts IS 'How often it was leased; it never goes back, and fences workers whose lease has passed.';
COMMENT ON COLUMN job.forgiven IS 'Attempts before somebody took it out of the dead-letter list; limits do not count them.';
COMMENT ON COLUMN job.leased_until IS 'Wall clock before which no worker may take it: the end of a lease, or of the pause after a failure.';
COMMENT ON COLUMN job.leased_by IS 'The worker that has it; empty when none has.';
COMMENT ON COLUMN job.last_error IS 'What the last failed attempt said.';
COMMENT ON COLUMN job.created_at IS 'Wall clock when it was written.';
COMMENT ON COLUMN job.finished_at IS 'Wall clock when it was done.';
COMMENT ON COLUMN job.dead_at IS 'Wall clock when it was given up, until somebody asks for it again.';

CREATE TABLE reply (
    key        uuid NOT NULL,
    created_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    caller     int NOT NULL,
    status     smallint NOT NULL CHECK (status BETWEEN 200 AND 499),
    body       jsonb NOT NULL,
    PRIMARY KEY (book_id, caller, key)
);
SELECT ledger_distribute('reply');
COMMENT ON TABLE reply IS 'The first answer to a request with a key, which every repetition gets again.';
COMMENT ON COLUMN reply.key IS 'As in idempotency.';
COMMENT ON COLUMN reply.created_at IS 'Wall clock.';
COMMENT ON COLUMN reply.book_id IS 'The book.';
COMMENT ON COLUMN reply.caller IS 'Whose key it is.';
COMMENT ON COLUMN reply.status IS 'HTTP status.';
COMMENT ON COLUMN reply.body IS 'Body as it was sent.';

CREATE TABLE caller_reply (
    caller         int NOT NULL,
    key            uuid NOT NULL,
    request_digest bigint NOT NULL,
    status         smallint NOT NULL CHECK (status = 0 OR status BETWEEN 200 AND 499),
    body           jsonb NOT NULL,
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
SELECT ledger_reference('caller_reply');
COMMENT ON TABLE caller_reply IS 'First answers to POSTs that belong to no book, which every repetition gets again.';
COMMENT ON COLUMN caller_reply.caller IS 'Whose key it is.';
COMMENT ON COLUMN caller_reply.key IS 'A UUIDv7 as it came; any other key as the UUIDv8 of its SHA-256.';
COMMENT ON COLUMN caller_reply.request_digest IS 'First 8 bytes of the SHA-256 of method, path and body.';
COMMENT ON COLUMN caller_reply.status IS 'HTTP status; 0 only inside the transaction that is making the answer.';
COMMENT ON COLUMN caller_reply.body IS 'Body as it was sent.';
COMMENT ON COLUMN caller_reply.created_at IS 'Wall clock.';

CREATE TABLE activity (
    id         uuid NOT NULL,
    actor      uuid NOT NULL,
    at         timestamptz NOT NULL,
    book_id    int NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'partner', 'service')),
    object     text NOT NULL CHECK (length(object) BETWEEN 1 AND 60),
    action     text NOT NULL CHECK (length(action) BETWEEN 1 AND 60),
    reason     text NOT NULL CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    CHECK ((actor_kind = 'service') = (actor = '00000000-0000-0000-0000-000000000000'))
);
SELECT ledger_distribute('activity');
CREATE INDEX activity_of_object ON activity (book_id, object, id);
COMMENT ON TABLE activity IS 'Who did what, when and why: every change of state in a book.';
COMMENT ON COLUMN activity.id IS 'UUIDv7: the order of the list.';
COMMENT ON COLUMN activity.actor IS 'The person or the partner''s organisation; nil for the service itself.';
COMMENT ON COLUMN activity.at IS 'Book time.';
COMMENT ON COLUMN activity.book_id IS 'The book.';
COMMENT ON COLUMN activity.actor_kind IS 'person, partner or service.';
COMMENT ON COLUMN activity.object IS 'Outside id of what changed.';
COMMENT ON COLUMN activity.action IS 'What was done, such as paused.';
COMMENT ON COLUMN activity.reason IS 'Why, in the words of who did it; no personal data.';

CREATE TABLE worker_heartbeat (
    name    text        NOT NULL PRIMARY KEY CHECK (octet_length(name) BETWEEN 1 AND 200),
    seen_at timestamptz NOT NULL,
    version text        NOT NULL CHECK (octet_length(version) <= 100)
);
SELECT ledger_reference('worker_heartbeat');
COMMENT ON TABLE worker_heartbeat IS 'When each worker was last seen alive.';
COMMENT ON COLUMN worker_heartbeat.name IS 'Host and process of the worker.';
COMMENT ON COLUMN worker_heartbeat.seen_at IS 'Wall clock when it last said so.';
COMMENT ON COLUMN worker_heartbeat.version IS 'The version of its program.';

-- It stands for what a remote provider would remember, so no other table knows of it, and it is written outside our
-- transactions: whether we commit or not, the provider has taken the money.
CREATE TABLE sandbox_provider_charge (
    book_id            integer     NOT NULL,
    reference          text        NOT NULL CHECK (octet_length(reference) BETWEEN 1 AND 200),
    token              text        NOT NULL,
    amount_minor       bigint      NOT NULL CHECK (amount_minor > 0),
    currency           text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    outcome            text        NOT NULL CHECK (outcome IN ('captured', 'soft', 'expired', 'stolen')),
    code               text        NOT NULL DEFAULT '',
    provider_reference text        NOT NULL,
    created_at         timestamptz NOT NULL,
    voided_at          timestamptz CHECK (voided_at IS NULL OR outcome = 'captured'),
    PRIMARY KEY (book_id, reference)
);
SELECT ledger_distribute('sandbox_provider_charge');
COMMENT ON TABLE sandbox_provider_charge IS 'What the payment provider of sandbox books remembers: one answer for ever per reference.';
COMMENT ON COLUMN sandbox_provider_charge.book_id IS 'The book that asked.';
COMMENT ON COLUMN sandbox_provider_charge.reference IS 'Our reference: one attempt of one charge.';
COMMENT ON COLUMN sandbox_provider_charge.token IS 'The means of payment; its name says how it behaves.';
COMMENT ON COLUMN sandbox_provider_charge.amount_minor IS 'The amount asked for, in minor units.';
COMMENT ON COLUMN sandbox_provider_charge.currency IS 'Its currency, ISO 4217.';
COMMENT ON COLUMN sandbox_provider_charge.outcome IS 'captured, or why it was declined: soft (may work later), expired, stolen.';
COMMENT ON COLUMN sandbox_provider_charge.code IS 'The provider''s code of a decline; empty for a capture.';
COMMENT ON COLUMN sandbox_provider_charge.provider_reference IS 'The provider''s own reference.';
COMMENT ON COLUMN sandbox_provider_charge.created_at IS 'Wall clock when it was asked first.';
COMMENT ON COLUMN sandbox_provider_charge.voided_at IS 'Wall clock when the captured money was given back on our word.';
