//! Campaigns: made as a draft, published with a fund of their own, closed; and what came to them.

pub use super::free::available;
use super::{commitments, idle, verdicts};
use crate::books::operations::accounts;
use crate::calendar::days_after;
use crate::chart;
use crate::engine::store::balances;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, CampaignId};
use crate::money::{Currency, Money};
use crate::pledging::rules::campaign::{Campaign, State};
use crate::pledging::rules::commitment::{Cap, Elsewhere};
use crate::pledging::rules::fee;
use crate::pledging::rules::kind::{Kind, LAST_DAY_DAYS_MAX};
use crate::pledging::rules::lineage::Method;
use crate::pledging::rules::returnable::IDLE_MONTHS;
use crate::pledging::store::campaigns::{self, Sums};
use crate::pledging::store::custodian_holds;
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
    /// How much may be promised to it.
    pub cap: Option<Cap>,
    /// What it has from elsewhere.
    pub elsewhere: Option<Elsewhere>,
    /// What its terms take of each captured charge; never changes.
    pub fees: Vec<fee::Term>,
    /// After how many months without a release what lies in its fund is returnable, if its terms say another number than
    /// [`IDLE_MONTHS`].
    pub idle_months: Option<i32>,
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
            cap: None,
            elsewhere: None,
            fees: Vec::new(),
            idle_months: None,
        }
    }
}

/// A new campaign, as a draft. The terms of one with a last day say how it ends.
///
/// # Errors
///
/// `slug-taken`, `book-winding-up`; [`Error::Invalid`] at `/slug`, `/title`, `/summary`, `/terms`, `/fees`, `/returnable_after_months`, `/last_day` or `/optimum`;
/// [`Error::NotFound`] for an unknown book.
pub async fn create(tx: &Transaction<'_>, new: NewCampaign, actor: Actor, wall: Timestamp) -> Result<Campaign, Error> {
    check_slug(&new.slug)?;
    check_line("/title", &new.title, text::NAME)?;
    check_text("/summary", &new.summary, text::SUMMARY)?;
    check_text("/terms", &new.terms, text::TERMS)?;
    fee::check(&new.fees)?;
    let book = books::get(tx, new.book).await?;
    let now = book.now(wall);
    book.takes_new(now)?;
    check_kind(&new.kind, book.day_of(now))?;
    check_cap(&new, book.day_of(now))?;
    let idle_months = new.idle_months.unwrap_or(IDLE_MONTHS);
    if !(1..=IDLE_MONTHS).contains(&idle_months) {
        return Err(Error::invalid("/returnable_after_months", format!("must be 1 to {IDLE_MONTHS}")));
    }
    let terms = with_policies(new.terms, &new.kind, new.idle_months);
    check_text("/terms", &terms, text::TERMS)?;
    let campaign = Campaign {
        id: CampaignId::generate(book.id),
        terms_digest: terms_digest(&terms, &new.fees),
        slug: new.slug,
        title: new.title,
        summary: new.summary,
        terms,
        fees: new.fees,
        terms_version: 1,
        idle_months,
        kind: new.kind,
        currency: new.currency,
        lineage: new.lineage,
        fund: None,
        cap: new.cap,
        elsewhere: new.elsewhere,
        commitments: None,
        state: State::draft(now),
        promised: None,
        verdict: None,
        loop_brings: None,
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

/// Terms, and behind them how the campaign ends, and when its money counts as unused if they say so.
pub(super) fn with_policies(mut terms: String, kind: &Kind, idle_months: Option<i32>) -> String {
    let idle = idle_months.map(|months| {
        format!("What lies in the fund when nothing of it was released for {months} months goes back to donors who ask for it.")
    });
    for policy in [kind.policy(), idle].into_iter().flatten() {
        terms = format!("{terms}\n\n{policy}");
    }
    terms
}

fn check_cap(new: &NewCampaign, today: Date) -> Result<(), Error> {
    let wrong = |what: &str| format!("must be in {}, as {what} is", new.currency);
    if new.cap.is_some_and(|cap| cap.amount.currency() != new.currency) {
        return Err(Error::invalid("/cap/currency", wrong("the goal")));
    }
    let Some(elsewhere) = &new.elsewhere else { return Ok(()) };
    check_text("/funded_elsewhere/reason", &elsewhere.reason, text::REASON)?;
    if elsewhere.amount.currency() != new.currency {
        return Err(Error::invalid("/funded_elsewhere/amount/currency", wrong("the goal")));
    }
    if elsewhere.on > today {
        return Err(Error::invalid("/funded_elsewhere/on", format!("must not be after {today}, the book's today")));
    }
    match new.cap {
        Some(cap) if elsewhere.amount.minor() >= cap.amount.minor() => {
            let message = format!("must be less than the cap, {}", cap.amount);
            Err(Error::invalid("/funded_elsewhere/amount", message))
        }
        Some(_) | None => Ok(()),
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
/// `campaign-not-draft`, `last-day-passed`, `book-winding-up`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`]
/// for an unknown campaign.
pub async fn publish(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    let book = books::get(tx, id.book).await?;
    book.takes_new(book.now(wall))?;
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
    if campaign.fund.is_none() && fund.is_some() {
        campaigns::update_commitments(tx, id, &commitments::open(tx, &book, &campaign, wall).await?).await?;
    }
    let changed = campaigns::update_state(tx, id, &state, fund).await?;
    verdicts::enqueue(tx, &book, &changed).await?;
    idle::enqueue(tx, &book, &changed, now).await?;
    activity::record(tx, book.id, Done::new(&id, action, change.actor).because(change.reason), now).await?;
    Ok(changed)
}

/// What came to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Sums of its charges and pledges.
    pub sums: Sums,
    /// What a release can draw on, minor units: settled, set aside for nothing, and held by nobody.
    pub available: i64,
    /// What is in its fund and is its donors' to take back, minor units: all when it was not successful, else what nothing uses.
    pub returnable: i64,
    /// What of its fund frozen custodians hold, minor units.
    pub frozen: i64,
}

/// Sums up a campaign from its rows and its fund, never from counters.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn totals(tx: &Transaction<'_>, book: &Book, campaign: &Campaign, wall: Timestamp) -> Result<Totals, Error> {
    let available = available(tx, campaign).await?;
    let frozen = custodian_holds::frozen(tx, campaign.id).await?;
    // What is frozen is its donors' all the same.
    let asked_back = available + frozen.beside_chargebacks;
    let returnable = match campaign.fund {
        Some(fund) if campaign.returns_money(book.now(wall)) => balances::get(tx, book.id, fund).await?.net(),
        Some(_) => idle::total(tx, book, campaign, asked_back, wall).await?,
        None => 0,
    };
    Ok(Totals {
        sums: campaigns::sums(tx, campaign.id, book.now(wall)).await?,
        available,
        returnable,
        frozen: frozen.all,
    })
}
