//! A call: the host says what work a campaign would pay for, and project teams apply for it until a day. Nobody is chosen before that
//! day is over, as teams were told that they have until then; after it the host has thirty days to decide.
//!
//! `open → filled | withdrawn | lapsed`. Who is accepted gets the milestone. No money moves by a call.

use super::milestone::Policy;
use crate::calendar::later;
use crate::error::{Error, Refusal};
use crate::evidence::Gate;
use crate::id::{CampaignId, MilestoneCallId, MilestoneId, PersonId};
use crate::money::Money;
use crate::parties::rules::role::Role;
use crate::words::words;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// Days that the host has to decide, from the end of the last day on which teams apply.
pub const DECIDING_DAYS: u16 = 30;

/// The most days ahead that the last day may lie.
pub const AHEAD_MAX_DAYS: i32 = 365;

/// Who of the host reads what teams write.
pub const READERS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Reviewer];

words! {
    /// How a call stands.
    CallState, "state of a call" {
        /// Teams apply, or the host decides.
        Open = "open",
        /// A team was accepted.
        Filled = "filled",
        /// The host gave it up.
        Withdrawn = "withdrawn",
        /// The host decided nothing in time.
        Lapsed = "lapsed",
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// A team was accepted.
    Filled {
        /// What it got.
        milestone: MilestoneId,
        /// Who of the host accepted it.
        by: PersonId,
    },
    /// The host gave it up.
    Withdrawn {
        /// Who of the host.
        by: PersonId,
        /// Why, for everybody.
        reason: String,
    },
    /// The host decided nothing in time.
    Lapsed,
}

impl CallEnd {
    /// The state after it.
    pub fn state(&self) -> CallState {
        match self {
            CallEnd::Filled { .. } => CallState::Filled,
            CallEnd::Withdrawn { .. } => CallState::Withdrawn,
            CallEnd::Lapsed => CallState::Lapsed,
        }
    }
}

/// Work for which teams apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its id.
    pub id: MilestoneCallId,
    /// The campaign on whose money the milestone will draw.
    pub campaign: CampaignId,
    /// Who of the host made it.
    pub made_by: PersonId,
    /// What the milestone will be called.
    pub name: String,
    /// What must be done.
    pub description: String,
    /// What the milestone will pay in all.
    pub amount: Money,
    /// How claims of the milestone are decided.
    pub policy: Policy,
    /// Evidence without which no claim is taken.
    pub gate: Gate,
    /// The last day on which teams apply, in the zone of the book.
    pub applications_until: Date,
    /// When that day is over, in book time.
    pub closes_at: Timestamp,
    /// When it lapses, in book time.
    pub decide_until: Timestamp,
    /// How it ended and when, in book time; none while nobody has written that down.
    pub ended: Option<(CallEnd, Timestamp)>,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

/// Refuses a last day that is not ahead, or more than a year.
///
/// # Errors
///
/// [`Error::Invalid`] at `/applications_until`.
pub fn check_last_day(today: Date, last: Date) -> Result<(), Error> {
    let most = today.saturating_add(AHEAD_MAX_DAYS.days());
    if today < last && last <= most {
        return Ok(());
    }
    Err(Error::invalid("/applications_until", format!("a day after {today}, and {most} at the latest")))
}

/// Until when the host decides about a call whose last day ends at a moment.
pub fn decide_until(closes_at: Timestamp) -> Timestamp {
    later(closes_at, DECIDING_DAYS)
}

impl Call {
    /// How it stands at a moment: what nobody decided in time has lapsed, whether that is written down or not.
    pub fn state(&self, now: Timestamp) -> CallState {
        match &self.ended {
            Some((end, _)) => end.state(),
            None if self.decide_until <= now => CallState::Lapsed,
            None => CallState::Open,
        }
    }

    /// The last second in which the host decides.
    pub fn last_second(&self) -> Timestamp {
        self.decide_until - SignedDuration::from_secs(1)
    }

    /// Whether its last day is over.
    pub fn is_closed(&self, now: Timestamp) -> bool {
        self.closes_at <= now
    }

    /// Refuses what needs it open.
    ///
    /// # Errors
    ///
    /// `call-over`.
    pub fn check_open(&self, now: Timestamp) -> Result<(), Refusal> {
        let what = match self.state(now) {
            CallState::Open => return Ok(()),
            CallState::Filled => "a team was accepted for it",
            CallState::Withdrawn => "the host has withdrawn it",
            CallState::Lapsed => "it has lapsed, as the host decided nothing in time",
        };
        Err(Refusal::new("call-over", format!("the call is over: {what}")))
    }

    /// Refuses an application that comes too late.
    ///
    /// # Errors
    ///
    /// `call-over`, `call-closed`.
    pub fn check_takes_applications(&self, now: Timestamp) -> Result<(), Refusal> {
        self.check_open(now)?;
        if self.is_closed(now) {
            let detail = format!("teams could apply until {}: that day is over", self.applications_until);
            return Err(Refusal::new("call-closed", detail));
        }
        Ok(())
    }

    /// Refuses to accept a team while others may still apply.
    ///
    /// # Errors
    ///
    /// `call-over`, `call-takes-applications`.
    pub fn check_decides(&self, now: Timestamp) -> Result<(), Refusal> {
        self.check_open(now)?;
        if !self.is_closed(now) {
            let detail = format!("teams may apply until {}: accept one when that day is over", self.applications_until);
            return Err(Refusal::new("call-takes-applications", detail));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::id::BookId;
    use crate::money::Currency;
    use jiff::civil::date;

    /// A call of 100.00 USD that closes a day after the beginning of time.
    pub(crate) fn call() -> Call {
        let closes_at = later(Timestamp::UNIX_EPOCH, 1);
        Call {
            id: MilestoneCallId::generate(BookId(1)),
            campaign: CampaignId::generate(BookId(1)),
            made_by: PersonId::generate(),
            name: "Second prototype".into(),
            description: String::new(),
            amount: Money::from_minor(10_000, Currency::USD).expect("positive"),
            policy: Policy::default(),
            gate: Gate::default(),
            applications_until: date(1970, 1, 1),
            closes_at,
            decide_until: decide_until(closes_at),
            ended: None,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn code(refused: Result<(), Refusal>) -> &'static str {
        refused.map_or_else(|refusal| refusal.code, |()| "")
    }

    #[test]
    fn teams_apply_until_the_day_is_over_and_the_host_decides_after_it_for_thirty_days() {
        let (call, second) = (call(), SignedDuration::from_secs(1));
        let at = |now| (code(call.check_takes_applications(now)), code(call.check_decides(now)));
        assert_eq!(at(call.closes_at - second), ("", "call-takes-applications"));
        assert_eq!(at(call.closes_at), ("call-closed", ""));
        assert_eq!(at(call.decide_until - second), ("call-closed", ""));
        assert_eq!(at(call.decide_until), ("call-over", "call-over"));
        assert_eq!(call.decide_until.duration_since(call.closes_at).as_hours(), 720);
        assert_eq!(call.state(call.decide_until), CallState::Lapsed);
    }

    #[test]
    fn what_has_ended_takes_and_decides_nothing_any_more() {
        let by = PersonId::generate();
        for end in [
            CallEnd::Filled { milestone: MilestoneId::generate(BookId(1)), by },
            CallEnd::Withdrawn { by, reason: "no money".into() },
            CallEnd::Lapsed,
        ] {
            let state = end.state();
            let ended = Call { ended: Some((end, Timestamp::UNIX_EPOCH)), ..call() };
            assert_eq!(ended.state(Timestamp::UNIX_EPOCH), state);
            assert_eq!(code(ended.check_takes_applications(Timestamp::UNIX_EPOCH)), "call-over");
            assert_eq!(code(ended.check_decides(ended.closes_at)), "call-over");
        }
    }

    #[test]
    fn the_last_day_is_tomorrow_at_the_earliest_and_in_a_year_at_the_latest() {
        let today = date(2027, 3, 1);
        for (last, is_good) in [
            (today, false),
            (date(2027, 3, 2), true),
            (date(2028, 2, 29), true),
            (date(2028, 3, 1), false),
            (date(2027, 2, 1), false),
        ] {
            assert_eq!(check_last_day(today, last).is_ok(), is_good, "{last}");
        }
    }
}
