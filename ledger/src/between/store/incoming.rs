//! Remittances in the books that receive.

use crate::between::rules::remittance::{Incoming, Moved};
use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, IncomingRemittanceId, PersonId};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Incoming, Error> {
    let received = match (row.get("received_number"), row.get("received_on")) {
        (Some(entry), Some(on)) => Some(Moved { entry, on }),
        _ => None,
    };
    Ok(Incoming {
        id: IncomingRemittanceId::new(BookId(row.get("book_id")), row.get("id")),
        from_book: BookId(row.get("from_book")),
        to_fund: word(row.get("to_fund"))?,
        amount: money(row.get("amount"), currency)?,
        memo: row.get("memo"),
        state: word(row.get("state"))?,
        offered_at: row.get("offered_at"),
        until: row.get("until"),
        answered_by: row.get::<_, Option<Uuid>>("answered_by").map(PersonId),
        answered_at: row.get("answered_at"),
        reason: row.get("reason"),
        entry: row.get("entry_number"),
        received,
        version: row.get("version"),
    })
}

/// What is offered; `false` when it was before.
pub async fn insert(tx: &Transaction<'_>, new: &Incoming) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- incoming::insert
            INSERT INTO incoming_remittance (book_id, id, from_book, to_fund, amount, memo, offered_at, until)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (book_id, id) DO NOTHING",
        )
        .await?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* from_book */ &new.from_book.0,
                /* to_fund */ &new.to_fund.to_string(),
                /* amount */ &new.amount.minor(),
                /* memo */ &new.memo,
                /* offered_at */ &new.offered_at,
                /* until */ &new.until,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The incoming remittance with this id, in the currency of its book.
pub async fn get(client: &impl GenericClient, id: IncomingRemittanceId, currency: Currency) -> Result<Incoming, Error> {
    let statement = client
        .prepare_cached("-- incoming::get\nSELECT * FROM incoming_remittance WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.map(|row| from_row(&row, currency)).transpose()?.ok_or(Error::NotFound("incoming remittance"))
}

/// Those of a book in its currency, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    after: Uuid,
    limit: i64,
) -> Result<Vec<Incoming>, Error> {
    let statement = client
        .prepare_cached(
            "-- incoming::list
            SELECT * FROM incoming_remittance WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// Saves where it stands. The caller has locked the cooperative.
pub async fn update(tx: &Transaction<'_>, it: &Incoming) -> Result<Incoming, Error> {
    let statement = tx
        .prepare_cached(
            "-- incoming::update
            UPDATE incoming_remittance
               SET state = $3, answered_by = $4, answered_at = $5, reason = $6, entry_number = $7, received_number = $8, received_on = $9,
                   version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &it.id.book.0,
                /* id */ &it.id.object,
                /* state */ &it.state.as_str(),
                /* answered_by */ &it.answered_by.map(|by| by.0),
                /* answered_at */ &it.answered_at,
                /* reason */ &it.reason,
                /* entry_number */ &it.entry,
                /* received_number */ &it.received.map(|received| received.entry),
                /* received_on */ &it.received.map(|received| received.on),
            ],
        )
        .await?;
    from_row(&row, it.amount.currency())
}
