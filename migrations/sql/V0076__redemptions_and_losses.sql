-- Retained shares are paid back, oldest first; a loss is borne by the reserve, by members' capital, and by their next shares.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO account_class (class, name, kind, managed) VALUES (47, 'member_receivable', 'asset', true);

INSERT INTO movement_kind (kind, name) VALUES
    (93, 'capital_redeemed'),
    (94, 'capital_restored'),
    (95, 'loss_borne'),
    (96, 'loss_restored');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('surplus_allocated', 'surplus', 'member_receivable'),
    ('surplus_restored', 'member_receivable', 'surplus'),
    ('capital_redeemed', 'member_capital', 'member_payable'),
    ('capital_restored', 'member_payable', 'member_capital'),
    ('loss_borne', 'reserve', 'surplus'),
    ('loss_borne', 'member_capital', 'surplus'),
    ('loss_borne', 'member_receivable', 'surplus'),
    ('loss_restored', 'surplus', 'reserve'),
    ('loss_restored', 'surplus', 'member_capital'),
    ('loss_restored', 'surplus', 'member_receivable')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE redemption (
    id              uuid NOT NULL,
    member_id       uuid,
    requested_by    uuid NOT NULL REFERENCES person (id),
    approved_by     uuid REFERENCES person (id),
    amount          bigint NOT NULL CHECK (amount > 0),
    entry_number    bigint CHECK (entry_number > 0),
    reversal_number bigint CHECK (reversal_number > entry_number),
    version         bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    requested_at    timestamptz NOT NULL,
    approved_at     timestamptz,
    book_id         int NOT NULL,
    state           text NOT NULL CHECK (state IN ('requested', 'approved', 'withdrawn', 'reversed')),
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    digest          bytea NOT NULL CHECK (length(digest) = 32),
    plan            jsonb NOT NULL CHECK (jsonb_typeof(plan) = 'array'),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id),
    CHECK (approved_by <> requested_by),
    CHECK (num_nulls(approved_by, approved_at, entry_number) IN (0, 3)),
    CHECK ((state IN ('approved', 'reversed')) = (entry_number IS NOT NULL)),
    CHECK ((state = 'reversed') = (reversal_number IS NOT NULL)),
    CHECK ((state IN ('withdrawn', 'reversed')) = (reason <> ''))
);
SELECT ledger_distribute('redemption');
-- One at a time is asked for, so that each knows what the one before has left.
CREATE UNIQUE INDEX redemption_requested ON redemption (book_id) WHERE state = 'requested';
COMMENT ON TABLE redemption IS 'Retained shares that become payable to their members, the oldest first.';
COMMENT ON COLUMN redemption.id IS 'UUIDv7 inside the outside id rdm_.';
COMMENT ON COLUMN redemption.member_id IS 'Whose; NULL for all members, year by year.';
COMMENT ON COLUMN redemption.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN redemption.approved_by IS 'Who approved it, somebody else; NULL until then.';
COMMENT ON COLUMN redemption.amount IS 'Minor units of the book''s currency.';
COMMENT ON COLUMN redemption.entry_number IS 'Record number of its journal entry; NULL until it is approved.';
COMMENT ON COLUMN redemption.reversal_number IS 'Record number of the mirror entry; NULL unless it was taken back.';
COMMENT ON COLUMN redemption.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN redemption.requested_at IS 'Book time.';
COMMENT ON COLUMN redemption.approved_at IS 'Book time; NULL until it is approved.';
COMMENT ON COLUMN redemption.book_id IS 'The book.';
COMMENT ON COLUMN redemption.state IS 'Where it stands.';
COMMENT ON COLUMN redemption.reason IS 'Why it was withdrawn or taken back; empty otherwise.';
COMMENT ON COLUMN redemption.digest IS 'SHA-256 of the plan: what an approval names.';
COMMENT ON COLUMN redemption.plan IS 'Which retained share gives how much, and what it has left then.';

CREATE TABLE retained_use (
    distribution_id uuid NOT NULL,
    member_id       uuid NOT NULL,
    used_by         uuid NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    book_id         int NOT NULL,
    undone          boolean NOT NULL DEFAULT false,
    kind            text NOT NULL CHECK (kind IN ('redemption', 'loss')),
    PRIMARY KEY (book_id, distribution_id, member_id, used_by),
    FOREIGN KEY (book_id, distribution_id) REFERENCES distribution (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id)
);
SELECT ledger_distribute('retained_use');
CREATE INDEX retained_use_by ON retained_use (book_id, used_by);
COMMENT ON TABLE retained_use IS 'What went of a retained share: redeemed, or by a loss. Written once, and undone once.';
COMMENT ON COLUMN retained_use.distribution_id IS 'The distribution by which the share was retained.';
COMMENT ON COLUMN retained_use.member_id IS 'Whose.';
COMMENT ON COLUMN retained_use.used_by IS 'The redemption, or the distribution of the loss.';
COMMENT ON COLUMN retained_use.amount IS 'Minor units.';
COMMENT ON COLUMN retained_use.book_id IS 'The book.';
COMMENT ON COLUMN retained_use.undone IS 'Whether the redemption, or the distribution of the loss, was taken back.';
COMMENT ON COLUMN retained_use.kind IS 'redemption or loss.';

-- A loss is divided too, by a plan of its own.
ALTER TABLE distribution DROP CONSTRAINT distribution_net;
ALTER TABLE distribution DROP CONSTRAINT distribution_sales_check;
ALTER TABLE distribution ADD CONSTRAINT distribution_net CHECK (
    sales >= 0 AND costs >= 0 AND loss_before >= 0 AND costs + loss_before <> sales);
COMMENT ON TABLE distribution IS 'The division of a period''s net, a surplus or a loss, by a frozen plan.';
COMMENT ON COLUMN distribution_part.amount IS 'Minor units to the account; of a loss 0.';

ALTER TABLE statement ADD COLUMN netted bigint NOT NULL DEFAULT 0 CHECK (netted >= 0);
ALTER TABLE statement ADD COLUMN loss bigint NOT NULL DEFAULT 0 CHECK (loss >= 0);
ALTER TABLE statement ADD COLUMN stands bigint NOT NULL DEFAULT 0 CHECK (stands BETWEEN 0 AND loss);
COMMENT ON COLUMN statement.netted IS 'Minor units of the share that earlier losses took, which had stood against it.';
COMMENT ON COLUMN statement.loss IS 'Minor units of a loss that the member bears; 0 where a surplus was shared.';
COMMENT ON COLUMN statement.stands IS 'Minor units of the loss that the member''s capital could not bear: they stand against the next shares.';
