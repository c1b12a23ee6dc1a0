//! What accounts moved in each way: rolled-up totals and the tail of the journal, or the lines themselves.
//!
//! Every reader names the last record that counts.

use super::account_totals::AccountTotal;
use crate::book::{AccountClass, AccountNumber, MovementKind};
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

/// What the accounts of these classes moved, by code and way, whatever its day, up to and with record `through`.
pub async fn now(
    client: &impl GenericClient,
    book: BookId,
    through: i64,
    classes: &[AccountClass],
    limit: i64,
) -> Result<Vec<KindTotal>, Error> {
    let statement = client
        .prepare_cached(
            "-- kind_totals::now
             WITH progress AS (SELECT through FROM day_total_progress WHERE book_id = $1),
             fresh AS (SELECT debit, credit, kind, amount FROM transfer
                        WHERE book_id = $1 AND pos > (SELECT through FROM progress) AND pos < ($2::bigint + 1) << 16),
             beyond AS (SELECT debit, credit, kind, amount FROM transfer
                         WHERE book_id = $1 AND pos <= (SELECT through FROM progress)
                           AND pos >= ($2::bigint + 1) << 16),
             side AS (SELECT account, kind, debits, credits FROM kind_total WHERE book_id = $1
                      UNION ALL SELECT debit, kind, amount, 0 FROM fresh
                      UNION ALL SELECT credit, kind, 0, amount FROM fresh
                      UNION ALL SELECT debit, kind, -amount, 0 FROM beyond
                      UNION ALL SELECT credit, kind, 0, -amount FROM beyond)
             SELECT a.number, a.code, a.class, a.unit, n.exponent, s.kind,
                    sum(s.debits)::bigint AS debits, sum(s.credits)::bigint AS credits
               FROM account a JOIN side s ON s.account = a.number
               LEFT JOIN unit n ON n.book_id = a.book_id AND n.code = a.unit
              WHERE a.book_id = $1 AND a.class = ANY($3)
              GROUP BY a.number, a.code, a.class, a.unit, n.exponent, s.kind
             HAVING sum(s.debits) <> 0 OR sum(s.credits) <> 0
              ORDER BY a.code COLLATE \"C\", s.kind LIMIT $4",
        )
        .await?;
    let classes: Vec<i16> = classes.iter().map(|class| class.number()).collect();
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0, /* through */ &through, /* classes */ &classes,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(KindTotal::from_row).collect()
}

/// What the accounts of these classes moved, by code and way, with effect until `to` and up to record `through`.
///
/// Runs over the lines of these accounts; [`now`] does not.
pub async fn until(
    client: &impl GenericClient,
    book: BookId,
    to: Date,
    through: i64,
    classes: &[AccountClass],
    limit: i64,
) -> Result<Vec<KindTotal>, Error> {
    let statement = client
        .prepare_cached(
            "-- kind_totals::until
             WITH side AS (
                 SELECT debit AS account, kind, amount AS debits, 0 AS credits FROM transfer
                  WHERE book_id = $1 AND effective <= $2 AND pos < ($3::bigint + 1) << 16
                 UNION ALL
                 SELECT credit, kind, 0, amount FROM transfer
                  WHERE book_id = $1 AND effective <= $2 AND pos < ($3::bigint + 1) << 16)
             SELECT a.number, a.code, a.class, a.unit, n.exponent, s.kind,
                    sum(s.debits)::bigint AS debits, sum(s.credits)::bigint AS credits
               FROM account a JOIN side s ON s.account = a.number
               LEFT JOIN unit n ON n.book_id = a.book_id AND n.code = a.unit
              WHERE a.book_id = $1 AND a.class = ANY($4)
              GROUP BY a.number, a.code, a.class, a.unit, n.exponent, s.kind
              ORDER BY a.code COLLATE \"C\", s.kind LIMIT $5",
        )
        .await?;
    let classes: Vec<i16> = classes.iter().map(|class| class.number()).collect();
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0, /* to */ &to, /* through */ &through, /* classes */ &classes,
                /* limit */ &limit,
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
