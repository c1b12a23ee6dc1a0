-- A book that was kept elsewhere is opened with the loss that its next result is to bear.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('book_opened', 'cost', 'opening_equity'),
    ('opening_taken_back', 'opening_equity', 'cost')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

COMMENT ON COLUMN opening.assets IS
    'All that the book has at its opening, and a loss brought forward, minor units of its currency: as much as debts, capital, reserve and funds.';
