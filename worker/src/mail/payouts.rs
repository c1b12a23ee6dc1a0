//! Mails to whoever keeps a payee: about its bank accounts, of which four characters are told.

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
    /// How it stands.
    pub(crate) standing: Standing,
}
mail!(BankAccount: "payouts/bank_account.subject.txt", "payouts/bank_account.txt", "payouts/bank_account.html");

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
                "The bank did not accept {amount} to the account ending in {last_four}: {reason}. It is owed to you as before, and \
                 {host} can pay it again."
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
                day: "4 December 2026".into(),
                reason: "closed account".into(),
                payout: "pay_abc".into(),
                word,
            };
            mail.render().unwrap()
        };
        let sent = mail(PayoutState::Sent, "0.00 USD", "5.00 USD");
        assert!(sent.subject.contains("5.00 USD") && sent.text.contains("CP01") && sent.text.contains("6789"));
        assert!(sent.text.contains("Second <prototype>") && !sent.html.contains("<prototype>"));
        let kept = mail(PayoutState::Settled, "1.00 USD", "4.00 USD");
        assert!(kept.text.contains("4.00 USD left") && kept.text.contains("less 1.00 USD"));
        assert!(mail(PayoutState::Failed, "0.00 USD", "5.00 USD").text.contains("closed account"));
        assert!(mail(PayoutState::Returned, "0.00 USD", "5.00 USD").html.contains("came back"));
    }
}
