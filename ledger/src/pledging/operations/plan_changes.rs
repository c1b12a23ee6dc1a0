//! The plan of a running pledge changes: its amount, its interval or both, from its next due date on.
//!
//! What is due already is begun at the terms before, so that no change moves it; a payment that was declined goes through its
//! retries with the amount that it has. A change that needs consent and has none waits for the donor, and changes nothing
//! meanwhile; one that is asked for after it takes its place. Lock order: as for all changes of a pledge.

use super::moving::steps;
use super::pledge_changes::begin_change;
use super::present::lock_present;
use super::{charges, commitments};
use crate::calendar::{Interval, later, to_microseconds};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{PlanChangeId, PledgeId};
use crate::money::Money;
use crate::pledging::rules::plan_change::{
    CONSENT_DAYS, ChangeState, Consent, Outcome, PlanChange, Terms, changed_plan, link_invalid,
};
use crate::pledging::rules::pledge::{Pledge, Rail, Schedule};
use crate::pledging::rules::stripe;
use crate::pledging::store::plan_changes::{self, Surroundings};
use crate::pledging::store::{campaigns, pledges};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

/// Consent that the partner attests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attested {
    /// When the donor consented.
    pub at: Timestamp,
    /// SHA-256 of the terms that the donor was shown.
    pub shown: [u8; 32],
}

/// What is to change; what is none stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedChange {
    /// The amount of one payment.
    pub amount: Option<Money>,
    /// How often there is one.
    pub interval: Option<Interval>,
    /// The donor's consent, if the partner has it.
    pub consent: Option<Attested>,
}

/// Asks for a change. It is applied at once when it needs no consent, or has it; otherwise a link with `secret` is mailed to the
/// donor, by whom it is applied ([`consent`]).
///
/// # Errors
///
/// `pledge-lapsed`, `pledge-over`, `pledge-moving`, `no-due-date-left`, `same-terms`, `original-kept`, `donor-without-email`;
/// [`Error::Invalid`] at `/amount`,
/// `/amount/currency`, `/consent/consented_at` or `/reason`; [`Error::Stale`] for an outdated version; [`Error::NotFound`] for
/// an unknown pledge.
pub async fn ask(
    tx: &Transaction<'_>,
    id: PledgeId,
    asked: AskedChange,
    secret: &str,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<PlanChange, Error> {
    // As the database keeps it, so that what is answered now is what is read later.
    let wall = to_microseconds(wall);
    let (book, _) = begin_change(tx, id, change, wall).await?;
    let pledge = begin_due(tx, &book, id, wall).await?;
    let now = book.now(wall);
    pledge.state.takes_change()?;
    steps::require_settled(tx, &pledge, now).await?;
    // What has no due date left has no terms that could change.
    let from = changed_plan(&pledge, Interval::Month, book.today(wall)).map(|_| Terms::of(&pledge))?;
    let from = from.ok_or_else(|| Error::inconsistent(format!("pledge {id} has a plan and no terms")))?;
    let to = wanted(from, asked)?;
    if let Some(original) = pledge.original.filter(|_| to.amount != from.amount) {
        let detail = format!(
            "the donor pays {original} each time: change the interval alone, or cancel the plan and place another one with what the donor wants now"
        );
        return Err(Refusal::new("original-kept", detail).into());
    }
    if pledge.rail == Rail::Stripe {
        stripe::units(to.amount).map_err(|wrong| Error::invalid("/amount", wrong.to_string()))?;
    }
    let new = PlanChange {
        id: PlanChangeId::generate(id.book),
        pledge: id,
        asked_by: pledge.partner,
        asked_at: now,
        reason: change.reason.to_owned(),
        from,
        to,
        consent: how(tx, &pledge, from.needs_consent(to), asked.consent, secret, now).await?,
        end: None,
    };
    if let Some(before) = plan_changes::pending(tx, id, now).await? {
        plan_changes::insert_end(tx, before, Outcome::Replaced, now).await?;
    }
    plan_changes::insert(tx, &new).await?;
    activity::record(tx, book.id, Done::new(&new.id, "asked", change.actor).because(change.reason), now).await?;
    match new.consent {
        Consent::NotNeeded | Consent::Attested { .. } => apply(tx, &book, pledge, new, change, wall).await,
        Consent::Link { .. } => {
            let job = Job::SendConsentLink { change: new.id, token: secret.to_owned() };
            jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe: new.id.object.to_string(), job }).await?;
            Ok(new)
        }
    }
}

/// The terms that are asked for.
fn wanted(from: Terms, asked: AskedChange) -> Result<Terms, Error> {
    if asked.amount.is_none() && asked.interval.is_none() {
        return Err(Error::invalid("/amount", "say what is to change: the amount, the interval or both"));
    }
    let amount = asked.amount.unwrap_or(from.amount);
    if amount.currency() != from.amount.currency() {
        let message = format!("the pledge is in {}", from.amount.currency());
        return Err(Error::invalid("/amount/currency", message));
    }
    let to = Terms { amount, interval: asked.interval.unwrap_or(from.interval) };
    if to == from {
        return Err(Refusal::new("same-terms", format!("the plan is {from} already")).into());
    }
    Ok(to)
}

/// How the donor consents.
pub(super) async fn how(
    tx: &Transaction<'_>,
    pledge: &Pledge,
    is_needed: bool,
    attested: Option<Attested>,
    secret: &str,
    now: Timestamp,
) -> Result<Consent, Error> {
    if let Some(Attested { at, shown }) = attested {
        if at < pledge.created_at || at > now {
            let message = format!("must be from {} to {now:.0}, by the book's clock", pledge.created_at);
            return Err(Error::invalid("/consent/consented_at", message));
        }
        return Ok(Consent::Attested { at: to_microseconds(at), shown });
    }
    if !is_needed {
        return Ok(Consent::NotNeeded);
    }
    if plan_changes::surroundings(tx, pledge.id).await?.email.is_empty() {
        let detail = "the change needs the donor's consent, and no e-mail address is known: attest it in `consent`";
        return Err(Refusal::new("donor-without-email", detail).into());
    }
    Ok(Consent::Link { digest: digest(secret), until: later(now, CONSENT_DAYS) })
}

/// The digest under which the secret of a link is kept.
pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Begins what is due of a plan that is charged, as its job would: at the terms before a change. What comes next is due later,
/// unless it waits for its campaign.
async fn begin_due(tx: &Transaction<'_>, book: &Book, id: PledgeId, wall: Timestamp) -> Result<Pledge, Error> {
    let mut pledge = lock_present(tx, book, id, book.now(wall), wall).await?;
    loop {
        let next = pledge.next_sequence;
        let is_due = pledge.schedule.due_date(next).is_some_and(|due| due <= book.today(wall));
        if !is_due || !pledge.state.is_active() || matches!(pledge.schedule, Schedule::Once { .. }) {
            return Ok(pledge);
        }
        // Whoever has the payment's job finds it begun, and tries it.
        charges::begin(tx, id, next, wall).await?;
        pledge = pledges::lock(tx, id).await?;
        if pledge.next_sequence == next {
            return Ok(pledge);
        }
    }
}

/// The plan has the new terms, from the first due date after the book's today; the donor is told.
async fn apply(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    new: PlanChange,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<PlanChange, Error> {
    let now = book.now(wall);
    let plan = changed_plan(&pledge, new.to.interval, book.today(wall))?;
    let outcome = Outcome::Applied { first: plan.first(), starts_on: plan.start() };
    plan_changes::insert_end(tx, new.id, outcome, now).await?;
    let changed = Pledge {
        amount: new.to.amount,
        schedule: Schedule::Recurring(plan),
        // Dates that passed while it was not charged stay passed.
        next_sequence: plan.first(),
        ..pledge
    };
    pledges::update_terms(tx, &changed).await?;
    if changed.promised > 0 {
        let campaign = campaigns::get(tx, changed.campaign).await?;
        commitments::drop_rest(tx, book, &changed, &campaign, false, now, wall).await?;
        commitments::commit_rest(tx, book, &changed, &campaign, wall).await?;
    }
    activity::record(tx, book.id, Done::new(&changed.id, "changed", change.actor).because(change.reason), now).await?;
    let job = Job::SendPlanChange { change: new.id };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe: new.id.object.to_string(), job }).await?;
    Ok(PlanChange { end: Some((outcome, now)), ..new })
}

/// A change that was applied, and what the mail about it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The change.
    pub change: PlanChange,
    /// The due date from which it counts.
    pub starts_on: Date,
    /// Donor and campaign.
    pub about: Surroundings,
}

/// What the donor is told of a change that was applied; none when the plan is another by now, or the pledge is over.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown change.
pub async fn applied(client: &impl GenericClient, id: PlanChangeId) -> Result<Option<Applied>, Error> {
    let change = plan_changes::get(client, id).await?;
    let Some((Outcome::Applied { starts_on, .. }, _)) = change.end else { return Ok(None) };
    let pledge = pledges::get(client, change.pledge).await?;
    if pledge.state.is_over() || Terms::of(&pledge) != Some(change.to) {
        return Ok(None);
    }
    let about = plan_changes::surroundings(client, change.pledge).await?;
    Ok(Some(Applied { change, starts_on, about }))
}

/// A change that waits for the donor, as its link shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The change.
    pub change: PlanChange,
    /// The due date from which it would count if the donor consented now.
    pub starts_on: Date,
    /// How many payments would follow at the new terms; none when the plan has no end.
    pub payments_left: Option<i32>,
    /// The last day on which the link works.
    pub until: Date,
    /// Donor and campaign.
    pub about: Surroundings,
}

/// What a link is about. Writes nothing, and uses nothing up.
///
/// # Errors
///
/// `consent-link-invalid`, `pledge-lapsed`, `pledge-over`, `no-due-date-left`.
pub async fn offer(
    client: &impl GenericClient,
    id: PlanChangeId,
    secret: &str,
    wall: Timestamp,
) -> Result<Offer, Error> {
    let (book, change) = linked(client, id, secret, wall).await?;
    let Consent::Link { until, .. } = change.consent else { return Err(link_invalid().into()) };
    let pledge = pledges::get(client, change.pledge).await?;
    pledge.state.at(book.now(wall)).takes_change()?;
    let plan = changed_plan(&pledge, change.to.interval, book.today(wall))?;
    let about = plan_changes::surroundings(client, change.pledge).await?;
    let payments_left = plan.payments().map(|payments| payments - plan.first() + 1);
    Ok(Offer { change, starts_on: plan.start(), payments_left, until: book.day_of(until), about })
}

/// The donor consents by the link, which is used up: the change is applied.
///
/// # Errors
///
/// `consent-link-invalid`, `pledge-lapsed`, `pledge-over`, `pledge-moving`, `no-due-date-left`.
pub async fn consent(
    tx: &Transaction<'_>,
    id: PlanChangeId,
    secret: &str,
    wall: Timestamp,
) -> Result<PlanChange, Error> {
    let wall = to_microseconds(wall);
    let (book, found) = linked(tx, id, secret, wall).await?;
    let pledge = begin_due(tx, &book, found.pledge, wall).await?;
    // Once more, under the lock of its pledge.
    let (_, change) = linked(tx, id, secret, wall).await?;
    pledge.state.takes_change()?;
    steps::require_settled(tx, &pledge, book.now(wall)).await?;
    if Terms::of(&pledge) != Some(change.from) {
        return Err(Error::inconsistent(format!("change {id} waits, and its pledge has other terms")));
    }
    apply(tx, &book, pledge, change, Change::by_service("the donor consented by the link"), wall).await
}

async fn linked(
    client: &impl GenericClient,
    id: PlanChangeId,
    secret: &str,
    wall: Timestamp,
) -> Result<(Book, PlanChange), Error> {
    let unknown = |error| if matches!(error, Error::NotFound(_)) { link_invalid().into() } else { error };
    let book = books::get(client, id.book).await.map_err(unknown)?;
    let change = plan_changes::get(client, id).await.map_err(unknown)?;
    change.check_link(&digest(secret), book.now(wall))?;
    Ok((book, change))
}

/// Takes back a change that waits for the donor. One that is over, but for an applied one, stays as it is.
///
/// # Errors
///
/// `change-applied`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown change.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: PlanChangeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<PlanChange, Error> {
    let wall = to_microseconds(wall);
    let pledge = plan_changes::get(tx, id).await?.pledge;
    let (book, pledge) = begin_change(tx, pledge, change, wall).await?;
    let (found, now) = (plan_changes::get(tx, id).await?, book.now(wall));
    match found.state(pledge.state.is_over(), now) {
        ChangeState::Applied => {
            let detail = format!("the change is applied: ask for another one, back to {}", found.from);
            Err(Refusal::new("change-applied", detail).into())
        }
        ChangeState::Replaced | ChangeState::Withdrawn | ChangeState::Lapsed => Ok(found),
        ChangeState::Pending => {
            plan_changes::insert_end(tx, id, Outcome::Withdrawn, now).await?;
            let done = Done::new(&id, "withdrawn", change.actor).because(change.reason);
            activity::record(tx, book.id, done, now).await?;
            Ok(PlanChange { end: Some((Outcome::Withdrawn, now)), ..found })
        }
    }
}
