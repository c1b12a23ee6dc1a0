-- Chargebacks: charges that a donor's bank takes back, who bears those that are lost, and what teams owe for them.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- The host gives back the fee that it earned with a charge that is lost, and bears out of its reserve what a team cannot pay.
INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('dispute_lost', 'fee_income', 'disputes_pending'),
    ('written_off', 'risk_reserve', 'team_receivable')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

ALTER TABLE charge ADD COLUMN lost bigint NOT NULL DEFAULT 0;
ALTER TABLE charge ADD CONSTRAINT charge_lost CHECK (lost BETWEEN 0 AND disputed);
COMMENT ON COLUMN charge.disputed IS 'Minor units that the donor''s bank took back: of chargebacks that are open or lost.';
COMMENT ON COLUMN charge.lost IS 'Minor units of that whose chargeback is lost.';

CREATE TABLE chargeback (
    id             uuid NOT NULL,
    charge         uuid NOT NULL,
    pledge         uuid NOT NULL,
    campaign       uuid NOT NULL,
    partner        uuid NOT NULL,
    amount         bigint NOT NULL CHECK (amount > 0),
    fee            bigint NOT NULL CHECK (fee >= 0),
    opened_entry   bigint NOT NULL DEFAULT 0 CHECK (opened_entry >= 0),
    closed_entry   bigint NOT NULL DEFAULT 0 CHECK (closed_entry >= 0),
    held_from      bigint NOT NULL CHECK (held_from > 0),
    held_until     bigint CHECK (held_until >= held_from),
    version        bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at     timestamptz NOT NULL,
    until          timestamptz NOT NULL CHECK (until > created_at),
    evidence_until timestamptz,
    decided_at     timestamptz,
    book_id        int NOT NULL,
    reported_on    date NOT NULL,
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state          text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'won', 'lost_unborne', 'lost')),
    reason         text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    event_id       text NOT NULL CHECK (length(event_id) BETWEEN 1 AND 200),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, partner, event_id),
    FOREIGN KEY (book_id, charge) REFERENCES charge (book_id, id),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK ((state IN ('won', 'lost')) = (held_until IS NOT NULL)),
    CHECK (state IN ('won', 'lost') OR closed_entry = 0),
    CHECK (state <> 'won' OR (opened_entry = 0) = (closed_entry = 0)),
    CHECK (state <> 'lost' OR (opened_entry > 0 AND closed_entry > opened_entry))
);
SELECT ledger_distribute('chargeback');
CREATE INDEX chargeback_of_charge ON chargeback (book_id, charge, id);
CREATE INDEX chargeback_of_campaign ON chargeback (book_id, campaign, id);
CREATE INDEX chargeback_holds ON chargeback (book_id, pledge) WHERE state IN ('open', 'lost_unborne');
COMMENT ON TABLE chargeback IS 'A charge, or a part of it, that the donor''s bank took back. While it is not over, the pledge''s money in funds is held.';
COMMENT ON COLUMN chargeback.id IS 'UUIDv7 in the outside id cbk_.';
COMMENT ON COLUMN chargeback.charge IS 'The charge that is taken back.';
COMMENT ON COLUMN chargeback.pledge IS 'The pledge of that charge: its own money bears the loss first.';
COMMENT ON COLUMN chargeback.campaign IS 'The campaign of that charge: its account of disputes carries the amount.';
COMMENT ON COLUMN chargeback.partner IS 'Organisation that brought the pledge: the custodian out of whose cash the money went.';
COMMENT ON COLUMN chargeback.amount IS 'Minor units that were taken back.';
COMMENT ON COLUMN chargeback.fee IS 'Minor units that the provider took for it besides.';
COMMENT ON COLUMN chargeback.opened_entry IS 'Record number of the entry by which the money left; 0 while the charge has not settled, or the custodian''s cash does not reach.';
COMMENT ON COLUMN chargeback.closed_entry IS 'Record number of the entry of its end; 0 before, and when it was won before any money had left.';
COMMENT ON COLUMN chargeback.held_from IS 'Record number from which on the pledge''s layers are held: no release of this number or a later one takes of them.';
COMMENT ON COLUMN chargeback.held_until IS 'Record number of the first record after the hold; null while it stands.';
COMMENT ON COLUMN chargeback.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN chargeback.created_at IS 'Book time of the report.';
COMMENT ON COLUMN chargeback.until IS 'Book time at which an open one counts as lost.';
COMMENT ON COLUMN chargeback.evidence_until IS 'Book time until which the provider takes evidence; null when it did not say.';
COMMENT ON COLUMN chargeback.decided_at IS 'Book time of the decision; null while it is open.';
COMMENT ON COLUMN chargeback.book_id IS 'The book.';
COMMENT ON COLUMN chargeback.reported_on IS 'Day on which the provider took the money, in the zone of the book.';
COMMENT ON COLUMN chargeback.currency IS 'ISO 4217: that of the charge.';
COMMENT ON COLUMN chargeback.state IS 'open; won; lost_unborne: lost, and waiting for money that bears it; lost.';
COMMENT ON COLUMN chargeback.reason IS 'The provider''s own code; returned for a bank debit that came back.';
COMMENT ON COLUMN chargeback.event_id IS 'How the partner names the report; unique per partner.';

CREATE TABLE chargeback_part (
    chargeback uuid NOT NULL,
    campaign   uuid,
    team       uuid REFERENCES organisation (id),
    amount     bigint NOT NULL CHECK (amount > 0),
    book_id    int NOT NULL,
    number     int NOT NULL CHECK (number >= 1),
    bearer     text NOT NULL CHECK (bearer IN ('fund', 'team_payable', 'team_receivable', 'host_fee', 'platform_fee', 'risk_reserve')),
    PRIMARY KEY (book_id, chargeback, number),
    FOREIGN KEY (book_id, chargeback) REFERENCES chargeback (book_id, id),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id),
    CHECK ((bearer = 'fund') = (campaign IS NOT NULL)),
    CHECK ((bearer IN ('team_payable', 'team_receivable')) = (team IS NOT NULL))
);
SELECT ledger_distribute('chargeback_part');
COMMENT ON TABLE chargeback_part IS 'Who bears how much of a lost chargeback: the parts are its amount and its fee. Written once.';
COMMENT ON COLUMN chargeback_part.chargeback IS 'Of which chargeback.';
COMMENT ON COLUMN chargeback_part.campaign IS 'Out of whose fund, of the pledge''s own layers; null for other bearers.';
COMMENT ON COLUMN chargeback_part.team IS 'The team that was paid of the pledge''s money; null for other bearers.';
COMMENT ON COLUMN chargeback_part.amount IS 'Minor units.';
COMMENT ON COLUMN chargeback_part.book_id IS 'The book.';
COMMENT ON COLUMN chargeback_part.number IS 'In the order of the policy, from 1.';
COMMENT ON COLUMN chargeback_part.bearer IS 'fund; team_payable: what was owed to the team; team_receivable: the team owes it now; host_fee, platform_fee: fees that are given back; risk_reserve.';

-- How the donor pays says how long the money is on its way: a bank debit may come back for days.
ALTER TABLE pledge ADD COLUMN method text NOT NULL DEFAULT 'card' CHECK (method IN ('card', 'debit', 'transfer'));
ALTER TABLE charge ADD COLUMN method text NOT NULL DEFAULT 'card' CHECK (method IN ('card', 'debit', 'transfer'));
ALTER TABLE settlement ADD COLUMN method text NOT NULL DEFAULT 'card' CHECK (method IN ('card', 'debit', 'transfer'));
ALTER TABLE settlement DROP CONSTRAINT settlement_book_id_partner_day_currency_key;
ALTER TABLE settlement ADD CONSTRAINT settlement_of_day UNIQUE (book_id, partner, day, currency, method);
COMMENT ON TABLE settlement IS 'The captures of one custodian, day and method of payment, which arrive together as cash.';
COMMENT ON COLUMN pledge.method IS 'How the donor pays, as the partner says: card, debit or transfer.';
COMMENT ON COLUMN charge.method IS 'How the donor pays it: that of the pledge.';
COMMENT ON COLUMN settlement.method IS 'Method of payment of all that was captured in it: it says when it arrives.';

ALTER TABLE release ADD COLUMN set_off bigint NOT NULL DEFAULT 0;
ALTER TABLE release ADD CONSTRAINT release_set_off CHECK (set_off BETWEEN 0 AND amount);
COMMENT ON COLUMN release.set_off IS 'Minor units of it that paid what the team owed.';
