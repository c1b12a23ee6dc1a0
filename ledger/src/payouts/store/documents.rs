//! Documents beside payouts.

use crate::document::Document;
use crate::engine::store::rows::{digest, word};
use crate::error::Error;
use crate::evidence::{Evidence, EvidenceKind};
use crate::id::{PayoutId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

fn from_row(payout: PayoutId, row: &Row) -> Result<Document<PayoutId>, Error> {
    let sha256 = digest(row.get("sha256"))?;
    let piece = Evidence::new("", EvidenceKind::Other, row.get("title"), row.get("url"), sha256, None)
        .map_err(|error| Error::inconsistent(error.to_string()))?;
    Ok(Document {
        of: payout,
        number: row.get("number"),
        kind: word(row.get("kind"))?,
        piece,
        added_by: PersonId(row.get("added_by")),
        added_at: row.get("added_at"),
    })
}

/// Writes a new document.
pub async fn insert(tx: &Transaction<'_>, new: &Document<PayoutId>) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- documents::insert
            INSERT INTO payout_document (book_id, payout, number, kind, title, url, sha256, added_by, added_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.of.book.0,
            /* payout */ &new.of.object,
            /* number */ &new.number,
            /* kind */ &new.kind.as_str(),
            /* title */ &new.piece.title(),
            /* url */ &new.piece.url(),
            /* sha256 */ &&new.piece.sha256().0[..],
            /* added_by */ &new.added_by.0,
            /* added_at */ &new.added_at,
        ],
    )
    .await?;
    Ok(())
}

/// The documents of a payout, by number.
pub async fn list(client: &impl GenericClient, payout: PayoutId) -> Result<Vec<Document<PayoutId>>, Error> {
    let statement = client
        .prepare_cached(
            "-- documents::list
            SELECT * FROM payout_document WHERE book_id = $1 AND payout = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &payout.book.0, /* payout */ &payout.object]).await?;
    rows.iter().map(|row| from_row(payout, row)).collect()
}
