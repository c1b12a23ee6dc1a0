//! Appeals: what teams have against a provisional ranking.
//!
//! One for each team. An owner of the host who is no judge upholds or dismisses it; when nobody does in time, it lapses: the ranking
//! stands. No prize is awarded while one is open. One that is upheld sends the work back to the judges: places fall, cards may be given
//! anew, and the next ranking is provisional again, for as long as the first.

use crate::error::Refusal;
use crate::id::{AppealId, ChallengeId, EntrantId, PersonId};
use crate::words::words;
use jiff::Timestamp;

words! {
    /// How an appeal stands.
    AppealState, "state of an appeal" {
        /// An owner of the host has to decide.
        Open = "open",
        /// It was right: the work is judged again.
        Upheld = "upheld",
        /// It was wrong.
        Dismissed = "dismissed",
        /// Nobody decided in time: the ranking stands.
        Lapsed = "lapsed",
    }
}

/// An appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeal {
    /// Its id.
    pub id: AppealId,
    /// The challenge against whose ranking it is.
    pub challenge: ChallengeId,
    /// The entry of the team.
    pub entrant: EntrantId,
    /// Who raised it for the team.
    pub raised_by: PersonId,
    /// What the team says.
    pub reason: String,
    /// How it stands.
    pub state: AppealState,
    /// When it was raised, in book time.
    pub raised_at: Timestamp,
    /// When it lapses unless somebody decides, in book time.
    pub until: Timestamp,
    /// Which owner of the host decided; none when none did.
    pub decided_by: Option<PersonId>,
    /// When it was decided or lapsed; none while it is open.
    pub decided_at: Option<Timestamp>,
    /// Why it was decided so; empty where nobody decided.
    pub decision: String,
}

impl Appeal {
    /// Decides one that is open, and in time.
    pub fn decide(self, state: AppealState, by: PersonId, decision: String, now: Timestamp) -> Result<Appeal, Refusal> {
        match self.state {
            AppealState::Open if now < self.until => {
                Ok(Appeal { state, decided_by: Some(by), decided_at: Some(now), decision, ..self })
            }
            AppealState::Open => {
                Err(Refusal::new("appeal-decided", format!("nobody decided by {}: the ranking stands", self.until)))
            }
            AppealState::Upheld | AppealState::Dismissed | AppealState::Lapsed => {
                Err(Refusal::new("appeal-decided", format!("the appeal is {}", self.state)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use jiff::ToSpan;

    #[test]
    fn an_appeal_is_decided_once_and_in_time() {
        let now = Timestamp::UNIX_EPOCH;
        let appeal = Appeal {
            id: AppealId::generate(BookId(1)),
            challenge: ChallengeId::generate(BookId(1)),
            entrant: EntrantId::generate(BookId(1)),
            raised_by: PersonId::generate(),
            reason: "The torque was read wrongly.".into(),
            state: AppealState::Open,
            raised_at: now,
            until: now + 48.hours(),
            decided_by: None,
            decided_at: None,
            decision: String::new(),
        };
        let decide = |appeal: Appeal, at| appeal.decide(AppealState::Dismissed, PersonId::generate(), "No.".into(), at);
        let decided = decide(appeal.clone(), now + 47.hours()).expect("in time");
        assert_eq!(decide(decided, now).expect_err("once").code, "appeal-decided");
        assert_eq!(decide(appeal.clone(), appeal.until).expect_err("too late").code, "appeal-decided");
    }
}
