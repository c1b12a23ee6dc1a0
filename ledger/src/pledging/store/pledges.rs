//! Pledges, and the settled money that donors moved from one campaign to another.

use crate::book::Companion;
use crate::calendar::{Plan, to_microseconds};
use crate::engine::store::rows::original;
use crate::error::Error;
use crate::id::{BookId, CampaignId, DonorId, OrganisationId, PledgeId, TierId};
use crate::money::{Currency, Money};
use crate::pledging::rules::pledge::{Pledge, Schedule, State, Token};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

pub(super) fn pledge(row: &Row) -> Result<Pledge, Error> {
    let book = BookId(row.get("book_id"));
    let id = PledgeId::new(book, row.get("id"));
    let bad = |what: &str| Error::inconsistent(format!("pledge {id}: {what}"));
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?;
    let asked = row.get::<_, Option<i64>>("asked_amount").map(|minor| Money::from_minor(minor, currency));
    let digest = |column: &str| row.get::<_, &[u8]>(column).try_into().map_err(|_| bad(column));
    Ok(Pledge {
        id,
        campaign: CampaignId::new(book, row.get("campaign")),
        donor: DonorId::new(book, row.get("donor")),
        partner: OrganisationId(row.get("partner")),
        reference: row.get("reference"),
        content: digest("content")?,
        amount: Money::from_minor(row.get("amount"), currency).map_err(|_| bad("amount"))?,
        original: original(row)?,
        asked_amount: asked.transpose().map_err(|_| bad("asked amount"))?,
        tier: row.get::<_, Option<Uuid>>("tier").map(|tier| TierId::new(book, tier)),
        has_place: row.get("has_place"),
        promised: row.get("promised"),
        schedule: schedule(row).ok_or_else(|| bad("schedule"))?,
        next_sequence: row.get("next_sequence"),
        rail: row.get::<_, &str>("rail").parse()?,
        method: row.get::<_, &str>("method").parse()?,
        token: Token(row.get("token")),
        terms_digest: digest("terms_sha256")?,
        state: state(row)?.ok_or_else(|| bad("state"))?,
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

fn schedule(row: &Row) -> Option<Schedule> {
    let start: Date = row.get("starts_on");
    match row.get("schedule") {
        "once" => Some(Schedule::Once { on: start }),
        interval => {
            let anchor = i8::try_from(row.get::<_, i16>("anchor_day")).ok()?;
            let plan = Plan::new(interval.parse().ok()?, start, anchor, row.get("payments")).ok()?;
            Some(Schedule::Recurring(plan.beginning_with(row.get("terms_from"))))
        }
    }
}

fn state(row: &Row) -> Result<Option<State>, Error> {
    let since = row.get("state_since");
    let until: Option<Timestamp> = row.get("state_until");
    let detail: &str = row.get("state_detail");
    Ok(match (row.get("state"), until) {
        ("created", Some(until)) => Some(State::Created { since, until }),
        ("active", None) => Some(State::Active { since }),
        ("needs_action", Some(until)) => Some(State::NeedsAction { since, until, need: detail.parse()? }),
        ("paused", Some(until)) => Some(State::Paused { since, until, then: detail.parse()? }),
        ("lapsed", Some(until)) => Some(State::Lapsed { since, until }),
        ("completed", None) => Some(State::Completed { since }),
        ("cancelled", None) => Some(State::Cancelled { since }),
        ("refunded", None) => Some(State::Refunded { since }),
        _ => None,
    })
}

/// A new pledge, as it was written; none when the partner has one with its reference.
pub async fn insert(tx: &Transaction<'_>, new: &Pledge) -> Result<Option<Pledge>, Error> {
    let statement = tx.prepare_cached("-- pledges::insert\nSELECT * FROM pledges_insert($1, $2)").await?;
    let rows = Json([columns(new)]);
    let row = tx.query_opt(&statement, &[/* book_id */ &new.id.book.0, /* rows */ &rows]).await?;
    row.as_ref().map(pledge).transpose()
}

/// The row of a new pledge, to be written with the entries of a lane.
pub fn row(new: &Pledge) -> Companion {
    Companion::new("pledge", &columns(new))
}

/// What the columns of a new pledge hold, but for its book.
fn columns(new: &Pledge) -> Value {
    let (anchor, payments) = plan_of(new);
    json!({
        "id": new.id.object,
        "campaign": new.campaign.object,
        "donor": new.donor.object,
        "partner": new.partner.0,
        "reference": new.reference,
        "content": format!("\\x{}", hex::encode(new.content)),
        "amount": new.amount.minor(),
        "currency": new.amount.currency().code(),
        "schedule": new.schedule.as_str(),
        "starts_on": new.schedule.start(),
        "anchor_day": anchor,
        "payments": payments,
        "next_sequence": new.next_sequence,
        "rail": new.rail.as_str(),
        "method": new.method.as_str(),
        "token": new.token.0,
        "terms_sha256": format!("\\x{}", hex::encode(new.terms_digest)),
        "state": new.state.as_str(),
        "state_since": to_microseconds(new.state.since()),
        "state_until": new.state.until().map(to_microseconds),
        "state_detail": new.state.detail(),
        "created_at": to_microseconds(new.created_at),
        "tier": new.tier.map(|tier| tier.object),
        "has_place": new.has_place,
        "promised": new.promised,
        "asked_amount": new.asked_amount.map(Money::minor),
        "original_amount": new.original.map(Money::minor),
        "original_currency": new.original.map(|original| original.currency().code()),
    })
}

/// Makes sure that a pledge has the version that was read when the entries of a lane are written.
pub fn seen_row(seen: &Pledge) -> Companion {
    Companion::new("pledge seen", &json!({ "id": seen.id.object, "version": seen.version }))
}

/// The new state of a pledge, written with the entries of a lane if it still has the version that was read.
pub fn changed_row(changed: &Pledge) -> Companion {
    let row = json!({
        "id": changed.id.object,
        "version": changed.version,
        "state": changed.state.as_str(),
        "state_since": changed.state.since(),
        "state_until": changed.state.until(),
        "state_detail": changed.state.detail(),
    });
    Companion::new("pledge changed", &row)
}

/// Day of the month and number of payments of its plan.
fn plan_of(pledge: &Pledge) -> (i8, Option<i32>) {
    match pledge.schedule {
        Schedule::Once { on } => (on.day(), Some(1)),
        Schedule::Recurring(plan) => (plan.anchor(), plan.payments()),
    }
}

/// The pledge with an id.
pub async fn get(client: &impl GenericClient, id: PledgeId) -> Result<Pledge, Error> {
    let statement =
        client.prepare_cached("-- pledges::get\nSELECT * FROM pledge WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(pledge).transpose()?.ok_or(Error::NotFound("pledge"))
}

/// The pledges with these ids, in no order.
pub async fn list_by_ids(client: &impl GenericClient, book: BookId, ids: &[Uuid]) -> Result<Vec<Pledge>, Error> {
    let statement = client
        .prepare_cached("-- pledges::list_by_ids\nSELECT * FROM pledge WHERE book_id = $1 AND id = ANY ($2)")
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* id */ &ids]).await?;
    rows.iter().map(pledge).collect()
}

/// Locks the pledge until the transaction ends; before its charges, its campaigns and the head of the book.
pub async fn lock(tx: &Transaction<'_>, id: PledgeId) -> Result<Pledge, Error> {
    let statement = tx
        .prepare_cached("-- pledges::lock\nSELECT * FROM pledge WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(pledge).transpose()?.ok_or(Error::NotFound("pledge"))
}

/// The pledge that a partner knows under this reference, if there is one: also when its donor was erased since, and the
/// reference with it, and when it has moved to another partner since, under whom it is found then.
pub async fn find_by_reference(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    reference: &str,
) -> Result<Option<Pledge>, Error> {
    let statement = client
        .prepare_cached(
            "-- pledges::find_by_reference
            SELECT p.* FROM pledge p WHERE p.book_id = $1 AND p.partner = $2 AND p.reference IN ($3, $4)
            UNION ALL
            SELECT p.* FROM plan_move m JOIN pledge p ON p.book_id = m.book_id AND p.id = m.pledge
             WHERE m.book_id = $1 AND m.from_partner = $2 AND m.from_reference IN ($3, $4) AND m.state = 'active'
               AND (p.partner, p.reference) <> (m.from_partner, m.from_reference)
             LIMIT 1",
        )
        .await?;
    // As `reference_erased` of the database has it.
    let erased = format!("erased-{}", hex::encode(Sha256::digest(reference)));
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &book.0, /* partner */ &partner.0, /* reference */ &reference,
                /* erased */ &erased,
            ],
        )
        .await?;
    row.as_ref().map(pledge).transpose()
}

/// The pledges that a partner knows under these references, each with the one that was found, in no order: also those that have moved
/// to another partner since.
pub async fn list_by_references(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    references: &[&str],
) -> Result<Vec<(String, Pledge)>, Error> {
    let statement = client
        .prepare_cached(
            "-- pledges::list_by_references
            SELECT p.reference AS found, p.* FROM pledge p
             WHERE p.book_id = $1 AND p.partner = $2 AND p.reference = ANY ($3)
            UNION ALL
            SELECT m.from_reference, p.* FROM plan_move m JOIN pledge p ON p.book_id = m.book_id AND p.id = m.pledge
             WHERE m.book_id = $1 AND m.from_partner = $2 AND m.from_reference = ANY ($3) AND m.state = 'active'
               AND (p.partner, p.reference) <> (m.from_partner, m.from_reference)",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* reference */ &references])
        .await?;
    rows.iter().map(|row| Ok((row.get("found"), pledge(row)?))).collect()
}

/// The pledges to a campaign, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    campaign: CampaignId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Pledge>, Error> {
    let statement = client
        .prepare_cached(
            "-- pledges::list
            SELECT * FROM pledge WHERE book_id = $1 AND campaign = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign */ &campaign.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(pledge).collect()
}

/// The pledges to a campaign that one partner brought, the oldest first, after an id.
pub async fn list_of_partner(
    client: &impl GenericClient,
    campaign: CampaignId,
    partner: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Pledge>, Error> {
    let statement = client
        .prepare_cached(
            "-- pledges::list_of_partner
            SELECT * FROM pledge WHERE book_id = $1 AND campaign = $2 AND partner = $3 AND id > $4
             ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign */ &campaign.object,
                /* partner */ &partner.0,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(pledge).collect()
}

/// The pledges of a donor, the newest first.
pub async fn list_of_donor(client: &impl GenericClient, donor: DonorId, limit: i64) -> Result<Vec<Pledge>, Error> {
    let statement = client
        .prepare_cached(
            "-- pledges::list_of_donor
            SELECT * FROM pledge WHERE book_id = $1 AND donor = $2 ORDER BY id DESC LIMIT $3",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object, /* limit */ &limit]).await?;
    rows.iter().map(pledge).collect()
}

/// The pledges of a donor of which something may still come, the oldest first.
pub async fn list_running(client: &impl GenericClient, donor: DonorId) -> Result<Vec<PledgeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- pledges::list_running
            SELECT id FROM pledge
             WHERE book_id = $1 AND donor = $2 AND state NOT IN ('completed', 'cancelled', 'refunded') ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object]).await?;
    Ok(rows.iter().map(|row| PledgeId::new(donor.book, row.get("id"))).collect())
}

/// Writes what may change of a pledge; its version rises. What comes back is the pledge as written.
pub async fn update(tx: &Transaction<'_>, changed: &Pledge) -> Result<Pledge, Error> {
    let statement = tx
        .prepare_cached(
            "-- pledges::update
            UPDATE pledge SET campaign = $3, next_sequence = $4, token = $5, state = $6, state_since = $7,
                              state_until = $8, state_detail = $9, version = version + 1
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
                /* campaign */ &changed.campaign.object,
                /* next_sequence */ &changed.next_sequence,
                /* token */ &changed.token.0,
                /* state */ &changed.state.as_str(),
                /* state_since */ &changed.state.since(),
                /* state_until */ &changed.state.until(),
                /* state_detail */ &changed.state.detail(),
            ],
        )
        .await?;
    pledge(&row)
}

/// Writes that a pledge left the tier of the campaign that it was for.
pub async fn leave_tier(tx: &Transaction<'_>, id: PledgeId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- pledges::leave_tier\nUPDATE pledge SET tier = NULL, has_place = false WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    Ok(())
}

/// Writes the terms of a pledge, from its next payment on; its version rises. A change that was applied must say so already.
pub async fn update_terms(tx: &Transaction<'_>, changed: &Pledge) -> Result<(), Error> {
    let Schedule::Recurring(plan) = changed.schedule else {
        return Err(Error::inconsistent(format!("pledge {} has no plan that could change", changed.id)));
    };
    let statement = tx
        .prepare_cached(
            "-- pledges::update_terms
            UPDATE pledge SET amount = $3, schedule = $4, starts_on = $5, terms_from = $6, next_sequence = $7,
                              version = version + 1
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &changed.id.book.0,
            /* id */ &changed.id.object,
            /* amount */ &changed.amount.minor(),
            /* schedule */ &changed.schedule.as_str(),
            /* starts_on */ &plan.start(),
            /* terms_from */ &plan.first(),
            /* next_sequence */ &changed.next_sequence,
        ],
    )
    .await?;
    Ok(())
}

/// Settled money of a pledge that went from one campaign to another, by an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The pledge whose settled money moved.
    pub pledge: PledgeId,
    /// The campaign out of whose fund it moved.
    pub from: CampaignId,
    /// The campaign into whose fund it moved.
    pub to: CampaignId,
    /// The amount that moved.
    pub amount: Money,
    /// Record number of the entry that moved it.
    pub entry: i64,
}

/// Writes down that money was moved.
pub async fn insert_move(tx: &Transaction<'_>, moved: &Move) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- pledges::insert_move
            INSERT INTO pledge_move (book_id, entry, pledge, from_campaign, to_campaign, amount)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &moved.pledge.book.0,
            /* entry */ &moved.entry,
            /* pledge */ &moved.pledge.object,
            /* from_campaign */ &moved.from.object,
            /* to_campaign */ &moved.to.object,
            /* amount */ &moved.amount.minor(),
        ],
    )
    .await?;
    Ok(())
}
