//! Who is told what of claims and disputes: one table, from the event to the people.
//!
//! A release and a payout have mails of their own, and so has the request to review.

use super::claim_state::ClaimState;
use super::dispute::{DisputeState, Ended, Outcome, Ruling};
use crate::words::words;

words! {
    /// Something that people are told of.
    Event, "event of a claim" {
        /// A claim is approved, and objections are heard.
        Approved = "approved",
        /// A reviewer asks the team for changes.
        ChangesAsked = "changes_asked",
        /// A claim is rejected.
        Rejected = "rejected",
        /// A claim is given up by its clock.
        Expired = "expired",
        /// Somebody of the host asks for a revocation, which somebody else confirms.
        RevocationAsked = "revocation_asked",
        /// A claim is revoked.
        Revoked = "revoked",
        /// Somebody of the host asks to write off what is owed of a claim, which somebody else confirms.
        WriteOffAsked = "write_off_asked",
        /// The team has paid back of what it owes of a revoked claim.
        PaidBack = "paid_back",
        /// Somebody objects to a part of a claim.
        DisputeOpened = "dispute_opened",
        /// The team has answered.
        DisputeAnswered = "dispute_answered",
        /// Whoever objects stands by it.
        DisputeReplied = "dispute_replied",
        /// The host has decided, and a party may appeal.
        DisputeDecided = "dispute_decided",
        /// A party has appealed.
        DisputeAppealed = "dispute_appealed",
        /// The objection holds.
        DisputeUpheld = "dispute_upheld",
        /// The objection holds in part.
        DisputeUpheldPart = "dispute_upheld_part",
        /// The objection does not hold.
        DisputeDismissed = "dispute_dismissed",
    }
}

words! {
    /// People to whom something is told.
    Audience, "audience" {
        /// The owners of the team, and who submitted the claim.
        Team = "team",
        /// Whoever raised the dispute.
        Objector = "objector",
        /// Owners and approvers of the host who may decide: neither parties nor who decided or asked before.
        Deciders = "deciders",
        /// Owners, approvers and reviewers of the host.
        Host = "host",
    }
}

impl Event {
    /// Who is told of it.
    pub fn told(self) -> &'static [Audience] {
        match self {
            Event::Approved | Event::Revoked => &[Audience::Team, Audience::Host],
            Event::ChangesAsked | Event::Rejected | Event::Expired => &[Audience::Team],
            Event::RevocationAsked | Event::WriteOffAsked | Event::DisputeReplied | Event::DisputeAppealed => {
                &[Audience::Deciders]
            }
            Event::DisputeOpened => &[Audience::Team, Audience::Deciders],
            Event::PaidBack => &[Audience::Host],
            Event::DisputeAnswered => &[Audience::Objector],
            Event::DisputeDecided | Event::DisputeUpheld | Event::DisputeUpheldPart | Event::DisputeDismissed => {
                &[Audience::Team, Audience::Objector]
            }
        }
    }

    /// What a claim that comes into a state is told by; none where nobody waits for it, or another mail says it.
    pub fn of_claim(state: &ClaimState) -> Option<Event> {
        match state {
            ClaimState::Approved(decision) if decision.struck + decision.released == 0 => Some(Event::Approved),
            ClaimState::ChangesAsked { .. } => Some(Event::ChangesAsked),
            ClaimState::Rejected { .. } => Some(Event::Rejected),
            ClaimState::Expired => Some(Event::Expired),
            ClaimState::Revoked { .. } => Some(Event::Revoked),
            ClaimState::Draft { .. }
            | ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::Approved(_)
            | ClaimState::Disputed(_)
            | ClaimState::Payable(_)
            | ClaimState::Paid(_) => None,
        }
    }

    /// What a dispute that comes into a state is told by.
    pub fn of_dispute(state: &DisputeState) -> Event {
        match state {
            DisputeState::Open => Event::DisputeOpened,
            DisputeState::Answered => Event::DisputeAnswered,
            DisputeState::Replied => Event::DisputeReplied,
            DisputeState::Decided(_) => Event::DisputeDecided,
            DisputeState::Appealed(_) => Event::DisputeAppealed,
            DisputeState::Resolved(Ended { outcome: Outcome { ruling, .. }, .. }) => match ruling {
                Ruling::Uphold => Event::DisputeUpheld,
                Ruling::UpholdPart => Event::DisputeUpheldPart,
                Ruling::Dismiss => Event::DisputeDismissed,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_told_to_somebody_and_every_window_to_whom_it_waits_for() {
        for event in Event::ALL {
            assert!(!event.told().is_empty(), "{event}");
        }
        for (event, waits_for) in [
            (Event::DisputeOpened, Audience::Team),
            (Event::DisputeAnswered, Audience::Objector),
            (Event::DisputeReplied, Audience::Deciders),
            (Event::DisputeDecided, Audience::Team),
            (Event::DisputeDecided, Audience::Objector),
            (Event::DisputeAppealed, Audience::Deciders),
            (Event::RevocationAsked, Audience::Deciders),
            (Event::WriteOffAsked, Audience::Deciders),
            (Event::ChangesAsked, Audience::Team),
        ] {
            assert!(event.told().contains(&waits_for), "{event} waits for {waits_for}");
        }
    }
}
