-- Sums that follow the journal: days, months so far, ways of moving, and where in the journal a day lies.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE day_total (
    debits  bigint NOT NULL CHECK (debits >= 0),
    credits bigint NOT NULL CHECK (credits >= 0),
    book_id int NOT NULL,
    day     date NOT NULL,
    account int NOT NULL,
    PRIMARY KEY (book_id, day, account)
);
SELECT ledger_distribute('day_total');
COMMENT ON TABLE day_total IS 'Sums of an account and day, rolled up from the journal outside the posting transaction.';
COMMENT ON COLUMN day_total.debits IS 'Minor units.';
COMMENT ON COLUMN day_total.credits IS 'Minor units.';
COMMENT ON COLUMN day_total.book_id IS 'The book.';
COMMENT ON COLUMN day_total.day IS 'Effective day.';
COMMENT ON COLUMN day_total.account IS 'The account.';

CREATE TABLE month_total (
    debits  bigint NOT NULL CHECK (debits >= 0),
    credits bigint NOT NULL CHECK (credits >= 0),
    book_id int NOT NULL,
    account int NOT NULL,
    month   date NOT NULL CHECK (extract(day FROM month) = 1),
    PRIMARY KEY (book_id, account, month)
) WITH (fillfactor = 70);
SELECT ledger_distribute('month_total');
COMMENT ON TABLE month_total IS 'All that an account moved until the end of a month, a row for each month in which it moved; rolled up with day_total.';
COMMENT ON COLUMN month_total.debits IS 'Minor units.';
COMMENT ON COLUMN month_total.credits IS 'Minor units.';
COMMENT ON COLUMN month_total.book_id IS 'The book.';
COMMENT ON COLUMN month_total.account IS 'The account.';
COMMENT ON COLUMN month_total.month IS 'First day of the month; days of it and of all months before it count.';

CREATE TABLE kind_total (
    debits  bigint NOT NULL CHECK (debits >= 0),
    credits bigint NOT NULL CHECK (credits >= 0),
    book_id int NOT NULL,
    account int NOT NULL,
    kind    smallint NOT NULL,
    PRIMARY KEY (book_id, account, kind)
) WITH (fillfactor = 70);
SELECT ledger_distribute('kind_total');
COMMENT ON TABLE kind_total IS 'All that an account moved in one way, whatever the day; rolled up with day_total.';
COMMENT ON COLUMN kind_total.debits IS 'Minor units.';
COMMENT ON COLUMN kind_total.credits IS 'Minor units.';
COMMENT ON COLUMN kind_total.book_id IS 'The book.';
COMMENT ON COLUMN kind_total.account IS 'The account.';
COMMENT ON COLUMN kind_total.kind IS 'Way the money moved: movement_kind.';

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
    summed  bigint NOT NULL DEFAULT 0,
    book_id int PRIMARY KEY,
    CONSTRAINT day_total_progress_whole CHECK (summed = through)
);
SELECT ledger_distribute('day_total_progress');
COMMENT ON TABLE day_total_progress IS 'Up to which position the journal is in day_total; readers add what came after.';
COMMENT ON COLUMN day_total_progress.through IS 'Last transfer.pos that is rolled up.';
COMMENT ON COLUMN day_total_progress.summed IS 'The same for month_total, kind_total and day_span: a roll-up keeps all of them or none.';
COMMENT ON COLUMN day_total_progress.book_id IS 'The book.';
