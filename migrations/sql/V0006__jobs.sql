-- What the worker has to do, which workers are alive, and the memory of the sandbox's payment provider.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

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

GRANT SELECT, INSERT, UPDATE ON job TO commonpurse_service;

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

GRANT SELECT, INSERT, UPDATE ON worker_heartbeat TO commonpurse_service;

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

GRANT SELECT, INSERT, UPDATE (voided_at) ON sandbox_provider_charge TO commonpurse_service;
