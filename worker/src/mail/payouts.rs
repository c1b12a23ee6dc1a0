//! Mails to whoever keeps a payee, or is one: about its bank accounts, of which four characters are told, and about its payouts.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};
use ledger::payouts::rules::payout::PayoutState;

/// Where a bank account stands.
pub(crate) enum Standing {
    /// It waits for another person of the payee, or for the person themself.
    Proposed {
        /// The last day.
        until: Value,
    },
    /// It is confirmed, and waits.
    Waiting {
        /// From when payouts go to it.
        until: Value,
    },
    /// Payouts go to it.
    Active,
    /// It never became active.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// How a bank account of a payee stands.
pub(crate) struct BankAccount {
    /// The payee, by its name.
    pub(crate) payee: String,
    /// The host that pays, by its name.
    pub(crate) host: String,
    /// The last characters of its number.
    pub(crate) last_four: String,
    /// The country of its bank.
    pub(crate) country: String,
    /// Its currency.
    pub(crate) currency: String,
    /// The id of the account.
    pub(crate) account: String,
    /// Whether the payee is a person.
    pub(crate) is_person: bool,
    /// How it stands.
    pub(crate) standing: Standing,
}

impl BankAccount {
    fn subject(&self) -> Said {
        let subject = match &self.standing {
            Standing::Proposed { .. } => say("payouts-account-proposed-subject"),
            Standing::Waiting { .. } => say("payouts-account-waiting-subject"),
            Standing::Active => say("payouts-account-active-subject"),
            Standing::Rejected { .. } => say("payouts-account-rejected-subject"),
        };
        subject.with("digits", &self.last_four).with("payee", &self.payee)
    }

    fn said(&self) -> Said {
        match &self.standing {
            Standing::Proposed { until } if self.is_person => {
                say("payouts-account-proposed-by-you").with("until", until)
            }
            Standing::Proposed { until } => {
                say("payouts-account-proposed").with("payee", &self.payee).with("until", until)
            }
            Standing::Waiting { until } => say("payouts-account-waiting").with("until", until),
            Standing::Active => say("payouts-account-active"),
            Standing::Rejected { reason } => {
                say("payouts-account-rejected").with("reason", reason.trim_end_matches('.'))
            }
        }
    }

    fn warning(&self) -> Said {
        if self.is_person {
            say("payouts-account-warning").with("host", &self.host)
        } else {
            say("payouts-account-warning-of-several").with("host", &self.host).with("payee", &self.payee)
        }
    }
}

impl Mail for BankAccount {
    fn letter(&self) -> Letter {
        Letter::about(self.subject())
            .headed(say("payouts-account").with("payee", &self.payee))
            .says(self.said())
            .fact(say("facts-ends-in"), &self.last_four)
            .fact(say("facts-country"), &self.country)
            .fact(say("facts-currency"), &self.currency)
            .fact(say("facts-paid-by"), &self.host)
            .fact(say("facts-bank-account"), &self.account)
            .says(self.warning())
    }
}

/// The link by which a person confirms a bank account.
pub(crate) struct BankAccountLink {
    /// The host that pays, by its name.
    pub(crate) host: String,
    /// The last characters of its number.
    pub(crate) last_four: String,
    /// The country of its bank.
    pub(crate) country: String,
    /// Its currency.
    pub(crate) currency: String,
    /// The link with its secret.
    pub(crate) link: String,
    /// The last day on which it works.
    pub(crate) until: Value,
}

impl Mail for BankAccountLink {
    fn letter(&self) -> Letter {
        Letter::about(say("payouts-link-subject").with("digits", &self.last_four))
            .headed(say("payouts-link"))
            .says(
                say("payouts-link-what")
                    .with("digits", &self.last_four)
                    .with("country", &self.country)
                    .with("host", &self.host)
                    .with("currency", &self.currency),
            )
            .says(say("payouts-link-how").with("until", &self.until))
            .link(say("payouts-link-look"), &self.link)
            .aside(say("payouts-link-or-not").with("host", &self.host))
    }
}

/// A payout waits for a bank account.
pub(crate) struct AccountWanted {
    /// The payee, by its name.
    pub(crate) payee: String,
    /// The host that pays, by its name.
    pub(crate) host: String,
    /// Amount and currency that wait.
    pub(crate) amount: Value,
    /// The currency.
    pub(crate) currency: String,
    /// Whether the payee is a person.
    pub(crate) is_person: bool,
    /// What the payout is about; empty when nobody said.
    pub(crate) memo: String,
    /// The id of the payout.
    pub(crate) payout: String,
}

impl Mail for AccountWanted {
    fn letter(&self) -> Letter {
        let how = if self.is_person { say("payouts-wanted-of-a-person") } else { say("payouts-wanted-of-several") };
        Letter::about(say("payouts-wanted-subject").with("host", &self.host).with("payee", &self.payee))
            .headed(say("payouts-wanted"))
            .says(
                say("payouts-wanted-what")
                    .with("host", &self.host)
                    .with("amount", &self.amount)
                    .with("payee", &self.payee),
            )
            .says(say("payouts-wanted-how").with("currency", &self.currency).with("how", how))
            .fact(say("facts-about"), &self.memo)
            .fact(say("facts-payout"), &self.payout)
    }
}

/// How a payout stands, to the payee.
pub(crate) struct Payout {
    /// The payee, by its name.
    pub(crate) payee: String,
    /// The host that pays, by its name.
    pub(crate) host: String,
    /// Amount and currency.
    pub(crate) amount: Value,
    /// What the bank kept.
    pub(crate) fee: Value,
    /// What arrives.
    pub(crate) arrives: Value,
    /// The last characters of the account's number.
    pub(crate) last_four: String,
    /// The reference by which the bank names it.
    pub(crate) reference: String,
    /// What it is about; empty when nobody said.
    pub(crate) memo: String,
    /// What it pays, by name and in words: an amount of each.
    pub(crate) pays: Vec<(String, Value)>,
    /// When it was sent, or left the bank.
    pub(crate) day: Value,
    /// Why it failed or came back; empty when it did neither.
    pub(crate) reason: String,
    /// The id of the payout.
    pub(crate) payout: String,
    /// How it stands.
    pub(crate) word: PayoutState,
}

impl Payout {
    fn subject(&self) -> Said {
        let subject = match self.word {
            PayoutState::Sent => say("payouts-sent-subject"),
            PayoutState::Settled => say("payouts-settled-subject"),
            PayoutState::Failed => say("payouts-failed-subject"),
            PayoutState::Returned => say("payouts-returned-subject"),
            PayoutState::Requested
            | PayoutState::Approved
            | PayoutState::Screened
            | PayoutState::Held
            | PayoutState::Cancelled => say("payouts-not-sent-subject"),
        };
        subject.with("amount", &self.amount).with("host", &self.host)
    }

    fn said(&self) -> Said {
        let Payout { host, amount, day, .. } = self;
        let to = |said: Said| said.with("amount", amount).with("host", host).with("digits", &self.last_four);
        match self.word {
            PayoutState::Sent => to(say("payouts-sent")).with("day", day),
            PayoutState::Settled if self.arrives == *amount => to(say("payouts-settled")).with("day", day),
            PayoutState::Settled => {
                to(say("payouts-settled-less")).with("day", day).with("arrives", &self.arrives).with("fee", &self.fee)
            }
            PayoutState::Failed => to(say("payouts-failed")).with("reason", self.reason.trim_end_matches('.')),
            PayoutState::Returned => to(say("payouts-returned")),
            PayoutState::Requested
            | PayoutState::Approved
            | PayoutState::Screened
            | PayoutState::Held
            | PayoutState::Cancelled => say("payouts-not-sent").with("amount", amount),
        }
    }
}

impl Mail for Payout {
    fn letter(&self) -> Letter {
        let letter = Letter::about(self.subject())
            .headed(say("payouts-payout").with("amount", &self.amount))
            .says(self.said())
            .fact(say("facts-for"), &self.payee)
            .fact(say("facts-amount"), &self.amount)
            .fact(say("facts-reference"), &self.reference)
            .fact(say("facts-about"), &self.memo);
        let of = |(name, amount): &(String, Value)| say("payouts-part").with("amount", amount).with("name", name);
        let letter = self.pays.iter().fold(letter, |letter, part| letter.fact(say("facts-pays"), of(part)));
        letter.fact(say("facts-payout"), &self.payout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

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
                is_person: false,
                standing,
            };
            mail.render(Language::English).unwrap()
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
            mail.render(Language::English).unwrap()
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
        let mail = mail.render(Language::English).unwrap();
        for text in [link, "3000", "4 December 2026", "do not open it"] {
            assert!(mail.text.contains(text) && mail.html.contains(text), "{text}: {}", mail.text);
        }
        let mail = AccountWanted {
            payee: "Ada".into(),
            host: "Press & Makers".into(),
            amount: "5.00 EUR".into(),
            currency: "EUR".into(),
            is_person: true,
            memo: String::new(),
            payout: "pay_abc".into(),
        };
        let mail = mail.render(Language::English).unwrap();
        assert!(mail.text.contains("5.00 EUR") && mail.text.contains("/v1/me/bank-accounts"), "{}", mail.text);
        assert!(mail.html.contains("Press &#38; Makers"), "{}", mail.html);
    }
}
