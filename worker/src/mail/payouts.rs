//! Mails to whoever keeps a payee, or is one: about its bank accounts, of which four characters are told, and about its payouts.

use super::templates::mail;
use ledger::payouts::rules::payout::PayoutState;

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
    /// Whether the payee is a person, to whom the mail goes.
    pub(crate) is_person: bool,
    /// How it stands.
    pub(crate) standing: Standing,
}

impl BankAccount {
    /// Who is to confirm it.
    fn confirmer(&self) -> String {
        if self.is_person {
            "You are, by the link of another mail,".to_owned()
        } else {
            format!("Another owner or treasurer of {} is", self.payee)
        }
    }

    /// What to do against it.
    fn warning(&self) -> String {
        let BankAccount { payee, host, .. } = self;
        if self.is_person {
            format!(
                "If you know nothing of this, tell {host} at once: you can reject an account that is not active yet."
            )
        } else {
            format!(
                "If you know nothing of this, tell {host} and the other owners and treasurers of {payee} at once: any of you can reject \
                 an account that is not active yet."
            )
        }
    }
}
mail!(BankAccount: "payouts/bank_account.subject.txt", "payouts/bank_account.txt", "payouts/bank_account.html");

/// The mail with the link by which a person confirms a bank account.
pub(crate) struct BankAccountLink {
    /// The name of the host that pays.
    pub(crate) host: String,
    /// The last four characters of its number.
    pub(crate) last_four: String,
    /// Where the bank is.
    pub(crate) country: String,
    /// Of which payouts go to it.
    pub(crate) currency: String,
    /// The link with its secret.
    pub(crate) link: String,
    /// The day on which it stops working.
    pub(crate) until: String,
}
mail!(BankAccountLink: "payouts/bank_account_link.subject.txt", "payouts/bank_account_link.txt", "payouts/bank_account_link.html");

/// The mail to a payee that has no bank account.
pub(crate) struct AccountWanted {
    /// The name of the payee.
    pub(crate) payee: String,
    /// The name of the host that pays.
    pub(crate) host: String,
    /// Amount and currency of the payout that waits.
    pub(crate) amount: String,
    /// In which currency.
    pub(crate) currency: String,
    /// Who gives the account, and where.
    pub(crate) how: &'static str,
    /// What the host wrote beside the payout; may be empty.
    pub(crate) memo: String,
    /// The id of the payout.
    pub(crate) payout: String,
}
mail!(AccountWanted: "payouts/account_wanted.subject.txt", "payouts/account_wanted.txt", "payouts/account_wanted.html");

/// The notice that a payout was sent, left the bank, failed or came back.
pub(crate) struct Payout {
    /// The name of the payee.
    pub(crate) payee: String,
    /// The name of the host that pays.
    pub(crate) host: String,
    /// Amount and currency.
    pub(crate) amount: String,
    /// Amount and currency of what the bank kept.
    pub(crate) fee: String,
    /// Amount and currency of what is left.
    pub(crate) arrives: String,
    /// The last four characters of the account.
    pub(crate) last_four: String,
    /// The end-to-end id.
    pub(crate) reference: String,
    /// What the host wrote beside it; may be empty.
    pub(crate) memo: String,
    /// What it pays: names, and amount and currency of each.
    pub(crate) pays: Vec<(String, String)>,
    /// The day on which it was sent, or left the bank.
    pub(crate) day: String,
    /// Why it failed; empty otherwise.
    pub(crate) reason: String,
    /// The id of the payout.
    pub(crate) payout: String,
    /// How it stands.
    pub(crate) word: PayoutState,
}

impl Payout {
    /// What has become of it, in a sentence or two.
    fn said(&self) -> String {
        let Payout { host, amount, fee, arrives, last_four, day, reason, .. } = self;
        match self.word {
            PayoutState::Sent => {
                format!("{host} sent {amount} on {day} to the account ending in {last_four}.")
            }
            PayoutState::Settled if arrives == amount => {
                format!("{amount} left the bank of {host} on {day}, to the account ending in {last_four}.")
            }
            PayoutState::Settled => format!(
                "{arrives} left the bank of {host} on {day}, to the account ending in {last_four}: {amount}, less {fee} that the \
                 bank kept."
            ),
            PayoutState::Failed => format!(
                "The bank did not accept {amount} to the account ending in {last_four}: {}. It is owed to you as before, and \
                 {host} can pay it again.",
                reason.trim_end_matches('.')
            ),
            PayoutState::Returned => format!(
                "{amount} to the account ending in {last_four} came back. It is owed to you as before: see whether the account is \
                 right, and {host} can pay it again."
            ),
            PayoutState::Requested
            | PayoutState::Approved
            | PayoutState::Screened
            | PayoutState::Held
            | PayoutState::Cancelled => format!("{amount} is not sent yet."),
        }
    }
}
mail!(Payout: "payouts/payout.subject.txt", "payouts/payout.txt", "payouts/payout.html");

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
                is_person: false,
                standing,
            };
            mail.render().unwrap()
        };
        let proposed = mail(Standing::Proposed { until: "4 December 2026".into() });
        assert!(proposed.text.contains("Another owner or treasurer of Drill Team is to confirm it"));
        let waiting = mail(Standing::Waiting { until: "4 December 2026".into() });
        assert!(waiting.subject.contains("3000") && waiting.text.contains("4 December 2026"));
        assert!(waiting.html.contains("reject an account"), "whoever knows nothing of it is told what to do");
        assert!(mail(Standing::Rejected { reason: "not ours".into() }).text.contains("rejected: not ours"));
        assert!(mail(Standing::Active).text.contains("from now on"));
    }

    #[test]
    fn the_advice_of_a_payout_says_what_arrives_and_by_which_reference() {
        let mail = |word, fee: &str, arrives: &str| {
            let mail = Payout {
                payee: "Drill Team".into(),
                host: "Open Press Host".into(),
                amount: "5.00 USD".into(),
                fee: fee.into(),
                arrives: arrives.into(),
                last_four: "6789".into(),
                reference: "CP01".into(),
                memo: "Second <prototype>".into(),
                pays: vec![("Press Workers: surplus of 2026".into(), "5.00 USD".into())],
                day: "4 December 2026".into(),
                reason: "closed account".into(),
                payout: "pay_abc".into(),
                word,
            };
            mail.render().unwrap()
        };
        let sent = mail(PayoutState::Sent, "0.00 USD", "5.00 USD");
        assert!(sent.subject.contains("5.00 USD") && sent.text.contains("CP01") && sent.text.contains("6789"));
        assert!(sent.text.contains("5.00 USD of Press Workers") && sent.html.contains("surplus of 2026"));
        assert!(sent.text.contains("Second <prototype>") && !sent.html.contains("<prototype>"));
        let kept = mail(PayoutState::Settled, "1.00 USD", "4.00 USD");
        assert!(kept.text.contains("4.00 USD left") && kept.text.contains("less 1.00 USD"));
        assert!(mail(PayoutState::Failed, "0.00 USD", "5.00 USD").text.contains("closed account"));
        assert!(mail(PayoutState::Returned, "0.00 USD", "5.00 USD").html.contains("came back"));
    }

    #[test]
    fn the_link_of_a_bank_account_and_the_wish_for_one_say_what_to_do() {
        let link = "https://purse.example.org/bank-accounts/bac_abc/t0ken";
        let mail = BankAccountLink {
            host: "Press Workers".into(),
            last_four: "3000".into(),
            country: "DE".into(),
            currency: "EUR".into(),
            link: link.into(),
            until: "4 December 2026".into(),
        };
        let mail = mail.render().unwrap();
        for text in [link, "3000", "4 December 2026", "do not open it"] {
            assert!(mail.text.contains(text) && mail.html.contains(text), "{text}: {}", mail.text);
        }
        let mail = AccountWanted {
            payee: "Ada".into(),
            host: "Press & Makers".into(),
            amount: "5.00 EUR".into(),
            currency: "EUR".into(),
            how: "by POST /v1/me/bank-accounts",
            memo: String::new(),
            payout: "pay_abc".into(),
        };
        let mail = mail.render().unwrap();
        assert!(mail.text.contains("5.00 EUR") && mail.text.contains("/v1/me/bank-accounts"), "{}", mail.text);
        assert!(mail.html.contains("Press &#38; Makers"), "{}", mail.html);
    }
}
