//! Remittances in the books that send.

use crate::between::rules::remittance::{Moved, Remittance, Sent};
use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, PersonId, RemittanceId};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Remittance, Error> {
    let by: Option<Uuid> = row.get("approved_by");
    let sent = match (by, row.get("approved_at"), row.get("entry_number")) {
        (Some(by), Some(at), Some(entry)) => Some(Sent { by: PersonId(by), at, entry }),
        _ => None,
    };
    let paid = match (row.get("paid_number"), row.get("paid_on")) {
        (Some(entry), Some(on)) => Some(Moved { entry, on }),
        _ => None,
    };
    Ok(Remittance {
        id: RemittanceId::new(BookId(row.get("book_id")), row.get("id")),
        to_book: BookId(row.get("to_book")),
        from_fund: word(row.get("from_fund"))?,
        to_fund: word(row.get("to_fund"))?,
        amount: money(row.get("amount"), currency)?,
        memo: row.get("memo"),
        state: word(row.get("state"))?,
        asked_by: PersonId(row.get("asked_by")),
        asked_at: row.get("asked_at"),
        sent,
        returned: row.get("return_number"),
        ended_at: row.get("ended_at"),
        reason: row.get("reason"),
        paid,
        version: row.get("version"),
    })
}

/// A new remittance, asked for.
pub async fn insert(tx: &Transaction<'_>, new: &Remittance) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- remittances::insert
            INSERT INTO remittance (book_id, id, to_book, from_fund, to_fund, amount, memo, asked_by, asked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* to_book */ &new.to_book.0,
            /* from_fund */ &new.from_fund.to_string(),
            /* to_fund */ &new.to_fund.to_string(),
            /* amount */ &new.amount.minor(),
            /* memo */ &new.memo,
            /* asked_by */ &new.asked_by.0,
            /* asked_at */ &new.asked_at,
        ],
    )
    .await?;
    Ok(())
}

/// The remittance with this id, in the currency of its book.
pub async fn get(client: &impl GenericClient, id: RemittanceId, currency: Currency) -> Result<Remittance, Error> {
    let statement =
        client.prepare_cached("-- remittances::get\nSELECT * FROM remittance WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.map(|row| from_row(&row, currency)).transpose()?.ok_or(Error::NotFound("remittance"))
}

/// Those of a book in its currency, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    after: Uuid,
    limit: i64,
) -> Result<Vec<Remittance>, Error> {
    let statement = client
        .prepare_cached(
            "-- remittances::list
            SELECT * FROM remittance WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// Saves where it stands. The caller has locked the cooperative.
pub async fn update(tx: &Transaction<'_>, it: &Remittance) -> Result<Remittance, Error> {
    let statement = tx
        .prepare_cached(
            "-- remittances::update
            UPDATE remittance
               SET state = $3, approved_by = $4, approved_at = $5, entry_number = $6, return_number = $7, ended_at = $8, reason = $9,
                   paid_number = $10, paid_on = $11, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let at: Option<Timestamp> = it.sent.map(|sent| sent.at);
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &it.id.book.0,
                /* id */ &it.id.object,
                /* state */ &it.state.as_str(),
                /* approved_by */ &it.sent.map(|sent| sent.by.0),
                /* approved_at */ &at,
                /* entry_number */ &it.sent.map(|sent| sent.entry),
                /* return_number */ &it.returned,
                /* ended_at */ &it.ended_at,
                /* reason */ &it.reason,
                /* paid_number */ &it.paid.map(|paid| paid.entry),
                /* paid_on */ &it.paid.map(|paid| paid.on),
            ],
        )
        .await?;
    from_row(&row, it.amount.currency())
}
