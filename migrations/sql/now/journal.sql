-- The door to the journal: accounts, what posts, and what reads it back.

-- Opens an account, or finds the one with this code. Locks the head: account numbers are drawn from it.
CREATE OR REPLACE FUNCTION account_open(p_book int, p_code text, p_class smallint, p_unit text, p_floor bigint, p_side smallint, p_at timestamptz)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_number int;
BEGIN
    SELECT number INTO v_number FROM public.account WHERE book_id = p_book AND code = p_code;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    PERFORM 1 FROM public.book_head WHERE book_id = p_book FOR NO KEY UPDATE;
    SELECT number INTO v_number FROM public.account WHERE book_id = p_book AND code = p_code;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    UPDATE public.book_head SET next_account = next_account + 1 WHERE book_id = p_book RETURNING next_account - 1 INTO v_number;
    INSERT INTO public.account (book_id, number, code, class, unit, opened_at)
         VALUES (p_book, v_number, p_code, p_class, p_unit, p_at);
    INSERT INTO public.balance (book_id, account, floor, side, class, unit)
         VALUES (p_book, v_number, p_floor, p_side, p_class, p_unit);
    RETURN v_number;
END
$$;
SELECT ledger_delegate('account_open(int, text, smallint, text, bigint, smallint, timestamptz)');

-- Locks the head of a book until the caller's transaction ends, and answers what the fold needs of it.
CREATE OR REPLACE FUNCTION journal_lock(p_book int, OUT version bigint, OUT next_number bigint, OUT closed_through date)
RETURNS record LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT h.version, h.next_number, h.closed_through FROM public.book_head h WHERE h.book_id = p_book FOR NO KEY UPDATE
$$;
SELECT ledger_delegate('journal_lock(int)');

-- The one door to the journal: writes a folded batch whole, or answers false when another batch came first.
--
-- It checks what the fold has decided: numbers without a gap, a row of `movement` for every transfer, one unit on both
-- sides, balances that moved by exactly the amounts, and (by CHECK) the floors.
--
-- Accounts are named by their place in p_account. They fall into groups of one class and one unit, which are compared in
-- the row of the balance. A way is a kind between two groups: `movement` is read once for each way, and each transfer
-- is compared with its way. p_way, p_effective, p_occurred, p_note and p_key_caller have one element when it holds for
-- all. p_pos is empty when every entry has one line, p_key_number when the keys are those of the entries in their
-- order, p_key_refusal when nothing was refused.
CREATE OR REPLACE FUNCTION journal_post(
    p_book int, p_version bigint, p_first bigint, p_next bigint, p_recorded timestamptz,
    p_group_class smallint[], p_group_unit text[],
    p_account int[], p_group smallint[], p_debits bigint[], p_credits bigint[], p_debited bigint[], p_credited bigint[],
    p_way_kind smallint[], p_way_debit smallint[], p_way_credit smallint[],
    p_pos bigint[], p_debit int[], p_credit int[], p_amount bigint[], p_debit_after bigint[], p_credit_after bigint[],
    p_way smallint[], p_effective date[], p_occurred date[], p_note uuid[],
    p_key_caller int[], p_key uuid[], p_key_digest bigint[], p_key_number bigint[], p_key_refusal smallint[],
    p_note_number bigint[], p_salt uuid[], p_memo text[], p_reference text[], p_metadata jsonb[]
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_count int := cardinality(p_amount);
    v_accounts int := cardinality(p_account);
    v_single boolean := cardinality(p_pos) = 0;
    v_way smallint := CASE cardinality(p_way) WHEN 1 THEN p_way[1] END;
    v_effective date := CASE cardinality(p_effective) WHEN 1 THEN p_effective[1] END;
    v_occurred date := CASE cardinality(p_occurred) WHEN 1 THEN p_occurred[1] END;
    v_note uuid := CASE cardinality(p_note) WHEN 1 THEN p_note[1] END;
    v_caller int := CASE cardinality(p_key_caller) WHEN 1 THEN p_key_caller[1] END;
    v_own boolean := cardinality(p_key_number) = 0;
    v_kept smallint := CASE cardinality(p_key_refusal) WHEN 0 THEN 0 END;
    v_entries bigint := v_count;
    v_low bigint := p_first;
    v_high bigint := p_first + v_count - 1;
    v_rows bigint;
    v_ways bigint;
    v_sum numeric;
    v_debited numeric;
    v_credited numeric;
BEGIN
    UPDATE public.book_head SET version = p_version + 1, next_number = p_next
     WHERE book_id = p_book AND version = p_version AND next_number = p_first;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    INSERT INTO public.idempotency (book_id, caller, key, request_digest, number, refusal)
    SELECT p_book, coalesce(v_caller, p_key_caller[i]), p_key[i], p_key_digest[i],
           CASE WHEN v_own THEN p_first + i - 1 ELSE p_key_number[i] END, coalesce(v_kept, p_key_refusal[i])
      FROM generate_series(1, cardinality(p_key)) AS i;

    -- Positions are unique, and an entry begins with its line 0: as many entries as numbers between the right first
    -- and last one leave no gap.
    IF NOT v_single THEN
        SELECT count(*) FILTER (WHERE t.pos & 65535 = 0), min(t.pos) >> 16, max(t.pos) >> 16
          INTO v_entries, v_low, v_high
          FROM (SELECT unnest(p_pos) AS pos) AS t;
    END IF;
    IF (v_entries = p_next - p_first AND v_low = p_first AND v_high = p_next - 1
        AND (v_single OR cardinality(p_pos) = v_count)) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: record numbers % to % do not follow %', p_book, v_low, v_high, p_first
            USING ERRCODE = 'check_violation';
    END IF;

    SELECT (SELECT coalesce(sum(t.amount), 0) FROM (SELECT unnest(p_amount) AS amount) AS t),
           (SELECT coalesce(sum(t.amount), 0) FROM (SELECT unnest(p_debited) AS amount) AS t),
           (SELECT coalesce(sum(t.amount), 0) FROM (SELECT unnest(p_credited) AS amount) AS t),
           (SELECT count(*) FROM unnest(p_way_kind, p_way_debit, p_way_credit) AS w(kind, debit, credit)
             WHERE p_group_unit[w.debit] = p_group_unit[w.credit]
               AND EXISTS (SELECT FROM public.movement m WHERE m.kind = w.kind AND m.debit_class = p_group_class[w.debit]
                                                    AND m.credit_class = p_group_class[w.credit]))
      INTO v_sum, v_debited, v_credited, v_ways;

    INSERT INTO public.transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, effective, occurred, kind, note, recorded_at)
    SELECT p_book, CASE WHEN v_single THEN p_first + i - 1 << 16 ELSE p_pos[i] END,
           p_account[p_debit[i]], p_account[p_credit[i]], p_amount[i], p_debit_after[i], p_credit_after[i],
           coalesce(v_effective, p_effective[i]), coalesce(v_occurred, p_occurred[i]),
           p_way_kind[coalesce(v_way, p_way[i])], coalesce(v_note, p_note[i]), p_recorded
      FROM generate_series(1, v_count) AS i
     WHERE p_group[p_debit[i]] = p_way_debit[coalesce(v_way, p_way[i])]
       AND p_group[p_credit[i]] = p_way_credit[coalesce(v_way, p_way[i])];
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF (v_rows = v_count AND v_ways = cardinality(p_way_kind)) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: a transfer fits no row of movement, or joins two units', p_book
            USING ERRCODE = 'check_violation';
    END IF;

    UPDATE public.balance b SET debits = p_debits[n.place::int], credits = p_credits[n.place::int]
      FROM unnest(p_account) WITH ORDINALITY AS n(account, place)
     WHERE b.book_id = p_book AND b.account = n.account
       AND b.class = p_group_class[p_group[n.place::int]] AND b.unit = p_group_unit[p_group[n.place::int]]
       AND b.debits = p_debits[n.place::int] - p_debited[n.place::int]
       AND b.credits = p_credits[n.place::int] - p_credited[n.place::int];
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF (v_rows = v_accounts AND v_debited = v_sum AND v_credited = v_sum
        AND cardinality(p_debited) = v_accounts AND cardinality(p_credited) = v_accounts) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: % of % balances moved as folded, by % and %, the transfers by %',
            p_book, v_rows, v_accounts, v_debited, v_credited, v_sum
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
SELECT ledger_delegate('journal_post(int, bigint, bigint, bigint, timestamptz, smallint[], text[], int[], smallint[], bigint[], bigint[], bigint[], bigint[], smallint[], smallint[], smallint[], bigint[], int[], int[], bigint[], bigint[], bigint[], smallint[], date[], date[], uuid[], int[], uuid[], bigint[], bigint[], smallint[], bigint[], uuid[], text[], text[], jsonb[])');

-- journal_post for one transfer under one key, without a note: the same checks, on values instead of arrays.
CREATE OR REPLACE FUNCTION journal_post_one(
    p_book int, p_version bigint, p_number bigint, p_recorded timestamptz, p_unit text, p_kind smallint,
    p_debit int, p_credit int, p_debit_class smallint, p_credit_class smallint, p_amount bigint,
    p_debit_debits bigint, p_debit_credits bigint, p_credit_debits bigint, p_credit_credits bigint,
    p_debit_after bigint, p_credit_after bigint, p_effective date, p_occurred date,
    p_caller int, p_key uuid, p_digest bigint
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    UPDATE public.book_head SET version = p_version + 1, next_number = p_number + 1
     WHERE book_id = p_book AND version = p_version AND next_number = p_number;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO public.idempotency (book_id, caller, key, request_digest, number)
    VALUES (p_book, p_caller, p_key, p_digest, p_number);
    INSERT INTO public.transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, effective, occurred, kind, note, recorded_at)
    SELECT p_book, p_number << 16, p_debit, p_credit, p_amount, p_debit_after, p_credit_after, p_effective, p_occurred,
           p_kind, '00000000-0000-0000-0000-000000000000', p_recorded
      FROM public.movement m
     WHERE m.kind = p_kind AND m.debit_class = p_debit_class AND m.credit_class = p_credit_class;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: a transfer fits no row of movement', p_book USING ERRCODE = 'check_violation';
    END IF;
    UPDATE public.balance SET debits = CASE account WHEN p_debit THEN p_debit_debits ELSE p_credit_debits END,
                       credits = CASE account WHEN p_debit THEN p_debit_credits ELSE p_credit_credits END
     WHERE book_id = p_book AND account = ANY (ARRAY[p_debit, p_credit]) AND unit = p_unit
       AND CASE account
           WHEN p_debit THEN class = p_debit_class AND debits = p_debit_debits - p_amount AND credits = p_debit_credits
           ELSE class = p_credit_class AND debits = p_credit_debits AND credits = p_credit_credits - p_amount END;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> 2 THEN
        RAISE EXCEPTION 'book %: % of 2 balances moved as folded', p_book, v_rows USING ERRCODE = 'check_violation';
    END IF;
    RETURN true;
END
$$;
SELECT ledger_delegate('journal_post_one(int, bigint, bigint, timestamptz, text, smallint, int, int, smallint, smallint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, date, date, int, uuid, bigint)');

-- journal_post, and then the companions: one call writes a batch whole. With the rights of the caller, as the companions
-- are no business of the journal.
CREATE OR REPLACE FUNCTION batch_post(
    p_book int, p_version bigint, p_first bigint, p_next bigint, p_recorded timestamptz,
    p_group_class smallint[], p_group_unit text[],
    p_account int[], p_group smallint[], p_debits bigint[], p_credits bigint[], p_debited bigint[], p_credited bigint[],
    p_way_kind smallint[], p_way_debit smallint[], p_way_credit smallint[],
    p_pos bigint[], p_debit int[], p_credit int[], p_amount bigint[], p_debit_after bigint[], p_credit_after bigint[],
    p_way smallint[], p_effective date[], p_occurred date[], p_note uuid[],
    p_key_caller int[], p_key uuid[], p_key_digest bigint[], p_key_number bigint[], p_key_refusal smallint[],
    p_note_number bigint[], p_salt uuid[], p_memo text[], p_reference text[], p_metadata jsonb[],
    p_companions jsonb
) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT public.journal_post(
        p_book, p_version, p_first, p_next, p_recorded, p_group_class, p_group_unit, p_account, p_group, p_debits,
        p_credits, p_debited, p_credited, p_way_kind, p_way_debit, p_way_credit, p_pos, p_debit, p_credit, p_amount,
        p_debit_after, p_credit_after, p_way, p_effective, p_occurred, p_note, p_key_caller, p_key, p_key_digest,
        p_key_number, p_key_refusal, p_note_number, p_salt, p_memo, p_reference, p_metadata
    ) THEN
        RETURN false;
    END IF;
    RETURN p_companions IS NULL OR public.companions_write(p_book, p_companions);
END
$$;
SELECT ledger_delegate('batch_post(int, bigint, bigint, bigint, timestamptz, smallint[], text[], int[], smallint[], bigint[], bigint[], bigint[], bigint[], smallint[], smallint[], smallint[], bigint[], int[], int[], bigint[], bigint[], bigint[], smallint[], date[], date[], uuid[], int[], uuid[], bigint[], bigint[], smallint[], bigint[], uuid[], text[], text[], jsonb[], jsonb)');

-- Locks the head, and answers what was posted from record p_from on, if that is no more than p_limit records and all of
-- them are entries. It reads nothing when nobody else has posted, and else everything at once; with p_from 0 nothing.
CREATE OR REPLACE FUNCTION journal_catch_up(
    p_book int, p_from bigint, p_limit bigint,
    OUT version bigint, OUT next_number bigint, OUT closed_through date, OUT whole boolean,
    OUT debits int[], OUT credits int[], OUT amounts bigint[]
) RETURNS record LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT h.version, h.next_number, h.closed_through INTO version, next_number, closed_through
      FROM public.book_head h WHERE h.book_id = p_book FOR NO KEY UPDATE;
    whole := p_from = next_number;
    IF p_from > 0 AND NOT whole AND next_number - p_from <= p_limit THEN
        SELECT NOT EXISTS (SELECT FROM public.log_record r WHERE r.book_id = p_book AND r.number >= p_from),
               array_agg(t.debit), array_agg(t.credit), array_agg(t.amount) INTO whole, debits, credits, amounts
          FROM public.transfer t WHERE t.book_id = p_book AND t.pos >= p_from << 16;
    END IF;
END
$$;
SELECT ledger_delegate('journal_catch_up(int, bigint, bigint)');

-- The classic journal: two columns, one line a side.
CREATE OR REPLACE VIEW posting AS
    SELECT book_id, pos, pos >> 16 AS number, debit AS account, 'debit' AS side, amount, debit_after AS balance_after,
           effective, occurred, recorded_at, kind
      FROM transfer
    UNION ALL
    SELECT book_id, pos, pos >> 16, credit, 'credit', amount, credit_after, effective, occurred, recorded_at, kind
      FROM transfer;
COMMENT ON COLUMN posting.book_id IS 'The book.';
COMMENT ON COLUMN posting.pos IS 'Position of the transfer.';
COMMENT ON COLUMN posting.number IS 'Record number of the entry.';
COMMENT ON COLUMN posting.account IS 'The account.';
COMMENT ON COLUMN posting.side IS 'debit or credit.';
COMMENT ON COLUMN posting.amount IS 'Minor units.';
COMMENT ON COLUMN posting.balance_after IS 'Balance of the account after this line, on its own side.';
COMMENT ON COLUMN posting.effective IS 'Day on which it counts.';
COMMENT ON COLUMN posting.occurred IS 'Day on which it happened outside.';
COMMENT ON COLUMN posting.recorded_at IS 'Wall clock.';
COMMENT ON COLUMN posting.kind IS 'Way the money moved.';
