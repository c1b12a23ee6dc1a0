//! From which book's surpluses the work of campaigns is paid besides.

use crate::error::Error;
use crate::id::{BookId, CampaignId, PersonId};
use crate::programmes::rules::self_funding::Said;
use deadpool_postgres::{GenericClient, Transaction};

/// What was said last of a campaign; none where nothing was.
pub async fn last(client: &impl GenericClient, id: CampaignId) -> Result<Option<Said>, Error> {
    let statement = client
        .prepare_cached(
            "-- loops::last
            SELECT version, source_book, at_nothing, said_by, said_at FROM campaign_loop
             WHERE book_id = $1 AND campaign_id = $2 ORDER BY version DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* campaign_id */ &id.object]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Said {
        version: row.get("version"),
        source: row.get::<_, Option<i32>>("source_book").map(BookId),
        at_nothing: row.get::<_, &str>("at_nothing").parse()?,
        by: PersonId(row.get("said_by")),
        at: row.get("said_at"),
    }))
}

/// Writes down what is said of a campaign from now on. The caller has locked it.
pub async fn insert(tx: &Transaction<'_>, id: CampaignId, said: &Said) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- loops::insert
            INSERT INTO campaign_loop (book_id, campaign_id, version, source_book, at_nothing, said_by, said_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* campaign_id */ &id.object,
            /* version */ &said.version,
            /* source_book */ &said.source.map(|book| book.0),
            /* at_nothing */ &said.at_nothing.as_str(),
            /* said_by */ &said.by.0,
            /* said_at */ &said.at,
        ],
    )
    .await?;
    Ok(())
}
