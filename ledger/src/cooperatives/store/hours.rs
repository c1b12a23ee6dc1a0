//! Contributions of members in hours.

use super::undone;
use crate::cooperatives::rules::cooperative::{Contribution, Hours, Period};
use crate::cooperatives::rules::undone::Undone;
use crate::error::Error;
use crate::id::{BookId, ContributionId, MemberId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn hours(stored: i64) -> Result<Hours, Error> {
    u64::try_from(stored).map(Hours::from_hundredths).map_err(|_| Error::inconsistent("negative hours"))
}

fn stored(hours: Hours) -> Result<i64, Error> {
    i64::try_from(hours.hundredths()).map_err(|_| Error::inconsistent("more hours than a row can hold"))
}

fn from_row(row: &Row) -> Result<Contribution, Error> {
    let book = BookId(row.get("book_id"));
    let attested = match (row.get::<_, Option<Uuid>>("attested_by"), row.get("attested_at")) {
        (Some(by), Some(at)) => Some((PersonId(by), at)),
        (None, _) | (_, None) => None,
    };
    Ok(Contribution {
        id: ContributionId::new(book, row.get("id")),
        member: MemberId::new(book, row.get("member_id")),
        worked: Period { from: row.get("worked_from"), to: row.get("worked_to") },
        hours: hours(row.get("hours"))?,
        note: row.get("note"),
        recorded_by: PersonId(row.get("recorded_by")),
        recorded_at: row.get("recorded_at"),
        attested,
        undone: undone::read(row, false),
    })
}

/// A new contribution, not attested.
pub async fn insert(tx: &Transaction<'_>, new: &Contribution) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- hours::insert
            INSERT INTO contribution (book_id, id, member_id, worked_from, worked_to, hours, note, recorded_by, recorded_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* member_id */ &new.member.object,
            /* worked_from */ &new.worked.from,
            /* worked_to */ &new.worked.to,
            /* hours */ &stored(new.hours)?,
            /* note */ &new.note,
            /* recorded_by */ &new.recorded_by.0,
            /* recorded_at */ &new.recorded_at,
        ],
    )
    .await?;
    Ok(())
}

/// The contribution with this id.
pub async fn get(client: &impl GenericClient, id: ContributionId) -> Result<Contribution, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::get
            SELECT * FROM contribution WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("contribution"))
}

/// The contribution, its row locked until the transaction ends. The cooperative is locked before it.
pub async fn lock(tx: &Transaction<'_>, id: ContributionId) -> Result<Contribution, Error> {
    let statement = tx
        .prepare_cached(
            "-- hours::lock
            SELECT * FROM contribution WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("contribution"))
}

/// Saves who attested it. The caller has locked it.
pub async fn update_attested(tx: &Transaction<'_>, contribution: &Contribution) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- hours::update_attested
            UPDATE contribution SET attested_by = $3, attested_at = $4 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let (by, at) = contribution.attested.unzip();
    tx.execute(
        &statement,
        &[
            /* book_id */ &contribution.id.book.0,
            /* id */ &contribution.id.object,
            /* attested_by */ &by.map(|person| person.0),
            /* attested_at */ &at,
        ],
    )
    .await?;
    Ok(())
}

/// Saves that it was taken back. The caller has locked it.
pub async fn update_undone(tx: &Transaction<'_>, id: ContributionId, undone: &Undone) -> Result<Contribution, Error> {
    let statement = tx
        .prepare_cached(
            "-- hours::update_undone
            UPDATE contribution SET reversed_by = $3, reversed_at = $4, reversal_reason = $5
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* reversed_by */ &undone.by.0,
                /* reversed_at */ &undone.at,
                /* reversal_reason */ &undone.reason,
            ],
        )
        .await?;
    from_row(&row)
}

/// Whether hours wait to be attested.
pub async fn any_waits(client: &impl GenericClient, book: BookId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::any_waits
            SELECT EXISTS (SELECT FROM contribution WHERE book_id = $1 AND attested_at IS NULL AND reversed_at IS NULL) AS waits",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* book_id */ &book.0]).await?.get("waits"))
}

/// The contributions of a book, or of some of its members, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    members: Option<&[MemberId]>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::list
            SELECT * FROM contribution
             WHERE book_id = $1 AND id > $2 AND ($3::uuid[] IS NULL OR member_id = ANY($3)) ORDER BY id LIMIT $4",
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
    rows.iter().map(from_row).collect()
}

/// The contributions of a book that stand and wait to be attested, the oldest first.
pub async fn waiting(client: &impl GenericClient, book: BookId, limit: i64) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::waiting
            SELECT * FROM contribution
             WHERE book_id = $1 AND attested_at IS NULL AND reversed_at IS NULL ORDER BY id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The contributions of some members of a book, the youngest first.
pub async fn recent(
    client: &impl GenericClient,
    book: BookId,
    members: &[MemberId],
    limit: i64,
) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::recent
            SELECT * FROM contribution WHERE book_id = $1 AND member_id = ANY($2) ORDER BY id DESC LIMIT $3",
        )
        .await?;
    let members: Vec<Uuid> = members.iter().map(|member| member.object).collect();
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* members */ &members, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Attested hours that stand and ended in a period, by member.
pub async fn attested(
    client: &impl GenericClient,
    book: BookId,
    period: Period,
) -> Result<HashMap<MemberId, Hours>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::attested
            SELECT member_id, sum(hours)::bigint AS hours FROM contribution
             WHERE book_id = $1 AND worked_to BETWEEN $2 AND $3 AND attested_at IS NOT NULL
               AND reversed_at IS NULL
             GROUP BY member_id",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* period_from */ &period.from, /* period_to */ &period.to])
        .await?;
    rows.iter().map(|row| Ok((MemberId::new(book, row.get("member_id")), hours(row.get("hours"))?))).collect()
}

/// The first day on which attested hours that stand ended after `after` and before `before`, if there are any.
pub async fn first_between(
    client: &impl GenericClient,
    book: BookId,
    after: Date,
    before: Date,
) -> Result<Option<Date>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::first_between
            SELECT min(worked_to) AS first FROM contribution
             WHERE book_id = $1 AND worked_to > $2 AND worked_to < $3 AND attested_at IS NOT NULL
               AND reversed_at IS NULL",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* after */ &after, /* before */ &before]).await?;
    Ok(row.get("first"))
}
