//! What stands against losses: the host's risk reserve, and what teams owe back.

use super::chargebacks;
use super::losses;
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::OrganisationId;
use crate::money::{Currency, Money};
use crate::parties::store::organisations;
use crate::pledging::rules::chargeback as rules;
use crate::service::change::{check_line, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use crate::treasury::operations::exchange_differences::with_owed_paid;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Money that came, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// How much.
    pub amount: Money,
    /// Who holds it; the organisation of the book when none is given.
    pub custodian: Option<OrganisationId>,
    /// How the bank names the payment.
    pub reference: String,
}

/// The host puts its own money aside: cash of a custodian grows, and the risk reserve with it; what the host owes the custodian of refunds
/// in other currencies is paid of that cash. Chargebacks that waited for it are
/// taken up. Answers the record number of the entry, and what the reserve has then.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::Invalid`] at `/reference` or `/custodian`.
pub async fn fund_reserve(
    tx: &Transaction<'_>,
    book: &Book,
    received: &Received,
    actor: Actor,
    wall: Timestamp,
) -> Result<(i64, i64), Error> {
    check_line("/reference", &received.reference, text::REFERENCE)?;
    let currency = received.amount.currency();
    let cash = cash(tx, book, received, wall).await?;
    let reserve = account(tx, book, chart::risk_reserve(), currency, wall).await?;
    let entry = movements::reserve_funded(cash, reserve, received.amount, book.today(wall), &received.reference);
    let custodian = received.custodian.unwrap_or(book.organisation);
    let entry = with_owed_paid(tx, book, entry, custodian, (received.amount.minor(), currency), wall).await?;
    let posted = posting::post(tx, book, entry, wall).await?.number;
    let object = format!("entry {posted}");
    activity::record(tx, book.id, Done::new(&object, "risk reserve funded", actor), book.now(wall)).await?;
    chargebacks::take_up(tx, book, posted, wall).await?;
    Ok((posted, losses::reserve_of(tx, book, currency).await?))
}

/// What a team owes in a currency, read under the lock of the book's head.
///
/// # Errors
///
/// `account-mismatch`.
pub async fn owed(tx: &Transaction<'_>, book: &Book, team: OrganisationId, currency: Currency) -> Result<i64, Error> {
    journal::lock(tx, book.id).await?;
    losses::free(tx, book, &chart::team_receivable(team), currency).await
}

/// The account of what a team owes.
///
/// # Errors
///
/// `account-mismatch`.
pub async fn receivable(
    tx: &Transaction<'_>,
    book: &Book,
    team: OrganisationId,
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    account(tx, book, chart::team_receivable(team), currency, wall).await
}

/// A team paid what it owed, or a part. Answers the record number of the entry, and what it owes still.
///
/// # Errors
///
/// `receivable-exceeded`; what [`posting::post`] refuses; [`Error::Invalid`] at `/reference` or `/custodian`.
pub async fn recover(
    tx: &Transaction<'_>,
    book: &Book,
    team: OrganisationId,
    received: &Received,
    actor: Actor,
    wall: Timestamp,
) -> Result<(i64, i64), Error> {
    check_line("/reference", &received.reference, text::REFERENCE)?;
    let left = left_of(tx, book, team, received.amount).await?;
    let cash = cash(tx, book, received, wall).await?;
    let receivable = receivable(tx, book, team, received.amount.currency(), wall).await?;
    let entry = movements::recovered(cash, receivable, received.amount, book.today(wall), &received.reference);
    let posted = posting::post(tx, book, entry, wall).await?.number;
    activity::record(tx, book.id, Done::new(&team, "recovered", actor), book.now(wall)).await?;
    chargebacks::take_up(tx, book, posted, wall).await?;
    Ok((posted, left))
}

/// What a team owes, or a part of it, is given up: the risk reserve bears it. Answers the record number of the entry, and what it
/// owes still.
///
/// # Errors
///
/// `receivable-exceeded`, `reserve-short`, `reason-missing`; [`Error::Invalid`] at `/reason`.
pub async fn write_off(
    tx: &Transaction<'_>,
    book: &Book,
    team: OrganisationId,
    amount: Money,
    reason: &str,
    actor: Actor,
    wall: Timestamp,
) -> Result<(i64, i64), Error> {
    check_text("/reason", reason, text::REASON)?;
    let currency = amount.currency();
    let left = left_of(tx, book, team, amount).await?;
    rules::reserve_reaches(amount.minor(), losses::reserve_of(tx, book, currency).await?, currency)?;
    let reserve = account(tx, book, chart::risk_reserve(), currency, wall).await?;
    let receivable = receivable(tx, book, team, currency, wall).await?;
    let entry = movements::written_off(reserve, receivable, amount, book.today(wall), team);
    let posted = posting::post(tx, book, entry, wall).await?.number;
    activity::record(tx, book.id, Done::new(&team, "written off", actor).because(reason), book.now(wall)).await?;
    Ok((posted, left))
}

/// What a team owes after an amount of it is gone.
async fn left_of(tx: &Transaction<'_>, book: &Book, team: OrganisationId, amount: Money) -> Result<i64, Error> {
    let currency = amount.currency();
    let owed = owed(tx, book, team, currency).await?;
    if amount.minor() <= owed {
        return Ok(owed - amount.minor());
    }
    let owed = currency.format(owed);
    Err(Refusal::new("receivable-exceeded", format!("the team owes {owed} {currency}, and {amount} was named")).into())
}

/// The account of the risk reserve, when it reaches for an amount.
pub(crate) async fn reserve_for(
    tx: &Transaction<'_>,
    book: &Book,
    amount: Money,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let currency = amount.currency();
    rules::reserve_reaches(amount.minor(), losses::reserve_of(tx, book, currency).await?, currency)?;
    account(tx, book, chart::risk_reserve(), currency, wall).await
}

/// The account of cash where money came that a team or the host paid.
pub(crate) async fn cash(
    tx: &Transaction<'_>,
    book: &Book,
    received: &Received,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let custodian = received.custodian.unwrap_or(book.organisation);
    if organisations::find(tx, custodian).await?.is_none() {
        return Err(Error::invalid("/custodian", "no such organisation"));
    }
    account(tx, book, chart::cash_at(custodian), received.amount.currency(), wall).await
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
