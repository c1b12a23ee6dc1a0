//! The one row of a cooperative's book: its lock puts drafts, attestations and closings in one order.

use crate::cooperatives::rules::cooperative::Cooperative;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

fn from_row(row: &Row) -> Cooperative {
    Cooperative {
        members_last: row.get("members_last"),
        rules_last: row.get("rules_last"),
        closed_through: row.get("closed_through"),
        capital_most: row.get("capital_most"),
    }
}

/// The row as it is, without a lock; none while the book has none yet.
pub async fn find(client: &impl GenericClient, book: BookId) -> Result<Option<Cooperative>, Error> {
    let statement = client
        .prepare_cached(
            "-- cooperatives::find
            SELECT members_last, rules_last, closed_through, capital_most FROM cooperative WHERE book_id = $1",
        )
        .await?;
    Ok(client.query_opt(&statement, &[/* book_id */ &book.0]).await?.as_ref().map(from_row))
}

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
            SELECT members_last, rules_last, closed_through, capital_most FROM cooperative WHERE book_id = $1 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* book_id */ &book.0]).await?;
    Ok(from_row(&row))
}

/// Saves the numbers. The caller has locked the row.
pub async fn update(tx: &Transaction<'_>, book: BookId, now: Cooperative) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- cooperatives::update
            UPDATE cooperative SET members_last = $2, rules_last = $3, closed_through = $4, capital_most = $5
             WHERE book_id = $1",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* members_last */ &now.members_last,
            /* rules_last */ &now.rules_last,
            /* closed_through */ &now.closed_through,
            /* capital_most */ &now.capital_most,
        ],
    )
    .await?;
    Ok(())
}
