//! Reading the journal back.

use crate::book::{AccountNumber, Line, MovementKind};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;

/// The lines of one entry as they were posted, each with the day on which it counts.
pub async fn transfers(client: &impl GenericClient, book: BookId, number: i64) -> Result<Vec<(Line, Date)>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::transfers
             SELECT kind, debit, credit, amount, effective FROM transfer
              WHERE book_id = $1 AND pos >= $2::bigint << 16 AND pos < ($2::bigint + 1) << 16 ORDER BY pos",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* number */ &number]).await?;
    let line = |row: &Row| {
        let kind: i16 = row.get(0);
        let line = Line {
            kind: MovementKind::from_number(kind)
                .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?,
            debit: AccountNumber(row.get(1)),
            credit: AccountNumber(row.get(2)),
            amount: row.get(3),
        };
        Ok((line, row.get(4)))
    };
    rows.iter().map(line).collect()
}

/// One line of the journal, with the codes of its accounts.
#[derive(Debug, Clone)]
pub struct JournalLine {
    /// Record number of its entry.
    pub number: i64,
    /// Number of the line within its entry, from 0.
    pub line: i64,
    /// How the money moved.
    pub kind: MovementKind,
    /// Code of the account debited.
    pub debit: String,
    /// Code of the account credited.
    pub credit: String,
    /// Currency or unit.
    pub unit: String,
    /// The amount of the line, minor units.
    pub amount: i64,
    /// Balance of the debited account after it, on its own side, minor units.
    pub debit_after: i64,
    /// Balance of the credited account after it, on its own side, minor units.
    pub credit_after: i64,
    /// Day on which it counts.
    pub effective: Date,
    /// Day on which it happened.
    pub occurred: Date,
    /// When it was recorded, by the wall clock.
    pub recorded_at: Timestamp,
    /// Memo of its entry; empty when there is none or it was erased.
    pub memo: String,
    /// What its entry is about.
    pub reference: String,
    /// The entry had a note, and it was erased.
    pub erased: bool,
}

fn line_from(row: &Row) -> Result<JournalLine, Error> {
    let pos: i64 = row.get("pos");
    let kind: i16 = row.get("kind");
    Ok(JournalLine {
        number: pos >> 16,
        line: pos & 0xffff,
        kind: MovementKind::from_number(kind)
            .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?,
        debit: row.get("debit_code"),
        credit: row.get("credit_code"),
        unit: row.get("unit"),
        amount: row.get("amount"),
        debit_after: row.get("debit_after"),
        credit_after: row.get("credit_after"),
        effective: row.get("effective"),
        occurred: row.get("occurred"),
        recorded_at: row.get("recorded_at"),
        memo: row.get("memo"),
        reference: row.get("reference"),
        erased: row.get("erased"),
    })
}

/// The lines of the records `first..first + count`, in order.
pub async fn lines(
    client: &impl GenericClient,
    book: BookId,
    first: i64,
    count: i64,
) -> Result<Vec<JournalLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::lines
             SELECT t.pos, t.kind, d.code AS debit_code, c.code AS credit_code, d.unit, t.amount, t.debit_after,
                    t.credit_after, t.effective, t.occurred, t.recorded_at,
                    coalesce(n.memo, '') AS memo, coalesce(n.reference, '') AS reference,
                    n.number IS NULL AND t.note <> '00000000-0000-0000-0000-000000000000' AS erased
               FROM transfer t
               JOIN account d ON d.book_id = t.book_id AND d.number = t.debit
               JOIN account c ON c.book_id = t.book_id AND c.number = t.credit
               LEFT JOIN entry_note n ON n.book_id = t.book_id AND n.number = t.pos >> 16
              WHERE t.book_id = $1 AND t.pos >= $2::bigint << 16 AND t.pos < ($2::bigint + $3::bigint) << 16
              ORDER BY t.pos",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* first */ &first, /* count */ &count]).await?;
    rows.iter().map(line_from).collect()
}

/// At most `limit` lines after a position, up to and with record `through`, in order.
pub async fn lines_after(
    client: &impl GenericClient,
    book: BookId,
    pos: i64,
    through: i64,
    limit: i64,
) -> Result<Vec<JournalLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::lines_after
             SELECT t.pos, t.kind, d.code AS debit_code, c.code AS credit_code, d.unit, t.amount, t.debit_after,
                    t.credit_after, t.effective, t.occurred, t.recorded_at,
                    coalesce(n.memo, '') AS memo, coalesce(n.reference, '') AS reference,
                    n.number IS NULL AND t.note <> '00000000-0000-0000-0000-000000000000' AS erased
               FROM (SELECT * FROM transfer
                      WHERE book_id = $1 AND pos > $2 AND pos < ($3::bigint + 1) << 16
                      ORDER BY pos LIMIT $4) AS t
               JOIN account d ON d.book_id = $1 AND d.number = t.debit
               JOIN account c ON c.book_id = $1 AND c.number = t.credit
               LEFT JOIN entry_note n ON n.book_id = $1 AND n.number = t.pos >> 16
              ORDER BY t.pos",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book */ &book.0, /* after */ &pos, /* through */ &through, /* limit */ &limit])
        .await?;
    rows.iter().map(line_from).collect()
}

/// The lines at these positions, in the order of the book.
pub async fn lines_at(client: &impl GenericClient, book: BookId, positions: &[i64]) -> Result<Vec<JournalLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::lines_at
             SELECT t.pos, t.kind, d.code AS debit_code, c.code AS credit_code, d.unit, t.amount, t.debit_after,
                    t.credit_after, t.effective, t.occurred, t.recorded_at,
                    coalesce(n.memo, '') AS memo, coalesce(n.reference, '') AS reference,
                    n.number IS NULL AND t.note <> '00000000-0000-0000-0000-000000000000' AS erased
               FROM transfer t
               JOIN account d ON d.book_id = t.book_id AND d.number = t.debit
               JOIN account c ON c.book_id = t.book_id AND c.number = t.credit
               LEFT JOIN entry_note n ON n.book_id = t.book_id AND n.number = t.pos >> 16
              WHERE t.book_id = $1 AND t.pos = ANY($2)
              ORDER BY t.pos",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* positions */ &positions]).await?;
    rows.iter().map(line_from).collect()
}

/// The positions of at most `limit` lines that take effect on the days `from..=to`, of those between two positions: after
/// one, and in the order of the book.
pub async fn positions(
    client: &impl GenericClient,
    book: BookId,
    (from, to): (Date, Date),
    (after, last): (i64, i64),
    limit: i64,
) -> Result<Vec<i64>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::positions
             SELECT array_agg(pos ORDER BY pos)
               FROM (SELECT pos FROM transfer
                      WHERE book_id = $1 AND effective BETWEEN $2 AND $3 AND pos > $4 AND pos <= $5
                      ORDER BY pos LIMIT $6) AS line",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book */ &book.0, /* from */ &from, /* to */ &to, /* after */ &after,
                /* last */ &last, /* limit */ &limit,
            ],
        )
        .await?;
    Ok(row.get::<_, Option<Vec<i64>>>(0).unwrap_or_default())
}

/// The same in the order of the days, those of a day in the order of the book, after a day and a position; with the day of
/// the last one.
pub async fn positions_by_day(
    client: &impl GenericClient,
    book: BookId,
    (day, pos, to): (Date, i64, Date),
    (first, last): (i64, i64),
    limit: i64,
) -> Result<Option<(Vec<i64>, Date)>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::positions_by_day
             SELECT array_agg(pos ORDER BY effective, pos), max(effective)
               FROM (SELECT effective, pos FROM transfer
                      WHERE book_id = $1 AND effective BETWEEN $2 AND $4 AND (effective, pos) > ($2, $3)
                        AND pos >= $5 AND pos <= $6
                      ORDER BY effective, pos LIMIT $7) AS line",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book */ &book.0, /* day */ &day, /* pos */ &pos, /* to */ &to,
                /* first */ &first, /* last */ &last, /* limit */ &limit,
            ],
        )
        .await?;
    let positions: Option<Vec<i64>> = row.get(0);
    Ok(positions.zip(row.get::<_, Option<Date>>(1)))
}

/// Number of the last record of a book; 0 when there is none.
pub async fn last_number(client: &impl GenericClient, book: BookId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached("-- journal::last_number\nSELECT next_number - 1 FROM book_head WHERE book_id = $1")
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0]).await?;
    Ok(row.ok_or(Error::NotFound("book"))?.get(0))
}

/// What is wrong with a book, as sentences; empty when every balance is the sum of its transfers, every chain leads through
/// all lines of its account and every 128th is marked, debits equal credits and no number is missing.
pub async fn audit(client: &impl GenericClient, book: BookId) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::audit
             WITH side AS (
                 SELECT pos, debit AS account, amount AS debits, 0 AS credits, debit_prev AS prev, debit_after AS after
                   FROM transfer WHERE book_id = $1
                 UNION ALL
                 SELECT pos, credit, 0, amount, credit_prev, credit_after FROM transfer WHERE book_id = $1),
             line AS (
                 SELECT s.*, lag(s.pos, 1, 0) OVER own AS before, row_number() OVER own AS line,
                        b.side * sum(s.credits - s.debits) OVER own AS sum
                   FROM side s JOIN balance b ON b.book_id = $1 AND b.account = s.account
                 WINDOW own AS (PARTITION BY s.account ORDER BY s.pos)),
             total AS (SELECT account, sum(debits) AS debits, sum(credits) AS credits, max(pos) AS last, count(*) AS lines
                         FROM side GROUP BY account)
             SELECT 'account ' || b.account || ': balance ' || b.debits || '/' || b.credits
                    || ', transfers ' || coalesce(t.debits, 0) || '/' || coalesce(t.credits, 0)
               FROM balance b LEFT JOIN total t ON t.account = b.account
              WHERE b.book_id = $1 AND (b.debits <> coalesce(t.debits, 0) OR b.credits <> coalesce(t.credits, 0))
             UNION ALL
             SELECT 'account ' || b.account || ': line ' || b.lines || ' at ' || b.last_pos || ', transfers have '
                    || coalesce(t.lines, 0) || ' at ' || coalesce(t.last, 0)
               FROM balance b LEFT JOIN total t ON t.account = b.account
              WHERE b.book_id = $1 AND (b.last_pos <> coalesce(t.last, 0) OR b.lines <> coalesce(t.lines, 0))
             UNION ALL
             SELECT 'account ' || account || ': line ' || line || ' at ' || pos || ' follows ' || prev || ' with '
                    || after || ', right is ' || before || ' with ' || sum
               FROM line WHERE prev <> before OR after <> sum
             UNION ALL
             SELECT 'account ' || coalesce(l.account, m.account) || ': line ' || coalesce(l.line, 0) || ' at '
                    || coalesce(l.pos, m.pos) || ' is marked ' || coalesce(m.line, 0)
               FROM (SELECT account, pos, line FROM line WHERE line % 128 = 0) AS l
               FULL JOIN (SELECT account, pos, line FROM account_mark WHERE book_id = $1) AS m
                 ON m.account = l.account AND m.pos = l.pos AND m.line = l.line
              WHERE l.pos IS NULL OR m.pos IS NULL
             UNION ALL
             SELECT 'debits ' || sum(debits) || ', credits ' || sum(credits) FROM balance WHERE book_id = $1
             HAVING sum(debits) <> sum(credits)
             UNION ALL
             SELECT 'records: ' || count(DISTINCT number) || ' of ' || max(h.next_number) - 1
               FROM (SELECT pos >> 16 AS number FROM transfer WHERE book_id = $1
                     UNION ALL SELECT number FROM log_record WHERE book_id = $1) AS record
               JOIN book_head h ON h.book_id = $1
             HAVING count(DISTINCT number) <> max(h.next_number) - 1",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The accounts that a batch of lines names, each once.
pub fn accounts_of<'a>(lines: impl Iterator<Item = &'a crate::book::Line>) -> Vec<AccountNumber> {
    let mut accounts: Vec<AccountNumber> = lines.flat_map(|line| [line.debit, line.credit]).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}
