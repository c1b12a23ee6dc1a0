//! Who is of which federation, in the books of federations.

use crate::between::rules::affiliation::Affiliation;
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{AffiliationId, BookId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn ended(row: &Row) -> Option<(Option<PersonId>, Timestamp)> {
    let at: Option<Timestamp> = row.get("ended_at");
    at.map(|at| (row.get::<_, Option<Uuid>>("ended_by").map(PersonId), at))
}

fn by_whom(row: &Row, by: &str, at: &str) -> Option<(PersonId, Timestamp)> {
    match (row.get::<_, Option<Uuid>>(by), row.get(at)) {
        (Some(by), Some(at)) => Some((PersonId(by), at)),
        (None, _) | (_, None) => None,
    }
}

fn from_row(row: &Row) -> Result<Affiliation, Error> {
    Ok(Affiliation {
        id: AffiliationId::new(BookId(row.get("book_id")), row.get("id")),
        of_book: BookId(row.get("of_book")),
        state: word(row.get("state"))?,
        invited_by: PersonId(row.get("invited_by")),
        invited_at: row.get("invited_at"),
        until: row.get("until"),
        answered: by_whom(row, "answered_by", "answered_at"),
        joined_on: row.get("joined_on"),
        left_on: row.get("left_on"),
        ended: ended(row),
        reason: row.get("reason"),
        version: row.get("version"),
    })
}

/// A new invitation.
pub async fn insert(tx: &Transaction<'_>, new: &Affiliation) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- affiliations::insert
            INSERT INTO affiliation (book_id, id, of_book, invited_by, invited_at, until) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* of_book */ &new.of_book.0,
            /* invited_by */ &new.invited_by.0,
            /* invited_at */ &new.invited_at,
            /* until */ &new.until,
        ],
    )
    .await?;
    Ok(())
}

/// The affiliation with this id.
pub async fn get(client: &impl GenericClient, id: AffiliationId) -> Result<Affiliation, Error> {
    let statement =
        client.prepare_cached("-- affiliations::get\nSELECT * FROM affiliation WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("affiliation"))
}

/// Those of which a book is one side, as the federation or as the cooperative, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Affiliation>, Error> {
    let statement = client
        .prepare_cached(
            "-- affiliations::list
            SELECT * FROM affiliation WHERE (book_id = $1 OR of_book = $1) AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Those of a federation that are asked, or members now.
pub async fn open(client: &impl GenericClient, book: BookId) -> Result<Vec<Affiliation>, Error> {
    let statement = client
        .prepare_cached(
            "-- affiliations::open
            SELECT * FROM affiliation WHERE book_id = $1 AND state IN ('invited', 'member') ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0]).await?;
    rows.iter().map(from_row).collect()
}

/// The books of the cooperatives that are of a federation on a day, or now, those that joined first at the head. The last day is one of them.
pub async fn of_day(client: &impl GenericClient, book: BookId, day: Option<Date>) -> Result<Vec<BookId>, Error> {
    let statement = client
        .prepare_cached(
            "-- affiliations::of_day
            SELECT of_book FROM affiliation
             WHERE book_id = $1
               AND CASE WHEN $2::date IS NULL THEN state = 'member'
                        ELSE state IN ('member', 'left') AND joined_on <= $2 AND (left_on IS NULL OR left_on >= $2) END
             GROUP BY of_book
             ORDER BY min(id::text)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* day */ &day]).await?;
    Ok(rows.iter().map(|row| BookId(row.get("of_book"))).collect())
}

/// Saves where it stands. The caller has locked the cooperative of the federation.
pub async fn update(tx: &Transaction<'_>, it: &Affiliation) -> Result<Affiliation, Error> {
    let statement = tx
        .prepare_cached(
            "-- affiliations::update
            UPDATE affiliation
               SET state = $3, answered_by = $4, answered_at = $5, joined_on = $6, left_on = $7, ended_by = $8, ended_at = $9, reason = $10,
                   version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let (answered_by, answered_at) = it.answered.unzip();
    let (ended_by, ended_at) = it.ended.unzip();
    let ended_by = ended_by.flatten();
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &it.id.book.0,
                /* id */ &it.id.object,
                /* state */ &it.state.as_str(),
                /* answered_by */ &answered_by.map(|by| by.0),
                /* answered_at */ &answered_at,
                /* joined_on */ &it.joined_on,
                /* left_on */ &it.left_on,
                /* ended_by */ &ended_by.map(|by| by.0),
                /* ended_at */ &ended_at,
                /* reason */ &it.reason,
            ],
        )
        .await?;
    from_row(&row)
}
