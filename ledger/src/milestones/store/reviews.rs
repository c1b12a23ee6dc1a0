//! Reviews, and whose word does not count: members of the team, and people with a declared tie to it.

use crate::engine::store::rows::digest;
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{ClaimId, PersonId};
use crate::milestones::rules::review::{Review, Verdict};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Review, Error> {
    let verdict = match row.get::<_, &str>("verdict") {
        "approve" => Verdict::Approve { amount: row.get("amount") },
        "ask_changes" => Verdict::AskChanges,
        "reject" => Verdict::Reject,
        other => return Err(Error::inconsistent(format!("a review that says {other}"))),
    };
    Ok(Review {
        reviewer: PersonId(row.get("reviewer")),
        round: row.get("round"),
        verdict,
        claim: digest(row.get("claim_digest"))?,
        evidence: row.get::<_, &[u8]>("evidence").chunks(32).map(digest).collect::<Result<Vec<Digest>, Error>>()?,
        comment: row.get("comment"),
        at: row.get("at"),
    })
}

/// A new review.
pub async fn insert(tx: &Transaction<'_>, claim: ClaimId, new: &Review) -> Result<(), Error> {
    let evidence: Vec<u8> = new.evidence.iter().flat_map(|digest| digest.0).collect();
    let statement = tx
        .prepare_cached(
            "-- reviews::insert
            INSERT INTO review (book_id, claim_id, round, reviewer, verdict, amount, claim_digest, evidence, comment, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &claim.book.0,
            /* claim_id */ &claim.object,
            /* round */ &new.round,
            /* reviewer */ &new.reviewer.0,
            /* verdict */ &new.verdict.as_str(),
            /* amount */ &new.verdict.amount(),
            /* claim_digest */ &new.claim.0.as_slice(),
            /* evidence */ &evidence,
            /* comment */ &new.comment,
            /* at */ &new.at,
        ],
    )
    .await?;
    Ok(())
}

/// All reviews of one submission, by reviewer.
pub async fn list_of_round(client: &impl GenericClient, claim: ClaimId, round: i32) -> Result<Vec<Review>, Error> {
    let statement = client
        .prepare_cached(
            "-- reviews::list_of_round
            SELECT * FROM review WHERE book_id = $1 AND claim_id = $2 AND round = $3 ORDER BY reviewer",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object, /* round */ &round])
        .await?;
    rows.iter().map(from_row).collect()
}

/// The reviews of a claim by round and reviewer, after a pair of them.
pub async fn list(
    client: &impl GenericClient,
    claim: ClaimId,
    after: (i32, Uuid),
    limit: i64,
) -> Result<Vec<Review>, Error> {
    let statement = client
        .prepare_cached(
            "-- reviews::list
            SELECT * FROM review
             WHERE book_id = $1 AND claim_id = $2 AND (round, reviewer) > ($3, $4)
             ORDER BY round, reviewer LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &claim.book.0,
                /* claim_id */ &claim.object,
                /* after_round */ &after.0,
                /* after_reviewer */ &after.1,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}
