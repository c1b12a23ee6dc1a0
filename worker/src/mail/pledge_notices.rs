//! Mails to donors about pledges that are not charged any more.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};

/// How a pledge stands that is not charged any more.
pub(crate) struct PledgeNotice {
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that it is for.
    pub(crate) campaign: String,
    /// Amount and currency of one payment.
    pub(crate) amount: Value,
    /// The id of the pledge.
    pub(crate) pledge: String,
    /// How it stands.
    pub(crate) standing: Standing,
    /// Whether this is a reminder.
    pub(crate) again: bool,
}

/// How a pledge stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It waits until that day for another means of payment.
    NeedsMeans(Value),
    /// It waits until that day for another campaign.
    NeedsCampaign(Value),
    /// Nobody collects for it any more; it waits until that day for somebody who does.
    NeedsCollector(Value),
    /// It has lapsed, and can be revived until that day.
    Lapsed(Value),
    /// It is over.
    Cancelled,
    /// It is over, as its host closes: since that day nothing is charged.
    HostCloses(Value),
}

impl PledgeNotice {
    fn subject(&self) -> Said {
        let subject = match &self.standing {
            Standing::NeedsMeans(_) | Standing::NeedsCampaign(_) => say("pledging-notice-waits-for-you"),
            Standing::NeedsCollector(_) => say("pledging-notice-waits"),
            Standing::Lapsed(_) => say("pledging-notice-has-lapsed"),
            Standing::Cancelled => say("pledging-notice-is-cancelled"),
            Standing::HostCloses(_) => say("pledging-notice-host-closes"),
        };
        let subject = subject.with("campaign", &self.campaign);
        if self.again { say("pledging-notice-reminder").with("subject", subject) } else { subject }
    }

    fn standing(&self) -> Said {
        match &self.standing {
            Standing::NeedsMeans(day) => say("pledging-notice-needs-means").with("day", day),
            Standing::NeedsCampaign(day) => say("pledging-notice-needs-campaign").with("day", day),
            Standing::NeedsCollector(day) => say("pledging-notice-needs-collector").with("day", day),
            Standing::Lapsed(day) => say("pledging-notice-lapsed").with("day", day),
            Standing::Cancelled => say("pledging-notice-cancelled"),
            Standing::HostCloses(day) => say("pledging-notice-closes").with("day", day),
        }
    }
}

impl Mail for PledgeNotice {
    fn letter(&self) -> Letter {
        Letter::about(self.subject())
            .headed(say("pledging-notice").with("campaign", &self.campaign))
            .says(self.standing())
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-amount"), &self.amount)
            .fact(say("facts-pledge"), &self.pledge)
            .aside(say("pledging-platform-shows"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

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
            notice.render(Language::English).unwrap()
        };
        let day = || Value::from("20 December 2026");
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
