//! A book that is wound up, as its host closes: after a last day it takes nothing new, and after another day what it still holds
//! goes back to those who gave it.
//!
//! `announced → winding → done`, or `resumed` before the last day ends. Nothing in it is anybody else's because of that: what
//! cannot go back yet waits under its name.

use crate::book::AccountNumber;
use crate::calendar::days_after;
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, WindUpId};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// The most days from today to the last day.
pub const LAST_DAY_MAX: i64 = 365;
/// Days from the last day to that after which what is left goes back, unless the host names another.
pub const RETURN_DAYS: i64 = 90;
/// The most days between the two.
pub const RETURN_DAYS_MAX: i64 = 730;

words! {
    /// How a wind-up stands.
    WindUpState, "state of a wind-up" {
        /// Its last day has not ended.
        Announced = "announced",
        /// The book takes nothing new; what it holds is spent, moved or returned.
        Winding = "winding",
        /// Nothing is left in it but what is named as owed.
        Done = "done",
        /// It was taken back before its last day ended.
        Resumed = "resumed",
    }
}

words! {
    /// What becomes of the money of an account.
    PlanKind, "plan" {
        /// Donors are asked whether it moves to another campaign; what nobody answers for goes back.
        Move = "move",
        /// It is released as before; what is left goes back.
        SpendDown = "spend_down",
        /// It goes back as soon as the last day has ended.
        Return = "return",
    }
}

/// What the host plans with the money of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The account.
    pub account: AccountNumber,
    /// What becomes of it.
    pub kind: PlanKind,
    /// Where it moves; none unless it does.
    pub to: Option<CampaignId>,
    /// When that was said, in book time.
    pub planned_at: Timestamp,
}

/// The wind-up of a book. Moments are in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindUp {
    /// Its id.
    pub id: WindUpId,
    /// When it was said.
    pub announced_at: Timestamp,
    /// The last day on which the book takes something new.
    pub last_day: Date,
    /// The end of that day.
    pub from: Timestamp,
    /// The last day on which money stays for what it was given.
    pub return_after: Date,
    /// The end of that day.
    pub return_from: Timestamp,
    /// Why, without personal data.
    pub why: String,
    /// How it stands, as it was last written: ask [`WindUp::state`] for the present.
    pub written: WindUpState,
    /// When it was done, or taken back; none before.
    pub ended_at: Option<Timestamp>,
    /// Rises with each change.
    pub version: i64,
}

impl WindUp {
    /// How it stands at a moment.
    pub fn state(&self, at: Timestamp) -> WindUpState {
        match self.written {
            WindUpState::Announced | WindUpState::Winding if self.from <= at => WindUpState::Winding,
            WindUpState::Announced | WindUpState::Winding => WindUpState::Announced,
            WindUpState::Done => WindUpState::Done,
            WindUpState::Resumed => WindUpState::Resumed,
        }
    }

    /// Whether what is left without another plan goes back at a moment.
    pub fn returns_all(&self, at: Timestamp) -> bool {
        self.state(at) == WindUpState::Winding && self.return_from <= at
    }

    /// Refuses to take it back once the book takes nothing new.
    ///
    /// # Errors
    ///
    /// `wind-up-begun`.
    pub fn resume(&self, at: Timestamp) -> Result<(), Refusal> {
        match self.state(at) {
            WindUpState::Announced => Ok(()),
            WindUpState::Winding | WindUpState::Done | WindUpState::Resumed => {
                let detail = format!(
                    "its last day, {}, has ended: its plans are cancelled, and their donors were told. Open another book to go on",
                    self.last_day
                );
                Err(Refusal::new("wind-up-begun", detail))
            }
        }
    }

    /// Refuses a plan when its time has passed.
    ///
    /// # Errors
    ///
    /// `wind-up-returning`.
    pub fn takes_plan(&self, at: Timestamp) -> Result<(), Refusal> {
        if self.written == WindUpState::Done || self.return_from <= at {
            let detail = format!("plans could be named until {}: what is left goes back", self.return_after);
            return Err(Refusal::new("wind-up-returning", detail));
        }
        Ok(())
    }
}

/// The two days of a wind-up, if they are within their bounds.
///
/// # Errors
///
/// [`Error::Invalid`] at `/last_day` or `/return_after`.
pub fn days(today: Date, last_day: Date, return_after: Option<Date>) -> Result<(Date, Date), Error> {
    if last_day < today || last_day > days_after(today, LAST_DAY_MAX) {
        let message = format!("must be {today}, the book's today, or within {LAST_DAY_MAX} days after it");
        return Err(Error::invalid("/last_day", message));
    }
    let return_after = return_after.unwrap_or(days_after(last_day, RETURN_DAYS));
    if return_after < last_day || return_after > days_after(last_day, RETURN_DAYS_MAX) {
        let message = format!("must be {last_day}, the last day, or within {RETURN_DAYS_MAX} days after it");
        return Err(Error::invalid("/return_after", message));
    }
    Ok((last_day, return_after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use jiff::civil::date;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn wind_up(written: WindUpState) -> WindUp {
        WindUp {
            id: WindUpId::generate(BookId(1)),
            announced_at: at(0),
            last_day: date(2027, 3, 31),
            from: at(10),
            return_after: date(2027, 6, 29),
            return_from: at(100),
            why: String::new(),
            written,
            ended_at: None,
            version: 1,
        }
    }

    #[test]
    fn c4_the_moment_counts_and_not_when_somebody_writes_it_down() {
        let one = wind_up(WindUpState::Announced);
        assert_eq!(one.state(at(9)), WindUpState::Announced);
        assert_eq!(one.resume(at(9)), Ok(()));
        assert_eq!(one.state(at(10)), WindUpState::Winding);
        assert_eq!(one.resume(at(10)).unwrap_err().code, "wind-up-begun");
        assert!(!one.returns_all(at(99)) && one.returns_all(at(100)));
        assert_eq!(one.takes_plan(at(99)), Ok(()));
        assert_eq!(one.takes_plan(at(100)).unwrap_err().code, "wind-up-returning");
        assert_eq!(wind_up(WindUpState::Resumed).state(at(500)), WindUpState::Resumed);
        assert!(!wind_up(WindUpState::Done).returns_all(at(500)));
    }

    #[test]
    fn c4_money_stays_ninety_days_after_the_last_one_unless_the_host_says_otherwise() {
        let today = date(2027, 3, 1);
        let days = |last, after| days(today, last, after);
        assert_eq!(days(today, None).expect("from today on"), (today, date(2027, 5, 30)));
        assert_eq!(days(today, Some(today)).expect("at once"), (today, today));
        assert!(days(date(2027, 2, 28), None).is_err(), "it has passed");
        assert!(days(date(2028, 3, 1), None).is_err(), "too far");
        assert!(days(today, Some(date(2027, 2, 28))).is_err(), "before the last day");
        assert!(days(today, Some(date(2029, 3, 1))).is_err(), "too long");
    }
}
