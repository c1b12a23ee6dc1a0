-- Sums that follow the journal by account, day and way of moving, in rows of 64 accounts; and where in the journal a day lies.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- Rows are of up to some 6 kB and stay in their pages: 8160 keeps them out of TOAST and uncompressed. No CHECK, as each
-- statement would read and prepare it again; what is written here can be made anew from the journal.
CREATE TABLE recent_total (
    through  bigint NOT NULL,
    book_id  int NOT NULL,
    block    int NOT NULL,
    late     boolean NOT NULL,
    days     date[] NOT NULL,
    accounts int[] NOT NULL,
    kinds    smallint[] NOT NULL,
    debits   bigint[] NOT NULL,
    credits  bigint[] NOT NULL,
    PRIMARY KEY (book_id, block, late, through)
) WITH (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
SELECT ledger_distribute('recent_total');
COMMENT ON TABLE recent_total IS 'What accounts moved in the transfers rolled up last: a row for each roll-up and block of 64 accounts, until it is laid into day_total and running_total.';
COMMENT ON COLUMN recent_total.through IS 'The last transfer.pos of the roll-up.';
COMMENT ON COLUMN recent_total.book_id IS 'The book.';
COMMENT ON COLUMN recent_total.block IS 'account >> 6.';
COMMENT ON COLUMN recent_total.late IS 'Of months before the one of most of the roll-up: raises many rows of running_total and so waits for more of its like.';
COMMENT ON COLUMN recent_total.days IS 'Effective day of each element; the five arrays run in step.';
COMMENT ON COLUMN recent_total.accounts IS 'Account of each element.';
COMMENT ON COLUMN recent_total.kinds IS 'Way the money moved, of each element: movement_kind.';
COMMENT ON COLUMN recent_total.debits IS 'Minor units.';
COMMENT ON COLUMN recent_total.credits IS 'Minor units.';

CREATE TABLE day_total (
    book_id  int NOT NULL,
    day      date NOT NULL,
    block    int NOT NULL,
    accounts int[] NOT NULL,
    kinds    smallint[] NOT NULL,
    debits   bigint[] NOT NULL,
    credits  bigint[] NOT NULL,
    PRIMARY KEY (book_id, day, block)
) WITH (toast_tuple_target = 8160);
SELECT ledger_distribute('day_total');
COMMENT ON TABLE day_total IS 'What the accounts of a block of 64 moved with effect on a day, rolled up from the journal outside the posting transaction.';
COMMENT ON COLUMN day_total.book_id IS 'The book.';
COMMENT ON COLUMN day_total.day IS 'Effective day.';
COMMENT ON COLUMN day_total.block IS 'account >> 6.';
COMMENT ON COLUMN day_total.accounts IS 'Account of each element; the four arrays run in step.';
COMMENT ON COLUMN day_total.kinds IS 'Way the money moved, of each element: movement_kind.';
COMMENT ON COLUMN day_total.debits IS 'Minor units.';
COMMENT ON COLUMN day_total.credits IS 'Minor units.';

CREATE TABLE running_total (
    book_id  int NOT NULL,
    block    int NOT NULL,
    until    date NOT NULL,
    accounts int[] NOT NULL,
    kinds    smallint[] NOT NULL,
    debits   bigint[] NOT NULL,
    credits  bigint[] NOT NULL,
    PRIMARY KEY (book_id, block, until)
) WITH (toast_tuple_target = 8160);
SELECT ledger_distribute('running_total');
COMMENT ON TABLE running_total IS 'All that the accounts of a block of 64 moved until the end of a third of a month, a row for each in which one of them moved; goes with day_total.';
COMMENT ON COLUMN running_total.book_id IS 'The book.';
COMMENT ON COLUMN running_total.block IS 'account >> 6.';
COMMENT ON COLUMN running_total.until IS 'The 10th, the 20th or the last day of a month; it and all days before it count.';
COMMENT ON COLUMN running_total.accounts IS 'Account of each element; the four arrays run in step.';
COMMENT ON COLUMN running_total.kinds IS 'Way the money moved, of each element: movement_kind.';
COMMENT ON COLUMN running_total.debits IS 'Minor units.';
COMMENT ON COLUMN running_total.credits IS 'Minor units.';

CREATE TABLE day_span (
    first_pos bigint NOT NULL,
    last_pos  bigint NOT NULL CHECK (last_pos >= first_pos),
    book_id   int NOT NULL,
    day       date NOT NULL,
    PRIMARY KEY (book_id, day)
);
SELECT ledger_distribute('day_span');
COMMENT ON TABLE day_span IS 'Between which positions of the journal the transfers of a day lie; rolled up with day_total.';
COMMENT ON COLUMN day_span.first_pos IS 'The first transfer.pos that takes effect on this day.';
COMMENT ON COLUMN day_span.last_pos IS 'The last one.';
COMMENT ON COLUMN day_span.book_id IS 'The book.';
COMMENT ON COLUMN day_span.day IS 'Effective day.';

CREATE TABLE day_total_progress (
    through bigint NOT NULL DEFAULT 0,
    book_id int PRIMARY KEY,
    recent  int NOT NULL DEFAULT 0,
    late    int NOT NULL DEFAULT 0
);
SELECT ledger_distribute('day_total_progress');
COMMENT ON TABLE day_total_progress IS 'How far the totals of a book follow its journal; readers add what came after.';
COMMENT ON COLUMN day_total_progress.through IS 'Last transfer.pos that is rolled up.';
COMMENT ON COLUMN day_total_progress.book_id IS 'The book.';
COMMENT ON COLUMN day_total_progress.recent IS 'Elements in recent_total that are not late.';
COMMENT ON COLUMN day_total_progress.late IS 'Elements in recent_total that are late.';
