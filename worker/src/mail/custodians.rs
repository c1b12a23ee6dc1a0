//! Mail about custodians whose money is frozen: to the people of the host, and to donors whose payments wait.

use super::templates::{Letter, Mail};
use crate::texts::{Value, say};

/// What a custodian holds is frozen, to the people of the host.
pub(crate) struct CustodianFrozen {
    /// The custodian, by its name.
    pub(crate) custodian: String,
    /// The book, by its name.
    pub(crate) book: String,
    /// Since which day.
    pub(crate) since: Value,
    /// Why, in the words of whoever froze it.
    pub(crate) reason: String,
    /// How many pledges wait for it.
    pub(crate) waiting: i64,
}

impl Mail for CustodianFrozen {
    fn letter(&self) -> Letter {
        let subject = say("pledging-frozen-subject").with("custodian", &self.custodian).with("book", &self.book);
        Letter::about(subject)
            .headed(say("pledging-frozen").with("custodian", &self.custodian))
            .says(say("pledging-frozen-what"))
            .fact(say("facts-book"), &self.book)
            .fact(say("facts-since"), &self.since)
            .fact(say("facts-why"), &self.reason)
            .fact(say("facts-pledges-that-wait"), self.waiting)
            .aside(say("pledging-frozen-then"))
    }
}

/// The payments of a pledge wait, to its donor.
pub(crate) struct PaymentsHeld {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// Amount and currency of one payment.
    pub(crate) amount: Value,
    /// The link to all that the donor gave.
    pub(crate) link: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
}

impl Mail for PaymentsHeld {
    fn letter(&self) -> Letter {
        Letter::about(say("pledging-held-subject").with("campaign", &self.campaign))
            .headed(say("pledging-held"))
            .says(say("pledging-held-what"))
            .link(say("pledging-held-see"), &self.link)
            .says(say("pledging-held-link"))
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-payment"), &self.amount)
            .fact(say("facts-for"), &self.campaign)
            .fact(say("facts-pledge"), &self.pledge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn c3_the_host_reads_what_is_frozen_and_why_and_the_donor_that_nothing_is_taken_or_lost() {
        let mail = CustodianFrozen {
            custodian: "Pay <Partner>".into(),
            book: "Commons".into(),
            since: "1 February 2027".into(),
            reason: "Its provider holds the money back".into(),
            waiting: 12,
        };
        let mail = mail.render(Language::English).unwrap();
        for part in [&mail.text, &mail.html] {
            for fact in ["1 February 2027", "holds the money back", "12", "every 30 days", "nothing is forfeited"] {
                assert!(part.contains(fact), "{fact}: {part}");
            }
        }
        assert!(mail.subject.contains("Pay <Partner>") && !mail.html.contains("<Partner>"), "{}", mail.html);
        let mail = PaymentsHeld {
            donor: "Ada".into(),
            campaign: "Open <loom>".into(),
            amount: "30.00 USD".into(),
            link: "https://purse.example.org/donors/1-s3cret".into(),
            pledge: "plg_abc".into(),
        };
        let mail = mail.render(Language::English).unwrap();
        for part in [&mail.text, &mail.html] {
            for fact in ["30.00 USD", "nothing is taken", "one payment", "donors/1-s3cret", "plg_abc"] {
                assert!(part.contains(fact), "{fact}: {part}");
            }
        }
        assert!(!mail.html.contains("<loom>"), "{}", mail.html);
    }
}
