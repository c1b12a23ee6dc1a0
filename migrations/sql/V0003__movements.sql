-- Every way money moves, line by line. The program holds the same table; a test compares the two.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE account_class (
    class  smallint PRIMARY KEY,
    name   text NOT NULL UNIQUE,
    kind   text NOT NULL CHECK (kind IN ('asset', 'liability', 'equity', 'income', 'expense')),
    managed boolean NOT NULL,
    side   smallint NOT NULL GENERATED ALWAYS AS (CASE WHEN kind IN ('asset', 'expense') THEN -1 ELSE 1 END) STORED,
    own_floors boolean NOT NULL GENERATED ALWAYS AS (NOT managed OR name = 'commitment_room') STORED
);
SELECT ledger_reference('account_class');
COMMENT ON TABLE account_class IS 'What an account is for; the movements are stated in classes.';
COMMENT ON COLUMN account_class.class IS 'Number in the rows.';
COMMENT ON COLUMN account_class.name IS 'Name in the API.';
COMMENT ON COLUMN account_class.kind IS 'asset and expense are debit-normal, the others credit-normal.';
COMMENT ON COLUMN account_class.managed IS 'Moves by its operations only: raw journal entries are refused.';
COMMENT ON COLUMN account_class.side IS '1 credit-normal (liability, equity, income), -1 debit-normal (asset, expense).';
COMMENT ON COLUMN account_class.own_floors IS 'Whoever opens an account says how low it may fall; else its floor is 0.';

CREATE TABLE movement_kind (
    kind smallint PRIMARY KEY,
    name text NOT NULL UNIQUE
);
SELECT ledger_reference('movement_kind');
COMMENT ON TABLE movement_kind IS 'The ways in which money moves.';
COMMENT ON COLUMN movement_kind.kind IS 'Number in the rows.';
COMMENT ON COLUMN movement_kind.name IS 'Name in the API.';

CREATE TABLE movement (
    kind         smallint NOT NULL,
    debit_class  smallint NOT NULL,
    credit_class smallint NOT NULL,
    PRIMARY KEY (kind, debit_class, credit_class)
);
SELECT ledger_reference('movement');
COMMENT ON TABLE movement IS 'Every way money moves, and no other: a transfer that fits no row is refused.';
COMMENT ON COLUMN movement.kind IS 'The way.';
COMMENT ON COLUMN movement.debit_class IS 'Class of the account debited.';
COMMENT ON COLUMN movement.credit_class IS 'Class of the account credited.';

INSERT INTO account_class (class, name, kind, managed) VALUES
    (1, 'fund', 'liability', true),
    (2, 'purse', 'liability', true),
    (3, 'pool', 'liability', true),
    (4, 'receivable', 'asset', true),
    (5, 'cash', 'asset', true),
    (6, 'team_payable', 'liability', true),
    (7, 'prize_payable', 'liability', true),
    (8, 'fee_payable', 'liability', true),
    (9, 'refunds_in_transit', 'liability', true),
    (10, 'payouts_in_transit', 'liability', true),
    (11, 'disputes_pending', 'asset', true),
    (12, 'entry_fees', 'liability', true),
    (13, 'programme_line', 'liability', true),
    (14, 'development_fund', 'equity', true),
    (15, 'member_payable', 'liability', true),
    (16, 'member_capital', 'equity', true),
    (17, 'lender_payable', 'liability', true),
    (18, 'team_receivable', 'asset', true),
    (19, 'recoveries_pending', 'liability', true),
    (20, 'suspense', 'liability', true),
    (21, 'risk_reserve', 'equity', true),
    (22, 'operating_fund', 'equity', true),
    (23, 'fee_income', 'income', true),
    (24, 'bank_charges', 'expense', true),
    (25, 'interest_income', 'income', true),
    (26, 'sales', 'income', true),
    (27, 'cost', 'expense', true),
    (28, 'costs_payable', 'liability', true),
    (29, 'customer_receivable', 'asset', true),
    (30, 'surplus', 'equity', true),
    (31, 'reserve', 'equity', true),
    (32, 'loan_payable', 'liability', true),
    (33, 'due_to_book', 'liability', true),
    (34, 'due_from_book', 'asset', true),
    (35, 'opening_equity', 'equity', true),
    (36, 'exchange_gain', 'income', true),
    (37, 'exchange_loss', 'expense', true),
    (38, 'commitment_room', 'equity', true),
    (39, 'commitment_pledged', 'equity', true),
    (40, 'asset', 'asset', false),
    (41, 'liability', 'liability', false),
    (42, 'equity', 'equity', false),
    (43, 'income', 'income', false),
    (44, 'expense', 'expense', false),
    (45, 'exchange', 'equity', false),
    (46, 'commitment_collected', 'equity', true);

INSERT INTO movement_kind (kind, name) VALUES
    (1, 'charge_captured'),
    (2, 'purse_pledged'),
    (3, 'entry_fee_captured'),
    (4, 'receivable_settled'),
    (5, 'fee_charged'),
    (6, 'fee_withheld'),
    (7, 'fee_returned'),
    (8, 'fee_earned'),
    (9, 'refund_sent'),
    (10, 'refund_settled'),
    (11, 'refund_failed'),
    (12, 'dispute_opened'),
    (13, 'dispute_won'),
    (14, 'dispute_lost'),
    (15, 'reserve_funded'),
    (16, 'entry_fee_returned'),
    (17, 'entry_fee_earned'),
    (18, 'prize_awarded'),
    (19, 'purse_returned'),
    (20, 'milestone_released'),
    (21, 'fund_moved'),
    (22, 'match_paid'),
    (23, 'payout_sent'),
    (24, 'payout_failed'),
    (25, 'payout_settled'),
    (26, 'payout_returned'),
    (27, 'payout_fee'),
    (28, 'bank_fee'),
    (29, 'interest'),
    (30, 'suspense_received'),
    (31, 'suspense_matched'),
    (32, 'clawback_unpaid'),
    (33, 'clawback_paid'),
    (34, 'set_off'),
    (35, 'recovered'),
    (36, 'recovery_restored'),
    (37, 'written_off'),
    (38, 'sales_recorded'),
    (39, 'customer_paid'),
    (40, 'cost_recorded'),
    (41, 'cost_paid'),
    (42, 'result_closed'),
    (43, 'surplus_allocated'),
    (44, 'loan_received'),
    (45, 'loan_repaid'),
    (46, 'inter_book_sent'),
    (47, 'inter_book_mirrored'),
    (48, 'inter_book_paid'),
    (49, 'inter_book_received'),
    (50, 'opening_balance'),
    (51, 'surplus_restored'),
    (52, 'exchange_gain'),
    (53, 'exchange_loss'),
    (54, 'pledge_committed'),
    (55, 'commitment_collected'),
    (56, 'commitment_dropped'),
    (60, 'journal_entry'),
    (61, 'reversal');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('charge_captured', 'receivable', 'fund'),
    ('purse_pledged', 'receivable', 'purse'),
    ('entry_fee_captured', 'receivable', 'entry_fees'),
    ('receivable_settled', 'cash', 'receivable'),
    ('fee_charged', 'fund', 'fee_payable'),
    ('fee_withheld', 'fee_payable', 'receivable'),
    ('fee_returned', 'fee_payable', 'fund'),
    ('fee_earned', 'fee_payable', 'fee_income'),
    ('refund_sent', 'fund', 'refunds_in_transit'),
    ('refund_settled', 'refunds_in_transit', 'cash'),
    ('refund_settled', 'refunds_in_transit', 'receivable'),
    ('refund_failed', 'refunds_in_transit', 'fund'),
    ('dispute_opened', 'disputes_pending', 'cash'),
    ('dispute_won', 'cash', 'disputes_pending'),
    ('dispute_lost', 'fund', 'disputes_pending'),
    ('dispute_lost', 'team_payable', 'disputes_pending'),
    ('dispute_lost', 'prize_payable', 'disputes_pending'),
    ('dispute_lost', 'member_payable', 'disputes_pending'),
    ('dispute_lost', 'lender_payable', 'disputes_pending'),
    ('dispute_lost', 'fee_payable', 'disputes_pending'),
    ('dispute_lost', 'team_receivable', 'disputes_pending'),
    ('dispute_lost', 'risk_reserve', 'disputes_pending'),
    ('reserve_funded', 'cash', 'risk_reserve'),
    ('entry_fee_returned', 'entry_fees', 'refunds_in_transit'),
    ('entry_fee_earned', 'entry_fees', 'operating_fund'),
    ('prize_awarded', 'purse', 'prize_payable'),
    ('purse_returned', 'purse', 'refunds_in_transit'),
    ('milestone_released', 'fund', 'team_payable'),
    ('milestone_released', 'programme_line', 'team_payable'),
    ('fund_moved', 'fund', 'fund'),
    ('fund_moved', 'development_fund', 'fund'),
    ('match_paid', 'pool', 'fund'),
    ('payout_sent', 'team_payable', 'payouts_in_transit'),
    ('payout_sent', 'prize_payable', 'payouts_in_transit'),
    ('payout_sent', 'member_payable', 'payouts_in_transit'),
    ('payout_sent', 'lender_payable', 'payouts_in_transit'),
    ('payout_failed', 'payouts_in_transit', 'team_payable'),
    ('payout_failed', 'payouts_in_transit', 'prize_payable'),
    ('payout_failed', 'payouts_in_transit', 'member_payable'),
    ('payout_failed', 'payouts_in_transit', 'lender_payable'),
    ('payout_settled', 'payouts_in_transit', 'cash'),
    ('payout_returned', 'cash', 'team_payable'),
    ('payout_returned', 'cash', 'prize_payable'),
    ('payout_returned', 'cash', 'member_payable'),
    ('payout_returned', 'cash', 'lender_payable'),
    ('payout_fee', 'team_payable', 'cash'),
    ('payout_fee', 'prize_payable', 'cash'),
    ('payout_fee', 'member_payable', 'cash'),
    ('payout_fee', 'lender_payable', 'cash'),
    ('bank_fee', 'bank_charges', 'cash'),
    ('interest', 'cash', 'interest_income'),
    ('suspense_received', 'cash', 'suspense'),
    ('suspense_matched', 'suspense', 'receivable'),
    ('suspense_matched', 'suspense', 'fund'),
    ('clawback_unpaid', 'team_payable', 'fund'),
    ('clawback_paid', 'team_receivable', 'recoveries_pending'),
    ('set_off', 'team_payable', 'team_receivable'),
    ('recovered', 'cash', 'team_receivable'),
    ('recovery_restored', 'recoveries_pending', 'fund'),
    ('written_off', 'recoveries_pending', 'team_receivable'),
    ('sales_recorded', 'cash', 'sales'),
    ('sales_recorded', 'customer_receivable', 'sales'),
    ('customer_paid', 'cash', 'customer_receivable'),
    ('cost_recorded', 'cost', 'costs_payable'),
    ('cost_paid', 'costs_payable', 'payouts_in_transit'),
    ('result_closed', 'sales', 'surplus'),
    ('result_closed', 'fee_income', 'surplus'),
    ('result_closed', 'interest_income', 'surplus'),
    ('result_closed', 'surplus', 'cost'),
    ('result_closed', 'surplus', 'bank_charges'),
    ('result_closed', 'exchange_gain', 'surplus'),
    ('result_closed', 'surplus', 'exchange_loss'),
    ('surplus_allocated', 'surplus', 'reserve'),
    ('surplus_allocated', 'surplus', 'development_fund'),
    ('surplus_allocated', 'surplus', 'member_payable'),
    ('surplus_allocated', 'surplus', 'member_capital'),
    ('surplus_allocated', 'surplus', 'lender_payable'),
    ('loan_received', 'cash', 'loan_payable'),
    ('loan_repaid', 'loan_payable', 'payouts_in_transit'),
    ('inter_book_sent', 'fund', 'due_to_book'),
    ('inter_book_sent', 'team_payable', 'due_to_book'),
    ('inter_book_sent', 'prize_payable', 'due_to_book'),
    ('inter_book_sent', 'member_payable', 'due_to_book'),
    ('inter_book_sent', 'lender_payable', 'due_to_book'),
    ('inter_book_mirrored', 'due_from_book', 'fund'),
    ('inter_book_paid', 'due_to_book', 'cash'),
    ('inter_book_received', 'cash', 'due_from_book'),
    ('opening_balance', 'opening_equity', 'fund'),
    ('opening_balance', 'opening_equity', 'purse'),
    ('opening_balance', 'opening_equity', 'pool'),
    ('opening_balance', 'receivable', 'opening_equity'),
    ('opening_balance', 'cash', 'opening_equity'),
    ('opening_balance', 'opening_equity', 'team_payable'),
    ('opening_balance', 'opening_equity', 'prize_payable'),
    ('opening_balance', 'opening_equity', 'fee_payable'),
    ('opening_balance', 'opening_equity', 'refunds_in_transit'),
    ('opening_balance', 'opening_equity', 'payouts_in_transit'),
    ('opening_balance', 'disputes_pending', 'opening_equity'),
    ('opening_balance', 'opening_equity', 'entry_fees'),
    ('opening_balance', 'opening_equity', 'programme_line'),
    ('opening_balance', 'opening_equity', 'development_fund'),
    ('opening_balance', 'opening_equity', 'member_payable'),
    ('opening_balance', 'opening_equity', 'member_capital'),
    ('opening_balance', 'opening_equity', 'lender_payable'),
    ('opening_balance', 'team_receivable', 'opening_equity'),
    ('opening_balance', 'opening_equity', 'recoveries_pending'),
    ('opening_balance', 'opening_equity', 'suspense'),
    ('opening_balance', 'opening_equity', 'risk_reserve'),
    ('opening_balance', 'opening_equity', 'operating_fund'),
    ('opening_balance', 'opening_equity', 'costs_payable'),
    ('opening_balance', 'customer_receivable', 'opening_equity'),
    ('opening_balance', 'opening_equity', 'surplus'),
    ('opening_balance', 'opening_equity', 'reserve'),
    ('opening_balance', 'opening_equity', 'loan_payable'),
    ('opening_balance', 'opening_equity', 'due_to_book'),
    ('opening_balance', 'due_from_book', 'opening_equity'),
    ('opening_balance', 'asset', 'opening_equity'),
    ('opening_balance', 'opening_equity', 'liability'),
    ('opening_balance', 'opening_equity', 'equity'),
    -- A distribution is taken back by the mirror of its lines, and in no other way.
    ('surplus_restored', 'reserve', 'surplus'),
    ('surplus_restored', 'development_fund', 'surplus'),
    ('surplus_restored', 'member_payable', 'surplus'),
    ('surplus_restored', 'member_capital', 'surplus'),
    ('surplus_restored', 'lender_payable', 'surplus'),
    -- What a pair of exchange accounts gained or lost is posted.
    ('exchange_gain', 'exchange', 'exchange_gain'),
    ('exchange_loss', 'exchange_loss', 'exchange'),
    -- What is promised and not yet money, in a unit of its own. The floor of the room is minus the cap.
    ('pledge_committed', 'commitment_room', 'commitment_pledged'),
    ('commitment_collected', 'commitment_pledged', 'commitment_collected'),
    ('commitment_dropped', 'commitment_pledged', 'commitment_room')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

-- Raw entries and their reversals move between classes that no operation manages, exchange accounts among them, and
-- between no others.
INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM movement_kind k, account_class d, account_class c
 WHERE k.name IN ('journal_entry', 'reversal') AND NOT d.managed AND NOT c.managed;
