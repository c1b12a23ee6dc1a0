//! An update: a note for everybody about one thing. It is never edited; it can be withdrawn once, with a reason.

use crate::error::Refusal;
use crate::id::{BookId, CampaignId, ChallengeId, IdError, MilestoneId, OrganisationId, PersonId, UpdateId};
use crate::parties::rules::role::Role;
use jiff::Timestamp;
use std::fmt;
use std::str::FromStr;

/// So many updates may be written about one thing in 24 hours.
pub const A_DAY: i64 = 20;

/// Who of the host writes updates: those who publish campaigns and challenges.
const WRITERS: &[Role] = &[Role::Owner, Role::Treasurer];

/// What an update is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A campaign.
    Campaign(CampaignId),
    /// A challenge.
    Challenge(ChallengeId),
    /// A milestone.
    Milestone(MilestoneId),
}

impl About {
    /// The book that it lies in.
    pub fn book(self) -> BookId {
        match self {
            About::Campaign(id) => id.book,
            About::Challenge(id) => id.book,
            About::Milestone(id) => id.book,
        }
    }

    /// What such a thing is called.
    pub fn noun(self) -> &'static str {
        match self {
            About::Campaign(_) => "campaign",
            About::Challenge(_) => "challenge",
            About::Milestone(_) => "milestone",
        }
    }
}

/// Its outside id.
impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            About::Campaign(id) => id.fmt(f),
            About::Challenge(id) => id.fmt(f),
            About::Milestone(id) => id.fmt(f),
        }
    }
}

/// By the outside id.
impl FromStr for About {
    type Err = IdError;

    fn from_str(text: &str) -> Result<About, IdError> {
        let campaign = text.parse().map(About::Campaign);
        campaign.or_else(|_| text.parse().map(About::Challenge)).or_else(|_| text.parse().map(About::Milestone))
    }
}

/// That an update was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// Who withdrew it.
    pub by: PersonId,
    /// When: book time.
    pub at: Timestamp,
    /// Why, for everybody.
    pub reason: String,
}

/// A note for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its id.
    pub id: UpdateId,
    /// What it is about.
    pub about: About,
    /// For whom it was written: the host, or the team of the milestone.
    pub organisation: OrganisationId,
    /// How that organisation is called.
    pub organisation_name: String,
    /// Who wrote it.
    pub by: PersonId,
    /// When: book time.
    pub at: Timestamp,
    /// What it is about, on one line.
    pub title: String,
    /// Its paragraphs.
    pub body: String,
    /// That it was withdrawn; none while it stands.
    pub withdrawn: Option<Withdrawn>,
}

/// For whom somebody may write about a thing: people of the host who keep its money write for the host, and members of the
/// team of a milestone for the team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// For the host.
    Host,
    /// For the team.
    Team,
}

/// For which side somebody writes about a thing, by their roles in the host and in the team; none when they may not.
pub fn side(about: About, in_host: &[Role], in_team: &[Role]) -> Option<Side> {
    if in_host.iter().any(|role| WRITERS.contains(role)) {
        return Some(Side::Host);
    }
    match about {
        About::Milestone(_) if !in_team.is_empty() => Some(Side::Team),
        About::Campaign(_) | About::Challenge(_) | About::Milestone(_) => None,
    }
}

/// Refuses one more update than may be written about a thing in a day. `count` were written in the last 24 hours.
pub fn check_count(count: i64) -> Result<(), Refusal> {
    if count < A_DAY {
        return Ok(());
    }
    Err(Refusal::new("too-many-updates", format!("{A_DAY} updates about it were written in the last 24 hours")))
}

impl Update {
    /// Refuses to withdraw an update a second time.
    pub fn check_stands(&self) -> Result<(), Refusal> {
        match self.withdrawn {
            None => Ok(()),
            Some(_) => Err(Refusal::new("update-withdrawn", "the update is withdrawn already")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keepers_of_the_host_write_about_everything_and_a_team_about_its_milestone_alone() {
        let book = BookId(1);
        let things = [
            About::Campaign(CampaignId::generate(book)),
            About::Challenge(ChallengeId::generate(book)),
            About::Milestone(MilestoneId::generate(book)),
        ];
        for about in things {
            for role in Role::ALL {
                let of_host = side(about, &[*role], &[]);
                assert_eq!(of_host, WRITERS.contains(role).then_some(Side::Host), "{about} {role}");
                let is_milestone = about.noun() == "milestone";
                assert_eq!(side(about, &[], &[*role]), is_milestone.then_some(Side::Team), "{about} {role}");
            }
            assert_eq!(side(about, &[], &[]), None);
        }
    }

    #[test]
    fn twenty_are_written_in_a_day_and_no_more() {
        assert!(check_count(A_DAY - 1).is_ok());
        assert!(check_count(A_DAY).is_err());
    }
}
