//! Mail about custodians whose money is frozen: to the people of the host, and to donors whose payments wait.

use super::templates::mail;

/// What a custodian holds is frozen.
pub(crate) struct CustodianFrozen {
    /// The name of the custodian.
    pub(crate) custodian: String,
    /// The name of the book.
    pub(crate) book: String,
    /// Since which day.
    pub(crate) since: String,
    /// Why.
    pub(crate) reason: String,
    /// How many active pledges wait.
    pub(crate) waiting: i64,
}
mail!(CustodianFrozen: "pledging/custodian_frozen.subject.txt", "pledging/custodian_frozen.txt", "pledging/custodian_frozen.html");

/// The payments of a pledge wait.
pub(crate) struct PaymentsHeld {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign.
    pub(crate) campaign: String,
    /// Amount and currency of a payment.
    pub(crate) amount: String,
    /// The link to the donor's page.
    pub(crate) link: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
}
mail!(PaymentsHeld: "pledging/payments_held.subject.txt", "pledging/payments_held.txt", "pledging/payments_held.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn c3_the_host_reads_what_is_frozen_and_why_and_the_donor_that_nothing_is_taken_or_lost() {
        let mail = CustodianFrozen {
            custodian: "Pay <Partner>".into(),
            book: "Commons".into(),
            since: "1 February 2027".into(),
            reason: "Its provider holds the money back".into(),
            waiting: 12,
        };
        let mail = mail.render().unwrap();
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
        let mail = mail.render().unwrap();
        for part in [&mail.text, &mail.html] {
            for fact in ["30.00 USD", "nothing is taken", "one payment", "donors/1-s3cret", "plg_abc"] {
                assert!(part.contains(fact), "{fact}: {part}");
            }
        }
        assert!(!mail.html.contains("<loom>"), "{}", mail.html);
    }
}
