//! Claims, with the evidence of each of their texts.

use crate::engine::store::rows::{digest, moment, money, piece, word};
use crate::error::Error;
use crate::evidence::Evidence;
use crate::id::{BookId, ClaimId, MilestoneId, OrganisationId, PersonId};
use crate::milestones::rules::claim::{Claim, ClaimState, Content, Decision, UnderReview};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn state(row: &Row) -> Result<ClaimState, Error> {
    let under_review = || {
        Ok::<_, Error>(UnderReview {
            submitted_at: moment(row, "submitted_at")?,
            until: moment(row, "decide_until")?,
            escalated: row.get("escalated"),
        })
    };
    let decision = || {
        Ok::<_, Error>(Decision {
            amount: row.get("approved_amount"),
            by: word(row.get("decided_by"))?,
            at: moment(row, "decided_at")?,
            objection_until: moment(row, "objection_until")?,
            frozen: row.get("frozen"),
            struck: row.get("struck"),
            released: row.get("released_total"),
        })
    };
    Ok(match row.get::<_, &str>("state") {
        "draft" => ClaimState::Draft { until: moment(row, "decide_until")? },
        "submitted" => ClaimState::Submitted(under_review()?),
        "in_review" => ClaimState::InReview(under_review()?),
        "changes_asked" => ClaimState::ChangesAsked { until: moment(row, "decide_until")? },
        "approved" => ClaimState::Approved(decision()?),
        "disputed" => ClaimState::Disputed(decision()?),
        "rejected" => ClaimState::Rejected { reason: row.get("reason") },
        "payable" => ClaimState::Payable(decision()?),
        "paid" => ClaimState::Paid(decision()?),
        "revoked" => ClaimState::Revoked { reason: row.get("reason"), decision: decision()? },
        "expired" => ClaimState::Expired,
        other => return Err(Error::inconsistent(format!("a claim in the state {other}"))),
    })
}

fn from_row(row: &Row, evidence: Vec<Evidence>) -> Result<Claim, Error> {
    let book = BookId(row.get("book_id"));
    let claim = Claim {
        id: ClaimId::new(book, row.get("id")),
        milestone: MilestoneId::new(book, row.get("milestone_id")),
        team: OrganisationId(row.get("team")),
        claimant: PersonId(row.get("claimant")),
        content: Content {
            amount: money(row.get("amount"), word(row.get("currency"))?)?,
            note: row.get("note"),
            evidence,
        },
        revision: row.get("revision"),
        round: row.get("round"),
        state: state(row)?,
        version: row.get("version"),
        created_at: row.get("created_at"),
    };
    if claim.digest() != digest(row.get("digest"))? {
        return Err(Error::inconsistent(format!("{}: its rows no longer have the digest that was stored", claim.id)));
    }
    Ok(claim)
}

/// The columns that follow from where a claim stands.
#[derive(Default)]
struct Facts<'a> {
    approved_amount: i64,
    frozen: i64,
    struck: i64,
    released: i64,
    submitted_at: Option<Timestamp>,
    decide_until: Option<Timestamp>,
    decided_at: Option<Timestamp>,
    objection_until: Option<Timestamp>,
    escalated: bool,
    decided_by: &'static str,
    reason: &'a str,
}

fn facts(state: &ClaimState) -> Facts<'_> {
    let decide_until = state.deadline();
    match state {
        ClaimState::Draft { .. } | ClaimState::ChangesAsked { .. } | ClaimState::Expired => {
            Facts { decide_until, ..Facts::default() }
        }
        ClaimState::Submitted(review) | ClaimState::InReview(review) => Facts {
            submitted_at: Some(review.submitted_at),
            decide_until,
            escalated: review.escalated,
            ..Facts::default()
        },
        ClaimState::Approved(decision)
        | ClaimState::Disputed(decision)
        | ClaimState::Payable(decision)
        | ClaimState::Paid(decision) => decided(decision, ""),
        ClaimState::Revoked { reason, decision } => decided(decision, reason),
        ClaimState::Rejected { reason } => Facts { reason, ..Facts::default() },
    }
}

fn decided<'a>(decision: &Decision, reason: &'a str) -> Facts<'a> {
    Facts {
        approved_amount: decision.amount,
        frozen: decision.frozen,
        struck: decision.struck,
        released: decision.released,
        decided_at: Some(decision.at),
        objection_until: Some(decision.objection_until),
        decided_by: decision.by.as_str(),
        reason,
        ..Facts::default()
    }
}

/// A new claim with its first text.
pub async fn insert(tx: &Transaction<'_>, new: &Claim) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- claims::insert
            INSERT INTO claim (book_id, id, milestone_id, team, claimant, amount, currency, note, digest, revision, round,
                               state, decide_until, version, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* milestone_id */ &new.milestone.object,
            /* team */ &new.team.0,
            /* claimant */ &new.claimant.0,
            /* amount */ &new.content.amount.minor(),
            /* currency */ &new.content.amount.currency().code(),
            /* note */ &new.content.note,
            /* digest */ &new.digest().0.as_slice(),
            /* revision */ &new.revision,
            /* round */ &new.round,
            /* state */ &new.state.as_str(),
            /* decide_until */ &new.state.deadline(),
            /* version */ &new.version,
            /* created_at */ &new.created_at,
        ],
    )
    .await?;
    insert_evidence(tx, new).await
}

/// The evidence of the claim's present text, which no earlier text had.
pub async fn insert_evidence(tx: &Transaction<'_>, claim: &Claim) -> Result<(), Error> {
    let pieces = &claim.content.evidence;
    let kinds: Vec<&str> = pieces.iter().map(|piece| piece.kind().as_str()).collect();
    let titles: Vec<&str> = pieces.iter().map(Evidence::title).collect();
    let urls: Vec<&str> = pieces.iter().map(Evidence::url).collect();
    let digests: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.sha256().0.to_vec()).collect();
    let licences: Vec<&str> = pieces.iter().map(|piece| piece.licence().unwrap_or_default()).collect();
    let statement = tx
        .prepare_cached(
            "-- claims::insert_evidence
            INSERT INTO evidence (book_id, claim_id, revision, number, kind, title, url, sha256, licence)
            SELECT $1, $2, $3, piece.number, piece.kind, piece.title, piece.url, piece.sha256, piece.licence
              FROM unnest($4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[])
                   WITH ORDINALITY AS piece (kind, title, url, sha256, licence, number)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &claim.id.book.0,
            /* claim_id */ &claim.id.object,
            /* revision */ &claim.revision,
            /* kind */ &kinds,
            /* title */ &titles,
            /* url */ &urls,
            /* sha256 */ &digests,
            /* licence */ &licences,
        ],
    )
    .await?;
    Ok(())
}

/// The claim with this id.
pub async fn get(client: &impl GenericClient, id: ClaimId) -> Result<Claim, Error> {
    let statement = client
        .prepare_cached(
            "-- claims::get
            SELECT * FROM claim WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    with_evidence(client, id.book, row.as_slice()).await?.pop().ok_or(Error::NotFound("claim"))
}

/// The claim, its row locked until the transaction ends. Its campaign and its milestone are locked before it.
pub async fn lock(tx: &Transaction<'_>, id: ClaimId) -> Result<Claim, Error> {
    let statement = tx
        .prepare_cached(
            "-- claims::lock
            SELECT * FROM claim WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    with_evidence(tx, id.book, row.as_slice()).await?.pop().ok_or(Error::NotFound("claim"))
}

/// The claims of a milestone, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    milestone: MilestoneId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Claim>, Error> {
    let statement = client
        .prepare_cached(
            "-- claims::list
            SELECT * FROM claim WHERE book_id = $1 AND milestone_id = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &milestone.book.0,
                /* milestone_id */ &milestone.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    with_evidence(client, milestone.book, &rows).await
}

/// The newest claims of a milestone, the newest first.
pub async fn list_newest(client: &impl GenericClient, milestone: MilestoneId, limit: i64) -> Result<Vec<Claim>, Error> {
    let statement = client
        .prepare_cached(
            "-- claims::list_newest
            SELECT * FROM claim WHERE book_id = $1 AND milestone_id = $2 ORDER BY id DESC LIMIT $3",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &milestone.book.0, /* milestone_id */ &milestone.object, /* limit */ &limit])
        .await?;
    with_evidence(client, milestone.book, &rows).await
}

async fn with_evidence(client: &impl GenericClient, book: BookId, claims: &[Row]) -> Result<Vec<Claim>, Error> {
    let ids: Vec<Uuid> = claims.iter().map(|row| row.get("id")).collect();
    let statement = client
        .prepare_cached(
            "-- claims::with_evidence
            SELECT e.claim_id, e.kind, e.title, e.url, e.sha256, e.licence
              FROM evidence e
             WHERE e.book_id = $1 AND (e.claim_id, e.revision) IN (SELECT * FROM unnest($2::uuid[], $3::int[]))
             ORDER BY e.claim_id, e.number",
        )
        .await?;
    // The revisions of these rows: there may be younger ones by now.
    let revisions: Vec<i32> = claims.iter().map(|row| row.get("revision")).collect();
    let rows =
        client.query(&statement, &[/* book_id */ &book.0, /* claim_id */ &ids, /* revision */ &revisions]).await?;
    let mut evidence: HashMap<Uuid, Vec<Evidence>> = HashMap::new();
    for row in &rows {
        evidence.entry(row.get("claim_id")).or_default().push(piece(row)?);
    }
    claims.iter().map(|row| from_row(row, evidence.remove(&row.get("id")).unwrap_or_default())).collect()
}

/// Saves what it says and where it stands, and raises the version; answers it as it is then. The caller has locked it.
pub async fn update(tx: &Transaction<'_>, claim: &Claim) -> Result<Claim, Error> {
    let facts = facts(&claim.state);
    let statement = tx
        .prepare_cached(
            "-- claims::update
            UPDATE claim
               SET claimant = $3, amount = $4, note = $5, digest = $6, revision = $7, round = $8, state = $9,
                   approved_amount = $10, frozen = $11, struck = $12, released_total = $13, submitted_at = $14,
                   decide_until = $15, decided_at = $16, objection_until = $17, escalated = $18, decided_by = $19,
                   reason = $20, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &claim.id.book.0,
                /* id */ &claim.id.object,
                /* claimant */ &claim.claimant.0,
                /* amount */ &claim.content.amount.minor(),
                /* note */ &claim.content.note,
                /* digest */ &claim.digest().0.as_slice(),
                /* revision */ &claim.revision,
                /* round */ &claim.round,
                /* state */ &claim.state.as_str(),
                /* approved_amount */ &facts.approved_amount,
                /* frozen */ &facts.frozen,
                /* struck */ &facts.struck,
                /* released_total */ &facts.released,
                /* submitted_at */ &facts.submitted_at,
                /* decide_until */ &facts.decide_until,
                /* decided_at */ &facts.decided_at,
                /* objection_until */ &facts.objection_until,
                /* escalated */ &facts.escalated,
                /* decided_by */ &facts.decided_by,
                /* reason */ &facts.reason,
            ],
        )
        .await?;
    from_row(&row, claim.content.evidence.clone())
}
