//! What teams owe of revoked claims: set off against their releases and what comes back of their payouts, paid back, or written off.
//!
//! Lock order: campaign → milestone → claim → clawback → book head.

use super::locked::notify;
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{ClaimId, OrganisationId};
use crate::milestones::rules::clawback::{self as rules, Bearer, Clawback, Less};
use crate::milestones::rules::notice::Event;
use crate::milestones::store::{clawbacks, releases};
use crate::money::{Currency, Money};
use crate::movements::{self, Against, Debt};
use crate::pledging::operations::lineage;
use crate::pledging::operations::recoveries::{self, Received};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::store::campaigns;
use crate::service::change::check_line;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The most clawbacks of a team that one release is set off against.
const AT_ONCE: i64 = 40;

/// The accounts of what is owed of a clawback, with a sum.
pub(super) async fn debt(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    team: OrganisationId,
    (amount, currency): (i64, Currency),
    wall: Timestamp,
) -> Result<Debt, Error> {
    let receivable = account(tx, book, chart::clawback_receivable(team), currency, wall).await?;
    let pending = account(tx, book, chart::recoveries(&campaign.slug), currency, wall).await?;
    Ok(Debt { receivable, pending, fund: campaign.fund()?, amount })
}

async fn account(
    tx: &Transaction<'_>,
    book: &Book,
    of: chart::Account,
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    accounts::ensure(tx, book, &of.in_currency(currency, book.currency), currency, wall).await
}

/// What came back goes to the layers that the releases of the claim had used.
pub(super) async fn give_back(
    tx: &Transaction<'_>,
    campaign: &Campaign,
    claim: ClaimId,
    entry: i64,
    amount: i64,
) -> Result<(), Error> {
    let made: Vec<i64> = releases::list_of_claim(tx, claim).await?.iter().map(|release| release.entry).collect();
    lineage::give_back(tx, campaign, &made, entry, amount).await
}

/// What a team owes of clawbacks, to be set off: locked before the head of the book is.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn owed(
    tx: &Transaction<'_>,
    book: &Book,
    team: OrganisationId,
    currency: Currency,
) -> Result<Vec<Clawback>, Error> {
    clawbacks::lock_owed(tx, book.id, team, currency, AT_ONCE).await
}

/// Sets off what a team owes of clawbacks, the oldest first, against what a release left of itself or what came back of a payout: posted
/// right behind it. Answers how much it was.
///
/// # Errors
///
/// What [`posting::post`] refuses.
pub async fn set_off(
    tx: &Transaction<'_>,
    book: &Book,
    owes: Vec<Clawback>,
    (payable, left): (AccountNumber, i64),
    (against, reference): (Against, impl ToString),
    wall: Timestamp,
) -> Result<i64, Error> {
    let owed: Vec<i64> = owes.iter().map(Clawback::owed).collect();
    let parts = rules::set_off(&owed, left);
    let mut debts = Vec::new();
    let mut each = Vec::new();
    for (clawback, part) in owes.into_iter().zip(parts).filter(|(_, part)| *part > 0) {
        let campaign = campaigns::get(tx, clawback.campaign).await?;
        let sum = (part, clawback.amount.currency());
        debts.push(debt(tx, book, &campaign, clawback.team, sum, wall).await?);
        each.push((clawback, campaign, part));
    }
    if debts.is_empty() {
        return Ok(0);
    }
    let entry = movements::debts_set_off(payable, &debts, book.today(wall), against, reference);
    let posted = posting::post(tx, book, entry, wall).await?.number;
    let mut sum = 0;
    for (clawback, campaign, part) in each {
        give_back(tx, &campaign, clawback.claim, posted, part).await?;
        clawbacks::update(tx, &clawback.less(Less::SetOff, part)?).await?;
        sum += part;
    }
    Ok(sum)
}

/// A team paid back what it owed of a revoked claim, or a part: the money is in the fund again.
///
/// # Errors
///
/// `receivable-exceeded`; what [`posting::post`] refuses; [`Error::Invalid`] at `/reference`, `/custodian` or `/amount/currency`;
/// [`Error::NotFound`] where nothing is owed of the claim.
pub async fn recover(
    tx: &Transaction<'_>,
    claim: ClaimId,
    received: &Received,
    actor: Actor,
    wall: Timestamp,
) -> Result<Clawback, Error> {
    check_line("/reference", &received.reference, text::REFERENCE)?;
    let book = books::get(tx, claim.book).await?;
    let owes = locked(tx, claim, received.amount.currency()).await?;
    let less = owes.less(Less::Recovered, received.amount.minor())?;
    let campaign = campaigns::get(tx, less.campaign).await?;
    let cash = recoveries::cash(tx, &book, received, wall).await?;
    let sum = (received.amount.minor(), received.amount.currency());
    let debt = debt(tx, &book, &campaign, less.team, sum, wall).await?;
    let entry = movements::debt_recovered(cash, debt, book.today(wall), &received.reference);
    let posted = posting::post(tx, &book, entry, wall).await?.number;
    give_back(tx, &campaign, claim, posted, debt.amount).await?;
    let now = book.now(wall);
    activity::record(tx, book.id, Done::new(&claim, "recovered", actor), now).await?;
    notify(tx, claim, None, Event::PaidBack, format!("{claim} paid back by {posted}"), now).await?;
    clawbacks::update(tx, &less).await
}

/// The clawback of a claim, locked, when it is in this currency.
async fn locked(tx: &Transaction<'_>, claim: ClaimId, currency: Currency) -> Result<Clawback, Error> {
    let owes = clawbacks::lock(tx, claim).await?;
    if owes.amount.currency() != currency {
        let detail = format!("the claim's money is in {}", owes.amount.currency());
        return Err(Error::invalid("/amount/currency", detail));
    }
    Ok(owes)
}

/// Refuses a sum that is more than is owed of a claim.
///
/// # Errors
///
/// `receivable-exceeded`; [`Error::Invalid`] at `/amount/currency`; [`Error::NotFound`] where nothing is owed of the claim.
pub(super) async fn check_owed(tx: &Transaction<'_>, claim: ClaimId, amount: Money) -> Result<(), Error> {
    locked(tx, claim, amount.currency()).await?.less(Less::WrittenOff, amount.minor())?;
    Ok(())
}

/// Gives up what a team owes of a revoked claim, or a part, at the expense of who was said to bear it. Two people have agreed.
pub(super) async fn write_off(
    tx: &Transaction<'_>,
    book: &Book,
    claim: ClaimId,
    (amount, bearer): (Money, Bearer),
    wall: Timestamp,
) -> Result<Clawback, Error> {
    let owes = locked(tx, claim, amount.currency()).await?;
    let (minor, currency) = (amount.minor(), amount.currency());
    let way = match bearer {
        Bearer::Fund => Less::WrittenOff,
        Bearer::RiskReserve => Less::Borne,
    };
    let less = owes.less(way, minor)?;
    let campaign = campaigns::get(tx, less.campaign).await?;
    let debt = debt(tx, book, &campaign, less.team, (minor, currency), wall).await?;
    let day = book.today(wall);
    match bearer {
        Bearer::Fund => {
            posting::post(tx, book, movements::debt_given_up(debt, day, claim), wall).await?;
        }
        Bearer::RiskReserve => {
            let reserve = recoveries::reserve_for(tx, book, amount, wall).await?;
            let posted = posting::post(tx, book, movements::debt_borne(reserve, debt, day, claim), wall).await?;
            give_back(tx, &campaign, claim, posted.number, minor).await?;
        }
    }
    clawbacks::update(tx, &less).await
}
