-- A book compared with itself, slice by slice: balances, chains, marks, totals, days and head, worked out from the journal anew.
--
-- A pass begins at the first record. Each slice goes through the next transfers in their order: what each says of its
-- accounts before and after it must be what the accounts have come to so far, which account_check keeps. The slice that
-- reaches the head then compares what was worked out with every balance, with the totals and with the head. Whatever a
-- slice looks at is of one snapshot, as the function that looks is STABLE: all its queries see what the one that calls it
-- sees, and a record that is posted meanwhile is in none of them or in all.

-- The next slice of a pass: the records after p_through, at most p_limit of them and as many transfers and the rest of an
-- entry. Answers what is found to differ, in words; else how far it came, whether that is the head, whether the totals
-- were compared, and what the accounts of the slice have come to. Writes nothing.
CREATE OR REPLACE FUNCTION book_check_look(
    p_book int, p_pass bigint, p_through bigint, p_recorded timestamptz, p_limit int,
    OUT through bigint, OUT recorded_at timestamptz, OUT transfers bigint, OUT whole boolean, OUT with_totals boolean,
    OUT wrong text[], OUT accounts int[], OUT debits bigint[], OUT credits bigint[], OUT last bigint[], OUT lines bigint[],
    OUT prints numeric[]
) RETURNS record LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    v_head public.book_head;
    v_from CONSTANT bigint := ((p_through + 1) << 16) - 1;
    v_to bigint;
    v_astray int[];
    v_records bigint;
    v_order boolean;
BEGIN
    SELECT * INTO v_head FROM public.book_head h WHERE h.book_id = p_book;
    SELECT max(t.pos) >> 16, count(*) INTO through, transfers
      FROM (SELECT pos FROM public.transfer WHERE book_id = p_book AND pos > v_from ORDER BY pos LIMIT p_limit) AS t;
    IF transfers < p_limit OR through >= v_head.next_number THEN
        through := greatest(v_head.next_number - 1, p_through);
    END IF;
    through := least(through, p_through + p_limit);
    whole := through >= v_head.next_number - 1;
    with_totals := false;
    v_to := ((through + 1) << 16) - 1;
    recorded_at := p_recorded;

    -- Numbers without a gap, lines of an entry without one, no record before the one before it.
    SELECT count(*) FILTER (WHERE r.first), coalesce(bool_and(r.fits), true), coalesce(max(r.recorded_at), p_recorded)
      INTO v_records, v_order, recorded_at
      FROM (SELECT o.pos & 65535 = 0 AS first, o.recorded_at,
                   (CASE WHEN o.pos & 65535 = 0 THEN (o.pos >> 16) = lag(o.pos >> 16, 1, p_through) OVER own + 1
                         ELSE o.pos = lag(o.pos) OVER own + 1 END
                    AND o.recorded_at >= lag(o.recorded_at, 1, p_recorded) OVER own) IS TRUE AS fits
              FROM (SELECT t.pos, t.recorded_at FROM public.transfer t
                     WHERE t.book_id = p_book AND t.pos > v_from AND t.pos <= v_to
                    UNION ALL
                    SELECT l.number << 16, l.recorded_at FROM public.log_record l
                     WHERE l.book_id = p_book AND l.number > p_through AND l.number <= through) AS o
            WINDOW own AS (ORDER BY o.pos)) AS r;
    IF v_records <> through - p_through OR NOT v_order THEN
        wrong := wrong || format('records %s to %s: %s are there, %s', p_through + 1, through, v_records,
            CASE WHEN v_order THEN 'in their order' ELSE 'and one does not follow the one before it' END);
    END IF;

    -- Each account by its lines in the slice: one follows the other, and the first what it had come to before.
    WITH side AS (
        SELECT t.pos, t.debit AS account, t.amount AS debits, 0::bigint AS credits, t.debit_prev AS prev, t.debit_after AS after
          FROM public.transfer t WHERE t.book_id = p_book AND t.pos > v_from AND t.pos <= v_to
        UNION ALL
        SELECT t.pos, t.credit, 0, t.amount, t.credit_prev, t.credit_after
          FROM public.transfer t WHERE t.book_id = p_book AND t.pos > v_from AND t.pos <= v_to),
    line AS (
        SELECT s.*, lag(s.pos) OVER own AS before, s.after - lag(s.after) OVER own AS rise
          FROM side s WINDOW own AS (PARTITION BY s.account ORDER BY s.pos)),
    own AS (
        SELECT l.account, sum(l.debits)::bigint AS debits, sum(l.credits)::bigint AS credits, max(l.pos) AS last,
               count(*) AS lines, array_agg(l.pos ORDER BY l.pos) AS places,
               coalesce(bool_and(l.prev = l.before), true) AS chained,
               coalesce(bool_and(l.rise = l.credits - l.debits), true) AS by_credit,
               coalesce(bool_and(l.rise = l.debits - l.credits), true) AS by_debit,
               min(l.prev) FILTER (WHERE l.before IS NULL) AS first_prev,
               min(l.after) FILTER (WHERE l.before IS NULL) AS first_after,
               (min(l.credits - l.debits) FILTER (WHERE l.before IS NULL))::bigint AS first_rise
          FROM line l GROUP BY l.account),
    told AS (
        SELECT o.*, b.side, coalesce(c.debits, 0) AS old_debits, coalesce(c.credits, 0) AS old_credits,
               coalesce(c.last_pos, 0) AS old_last, coalesce(c.lines, 0) AS old_lines
          FROM own o
          LEFT JOIN LATERAL (SELECT a.side FROM public.balance a
                              WHERE a.book_id = p_book AND a.account = o.account OFFSET 0) AS b ON true
          LEFT JOIN LATERAL (SELECT * FROM public.account_check a
                              WHERE a.book_id = p_book AND a.account = o.account OFFSET 0) AS c ON c.pass = p_pass),
    seen AS (
        SELECT h.*,
               (h.chained AND h.first_prev = h.old_last
                AND CASE h.side WHEN 1 THEN h.by_credit WHEN -1 THEN h.by_debit END
                AND h.first_after = h.side * (h.old_credits - h.old_debits + h.first_rise)
                AND (h.old_lines / 128 = (h.old_lines + h.lines) / 128 OR NOT EXISTS (
                    SELECT FROM generate_series(128 - h.old_lines % 128, h.lines, 128) AS n
                      LEFT JOIN public.account_mark m
                        ON m.book_id = p_book AND m.account = h.account AND m.pos = h.places[n]
                     WHERE m.line IS DISTINCT FROM h.old_lines + n))) IS TRUE AS is_right
          FROM told h)
    SELECT array_agg(s.account), array_agg(s.old_debits + s.debits), array_agg(s.old_credits + s.credits), array_agg(s.last),
           array_agg(s.old_lines + s.lines), array_agg(s.account) FILTER (WHERE NOT s.is_right)
      INTO accounts, debits, credits, last, lines, v_astray
      FROM (SELECT * FROM seen ORDER BY account) AS s;
    IF v_astray IS NOT NULL THEN
        wrong := wrong || public.book_check_lines(p_book, p_pass, v_from, v_to, v_astray);
    END IF;

    -- Where the days lie.
    wrong := wrong || public.day_spans_unlike(p_book,
        CASE WHEN p_through > 0 THEN v_from ELSE -9223372036854775808 END,
        CASE WHEN whole THEN 9223372036854775807 ELSE v_to END);

    -- Of the same accounts in the same order.
    SELECT array_agg(coalesce(c.print, 0) + due.print ORDER BY due.account) INTO prints
      FROM (SELECT d.account, sum(d.debits * hashint8extended(d.key, d.part) + d.credits * hashint8extended(d.key, d.part + 16))
                   AS print
              FROM public.totals_due(p_book, v_from, v_to) d GROUP BY d.account) AS due
      LEFT JOIN LATERAL (SELECT o.print, o.pass FROM public.account_check o
                          WHERE o.book_id = p_book AND o.account = due.account OFFSET 0) AS c ON c.pass = p_pass;

    IF whole AND wrong IS NULL THEN
        SELECT e.wrong, e.with_totals INTO wrong, with_totals
          FROM public.book_check_end(p_book, p_pass, p_limit, through, recorded_at, accounts, debits, credits, last, lines, prints) e;
    END IF;
END
$$;
COMMENT ON FUNCTION book_check_look IS 'Looks at the next slice of a pass in one snapshot, and writes nothing.';

-- What a pass ends with: the head, every balance and the totals, beside what it has worked out. The arrays are what the
-- accounts of its last slice have come to, which account_check does not hold yet.
CREATE OR REPLACE FUNCTION book_check_end(
    p_book int, p_pass bigint, p_limit int, p_through bigint, p_recorded timestamptz,
    p_accounts int[], p_debits bigint[], p_credits bigint[], p_last bigint[], p_lines bigint[], p_prints numeric[],
    OUT wrong text[], OUT with_totals boolean
) RETURNS record LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
SET work_mem = '64MB' SET enable_nestloop = off AS $$
DECLARE
    v_head public.book_head;
    v_to CONSTANT bigint := ((p_through + 1) << 16) - 1;
    v_closed date;
    v_records bigint;
    v_rolled bigint;
    v_unlike int[];
BEGIN
    SELECT * INTO v_head FROM public.book_head h WHERE h.book_id = p_book;
    SELECT max((l.body ->> 'through')::date) INTO v_closed FROM public.log_record l WHERE l.book_id = p_book AND l.kind = 1;
    IF v_head.closed_through <> coalesce(v_closed, '0001-01-01') THEN
        wrong := wrong || format('head: closed through %s, records say %s', v_head.closed_through, coalesce(v_closed, '0001-01-01'));
    END IF;
    IF v_head.recorded_at < p_recorded THEN
        wrong := wrong || format('head: the last record is of %s, a record is of %s', v_head.recorded_at, p_recorded);
    END IF;
    IF p_through <> v_head.next_number - 1
       OR EXISTS (SELECT FROM public.transfer t WHERE t.book_id = p_book AND t.pos > v_to)
       OR EXISTS (SELECT FROM public.log_record l WHERE l.book_id = p_book AND l.number > p_through) THEN
        wrong := wrong || format('head: the next record is %s, and there are records from it on', v_head.next_number);
    END IF;
    SELECT count(*) INTO v_records FROM public.account a
      JOIN public.account_class k ON k.class = a.class
      JOIN public.balance b ON b.book_id = p_book AND b.account = a.number AND b.class = a.class AND b.unit = a.unit AND b.side = k.side
     WHERE a.book_id = p_book;
    IF v_records <> v_head.next_account - 1
       OR v_records <> (SELECT count(*) FROM public.account a WHERE a.book_id = p_book)
       OR v_records <> (SELECT count(*) FROM public.balance b WHERE b.book_id = p_book) THEN
        wrong := wrong || format('head: the next account is %s, %s accounts have the balance row of their class and unit',
            v_head.next_account, v_records);
    END IF;

    -- Every balance, its holds and its marks.
    wrong := wrong || ARRAY(
        SELECT format('account %s: balance %s/%s, held %s, line %s at %s; right is %s/%s, held %s, line %s at %s with %s marks, not %s',
                      r.account, r.debits, r.credits, r.held, r.lines, r.last_pos, r.right_debits, r.right_credits, r.right_held,
                      r.right_lines, r.right_last, r.right_lines / 128, r.marks)
          FROM (SELECT b.account, b.debits, b.credits, b.held, b.lines, b.last_pos,
                       coalesce(n.debits, c.debits, 0) AS right_debits, coalesce(n.credits, c.credits, 0) AS right_credits,
                       coalesce(n.last, c.last_pos, 0) AS right_last, coalesce(n.lines, c.lines, 0) AS right_lines,
                       coalesce(h.held, 0) AS right_held, coalesce(m.marks, 0) AS marks
                  FROM public.balance b
                  LEFT JOIN unnest(p_accounts, p_debits, p_credits, p_last, p_lines) AS n(account, debits, credits, last, lines)
                    ON n.account = b.account
                  LEFT JOIN public.account_check c ON c.book_id = p_book AND c.account = b.account AND c.pass = p_pass
                  LEFT JOIN (SELECT account, sum(amount) AS held FROM public.hold WHERE book_id = p_book AND ended = 0
                              GROUP BY account) AS h ON h.account = b.account
                  LEFT JOIN (SELECT account, count(*) AS marks FROM public.account_mark WHERE book_id = p_book
                              GROUP BY account) AS m ON m.account = b.account
                 WHERE b.book_id = p_book) AS r
         WHERE r.debits <> r.right_debits OR r.credits <> r.right_credits OR r.last_pos <> r.right_last
            OR r.lines <> r.right_lines OR r.held <> r.right_held OR r.marks <> r.right_lines / 128
         ORDER BY r.account LIMIT 20);

    -- The totals, with what is not rolled up yet; when that is much, another pass compares them.
    v_rolled := public.totals_through(p_book);
    with_totals := (SELECT count(*) < 5 * p_limit
                      FROM (SELECT FROM public.transfer t WHERE t.book_id = p_book AND t.pos > v_rolled AND t.pos <= v_to
                             LIMIT 5 * p_limit) AS tail);
    IF with_totals THEN
        SELECT array_agg(coalesce(kept.account, own.account)) INTO v_unlike
          FROM (SELECT k.account, sum(k.debits * hashint8extended(k.key, k.part) + k.credits * hashint8extended(k.key, k.part + 16))
                       AS print
                  FROM (SELECT * FROM public.totals_kept(p_book)
                        UNION ALL SELECT * FROM public.totals_due(p_book, v_rolled, v_to)) AS k
                 GROUP BY k.account) AS kept
          FULL JOIN (SELECT coalesce(n.account, c.account) AS account, coalesce(n.print, c.print) AS print
                       FROM (SELECT o.account, o.print FROM public.account_check o
                              WHERE o.book_id = p_book AND o.pass = p_pass) AS c
                       FULL JOIN unnest(p_accounts, p_prints) AS n(account, print) ON n.account = c.account) AS own
            ON own.account = kept.account
         WHERE coalesce(own.print, 0) <> coalesce(kept.print, 0);
    END IF;
    IF v_unlike IS NOT NULL THEN
        wrong := wrong || ARRAY(
            SELECT format('account %s: total of %s is %s/%s, transfers have %s/%s', r.account, public.total_name(r.part, r.key),
                          r.debits, r.credits, r.right_debits, r.right_credits)
              FROM (SELECT k.account, k.part, k.key, sum(k.debits) AS debits, sum(k.credits) AS credits,
                           sum(k.right_debits) AS right_debits, sum(k.right_credits) AS right_credits
                      FROM (SELECT t.account, t.part, t.key, t.debits, t.credits, 0 AS right_debits, 0 AS right_credits
                              FROM public.totals_kept(p_book) t WHERE t.account = ANY (v_unlike)
                            UNION ALL
                            SELECT t.account, t.part, t.key, 0, 0, t.debits, t.credits
                              FROM public.totals_due(p_book, 0, v_rolled) t WHERE t.account = ANY (v_unlike)) AS k
                     GROUP BY k.account, k.part, k.key) AS r
             WHERE r.debits <> r.right_debits OR r.credits <> r.right_credits
             ORDER BY r.account, r.part, r.key LIMIT 20);
    END IF;
    wrong := nullif(wrong, '{}');
END
$$;
COMMENT ON FUNCTION book_check_end IS 'Compares head, balances and totals with what a pass has worked out, and writes nothing.';

-- The lines of these accounts that do not follow, in words.
CREATE OR REPLACE FUNCTION book_check_lines(p_book int, p_pass bigint, p_after bigint, p_until bigint, p_accounts int[])
RETURNS text[] LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH line AS (
        SELECT s.account, s.pos, s.prev, s.after, b.side,
               lag(s.pos, 1, coalesce(c.last_pos, 0)) OVER own AS before,
               coalesce(c.lines, 0) + row_number() OVER own AS line,
               b.side * (coalesce(c.credits, 0) - coalesce(c.debits, 0) + sum(s.credits - s.debits) OVER own) AS sum
          FROM (SELECT pos, debit AS account, amount AS debits, 0 AS credits, debit_prev AS prev, debit_after AS after
                  FROM public.transfer WHERE book_id = p_book AND pos > p_after AND pos <= p_until AND debit = ANY (p_accounts)
                UNION ALL
                SELECT pos, credit, 0, amount, credit_prev, credit_after
                  FROM public.transfer WHERE book_id = p_book AND pos > p_after AND pos <= p_until AND credit = ANY (p_accounts)
               ) AS s
          LEFT JOIN public.balance b ON b.book_id = p_book AND b.account = s.account
          LEFT JOIN public.account_check c ON c.book_id = p_book AND c.account = s.account AND c.pass = p_pass
        WINDOW own AS (PARTITION BY s.account ORDER BY s.pos ROWS UNBOUNDED PRECEDING))
    SELECT ARRAY(
        SELECT CASE WHEN l.side IS NULL THEN format('account %s: no balance, and line %s at %s', l.account, l.line, l.pos)
                    WHEN l.prev = l.before AND l.after = l.sum
                    THEN format('account %s: line %s at %s is marked %s', l.account, l.line, l.pos, coalesce(m.line, 0))
                    ELSE format('account %s: line %s at %s follows %s with %s, right is %s with %s',
                                l.account, l.line, l.pos, l.prev, l.after, l.before, l.sum) END
          FROM line l
          LEFT JOIN public.account_mark m ON m.book_id = p_book AND m.account = l.account AND m.pos = l.pos
         WHERE l.side IS NULL OR l.prev <> l.before OR l.after <> l.sum
            OR l.line % 128 = 0 AND m.line IS DISTINCT FROM l.line
         ORDER BY l.pos LIMIT 20)
$$;

-- Compares the next slice of a book; what differs freezes it. Answers how many transfers were compared, whether that ended
-- a pass, and the number of the freeze, if it came to one. Nothing is done to a book that is frozen, or that another is
-- comparing just now.
CREATE OR REPLACE FUNCTION book_check_slice(p_book int, p_limit int, OUT transfers bigint, OUT ended boolean, OUT freeze_number int)
RETURNS record LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_check public.book_check;
    v_look record;
    v_found text[];
BEGIN
    transfers := 0;
    ended := false;
    IF (p_limit BETWEEN 1 AND 100000) IS NOT TRUE THEN
        RETURN;
    END IF;
    SELECT * INTO v_check FROM public.book_check WHERE book_id = p_book FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND OR (SELECT frozen FROM public.book_head WHERE book_id = p_book) THEN
        RETURN;
    END IF;
    BEGIN
        SELECT * INTO v_look
          FROM public.book_check_look(p_book, v_check.pass, v_check.through, v_check.recorded_at, p_limit);
        v_found := v_look.wrong;
    EXCEPTION WHEN data_exception THEN
        v_found := ARRAY[format('records after %s: %s', v_check.through, SQLERRM)];
    END;

    IF v_found IS NOT NULL THEN
        UPDATE public.book_head SET frozen = true WHERE book_id = p_book;
        INSERT INTO public.book_freeze (book_id, number, frozen_at, found)
        SELECT p_book, coalesce(max(f.number), 0) + 1, clock_timestamp(),
               (SELECT array_agg(left(w, 400)) FROM unnest(v_found[1:20]) AS w)
          FROM public.book_freeze f WHERE f.book_id = p_book
        RETURNING number INTO freeze_number;
        RETURN;
    END IF;

    transfers := v_look.transfers;
    ended := v_look.whole;
    IF ended THEN
        UPDATE public.book_check
           SET pass = pass + 1, through = 0, recorded_at = 'epoch', looked_at = clock_timestamp(), ended_at = clock_timestamp(),
               totals_at = CASE WHEN v_look.with_totals THEN clock_timestamp() ELSE totals_at END
         WHERE book_id = p_book;
        RETURN;
    END IF;
    INSERT INTO public.account_check AS c (book_id, account, pass, debits, credits, last_pos, lines, print)
    SELECT p_book, n.account, v_check.pass, n.debits, n.credits, n.last, n.lines, n.print
      FROM unnest(v_look.accounts, v_look.debits, v_look.credits, v_look.last, v_look.lines, v_look.prints)
           AS n(account, debits, credits, last, lines, print)
    ON CONFLICT (book_id, account)
    DO UPDATE SET pass = excluded.pass, debits = excluded.debits, credits = excluded.credits, last_pos = excluded.last_pos,
                  lines = excluded.lines, print = excluded.print;
    UPDATE public.book_check SET through = v_look.through, recorded_at = v_look.recorded_at, looked_at = clock_timestamp()
     WHERE book_id = p_book;
END
$$;
SELECT ledger_delegate('book_check_slice(int, int)');
COMMENT ON FUNCTION book_check_slice IS 'Compares the next slice of a book with what its journal says, and freezes the book when they differ.';

-- Lets a frozen book take records again, and begins its comparison anew; answers which freeze that ended, null when the book
-- is not frozen. No right of the service: whoever owns the database decides, and signs with a login and a reason.
CREATE OR REPLACE FUNCTION book_release(p_book int, p_reason text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_freeze int;
BEGIN
    UPDATE public.book_check SET pass = pass + 1, through = 0, recorded_at = 'epoch', looked_at = 'epoch', ended_at = 'epoch'
     WHERE book_id = p_book;
    UPDATE public.book_freeze SET released_at = clock_timestamp(), released_by = session_user, reason = p_reason
     WHERE book_id = p_book AND released_at IS NULL
    RETURNING number INTO v_freeze;
    IF FOUND THEN
        -- Another version: what lanes remember of the head, which somebody may have mended, is outdated.
        UPDATE public.book_head SET frozen = false, version = version + 1 WHERE book_id = p_book;
    END IF;
    RETURN v_freeze;
END
$$;
COMMENT ON FUNCTION book_release IS 'Lets a frozen book take records again; for the owner.';
