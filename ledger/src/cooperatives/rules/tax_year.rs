//! What a member got of patronage in a calendar year, as the tax forms of the United States ask for it.
//!
//! Subchapter T of the Internal Revenue Code (26 U.S.C. §§ 1381–1388) tells *qualified* written notices of allocation, which members are taxed on
//! when they are told of them, from others, which they are taxed on when they are redeemed. Form 1099-PATR reports what was paid in cash and in
//! qualified notices in box 1, what was redeemed of others in box 5, and is due for whoever got 10.00 or more.

use super::allocation_rule::Notices;
use crate::id::MemberId;
use crate::money::Currency;
use csv::{Terminator, WriterBuilder};
use jiff::ToSpan;
use jiff::civil::Date;

/// Of a qualified notice at least so much is paid in cash: one part of five, as § 1388(c)(1) demands.
const CASH_PART: i64 = 5;

/// From so many whole units of the currency on, a form is due: § 6044(a)(1).
const FORM_FROM: i64 = 10;

/// The last day on which a notice of a period can be given so that it is qualified: the 15th of the ninth month after the period's end
/// (§ 1382(d)). The period may end within the year of its cooperative, and then this day is earlier than the law's.
pub fn latest_notice(period_to: Date) -> Date {
    period_to.first_of_month().saturating_add(9.months()).saturating_add(14.days())
}

/// A share that a distribution gave, as far as it concerns a year. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareOfYear {
    /// Whether the member was told of it in the year.
    pub is_of_year: bool,
    /// Last day of its period.
    pub period_to: Date,
    /// The day on which the member was told of it.
    pub told_on: Date,
    /// What the rule of the distribution says of notices.
    pub notices: Option<Notices>,
    /// Whether the member had agreed to retained parts.
    pub consents: bool,
    /// What was paid in cash or netted with what had been paid before, without interest on capital.
    pub cash: i64,
    /// What was retained.
    pub retained: i64,
    /// What of it was redeemed in the year.
    pub redeemed: i64,
}

impl ShareOfYear {
    /// Whether its notice is qualified: its rule means it so, its member agreed, at least a fifth of it is cash, and it came in time.
    pub fn is_qualified(&self) -> bool {
        let enough = i128::from(self.cash) * i128::from(CASH_PART) >= i128::from(self.cash) + i128::from(self.retained);
        let in_time = self.told_on <= latest_notice(self.period_to);
        self.notices == Some(Notices::Qualified) && self.consents && enough && in_time
    }
}

/// What a member got of patronage in a calendar year. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxYear {
    /// The member's id.
    pub member: MemberId,
    /// The member's number.
    pub number: i32,
    /// What was paid in cash, without interest on capital.
    pub cash: i64,
    /// What was retained by qualified notices.
    pub qualified: i64,
    /// What was retained by others.
    pub non_qualified: i64,
    /// What was redeemed of others, whenever they had been given.
    pub redeemed: i64,
}

impl TaxYear {
    /// A member to whom nothing happened.
    pub fn new(member: MemberId, number: i32) -> TaxYear {
        TaxYear { member, number, cash: 0, qualified: 0, non_qualified: 0, redeemed: 0 }
    }

    /// Counts a share.
    pub fn count(&mut self, share: &ShareOfYear) {
        let is_qualified = share.is_qualified();
        if share.is_of_year {
            self.cash += share.cash;
            *(if is_qualified { &mut self.qualified } else { &mut self.non_qualified }) += share.retained;
        }
        if !is_qualified {
            self.redeemed += share.redeemed;
        }
    }

    /// Patronage dividends: cash and qualified notices.
    pub fn box_1(&self) -> i64 {
        self.cash + self.qualified
    }

    /// Redeemed notices that were not qualified.
    pub fn box_5(&self) -> i64 {
        self.redeemed
    }

    /// Whether a form is due.
    pub fn is_reported(&self, currency: Currency) -> bool {
        let whole = 10_i64.saturating_pow(currency.exponent());
        self.box_1() + self.box_5() >= FORM_FROM.saturating_mul(whole)
    }
}

/// The rows of those for whom a form is due, as a table (RFC 4180); its head when `has_head`.
pub fn table(all: &[TaxYear], currency: Currency, has_head: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    if has_head {
        writer.write_record([
            "number",
            "member",
            "box_1",
            "box_5",
            "cash",
            "qualified",
            "non_qualified",
            "currency",
        ])?;
    }
    for it in all.iter().filter(|it| it.is_reported(currency)) {
        let amounts = [it.box_1(), it.box_5(), it.cash, it.qualified, it.non_qualified].map(|it| currency.format(it));
        let begins = [it.number.to_string(), it.member.to_string()];
        writer.write_record(begins.iter().chain(&amounts).map(String::as_str).chain([currency.code()]))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use jiff::civil::date;

    const USD: Currency = Currency::USD;

    /// K9: 14,000.00 of the year 2026, a fifth of it in cash, told of on a day.
    fn share(notices: Option<Notices>, told_on: Date) -> ShareOfYear {
        ShareOfYear {
            is_of_year: true,
            period_to: date(2026, 12, 31),
            told_on,
            notices,
            consents: true,
            cash: 280_000,
            retained: 1_120_000,
            redeemed: 0,
        }
    }

    fn counted(all: &[ShareOfYear]) -> TaxYear {
        let mut year = TaxYear::new(MemberId::generate(BookId(1)), 1);
        all.iter().for_each(|share| year.count(share));
        year
    }

    #[test]
    fn k9_a_qualified_notice_is_taxed_when_it_is_given_and_another_one_when_it_is_redeemed() {
        let given = date(2027, 9, 1);
        let boxes = |share: &ShareOfYear| {
            (counted(std::slice::from_ref(share)).box_1(), counted(std::slice::from_ref(share)).box_5())
        };
        assert_eq!(boxes(&share(Some(Notices::Qualified), given)), (1_400_000, 0));
        for other in [share(Some(Notices::NonQualified), given), share(None, given)] {
            assert_eq!(boxes(&other), (280_000, 0));
            let later = ShareOfYear { is_of_year: false, redeemed: 1_120_000, ..other };
            assert_eq!(boxes(&later), (0, 1_120_000), "of the year in which it is redeemed");
        }
        let redeemed = ShareOfYear { is_of_year: false, redeemed: 1_120_000, ..share(Some(Notices::Qualified), given) };
        assert_eq!(boxes(&redeemed), (0, 0), "it was taxed already");
    }

    #[test]
    fn k9_a_notice_that_comes_after_the_15th_of_the_ninth_month_is_not_qualified() {
        for (ends, latest) in [
            (date(2026, 12, 31), date(2027, 9, 15)),
            (date(2026, 6, 30), date(2027, 3, 15)),
            (date(2027, 5, 31), date(2028, 2, 15)),
            (date(2024, 2, 29), date(2024, 11, 15)),
        ] {
            assert_eq!(latest_notice(ends), latest);
        }
        assert!(share(Some(Notices::Qualified), date(2027, 9, 15)).is_qualified());
        assert!(!share(Some(Notices::Qualified), date(2027, 9, 16)).is_qualified());
    }

    #[test]
    fn a_notice_is_qualified_with_a_fifth_in_cash_and_the_consent_of_its_member() {
        let whole = share(Some(Notices::Qualified), date(2027, 9, 1));
        assert!(!ShareOfYear { consents: false, ..whole.clone() }.is_qualified());
        assert!(
            !ShareOfYear { retained: 1_120_001, ..whole.clone() }.is_qualified(),
            "less than a fifth of it is cash"
        );
        assert!(
            ShareOfYear { cash: i64::MAX, retained: i64::MAX, ..whole }.is_qualified(),
            "the most that can be counted"
        );
    }

    #[test]
    fn k10_a_form_is_due_from_ten_on() {
        let cash = |cash| counted(&[ShareOfYear { cash, retained: 0, ..share(None, date(2027, 1, 2)) }]);
        let rows = [cash(999), cash(1_000)];
        assert_eq!(rows.each_ref().map(|it| it.is_reported(USD)), [false, true]);
        let table = String::from_utf8(table(&rows, USD, true).expect("a table")).expect("text");
        let lines: Vec<&str> = table.split("\r\n").collect();
        assert_eq!(lines.len(), 3, "{table}");
        assert_eq!(lines[1], format!("1,{},10.00,0.00,10.00,0.00,0.00,USD", rows[1].member));
    }
}
