//! Disputes over approved claims.

use crate::engine::store::rows::{moment, money, word};
use crate::error::Error;
use crate::id::{BookId, ClaimId, DisputeId, PersonId};
use crate::milestones::rules::dispute::{Decided, Dispute, DisputeState, Ended, Outcome, Said};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

/// What somebody said, where the column of its moment says that they did.
fn said(row: &Row, text: &str, by: &str, at: &str) -> Option<Said> {
    let at: Option<Timestamp> = row.get(at);
    let by: Option<Uuid> = row.get(by);
    at.zip(by).map(|(at, by)| Said { by: PersonId(by), at, text: row.get(text) })
}

/// The first decision, whatever became of it after an appeal.
fn decided(row: &Row) -> Result<Option<Decided>, Error> {
    let Some(said) = said(row, "decision", "decided_by", "decided_at") else { return Ok(None) };
    let outcome = Outcome { ruling: word(row.get("first_ruling"))?, struck: row.get("first_struck") };
    Ok(Some(Decided { outcome, said }))
}

fn from_row(row: &Row, currency: Currency) -> Result<Dispute, Error> {
    let book = BookId(row.get("book_id"));
    let ruling: &str = row.get("ruling");
    let outcome =
        if ruling.is_empty() { None } else { Some(Outcome { ruling: word(ruling)?, struck: row.get("struck") }) };
    let decision = decided(row)?;
    let name: &str = row.get("state");
    let state = match (name, decision.clone(), outcome) {
        ("open", None, _) => DisputeState::Open,
        ("answered", None, _) => DisputeState::Answered,
        ("replied", None, _) => DisputeState::Replied,
        ("decided", Some(decided), _) => DisputeState::Decided(decided),
        ("appealed", Some(decided), _) => DisputeState::Appealed(decided),
        ("upheld" | "upheld_part" | "dismissed", _, Some(outcome)) => DisputeState::Resolved(Ended {
            outcome,
            by: row.get::<_, Option<Uuid>>("resolved_by").map(PersonId),
            at: moment(row, "resolved_at")?,
            resolution: row.get("resolution"),
        }),
        _ => return Err(Error::inconsistent(format!("a dispute in the state {name}"))),
    };
    let reply: Option<Timestamp> = row.get("replied_at");
    let opened_by = PersonId(row.get("opened_by"));
    Ok(Dispute {
        id: DisputeId::new(book, row.get("id")),
        claim: ClaimId::new(book, row.get("claim_id")),
        opened_by,
        amount: money(row.get("amount"), currency)?,
        reason: row.get("reason"),
        opened_at: row.get("opened_at"),
        until: row.get("until"),
        answer: said(row, "answer", "answered_by", "answered_at"),
        reply: reply.map(|at| Said { by: opened_by, at, text: row.get("reply") }),
        decision,
        appeal: said(row, "appeal", "appealed_by", "appealed_at"),
        state,
        version: row.get("version"),
    })
}

/// A new dispute.
pub async fn insert(tx: &Transaction<'_>, new: &Dispute) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- disputes::insert
            INSERT INTO dispute (book_id, id, claim_id, opened_by, amount, reason, opened_at, until, state, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* claim_id */ &new.claim.object,
            /* opened_by */ &new.opened_by.0,
            /* amount */ &new.amount.minor(),
            /* reason */ &new.reason,
            /* opened_at */ &new.opened_at,
            /* until */ &new.until,
            /* state */ &new.state.as_str(),
            /* version */ &new.version,
        ],
    )
    .await?;
    Ok(())
}

/// The claim that a dispute is about.
pub async fn claim_of(client: &impl GenericClient, id: DisputeId) -> Result<ClaimId, Error> {
    let statement = client
        .prepare_cached(
            "-- disputes::claim_of
            SELECT claim_id FROM dispute WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.map(|row| ClaimId::new(id.book, row.get("claim_id"))).ok_or(Error::NotFound("dispute"))
}

/// The dispute with this id; its amount is in the currency of the claim. Whoever changes it has locked the claim.
pub async fn get(client: &impl GenericClient, id: DisputeId, currency: Currency) -> Result<Dispute, Error> {
    let statement = client
        .prepare_cached(
            "-- disputes::get
            SELECT * FROM dispute WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(|row| from_row(row, currency)).transpose()?.ok_or(Error::NotFound("dispute"))
}

/// The disputes of a claim, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    claim: ClaimId,
    currency: Currency,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Dispute>, Error> {
    let statement = client
        .prepare_cached(
            "-- disputes::list
            SELECT * FROM dispute WHERE book_id = $1 AND claim_id = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &claim.book.0,
                /* claim_id */ &claim.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// The disputes of a claim that are not over, the oldest first: at most one for each minor unit, so the claim bounds them.
pub async fn list_open(client: &impl GenericClient, claim: ClaimId, currency: Currency) -> Result<Vec<Dispute>, Error> {
    let statement = client
        .prepare_cached(
            "-- disputes::list_open
            SELECT * FROM dispute WHERE book_id = $1 AND claim_id = $2
               AND state IN ('open', 'answered', 'replied', 'decided', 'appealed') ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// Saves where it stands and what was said in it, and raises the version.
pub async fn update(tx: &Transaction<'_>, dispute: &Dispute) -> Result<Dispute, Error> {
    let (answer, reply, appeal) = (dispute.answer.as_ref(), dispute.reply.as_ref(), dispute.appeal.as_ref());
    let (first, ended) = (dispute.decision.as_ref(), dispute.state.ended());
    let outcome = ended.map(|ended| ended.outcome).or(first.map(|first| first.outcome));
    let text = |said: Option<&Said>| said.map(|said| said.text.clone()).unwrap_or_default();
    let by = |said: Option<&Said>| said.map(|said| said.by.0);
    let at = |said: Option<&Said>| said.map(|said| said.at);
    let said = first.map(|first| &first.said);
    let statement = tx
        .prepare_cached(
            "-- disputes::update
            UPDATE dispute
               SET state = $3, until = $4, answer = $5, answered_by = $6, answered_at = $7, reply = $8, replied_at = $9,
                   ruling = $10, struck = $11, decision = $12, decided_by = $13, decided_at = $14, first_ruling = $15,
                   first_struck = $16, appeal = $17, appealed_by = $18, appealed_at = $19, resolved_by = $20,
                   resolved_at = $21, resolution = $22, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &dispute.id.book.0,
                /* id */ &dispute.id.object,
                /* state */ &dispute.state.as_str(),
                /* until */ &dispute.until,
                /* answer */ &text(answer),
                /* answered_by */ &by(answer),
                /* answered_at */ &at(answer),
                /* reply */ &text(reply),
                /* replied_at */ &at(reply),
                /* ruling */ &outcome.map_or("", |outcome| outcome.ruling.as_str()),
                /* struck */ &outcome.map_or(0, |outcome| outcome.struck),
                /* decision */ &text(said),
                /* decided_by */ &by(said),
                /* decided_at */ &at(said),
                /* first_ruling */ &first.map_or("", |first| first.outcome.ruling.as_str()),
                /* first_struck */ &first.map_or(0, |first| first.outcome.struck),
                /* appeal */ &text(appeal),
                /* appealed_by */ &by(appeal),
                /* appealed_at */ &at(appeal),
                /* resolved_by */ &ended.and_then(|ended| ended.by).map(|by| by.0),
                /* resolved_at */ &ended.map(|ended| ended.at),
                /* resolution */ &ended.map_or("", |ended| ended.resolution.as_str()),
            ],
        )
        .await?;
    from_row(&row, dispute.amount.currency())
}
