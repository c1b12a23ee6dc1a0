//! Mail to donors about money that waits for their word.

use super::templates::mail;

/// Money of a donor's pledge that nothing has used is the donor's to take back or to redirect.
pub(crate) struct ReturnableNotice {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// Amount and currency of what waits.
    pub(crate) amount: String,
    /// The title of the campaign whose fund it is in.
    pub(crate) campaign: String,
    /// Whether the campaign is over; else nothing has used its fund.
    pub(crate) is_over: bool,
    /// For so many months.
    pub(crate) months: i32,
    /// To which campaign its host, who closes, proposes to move it; empty unless it does.
    pub(crate) proposed: String,
    /// The last day for that.
    pub(crate) until: String,
    /// The link to the donor's page, where the donor decides.
    pub(crate) link: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
}
mail!(ReturnableNotice: "pledging/returnable.subject.txt", "pledging/returnable.txt", "pledging/returnable.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

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
                until: String::new(),
                link: "https://purse.example.org/donors/1-s3cret".into(),
                pledge: "plg_abc".into(),
            };
            let mail = mail.render().unwrap();
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
        let mail = mail.render().unwrap();
        for part in [&mail.text, &mail.html] {
            for fact in ["host of the campaign closes", "after 29 June 2027", "donors/1-s3cret", "plg_abc"] {
                assert!(part.contains(fact), "{fact}: {part}");
            }
            assert!(!part.contains("as long as you like") && !part.contains("24 months"), "{part}");
        }
        assert!(mail.text.contains("Open <press>") && !mail.html.contains("<press>"));
    }
}
