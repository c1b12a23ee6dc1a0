-- What reads the journal back.

-- Locks the head, and answers what was posted from record p_from on, if that is no more than p_limit records and all of
-- them are entries. Nothing is read when nobody else has posted, nor with p_from 0.
CREATE OR REPLACE FUNCTION journal_catch_up(
    p_book int, p_from bigint, p_limit bigint,
    OUT version bigint, OUT next_number bigint, OUT closed_through date, OUT recorded_at timestamptz, OUT whole boolean,
    OUT positions bigint[], OUT debits int[], OUT credits int[], OUT amounts bigint[]
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
    whole := p_from = next_number;
    IF p_from > 0 AND NOT whole AND next_number - p_from <= p_limit THEN
        SELECT NOT EXISTS (SELECT FROM public.log_record r WHERE r.book_id = p_book AND r.number >= p_from),
               array_agg(t.pos), array_agg(t.debit), array_agg(t.credit), array_agg(t.amount)
          INTO whole, positions, debits, credits, amounts
          FROM (SELECT * FROM public.transfer WHERE book_id = p_book AND pos >= p_from << 16 ORDER BY pos) AS t;
    END IF;
END
$$;
SELECT ledger_delegate('journal_catch_up(int, bigint, bigint)');
COMMENT ON FUNCTION journal_catch_up IS 'journal_lock, and the transfers that were posted from a record on, if they are few and nothing else was recorded.';

-- Lines of an account after p_after up to and with p_until, which take effect on the days p_from to p_to, in their order: the
-- first p_limit of them, or all when it is null. It steps into the chain at the next mark and walks it back, again
-- and again, so that a line costs one look at the primary key of the journal.
CREATE OR REPLACE FUNCTION account_lines(
    p_book int, p_account int, p_after bigint, p_until bigint, p_from date, p_to date, p_limit bigint
) RETURNS TABLE (
    pos bigint, debited boolean, other int, amount bigint, kind smallint, effective date, occurred date,
    recorded_at timestamptz
) LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_below bigint := p_after;
    v_from bigint;
    v_left bigint := p_limit;
    v_found bigint;
BEGIN
    WHILE v_below < p_until AND v_left IS DISTINCT FROM 0 LOOP
        SELECT m.pos INTO v_from FROM public.account_mark m
         WHERE m.book_id = p_book AND m.account = p_account AND m.pos > v_below ORDER BY m.pos LIMIT 1;
        IF NOT FOUND THEN
            SELECT b.last_pos INTO v_from FROM public.balance b WHERE b.book_id = p_book AND b.account = p_account;
        END IF;
        IF (v_from > v_below) IS NOT TRUE THEN
            RETURN;
        END IF;
        RETURN QUERY
        WITH RECURSIVE line AS (
            SELECT t.*, CASE t.debit WHEN p_account THEN t.debit_prev ELSE t.credit_prev END AS prev
              FROM public.transfer t WHERE t.book_id = p_book AND t.pos = v_from
            UNION ALL
            SELECT t.*, CASE t.debit WHEN p_account THEN t.debit_prev ELSE t.credit_prev END
              FROM line l JOIN public.transfer t ON t.book_id = p_book AND t.pos = l.prev
             WHERE l.prev > v_below)
        SELECT l.pos, l.debit = p_account, CASE l.debit WHEN p_account THEN l.credit ELSE l.debit END, l.amount, l.kind,
               l.effective, l.occurred, l.recorded_at
          FROM line l
         WHERE l.pos <= p_until AND l.effective BETWEEN p_from AND p_to
         ORDER BY l.pos LIMIT v_left;
        GET DIAGNOSTICS v_found = ROW_COUNT;
        v_left := v_left - v_found;
        v_below := v_from;
    END LOOP;
END
$$;
SELECT ledger_delegate('account_lines(int, int, bigint, bigint, date, date, bigint)');
COMMENT ON FUNCTION account_lines IS 'Lines of an account in their order, by its chain.';

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
