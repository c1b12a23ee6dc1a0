-- Records besides entries: holds placed and ended, periods closed; and which entry reversed which.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE hold (
    amount     bigint NOT NULL CHECK (amount > 0),
    placed     bigint NOT NULL CHECK (placed > 0),
    ended      bigint NOT NULL DEFAULT 0 CHECK (ended >= 0),
    captured   bigint NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    expires_at timestamptz,
    id         uuid NOT NULL,
    book_id    int NOT NULL,
    account    int NOT NULL,
    PRIMARY KEY (book_id, id),
    CHECK (captured = 0 OR ended > 0)
);
SELECT ledger_distribute('hold');
COMMENT ON TABLE hold IS 'Money of an account that is set aside; ends once, by a record.';
COMMENT ON COLUMN hold.amount IS 'Minor units.';
COMMENT ON COLUMN hold.placed IS 'Record number of its placing.';
COMMENT ON COLUMN hold.ended IS 'Record number of its end; 0 while it stands.';
COMMENT ON COLUMN hold.captured IS 'How much of it was captured at its end, minor units; the rest is free again.';
COMMENT ON COLUMN hold.expires_at IS 'Until when, book time; null when it does not expire.';
COMMENT ON COLUMN hold.id IS 'UUIDv7 of the outside id.';
COMMENT ON COLUMN hold.book_id IS 'The book.';
COMMENT ON COLUMN hold.account IS 'Whose money.';

CREATE TABLE reversal (
    number      bigint NOT NULL,
    reversed_by bigint NOT NULL CHECK (reversed_by > number),
    book_id     int NOT NULL,
    PRIMARY KEY (book_id, number)
);
SELECT ledger_distribute('reversal');
COMMENT ON TABLE reversal IS 'Which entry reversed which; an entry is reversed once.';
COMMENT ON COLUMN reversal.number IS 'Record number of the entry that was reversed.';
COMMENT ON COLUMN reversal.reversed_by IS 'Record number of its mirror.';
COMMENT ON COLUMN reversal.book_id IS 'The book.';
CREATE TRIGGER reversal_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER hold_kept BEFORE DELETE OR TRUNCATE ON hold FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Takes the next number of a book for a record that is no entry. The head stays locked until the caller's transaction ends.
CREATE FUNCTION record_add(p_book int, p_kind smallint, p_body jsonb, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    v_number bigint;
BEGIN
    UPDATE book_head SET version = version + 1, next_number = next_number + 1 WHERE book_id = p_book
    RETURNING next_number - 1 INTO v_number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO log_record (book_id, number, kind, body, recorded_at) VALUES (p_book, v_number, p_kind, p_body, p_at);
    RETURN v_number;
END
$$;
SELECT ledger_delegate('record_add(int, smallint, jsonb, timestamptz)');

CREATE FUNCTION hold_place(p_book int, p_id uuid, p_account int, p_amount bigint, p_expires timestamptz, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    v_number bigint;
BEGIN
    v_number := record_add(p_book, 4::smallint,
        jsonb_build_object('hold', p_id, 'account', p_account, 'amount', p_amount::text, 'expires_at', p_expires), p_at);
    INSERT INTO hold (book_id, id, account, amount, expires_at, placed)
         VALUES (p_book, p_id, p_account, p_amount, p_expires, v_number);
    UPDATE balance SET held = held + p_amount WHERE book_id = p_book AND account = p_account;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: no account %', p_book, p_account USING ERRCODE = 'check_violation';
    END IF;
    RETURN v_number;
END
$$;
SELECT ledger_delegate('hold_place(int, uuid, int, bigint, timestamptz, timestamptz)');

-- Ends a hold once; null when it had ended before.
CREATE FUNCTION hold_end(p_book int, p_id uuid, p_captured bigint, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    v_number bigint;
    v_hold hold;
BEGIN
    PERFORM 1 FROM book_head WHERE book_id = p_book FOR NO KEY UPDATE;
    SELECT * INTO v_hold FROM hold WHERE book_id = p_book AND id = p_id AND ended = 0;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    v_number := record_add(p_book, 5::smallint, jsonb_build_object('hold', p_id, 'captured', p_captured::text), p_at);
    UPDATE hold SET ended = v_number, captured = p_captured WHERE book_id = p_book AND id = p_id;
    UPDATE balance SET held = held - v_hold.amount WHERE book_id = p_book AND account = v_hold.account;
    RETURN v_number;
END
$$;
SELECT ledger_delegate('hold_end(int, uuid, bigint, timestamptz)');

-- Closes the days through p_through: what would take effect on or before it is refused from then on.
CREATE FUNCTION period_close(p_book int, p_through date, p_body jsonb, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE book_head SET closed_through = p_through WHERE book_id = p_book AND closed_through < p_through;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: % is closed already', p_book, p_through USING ERRCODE = 'check_violation';
    END IF;
    RETURN record_add(p_book, 1::smallint, p_body, p_at);
END
$$;
SELECT ledger_delegate('period_close(int, date, jsonb, timestamptz)');

GRANT SELECT ON hold TO commonpurse_service;
GRANT SELECT, INSERT ON reversal TO commonpurse_service;
REVOKE ALL ON FUNCTION record_add(int, smallint, jsonb, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION hold_place(int, uuid, int, bigint, timestamptz, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION hold_end(int, uuid, bigint, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION period_close(int, date, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hold_place(int, uuid, int, bigint, timestamptz, timestamptz) TO commonpurse_service;
GRANT EXECUTE ON FUNCTION hold_end(int, uuid, bigint, timestamptz) TO commonpurse_service;
GRANT EXECUTE ON FUNCTION period_close(int, date, jsonb, timestamptz) TO commonpurse_service;
