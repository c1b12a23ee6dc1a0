-- What every later migration stands on: the service role, distribution helpers, counters.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- The service runs as this role. It owns nothing: it may do only what migrations grant it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'commonpurse_service') THEN
        CREATE ROLE commonpurse_service NOLOGIN;
    END IF;
    EXECUTE pg_catalog.format('GRANT commonpurse_service TO %I', current_user);
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of the same cluster made it a moment ago
END
$$;
GRANT USAGE ON SCHEMA public TO commonpurse_service;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- Spreads a table by book over the nodes of a Citus cluster; does nothing on plain PostgreSQL.
CREATE FUNCTION ledger_distribute(p_table text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        EXECUTE pg_catalog.format('SELECT create_distributed_table(%L, %L)', p_table, 'book_id');
    END IF;
END
$$;

-- Copies a small, rarely written, book-less table to every node of a Citus cluster; does nothing on plain PostgreSQL.
CREATE FUNCTION ledger_reference(p_table text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        EXECUTE pg_catalog.format('SELECT create_reference_table(%L)', p_table);
    END IF;
END
$$;

-- Runs a function whole on the node of its book; does nothing on plain PostgreSQL.
CREATE FUNCTION ledger_delegate(p_function text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        EXECUTE pg_catalog.format('SELECT create_distributed_function(%L, %L)', p_function, 'p_book');
    END IF;
END
$$;

-- Refuses whatever would change or remove rows that are written once.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: history is corrected by a reversal, never by an edit', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TABLE counter (
    name text PRIMARY KEY,
    last int NOT NULL CHECK (last >= 0)
);
SELECT ledger_reference('counter');
COMMENT ON TABLE counter IS 'Numbers handed out in one place, for the whole installation.';
COMMENT ON COLUMN counter.name IS 'What is numbered: book, caller.';
COMMENT ON COLUMN counter.last IS 'The last number handed out.';
INSERT INTO counter (name, last) VALUES ('book', 0), ('caller', 0);

-- Draws the next number; the row lock is held until the caller commits, so that numbers are in commit order.
CREATE FUNCTION counter_next(p_name text) RETURNS int LANGUAGE sql AS $$
    UPDATE counter SET last = last + 1 WHERE name = p_name RETURNING last
$$;
GRANT SELECT, UPDATE ON counter TO commonpurse_service;
