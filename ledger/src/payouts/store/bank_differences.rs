//! What banks have more or less than the book, and what of that was moved.

use crate::engine::store::rows::{sum, word};
use crate::error::{Error, Refusal};
use crate::id::{BankDifferenceId, BookId, OrganisationId, PersonId};
use crate::money::Money;
use crate::payouts::rules::bank_difference::{BankDifference, Position};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<BankDifference, Error> {
    let person = |column: &str| row.get::<_, Option<Uuid>>(column).map(PersonId);
    let amount = Money::from_minor(row.get("amount"), word(row.get("currency"))?)
        .map_err(|_| Error::inconsistent("a difference without an amount"))?;
    Ok(BankDifference {
        id: BankDifferenceId::new(BookId(row.get("book_id")), row.get("id")),
        custodian: OrganisationId(row.get("custodian")),
        amount,
        side: word(row.get("side"))?,
        on: row.get("on_day"),
        reason: row.get("reason"),
        state: word(row.get("state"))?,
        proposed_by: PersonId(row.get("proposed_by")),
        proposed_at: row.get("proposed_at"),
        approved: person("approved_by").zip(row.get("approved_at")),
        back_proposed: person("back_proposed_by").zip(row.get("back_proposed_at")),
        back_reason: row.get("back_reason"),
        ended: person("ended_by").zip(row.get("ended_at")),
        entry: row.get("entry"),
        back_entry: row.get("back_entry"),
        version: row.get("version"),
    })
}

/// What custodians have at their banks and in the book at the end of a day.
pub async fn positions(client: &impl GenericClient, book: BookId, day: Date) -> Result<Vec<Position>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_differences::positions
            SELECT custodian, currency, at_bank::text AS at_bank, in_book::text AS in_book FROM bank_positions($1, $2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* day */ &day]).await?;
    let row = |row: &Row| {
        Ok(Position {
            custodian: OrganisationId(row.get("custodian")),
            currency: word(row.get("currency"))?,
            at_bank: sum(row, "at_bank")?,
            in_book: sum(row, "in_book")?,
        })
    };
    rows.iter().map(row).collect()
}

/// Writes a new difference.
///
/// # Errors
///
/// `difference-pending` when another one of the custodian in its currency is proposed.
pub async fn insert(tx: &Transaction<'_>, new: &BankDifference) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_differences::insert
            INSERT INTO bank_difference (book_id, id, custodian, proposed_by, amount, proposed_at, on_day, side, currency,
                                         state, reason)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* custodian */ &new.custodian.0,
                /* proposed_by */ &new.proposed_by.0,
                /* amount */ &new.amount.minor(),
                /* proposed_at */ &new.proposed_at,
                /* on_day */ &new.on,
                /* side */ &new.side.as_str(),
                /* currency */ &new.amount.currency().code(),
                /* state */ &new.state.as_str(),
                /* reason */ &new.reason,
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            let detail =
                "another difference of this custodian in this currency is proposed: approve or withdraw it first";
            Err(Refusal::new("difference-pending", detail).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes where a difference stands; its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &BankDifference) -> Result<BankDifference, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_differences::update
            UPDATE bank_difference SET state = $3, approved_by = $4, approved_at = $5, ended_by = $6, ended_at = $7, entry = $8,
                                       back_entry = $9, back_proposed_by = $10, back_proposed_at = $11, back_reason = $12,
                                       version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.as_str(),
                /* approved_by */ &changed.approved.map(|(person, _)| person.0),
                /* approved_at */ &changed.approved.map(|(_, at)| at),
                /* ended_by */ &changed.ended.map(|(person, _)| person.0),
                /* ended_at */ &changed.ended.map(|(_, at)| at),
                /* entry */ &changed.entry,
                /* back_entry */ &changed.back_entry,
                /* back_proposed_by */ &changed.back_proposed.map(|(person, _)| person.0),
                /* back_proposed_at */ &changed.back_proposed.map(|(_, at)| at),
                /* back_reason */ &changed.back_reason,
            ],
        )
        .await?;
    from_row(&row)
}

/// A difference.
pub async fn get(client: &impl GenericClient, id: BankDifferenceId) -> Result<BankDifference, Error> {
    let statement = client
        .prepare_cached("-- bank_differences::get\nSELECT * FROM bank_difference WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("bank difference"))?)
}

/// The same, locked until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, id: BankDifferenceId) -> Result<BankDifference, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_differences::lock\nSELECT * FROM bank_difference WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("bank difference"))?)
}

/// The differences of a book, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<BankDifference>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_differences::list
            SELECT * FROM bank_difference WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The differences that stand moved, of days until one; a thousand at most.
pub async fn moved(client: &impl GenericClient, book: BookId, through: Date) -> Result<Vec<BankDifference>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_differences::moved
            SELECT * FROM bank_difference WHERE book_id = $1 AND state IN ('moved', 'taking_back') AND on_day <= $2 ORDER BY id LIMIT 1000",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* through */ &through]).await?;
    rows.iter().map(from_row).collect()
}
