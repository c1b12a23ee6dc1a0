//! That a cooperative is of a federation, itself a cooperative with a book: `invited → member → left`, and beside the road `declined` by the
//! cooperative, `withdrawn` by the federation, or `lapsed` when nobody answered in time. Both have to say so, and either ends it.

use crate::error::Refusal;
use crate::id::{AffiliationId, BookId, PersonId};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// The most cooperatives that are of a federation at a time, those who are invited among them.
pub const AFFILIATIONS_MAX: usize = 50;

/// In so many days an invitation is answered.
pub const ANSWER_DAYS: u16 = 30;

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
        /// Nobody of the cooperative answered in time.
        Lapsed = "lapsed",
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
    /// Until when it can be answered, in book time of the federation.
    pub until: Timestamp,
    /// Who of the cooperative answered, and when.
    pub answered: Option<(PersonId, Timestamp)>,
    /// First day; none unless it was accepted.
    pub joined_on: Option<Date>,
    /// Last day; none while it lasts.
    pub left_on: Option<Date>,
    /// When it ended, or the invitation did, and who ended it; nobody where it lapsed.
    pub ended: Option<(Option<PersonId>, Timestamp)>,
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
    /// `affiliation-state` unless it is asked, has not answered, and is not late.
    pub fn accept(self, by: PersonId, now: Timestamp, today: Date) -> Result<Affiliation, Refusal> {
        self.demand_open(now)?;
        Ok(Affiliation { state: AffiliationState::Member, answered: Some((by, now)), joined_on: Some(today), ..self })
    }

    /// The cooperative declines.
    ///
    /// # Errors
    ///
    /// As [`Affiliation::accept`].
    pub fn decline(self, by: PersonId, now: Timestamp, reason: String) -> Result<Affiliation, Refusal> {
        self.demand_open(now)?;
        Ok(Affiliation { state: AffiliationState::Declined, answered: Some((by, now)), reason, ..self })
    }

    /// The federation takes its invitation back.
    ///
    /// # Errors
    ///
    /// As [`Affiliation::accept`].
    pub fn withdraw(self, by: PersonId, now: Timestamp, reason: String) -> Result<Affiliation, Refusal> {
        self.demand_open(now)?;
        Ok(Affiliation { state: AffiliationState::Withdrawn, ended: Some((Some(by), now)), reason, ..self })
    }

    /// What has become of it by a moment: an invitation that nobody answered in time has lapsed.
    pub fn at(self, now: Timestamp) -> Affiliation {
        if self.state == AffiliationState::Invited && now >= self.until {
            return Affiliation { state: AffiliationState::Lapsed, ended: Some((None, now)), ..self };
        }
        self
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
        Ok(Affiliation { state: AffiliationState::Left, left_on, ended: Some((Some(by), now)), reason, ..self })
    }

    fn demand_open(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.state == AffiliationState::Invited && now >= self.until {
            return Err(Refusal::new("affiliation-state", "nobody answered in time: the invitation has lapsed"));
        }
        self.demand(AffiliationState::Invited)
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
    use crate::calendar::later;
    use jiff::civil::date;

    fn invited() -> Affiliation {
        Affiliation {
            id: AffiliationId::generate(BookId(1)),
            of_book: BookId(2),
            state: AffiliationState::Invited,
            invited_by: PersonId::generate(),
            invited_at: Timestamp::UNIX_EPOCH,
            until: later(Timestamp::UNIX_EPOCH, ANSWER_DAYS),
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
    #[test]
    fn an_invitation_lapses_at_the_moment_until_which_it_can_be_answered() {
        let (by, open) = (PersonId::generate(), invited());
        let (until, before) = (open.until, open.until - jiff::SignedDuration::from_nanos(1));
        assert_eq!(open.clone().at(before), open);
        let lapsed = open.clone().at(until);
        assert_eq!((lapsed.state, lapsed.ended), (AffiliationState::Lapsed, Some((None, until))));
        assert!(open.clone().accept(by, before, date(1970, 1, 30)).is_ok());
        for late in [
            open.clone().accept(by, until, date(1970, 1, 31)),
            open.clone().decline(by, until, "No".into()),
            open.withdraw(by, until, "No".into()),
        ] {
            assert_eq!(late.expect_err("late").code, "affiliation-state");
        }
    }
}
