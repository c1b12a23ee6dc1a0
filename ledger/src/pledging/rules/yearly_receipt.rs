//! The receipt of a calendar year: it sums up the single receipts of one donor and custodian, and is of the same gifts. What it
//! says is as of its issue, and is never edited; what has changed since is shown beside it.

use super::receipt::{Custodian, Number};
use crate::id::{DonorId, ReceiptId, YearlyReceiptId};
use crate::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;

/// From this day of January on, the receipts of the year before are issued: until then, late captures come in.
pub const DUE_DAY: i8 = 6;

/// Its receipts are issued without being asked for to a donor who gave at least so often in the year to a custodian.
pub const GIFTS_MIN: i64 = 2;

/// So many of the single receipts are shown with it, and so many that came since; all are in its sums.
pub const ITEMS_MAX: i64 = 1_000;

/// The day on whose beginning the receipts of a year are issued.
pub fn due_on(year: i32) -> Date {
    let next = i16::try_from(year.saturating_add(1)).ok();
    next.and_then(|next| Date::new(next, 1, DUE_DAY).ok()).unwrap_or(Date::MAX)
}

/// The number of a receipt of a year, such as `2027-Y15`, or `2027-Y15/2` for its second edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearNumber {
    /// Year of the payments, in the zone of the book.
    pub year: i32,
    /// Within the book and the year, from 1.
    pub number: i32,
    /// From 1.
    pub edition: i32,
}

impl fmt::Display for YearNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-Y{}", self.year, self.number)?;
        if self.edition > 1 { write!(f, "/{}", self.edition) } else { Ok(()) }
    }
}

/// The receipt of a year. No name stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearlyReceipt {
    /// Its id.
    pub id: YearlyReceiptId,
    /// Its number.
    pub number: YearNumber,
    /// The pseudonym of who gave.
    pub donor: DonorId,
    /// Who took the money, as named then.
    pub custodian: Custodian,
    /// What it says of its use before the tax office.
    pub tax_text: String,
    /// As of when it speaks, in book time.
    pub issued_at: Timestamp,
}

/// What was back with the donor, or with the donor's bank, at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Back<A> {
    /// What went back to the donor, minor units.
    pub refunded: A,
    /// What the donor's bank took back, minor units.
    pub disputed: A,
}

/// A single receipt that is summed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The receipt of the charge.
    pub receipt: ReceiptId,
    /// Its number.
    pub number: Number,
    /// Day of the capture.
    pub given_on: Date,
    /// Name of the campaign, as that receipt has it.
    pub campaign_title: String,
    /// What was given.
    pub amount: Money,
    /// What had come back when the receipt of the year was issued.
    pub then: Back<i64>,
    /// What has come back by now.
    pub now: Back<i64>,
}

/// What the single receipts come to in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearSum {
    /// Their currency.
    pub currency: Currency,
    /// What was given, minor units.
    pub given: i128,
    /// What that is made of, by the labels of the lines of the receipts: together what was given.
    pub lines: Vec<(String, i128)>,
    /// What had come back when the receipt of the year was issued.
    pub then: Back<i128>,
    /// What has come back by now.
    pub now: Back<i128>,
}

/// A payment of the year whose receipt came later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Number of its receipt.
    pub number: Number,
    /// Day of the capture.
    pub given_on: Date,
    /// What was given.
    pub amount: Money,
}

/// A receipt of a year, with what it sums up and what has changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownYear {
    /// As it was issued.
    pub receipt: YearlyReceipt,
    /// How many single receipts it sums up.
    pub count: i64,
    /// The first [`ITEMS_MAX`] of them, by their numbers.
    pub items: Vec<Item>,
    /// What they come to, by currency.
    pub sums: Vec<YearSum>,
    /// Payments of the year whose receipts came later, by their numbers: the first [`ITEMS_MAX`].
    pub late: Vec<Late>,
}

impl ShownYear {
    /// Whether something has changed since it was issued, so that another edition would say something else.
    pub fn has_changed(&self) -> bool {
        !self.late.is_empty()
            || self.sums.iter().any(|sum| sum.then != sum.now)
            || self.items.iter().any(|item| item.then != item.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn its_number_is_told_from_that_of_a_charge_and_says_the_edition() {
        let number = YearNumber { year: 2027, number: 15, edition: 1 };
        assert_eq!(number.to_string(), "2027-Y15");
        assert_eq!(YearNumber { edition: 2, ..number }.to_string(), "2027-Y15/2");
        assert!("2027-Y15".parse::<Number>().is_err());
    }

    #[test]
    fn a_year_is_due_some_days_after_its_end_and_the_last_that_there_is_never() {
        assert_eq!(due_on(2027), date(2028, 1, 6));
        assert_eq!(due_on(9999), Date::MAX);
        assert_eq!(due_on(i32::MAX), Date::MAX);
    }
}
