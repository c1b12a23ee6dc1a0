//! Turns that a challenge takes besides its straight way: a longer time for submissions, back to the judges, money that waits.

use super::challenge::{Challenge, ChallengeState};
use super::rulebook::Extensions;
use crate::calendar::later;
use crate::error::Refusal;
use jiff::Timestamp;

/// Days for which the prizes wait for a secret rubric that the host does not show; then they are awarded without it.
pub const RUBRIC_DAYS: u16 = 14;

impl Challenge {
    /// Makes the time for submissions longer by so many days, as its rules allow. It never gets shorter.
    pub fn extend(self, days: u16, allowed: Option<Extensions>, now: Timestamp) -> Result<Challenge, Refusal> {
        self.takes_submissions(now)?;
        let Some(until) = self.state.submissions_until() else {
            return Err(self.refuse("challenge-not-open", "it takes no submissions now"));
        };
        let Some(allowed) = allowed else {
            return Err(Refusal::new("extensions-used-up", "the rules of the challenge know no extension"));
        };
        if self.extensions >= allowed.most {
            let detail = format!("the rules allow {} extensions, and there were {}", allowed.most, self.extensions);
            return Err(Refusal::new("extensions-used-up", detail));
        }
        if !(1..=allowed.days).contains(&days) {
            let detail = format!("the rules allow 1 to {} days for each extension, and not {days}", allowed.days);
            return Err(Refusal::new("extension-too-long", detail));
        }
        let state = ChallengeState::Extended { until: later(until, days) };
        Ok(Challenge { state, extensions: self.extensions + 1, ..self })
    }

    /// Refuses appeals but against a provisional ranking, within the time for them.
    pub fn takes_appeals(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Provisional { until } if now < until => Ok(()),
            ChallengeState::Provisional { until } => {
                Err(Refusal::new("appeals-over", format!("the time for appeals ended at {until}")))
            }
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => {
                Err(self.refuse("appeals-over", "appeals are heard while its ranking is provisional"))
            }
        }
    }

    /// An appeal was upheld: a ranking that is provisional falls, and judges have their time anew. One that is being judged anew already
    /// goes on.
    pub fn judge_again(self, now: Timestamp) -> Challenge {
        match self.state {
            ChallengeState::Provisional { .. } => {
                let until = later(now, self.timetable.judging_days);
                Challenge { state: ChallengeState::Judging { until, escalated: false }, ..self }
            }
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => self,
        }
    }

    /// Whether who judges sees no teams now.
    pub fn hides_teams(&self) -> bool {
        match self.state {
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. } => self.is_blind,
            ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => false,
        }
    }

    /// Refuses a secret rubric but from the judging on, and before the prizes are awarded.
    pub fn takes_rubric(&self) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Judging { .. } | ChallengeState::Provisional { .. } => Ok(()),
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => {
                Err(self
                    .refuse("challenge-not-judging", "a secret rubric is shown while work is judged, until the award"))
            }
        }
    }

    /// Until when its prizes wait for a rubric that is still secret: 14 days from the end of the time for appeals.
    pub fn rubric_due(&self) -> Option<Timestamp> {
        self.state.until().map(|until| later(until, RUBRIC_DAYS))
    }

    /// Refuses share plans but from the opening until the prizes are awarded.
    pub fn takes_plans(&self) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. } => Ok(()),
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => {
                Err(self.refuse("shares-over", "shares are agreed from the opening until the prizes are awarded"))
            }
        }
    }

    /// Until when its prizes wait for share plans that are not fixed: for so many days from the end of the time for appeals.
    pub fn shares_due(&self, days: u16) -> Option<Timestamp> {
        self.state.until().map(|until| later(until, days))
    }

    /// Refuses unless it holds prize money that nobody won and that waits for another challenge.
    pub fn rolls(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.rolls_until {
            Some(until) if now < until => Ok(()),
            Some(until) => {
                Err(Refusal::new("nothing-rolls", format!("the money goes back to the sponsors since {until}")))
            }
            None => Err(self.refuse("nothing-rolls", "no prize money waits there for another challenge")),
        }
    }
}

#[cfg(test)]
#[path = "challenge_turns_tests.rs"]
mod tests;
