-- Campaigns, donors, pledges, their charges with every attempt, what became cash when, and whose money a fund holds.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE campaign (
    id           uuid NOT NULL,
    monthly_goal bigint NOT NULL CHECK (monthly_goal > 0),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at   timestamptz NOT NULL,
    state_since  timestamptz NOT NULL,
    state_until  timestamptz,
    book_id      int NOT NULL,
    fund         int,
    slug         text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    summary      text NOT NULL CHECK (length(summary) <= 2000),
    terms        text NOT NULL CHECK (length(terms) BETWEEN 1 AND 50000),
    terms_sha256 bytea NOT NULL CHECK (length(terms_sha256) = 32),
    kind         text NOT NULL CHECK (kind IN ('recurring')),
    lineage      text NOT NULL DEFAULT 'fifo' CHECK (lineage IN ('fifo', 'pro_rata')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state        text NOT NULL CHECK (state IN ('draft', 'live', 'suspended', 'closed')),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, slug),
    FOREIGN KEY (book_id, fund) REFERENCES account (book_id, number),
    CHECK (state IN ('draft', 'closed') OR fund IS NOT NULL),
    CHECK ((state IN ('draft', 'suspended')) = (state_until IS NOT NULL))
);
SELECT ledger_distribute('campaign');
COMMENT ON TABLE campaign IS 'What donors pledge to; its fund is a liability, restricted to its milestones.';
COMMENT ON COLUMN campaign.id IS 'UUIDv7 in the outside id cmp_.';
COMMENT ON COLUMN campaign.monthly_goal IS 'What should come in each month, minor units.';
COMMENT ON COLUMN campaign.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN campaign.created_at IS 'Wall clock.';
COMMENT ON COLUMN campaign.state_since IS 'Book time.';
COMMENT ON COLUMN campaign.state_until IS 'Book time at which a waiting state closes the campaign; null when it does not wait.';
COMMENT ON COLUMN campaign.book_id IS 'The book.';
COMMENT ON COLUMN campaign.fund IS 'Number of its fund account; null until it is published.';
COMMENT ON COLUMN campaign.slug IS 'Name in addresses and in the code of its fund account; never changes.';
COMMENT ON COLUMN campaign.title IS 'Name for people.';
COMMENT ON COLUMN campaign.summary IS 'What it is about, for people.';
COMMENT ON COLUMN campaign.terms IS 'What donors agree to; never changes.';
COMMENT ON COLUMN campaign.terms_sha256 IS 'SHA-256 of the terms: every pledge is bound to it.';
COMMENT ON COLUMN campaign.kind IS 'recurring.';
COMMENT ON COLUMN campaign.lineage IS 'Whose money a release takes: fifo, what settled first; pro_rata, of all in proportion. Never changes.';
COMMENT ON COLUMN campaign.currency IS 'ISO 4217; its pledges are in it.';
COMMENT ON COLUMN campaign.state IS 'draft, live, suspended or closed.';

CREATE TABLE donor (
    id         uuid NOT NULL,
    partner    uuid NOT NULL,
    created_at timestamptz NOT NULL,
    erased_at  timestamptz,
    book_id    int NOT NULL,
    reference  text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
    name       text NOT NULL CHECK (length(name) <= 200),
    email      text NOT NULL CHECK (length(email) <= 254),
    privacy    text NOT NULL CHECK (privacy IN ('public', 'host_only', 'anonymous')),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, partner, reference),
    CHECK (erased_at IS NULL OR (name = '' AND email = ''))
);
SELECT ledger_distribute('donor');
COMMENT ON TABLE donor IS 'A person known only by what a partner passes. The one place of personal data: erasing it keeps every sum.';
COMMENT ON COLUMN donor.id IS 'UUIDv7 in the outside id dnr_: the pseudonym.';
COMMENT ON COLUMN donor.partner IS 'Organisation that knows the donor.';
COMMENT ON COLUMN donor.created_at IS 'Wall clock.';
COMMENT ON COLUMN donor.erased_at IS 'Wall clock of the erasure; null before.';
COMMENT ON COLUMN donor.book_id IS 'The book.';
COMMENT ON COLUMN donor.reference IS 'What the partner calls the donor; the pseudonym once erased.';
COMMENT ON COLUMN donor.name IS 'Personal: empty when not given or erased.';
COMMENT ON COLUMN donor.email IS 'Personal: where receipts go; empty when not given or erased.';
COMMENT ON COLUMN donor.privacy IS 'Who may see the name: public, host_only or anonymous.';

CREATE TABLE pledge (
    id            uuid NOT NULL,
    campaign      uuid NOT NULL,
    donor         uuid NOT NULL,
    partner       uuid NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    version       bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at    timestamptz NOT NULL,
    state_since   timestamptz NOT NULL,
    state_until   timestamptz,
    book_id       int NOT NULL,
    starts_on     date NOT NULL,
    payments      int CHECK (payments BETWEEN 1 AND 1200),
    next_sequence int NOT NULL DEFAULT 1 CHECK (next_sequence >= 1),
    anchor_day    smallint NOT NULL CHECK (anchor_day BETWEEN 1 AND 31),
    schedule      text NOT NULL CHECK (schedule IN ('once', 'monthly')),
    currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    rail          text NOT NULL CHECK (rail IN ('sandbox', 'partner')),
    state         text NOT NULL CHECK (state IN ('created', 'active', 'needs_action', 'paused', 'lapsed', 'completed', 'cancelled', 'refunded')),
    state_detail  text NOT NULL CHECK (state_detail IN ('', 'means', 'campaign', 'resume', 'lapse')),
    reference     text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
    token         text NOT NULL CHECK (length(token) <= 200),
    terms_sha256  bytea NOT NULL CHECK (length(terms_sha256) = 32),
    content       bytea NOT NULL CHECK (length(content) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, partner, reference),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id),
    FOREIGN KEY (book_id, donor) REFERENCES donor (book_id, id),
    CHECK (schedule = 'monthly' OR payments = 1),
    CHECK ((state IN ('created', 'needs_action', 'paused', 'lapsed')) = (state_until IS NOT NULL)),
    CHECK ((state = 'needs_action') = (state_detail IN ('means', 'campaign'))),
    CHECK ((state = 'paused') = (state_detail IN ('resume', 'lapse')))
);
SELECT ledger_distribute('pledge');
CREATE INDEX pledge_of_campaign ON pledge (book_id, campaign, id);
CREATE INDEX pledge_of_partner ON pledge (book_id, partner, campaign, id);
CREATE INDEX pledge_of_donor ON pledge (book_id, donor);
COMMENT ON TABLE pledge IS 'A donor''s promise: once, or month by month.';
COMMENT ON COLUMN pledge.id IS 'UUIDv7 in the outside id plg_.';
COMMENT ON COLUMN pledge.campaign IS 'Where its next charges go.';
COMMENT ON COLUMN pledge.donor IS 'Whose promise.';
COMMENT ON COLUMN pledge.partner IS 'Organisation that brought it.';
COMMENT ON COLUMN pledge.amount IS 'Minor units of one payment.';
COMMENT ON COLUMN pledge.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN pledge.created_at IS 'Wall clock.';
COMMENT ON COLUMN pledge.state_since IS 'Book time.';
COMMENT ON COLUMN pledge.state_until IS 'Book time at which the default of a waiting state comes true; null when it does not wait.';
COMMENT ON COLUMN pledge.book_id IS 'The book.';
COMMENT ON COLUMN pledge.starts_on IS 'First day on which it may be charged, in the zone of the book.';
COMMENT ON COLUMN pledge.payments IS 'How many due dates the plan has; null when it is open.';
COMMENT ON COLUMN pledge.next_sequence IS 'The payment that comes next: an earlier one is never begun any more.';
COMMENT ON COLUMN pledge.anchor_day IS 'Day of the month, 31 for the last: due dates are counted from the start, never from one another.';
COMMENT ON COLUMN pledge.schedule IS 'once or monthly.';
COMMENT ON COLUMN pledge.currency IS 'ISO 4217.';
COMMENT ON COLUMN pledge.rail IS 'Who takes the money: sandbox or partner.';
COMMENT ON COLUMN pledge.state IS 'created, active, needs_action, paused, lapsed, completed, cancelled or refunded.';
COMMENT ON COLUMN pledge.state_detail IS 'needs_action: means or campaign, what is needed; paused: resume or lapse, how it ends.';
COMMENT ON COLUMN pledge.reference IS 'What the partner calls it; unique per partner.';
COMMENT ON COLUMN pledge.token IS 'What the provider charges; never shown.';
COMMENT ON COLUMN pledge.terms_sha256 IS 'SHA-256 of the terms that the donor agreed to.';
COMMENT ON COLUMN pledge.content IS 'SHA-256 of what the partner sent, to tell a repetition from another pledge with its reference.';

CREATE TABLE settlement (
    id         uuid NOT NULL,
    partner    uuid NOT NULL,
    amount     bigint NOT NULL DEFAULT 0 CHECK (amount >= 0),
    entry      bigint NOT NULL DEFAULT 0 CHECK (entry >= 0),
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    book_id    int NOT NULL,
    receivable int NOT NULL,
    day        date NOT NULL,
    due_on     date NOT NULL CHECK (due_on > day),
    currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, partner, day, currency),
    FOREIGN KEY (book_id, receivable) REFERENCES account (book_id, number),
    CHECK (settled_at IS NOT NULL OR (amount = 0 AND entry = 0)),
    CHECK ((amount = 0) = (entry = 0))
);
SELECT ledger_distribute('settlement');
COMMENT ON TABLE settlement IS 'The captures of one custodian and day, which arrive together as cash.';
COMMENT ON COLUMN settlement.id IS 'UUIDv7 in the outside id stl_.';
COMMENT ON COLUMN settlement.partner IS 'Custodian: the organisation that brought the pledges.';
COMMENT ON COLUMN settlement.amount IS 'Minor units that arrived; 0 before.';
COMMENT ON COLUMN settlement.entry IS 'Record number of the entry of the arrival; 0 when none.';
COMMENT ON COLUMN settlement.created_at IS 'Wall clock.';
COMMENT ON COLUMN settlement.settled_at IS 'Wall clock of the arrival: the day takes no more captures. Null before.';
COMMENT ON COLUMN settlement.book_id IS 'The book.';
COMMENT ON COLUMN settlement.receivable IS 'Account of what the custodian owes for the day.';
COMMENT ON COLUMN settlement.day IS 'Day of the captures, in the zone of the book.';
COMMENT ON COLUMN settlement.due_on IS 'Day on which the cash arrives.';
COMMENT ON COLUMN settlement.currency IS 'ISO 4217.';

CREATE TABLE charge (
    id                 uuid NOT NULL,
    pledge             uuid NOT NULL,
    campaign           uuid NOT NULL,
    partner            uuid NOT NULL,
    settlement         uuid,
    amount             bigint NOT NULL CHECK (amount > 0),
    refunded           bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    disputed           bigint NOT NULL DEFAULT 0 CHECK (disputed >= 0),
    entry              bigint NOT NULL DEFAULT 0 CHECK (entry >= 0),
    version            bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at         timestamptz NOT NULL,
    waits_until        timestamptz,
    book_id            int NOT NULL,
    sequence           int NOT NULL CHECK (sequence >= 1),
    attempt            int NOT NULL CHECK (attempt >= 1),
    declines           int NOT NULL DEFAULT 0 CHECK (declines >= 0),
    due_on             date NOT NULL,
    first_declined_on  date,
    retry_on           date,
    captured_on        date,
    currency           text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    rail               text NOT NULL CHECK (rail IN ('sandbox', 'partner')),
    state              text NOT NULL CHECK (state IN ('processing', 'declined', 'captured', 'settled', 'voided')),
    decline_kind       text NOT NULL DEFAULT '' CHECK (decline_kind IN ('', 'soft', 'expired', 'stolen')),
    decline_code       text NOT NULL DEFAULT '' CHECK (length(decline_code) <= 100),
    provider_reference text CHECK (length(provider_reference) BETWEEN 1 AND 200),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, pledge, sequence),
    UNIQUE (book_id, pledge, due_on),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id),
    FOREIGN KEY (book_id, settlement) REFERENCES settlement (book_id, id),
    CHECK (refunded + disputed <= amount),
    CHECK ((state = 'processing') = (waits_until IS NOT NULL)),
    CHECK ((first_declined_on IS NULL) = (declines = 0)),
    CHECK (retry_on IS NULL OR state = 'declined'),
    CHECK ((state = 'declined') = (decline_kind <> '')),
    CHECK ((state IN ('captured', 'settled', 'voided')) = (provider_reference IS NOT NULL)),
    CHECK ((state IN ('captured', 'settled')) = (captured_on IS NOT NULL AND settlement IS NOT NULL AND entry > 0))
);
SELECT ledger_distribute('charge');
CREATE UNIQUE INDEX charge_provider_reference ON charge (book_id, partner, provider_reference) WHERE provider_reference IS NOT NULL;
CREATE INDEX charge_of_campaign ON charge (book_id, campaign, state) INCLUDE (amount);
CREATE INDEX charge_unsettled ON charge (book_id, campaign) INCLUDE (amount) WHERE state = 'captured';
CREATE INDEX charge_of_settlement ON charge (book_id, settlement) WHERE settlement IS NOT NULL;
COMMENT ON TABLE charge IS 'One due payment of a pledge: one due date has one charge, and so at most one capture.';
COMMENT ON COLUMN charge.id IS 'UUIDv7 in the outside id chg_.';
COMMENT ON COLUMN charge.pledge IS 'Of which pledge.';
COMMENT ON COLUMN charge.campaign IS 'Whose fund it goes to: the campaign of the pledge at the last attempt.';
COMMENT ON COLUMN charge.partner IS 'Organisation that brought the pledge: the custodian.';
COMMENT ON COLUMN charge.settlement IS 'With which the money arrives; null until captured.';
COMMENT ON COLUMN charge.amount IS 'Minor units.';
COMMENT ON COLUMN charge.refunded IS 'Minor units that went back to the donor.';
COMMENT ON COLUMN charge.disputed IS 'Minor units under dispute.';
COMMENT ON COLUMN charge.entry IS 'Record number of the entry of the capture; 0 before.';
COMMENT ON COLUMN charge.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN charge.created_at IS 'Wall clock.';
COMMENT ON COLUMN charge.waits_until IS 'Book time until which an attempt waits for its answer; null when none is under way.';
COMMENT ON COLUMN charge.book_id IS 'The book.';
COMMENT ON COLUMN charge.sequence IS 'Which payment of the plan, from 1.';
COMMENT ON COLUMN charge.attempt IS 'The last attempt, from 1.';
COMMENT ON COLUMN charge.declines IS 'Soft declines since it was begun or revived.';
COMMENT ON COLUMN charge.due_on IS 'Due date, in the zone of the book.';
COMMENT ON COLUMN charge.first_declined_on IS 'Day of the first of those declines: retries are counted from it.';
COMMENT ON COLUMN charge.retry_on IS 'When a declined charge is tried again; null when it is given up.';
COMMENT ON COLUMN charge.captured_on IS 'Day of the capture, in the zone of the book.';
COMMENT ON COLUMN charge.currency IS 'ISO 4217.';
COMMENT ON COLUMN charge.rail IS 'Who takes the money.';
COMMENT ON COLUMN charge.state IS 'processing, declined, captured, settled or voided.';
COMMENT ON COLUMN charge.decline_kind IS 'soft, expired or stolen; empty unless declined.';
COMMENT ON COLUMN charge.decline_code IS 'The provider''s own code of the last decline.';
COMMENT ON COLUMN charge.provider_reference IS 'How the provider names the payment.';

CREATE TABLE charge_attempt (
    charge             uuid NOT NULL,
    started_at         timestamptz NOT NULL,
    finished_at        timestamptz,
    book_id            int NOT NULL,
    attempt            int NOT NULL CHECK (attempt >= 1),
    state              text NOT NULL CHECK (state IN ('processing', 'declined', 'captured', 'voided')),
    code               text NOT NULL DEFAULT '' CHECK (length(code) <= 100),
    provider_reference text NOT NULL DEFAULT '' CHECK (length(provider_reference) <= 200),
    PRIMARY KEY (book_id, charge, attempt),
    FOREIGN KEY (book_id, charge) REFERENCES charge (book_id, id),
    CHECK ((state = 'processing') = (finished_at IS NULL))
);
SELECT ledger_distribute('charge_attempt');
CREATE UNIQUE INDEX charge_attempt_one_capture ON charge_attempt (book_id, charge) WHERE state = 'captured';
COMMENT ON TABLE charge_attempt IS 'Each try of a charge. The partial unique index lets no due date be captured twice.';
COMMENT ON COLUMN charge_attempt.charge IS 'Of which charge.';
COMMENT ON COLUMN charge_attempt.started_at IS 'Book time.';
COMMENT ON COLUMN charge_attempt.finished_at IS 'Book time of the answer; null before.';
COMMENT ON COLUMN charge_attempt.book_id IS 'The book.';
COMMENT ON COLUMN charge_attempt.attempt IS 'From 1; the provider knows it as the charge''s id and this number.';
COMMENT ON COLUMN charge_attempt.state IS 'processing, declined, captured or voided.';
COMMENT ON COLUMN charge_attempt.code IS 'The provider''s own code of a decline.';
COMMENT ON COLUMN charge_attempt.provider_reference IS 'How the provider names the payment.';

CREATE TABLE provider_event (
    charge      uuid NOT NULL,
    received_at timestamptz NOT NULL,
    book_id     int NOT NULL,
    provider    text NOT NULL CHECK (length(provider) BETWEEN 1 AND 60),
    event_id    text NOT NULL CHECK (length(event_id) BETWEEN 1 AND 200),
    PRIMARY KEY (book_id, provider, event_id)
);
SELECT ledger_distribute('provider_event');
COMMENT ON TABLE provider_event IS 'What providers and partners told us, once each: the same event twice is one event.';
COMMENT ON COLUMN provider_event.charge IS 'The charge that it was about.';
COMMENT ON COLUMN provider_event.received_at IS 'Wall clock.';
COMMENT ON COLUMN provider_event.book_id IS 'The book.';
COMMENT ON COLUMN provider_event.provider IS 'Who told: a rail, or the outside id of a partner.';
COMMENT ON COLUMN provider_event.event_id IS 'How the provider names the event.';

CREATE TABLE pledge_move (
    entry         bigint NOT NULL CHECK (entry > 0),
    pledge        uuid NOT NULL,
    from_campaign uuid NOT NULL,
    to_campaign   uuid NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    book_id       int NOT NULL,
    PRIMARY KEY (book_id, entry),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id),
    FOREIGN KEY (book_id, from_campaign) REFERENCES campaign (book_id, id),
    FOREIGN KEY (book_id, to_campaign) REFERENCES campaign (book_id, id),
    CHECK (from_campaign <> to_campaign)
);
SELECT ledger_distribute('pledge_move');
CREATE INDEX pledge_move_of_pledge ON pledge_move (book_id, pledge);
CREATE INDEX pledge_move_from ON pledge_move (book_id, from_campaign) INCLUDE (amount);
CREATE INDEX pledge_move_to ON pledge_move (book_id, to_campaign) INCLUDE (amount);
COMMENT ON TABLE pledge_move IS 'Settled money of a pledge that its donor moved to another campaign: one row an entry, so lineage stays whole.';
COMMENT ON COLUMN pledge_move.entry IS 'Record number of the entry.';
COMMENT ON COLUMN pledge_move.pledge IS 'Whose money.';
COMMENT ON COLUMN pledge_move.from_campaign IS 'Out of whose fund.';
COMMENT ON COLUMN pledge_move.to_campaign IS 'Into whose fund.';
COMMENT ON COLUMN pledge_move.amount IS 'Minor units.';
COMMENT ON COLUMN pledge_move.book_id IS 'The book.';

CREATE TABLE fund_layer (
    pledge    uuid NOT NULL,
    number    bigint NOT NULL CHECK (number > 0),
    settled   bigint NOT NULL CHECK (settled >= number),
    amount    bigint NOT NULL CHECK (amount > 0),
    remaining bigint NOT NULL CHECK (remaining BETWEEN 0 AND amount),
    book_id   int NOT NULL,
    fund      int NOT NULL,
    PRIMARY KEY (book_id, fund, number),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id)
) WITH (fillfactor = 80);
SELECT ledger_distribute('fund_layer');
CREATE INDEX fund_layer_open ON fund_layer (book_id, fund, settled, number) WHERE remaining > 0;
CREATE INDEX fund_layer_of_pledge ON fund_layer (book_id, pledge, fund);
COMMENT ON TABLE fund_layer IS 'Settled money of one pledge in one fund: a charge that arrived as cash, or money that its donor moved in.';
COMMENT ON COLUMN fund_layer.pledge IS 'Whose money.';
COMMENT ON COLUMN fund_layer.number IS 'Record number of the entry that brought it: the capture, or the move.';
COMMENT ON COLUMN fund_layer.settled IS 'Record number of the entry with which it became cash; the move itself where it was moved in. With number: the order of use.';
COMMENT ON COLUMN fund_layer.amount IS 'Minor units that came.';
COMMENT ON COLUMN fund_layer.remaining IS 'Minor units that nothing has used yet.';
COMMENT ON COLUMN fund_layer.book_id IS 'The book.';
COMMENT ON COLUMN fund_layer.fund IS 'Number of the fund account.';

CREATE TABLE fund_use (
    entry   bigint NOT NULL CHECK (entry > 0),
    layer   bigint NOT NULL,
    amount  bigint NOT NULL CHECK (amount > 0),
    book_id int NOT NULL,
    fund    int NOT NULL,
    PRIMARY KEY (book_id, entry, fund, layer),
    FOREIGN KEY (book_id, fund, layer) REFERENCES fund_layer (book_id, fund, number),
    CHECK (entry > layer)
);
SELECT ledger_distribute('fund_use');
CREATE INDEX fund_use_of_layer ON fund_use (book_id, fund, layer);
COMMENT ON TABLE fund_use IS 'What an entry took of a layer: a release, a move by the donor, a refund. Written once.';
COMMENT ON COLUMN fund_use.entry IS 'Record number of the entry that used it.';
COMMENT ON COLUMN fund_use.layer IS 'Number of the layer.';
COMMENT ON COLUMN fund_use.amount IS 'Minor units.';
COMMENT ON COLUMN fund_use.book_id IS 'The book.';
COMMENT ON COLUMN fund_use.fund IS 'Number of the fund account.';
