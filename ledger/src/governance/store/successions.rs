//! What dissolved cooperatives left to their successors.

use crate::cooperatives::rules::undone::Undone;
use crate::cooperatives::store::undone;
use crate::engine::store::rows::money;
use crate::error::Error;
use crate::governance::rules::succession::Succession;
use crate::id::{BookId, PersonId, ProposalId, SuccessionId};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Succession, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Succession {
        id: SuccessionId::new(book, row.get("id")),
        successor: row.get("successor"),
        proposal: ProposalId::new(book, row.get("proposal_id")),
        amount: money(row.get("amount"), currency)?,
        passed_on: row.get("passed_on"),
        memo: row.get("memo"),
        entry: row.get("entry_number"),
        passed_by: PersonId(row.get("passed_by")),
        passed_at: row.get("passed_at"),
        undone: undone::read(row, true),
    })
}

/// A new one.
pub async fn insert(tx: &Transaction<'_>, new: &Succession) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- successions::insert
            INSERT INTO succession (book_id, id, proposal_id, successor, amount, passed_on, memo, entry_number, passed_by, passed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* proposal_id */ &new.proposal.object,
            /* successor */ &new.successor,
            /* amount */ &new.amount.minor(),
            /* passed_on */ &new.passed_on,
            /* memo */ &new.memo,
            /* entry_number */ &new.entry,
            /* passed_by */ &new.passed_by.0,
            /* passed_at */ &new.passed_at,
        ],
    )
    .await?;
    Ok(())
}

/// The one with this id, in the currency of its book.
pub async fn get(client: &impl GenericClient, id: SuccessionId, currency: Currency) -> Result<Succession, Error> {
    let statement =
        client.prepare_cached("-- successions::get\nSELECT * FROM succession WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.map(|row| from_row(&row, currency)).transpose()?.ok_or(Error::NotFound("succession"))
}

/// Those of a book in its currency, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    after: Uuid,
    limit: i64,
) -> Result<Vec<Succession>, Error> {
    let statement = client
        .prepare_cached(
            "-- successions::list
            SELECT * FROM succession WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// Saves that it was taken back. The caller has locked the cooperative.
pub async fn update_undone(
    tx: &Transaction<'_>,
    id: SuccessionId,
    how: &Undone,
    currency: Currency,
) -> Result<Succession, Error> {
    let statement = "-- successions::update_undone
            UPDATE succession SET reversal_number = $3, reversed_by = $4, reversed_at = $5, reversal_reason = $6
             WHERE book_id = $1 AND id = $2
            RETURNING *";
    let row = undone::save(tx, statement, (id.book, id.object), how).await?;
    from_row(&row, currency)
}
