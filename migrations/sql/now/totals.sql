-- Totals follow the journal, outside the posting transaction.

-- Brings the totals of a book forward by at most p_limit transfers; answers how many it took.
CREATE OR REPLACE FUNCTION day_totals_roll_up(p_book int, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_from bigint;
    v_to bigint;
    v_count int;
BEGIN
    SELECT through INTO v_from FROM public.day_total_progress WHERE book_id = p_book FOR UPDATE;
    SELECT max(pos), count(*) INTO v_to, v_count
      FROM (SELECT pos FROM public.transfer WHERE book_id = p_book AND pos > v_from ORDER BY pos LIMIT p_limit) AS fresh;
    IF v_count = 0 THEN
        RETURN 0;
    END IF;

    INSERT INTO public.day_total AS d (book_id, day, account, debits, credits)
    SELECT p_book, side.day, side.account, sum(side.debits), sum(side.credits)
      FROM (SELECT effective AS day, debit AS account, amount AS debits, 0 AS credits
              FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
            UNION ALL
            SELECT effective, credit, 0, amount
              FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS side
     GROUP BY side.day, side.account
     ORDER BY side.day, side.account
    ON CONFLICT (book_id, day, account)
    DO UPDATE SET debits = d.debits + excluded.debits, credits = d.credits + excluded.credits;

    INSERT INTO public.kind_total AS k (book_id, account, kind, debits, credits)
    SELECT p_book, side.account, side.kind, sum(side.debits), sum(side.credits)
      FROM (SELECT debit AS account, kind, amount AS debits, 0 AS credits
              FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
            UNION ALL
            SELECT credit, kind, 0, amount
              FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS side
     GROUP BY side.account, side.kind
     ORDER BY side.account, side.kind
    ON CONFLICT (book_id, account, kind)
    DO UPDATE SET debits = k.debits + excluded.debits, credits = k.credits + excluded.credits;

    INSERT INTO public.day_span AS s (book_id, day, first_pos, last_pos)
    SELECT p_book, effective, min(pos), max(pos)
      FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
     GROUP BY effective
     ORDER BY effective
    ON CONFLICT (book_id, day)
    DO UPDATE SET first_pos = least(s.first_pos, excluded.first_pos), last_pos = greatest(s.last_pos, excluded.last_pos);

    -- A month in which an account had not moved begins with what the month before it ended with; then what is new goes
    -- into its own month and every later one of the account.
    INSERT INTO public.month_total (book_id, account, month, debits, credits)
    SELECT p_book, moved.account, moved.month, coalesce(before.debits, 0), coalesce(before.credits, 0)
      FROM (SELECT debit AS account, date_trunc('month', effective::timestamp)::date AS month
              FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
            UNION
            SELECT credit, date_trunc('month', effective::timestamp)::date
              FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS moved
      LEFT JOIN LATERAL (
           SELECT m.debits, m.credits FROM public.month_total m
            WHERE m.book_id = p_book AND m.account = moved.account AND m.month < moved.month
            ORDER BY m.month DESC LIMIT 1) AS before ON true
     WHERE NOT EXISTS (SELECT FROM public.month_total k
                        WHERE k.book_id = p_book AND k.account = moved.account AND k.month = moved.month)
     ORDER BY moved.month, moved.account;

    UPDATE public.month_total m SET debits = m.debits + raised.debits, credits = m.credits + raised.credits
      FROM (SELECT later.account, later.month, sum(moved.debits) AS debits, sum(moved.credits) AS credits
              FROM (SELECT side.account, side.month, sum(side.debits) AS debits, sum(side.credits) AS credits
                      FROM (SELECT debit AS account, date_trunc('month', effective::timestamp)::date AS month,
                                   amount AS debits, 0 AS credits
                              FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
                            UNION ALL
                            SELECT credit, date_trunc('month', effective::timestamp)::date, 0, amount
                              FROM public.transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS side
                     GROUP BY side.account, side.month) AS moved
              JOIN public.month_total later
                ON later.book_id = p_book AND later.account = moved.account AND later.month >= moved.month
             GROUP BY later.account, later.month) AS raised
     WHERE m.book_id = p_book AND m.account = raised.account AND m.month = raised.month;

    UPDATE public.day_total_progress SET through = v_to, summed = v_to WHERE book_id = p_book;
    RETURN v_count;
END
$$;
SELECT ledger_delegate('day_totals_roll_up(int, int)');
