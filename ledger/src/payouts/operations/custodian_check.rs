//! Whether a custodian has at its bank what the book says: per custodian and currency, at the end of the day of its last statement.
//!
//! What the book has as cash was sent to payees only once a line of the bank says so, so that payouts on their way lie on both sides.
//! What differs is in open lines, which the bank has booked and the book has not, or it is unexplained.

use crate::engine::store::books::Book;
use crate::engine::store::{balances, journal};
use crate::error::Error;
use crate::id::OrganisationId;
use crate::money::Currency;
use crate::payouts::store::custodian_check::{self, AtBank, OpenLines};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// One custodian and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Who holds the money.
    pub custodian: OrganisationId,
    /// In which currency.
    pub currency: Currency,
    /// The day of the bank's last closing balance: the older one when several accounts have one each.
    pub on: Date,
    /// How many accounts the bank told a closing balance of.
    pub accounts: i64,
    /// What they came to, in minor units.
    pub at_bank: i128,
    /// What the book had as cash at the end of that day; of the host, what has a short name too.
    pub in_book: i128,
    /// Open lines up to that day.
    pub open: OpenLines,
    /// Payouts that were sent by then and have no line yet: cash of the book and of the bank alike.
    pub in_transit: i128,
    /// What two people have moved by then, as the bank had more than the book, or less, which is less than zero.
    pub moved: i128,
    /// What is left: at the bank, less the book's cash but what was moved, less what came, plus what left by open lines.
    pub unexplained: i128,
}

/// The checks of a book as of a day, by custodian and currency.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn check(client: &impl GenericClient, book: &Book, day: Date) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    for AtBank { custodian, currency, on, accounts, minor } in custodian_check::at_bank(client, book.id, day).await? {
        let in_book = cash(client, book, (custodian, currency), on).await?;
        let open = custodian_check::open_lines(client, book.id, custodian, currency, on).await?;
        let in_transit = custodian_check::in_transit(client, book.id, custodian, currency, on).await?;
        let moved = custodian_check::moved(client, book.id, custodian, currency, on).await?;
        let unexplained = minor - (in_book - moved) - open.came + open.left;
        checks.push(Check {
            custodian,
            currency,
            on,
            accounts,
            at_bank: minor,
            in_book,
            open,
            in_transit,
            moved,
            unexplained,
        });
    }
    Ok(checks)
}

/// Minor units that the book had as cash of a custodian at the end of a day, whatever short name it has.
pub(super) async fn cash(
    client: &impl GenericClient,
    book: &Book,
    (custodian, currency): (OrganisationId, Currency),
    on: Date,
) -> Result<i128, Error> {
    let through = journal::last_number(client, book.id).await?;
    let mut cash = 0;
    for account in custodian_check::cash_accounts(client, book, custodian, currency).await? {
        cash += i128::from(balances::as_of(client, book.id, account, on, through).await?);
    }
    Ok(cash)
}
