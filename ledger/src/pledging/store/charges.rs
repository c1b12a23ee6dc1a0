//! Charges: the due payments of pledges.

use crate::book::Companion;
use crate::calendar::to_microseconds;
use crate::engine::store::rows::original;
use crate::error::{Error, Refusal};
use crate::id::{BookId, CampaignId, ChargeId, OrganisationId, PledgeId, SettlementId};
use crate::money::{Currency, Money};
use crate::pledging::rules::charge::{Charge, DeclineKind, Ladder, State};
use crate::pledging::rules::conversion::Conversion;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

pub(super) fn charge(row: &Row) -> Result<Charge, Error> {
    let book = BookId(row.get("book_id"));
    let id = ChargeId::new(book, row.get("id"));
    let bad = |what: &str| Error::inconsistent(format!("charge {id}: {what}"));
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?;
    Ok(Charge {
        id,
        pledge: PledgeId::new(book, row.get("pledge")),
        campaign: CampaignId::new(book, row.get("campaign")),
        partner: OrganisationId(row.get("partner")),
        sequence: row.get("sequence"),
        due_on: row.get("due_on"),
        amount: Money::from_minor(row.get("amount"), currency).map_err(|_| bad("amount"))?,
        conversion: conversion(row, currency)?,
        refunded: row.get("refunded"),
        fees: row.get("fees"),
        withheld: row.get("withheld"),
        arrived: row.get("arrived"),
        doubted_at: row.get("doubted_at"),
        disputed: row.get("disputed"),
        lost: row.get("lost"),
        rail: row.get::<_, &str>("rail").parse()?,
        method: row.get::<_, &str>("method").parse()?,
        state: state(row)?.ok_or_else(|| bad("state"))?,
        promise: row.get::<_, &str>("promise").parse()?,
        settlement: row.get::<_, Option<Uuid>>("settlement").map(|object| SettlementId::new(book, object)),
        entry: row.get("entry"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

fn conversion(row: &Row, currency: Currency) -> Result<Option<Conversion>, Error> {
    let Some(original) = original(row)? else { return Ok(None) };
    let promised = Money::from_minor(row.get("promised_amount"), currency);
    let promised =
        promised.map_err(|_| Error::inconsistent("a payment in another currency was promised as nothing"))?;
    Ok(Some(Conversion { original, promised }))
}

fn state(row: &Row) -> Result<Option<State>, Error> {
    let attempt = row.get("attempt");
    let ladder =
        row.get::<_, Option<Date>>("first_declined_on").map(|first| Ladder { first, declines: row.get("declines") });
    let captured_on: Option<Date> = row.get("captured_on");
    let provider_reference: Option<String> = row.get("provider_reference");
    Ok(match (row.get("state"), captured_on, provider_reference) {
        ("processing", None, None) => {
            row.get::<_, Option<Timestamp>>("waits_until").map(|until| State::Processing { attempt, until, ladder })
        }
        ("declined", None, None) => Some(State::Declined {
            attempt,
            code: row.get("decline_code"),
            kind: row.get::<_, &str>("decline_kind").parse::<DeclineKind>()?,
            ladder,
            retry_on: row.get("retry_on"),
        }),
        ("captured", Some(on), Some(provider_reference)) => Some(State::Captured { attempt, on, provider_reference }),
        ("settled", Some(on), Some(provider_reference)) => Some(State::Settled { attempt, on, provider_reference }),
        ("voided", None, Some(provider_reference)) => Some(State::Voided { attempt, provider_reference }),
        ("missed", None, None) => Some(State::Missed),
        _ => None,
    })
}

/// What the columns of a state hold.
#[derive(Default)]
pub(super) struct Columns<'a> {
    waits_until: Option<Timestamp>,
    ladder: Option<Ladder>,
    retry_on: Option<Date>,
    kind: &'static str,
    pub(super) code: &'a str,
    captured_on: Option<Date>,
    pub(super) provider_reference: Option<&'a str>,
}

pub(super) fn columns(state: &State) -> Columns<'_> {
    match state {
        State::Scheduled | State::Missed => Columns::default(),
        State::Processing { until, ladder, .. } => {
            Columns { waits_until: Some(*until), ladder: *ladder, ..Columns::default() }
        }
        State::Declined { code, kind, ladder, retry_on, .. } => {
            Columns { ladder: *ladder, retry_on: *retry_on, kind: kind.as_str(), code, ..Columns::default() }
        }
        State::Captured { on, provider_reference, .. } | State::Settled { on, provider_reference, .. } => {
            Columns { captured_on: Some(*on), provider_reference: Some(provider_reference), ..Columns::default() }
        }
        State::Voided { provider_reference, .. } => {
            Columns { provider_reference: Some(provider_reference), ..Columns::default() }
        }
    }
}

/// A new charge: its first attempt is under way, or it was missed.
pub async fn insert(tx: &Transaction<'_>, new: &Charge) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- charges::insert
            INSERT INTO charge (book_id, id, pledge, campaign, partner, sequence, due_on, amount, currency, rail,
                                state, attempt, waits_until, created_at, method, promise, original_amount,
                                original_currency, promised_amount)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* pledge */ &new.pledge.object,
            /* campaign */ &new.campaign.object,
            /* partner */ &new.partner.0,
            /* sequence */ &new.sequence,
            /* due_on */ &new.due_on,
            /* amount */ &new.amount.minor(),
            /* currency */ &new.amount.currency().code(),
            /* rail */ &new.rail.as_str(),
            /* state */ &new.state.as_str(),
            /* attempt */ &new.state.attempt(),
            /* waits_until */ &columns(&new.state).waits_until,
            /* created_at */ &new.created_at,
            /* method */ &new.method.as_str(),
            /* promise */ &new.promise.as_str(),
            /* original_amount */ &new.conversion.map(|it| it.original.minor()),
            /* original_currency */ &new.conversion.map(|it| it.original.currency().code()),
            /* promised_amount */ &new.conversion.map(|it| it.promised.minor()),
        ],
    )
    .await?;
    Ok(())
}

/// What a payment in another currency came to, when that is not what was promised.
fn came_amount(charge: &Charge) -> Option<i64> {
    let came = charge.amount;
    charge.conversion.filter(|of| of.promised != came).map(|_| came.minor())
}

/// Writes what may change of a charge; its version rises.
///
/// # Errors
///
/// Refused when another charge of the partner has its provider reference: one outside payment is one charge.
pub async fn update(tx: &Transaction<'_>, changed: &Charge) -> Result<(), Error> {
    write(tx, changed, came_amount(changed)).await
}

/// The same of a charge that is captured by a transfer, of what came, when that is not what was due.
///
/// # Errors
///
/// As [`update`].
pub async fn update_received(tx: &Transaction<'_>, changed: &Charge, due: Money) -> Result<(), Error> {
    write(tx, changed, (changed.amount != due).then_some(changed.amount.minor())).await
}

async fn write(tx: &Transaction<'_>, changed: &Charge, came: Option<i64>) -> Result<(), Error> {
    let columns = columns(&changed.state);
    let statement = tx
        .prepare_cached(
            "-- charges::update
            UPDATE charge SET campaign = $3, settlement = $4, entry = $5, state = $6, attempt = $7, waits_until = $8,
                              declines = $9, first_declined_on = $10, retry_on = $11, decline_kind = $12,
                              decline_code = $13, captured_on = $14, provider_reference = $15, fees = $16,
                              withheld = $17, refunded = $18, promise = $19, came_amount = coalesce($20, came_amount), version = version + 1
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* campaign */ &changed.campaign.object,
                /* settlement */ &changed.settlement.map(|settlement| settlement.object),
                /* entry */ &changed.entry,
                /* state */ &changed.state.as_str(),
                /* attempt */ &changed.state.attempt(),
                /* waits_until */ &columns.waits_until,
                /* declines */ &columns.ladder.map_or(0, |ladder| ladder.declines),
                /* first_declined_on */ &columns.ladder.map(|ladder| ladder.first),
                /* retry_on */ &columns.retry_on,
                /* decline_kind */ &columns.kind,
                /* decline_code */ &columns.code,
                /* captured_on */ &columns.captured_on,
                /* provider_reference */ &columns.provider_reference,
                /* fees */ &changed.fees,
                /* withheld */ &changed.withheld,
                /* refunded */ &changed.refunded,
                /* promise */ &changed.promise.as_str(),
                /* came_amount */ &came,
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(Refusal::new("reference-taken", "another charge has this provider reference").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The charge with an id.
pub async fn get(client: &impl GenericClient, id: ChargeId) -> Result<Charge, Error> {
    let statement =
        client.prepare_cached("-- charges::get\nSELECT * FROM charge WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(charge).transpose()?.ok_or(Error::NotFound("charge"))
}

/// Locks the charge until the transaction ends; after its pledge.
pub async fn lock(tx: &Transaction<'_>, id: ChargeId) -> Result<Charge, Error> {
    let statement = tx
        .prepare_cached("-- charges::lock\nSELECT * FROM charge WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(charge).transpose()?.ok_or(Error::NotFound("charge"))
}

/// Locks the charge of one payment of a pledge, if it was begun.
pub async fn lock_payment(tx: &Transaction<'_>, pledge: PledgeId, sequence: i32) -> Result<Option<Charge>, Error> {
    let statement = tx
        .prepare_cached(
            "-- charges::lock_payment
            SELECT * FROM charge WHERE book_id = $1 AND pledge = $2 AND sequence = $3 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx
        .query_opt(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* sequence */ &sequence])
        .await?;
    row.as_ref().map(charge).transpose()
}

/// Those of these payments, each a pledge and its number, that were begun.
pub async fn begun_among(
    client: &impl GenericClient,
    book: BookId,
    payments: &[(Uuid, i32)],
) -> Result<Vec<(Uuid, i32)>, Error> {
    let (pledges, sequences): (Vec<Uuid>, Vec<i32>) = payments.iter().copied().unzip();
    let statement = client
        .prepare_cached(
            "-- charges::begun_among
            SELECT a.pledge, a.sequence FROM unnest($2::uuid[], $3::int[]) AS a(pledge, sequence)
             CROSS JOIN LATERAL (SELECT FROM charge c
                                  WHERE c.book_id = $1 AND c.pledge = a.pledge AND c.sequence = a.sequence LIMIT 1) AS found",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &book.0, /* pledge */ &pledges, /* sequence */ &sequences]).await?;
    Ok(rows.iter().map(|row| (row.get("pledge"), row.get("sequence"))).collect())
}

/// Locks the last charge of a pledge, if it has one.
pub async fn lock_last(tx: &Transaction<'_>, pledge: PledgeId) -> Result<Option<Charge>, Error> {
    let statement = tx
        .prepare_cached(
            "-- charges::lock_last
            SELECT * FROM charge WHERE book_id = $1 AND pledge = $2 ORDER BY sequence DESC LIMIT 1 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    row.as_ref().map(charge).transpose()
}

/// The charges of a pledge in the order of its plan, after a payment (0 for the beginning).
pub async fn list(client: &impl GenericClient, pledge: PledgeId, after: i32, limit: i64) -> Result<Vec<Charge>, Error> {
    let statement = client
        .prepare_cached(
            "-- charges::list
            SELECT * FROM charge WHERE book_id = $1 AND pledge = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(charge).collect()
}

/// Those that one partner collected or collects, in the order of the plan, after a payment (0 for the beginning).
pub async fn list_of_partner(
    client: &impl GenericClient,
    pledge: PledgeId,
    partner: OrganisationId,
    after: i32,
    limit: i64,
) -> Result<Vec<Charge>, Error> {
    let statement = client
        .prepare_cached(
            "-- charges::list_of_partner
            SELECT * FROM charge WHERE book_id = $1 AND pledge = $2 AND partner = $3 AND sequence > $4
             ORDER BY sequence LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* partner */ &partner.0,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(charge).collect()
}

/// Locks the charge of a pledge whose partner was to report it by a moment and did not, with the end of that wait: the
/// earliest, if there is one.
pub async fn lock_unreported(
    tx: &Transaction<'_>,
    pledge: PledgeId,
    by: Timestamp,
) -> Result<Option<(Charge, Timestamp)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- charges::lock_unreported
            SELECT * FROM charge
             WHERE book_id = $1 AND pledge = $2 AND state = 'processing' AND rail = 'partner' AND waits_until <= $3
             ORDER BY waits_until, sequence LIMIT 1 FOR NO KEY UPDATE",
        )
        .await?;
    let row =
        tx.query_opt(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* by */ &by]).await?;
    row.as_ref().map(|row| Ok((charge(row)?, row.get("waits_until")))).transpose()
}

/// Whether a payment of a pledge may still come, beside one of them: it is being tried, or will be tried again.
pub async fn any_open(client: &impl GenericClient, pledge: PledgeId, beside: Option<ChargeId>) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- charges::any_open
            SELECT EXISTS (SELECT FROM charge
                            WHERE book_id = $1 AND pledge = $2 AND id IS DISTINCT FROM $3
                              AND (state = 'processing' OR retry_on IS NOT NULL))",
        )
        .await?;
    let beside = beside.map(|charge| charge.object);
    let row = client
        .query_one(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* beside */ &beside])
        .await?;
    Ok(row.get(0))
}

/// Locks the declined payments of a pledge that are to be tried again, in the order of its plan.
pub async fn lock_retried(tx: &Transaction<'_>, pledge: PledgeId) -> Result<Vec<Charge>, Error> {
    let statement = tx
        .prepare_cached(
            "-- charges::lock_retried
            SELECT * FROM charge
             WHERE book_id = $1 AND pledge = $2 AND state = 'declined' AND retry_on IS NOT NULL
             ORDER BY sequence FOR NO KEY UPDATE",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    rows.iter().map(charge).collect()
}

/// The change of a charge that is captured by the entry that it goes with, and of its attempt; stale when the charge
/// has another version by then than it was read with.
///
/// # Errors
///
/// When it is not captured.
pub fn captured_row(captured: &Charge, now: Timestamp) -> Result<Companion, Error> {
    let columns = columns(&captured.state);
    let (Some(settlement), Some(on), Some(provider_reference)) =
        (captured.settlement, columns.captured_on, columns.provider_reference)
    else {
        return Err(Error::inconsistent(format!("charge {} is not captured", captured.id)));
    };
    let row = json!({
        "id": captured.id.object,
        "version": captured.version,
        "settlement": settlement.object,
        "entry": 0,
        "fees": captured.fees,
        "withheld": captured.withheld,
        "attempt": captured.state.attempt(),
        "captured_on": on,
        "provider_reference": provider_reference,
        "promise": captured.promise.as_str(),
        "finished_at": now,
    });
    Ok(Companion::numbered("charge captured", row, "/entry"))
}

/// A charge that begins with its first attempt, to be written by a lane with the next payment of its pledge; stale when the pledge
/// has another version by then than it was read with.
pub fn begun_row(new: &Charge, pledge_version: i64) -> Companion {
    let row = json!({
        "id": new.id.object,
        "pledge": new.pledge.object,
        "pledge_version": pledge_version,
        "campaign": new.campaign.object,
        "partner": new.partner.0,
        "sequence": new.sequence,
        "due_on": new.due_on,
        "amount": new.amount.minor(),
        "currency": new.amount.currency().code(),
        "original_amount": new.conversion.map(|it| it.original.minor()),
        "original_currency": new.conversion.map(|it| it.original.currency().code()),
        "promised_amount": new.conversion.map(|it| it.promised.minor()),
        "rail": new.rail.as_str(),
        "method": new.method.as_str(),
        "promise": new.promise.as_str(),
        "state": new.state.as_str(),
        "attempt": new.state.attempt(),
        "waits_until": columns(&new.state).waits_until.map(to_microseconds),
        "created_at": to_microseconds(new.created_at),
    });
    Companion::new("charge begun", &row)
}
