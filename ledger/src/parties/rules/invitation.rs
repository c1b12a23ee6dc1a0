//! A role that is offered to an address.

use super::role::Role;
use crate::error::Refusal;
use crate::id::{InvitationId, OrganisationId, PersonId};
use crate::words::words;
use jiff::{SignedDuration, Timestamp};

/// How long an invitation can be accepted.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);

words! {
    /// How an invitation stands.
    InvitationState, "state of an invitation" {
        /// It can be accepted.
        Open = "open",
        /// The role was given.
        Accepted = "accepted",
        /// Whoever it went to does not want it.
        Declined = "declined",
        /// It was taken back.
        Withdrawn = "withdrawn",
        /// Nobody accepted it in time.
        Lapsed = "lapsed",
    }
}

/// A role offered to an address, which is given when the person with that address accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Where the role would be.
    pub organisation: OrganisationId,
    /// The address, in lower case, whether somebody here has it or not.
    pub email: String,
    /// What the person would be allowed to do there.
    pub role: Role,
    /// Who offers it.
    pub invited_by: PersonId,
    /// When it was made, by the wall clock.
    pub created_at: Timestamp,
    /// When it lapses, by the wall clock.
    pub expires_at: Timestamp,
    /// When it was accepted, by the wall clock; none before.
    pub accepted_at: Option<Timestamp>,
    /// When it was declined, by the wall clock; none while it stands.
    pub declined_at: Option<Timestamp>,
    /// When it was withdrawn, by the wall clock; none while it stands.
    pub withdrawn_at: Option<Timestamp>,
}

impl Invitation {
    /// How it stands at a moment.
    pub fn state(&self, wall: Timestamp) -> InvitationState {
        if self.accepted_at.is_some() {
            InvitationState::Accepted
        } else if self.declined_at.is_some() {
            InvitationState::Declined
        } else if self.withdrawn_at.is_some() {
            InvitationState::Withdrawn
        } else if self.expires_at <= wall {
            InvitationState::Lapsed
        } else {
            InvitationState::Open
        }
    }

    /// Refuses whoever may not accept it: nobody may when it is not open, and only who has its address while it is.
    ///
    /// # Errors
    ///
    /// `invitation-invalid`, `invitation-for-another-address`.
    pub fn check_acceptance(&self, email: &str, wall: Timestamp) -> Result<(), Refusal> {
        match self.state(wall) {
            InvitationState::Open if self.email == email => Ok(()),
            InvitationState::Open => Err(for_another_address()),
            InvitationState::Accepted
            | InvitationState::Declined
            | InvitationState::Withdrawn
            | InvitationState::Lapsed => Err(invalid()),
        }
    }

    /// Whether it is to be declined now, or was before: only who has its address declines it, and only while it is open.
    ///
    /// # Errors
    ///
    /// `invitation-invalid`, `invitation-for-another-address`.
    pub fn check_decline(&self, email: &str, wall: Timestamp) -> Result<Decline, Refusal> {
        match self.state(wall) {
            InvitationState::Open if self.email == email => Ok(Decline::Now),
            InvitationState::Declined if self.email == email => Ok(Decline::Before),
            InvitationState::Open => Err(for_another_address()),
            InvitationState::Accepted
            | InvitationState::Declined
            | InvitationState::Withdrawn
            | InvitationState::Lapsed => Err(invalid()),
        }
    }
}

/// Whether an invitation that somebody declines is declined already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decline {
    /// It is not.
    Now,
    /// It is, and stays so.
    Before,
}

fn for_another_address() -> Refusal {
    Refusal::new(
        "invitation-for-another-address",
        "this invitation went to another address than the one you are signed in with",
    )
}

/// One refusal for every invitation that can be neither accepted nor declined, so that a guess learns nothing.
pub fn invalid() -> Refusal {
    Refusal::new(
        "invitation-invalid",
        "the invitation is unknown, too old, used, declined or withdrawn; ask for a new one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_accepted_while_it_is_open_and_by_its_address_only() {
        let wall = Timestamp::UNIX_EPOCH;
        let open = Invitation {
            id: InvitationId::generate(),
            organisation: OrganisationId::generate(),
            email: "ada@example.org".into(),
            role: Role::Auditor,
            invited_by: PersonId::generate(),
            created_at: wall,
            expires_at: wall + LIFETIME,
            accepted_at: None,
            declined_at: None,
            withdrawn_at: None,
        };
        let accept = |it: &Invitation, email: &str, at: Timestamp| it.check_acceptance(email, at).map_err(|no| no.code);
        let last = open.expires_at - SignedDuration::from_secs(1);
        assert_eq!(accept(&open, "ada@example.org", last), Ok(()));
        assert_eq!(accept(&open, "bea@example.org", wall), Err("invitation-for-another-address"));
        assert_eq!(accept(&open, "ada@example.org", open.expires_at), Err("invitation-invalid"));
        assert_eq!(accept(&open, "bea@example.org", open.expires_at), Err("invitation-invalid"));
        let accepted = Invitation { accepted_at: Some(wall), ..open.clone() };
        let withdrawn = Invitation { withdrawn_at: Some(wall), ..open.clone() };
        let declined = Invitation { declined_at: Some(wall), ..open.clone() };
        for (it, state) in [
            (&accepted, InvitationState::Accepted),
            (&withdrawn, InvitationState::Withdrawn),
            (&declined, InvitationState::Declined),
        ] {
            assert_eq!((it.state(last), accept(it, "ada@example.org", wall)), (state, Err("invitation-invalid")));
        }
        let decline = |it: &Invitation, email: &str, at: Timestamp| it.check_decline(email, at).map_err(|no| no.code);
        assert_eq!(decline(&open, "ada@example.org", last), Ok(Decline::Now));
        assert_eq!(decline(&declined, "ada@example.org", open.expires_at), Ok(Decline::Before));
        assert_eq!(decline(&open, "bea@example.org", last), Err("invitation-for-another-address"));
        for (it, email, at) in [
            (&declined, "bea@example.org", wall),
            (&open, "ada@example.org", open.expires_at),
            (&accepted, "ada@example.org", wall),
            (&withdrawn, "ada@example.org", wall),
        ] {
            assert_eq!(decline(it, email, at), Err("invitation-invalid"));
        }
    }
}
