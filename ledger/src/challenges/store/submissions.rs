//! Submissions, with the evidence and the attributions of each of their texts.

use crate::challenges::rules::submission::{Attribution, Content, Placed, Submission, SubmissionState};
use crate::engine::store::rows::{digest, piece};
use crate::error::Error;
use crate::evidence::Evidence;
use crate::id::{BookId, ChallengeId, EntrantId, OrganisationId, PersonId, SubmissionId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, evidence: Vec<Evidence>, attributions: Vec<Attribution>) -> Result<Submission, Error> {
    let book = BookId(row.get("book_id"));
    let state = match (row.get::<_, &str>("state"), row.get::<_, Option<Timestamp>>("submitted_at")) {
        ("draft", None) => SubmissionState::Draft,
        ("submitted", Some(at)) => SubmissionState::Submitted { at },
        ("incomplete", None) => SubmissionState::Incomplete,
        ("withdrawn", None) => SubmissionState::Withdrawn,
        (other, _) => return Err(Error::inconsistent(format!("a submission in the state {other}"))),
    };
    let placed = row.get::<_, Option<i32>>("place").zip(row.get::<_, Option<i32>>("score"));
    let submission = Submission {
        id: SubmissionId::new(book, row.get("id")),
        challenge: ChallengeId::new(book, row.get("challenge")),
        entrant: EntrantId::new(book, row.get("entrant")),
        team: OrganisationId(row.get("team")),
        stage: row.get("stage"),
        content: Content { title: row.get("title"), note: row.get("note"), evidence, attributions },
        revision: row.get("revision"),
        state,
        placed: placed.map(|(place, score)| Placed { place, score }),
        version: row.get("version"),
        created_at: row.get("created_at"),
    };
    if submission.digest() != digest(row.get("digest"))? {
        let detail = format!("{}: its rows no longer have the digest that was stored", submission.id);
        return Err(Error::inconsistent(detail));
    }
    Ok(submission)
}

/// A new submission with its first text; `false` when the entry has one for its stage.
pub async fn insert(tx: &Transaction<'_>, new: &Submission) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- submissions::insert
            INSERT INTO submission (book_id, id, challenge, entrant, team, stage, title, note, digest, revision, state,
                                    created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'draft', $11)
            ON CONFLICT (book_id, entrant, stage) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* challenge */ &new.challenge.object,
                /* entrant */ &new.entrant.object,
                /* team */ &new.team.0,
                /* stage */ &new.stage,
                /* title */ &new.content.title,
                /* note */ &new.content.note,
                /* digest */ &new.digest().0.as_slice(),
                /* revision */ &new.revision,
                /* created_at */ &new.created_at,
            ],
        )
        .await?;
    if written == 1 {
        insert_content(tx, new).await?;
    }
    Ok(written == 1)
}

/// The evidence and the attributions of the present text, which no earlier text had.
async fn insert_content(tx: &Transaction<'_>, of: &Submission) -> Result<(), Error> {
    let evidence = tx
        .prepare_cached(
            "-- submissions::insert_evidence
            INSERT INTO submission_evidence (book_id, submission, revision, number, kind, title, url, sha256, licence)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    for (piece, number) in of.content.evidence.iter().zip(1i16..) {
        tx.execute(
            &evidence,
            &[
                /* book_id */ &of.id.book.0,
                /* submission */ &of.id.object,
                /* revision */ &of.revision,
                /* number */ &number,
                /* kind */ &piece.kind().as_str(),
                /* title */ &piece.title(),
                /* url */ &piece.url(),
                /* sha256 */ &piece.sha256().0.as_slice(),
                /* licence */ &piece.licence().unwrap_or_default(),
            ],
        )
        .await?;
    }
    let attribution = tx
        .prepare_cached(
            "-- submissions::insert_attributions
            INSERT INTO attribution (book_id, submission, revision, number, builds_on, part, share)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    for (part, number) in of.content.attributions.iter().zip(1i16..) {
        tx.execute(
            &attribution,
            &[
                /* book_id */ &of.id.book.0,
                /* submission */ &of.id.object,
                /* revision */ &of.revision,
                /* number */ &number,
                /* builds_on */ &part.submission.object,
                /* part */ &part.part,
                /* share */ &part.share.cast_signed(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// The submission with an id.
pub async fn get(client: &impl GenericClient, id: SubmissionId) -> Result<Submission, Error> {
    let statement =
        client.prepare_cached("-- submissions::get\nSELECT * FROM submission WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    with_content(client, id.book, row.as_slice()).await?.pop().ok_or(Error::NotFound("submission"))
}

/// The submission, its row locked until the transaction ends. Its challenge is locked before it.
pub async fn lock(tx: &Transaction<'_>, id: SubmissionId) -> Result<Submission, Error> {
    let statement = tx
        .prepare_cached(
            "-- submissions::lock
            SELECT * FROM submission WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    with_content(tx, id.book, row.as_slice()).await?.pop().ok_or(Error::NotFound("submission"))
}

/// The submissions to a challenge, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    challenge: ChallengeId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Submission>, Error> {
    let statement = client
        .prepare_cached(
            "-- submissions::list
            SELECT * FROM submission WHERE book_id = $1 AND challenge = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    with_content(client, challenge.book, &rows).await
}

/// The submissions to a challenge as a member of a team sees them: what was handed in, and all of the team's own.
pub async fn list_of_person(
    client: &impl GenericClient,
    challenge: ChallengeId,
    person: PersonId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Submission>, Error> {
    let statement = client
        .prepare_cached(
            "-- submissions::list_of_person
            SELECT * FROM submission
             WHERE book_id = $1 AND challenge = $2 AND id > $4
               AND (state = 'submitted'
                    OR EXISTS (SELECT FROM membership m WHERE m.organisation = submission.team AND m.person = $3))
             ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* person */ &person.0,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    with_content(client, challenge.book, &rows).await
}

/// All submissions that were handed in complete, the oldest first.
pub async fn list_submitted(client: &impl GenericClient, challenge: ChallengeId) -> Result<Vec<Submission>, Error> {
    let statement = client
        .prepare_cached(
            "-- submissions::list_submitted
            SELECT * FROM submission WHERE book_id = $1 AND challenge = $2 AND state = 'submitted' ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    with_content(client, challenge.book, &rows).await
}

async fn with_content(client: &impl GenericClient, book: BookId, of: &[Row]) -> Result<Vec<Submission>, Error> {
    let ids: Vec<Uuid> = of.iter().map(|row| row.get("id")).collect();
    // The revisions of these rows: there may be younger ones by now.
    let revisions: Vec<i32> = of.iter().map(|row| row.get("revision")).collect();
    let statement = client
        .prepare_cached(
            "-- submissions::with_evidence
            SELECT e.submission, e.kind, e.title, e.url, e.sha256, e.licence
              FROM submission_evidence e
             WHERE e.book_id = $1 AND (e.submission, e.revision) IN (SELECT * FROM unnest($2::uuid[], $3::int[]))
             ORDER BY e.submission, e.number",
        )
        .await?;
    let mut evidence: HashMap<Uuid, Vec<Evidence>> = HashMap::new();
    for row in
        client.query(&statement, &[/* book_id */ &book.0, /* submission */ &ids, /* revision */ &revisions]).await?
    {
        evidence.entry(row.get("submission")).or_default().push(piece(&row)?);
    }
    let statement = client
        .prepare_cached(
            "-- submissions::with_attributions
            SELECT a.submission, a.builds_on, a.part, a.share
              FROM attribution a
             WHERE a.book_id = $1 AND (a.submission, a.revision) IN (SELECT * FROM unnest($2::uuid[], $3::int[]))
             ORDER BY a.submission, a.number",
        )
        .await?;
    let mut attributions: HashMap<Uuid, Vec<Attribution>> = HashMap::new();
    for row in
        client.query(&statement, &[/* book_id */ &book.0, /* submission */ &ids, /* revision */ &revisions]).await?
    {
        attributions.entry(row.get("submission")).or_default().push(Attribution {
            part: row.get("part"),
            share: row.get::<_, i16>("share").cast_unsigned(),
            submission: SubmissionId::new(book, row.get("builds_on")),
        });
    }
    of.iter()
        .zip(ids)
        .map(|(row, id)| {
            let pieces = evidence.remove(&id).unwrap_or_default();
            from_row(row, pieces, attributions.remove(&id).unwrap_or_default())
        })
        .collect()
}

/// Saves where it stands and what it says now, and raises the version; answers it as it is then. The caller has locked it; `edited` when its text
/// is another one.
pub async fn update(tx: &Transaction<'_>, changed: &Submission, edited: bool) -> Result<Submission, Error> {
    let statement = tx
        .prepare_cached(
            "-- submissions::update
            UPDATE submission SET title = $3, note = $4, digest = $5, revision = $6, state = $7, submitted_at = $8,
                                  version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* title */ &changed.content.title,
                /* note */ &changed.content.note,
                /* digest */ &changed.digest().0.as_slice(),
                /* revision */ &changed.revision,
                /* state */ &changed.state.as_str(),
                /* submitted_at */ &changed.state.submitted_at(),
            ],
        )
        .await?;
    if edited {
        insert_content(tx, changed).await?;
    }
    from_row(&row, changed.content.evidence.clone(), changed.content.attributions.clone())
}

/// What is still a draft when submissions close is incomplete; says how many there were.
pub async fn close_drafts(tx: &Transaction<'_>, challenge: ChallengeId) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- submissions::close_drafts
            UPDATE submission SET state = 'incomplete', version = version + 1
             WHERE book_id = $1 AND challenge = $2 AND state = 'draft'",
        )
        .await?;
    Ok(tx.execute(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?)
}

/// Gives a submission its place.
pub async fn update_placed(tx: &Transaction<'_>, id: SubmissionId, placed: Placed) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- submissions::update_placed
            UPDATE submission SET place = $3, score = $4, version = version + 1 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* id */ &id.object,
            /* place */ &placed.place,
            /* score */ &placed.score,
        ],
    )
    .await?;
    Ok(())
}

/// The places of all submissions to a challenge fall: they are judged again.
pub async fn clear_places(tx: &Transaction<'_>, challenge: ChallengeId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- submissions::clear_places
            UPDATE submission SET place = NULL, score = NULL, version = version + 1
             WHERE book_id = $1 AND challenge = $2 AND place IS NOT NULL",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(())
}
