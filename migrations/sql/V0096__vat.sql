-- Value added tax on top of sales and costs, on accounts of its own, and what is declared of it.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO account_class (class, name, kind, managed) VALUES
    (48, 'vat_payable', 'liability', true),
    (49, 'vat_receivable', 'asset', true);

INSERT INTO movement_kind (kind, name) VALUES
    (106, 'vat_on_sale'),
    (107, 'vat_on_sale_reversed'),
    (108, 'vat_on_cost'),
    (109, 'vat_on_cost_reversed'),
    (110, 'vat_declared'),
    (111, 'vat_declaration_reversed');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('vat_on_sale', 'cash', 'vat_payable'),
    ('vat_on_sale', 'customer_receivable', 'vat_payable'),
    ('vat_on_sale_reversed', 'vat_payable', 'cash'),
    ('vat_on_sale_reversed', 'vat_payable', 'customer_receivable'),
    ('vat_on_cost', 'vat_receivable', 'costs_payable'),
    ('vat_on_cost_reversed', 'costs_payable', 'vat_receivable'),
    ('vat_declared', 'vat_payable', 'vat_receivable'),
    ('vat_declared', 'vat_payable', 'costs_payable'),
    ('vat_declared', 'customer_receivable', 'vat_receivable'),
    ('vat_declaration_reversed', 'vat_receivable', 'vat_payable'),
    ('vat_declaration_reversed', 'costs_payable', 'vat_payable'),
    ('vat_declaration_reversed', 'vat_receivable', 'customer_receivable'),
    ('book_opened', 'vat_receivable', 'opening_equity'),
    ('book_opened', 'opening_equity', 'vat_payable'),
    ('opening_taken_back', 'opening_equity', 'vat_receivable'),
    ('opening_taken_back', 'vat_payable', 'opening_equity')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

ALTER TABLE proceeds ADD COLUMN vat bigint NOT NULL DEFAULT 0;
ALTER TABLE proceeds ADD CONSTRAINT proceeds_vat CHECK (vat BETWEEN 0 AND amount);
COMMENT ON COLUMN proceeds.vat IS 'Value added tax on top of the amount, minor units.';

CREATE TABLE vat_declaration (
    id              uuid NOT NULL,
    recorded_by     uuid NOT NULL REFERENCES person (id),
    reversed_by     uuid REFERENCES person (id),
    on_sales        bigint NOT NULL CHECK (on_sales >= 0),
    on_costs        bigint NOT NULL CHECK (on_costs >= 0),
    entry_number    bigint NOT NULL CHECK (entry_number > 0),
    reversal_number bigint CHECK (reversal_number > entry_number),
    recorded_at     timestamptz NOT NULL,
    reversed_at     timestamptz,
    book_id         int NOT NULL,
    through         date NOT NULL,
    office          text NOT NULL CHECK (office ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    memo            text NOT NULL CHECK (length(memo) <= 200),
    reversal_reason text CHECK (length(reversal_reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    CHECK (on_sales > 0 OR on_costs > 0),
    CHECK (num_nulls(reversal_number, reversed_by, reversed_at, reversal_reason) IN (0, 4))
);
SELECT ledger_distribute('vat_declaration');
CREATE UNIQUE INDEX vat_declaration_standing ON vat_declaration (book_id, through) WHERE reversed_at IS NULL;
CREATE UNIQUE INDEX vat_declaration_entry ON vat_declaration (book_id, entry_number);
COMMENT ON TABLE vat_declaration IS 'Value added tax that was declared to a tax office. Written once, and taken back once, the latest first.';
COMMENT ON COLUMN vat_declaration.id IS 'UUIDv7 inside the outside id vat_.';
COMMENT ON COLUMN vat_declaration.recorded_by IS 'Who wrote it down.';
COMMENT ON COLUMN vat_declaration.reversed_by IS 'Who took it back; NULL while it stands.';
COMMENT ON COLUMN vat_declaration.on_sales IS 'Tax on sales, minor units.';
COMMENT ON COLUMN vat_declaration.on_costs IS 'Tax on costs, which is taken off, minor units.';
COMMENT ON COLUMN vat_declaration.entry_number IS 'Record number of its journal entry.';
COMMENT ON COLUMN vat_declaration.reversal_number IS 'Record number of the mirror entry; NULL while it stands.';
COMMENT ON COLUMN vat_declaration.recorded_at IS 'Book time.';
COMMENT ON COLUMN vat_declaration.reversed_at IS 'Book time; NULL while it stands.';
COMMENT ON COLUMN vat_declaration.book_id IS 'The book.';
COMMENT ON COLUMN vat_declaration.through IS 'The last day of its period: that of its journal entry.';
COMMENT ON COLUMN vat_declaration.office IS 'Short name of the tax office.';
COMMENT ON COLUMN vat_declaration.memo IS 'Text for people; never a name.';
COMMENT ON COLUMN vat_declaration.reversal_reason IS 'Why it was taken back; NULL while it stands.';
