//! An application: a project team says what it would do for a call, and how. The host alone reads it, and the team itself; people of the
//! host who belong to a team that applies, or have a declared tie to one, decide about none of that call.

use super::call::Call;
use crate::error::Refusal;
use crate::id::{MilestoneApplicationId, MilestoneCallId, OrganisationId, PersonId};
use crate::words::words;
use jiff::Timestamp;

/// How often a team may apply for one call, counting what it took back.
pub const OF_A_TEAM_MAX: i64 = 3;

/// Why the others do not get what one team got.
pub const ANOTHER_TEAM: &str = "Another team was accepted.";

words! {
    /// How an application stands.
    ApplicationState, "state of an application" {
        /// It waits for the host.
        Submitted = "submitted",
        /// The team gets the milestone.
        Accepted = "accepted",
        /// The team does not get it.
        Declined = "declined",
        /// The team took it back.
        Withdrawn = "withdrawn",
        /// The host decided nothing in time.
        Lapsed = "lapsed",
    }
}

/// How an application ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplicationEnd {
    /// The team gets the milestone.
    Accepted {
        /// Who of the host decided.
        by: PersonId,
    },
    /// The team does not get it.
    Declined {
        /// Who of the host decided.
        by: PersonId,
        /// Why, for the team to read.
        reason: String,
    },
    /// The team took it back.
    Withdrawn {
        /// Who of the team.
        by: PersonId,
    },
    /// The host decided nothing in time.
    Lapsed,
}

impl ApplicationEnd {
    /// The state after it.
    pub fn state(&self) -> ApplicationState {
        match self {
            ApplicationEnd::Accepted { .. } => ApplicationState::Accepted,
            ApplicationEnd::Declined { .. } => ApplicationState::Declined,
            ApplicationEnd::Withdrawn { .. } => ApplicationState::Withdrawn,
            ApplicationEnd::Lapsed => ApplicationState::Lapsed,
        }
    }

    /// Who ended it; nobody where time did.
    pub fn by(&self) -> Option<PersonId> {
        match self {
            ApplicationEnd::Accepted { by }
            | ApplicationEnd::Declined { by, .. }
            | ApplicationEnd::Withdrawn { by } => Some(*by),
            ApplicationEnd::Lapsed => None,
        }
    }

    /// Why, where somebody said so.
    pub fn reason(&self) -> Option<&str> {
        match self {
            ApplicationEnd::Declined { reason, .. } => Some(reason),
            ApplicationEnd::Accepted { .. } | ApplicationEnd::Withdrawn { .. } | ApplicationEnd::Lapsed => None,
        }
    }
}

/// A team applies for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: MilestoneApplicationId,
    /// The call.
    pub call: MilestoneCallId,
    /// The team that would do the work.
    pub team: OrganisationId,
    /// How it is called.
    pub team_name: String,
    /// Who applied for it.
    pub applied_by: PersonId,
    /// What it would do, and how.
    pub text: String,
    /// When it applied, in book time.
    pub submitted_at: Timestamp,
    /// How it ended and when, in book time; none while nobody has written that down.
    pub ended: Option<(ApplicationEnd, Timestamp)>,
}

impl Application {
    /// How it stands at a moment: with its call it lapses, whether that is written down or not.
    pub fn state(&self, call: &Call, now: Timestamp) -> ApplicationState {
        match &self.ended {
            Some((end, _)) => end.state(),
            None if call.decide_until <= now => ApplicationState::Lapsed,
            None => ApplicationState::Submitted,
        }
    }

    /// Refuses a decision about what does not wait for one.
    ///
    /// # Errors
    ///
    /// `application-ended`.
    pub fn check_waits(&self, call: &Call, now: Timestamp) -> Result<(), Refusal> {
        let what = match self.state(call, now) {
            ApplicationState::Submitted => return Ok(()),
            ApplicationState::Accepted => "was accepted",
            ApplicationState::Declined => "was declined",
            ApplicationState::Withdrawn => "was taken back",
            ApplicationState::Lapsed => "has lapsed, as the host decided nothing in time",
        };
        Err(Refusal::new("application-ended", format!("the application {what}")))
    }
}

/// What somebody of the host has to do with the teams that wait for a decision about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closeness {
    /// Belongs to one of them.
    pub is_member: bool,
    /// Has a declared tie to one of them.
    pub is_tied: bool,
}

impl Closeness {
    /// Refuses who would decide, or read, in their own cause.
    ///
    /// # Errors
    ///
    /// `own-team`, `declared-tie`.
    pub fn admit(self) -> Result<(), Refusal> {
        if self.is_member {
            let detail = "a member of a team that applies decides about no application for the same call";
            return Err(Refusal::new("own-team", detail));
        }
        if self.is_tied {
            let detail =
                "whoever has a declared tie to a team that applies decides about no application for the same call";
            return Err(Refusal::new("declared-tie", detail));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::tests::call;
    use super::*;
    use crate::id::BookId;

    #[test]
    fn an_application_waits_until_it_is_ended_once_or_lapses_with_its_call() {
        let (call, by) = (call(), PersonId::generate());
        let waits = Application {
            id: MilestoneApplicationId::generate(BookId(1)),
            call: call.id,
            team: OrganisationId::generate(),
            team_name: "Press".into(),
            applied_by: by,
            text: "We weld it".into(),
            submitted_at: Timestamp::UNIX_EPOCH,
            ended: None,
        };
        assert_eq!(waits.check_waits(&call, call.closes_at), Ok(()));
        assert_eq!(waits.state(&call, call.decide_until), ApplicationState::Lapsed);
        for end in [
            ApplicationEnd::Accepted { by },
            ApplicationEnd::Declined { by, reason: "too dear".into() },
            ApplicationEnd::Withdrawn { by },
            ApplicationEnd::Lapsed,
        ] {
            assert_eq!(end.by().is_none(), end == ApplicationEnd::Lapsed);
            let ended = Application { ended: Some((end, Timestamp::UNIX_EPOCH)), ..waits.clone() };
            let refused = ended.check_waits(&call, Timestamp::UNIX_EPOCH).expect_err("it has ended");
            assert_eq!(refused.code, "application-ended");
        }
    }

    #[test]
    fn nobody_decides_in_their_own_cause() {
        let code = |is_member, is_tied| Closeness { is_member, is_tied }.admit().map_err(|refused| refused.code);
        assert_eq!(code(false, false), Ok(()));
        assert_eq!(code(true, true), Err("own-team"));
        assert_eq!(code(false, true), Err("declared-tie"));
    }
}
