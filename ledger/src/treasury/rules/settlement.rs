//! When captured money becomes cash: the captures of one custodian, day and method of payment arrive together, some days later.
//!
//! The day is the book's day of the capture, so when a settlement falls due its day is long over: nothing can be
//! captured into it any more, but for what was reported on that day while the book was frozen. A transaction that stalled
//! for so long finds the settlement closed, and is tried again; a report that was kept for so long comes with today's.

use crate::book::AccountNumber;
use crate::calendar::days_after;
use crate::error::Refusal;
use crate::id::{OrganisationId, SettlementId};
use crate::money::{Currency, Money};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days from the capture to the cash.
pub const SETTLEMENT_DAYS: i64 = 2;
/// Further days for a bank debit: as long as most of those come back that do.
pub const DEBIT_DAYS: i64 = 5;

words! {
    /// How the donor pays, as the partner passes it on.
    Method, "method of payment" {
        /// A card, or a purse that stands for one.
        Card = "card",
        /// A debit of the donor's bank account.
        Debit = "debit",
        /// A transfer that the donor makes.
        Transfer = "transfer",
    }
}

words! {
    /// What turns the charges of a custodian into cash.
    SettlesBy, "way of settling" {
        /// The days after their capture, unless the custodian reports them before.
        Clock = "clock",
        /// The custodian's report, and nothing else.
        Report = "report",
    }
}

/// The sandbox's means of payment of which the custodian pays over a tenth less than it owes.
pub const SHORT_TOKEN: &str = "sandbox_settles_short";
/// The sandbox's means of payment whose money comes [`LATE_DAYS`] after the day that was promised.
pub const LATE_TOKEN: &str = "sandbox_settles_late";
/// How many days that is.
pub const LATE_DAYS: i64 = 5;

/// On which day the captures of a day arrive that were paid in this way.
pub fn due_on(day: Date, method: Method) -> Date {
    let days = match method {
        Method::Card | Method::Transfer => SETTLEMENT_DAYS,
        Method::Debit => SETTLEMENT_DAYS + DEBIT_DAYS,
    };
    days_after(day, days)
}

/// What arrives: the sum of the captured charges; none when there are none.
pub fn sum(minor: impl IntoIterator<Item = i64>, currency: Currency) -> Result<Option<Money>, Refusal> {
    let total: i128 = minor.into_iter().map(i128::from).sum();
    if total == 0 {
        return Ok(None);
    }
    i64::try_from(total)
        .ok()
        .and_then(|total| Money::from_minor(total, currency).ok())
        .map(Some)
        .ok_or_else(|| Refusal::new("sum-too-large", "the captures of the day are more than one entry can hold"))
}

/// What a custodian owes for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Its id.
    pub id: SettlementId,
    /// The custodian.
    pub partner: OrganisationId,
    /// Day of the captures, in the zone of the book.
    pub day: Date,
    /// Day on which the cash arrives.
    pub due_on: Date,
    /// The currency of all that was captured in it.
    pub currency: Currency,
    /// The method of payment of all that was captured in it.
    pub method: Method,
    /// Account of what the custodian owes.
    pub receivable: AccountNumber,
    /// Minor units that have arrived so far.
    pub amount: i64,
    /// Record number of the last entry of an arrival; 0 before.
    pub entry: i64,
    /// How the custodian names it; empty for the settlement of a day.
    pub reference: String,
    /// Why something is missing, as the custodian says; empty when nothing is.
    pub reason: String,
    /// Minor units that the custodian said are missing of its charges.
    pub missing: i64,
    /// When it arrived, in book time; none before.
    pub settled_at: Option<Timestamp>,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::AMOUNT_MAX;
    use jiff::civil::date;

    #[test]
    fn p13_a_day_arrives_two_days_later_and_bank_debits_five_days_after_that() {
        let day = date(2027, 2, 27);
        let arrives = [Method::Card, Method::Transfer, Method::Debit].map(|method| due_on(day, method));
        assert_eq!(arrives, [date(2027, 3, 1), date(2027, 3, 1), date(2027, 3, 6)]);
    }

    #[test]
    fn what_arrives_is_the_sum_and_an_empty_day_brings_nothing() {
        assert_eq!(
            sum([1_000, 2_500], Currency::USD),
            Ok(Some(Money::from_minor(3_500, Currency::USD).expect("positive")))
        );
        assert_eq!(sum([], Currency::USD), Ok(None));
        assert_eq!(sum([AMOUNT_MAX, 1], Currency::USD).expect_err("too large").code, "sum-too-large");
    }
}
