//! What the refund of a gift in another currency cost its custodian more or less than it gave back: the host's loss or gain.
//!
//! The money that funds hold does not move with rates, and the cash that stands for it pays no loss: the host owes that to the custodian.
//! Money of the host's own that comes to the custodian pays it: gains, fees that the host earns, and what it puts into the risk reserve.

use crate::book::{AccountNumber, Entry};
use crate::books::operations::accounts;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::engine::store::{balances, journal};
use crate::error::Error;
use crate::id::OrganisationId;
use crate::money::{Currency, Money};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The entry of a refund with its difference: it gave `gave` back, and cost its custodian `cost`.
///
/// # Errors
///
/// `account-mismatch`.
pub(crate) async fn with_difference(
    tx: &Transaction<'_>,
    book: &Book,
    entry: Entry,
    custodian: OrganisationId,
    (gave, cost): (Money, Money),
    wall: Timestamp,
) -> Result<Entry, Error> {
    let (currency, loss) = (gave.currency(), cost.minor() - gave.minor());
    let of = async |of: chart::Account| account(tx, book, of, currency, wall).await;
    if loss > 0 {
        let (losses, owed) = (of(chart::refund_loss()).await?, of(chart::exchange_owed(custodian)).await?);
        return Ok(movements::with_exchange_loss(entry, losses, owed, loss));
    }
    if loss == 0 {
        return Ok(entry);
    }
    let cash = of(chart::cash_at(custodian)).await?;
    let entry = movements::with_exchange_gain(entry, cash, of(chart::refund_gain()).await?, -loss);
    with_owed_paid(tx, book, entry, custodian, (-loss, currency), wall).await
}

/// Posts the difference by itself, of a refund that has no entry of its own.
///
/// # Errors
///
/// `account-mismatch`; what [`posting::post`] refuses.
pub(crate) async fn post_difference(
    tx: &Transaction<'_>,
    book: &Book,
    custodian: OrganisationId,
    figures: (Money, Money),
    about: impl ToString,
    wall: Timestamp,
) -> Result<(), Error> {
    let empty = movements::differences(book.today(wall), about);
    let entry = with_difference(tx, book, empty, custodian, figures, wall).await?;
    if !entry.lines.is_empty() {
        posting::post(tx, book, entry, wall).await?;
    }
    Ok(())
}

/// An entry by which money of the host's own comes to a custodian's cash, so many minor units, with what the host owes it of losses, as
/// far as that reaches.
///
/// # Errors
///
/// `account-mismatch`.
pub(crate) async fn with_owed_paid(
    tx: &Transaction<'_>,
    book: &Book,
    entry: Entry,
    custodian: OrganisationId,
    (own, currency): (i64, Currency),
    wall: Timestamp,
) -> Result<Entry, Error> {
    let owed = chart::exchange_owed(custodian).in_currency(currency, book.currency);
    let Some(owed) = accounts::check(tx, book, &owed, currency).await? else { return Ok(entry) };
    journal::lock(tx, book.id).await?;
    let paid = own.min(balances::get(tx, book.id, owed).await?.net());
    let cash = account(tx, book, chart::cash_at(custodian), currency, wall).await?;
    Ok(movements::with_exchange_loss_paid(entry, owed, cash, paid))
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
