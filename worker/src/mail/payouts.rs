//! Mails to whoever keeps a payee: about its bank accounts, of which four characters are told.

use super::templates::mail;

/// How a bank account stands.
pub(crate) enum Standing {
    /// Another person of the payee is to confirm it.
    Proposed {
        /// Until which day.
        until: String,
    },
    /// It is confirmed.
    Waiting {
        /// The day from which payouts go to it.
        until: String,
    },
    /// Payouts go to it.
    Active,
    /// It never became active.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// The notice that a bank account was given, confirmed or rejected, or is active.
pub(crate) struct BankAccount {
    /// The name of the payee.
    pub(crate) payee: String,
    /// The name of the host that pays.
    pub(crate) host: String,
    /// The last four characters of its number.
    pub(crate) last_four: String,
    /// Where the bank is.
    pub(crate) country: String,
    /// Of which payouts go to it.
    pub(crate) currency: String,
    /// The id of the account.
    pub(crate) account: String,
    /// The state in a word.
    pub(crate) word: String,
    /// How it stands.
    pub(crate) standing: Standing,
}
mail!(BankAccount: "payouts/bank_account.subject.txt", "payouts/bank_account.txt", "payouts/bank_account.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn the_mail_of_a_bank_account_says_what_comes_next_and_what_to_do_against_it() {
        let mail = |standing| {
            let mail = BankAccount {
                payee: "Drill Team".into(),
                host: "Open Press Host".into(),
                last_four: "3000".into(),
                country: "DE".into(),
                currency: "EUR".into(),
                account: "bac_abc".into(),
                word: "waiting".into(),
                standing,
            };
            mail.render().unwrap()
        };
        let waiting = mail(Standing::Waiting { until: "4 December 2026".into() });
        assert!(waiting.subject.contains("3000") && waiting.text.contains("4 December 2026"));
        assert!(waiting.html.contains("reject an account"), "whoever knows nothing of it is told what to do");
        assert!(mail(Standing::Rejected { reason: "not ours".into() }).text.contains("rejected: not ours"));
        assert!(mail(Standing::Active).text.contains("from now on"));
    }
}
