//! Openings of books that were kept elsewhere before.

use super::undone;
use crate::cooperatives::rules::opening::Opening;
use crate::cooperatives::rules::undone::Undone;
use crate::engine::store::books::Book;
use crate::engine::store::rows::money;
use crate::error::Error;
use crate::id::{BookId, OpeningId, PersonId};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Opening, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Opening {
        id: OpeningId::new(book, row.get("id")),
        assets: money(row.get("assets"), currency)?,
        opened_on: row.get("opened_on"),
        memo: row.get("memo"),
        entry: row.get("entry_number"),
        recorded_by: PersonId(row.get("recorded_by")),
        recorded_at: row.get("recorded_at"),
        undone: undone::read(row, true),
    })
}

/// A new opening.
pub async fn insert(tx: &Transaction<'_>, new: &Opening) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- openings::insert
            INSERT INTO opening (book_id, id, assets, opened_on, memo, entry_number, recorded_by, recorded_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* assets */ &new.assets.minor(),
            /* opened_on */ &new.opened_on,
            /* memo */ &new.memo,
            /* entry_number */ &new.entry,
            /* recorded_by */ &new.recorded_by.0,
            /* recorded_at */ &new.recorded_at,
        ],
    )
    .await?;
    Ok(())
}

/// The opening with this id, in the currency of its book.
pub async fn get(client: &impl GenericClient, id: OpeningId, currency: Currency) -> Result<Opening, Error> {
    let statement =
        client.prepare_cached("-- openings::get\nSELECT * FROM opening WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.map(|row| from_row(&row, currency)).transpose()?.ok_or(Error::NotFound("opening"))
}

/// Saves that it was taken back. The caller has locked the cooperative.
pub async fn update_undone(
    tx: &Transaction<'_>,
    id: OpeningId,
    how: &Undone,
    currency: Currency,
) -> Result<Opening, Error> {
    let statement = "-- openings::update_undone
            UPDATE opening SET reversal_number = $3, reversed_by = $4, reversed_at = $5, reversal_reason = $6
             WHERE book_id = $1 AND id = $2
            RETURNING *";
    let row = undone::save(tx, statement, (id.book, id.object), how).await?;
    from_row(&row, currency)
}

/// The opening of a book that stands, if there is one.
pub async fn standing(client: &impl GenericClient, book: &Book) -> Result<Option<Opening>, Error> {
    let statement = client
        .prepare_cached("-- openings::standing\nSELECT * FROM opening WHERE book_id = $1 AND reversed_at IS NULL")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.id.0]).await?;
    row.map(|row| from_row(&row, book.currency)).transpose()
}

/// The openings of a book in its currency, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    after: Uuid,
    limit: i64,
) -> Result<Vec<Opening>, Error> {
    let statement = client
        .prepare_cached(
            "-- openings::list
            SELECT * FROM opening WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}
