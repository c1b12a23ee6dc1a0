//! What accounts moved: balances, rolled-up totals and the tail of the journal, as they stood after one record.
//!
//! Every reader names the last record that counts, so that the pages of one report are of one moment.

use crate::book::{AccountClass, AccountNumber};
use crate::engine::store::days::Days;
use crate::engine::store::units;
use crate::error::Error;
use crate::id::BookId;
use crate::money::Unit;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use tokio_postgres::Row;

/// What an account moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTotal {
    /// Number within the book.
    pub number: AccountNumber,
    /// Path, such as `assets:cash:bank`.
    pub code: String,
    /// What the account is for.
    pub class: AccountClass,
    /// Currency or unit.
    pub unit: Unit,
    /// Sum of debits, minor units.
    pub debits: i64,
    /// Sum of credits, minor units.
    pub credits: i64,
}

impl AccountTotal {
    /// Debits less credits, minor units.
    pub fn net(&self) -> i64 {
        self.debits - self.credits
    }

    /// The balance on its own side, minor units.
    pub fn balance(&self) -> i64 {
        -i64::from(self.class.kind().side()) * self.net()
    }

    pub(super) fn from_row(row: &Row) -> Result<AccountTotal, Error> {
        Ok(AccountTotal {
            number: AccountNumber(row.get("number")),
            code: row.get("code"),
            class: class_from(row.get("class"))?,
            unit: units::unit_of(row)?,
            debits: row.get("debits"),
            credits: row.get("credits"),
        })
    }
}

/// Which accounts are asked for, by code.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The classes of the accounts.
    pub classes: &'a [AccountClass],
    /// Also those whose debits equal their credits.
    pub even: bool,
    /// Codes after this one, byte by byte.
    pub after: &'a str,
    /// Only this code and those below it; all when empty.
    pub under: &'a str,
    /// The most accounts that are answered.
    pub limit: i64,
}

impl Wanted<'_> {
    fn class_numbers(&self) -> Vec<i16> {
        self.classes.iter().map(|class| class.number()).collect()
    }
}

fn class_from(number: i16) -> Result<AccountClass, Error> {
    AccountClass::from_number(number).ok_or_else(|| Error::inconsistent(format!("account class {number} is unknown")))
}

/// Everything up to and with record `through`, whatever its day.
pub async fn now(
    client: &impl GenericClient,
    book: BookId,
    through: i64,
    wanted: Wanted<'_>,
) -> Result<Vec<AccountTotal>, Error> {
    let statement = client
        .prepare_cached(
            "-- account_totals::now
             WITH later AS (SELECT debit, credit, amount FROM transfer
                             WHERE book_id = $1 AND pos >= ($2::bigint + 1) << 16),
             undone AS (SELECT account, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
                          FROM (SELECT debit AS account, amount AS debits, 0 AS credits FROM later
                                UNION ALL SELECT credit, 0, amount FROM later) AS side
                         GROUP BY account),
             total AS (SELECT b.account, b.debits - coalesce(u.debits, 0) AS debits,
                              b.credits - coalesce(u.credits, 0) AS credits
                         FROM balance b LEFT JOIN undone u ON u.account = b.account
                        WHERE b.book_id = $1)
             SELECT a.number, a.code, a.class, a.unit, n.exponent, t.debits, t.credits
               FROM total t JOIN account a ON a.book_id = $1 AND a.number = t.account
               LEFT JOIN unit n ON n.book_id = $1 AND n.code = a.unit
              WHERE a.class = ANY($3) AND a.code COLLATE \"C\" > $5
                AND ($7 = '' OR a.code = $7 OR starts_with(a.code, $7 || ':'))
                AND (t.debits <> t.credits OR ($4 AND t.debits <> 0))
              ORDER BY a.code COLLATE \"C\" LIMIT $6",
        )
        .await?;
    let classes = wanted.class_numbers();
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0,
                /* through */ &through,
                /* classes */ &classes,
                /* even */ &wanted.even,
                /* after */ &wanted.after,
                /* limit */ &wanted.limit,
                /* under */ &wanted.under,
            ],
        )
        .await?;
    rows.iter().map(AccountTotal::from_row).collect()
}

/// What took effect until and with a day, up to and with record `through`.
pub async fn until(
    client: &impl GenericClient,
    book: BookId,
    to: Date,
    through: i64,
    wanted: Wanted<'_>,
) -> Result<Vec<AccountTotal>, Error> {
    spanned(client, book, (None, to), through, wanted).await
}

/// What took effect on the days `from..=to`, up to and with record `through`.
pub async fn between(
    client: &impl GenericClient,
    book: BookId,
    (from, to): (Date, Date),
    through: i64,
    wanted: Wanted<'_>,
) -> Result<Vec<AccountTotal>, Error> {
    spanned(client, book, (Some(from), to), through, wanted).await
}

async fn spanned(
    client: &impl GenericClient,
    book: BookId,
    (from, to): (Option<Date>, Date),
    through: i64,
    wanted: Wanted<'_>,
) -> Result<Vec<AccountTotal>, Error> {
    // `fresh` is not rolled up yet; `beyond` is rolled up already and came after `through`. Of running totals the newest
    // row of each block is looked up. `total` is materialised so that accounts are joined by a hash: the planner thinks it
    // small.
    let statement = client
        .prepare_cached(
            "-- account_totals::spanned
             WITH progress AS (SELECT through FROM day_total_progress WHERE book_id = $1),
             fresh AS (SELECT debit, credit, amount FROM transfer
                        WHERE book_id = $1 AND pos > (SELECT through FROM progress) AND pos < ($4::bigint + 1) << 16
                          AND effective BETWEEN coalesce($2::date, '-infinity') AND $3),
             beyond AS (SELECT debit, credit, amount FROM transfer
                         WHERE book_id = $1 AND pos <= (SELECT through FROM progress) AND pos >= ($4::bigint + 1) << 16
                           AND effective BETWEEN coalesce($2::date, '-infinity') AND $3),
             blocks AS (SELECT generate_series(0, next_account >> 6) AS block FROM book_head WHERE book_id = $1),
             part AS (SELECT 1 AS sign, r.accounts, r.debits, r.credits
                        FROM blocks CROSS JOIN LATERAL (
                             SELECT accounts, debits, credits FROM running_total
                              WHERE book_id = $1 AND block = blocks.block AND until <= $9
                              ORDER BY until DESC LIMIT 1) AS r
                      UNION ALL
                      SELECT -1, r.accounts, r.debits, r.credits
                        FROM blocks CROSS JOIN LATERAL (
                             SELECT accounts, debits, credits FROM running_total
                              WHERE book_id = $1 AND block = blocks.block AND until <= $10
                              ORDER BY until DESC LIMIT 1) AS r
                      UNION ALL
                      SELECT 1, accounts, debits, credits FROM day_total WHERE book_id = $1 AND day = ANY($11)
                      UNION ALL
                      SELECT -1, accounts, debits, credits FROM day_total WHERE book_id = $1 AND day = ANY($12)),
             side AS (SELECT account, sign * debits AS debits, sign * credits AS credits
                        FROM (SELECT sign, unnest(accounts) AS account, unnest(debits) AS debits,
                                     unnest(credits) AS credits
                                FROM part) AS element
                      UNION ALL
                      SELECT account, counts * debits, counts * credits
                        FROM (SELECT (day BETWEEN coalesce($2::date, '-infinity') AND $3)::int AS counts, *
                                FROM (SELECT unnest(days) AS day, unnest(accounts) AS account, unnest(debits) AS debits,
                                             unnest(credits) AS credits
                                        FROM recent_total WHERE book_id = $1) AS element) AS recent
                      UNION ALL SELECT debit, amount, 0 FROM fresh
                      UNION ALL SELECT credit, 0, amount FROM fresh
                      UNION ALL SELECT debit, -amount, 0 FROM beyond
                      UNION ALL SELECT credit, 0, -amount FROM beyond),
             total AS MATERIALIZED (
                 SELECT account, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
                   FROM side GROUP BY account)
             SELECT a.number, a.code, a.class, a.unit, n.exponent, t.debits, t.credits
               FROM total t JOIN account a ON a.book_id = $1 AND a.number = t.account
               LEFT JOIN unit n ON n.book_id = $1 AND n.code = a.unit
              WHERE a.class = ANY($5) AND a.code COLLATE \"C\" > $7
                AND ($13 = '' OR a.code = $13 OR starts_with(a.code, $13 || ':'))
                AND (t.debits <> t.credits OR ($6 AND t.debits <> 0))
              ORDER BY a.code COLLATE \"C\" LIMIT $8",
        )
        .await?;
    let (classes, parts) =
        (wanted.class_numbers(), from.map_or_else(|| Days::until(to), |from| Days::between(from, to)));
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0,
                /* from */ &from,
                /* to */ &to,
                /* through */ &through,
                /* classes */ &classes,
                /* even */ &wanted.even,
                /* after */ &wanted.after,
                /* limit */ &wanted.limit,
                /* until */ &parts.until,
                /* less until */ &parts.less_until,
                /* days */ &parts.days,
                /* less days */ &parts.less_days,
                /* under */ &wanted.under,
            ],
        )
        .await?;
    rows.iter().map(AccountTotal::from_row).collect()
}

/// The first days of the months in which something took effect, in order, up to and with record `through`.
pub async fn months(client: &impl GenericClient, book: BookId, through: i64) -> Result<Vec<Date>, Error> {
    let statement = client
        .prepare_cached(
            "-- account_totals::months
             SELECT DISTINCT date_trunc('month', day::timestamp)::date AS month
               FROM (SELECT day FROM day_span WHERE book_id = $1 AND first_pos < ($2::bigint + 1) << 16
                     UNION ALL
                     SELECT effective FROM transfer
                      WHERE book_id = $1 AND pos < ($2::bigint + 1) << 16
                        AND pos > (SELECT through FROM day_total_progress WHERE book_id = $1)) AS days
              ORDER BY month",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* through */ &through]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
