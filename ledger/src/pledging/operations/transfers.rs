//! Gifts by transfer: money on the bank account of a custodian that carries our reference is captured and settled in one entry, of the
//! amount that came and on the day on which the bank booked it.
//!
//! A pledge's reference pays its earliest due date that nobody has paid, else the next one, which is not charged then: a plan's arrears
//! are older than what falls due, and a donor who pays twice in a month pays the next month too. A campaign's reference is a gift of
//! somebody whom nobody knows: a pledge of its own with a donor of its own, so that fund, totals and refunds are those of every gift. What
//! cannot be taken so waits in suspense, with why.
//!
//! Lock order: pledges by id → money in suspense → charges → campaign → head of the book.

use super::present::lock_present;
use super::transfer_captures::{Gift, Outcome, Source, Step, capture};
use super::{unexplained, verdicts, withdrawals};
use crate::calendar::later;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{BookId, CampaignId, ChargeId, DonorId, OrganisationId, PledgeId, SuspenseId};
use crate::parties::rules::privacy::Privacy;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::{Charge, REPORT_DAYS, State as ChargeState};
use crate::pledging::rules::donor::Donor;
use crate::pledging::rules::pledge::{Pledge, Rail, Schedule, State, Token};
use crate::pledging::rules::promise;
use crate::pledging::rules::suspense::{Held, SuspenseItem};
use crate::pledging::rules::transfer::Transfer;
use crate::pledging::rules::transfer_reference::{Named, Purpose};
use crate::pledging::store::{charges, suspense, terms, transfers};
use crate::treasury::operations::custodians;
use crate::treasury::rules::settlement::Method;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// What became of money that came by a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is a gift: a charge, captured and settled by the entry.
    Gift {
        /// Which charge.
        charge: ChargeId,
        /// Record number of the entry.
        entry: i64,
    },
    /// It waits in suspense.
    Suspended {
        /// As what.
        item: SuspenseId,
        /// Record number of the entry.
        entry: i64,
    },
    /// It carries no reference of ours, and may be something else.
    Unknown,
    /// What its custodian holds is frozen: it is taken after the release.
    Frozen,
}

/// Locks the pledges that the references of lines name, before any of these is taken.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn lock_named(tx: &Transaction<'_>, book: BookId, named: &[Named]) -> Result<(), Error> {
    if named.is_empty() {
        return Ok(());
    }
    transfers::lock_pledges(tx, book, named).await
}

/// Takes what came by a line. `rest`: whether it waits in suspense when nothing says what it is for.
///
/// # Errors
///
/// What [`posting::post`](crate::engine::posting::post) refuses but for the cap of a campaign.
pub async fn take(
    tx: &Transaction<'_>,
    book: &Book,
    transfer: &Transfer,
    rest: bool,
    wall: Timestamp,
) -> Result<Taken, Error> {
    let target = target(tx, book.id, transfer.named.as_ref()).await?;
    if target.is_none() && !rest {
        return Ok(Taken::Unknown);
    }
    // What waited once and was explained as something else is for a person to look at.
    if suspense::find(tx, book.id, transfer.custodian, &transfer.line.to_string()).await?.is_some() {
        return Ok(Taken::Unknown);
    }
    if custodians::standing(tx, book, transfer.custodian).await?.is_some() {
        return Ok(Taken::Frozen);
    }
    let (outcome, pledge) = match target {
        Some(Target::Pledge(pledge)) => (pay(tx, book, Source::Line(transfer), pledge, wall).await?, Some(pledge)),
        Some(Target::Campaign(campaign)) => (give(tx, book, Source::Line(transfer), campaign, wall).await?, None),
        None => (Err(Held::ReferenceUnknown), None),
    };
    match outcome {
        Ok((charge, entry)) => Ok(Taken::Gift { charge, entry }),
        Err(why) => {
            let item = unexplained::hold_line(tx, book, transfer, (why, pledge), wall).await?;
            Ok(Taken::Suspended { item: item.id, entry: item.entry })
        }
    }
}

/// Whose payment money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A pledge's.
    Pledge(PledgeId),
    /// A campaign's: a gift of somebody whom nobody knows.
    Campaign(CampaignId),
}

async fn target(client: &impl GenericClient, book: BookId, named: Option<&Named>) -> Result<Option<Target>, Error> {
    let Some(named) = named else { return Ok(None) };
    match named.purpose {
        Purpose::Pledge => Ok(transfers::pledge(client, book, named).await?.map(Target::Pledge)),
        Purpose::Campaign => Ok(transfers::campaign(client, book, named).await?.map(Target::Campaign)),
        Purpose::Settlement | Purpose::Refund | Purpose::Suspense => Ok(None),
    }
}

/// What a line brought and waits in suspense is said to be a payment of a pledge, or a gift to a campaign. The item is locked, after the
/// pledge. Answers with the charge and the entry.
///
/// # Errors
///
/// What [`Held::refusal`] says; what [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an unknown pledge
/// or campaign.
pub(super) async fn match_item(
    tx: &Transaction<'_>,
    book: &Book,
    item: &SuspenseItem,
    target: Target,
    wall: Timestamp,
) -> Result<(ChargeId, i64), Error> {
    let outcome = match target {
        Target::Pledge(pledge) => pay(tx, book, Source::Item(item), pledge, wall).await?,
        Target::Campaign(campaign) => give(tx, book, Source::Item(item), campaign, wall).await?,
    };
    outcome.map_err(|why| why.refusal().into())
}

/// Money is a payment of a pledge.
async fn pay(
    tx: &Transaction<'_>,
    book: &Book,
    source: Source<'_>,
    id: PledgeId,
    wall: Timestamp,
) -> Result<Outcome, Error> {
    let now = book.now(wall);
    let pledge = lock_present(tx, book, id, now, wall).await?;
    if source.amount().currency() != pledge.amount.currency() || pledge.original.is_some() {
        return Ok(Err(Held::CurrencyDiffers));
    }
    match pledge.state {
        State::Cancelled { .. } | State::Refunded { .. } => return Ok(Err(Held::PledgeOver)),
        State::Created { .. }
        | State::Active { .. }
        | State::NeedsAction { .. }
        | State::Paused { .. }
        | State::Lapsed { .. }
        | State::Completed { .. } => {}
    }
    let campaign = verdicts::present(tx, book, pledge.campaign, now).await?;
    if campaign.state.clone().at(now).is_over() {
        return Ok(Err(Held::CampaignNotOpen));
    }
    let Some((charge, step)) = due(tx, &pledge, source.custodian(), now).await? else {
        return Ok(Err(Held::NothingDue));
    };
    capture(tx, book, source, Gift { pledge, campaign, charge, step }, wall).await
}

/// The charge of a pledge that money pays, as it is before; nothing is written. None when nothing is due any more.
async fn due(
    tx: &Transaction<'_>,
    pledge: &Pledge,
    custodian: OrganisationId,
    now: Timestamp,
) -> Result<Option<(Charge, Step)>, Error> {
    let until = later(now, REPORT_DAYS);
    if let Some(id) = transfers::unpaid(tx, pledge.id, custodian).await? {
        let charge = Charge { campaign: pledge.campaign, ..charges::lock(tx, id).await? };
        return match charge.state {
            ChargeState::Missed | ChargeState::Declined { retry_on: None, .. } => {
                Ok(Some((Charge { state: charge.state.found(until)?, ..charge }, Step::Found)))
            }
            ChargeState::Scheduled
            | ChargeState::Processing { .. }
            | ChargeState::Declined { .. }
            | ChargeState::Captured { .. }
            | ChargeState::Settled { .. }
            | ChargeState::Voided { .. } => Ok(Some((charge, Step::Known))),
        };
    }
    let sequence = pledge.next_sequence;
    let Some(due_on) = pledge.schedule.due_date(sequence) else { return Ok(None) };
    let charge = Charge::of(pledge, sequence, due_on, ChargeState::Scheduled.begin(until)?, now);
    let charge = Charge { partner: custodian, rail: Rail::Partner, method: Method::Transfer, ..charge };
    Ok(Some((promise::begun(pledge, charge), Step::Next)))
}

/// Money is a gift to a campaign of somebody whom nobody knows.
async fn give(
    tx: &Transaction<'_>,
    book: &Book,
    source: Source<'_>,
    id: CampaignId,
    wall: Timestamp,
) -> Result<Outcome, Error> {
    let now = book.now(wall);
    let campaign = verdicts::present(tx, book, id, now).await?;
    if source.amount().currency() != campaign.currency {
        return Ok(Err(Held::CurrencyDiffers));
    }
    if book.takes_new(now).is_err() {
        return Ok(Err(Held::BookWindingUp));
    }
    if campaign.state.clone().at(now).takes_pledges().is_err() {
        return Ok(Err(Held::CampaignNotOpen));
    }
    match withdrawals::require_open(tx, book, (source.custodian(), Rail::Partner), wall).await {
        Ok(()) => {}
        Err(Error::Refused(_)) => return Ok(Err(Held::CustodianWithdrawn)),
        Err(error) => return Err(error),
    }
    let agreed = terms::in_effect(tx, &campaign, book.today(wall)).await?.digest;
    let donor = nobody(book, source, now);
    let pledge = of_nobody(source, (&campaign, agreed), donor.id, now)?;
    let state = ChargeState::Scheduled.begin(later(now, REPORT_DAYS))?;
    let charge = Charge::of(&pledge, 1, source.on(), state, now);
    capture(tx, book, source, Gift { pledge, campaign, charge, step: Step::Only(Box::new(donor)) }, wall).await
}

/// Whoever transferred it: of them nothing is known, and nothing is kept.
fn nobody(book: &Book, source: Source<'_>, now: Timestamp) -> Donor {
    Donor {
        id: DonorId::generate(book.id),
        partner: source.custodian(),
        reference: source.payment(),
        name: String::new(),
        email: String::new(),
        privacy: Privacy::Anonymous,
        created_at: now,
        erased_at: None,
    }
}

fn of_nobody(
    source: Source<'_>,
    (campaign, terms_digest): (&Campaign, [u8; 32]),
    donor: DonorId,
    now: Timestamp,
) -> Result<Pledge, Refusal> {
    Ok(Pledge {
        id: PledgeId::generate(campaign.id.book),
        campaign: campaign.id,
        donor,
        partner: source.custodian(),
        content: Sha256::digest(source.payment().as_bytes()).into(),
        reference: source.payment(),
        amount: source.amount(),
        original: None,
        asked_amount: None,
        tier: None,
        has_place: false,
        // Its promise goes with the entry of its capture.
        promised: 0,
        schedule: Schedule::Once { on: source.on() },
        next_sequence: 2,
        rail: Rail::Partner,
        method: Method::Transfer,
        token: Token(String::new()),
        terms_digest,
        state: State::created(now).activate(now)?,
        version: 1,
        created_at: now,
    })
}
