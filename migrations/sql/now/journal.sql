-- The door to the journal: the head of a book, its accounts, and what posts.

-- The head of a book, locked until the caller's transaction ends. One that is frozen raises CP002, here and wherever else a
-- record would get a number.
CREATE OR REPLACE FUNCTION journal_lock(
    p_book int, OUT version bigint, OUT next_number bigint, OUT closed_through date, OUT recorded_at timestamptz
) RETURNS record LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_frozen boolean;
BEGIN
    SELECT h.version, h.next_number, h.closed_through, h.recorded_at, h.frozen
      INTO version, next_number, closed_through, recorded_at, v_frozen
      FROM public.book_head h WHERE h.book_id = p_book FOR NO KEY UPDATE;
    IF v_frozen THEN
        RAISE EXCEPTION 'book %: frozen', p_book USING ERRCODE = 'CP002';
    END IF;
END
$$;
SELECT ledger_delegate('journal_lock(int)');
COMMENT ON FUNCTION journal_lock IS 'Locks the head of a book until the transaction ends, and answers what the fold needs of it.';

-- Opens an account, or finds the one with this code. Locks the head: account numbers are drawn from it.
--
-- Side and floor are those of the class; p_floor is for the classes that leave it to whoever opens an account.
CREATE OR REPLACE FUNCTION account_open(p_book int, p_code text, p_class smallint, p_unit text, p_floor bigint, p_at timestamptz)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_number int;
    v_class public.account_class;
BEGIN
    SELECT number INTO v_number FROM public.account WHERE book_id = p_book AND code = p_code;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    SELECT * INTO v_class FROM public.account_class WHERE class = p_class;
    IF (split_part(p_code, ':', 1) = CASE v_class.kind WHEN 'asset' THEN 'assets' WHEN 'liability' THEN 'liabilities'
        WHEN 'expense' THEN 'expenses' ELSE v_class.kind END) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: % is no code for an account of class %', p_book, p_code, p_class
            USING ERRCODE = 'check_violation';
    END IF;
    IF p_floor IS NOT NULL AND NOT v_class.own_floors THEN
        RAISE EXCEPTION 'book %: the floor of class % is 0', p_book, v_class.name USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM public.book_head WHERE book_id = p_book FOR NO KEY UPDATE;
    SELECT number INTO v_number FROM public.account WHERE book_id = p_book AND code = p_code;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    UPDATE public.book_head SET next_account = next_account + 1 WHERE book_id = p_book
    RETURNING next_account - 1 INTO v_number;
    INSERT INTO public.account (book_id, number, code, class, unit, opened_at)
    VALUES (p_book, v_number, p_code, p_class, p_unit, p_at);
    INSERT INTO public.balance (book_id, account, floor, side, class, unit)
    VALUES (p_book, v_number, CASE WHEN v_class.own_floors THEN p_floor ELSE 0 END, v_class.side, p_class, p_unit);
    RETURN v_number;
END
$$;
SELECT ledger_delegate('account_open(int, text, smallint, text, bigint, timestamptz)');
COMMENT ON FUNCTION account_open IS 'Opens an account, or answers the number of the one that has this code. Side and floor are those of its class.';

-- The door to the journal writes a folded batch whole, or answers false when another batch came first. It has three
-- leaves: journal_post for any batch, journal_post_plain for entries of one line that are all alike, journal_post_one for a
-- transfer alone.
--
-- It is told what its accounts had moved before the batch, what they have moved after it, and the transfers. It goes
-- through the transfers itself: every balance after a line, the line before it of both its accounts, and every 128th line
-- of an account, which is marked, are worked out here and are never an argument. What comes of an account must be
-- what was told; what it had before must be what its row says, with its class and unit, or nothing is written. Sides come
-- from the classes, floors stand in the rows. Numbers have no gap, no record is recorded before the last one, nothing
-- takes effect on a closed day, and a way of moving is a row of `movement`.

-- Any batch. Accounts are named by their place in p_account. They fall into groups of one class and one unit. A way is a
-- kind between two groups. p_way, p_effective, p_occurred, p_note and p_key_caller have one element when it holds for
-- all. p_pos is empty when every entry has one line, p_key_number when the keys are those of the entries in their
-- order, p_key_refusal when nothing was refused.
CREATE OR REPLACE FUNCTION journal_post(
    p_book int, p_version bigint, p_first bigint, p_next bigint, p_recorded timestamptz,
    p_group_class smallint[], p_group_unit text[],
    p_account int[], p_group smallint[], p_debits bigint[], p_credits bigint[], p_last bigint[], p_lines bigint[],
    p_debits_after bigint[], p_credits_after bigint[],
    p_way_kind smallint[], p_way_debit smallint[], p_way_credit smallint[],
    p_pos bigint[], p_debit int[], p_credit int[], p_amount bigint[],
    p_way smallint[], p_effective date[], p_occurred date[], p_note uuid[],
    p_key_caller int[], p_key uuid[], p_key_digest bigint[], p_key_number bigint[], p_key_refusal smallint[],
    p_note_number bigint[], p_salt uuid[], p_memo text[], p_reference text[], p_metadata jsonb[]
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_count CONSTANT int := cardinality(p_amount);
    v_single CONSTANT boolean := cardinality(p_pos) = 0;
    v_way CONSTANT smallint := CASE cardinality(p_way) WHEN 1 THEN p_way[1] END;
    v_effective CONSTANT date := CASE cardinality(p_effective) WHEN 1 THEN p_effective[1] END;
    v_occurred CONSTANT date := CASE cardinality(p_occurred) WHEN 1 THEN p_occurred[1] END;
    v_note CONSTANT uuid := CASE cardinality(p_note) WHEN 1 THEN p_note[1] END;
    v_caller CONSTANT int := CASE cardinality(p_key_caller) WHEN 1 THEN p_key_caller[1] END;
    v_own CONSTANT boolean := cardinality(p_key_number) = 0;
    v_kept CONSTANT smallint := CASE cardinality(p_key_refusal) WHEN 0 THEN 0 END;
    v_nil CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    v_closed date;
    v_frozen boolean;
    v_fit boolean;
    v_rows bigint;
    v_side smallint[];
    v_pos bigint := (p_first << 16) - 1;
    v_debit int;
    v_credit int;
    v_debits bigint[] := p_debits;
    v_credits bigint[] := p_credits;
    v_last bigint[] := p_last;
    v_lines bigint[] := p_lines;
    v_debit_after bigint[] := p_amount;
    v_credit_after bigint[] := p_amount;
    v_debit_prev bigint[] := p_amount;
    v_credit_prev bigint[] := p_amount;
    v_mark_place int[] := '{}';
    v_mark_pos bigint[] := '{}';
    v_mark_line bigint[] := '{}';
    v_noted bigint[] := '{}';
BEGIN
    UPDATE public.book_head SET version = p_version + 1, next_number = p_next, recorded_at = p_recorded
     WHERE book_id = p_book AND version = p_version AND next_number = p_first AND recorded_at <= p_recorded
    RETURNING closed_through, frozen INTO v_closed, v_frozen;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_frozen THEN
        RAISE EXCEPTION 'book %: frozen', p_book USING ERRCODE = 'CP002';
    END IF;

    IF NOT v_own OR v_kept IS NULL THEN
        SELECT bool_and((k.number = 0 OR k.number BETWEEN p_first AND p_next - 1 AND k.refusal = 0 AND k.number > k.before)
                        IS TRUE)
          INTO v_fit
          FROM (SELECT u.number, coalesce(v_kept, u.refusal) AS refusal,
                       coalesce(max(u.number) OVER (ORDER BY u.place ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW), 0) AS before
                  FROM unnest(p_key_number, p_key_refusal) WITH ORDINALITY AS u(number, refusal, place)) AS k;
        IF v_fit IS NOT TRUE OR cardinality(p_key_number) <> cardinality(p_key) THEN
            RAISE EXCEPTION 'book %: a key stands for another batch''s entry, or for one of another key', p_book
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    INSERT INTO public.idempotency (book_id, caller, key, request_digest, number, refusal)
    SELECT p_book, coalesce(v_caller, p_key_caller[i]), p_key[i], p_key_digest[i],
           CASE WHEN v_own THEN p_first + i - 1 ELSE p_key_number[i] END, coalesce(v_kept, p_key_refusal[i])
      FROM generate_series(1, cardinality(p_key)) AS i;

    SELECT (SELECT count(*) FROM unnest(p_way_kind, p_way_debit, p_way_credit) AS w(kind, debit, credit)
             WHERE p_group_unit[w.debit] = p_group_unit[w.credit]
               AND EXISTS (SELECT FROM public.movement m
                            WHERE m.kind = w.kind AND m.debit_class = p_group_class[w.debit]
                              AND m.credit_class = p_group_class[w.credit])) = cardinality(p_way_kind),
           (SELECT array_agg(c.side ORDER BY g.place)
              FROM unnest(p_group_class) WITH ORDINALITY AS g(class, place)
              JOIN public.account_class c ON c.class = g.class)
      INTO v_fit, v_side;

    FOR i IN 1 .. v_count LOOP
        IF v_single THEN
            v_pos := p_first + i - 1 << 16;
        ELSIF p_pos[i] = v_pos + 1 AND i > 1 OR p_pos[i] = (v_pos >> 16) + 1 << 16 THEN
            v_pos := p_pos[i];
        ELSE
            RAISE EXCEPTION 'book %: position % does not follow %', p_book, p_pos[i], v_pos
                USING ERRCODE = 'check_violation';
        END IF;
        v_debit := p_debit[i];
        v_credit := p_credit[i];
        v_debits[v_debit] := v_debits[v_debit] + p_amount[i];
        v_credits[v_credit] := v_credits[v_credit] + p_amount[i];
        v_debit_after[i] := v_side[p_group[v_debit]] * (v_credits[v_debit] - v_debits[v_debit]);
        v_credit_after[i] := v_side[p_group[v_credit]] * (v_credits[v_credit] - v_debits[v_credit]);
        v_debit_prev[i] := v_last[v_debit];
        v_credit_prev[i] := v_last[v_credit];
        v_last[v_debit] := v_pos;
        v_last[v_credit] := v_pos;
        v_lines[v_debit] := v_lines[v_debit] + 1;
        v_lines[v_credit] := v_lines[v_credit] + 1;
        IF v_lines[v_debit] & 127 = 0 THEN
            v_mark_place := v_mark_place || v_debit;
            v_mark_pos := v_mark_pos || v_pos;
            v_mark_line := v_mark_line || v_lines[v_debit];
        END IF;
        IF v_lines[v_credit] & 127 = 0 THEN
            v_mark_place := v_mark_place || v_credit;
            v_mark_pos := v_mark_pos || v_pos;
            v_mark_line := v_mark_line || v_lines[v_credit];
        END IF;
        IF v_note IS DISTINCT FROM v_nil AND v_pos & 65535 = 0 AND coalesce(v_note, p_note[i]) <> v_nil THEN
            v_noted := v_noted || (v_pos >> 16);
        END IF;
    END LOOP;
    IF (v_pos >> 16 = p_next - 1 AND v_debits = p_debits_after AND v_credits = p_credits_after
        AND v_noted = p_note_number) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: records % to % leave other numbers, sums or notes than was told', p_book, p_first, v_pos >> 16
            USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO public.transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, debit_prev, credit_prev,
                                 effective, occurred, kind, note, recorded_at)
    SELECT p_book, CASE WHEN v_single THEN p_first + i - 1 << 16 ELSE p_pos[i] END,
           p_account[p_debit[i]], p_account[p_credit[i]], p_amount[i], v_debit_after[i], v_credit_after[i],
           v_debit_prev[i], v_credit_prev[i], coalesce(v_effective, p_effective[i]), coalesce(v_occurred, p_occurred[i]),
           p_way_kind[coalesce(v_way, p_way[i])], coalesce(v_note, p_note[i]), p_recorded
      FROM generate_series(1, v_count) AS i
     WHERE p_group[p_debit[i]] = p_way_debit[coalesce(v_way, p_way[i])]
       AND p_group[p_credit[i]] = p_way_credit[coalesce(v_way, p_way[i])]
       AND CASE WHEN coalesce(v_effective, p_effective[i]) = coalesce(v_occurred, p_occurred[i])
                THEN coalesce(v_effective, p_effective[i]) > v_closed
                ELSE coalesce(v_effective, p_effective[i]) = v_closed + 1
                     AND coalesce(v_occurred, p_occurred[i]) <= v_closed END;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF (v_rows = v_count AND v_fit) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: a transfer fits no row of movement, joins two units, or takes effect on a closed day', p_book
            USING ERRCODE = 'check_violation';
    END IF;

    IF cardinality(v_mark_pos) > 0 THEN
        INSERT INTO public.account_mark (book_id, account, pos, line)
        SELECT p_book, p_account[v_mark_place[i]], v_mark_pos[i], v_mark_line[i]
          FROM generate_series(1, cardinality(v_mark_pos)) AS i;
    END IF;

    UPDATE public.balance b SET debits = v_debits[i], credits = v_credits[i], last_pos = v_last[i], lines = v_lines[i]
      FROM generate_series(1, cardinality(p_account)) AS i
     WHERE b.book_id = p_book AND b.account = p_account[i]
       AND b.class = p_group_class[p_group[i]] AND b.unit = p_group_unit[p_group[i]]
       AND b.debits = p_debits[i] AND b.credits = p_credits[i] AND b.last_pos = p_last[i] AND b.lines = p_lines[i];
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> cardinality(p_account) THEN
        RAISE EXCEPTION 'book %: % of % accounts stand as they were told', p_book, v_rows, cardinality(p_account)
            USING ERRCODE = 'check_violation';
    END IF;

    IF cardinality(p_note_number) > 0 THEN
        INSERT INTO public.entry_note (book_id, number, salt, memo, reference, metadata)
        SELECT p_book, n.number, n.salt, n.memo, n.reference, n.metadata
          FROM unnest(p_note_number, p_salt, p_memo, p_reference, p_metadata) AS n(number, salt, memo, reference, metadata);
    END IF;
    RETURN true;
END
$$;
SELECT ledger_delegate('journal_post(int, bigint, bigint, bigint, timestamptz, smallint[], text[], int[], smallint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], smallint[], smallint[], smallint[], bigint[], int[], int[], bigint[], smallint[], date[], date[], uuid[], int[], uuid[], bigint[], bigint[], smallint[], bigint[], uuid[], text[], text[], jsonb[])');
COMMENT ON FUNCTION journal_post IS 'The door to the journal, for any folded batch: writes it whole, or answers false when another batch came first.';

-- Entries of one line each, of one kind, between accounts of one class and accounts of one class, in one unit, of one day
-- and one caller, without notes: what most batches are. p_sides: whether an account is debited (1), credited (2) or may be
-- either (3).
CREATE OR REPLACE FUNCTION journal_post_plain(
    p_book int, p_version bigint, p_first bigint, p_recorded timestamptz,
    p_kind smallint, p_debit_class smallint, p_credit_class smallint, p_unit text, p_effective date, p_occurred date,
    p_account int[], p_sides smallint[], p_debits bigint[], p_credits bigint[], p_last bigint[], p_lines bigint[],
    p_debits_after bigint[], p_credits_after bigint[],
    p_debit int[], p_credit int[], p_amount bigint[],
    p_caller int, p_key uuid[], p_digest bigint[]
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_count CONSTANT int := cardinality(p_amount);
    v_closed date;
    v_frozen boolean;
    v_rows bigint;
    v_debit_side smallint;
    v_credit_side smallint;
    v_pos bigint := p_first << 16;
    v_debit int;
    v_credit int;
    v_debits bigint[] := p_debits;
    v_credits bigint[] := p_credits;
    v_last bigint[] := p_last;
    v_lines bigint[] := p_lines;
    v_debit_after bigint[] := p_amount;
    v_credit_after bigint[] := p_amount;
    v_debit_prev bigint[] := p_amount;
    v_credit_prev bigint[] := p_amount;
    v_mark_place int[] := '{}';
    v_mark_pos bigint[] := '{}';
    v_mark_line bigint[] := '{}';
BEGIN
    UPDATE public.book_head SET version = p_version + 1, next_number = p_first + v_count, recorded_at = p_recorded
     WHERE book_id = p_book AND version = p_version AND next_number = p_first AND recorded_at <= p_recorded
    RETURNING closed_through, frozen INTO v_closed, v_frozen;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_frozen THEN
        RAISE EXCEPTION 'book %: frozen', p_book USING ERRCODE = 'CP002';
    END IF;
    SELECT d.side, c.side INTO v_debit_side, v_credit_side
      FROM public.movement m
      JOIN public.account_class d ON d.class = m.debit_class
      JOIN public.account_class c ON c.class = m.credit_class
     WHERE m.kind = p_kind AND m.debit_class = p_debit_class AND m.credit_class = p_credit_class
       AND CASE p_effective WHEN p_occurred THEN p_effective > v_closed
                ELSE p_effective = v_closed + 1 AND p_occurred <= v_closed END;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: the transfers fit no row of movement, or take effect on a closed day', p_book
            USING ERRCODE = 'check_violation';
    END IF;

    FOR i IN 1 .. v_count LOOP
        v_debit := p_debit[i];
        v_credit := p_credit[i];
        v_debits[v_debit] := v_debits[v_debit] + p_amount[i];
        v_credits[v_credit] := v_credits[v_credit] + p_amount[i];
        v_debit_after[i] := v_debit_side * (v_credits[v_debit] - v_debits[v_debit]);
        v_credit_after[i] := v_credit_side * (v_credits[v_credit] - v_debits[v_credit]);
        v_debit_prev[i] := v_last[v_debit];
        v_credit_prev[i] := v_last[v_credit];
        v_last[v_debit] := v_pos;
        v_last[v_credit] := v_pos;
        v_lines[v_debit] := v_lines[v_debit] + 1;
        v_lines[v_credit] := v_lines[v_credit] + 1;
        IF v_lines[v_debit] & 127 = 0 THEN
            v_mark_place := v_mark_place || v_debit;
            v_mark_pos := v_mark_pos || v_pos;
            v_mark_line := v_mark_line || v_lines[v_debit];
        END IF;
        IF v_lines[v_credit] & 127 = 0 THEN
            v_mark_place := v_mark_place || v_credit;
            v_mark_pos := v_mark_pos || v_pos;
            v_mark_line := v_mark_line || v_lines[v_credit];
        END IF;
        v_pos := v_pos + 65536;
    END LOOP;
    IF (v_debits = p_debits_after AND v_credits = p_credits_after) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: records % to % leave other sums than was told', p_book, p_first, p_first + v_count - 1
            USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO public.idempotency (book_id, caller, key, request_digest, number)
    SELECT p_book, p_caller, p_key[i], p_digest[i], p_first + i - 1 FROM generate_series(1, cardinality(p_key)) AS i;

    INSERT INTO public.transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, debit_prev, credit_prev,
                                 effective, occurred, kind, note, recorded_at)
    SELECT p_book, p_first + i - 1 << 16, p_account[p_debit[i]], p_account[p_credit[i]], p_amount[i], v_debit_after[i],
           v_credit_after[i], v_debit_prev[i], v_credit_prev[i], p_effective, p_occurred, p_kind,
           '00000000-0000-0000-0000-000000000000', p_recorded
      FROM generate_series(1, v_count) AS i
     WHERE p_sides[p_debit[i]] & 1 = 1 AND p_sides[p_credit[i]] & 2 = 2;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> v_count OR cardinality(p_key) <> v_count THEN
        RAISE EXCEPTION 'book %: % of % transfers lie between the accounts that were told, under % keys',
            p_book, v_rows, v_count, cardinality(p_key) USING ERRCODE = 'check_violation';
    END IF;

    IF cardinality(v_mark_pos) > 0 THEN
        INSERT INTO public.account_mark (book_id, account, pos, line)
        SELECT p_book, p_account[v_mark_place[i]], v_mark_pos[i], v_mark_line[i]
          FROM generate_series(1, cardinality(v_mark_pos)) AS i;
    END IF;

    UPDATE public.balance b SET debits = v_debits[i], credits = v_credits[i], last_pos = v_last[i], lines = v_lines[i]
      FROM generate_series(1, cardinality(p_account)) AS i
     WHERE b.book_id = p_book AND b.account = p_account[i] AND b.unit = p_unit
       AND CASE p_sides[i] WHEN 1 THEN b.class = p_debit_class WHEN 2 THEN b.class = p_credit_class
                           WHEN 3 THEN b.class = p_debit_class AND b.class = p_credit_class END
       AND b.debits = p_debits[i] AND b.credits = p_credits[i] AND b.last_pos = p_last[i] AND b.lines = p_lines[i];
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> cardinality(p_account) THEN
        RAISE EXCEPTION 'book %: % of % accounts stand as they were told', p_book, v_rows, cardinality(p_account)
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN true;
END
$$;
SELECT ledger_delegate('journal_post_plain(int, bigint, bigint, timestamptz, smallint, smallint, smallint, text, date, date, int[], smallint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], int[], int[], bigint[], int, uuid[], bigint[])');
COMMENT ON FUNCTION journal_post_plain IS 'The door to the journal, for a batch of entries of one line that are all alike.';

-- One transfer under one key, without a note. What its accounts had moved is read in their rows; told are the lines
-- before it and the balances after it.
CREATE OR REPLACE FUNCTION journal_post_one(
    p_book int, p_version bigint, p_number bigint, p_recorded timestamptz, p_kind smallint,
    p_debit int, p_credit int, p_amount bigint, p_debit_after bigint, p_credit_after bigint,
    p_debit_last bigint, p_credit_last bigint, p_effective date, p_occurred date,
    p_caller int, p_key uuid, p_digest bigint
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_pos CONSTANT bigint := p_number << 16;
    v_closed date;
    v_frozen boolean;
    v_debit_class smallint;
    v_credit_class smallint;
    v_debit_unit text;
    v_credit_unit text;
    v_debit_after bigint;
    v_credit_after bigint;
    v_debit_lines bigint;
    v_credit_lines bigint;
BEGIN
    UPDATE public.book_head SET version = p_version + 1, next_number = p_number + 1, recorded_at = p_recorded
     WHERE book_id = p_book AND version = p_version AND next_number = p_number AND recorded_at <= p_recorded
    RETURNING closed_through, frozen INTO v_closed, v_frozen;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_frozen THEN
        RAISE EXCEPTION 'book %: frozen', p_book USING ERRCODE = 'CP002';
    END IF;

    UPDATE public.balance SET debits = debits + p_amount, last_pos = v_pos, lines = lines + 1
     WHERE book_id = p_book AND account = p_debit AND last_pos = p_debit_last
    RETURNING class, unit, side * (credits - debits), lines
      INTO v_debit_class, v_debit_unit, v_debit_after, v_debit_lines;
    UPDATE public.balance SET credits = credits + p_amount, last_pos = v_pos, lines = lines + 1
     WHERE book_id = p_book AND account = p_credit AND last_pos = p_credit_last
    RETURNING class, unit, side * (credits - debits), lines
      INTO v_credit_class, v_credit_unit, v_credit_after, v_credit_lines;
    IF (v_debit_after = p_debit_after AND v_credit_after = p_credit_after) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: record % leaves other balances than was told', p_book, p_number
            USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO public.idempotency (book_id, caller, key, request_digest, number)
    VALUES (p_book, p_caller, p_key, p_digest, p_number);
    INSERT INTO public.transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, debit_prev, credit_prev,
                                 effective, occurred, kind, note, recorded_at)
    SELECT p_book, v_pos, p_debit, p_credit, p_amount, v_debit_after, v_credit_after, p_debit_last, p_credit_last,
           p_effective, p_occurred, p_kind, '00000000-0000-0000-0000-000000000000', p_recorded
      FROM public.movement m
     WHERE m.kind = p_kind AND m.debit_class = v_debit_class AND m.credit_class = v_credit_class
       AND v_debit_unit = v_credit_unit
       AND CASE p_effective WHEN p_occurred THEN p_effective > v_closed
                ELSE p_effective = v_closed + 1 AND p_occurred <= v_closed END;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: a transfer fits no row of movement, joins two units, or takes effect on a closed day', p_book
            USING ERRCODE = 'check_violation';
    END IF;
    IF v_debit_lines & 127 = 0 THEN
        INSERT INTO public.account_mark (book_id, account, pos, line) VALUES (p_book, p_debit, v_pos, v_debit_lines);
    END IF;
    IF v_credit_lines & 127 = 0 THEN
        INSERT INTO public.account_mark (book_id, account, pos, line) VALUES (p_book, p_credit, v_pos, v_credit_lines);
    END IF;
    RETURN true;
END
$$;
SELECT ledger_delegate('journal_post_one(int, bigint, bigint, timestamptz, smallint, int, int, bigint, bigint, bigint, bigint, bigint, date, date, int, uuid, bigint)');
COMMENT ON FUNCTION journal_post_one IS 'The door to the journal, for one transfer under one key.';

-- journal_post, and then the companions: one call writes a batch whole. With the rights of the caller, as the companions
-- are no business of the journal.
CREATE OR REPLACE FUNCTION batch_post(
    p_book int, p_version bigint, p_first bigint, p_next bigint, p_recorded timestamptz,
    p_group_class smallint[], p_group_unit text[],
    p_account int[], p_group smallint[], p_debits bigint[], p_credits bigint[], p_last bigint[], p_lines bigint[],
    p_debits_after bigint[], p_credits_after bigint[],
    p_way_kind smallint[], p_way_debit smallint[], p_way_credit smallint[],
    p_pos bigint[], p_debit int[], p_credit int[], p_amount bigint[],
    p_way smallint[], p_effective date[], p_occurred date[], p_note uuid[],
    p_key_caller int[], p_key uuid[], p_key_digest bigint[], p_key_number bigint[], p_key_refusal smallint[],
    p_note_number bigint[], p_salt uuid[], p_memo text[], p_reference text[], p_metadata jsonb[],
    p_companions jsonb
) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT public.journal_post(
        p_book, p_version, p_first, p_next, p_recorded, p_group_class, p_group_unit, p_account, p_group, p_debits, p_credits,
        p_last, p_lines, p_debits_after, p_credits_after, p_way_kind, p_way_debit, p_way_credit, p_pos, p_debit, p_credit,
        p_amount, p_way, p_effective, p_occurred, p_note, p_key_caller, p_key, p_key_digest, p_key_number, p_key_refusal,
        p_note_number, p_salt, p_memo, p_reference, p_metadata
    ) THEN
        RETURN false;
    END IF;
    RETURN public.companions_write(p_book, p_companions);
END
$$;
SELECT ledger_delegate('batch_post(int, bigint, bigint, bigint, timestamptz, smallint[], text[], int[], smallint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], smallint[], smallint[], smallint[], bigint[], int[], int[], bigint[], smallint[], date[], date[], uuid[], int[], uuid[], bigint[], bigint[], smallint[], bigint[], uuid[], text[], text[], jsonb[], jsonb)');
COMMENT ON FUNCTION batch_post IS 'journal_post, and the rows that come with its entries.';
