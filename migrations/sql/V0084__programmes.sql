-- Programmes: what is to be spent over months, in lines that accounts of the book are held against, from which money, and by how many people.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE programme (
    id           uuid NOT NULL,
    opened_by    uuid NOT NULL REFERENCES person (id),
    withdrawn_by uuid REFERENCES person (id),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    opened_at    timestamptz NOT NULL,
    withdrawn_at timestamptz CHECK (withdrawn_at >= opened_at),
    amount       bigint NOT NULL CHECK (amount > 0),
    book_id      int NOT NULL,
    first_month  date NOT NULL CHECK (extract(day FROM first_month) = 1),
    months       smallint NOT NULL CHECK (months BETWEEN 1 AND 60),
    lines        smallint NOT NULL CHECK (lines BETWEEN 1 AND 40),
    sources      smallint NOT NULL CHECK (sources BETWEEN 0 AND 40),
    places       smallint NOT NULL CHECK (places BETWEEN 0 AND 40),
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    about        text NOT NULL CHECK (char_length(about) <= 4000),
    reason       text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    CHECK (num_nonnulls(withdrawn_by, withdrawn_at, reason) IN (0, 3))
);
SELECT ledger_distribute('programme');
COMMENT ON TABLE programme IS 'What a book is to spend over some months, in its currency. Its plan is written once; one that is wrong is withdrawn, and another opened.';
COMMENT ON COLUMN programme.id IS 'UUIDv7 inside the outside id prg_.';
COMMENT ON COLUMN programme.opened_by IS 'Who opened it.';
COMMENT ON COLUMN programme.withdrawn_by IS 'Who withdrew it; NULL while it stands.';
COMMENT ON COLUMN programme.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN programme.opened_at IS 'Book time.';
COMMENT ON COLUMN programme.withdrawn_at IS 'Book time; NULL while it stands.';
COMMENT ON COLUMN programme.amount IS 'The sum of its lines, minor units of the currency of the book.';
COMMENT ON COLUMN programme.book_id IS 'The book.';
COMMENT ON COLUMN programme.first_month IS 'The first day of its first month.';
COMMENT ON COLUMN programme.months IS 'How many months it takes.';
COMMENT ON COLUMN programme.lines IS 'How many lines it has.';
COMMENT ON COLUMN programme.sources IS 'From how many accounts its money comes; 0 where it does not say.';
COMMENT ON COLUMN programme.places IS 'How many kinds of places it has for people.';
COMMENT ON COLUMN programme.name IS 'Its name.';
COMMENT ON COLUMN programme.about IS 'What it is for; empty when it does not say.';
COMMENT ON COLUMN programme.reason IS 'Why it was withdrawn; NULL while it stands.';

CREATE TABLE programme_line (
    programme_id uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    book_id      int NOT NULL,
    first_month  date NOT NULL CHECK (extract(day FROM first_month) = 1),
    number       smallint NOT NULL CHECK (number > 0),
    months       smallint NOT NULL CHECK (months > 0),
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    account      text NOT NULL CHECK (account ~ '^(expenses|liabilities:fund|liabilities:purse):'),
    PRIMARY KEY (book_id, programme_id, number),
    UNIQUE (book_id, programme_id, account),
    FOREIGN KEY (book_id, programme_id) REFERENCES programme (book_id, id)
);
SELECT ledger_distribute('programme_line');
CREATE INDEX programme_line_of_account ON programme_line (book_id, account);
COMMENT ON TABLE programme_line IS 'A line of a programme: so much over some of its months, and the account that says what was spent. Written once.';
COMMENT ON COLUMN programme_line.programme_id IS 'The programme.';
COMMENT ON COLUMN programme_line.amount IS 'What is to be spent in all, minor units.';
COMMENT ON COLUMN programme_line.book_id IS 'The book.';
COMMENT ON COLUMN programme_line.first_month IS 'The first day of its first month.';
COMMENT ON COLUMN programme_line.number IS 'Its place, from 1.';
COMMENT ON COLUMN programme_line.months IS 'Over how many months it is spread.';
COMMENT ON COLUMN programme_line.name IS 'What it is for.';
COMMENT ON COLUMN programme_line.account IS 'Code of an account of expenses, or of a fund or a purse, of which what was released counts. It need not be there yet.';

CREATE TABLE programme_source (
    programme_id uuid NOT NULL,
    book_id      int NOT NULL,
    number       smallint NOT NULL CHECK (number > 0),
    account      text NOT NULL CHECK (account ~ '^(liabilities:fund|liabilities:purse):'),
    PRIMARY KEY (book_id, programme_id, number),
    UNIQUE (book_id, programme_id, account),
    FOREIGN KEY (book_id, programme_id) REFERENCES programme (book_id, id)
);
SELECT ledger_distribute('programme_source');
COMMENT ON TABLE programme_source IS 'From where the money of a programme comes: the fund of a campaign, or the purse of a challenge. Written once.';
COMMENT ON COLUMN programme_source.programme_id IS 'The programme.';
COMMENT ON COLUMN programme_source.book_id IS 'The book.';
COMMENT ON COLUMN programme_source.number IS 'Its place, from 1.';
COMMENT ON COLUMN programme_source.account IS 'Code of the account. It need not be there yet.';

CREATE TABLE programme_place (
    programme_id uuid NOT NULL,
    book_id      int NOT NULL,
    number       smallint NOT NULL CHECK (number > 0),
    people       smallint NOT NULL CHECK (people BETWEEN 1 AND 1000),
    title        text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    PRIMARY KEY (book_id, programme_id, number),
    FOREIGN KEY (book_id, programme_id) REFERENCES programme (book_id, id)
);
SELECT ledger_distribute('programme_place');
COMMENT ON TABLE programme_place IS 'How many people a programme has places for, by what they do. Written once.';
COMMENT ON COLUMN programme_place.programme_id IS 'The programme.';
COMMENT ON COLUMN programme_place.book_id IS 'The book.';
COMMENT ON COLUMN programme_place.number IS 'Its place, from 1.';
COMMENT ON COLUMN programme_place.people IS 'How many work there at the same time, at most.';
COMMENT ON COLUMN programme_place.title IS 'What they do.';

CREATE TABLE programme_hire (
    id           uuid NOT NULL,
    programme_id uuid NOT NULL,
    hired_by     uuid NOT NULL REFERENCES person (id),
    ended_by     uuid REFERENCES person (id),
    hired_at     timestamptz NOT NULL,
    ended_at     timestamptz CHECK (ended_at >= hired_at),
    book_id      int NOT NULL,
    starts_on    date NOT NULL,
    ends_on      date CHECK (ends_on >= starts_on),
    place        smallint NOT NULL,
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, programme_id, place) REFERENCES programme_place (book_id, programme_id, number),
    CHECK (num_nonnulls(ended_by, ended_at, ends_on) IN (0, 3))
);
SELECT ledger_distribute('programme_hire');
CREATE INDEX programme_hire_of ON programme_hire (book_id, programme_id, id);
COMMENT ON TABLE programme_hire IS 'Somebody who works in a programme: who it is, the book does not say.';
COMMENT ON COLUMN programme_hire.id IS 'UUIDv7 inside the outside id hir_.';
COMMENT ON COLUMN programme_hire.programme_id IS 'The programme.';
COMMENT ON COLUMN programme_hire.hired_by IS 'Who wrote it down.';
COMMENT ON COLUMN programme_hire.ended_by IS 'Who wrote the end down; NULL while there is none.';
COMMENT ON COLUMN programme_hire.hired_at IS 'Book time at which it was written down.';
COMMENT ON COLUMN programme_hire.ended_at IS 'Book time at which the end was written down; NULL while there is none.';
COMMENT ON COLUMN programme_hire.book_id IS 'The book.';
COMMENT ON COLUMN programme_hire.starts_on IS 'The first day of work.';
COMMENT ON COLUMN programme_hire.ends_on IS 'The last day of work; NULL while there is none.';
COMMENT ON COLUMN programme_hire.place IS 'What they do: the number of the place.';
