-- Gifts by transfer: a line of a bank statement that carries our reference is one, and what came and matches nothing waits in suspense.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES (70, 'suspense_explained');
INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM movement_kind k, account_class d, account_class c
 WHERE k.name = 'suspense_explained' AND d.name = 'suspense' AND c.name = 'cash';

ALTER TABLE book ADD COLUMN transfers_to uuid;
COMMENT ON COLUMN book.transfers_to IS 'Organisation to whose bank account donors transfer: campaigns and pledges show their references, and what comes there unnamed waits in suspense. Null when they do not.';

ALTER TABLE settlement ADD COLUMN bank_line uuid;
ALTER TABLE settlement ADD CONSTRAINT settlement_bank_line_fkey FOREIGN KEY (book_id, bank_line) REFERENCES bank_line (book_id, id);
ALTER TABLE settlement ADD CONSTRAINT settlement_by_line CHECK (bank_line IS NULL OR (reference <> '' AND entry > 0 AND missing = 0));
CREATE UNIQUE INDEX settlement_of_bank_line ON settlement (book_id, bank_line) WHERE bank_line IS NOT NULL;
COMMENT ON COLUMN settlement.bank_line IS 'The line of a bank statement that is the gift of which it is; null of all others.';

ALTER TABLE charge DROP CONSTRAINT charge_came;
ALTER TABLE charge ADD CONSTRAINT charge_came CHECK (CASE WHEN promised_amount IS NULL THEN came_amount IS NULL OR amount = came_amount
    ELSE amount = coalesce(came_amount, promised_amount) END);
COMMENT ON COLUMN charge.came_amount IS 'What came of it instead: then the amount is this. Of a payment in another currency a fifth more or less at most, of a transfer whatever its line says. Null when it is what was promised.';

ALTER TABLE suspense_item ALTER COLUMN pledge DROP NOT NULL;
ALTER TABLE suspense_item ALTER COLUMN settlement DROP NOT NULL;
ALTER TABLE suspense_item ADD COLUMN line uuid;
ALTER TABLE suspense_item ADD COLUMN why text NOT NULL DEFAULT 'reported';
ALTER TABLE suspense_item ADD CONSTRAINT suspense_item_line_fkey FOREIGN KEY (book_id, line) REFERENCES bank_line (book_id, id);
ALTER TABLE suspense_item ADD CONSTRAINT suspense_item_why_check CHECK (why IN ('reported', 'reference_unknown', 'currency_differs',
    'campaign_not_open', 'campaign_full', 'custodian_withdrawn', 'book_winding_up', 'pledge_over', 'nothing_due'));
ALTER TABLE suspense_item ADD CONSTRAINT suspense_item_of CHECK (CASE WHEN line IS NULL
    THEN why = 'reported' AND pledge IS NOT NULL AND settlement IS NOT NULL ELSE why <> 'reported' AND settlement IS NULL END);
ALTER TABLE suspense_item DROP CONSTRAINT suspense_item_state_check;
ALTER TABLE suspense_item ADD CONSTRAINT suspense_item_state_check CHECK (state IN ('open', 'matched', 'returned', 'explained'));
ALTER TABLE suspense_item ADD CONSTRAINT suspense_item_explained CHECK (state <> 'explained' OR line IS NOT NULL);
CREATE UNIQUE INDEX suspense_item_of_line ON suspense_item (book_id, line) WHERE line IS NOT NULL;
COMMENT ON TABLE suspense_item IS 'Money that a custodian has and that nothing explains, until somebody says whose payment it is.';
COMMENT ON COLUMN suspense_item.pledge IS 'The pledge for which it came; null when that is not known.';
COMMENT ON COLUMN suspense_item.settlement IS 'With which it arrives; null of a line of a bank statement, which has arrived.';
COMMENT ON COLUMN suspense_item.line IS 'The line of a bank statement by which it came; null when a partner reported it.';
COMMENT ON COLUMN suspense_item.why IS 'Why it waits: reported by its partner; else why the line is no gift: reference_unknown, currency_differs, campaign_not_open, campaign_full, custodian_withdrawn, book_winding_up, pledge_over or nothing_due.';
COMMENT ON COLUMN suspense_item.state IS 'open, matched, returned, or explained: the line was booked as something else.';
COMMENT ON COLUMN suspense_item.event_id IS 'How the partner names the event, or the bank the line.';
COMMENT ON COLUMN suspense_item.provider_reference IS 'How the partner names the payment; of a line its outside id.';

ALTER TABLE bank_line ADD COLUMN charge uuid;
ALTER TABLE bank_line ADD COLUMN suspense uuid;
ALTER TABLE bank_line ADD CONSTRAINT bank_line_charge_fkey FOREIGN KEY (book_id, charge) REFERENCES charge (book_id, id);
ALTER TABLE bank_line ADD CONSTRAINT bank_line_suspense_fkey FOREIGN KEY (book_id, suspense) REFERENCES suspense_item (book_id, id);
ALTER TABLE bank_line DROP CONSTRAINT bank_line_state_check;
ALTER TABLE bank_line ADD CONSTRAINT bank_line_state_check CHECK (state IN ('open', 'matched', 'booked', 'gift', 'suspense'));
ALTER TABLE bank_line ADD CONSTRAINT bank_line_check4 CHECK ((state = 'gift') = (charge IS NOT NULL));
ALTER TABLE bank_line ADD CONSTRAINT bank_line_check5 CHECK ((state = 'suspense') = (suspense IS NOT NULL));
ALTER TABLE bank_line DROP CONSTRAINT bank_line_why_check;
ALTER TABLE bank_line ADD CONSTRAINT bank_line_why_check CHECK (why IN ('', 'reference_unknown', 'amount_differs', 'state_differs',
    'cash_short', 'reversal', 'custodian_frozen'));
COMMENT ON COLUMN bank_line.charge IS 'The charge that it is, as a gift by transfer; null of all others.';
COMMENT ON COLUMN bank_line.suspense IS 'The money in suspense that it is; null of all others.';
COMMENT ON COLUMN bank_line.state IS 'open while nobody knows what it is, matched with a payout, booked as what a person says that it is, a gift by transfer, or money in suspense.';
COMMENT ON COLUMN bank_line.why IS 'Why it is open: reference_unknown, amount_differs, state_differs, cash_short, reversal (money with the reference of a gift left) or custodian_frozen; empty when it is not.';
