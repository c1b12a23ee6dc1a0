//! Uploaded files, their bytes by parts, and what names them.

use crate::engine::store::rows::{digest, word};
use crate::error::Error;
use crate::evidence::Digest;
use crate::files::rules::file::{Named, StoredFile};
use crate::id::{BookId, FileId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<StoredFile, Error> {
    Ok(StoredFile {
        id: FileId::new(BookId(row.get("book_id")), row.get("id")),
        owner: PersonId(row.get("owner")),
        content_type: word(row.get("content_type"))?,
        bytes: row.get("bytes"),
        sha256: digest(row.get("sha256"))?,
        created_at: row.get("created_at"),
    })
}

/// Writes a new file, before its parts.
pub async fn insert(tx: &Transaction<'_>, new: &StoredFile) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- files::insert
            INSERT INTO stored_file (book_id, id, owner, bytes, created_at, content_type, sha256)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* owner */ &new.owner.0,
            /* bytes */ &new.bytes,
            /* created_at */ &new.created_at,
            /* content_type */ &new.content_type.as_str(),
            /* sha256 */ &&new.sha256.0[..],
        ],
    )
    .await?;
    Ok(())
}

/// Writes a part of a file.
pub async fn insert_part(tx: &Transaction<'_>, file: FileId, number: i32, content: &[u8]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- files::insert_part
            INSERT INTO stored_file_part (book_id, file, number, content) VALUES ($1, $2, $3, $4)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &file.book.0,
            /* file */ &file.object,
            /* number */ &number,
            /* content */ &content,
        ],
    )
    .await?;
    Ok(())
}

/// A file, if it is there.
pub async fn find(client: &impl GenericClient, id: FileId) -> Result<Option<StoredFile>, Error> {
    let statement = client
        .prepare_cached(
            "-- files::find
            SELECT * FROM stored_file WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The file of a person in a book with these bytes, if there is one.
pub async fn find_same(
    tx: &Transaction<'_>,
    book: BookId,
    owner: PersonId,
    sha256: Digest,
) -> Result<Option<StoredFile>, Error> {
    let statement = tx
        .prepare_cached(
            "-- files::find_same
            SELECT * FROM stored_file WHERE book_id = $1 AND owner = $2 AND sha256 = $3",
        )
        .await?;
    let row =
        tx.query_opt(&statement, &[/* book_id */ &book.0, /* owner */ &owner.0, /* sha256 */ &&sha256.0[..]]).await?;
    row.as_ref().map(from_row).transpose()
}

/// How many bytes are kept of a person in a book.
pub async fn bytes_of(tx: &Transaction<'_>, book: BookId, owner: PersonId) -> Result<i64, Error> {
    let statement = tx
        .prepare_cached(
            "-- files::bytes_of
            SELECT coalesce(sum(bytes), 0)::bigint AS bytes FROM stored_file WHERE book_id = $1 AND owner = $2",
        )
        .await?;
    Ok(tx.query_one(&statement, &[/* book_id */ &book.0, /* owner */ &owner.0]).await?.get("bytes"))
}

/// A part of a file; none when it is not there.
pub async fn part(client: &impl GenericClient, file: FileId, number: i32) -> Result<Option<Vec<u8>>, Error> {
    let statement = client
        .prepare_cached(
            "-- files::part
            SELECT content FROM stored_file_part WHERE book_id = $1 AND file = $2 AND number = $3",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &file.book.0, /* file */ &file.object, /* number */ &number])
        .await?;
    Ok(row.map(|row| row.get("content")))
}

/// Writes down that something names a file; `false` when the file is not there. From then on it stays: the reference holds it.
pub async fn name(
    tx: &Transaction<'_>,
    file: FileId,
    (kind, object): (Named, Uuid),
    wall: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- files::name
            WITH held AS (SELECT book_id, id FROM stored_file WHERE book_id = $1 AND id = $2),
                 named AS (INSERT INTO stored_file_use (book_id, file, kind, object, named_at)
                           SELECT book_id, id, $3, $4, $5 FROM held
                           ON CONFLICT (book_id, file, kind, object) DO NOTHING)
            SELECT count(*) AS held FROM held",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &file.book.0,
                /* id */ &file.object,
                /* kind */ &kind.as_str(),
                /* object */ &object,
                /* named_at */ &wall,
            ],
        )
        .await?;
    Ok(row.get::<_, i64>("held") > 0)
}

/// What names a file, the first hundred.
pub async fn uses(client: &impl GenericClient, file: FileId) -> Result<Vec<(Named, Uuid)>, Error> {
    let statement = client
        .prepare_cached(
            "-- files::uses
            SELECT kind, object FROM stored_file_use WHERE book_id = $1 AND file = $2 ORDER BY kind, object LIMIT 100",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &file.book.0, /* file */ &file.object]).await?;
    rows.iter().map(|row| Ok((word(row.get("kind"))?, row.get("object")))).collect()
}
