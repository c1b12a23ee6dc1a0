//! Campaigns: made as a draft, published with a fund of their own, closed; and what came to them.

use crate::books::operations::accounts;
use crate::chart;
use crate::engine::store::balances;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, CampaignId};
use crate::money::Money;
use crate::pledging::rules::campaign::{Campaign, Kind, State};
use crate::pledging::rules::fee;
use crate::pledging::rules::lineage::Method;
use crate::pledging::store::campaigns::{self, Sums};
use crate::pledging::store::chargebacks;
use crate::service::change::{Change, check_line, check_slug, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
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
    /// What should come in each month; its currency is that of the campaign.
    pub monthly_goal: Money,
    /// By which method a release takes its donors' money; never changes.
    pub lineage: Method,
    /// What its terms take of each captured charge; never changes.
    pub fees: Vec<fee::Term>,
}

impl NewCampaign {
    /// A campaign with what each needs. It has no summary and takes no fees, and its releases take what settled first.
    pub fn new(book: BookId, slug: &str, title: &str, terms: &str, monthly_goal: Money) -> NewCampaign {
        NewCampaign {
            book,
            slug: slug.to_owned(),
            title: title.to_owned(),
            summary: String::new(),
            terms: terms.to_owned(),
            monthly_goal,
            lineage: Method::Fifo,
            fees: Vec::new(),
        }
    }
}

/// A new campaign, as a draft.
///
/// # Errors
///
/// `slug-taken`; [`Error::Invalid`] at `/slug`, `/title`, `/summary`, `/terms` or `/fees`; [`Error::NotFound`] for an unknown
/// book.
pub async fn create(tx: &Transaction<'_>, new: NewCampaign, actor: Actor, wall: Timestamp) -> Result<Campaign, Error> {
    check_slug(&new.slug)?;
    check_line("/title", &new.title, text::NAME)?;
    check_text("/summary", &new.summary, text::SUMMARY)?;
    check_text("/terms", &new.terms, text::TERMS)?;
    fee::check(&new.fees)?;
    let book = books::get(tx, new.book).await?;
    let now = book.now(wall);
    let campaign = Campaign {
        id: CampaignId::generate(book.id),
        terms_digest: terms_digest(&new.terms, &new.fees),
        slug: new.slug,
        title: new.title,
        summary: new.summary,
        terms: new.terms,
        fees: new.fees,
        kind: Kind::Recurring { monthly_goal: new.monthly_goal },
        currency: new.monthly_goal.currency(),
        lineage: new.lineage,
        fund: None,
        state: State::draft(now),
        version: 1,
        created_at: now,
    };
    if !campaigns::insert(tx, &campaign).await? {
        return Err(Refusal::new("slug-taken", format!("the book has a campaign {}", campaign.slug)).into());
    }
    activity::record(tx, book.id, Done::new(&campaign.id, "created", actor), now).await?;
    campaigns::get(tx, campaign.id).await
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
/// `campaign-not-draft`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`]
/// for an unknown campaign.
pub async fn publish(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "published", wall, State::publish).await
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
    step(tx, id, change, "suspended", wall, State::suspend).await
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
    step(tx, id, change, "reinstated", wall, State::reinstate).await
}

/// Ends a campaign. Its pledges learn of it when they fall due: their donors are asked for another campaign.
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
    step(tx, id, change, "closed", wall, State::close).await
}

async fn step(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    action: &str,
    wall: Timestamp,
    decide: impl FnOnce(State, Timestamp) -> Result<State, Refusal>,
) -> Result<Campaign, Error> {
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    change.check(campaign.version, "campaign")?;
    let now = book.now(wall);
    let state = decide(campaign.state.clone(), now)?;
    let fund = match (campaign.fund, &state) {
        (None, State::Live { .. }) => {
            Some(accounts::ensure(tx, &book, &chart::fund(&campaign.slug), campaign.currency, wall).await?)
        }
        (fund, State::Draft { .. } | State::Live { .. } | State::Suspended { .. } | State::Closed { .. }) => fund,
    };
    let changed = campaigns::update_state(tx, id, &state, fund).await?;
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
}

/// Sums up a campaign from its rows and its fund, never from counters.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn totals(tx: &Transaction<'_>, book: &Book, campaign: &Campaign, wall: Timestamp) -> Result<Totals, Error> {
    let available = available(tx, campaign).await?;
    Ok(Totals { sums: campaigns::sums(tx, campaign.id, book.now(wall)).await?, available })
}
