//! What two people of the host do to a claim together: one asks, another one confirms. Owners and approvers may, who are no parties
//! of the claim.
//!
//! Lock order: campaign → milestone → claim → clawback → payout → book head.

use super::locked::{Locked, enqueue, lock, notify, notify_dispute, save};
use super::{clawbacks, milestones as access};
use crate::book::AccountNumber;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{ClaimId, PersonId};
use crate::milestones::rules::claim::Claim;
use crate::milestones::rules::clawback::{Asked, Clawback, Request, RequestState};
use crate::milestones::rules::notice::Event;
use crate::milestones::store::{claims, clawbacks as rows, disputes, milestones, releases, requests};
use crate::money::Money;
use crate::movements;
use crate::parties::operations::standing;
use crate::parties::rules::role::Role;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::store::campaigns;
use crate::service::change::check_text;
use crate::service::job::Job;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::mem::discriminant;

/// Refuses whoever does not decide on this claim.
async fn admit(tx: &Transaction<'_>, book: &Book, claim: &Claim, by: PersonId) -> Result<(), Error> {
    let standing = standing::standing(tx, book, claim.team, by).await?;
    if standing.is_stranger() {
        return Err(Error::NotFound("claim"));
    }
    if !standing.is_host(&[Role::Owner, Role::Approver]) {
        return Err(Error::Forbidden("owners and approvers of the host revoke claims, two of them"));
    }
    access::parties(tx, book, claim.team, claim.claimant).await?.admit(by)?;
    Ok(())
}

/// Asks for a revocation or a write-off, which somebody else of the host confirms within seven days. While a revocation is asked for,
/// nothing is released of the claim.
///
/// # Errors
///
/// `own-claim`, `own-team`, `declared-tie`, `claim-not-approved`, `request-open`, `receivable-exceeded`; [`Error::Invalid`] at
/// `/reason` or `/amount/currency`; [`Error::Forbidden`] for whoever is no owner or approver of the host; [`Error::NotFound`] for an
/// unknown claim, for one of which nothing is owed, and for whoever is nothing to host or team.
pub async fn ask(
    tx: &Transaction<'_>,
    id: ClaimId,
    asked: Asked,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Request, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let Locked { book, claim, .. } = lock(tx, id).await?;
    admit(tx, &book, &claim, by).await?;
    let now = book.now(wall);
    let currency = claim.content.amount.currency();
    lapse(tx, &claim, now).await?;
    let open = requests::list_open(tx, id, currency).await?;
    if let Some(open) = open.iter().find(|open| open.asked.as_str() == asked.as_str()) {
        let detail = format!("request {} waits until {} for somebody else to confirm it", open.number, open.until);
        return Err(Refusal::new("request-open", detail).into());
    }
    let event = match asked {
        Asked::Revocation => {
            claim.revoke(reason.clone())?;
            Event::RevocationAsked
        }
        Asked::WriteOff { amount, .. } => {
            clawbacks::check_owed(tx, id, amount).await?;
            Event::WriteOffAsked
        }
    };
    let number = requests::count(tx, id).await? + 1;
    let request = Request::new(id, number, asked, reason, by, now);
    requests::insert(tx, &request).await?;
    let action = format!("{}:requested", asked.as_str());
    activity::record(tx, book.id, Done::new(&id, &action, Actor::Person(by)).because(&request.reason), now).await?;
    let dedupe = format!("{id} request {number}");
    enqueue(tx, book.id, request.until, dedupe.clone(), Job::CloseReview { claim: id }).await?;
    notify(tx, id, None, event, dedupe, now).await?;
    Ok(request)
}

/// Marks the requests of a claim as lapsed whose time has run out, as of then. The caller has locked the claim.
pub(super) async fn lapse(tx: &Transaction<'_>, claim: &Claim, now: Timestamp) -> Result<(), Error> {
    for open in requests::list_open(tx, claim.id, claim.content.amount.currency()).await? {
        let (what, until) = (open.asked.as_str(), open.until);
        if let Some(lapsed) = open.lapse(now) {
            requests::end(tx, &lapsed).await?;
            let action = format!("{what}:lapsed");
            activity::record(tx, claim.id.book, Done::new(&claim.id, &action, Actor::Service), until).await?;
        }
    }
    Ok(())
}

/// Until when somebody is asked to confirm a revocation of a claim; none where nobody is.
pub(super) async fn asked_until(
    tx: &Transaction<'_>,
    claim: &Claim,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let open = requests::list_open(tx, claim.id, claim.content.amount.currency()).await?;
    Ok(open.iter().find(|open| open.asked == Asked::Revocation && open.is_open(now)).map(|open| open.until))
}

/// What was confirmed.
#[derive(Debug)]
pub enum Confirmed {
    /// What was owed is written off.
    WrittenOff(Request),
    /// The claim is revoked, and what was released of it is to come back.
    Revoked(Request, Box<Revoked>),
}

/// A claim that is revoked, with what was released of it, its rows locked.
#[derive(Debug)]
pub struct Revoked {
    /// The book.
    pub book: Book,
    /// The campaign to whose fund the money comes back.
    pub campaign: Campaign,
    /// The claim as it is now.
    pub claim: Claim,
    /// Minor units that had been released.
    pub released: i64,
    /// Minor units of these that paid what the team owed otherwise.
    pub set_off: i64,
    /// Why it was revoked.
    reason: String,
}

/// Somebody else of the host confirms what one has asked for. A write-off is done by that; of a revocation it remains to take back
/// what was released: [`take_back`], by whoever knows what was paid out.
///
/// # Errors
///
/// `request-closed`, `same-person`, `own-claim`, `own-team`, `declared-tie`, `claim-not-approved`, `receivable-exceeded`,
/// `reserve-short`; what [`posting::post`] refuses; [`Error::Forbidden`] for whoever is no owner or approver of the host;
/// [`Error::NotFound`] for an unknown claim or request, and for whoever is nothing to host or team.
pub async fn confirm(
    tx: &Transaction<'_>,
    id: ClaimId,
    number: i32,
    by: PersonId,
    wall: Timestamp,
) -> Result<Confirmed, Error> {
    let book = books::get(tx, id.book).await?;
    let milestone = milestones::get(tx, claims::get(tx, id).await?.milestone).await?;
    let campaign = campaigns::lock(tx, milestone.campaign).await?;
    let milestone = milestones::lock(tx, milestone.id).await?;
    let claim = claims::lock(tx, id).await?;
    admit(tx, &book, &claim, by).await?;
    let (now, actor) = (book.now(wall), Actor::Person(by));
    let currency = claim.content.amount.currency();
    let request = requests::get(tx, id, number, currency).await?.confirm(by, now)?;
    requests::end(tx, &request).await?;
    let action = format!("{}:confirmed", request.asked.as_str());
    activity::record(tx, book.id, Done::new(&id, &action, actor).because(&request.reason), now).await?;
    match request.asked {
        Asked::WriteOff { amount, bearer } => {
            clawbacks::write_off(tx, &book, id, (amount, bearer), wall).await?;
            return Ok(Confirmed::WrittenOff(request));
        }
        Asked::Revocation => {}
    }
    for dispute in disputes::list_open(tx, id, currency).await? {
        if let Some(over) = dispute.revoke(by, now) {
            let over = disputes::update(tx, &over).await?;
            activity::record(tx, book.id, Done::new(&over.id, over.state.as_str(), actor), now).await?;
            notify_dispute(tx, &over, now).await?;
        }
    }
    let was = discriminant(&claim.state);
    let (claim, released) = claim.revoke(request.reason.clone())?;
    let claim = save(tx, milestone, claim, (was, actor), now).await?;
    let set_off = releases::list_of_claim(tx, id).await?.iter().map(|release| release.set_off).sum();
    let reason = request.reason.clone();
    Ok(Confirmed::Revoked(request, Box::new(Revoked { book, campaign, claim, released, set_off, reason })))
}

/// Posts what comes back of a revoked claim: so many minor units from what is owed to the team, the rest as what it owes.
///
/// # Errors
///
/// What [`posting::post`] refuses.
pub async fn take_back(
    tx: &Transaction<'_>,
    revoked: &Revoked,
    payable: AccountNumber,
    unpaid: i64,
    wall: Timestamp,
) -> Result<Clawback, Error> {
    let Revoked { book, campaign, claim, released, .. } = revoked;
    let currency = claim.content.amount.currency();
    let sum = (released - unpaid, currency);
    let debt = clawbacks::debt(tx, book, campaign, claim.team, sum, wall).await?;
    let entry = movements::clawed_back(payable, unpaid, debt, book.today(wall), claim.id);
    let posted = posting::post(tx, book, entry, wall).await?.number;
    if unpaid > 0 {
        clawbacks::give_back(tx, campaign, claim.id, posted, unpaid).await?;
    }
    let amount = Money::from_minor(*released, currency)
        .map_err(|error| Error::inconsistent(format!("{}: {error}", claim.id)))?;
    let clawback = Clawback {
        claim: claim.id,
        milestone: claim.milestone,
        campaign: campaign.id,
        team: claim.team,
        amount,
        unpaid,
        set_off: 0,
        recovered: 0,
        written_off: 0,
        borne: 0,
        entry: posted,
        reason: revoked.reason.clone(),
        revoked_at: book.now(wall),
        version: 1,
    };
    rows::insert(tx, &clawback).await?;
    Ok(clawback)
}

/// Whether a request still waits for somebody at a moment; for notices.
pub(super) fn waits(request: &Request, now: Timestamp) -> bool {
    match request.state {
        RequestState::Requested => request.is_open(now),
        RequestState::Confirmed { .. } | RequestState::Lapsed { .. } => false,
    }
}
