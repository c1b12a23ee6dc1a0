//! The lines of one account, by its chain.

use crate::book::{AccountNumber, MovementKind};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;

/// One movement of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// Position in the book: record number << 16 | line.
    pub pos: i64,
    /// Whether the account is debited; else it is credited.
    pub debited: bool,
    /// The amount of the line, minor units.
    pub amount: i64,
    /// Code of the account on the other side.
    pub counterpart: String,
    /// How the money moved.
    pub kind: MovementKind,
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
}

impl AccountLine {
    /// Record number of its entry.
    pub fn number(&self) -> i64 {
        self.pos >> 16
    }

    fn from_row(row: &Row) -> Result<AccountLine, Error> {
        let kind: i16 = row.get("kind");
        Ok(AccountLine {
            pos: row.get("pos"),
            debited: row.get("debited"),
            amount: row.get("amount"),
            counterpart: row.get("counterpart"),
            kind: MovementKind::from_number(kind)
                .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?,
            effective: row.get("effective"),
            occurred: row.get("occurred"),
            recorded_at: row.get("recorded_at"),
            memo: row.get("memo"),
            reference: row.get("reference"),
        })
    }
}

/// Movements of an account after a position that take effect on the days `from..=to`, in the order of the book.
pub async fn lines(
    client: &impl GenericClient,
    book: BookId,
    account: AccountNumber,
    after: i64,
    (from, to): (Date, Date),
    limit: i64,
) -> Result<Vec<AccountLine>, Error> {
    // What is rolled up lies between the bounds of its days, what is fresh comes after it; backdated entries lie there
    // too. Names are looked up for what is left only.
    let statement = client
        .prepare_cached(
            "-- account_statements::lines
             WITH progress AS (SELECT through FROM day_total_progress WHERE book_id = $1),
             span AS (SELECT min(first_pos) AS first_pos, max(last_pos) AS last_pos
                        FROM day_span WHERE book_id = $1 AND day BETWEEN $4 AND $5)
             SELECT s.pos, s.debited, s.amount, a.code AS counterpart, s.kind, s.effective, s.occurred, s.recorded_at,
                    coalesce(n.memo, '') AS memo, coalesce(n.reference, '') AS reference
               FROM (SELECT * FROM (
                        SELECT l.* FROM span, account_lines($1, $2, greatest($3, first_pos - 1), last_pos, $4, $5, $6) AS l
                        UNION ALL
                        SELECT l.* FROM progress, account_lines($1, $2, greatest($3, through), $7, $4, $5, $6) AS l) AS line
                     ORDER BY pos LIMIT $6) AS s
               JOIN account a ON a.book_id = $1 AND a.number = s.other
               LEFT JOIN entry_note n ON n.book_id = $1 AND n.number = s.pos >> 16
              ORDER BY s.pos",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0,
                /* account */ &account.0,
                /* after */ &after,
                /* from */ &from,
                /* to */ &to,
                /* limit */ &limit,
                /* last */ &i64::MAX,
            ],
        )
        .await?;
    rows.iter().map(AccountLine::from_row).collect()
}
