//! Programmes, without their parts.

use crate::engine::store::rows::{days, money};
use crate::error::Error;
use crate::id::{BookId, PersonId, ProgrammeId};
use crate::money::Currency;
use crate::programmes::rules::programme::{Plan, Programme, Withdrawn};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Programme, Error> {
    let by = row.get::<_, Option<Uuid>>("withdrawn_by").map(PersonId);
    let withdrawn = match (by, row.get("reason"), row.get("withdrawn_at")) {
        (Some(by), Some(reason), Some(at)) => Some(Withdrawn { by, reason, at }),
        (None, None, None) => None,
        _ => return Err(Error::inconsistent("a programme that lacks a part of its end")),
    };
    Ok(Programme {
        id: ProgrammeId::new(BookId(row.get("book_id")), row.get("id")),
        name: row.get("name"),
        about: row.get("about"),
        amount: money(row.get("amount"), currency)?,
        first_month: row.get("first_month"),
        months: days(row, "months")?,
        opened_by: PersonId(row.get("opened_by")),
        opened_at: row.get("opened_at"),
        withdrawn,
        version: row.get("version"),
    })
}

/// A new programme, which says how many parts its plan has.
pub async fn insert(tx: &Transaction<'_>, new: &Programme, plan: &Plan) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- programmes::insert
            INSERT INTO programme (book_id, id, opened_by, opened_at, amount, first_month, months, lines, sources, places, name, about)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .await?;
    let count = |of: usize| i16::try_from(of).map_err(|_| Error::inconsistent("a programme of too many parts"));
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* opened_by */ &new.opened_by.0,
            /* opened_at */ &new.opened_at,
            /* amount */ &new.amount.minor(),
            /* first_month */ &new.first_month,
            /* months */ &new.months.cast_signed(),
            /* lines */ &count(plan.lines.len())?,
            /* sources */ &count(plan.sources.len())?,
            /* places */ &count(plan.places.len())?,
            /* name */ &new.name,
            /* about */ &new.about,
        ],
    )
    .await?;
    Ok(())
}

/// The programme with this id, in the currency of its book.
pub async fn get(client: &impl GenericClient, id: ProgrammeId, currency: Currency) -> Result<Programme, Error> {
    let statement = client
        .prepare_cached(
            "-- programmes::get
            SELECT * FROM programme WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(|row| from_row(row, currency)).transpose()?.ok_or(Error::NotFound("programme"))
}

/// The same, its row locked until the transaction ends: hires and its end come one after the other.
pub async fn lock(tx: &Transaction<'_>, id: ProgrammeId, currency: Currency) -> Result<Programme, Error> {
    let statement = tx
        .prepare_cached(
            "-- programmes::lock
            SELECT * FROM programme WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(|row| from_row(row, currency)).transpose()?.ok_or(Error::NotFound("programme"))
}

/// The programmes of a book, the youngest first, before an id.
pub async fn list(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Programme>, Error> {
    let statement = client
        .prepare_cached(
            "-- programmes::list
            SELECT * FROM programme WHERE book_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* before */ &before, /* limit */ &limit]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// Withdraws a programme. The caller has locked it.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: ProgrammeId,
    (by, reason, at): (PersonId, &str, Timestamp),
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- programmes::withdraw
            UPDATE programme SET withdrawn_by = $3, withdrawn_at = $4, reason = $5, version = version + 1
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* id */ &id.object, /* withdrawn_by */ &by.0,
            /* withdrawn_at */ &at, /* reason */ &reason,
        ],
    )
    .await?;
    Ok(())
}
