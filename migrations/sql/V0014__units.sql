-- Units of a book: what its accounts may be kept in besides the currencies of ISO 4217; exchange accounts; commitments.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE unit (
    created_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    exponent   smallint NOT NULL CHECK (exponent BETWEEN 0 AND 8),
    code       text NOT NULL CHECK (code ~ '^[A-Z][A-Z0-9._-]{1,15}$'),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    counts     text NOT NULL CHECK (counts IN ('hours', 'units', 'points', 'commitment', 'other')),
    PRIMARY KEY (book_id, code)
);
SELECT ledger_distribute('unit');
COMMENT ON TABLE unit IS 'A unit in which a book keeps accounts and that is no currency: hours, points. Written once.';
COMMENT ON COLUMN unit.created_at IS 'Wall clock.';
COMMENT ON COLUMN unit.book_id IS 'The book.';
COMMENT ON COLUMN unit.exponent IS 'How many digits stand behind the decimal point; amounts are kept in the smallest of them.';
COMMENT ON COLUMN unit.code IS 'As in account.unit; the program takes no code of ISO 4217.';
COMMENT ON COLUMN unit.name IS 'Name for people.';
COMMENT ON COLUMN unit.counts IS 'What it counts: hours, units of something made, points, a promise of money (commitment), or other.';
CREATE TRIGGER unit_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON unit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An account is kept in a currency, or in a unit that its book has.
CREATE FUNCTION account_unit_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.unit !~ '^[A-Z]{3}$' AND NOT EXISTS (SELECT FROM unit u WHERE u.book_id = NEW.book_id AND u.code = NEW.unit) THEN
        RAISE EXCEPTION 'book %: no unit %', NEW.book_id, NEW.unit USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER account_unit_known BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION account_unit_known();

GRANT SELECT, INSERT ON unit TO commonpurse_service;

-- Exchange accounts: entries across currencies balance in each through a pair of them, and what the pair gained is posted.
INSERT INTO account_class (class, name, kind, managed) VALUES
    (36, 'exchange_gain', 'income', true),
    (37, 'exchange_loss', 'expense', true),
    (45, 'exchange', 'equity', false);

INSERT INTO movement_kind (kind, name) VALUES
    (52, 'exchange_gain'),
    (53, 'exchange_loss');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('exchange_gain', 'exchange', 'exchange_gain'),
    ('exchange_loss', 'exchange_loss', 'exchange'),
    ('result_closed', 'exchange_gain', 'surplus'),
    ('result_closed', 'surplus', 'exchange_loss')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

-- Raw entries and their reversals pass through exchange accounts too.
INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM movement_kind k, account_class d, account_class c
 WHERE k.name IN ('journal_entry', 'reversal') AND NOT d.managed AND NOT c.managed
   AND 'exchange' IN (d.name, c.name);

-- Commitments: what is promised and not yet money, in a unit of its own. The floor of the room is minus the cap.
INSERT INTO account_class (class, name, kind, managed) VALUES
    (38, 'commitment_room', 'equity', true),
    (39, 'commitment_pledged', 'equity', true),
    (46, 'commitment_collected', 'equity', true);

INSERT INTO movement_kind (kind, name) VALUES
    (54, 'pledge_committed'),
    (55, 'commitment_collected'),
    (56, 'commitment_dropped');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('pledge_committed', 'commitment_room', 'commitment_pledged'),
    ('commitment_collected', 'commitment_pledged', 'commitment_collected'),
    ('commitment_dropped', 'commitment_pledged', 'commitment_room')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;
