//! Mails about second factors. None holds a secret, a code or a link.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};
use ledger::service::job::FactorNews;

/// What a person is told of their second factor.
pub(crate) struct FactorNotice {
    /// What became of it.
    pub(crate) news: FactorNews,
    /// When, by the wall clock.
    pub(crate) at: Value,
    /// When a reset lapses or removes the factor; empty for news of no reset.
    pub(crate) until: Value,
}

impl FactorNotice {
    /// In a few words.
    fn title(&self) -> Said {
        match self.news {
            FactorNews::Enrolled => say("parties-factor-enrolled"),
            FactorNews::Removed => say("parties-factor-removed"),
            FactorNews::RecoveryCodeUsed => say("parties-factor-code-used"),
            FactorNews::CodesRenewed => say("parties-factor-codes-renewed"),
            FactorNews::ResetAsked => say("parties-factor-reset-asked"),
            FactorNews::ResetApproved => say("parties-factor-reset-approved"),
            FactorNews::ResetWaits => say("parties-factor-reset-waits"),
            FactorNews::ResetDone => say("parties-factor-reset-done"),
            FactorNews::ResetEnded => say("parties-factor-reset-ended"),
        }
    }

    /// What it means.
    fn meaning(&self) -> Said {
        let until = &self.until;
        match self.news {
            FactorNews::Enrolled => say("parties-factor-enrolled-means"),
            FactorNews::Removed => say("parties-factor-removed-means"),
            FactorNews::RecoveryCodeUsed => say("parties-factor-code-used-means"),
            FactorNews::CodesRenewed => say("parties-factor-codes-renewed-means"),
            FactorNews::ResetAsked => say("parties-factor-reset-asked-means").with("until", until),
            FactorNews::ResetApproved => say("parties-factor-reset-approved-means").with("until", until),
            FactorNews::ResetWaits => say("parties-factor-reset-waits-means").with("until", until),
            FactorNews::ResetDone => say("parties-factor-reset-done-means"),
            FactorNews::ResetEnded => say("parties-factor-reset-ended-means"),
        }
    }

    /// What to do if it was somebody else.
    fn advice(&self) -> Said {
        match self.news {
            FactorNews::ResetAsked | FactorNews::ResetApproved | FactorNews::ResetWaits => {
                say("parties-factor-not-asked-by-you")
            }
            FactorNews::Enrolled
            | FactorNews::Removed
            | FactorNews::RecoveryCodeUsed
            | FactorNews::CodesRenewed
            | FactorNews::ResetDone
            | FactorNews::ResetEnded => say("parties-factor-not-done-by-you"),
        }
    }
}

impl Mail for FactorNotice {
    fn letter(&self) -> Letter {
        Letter::about(self.title())
            .says(say("parties-factor-news").with("title", self.title()).with("meaning", self.meaning()))
            .says(say("parties-factor-was").with("at", &self.at))
            .aside(self.advice())
    }
}

/// What operators are told when a person asks for a reset.
pub(crate) struct ResetAsked {
    /// The person, by their id.
    pub(crate) person: String,
    /// The person's address.
    pub(crate) email: String,
    /// When it lapses.
    pub(crate) until: Value,
}

impl Mail for ResetAsked {
    fn letter(&self) -> Letter {
        Letter::about(say("parties-reset-subject").with("email", &self.email))
            .headed(say("parties-reset"))
            .says(say("parties-reset-what").with("email", &self.email).with("person", &self.person))
            .says(say("parties-reset-look"))
            .says(say("parties-reset-agree"))
            .typed(format!("POST /v1/persons/{}/second-factor:reset", self.person))
            .says(say("parties-reset-refuse"))
            .typed(format!("POST /v1/persons/{}/second-factor:refuse-reset", self.person))
            .says(say("parties-reset-lapses").with("until", &self.until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn sf_each_mail_says_what_became_of_the_factor_and_what_to_do_if_it_was_somebody_else() {
        let mut titles = std::collections::BTreeSet::new();
        for news in FactorNews::ALL {
            let notice = FactorNotice { news: *news, at: "27 November 2026".into(), until: "28 November 2026".into() };
            let said = [notice.title(), notice.meaning(), notice.advice()];
            let [title, meaning, advice] = said.map(|said| said.written(Language::English));
            let mail = notice.render(Language::English).unwrap();
            assert_eq!(mail.subject, title);
            for text in [&title, &meaning, &advice, "27 November 2026"] {
                assert!(mail.text.contains(text) && mail.html.contains(text), "{text}: {}", mail.text);
            }
            assert!(!mail.text.contains("http"), "{}", mail.text);
            titles.insert(title);
        }
        assert_eq!(titles.len(), FactorNews::ALL.len());
        let asked =
            ResetAsked { person: "psn_1".into(), email: "ada@example.org".into(), until: "11 December 2026".into() };
        let asked = asked.render(Language::English).unwrap();
        for text in ["psn_1", "ada@example.org", "11 December 2026", "/v1/persons/psn_1/second-factor:reset"] {
            assert!(asked.text.contains(text) && asked.html.contains(text), "{text}: {}", asked.text);
        }
    }
}
