-- Money between the books of two cooperatives: sent from a fund of one, accepted by the other, and paid.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES
    (105, 'inter_book_returned');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('inter_book_sent', 'development_fund', 'due_to_book'),
    ('inter_book_returned', 'due_to_book', 'development_fund'),
    ('inter_book_returned', 'due_to_book', 'fund'),
    ('inter_book_returned', 'due_to_book', 'team_payable'),
    ('inter_book_returned', 'due_to_book', 'prize_payable'),
    ('inter_book_returned', 'due_to_book', 'member_payable'),
    ('inter_book_returned', 'due_to_book', 'lender_payable'),
    ('inter_book_mirrored', 'due_from_book', 'development_fund')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE remittance (
    id            uuid NOT NULL,
    asked_by      uuid NOT NULL REFERENCES person (id),
    approved_by   uuid REFERENCES person (id),
    amount        bigint NOT NULL CHECK (amount > 0),
    entry_number  bigint CHECK (entry_number > 0),
    return_number bigint CHECK (return_number > entry_number),
    paid_number   bigint CHECK (paid_number > entry_number),
    version       bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    asked_at      timestamptz NOT NULL,
    approved_at   timestamptz,
    ended_at      timestamptz,
    book_id       int NOT NULL,
    to_book       int NOT NULL,
    paid_on       date,
    state         text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'sent', 'accepted', 'returned', 'withdrawn')),
    from_fund     text NOT NULL CHECK (from_fund ~ '^(development_fund|fund:[a-z0-9][a-z0-9-]{0,39})$'),
    to_fund       text NOT NULL CHECK (to_fund ~ '^(development_fund|fund:[a-z0-9][a-z0-9-]{0,39})$'),
    memo          text NOT NULL CHECK (length(memo) <= 200),
    reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    CHECK (to_book <> book_id),
    CHECK (approved_by <> asked_by),
    CHECK ((state IN ('asked', 'withdrawn')) = (entry_number IS NULL)),
    CHECK (num_nulls(approved_by, approved_at, entry_number) IN (0, 3)),
    CHECK ((state = 'returned') = (return_number IS NOT NULL)),
    CHECK ((state IN ('accepted', 'returned', 'withdrawn')) = (ended_at IS NOT NULL)),
    CHECK (paid_number IS NULL OR state = 'accepted'),
    CHECK (num_nulls(paid_number, paid_on) IN (0, 2))
);
SELECT ledger_distribute('remittance');
COMMENT ON TABLE remittance IS 'What a cooperative sends from a fund of its own to the book of another one.';
COMMENT ON COLUMN remittance.id IS 'UUIDv7 inside the outside id rmt_; the receiving book has it too.';
COMMENT ON COLUMN remittance.asked_by IS 'Who asked for it.';
COMMENT ON COLUMN remittance.approved_by IS 'Who approved it, somebody else; NULL until then.';
COMMENT ON COLUMN remittance.amount IS 'Minor units of the currency of both books.';
COMMENT ON COLUMN remittance.entry_number IS 'Record number of the entry that sent it.';
COMMENT ON COLUMN remittance.return_number IS 'Record number of the mirror entry; NULL unless the other book declined it.';
COMMENT ON COLUMN remittance.paid_number IS 'Record number of the entry by which it was paid; NULL until then.';
COMMENT ON COLUMN remittance.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN remittance.asked_at IS 'Book time.';
COMMENT ON COLUMN remittance.approved_at IS 'Book time; NULL until it is approved.';
COMMENT ON COLUMN remittance.ended_at IS 'Book time at which the other book answered, or it was withdrawn; NULL until then.';
COMMENT ON COLUMN remittance.book_id IS 'The book that sends.';
COMMENT ON COLUMN remittance.to_book IS 'The book that receives.';
COMMENT ON COLUMN remittance.paid_on IS 'The day on which the money left; NULL until then.';
COMMENT ON COLUMN remittance.state IS 'Where it stands.';
COMMENT ON COLUMN remittance.from_fund IS 'The fund from which it goes.';
COMMENT ON COLUMN remittance.to_fund IS 'The fund of the other book into which it goes.';
COMMENT ON COLUMN remittance.memo IS 'Text for people of both books; never a name.';
COMMENT ON COLUMN remittance.reason IS 'Why it was declined or withdrawn; empty otherwise.';

CREATE TABLE incoming_remittance (
    id              uuid NOT NULL,
    answered_by     uuid REFERENCES person (id),
    amount          bigint NOT NULL CHECK (amount > 0),
    entry_number    bigint CHECK (entry_number > 0),
    received_number bigint CHECK (received_number > entry_number),
    version         bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    offered_at      timestamptz NOT NULL,
    until           timestamptz NOT NULL,
    answered_at     timestamptz,
    book_id         int NOT NULL,
    from_book       int NOT NULL,
    received_on     date,
    state           text NOT NULL DEFAULT 'offered' CHECK (state IN ('offered', 'accepted', 'declined')),
    to_fund         text NOT NULL CHECK (to_fund ~ '^(development_fund|fund:[a-z0-9][a-z0-9-]{0,39})$'),
    memo            text NOT NULL CHECK (length(memo) <= 200),
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    CHECK (from_book <> book_id),
    CHECK (until > offered_at),
    CHECK ((state = 'offered') = (answered_at IS NULL)),
    CHECK ((state = 'accepted') = (entry_number IS NOT NULL)),
    CHECK (state <> 'accepted' OR answered_by IS NOT NULL),
    CHECK (received_number IS NULL OR state = 'accepted'),
    CHECK (num_nulls(received_number, received_on) IN (0, 2))
);
SELECT ledger_distribute('incoming_remittance');
COMMENT ON TABLE incoming_remittance IS 'What another cooperative sends: offered, accepted or declined, and received.';
COMMENT ON COLUMN incoming_remittance.id IS 'That of the remittance in the book that sends; inside the outside id irm_.';
COMMENT ON COLUMN incoming_remittance.answered_by IS 'Who answered; NULL until then, and where nobody did in time.';
COMMENT ON COLUMN incoming_remittance.amount IS 'Minor units of the currency of both books.';
COMMENT ON COLUMN incoming_remittance.entry_number IS 'Record number of the entry that mirrors it; NULL unless it is accepted.';
COMMENT ON COLUMN incoming_remittance.received_number IS 'Record number of the entry by which its money came; NULL until then.';
COMMENT ON COLUMN incoming_remittance.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN incoming_remittance.offered_at IS 'Book time.';
COMMENT ON COLUMN incoming_remittance.until IS 'Book time at which it is declined unless somebody has answered.';
COMMENT ON COLUMN incoming_remittance.answered_at IS 'Book time; NULL until then.';
COMMENT ON COLUMN incoming_remittance.book_id IS 'The book that receives.';
COMMENT ON COLUMN incoming_remittance.from_book IS 'The book that sends.';
COMMENT ON COLUMN incoming_remittance.received_on IS 'The day on which the money came; NULL until then.';
COMMENT ON COLUMN incoming_remittance.state IS 'Where it stands.';
COMMENT ON COLUMN incoming_remittance.to_fund IS 'The fund into which it goes.';
COMMENT ON COLUMN incoming_remittance.memo IS 'Text for people of both books; never a name.';
COMMENT ON COLUMN incoming_remittance.reason IS 'Why it was declined; empty otherwise.';
