//! That a cooperative is of a federation, itself a cooperative with a book: `invited → member → left`, and beside the road `declined` by the
//! cooperative, or `withdrawn` by the federation. Both have to say so, and either ends it.

use crate::error::Refusal;
use crate::id::{AffiliationId, BookId, PersonId};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// The most cooperatives that are of a federation at a time, those who are invited among them.
pub const AFFILIATIONS_MAX: usize = 50;

words! {
    /// Where an affiliation stands.
    AffiliationState, "state of an affiliation" {
        /// The federation has asked.
        Invited = "invited",
        /// The cooperative is of the federation.
        Member = "member",
        /// It was, until a day.
        Left = "left",
        /// It said that it will not be.
        Declined = "declined",
        /// The federation took its invitation back.
        Withdrawn = "withdrawn",
    }
}

/// That a cooperative is of a federation, or was asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affiliation {
    /// Its id; it lies in the book of the federation.
    pub id: AffiliationId,
    /// The book of the cooperative.
    pub of_book: BookId,
    /// Where it stands.
    pub state: AffiliationState,
    /// Who of the federation asked.
    pub invited_by: PersonId,
    /// When, in book time of the federation.
    pub invited_at: Timestamp,
    /// Who of the cooperative answered, and when.
    pub answered: Option<(PersonId, Timestamp)>,
    /// First day; none unless it was accepted.
    pub joined_on: Option<Date>,
    /// Last day; none while it lasts.
    pub left_on: Option<Date>,
    /// Who ended it, and when.
    pub ended: Option<(PersonId, Timestamp)>,
    /// Why it was declined, withdrawn or ended; empty otherwise.
    pub reason: String,
    /// Counts changes.
    pub version: i64,
}

impl Affiliation {
    /// The cooperative accepts, from a day on.
    ///
    /// # Errors
    ///
    /// `affiliation-state` unless it is asked and has not answered.
    pub fn accept(self, by: PersonId, now: Timestamp, today: Date) -> Result<Affiliation, Refusal> {
        self.demand(AffiliationState::Invited)?;
        Ok(Affiliation { state: AffiliationState::Member, answered: Some((by, now)), joined_on: Some(today), ..self })
    }

    /// The cooperative declines.
    ///
    /// # Errors
    ///
    /// As [`Affiliation::accept`].
    pub fn decline(self, by: PersonId, now: Timestamp, reason: String) -> Result<Affiliation, Refusal> {
        self.demand(AffiliationState::Invited)?;
        Ok(Affiliation { state: AffiliationState::Declined, answered: Some((by, now)), reason, ..self })
    }

    /// The federation takes its invitation back.
    ///
    /// # Errors
    ///
    /// As [`Affiliation::accept`].
    pub fn withdraw(self, by: PersonId, now: Timestamp, reason: String) -> Result<Affiliation, Refusal> {
        self.demand(AffiliationState::Invited)?;
        Ok(Affiliation { state: AffiliationState::Withdrawn, ended: Some((by, now)), reason, ..self })
    }

    /// Either of the two ends it, with a day that is its last.
    ///
    /// # Errors
    ///
    /// `affiliation-state` unless it lasts.
    pub fn end(self, by: PersonId, now: Timestamp, today: Date, reason: String) -> Result<Affiliation, Refusal> {
        self.demand(AffiliationState::Member)?;
        // The clock of a book never goes back, so the last day is not before the first one.
        let left_on = self.joined_on.map(|joined| joined.max(today));
        Ok(Affiliation { state: AffiliationState::Left, left_on, ended: Some((by, now)), reason, ..self })
    }

    fn demand(&self, wanted: AffiliationState) -> Result<(), Refusal> {
        if self.state == wanted {
            return Ok(());
        }
        Err(Refusal::new("affiliation-state", format!("it is {}, not {wanted}", self.state)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn invited() -> Affiliation {
        Affiliation {
            id: AffiliationId::generate(BookId(1)),
            of_book: BookId(2),
            state: AffiliationState::Invited,
            invited_by: PersonId::generate(),
            invited_at: Timestamp::UNIX_EPOCH,
            answered: None,
            joined_on: None,
            left_on: None,
            ended: None,
            reason: String::new(),
            version: 1,
        }
    }

    #[test]
    fn a_cooperative_joins_by_its_own_word_and_leaves_once() {
        let (by, now, first) = (PersonId::generate(), Timestamp::UNIX_EPOCH, date(2027, 1, 1));
        let member = invited().accept(by, now, first).expect("it was asked");
        assert_eq!((member.state, member.joined_on), (AffiliationState::Member, Some(first)));
        for again in [member.clone().accept(by, now, first), member.clone().withdraw(by, now, "No".into())] {
            assert_eq!(again.expect_err("it has answered").code, "affiliation-state");
        }
        let left = member.end(by, now, date(2027, 6, 30), "Moved".into()).expect("it lasts");
        assert_eq!((left.state, left.left_on), (AffiliationState::Left, Some(date(2027, 6, 30))));
        assert_eq!(left.end(by, now, first, String::new()).expect_err("it is over").code, "affiliation-state");
        assert!(invited().end(by, now, first, String::new()).is_err(), "what has not begun does not end");
    }
}
