-- What the numbered files call: applied before them. On plain PostgreSQL all three do nothing.

-- Spreads a table by book over the nodes of a Citus cluster; does nothing on plain PostgreSQL.
CREATE OR REPLACE FUNCTION ledger_distribute(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        EXECUTE pg_catalog.format('SELECT create_distributed_table(%L, %L)', p_table, 'book_id');
    END IF;
END
$$;

-- Copies a small, rarely written, book-less table to every node of a Citus cluster; does nothing on plain PostgreSQL.
CREATE OR REPLACE FUNCTION ledger_reference(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        EXECUTE pg_catalog.format('SELECT create_reference_table(%L)', p_table);
    END IF;
END
$$;

-- Runs a function whole on the node of its book; does nothing on plain PostgreSQL.
CREATE OR REPLACE FUNCTION ledger_delegate(p_function text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        EXECUTE pg_catalog.format('SELECT create_distributed_function(%L, %L)', p_function, 'p_book');
    END IF;
END
$$;
