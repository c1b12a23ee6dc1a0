//! Advances on the shares of members.

use super::undone;
use crate::cooperatives::rules::advance::Advance;
use crate::cooperatives::rules::undone::Undone;
use crate::engine::store::rows::money;
use crate::error::Error;
use crate::id::{AdvanceId, BookId, MemberId, PersonId};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Advance, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Advance {
        id: AdvanceId::new(book, row.get("id")),
        member: MemberId::new(book, row.get("member_id")),
        amount: money(row.get("amount"), currency)?,
        granted_on: row.get("granted_on"),
        memo: row.get("memo"),
        entry: row.get("entry_number"),
        granted_by: PersonId(row.get("granted_by")),
        granted_at: row.get("granted_at"),
        undone: undone::read(row, true),
    })
}

/// A new advance.
pub async fn insert(tx: &Transaction<'_>, new: &Advance) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- advances::insert
            INSERT INTO advance (book_id, id, member_id, amount, granted_on, memo, entry_number, granted_by, granted_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* member_id */ &new.member.object,
            /* amount */ &new.amount.minor(),
            /* granted_on */ &new.granted_on,
            /* memo */ &new.memo,
            /* entry_number */ &new.entry,
            /* granted_by */ &new.granted_by.0,
            /* granted_at */ &new.granted_at,
        ],
    )
    .await?;
    Ok(())
}

/// The advance with this id, in the currency of its book.
pub async fn get(client: &impl GenericClient, id: AdvanceId, currency: Currency) -> Result<Advance, Error> {
    let statement =
        client.prepare_cached("-- advances::get\nSELECT * FROM advance WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.map(|row| from_row(&row, currency)).transpose()?.ok_or(Error::NotFound("advance"))
}

/// Saves that it was taken back. The caller has locked the cooperative.
pub async fn update_undone(
    tx: &Transaction<'_>,
    id: AdvanceId,
    how: &Undone,
    currency: Currency,
) -> Result<Advance, Error> {
    let statement = "-- advances::update_undone
            UPDATE advance SET reversal_number = $3, reversed_by = $4, reversed_at = $5, reversal_reason = $6
             WHERE book_id = $1 AND id = $2
            RETURNING *";
    let row = undone::save(tx, statement, (id.book, id.object), how).await?;
    from_row(&row, currency)
}

/// The advances of a book in its currency, the oldest first, after an id: of all members, or of some.
pub async fn list(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    members: Option<&[MemberId]>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Advance>, Error> {
    let statement = client
        .prepare_cached(
            "-- advances::list
            SELECT * FROM advance
             WHERE book_id = $1 AND id > $2 AND ($3::uuid[] IS NULL OR member_id = ANY($3))
             ORDER BY id LIMIT $4",
        )
        .await?;
    let members = members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* after */ &after, /* members */ &members,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}
