//! Pledges are placed by partners: checked, written once, and their first payment put into the plan.

use super::plan::{enqueue_payment, payment_job};
use crate::book::{Companion, Mode};
use crate::calendar::{Interval, Plan, days_after};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, DonorId, OrganisationId, PledgeId};
use crate::money::Money;
use crate::parties::rules::privacy::Privacy;
use crate::parties::rules::role::Email;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::donor::Donor;
use crate::pledging::rules::pledge::{Pledge, Rail, Schedule, State, Token};
use crate::pledging::store::{campaigns, donors, pledges, terms};
use crate::service::change::check_line;
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::rules::settlement::Method;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use sha2::{Digest, Sha256};

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
    /// The donor whose promise it is.
    pub donor: AskedDonor,
    /// The amount of one payment.
    pub amount: Money,
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
    /// It is new: the pledge as it will be, and its donor.
    New(Box<(Pledge, Donor)>),
}

/// Asks the rules about a pledge, and writes nothing.
///
/// # Errors
///
/// `reference-taken` when the reference stands for another pledge; `campaign-not-live`, `rail-refused`,
/// `terms-mismatch`, `schedule-refused`. [`Error::Invalid`] at `/reference`, `/donor/reference`, `/donor/name`, `/donor/email`, `/token`,
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
        return repeated(pledge, content).map(Box::new).map(Drafted::Repeated);
    }
    let campaign = campaigns::get(client, asked.campaign).await?;
    let known = donors::find(client, book.id, asked.partner, &asked.donor.reference).await?;
    let agreed = terms::in_effect(client, &campaign, book.today(wall)).await?.digest;
    let new = decide(book, asked, content, (&campaign, agreed), known.as_ref(), wall)?;
    Ok(Drafted::New(Box::new(new)))
}

/// The pledge and its donor as they will be, when the campaign takes it, whose terms in effect have the digest beside it. `donor` is
/// whom the partner knows under that reference.
pub(super) fn decide(
    book: &Book,
    asked: PlacePledge,
    content: [u8; 32],
    (campaign, agreed): (&Campaign, [u8; 32]),
    donor: Option<&Donor>,
    wall: Timestamp,
) -> Result<(Pledge, Donor), Error> {
    let now = book.now(wall);
    campaign.state.clone().at(now).takes_pledges()?;
    asked.rail.allowed_in(book.mode == Mode::Live)?;
    if asked.amount.currency() != campaign.currency {
        return Err(Error::invalid("/amount/currency", format!("the campaign is in {}", campaign.currency)));
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
    let pledge = Pledge {
        id: PledgeId::generate(book.id),
        campaign: campaign.id,
        donor: donor.id,
        partner: asked.partner,
        reference: asked.reference,
        content,
        amount: asked.amount,
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
    Ok((pledge, donor))
}

/// The rows that place a drafted pledge, for a lane: the pledge, its donor, who did it, and the job of its first charge.
pub fn rows(book: &Book, pledge: &Pledge, donor: &Donor, wall: Timestamp) -> Vec<Companion> {
    let actor = Actor::Partner(pledge.partner);
    let mut rows = vec![
        donors::row(donor),
        pledges::row(pledge),
        activity::row(Done::new(&pledge.id, "placed", actor), book.now(wall)),
    ];
    rows.extend(payment_job(book, pledge, 1, book.now(wall)).as_ref().map(jobs::row));
    rows
}

/// Takes a pledge: it is active at once, and its first charge is a job for the start of its first due date.
///
/// # Errors
///
/// As [`draft`]; [`Error::StillRunning`] while another transaction places the same reference.
pub async fn place(tx: &Transaction<'_>, asked: PlacePledge, wall: Timestamp) -> Result<Placed, Error> {
    let book = books::get(tx, asked.campaign.book).await?;
    let (new, donor) = match draft(tx, &book, asked, wall).await? {
        Drafted::Repeated(pledge) => return Ok(Placed { pledge: *pledge, is_new: false }),
        Drafted::New(new) => *new,
    };
    let new = Pledge { donor: donors::upsert(tx, &donor).await?, ..new };
    let Some(pledge) = pledges::insert(tx, &new).await? else {
        let first = pledges::find_by_reference(tx, book.id, new.partner, &new.reference).await?;
        let pledge = repeated(first.ok_or(Error::StillRunning)?, new.content)?;
        return Ok(Placed { pledge, is_new: false });
    };
    activity::record(tx, book.id, Done::new(&pledge.id, "placed", Actor::Partner(pledge.partner)), book.now(wall))
        .await?;
    enqueue_payment(tx, &book, &pledge, 1, book.now(wall)).await?;
    Ok(Placed { pledge, is_new: true })
}

/// The same content under a reference is the same pledge; other content is refused.
pub(super) fn repeated(pledge: Pledge, content: [u8; 32]) -> Result<Pledge, Error> {
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
    // What partners sent before there were methods keeps its digest.
    let bytes = match asked.method {
        Method::Card => serde_json::to_vec(&facts),
        method @ (Method::Debit | Method::Transfer) => serde_json::to_vec(&(facts, method)),
    };
    let bytes = bytes.map_err(|error| Error::inconsistent(error.to_string()))?;
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
