//! Mails to donors about pledges that are not charged any more.

use super::templates::mail;

/// How a pledge stands that is not charged any more.
pub(crate) struct PledgeNotice {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that it is for.
    pub(crate) campaign: String,
    /// Amount and currency of one payment.
    pub(crate) amount: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
    /// How it stands.
    pub(crate) standing: Standing,
    /// Whether this is a reminder.
    pub(crate) again: bool,
}
mail!(PledgeNotice: "pledging/pledge_notice.subject.txt", "pledging/pledge_notice.txt", "pledging/pledge_notice.html");

/// How a pledge stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It waits until that day for another means of payment.
    NeedsMeans(String),
    /// It waits until that day for another campaign.
    NeedsCampaign(String),
    /// Nobody collects for it any more; it waits until that day for somebody who does.
    NeedsCollector(String),
    /// It has lapsed, and can be revived until that day.
    Lapsed(String),
    /// It is over.
    Cancelled,
    /// It is over, as its host closes: since that day nothing is charged.
    HostCloses(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn a_notice_says_how_the_pledge_stands_and_until_when_what_can_be_done() {
        let told = |standing, again| {
            let notice = PledgeNotice {
                donor: "Ada".into(),
                campaign: "Open <loom>".into(),
                amount: "30.00 USD".into(),
                pledge: "plg_abc".into(),
                standing,
                again,
            };
            notice.render().unwrap()
        };
        let day = || "20 December 2026".to_owned();
        for (standing, words) in [
            (Standing::NeedsMeans(day()), "another means of payment until 20 December 2026"),
            (Standing::NeedsCampaign(day()), "another campaign until 20 December 2026"),
            (Standing::NeedsCollector(day()), "waits until 20 December 2026"),
            (Standing::Lapsed(day()), "revive it until 20 December 2026"),
            (Standing::Cancelled, "Nothing more is charged"),
            (Standing::HostCloses(day()), "since 20 December 2026 nothing is charged"),
        ] {
            for again in [false, true] {
                let mail = told(standing.clone(), again);
                for part in [&mail.text, &mail.html] {
                    assert!(part.contains(words) && part.contains("plg_abc") && part.contains("Ada"), "{part}");
                }
                assert_eq!(mail.subject.starts_with("Reminder"), again, "{}", mail.subject);
                assert!(!mail.html.contains("<loom>"), "{}", mail.html);
            }
        }
    }
}
