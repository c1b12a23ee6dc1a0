//! What accounts moved in each way: rolled-up totals and the tail of the journal, or the lines themselves.
//!
//! Every reader names the last record that counts.

use super::account_totals::AccountTotal;
use crate::book::{AccountClass, AccountNumber, MovementKind};
use crate::engine::store::days::Days;
use crate::engine::store::rows::sum;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::HashMap;
use tokio_postgres::Row;

/// What one account moved in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindTotal {
    /// The account, with what it moved in this way.
    pub account: AccountTotal,
    /// The way in which it moved.
    pub kind: MovementKind,
}

impl KindTotal {
    fn from_row(row: &Row) -> Result<KindTotal, Error> {
        let kind: i16 = row.get("kind");
        let kind = MovementKind::from_number(kind)
            .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?;
        Ok(KindTotal { account: AccountTotal::from_row(row)?, kind })
    }
}

/// Which accounts are asked for, and of what they moved which ways.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The classes of the accounts.
    pub classes: &'a [AccountClass],
    /// The ways; all when none.
    pub kinds: Option<&'a [MovementKind]>,
    /// The most rows that are answered.
    pub limit: i64,
}

/// What accounts moved, by code and way, with effect until and with a day, up to and with record `through`.
pub async fn until(
    client: &impl GenericClient,
    book: BookId,
    to: Date,
    through: i64,
    wanted: Wanted<'_>,
) -> Result<Vec<KindTotal>, Error> {
    spanned(client, book, (None, to), through, wanted).await
}

/// What accounts moved, by code and way, with effect on the days `from..=to`, up to and with record `through`.
pub async fn between(
    client: &impl GenericClient,
    book: BookId,
    (from, to): (Date, Date),
    through: i64,
    wanted: Wanted<'_>,
) -> Result<Vec<KindTotal>, Error> {
    spanned(client, book, (Some(from), to), through, wanted).await
}

async fn spanned(
    client: &impl GenericClient,
    book: BookId,
    (from, to): (Option<Date>, Date),
    through: i64,
    wanted: Wanted<'_>,
) -> Result<Vec<KindTotal>, Error> {
    // As `account_totals::spanned`, with the way in which it moved. What is recent is multiplied rather than left out, or the
    // planner thinks that little is left, and sorts.
    let statement = client
        .prepare_cached(
            "-- kind_totals::spanned
             WITH progress AS (SELECT through FROM day_total_progress WHERE book_id = $1),
             fresh AS (SELECT debit, credit, kind, amount FROM transfer
                        WHERE book_id = $1 AND pos > (SELECT through FROM progress) AND pos < ($4::bigint + 1) << 16
                          AND effective BETWEEN coalesce($2::date, '-infinity') AND $3),
             beyond AS (SELECT debit, credit, kind, amount FROM transfer
                         WHERE book_id = $1 AND pos <= (SELECT through FROM progress) AND pos >= ($4::bigint + 1) << 16
                           AND effective BETWEEN coalesce($2::date, '-infinity') AND $3),
             blocks AS (SELECT generate_series(0, next_account >> 6) AS block FROM book_head WHERE book_id = $1),
             part AS (SELECT 1 AS sign, r.accounts, r.kinds, r.debits, r.credits
                        FROM blocks CROSS JOIN LATERAL (
                             SELECT accounts, kinds, debits, credits FROM running_total
                              WHERE book_id = $1 AND block = blocks.block AND until <= $8
                              ORDER BY until DESC LIMIT 1) AS r
                      UNION ALL
                      SELECT -1, r.accounts, r.kinds, r.debits, r.credits
                        FROM blocks CROSS JOIN LATERAL (
                             SELECT accounts, kinds, debits, credits FROM running_total
                              WHERE book_id = $1 AND block = blocks.block AND until <= $9
                              ORDER BY until DESC LIMIT 1) AS r
                      UNION ALL
                      SELECT 1, accounts, kinds, debits, credits FROM day_total WHERE book_id = $1 AND day = ANY($10)
                      UNION ALL
                      SELECT -1, accounts, kinds, debits, credits FROM day_total WHERE book_id = $1 AND day = ANY($11)),
             side AS (SELECT account, kind, sign * debits AS debits, sign * credits AS credits
                        FROM (SELECT sign, unnest(accounts) AS account, unnest(kinds) AS kind,
                                     unnest(debits) AS debits, unnest(credits) AS credits
                                FROM part) AS element
                      UNION ALL
                      SELECT account, kind, counts * debits, counts * credits
                        FROM (SELECT (day BETWEEN coalesce($2::date, '-infinity') AND $3)::int AS counts, *
                                FROM (SELECT unnest(days) AS day, unnest(accounts) AS account, unnest(kinds) AS kind,
                                             unnest(debits) AS debits, unnest(credits) AS credits
                                        FROM recent_total WHERE book_id = $1) AS element) AS recent
                      UNION ALL SELECT debit, kind, amount, 0 FROM fresh
                      UNION ALL SELECT credit, kind, 0, amount FROM fresh
                      UNION ALL SELECT debit, kind, -amount, 0 FROM beyond
                      UNION ALL SELECT credit, kind, 0, -amount FROM beyond),
             total AS MATERIALIZED (
                 SELECT account, kind, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
                   FROM side GROUP BY account, kind)
             SELECT a.number, a.code, a.class, a.unit, n.exponent, t.kind, t.debits, t.credits
               FROM total t JOIN account a ON a.book_id = $1 AND a.number = t.account
               LEFT JOIN unit n ON n.book_id = $1 AND n.code = a.unit
              WHERE a.class = ANY($5) AND ($6::smallint[] IS NULL OR t.kind = ANY($6))
                AND (t.debits <> 0 OR t.credits <> 0)
              ORDER BY a.code COLLATE \"C\", t.kind LIMIT $7",
        )
        .await?;
    let parts = from.map_or_else(|| Days::until(to), |from| Days::between(from, to));
    let classes: Vec<i16> = wanted.classes.iter().map(|class| class.number()).collect();
    let kinds: Option<Vec<i16>> = wanted.kinds.map(|kinds| kinds.iter().map(|kind| kind.number()).collect());
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0,
                /* from */ &from,
                /* to */ &to,
                /* through */ &through,
                /* classes */ &classes,
                /* kinds */ &kinds,
                /* limit */ &wanted.limit,
                /* until */ &parts.until,
                /* less until */ &parts.less_until,
                /* days */ &parts.days,
                /* less days */ &parts.less_days,
            ],
        )
        .await?;
    rows.iter().map(KindTotal::from_row).collect()
}

/// What went from each of these accounts' debit side to each credited account in these ways: (debit, credit, sum).
pub async fn pairs(
    client: &impl GenericClient,
    book: BookId,
    debits: &[AccountNumber],
    kinds: &[MovementKind],
    to: Date,
    through: i64,
) -> Result<Vec<(AccountNumber, AccountNumber, i64)>, Error> {
    let statement = client
        .prepare_cached(
            "-- kind_totals::pairs
             SELECT d.debit, l.other, sum(l.amount)::bigint
               FROM unnest($2::int[]) AS d(debit)
              CROSS JOIN LATERAL account_lines($1, d.debit, 0, (($5::bigint + 1) << 16) - 1, '-infinity', $4, NULL) AS l
              WHERE l.debited AND l.kind = ANY($3)
              GROUP BY d.debit, l.other ORDER BY d.debit, l.other",
        )
        .await?;
    let debits: Vec<i32> = debits.iter().map(|account| account.0).collect();
    let kinds: Vec<i16> = kinds.iter().map(|kind| kind.number()).collect();
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0, /* debits */ &debits, /* kinds */ &kinds, /* to */ &to,
                /* through */ &through,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| (AccountNumber(row.get(0)), AccountNumber(row.get(1)), row.get(2))).collect())
}

/// What some accounts moved in each way: debits and credits, minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved(HashMap<(AccountNumber, MovementKind), (i128, i128)>);

impl Moved {
    /// What one of them moved in a way: debits and credits, minor units.
    pub fn of(&self, account: AccountNumber, kind: MovementKind) -> (i128, i128) {
        self.0.get(&(account, kind)).copied().unwrap_or_default()
    }

    /// What lines move.
    #[cfg(test)]
    pub(crate) fn of_lines(lines: impl IntoIterator<Item = crate::book::Line>) -> Moved {
        let mut moved = Moved::default();
        for line in lines {
            moved.0.entry((line.debit, line.kind)).or_default().0 += i128::from(line.amount);
            moved.0.entry((line.credit, line.kind)).or_default().1 += i128::from(line.amount);
        }
        moved
    }
}

/// What a few accounts moved in each way so far, on whatever day it counts: rolled-up totals and the tail of their lines.
pub async fn so_far(client: &impl GenericClient, book: BookId, accounts: &[AccountNumber]) -> Result<Moved, Error> {
    let statement = client
        .prepare_cached(
            "-- kind_totals::so_far
             WITH progress AS (SELECT coalesce((SELECT through FROM day_total_progress WHERE book_id = $1), 0) AS through),
             blocks AS (SELECT DISTINCT account >> 6 AS block FROM unnest($2::int[]) AS wanted(account)),
             part AS (SELECT r.accounts, r.kinds, r.debits, r.credits
                        FROM blocks JOIN recent_total r ON r.book_id = $1 AND r.block = blocks.block
                      UNION ALL
                      SELECT r.accounts, r.kinds, r.debits, r.credits
                        FROM blocks CROSS JOIN LATERAL (
                             SELECT accounts, kinds, debits, credits FROM running_total
                              WHERE book_id = $1 AND block = blocks.block ORDER BY until DESC LIMIT 1) AS r),
             side AS (SELECT account, kind, debits, credits
                        FROM (SELECT unnest(accounts) AS account, unnest(kinds) AS kind, unnest(debits) AS debits,
                                     unnest(credits) AS credits FROM part) AS element
                       WHERE account = ANY($2)
                      UNION ALL
                      SELECT b.account, l.kind, CASE WHEN l.debited THEN l.amount ELSE 0 END,
                             CASE WHEN l.debited THEN 0 ELSE l.amount END
                        FROM balance b
                       CROSS JOIN LATERAL account_lines($1, b.account, (SELECT through FROM progress), b.last_pos, '-infinity',
                                                        'infinity', NULL) AS l
                       WHERE b.book_id = $1 AND b.account = ANY($2))
             SELECT account, kind, sum(debits)::text AS debits, sum(credits)::text AS credits
               FROM side GROUP BY account, kind",
        )
        .await?;
    let numbers: Vec<i32> = accounts.iter().map(|account| account.0).collect();
    let mut moved = Moved::default();
    for row in client.query(&statement, &[/* book */ &book.0, /* accounts */ &numbers]).await? {
        let number: i16 = row.get("kind");
        let kind = MovementKind::from_number(number)
            .ok_or_else(|| Error::inconsistent(format!("movement kind {number} is unknown")))?;
        moved.0.insert((AccountNumber(row.get("account")), kind), (sum(&row, "debits")?, sum(&row, "credits")?));
    }
    Ok(moved)
}

/// What an account moved in a month in one way: debits and credits, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthTotal {
    /// The first day of the month.
    pub month: Date,
    /// The account.
    pub account: AccountNumber,
    /// The way in which it moved.
    pub kind: MovementKind,
    /// What was debited.
    pub debits: i128,
    /// What was credited.
    pub credits: i128,
}

/// What a few accounts moved in each way with effect on the days `from..=to`, month by month: totals of their days and the tail of their
/// lines. The days are looked up one by one, so that other accounts of a large book are not read.
pub async fn monthly(
    client: &impl GenericClient,
    book: BookId,
    accounts: &[AccountNumber],
    (from, to): (Date, Date),
) -> Result<Vec<MonthTotal>, Error> {
    let statement = client
        .prepare_cached(
            "-- kind_totals::monthly
             WITH progress AS (SELECT coalesce((SELECT through FROM day_total_progress WHERE book_id = $1), 0) AS through),
             blocks AS (SELECT DISTINCT account >> 6 AS block FROM unnest($2::int[]) AS wanted(account)),
             days AS (SELECT generate_series($3::date, $4::date, '1 day')::date AS day),
             part AS (SELECT days.day, r.accounts, r.kinds, r.debits, r.credits
                        FROM days CROSS JOIN blocks CROSS JOIN LATERAL (
                             SELECT accounts, kinds, debits, credits FROM day_total
                              WHERE book_id = $1 AND day = days.day AND block = blocks.block) AS r),
             side AS (SELECT day, account, kind, debits, credits
                        FROM (SELECT day, unnest(accounts) AS account, unnest(kinds) AS kind, unnest(debits) AS debits,
                                     unnest(credits) AS credits FROM part) AS element
                       WHERE account = ANY($2)
                      UNION ALL
                      SELECT day, account, kind, debits, credits
                        FROM (SELECT unnest(r.days) AS day, unnest(r.accounts) AS account, unnest(r.kinds) AS kind,
                                     unnest(r.debits) AS debits, unnest(r.credits) AS credits
                                FROM blocks JOIN recent_total r ON r.book_id = $1 AND r.block = blocks.block) AS recent
                       WHERE account = ANY($2) AND day BETWEEN $3 AND $4
                      UNION ALL
                      SELECT l.effective, b.account, l.kind, CASE WHEN l.debited THEN l.amount ELSE 0 END,
                             CASE WHEN l.debited THEN 0 ELSE l.amount END
                        FROM balance b
                       CROSS JOIN LATERAL account_lines($1, b.account, (SELECT through FROM progress), b.last_pos, $3, $4, NULL) AS l
                       WHERE b.book_id = $1 AND b.account = ANY($2))
             SELECT date_trunc('month', day::timestamp)::date AS month, account, kind, sum(debits)::text AS debits, sum(credits)::text AS credits
               FROM side GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        )
        .await?;
    let numbers: Vec<i32> = accounts.iter().map(|account| account.0).collect();
    let rows = client
        .query(&statement, &[/* book */ &book.0, /* accounts */ &numbers, /* from */ &from, /* to */ &to])
        .await?;
    let total = |row: &Row| -> Result<MonthTotal, Error> {
        let number: i16 = row.get("kind");
        let kind = MovementKind::from_number(number)
            .ok_or_else(|| Error::inconsistent(format!("movement kind {number} is unknown")))?;
        let (debits, credits) = (sum(row, "debits")?, sum(row, "credits")?);
        Ok(MonthTotal { month: row.get("month"), account: AccountNumber(row.get("account")), kind, debits, credits })
    };
    rows.iter().map(total).collect()
}
