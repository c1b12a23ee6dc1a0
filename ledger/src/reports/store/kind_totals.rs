//! What accounts moved in each way: rolled-up totals and the tail of the journal, or the lines themselves.
//!
//! Every reader names the last record that counts.

use super::account_totals::AccountTotal;
use crate::book::{AccountClass, AccountNumber, MovementKind};
use crate::engine::store::days::Days;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
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
