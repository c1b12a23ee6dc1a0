-- What the comparison of a book knows of its totals: how they are kept, what they must hold, how one is called, and where in
-- the journal the days lie of which they are. A total is named by its part (1 a day, 2 a third of a month) and a key within
-- it, made of its last day and its way of moving; nothing else in the comparison knows more.

-- The totals as they are kept, each by its own movement. What waits in recent_total belongs to both parts.
CREATE OR REPLACE FUNCTION totals_kept(p_book int)
RETURNS TABLE (account int, part smallint, key bigint, debits numeric, credits numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH recent AS MATERIALIZED (
        SELECT unnest(days) AS day, unnest(accounts) AS account, unnest(kinds) AS kind, unnest(debits) AS debits,
               unnest(credits) AS credits
          FROM public.recent_total WHERE book_id = p_book),
    by_day AS (
        SELECT day, unnest(accounts) AS account, unnest(kinds) AS kind, unnest(debits) AS debits, unnest(credits) AS credits
          FROM public.day_total WHERE book_id = p_book
        UNION ALL
        SELECT day, account, kind, debits, credits FROM recent),
    running AS (
        SELECT until, unnest(accounts) AS account, unnest(kinds) AS kind, unnest(debits) AS debits, unnest(credits) AS credits
          FROM public.running_total WHERE book_id = p_book),
    by_third AS (
        SELECT until, account, kind, debits - lag(debits, 1, 0::bigint) OVER own AS debits,
               credits - lag(credits, 1, 0::bigint) OVER own AS credits
          FROM running WINDOW own AS (PARTITION BY account, kind ORDER BY until)
        UNION ALL
        SELECT CASE WHEN extract(day FROM day) <= 10 THEN date_trunc('month', day::timestamp)::date + 9
                    WHEN extract(day FROM day) <= 20 THEN date_trunc('month', day::timestamp)::date + 19
                    ELSE (date_trunc('month', day::timestamp) + interval '1 month')::date - 1 END,
               account, kind, debits, credits
          FROM recent)
    SELECT account, 1::smallint, (day - date '2000-01-01')::bigint << 16 | kind, debits, credits FROM by_day
    UNION ALL
    SELECT account, 2::smallint, (until - date '2000-01-01')::bigint << 16 | kind, debits, credits FROM by_third
$$;

-- What the transfers after p_after up to and with p_until add to them.
CREATE OR REPLACE FUNCTION totals_due(p_book int, p_after bigint, p_until bigint)
RETURNS TABLE (account int, part smallint, key bigint, debits numeric, credits numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH moved AS MATERIALIZED (
        SELECT account, day, kind, sum(debits) AS debits, sum(credits) AS credits,
               CASE WHEN extract(day FROM day) <= 10 THEN date_trunc('month', day::timestamp)::date + 9
                    WHEN extract(day FROM day) <= 20 THEN date_trunc('month', day::timestamp)::date + 19
                    ELSE (date_trunc('month', day::timestamp) + interval '1 month')::date - 1 END AS until
          FROM (SELECT debit AS account, effective AS day, kind, amount AS debits, 0 AS credits
                  FROM public.transfer WHERE book_id = p_book AND pos > p_after AND pos <= p_until
                UNION ALL
                SELECT credit, effective, kind, 0, amount
                  FROM public.transfer WHERE book_id = p_book AND pos > p_after AND pos <= p_until) AS side
         GROUP BY account, day, kind)
    SELECT account, 1::smallint, (day - date '2000-01-01')::bigint << 16 | kind, debits, credits FROM moved
    UNION ALL
    SELECT account, 2::smallint, (until - date '2000-01-01')::bigint << 16 | kind, debits, credits FROM moved
$$;

-- A total in words.
CREATE OR REPLACE FUNCTION total_name(p_part smallint, p_key bigint) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE p_part WHEN 1 THEN 'day ' ELSE 'third of a month until ' END
           || (date '2000-01-01' + (p_key >> 16)::int)::text || ', way ' || (p_key & 65535)
$$;

-- Through which position of the journal the totals are rolled up.
CREATE OR REPLACE FUNCTION totals_through(p_book int) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT through FROM public.day_total_progress WHERE book_id = p_book
$$;

-- The days whose span is not that of their transfers after p_after up to and with p_until, in words; none when all are right.
-- A span must hold each transfer of its day that is rolled up, and begin and end at one: then slices of the journal, each
-- looked at alone, prove it whole. What lies before the first or after the last record belongs to no slice: there the
-- bounds are open.
CREATE OR REPLACE FUNCTION day_spans_unlike(p_book int, p_after bigint, p_until bigint) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH own AS (
        SELECT effective AS day, min(pos) AS first_pos, max(pos) AS last_pos
          FROM public.transfer
         WHERE book_id = p_book AND pos > p_after AND pos <= least(p_until, public.totals_through(p_book))
         GROUP BY effective)
    SELECT array_agg(format('day %s: lies at %s, its transfers at %s', r.day, coalesce(r.kept, 'nothing'), coalesce(r.own, 'nothing'))
                     ORDER BY r.day)
      FROM (SELECT day, s.first_pos || ' to ' || s.last_pos AS kept, own.first_pos || ' to ' || own.last_pos AS own
              FROM own FULL JOIN (SELECT * FROM public.day_span WHERE book_id = p_book) AS s USING (day)
             WHERE own.first_pos < s.first_pos OR own.last_pos > s.last_pos OR s.day IS NULL
                OR s.first_pos > p_after AND s.first_pos <= p_until AND s.first_pos IS DISTINCT FROM own.first_pos
                OR s.last_pos > p_after AND s.last_pos <= p_until AND s.last_pos IS DISTINCT FROM own.last_pos
             ORDER BY day LIMIT 20) AS r
$$;
