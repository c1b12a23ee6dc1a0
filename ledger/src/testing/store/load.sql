-- Loads transfers into a book behind the door's back, as the database's owner: balances, chains, marks and the head become
-- what the door would have made of them. The query that is filled in is of (pos, debit, credit, amount, day, kind, note),
-- with positions after those of the book.
WITH given AS MATERIALIZED ({rows}),
line AS (SELECT pos, debit AS account, amount AS debits, 0::bigint AS credits FROM given
         UNION ALL SELECT pos, credit, 0, amount FROM given),
told AS MATERIALIZED (
    SELECT l.pos, l.account, lag(l.pos, 1, b.last_pos) OVER own AS prev, b.lines + row_number() OVER own AS line,
           b.side * (b.credits - b.debits + sum(l.credits - l.debits) OVER own) AS after
      FROM line l JOIN balance b ON b.book_id = {book} AND b.account = l.account
    WINDOW own AS (PARTITION BY l.account ORDER BY l.pos)),
posted AS (
    INSERT INTO transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, debit_prev, credit_prev,
                          effective, occurred, kind, note, recorded_at)
    SELECT {book}, g.pos, g.debit, g.credit, g.amount, d.after, c.after, d.prev, c.prev, g.day, g.day, g.kind,
           g.note, now()
      FROM given g
      JOIN told d ON d.pos = g.pos AND d.account = g.debit
      JOIN told c ON c.pos = g.pos AND c.account = g.credit
     ORDER BY g.pos),
marked AS (
    INSERT INTO account_mark (book_id, account, pos, line)
    SELECT {book}, account, pos, line FROM told WHERE line % 128 = 0),
numbered AS (
    UPDATE book_head
       SET version = version + 1, recorded_at = now(), next_number = (SELECT max(pos) >> 16 FROM given) + 1
     WHERE book_id = {book})
UPDATE balance b
   SET debits = b.debits + m.debits, credits = b.credits + m.credits, last_pos = m.last, lines = b.lines + m.lines
  FROM (SELECT account, sum(debits) AS debits, sum(credits) AS credits, max(pos) AS last, count(*) AS lines
          FROM line GROUP BY account) AS m
 WHERE b.book_id = {book} AND b.account = m.account
