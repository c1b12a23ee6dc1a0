//! The texts of e-mail: three sibling files each in `templates/`, for subject, plain text and HTML.

use askama::Template;

/// A mail that is ready but for its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// One line.
    pub(crate) subject: String,
    /// The plain text.
    pub(crate) text: String,
    /// The same as HTML.
    pub(crate) html: String,
}

/// A kind of mail with its facts.
pub(crate) trait Mail {
    /// Puts the facts into the texts.
    fn render(&self) -> Result<Rendered, askama::Error>;
}

macro_rules! mail {
    ($facts:ident: $subject:tt, $text:tt, $html:tt) => {
        impl Mail for $facts {
            fn render(&self) -> Result<Rendered, askama::Error> {
                #[derive(Template)]
                #[template(path = $subject)]
                struct Subject<'a> {
                    mail: &'a $facts,
                }
                #[derive(Template)]
                #[template(path = $text)]
                struct Text<'a> {
                    mail: &'a $facts,
                }
                #[derive(Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    mail: &'a $facts,
                }
                // A subject is one line, whatever the name of a campaign holds.
                let subject = Subject { mail: self }.render()?;
                Ok(Rendered {
                    subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
                    text: Text { mail: self }.render()?,
                    html: Html { mail: self }.render()?,
                })
            }
        }
    };
}

/// The link that signs a person in.
pub(crate) struct SignIn {
    /// The link with its secret.
    pub(crate) link: String,
    /// How long it works, in minutes.
    pub(crate) minutes: i64,
}
mail!(SignIn: "sign_in.subject.txt", "sign_in.txt", "sign_in.html");

/// A donor's money came.
pub(crate) struct Receipt {
    /// The donor's name, or nothing.
    pub(crate) donor: String,
    /// Amount and currency.
    pub(crate) amount: String,
    /// What it is for.
    pub(crate) campaign: String,
    /// Who holds the money.
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
    /// Where the pledge is shown.
    pub(crate) link: String,
}
mail!(Receipt: "receipt.subject.txt", "receipt.txt", "receipt.html");

/// A payment was declined.
pub(crate) struct Decline {
    /// The donor's name, or nothing.
    pub(crate) donor: String,
    /// Amount and currency.
    pub(crate) amount: String,
    /// What it is for.
    pub(crate) campaign: String,
    /// The day it was due.
    pub(crate) date: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
    /// What happens next.
    pub(crate) next: NextStep,
    /// Where the pledge is shown.
    pub(crate) link: String,
}
mail!(Decline: "decline.subject.txt", "decline.txt", "decline.html");

/// What happens after a decline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// It is tried again on that day.
    RetryOn(String),
    /// The donor is asked for another means of payment.
    NewMeans,
    /// All retries are used up; the donor may revive the pledge.
    Lapsed,
    /// Nothing more is tried.
    Stopped,
}

/// Money of a milestone was released.
pub(crate) struct Release {
    /// The team that receives it.
    pub(crate) team: String,
    /// Amount and currency.
    pub(crate) amount: String,
    /// The milestone.
    pub(crate) milestone: String,
    /// The campaign or project it belongs to.
    pub(crate) campaign: String,
    /// The day of the release.
    pub(crate) date: String,
    /// The id of the claim.
    pub(crate) claim: String,
    /// Where the claim is shown.
    pub(crate) link: String,
}
mail!(Release: "release.subject.txt", "release.txt", "release.html");

/// A claim waits for a reviewer.
pub(crate) struct Review {
    /// The team that claims.
    pub(crate) team: String,
    /// Amount and currency asked for.
    pub(crate) amount: String,
    /// The milestone.
    pub(crate) milestone: String,
    /// The day by which a review counts.
    pub(crate) deadline: String,
    /// The id of the claim.
    pub(crate) claim: String,
    /// Where the claim is shown.
    pub(crate) link: String,
}
mail!(Review: "review.subject.txt", "review.txt", "review.html");

/// A member's share of a distribution.
pub(crate) struct MemberStatement {
    /// The member's name, or nothing.
    pub(crate) name: String,
    /// The cooperative.
    pub(crate) cooperative: String,
    /// The member's number.
    pub(crate) number: i32,
    /// First and last day.
    pub(crate) period: String,
    /// The member's group.
    pub(crate) group: String,
    /// By what the group shared, and how much of it the member had.
    pub(crate) basis: String,
    /// What was distributed in all.
    pub(crate) net: String,
    /// The member's whole share.
    pub(crate) share: String,
    /// The part to be paid out.
    pub(crate) cash: String,
    /// The part that became the member's capital.
    pub(crate) retained: String,
    /// Whether the member had agreed to retained parts.
    pub(crate) consents: bool,
    /// Version of the rule.
    pub(crate) rule_version: i32,
    /// Number of the entry in the book.
    pub(crate) entry: i64,
    /// The day of issue.
    pub(crate) date: String,
    /// The id of the statement.
    pub(crate) statement: String,
    /// Where it is shown.
    pub(crate) link: String,
}
mail!(MemberStatement: "statement.subject.txt", "statement.txt", "statement.html");

#[cfg(test)]
mod tests {
    use super::*;

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
            link: "https://purse.example.org/pledges/plg_abc".into(),
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
            assert!(part.contains("https://purse.example.org/pledges/plg_abc"), "{part}");
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
            link: "https://purse.example.org/p".into(),
        };
        let text = |next| decline(next).render().unwrap().text;
        assert!(text(NextStep::RetryOn("21 November 2026".into())).contains("again on 21 November 2026"));
        assert!(text(NextStep::NewMeans).contains("another means of payment"));
        assert!(text(NextStep::Lapsed).contains("revive your pledge"));
        assert!(text(NextStep::Stopped).contains("We will not try this means of payment again"));
    }

    #[test]
    fn the_other_mails_carry_their_facts() {
        let link = "https://purse.example.org/sign-in?token=t0ken";
        let mail = SignIn { link: link.into(), minutes: 15 }.render().unwrap();
        assert!(mail.text.contains(link) && mail.html.contains(link) && mail.text.contains("15 minutes"));
        let mail = Release {
            team: "Team Drum".into(),
            amount: "3000.00 USD".into(),
            milestone: "Working prototype".into(),
            campaign: "Open washing machine".into(),
            date: "20 November 2026".into(),
            claim: "clm_abc".into(),
            link: "https://purse.example.org/claims/clm_abc".into(),
        };
        assert!(mail.render().unwrap().subject.contains("3000.00 USD"));
        let mail = Review {
            team: "Team Drum".into(),
            amount: "3000.00 USD".into(),
            milestone: "Working prototype".into(),
            deadline: "4 December 2026".into(),
            claim: "clm_abc".into(),
            link: "https://purse.example.org/claims/clm_abc".into(),
        };
        assert!(mail.render().unwrap().html.contains("4 December 2026"));
    }

    #[test]
    fn k3_a_statement_names_basis_share_consent_period_and_rule() {
        let statement = |consents| MemberStatement {
            name: "Ada".into(),
            cooperative: "Press Makers".into(),
            number: 2,
            period: "1 January 2027 – 31 December 2027".into(),
            group: "workers".into(),
            basis: "1560.00 attested hours".into(),
            net: "12000.07 USD".into(),
            share: "2592.02 USD".into(),
            cash: "2000.00 USD".into(),
            retained: "592.02 USD".into(),
            consents,
            rule_version: 3,
            entry: 4711,
            date: "10 January 2028".into(),
            statement: "stm_abc".into(),
            link: "https://purse.example.org/statements/stm_abc".into(),
        };
        let mail = statement(true).render().unwrap();
        assert!(mail.subject.contains("2592.02 USD") && mail.subject.contains("Press Makers"), "{}", mail.subject);
        for part in [&mail.text, &mail.html] {
            for fact in
                ["1560.00 attested hours", "2000.00 USD", "592.02 USD", "31 December 2027", "4711", "stm_abc", "No. 2"]
            {
                assert!(part.contains(fact), "{fact} is missing in {part}");
            }
        }
        assert!(mail.text.contains("version 3") && mail.text.contains("you agreed"), "{}", mail.text);
        assert!(statement(false).render().unwrap().html.contains("you have not agreed"));
    }
}
