//! Mails to donors.

use super::templates::mail;

/// The receipt for a donor's payment.
pub(crate) struct Receipt {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// Amount and currency of the payment.
    pub(crate) amount: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// The host that holds the money.
    pub(crate) host: String,
    /// The day of the payment.
    pub(crate) date: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
    /// The id of the payment.
    pub(crate) charge: String,
    /// The provider's reference of the payment.
    pub(crate) provider_reference: String,
    /// The number of its journal entry in the host's book.
    pub(crate) entry: i64,
}
mail!(Receipt: "pledging/receipt.subject.txt", "pledging/receipt.txt", "pledging/receipt.html");

/// The notice to a donor that a payment was declined.
pub(crate) struct Decline {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// Amount and currency of the payment.
    pub(crate) amount: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// The day the payment was due.
    pub(crate) date: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
    /// What happens next.
    pub(crate) next: NextStep,
}
mail!(Decline: "pledging/decline.subject.txt", "pledging/decline.txt", "pledging/decline.html");

/// What happens after a decline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// The payment is tried again on that day.
    RetryOn(String),
    /// The donor is asked for another means of payment.
    NewMeans,
    /// All retries are used up; the donor may revive the pledge.
    Lapsed,
    /// Nothing more is tried.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    fn receipt(campaign: &str) -> Receipt {
        Receipt {
            donor: "Ada".into(),
            amount: "30.00 USD".into(),
            campaign: campaign.into(),
            host: "Commons Host".into(),
            date: "20 November 2026".into(),
            pledge: "plg_abc".into(),
            charge: "chg_abc".into(),
            provider_reference: "sbx_1".into(),
            entry: 4711,
        }
    }

    #[test]
    fn a_receipt_names_amount_campaign_date_and_pledge_in_both_parts() {
        let mail = receipt("Open washing machine").render().unwrap();
        assert_eq!(mail.subject, "Receipt: 30.00 USD for Open washing machine");
        for part in [&mail.text, &mail.html] {
            for fact in [
                "30.00 USD",
                "Open washing machine",
                "20 November 2026",
                "plg_abc",
                "chg_abc",
                "sbx_1",
                "Ada",
                "Commons Host",
                "4711",
            ] {
                assert!(part.contains(fact), "{fact} is missing in {part}");
            }
            assert!(!part.contains("http"), "a link that leads to no page: {part}");
        }
    }

    #[test]
    fn the_name_of_a_campaign_can_neither_break_the_page_nor_add_a_header() {
        let mail = receipt("<script>x</script>\r\nBcc: all@example.org").render().unwrap();
        assert!(!mail.html.contains("<script>"), "{}", mail.html);
        assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
    }

    #[test]
    fn a_decline_says_what_happens_next() {
        let decline = |next| Decline {
            donor: String::new(),
            amount: "30.00 USD".into(),
            campaign: "Loom".into(),
            date: "20 November 2026".into(),
            pledge: "plg_abc".into(),
            next,
        };
        let text = |next| decline(next).render().unwrap().text;
        assert!(text(NextStep::RetryOn("21 November 2026".into())).contains("again on 21 November 2026"));
        assert!(text(NextStep::NewMeans).contains("another means of payment"));
        assert!(text(NextStep::Lapsed).contains("revive your pledge"));
        assert!(text(NextStep::Stopped).contains("We will not try this means of payment again"));
    }
}
