//! Mails about second factors. None holds a secret, a code or a link.

use super::templates::mail;
use ledger::service::job::FactorNews;

/// What a person is told of their second factor.
pub(crate) struct FactorNotice {
    /// What became of it.
    pub(crate) news: FactorNews,
    /// When, by the wall clock, as it is written.
    pub(crate) at: String,
    /// When a reset lapses or removes the factor, as it is written; empty for news of no reset.
    pub(crate) until: String,
}
mail!(FactorNotice: "parties/second_factor.subject.txt", "parties/second_factor.txt", "parties/second_factor.html");

impl FactorNotice {
    /// In a few words.
    pub(crate) fn title(&self) -> &'static str {
        match self.news {
            FactorNews::Enrolled => "Your second factor counts from now on",
            FactorNews::Removed => "Your second factor was removed",
            FactorNews::RecoveryCodeUsed => "One of your recovery codes was used",
            FactorNews::CodesRenewed => "You have new recovery codes",
            FactorNews::ResetAsked => "The reset of your second factor was asked for",
            FactorNews::ResetApproved => "An operator has agreed to the reset of your second factor",
            FactorNews::ResetWaits => "Your second factor will be removed",
            FactorNews::ResetDone => "Your second factor was reset",
            FactorNews::ResetEnded => "The reset of your second factor is over",
        }
    }

    /// What it means.
    pub(crate) fn meaning(&self) -> String {
        let until = &self.until;
        match self.news {
            FactorNews::Enrolled => {
                "Approving payouts, bank accounts and what operators do ask for a code of your authenticator. Keep the recovery codes where \
                 you find them without it."
                    .to_owned()
            }
            FactorNews::Removed => "Nothing asks you for a code any more, and what needs one is closed to you.".to_owned(),
            FactorNews::RecoveryCodeUsed => {
                "It does not work again. When few are left, have new ones shown to you.".to_owned()
            }
            FactorNews::CodesRenewed => "Those that you had before do not work any more.".to_owned(),
            FactorNews::ResetAsked => {
                format!("Two operators have to agree, and a day passes after that. It lapses on {until}.")
            }
            FactorNews::ResetApproved => {
                format!("Another operator has to agree as well. It lapses on {until}.")
            }
            FactorNews::ResetWaits => {
                format!("Two operators have agreed. It is removed on {until}, and all your sessions end then.")
            }
            FactorNews::ResetDone => {
                "It is removed, and all your sessions have ended. Sign in again, and begin a new one.".to_owned()
            }
            FactorNews::ResetEnded => "Nothing comes of it: your second factor counts as before.".to_owned(),
        }
    }

    /// What to do if it was somebody else.
    pub(crate) fn advice(&self) -> &'static str {
        match self.news {
            FactorNews::ResetAsked | FactorNews::ResetApproved | FactorNews::ResetWaits => {
                "If it was not you who asked, object: sign in and send POST /v1/me/second-factor:object-to-reset, or prove your second factor. \
                 And change the password of your mailbox: somebody reads it."
            }
            FactorNews::Enrolled
            | FactorNews::Removed
            | FactorNews::RecoveryCodeUsed
            | FactorNews::CodesRenewed
            | FactorNews::ResetDone
            | FactorNews::ResetEnded => {
                "If it was not you, tell whoever runs the service at once, and change the password of your mailbox: somebody reads it."
            }
        }
    }
}

/// What operators are told when a person asks for a reset.
pub(crate) struct ResetAsked {
    /// The person, by their id.
    pub(crate) person: String,
    /// The person's address.
    pub(crate) email: String,
    /// When it lapses, as it is written.
    pub(crate) until: String,
}
mail!(ResetAsked: "parties/reset_asked.subject.txt", "parties/reset_asked.txt", "parties/reset_asked.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn sf_each_mail_says_what_became_of_the_factor_and_what_to_do_if_it_was_somebody_else() {
        let mut titles = std::collections::BTreeSet::new();
        for news in FactorNews::ALL {
            let notice = FactorNotice { news: *news, at: "27 November 2026".into(), until: "28 November 2026".into() };
            let (title, meaning, advice) = (notice.title(), notice.meaning(), notice.advice());
            let mail = notice.render().unwrap();
            assert_eq!(mail.subject, title);
            for text in [title, &meaning, advice, "27 November 2026"] {
                assert!(mail.text.contains(text) && mail.html.contains(text), "{text}: {}", mail.text);
            }
            assert!(!mail.text.contains("http"), "{}", mail.text);
            titles.insert(title);
        }
        assert_eq!(titles.len(), FactorNews::ALL.len());
        let asked =
            ResetAsked { person: "psn_1".into(), email: "ada@example.org".into(), until: "11 December 2026".into() };
        let asked = asked.render().unwrap();
        for text in ["psn_1", "ada@example.org", "11 December 2026", "/v1/persons/psn_1/second-factor:reset"] {
            assert!(asked.text.contains(text) && asked.html.contains(text), "{text}: {}", asked.text);
        }
    }
}
