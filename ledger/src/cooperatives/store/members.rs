//! Members of cooperatives.

use crate::cooperatives::rules::cooperative::{Member, Period};
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, MemberId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use std::collections::BTreeSet;
use tokio_postgres::Row;

fn from_row(row: &Row) -> Result<Member, Error> {
    Ok(Member {
        id: MemberId::new(BookId(row.get("book_id")), row.get("id")),
        number: row.get("number"),
        person: PersonId(row.get("person")),
        standing: word(row.get("standing"))?,
        group: row.get("group"),
        candidate_from: row.get("candidate_from"),
        joined_on: row.get("joined_on"),
        left_on: row.get("left_on"),
        asked: row.get("asked"),
        consents: row.get("consents"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

/// A new member; `false` when the person is a member already.
pub async fn insert(tx: &Transaction<'_>, new: &Member) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- members::insert
            INSERT INTO member (book_id, id, number, person, \"group\", joined_on, consents, version, created_at,
                                candidate_from, standing, asked)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (book_id, person) WHERE left_on IS NULL DO NOTHING",
        )
        .await?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* number */ &new.number,
                /* person */ &new.person.0,
                /* group */ &new.group,
                /* joined_on */ &new.joined_on,
                /* consents */ &new.consents,
                /* version */ &new.version,
                /* created_at */ &new.created_at,
                /* candidate_from */ &new.candidate_from,
                /* standing */ &new.standing.as_str(),
                /* asked */ &new.asked,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The member with this id.
pub async fn get(client: &impl GenericClient, id: MemberId) -> Result<Member, Error> {
    let statement = client
        .prepare_cached(
            "-- members::get
            SELECT * FROM member WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("member"))
}

/// The member, its row locked until the transaction ends. The cooperative is locked before it.
pub async fn lock(tx: &Transaction<'_>, id: MemberId) -> Result<Member, Error> {
    let statement = tx
        .prepare_cached(
            "-- members::lock
            SELECT * FROM member WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("member"))
}

/// All memberships of a person in a book, the oldest first: several, when somebody left and came back.
pub async fn of_person(client: &impl GenericClient, book: BookId, person: PersonId) -> Result<Vec<Member>, Error> {
    let statement = client
        .prepare_cached(
            "-- members::of_person
            SELECT * FROM member WHERE book_id = $1 AND person = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* person */ &person.0]).await?;
    rows.iter().map(from_row).collect()
}

/// The members of a book by number, after a number.
pub async fn list(client: &impl GenericClient, book: BookId, after: i32, limit: i64) -> Result<Vec<Member>, Error> {
    let statement = client
        .prepare_cached(
            "-- members::list
            SELECT * FROM member WHERE book_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The addresses of a page of the members of a day by number, each once, and the last number of the page when it is full.
pub async fn addresses(
    client: &impl GenericClient,
    book: BookId,
    (today, after): (Date, i32),
    limit: i64,
) -> Result<(Vec<String>, Option<i32>), Error> {
    let statement = client
        .prepare_cached(
            "-- members::addresses
            SELECT m.number, p.email
              FROM (SELECT number, person FROM member
                     WHERE book_id = $1 AND number > $2 AND joined_on <= $3 AND (left_on IS NULL OR left_on >= $3)
                     ORDER BY number LIMIT $4) m
              LEFT JOIN person p ON p.id = m.person AND p.disabled_at IS NULL
             ORDER BY m.number",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* today */ &today, /* limit */ &limit])
        .await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows == limit);
    let last = rows.last().filter(|_| is_full).map(|row| row.get("number"));
    let addresses: BTreeSet<String> = rows.iter().filter_map(|row| row.get("email")).collect();
    Ok((addresses.into_iter().collect(), last))
}

/// The members whose membership touches a period, by number.
pub async fn list_in_period(client: &impl GenericClient, book: BookId, period: Period) -> Result<Vec<Member>, Error> {
    let statement = client
        .prepare_cached(
            "-- members::list_in_period
            SELECT * FROM member
             WHERE book_id = $1 AND joined_on <= $3 AND (left_on IS NULL OR left_on >= greatest($2, joined_on))
             ORDER BY number",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* period_from */ &period.from, /* period_to */ &period.to])
        .await?;
    rows.iter().map(from_row).collect()
}

/// The members with these numbers, by number.
pub async fn of_numbers(client: &impl GenericClient, book: BookId, numbers: &[i32]) -> Result<Vec<Member>, Error> {
    let statement = client
        .prepare_cached(
            "-- members::of_numbers
            SELECT * FROM member WHERE book_id = $1 AND number = ANY($2) ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* numbers */ &numbers]).await?;
    rows.iter().map(from_row).collect()
}

/// Saves the last day, and raises the version. The caller has locked the member.
pub async fn update(tx: &Transaction<'_>, member: &Member) -> Result<Member, Error> {
    let statement = tx
        .prepare_cached(
            "-- members::update
            UPDATE member SET left_on = $3, version = version + 1 WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &member.id.book.0,
                /* id */ &member.id.object,
                /* left_on */ &member.left_on,
            ],
        )
        .await?;
    from_row(&row)
}

/// Saves what a member said last. The caller has locked the member, and written down what it said.
pub async fn update_consent(tx: &Transaction<'_>, member: &Member) -> Result<Member, Error> {
    let statement = tx
        .prepare_cached(
            "-- members::update_consent
            UPDATE member SET consents = $3 WHERE book_id = $1 AND id = $2 RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &member.id.book.0,
                /* id */ &member.id.object,
                /* consents */ &member.consents,
            ],
        )
        .await?;
    from_row(&row)
}
