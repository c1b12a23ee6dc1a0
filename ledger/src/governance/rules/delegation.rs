//! Who votes for a member that does not vote itself. It lasts until the member says otherwise, and goes on from one to the next: whoever has
//! a vote from others gives it on together with the own one. Never in a circle, in which nobody would vote.

use crate::id::{MemberId, PersonId};
use jiff::Timestamp;
use std::collections::HashMap;
use uuid::Uuid;

/// Who votes for a member, from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The member who gives its vote.
    pub member: MemberId,
    /// Who gets it; none for nobody.
    pub delegate: Option<MemberId>,
    /// From 1; the highest one counts.
    pub version: i32,
    /// The person who gave it: the member itself.
    pub given_by: PersonId,
    /// When, in book time.
    pub given_at: Timestamp,
}

/// Whether a vote that `giver` gives to `delegate` would come back to it, by who gives to whom.
pub fn makes_circle(given: &HashMap<Uuid, Uuid>, giver: Uuid, delegate: Uuid) -> bool {
    let mut at = Some(delegate);
    // No chain is longer than there are givers: one that is is a circle of others.
    for _ in 0..=given.len() {
        match at {
            Some(one) if one == giver => return true,
            Some(one) => at = given.get(&one).copied(),
            None => return false,
        }
    }
    at.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k18_a_vote_goes_on_from_one_to_the_next_and_never_comes_back() {
        let who: Vec<Uuid> = (0..4).map(Uuid::from_u128).collect();
        let given: HashMap<Uuid, Uuid> = [(who[0], who[1]), (who[1], who[2])].into();
        assert!(makes_circle(&given, who[2], who[0]), "by two others");
        assert!(makes_circle(&given, who[1], who[0]), "back at once");
        assert!(makes_circle(&HashMap::new(), who[3], who[3]), "to itself");
        assert!(!makes_circle(&given, who[2], who[3]), "on to one who gives nothing");
        assert!(!makes_circle(&given, who[3], who[0]), "into the chain");
        assert!(!makes_circle(&given, who[0], who[2]), "another one than before");
    }
}
