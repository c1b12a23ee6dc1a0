//! Rubrics that were secret, as they were shown. Written once.

use crate::engine::store::rows::digest;
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{ChallengeId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// A rubric that was secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rubric {
    /// What judges went by.
    pub text: String,
    /// SHA-256 of the text, which the rules held since the opening.
    pub sha256: Digest,
    /// When it was given, in book time.
    pub shown_at: Timestamp,
}

/// Writes the rubric of a challenge.
pub async fn insert(tx: &Transaction<'_>, of: ChallengeId, new: &Rubric, by: PersonId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- rubrics::insert
            INSERT INTO challenge_rubric (book_id, challenge, text, sha256, shown_by, shown_at)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &of.book.0,
            /* challenge */ &of.object,
            /* text */ &new.text,
            /* sha256 */ &new.sha256.0.as_slice(),
            /* shown_by */ &by.0,
            /* shown_at */ &new.shown_at,
        ],
    )
    .await?;
    Ok(())
}

/// The rubric of a challenge, if it was given.
pub async fn find(client: &impl GenericClient, of: ChallengeId) -> Result<Option<Rubric>, Error> {
    let statement = client
        .prepare_cached(
            "-- rubrics::find
            SELECT text, sha256, shown_at FROM challenge_rubric WHERE book_id = $1 AND challenge = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &of.book.0, /* challenge */ &of.object]).await?;
    let Some(row) = row else { return Ok(None) };
    let sha256 = digest(row.get("sha256"))?;
    Ok(Some(Rubric { text: row.get("text"), sha256, shown_at: row.get("shown_at") }))
}
