//! Mails about claims on milestones, to reviewers and teams.

use super::templates::mail;

/// The notice to a team that money of a milestone was released.
pub(crate) struct Release {
    /// The team that receives it.
    pub(crate) team: String,
    /// Amount and currency that are released.
    pub(crate) amount: String,
    /// The name of the milestone.
    pub(crate) milestone: String,
    /// The campaign or project it belongs to.
    pub(crate) campaign: String,
    /// The day of the release.
    pub(crate) date: String,
    /// The id of the claim.
    pub(crate) claim: String,
}
mail!(Release: "milestones/release.subject.txt", "milestones/release.txt", "milestones/release.html");

/// The request to a reviewer to review a claim.
pub(crate) struct Review {
    /// The team that claims.
    pub(crate) team: String,
    /// Amount and currency that are claimed.
    pub(crate) amount: String,
    /// The name of the milestone.
    pub(crate) milestone: String,
    /// The day until which a review counts.
    pub(crate) deadline: String,
    /// The id of the claim.
    pub(crate) claim: String,
    /// The page that shows what waits for the reviewer.
    pub(crate) link: String,
}
mail!(Review: "milestones/review.subject.txt", "milestones/review.txt", "milestones/review.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

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
        assert!(mail.render().unwrap().subject.contains("3000.00 USD"));
        let mail = Review {
            team: "Team Drum".into(),
            amount: "3000.00 USD".into(),
            milestone: "Working prototype".into(),
            deadline: "4 December 2026".into(),
            claim: "clm_abc".into(),
            link: "https://purse.example.org/me".into(),
        };
        let mail = mail.render().unwrap();
        assert!(mail.html.contains("4 December 2026") && mail.text.contains("https://purse.example.org/me"));
    }
}
