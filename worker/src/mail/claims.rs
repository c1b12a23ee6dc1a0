//! Mails about what became of a claim, or of a dispute about it.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};
use ledger::milestones::rules::notice::Event;

/// What became of a claim, or of a dispute about it.
pub(crate) struct ClaimNotice {
    /// What happened.
    pub(crate) event: Event,
    /// The team, by its name.
    pub(crate) team: String,
    /// The milestone, by its name.
    pub(crate) milestone: String,
    /// The amount that the event is about.
    pub(crate) amount: Value,
    /// The amount of the claim, or of the dispute.
    pub(crate) of: Value,
    /// The last day of whatever begins with it; empty when nothing does.
    pub(crate) until: Value,
    /// Why, in the words of whoever decided or objects; empty when nobody said.
    pub(crate) why: String,
    /// The id of the claim.
    pub(crate) claim: String,
    /// The id of the dispute; empty when it is about none.
    pub(crate) dispute: String,
    /// The page that shows what waits for the reader.
    pub(crate) link: String,
}

impl ClaimNotice {
    fn headline(&self) -> Said {
        match self.event {
            Event::Approved => say("milestones-approved"),
            Event::ChangesAsked => say("milestones-changes-asked"),
            Event::Rejected => say("milestones-rejected"),
            Event::Expired => say("milestones-expired"),
            Event::RevocationAsked => say("milestones-revocation-asked"),
            Event::Revoked => say("milestones-revoked"),
            Event::WriteOffAsked => say("milestones-write-off-asked"),
            Event::PaidBack => say("milestones-paid-back"),
            Event::DisputeOpened => say("milestones-dispute-opened"),
            Event::DisputeAnswered => say("milestones-dispute-answered"),
            Event::DisputeReplied => say("milestones-dispute-replied"),
            Event::DisputeDecided => say("milestones-dispute-decided"),
            Event::DisputeAppealed => say("milestones-dispute-appealed"),
            Event::DisputeUpheld | Event::DisputeUpheldPart | Event::DisputeDismissed => say("milestones-dispute-over"),
        }
    }

    fn said(&self) -> Said {
        let ClaimNotice { amount, of, .. } = self;
        let about = |said: Said| said.with("team", &self.team).with("milestone", &self.milestone);
        match self.event {
            Event::Approved => about(say("milestones-approved-what")).with("amount", amount),
            Event::ChangesAsked => about(say("milestones-changes-asked-what")),
            Event::Rejected => about(say("milestones-rejected-what")),
            Event::Expired => about(say("milestones-expired-what")),
            Event::RevocationAsked => about(say("milestones-revocation-asked-what")).with("amount", amount),
            Event::Revoked => about(say("milestones-revoked-what")).with("amount", amount),
            Event::WriteOffAsked => about(say("milestones-write-off-asked-what")).with("amount", amount),
            Event::PaidBack => about(say("milestones-paid-back-what")).with("amount", amount),
            Event::DisputeOpened => about(say("milestones-dispute-opened-what")).with("amount", amount),
            Event::DisputeAnswered => about(say("milestones-dispute-answered-what")).with("amount", amount),
            Event::DisputeReplied => about(say("milestones-dispute-replied-what")).with("amount", amount),
            Event::DisputeDecided => {
                about(say("milestones-dispute-decided-what")).with("amount", amount).with("of", of)
            }
            Event::DisputeAppealed => about(say("milestones-dispute-appealed-what")).with("of", of),
            Event::DisputeUpheld => about(say("milestones-dispute-upheld-what")).with("of", of),
            Event::DisputeUpheldPart => {
                about(say("milestones-dispute-upheld-part-what")).with("amount", amount).with("of", of)
            }
            Event::DisputeDismissed => about(say("milestones-dispute-dismissed-what")).with("of", of),
        }
    }

    /// What comes next, if anything does.
    fn next(&self) -> Option<Said> {
        let next = match self.event {
            Event::Approved => say("milestones-approved-next"),
            Event::ChangesAsked => say("milestones-changes-asked-next"),
            Event::RevocationAsked => say("milestones-revocation-asked-next"),
            Event::WriteOffAsked => say("milestones-write-off-asked-next"),
            Event::Revoked => return Some(say("milestones-revoked-next")),
            Event::DisputeOpened => say("milestones-dispute-opened-next"),
            Event::DisputeAnswered => say("milestones-dispute-answered-next"),
            Event::DisputeReplied => say("milestones-dispute-replied-next"),
            Event::DisputeDecided => say("milestones-dispute-decided-next"),
            Event::DisputeAppealed => say("milestones-dispute-appealed-next"),
            Event::Rejected
            | Event::Expired
            | Event::PaidBack
            | Event::DisputeUpheld
            | Event::DisputeUpheldPart
            | Event::DisputeDismissed => return None,
        };
        Some(next.with("until", &self.until))
    }
}

impl Mail for ClaimNotice {
    fn letter(&self) -> Letter {
        let subject = say("milestones-claim-subject").with("headline", self.headline());
        let letter = Letter::about(subject.with("milestone", &self.milestone)).headed(self.headline());
        let letter = letter.says(self.said());
        let letter = match self.next() {
            Some(next) => letter.says(next),
            None => letter,
        };
        letter
            .fact(say("facts-reason-given"), &self.why)
            .fact(say("facts-claim"), &self.claim)
            .fact(say("facts-dispute"), &self.dispute)
            .says(say("milestones-claim-shown"))
            .link(say("frame-waiting"), &self.link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn every_event_says_what_it_is_and_each_window_until_when() {
        for &event in Event::ALL {
            let mail = ClaimNotice {
                event,
                team: "Team <Drum>".into(),
                milestone: "Working prototype".into(),
                amount: "1200.00 USD".into(),
                of: "3000.00 USD".into(),
                until: "4 December 2026".into(),
                why: "No test data".into(),
                claim: "clm_abc".into(),
                dispute: "dsp_abc".into(),
                link: "https://purse.example.org/me".into(),
            };
            let waits = mail.next().is_some() && event != Event::Revoked;
            let shown = mail.render(Language::English).unwrap();
            assert!(shown.subject.contains("Working prototype"), "{event}: {}", shown.subject);
            for text in [&shown.text, &shown.html] {
                assert!(text.contains("clm_abc") && text.contains("No test data"), "{event}: {text}");
                assert_eq!(text.contains("4 December 2026"), waits, "{event}: {text}");
            }
            assert!(!shown.html.contains("<Drum>"), "{event}: what people wrote is text");
        }
    }
}
