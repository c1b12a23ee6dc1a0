-- Plans that move to another partner or rail, with the donor's consent.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE plan_move (
    id             uuid NOT NULL,
    pledge         uuid NOT NULL,
    from_partner   uuid NOT NULL,
    to_partner     uuid NOT NULL,
    asked_by       uuid NOT NULL,
    version        bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    pledge_version bigint CHECK (pledge_version > 0),
    asked_at       timestamptz NOT NULL,
    state_since    timestamptz NOT NULL,
    waits_until    timestamptz,
    consented_at   timestamptz,
    book_id        int NOT NULL,
    first_on       date,
    from_rail      text NOT NULL CHECK (from_rail IN ('sandbox', 'partner', 'stripe')),
    to_rail        text NOT NULL CHECK (to_rail IN ('sandbox', 'partner', 'stripe')),
    from_method    text NOT NULL CHECK (from_method IN ('card', 'debit', 'transfer')),
    to_method      text NOT NULL CHECK (to_method IN ('card', 'debit', 'transfer')),
    from_reference text NOT NULL CHECK (length(from_reference) BETWEEN 1 AND 200),
    to_reference   text NOT NULL CHECK (length(to_reference) BETWEEN 1 AND 200),
    from_token     text NOT NULL CHECK (length(from_token) <= 200),
    token          text NOT NULL CHECK (length(token) <= 200),
    state          text NOT NULL CHECK (state IN ('asked', 'consented', 'active', 'declined', 'expired')),
    consent        text NOT NULL CHECK (consent IN ('attested', 'link')),
    reason         text NOT NULL CHECK (length(reason) <= 1000),
    ended_by       text NOT NULL DEFAULT '' CHECK (ended_by IN ('', 'partner', 'host', 'service')),
    ended_note     text NOT NULL DEFAULT '' CHECK (length(ended_note) <= 1000),
    shown_sha256   bytea CHECK (length(shown_sha256) = 32),
    secret_digest  bytea CHECK (length(secret_digest) = 32),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id),
    CHECK ((from_partner, from_rail) <> (to_partner, to_rail)),
    CHECK ((state IN ('asked', 'consented')) = (waits_until IS NOT NULL)),
    CHECK ((consent = 'attested') = (shown_sha256 IS NOT NULL)),
    CHECK ((consent = 'link') = (secret_digest IS NOT NULL)),
    CONSTRAINT plan_move_consent CHECK (state NOT IN ('consented', 'active') OR consented_at IS NOT NULL),
    CONSTRAINT plan_move_ended CHECK ((state = 'active') = (ended_by <> '')),
    CHECK ((state = 'active') = (pledge_version IS NOT NULL)),
    CHECK (first_on IS NULL OR state = 'active')
);
SELECT ledger_distribute('plan_move');
CREATE UNIQUE INDEX plan_move_open ON plan_move (book_id, pledge) WHERE state IN ('asked', 'consented');
CREATE INDEX plan_move_of_pledge ON plan_move (book_id, pledge, id);
CREATE INDEX plan_move_from ON plan_move (book_id, from_partner, from_reference) WHERE state = 'active';
COMMENT ON TABLE plan_move IS 'A plan that moves to another partner or rail: asked for, consented to by its donor, and done once the old mandate has ended.';
COMMENT ON COLUMN plan_move.id IS 'UUIDv7 in the outside id pmv_.';
COMMENT ON COLUMN plan_move.pledge IS 'Whose plan.';
COMMENT ON COLUMN plan_move.from_partner IS 'The partner that collects it until then.';
COMMENT ON COLUMN plan_move.to_partner IS 'The partner that collects it from then on.';
COMMENT ON COLUMN plan_move.asked_by IS 'Organisation that asked: the host of the book, or the new partner.';
COMMENT ON COLUMN plan_move.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN plan_move.pledge_version IS 'The version of the pledge that it moved, once for all; null unless it is active.';
COMMENT ON COLUMN plan_move.asked_at IS 'Book time.';
COMMENT ON COLUMN plan_move.state_since IS 'Book time.';
COMMENT ON COLUMN plan_move.waits_until IS 'Book time at which it expires; null when it does not wait.';
COMMENT ON COLUMN plan_move.consented_at IS 'Book time at which the donor consented; null before.';
COMMENT ON COLUMN plan_move.book_id IS 'The book.';
COMMENT ON COLUMN plan_move.first_on IS 'Due date of the first payment in the new way, in the zone of the book; null unless it is active, and when none is due yet.';
COMMENT ON COLUMN plan_move.from_rail IS 'Who takes the money until then: sandbox, partner or stripe.';
COMMENT ON COLUMN plan_move.to_rail IS 'Who takes it from then on: sandbox, partner or stripe.';
COMMENT ON COLUMN plan_move.from_method IS 'card, debit or transfer: until then.';
COMMENT ON COLUMN plan_move.to_method IS 'card, debit or transfer: from then on.';
COMMENT ON COLUMN plan_move.from_reference IS 'What the old partner calls the pledge; a digest once the donor is erased.';
COMMENT ON COLUMN plan_move.to_reference IS 'What the new partner calls it; a digest once the donor is erased.';
COMMENT ON COLUMN plan_move.from_token IS 'What the old provider charged, for payments that were begun there; never shown.';
COMMENT ON COLUMN plan_move.token IS 'What the new provider charges; never shown.';
COMMENT ON COLUMN plan_move.state IS 'asked, consented, active, declined or expired.';
COMMENT ON COLUMN plan_move.consent IS 'attested by the new partner, or by link: how the donor consents.';
COMMENT ON COLUMN plan_move.reason IS 'Why, without personal data; may be empty.';
COMMENT ON COLUMN plan_move.ended_by IS 'Who said that the old mandate has ended: the old partner, the host, or the service, whose plan it was; empty before.';
COMMENT ON COLUMN plan_move.ended_note IS 'How the old partner names what it ended, or why the host says so; may be empty.';
COMMENT ON COLUMN plan_move.shown_sha256 IS 'SHA-256 of the text that the donor agreed to, as the new partner attests; null otherwise.';
COMMENT ON COLUMN plan_move.secret_digest IS 'SHA-256 of the secret in the link to the donor; null when none was sent.';
COMMENT ON COLUMN pledge.partner IS 'Organisation that brought it, or to which its plan has moved.';
