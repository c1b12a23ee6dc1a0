//! When captured money becomes cash: the captures of one custodian and day arrive together, some days later.
//!
//! The day is the book's day of the capture, so when a settlement falls due its day is long over: nothing can be
//! captured into it any more, but for what was reported on that day while the book was frozen. A transaction that stalled
//! for so long finds the settlement closed, and is tried again; a report that was kept for so long comes with today's.

use crate::book::AccountNumber;
use crate::calendar::days_after;
use crate::error::Refusal;
use crate::id::{OrganisationId, SettlementId};
use crate::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;

/// Days from the capture to the cash.
pub const SETTLEMENT_DAYS: i64 = 2;

/// On which day the captures of a day arrive.
pub fn due_on(day: Date) -> Date {
    days_after(day, SETTLEMENT_DAYS)
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
    /// Account of what the custodian owes.
    pub receivable: AccountNumber,
    /// Minor units that arrived; 0 before.
    pub amount: i64,
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
    fn a_day_arrives_two_days_later() {
        assert_eq!(due_on(date(2027, 2, 27)), date(2027, 3, 1));
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
