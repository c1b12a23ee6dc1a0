//! Mails about claims on milestones, to reviewers and teams.

use super::templates::{Letter, Mail};
use crate::texts::{Value, say};

/// The notice to a team that money was released.
pub(crate) struct Release {
    /// The team, by its name.
    pub(crate) team: String,
    /// Amount and currency that were released.
    pub(crate) amount: Value,
    /// The milestone, by its name.
    pub(crate) milestone: String,
    /// The title of the campaign.
    pub(crate) campaign: String,
    /// The day.
    pub(crate) date: Value,
    /// The id of the claim.
    pub(crate) claim: String,
}

impl Mail for Release {
    fn letter(&self) -> Letter {
        let subject = say("milestones-release-subject").with("amount", &self.amount);
        Letter::about(subject.with("milestone", &self.milestone))
            .headed(say("milestones-release").with("team", &self.team))
            .says(say("milestones-release-what").with("amount", &self.amount).with("team", &self.team))
            .fact(say("facts-milestone"), &self.milestone)
            .fact(say("facts-campaign"), &self.campaign)
            .fact(say("facts-date"), &self.date)
            .fact(say("facts-claim"), &self.claim)
            .aside(say("milestones-release-shown"))
    }
}

/// The request to a reviewer.
pub(crate) struct Review {
    /// The team that claims, by its name.
    pub(crate) team: String,
    /// Amount and currency that it claims.
    pub(crate) amount: Value,
    /// The milestone, by its name.
    pub(crate) milestone: String,
    /// The last day of the review.
    pub(crate) deadline: Value,
    /// The id of the claim.
    pub(crate) claim: String,
    /// The page that shows what waits for the reader.
    pub(crate) link: String,
}

impl Mail for Review {
    fn letter(&self) -> Letter {
        Letter::about(say("milestones-review-subject").with("milestone", &self.milestone))
            .headed(say("milestones-review"))
            .fact(say("facts-team"), &self.team)
            .fact(say("facts-amount"), &self.amount)
            .fact(say("facts-milestone"), &self.milestone)
            .fact(say("facts-review-by"), &self.deadline)
            .fact(say("facts-claim"), &self.claim)
            .says(say("milestones-review-how"))
            .link(say("frame-waiting"), &self.link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn the_mails_of_a_milestone_carry_their_facts() {
        let mail = Release {
            team: "Team Drum".into(),
            amount: "3000.00 USD".into(),
            milestone: "Working prototype".into(),
            campaign: "Open washing machine".into(),
            date: "20 November 2026".into(),
            claim: "clm_abc".into(),
        };
        assert!(mail.render(Language::English).unwrap().subject.contains("3000.00 USD"));
        let mail = Review {
            team: "Team Drum".into(),
            amount: "3000.00 USD".into(),
            milestone: "Working prototype".into(),
            deadline: "4 December 2026".into(),
            claim: "clm_abc".into(),
            link: "https://purse.example.org/me".into(),
        };
        let mail = mail.render(Language::English).unwrap();
        assert!(mail.html.contains("4 December 2026") && mail.text.contains("https://purse.example.org/me"));
    }
}
