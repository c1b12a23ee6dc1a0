-- Which exchange accounts belong together.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE exchange_pair (
    book_id int NOT NULL,
    account int NOT NULL,
    partner int NOT NULL CHECK (partner <> account),
    PRIMARY KEY (book_id, account)
);
SELECT ledger_distribute('exchange_pair');
COMMENT ON TABLE exchange_pair IS 'Exchange accounts that were first moved or valued together: each belongs to one pair for ever. Two rows a pair.';
COMMENT ON COLUMN exchange_pair.book_id IS 'The book.';
COMMENT ON COLUMN exchange_pair.account IS 'One of the pair.';
COMMENT ON COLUMN exchange_pair.partner IS 'The other one, which has a row of its own.';
