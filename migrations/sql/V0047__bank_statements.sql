-- Files of bank statements, what their lines are booked as, and what a bank gives or takes back.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES (71, 'bank_fee_returned'), (72, 'interest_returned');
INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('bank_fee_returned', 'cash', 'bank_charges'),
    ('interest_returned', 'interest_income', 'cash')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE bank_statement_file (
    id          uuid NOT NULL,
    custodian   uuid NOT NULL,
    received_by uuid NOT NULL,
    bytes       bigint NOT NULL CHECK (bytes > 0),
    lines       bigint NOT NULL CHECK (lines BETWEEN 0 AND 2000000),
    taken       bigint NOT NULL DEFAULT 0 CHECK (taken >= 0),
    known       bigint NOT NULL DEFAULT 0 CHECK (known >= 0),
    skipped     bigint NOT NULL CHECK (skipped >= 0),
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    received_at timestamptz NOT NULL,
    book_id     int NOT NULL,
    format      text NOT NULL CHECK (format IN ('camt053', 'csv')),
    state       text NOT NULL CHECK (state IN ('received', 'imported', 'refused')),
    problem     text NOT NULL DEFAULT '' CHECK (char_length(problem) <= 1000),
    sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, custodian, sha256),
    CHECK (taken + known <= lines),
    CHECK (state <> 'imported' OR taken + known = lines),
    CHECK ((state = 'refused') = (problem <> ''))
);
SELECT ledger_distribute('bank_statement_file');
COMMENT ON TABLE bank_statement_file IS 'A file of bank statements that came, of which names, accounts and free texts are not kept.';
COMMENT ON COLUMN bank_statement_file.id IS 'UUIDv7 in the outside id bsf_.';
COMMENT ON COLUMN bank_statement_file.custodian IS 'Organisation whose account it is of.';
COMMENT ON COLUMN bank_statement_file.received_by IS 'The person who sent it.';
COMMENT ON COLUMN bank_statement_file.bytes IS 'How many bytes it has.';
COMMENT ON COLUMN bank_statement_file.lines IS 'How many lines it has.';
COMMENT ON COLUMN bank_statement_file.taken IS 'How many of its lines are in, as they were new.';
COMMENT ON COLUMN bank_statement_file.known IS 'How many of its lines were there before.';
COMMENT ON COLUMN bank_statement_file.skipped IS 'Entries that are no lines: of nothing, or not booked by the bank yet.';
COMMENT ON COLUMN bank_statement_file.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN bank_statement_file.received_at IS 'Book time.';
COMMENT ON COLUMN bank_statement_file.book_id IS 'The book.';
COMMENT ON COLUMN bank_statement_file.format IS 'camt053 or csv.';
COMMENT ON COLUMN bank_statement_file.state IS 'received while its lines go in, imported when all are in, or refused.';
COMMENT ON COLUMN bank_statement_file.problem IS 'Why it was refused; empty otherwise.';
COMMENT ON COLUMN bank_statement_file.sha256 IS 'Of its bytes: the same file twice is one.';

CREATE TABLE bank_statement (
    file       uuid NOT NULL,
    custodian  uuid NOT NULL,
    lines      bigint NOT NULL CHECK (lines >= 0),
    opening    bigint,
    closing    bigint,
    credits    bigint NOT NULL CHECK (credits >= 0),
    debits     bigint NOT NULL CHECK (debits >= 0),
    book_id    int NOT NULL,
    number     int NOT NULL CHECK (number BETWEEN 1 AND 1000),
    opening_on date,
    closing_on date,
    currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    account    text NOT NULL CHECK (char_length(account) <= 4),
    name       text NOT NULL CHECK (char_length(name) <= 200),
    PRIMARY KEY (book_id, file, number),
    FOREIGN KEY (book_id, file) REFERENCES bank_statement_file (book_id, id),
    CHECK ((opening IS NULL) = (opening_on IS NULL)),
    CHECK ((closing IS NULL) = (closing_on IS NULL)),
    CHECK (opening::numeric + credits - debits = closing)
);
SELECT ledger_distribute('bank_statement');
CREATE INDEX bank_statement_closing ON bank_statement (book_id, custodian, currency, account, closing_on)
    WHERE closing_on IS NOT NULL;
COMMENT ON TABLE bank_statement IS 'A statement of a file: its balances, and what its lines come to.';
COMMENT ON COLUMN bank_statement.file IS 'The file in which it stands.';
COMMENT ON COLUMN bank_statement.custodian IS 'Organisation whose account it is of.';
COMMENT ON COLUMN bank_statement.lines IS 'How many lines it has.';
COMMENT ON COLUMN bank_statement.opening IS 'Minor units before its first line; null when it tells none.';
COMMENT ON COLUMN bank_statement.closing IS 'Minor units after its last line; null when it tells none.';
COMMENT ON COLUMN bank_statement.credits IS 'Minor units that came by its lines.';
COMMENT ON COLUMN bank_statement.debits IS 'Minor units that left by them, with fees.';
COMMENT ON COLUMN bank_statement.book_id IS 'The book.';
COMMENT ON COLUMN bank_statement.number IS 'Its place in the file, from 1.';
COMMENT ON COLUMN bank_statement.opening_on IS 'The day of the opening balance; null without one.';
COMMENT ON COLUMN bank_statement.closing_on IS 'The day of the closing balance; null without one.';
COMMENT ON COLUMN bank_statement.currency IS 'ISO 4217.';
COMMENT ON COLUMN bank_statement.account IS 'The last four characters of the account; empty when the file names none.';
COMMENT ON COLUMN bank_statement.name IS 'How the bank names it; empty when it does not.';

CREATE TABLE bank_statement_line (
    file               uuid NOT NULL,
    amount             bigint NOT NULL CHECK (amount > 0),
    fee                bigint NOT NULL CHECK (fee >= 0),
    number             bigint NOT NULL CHECK (number > 0),
    book_id            int NOT NULL,
    value_on           date NOT NULL,
    is_debit           boolean NOT NULL,
    currency           text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reference          text NOT NULL CHECK (char_length(reference) BETWEEN 1 AND 200),
    end_to_end         text NOT NULL CHECK (char_length(end_to_end) <= 200),
    creditor_reference text NOT NULL CHECK (char_length(creditor_reference) <= 35),
    bank_code          text NOT NULL CHECK (char_length(bank_code) <= 35),
    return_reason      text NOT NULL CHECK (char_length(return_reason) <= 35),
    PRIMARY KEY (book_id, file, number),
    UNIQUE (book_id, file, reference)
);
SELECT ledger_distribute('bank_statement_line');
COMMENT ON TABLE bank_statement_line IS 'A line of a file that is to go in: gone once it is a bank_line.';
COMMENT ON COLUMN bank_statement_line.file IS 'The file.';
COMMENT ON COLUMN bank_statement_line.amount IS 'Minor units that moved, without the fee.';
COMMENT ON COLUMN bank_statement_line.fee IS 'Minor units that the bank took besides.';
COMMENT ON COLUMN bank_statement_line.number IS 'Its place in the file, from 1.';
COMMENT ON COLUMN bank_statement_line.book_id IS 'The book.';
COMMENT ON COLUMN bank_statement_line.value_on IS 'The day on which it counts: that of booking.';
COMMENT ON COLUMN bank_statement_line.is_debit IS 'Whether the money left.';
COMMENT ON COLUMN bank_statement_line.currency IS 'ISO 4217.';
COMMENT ON COLUMN bank_statement_line.reference IS 'How the bank names the line, or how it is named by its content.';
COMMENT ON COLUMN bank_statement_line.end_to_end IS 'The end-to-end id that stands in it; empty when there is none.';
COMMENT ON COLUMN bank_statement_line.creditor_reference IS 'What it is paid for, by the payee''s own reference; empty when it says none.';
COMMENT ON COLUMN bank_statement_line.bank_code IS 'The bank''s code of its kind; empty when it says none.';
COMMENT ON COLUMN bank_statement_line.return_reason IS 'Why the money came back, by the bank''s code; empty when it does not say that it did.';

ALTER TABLE bank_line ADD COLUMN file uuid;
ALTER TABLE bank_line ADD COLUMN booked_as text NOT NULL DEFAULT '';
ALTER TABLE bank_line ADD COLUMN creditor_reference text NOT NULL DEFAULT '';
ALTER TABLE bank_line ADD COLUMN bank_code text NOT NULL DEFAULT '';
ALTER TABLE bank_line ADD COLUMN return_reason text NOT NULL DEFAULT '';
ALTER TABLE bank_line ADD CONSTRAINT bank_line_file_fkey
    FOREIGN KEY (book_id, file) REFERENCES bank_statement_file (book_id, id);
ALTER TABLE bank_line ADD CONSTRAINT bank_line_booked_as_check CHECK (booked_as IN ('', 'bank_fee', 'interest', 'entry'));
ALTER TABLE bank_line ADD CONSTRAINT bank_line_creditor_reference_check CHECK (char_length(creditor_reference) <= 35);
ALTER TABLE bank_line ADD CONSTRAINT bank_line_bank_code_check CHECK (char_length(bank_code) <= 35);
ALTER TABLE bank_line ADD CONSTRAINT bank_line_return_reason_check CHECK (char_length(return_reason) <= 35);
ALTER TABLE bank_line DROP CONSTRAINT bank_line_state_check;
ALTER TABLE bank_line ADD CONSTRAINT bank_line_state_check CHECK (state IN ('open', 'matched', 'booked'));
ALTER TABLE bank_line DROP CONSTRAINT bank_line_check1;
ALTER TABLE bank_line ADD CONSTRAINT bank_line_check1 CHECK ((state = 'open') = (entry = 0));
ALTER TABLE bank_line DROP CONSTRAINT bank_line_check2;
ALTER TABLE bank_line ADD CONSTRAINT bank_line_check2 CHECK ((state = 'open') = (why <> ''));
ALTER TABLE bank_line ADD CONSTRAINT bank_line_check3 CHECK ((state = 'booked') = (booked_as <> ''));
CREATE UNIQUE INDEX bank_line_of_entry ON bank_line (book_id, entry) WHERE entry > 0;
CREATE INDEX bank_line_open_on ON bank_line (book_id, custodian, currency, value_on) WHERE state = 'open';
COMMENT ON COLUMN bank_line.file IS 'The file that it came with; null when it was sent by itself.';
COMMENT ON COLUMN bank_line.booked_as IS 'What a person of the host says that it is: bank_fee, interest, or entry, one of the book that it has already; empty when it is not booked so.';
COMMENT ON COLUMN bank_line.creditor_reference IS 'What it is paid for, by the payee''s own reference; empty when it says none.';
COMMENT ON COLUMN bank_line.bank_code IS 'The bank''s code of its kind; empty when it says none.';
COMMENT ON COLUMN bank_line.return_reason IS 'Why the money came back, by the bank''s code; empty when it does not say that it did.';
COMMENT ON COLUMN bank_line.version IS 'Raised when it is matched, booked, or open again.';
COMMENT ON COLUMN bank_line.state IS 'open while nobody knows what it is, matched with a payout, or booked as what a person says that it is.';
COMMENT ON COLUMN bank_line.why IS 'Why it is open: reference_unknown, amount_differs, state_differs or cash_short; empty when it is not.';
