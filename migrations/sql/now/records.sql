-- Records that are no entries: holds placed and ended, periods closed.

-- Takes the next number of a book for a record that is no entry. The head stays locked until the caller's transaction ends.
CREATE OR REPLACE FUNCTION record_add(p_book int, p_kind smallint, p_body jsonb, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_number bigint;
    v_at timestamptz;
    v_frozen boolean;
BEGIN
    UPDATE public.book_head
       SET version = version + 1, next_number = next_number + 1, recorded_at = greatest(recorded_at, p_at)
     WHERE book_id = p_book
    RETURNING next_number - 1, recorded_at, frozen INTO v_number, v_at, v_frozen;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'no_data_found';
    END IF;
    IF v_frozen THEN
        RAISE EXCEPTION 'book %: frozen', p_book USING ERRCODE = 'CP002';
    END IF;
    INSERT INTO public.log_record (book_id, number, kind, body, recorded_at) VALUES (p_book, v_number, p_kind, p_body, v_at);
    RETURN v_number;
END
$$;
SELECT ledger_delegate('record_add(int, smallint, jsonb, timestamptz)');

-- Sets money of an account aside, until its hold ends.
CREATE OR REPLACE FUNCTION hold_place(p_book int, p_id uuid, p_account int, p_amount bigint, p_expires timestamptz, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_number bigint;
BEGIN
    v_number := public.record_add(p_book, 4::smallint,
        jsonb_build_object('hold', p_id, 'account', p_account, 'amount', p_amount::text, 'expires_at', p_expires), p_at);
    INSERT INTO public.hold (book_id, id, account, amount, expires_at, placed)
         VALUES (p_book, p_id, p_account, p_amount, p_expires, v_number);
    UPDATE public.balance SET held = held + p_amount WHERE book_id = p_book AND account = p_account;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: no account %', p_book, p_account USING ERRCODE = 'check_violation';
    END IF;
    RETURN v_number;
END
$$;
SELECT ledger_delegate('hold_place(int, uuid, int, bigint, timestamptz, timestamptz)');

-- Ends a hold once; null when it had ended before.
CREATE OR REPLACE FUNCTION hold_end(p_book int, p_id uuid, p_captured bigint, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_number bigint;
    v_hold public.hold;
BEGIN
    PERFORM 1 FROM public.book_head WHERE book_id = p_book FOR NO KEY UPDATE;
    SELECT * INTO v_hold FROM public.hold WHERE book_id = p_book AND id = p_id AND ended = 0;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    v_number := public.record_add(p_book, 5::smallint, jsonb_build_object('hold', p_id, 'captured', p_captured::text), p_at);
    UPDATE public.hold SET ended = v_number, captured = p_captured WHERE book_id = p_book AND id = p_id;
    UPDATE public.balance SET held = held - v_hold.amount WHERE book_id = p_book AND account = v_hold.account;
    RETURN v_number;
END
$$;
SELECT ledger_delegate('hold_end(int, uuid, bigint, timestamptz)');

-- Closes the days through p_through: what would take effect on or before it is refused from then on.
CREATE OR REPLACE FUNCTION period_close(p_book int, p_through date, p_body jsonb, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.book_head SET closed_through = p_through WHERE book_id = p_book AND closed_through < p_through;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: % is closed already', p_book, p_through USING ERRCODE = 'check_violation';
    END IF;
    RETURN public.record_add(p_book, 1::smallint, p_body, p_at);
END
$$;
SELECT ledger_delegate('period_close(int, date, jsonb, timestamptz)');
