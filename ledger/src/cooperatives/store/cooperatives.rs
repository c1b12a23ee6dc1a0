//! The one row of a cooperative's book: its lock puts drafts, attestations and closings in one order.

use crate::cooperatives::rules::cooperative::{Cooperative, Period, PeriodResult};
use crate::error::Error;
use crate::id::{BookId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;

/// Locks the row until the transaction ends; makes it when the book has none yet.
pub async fn lock(tx: &Transaction<'_>, book: BookId) -> Result<Cooperative, Error> {
    let begin = tx
        .prepare_cached(
            "-- cooperatives::begin
            INSERT INTO cooperative (book_id) VALUES ($1) ON CONFLICT DO NOTHING",
        )
        .await?;
    tx.execute(&begin, &[/* book_id */ &book.0]).await?;
    let statement = tx
        .prepare_cached(
            "-- cooperatives::lock
            SELECT members_last, rules_last, closed_through FROM cooperative WHERE book_id = $1 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* book_id */ &book.0]).await?;
    Ok(Cooperative {
        members_last: row.get("members_last"),
        rules_last: row.get("rules_last"),
        closed_through: row.get("closed_through"),
    })
}

/// Saves the numbers. The caller has locked the row.
pub async fn update(tx: &Transaction<'_>, book: BookId, now: Cooperative) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- cooperatives::update
            UPDATE cooperative SET members_last = $2, rules_last = $3, closed_through = $4 WHERE book_id = $1",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* members_last */ &now.members_last,
            /* rules_last */ &now.rules_last,
            /* closed_through */ &now.closed_through,
        ],
    )
    .await?;
    Ok(())
}

/// The result of the period that ends on a day, if it is closed.
pub async fn find_result(
    client: &impl GenericClient,
    book: BookId,
    period_to: Date,
) -> Result<Option<PeriodResult>, Error> {
    let statement = client
        .prepare_cached(
            "-- cooperatives::find_result
            SELECT period_from, period_to, sales, costs, entry_number, closed_by, closed_at
              FROM period_result WHERE book_id = $1 AND period_to = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* period_to */ &period_to]).await?;
    Ok(row.map(|row| PeriodResult {
        period: Period { from: row.get("period_from"), to: row.get("period_to") },
        sales: row.get("sales"),
        costs: row.get("costs"),
        entry: row.get("entry_number"),
        closed_by: PersonId(row.get("closed_by")),
        closed_at: row.get("closed_at"),
    }))
}

/// A new result.
pub async fn insert_result(tx: &Transaction<'_>, book: BookId, new: &PeriodResult) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- cooperatives::insert_result
            INSERT INTO period_result (book_id, period_from, period_to, sales, costs, entry_number, closed_by, closed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* period_from */ &new.period.from,
            /* period_to */ &new.period.to,
            /* sales */ &new.sales,
            /* costs */ &new.costs,
            /* entry_number */ &new.entry,
            /* closed_by */ &new.closed_by.0,
            /* closed_at */ &new.closed_at,
        ],
    )
    .await?;
    Ok(())
}
