//! What two people of the host do to a claim together, as one of them has asked for it.

use crate::engine::store::rows::{moment, money, word};
use crate::error::Error;
use crate::id::{BookId, ClaimId, PersonId};
use crate::milestones::rules::clawback::{Asked, Request, RequestState};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Request, Error> {
    let asked = match row.get::<_, &str>("kind") {
        "revocation" => Asked::Revocation,
        "write_off" => {
            Asked::WriteOff { amount: money(row.get("amount"), currency)?, bearer: word(row.get("bearer"))? }
        }
        other => return Err(Error::inconsistent(format!("a request for {other}"))),
    };
    let confirmed: Option<Uuid> = row.get("confirmed_by");
    let state = match (row.get::<_, &str>("state"), confirmed) {
        ("requested", None) => RequestState::Requested,
        ("confirmed", Some(by)) => RequestState::Confirmed { by: PersonId(by), at: moment(row, "ended_at")? },
        ("lapsed", None) => RequestState::Lapsed { at: moment(row, "ended_at")? },
        (other, _) => return Err(Error::inconsistent(format!("a request in the state {other}"))),
    };
    Ok(Request {
        claim: ClaimId::new(BookId(row.get("book_id")), row.get("claim_id")),
        number: row.get("number"),
        asked,
        reason: row.get("reason"),
        requested_by: PersonId(row.get("requested_by")),
        requested_at: row.get("requested_at"),
        until: row.get("until"),
        state,
    })
}

/// A new request. The caller has locked the claim.
pub async fn insert(tx: &Transaction<'_>, new: &Request) -> Result<(), Error> {
    let (amount, bearer) = match new.asked {
        Asked::Revocation => (0, ""),
        Asked::WriteOff { amount, bearer } => (amount.minor(), bearer.as_str()),
    };
    let statement = tx
        .prepare_cached(
            "-- requests::insert
            INSERT INTO claim_request (book_id, claim_id, number, kind, amount, bearer, reason, requested_by, requested_at,
                                       until, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.claim.book.0,
            /* claim_id */ &new.claim.object,
            /* number */ &new.number,
            /* kind */ &new.asked.as_str(),
            /* amount */ &amount,
            /* bearer */ &bearer,
            /* reason */ &new.reason,
            /* requested_by */ &new.requested_by.0,
            /* requested_at */ &new.requested_at,
            /* until */ &new.until,
            /* state */ &new.state.as_str(),
        ],
    )
    .await?;
    Ok(())
}

/// The requests of a claim by number, after one. Amounts are in the currency of the claim.
pub async fn list(
    client: &impl GenericClient,
    claim: ClaimId,
    currency: Currency,
    after: i32,
    limit: i64,
) -> Result<Vec<Request>, Error> {
    let statement = client
        .prepare_cached(
            "-- requests::list
            SELECT * FROM claim_request WHERE book_id = $1 AND claim_id = $2 AND number > $3 ORDER BY number LIMIT $4",
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

/// The requests of a claim that nobody has confirmed and that are not marked as lapsed, by number: one of each kind at most.
pub async fn list_open(client: &impl GenericClient, claim: ClaimId, currency: Currency) -> Result<Vec<Request>, Error> {
    let statement = client
        .prepare_cached(
            "-- requests::list_open
            SELECT * FROM claim_request WHERE book_id = $1 AND claim_id = $2 AND state = 'requested' ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// How many requests a claim has had: the number of the last.
pub async fn count(client: &impl GenericClient, claim: ClaimId) -> Result<i32, Error> {
    let statement = client
        .prepare_cached(
            "-- requests::count
            SELECT coalesce(max(number), 0) AS last FROM claim_request WHERE book_id = $1 AND claim_id = $2",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    Ok(row.get("last"))
}

/// A request. Whoever ends it has locked the claim.
pub async fn get(
    client: &impl GenericClient,
    claim: ClaimId,
    number: i32,
    currency: Currency,
) -> Result<Request, Error> {
    let statement = client
        .prepare_cached(
            "-- requests::get
            SELECT * FROM claim_request WHERE book_id = $1 AND claim_id = $2 AND number = $3",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object, /* number */ &number])
        .await?;
    row.as_ref().map(|row| from_row(row, currency)).transpose()?.ok_or(Error::NotFound("request"))
}

/// Saves how a request ended.
pub async fn end(tx: &Transaction<'_>, ended: &Request) -> Result<(), Error> {
    let (by, at) = match ended.state {
        RequestState::Requested => return Err(Error::inconsistent("a request that goes on is not ended")),
        RequestState::Confirmed { by, at } => (Some(by.0), at),
        RequestState::Lapsed { at } => (None, at),
    };
    let statement = tx
        .prepare_cached(
            "-- requests::end
            UPDATE claim_request SET state = $4, confirmed_by = $5, ended_at = $6
             WHERE book_id = $1 AND claim_id = $2 AND number = $3",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &ended.claim.book.0,
            /* claim_id */ &ended.claim.object,
            /* number */ &ended.number,
            /* state */ &ended.state.as_str(),
            /* confirmed_by */ &by,
            /* ended_at */ &at,
        ],
    )
    .await?;
    Ok(())
}
