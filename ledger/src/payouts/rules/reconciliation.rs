//! Three ways to look at a settlement: what its custodian said, what the book has of its charges, and what lines of its bank say. Each
//! difference has a reason.

use crate::id::{OrganisationId, SettlementId};
use crate::money::Currency;
use crate::treasury::rules::settlement::Method;
use crate::words::words;
use jiff::civil::Date;

words! {
    /// Why figures of a settlement differ.
    Reason, "reason of a difference" {
        /// It is owed, and its day has not come.
        InTransit = "in_transit",
        /// Its day has come, and its custodian has not paid it over.
        NotPaidOver = "not_paid_over",
        /// Its custodian reported it as captured, and does not list it.
        NotInPartnersList = "not_in_partners_list",
        /// Its custodian paid over less than it owed, and said why.
        AmountDiffers = "amount_differs",
        /// Its custodian kept another fee than the terms name.
        FeeNotBooked = "fee_not_booked",
        /// The book has it as cash, and no line of its bank is said to be it.
        NotAtBank = "not_at_bank",
        /// A line of its bank moved money, and nobody knows what it is.
        UnknownLine = "unknown_line",
    }
}

/// A difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Why.
    pub reason: Reason,
    /// By how much, in minor units; a fee that was less than the terms name is less than zero.
    pub minor: i128,
}

/// Lines of a custodian's bank in a currency that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownLines {
    /// Whose bank it is.
    pub custodian: OrganisationId,
    /// In which currency.
    pub currency: Currency,
    /// How many there are.
    pub lines: i64,
    /// The day of the first of them.
    pub since: Date,
    /// Minor units that came by them.
    pub came: i128,
    /// Minor units that left by them, with fees.
    pub left: i128,
}

impl UnknownLines {
    /// By how much the bank has more for them than the book, less than zero when it has less; 0 when as much came as left.
    pub fn difference(&self) -> Difference {
        Difference { reason: Reason::UnknownLine, minor: self.came - self.left }
    }
}

/// The figures of a settlement, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The settlement.
    pub id: SettlementId,
    /// Who has, or had, the money.
    pub custodian: OrganisationId,
    /// The day of its captures, or of its arrival where a report or a line is all there is of it.
    pub day: Date,
    /// The day on which it is to arrive.
    pub due_on: Date,
    /// Its currency.
    pub currency: Currency,
    /// How it was paid.
    pub method: Method,
    /// How its custodian names it; empty for that of a day.
    pub reference: String,
    /// What its custodian said that it paid over; none when it said nothing of it.
    pub reported: Option<i128>,
    /// What has arrived by the book.
    pub arrived: i128,
    /// What is owed and not doubted.
    pub owed: i128,
    /// What is owed, and missing on its custodian's list.
    pub doubted: i128,
    /// What its custodian said is missing.
    pub missing: i128,
    /// By how much more its custodian kept as fees than the terms name.
    pub fees: i128,
    /// What lines of the bank say that are said to be it; none when the bank of its custodian told nothing in this currency.
    pub bank: Option<i128>,
}

impl Figures {
    /// What the book has of it: what has arrived, and what is still to come.
    pub fn ours(&self) -> i128 {
        self.arrived + self.owed + self.doubted + self.missing
    }

    /// Why the three differ, as of a day; nothing when they are one.
    pub fn differences(&self, as_of: Date) -> Vec<Difference> {
        let is_due = self.due_on <= as_of;
        let (in_transit, not_paid) = if is_due { (0, self.owed) } else { (self.owed, 0) };
        let not_at_bank = self.bank.map_or(0, |bank| self.arrived - bank);
        let all = [
            (Reason::InTransit, in_transit),
            (Reason::NotPaidOver, not_paid),
            (Reason::NotInPartnersList, self.doubted),
            (Reason::AmountDiffers, self.missing),
            (Reason::FeeNotBooked, self.fees),
            (Reason::NotAtBank, not_at_bank),
        ];
        all.into_iter().filter(|(_, minor)| *minor != 0).map(|(reason, minor)| Difference { reason, minor }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use jiff::civil::date;

    fn figures() -> Figures {
        Figures {
            id: SettlementId::generate(BookId(1)),
            custodian: OrganisationId::generate(),
            day: date(2027, 1, 31),
            due_on: date(2027, 2, 2),
            currency: Currency::USD,
            method: Method::Card,
            reference: String::new(),
            reported: None,
            arrived: 0,
            owed: 0,
            doubted: 0,
            missing: 0,
            fees: 0,
            bank: None,
        }
    }

    #[test]
    fn b11_each_difference_has_its_reason_and_what_agrees_has_none() {
        let on = |figures: Figures, day| {
            figures.differences(day).into_iter().map(|it| (it.reason, it.minor)).collect::<Vec<_>>()
        };
        let (before, after) = (date(2027, 2, 1), date(2027, 2, 2));
        let owed = Figures { owed: 700, doubted: 300, ..figures() };
        assert_eq!(owed.ours(), 1_000);
        assert_eq!(on(owed.clone(), before), [(Reason::InTransit, 700), (Reason::NotInPartnersList, 300)]);
        assert_eq!(on(owed, after), [(Reason::NotPaidOver, 700), (Reason::NotInPartnersList, 300)]);
        let whole = Figures { arrived: 1_000, bank: Some(1_000), reported: Some(1_000), ..figures() };
        assert_eq!(on(whole.clone(), after), []);
        assert_eq!(on(Figures { bank: None, ..whole.clone() }, after), [], "its bank says nothing of anything");
        let at_bank = Figures { bank: Some(0), missing: 20, fees: -3, ..whole };
        assert_eq!(
            on(at_bank, after),
            [(Reason::AmountDiffers, 20), (Reason::FeeNotBooked, -3), (Reason::NotAtBank, 1_000)]
        );
    }
}
