//! Pledges are placed by partners: checked, written once, and their first payment put into the plan.

use super::commitments;
use super::plan::{enqueue_payment, payment_job};
use super::withdrawals;
use crate::book::{Companion, Entry, Mode, Reason};
use crate::calendar::{Interval, Plan, days_after};
use crate::engine::store::books::{self, Book};
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, DonorId, OrganisationId, PledgeId, TierId};
use crate::money::Money;
use crate::parties::rules::privacy::Privacy;
use crate::parties::rules::role::Email;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::commitment::OverCap;
use crate::pledging::rules::conversion::check_original;
use crate::pledging::rules::donor::Donor;
use crate::pledging::rules::pledge::{Pledge, Rail, Schedule, State, Token};
use crate::pledging::rules::promise;
use crate::pledging::rules::stripe;
use crate::pledging::rules::tier::Tier;
use crate::pledging::store::{campaigns, donors, pledges, terms, tiers};
use crate::service::change::check_line;
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::rules::settlement::Method;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio_postgres::error::SqlState;

/// What the database says of a row that was decided on what has changed since.
const STALE: &str = "CP001";

/// The most days from the book's today to the start of a plan.
pub const START_DAYS_MAX: i64 = 1_830;

/// The donor, as the partner passes them.
#[derive(Clone, serde::Serialize)]
pub struct AskedDonor {
    /// What the partner calls the donor.
    pub reference: String,
    /// The donor's name: personal data; may be empty.
    pub name: String,
    /// The donor's e-mail address, for receipts: personal data; may be empty.
    pub email: String,
    /// Who may see the name.
    pub privacy: Privacy,
}

/// The schedule, as the partner asks for it.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub enum AskedSchedule {
    /// One payment.
    Once {
        /// Its day; the book's today when none.
        on: Option<Date>,
    },
    /// A payment each month, quarter or year. What partners sent before there were intervals keeps its digest.
    #[serde(rename = "Monthly")]
    Recurring {
        /// How often.
        #[serde(skip_serializing_if = "is_monthly")]
        interval: Interval,
        /// The first day on which it may charge; the book's today when none.
        start: Option<Date>,
        /// Day of the month, 31 for the last; the start's when none.
        anchor: Option<i8>,
        /// How many payments it has; open when none.
        payments: Option<i32>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field so")]
fn is_monthly(interval: &Interval) -> bool {
    *interval == Interval::Month
}

/// What a partner asks for.
#[derive(Clone)]
pub struct PlacePledge {
    /// The campaign to which it is promised.
    pub campaign: CampaignId,
    /// The partner platform that asks.
    pub partner: OrganisationId,
    /// What the partner calls it: the same one again is the same pledge.
    pub reference: String,
    /// The tier that the donor chose.
    pub tier: Option<TierId>,
    /// The donor whose promise it is.
    pub donor: AskedDonor,
    /// The amount of one payment.
    pub amount: Money,
    /// What the donor pays each time, when that is in another currency than the campaign's.
    pub original: Option<Money>,
    /// When it is charged.
    pub schedule: AskedSchedule,
    /// Who takes the money from the donor.
    pub rail: Rail,
    /// How the donor pays.
    pub method: Method,
    /// The provider's token of the means of payment that is charged.
    pub token: String,
    /// SHA-256 of the terms that the donor agreed to.
    pub terms_digest: [u8; 32],
    /// Who asks: the partner, or somebody of the host for it.
    pub by: Actor,
}

/// A pledge, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The pledge.
    pub pledge: Pledge,
    /// False when the partner had sent the same one before.
    pub is_new: bool,
}

/// What is to be done about a pledge that a partner asks for.
#[derive(Debug, Clone)]
pub enum Drafted {
    /// The partner had sent the same one before.
    Repeated(Box<Pledge>),
    /// It is new.
    New(Box<New>),
}

/// A pledge as it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// The pledge.
    pub pledge: Pledge,
    /// Its donor.
    pub donor: Donor,
    /// Its campaign.
    pub campaign: Arc<Campaign>,
    /// Its tier.
    pub tier: Option<Tier>,
    /// Who asked for it.
    pub by: Actor,
}

impl New {
    /// The entry of its promise, for a lane; none in a campaign whose promises are not counted.
    pub fn entry(&self, today: Date) -> Option<Entry> {
        let places = self.tier.as_ref().and_then(|tier| tier.places);
        promise::committed(&self.campaign, places, &self.pledge, today)
    }

    /// Whether a part of it may be taken: it is a single payment, and the campaign says so.
    pub fn may_be_trimmed(&self) -> bool {
        let trims = self.campaign.cap.is_some_and(|cap| cap.over == OverCap::Trim);
        // What a donor pays in another currency is taken whole, or not at all.
        let is_own = self.pledge.original.is_none();
        trims && is_own && matches!(self.pledge.schedule, Schedule::Once { .. })
    }

    /// Why the book refused its promise, in words.
    pub fn refusal(&self, reason: Reason) -> Option<Refusal> {
        commitments::refusal(&self.campaign, self.tier.as_ref(), self.pledge.promised, reason)
    }
}

/// Asks the rules about a pledge, and writes nothing.
///
/// # Errors
///
/// `reference-taken` when the reference stands for another pledge; `campaign-not-live`, `campaign-asks-for-nothing`, `rail-refused`,
/// `original-refused`, `terms-mismatch`, `schedule-refused`, `partner-withdrawn`, `rail-withdrawn`, `book-winding-up`.
/// [`Error::Invalid`] at `/original/currency`, `/tier`, `/amount`, `/reference`,
/// `/donor/reference`, `/donor/name`, `/donor/email`, `/token`,
/// `/amount/currency`, `/schedule` or `/schedule/start`; [`Error::NotFound`] for an unknown campaign.
pub async fn draft(
    client: &impl GenericClient,
    book: &Book,
    asked: PlacePledge,
    wall: Timestamp,
) -> Result<Drafted, Error> {
    let content = check(&asked)?;
    let wall = as_kept(wall);
    if let Some(pledge) = pledges::find_by_reference(client, book.id, asked.partner, &asked.reference).await? {
        return repeated(pledge, asked.partner, content).map(Box::new).map(Drafted::Repeated);
    }
    let campaign = Arc::new(campaigns::get(client, asked.campaign).await?);
    withdrawals::require_open(client, book, (asked.partner, asked.rail), wall).await?;
    let tier = match asked.tier {
        Some(tier) => tiers::find(client, tier).await?,
        None => None,
    };
    let known = donors::find(client, book.id, asked.partner, &asked.donor.reference).await?;
    let agreed = terms::in_effect(client, &campaign, book.today(wall)).await?.digest;
    let new = decide(book, asked, content, (&campaign, agreed, tier.as_ref()), known.as_ref(), wall)?;
    Ok(Drafted::New(Box::new(new)))
}

/// The pledge and its donor as they will be, when the campaign takes it, whose terms in effect have the digest beside it. The tier is
/// the one that was asked for, if it is there; `donor` is whom the partner knows under that reference.
pub(super) fn decide(
    book: &Book,
    asked: PlacePledge,
    content: [u8; 32],
    (campaign, agreed, tier): (&Arc<Campaign>, [u8; 32], Option<&Tier>),
    donor: Option<&Donor>,
    wall: Timestamp,
) -> Result<New, Error> {
    let now = book.now(wall);
    book.takes_new(now)?;
    campaign.state.clone().at(now).takes_pledges()?;
    campaign.asks()?;
    asked.rail.allowed_in(book.mode == Mode::Live)?;
    if asked.amount.currency() != campaign.currency {
        return Err(Error::invalid("/amount/currency", format!("the campaign is in {}", campaign.currency)));
    }
    if let Some(original) = asked.original {
        check_original(original, asked.amount, asked.rail)?;
    }
    if asked.terms_digest != agreed {
        let detail = "the digest is not that of the campaign's terms in effect: show the donor the present ones";
        return Err(Refusal::new("terms-mismatch", detail).into());
    }
    let schedule = schedule(asked.schedule, book.today(wall))?;
    if donor.is_some_and(|donor| donor.erased_at.is_some()) {
        return Err(Error::invalid("/donor/reference", "stands for a donor who was erased: use another one"));
    }
    campaign.takes_schedule(&schedule)?;
    let tier = match asked.tier {
        Some(_) => Some(tier_of(campaign, tier, asked.amount)?),
        None => None,
    };
    let donor = Donor {
        id: donor.map_or_else(|| DonorId::generate(book.id), |donor| donor.id),
        partner: asked.partner,
        reference: asked.donor.reference,
        name: asked.donor.name,
        email: asked.donor.email,
        privacy: asked.donor.privacy,
        created_at: now,
        erased_at: None,
    };
    let mut pledge = Pledge {
        id: PledgeId::generate(book.id),
        campaign: campaign.id,
        donor: donor.id,
        partner: asked.partner,
        reference: asked.reference,
        content,
        amount: asked.amount,
        original: asked.original,
        asked_amount: None,
        tier: asked.tier,
        has_place: tier.is_some_and(|tier| tier.places.is_some()),
        promised: 0,
        schedule,
        next_sequence: 1,
        rail: asked.rail,
        method: asked.method,
        token: Token(asked.token),
        terms_digest: asked.terms_digest,
        state: State::created(now).activate(now)?,
        version: 1,
        created_at: now,
    };
    if campaign.commitments.is_some() {
        pledge.promised = promise::promised(&pledge)?;
    }
    Ok(New { pledge, donor, campaign: Arc::clone(campaign), tier: tier.cloned(), by: asked.by })
}

/// The tier that a donor chose, if it is one of the campaign's and the payment reaches its amount.
fn tier_of<'a>(campaign: &Campaign, tier: Option<&'a Tier>, amount: Money) -> Result<&'a Tier, Error> {
    let tier = tier.filter(|tier| tier.campaign == campaign.id);
    let tier = tier.ok_or_else(|| Error::invalid("/tier", "not a tier of this campaign"))?;
    if amount.minor() < tier.amount.minor() {
        return Err(Error::invalid("/amount", format!("{} costs at least {}", tier.name, tier.amount)));
    }
    Ok(tier)
}

/// The rows that place a drafted pledge, for a lane: the pledge, its donor, who did it, and the job of its first charge.
pub fn rows(book: &Book, new: &New, wall: Timestamp) -> Vec<Companion> {
    let New { pledge, donor, by, .. } = new;
    let mut rows = vec![
        donors::row(donor),
        pledges::row(pledge),
        activity::row(Done::new(&pledge.id, "placed", *by), book.now(wall)),
    ];
    rows.extend(payment_job(book, pledge, 1, book.now(wall)).as_ref().map(jobs::row));
    rows
}

/// Takes a pledge: it is active at once, and its first charge is a job for the start of its first due date.
///
/// # Errors
///
/// As [`draft`]; `campaign-full`, `tier-sold-out`; [`Error::StillRunning`] while another transaction places the same reference.
pub async fn place(tx: &Transaction<'_>, asked: PlacePledge, wall: Timestamp) -> Result<Placed, Error> {
    let book = books::get(tx, asked.campaign.book).await?;
    let drafted = match draft(tx, &book, asked, wall).await? {
        Drafted::Repeated(pledge) => return Ok(Placed { pledge: *pledge, is_new: false }),
        Drafted::New(new) => *new,
    };
    let drafted = fitted(tx, &book, drafted, book.today(wall)).await?;
    let new = Pledge { donor: donors::upsert(tx, &drafted.donor).await?, ..drafted.pledge.clone() };
    let inserted = pledges::insert(tx, &new).await;
    let inserted = inserted.map_err(|error| if is_outrun(&error) { Error::StillRunning } else { error });
    let Some(pledge) = inserted? else {
        let first = pledges::find_by_reference(tx, book.id, new.partner, &new.reference).await?;
        let pledge = repeated(first.ok_or(Error::StillRunning)?, new.partner, new.content)?;
        return Ok(Placed { pledge, is_new: false });
    };
    commitments::commit(tx, &book, &drafted.campaign, drafted.tier.as_ref(), &pledge, wall).await?;
    activity::record(tx, book.id, Done::new(&pledge.id, "placed", drafted.by), book.now(wall)).await?;
    enqueue_payment(tx, &book, &pledge, 1, book.now(wall)).await?;
    Ok(Placed { pledge, is_new: true })
}

/// Whether a row was refused as what had been decided on has changed meanwhile: another pledge was placed with its reference, its
/// partner or rail withdrawn, or its campaign asks for nothing any more.
pub(super) fn is_outrun(error: &Error) -> bool {
    let Error::Database(cause) = error else { return false };
    cause.code().is_some_and(|code| *code == SqlState::UNIQUE_VIOLATION || code.code() == STALE)
}

/// As much of a new pledge as fits, where the campaign says so. The head of the book is locked first where the pledge is promised in it,
/// as a lane does: before the rows of the pledge and its donor.
async fn fitted(tx: &Transaction<'_>, book: &Book, mut new: New, today: Date) -> Result<New, Error> {
    if new.entry(today).is_some() {
        journal::lock(tx, book.id).await?;
    }
    let Some(cap) = new.campaign.cap.filter(|_| new.may_be_trimmed()) else { return Ok(new) };
    let left = commitments::fits(tx, &new.campaign, cap).await?;
    let is_enough = new.tier.as_ref().is_none_or(|tier| left >= tier.amount.minor());
    if let Ok(amount) = Money::from_minor(left, new.campaign.currency)
        && left < new.pledge.amount.minor()
        && is_enough
    {
        let asked_amount = Some(new.pledge.amount);
        new.pledge = Pledge { asked_amount, amount, promised: left, ..new.pledge };
    }
    Ok(new)
}

/// The same content under a reference is the same pledge; other content is refused, and so is a pledge that has moved to another
/// partner since.
pub(super) fn repeated(pledge: Pledge, partner: OrganisationId, content: [u8; 32]) -> Result<Pledge, Error> {
    if pledge.partner != partner {
        let detail = format!("the reference stands for {}, which has moved to another partner", pledge.id);
        return Err(Refusal::new("reference-taken", detail).into());
    }
    if pledge.content == content {
        return Ok(pledge);
    }
    let detail = format!("the reference {} stands for another pledge, {}", pledge.reference, pledge.id);
    Err(Refusal::new("reference-taken", detail).into())
}

/// A moment as the database keeps it, so that what is answered now is what is read later.
pub(super) fn as_kept(wall: Timestamp) -> Timestamp {
    wall.round(Unit::Microsecond).unwrap_or(wall)
}

/// Whether it is well formed; answers the digest of its content.
pub(super) fn check(asked: &PlacePledge) -> Result<[u8; 32], Error> {
    check_line("/reference", &asked.reference, text::REFERENCE)?;
    check_line("/donor/reference", &asked.donor.reference, text::REFERENCE)?;
    check_line("/donor/name", &asked.donor.name, text::NAME_OR_NONE)?;
    if !asked.donor.email.is_empty() {
        let parsed = asked.donor.email.parse::<Email>();
        parsed.map_err(|wrong| Error::invalid("/donor/email", wrong.to_string()))?;
    }
    match asked.rail {
        Rail::Sandbox => check_line("/token", &asked.token, text::REFERENCE)?,
        Rail::Partner => check_line("/token", &asked.token, text::REFERENCE_OR_NONE)?,
        Rail::Stripe => {
            check_line("/token", &asked.token, text::REFERENCE)?;
            stripe::units(asked.amount).map_err(|wrong| Error::invalid("/amount/amount", wrong.to_string()))?;
        }
    }
    content(asked)
}

/// A digest of all that the partner sent.
fn content(asked: &PlacePledge) -> Result<[u8; 32], Error> {
    let facts = (
        (asked.campaign, asked.partner, &asked.reference, &asked.donor),
        (asked.amount.minor(), asked.amount.currency().code(), asked.schedule),
        (asked.rail, &asked.token, asked.terms_digest),
    );
    // What partners sent before there were methods or tiers keeps its digest.
    let bytes = match (asked.method, asked.tier) {
        (Method::Card, None) => serde_json::to_vec(&facts),
        (method, None) => serde_json::to_vec(&(facts, method)),
        (method, Some(tier)) => serde_json::to_vec(&(facts, method, tier)),
    };
    let mut bytes = bytes.map_err(|error| Error::inconsistent(error.to_string()))?;
    if let Some(original) = asked.original {
        bytes.extend(format!(" given as {original}").into_bytes());
    }
    Ok(Sha256::digest(&bytes).into())
}

fn schedule(asked: AskedSchedule, today: Date) -> Result<Schedule, Error> {
    let (pointer, start) = match asked {
        AskedSchedule::Once { on } => ("/schedule/start", on.unwrap_or(today)),
        AskedSchedule::Recurring { start, .. } => ("/schedule/start", start.unwrap_or(today)),
    };
    if start < today || start > days_after(today, START_DAYS_MAX) {
        let message = format!("must be {today}, the book's today, or within {START_DAYS_MAX} days after it");
        return Err(Error::invalid(pointer, message));
    }
    match asked {
        AskedSchedule::Once { .. } => Ok(Schedule::Once { on: start }),
        AskedSchedule::Recurring { interval, anchor, payments, .. } => {
            let plan = Plan::new(interval, start, anchor.unwrap_or(start.day()), payments);
            plan.map(Schedule::Recurring).map_err(|refusal| Error::invalid("/schedule", refusal.detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_partner_sent_before_there_were_intervals_has_the_digest_of_then() {
        let asked = |interval| AskedSchedule::Recurring { interval, start: None, anchor: None, payments: Some(24) };
        let json = |interval| serde_json::to_string(&asked(interval)).expect("a schedule has string keys");
        assert_eq!(json(Interval::Month), r#"{"Monthly":{"start":null,"anchor":null,"payments":24}}"#);
        assert_ne!(json(Interval::Quarter), json(Interval::Year));
    }
}
