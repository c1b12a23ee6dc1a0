//! The lines of one account from the newest on, down its chain.

use crate::book::{AccountNumber, MovementKind};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use tokio_postgres::Row;

/// One movement of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestLine {
    /// Position in the book: record number << 16 | line.
    pub pos: i64,
    /// Position of the account's line before it; 0 for its first.
    pub before: i64,
    /// Whether the account is debited; else it is credited.
    pub debited: bool,
    /// The amount of the line, minor units.
    pub amount: i64,
    /// Balance of the account after it, on its own side, minor units.
    pub balance: i64,
    /// Code of the account on the other side.
    pub counterpart: String,
    /// How the money moved.
    pub kind: MovementKind,
    /// Day on which it counts.
    pub effective: Date,
    /// Memo of its entry; empty when there is none or it was erased.
    pub memo: String,
}

impl NewestLine {
    fn from_row(row: &Row) -> Result<NewestLine, Error> {
        let kind: i16 = row.get("kind");
        Ok(NewestLine {
            pos: row.get("pos"),
            before: row.get("before"),
            debited: row.get("debited"),
            amount: row.get("amount"),
            balance: row.get("balance"),
            counterpart: row.get("counterpart"),
            kind: MovementKind::from_number(kind)
                .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?,
            effective: row.get("effective"),
            memo: row.get("memo"),
        })
    }
}

/// At most `limit` lines of an account, the newest first, from the line at a position on; from the last one without it. A position that
/// is none of the account's has no lines.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    account: AccountNumber,
    from: Option<i64>,
    limit: i64,
) -> Result<Vec<NewestLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- newest_lines::list
             WITH RECURSIVE line AS (
                 SELECT t.*, CASE t.debit WHEN $2 THEN t.debit_prev ELSE t.credit_prev END AS before, 1::bigint AS walked
                   FROM transfer t
                  WHERE t.book_id = $1 AND $2 IN (t.debit, t.credit)
                    AND t.pos = coalesce($3, (SELECT last_pos FROM balance WHERE book_id = $1 AND account = $2))
                 UNION ALL
                 SELECT t.*, CASE t.debit WHEN $2 THEN t.debit_prev ELSE t.credit_prev END, l.walked + 1
                   FROM line l JOIN transfer t ON t.book_id = $1 AND t.pos = l.before
                  WHERE l.walked < $4)
             SELECT l.pos, l.before, l.debit = $2 AS debited, l.amount,
                    CASE l.debit WHEN $2 THEN l.debit_after ELSE l.credit_after END AS balance,
                    a.code AS counterpart, l.kind, l.effective, coalesce(n.memo, '') AS memo
               FROM line l
               JOIN account a ON a.book_id = $1 AND a.number = CASE l.debit WHEN $2 THEN l.credit ELSE l.debit END
               LEFT JOIN entry_note n ON n.book_id = $1 AND n.number = l.pos >> 16
              ORDER BY l.pos DESC",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book */ &book.0, /* account */ &account.0, /* from */ &from, /* limit */ &limit])
        .await?;
    rows.iter().map(NewestLine::from_row).collect()
}
