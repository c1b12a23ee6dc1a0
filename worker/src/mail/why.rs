//! Why somebody gets a mail: a clause for each kind, which stands below it.

use crate::texts::{Said, say};
use ledger::service::preferences::MailGroup;

/// Each kind, by its name in the table of who is told.
const WHY: &[(&str, &str)] = &[
    ("account_wanted", "why-account-wanted"),
    ("appeal", "why-appeal"),
    ("application", "why-application"),
    ("bank_account", "why-bank-account"),
    ("bank_account_link", "why-bank-account-link"),
    ("card-testing", "why-card-testing"),
    ("challenge_news", "why-challenge-news"),
    ("chargeback", "why-chargeback"),
    ("claim", "why-claim"),
    ("consent", "why-consent"),
    ("custodian-frozen", "why-custodian-frozen"),
    ("decline", "why-decline"),
    ("distribution", "why-distribution"),
    ("entry", "why-entry"),
    ("factor-reset", "why-operator"),
    ("freeze", "why-operator"),
    ("hours", "why-distribution"),
    ("invitation", "why-invitation"),
    ("join_request", "why-join-request"),
    ("not-collected", "why-decline"),
    ("objection", "why-objection"),
    ("payments-held", "why-payments-held"),
    ("payout", "why-payout"),
    ("plan-change", "why-plan-change"),
    ("plan-move", "why-plan-move"),
    ("pledge", "why-pledge"),
    ("receipt", "why-receipt"),
    ("refund", "why-refund"),
    ("release", "why-release"),
    ("returnable", "why-returnable"),
    ("review", "why-review"),
    ("role", "why-role"),
    ("second-factor", "why-second-factor"),
    ("shares", "why-shares"),
    ("sign-in", "why-sign-in"),
    ("statement", "why-distribution"),
    ("tasks", "why-tasks"),
    ("vote", "why-vote"),
    ("webhooks-stopped", "why-webhooks-stopped"),
    ("yearly-receipt", "why-yearly-receipt"),
];

/// Why somebody gets a mail of a kind, after "because".
pub(crate) fn why(kind: &str) -> Said {
    say(WHY.iter().find(|(name, _)| *name == kind).map_or("why-concerns-you", |(_, text)| text))
}

/// What a group of mails is about, after "mails about".
pub(crate) fn about(group: MailGroup) -> Said {
    match group {
        MailGroup::Decisions => say("frame-about-decisions"),
        MailGroup::Deadlines => say("frame-about-deadlines"),
        MailGroup::Money => say("frame-about-money"),
        MailGroup::News => say("frame-about-news"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use ledger::service::event::told::MAILS;

    #[test]
    fn every_kind_of_mail_says_why_it_comes_in_a_clause_of_each_language() {
        assert!(MAILS.iter().map(|kind| kind.name).eq(WHY.iter().map(|(kind, _)| *kind)), "the kinds of the table");
        for (kind, _) in WHY {
            let [english, german] = Language::ALL.map(|language| why(kind).written(language));
            assert!(english.starts_with(char::is_lowercase) && !english.ends_with('.'), "{kind}: {english}");
            assert!(!german.ends_with('.') && german != english, "{kind}: {german}");
        }
    }
}
