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
    /// The number of the receipt, such as `2027-15`.
    pub(crate) number: String,
    /// The link to the receipt.
    pub(crate) link: String,
    /// The link to all that the donor gave.
    pub(crate) gifts: String,
    /// What it says of its use before the tax office.
    pub(crate) tax_text: String,
}
mail!(Receipt: "pledging/receipt.subject.txt", "pledging/receipt.txt", "pledging/receipt.html");

/// The receipt of a year.
pub(crate) struct YearlyReceipt {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The calendar year.
    pub(crate) year: i32,
    /// The number of the receipt, such as `2027-Y15`.
    pub(crate) number: String,
    /// Who took the money.
    pub(crate) custodian: String,
    /// The host in whose book it stands.
    pub(crate) host: String,
    /// How many payments it sums up.
    pub(crate) count: i64,
    /// What was given, by currency; and what of it had come back, if anything.
    pub(crate) sums: Vec<(String, String)>,
    /// The link to the receipt.
    pub(crate) link: String,
    /// The link to all that the donor gave.
    pub(crate) gifts: String,
    /// What it says of its use before the tax office.
    pub(crate) tax_text: String,
}
mail!(YearlyReceipt: "pledging/yearly_receipt.subject.txt", "pledging/yearly_receipt.txt", "pledging/yearly_receipt.html");

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

/// The question to a donor whether the plan shall change, with the link that says yes.
pub(crate) struct Consent {
    /// The link with its secret.
    pub(crate) link: String,
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// The terms as they are.
    pub(crate) from: String,
    /// The terms as they would be.
    pub(crate) to: String,
    /// The due date from which they would count.
    pub(crate) date: String,
    /// The last day on which the link works.
    pub(crate) until: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
}
mail!(Consent: "pledging/consent.subject.txt", "pledging/consent.txt", "pledging/consent.html");

/// The notice to a donor that the plan has changed.
pub(crate) struct PlanChanged {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// The terms before.
    pub(crate) from: String,
    /// The terms now.
    pub(crate) to: String,
    /// The due date from which they count.
    pub(crate) date: String,
    /// How the donor agreed.
    pub(crate) how: Agreed,
    /// The id of the pledge.
    pub(crate) pledge: String,
}
mail!(PlanChanged: "pledging/plan_change.subject.txt", "pledging/plan_change.txt", "pledging/plan_change.html");

/// How a donor agreed to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreed {
    /// No payment is higher, and none comes sooner.
    NotNeeded,
    /// At the platform, which attests it.
    AtThePlatform,
    /// By the link of a mail.
    ByLink,
}

/// The notice to a donor that a refund is on its way.
pub(crate) struct Refunded {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// Amount and currency of what goes back.
    pub(crate) amount: String,
    /// Amount and currency of the payment.
    pub(crate) paid: String,
    /// The title of the campaign that was paid for.
    pub(crate) campaign: String,
    /// Amount and currency of fees that do not go back; empty for none.
    pub(crate) kept: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
    /// The id of the payment.
    pub(crate) charge: String,
    /// The id of the refund.
    pub(crate) refund: String,
}
mail!(Refunded: "pledging/refund.subject.txt", "pledging/refund.txt", "pledging/refund.html");

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
    /// The payment cannot be collected at all; the donor may revive the pledge.
    NotCollected,
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
            number: "2026-15".into(),
            link: "https://purse.example.org/receipts/1-s3cret".into(),
            gifts: "https://purse.example.org/donors/1-0ther".into(),
            tax_text: "No certificate.".into(),
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
                "2026-15",
                "https://purse.example.org/receipts/1-s3cret",
                "https://purse.example.org/donors/1-0ther",
                "No certificate.",
            ] {
                assert!(part.contains(fact), "{fact} is missing in {part}");
            }
        }
    }

    #[test]
    fn the_name_of_a_campaign_can_neither_break_the_page_nor_add_a_header() {
        let mail = receipt("<script>x</script>\r\nBcc: all@example.org").render().unwrap();
        assert!(!mail.html.contains("<script>"), "{}", mail.html);
        assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
    }

    #[test]
    fn fl19_the_mails_about_a_plan_name_its_terms_before_and_after_and_the_day() {
        let link = "https://purse.example.org/plan-changes/plc_abc/s3cret";
        let consent = Consent {
            link: link.into(),
            donor: "Ada".into(),
            campaign: "Open <loom>".into(),
            from: "30.00 USD each month".into(),
            to: "45.00 USD each month".into(),
            date: "28 February 2027".into(),
            until: "14 February 2027".into(),
            pledge: "plg_abc".into(),
        };
        let told = |how| PlanChanged {
            donor: String::new(),
            campaign: "Open <loom>".into(),
            from: "30.00 USD each month".into(),
            to: "45.00 USD each month".into(),
            date: "28 February 2027".into(),
            how,
            pledge: "plg_abc".into(),
        };
        let asked = consent.render().unwrap();
        let mails = [Agreed::NotNeeded, Agreed::AtThePlatform, Agreed::ByLink].map(|how| told(how).render().unwrap());
        for mail in mails.iter().chain([&asked]) {
            for part in [&mail.text, &mail.html] {
                for fact in ["30.00 USD each month", "45.00 USD each month", "28 February 2027", "plg_abc"] {
                    assert!(part.contains(fact), "{fact} is missing in {part}");
                }
            }
            assert!(!mail.html.contains("<loom>"), "{}", mail.html);
        }
        assert!(asked.text.contains(link) && asked.html.contains(link) && asked.text.contains("14 February 2027"));
        assert!(mails.iter().all(|mail| !mail.text.contains("http")), "a link that leads to no page");
        assert!(
            mails[1].text.contains("at the platform") && mails[2].text.contains("by the link"),
            "{}",
            mails[1].text
        );
    }

    #[test]
    fn a_refund_names_what_goes_back_and_what_does_not() {
        let refunded = |kept: &str| Refunded {
            donor: "Ada".into(),
            amount: "96.80 USD".into(),
            paid: "100.00 USD".into(),
            campaign: "Loom".into(),
            kept: kept.into(),
            pledge: "plg_abc".into(),
            charge: "chg_abc".into(),
            refund: "rfd_abc".into(),
        };
        let mail = refunded("3.20 USD").render().unwrap();
        for part in [&mail.text, &mail.html] {
            for fact in ["96.80 USD", "100.00 USD", "3.20 USD", "Loom", "plg_abc", "chg_abc", "rfd_abc"] {
                assert!(part.contains(fact), "{fact} is missing in {part}");
            }
        }
        assert!(!refunded("").render().unwrap().text.contains("not returned"));
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
        assert!(text(NextStep::NotCollected).contains("cannot be collected"));
        assert!(text(NextStep::Stopped).contains("We will not try this means of payment again"));
    }
}
