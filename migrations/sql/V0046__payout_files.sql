-- Files by which payouts are handed to a bank, and the payouts of each.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE payout_file (
    id           uuid NOT NULL,
    custodian    uuid NOT NULL,
    debtor       uuid NOT NULL,
    asked_by     uuid NOT NULL,
    taken_by     uuid,
    total        bigint NOT NULL DEFAULT 0 CHECK (total >= 0),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    asked_at     timestamptz NOT NULL,
    ready_at     timestamptz,
    taken_at     timestamptz,
    book_id      int NOT NULL,
    items        int NOT NULL CHECK (items BETWEEN 1 AND 10000),
    sent         int NOT NULL DEFAULT 0 CHECK (sent >= 0),
    left_out     int NOT NULL DEFAULT 0 CHECK (left_out >= 0),
    execution_on date NOT NULL,
    format       text NOT NULL CHECK (format IN ('pain001', 'nacha_ccd', 'nacha_ppd', 'csv')),
    state        text NOT NULL CHECK (state IN ('building', 'ready', 'reported', 'withdrawn')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    originator   text NOT NULL DEFAULT '' CHECK (originator ~ '^[A-Z0-9]{0,10}$'),
    reason       text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    layout       jsonb,
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, debtor) REFERENCES bank_account (book_id, id),
    CHECK (sent + left_out <= items),
    CHECK ((state = 'building') = (ready_at IS NULL)),
    CHECK (state = 'building' OR sent + left_out = items),
    CHECK (state NOT IN ('ready', 'reported') OR sent > 0),
    CHECK ((taken_by IS NULL) = (taken_at IS NULL)),
    CHECK (taken_at IS NULL OR state <> 'building'),
    CHECK (state <> 'withdrawn' OR reason <> ''),
    CHECK (state NOT IN ('building', 'ready') OR reason = ''),
    CHECK ((format = 'csv') = (layout IS NOT NULL)),
    CHECK ((format IN ('nacha_ccd', 'nacha_ppd')) = (originator <> '')),
    CHECK (format NOT IN ('nacha_ccd', 'nacha_ppd') OR currency = 'USD')
);
SELECT ledger_distribute('payout_file');
COMMENT ON TABLE payout_file IS 'A file by which payouts are handed to a bank. Its text is kept nowhere: it is made of the rows whenever somebody takes it.';
COMMENT ON COLUMN payout_file.id IS 'UUIDv7 in the outside id pfl_.';
COMMENT ON COLUMN payout_file.custodian IS 'Organisation from whose cash it pays: the host, or a partner platform.';
COMMENT ON COLUMN payout_file.debtor IS 'Bank account of the custodian from which the bank pays it.';
COMMENT ON COLUMN payout_file.asked_by IS 'The person who asked for it, and sends its payouts.';
COMMENT ON COLUMN payout_file.taken_by IS 'The person who took its text last; null when nobody has.';
COMMENT ON COLUMN payout_file.total IS 'Minor units of the payouts that stand in it.';
COMMENT ON COLUMN payout_file.version IS 'Raised by every change of its state: its ETag.';
COMMENT ON COLUMN payout_file.asked_at IS 'Book time.';
COMMENT ON COLUMN payout_file.ready_at IS 'Book time at which the last of its payouts was sent or left out; null while it is built.';
COMMENT ON COLUMN payout_file.taken_at IS 'Book time at which its text was taken last; null when nobody has.';
COMMENT ON COLUMN payout_file.book_id IS 'The book.';
COMMENT ON COLUMN payout_file.items IS 'How many payouts it was asked for.';
COMMENT ON COLUMN payout_file.sent IS 'How many of them stand in it.';
COMMENT ON COLUMN payout_file.left_out IS 'How many of them were not sent.';
COMMENT ON COLUMN payout_file.execution_on IS 'The day on which the bank is asked to pay.';
COMMENT ON COLUMN payout_file.format IS 'pain001, nacha_ccd, nacha_ppd or csv.';
COMMENT ON COLUMN payout_file.state IS 'building, ready, reported or withdrawn.';
COMMENT ON COLUMN payout_file.currency IS 'ISO 4217, of all its payouts.';
COMMENT ON COLUMN payout_file.originator IS 'How the bank knows who orders, in the formats of NACHA; empty otherwise.';
COMMENT ON COLUMN payout_file.reason IS 'Why it was withdrawn, or why the bank rejected all of it; empty otherwise.';
COMMENT ON COLUMN payout_file.layout IS 'Columns, delimiter and decimal sign of a csv; null otherwise.';

CREATE TABLE payout_file_item (
    file    uuid NOT NULL,
    payout  uuid NOT NULL,
    book_id int NOT NULL,
    place   int NOT NULL CHECK (place BETWEEN 1 AND 10000),
    state   text NOT NULL CHECK (state IN ('waiting', 'sent', 'left_out')),
    why     text NOT NULL DEFAULT ''
                CHECK (why IN ('', 'state', 'same_person', 'frozen', 'debt_less', 'bank_country', 'amount', 'refused')),
    PRIMARY KEY (book_id, file, place),
    UNIQUE (book_id, file, payout),
    FOREIGN KEY (book_id, file) REFERENCES payout_file (book_id, id),
    FOREIGN KEY (book_id, payout) REFERENCES payout (book_id, id),
    CHECK ((state = 'left_out') = (why <> ''))
);
SELECT ledger_distribute('payout_file_item');
CREATE UNIQUE INDEX payout_file_item_once ON payout_file_item (book_id, payout) WHERE state <> 'left_out';
CREATE INDEX payout_file_item_waiting ON payout_file_item (book_id, file, place) WHERE state = 'waiting';
COMMENT ON TABLE payout_file_item IS 'A payout of a file. It stands in one file at most, but for those that left it out.';
COMMENT ON COLUMN payout_file_item.file IS 'The file.';
COMMENT ON COLUMN payout_file_item.payout IS 'The payout.';
COMMENT ON COLUMN payout_file_item.book_id IS 'The book.';
COMMENT ON COLUMN payout_file_item.place IS 'Its place in the file, from 1.';
COMMENT ON COLUMN payout_file_item.state IS 'waiting, sent or left_out.';
COMMENT ON COLUMN payout_file_item.why IS 'Why it was left out: state, same_person, frozen, debt_less, bank_country, amount or refused; empty otherwise.';

CREATE INDEX payout_screened ON payout (book_id, custodian, currency, id) WHERE state = 'screened';
