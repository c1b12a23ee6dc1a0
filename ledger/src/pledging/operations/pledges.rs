//! Pledges: placed by partners; paused, resumed, redirected and cancelled by donors through them.
//!
//! Lock order: pledge → its charges → campaigns by id → head of the book. Whatever changes a pledge first lets the waits
//! that have run out come true ([`lock_present`]), and leaves a job for the moment when its new wait runs out.

use super::campaigns::{self as campaign_operations};
use super::lineage;
use crate::book::Companion;
use crate::book::Mode;
use crate::calendar::{MonthlyPlan, days_after};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, DonorId, OrganisationId, PledgeId};
use crate::money::Money;
use crate::movements;
use crate::parties::rules::privacy::Privacy;
use crate::pledging::rules::charge;
use crate::pledging::rules::pledge::{Need, Rail, Schedule, State};
use crate::pledging::store::campaigns::{self, Campaign};
use crate::pledging::store::charges::{self, Charge};
use crate::pledging::store::donors::{self, Donor};
use crate::pledging::store::lineage as layers;
use crate::pledging::store::pledges::{self, Move, Pledge, Token};
use crate::service::change::{Change, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
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
    /// A payment each month.
    Monthly {
        /// The first day on which it may charge; the book's today when none.
        start: Option<Date>,
        /// Day of the month, 31 for the last; the start's when none.
        anchor: Option<i8>,
        /// How many payments it has; open when none.
        payments: Option<i32>,
    },
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
/// `terms-mismatch`. [`Error::Invalid`] at `/reference`, `/donor/reference`, `/donor/name`, `/donor/email`, `/token`,
/// `/amount/currency`, `/schedule`, `/schedule/on` or `/schedule/start`; [`Error::NotFound`] for an unknown campaign.
pub async fn draft(
    client: &impl GenericClient,
    book: &Book,
    asked: PlacePledge,
    wall: Timestamp,
) -> Result<Drafted, Error> {
    check(&asked)?;
    let content = content(&asked)?;
    // As the database keeps it, so that what is answered now is what is read later.
    let wall = wall.round(Unit::Microsecond).unwrap_or(wall);
    if let Some(pledge) = pledges::find_by_reference(client, book.id, asked.partner, &asked.reference).await? {
        return repeated(pledge, content).map(Box::new).map(Drafted::Repeated);
    }
    let now = book.now(wall);
    let campaign = campaigns::get(client, asked.campaign).await?;
    campaign.state.clone().at(now).takes_money()?;
    asked.rail.allowed_in(book.mode == Mode::Live)?;
    if asked.amount.currency() != campaign.currency {
        return Err(Error::invalid("/amount/currency", format!("the campaign is in {}", campaign.currency)));
    }
    if asked.terms_digest != campaign.terms_digest {
        let detail = "the digest is not that of the campaign's terms: show the donor the present ones";
        return Err(Refusal::new("terms-mismatch", detail).into());
    }
    let schedule = schedule(asked.schedule, book.today(wall))?;
    let known = donors::find(client, book.id, asked.partner, &asked.donor.reference).await?;
    let donor = Donor {
        id: known.map_or_else(|| DonorId::generate(book.id), |donor| donor.id),
        partner: asked.partner,
        reference: asked.donor.reference,
        name: asked.donor.name,
        email: asked.donor.email,
        privacy: asked.donor.privacy,
        created_at: wall,
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
        token: Token(asked.token),
        terms_digest: asked.terms_digest,
        state: State::created(now).activate(now)?,
        version: 1,
        created_at: wall,
    };
    Ok(Drafted::New(Box::new((pledge, donor))))
}

/// The rows that place a drafted pledge, for a lane: the pledge, its donor, who did it, and the job of its first charge.
pub fn rows(book: &Book, pledge: &Pledge, donor: &Donor, wall: Timestamp) -> Vec<Companion> {
    let actor = Actor::Partner(pledge.partner);
    let mut rows = vec![
        donors::row(donor),
        pledges::row(pledge),
        activity::row(Done::new(&pledge.id, "placed", actor), book.now(wall)),
    ];
    rows.extend(payment_job(book, pledge, 1, wall).as_ref().map(jobs::row));
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
    enqueue_payment(tx, &book, &pledge, 1, wall).await?;
    Ok(Placed { pledge, is_new: true })
}

/// The same content under a reference is the same pledge; other content is refused.
fn repeated(pledge: Pledge, content: [u8; 32]) -> Result<Pledge, Error> {
    if pledge.content == content {
        return Ok(pledge);
    }
    let detail = format!("the reference {} stands for another pledge, {}", pledge.reference, pledge.id);
    Err(Refusal::new("reference-taken", detail).into())
}

fn check(asked: &PlacePledge) -> Result<(), Error> {
    check_text("/reference", &asked.reference, 1..=200)?;
    check_text("/donor/reference", &asked.donor.reference, 1..=200)?;
    check_text("/donor/name", &asked.donor.name, 0..=200)?;
    check_text("/donor/email", &asked.donor.email, 0..=254)?;
    if !asked.donor.email.is_empty() && !asked.donor.email.contains('@') {
        return Err(Error::invalid("/donor/email", "not an e-mail address"));
    }
    match asked.rail {
        Rail::Sandbox => check_text("/token", &asked.token, 1..=200),
        Rail::Partner => check_text("/token", &asked.token, 0..=200),
    }
}

/// A digest of all that the partner sent.
fn content(asked: &PlacePledge) -> Result<[u8; 32], Error> {
    let facts = (
        (asked.campaign, asked.partner, &asked.reference, &asked.donor),
        (asked.amount.minor(), asked.amount.currency().code(), asked.schedule),
        (asked.rail, &asked.token, asked.terms_digest),
    );
    let bytes = serde_json::to_vec(&facts).map_err(|error| Error::inconsistent(error.to_string()))?;
    Ok(Sha256::digest(&bytes).into())
}

fn schedule(asked: AskedSchedule, today: Date) -> Result<Schedule, Error> {
    let (pointer, start) = match asked {
        AskedSchedule::Once { on } => ("/schedule/on", on.unwrap_or(today)),
        AskedSchedule::Monthly { start, .. } => ("/schedule/start", start.unwrap_or(today)),
    };
    if start < today || start > days_after(today, START_DAYS_MAX) {
        let message = format!("must be {today}, the book's today, or within {START_DAYS_MAX} days after it");
        return Err(Error::invalid(pointer, message));
    }
    match asked {
        AskedSchedule::Once { .. } => Ok(Schedule::Once { on: start }),
        AskedSchedule::Monthly { anchor, payments, .. } => {
            let plan = MonthlyPlan::new(start, anchor.unwrap_or(start.day()), payments);
            plan.map(Schedule::Monthly).map_err(|refusal| Error::invalid("/schedule", refusal.detail))
        }
    }
}

/// Locks a pledge, and lets the waits that have run out come true.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown pledge.
pub async fn lock_present(tx: &Transaction<'_>, book: &Book, id: PledgeId, wall: Timestamp) -> Result<Pledge, Error> {
    let pledge = pledges::lock(tx, id).await?;
    let state = pledge.state.at(book.now(wall));
    if state == pledge.state {
        return Ok(pledge);
    }
    let changed = save(tx, book, Pledge { state, ..pledge }, Change::by_service("its time ran out"), wall).await?;
    if changed.state.is_active() { restart(tx, book, changed, false, wall).await } else { Ok(changed) }
}

/// No charge until a day, or until somebody resumes it; a declined charge is not tried again.
///
/// # Errors
///
/// `pledge-state`, `pause-invalid`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown pledge.
pub async fn pause(
    tx: &Transaction<'_>,
    id: PledgeId,
    until: Option<Date>,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let until = until.map(|day| book.start_of(day));
    let state = pledge.state.pause(book.now(wall), until)?;
    charges::clear_retries(tx, id).await?;
    save(tx, &book, Pledge { state, ..pledge }, change, wall).await
}

/// Goes on: out of a pause, out of a lapse (which revives it), or with the token of another means of payment.
///
/// Due dates that were missed are not made up for. A declined payment is tried again when the donor gave another means,
/// or when nothing else is left of the plan.
///
/// # Errors
///
/// `pledge-state`, `pledge-needs-means`, `pledge-needs-campaign`; [`Error::Stale`] for an outdated version;
/// [`Error::Invalid`] at `/token` or `/reason`; [`Error::NotFound`] for an unknown pledge.
pub async fn resume(
    tx: &Transaction<'_>,
    id: PledgeId,
    token: Option<String>,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let retry = matches!(pledge.state, State::NeedsAction { .. });
    let state = pledge.state.resume(book.now(wall), token.is_some())?;
    let token = match token {
        Some(token) => {
            check_text("/token", &token, 1..=200)?;
            Token(token)
        }
        None => pledge.token.clone(),
    };
    let resumed = save(tx, &book, Pledge { state, token, ..pledge }, change, wall).await?;
    restart(tx, &book, resumed, retry, wall).await
}

/// Ends it before its last payment. What it brought so far stays.
///
/// # Errors
///
/// `pledge-state`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for
/// an unknown pledge.
pub async fn cancel(tx: &Transaction<'_>, id: PledgeId, change: Change<'_>, wall: Timestamp) -> Result<Pledge, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let state = pledge.state.cancel(book.now(wall))?;
    charges::clear_retries(tx, id).await?;
    save(tx, &book, Pledge { state, ..pledge }, change, wall).await
}

/// A pledge that was redirected, and what of its settled money went with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirected {
    /// The pledge.
    pub pledge: Pledge,
    /// The settled money that moved from fund to fund; none when nothing did.
    pub moved: Option<Money>,
}

/// Its next charges go to another live campaign of the book and currency. With `move_settled`, so does what its settled
/// charges brought, as far as its fund has it and no milestone was promised it.
///
/// # Errors
///
/// `pledge-state`, `same-campaign`, `campaign-not-live`; with `move_settled`, what [`posting::post`] refuses.
/// [`Error::Invalid`] at `/campaign` for one of another book or currency, or at `/reason`; [`Error::Stale`] for an
/// outdated version; [`Error::NotFound`] for an unknown pledge or campaign.
pub async fn redirect(
    tx: &Transaction<'_>,
    id: PledgeId,
    to: CampaignId,
    move_settled: bool,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Redirected, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let (from, to) = lock_both(tx, &pledge, to).await?;
    let now = book.now(wall);
    to.state.clone().at(now).takes_money()?;
    if to.currency != from.currency {
        return Err(Error::invalid(
            "/campaign",
            format!("that campaign is in {}, not in {}", to.currency, from.currency),
        ));
    }
    let state = pledge.state.redirect(now)?;
    let goes_on = state.is_active() && !pledge.state.is_active();
    let moved = if move_settled { move_money(tx, &book, id, &from, &to, wall).await? } else { None };
    let mut pledge = save(tx, &book, Pledge { state, campaign: to.id, ..pledge }, change, wall).await?;
    if goes_on {
        pledge = restart(tx, &book, pledge, false, wall).await?;
    }
    Ok(Redirected { pledge, moved })
}

async fn lock_both(tx: &Transaction<'_>, pledge: &Pledge, to: CampaignId) -> Result<(Campaign, Campaign), Error> {
    let from = pledge.campaign;
    if to.book != from.book {
        return Err(Error::invalid("/campaign", "not a campaign of the same book"));
    }
    if to == from {
        return Err(Refusal::new("same-campaign", "the pledge is to that campaign already").into());
    }
    let first = campaigns::lock(tx, from.min(to)).await?;
    let second = campaigns::lock(tx, from.max(to)).await?;
    Ok(if first.id == from { (first, second) } else { (second, first) })
}

async fn move_money(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: PledgeId,
    from: &Campaign,
    to: &Campaign,
    wall: Timestamp,
) -> Result<Option<Money>, Error> {
    let own: i64 = layers::list_own(tx, from.fund()?, pledge).await?.iter().map(|layer| layer.left).sum();
    let available = campaign_operations::available(tx, from).await?;
    let Ok(amount) = Money::from_minor(own.min(available), from.currency) else { return Ok(None) };
    let entry = movements::fund_moved(from.fund()?, to.fund()?, amount, book.today(wall), pledge);
    let posted = posting::post(tx, book, entry, wall).await?;
    lineage::draw_own(tx, from, pledge, posted.number, amount).await?;
    layers::insert_moved(tx, to.fund()?, pledge, posted.number, amount.minor()).await?;
    pledges::insert_move(tx, &Move { pledge, from: from.id, to: to.id, amount, entry: posted.number }).await?;
    Ok(Some(amount))
}

async fn begin_change(
    tx: &Transaction<'_>,
    id: PledgeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<(Book, Pledge), Error> {
    let book = books::get(tx, id.book).await?;
    // What the caller has seen is the row, so its version is compared before waits come true.
    change.check(pledges::lock(tx, id).await?.version, "pledge")?;
    let pledge = lock_present(tx, &book, id, wall).await?;
    Ok((book, pledge))
}

/// Writes a changed pledge, who changed it and why, and a job for the moment when its wait runs out.
pub(crate) async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    changed: Pledge,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let pledge = pledges::update(tx, &changed).await?;
    activity::record(
        tx,
        book.id,
        Done::new(&pledge.id, pledge.state.as_str(), change.actor).because(change.reason),
        book.now(wall),
    )
    .await?;
    if let Some(until) = pledge.state.until() {
        let job = Job::ChargePledge { pledge: pledge.id, sequence: pledge.next_sequence };
        let dedupe = format!("{}-clock-{}", pledge.id, pledge.version);
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: until, dedupe, job }).await?;
    }
    Ok(pledge)
}

/// Takes the plan of a pledge that has just become active up again. `retry`: also a payment that was given up.
pub(crate) async fn restart(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    retry: bool,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let next = pledge.schedule.resume_from(pledge.next_sequence, book.today(wall));
    let is_pending = match charges::lock_last(tx, pledge.id).await? {
        None => false,
        Some(last) => match &last.state {
            charge::State::Scheduled | charge::State::Processing { .. } => true,
            charge::State::Voided { .. } | charge::State::Declined { retry_on: Some(_), .. } => {
                reopen(tx, book, last, wall).await?
            }
            charge::State::Declined { retry_on: None, .. } if retry || next.is_none() => {
                reopen(tx, book, last, wall).await?
            }
            charge::State::Declined { .. } | charge::State::Captured { .. } | charge::State::Settled { .. } => false,
        },
    };
    match next {
        Some(next) => {
            let pledge = pledges::update(tx, &Pledge { next_sequence: next, ..pledge }).await?;
            enqueue_payment(tx, book, &pledge, next, wall).await?;
            Ok(pledge)
        }
        None if is_pending => Ok(pledge),
        None => {
            let state = pledge.state.paid(book.now(wall), true);
            save(tx, book, Pledge { state, ..pledge }, Change::by_service("nothing is left of its plan"), wall).await
        }
    }
}

/// A charge that was given up, or whose capture was voided, is tried again at once.
async fn reopen(tx: &Transaction<'_>, book: &Book, charge: Charge, wall: Timestamp) -> Result<bool, Error> {
    let charge = Charge { state: charge.state.reopen(book.today(wall))?, ..charge };
    charges::update(tx, &charge).await?;
    let attempt = charge.state.attempt() + 1;
    let dedupe = format!("{}-{attempt}-{}", charge.id, charge.version);
    let job = Job::RetryCharge { charge: charge.id, attempt };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    Ok(true)
}

/// A job for a payment of the plan, at the start of its due date.
pub(crate) async fn enqueue_payment(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    sequence: i32,
    wall: Timestamp,
) -> Result<(), Error> {
    if let Some(job) = payment_job(book, pledge, sequence, wall) {
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

/// The job of a payment, for the start of its due date.
fn payment_job(book: &Book, pledge: &Pledge, sequence: i32, wall: Timestamp) -> Option<NewJob> {
    let due_on = pledge.schedule.due_date(sequence)?;
    let due_at = book.start_of(due_on.max(book.today(wall)));
    let job = Job::ChargePledge { pledge: pledge.id, sequence };
    let dedupe = format!("{}-{sequence}-{}", pledge.id, pledge.version);
    Some(NewJob { book: book.id, due_at, dedupe, job })
}

/// The pledge waits for its donor: asks, in the caller's transaction.
pub(crate) async fn ask(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    need: Need,
    reason: &str,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let state = pledge.state.ask(book.now(wall), need);
    if state == pledge.state {
        return Ok(pledge);
    }
    save(tx, book, Pledge { state, ..pledge }, Change::by_service(reason), wall).await
}
