//! Mails to donors.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};

/// What donors read who gave before: with their name, if it is known.
fn thanks(donor: &str) -> Said {
    match donor {
        "" => say("pledging-thanks"),
        donor => say("pledging-thanks-named").with("donor", donor),
    }
}

/// The receipt for a donor's payment.
pub(crate) struct Receipt {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// Amount and currency of the payment.
    pub(crate) amount: Value,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// The host that holds the money.
    pub(crate) host: String,
    /// The day of the payment.
    pub(crate) date: Value,
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

impl Mail for Receipt {
    fn letter(&self) -> Letter {
        Letter::about(say("pledging-receipt-subject").with("amount", &self.amount).with("campaign", &self.campaign))
            .headed(thanks(&self.donor))
            .says(say("pledging-receipt-arrived"))
            .large(&self.amount)
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-for"), &self.campaign)
            .fact(say("facts-held-by"), &self.host)
            .fact(say("facts-date"), &self.date)
            .fact(say("facts-pledge"), &self.pledge)
            .fact(say("facts-payment"), &self.charge)
            .fact(say("facts-reference"), &self.provider_reference)
            .fact(say("facts-entry"), self.entry)
            .fact(say("facts-receipt"), &self.number)
            .says(say("pledging-receipt-only"))
            .link(say("pledging-receipt-yours"), &self.link)
            .link(say("pledging-receipt-gifts"), &self.gifts)
            .aside(say("pledging-receipt-link").with("tax", &self.tax_text))
    }
}

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
    pub(crate) sums: Vec<GivenInAYear>,
    /// The link to the receipt.
    pub(crate) link: String,
    /// The link to all that the donor gave.
    pub(crate) gifts: String,
    /// What it says of its use before the tax office.
    pub(crate) tax_text: String,
}

/// What was given in a year in one currency.
pub(crate) struct GivenInAYear {
    /// All of it.
    pub(crate) given: Value,
    /// What of it had been returned; none when nothing.
    pub(crate) returned: Option<Value>,
    /// What of it the bank had taken back; none when nothing.
    pub(crate) taken_back: Option<Value>,
}

impl Mail for YearlyReceipt {
    fn letter(&self) -> Letter {
        let year = self.year.to_string();
        let subject = say("pledging-year-subject").with("year", &year).with("custodian", &self.custodian);
        let letter = Letter::about(subject)
            .headed(thanks(&self.donor))
            .says(say("pledging-year-what").with("year", &year))
            .fact(say("facts-donor"), &self.donor);
        let letter = self.sums.iter().fold(letter, |letter, sum| {
            let letter = letter.fact(say("facts-given"), &sum.given);
            let letter = match &sum.returned {
                Some(returned) => letter.fact(say("facts-of-that-returned"), returned),
                None => letter,
            };
            match &sum.taken_back {
                Some(taken) => letter.fact(say("facts-of-that-taken-back"), taken),
                None => letter,
            }
        });
        letter
            .fact(say("facts-payments"), self.count)
            .fact(say("facts-held-by"), &self.custodian)
            .fact(say("facts-book"), &self.host)
            .fact(say("facts-receipt"), &self.number)
            .says(say("pledging-year-same"))
            .link(say("pledging-year-yours"), &self.link)
            .link(say("pledging-receipt-gifts"), &self.gifts)
            .aside(say("pledging-receipt-link").with("tax", &self.tax_text))
    }
}

/// The notice to a donor that a payment was declined.
pub(crate) struct Decline {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// Amount and currency of the payment.
    pub(crate) amount: Value,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// The day the payment was due.
    pub(crate) date: Value,
    /// The id of the pledge.
    pub(crate) pledge: String,
    /// What happens next.
    pub(crate) next: NextStep,
}

/// What happens after a decline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// The payment is tried again on that day.
    RetryOn(Value),
    /// The donor is asked for another means of payment.
    NewMeans,
    /// All retries are used up; the donor may revive the pledge.
    Lapsed,
    /// Nothing more is tried.
    Stopped,
    /// The payment cannot be collected at all; the donor may revive the pledge.
    NotCollected,
}

impl Mail for Decline {
    fn letter(&self) -> Letter {
        let next = match &self.next {
            NextStep::RetryOn(day) => say("pledging-decline-again").with("day", day),
            NextStep::NewMeans => say("pledging-decline-new-means"),
            NextStep::Lapsed => say("pledging-decline-lapsed"),
            NextStep::Stopped => say("pledging-decline-stopped"),
            NextStep::NotCollected => say("pledging-decline-not-collected"),
        };
        Letter::about(say("pledging-decline-subject").with("campaign", &self.campaign))
            .headed(say("pledging-decline"))
            .says(next)
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-amount"), &self.amount)
            .fact(say("facts-for"), &self.campaign)
            .fact(say("facts-due"), &self.date)
            .fact(say("facts-pledge"), &self.pledge)
            .aside(say("pledging-platform-shows"))
    }
}

/// The question to a donor whether the plan shall change, with the link that says yes.
pub(crate) struct Consent {
    /// The link with its secret.
    pub(crate) link: String,
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// The terms as they are.
    pub(crate) from: Value,
    /// The terms as they would be.
    pub(crate) to: Value,
    /// The due date from which they would count.
    pub(crate) date: Value,
    /// The last day on which the link works.
    pub(crate) until: Value,
    /// The id of the pledge.
    pub(crate) pledge: String,
}

impl Mail for Consent {
    fn letter(&self) -> Letter {
        Letter::about(say("pledging-consent-subject").with("campaign", &self.campaign))
            .headed(say("pledging-consent"))
            .says(say("pledging-consent-what").with("until", &self.until))
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-for"), &self.campaign)
            .fact(say("facts-now"), &self.from)
            .fact(say("facts-then"), &self.to)
            .fact(say("facts-first"), &self.date)
            .fact(say("facts-pledge"), &self.pledge)
            .link(say("pledging-consent-look"), &self.link)
            .aside(say("pledging-consent-or-not"))
    }
}

/// The notice to a donor that the plan has changed.
pub(crate) struct PlanChanged {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// The terms before.
    pub(crate) from: Value,
    /// The terms now.
    pub(crate) to: Value,
    /// The due date from which they count.
    pub(crate) date: Value,
    /// How the donor agreed.
    pub(crate) how: Agreed,
    /// The id of the pledge.
    pub(crate) pledge: String,
}

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

impl Mail for PlanChanged {
    fn letter(&self) -> Letter {
        let how = match self.how {
            Agreed::NotNeeded => say("pledging-changed-no-more"),
            Agreed::AtThePlatform => say("pledging-changed-at-the-platform"),
            Agreed::ByLink => say("pledging-changed-by-link"),
        };
        Letter::about(say("pledging-changed-subject").with("campaign", &self.campaign))
            .headed(say("pledging-changed"))
            .says(how)
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-for"), &self.campaign)
            .fact(say("facts-before"), &self.from)
            .fact(say("facts-now"), &self.to)
            .fact(say("facts-first"), &self.date)
            .fact(say("facts-pledge"), &self.pledge)
            .aside(say("pledging-platform-shows"))
    }
}

/// The notice to a donor that a refund is on its way.
pub(crate) struct Refunded {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// Amount and currency of what goes back.
    pub(crate) amount: Value,
    /// Amount and currency of the payment.
    pub(crate) paid: Value,
    /// The title of the campaign that was paid for.
    pub(crate) campaign: String,
    /// Amount and currency of fees that do not go back; empty for none.
    pub(crate) kept: Value,
    /// The id of the pledge.
    pub(crate) pledge: String,
    /// The id of the payment.
    pub(crate) charge: String,
    /// The id of the refund.
    pub(crate) refund: String,
}

impl Mail for Refunded {
    fn letter(&self) -> Letter {
        let letter =
            Letter::about(say("pledging-refund-subject").with("amount", &self.amount).with("campaign", &self.campaign))
                .headed(say("pledging-refund"))
                .says(say("pledging-refund-what"));
        let letter = if self.kept.is_empty() {
            letter
        } else {
            letter.says(say("pledging-refund-kept").with("fees", &self.kept))
        };
        letter
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-refund"), &self.amount)
            .fact(say("facts-paid"), &self.paid)
            .fact(say("facts-for"), &self.campaign)
            .fact(say("facts-pledge"), &self.pledge)
            .fact(say("facts-payment"), &self.charge)
            .fact(say("facts-number"), &self.refund)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

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
        let mail = receipt("Open washing machine").render(Language::English).unwrap();
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
    fn the_receipt_of_a_year_sums_up_what_was_given_and_what_came_back_in_each_currency() {
        let sum = |given: &str, returned: Option<&str>, taken_back: Option<&str>| GivenInAYear {
            given: given.into(),
            returned: returned.map(Value::from),
            taken_back: taken_back.map(Value::from),
        };
        let mail = YearlyReceipt {
            donor: "Ada <b>".into(),
            year: 2027,
            number: "2027-Y15".into(),
            custodian: "Fans of Machines".into(),
            host: "Commons Host".into(),
            count: 12,
            sums: vec![sum("360.00 USD", Some("30.00 USD"), Some("5.00 USD")), sum("20.00 EUR", None, None)],
            link: "https://purse.example.org/receipts/1-s3cret".into(),
            gifts: "https://purse.example.org/donors/1-0ther".into(),
            tax_text: "No certificate.".into(),
        };
        let mail = mail.render(Language::English).unwrap();
        assert_eq!(mail.subject, "Your receipt of 2027 from Fans of Machines");
        for part in [&mail.text, &mail.html] {
            for fact in ["360.00 USD", "30.00 USD", "5.00 USD", "20.00 EUR", "2027-Y15", "12", "No certificate."] {
                assert!(part.contains(fact), "{fact} is missing in {part}");
            }
        }
        assert!(mail.html.contains("Thank you, Ada &#60;b&#62;"), "{}", mail.html);
        assert_eq!(mail.text.matches("Of that").count(), 2, "{}", mail.text);
    }

    #[test]
    fn the_name_of_a_campaign_can_neither_break_the_page_nor_add_a_header() {
        let mail = receipt("<script>x</script>\r\nBcc: all@example.org").render(Language::English).unwrap();
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
        let asked = consent.render(Language::English).unwrap();
        let mails = [Agreed::NotNeeded, Agreed::AtThePlatform, Agreed::ByLink]
            .map(|how| told(how).render(Language::English).unwrap());
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
        let mail = refunded("3.20 USD").render(Language::English).unwrap();
        for part in [&mail.text, &mail.html] {
            for fact in ["96.80 USD", "100.00 USD", "3.20 USD", "Loom", "plg_abc", "chg_abc", "rfd_abc"] {
                assert!(part.contains(fact), "{fact} is missing in {part}");
            }
        }
        assert!(!refunded("").render(Language::English).unwrap().text.contains("not returned"));
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
        let text = |next| decline(next).render(Language::English).unwrap().text;
        assert!(text(NextStep::RetryOn("21 November 2026".into())).contains("again on 21 November 2026"));
        assert!(text(NextStep::NewMeans).contains("another means of payment"));
        assert!(text(NextStep::Lapsed).contains("revive your pledge"));
        assert!(text(NextStep::NotCollected).contains("cannot be collected"));
        assert!(text(NextStep::Stopped).contains("We will not try this means of payment again"));
    }
}
