-- Loans to a cooperative bear interest: at a rate from a day on, and booked as a cost when somebody says so.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE loan_terms (
    id             uuid NOT NULL,
    published_by   uuid NOT NULL REFERENCES person (id),
    published_at   timestamptz NOT NULL,
    book_id        int NOT NULL,
    rate           int NOT NULL CHECK (rate BETWEEN 0 AND 10000),
    effective_from date NOT NULL,
    lender         text NOT NULL CHECK (lender ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, lender, effective_from)
);
SELECT ledger_distribute('loan_terms');
COMMENT ON TABLE loan_terms IS 'At what rate a loan to a cooperative bears interest, from a day on until other terms begin. Written once.';
COMMENT ON COLUMN loan_terms.id IS 'UUIDv7 inside the outside id lot_.';
COMMENT ON COLUMN loan_terms.published_by IS 'Who wrote them down.';
COMMENT ON COLUMN loan_terms.published_at IS 'Book time.';
COMMENT ON COLUMN loan_terms.book_id IS 'The book.';
COMMENT ON COLUMN loan_terms.rate IS 'Hundredths of a percent a year, by actual days over 365.';
COMMENT ON COLUMN loan_terms.effective_from IS 'First day that counts at this rate, with what stands of the loan at its end.';
COMMENT ON COLUMN loan_terms.lender IS 'The short name of the lender.';

CREATE TABLE loan_interest (
    proceeds_id uuid NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    book_id     int NOT NULL,
    through     date NOT NULL,
    lender      text NOT NULL CHECK (lender ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    PRIMARY KEY (book_id, proceeds_id),
    FOREIGN KEY (book_id, proceeds_id) REFERENCES proceeds (book_id, id)
);
SELECT ledger_distribute('loan_interest');
CREATE INDEX loan_interest_of_lender ON loan_interest (book_id, lender, through);
COMMENT ON TABLE loan_interest IS 'Which costs of a cooperative are the interest of a loan, and through which day. Written once; one that is taken back counts for nothing.';
COMMENT ON COLUMN loan_interest.proceeds_id IS 'The cost.';
COMMENT ON COLUMN loan_interest.amount IS 'Minor units of the book''s currency: that of the cost.';
COMMENT ON COLUMN loan_interest.book_id IS 'The book.';
COMMENT ON COLUMN loan_interest.through IS 'The last day that it counts.';
COMMENT ON COLUMN loan_interest.lender IS 'The short name of the lender.';
