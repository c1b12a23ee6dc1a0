-- Partners and rails that leave a book, and money that still comes.
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

-- Money that a custodian has and has not paid over, and that goes back without ever having been a charge.
INSERT INTO movement_kind (kind, name) VALUES (75, 'suspense_returned');
INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('suspense_received', 'receivable', 'suspense'),
    ('suspense_returned', 'suspense', 'refunds_in_transit')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE suspense_item (
    id                 uuid NOT NULL,
    pledge             uuid NOT NULL,
    charge             uuid,
    partner            uuid NOT NULL,
    settlement         uuid NOT NULL,
    matched            uuid,
    amount             bigint NOT NULL CHECK (amount > 0),
    entry              bigint NOT NULL CHECK (entry > 0),
    end_entry          bigint NOT NULL DEFAULT 0 CHECK (end_entry >= 0),
    version            bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    received_at        timestamptz NOT NULL,
    waits_until        timestamptz,
    book_id            int NOT NULL,
    received_on        date NOT NULL,
    currency           text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    method             text NOT NULL CHECK (method IN ('card', 'debit', 'transfer')),
    state              text NOT NULL CHECK (state IN ('open', 'matched', 'returned')),
    event_id           text NOT NULL CHECK (length(event_id) BETWEEN 1 AND 200),
    provider_reference text NOT NULL CHECK (length(provider_reference) BETWEEN 1 AND 200),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, partner, provider_reference),
    UNIQUE (book_id, matched),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id),
    FOREIGN KEY (book_id, charge) REFERENCES charge (book_id, id),
    FOREIGN KEY (book_id, matched) REFERENCES charge (book_id, id),
    FOREIGN KEY (book_id, settlement) REFERENCES settlement (book_id, id),
    CHECK ((state = 'open') = (waits_until IS NOT NULL)),
    CHECK ((state = 'open') = (end_entry = 0)),
    CHECK ((state = 'matched') = (matched IS NOT NULL))
);
SELECT ledger_distribute('suspense_item');
CREATE INDEX suspense_item_of_settlement ON suspense_item (book_id, settlement);
CREATE INDEX suspense_item_open ON suspense_item (book_id, waits_until) WHERE state = 'open';
COMMENT ON TABLE suspense_item IS 'Money that a partner has and that no due date explains, until somebody says whose payment it is.';
COMMENT ON COLUMN suspense_item.id IS 'UUIDv7 in the outside id sus_.';
COMMENT ON COLUMN suspense_item.pledge IS 'The pledge for which it was reported.';
COMMENT ON COLUMN suspense_item.charge IS 'The charge of which it was reported; null when of none.';
COMMENT ON COLUMN suspense_item.partner IS 'Organisation that has it: the custodian.';
COMMENT ON COLUMN suspense_item.settlement IS 'With which it arrives.';
COMMENT ON COLUMN suspense_item.matched IS 'The charge that it became; null unless it was matched.';
COMMENT ON COLUMN suspense_item.amount IS 'Minor units.';
COMMENT ON COLUMN suspense_item.entry IS 'Record number of the entry with which it came.';
COMMENT ON COLUMN suspense_item.end_entry IS 'Record number of the entry with which it left; 0 before.';
COMMENT ON COLUMN suspense_item.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN suspense_item.received_at IS 'Book time at which it was reported.';
COMMENT ON COLUMN suspense_item.waits_until IS 'Book time at which it goes back; null once it is decided.';
COMMENT ON COLUMN suspense_item.book_id IS 'The book.';
COMMENT ON COLUMN suspense_item.received_on IS 'Day of the report, in the zone of the book.';
COMMENT ON COLUMN suspense_item.currency IS 'ISO 4217.';
COMMENT ON COLUMN suspense_item.method IS 'How it was paid: card, debit or transfer.';
COMMENT ON COLUMN suspense_item.state IS 'open, matched or returned.';
COMMENT ON COLUMN suspense_item.event_id IS 'How the partner names the event.';
COMMENT ON COLUMN suspense_item.provider_reference IS 'How the partner names the payment.';
COMMENT ON COLUMN provider_event.charge IS 'The charge that it was about, or the money in suspense.';
