//! What a bank has more or less than the book, and nothing explains: moved with a reason by two people, and taken back when it is explained.

use crate::error::Refusal;
use crate::id::{BankDifferenceId, OrganisationId, PersonId};
use crate::money::{Currency, Money};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

words! {
    /// Which of the two has more.
    Side, "side of a difference" {
        /// The bank has more than the book: it goes into suspense.
        More = "more",
        /// The bank has less than the book: its custodian owes it.
        Less = "less",
    }
}

words! {
    /// Where a difference stands.
    DifferenceState, "state of a difference" {
        /// Somebody has proposed to move it.
        Proposed = "proposed",
        /// It is moved.
        Moved = "moved",
        /// It is moved, and somebody has proposed to take it back.
        TakingBack = "taking_back",
        /// The proposal was withdrawn.
        Withdrawn = "withdrawn",
        /// It was moved, and is explained.
        TakenBack = "taken_back",
    }
}

/// What a custodian has at its bank and in the book at the end of a day, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Whose bank it is.
    pub custodian: OrganisationId,
    /// In which currency.
    pub currency: Currency,
    /// Minor units at the bank.
    pub at_bank: i128,
    /// Minor units of cash in the book.
    pub in_book: i128,
}

impl Position {
    /// What is unexplained: more than zero where the bank has more.
    pub fn unexplained(&self) -> i128 {
        self.at_bank - self.in_book
    }
}

/// A difference that is moved, or proposed to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankDifference {
    /// Its id.
    pub id: BankDifferenceId,
    /// Whose bank it is.
    pub custodian: OrganisationId,
    /// How much.
    pub amount: Money,
    /// Who has more.
    pub side: Side,
    /// The day at whose end they differ, on which it is moved.
    pub on: Date,
    /// Why it is moved.
    pub reason: String,
    /// Where it stands.
    pub state: DifferenceState,
    /// Who proposed to move it.
    pub proposed_by: PersonId,
    /// Book time.
    pub proposed_at: Timestamp,
    /// Who approved that, and when; none before.
    pub approved: Option<(PersonId, Timestamp)>,
    /// Who proposes, or proposed, to take it back, and when; none before.
    pub back_proposed: Option<(PersonId, Timestamp)>,
    /// Why it is to be taken back; empty before.
    pub back_reason: String,
    /// Who withdrew it or approved that it is taken back, and when; none before.
    pub ended: Option<(PersonId, Timestamp)>,
    /// Record number of the entry that moved it; 0 before.
    pub entry: i64,
    /// Record number of the mirror that took it back; 0 before.
    pub back_entry: i64,
    /// Raised by every change.
    pub version: i64,
}

impl BankDifference {
    /// Refuses a step that begins in another state.
    ///
    /// # Errors
    ///
    /// `difference-state`.
    pub fn require(&self, state: DifferenceState) -> Result<(), Refusal> {
        if self.state == state {
            return Ok(());
        }
        Err(Refusal::new("difference-state", format!("the difference is {}, and not {state}", self.state)))
    }

    /// Another person approves it.
    ///
    /// # Errors
    ///
    /// `difference-state`, `same-person`.
    pub fn approve(self, by: PersonId, at: Timestamp, entry: i64) -> Result<BankDifference, Refusal> {
        self.may_approve(by)?;
        Ok(BankDifference { state: DifferenceState::Moved, approved: Some((by, at)), entry, ..self })
    }

    /// Whether a person may approve it.
    ///
    /// # Errors
    ///
    /// `difference-state`, `same-person`.
    pub fn may_approve(&self, by: PersonId) -> Result<(), Refusal> {
        self.require(DifferenceState::Proposed)?;
        if self.proposed_by == by {
            return Err(Refusal::new("same-person", "another person than who proposed it approves it"));
        }
        Ok(())
    }

    /// Whether a person may approve that it is taken back.
    ///
    /// # Errors
    ///
    /// `difference-state`, `same-person`.
    pub fn may_take_back(&self, by: PersonId) -> Result<(), Refusal> {
        self.require(DifferenceState::TakingBack)?;
        if self.back_proposed.is_some_and(|(proposed_by, _)| proposed_by == by) {
            return Err(Refusal::new("same-person", "another person than who proposed to take it back approves that"));
        }
        Ok(())
    }

    /// Refuses what is not the whole difference of its day, of those that there are.
    ///
    /// # Errors
    ///
    /// `difference-differs`, with the figure.
    pub fn require_whole(&self, positions: &[Position]) -> Result<(), Refusal> {
        let currency = self.amount.currency();
        let of = |it: &&Position| it.custodian == self.custodian && it.currency == currency;
        let unexplained = positions.iter().find(of).map_or(0, Position::unexplained);
        let said = match self.side {
            Side::More => i128::from(self.amount.minor()),
            Side::Less => -i128::from(self.amount.minor()),
        };
        if said == unexplained {
            return Ok(());
        }
        let detail = format!(
            "at the end of {}, the bank of {} has {} {currency} more than the book, less when below 0, and {} are said",
            self.on,
            self.custodian,
            currency.format(unexplained),
            currency.format(said)
        );
        Err(Refusal::new("difference-differs", detail))
    }
}

/// The most positions that a refusal names.
const NAMED_MAX: usize = 20;

/// Refuses to close days at whose end a bank and the book differ.
///
/// # Errors
///
/// `unexplained`, with custodians, currencies and amounts.
pub fn require_explained(positions: &[Position], through: Date) -> Result<(), Refusal> {
    let open: Vec<&Position> = positions.iter().filter(|it| it.unexplained() != 0).collect();
    if open.is_empty() {
        return Ok(());
    }
    let named = open.iter().take(NAMED_MAX).map(|it| {
        let money = |minor: i128| it.currency.format(minor);
        format!(
            "{} {} of {} (at the bank {}, in the book {})",
            money(it.unexplained()),
            it.currency,
            it.custodian,
            money(it.at_bank),
            money(it.in_book)
        )
    });
    let named = named.collect::<Vec<_>>().join("; ");
    let more = open.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let detail = format!(
        "at the end of {through} banks and book differ: {named}{more}. Book the open lines, or move what stays by two people \
         (`POST /v1/books/{{book}}/bank-differences`)"
    );
    Err(Refusal::new("unexplained", detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use jiff::civil::date;

    fn proposed(custodian: OrganisationId, side: Side, minor: i64) -> BankDifference {
        BankDifference {
            id: BankDifferenceId::generate(BookId(1)),
            custodian,
            amount: Money::from_minor(minor, Currency::USD).unwrap(),
            side,
            on: date(2027, 1, 31),
            reason: "the bank does not know it".into(),
            state: DifferenceState::Proposed,
            proposed_by: PersonId::generate(),
            proposed_at: Timestamp::UNIX_EPOCH,
            approved: None,
            back_proposed: None,
            back_reason: String::new(),
            ended: None,
            entry: 0,
            back_entry: 0,
            version: 1,
        }
    }

    #[test]
    fn b11_a_difference_is_the_whole_of_its_day_and_moved_by_another_person() {
        let custodian = OrganisationId::generate();
        let position = |at_bank, in_book| Position { custodian, currency: Currency::USD, at_bank, in_book };
        let less = proposed(custodian, Side::Less, 10);
        less.require_whole(&[position(990, 1_000)]).unwrap();
        for wrong in [vec![], vec![position(1_000, 990)], vec![position(989, 1_000)]] {
            assert_eq!(less.require_whole(&wrong).unwrap_err().code, "difference-differs");
        }
        assert_eq!(less.may_approve(less.proposed_by).unwrap_err().code, "same-person");
        let moved = less.approve(PersonId::generate(), Timestamp::UNIX_EPOCH, 7).unwrap();
        assert_eq!(moved.may_approve(PersonId::generate()).unwrap_err().code, "difference-state");
        let by = PersonId::generate();
        assert_eq!(moved.may_take_back(by).unwrap_err().code, "difference-state");
        let back_proposed = Some((by, Timestamp::UNIX_EPOCH));
        let asked = BankDifference { state: DifferenceState::TakingBack, back_proposed, ..moved };
        assert_eq!(asked.may_take_back(by).unwrap_err().code, "same-person");
        asked.may_take_back(asked.proposed_by).unwrap();
    }

    #[test]
    fn b11_days_are_closed_when_no_custodian_has_a_difference_also_when_two_would_make_up_for_each_other() {
        let position = |at_bank, in_book| Position {
            custodian: OrganisationId::generate(),
            currency: Currency::USD,
            at_bank,
            in_book,
        };
        let on = date(2027, 1, 31);
        require_explained(&[position(5, 5), position(0, 0)], on).unwrap();
        let refused = require_explained(&[position(510, 500), position(490, 500)], on).unwrap_err();
        assert_eq!(refused.code, "unexplained");
        assert!(refused.detail.contains("0.10 USD") && refused.detail.contains("-0.10 USD"), "{}", refused.detail);
    }
}
