//! Documents beside claims.

use crate::document::Document;
use crate::engine::store::rows::{digest, word};
use crate::error::Error;
use crate::evidence::{Evidence, EvidenceKind};
use crate::id::{ClaimId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

fn from_row(claim: ClaimId, row: &Row) -> Result<Document<ClaimId>, Error> {
    let sha256 = digest(row.get("sha256"))?;
    let piece = Evidence::new("", EvidenceKind::Other, row.get("title"), row.get("url"), sha256, None)
        .map_err(|error| Error::inconsistent(error.to_string()))?;
    Ok(Document {
        of: claim,
        number: row.get("number"),
        kind: word(row.get("kind"))?,
        piece,
        added_by: PersonId(row.get("added_by")),
        added_at: row.get("added_at"),
    })
}

/// Writes a new document.
pub async fn insert(tx: &Transaction<'_>, new: &Document<ClaimId>) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- claim_documents::insert
            INSERT INTO claim_document (book_id, claim_id, number, kind, title, url, sha256, added_by, added_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.of.book.0,
            /* claim_id */ &new.of.object,
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

/// The documents of a claim, by number.
pub async fn list(client: &impl GenericClient, claim: ClaimId) -> Result<Vec<Document<ClaimId>>, Error> {
    let statement = client
        .prepare_cached(
            "-- claim_documents::list
            SELECT * FROM claim_document WHERE book_id = $1 AND claim_id = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    rows.iter().map(|row| from_row(claim, row)).collect()
}
