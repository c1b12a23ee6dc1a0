-- Sums that make reading a large book cheap: months so far, ways of moving, and where in the journal a day lies.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- Comes first, for its lock: no roll-up runs until all is filled. One that waited for it runs the old function, knows
-- nothing of the new tables, and is refused by the CHECK.
ALTER TABLE day_total_progress ADD COLUMN summed bigint NOT NULL DEFAULT 0;
UPDATE day_total_progress SET summed = through;
ALTER TABLE day_total_progress ADD CONSTRAINT day_total_progress_whole CHECK (summed = through);
COMMENT ON COLUMN day_total_progress.summed IS 'The same for month_total, kind_total and day_span: a roll-up keeps all of them or none.';

CREATE TABLE month_total (
    debits  bigint NOT NULL CHECK (debits >= 0),
    credits bigint NOT NULL CHECK (credits >= 0),
    book_id int NOT NULL,
    account int NOT NULL,
    month   date NOT NULL CHECK (extract(day FROM month) = 1),
    PRIMARY KEY (book_id, account, month)
) WITH (fillfactor = 70);
SELECT ledger_distribute('month_total');
COMMENT ON TABLE month_total IS 'All that an account moved until the end of a month, a row for each month in which it moved; rolled up with day_total.';
COMMENT ON COLUMN month_total.debits IS 'Minor units.';
COMMENT ON COLUMN month_total.credits IS 'Minor units.';
COMMENT ON COLUMN month_total.book_id IS 'The book.';
COMMENT ON COLUMN month_total.account IS 'The account.';
COMMENT ON COLUMN month_total.month IS 'First day of the month; days of it and of all months before it count.';

CREATE TABLE kind_total (
    debits  bigint NOT NULL CHECK (debits >= 0),
    credits bigint NOT NULL CHECK (credits >= 0),
    book_id int NOT NULL,
    account int NOT NULL,
    kind    smallint NOT NULL,
    PRIMARY KEY (book_id, account, kind)
) WITH (fillfactor = 70);
SELECT ledger_distribute('kind_total');
COMMENT ON TABLE kind_total IS 'All that an account moved in one way, whatever the day; rolled up with day_total.';
COMMENT ON COLUMN kind_total.debits IS 'Minor units.';
COMMENT ON COLUMN kind_total.credits IS 'Minor units.';
COMMENT ON COLUMN kind_total.book_id IS 'The book.';
COMMENT ON COLUMN kind_total.account IS 'The account.';
COMMENT ON COLUMN kind_total.kind IS 'Way the money moved: movement_kind.';

CREATE TABLE day_span (
    first_pos bigint NOT NULL,
    last_pos  bigint NOT NULL CHECK (last_pos >= first_pos),
    book_id   int NOT NULL,
    day       date NOT NULL,
    PRIMARY KEY (book_id, day)
);
SELECT ledger_distribute('day_span');
COMMENT ON TABLE day_span IS 'Between which positions of the journal the transfers of a day lie; rolled up with day_total.';
COMMENT ON COLUMN day_span.first_pos IS 'The first transfer.pos that takes effect on this day.';
COMMENT ON COLUMN day_span.last_pos IS 'The last one.';
COMMENT ON COLUMN day_span.book_id IS 'The book.';
COMMENT ON COLUMN day_span.day IS 'Effective day.';

-- What was rolled up before.
INSERT INTO month_total (book_id, account, month, debits, credits)
SELECT book_id, account, month, sum(sum(debits)) OVER so_far, sum(sum(credits)) OVER so_far
  FROM (SELECT book_id, account, date_trunc('month', day::timestamp)::date AS month, debits, credits FROM day_total) AS moved
 GROUP BY book_id, account, month
WINDOW so_far AS (PARTITION BY book_id, account ORDER BY month);

INSERT INTO kind_total (book_id, account, kind, debits, credits)
SELECT book_id, account, kind, sum(debits), sum(credits)
  FROM (SELECT t.book_id, t.debit AS account, t.kind, t.amount AS debits, 0 AS credits
          FROM transfer t JOIN day_total_progress p ON p.book_id = t.book_id AND t.pos <= p.through
        UNION ALL
        SELECT t.book_id, t.credit, t.kind, 0, t.amount
          FROM transfer t JOIN day_total_progress p ON p.book_id = t.book_id AND t.pos <= p.through) AS side
 GROUP BY book_id, account, kind;

INSERT INTO day_span (book_id, day, first_pos, last_pos)
SELECT t.book_id, t.effective, min(t.pos), max(t.pos)
  FROM transfer t JOIN day_total_progress p ON p.book_id = t.book_id AND t.pos <= p.through
 GROUP BY t.book_id, t.effective;

-- Brings the totals of a book forward by at most p_limit transfers; answers how many it took.
CREATE OR REPLACE FUNCTION day_totals_roll_up(p_book int, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    v_from bigint;
    v_to bigint;
    v_count int;
BEGIN
    SELECT through INTO v_from FROM day_total_progress WHERE book_id = p_book FOR UPDATE;
    SELECT max(pos), count(*) INTO v_to, v_count
      FROM (SELECT pos FROM transfer WHERE book_id = p_book AND pos > v_from ORDER BY pos LIMIT p_limit) AS fresh;
    IF v_count = 0 THEN
        RETURN 0;
    END IF;

    INSERT INTO day_total AS d (book_id, day, account, debits, credits)
    SELECT p_book, side.day, side.account, sum(side.debits), sum(side.credits)
      FROM (SELECT effective AS day, debit AS account, amount AS debits, 0 AS credits
              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
            UNION ALL
            SELECT effective, credit, 0, amount
              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS side
     GROUP BY side.day, side.account
     ORDER BY side.day, side.account
    ON CONFLICT (book_id, day, account)
    DO UPDATE SET debits = d.debits + excluded.debits, credits = d.credits + excluded.credits;

    INSERT INTO kind_total AS k (book_id, account, kind, debits, credits)
    SELECT p_book, side.account, side.kind, sum(side.debits), sum(side.credits)
      FROM (SELECT debit AS account, kind, amount AS debits, 0 AS credits
              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
            UNION ALL
            SELECT credit, kind, 0, amount
              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS side
     GROUP BY side.account, side.kind
     ORDER BY side.account, side.kind
    ON CONFLICT (book_id, account, kind)
    DO UPDATE SET debits = k.debits + excluded.debits, credits = k.credits + excluded.credits;

    INSERT INTO day_span AS s (book_id, day, first_pos, last_pos)
    SELECT p_book, effective, min(pos), max(pos)
      FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
     GROUP BY effective
     ORDER BY effective
    ON CONFLICT (book_id, day)
    DO UPDATE SET first_pos = least(s.first_pos, excluded.first_pos), last_pos = greatest(s.last_pos, excluded.last_pos);

    -- A month in which an account had not moved begins with what the month before it ended with; then what is new goes
    -- into its own month and every later one of the account.
    INSERT INTO month_total (book_id, account, month, debits, credits)
    SELECT p_book, moved.account, moved.month, coalesce(before.debits, 0), coalesce(before.credits, 0)
      FROM (SELECT debit AS account, date_trunc('month', effective::timestamp)::date AS month
              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
            UNION
            SELECT credit, date_trunc('month', effective::timestamp)::date
              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS moved
      LEFT JOIN LATERAL (
           SELECT m.debits, m.credits FROM month_total m
            WHERE m.book_id = p_book AND m.account = moved.account AND m.month < moved.month
            ORDER BY m.month DESC LIMIT 1) AS before ON true
     WHERE NOT EXISTS (SELECT FROM month_total k
                        WHERE k.book_id = p_book AND k.account = moved.account AND k.month = moved.month)
     ORDER BY moved.month, moved.account;

    UPDATE month_total m SET debits = m.debits + raised.debits, credits = m.credits + raised.credits
      FROM (SELECT later.account, later.month, sum(moved.debits) AS debits, sum(moved.credits) AS credits
              FROM (SELECT side.account, side.month, sum(side.debits) AS debits, sum(side.credits) AS credits
                      FROM (SELECT debit AS account, date_trunc('month', effective::timestamp)::date AS month,
                                   amount AS debits, 0 AS credits
                              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
                            UNION ALL
                            SELECT credit, date_trunc('month', effective::timestamp)::date, 0, amount
                              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS side
                     GROUP BY side.account, side.month) AS moved
              JOIN month_total later
                ON later.book_id = p_book AND later.account = moved.account AND later.month >= moved.month
             GROUP BY later.account, later.month) AS raised
     WHERE m.book_id = p_book AND m.account = raised.account AND m.month = raised.month;

    UPDATE day_total_progress SET through = v_to, summed = v_to WHERE book_id = p_book;
    RETURN v_count;
END
$$;
SELECT ledger_delegate('day_totals_roll_up(int, int)');

GRANT SELECT ON month_total TO commonpurse_service;
GRANT SELECT ON kind_total TO commonpurse_service;
GRANT SELECT ON day_span TO commonpurse_service;
