-- Payouts of what is owed to teams, and the lines of bank statements by which they settle.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE payout_policy (
    threshold bigint CHECK (threshold >= 0),
    set_at    timestamptz NOT NULL,
    book_id   int NOT NULL PRIMARY KEY,
    late_days smallint NOT NULL CHECK (late_days BETWEEN 1 AND 60)
);
SELECT ledger_distribute('payout_policy');
COMMENT ON TABLE payout_policy IS 'How a book pays out, where its host has said so.';
COMMENT ON COLUMN payout_policy.threshold IS 'Minor units of the book''s currency above which requester, approver and payer are three people; null for none.';
COMMENT ON COLUMN payout_policy.set_at IS 'Book time.';
COMMENT ON COLUMN payout_policy.book_id IS 'The book.';
COMMENT ON COLUMN payout_policy.late_days IS 'Bank days after which a payout that was sent and has no line of a statement is late.';

CREATE TABLE payout (
    id            uuid NOT NULL,
    payee         uuid NOT NULL,
    custodian     uuid NOT NULL,
    claim         uuid,
    bank_account  uuid,
    requested_by  uuid NOT NULL,
    approved_by   uuid,
    sent_by       uuid,
    amount        bigint NOT NULL CHECK (amount > 0),
    fee           bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    returned      bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),
    sent_entry    bigint NOT NULL DEFAULT 0,
    end_entry     bigint NOT NULL DEFAULT 0,
    version       bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    requested_at  timestamptz NOT NULL,
    state_until   timestamptz,
    book_id       int NOT NULL,
    payable       int NOT NULL,
    release       int,
    sent_on       date,
    late_from     date,
    settled_on    date,
    source        text NOT NULL CHECK (source IN ('team', 'prize')),
    state         text NOT NULL CHECK (state IN
                      ('requested', 'approved', 'screened', 'held', 'sent', 'settled', 'failed', 'returned', 'cancelled')),
    screening     text NOT NULL DEFAULT '' CHECK (screening IN ('', 'none', 'clear', 'hit', 'released')),
    currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reference     text NOT NULL CHECK (reference ~ '^[A-Z0-9]{10,35}$'),
    memo          text NOT NULL DEFAULT '' CHECK (char_length(memo) <= 200),
    reason        text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    approved      bytea CHECK (octet_length(approved) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, reference),
    FOREIGN KEY (book_id, payable) REFERENCES account (book_id, number),
    FOREIGN KEY (book_id, bank_account) REFERENCES bank_account (book_id, id),
    FOREIGN KEY (book_id, claim) REFERENCES claim (book_id, id),
    CHECK ((claim IS NULL) = (release IS NULL)),
    CHECK (approved_by <> requested_by),
    CHECK ((approved_by IS NULL) = (approved IS NULL)),
    CHECK ((approved_by IS NULL) = (bank_account IS NULL)),
    CHECK (state NOT IN ('approved', 'screened', 'held', 'sent', 'settled', 'failed', 'returned') OR approved_by IS NOT NULL),
    CHECK ((state IN ('requested', 'approved', 'screened', 'held')) = (state_until IS NOT NULL)),
    CHECK ((state IN ('sent', 'settled', 'failed', 'returned')) = (sent_entry > 0)),
    CHECK ((sent_entry > 0) = (sent_by IS NOT NULL AND sent_on IS NOT NULL AND late_from IS NOT NULL)),
    CHECK ((state IN ('settled', 'failed', 'returned')) = (end_entry > sent_entry)),
    CHECK ((state IN ('settled', 'returned')) = (settled_on IS NOT NULL)),
    CHECK (fee <= amount),
    CHECK ((state = 'returned') = (returned > 0)),
    CHECK (state NOT IN ('screened', 'sent', 'settled', 'failed', 'returned') OR screening IN ('none', 'clear', 'released'))
);
SELECT ledger_distribute('payout');
CREATE UNIQUE INDEX payout_of_release ON payout (book_id, claim, release)
    WHERE claim IS NOT NULL AND state NOT IN ('failed', 'returned', 'cancelled');
CREATE INDEX payout_open ON payout (book_id, payable) WHERE state IN ('requested', 'approved', 'screened', 'held');
CREATE INDEX payout_sent ON payout (book_id, late_from) WHERE state = 'sent';
CREATE INDEX payout_of_payee ON payout (book_id, payee, id);
COMMENT ON TABLE payout IS 'What is paid of an amount that is owed. It settles by the line of a bank statement, and by nothing else.';
COMMENT ON COLUMN payout.id IS 'UUIDv7 in the outside id pay_.';
COMMENT ON COLUMN payout.payee IS 'The organisation that is paid.';
COMMENT ON COLUMN payout.custodian IS 'Organisation from whose cash it is paid: the host, or a partner platform.';
COMMENT ON COLUMN payout.claim IS 'The claim whose release it pays; null when it names none.';
COMMENT ON COLUMN payout.bank_account IS 'Where it goes, by the approval that stands; null before.';
COMMENT ON COLUMN payout.requested_by IS 'The person who asked for it.';
COMMENT ON COLUMN payout.approved_by IS 'The person who approved it; null before, and after the approval fell.';
COMMENT ON COLUMN payout.sent_by IS 'The person who sent it; null before.';
COMMENT ON COLUMN payout.amount IS 'Minor units of what is owed that it pays.';
COMMENT ON COLUMN payout.fee IS 'Minor units that the bank kept of it: the payee has borne them.';
COMMENT ON COLUMN payout.returned IS 'Minor units that came back.';
COMMENT ON COLUMN payout.sent_entry IS 'Record number of the entry by which it was sent; 0 before.';
COMMENT ON COLUMN payout.end_entry IS 'Record number of the last entry that settled, failed or returned it; 0 before.';
COMMENT ON COLUMN payout.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN payout.requested_at IS 'Book time.';
COMMENT ON COLUMN payout.state_until IS 'Book time at which one that nobody sends is cancelled; null once it was sent, or is over.';
COMMENT ON COLUMN payout.book_id IS 'The book.';
COMMENT ON COLUMN payout.payable IS 'Number of the account of what is owed.';
COMMENT ON COLUMN payout.release IS 'Which release of the claim it pays, from 1.';
COMMENT ON COLUMN payout.sent_on IS 'The day on which it was sent.';
COMMENT ON COLUMN payout.late_from IS 'The first day on which it is late while no line of a statement has it.';
COMMENT ON COLUMN payout.settled_on IS 'The value day of the line by which it settled.';
COMMENT ON COLUMN payout.source IS 'What is paid: team, what milestones released; prize, what challenges awarded.';
COMMENT ON COLUMN payout.state IS 'requested, approved, screened, held, sent, settled, failed, returned or cancelled.';
COMMENT ON COLUMN payout.screening IS 'What screening said: none when there is none, clear, hit, released by an operator; empty before.';
COMMENT ON COLUMN payout.currency IS 'ISO 4217.';
COMMENT ON COLUMN payout.reference IS 'The end-to-end id by which a bank knows it: another one for each payout.';
COMMENT ON COLUMN payout.memo IS 'What the payee reads beside it, without personal data.';
COMMENT ON COLUMN payout.reason IS 'Why it is held, failed, returned or cancelled, without personal data.';
COMMENT ON COLUMN payout.approved IS 'SHA-256 of payee, amount and bank account as they were approved.';

CREATE TABLE bank_line (
    id          uuid NOT NULL,
    custodian   uuid NOT NULL,
    payout      uuid,
    amount      bigint NOT NULL CHECK (amount > 0),
    fee         bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    entry       bigint NOT NULL DEFAULT 0,
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    recorded_at timestamptz NOT NULL,
    book_id     int NOT NULL,
    value_on    date NOT NULL,
    is_debit    boolean NOT NULL,
    state       text NOT NULL CHECK (state IN ('open', 'matched')),
    why         text NOT NULL DEFAULT '' CHECK (why IN ('', 'reference_unknown', 'amount_differs', 'state_differs', 'cash_short')),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reference   text NOT NULL CHECK (char_length(reference) BETWEEN 1 AND 200),
    end_to_end  text NOT NULL CHECK (char_length(end_to_end) <= 200),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, custodian, reference),
    FOREIGN KEY (book_id, payout) REFERENCES payout (book_id, id),
    CHECK ((state = 'matched') = (payout IS NOT NULL)),
    CHECK ((state = 'matched') = (entry > 0)),
    CHECK ((state = 'matched') = (why = ''))
);
SELECT ledger_distribute('bank_line');
CREATE UNIQUE INDEX bank_line_of_payout ON bank_line (book_id, payout, is_debit) WHERE payout IS NOT NULL;
CREATE INDEX bank_line_open ON bank_line (book_id, end_to_end) WHERE state = 'open';
COMMENT ON TABLE bank_line IS 'A line of a bank statement of whoever holds cash of the book.';
COMMENT ON COLUMN bank_line.id IS 'UUIDv7 in the outside id bln_.';
COMMENT ON COLUMN bank_line.custodian IS 'Organisation whose account the statement is of.';
COMMENT ON COLUMN bank_line.payout IS 'The payout that it settles or brings back; null while it matches none.';
COMMENT ON COLUMN bank_line.amount IS 'Minor units that moved, without the fee.';
COMMENT ON COLUMN bank_line.fee IS 'Minor units that the bank took besides: of the cash with a debit, of what came back with a credit.';
COMMENT ON COLUMN bank_line.entry IS 'Record number of the entry that it brought; 0 before.';
COMMENT ON COLUMN bank_line.version IS 'Raised when it is matched.';
COMMENT ON COLUMN bank_line.recorded_at IS 'Book time.';
COMMENT ON COLUMN bank_line.book_id IS 'The book.';
COMMENT ON COLUMN bank_line.value_on IS 'Its value day.';
COMMENT ON COLUMN bank_line.is_debit IS 'Whether the money left: a debit of the account; else it came.';
COMMENT ON COLUMN bank_line.state IS 'open while it matches nothing, or matched.';
COMMENT ON COLUMN bank_line.why IS 'Why it matches nothing yet: reference_unknown, amount_differs, state_differs or cash_short; empty when it is matched.';
COMMENT ON COLUMN bank_line.currency IS 'ISO 4217.';
COMMENT ON COLUMN bank_line.reference IS 'How the bank names the line: unique for a custodian.';
COMMENT ON COLUMN bank_line.end_to_end IS 'The end-to-end id that stands in it; empty when there is none.';
