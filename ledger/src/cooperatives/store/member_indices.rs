//! By how much the hours of members weigh, from which day on.

use crate::cooperatives::rules::cooperative::Index;
use crate::cooperatives::rules::member_index::{MemberIndex, Spread};
use crate::error::Error;
use crate::id::{BookId, MemberId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;

/// An index of a row.
pub(super) fn index(stored: i32) -> Result<Index, Error> {
    u64::try_from(stored).map(Index::from_hundredths).map_err(|_| Error::inconsistent("a negative index"))
}

fn from_row(row: &Row) -> Result<MemberIndex, Error> {
    Ok(MemberIndex {
        member: MemberId::new(BookId(row.get("book_id")), row.get("member_id")),
        version: row.get("version"),
        index: index(row.get("index"))?,
        effective_from: row.get("effective_from"),
        set_by: PersonId(row.get("set_by")),
        set_at: row.get("set_at"),
    })
}

/// A new index.
pub async fn insert(tx: &Transaction<'_>, new: &MemberIndex) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- member_indices::insert
            INSERT INTO member_index (book_id, member_id, version, index, effective_from, set_by, set_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    let index = i32::try_from(new.index.hundredths()).map_err(|_| Error::inconsistent("an index beyond its bound"))?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.member.book.0,
            /* member_id */ &new.member.object,
            /* version */ &new.version,
            /* index */ &index,
            /* effective_from */ &new.effective_from,
            /* set_by */ &new.set_by.0,
            /* set_at */ &new.set_at,
        ],
    )
    .await?;
    Ok(())
}

/// Version of the youngest index of a member; 0 without one. The caller has locked the cooperative.
pub async fn last_version(tx: &Transaction<'_>, member: MemberId) -> Result<i32, Error> {
    let statement = tx
        .prepare_cached(
            "-- member_indices::last_version
            SELECT coalesce(max(version), 0) AS last FROM member_index WHERE book_id = $1 AND member_id = $2",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* book_id */ &member.book.0, /* member_id */ &member.object]).await?;
    Ok(row.get("last"))
}

/// The indices of a member by version, after a version.
pub async fn list(
    client: &impl GenericClient,
    member: MemberId,
    after: i32,
    limit: i64,
) -> Result<Vec<MemberIndex>, Error> {
    let statement = client
        .prepare_cached(
            "-- member_indices::list
            SELECT * FROM member_index WHERE book_id = $1 AND member_id = $2 AND version > $3 ORDER BY version LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &member.book.0,
                /* member_id */ &member.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// The first day after `after` and through `through` on which an index of a member begins, if there is one.
pub async fn first_between(
    client: &impl GenericClient,
    member: MemberId,
    (after, through): (Date, Date),
) -> Result<Option<Date>, Error> {
    let statement = client
        .prepare_cached(
            "-- member_indices::first_between
            SELECT min(effective_from) AS first FROM member_index
             WHERE book_id = $1 AND member_id = $2 AND effective_from > $3 AND effective_from <= $4",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &member.book.0,
                /* member_id */ &member.object,
                /* after */ &after,
                /* through */ &through,
            ],
        )
        .await?;
    Ok(row.get("first"))
}

/// The first day from `from` on, of that one and those on which an index begins, whose members' highest index is more than so many times the
/// lowest; none when there is no such day.
pub async fn first_too_wide(
    client: &impl GenericClient,
    book: BookId,
    from: Date,
    ratio: Index,
) -> Result<Option<Spread>, Error> {
    let statement = client
        .prepare_cached(
            "-- member_indices::first_too_wide
            SELECT d.day, s.lowest, s.highest
              FROM (SELECT $2::date AS day
                    UNION SELECT b.effective_from FROM member_index b WHERE b.book_id = $1 AND b.effective_from > $2) AS d
             CROSS JOIN LATERAL (
                   SELECT min(i.index) AS lowest, max(i.index) AS highest
                     FROM (SELECT coalesce((SELECT x.index FROM member_index x
                                             WHERE x.book_id = $1 AND x.member_id = m.id AND x.effective_from <= d.day
                                             ORDER BY x.effective_from DESC, x.version DESC LIMIT 1), 100) AS index
                             FROM member m
                            WHERE m.book_id = $1 AND m.joined_on <= d.day
                              AND (m.left_on IS NULL OR m.left_on >= d.day)) AS i) AS s
             WHERE s.highest::bigint * 100 > $3 * s.lowest::bigint
             ORDER BY d.day LIMIT 1",
        )
        .await?;
    let ratio = i64::try_from(ratio.hundredths()).map_err(|_| Error::inconsistent("a ratio beyond its bound"))?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* from */ &from, /* ratio */ &ratio]).await?;
    row.map(|row| {
        Ok(Spread { on: row.get("day"), lowest: index(row.get("lowest"))?, highest: index(row.get("highest"))? })
    })
    .transpose()
}
