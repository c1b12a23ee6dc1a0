-- The lines of a partner's day by key: each kind has an index by which a page of it costs its own lines. How promises went on, day by day. And
-- what a partner's own list of a day says differently: kept for a while, and posted to nothing.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE INDEX charge_of_day ON charge (book_id, partner, captured_on, id) WHERE captured_on IS NOT NULL;

ALTER TABLE refund ADD COLUMN settled_on date;
UPDATE refund r SET settled_on = t.effective
  FROM transfer t
 WHERE t.book_id = r.book_id AND t.pos = r.end_entry << 16 AND r.state = 'settled';
ALTER TABLE refund ADD CONSTRAINT refund_settled_on CHECK (settled_on IS NULL OR state = 'settled');
CREATE INDEX refund_of_day ON refund (book_id, partner, settled_on, id) WHERE settled_on IS NOT NULL;
COMMENT ON COLUMN refund.settled_on IS 'Day of the entry with which it settled, in the zone of the book; null before.';

-- It knows no days yet, and stands again with what is applied after this file.
DROP TRIGGER IF EXISTS chargeback_decided_once ON chargeback;
ALTER TABLE chargeback ADD COLUMN opened_on date;
ALTER TABLE chargeback ADD COLUMN closed_on date;
UPDATE chargeback b SET opened_on = t.effective
  FROM transfer t
 WHERE t.book_id = b.book_id AND t.pos = b.opened_entry << 16 AND b.opened_entry > 0;
UPDATE chargeback b SET closed_on = t.effective
  FROM transfer t
 WHERE t.book_id = b.book_id AND t.pos = b.closed_entry << 16 AND b.closed_entry > 0;
ALTER TABLE chargeback ADD CONSTRAINT chargeback_days
    CHECK ((opened_on IS NULL OR opened_entry > 0) AND (closed_on IS NULL OR closed_entry > 0));
CREATE INDEX chargeback_of_day ON chargeback (book_id, partner, opened_on, id) WHERE opened_on IS NOT NULL;
CREATE INDEX chargeback_won_of_day ON chargeback (book_id, partner, closed_on, id) WHERE closed_on IS NOT NULL AND state = 'won';
COMMENT ON COLUMN chargeback.opened_on IS 'Day of the entry by which the money left, in the zone of the book; null before.';
COMMENT ON COLUMN chargeback.closed_on IS 'Day of the entry of its end, in the zone of the book; null without one.';

CREATE TABLE pledge_turn (
    id       uuid NOT NULL,
    partner  uuid NOT NULL,
    pledge   uuid NOT NULL,
    amount   bigint NOT NULL CHECK (amount > 0),
    book_id  int NOT NULL,
    day      date NOT NULL,
    turn     text NOT NULL CHECK (turn IN ('made', 'changed', 'moved_in', 'moved_away', 'ended')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    rail     text NOT NULL CHECK (rail IN ('sandbox', 'partner', 'stripe')),
    PRIMARY KEY (book_id, partner, day, id),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id)
);
SELECT ledger_distribute('pledge_turn');
COMMENT ON TABLE pledge_turn IS 'How promises of a partner''s donors went on, day by day: made, changed, moved, ended. Written once, by a trigger.';
COMMENT ON COLUMN pledge_turn.id IS 'UUID: the order within a day.';
COMMENT ON COLUMN pledge_turn.partner IS 'The partner in whose day it is.';
COMMENT ON COLUMN pledge_turn.pledge IS 'The pledge.';
COMMENT ON COLUMN pledge_turn.amount IS 'Minor units of one payment, as promised from then on, or until then where it ended.';
COMMENT ON COLUMN pledge_turn.book_id IS 'The book.';
COMMENT ON COLUMN pledge_turn.day IS 'The day, in the zone of the book.';
COMMENT ON COLUMN pledge_turn.turn IS 'made; changed in amount or interval; moved_in from another partner, or moved_away to one; ended: cancelled.';
COMMENT ON COLUMN pledge_turn.currency IS 'ISO 4217.';
COMMENT ON COLUMN pledge_turn.rail IS 'Who takes the money.';
INSERT INTO pledge_turn (book_id, partner, day, id, pledge, turn, amount, currency, rail)
SELECT p.book_id, p.partner, (p.created_at AT TIME ZONE b.zone)::date, gen_random_uuid(), p.id, 'made', p.amount, p.currency, p.rail
  FROM pledge p JOIN book b ON b.number = p.book_id;
INSERT INTO pledge_turn (book_id, partner, day, id, pledge, turn, amount, currency, rail)
SELECT p.book_id, p.partner, (p.state_since AT TIME ZONE b.zone)::date, gen_random_uuid(), p.id, 'ended', p.amount, p.currency, p.rail
  FROM pledge p JOIN book b ON b.number = p.book_id
 WHERE p.state = 'cancelled';

CREATE TABLE settlement_comparison (
    id          uuid NOT NULL,
    partner     uuid NOT NULL,
    credential  uuid NOT NULL,
    bytes       bigint NOT NULL CHECK (bytes > 0),
    made_at     timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    book_id     int NOT NULL,
    our_lines   int NOT NULL CHECK (our_lines >= 0),
    their_lines int NOT NULL CHECK (their_lines >= 0),
    matched     int NOT NULL CHECK (matched BETWEEN 0 AND least(our_lines, their_lines)),
    kept        int NOT NULL CHECK (kept BETWEEN 0 AND 10000),
    day         date NOT NULL,
    sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32),
    counts      jsonb NOT NULL CHECK (jsonb_typeof(counts) = 'object'),
    totals      jsonb NOT NULL CHECK (jsonb_typeof(totals) = 'array'),
    PRIMARY KEY (book_id, id)
);
SELECT ledger_distribute('settlement_comparison');
CREATE INDEX settlement_comparison_of_day ON settlement_comparison (book_id, partner, day, id);
CREATE INDEX settlement_comparison_by_age ON settlement_comparison (book_id, created_at);
COMMENT ON TABLE settlement_comparison IS 'A partner''s own list of a day, compared with that of the ledger. Kept for 90 days; nothing is posted by it.';
COMMENT ON COLUMN settlement_comparison.id IS 'UUIDv7 in the outside id scm_.';
COMMENT ON COLUMN settlement_comparison.partner IS 'The partner whose list it is.';
COMMENT ON COLUMN settlement_comparison.credential IS 'The credential by which it came.';
COMMENT ON COLUMN settlement_comparison.bytes IS 'How many bytes the list has.';
COMMENT ON COLUMN settlement_comparison.made_at IS 'Book time.';
COMMENT ON COLUMN settlement_comparison.created_at IS 'Clock of the database, by which it is deleted.';
COMMENT ON COLUMN settlement_comparison.book_id IS 'The book.';
COMMENT ON COLUMN settlement_comparison.our_lines IS 'How many lines the day had here then.';
COMMENT ON COLUMN settlement_comparison.their_lines IS 'How many lines the list has, those that could not be read too.';
COMMENT ON COLUMN settlement_comparison.matched IS 'How many lines both have, with the same figures.';
COMMENT ON COLUMN settlement_comparison.kept IS 'How many differences are kept line by line: 10,000 at most.';
COMMENT ON COLUMN settlement_comparison.day IS 'The day, in the zone of the book.';
COMMENT ON COLUMN settlement_comparison.sha256 IS 'SHA-256 of the bytes of the list.';
COMMENT ON COLUMN settlement_comparison.counts IS 'How many differences there are of each word.';
COMMENT ON COLUMN settlement_comparison.totals IS 'What the lines of both come to, by currency: minor units as texts.';

CREATE TABLE settlement_comparison_difference (
    comparison     uuid NOT NULL,
    object         uuid,
    our_gross      bigint,
    our_fee        bigint,
    our_promised   bigint,
    their_gross    bigint,
    their_fee      bigint,
    their_net      bigint,
    their_promised bigint,
    book_id        int NOT NULL,
    place          int NOT NULL CHECK (place BETWEEN 1 AND 10000),
    their_line     int NOT NULL CHECK (their_line >= 0),
    difference     text NOT NULL CHECK (difference IN ('not_ours', 'not_theirs', 'amount', 'fee', 'state', 'day', 'currency', 'duplicate',
                                                       'unreadable')),
    column_name    text NOT NULL CHECK (char_length(column_name) <= 100),
    our_kind       text NOT NULL CHECK (our_kind IN ('', 'charge', 'refund', 'dispute', 'dispute_won', 'pledge')),
    their_kind     text NOT NULL CHECK (their_kind IN ('', 'charge', 'refund', 'dispute', 'dispute_won', 'pledge')),
    our_turn       text NOT NULL CHECK (our_turn IN ('', 'made', 'changed', 'moved_in', 'moved_away', 'ended')),
    their_turn     text NOT NULL CHECK (their_turn IN ('', 'made', 'changed', 'moved_in', 'moved_away', 'ended')),
    our_currency   text NOT NULL CHECK (our_currency ~ '^([A-Z]{3})?$'),
    their_currency text NOT NULL CHECK (their_currency ~ '^([A-Z]{3})?$'),
    reference      text NOT NULL CHECK (char_length(reference) <= 200),
    PRIMARY KEY (book_id, comparison, place),
    FOREIGN KEY (book_id, comparison) REFERENCES settlement_comparison (book_id, id),
    CHECK ((object IS NULL) = (our_kind = '')),
    CHECK (num_nulls(our_gross, our_fee, our_promised) = CASE WHEN our_kind = '' THEN 3 ELSE 0 END),
    CHECK ((difference IN ('not_ours', 'duplicate', 'unreadable')) = (our_kind = '')),
    CHECK ((difference = 'not_theirs') = (their_line = 0)),
    CHECK ((difference = 'unreadable') = (column_name <> '')),
    CHECK (reference = '' OR difference IN ('not_ours', 'duplicate'))
);
SELECT ledger_distribute('settlement_comparison_difference');
COMMENT ON TABLE settlement_comparison_difference IS 'What a partner''s list of a day says differently, line by line, with the figures of both.';
COMMENT ON COLUMN settlement_comparison_difference.comparison IS 'Of which comparison.';
COMMENT ON COLUMN settlement_comparison_difference.object IS 'The charge, refund, chargeback or pledge of our line; null without one.';
COMMENT ON COLUMN settlement_comparison_difference.our_gross IS 'Minor units of our line; null without one.';
COMMENT ON COLUMN settlement_comparison_difference.our_fee IS 'Minor units of our line; null without one.';
COMMENT ON COLUMN settlement_comparison_difference.our_promised IS 'Minor units of our line, 0 but of a pledge; null without one.';
COMMENT ON COLUMN settlement_comparison_difference.their_gross IS 'Minor units of their line; null when it does not say.';
COMMENT ON COLUMN settlement_comparison_difference.their_fee IS 'Minor units of their line; null when it does not say.';
COMMENT ON COLUMN settlement_comparison_difference.their_net IS 'Minor units of their line; null when it does not say.';
COMMENT ON COLUMN settlement_comparison_difference.their_promised IS 'Minor units of their line; null when it does not say.';
COMMENT ON COLUMN settlement_comparison_difference.book_id IS 'The book.';
COMMENT ON COLUMN settlement_comparison_difference.place IS 'Its place in the comparison, from 1.';
COMMENT ON COLUMN settlement_comparison_difference.their_line IS 'The line of their text at which theirs begins, from 1; 0 without one.';
COMMENT ON COLUMN settlement_comparison_difference.difference IS 'The word for what differs.';
COMMENT ON COLUMN settlement_comparison_difference.column_name IS 'The column that could not be read; empty otherwise.';
COMMENT ON COLUMN settlement_comparison_difference.our_kind IS 'Kind of our line; empty without one.';
COMMENT ON COLUMN settlement_comparison_difference.their_kind IS 'Kind of their line; empty without one.';
COMMENT ON COLUMN settlement_comparison_difference.our_turn IS 'How the pledge of our line went on; empty of other kinds.';
COMMENT ON COLUMN settlement_comparison_difference.their_turn IS 'How the pledge of their line went on; empty of other kinds, and when it does not say.';
COMMENT ON COLUMN settlement_comparison_difference.our_currency IS 'ISO 4217; empty without our line.';
COMMENT ON COLUMN settlement_comparison_difference.their_currency IS 'ISO 4217; empty without their line.';
COMMENT ON COLUMN settlement_comparison_difference.reference IS 'How their line is called, of one that nothing here matches; empty otherwise.';
