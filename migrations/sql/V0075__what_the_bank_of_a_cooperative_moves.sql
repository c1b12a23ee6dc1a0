-- What a line of the bank of a cooperative is: a customer paid, a cost was paid, a loan came or went back, a member paid in capital. A sale
-- may be on credit, and a lender is paid of the loan before the surplus.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES
    (85, 'customer_payment_returned'),
    (86, 'cost_payment_returned'),
    (87, 'loan_receipt_returned'),
    (88, 'loan_repayment_returned'),
    (89, 'capital_paid_in'),
    (90, 'capital_payment_returned'),
    (91, 'loan_due'),
    (92, 'loan_due_returned');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('cost_paid', 'costs_payable', 'cash'),
    ('loan_repaid', 'loan_payable', 'cash'),
    ('capital_paid_in', 'cash', 'member_capital'),
    ('loan_due', 'loan_payable', 'lender_payable')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

-- Each is the mirror of the rows of another kind.
INSERT INTO movement (kind, debit_class, credit_class)
SELECT mirror.kind, m.credit_class, m.debit_class
  FROM (VALUES
    ('customer_paid', 'customer_payment_returned'),
    ('cost_paid', 'cost_payment_returned'),
    ('loan_received', 'loan_receipt_returned'),
    ('loan_repaid', 'loan_repayment_returned'),
    ('capital_paid_in', 'capital_payment_returned'),
    ('loan_due', 'loan_due_returned')
       ) AS row(original, mirror)
  JOIN movement_kind original ON original.name = row.original
  JOIN movement_kind mirror ON mirror.name = row.mirror
  JOIN movement m ON m.kind = original.kind;

ALTER TABLE bank_line ADD COLUMN party text NOT NULL DEFAULT '';
ALTER TABLE bank_line DROP CONSTRAINT bank_line_booked_as_check;
ALTER TABLE bank_line ADD CONSTRAINT bank_line_booked_as_check CHECK (booked_as IN (
    '', 'bank_fee', 'interest', 'entry', 'customer_paid', 'cost_paid', 'loan_received', 'loan_repaid', 'capital_paid_in'));
ALTER TABLE bank_line ADD CONSTRAINT bank_line_party_check CHECK (char_length(party) <= 60);
ALTER TABLE bank_line ADD CONSTRAINT bank_line_has_party CHECK (
    (party <> '') = (booked_as IN ('customer_paid', 'cost_paid', 'loan_received', 'loan_repaid', 'capital_paid_in')));
COMMENT ON COLUMN bank_line.booked_as IS 'What a person of the host says that it is: bank_fee, interest, customer_paid, cost_paid, loan_received, loan_repaid, capital_paid_in, or entry, one of the book that it has already; empty when it is not booked.';
COMMENT ON COLUMN bank_line.party IS 'The short name of the customer, supplier or lender that it is booked with, or the outside id of the member; else empty.';

ALTER TABLE proceeds ADD COLUMN on_credit boolean NOT NULL DEFAULT false;
ALTER TABLE proceeds ADD CONSTRAINT proceeds_on_credit CHECK (kind = 'sale' OR NOT on_credit);
COMMENT ON COLUMN proceeds.on_credit IS 'Whether the customer of the sale had still to pay when it was sold.';
