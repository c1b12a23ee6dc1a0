-- Totals follow the journal, outside the posting transaction.

-- Lays what waits in recent_total into day_total and running_total: what is late, or the rest.
--
-- Each row that is there is read, added to and written whole. A third of a month in which a block had not moved begins
-- with what the third before it ended with; what is new goes into its own third and every later one of the block.
CREATE OR REPLACE FUNCTION recent_totals_lay_in(p_book int, p_late boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET work_mem = '32MB' AS $$
BEGIN
    WITH taken AS (
        DELETE FROM public.recent_total WHERE book_id = p_book AND late = p_late
        RETURNING block, days, accounts, kinds, debits, credits),
    moved AS MATERIALIZED (
        SELECT block, day, account, kind, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
          FROM (SELECT block, unnest(days) AS day, unnest(accounts) AS account, unnest(kinds) AS kind,
                       unnest(debits) AS debits, unnest(credits) AS credits FROM taken) AS side
         GROUP BY block, day, account, kind),
    days AS MATERIALIZED (
        SELECT block, day,
               CASE WHEN extract(day FROM day) <= 10 THEN date_trunc('month', day::timestamp)::date + 9
                    WHEN extract(day FROM day) <= 20 THEN date_trunc('month', day::timestamp)::date + 19
                    ELSE (date_trunc('month', day::timestamp) + interval '1 month')::date - 1 END AS until
          FROM moved GROUP BY block, day),
    raised AS MATERIALIZED (
        SELECT block, until FROM days
        UNION
        SELECT r.block, r.until
          FROM (SELECT block, min(until) AS until FROM days GROUP BY block) AS first
          JOIN public.running_total r ON r.book_id = p_book AND r.block = first.block AND r.until > first.until),
    by_day AS (
        INSERT INTO public.day_total (book_id, day, block, accounts, kinds, debits, credits)
        SELECT p_book, day, block, array_agg(account), array_agg(kind), array_agg(debits), array_agg(credits)
          FROM (SELECT block, day, account, kind, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
                  FROM (SELECT block, day, account, kind, debits, credits FROM moved
                        UNION ALL
                        SELECT d.block, d.day, unnest(d.accounts), unnest(d.kinds), unnest(d.debits), unnest(d.credits)
                          FROM days JOIN public.day_total d
                            ON d.book_id = p_book AND d.day = days.day AND d.block = days.block) AS side
                 GROUP BY block, day, account, kind) AS total
         GROUP BY day, block
        ON CONFLICT (book_id, day, block)
        DO UPDATE SET accounts = excluded.accounts, kinds = excluded.kinds, debits = excluded.debits,
                      credits = excluded.credits)
    INSERT INTO public.running_total (book_id, block, until, accounts, kinds, debits, credits)
    SELECT p_book, block, until, array_agg(account), array_agg(kind), array_agg(debits), array_agg(credits)
      FROM (SELECT block, until, account, kind, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
              FROM (SELECT raised.block, raised.until, moved.account, moved.kind, moved.debits, moved.credits
                      FROM raised
                      JOIN days ON days.block = raised.block AND days.until <= raised.until
                      JOIN moved ON moved.block = days.block AND moved.day = days.day
                    UNION ALL
                    SELECT raised.block, raised.until, unnest(r.accounts), unnest(r.kinds), unnest(r.debits),
                           unnest(r.credits)
                      FROM raised CROSS JOIN LATERAL (
                           SELECT accounts, kinds, debits, credits FROM public.running_total
                            WHERE book_id = p_book AND block = raised.block AND until <= raised.until
                            ORDER BY until DESC LIMIT 1) AS r) AS side
             GROUP BY block, until, account, kind) AS total
     GROUP BY block, until
    ON CONFLICT (book_id, block, until)
    DO UPDATE SET accounts = excluded.accounts, kinds = excluded.kinds, debits = excluded.debits,
                  credits = excluded.credits;
END
$$;
SELECT ledger_delegate('recent_totals_lay_in(int, boolean)');

-- Makes one row of the late ones of each block that has more than p_most elements, a row counted as eight of them; answers
-- how many elements that saves.
--
-- Late rows are many and short, and an account in which everybody's backdated transfers meet has an element for each day
-- and roll-up: readers of its block have to look through them all.
CREATE OR REPLACE FUNCTION recent_totals_merge(p_book int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_saved int;
BEGIN
    WITH taken AS (
        DELETE FROM public.recent_total
         WHERE book_id = p_book AND late
           AND block IN (SELECT block FROM public.recent_total WHERE book_id = p_book AND late
                          GROUP BY block HAVING count(*) > 1 AND sum(cardinality(accounts) + 8) > p_most)
        RETURNING block, through, days, accounts, kinds, debits, credits),
    merged AS (
        INSERT INTO public.recent_total (book_id, block, late, through, days, accounts, kinds, debits, credits)
        SELECT p_book, block, true, max(through),
               array_agg(day), array_agg(account), array_agg(kind), array_agg(debits), array_agg(credits)
          FROM (SELECT block, day, account, kind, max(through) AS through, sum(debits)::bigint AS debits,
                       sum(credits)::bigint AS credits
                  FROM (SELECT block, through, unnest(days) AS day, unnest(accounts) AS account, unnest(kinds) AS kind,
                               unnest(debits) AS debits, unnest(credits) AS credits FROM taken) AS side
                 GROUP BY block, day, account, kind) AS total
         GROUP BY block
        RETURNING cardinality(accounts) AS elements)
    SELECT coalesce((SELECT sum(cardinality(accounts)) FROM taken), 0)
           - coalesce((SELECT sum(elements) FROM merged), 0) INTO v_saved;
    RETURN v_saved;
END
$$;
SELECT ledger_delegate('recent_totals_merge(int, int)');

-- Brings the totals of a book forward by at most p_limit transfers; answers how many it took.
--
-- They are summed by account, day and way and kept as a few rows of arrays. Only when so much of it waits that it slows
-- down readers is it laid into the days and thirds of months, each of which is then written once for many roll-ups.
CREATE OR REPLACE FUNCTION day_totals_roll_up(p_book int, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_from bigint;
    v_to bigint;
    v_count int;
    v_month date;
    v_recent int;
    v_late int;
    v_blocks int;
BEGIN
    SELECT through, recent, late INTO v_from, v_recent, v_late
      FROM public.day_total_progress WHERE book_id = p_book FOR UPDATE;
    SELECT max(pos), count(*) INTO v_to, v_count
      FROM (SELECT pos FROM public.transfer WHERE book_id = p_book AND pos > v_from ORDER BY pos LIMIT p_limit) AS fresh;
    IF v_count = 0 THEN
        RETURN 0;
    END IF;

    WITH span AS MATERIALIZED (
        SELECT effective AS day, min(pos) AS first_pos, max(pos) AS last_pos, count(*) AS transfers
          FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
         GROUP BY effective),
    kept AS (
        INSERT INTO public.day_span AS s (book_id, day, first_pos, last_pos)
        SELECT p_book, day, first_pos, last_pos FROM span ORDER BY day
        ON CONFLICT (book_id, day)
        DO UPDATE SET first_pos = least(s.first_pos, excluded.first_pos),
                      last_pos = greatest(s.last_pos, excluded.last_pos))
    SELECT date_trunc('month', day::timestamp)::date INTO v_month FROM span ORDER BY transfers DESC, day DESC LIMIT 1;

    WITH kept AS (
        INSERT INTO public.recent_total (book_id, block, late, through, days, accounts, kinds, debits, credits)
        SELECT p_book, account >> 6, day < v_month, v_to,
               array_agg(day), array_agg(account), array_agg(kind), array_agg(debits), array_agg(credits)
          FROM (SELECT day, account, kind, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
                  FROM (SELECT effective AS day, debit AS account, kind, amount AS debits, 0::bigint AS credits
                          FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
                        UNION ALL
                        SELECT effective, credit, kind, 0, amount
                          FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS side
                 GROUP BY day, account, kind) AS total
         GROUP BY account >> 6, day < v_month
        RETURNING late, cardinality(accounts) AS elements)
    SELECT v_recent + coalesce(sum(elements) FILTER (WHERE NOT late), 0),
           v_late + coalesce(sum(elements) FILTER (WHERE late), 0)
      INTO v_recent, v_late FROM kept;

    -- A reader of one account then has at most about as many elements to look through as stand in eight rows of days.
    SELECT (next_account >> 6) + 1 INTO v_blocks FROM public.book_head WHERE book_id = p_book;
    IF v_recent >= 256 * v_blocks THEN
        PERFORM public.recent_totals_lay_in(p_book, false);
        v_recent := 0;
        v_late := v_late - public.recent_totals_merge(p_book, 512);
    END IF;
    IF v_late >= 256 * v_blocks THEN
        PERFORM public.recent_totals_lay_in(p_book, true);
        v_late := 0;
    END IF;

    UPDATE public.day_total_progress SET through = v_to, recent = v_recent, late = v_late WHERE book_id = p_book;
    RETURN v_count;
END
$$;
SELECT ledger_delegate('day_totals_roll_up(int, int)');
