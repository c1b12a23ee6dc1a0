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
        amount: money(row.get("planned"), currency)?,
        first_month: row.get("first_month"),
        months: days(row, "lasts")?,
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
            SELECT p.*, coalesce(r.amount, p.amount) AS planned, coalesce(r.months, p.months) AS lasts
              FROM programme p
              LEFT JOIN LATERAL (SELECT v.amount, v.months FROM programme_revision v
                                  WHERE v.book_id = p.book_id AND v.programme_id = p.id ORDER BY v.number DESC LIMIT 1) r ON true
             WHERE p.book_id = $1 AND p.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(|row| from_row(row, currency)).transpose()?.ok_or(Error::NotFound("programme"))
}

/// The same, its row locked until the transaction ends: versions of its plan, hires and its end come one after the other. What is read then
/// is what the one before has written.
pub async fn lock(tx: &Transaction<'_>, id: ProgrammeId, currency: Currency) -> Result<Programme, Error> {
    let statement = tx
        .prepare_cached(
            "-- programmes::lock
            SELECT FROM programme WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    get(tx, id, currency).await
}

/// Counts a version of its plan that was written. The caller has locked it.
pub async fn count(tx: &Transaction<'_>, id: ProgrammeId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- programmes::count
            UPDATE programme SET version = version + 1 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    Ok(())
}

/// Whether members opened it by a vote.
pub async fn is_voted(client: &impl GenericClient, id: ProgrammeId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- programmes::is_voted
            SELECT EXISTS (SELECT FROM proposal WHERE book_id = $1 AND programme_id = $2) AS is_voted",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &id.book.0, /* programme_id */ &id.object]).await?;
    Ok(row.get("is_voted"))
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
            SELECT p.*, coalesce(r.amount, p.amount) AS planned, coalesce(r.months, p.months) AS lasts
              FROM programme p
              LEFT JOIN LATERAL (SELECT v.amount, v.months FROM programme_revision v
                                  WHERE v.book_id = p.book_id AND v.programme_id = p.id ORDER BY v.number DESC LIMIT 1) r ON true
             WHERE p.book_id = $1 AND ($2::uuid IS NULL OR p.id < $2) ORDER BY p.id DESC LIMIT $3",
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
