//! Holds, and the records besides entries: each takes the next number of its book under the head's lock.

use crate::book::AccountNumber;
use crate::books::rules::hold::Hold;
use crate::error::Error;
use crate::id::{BookId, HoldId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(book: BookId, row: &Row) -> Hold {
    Hold {
        id: HoldId::new(book, row.get("id")),
        account: AccountNumber(row.get("account")),
        amount: row.get("amount"),
        expires_at: row.get("expires_at"),
        placed: row.get("placed"),
        ended: row.get("ended"),
        captured: row.get("captured"),
    }
}

/// Places a hold: answers its record number. The floor is checked by the balance row itself as well.
pub async fn place(
    tx: &Transaction<'_>,
    id: HoldId,
    account: AccountNumber,
    amount: i64,
    expires_at: Option<Timestamp>,
    wall: Timestamp,
) -> Result<i64, Error> {
    let statement = tx.prepare_cached("-- holds::place\nSELECT hold_place($1, $2, $3, $4, $5, $6)").await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book */ &id.book.0,
                /* id */ &id.object,
                /* account */ &account.0,
                /* amount */ &amount,
                /* expires_at */ &expires_at,
                /* wall */ &wall,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Ends a hold. `captured`: minor units of it that are captured. Answers the record number, none when it had ended.
pub async fn end(tx: &Transaction<'_>, id: HoldId, captured: i64, wall: Timestamp) -> Result<Option<i64>, Error> {
    let statement = tx.prepare_cached("-- holds::end\nSELECT hold_end($1, $2, $3, $4)").await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book */ &id.book.0, /* id */ &id.object, /* captured */ &captured,
                /* wall */ &wall,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// The hold with this id.
pub async fn get(client: &impl GenericClient, id: HoldId) -> Result<Hold, Error> {
    let statement = client.prepare_cached("-- holds::get\nSELECT * FROM hold WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(|row| from_row(id.book, row)).ok_or(Error::NotFound("hold"))
}

/// Holds of a book after `after`, by id.
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Hold>, Error> {
    let statement = client
        .prepare_cached("-- holds::list\nSELECT * FROM hold WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3")
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| from_row(book, row)).collect())
}

/// Closes the days through this one: answers the record number.
pub async fn close_period(
    tx: &Transaction<'_>,
    book: BookId,
    through: Date,
    body: &serde_json::Value,
    wall: Timestamp,
) -> Result<i64, Error> {
    let statement = tx.prepare_cached("-- holds::close_period\nSELECT period_close($1, $2, $3, $4)").await?;
    let row = tx
        .query_one(&statement, &[/* book */ &book.0, /* through */ &through, /* body */ body, /* wall */ &wall])
        .await?;
    Ok(row.get(0))
}
