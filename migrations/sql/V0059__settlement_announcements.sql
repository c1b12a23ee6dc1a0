-- What a custodian reports of a settlement to a book that is kept by the lines of banks, before its line is there: kept, and posted to
-- nothing until the line comes. And money in suspense that went back, with the line by which it left; and when what a reconciliation
-- compares came to be, so that it can be read as of a moment. What two people have moved, two people take back.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE settlement_announcement (
    id           uuid NOT NULL,
    partner      uuid NOT NULL,
    credential   uuid NOT NULL,
    line         uuid,
    amount       bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    came         bigint NOT NULL DEFAULT 0 CHECK (came >= 0),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    announced_at timestamptz NOT NULL,
    ended_at     timestamptz,
    book_id      int NOT NULL,
    day          date NOT NULL,
    is_short     boolean NOT NULL,
    state        text NOT NULL CHECK (state IN ('announced', 'settled', 'withdrawn')),
    differs      text NOT NULL DEFAULT '' CHECK (differs IN ('', 'less_came', 'more_came', 'other_currency', 'charges_differ')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reference    text NOT NULL CHECK (char_length(reference) BETWEEN 1 AND 200),
    reason       text NOT NULL CHECK (char_length(reason) <= 1000),
    content      bytea NOT NULL CHECK (octet_length(content) = 32),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, line) REFERENCES bank_line (book_id, id),
    CHECK ((state = 'announced') = (ended_at IS NULL)),
    CHECK (differs = '' OR line IS NOT NULL),
    CHECK (state <> 'settled' OR (line IS NOT NULL AND differs = '' AND came = amount)),
    CHECK (CASE differs WHEN 'less_came' THEN came BETWEEN 1 AND amount - 1 WHEN 'more_came' THEN came > amount
                        WHEN 'charges_differ' THEN came = amount ELSE true END),
    CHECK (is_short OR reason = '')
);
SELECT ledger_distribute('settlement_announcement');
CREATE UNIQUE INDEX settlement_announcement_reference ON settlement_announcement (book_id, partner, reference) WHERE state <> 'withdrawn';
CREATE INDEX settlement_announcement_of_partner ON settlement_announcement (book_id, partner, id);
COMMENT ON TABLE settlement_announcement IS 'Settlements that custodians reported to books that are kept by the lines of banks, before their line was there.';
COMMENT ON COLUMN settlement_announcement.id IS 'UUIDv7 in the outside id stl_: that of the settlement that it becomes.';
COMMENT ON COLUMN settlement_announcement.partner IS 'The custodian that reported it.';
COMMENT ON COLUMN settlement_announcement.credential IS 'The credential by which it was reported.';
COMMENT ON COLUMN settlement_announcement.line IS 'The line of the bank that settled it, or carries its reference and brings something else; null without one.';
COMMENT ON COLUMN settlement_announcement.amount IS 'Minor units that the custodian says it has paid over.';
COMMENT ON COLUMN settlement_announcement.came IS 'Minor units that the line brought; 0 without a line, and of one in another currency.';
COMMENT ON COLUMN settlement_announcement.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN settlement_announcement.announced_at IS 'Book time.';
COMMENT ON COLUMN settlement_announcement.ended_at IS 'Book time when it was settled or withdrawn; null before.';
COMMENT ON COLUMN settlement_announcement.book_id IS 'The book.';
COMMENT ON COLUMN settlement_announcement.day IS 'The day on which it arrived, as the custodian says; the settlement is of the day of the line.';
COMMENT ON COLUMN settlement_announcement.is_short IS 'Whether the custodian states that something of its charges is missing.';
COMMENT ON COLUMN settlement_announcement.state IS 'announced, settled or withdrawn.';
COMMENT ON COLUMN settlement_announcement.differs IS 'Why the line does not settle it: less_came, more_came, other_currency or charges_differ; empty when nothing differs.';
COMMENT ON COLUMN settlement_announcement.currency IS 'ISO 4217.';
COMMENT ON COLUMN settlement_announcement.reference IS 'How the custodian names it, and the line carries it.';
COMMENT ON COLUMN settlement_announcement.reason IS 'Why something is missing, without personal data; empty when nothing is.';
COMMENT ON COLUMN settlement_announcement.content IS 'SHA-256 of all that was reported, so that the same reference with another content is refused.';

CREATE TABLE settlement_announcement_line (
    announcement uuid NOT NULL,
    charge       uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    fee          bigint CHECK (fee >= 0),
    book_id      int NOT NULL,
    place        int NOT NULL CHECK (place BETWEEN 0 AND 9999),
    PRIMARY KEY (book_id, announcement, charge),
    FOREIGN KEY (book_id, announcement) REFERENCES settlement_announcement (book_id, id)
);
SELECT ledger_distribute('settlement_announcement_line');
COMMENT ON TABLE settlement_announcement_line IS 'The charges of announced settlements.';
COMMENT ON COLUMN settlement_announcement_line.announcement IS 'The announced settlement.';
COMMENT ON COLUMN settlement_announcement_line.charge IS 'The charge whose money the custodian says it has paid over.';
COMMENT ON COLUMN settlement_announcement_line.amount IS 'Minor units of it.';
COMMENT ON COLUMN settlement_announcement_line.fee IS 'Minor units that the custodian says its processor kept; null when it does not say.';
COMMENT ON COLUMN settlement_announcement_line.book_id IS 'The book.';
COMMENT ON COLUMN settlement_announcement_line.place IS 'Its place in the report, from 0.';

ALTER TABLE suspense_item ADD COLUMN sent_entry bigint NOT NULL DEFAULT 0;
ALTER TABLE suspense_item ADD CONSTRAINT suspense_item_sent CHECK (sent_entry >= 0 AND (sent_entry = 0 OR state = 'returned'));
COMMENT ON COLUMN suspense_item.sent_entry IS 'Record number of the entry of the line by which it left its custodian''s bank, once it was returned; 0 before.';

CREATE TABLE settlement_arrival (
    settlement uuid NOT NULL,
    entry      bigint NOT NULL CHECK (entry > 0),
    amount     bigint NOT NULL CHECK (amount > 0),
    at         timestamptz NOT NULL,
    book_id    int NOT NULL,
    PRIMARY KEY (book_id, settlement, entry),
    FOREIGN KEY (book_id, settlement) REFERENCES settlement (book_id, id)
);
SELECT ledger_distribute('settlement_arrival');
COMMENT ON TABLE settlement_arrival IS 'What of settlements arrived, and when.';
COMMENT ON COLUMN settlement_arrival.settlement IS 'The settlement.';
COMMENT ON COLUMN settlement_arrival.entry IS 'Record number of the entry of the arrival.';
COMMENT ON COLUMN settlement_arrival.amount IS 'Minor units, in the currency of the settlement.';
COMMENT ON COLUMN settlement_arrival.at IS 'Book time; of what arrived before this was kept, when all of it had, or when it was begun.';
COMMENT ON COLUMN settlement_arrival.book_id IS 'The book.';
INSERT INTO settlement_arrival (book_id, settlement, entry, amount, at)
SELECT book_id, id, entry, amount, coalesce(settled_at, created_at) FROM settlement WHERE entry > 0 AND amount > 0;

CREATE INDEX settlement_line_of ON settlement_line (book_id, of_settlement);

ALTER TABLE bank_line ADD COLUMN stands_since timestamptz;
COMMENT ON COLUMN bank_line.stands_since IS 'Since when it stands as it does, book time; null since it was recorded, or since before this was kept.';
CREATE INDEX bank_line_unexplained ON bank_line (book_id, custodian) WHERE state IN ('open', 'suspense');

ALTER TABLE bank_difference ADD COLUMN back_proposed_by uuid;
ALTER TABLE bank_difference ADD COLUMN back_proposed_at timestamptz;
ALTER TABLE bank_difference ADD COLUMN back_reason text NOT NULL DEFAULT '' CHECK (char_length(back_reason) <= 1000);
ALTER TABLE bank_difference DROP CONSTRAINT bank_difference_state_check;
ALTER TABLE bank_difference ADD CONSTRAINT bank_difference_state_check CHECK (state IN ('proposed', 'moved', 'taking_back', 'withdrawn',
    'taken_back'));
ALTER TABLE bank_difference DROP CONSTRAINT bank_difference_check3;
ALTER TABLE bank_difference ADD CONSTRAINT bank_difference_approved CHECK ((state IN ('moved', 'taking_back', 'taken_back'))
    = (approved_by IS NOT NULL));
ALTER TABLE bank_difference ADD CONSTRAINT bank_difference_back CHECK (num_nulls(back_proposed_by, back_proposed_at) IN (0, 2)
    AND (state <> 'taking_back' OR back_proposed_by IS NOT NULL)
    AND (back_proposed_by IS NULL OR (state IN ('taking_back', 'taken_back') AND back_reason <> ''))
    AND (state <> 'taken_back' OR back_proposed_by IS NULL OR ended_by <> back_proposed_by));
COMMENT ON COLUMN bank_difference.back_proposed_by IS 'The person who proposes, or proposed, to take it back; null before.';
COMMENT ON COLUMN bank_difference.back_proposed_at IS 'Book time; null before.';
COMMENT ON COLUMN bank_difference.back_reason IS 'Why it is to be taken back, without personal data; empty before.';
COMMENT ON COLUMN bank_difference.ended_by IS 'The person who withdrew it, or approved that it is taken back; null before.';
COMMENT ON COLUMN bank_difference.state IS 'proposed, moved, taking_back, withdrawn or taken_back.';
