-- What the comparison of a book knows of its totals: how they are kept, what they must hold, and how one is called. A total
-- is named by its part (1 a day, 2 a third of a month) and a key within it, made of its last day and its way of moving;
-- nothing else in the comparison knows more.

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
