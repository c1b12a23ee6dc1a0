//! Mail to donors about money that waits for their word.

use super::templates::{Letter, Mail};
use crate::texts::{Value, say};

/// Money of a pledge waits for its donor's word.
pub(crate) struct ReturnableNotice {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// Amount and currency that wait.
    pub(crate) amount: Value,
    /// The title of the campaign.
    pub(crate) campaign: String,
    /// Whether the campaign is over; else nothing of its fund has gone to work for long.
    pub(crate) is_over: bool,
    /// For how many months.
    pub(crate) months: i32,
    /// The title of the campaign to which the host proposes to move it, as it closes; empty when it proposes nothing.
    pub(crate) proposed: String,
    /// The last day for the donor's word about that.
    pub(crate) until: Value,
    /// The link to all that the donor gave.
    pub(crate) link: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
}

impl Mail for ReturnableNotice {
    fn letter(&self) -> Letter {
        let (why, otherwise) = match (self.proposed.as_str(), self.is_over) {
            ("", true) => (say("pledging-waits-as-over"), say("pledging-waits-on")),
            ("", false) => (say("pledging-waits-as-idle").with("months", self.months), say("pledging-waits-on")),
            (proposed, _) => (
                say("pledging-waits-as-host-closes").with("proposed", proposed),
                say("pledging-waits-until").with("until", &self.until),
            ),
        };
        Letter::about(say("pledging-waits-subject").with("amount", &self.amount).with("campaign", &self.campaign))
            .headed(say("pledging-waits"))
            .says(say("pledging-waits-yours"))
            .says(why)
            .link(say("pledging-waits-decide"), &self.link)
            .says(otherwise)
            .says(say("pledging-waits-link"))
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-waits"), &self.amount)
            .fact(say("facts-for"), &self.campaign)
            .fact(say("facts-pledge"), &self.pledge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn c1_the_notice_says_why_the_money_waits_where_to_decide_and_that_it_waits_without_an_end() {
        for (is_over, why) in [(true, "The campaign is over"), (false, "gone to work for 24 months")] {
            let mail = ReturnableNotice {
                donor: "Ada".into(),
                amount: "2500.00 USD".into(),
                campaign: "Open <loom>".into(),
                is_over,
                months: 24,
                proposed: String::new(),
                until: Value::none(),
                link: "https://purse.example.org/donors/1-s3cret".into(),
                pledge: "plg_abc".into(),
            };
            let mail = mail.render(Language::English).unwrap();
            for part in [&mail.text, &mail.html] {
                for fact in [why, "donors/1-s3cret", "for as long as you like", "2500.00 USD", "plg_abc"] {
                    assert!(part.contains(fact), "{fact}: {part}");
                }
            }
            assert!(mail.subject.contains("Open <loom>") && !mail.html.contains("<loom>"), "{}", mail.html);
        }
    }

    #[test]
    fn c4_a_donor_whose_host_closes_hears_where_the_money_may_move_and_that_it_comes_back_else() {
        let mail = ReturnableNotice {
            donor: "Ada".into(),
            amount: "2500.00 USD".into(),
            campaign: "Open <loom>".into(),
            is_over: false,
            months: 24,
            proposed: "Open <press>".into(),
            until: "29 June 2027".into(),
            link: "https://purse.example.org/donors/1-s3cret".into(),
            pledge: "plg_abc".into(),
        };
        let mail = mail.render(Language::English).unwrap();
        for part in [&mail.text, &mail.html] {
            for fact in ["host of the campaign closes", "after 29 June 2027", "donors/1-s3cret", "plg_abc"] {
                assert!(part.contains(fact), "{fact}: {part}");
            }
            assert!(!part.contains("as long as you like") && !part.contains("24 months"), "{part}");
        }
        assert!(mail.text.contains("Open <press>") && !mail.html.contains("<press>"));
    }
}
