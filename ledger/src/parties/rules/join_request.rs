//! A person asks to belong to an organisation, and its owners answer within fourteen days.

use super::role::{OrganisationKind, Role};
use crate::error::Refusal;
use crate::id::{JoinRequestId, OrganisationId, PersonId};
use crate::words::words;
use jiff::{SignedDuration, Timestamp};

/// How long the owners have to answer.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The most requests of one person that may be open at once, over all organisations.
pub const OPEN_MAX: i64 = 20;

words! {
    /// How a request to join stands.
    JoinRequestState, "state of a join request" {
        /// It waits for the owners.
        Open = "open",
        /// The person was given a role.
        Accepted = "accepted",
        /// An owner declined it.
        Declined = "declined",
        /// The person took it back.
        Withdrawn = "withdrawn",
        /// No owner answered in time.
        Lapsed = "lapsed",
    }
}

impl OrganisationKind {
    /// Whether people may ask to belong to it: those that hold or bring the money of others choose their people themselves.
    pub fn takes_join_requests(self) -> bool {
        match self {
            OrganisationKind::ProjectTeam | OrganisationKind::Cooperative => true,
            OrganisationKind::FiscalHost
            | OrganisationKind::Sponsor
            | OrganisationKind::PartnerPlatform
            | OrganisationKind::Enterprise => false,
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinOutcome {
    /// An owner gave a role.
    Accepted {
        /// The owner.
        by: PersonId,
        /// What the person may do from then on.
        role: Role,
    },
    /// An owner declined.
    Declined {
        /// The owner.
        by: PersonId,
        /// Why, for the person to read.
        reason: String,
    },
    /// The person took it back.
    Withdrawn,
    /// Nobody answered in time.
    Lapsed,
}

/// A request of a person to belong to an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinRequest {
    /// Its id.
    pub id: JoinRequestId,
    /// Where the person wants to belong.
    pub organisation: OrganisationId,
    /// Name of the organisation.
    pub organisation_name: String,
    /// Who asks.
    pub person: PersonId,
    /// Address of who asks.
    pub email: String,
    /// How they are called; empty when they have not said.
    pub person_name: String,
    /// What they say of themselves.
    pub note: String,
    /// When they asked, by the wall clock.
    pub asked_at: Timestamp,
    /// When it lapses, by the wall clock.
    pub until: Timestamp,
    /// What came of it and when, by the wall clock; none while nobody has written it down.
    pub ended: Option<(JoinOutcome, Timestamp)>,
}

impl JoinRequest {
    /// How who asks is called: by their name, or by their address when they have said none.
    pub fn called(&self) -> &str {
        if self.person_name.is_empty() { &self.email } else { &self.person_name }
    }

    /// How it stands at a moment: one that nobody answered in time has lapsed, whether that is written down or not.
    pub fn state(&self, wall: Timestamp) -> JoinRequestState {
        match &self.ended {
            Some((JoinOutcome::Accepted { .. }, _)) => JoinRequestState::Accepted,
            Some((JoinOutcome::Declined { .. }, _)) => JoinRequestState::Declined,
            Some((JoinOutcome::Withdrawn, _)) => JoinRequestState::Withdrawn,
            Some((JoinOutcome::Lapsed, _)) => JoinRequestState::Lapsed,
            None if self.until <= wall => JoinRequestState::Lapsed,
            None => JoinRequestState::Open,
        }
    }

    /// Refuses an answer to what is not open any more.
    ///
    /// # Errors
    ///
    /// `join-request-ended`.
    pub fn check_open(&self, wall: Timestamp) -> Result<(), Refusal> {
        let what = match self.state(wall) {
            JoinRequestState::Open => return Ok(()),
            JoinRequestState::Accepted => "was accepted",
            JoinRequestState::Declined => "was declined",
            JoinRequestState::Withdrawn => "was withdrawn",
            JoinRequestState::Lapsed => "has lapsed: nobody answered within fourteen days",
        };
        Err(Refusal::new("join-request-ended", format!("the request {what}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_answered_until_the_moment_at_which_it_lapses_and_once() {
        let wall = Timestamp::UNIX_EPOCH;
        let open = JoinRequest {
            id: JoinRequestId::generate(),
            organisation: OrganisationId::generate(),
            organisation_name: "Workshop".into(),
            person: PersonId::generate(),
            email: "ada@example.org".into(),
            person_name: String::new(),
            note: "I weld".into(),
            asked_at: wall,
            until: wall + LIFETIME,
            ended: None,
        };
        let last = open.until - SignedDuration::from_secs(1);
        assert_eq!((open.state(last), open.check_open(last)), (JoinRequestState::Open, Ok(())));
        let code = |it: &JoinRequest, at| it.check_open(at).map_err(|no| no.code);
        assert_eq!(
            (open.state(open.until), code(&open, open.until)),
            (JoinRequestState::Lapsed, Err("join-request-ended"))
        );
        let by = PersonId::generate();
        for (outcome, state) in [
            (JoinOutcome::Accepted { by, role: Role::Member }, JoinRequestState::Accepted),
            (JoinOutcome::Declined { by, reason: "full".into() }, JoinRequestState::Declined),
            (JoinOutcome::Withdrawn, JoinRequestState::Withdrawn),
            (JoinOutcome::Lapsed, JoinRequestState::Lapsed),
        ] {
            let ended = JoinRequest { ended: Some((outcome, wall)), ..open.clone() };
            assert_eq!((ended.state(wall), code(&ended, wall)), (state, Err("join-request-ended")));
        }
    }
}
