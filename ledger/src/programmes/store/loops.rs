//! From which book's surpluses the work of campaigns is paid besides.

use crate::error::Error;
use crate::id::{BookId, CampaignId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// What was said last of a campaign: the version, the book, and when; none where nothing was.
pub async fn last(
    client: &impl GenericClient,
    id: CampaignId,
) -> Result<Option<(i32, Option<BookId>, Timestamp)>, Error> {
    let statement = client
        .prepare_cached(
            "-- loops::last
            SELECT version, source_book, said_at FROM campaign_loop
             WHERE book_id = $1 AND campaign_id = $2 ORDER BY version DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* campaign_id */ &id.object]).await?;
    let read = |row: tokio_postgres::Row| {
        (row.get("version"), row.get::<_, Option<i32>>("source_book").map(BookId), row.get("said_at"))
    };
    Ok(row.map(read))
}

/// Writes down what is said of a campaign from now on. The caller has locked it.
pub async fn insert(
    tx: &Transaction<'_>,
    id: CampaignId,
    version: i32,
    source: Option<BookId>,
    (by, at): (PersonId, Timestamp),
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- loops::insert
            INSERT INTO campaign_loop (book_id, campaign_id, version, source_book, said_by, said_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* campaign_id */ &id.object,
            /* version */ &version,
            /* source_book */ &source.map(|book| book.0),
            /* said_by */ &by.0,
            /* said_at */ &at,
        ],
    )
    .await?;
    Ok(())
}
