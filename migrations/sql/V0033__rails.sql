-- What rails report: means of payment that are refused for good, and what custodians pay over.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE charge DROP CONSTRAINT charge_decline_kind_check;
ALTER TABLE charge ADD CONSTRAINT charge_decline_kind_check CHECK (decline_kind IN ('', 'soft', 'expired', 'stolen', 'hard'));
COMMENT ON COLUMN charge.decline_kind IS 'soft, expired, stolen or hard; empty unless declined.';
ALTER TABLE sandbox_provider_charge DROP CONSTRAINT sandbox_provider_charge_outcome_check;
ALTER TABLE sandbox_provider_charge ADD CONSTRAINT sandbox_provider_charge_outcome_check
    CHECK (outcome IN ('captured', 'soft', 'expired', 'stolen', 'hard'));
COMMENT ON COLUMN sandbox_provider_charge.outcome IS
    'captured, or why it was declined: soft (may work later), expired, stolen, hard (refused for good).';

-- What arrives of a charge before all of it has: it is settled when nothing is missing.
ALTER TABLE charge ADD COLUMN arrived bigint NOT NULL DEFAULT 0;
ALTER TABLE charge ADD CONSTRAINT charge_arrived_check CHECK (arrived BETWEEN 0 AND amount);
COMMENT ON COLUMN charge.arrived IS 'Minor units that a custodian has paid over of it while more is missing; 0 when it arrived at once.';

-- A settlement is that of a custodian's day, or one that the custodian has reported.
ALTER TABLE settlement DROP CONSTRAINT settlement_of_day;
ALTER TABLE settlement DROP CONSTRAINT settlement_check;
ALTER TABLE settlement DROP CONSTRAINT settlement_check1;
ALTER TABLE settlement ADD COLUMN reference text NOT NULL DEFAULT '' CHECK (length(reference) <= 200);
ALTER TABLE settlement ADD COLUMN reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000);
ALTER TABLE settlement ADD COLUMN missing bigint NOT NULL DEFAULT 0 CHECK (missing >= 0);
ALTER TABLE settlement ADD COLUMN content bytea CHECK (length(content) = 32);
ALTER TABLE settlement ADD CONSTRAINT settlement_due CHECK (CASE WHEN reference = '' THEN due_on > day ELSE due_on = day END);
ALTER TABLE settlement ADD CONSTRAINT settlement_is_reported CHECK ((reference <> '') = (content IS NOT NULL));
ALTER TABLE settlement ADD CONSTRAINT settlement_reported_whole CHECK (reference = '' OR settled_at IS NOT NULL);
ALTER TABLE settlement ADD CONSTRAINT settlement_missing CHECK (missing = 0 OR reason <> '');
CREATE UNIQUE INDEX settlement_of_day ON settlement (book_id, partner, day, currency, method) WHERE reference = '';
CREATE UNIQUE INDEX settlement_reported ON settlement (book_id, partner, reference) WHERE reference <> '';
CREATE INDEX settlement_open ON settlement (book_id, due_on) WHERE settled_at IS NULL;
COMMENT ON TABLE settlement IS 'What a custodian pays over together: the captures of a day and method of payment, or what it has reported.';
COMMENT ON COLUMN settlement.day IS 'Day of the captures, in the zone of the book; of one that was reported, the day on which it arrived.';
COMMENT ON COLUMN settlement.due_on IS 'Day on which the cash arrives.';
COMMENT ON COLUMN settlement.amount IS 'Minor units that have arrived so far.';
COMMENT ON COLUMN settlement.entry IS 'Record number of the last entry of an arrival; 0 when none.';
COMMENT ON COLUMN settlement.receivable IS 'Account of what the custodian owes for the day; of one that was reported, the first of those that it settles.';
COMMENT ON COLUMN settlement.method IS 'Method of payment of all that was captured in it: it says when it arrives. Of one that was reported, that of its first charge.';
COMMENT ON COLUMN settlement.reference IS 'How the custodian names it; empty for the settlement of a day.';
COMMENT ON COLUMN settlement.reason IS 'Why something is missing, as the custodian says.';
COMMENT ON COLUMN settlement.missing IS 'Minor units that the custodian said are missing of its charges, which stay owed.';
COMMENT ON COLUMN settlement.content IS 'SHA-256 of what the custodian reported; null for the settlement of a day.';

CREATE TABLE settlement_line (
    settlement    uuid NOT NULL,
    charge        uuid NOT NULL,
    of_settlement uuid NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    missing       bigint NOT NULL CHECK (missing >= 0),
    fee           bigint CHECK (fee >= 0),
    book_id       int NOT NULL,
    PRIMARY KEY (book_id, settlement, charge),
    FOREIGN KEY (book_id, settlement) REFERENCES settlement (book_id, id),
    FOREIGN KEY (book_id, of_settlement) REFERENCES settlement (book_id, id),
    FOREIGN KEY (book_id, charge) REFERENCES charge (book_id, id)
);
SELECT ledger_distribute('settlement_line');
COMMENT ON TABLE settlement_line IS 'A charge in a settlement that a custodian reported.';
COMMENT ON COLUMN settlement_line.settlement IS 'The settlement that was reported.';
COMMENT ON COLUMN settlement_line.charge IS 'The charge whose money arrived.';
COMMENT ON COLUMN settlement_line.of_settlement IS 'The settlement of the day of its capture, whose account of receivables it lowers.';
COMMENT ON COLUMN settlement_line.amount IS 'Minor units that arrived.';
COMMENT ON COLUMN settlement_line.missing IS 'Minor units that are still owed of it afterwards.';
COMMENT ON COLUMN settlement_line.fee IS 'Minor units that the custodian says its processor kept of it; null when it does not say.';
COMMENT ON COLUMN settlement_line.book_id IS 'The book.';

ALTER TABLE book_partner ADD COLUMN settles_by text NOT NULL DEFAULT 'clock' CHECK (settles_by IN ('clock', 'report'));
COMMENT ON COLUMN book_partner.settles_by IS 'How the charges that it collects become cash: clock (days after the capture) or report (as it reports, and not before).';

-- What a partner reported as captured, and its list of the day does not have.
ALTER TABLE charge ADD COLUMN doubted_at timestamptz;
ALTER TABLE charge ADD CONSTRAINT charge_doubted_check CHECK (doubted_at IS NULL OR state = 'captured');
CREATE INDEX charge_doubted ON charge (book_id, partner, captured_on) WHERE doubted_at IS NOT NULL;
COMMENT ON COLUMN charge.doubted_at IS 'When the list of its partner did not have its capture, in book time: it does not settle by the clock. Null when nothing contradicts it.';
