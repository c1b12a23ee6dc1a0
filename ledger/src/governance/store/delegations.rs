//! Who votes for whom.

use crate::error::Error;
use crate::governance::rules::delegation::Delegation;
use crate::id::{BookId, MemberId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Delegation {
    let book = BookId(row.get("book_id"));
    Delegation {
        member: MemberId::new(book, row.get("member_id")),
        delegate: row.get::<_, Option<Uuid>>("delegate").map(|id| MemberId::new(book, id)),
        version: row.get("version"),
        given_by: PersonId(row.get("given_by")),
        given_at: row.get("given_at"),
    }
}

/// A new delegation. The caller has locked the cooperative.
pub async fn insert(tx: &Transaction<'_>, new: &Delegation) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- delegations::insert
            INSERT INTO delegation (book_id, member_id, delegate, version, given_by, given_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.member.book.0,
            /* member_id */ &new.member.object,
            /* delegate */ &new.delegate.map(|delegate| delegate.object),
            /* version */ &new.version,
            /* given_by */ &new.given_by.0,
            /* given_at */ &new.given_at,
        ],
    )
    .await?;
    Ok(())
}

/// The last delegation of a member, which may be to nobody.
pub async fn last(client: &impl GenericClient, member: MemberId) -> Result<Option<Delegation>, Error> {
    let statement = client
        .prepare_cached(
            "-- delegations::last
            SELECT * FROM delegation WHERE book_id = $1 AND member_id = $2 ORDER BY version DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &member.book.0, /* member_id */ &member.object]).await?;
    Ok(row.as_ref().map(from_row))
}

/// Who gives to whom, by what was said before a moment; by all that was said when it is none.
pub async fn all_given(
    client: &impl GenericClient,
    book: BookId,
    before: Option<Timestamp>,
) -> Result<HashMap<Uuid, Uuid>, Error> {
    let statement = client
        .prepare_cached(
            "-- delegations::all_given
            SELECT l.member_id, l.delegate
              FROM (SELECT DISTINCT ON (member_id) member_id, delegate FROM delegation
                     WHERE book_id = $1 AND ($2::timestamptz IS NULL OR given_at < $2)
                     ORDER BY member_id, version DESC) l
             WHERE l.delegate IS NOT NULL",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* before */ &before]).await?;
    Ok(rows.iter().map(|row| (row.get("member_id"), row.get("delegate"))).collect())
}
