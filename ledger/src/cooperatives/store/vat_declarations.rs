//! Declarations of value added tax.

use super::undone;
use crate::cooperatives::rules::undone::Undone;
use crate::cooperatives::rules::vat_declaration::VatDeclaration;
use crate::error::Error;
use crate::id::{BookId, PersonId, VatDeclarationId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> VatDeclaration {
    VatDeclaration {
        id: VatDeclarationId::new(BookId(row.get("book_id")), row.get("id")),
        through: row.get("through"),
        office: row.get("office"),
        on_sales: row.get("on_sales"),
        on_costs: row.get("on_costs"),
        memo: row.get("memo"),
        entry: row.get("entry_number"),
        recorded_by: PersonId(row.get("recorded_by")),
        recorded_at: row.get("recorded_at"),
        undone: undone::read(row, true),
    }
}

/// A new declaration.
pub async fn insert(tx: &Transaction<'_>, new: &VatDeclaration) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- vat_declarations::insert
            INSERT INTO vat_declaration (book_id, id, through, office, on_sales, on_costs, memo, entry_number, recorded_by, recorded_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* through */ &new.through,
            /* office */ &new.office,
            /* on_sales */ &new.on_sales,
            /* on_costs */ &new.on_costs,
            /* memo */ &new.memo,
            /* entry_number */ &new.entry,
            /* recorded_by */ &new.recorded_by.0,
            /* recorded_at */ &new.recorded_at,
        ],
    )
    .await?;
    Ok(())
}

/// The declaration with this id.
pub async fn get(client: &impl GenericClient, id: VatDeclarationId) -> Result<VatDeclaration, Error> {
    let statement = client
        .prepare_cached("-- vat_declarations::get\nSELECT * FROM vat_declaration WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).ok_or(Error::NotFound("VAT declaration"))
}

/// The declaration of the latest period of a book that stands, if there is one.
pub async fn latest(client: &impl GenericClient, book: BookId) -> Result<Option<VatDeclaration>, Error> {
    let statement = client
        .prepare_cached(
            "-- vat_declarations::latest
            SELECT * FROM vat_declaration WHERE book_id = $1 AND reversed_at IS NULL ORDER BY through DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0]).await?;
    Ok(row.as_ref().map(from_row))
}

/// The declarations of a book, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<VatDeclaration>, Error> {
    let statement = client
        .prepare_cached(
            "-- vat_declarations::list
            SELECT * FROM vat_declaration WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    Ok(rows.iter().map(from_row).collect())
}

/// Saves that it was taken back. The caller has locked the cooperative.
pub async fn update_undone(tx: &Transaction<'_>, id: VatDeclarationId, how: &Undone) -> Result<VatDeclaration, Error> {
    let statement = "-- vat_declarations::update_undone
            UPDATE vat_declaration SET reversal_number = $3, reversed_by = $4, reversed_at = $5, reversal_reason = $6
             WHERE book_id = $1 AND id = $2
            RETURNING *";
    Ok(from_row(&undone::save(tx, statement, (id.book, id.object), how).await?))
}
