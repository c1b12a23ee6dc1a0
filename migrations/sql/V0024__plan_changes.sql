-- Plans of each month, quarter and year, and what donors change of them.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE pledge DROP CONSTRAINT pledge_schedule_check;
ALTER TABLE pledge ADD CONSTRAINT pledge_schedule_check CHECK (schedule IN ('once', 'monthly', 'quarterly', 'yearly'));
ALTER TABLE pledge DROP CONSTRAINT pledge_check;
ALTER TABLE pledge ADD CONSTRAINT pledge_check CHECK (schedule <> 'once' OR payments = 1);
ALTER TABLE pledge ADD COLUMN terms_from int NOT NULL DEFAULT 1 CHECK (terms_from >= 1);
ALTER TABLE pledge ADD CONSTRAINT pledge_terms_check CHECK (next_sequence >= terms_from);
COMMENT ON TABLE pledge IS 'A donor''s promise: once, or month by month, quarter by quarter, year by year.';
COMMENT ON COLUMN pledge.amount IS 'Minor units of one payment, from payment terms_from on.';
COMMENT ON COLUMN pledge.starts_on IS 'First day on which it may be charged, in the zone of the book; of a changed plan, the due date of payment terms_from.';
COMMENT ON COLUMN pledge.schedule IS 'once, monthly, quarterly or yearly, from payment terms_from on.';
COMMENT ON COLUMN pledge.terms_from IS 'The first payment under its present amount and schedule: 1, or where its plan was changed. Earlier ones are begun, missed or passed over.';

CREATE TABLE plan_change (
    id            uuid NOT NULL,
    pledge        uuid NOT NULL,
    asked_by      uuid NOT NULL,
    from_amount   bigint NOT NULL CHECK (from_amount > 0),
    to_amount     bigint NOT NULL CHECK (to_amount > 0),
    asked_at      timestamptz NOT NULL,
    consented_at  timestamptz,
    lapses_at     timestamptz,
    book_id       int NOT NULL,
    currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    from_interval text NOT NULL CHECK (from_interval IN ('monthly', 'quarterly', 'yearly')),
    to_interval   text NOT NULL CHECK (to_interval IN ('monthly', 'quarterly', 'yearly')),
    consent       text NOT NULL CHECK (consent IN ('not_needed', 'attested', 'link')),
    reason        text NOT NULL CHECK (length(reason) <= 1000),
    shown_sha256  bytea CHECK (length(shown_sha256) = 32),
    secret_digest bytea CHECK (length(secret_digest) = 32),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id),
    CHECK ((from_amount, from_interval) <> (to_amount, to_interval)),
    CHECK ((consent = 'attested') = (consented_at IS NOT NULL)),
    CHECK ((consent = 'attested') = (shown_sha256 IS NOT NULL)),
    CHECK ((consent = 'link') = (secret_digest IS NOT NULL)),
    CHECK ((consent = 'link') = (lapses_at IS NOT NULL)),
    CONSTRAINT plan_change_consent CHECK (consent <> 'not_needed' OR to_amount <= from_amount
        AND CASE to_interval WHEN 'monthly' THEN 1 WHEN 'quarterly' THEN 3 ELSE 12 END
            >= CASE from_interval WHEN 'monthly' THEN 1 WHEN 'quarterly' THEN 3 ELSE 12 END)
);
SELECT ledger_distribute('plan_change');
CREATE INDEX plan_change_of_pledge ON plan_change (book_id, pledge, id);
COMMENT ON TABLE plan_change IS 'What was asked to change of a running plan: amount, interval or both. Written once; what came of it is plan_change_end.';
COMMENT ON COLUMN plan_change.id IS 'UUIDv7 in the outside id plc_.';
COMMENT ON COLUMN plan_change.pledge IS 'Whose plan.';
COMMENT ON COLUMN plan_change.asked_by IS 'The partner that asked, for the donor.';
COMMENT ON COLUMN plan_change.from_amount IS 'Minor units of one payment before.';
COMMENT ON COLUMN plan_change.to_amount IS 'Minor units of one payment after it.';
COMMENT ON COLUMN plan_change.asked_at IS 'Book time.';
COMMENT ON COLUMN plan_change.consented_at IS 'When the donor consented, as the partner attests; null otherwise.';
COMMENT ON COLUMN plan_change.lapses_at IS 'Book time until which the link in the mail to the donor works; null when none was sent.';
COMMENT ON COLUMN plan_change.book_id IS 'The book.';
COMMENT ON COLUMN plan_change.currency IS 'ISO 4217.';
COMMENT ON COLUMN plan_change.from_interval IS 'monthly, quarterly or yearly: before.';
COMMENT ON COLUMN plan_change.to_interval IS 'monthly, quarterly or yearly: after it.';
COMMENT ON COLUMN plan_change.consent IS 'not_needed, attested or link: how the donor consents. A higher amount or a shorter interval needs it.';
COMMENT ON COLUMN plan_change.reason IS 'Why, without personal data; may be empty.';
COMMENT ON COLUMN plan_change.shown_sha256 IS 'SHA-256 of the terms that the partner showed the donor; null unless attested.';
COMMENT ON COLUMN plan_change.secret_digest IS 'SHA-256 of the secret in the link; null when none was sent.';

CREATE TABLE plan_change_end (
    change     uuid NOT NULL,
    at         timestamptz NOT NULL,
    book_id    int NOT NULL,
    terms_from int CHECK (terms_from >= 1),
    starts_on  date,
    outcome    text NOT NULL CHECK (outcome IN ('applied', 'replaced', 'withdrawn')),
    PRIMARY KEY (book_id, change),
    FOREIGN KEY (book_id, change) REFERENCES plan_change (book_id, id),
    CHECK ((outcome = 'applied') = (terms_from IS NOT NULL AND starts_on IS NOT NULL))
);
SELECT ledger_distribute('plan_change_end');
COMMENT ON TABLE plan_change_end IS 'What came of a change of a plan. Written once; a change without a row waits for the donor, or has lapsed.';
COMMENT ON COLUMN plan_change_end.change IS 'Of which change.';
COMMENT ON COLUMN plan_change_end.at IS 'Book time.';
COMMENT ON COLUMN plan_change_end.book_id IS 'The book.';
COMMENT ON COLUMN plan_change_end.terms_from IS 'The first payment under the new terms; null unless applied.';
COMMENT ON COLUMN plan_change_end.starts_on IS 'Due date of that payment, in the zone of the book; null unless applied.';
COMMENT ON COLUMN plan_change_end.outcome IS 'applied, replaced by a later change, or withdrawn.';
