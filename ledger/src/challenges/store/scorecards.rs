//! Scorecards: one for each judge and submission.

use crate::challenges::rules::judging::Scorecard;
use crate::engine::store::rows::digest;
use crate::error::Error;
use crate::id::{ChallengeId, PersonId, SubmissionId};
use deadpool_postgres::{GenericClient, Transaction};
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Scorecard, Error> {
    let points: Vec<i16> = row.get("points");
    let points: Result<Vec<u8>, _> = points.into_iter().map(u8::try_from).collect();
    Ok(Scorecard {
        judge: PersonId(row.get("judge")),
        submission_digest: digest(row.get("submission_digest"))?,
        points: points.map_err(|_| Error::inconsistent("a scorecard with points out of bounds"))?,
        comment: row.get("comment"),
        at: row.get("at"),
    })
}

/// Writes a card, in the place of the one that the judge gave before.
pub async fn upsert(tx: &Transaction<'_>, submission: SubmissionId, card: &Scorecard) -> Result<(), Error> {
    let points: Vec<i16> = card.points.iter().copied().map(i16::from).collect();
    let statement = tx
        .prepare_cached(
            "-- scorecards::upsert
            INSERT INTO scorecard (book_id, submission, judge, points, submission_digest, comment, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (book_id, submission, judge)
            DO UPDATE SET points = EXCLUDED.points, submission_digest = EXCLUDED.submission_digest,
                          comment = EXCLUDED.comment, at = EXCLUDED.at",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &submission.book.0,
            /* submission */ &submission.object,
            /* judge */ &card.judge.0,
            /* points */ &points,
            /* submission_digest */ &card.submission_digest.0.as_slice(),
            /* comment */ &card.comment,
            /* at */ &card.at,
        ],
    )
    .await?;
    Ok(())
}

/// The cards of a submission, by judge.
pub async fn list(client: &impl GenericClient, submission: SubmissionId) -> Result<Vec<Scorecard>, Error> {
    let statement = client
        .prepare_cached(
            "-- scorecards::list
            SELECT * FROM scorecard WHERE book_id = $1 AND submission = $2 ORDER BY judge",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &submission.book.0, /* submission */ &submission.object]).await?;
    rows.iter().map(from_row).collect()
}

/// All cards of a challenge, by submission.
pub async fn of_challenge(
    client: &impl GenericClient,
    challenge: ChallengeId,
) -> Result<HashMap<SubmissionId, Vec<Scorecard>>, Error> {
    let statement = client
        .prepare_cached(
            "-- scorecards::of_challenge
            SELECT c.* FROM scorecard c JOIN submission s ON s.book_id = c.book_id AND s.id = c.submission
             WHERE c.book_id = $1 AND s.challenge = $2 ORDER BY c.submission, c.judge",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    let mut cards: HashMap<SubmissionId, Vec<Scorecard>> = HashMap::new();
    for row in &rows {
        let submission = SubmissionId::new(challenge.book, row.get::<_, Uuid>("submission"));
        cards.entry(submission).or_default().push(from_row(row)?);
    }
    Ok(cards)
}
