//! What teams agreed to after they had entered, what they answered, and entries that were withdrawn.

use super::entrants::{fees, from_row};
use crate::challenges::rules::entering::Answer;
use crate::challenges::rules::entrant::{Entrant, WithdrawnBy};
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{BookId, ChallengeId, EntrantId, OrganisationId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use uuid::Uuid;

/// A team agreed to rules that were changed; its entry is by them from now on.
pub async fn agree(
    tx: &Transaction<'_>,
    of: &Entrant,
    version: i32,
    rules: Digest,
    by: PersonId,
    at: Timestamp,
) -> Result<Entrant, Error> {
    let statement = tx
        .prepare_cached(
            "-- consents::insert
            INSERT INTO entry_consent (book_id, entrant, challenge, rules_version, rules_sha256, consented_by, consented_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &of.id.book.0,
            /* entrant */ &of.id.object,
            /* challenge */ &of.challenge.object,
            /* rules_version */ &version,
            /* rules_sha256 */ &rules.0.as_slice(),
            /* consented_by */ &by.0,
            /* consented_at */ &at,
        ],
    )
    .await?;
    let statement = tx
        .prepare_cached(
            "-- consents::update_agreed
            UPDATE entrant SET rules_version = $3, rules_sha256 = $4, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &of.id.book.0,
                /* id */ &of.id.object,
                /* rules_version */ &version,
                /* rules_sha256 */ &rules.0.as_slice(),
            ],
        )
        .await?;
    from_row(&row)
}

/// The entries to a challenge that stand and are by earlier rules than a version, the oldest first; their rows are locked.
pub async fn silent(tx: &Transaction<'_>, challenge: ChallengeId, version: i32) -> Result<Vec<EntrantId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- consents::silent
            SELECT id FROM entrant
             WHERE book_id = $1 AND challenge = $2 AND state = 'entered' AND rules_version < $3
             ORDER BY id FOR NO KEY UPDATE",
        )
        .await?;
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* rules_version */ &version,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| EntrantId::new(challenge.book, row.get("id"))).collect())
}

/// Entries are withdrawn, and their work with them. The caller has locked them.
pub async fn withdraw(
    tx: &Transaction<'_>,
    book: BookId,
    entrants: &[EntrantId],
    by: WithdrawnBy,
    at: Timestamp,
) -> Result<(), Error> {
    let ids: Vec<Uuid> = entrants.iter().map(|id| id.object).collect();
    let statement = tx
        .prepare_cached(
            "-- consents::withdraw
            UPDATE entrant SET state = 'withdrawn', withdrawn_at = $3, withdrawn_by = $4, version = version + 1
             WHERE book_id = $1 AND id = ANY($2) AND state = 'entered'",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* ids */ &ids,
            /* withdrawn_at */ &at,
            /* withdrawn_by */ &by.as_str(),
        ],
    )
    .await?;
    let statement = tx
        .prepare_cached(
            "-- consents::withdraw_work
            UPDATE submission SET state = 'withdrawn', submitted_at = NULL, version = version + 1
             WHERE book_id = $1 AND entrant = ANY($2) AND state <> 'withdrawn'",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &book.0, /* entrants */ &ids]).await?;
    Ok(())
}

/// The settled fees of entries that were withdrawn go back; answers what each was, with its custodian, the oldest first.
pub async fn return_fees(
    tx: &Transaction<'_>,
    challenge: ChallengeId,
) -> Result<Vec<(EntrantId, OrganisationId, i64)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- consents::return_fees
            UPDATE entrant SET fee_state = 'returned', version = version + 1
             WHERE book_id = $1 AND challenge = $2 AND fee_state = 'settled' AND state = 'withdrawn'
            RETURNING id, partner, fee",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(fees(challenge, &rows))
}

/// Whether a fee of an entry that was withdrawn is at a custodian and has not arrived.
pub async fn fees_under_way(client: &impl GenericClient, challenge: ChallengeId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- consents::fees_under_way
            SELECT EXISTS (SELECT FROM entrant
                            WHERE book_id = $1 AND challenge = $2 AND fee_state = 'captured' AND state = 'withdrawn')",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(row.get(0))
}

/// The teams that have withdrawn from a challenge.
pub async fn withdrawn_teams(
    client: &impl GenericClient,
    challenge: ChallengeId,
) -> Result<Vec<OrganisationId>, Error> {
    let statement = client
        .prepare_cached(
            "-- consents::withdrawn_teams
            SELECT team FROM entrant WHERE book_id = $1 AND challenge = $2 AND state = 'withdrawn'",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(rows.iter().map(|row| OrganisationId(row.get("team"))).collect())
}

/// Writes what a team answered, in the order of the questions.
pub async fn insert_answers(tx: &Transaction<'_>, of: EntrantId, answers: &[Answer]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- consents::insert_answers
            INSERT INTO entry_answer (book_id, entrant, number, question, answer) VALUES ($1, $2, $3, $4, $5)",
        )
        .await?;
    for (answer, number) in answers.iter().zip(1i16..) {
        tx.execute(
            &statement,
            &[
                /* book_id */ &of.book.0,
                /* entrant */ &of.object,
                /* number */ &number,
                /* question */ &answer.question,
                /* answer */ &answer.answer,
            ],
        )
        .await?;
    }
    Ok(())
}

/// What teams answered when they entered, by their entries.
pub async fn answers(
    client: &impl GenericClient,
    book: BookId,
    of: &[EntrantId],
) -> Result<HashMap<EntrantId, Vec<Answer>>, Error> {
    let ids: Vec<Uuid> = of.iter().map(|id| id.object).collect();
    let statement = client
        .prepare_cached(
            "-- consents::answers
            SELECT entrant, question, answer FROM entry_answer WHERE book_id = $1 AND entrant = ANY($2)
             ORDER BY entrant, number",
        )
        .await?;
    let mut answers: HashMap<EntrantId, Vec<Answer>> = HashMap::new();
    for row in client.query(&statement, &[/* book_id */ &book.0, /* entrants */ &ids]).await? {
        let answer = Answer { question: row.get("question"), answer: row.get("answer") };
        answers.entry(EntrantId::new(book, row.get("entrant"))).or_default().push(answer);
    }
    Ok(answers)
}
