//! Who works in programmes.

use crate::error::Error;
use crate::id::{BookId, HireId, PersonId, ProgrammeId};
use crate::programmes::rules::hire::Hire;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Hire {
    let book = BookId(row.get("book_id"));
    Hire {
        id: HireId::new(book, row.get("id")),
        programme: ProgrammeId::new(book, row.get("programme_id")),
        place: row.get("place"),
        title: row.get("title"),
        starts_on: row.get("starts_on"),
        ends_on: row.get("ends_on"),
        hired_at: row.get("hired_at"),
    }
}

/// Writes down that somebody works from a day on.
pub async fn insert(tx: &Transaction<'_>, new: &Hire, by: PersonId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- hires::insert
            INSERT INTO programme_hire (book_id, id, programme_id, place, starts_on, hired_by, hired_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* programme_id */ &new.programme.object,
            /* place */ &new.place,
            /* starts_on */ &new.starts_on,
            /* hired_by */ &by.0,
            /* hired_at */ &new.hired_at,
        ],
    )
    .await?;
    Ok(())
}

/// The hire with this id.
pub async fn get(client: &impl GenericClient, id: HireId) -> Result<Hire, Error> {
    let statement = client
        .prepare_cached(
            "-- hires::get
            SELECT h.*, p.title FROM programme_hire h
              JOIN programme_place p ON p.book_id = h.book_id AND p.programme_id = h.programme_id AND p.number = h.place
             WHERE h.book_id = $1 AND h.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).ok_or(Error::NotFound("hire"))
}

/// The hires of a programme, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    programme: ProgrammeId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Hire>, Error> {
    let statement = client
        .prepare_cached(
            "-- hires::list
            SELECT h.*, p.title FROM programme_hire h
              JOIN programme_place p ON p.book_id = h.book_id AND p.programme_id = h.programme_id AND p.number = h.place
             WHERE h.book_id = $1 AND h.programme_id = $2 AND h.id > $3 ORDER BY h.id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &programme.book.0,
                /* programme_id */ &programme.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(from_row).collect())
}

/// How a place of a programme is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The number of the place.
    pub place: i16,
    /// How many work there on the day.
    pub working: i64,
    /// How many work there on the day or later: so many of its places are taken from then on.
    pub from_then_on: i64,
}

/// How the places of a programme are taken on a day, those where nobody works left out.
pub async fn taken(client: &impl GenericClient, programme: ProgrammeId, day: Date) -> Result<Vec<Taken>, Error> {
    let statement = client
        .prepare_cached(
            "-- hires::taken
            SELECT place, count(*) FILTER (WHERE starts_on <= $3) AS working, count(*) AS from_then_on FROM programme_hire
             WHERE book_id = $1 AND programme_id = $2 AND coalesce(ends_on, 'infinity') >= $3 GROUP BY place",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &programme.book.0, /* programme_id */ &programme.object, /* day */ &day])
        .await?;
    let of = |row: &Row| Taken {
        place: row.get("place"),
        working: row.get("working"),
        from_then_on: row.get("from_then_on"),
    };
    Ok(rows.iter().map(of).collect())
}

/// Writes the last day of work down.
pub async fn end(tx: &Transaction<'_>, id: HireId, ends_on: Date, by: PersonId, at: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- hires::end
            UPDATE programme_hire SET ends_on = $3, ended_by = $4, ended_at = $5 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* id */ &id.object, /* ends_on */ &ends_on,
            /* ended_by */ &by.0, /* ended_at */ &at,
        ],
    )
    .await?;
    Ok(())
}
