-- Plans are revised: from a month on another version of a programme's plan holds, and the months before keep theirs.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE programme_revision (
    programme_id uuid NOT NULL,
    revised_by   uuid NOT NULL REFERENCES person (id),
    revised_at   timestamptz NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    book_id      int NOT NULL,
    number       int NOT NULL CHECK (number BETWEEN 2 AND 100),
    from_month   date NOT NULL CHECK (extract(day FROM from_month) = 1),
    months       smallint NOT NULL CHECK (months BETWEEN 1 AND 60),
    lines        smallint NOT NULL CHECK (lines BETWEEN 1 AND 40),
    reason       text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, programme_id, number),
    FOREIGN KEY (book_id, programme_id) REFERENCES programme (book_id, id)
);
SELECT ledger_distribute('programme_revision');
COMMENT ON TABLE programme_revision IS 'A later version of the plan of a programme, which holds from a month on. The first one is the programme itself. Written once.';
COMMENT ON COLUMN programme_revision.programme_id IS 'The programme.';
COMMENT ON COLUMN programme_revision.revised_by IS 'Who revised it.';
COMMENT ON COLUMN programme_revision.revised_at IS 'Book time.';
COMMENT ON COLUMN programme_revision.amount IS 'What is planned in all from then on, minor units: what the versions before planned for the months that they hold, and its lines.';
COMMENT ON COLUMN programme_revision.book_id IS 'The book.';
COMMENT ON COLUMN programme_revision.number IS 'Which version it is, from 2.';
COMMENT ON COLUMN programme_revision.from_month IS 'The first day of the first month in which it holds, until a later version does.';
COMMENT ON COLUMN programme_revision.months IS 'How many months the programme takes by it, from its first one.';
COMMENT ON COLUMN programme_revision.lines IS 'How many lines it has.';
COMMENT ON COLUMN programme_revision.reason IS 'Why it was revised, for its readers.';

CREATE TABLE programme_revision_line (
    programme_id uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    book_id      int NOT NULL,
    revision     int NOT NULL,
    first_month  date NOT NULL CHECK (extract(day FROM first_month) = 1),
    number       smallint NOT NULL CHECK (number > 0),
    months       smallint NOT NULL CHECK (months > 0),
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    account      text NOT NULL CHECK (account ~ '^(expenses|liabilities:fund|liabilities:purse):'),
    PRIMARY KEY (book_id, programme_id, revision, number),
    UNIQUE (book_id, programme_id, revision, account),
    FOREIGN KEY (book_id, programme_id, revision) REFERENCES programme_revision (book_id, programme_id, number)
);
SELECT ledger_distribute('programme_revision_line');
CREATE INDEX programme_revision_line_of_account ON programme_revision_line (book_id, account);
COMMENT ON TABLE programme_revision_line IS 'A line of a later version of a plan: so much over some of the months in which it holds, and the account that says what was spent. Written once.';
COMMENT ON COLUMN programme_revision_line.programme_id IS 'The programme.';
COMMENT ON COLUMN programme_revision_line.amount IS 'What is to be spent from then on, minor units, without what was planned for the months before.';
COMMENT ON COLUMN programme_revision_line.book_id IS 'The book.';
COMMENT ON COLUMN programme_revision_line.revision IS 'Which version.';
COMMENT ON COLUMN programme_revision_line.first_month IS 'The first day of its first month, in which the version holds.';
COMMENT ON COLUMN programme_revision_line.number IS 'Its place in the version, from 1.';
COMMENT ON COLUMN programme_revision_line.months IS 'Over how many months it is spread.';
COMMENT ON COLUMN programme_revision_line.name IS 'What it is for.';
COMMENT ON COLUMN programme_revision_line.account IS 'Code of an account, as that of a line.';

CREATE INDEX proposal_of_programme ON proposal (book_id, programme_id) WHERE programme_id IS NOT NULL;
