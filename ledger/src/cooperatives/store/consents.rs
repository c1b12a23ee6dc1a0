//! Bylaws, and what members agree to.

use crate::cooperatives::rules::consent::{Bylaws, Consent};
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{BookId, MemberId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

fn bylaws(row: &Row) -> Result<Bylaws, Error> {
    let digest: Vec<u8> = row.get("sha256");
    let digest = digest.try_into().map_err(|_| Error::inconsistent("a digest of another length"))?;
    Ok(Bylaws {
        book: BookId(row.get("book_id")),
        version: row.get("version"),
        title: row.get("title"),
        url: row.get("url"),
        sha256: Digest(digest),
        published_by: PersonId(row.get("published_by")),
        published_at: row.get("published_at"),
    })
}

fn consent(row: &Row) -> Consent {
    Consent {
        member: MemberId::new(BookId(row.get("book_id")), row.get("member_id")),
        version: row.get("version"),
        consents: row.get("consents"),
        bylaws: row.get("bylaws_version"),
        said_by: PersonId(row.get("said_by")),
        said_at: row.get("said_at"),
    }
}

/// New bylaws.
pub async fn insert_bylaws(tx: &Transaction<'_>, new: &Bylaws) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- consents::insert_bylaws
            INSERT INTO bylaws (book_id, version, title, url, sha256, published_by, published_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.book.0,
            /* version */ &new.version,
            /* title */ &new.title,
            /* url */ &new.url,
            /* sha256 */ &new.sha256.0.as_slice(),
            /* published_by */ &new.published_by.0,
            /* published_at */ &new.published_at,
        ],
    )
    .await?;
    Ok(())
}

/// The bylaws of a book, the last version first, before a version.
pub async fn list_bylaws(
    client: &impl GenericClient,
    book: BookId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Bylaws>, Error> {
    let statement = client
        .prepare_cached(
            "-- consents::list_bylaws
            SELECT * FROM bylaws WHERE book_id = $1 AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* before */ &before, /* limit */ &limit]).await?;
    rows.iter().map(bylaws).collect()
}

/// The bylaws that hold, if any are written down.
pub async fn in_force(client: &impl GenericClient, book: BookId) -> Result<Option<Bylaws>, Error> {
    Ok(list_bylaws(client, book, None, 1).await?.pop())
}

/// What a member said.
pub async fn insert(tx: &Transaction<'_>, new: &Consent) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- consents::insert
            INSERT INTO member_consent (book_id, member_id, version, consents, bylaws_version, said_by, said_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.member.book.0,
            /* member_id */ &new.member.object,
            /* version */ &new.version,
            /* consents */ &new.consents,
            /* bylaws_version */ &new.bylaws,
            /* said_by */ &new.said_by.0,
            /* said_at */ &new.said_at,
        ],
    )
    .await?;
    Ok(())
}

/// What a member said, the last one first, before a version.
pub async fn list(
    client: &impl GenericClient,
    member: MemberId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Consent>, Error> {
    let statement = client
        .prepare_cached(
            "-- consents::list
            SELECT * FROM member_consent
             WHERE book_id = $1 AND member_id = $2 AND ($3::int IS NULL OR version < $3)
             ORDER BY version DESC LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &member.book.0,
                /* member_id */ &member.object,
                /* before */ &before,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(consent).collect())
}
