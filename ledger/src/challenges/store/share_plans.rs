//! Share plans with their present parts.

use crate::challenges::rules::award::{Fixed, Part};
use crate::challenges::rules::share_plan::{Share, SharePart, SharePlan};
use crate::engine::store::rows::{digest, word};
use crate::error::Error;
use crate::id::{BookId, ChallengeId, OrganisationId, PersonId, SharePlanId, SubmissionId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, parts: Vec<SharePart>) -> Result<SharePlan, Error> {
    let book = BookId(row.get("book_id"));
    let plan = SharePlan {
        id: SharePlanId::new(book, row.get("id")),
        challenge: ChallengeId::new(book, row.get("challenge")),
        submission: SubmissionId::new(book, row.get("submission")),
        team: OrganisationId(row.get("team")),
        proposed_by: PersonId(row.get("proposed_by")),
        proposed_at: row.get("proposed_at"),
        revision: row.get("revision"),
        note: row.get("note"),
        parts,
        state: word(row.get("state"))?,
        since: row.get("state_since"),
        until: row.get("state_until"),
        decided_by: row.get::<_, Option<Uuid>>("decided_by").map(PersonId),
        decision: row.get("decision"),
        version: row.get("version"),
    };
    if plan.digest() != digest(row.get("sha256"))? {
        return Err(Error::inconsistent(format!("{}: its parts no longer have the digest that was stored", plan.id)));
    }
    Ok(plan)
}

async fn with_parts(client: &impl GenericClient, book: BookId, of: &[Row]) -> Result<Vec<SharePlan>, Error> {
    let ids: Vec<Uuid> = of.iter().map(|row| row.get("id")).collect();
    let revisions: Vec<i32> = of.iter().map(|row| row.get("revision")).collect();
    let statement = client
        .prepare_cached(
            "-- share_plans::with_parts
            SELECT t.plan, t.team, t.share, t.part, t.state, t.answered_by, t.answered_at, t.reason
              FROM share_part t
             WHERE t.book_id = $1 AND (t.plan, t.revision) IN (SELECT * FROM unnest($2::uuid[], $3::int[]))
             ORDER BY t.plan, t.number",
        )
        .await?;
    let mut parts: HashMap<Uuid, Vec<SharePart>> = HashMap::new();
    for row in client.query(&statement, &[/* book_id */ &book.0, /* plans */ &ids, /* revisions */ &revisions]).await? {
        let share = Share {
            part: row.get("part"),
            share: row.get::<_, i16>("share").cast_unsigned(),
            team: OrganisationId(row.get("team")),
        };
        parts.entry(row.get("plan")).or_default().push(SharePart {
            share,
            state: word(row.get("state"))?,
            answered_by: row.get::<_, Option<Uuid>>("answered_by").map(PersonId),
            answered_at: row.get("answered_at"),
            reason: row.get("reason"),
        });
    }
    of.iter().zip(ids).map(|(row, id)| from_row(row, parts.remove(&id).unwrap_or_default())).collect()
}

/// A new plan with its first parts; `false` when the submission has one.
pub async fn insert(tx: &Transaction<'_>, new: &SharePlan) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- share_plans::insert
            INSERT INTO share_plan (book_id, id, challenge, submission, team, proposed_by, proposed_at, state_since, state_until,
                                    revision, state, note, sha256)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (book_id, submission) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* challenge */ &new.challenge.object,
                /* submission */ &new.submission.object,
                /* team */ &new.team.0,
                /* proposed_by */ &new.proposed_by.0,
                /* proposed_at */ &new.proposed_at,
                /* state_since */ &new.since,
                /* state_until */ &new.until,
                /* revision */ &new.revision,
                /* state */ &new.state.as_str(),
                /* note */ &new.note,
                /* sha256 */ &new.digest().0.as_slice(),
            ],
        )
        .await?;
    if written == 1 {
        insert_parts(tx, new).await?;
    }
    Ok(written == 1)
}

/// The parts of the present revision, which no earlier one had.
pub async fn insert_parts(tx: &Transaction<'_>, of: &SharePlan) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- share_plans::insert_parts
            INSERT INTO share_part (book_id, plan, revision, number, team, share, part, state, answered_by, answered_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .await?;
    for (part, number) in of.parts.iter().zip(1i16..) {
        tx.execute(
            &statement,
            &[
                /* book_id */ &of.id.book.0,
                /* plan */ &of.id.object,
                /* revision */ &of.revision,
                /* number */ &number,
                /* team */ &part.share.team.0,
                /* share */ &part.share.share.cast_signed(),
                /* part */ &part.share.part,
                /* state */ &part.state.as_str(),
                /* answered_by */ &part.answered_by.map(|by| by.0),
                /* answered_at */ &part.answered_at,
            ],
        )
        .await?;
    }
    Ok(())
}

/// Saves what the team of a part says of it. The caller has locked the plan.
pub async fn update_part(tx: &Transaction<'_>, of: &SharePlan, part: &SharePart) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- share_plans::update_part
            UPDATE share_part SET state = $5, answered_by = $6, answered_at = $7, reason = $8
             WHERE book_id = $1 AND plan = $2 AND revision = $3 AND team = $4",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &of.id.book.0,
            /* plan */ &of.id.object,
            /* revision */ &of.revision,
            /* team */ &part.share.team.0,
            /* state */ &part.state.as_str(),
            /* answered_by */ &part.answered_by.map(|by| by.0),
            /* answered_at */ &part.answered_at,
            /* reason */ &part.reason,
        ],
    )
    .await?;
    Ok(())
}

/// Saves how a plan stands, and raises its version; its parts are written apart. The caller has locked it.
pub async fn update(tx: &Transaction<'_>, changed: &SharePlan) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- share_plans::update
            UPDATE share_plan SET proposed_by = $3, proposed_at = $4, state_since = $5, state_until = $6, revision = $7, state = $8,
                                  note = $9, sha256 = $10, decided_by = $11, decision = $12, version = version + 1
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &changed.id.book.0,
            /* id */ &changed.id.object,
            /* proposed_by */ &changed.proposed_by.0,
            /* proposed_at */ &changed.proposed_at,
            /* state_since */ &changed.since,
            /* state_until */ &changed.until,
            /* revision */ &changed.revision,
            /* state */ &changed.state.as_str(),
            /* note */ &changed.note,
            /* sha256 */ &changed.digest().0.as_slice(),
            /* decided_by */ &changed.decided_by.map(|by| by.0),
            /* decision */ &changed.decision,
        ],
    )
    .await?;
    Ok(())
}

/// The plan with an id.
pub async fn get(client: &impl GenericClient, id: SharePlanId) -> Result<SharePlan, Error> {
    let statement =
        client.prepare_cached("-- share_plans::get\nSELECT * FROM share_plan WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    with_parts(client, id.book, row.as_slice()).await?.pop().ok_or(Error::NotFound("share plan"))
}

/// The plan, its row locked until the transaction ends. Its challenge and its submission are locked before it.
pub async fn lock(tx: &Transaction<'_>, id: SharePlanId) -> Result<SharePlan, Error> {
    let statement = tx
        .prepare_cached(
            "-- share_plans::lock
            SELECT * FROM share_plan WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    with_parts(tx, id.book, row.as_slice()).await?.pop().ok_or(Error::NotFound("share plan"))
}

/// The plan of a submission; none when it has none.
pub async fn find_of_submission(
    client: &impl GenericClient,
    submission: SubmissionId,
) -> Result<Option<SharePlan>, Error> {
    let statement = client
        .prepare_cached(
            "-- share_plans::find_of_submission
            SELECT * FROM share_plan WHERE book_id = $1 AND submission = $2",
        )
        .await?;
    let row =
        client.query_opt(&statement, &[/* book_id */ &submission.book.0, /* submission */ &submission.object]).await?;
    Ok(with_parts(client, submission.book, row.as_slice()).await?.pop())
}

/// The plans of a challenge that wait, the oldest first; their rows are locked. The challenge is locked before them.
pub async fn lock_open(tx: &Transaction<'_>, challenge: ChallengeId) -> Result<Vec<SharePlan>, Error> {
    let statement = tx
        .prepare_cached(
            "-- share_plans::lock_open
            SELECT * FROM share_plan
             WHERE book_id = $1 AND challenge = $2 AND state IN ('proposed', 'objected') ORDER BY id FOR NO KEY UPDATE",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    with_parts(tx, challenge.book, &rows).await
}

/// Who reads the plans of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// People of the host: all plans.
    Host,
    /// A person: what is fixed, and the plans that a team of theirs proposes or is named in.
    Person(PersonId),
    /// Everybody: what is fixed.
    Anybody,
}

/// The plans of a challenge that somebody may see, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    challenge: ChallengeId,
    reader: Reader,
    after: Uuid,
    limit: i64,
) -> Result<Vec<SharePlan>, Error> {
    let statement = client
        .prepare_cached(
            "-- share_plans::list
            SELECT p.* FROM share_plan p
             WHERE p.book_id = $1 AND p.challenge = $2 AND p.id > $3
               AND (p.state = 'fixed' OR $5
                    OR EXISTS (SELECT FROM membership m WHERE m.organisation = p.team AND m.person = $6)
                    OR EXISTS (SELECT FROM share_part t JOIN membership m ON m.organisation = t.team
                                WHERE t.book_id = $1 AND t.plan = p.id AND t.revision = p.revision AND m.person = $6))
             ORDER BY p.id LIMIT $4",
        )
        .await?;
    let person = match reader {
        Reader::Person(id) => Some(id.0),
        Reader::Host | Reader::Anybody => None,
    };
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* after */ &after,
                /* limit */ &limit,
                /* is_host */ &(reader == Reader::Host),
                /* person */ &person,
            ],
        )
        .await?;
    with_parts(client, challenge.book, &rows).await
}

/// The fixed plans of some submissions, by them. Each part is of the submission itself.
pub async fn fixed(
    client: &impl GenericClient,
    book: BookId,
    of: &[SubmissionId],
) -> Result<BTreeMap<SubmissionId, Fixed>, Error> {
    let ids: Vec<Uuid> = of.iter().map(|id| id.object).collect();
    let statement = client
        .prepare_cached(
            "-- share_plans::fixed
            SELECT * FROM share_plan WHERE book_id = $1 AND submission = ANY($2) AND state = 'fixed'",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* submissions */ &ids]).await?;
    let mut fixed = BTreeMap::new();
    for plan in with_parts(client, book, &rows).await? {
        let part =
            |part: &SharePart| Part { submission: plan.submission, team: part.share.team, share: part.share.share };
        let parts = plan.parts.iter().map(part).collect();
        fixed.insert(plan.submission, Fixed { plan: plan.id, parts });
    }
    Ok(fixed)
}

/// The moment at which a plan of some submissions comes due next; none when none of them waits.
pub async fn next_due(
    client: &impl GenericClient,
    book: BookId,
    of: &[SubmissionId],
) -> Result<Option<Timestamp>, Error> {
    let ids: Vec<Uuid> = of.iter().map(|id| id.object).collect();
    let statement = client
        .prepare_cached(
            "-- share_plans::next_due
            SELECT min(state_until) AS next FROM share_plan
             WHERE book_id = $1 AND submission = ANY($2) AND state IN ('proposed', 'objected')",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* submissions */ &ids]).await?;
    Ok(row.get("next"))
}

/// The addresses of the people of some organisations, each once.
pub async fn addresses(client: &impl GenericClient, of: &[OrganisationId]) -> Result<Vec<String>, Error> {
    let ids: Vec<Uuid> = of.iter().map(|id| id.0).collect();
    let statement = client
        .prepare_cached(
            "-- share_plans::addresses
            SELECT DISTINCT p.email FROM membership m JOIN person p ON p.id = m.person
             WHERE m.organisation = ANY($1) AND p.disabled_at IS NULL ORDER BY p.email",
        )
        .await?;
    Ok(client.query(&statement, &[/* organisations */ &ids]).await?.iter().map(|row| row.get("email")).collect())
}
