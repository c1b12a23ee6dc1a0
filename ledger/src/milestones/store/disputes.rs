//! Disputes over approved claims.

use crate::engine::store::rows::money;
use crate::error::Error;
use crate::id::{BookId, ClaimId, DisputeId, PersonId};
use crate::milestones::rules::dispute::{Dispute, DisputeState, Ruling};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Dispute, Error> {
    let book = BookId(row.get("book_id"));
    let resolved = |ruling| DisputeState::Resolved {
        ruling,
        by: row.get::<_, Option<Uuid>>("resolved_by").map(PersonId),
        at: row.get::<_, Option<Timestamp>>("resolved_at").unwrap_or_default(),
        resolution: row.get("resolution"),
    };
    let state = match row.get::<_, &str>("state") {
        "open" => DisputeState::Open,
        "upheld" => resolved(Ruling::Uphold),
        "dismissed" => resolved(Ruling::Dismiss),
        other => return Err(Error::inconsistent(format!("a dispute in the state {other}"))),
    };
    Ok(Dispute {
        id: DisputeId::new(book, row.get("id")),
        claim: ClaimId::new(book, row.get("claim_id")),
        opened_by: PersonId(row.get("opened_by")),
        amount: money(row.get("amount"), currency)?,
        reason: row.get("reason"),
        opened_at: row.get("opened_at"),
        until: row.get("until"),
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

/// The open disputes of a claim, the oldest first: at most one for each minor unit, so the claim bounds them.
pub async fn list_open(client: &impl GenericClient, claim: ClaimId, currency: Currency) -> Result<Vec<Dispute>, Error> {
    let statement = client
        .prepare_cached(
            "-- disputes::list_open
            SELECT * FROM dispute WHERE book_id = $1 AND claim_id = $2 AND state = 'open' ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// Saves how it was decided, and raises the version.
pub async fn update(tx: &Transaction<'_>, dispute: &Dispute) -> Result<Dispute, Error> {
    let (by, at, resolution) = match &dispute.state {
        DisputeState::Open => (None, None, ""),
        DisputeState::Resolved { by, at, resolution, .. } => (by.map(|by| by.0), Some(*at), resolution.as_str()),
    };
    let statement = tx
        .prepare_cached(
            "-- disputes::update
            UPDATE dispute SET state = $3, resolved_by = $4, resolved_at = $5, resolution = $6, version = version + 1
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
                /* resolved_by */ &by,
                /* resolved_at */ &at,
                /* resolution */ &resolution,
            ],
        )
        .await?;
    from_row(&row, dispute.amount.currency())
}
