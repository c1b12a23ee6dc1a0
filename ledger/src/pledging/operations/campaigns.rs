//! Campaigns: made as a draft, published with a fund of their own, closed; and what came to them.

use super::verdicts;
use crate::books::operations::accounts;
use crate::calendar::days_after;
use crate::chart;
use crate::engine::store::balances;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, CampaignId};
use crate::money::{Currency, Money};
use crate::pledging::rules::campaign::{Campaign, State};
use crate::pledging::rules::fee;
use crate::pledging::rules::kind::{Kind, LAST_DAY_DAYS_MAX};
use crate::pledging::rules::lineage::Method;
use crate::pledging::store::campaigns::{self, Sums};
use crate::pledging::store::chargebacks;
use crate::service::change::{Change, check_line, check_slug, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

/// What a new campaign shall be.
#[derive(Debug, Clone)]
pub struct NewCampaign {
    /// The book to which it belongs.
    pub book: BookId,
    /// Name in addresses and in the code of its fund account: 2 to 63 of a-z, 0-9 and `-`.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// What donors agree to.
    pub terms: String,
    /// What it asks for, and until when.
    pub kind: Kind,
    /// Its currency, which is that of all its amounts.
    pub currency: Currency,
    /// By which method a release takes its donors' money; never changes.
    pub lineage: Method,
    /// What its terms take of each captured charge; never changes.
    pub fees: Vec<fee::Term>,
}

impl NewCampaign {
    /// A campaign with a monthly goal, and with what each needs. It has no summary and takes no fees, and its releases take what
    /// settled first.
    pub fn new(book: BookId, slug: &str, title: &str, terms: &str, monthly_goal: Money) -> NewCampaign {
        NewCampaign {
            book,
            slug: slug.to_owned(),
            title: title.to_owned(),
            summary: String::new(),
            terms: terms.to_owned(),
            kind: Kind::Recurring { monthly_goal },
            currency: monthly_goal.currency(),
            lineage: Method::Fifo,
            fees: Vec::new(),
        }
    }
}

/// A new campaign, as a draft. The terms of one with a last day say how it ends.
///
/// # Errors
///
/// `slug-taken`; [`Error::Invalid`] at `/slug`, `/title`, `/summary`, `/terms`, `/fees`, `/last_day` or `/optimum`;
/// [`Error::NotFound`] for an unknown book.
pub async fn create(tx: &Transaction<'_>, new: NewCampaign, actor: Actor, wall: Timestamp) -> Result<Campaign, Error> {
    check_slug(&new.slug)?;
    check_line("/title", &new.title, text::NAME)?;
    check_text("/summary", &new.summary, text::SUMMARY)?;
    check_text("/terms", &new.terms, text::TERMS)?;
    fee::check(&new.fees)?;
    let book = books::get(tx, new.book).await?;
    let now = book.now(wall);
    check_kind(&new.kind, book.day_of(now))?;
    let terms = match new.kind.policy() {
        Some(policy) => format!("{}\n\n{policy}", new.terms),
        None => new.terms,
    };
    check_text("/terms", &terms, text::TERMS)?;
    let campaign = Campaign {
        id: CampaignId::generate(book.id),
        terms_digest: terms_digest(&terms, &new.fees),
        slug: new.slug,
        title: new.title,
        summary: new.summary,
        terms,
        fees: new.fees,
        kind: new.kind,
        currency: new.currency,
        lineage: new.lineage,
        fund: None,
        state: State::draft(now),
        promised: None,
        verdict: None,
        version: 1,
        created_at: now,
    };
    if !campaigns::insert(tx, &campaign).await? {
        return Err(Refusal::new("slug-taken", format!("the book has a campaign {}", campaign.slug)).into());
    }
    activity::record(tx, book.id, Done::new(&campaign.id, "created", actor), now).await?;
    campaigns::get(tx, campaign.id).await
}

fn check_kind(kind: &Kind, today: Date) -> Result<(), Error> {
    let latest = days_after(today, LAST_DAY_DAYS_MAX);
    if kind.last_day().is_some_and(|last_day| last_day < today || last_day > latest) {
        return Err(Error::invalid("/last_day", format!("must be from {today}, the book's today, to {latest}")));
    }
    match kind {
        Kind::MinimumAndOptimum { minimum, optimum, .. } if optimum.minor() <= minimum.minor() => {
            Err(Error::invalid("/optimum", format!("must be more than the minimum, {minimum}")))
        }
        Kind::Recurring { .. }
        | Kind::AllOrNothing { .. }
        | Kind::KeepWhatYouRaise { .. }
        | Kind::MinimumAndOptimum { .. } => Ok(()),
    }
}

/// SHA-256 of a campaign's terms, which a pledge restates. Each fee stands behind them as a line.
pub fn terms_digest(terms: &str, fees: &[fee::Term]) -> [u8; 32] {
    let mut digest = Sha256::new_with_prefix(terms.as_bytes());
    for fee in fees {
        digest.update(format!("\n{fee}"));
    }
    digest.finalize().into()
}

/// Opens a draft for pledges, and its fund account with floor 0: nothing is spent that is not there.
///
/// # Errors
///
/// `campaign-not-draft`, `last-day-passed`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`]
/// for an unknown campaign.
pub async fn publish(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "published", wall, |state, now, end| state.publish(now, end)).await
}

/// Stops pledges and charges for a while; nobody ending it, the campaign closes.
///
/// # Errors
///
/// `campaign-not-live`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`]
/// for an unknown campaign.
pub async fn suspend(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "suspended", wall, |state, now, _| state.suspend(now)).await
}

/// Ends a suspension.
///
/// # Errors
///
/// `campaign-not-suspended`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown campaign.
pub async fn reinstate(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "reinstated", wall, |state, now, end| state.reinstate(now, end)).await
}

/// Ends a campaign. Its pledges learn of it when they fall due: their donors are asked for another campaign. Where a goal or a
/// minimum was to decide and had not, what was collected is its donors'.
///
/// # Errors
///
/// `campaign-closed`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`]
/// for an unknown campaign.
pub async fn close(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "closed", wall, |state, now, _| state.close(now)).await
}

async fn step(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    action: &str,
    wall: Timestamp,
    decide: impl FnOnce(State, Timestamp, Option<Timestamp>) -> Result<State, Refusal>,
) -> Result<Campaign, Error> {
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    change.check(campaign.version, "campaign")?;
    let now = book.now(wall);
    let campaign = verdicts::note_promised(tx, &book, campaign, now).await?;
    let end = campaign.kind.last_day().map(|day| book.start_of(days_after(day, 1)));
    let state = decide(campaign.state.clone(), now, end)?;
    let fund = match (campaign.fund, &state) {
        (None, State::Live { .. }) => {
            Some(accounts::ensure(tx, &book, &chart::fund(&campaign.slug), campaign.currency, wall).await?)
        }
        (fund, _) => fund,
    };
    let changed = campaigns::update_state(tx, id, &state, fund).await?;
    verdicts::enqueue(tx, &book, &changed).await?;
    activity::record(tx, book.id, Done::new(&id, action, change.actor).because(change.reason), now).await?;
    Ok(changed)
}

/// What of a campaign's fund is settled, set aside for nothing and held by no chargeback, minor units; negative when more is set
/// aside or held than there is.
///
/// The caller has locked the campaign, so that nobody else draws on it meanwhile. The fund is read before what has not
/// settled: a capture that commits in between makes the answer too small for a moment, never too large.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn available(tx: &Transaction<'_>, campaign: &Campaign) -> Result<i64, Error> {
    let Some(fund) = campaign.fund else { return Ok(0) };
    let balance = balances::get(tx, campaign.id.book, fund).await?;
    let unsettled = campaigns::unsettled(tx, campaign.id).await?;
    let earmarked = campaigns::earmarked(tx, campaign.id).await?;
    let held = chargebacks::held(tx, campaign.id).await?;
    Ok(balance.net() - balance.held - unsettled - earmarked - held)
}

/// What came to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Sums of its charges and pledges.
    pub sums: Sums,
    /// What a release or a redirection can draw on, minor units: settled, and set aside for nothing.
    pub available: i64,
    /// What is in its fund and is to go back to its donors, minor units: 0 unless it was not successful.
    pub returnable: i64,
}

/// Sums up a campaign from its rows and its fund, never from counters.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn totals(tx: &Transaction<'_>, book: &Book, campaign: &Campaign, wall: Timestamp) -> Result<Totals, Error> {
    let available = available(tx, campaign).await?;
    let returnable = match campaign.fund {
        Some(fund) if campaign.returns_money(book.now(wall)) => balances::get(tx, book.id, fund).await?.net(),
        Some(_) | None => 0,
    };
    Ok(Totals { sums: campaigns::sums(tx, campaign.id, book.now(wall)).await?, available, returnable })
}
