//! Mails about what became of a claim, or of a dispute about it.

use super::templates::mail;
use ledger::milestones::rules::notice::Event;

/// The notice that a claim or a dispute came to a state in which somebody may do something, or learns how it ended.
pub(crate) struct ClaimNotice {
    /// What has happened.
    pub(crate) event: Event,
    /// The team that claims.
    pub(crate) team: String,
    /// The name of the milestone.
    pub(crate) milestone: String,
    /// Amount and currency that it is about: what is approved, disputed, struck, to be written off, or had been released.
    pub(crate) amount: String,
    /// Amount and currency of what is at stake: all of the dispute, or of the claim.
    pub(crate) of: String,
    /// The day until which something can be done; empty where nothing can.
    pub(crate) until: String,
    /// Why: the words of the host, or of whoever objects; may be empty.
    pub(crate) why: String,
    /// The id of the claim.
    pub(crate) claim: String,
    /// The id of the dispute; empty where it is about none.
    pub(crate) dispute: String,
    /// The page that shows what waits for the reader.
    pub(crate) link: String,
}

impl ClaimNotice {
    /// The event in a few words.
    fn headline(&self) -> &'static str {
        match self.event {
            Event::Approved => "A claim is approved",
            Event::ChangesAsked => "A reviewer asks for changes",
            Event::Rejected => "A claim is rejected",
            Event::Expired => "A claim has expired",
            Event::RevocationAsked => "A revocation waits for your word",
            Event::Revoked => "A claim is revoked",
            Event::WriteOffAsked => "A write-off waits for your word",
            Event::PaidBack => "A team has paid back",
            Event::DisputeOpened => "A claim is disputed",
            Event::DisputeAnswered => "The team has answered your objection",
            Event::DisputeReplied => "A dispute waits for a decision",
            Event::DisputeDecided => "A dispute is decided",
            Event::DisputeAppealed => "An appeal waits for a decision",
            Event::DisputeUpheld | Event::DisputeUpheldPart | Event::DisputeDismissed => "A dispute is over",
        }
    }

    /// What has happened, in a sentence.
    fn said(&self) -> String {
        let ClaimNotice { team, milestone, amount, of, .. } = self;
        let claim = format!("the claim of {team} on {milestone}");
        match self.event {
            Event::Approved => format!("{amount} of {claim} is approved."),
            Event::ChangesAsked => format!("A reviewer asks for changes of {claim}."),
            Event::Rejected => format!("Nothing of {claim} is paid: it is rejected."),
            Event::Expired => format!("Nobody acted on {claim} in time: it has expired."),
            Event::RevocationAsked => {
                format!("Somebody of the host asks to revoke {claim}, of which {amount} is released.")
            }
            Event::Revoked => {
                format!("Two people of the host have revoked {claim}, for good. {amount} had been released of it.")
            }
            Event::WriteOffAsked => format!("Somebody of the host asks to write off {amount} that is owed of {claim}."),
            Event::PaidBack => {
                format!("Of what {team} owes of its revoked claim on {milestone}, it has paid back {amount} by now.")
            }
            Event::DisputeOpened => format!("Somebody objects to {amount} of {claim}: that part is held back."),
            Event::DisputeAnswered => format!("The team has answered your objection to {amount} of {claim}."),
            Event::DisputeReplied => format!("The parties of a dispute over {amount} of {claim} were heard."),
            Event::DisputeDecided => {
                format!("Of the {of} of {claim} that are disputed, {amount} is to stay with the milestone.")
            }
            Event::DisputeAppealed => format!("A party appeals against the decision on {of} of {claim}."),
            Event::DisputeUpheld => format!("{of} of {claim} stays with the milestone: the objection was upheld."),
            Event::DisputeUpheldPart => {
                format!("{amount} of the disputed {of} of {claim} stays with the milestone; the rest is released.")
            }
            Event::DisputeDismissed => format!("{of} of {claim} is released: the objection was dismissed."),
        }
    }

    /// What the reader can do until when, and what happens if nobody does; empty where nothing can be done.
    fn next(&self) -> String {
        let until = &self.until;
        match self.event {
            Event::Approved => format!("Whoever is concerned may object until {until}; then it is released."),
            Event::ChangesAsked => format!("Change the claim and submit it again until {until}; otherwise it expires."),
            Event::RevocationAsked => {
                format!("Confirm it until {until} if it is right; otherwise it lapses. Until then nothing is released.")
            }
            Event::WriteOffAsked => format!("Confirm it until {until} if it is right; otherwise it lapses."),
            Event::Revoked => "What was paid out the team owes: it pays it back to the host, or it is set off.".into(),
            Event::DisputeOpened => {
                format!("The team answers until {until}; if it is silent, the objection is upheld.")
            }
            Event::DisputeAnswered => {
                format!(
                    "Accept the answer, or say until {until} why you stand by it; if you are silent, it is dismissed."
                )
            }
            Event::DisputeReplied => format!("Decide it until {until}; if nobody does, the objection is upheld."),
            Event::DisputeDecided => {
                format!("The party that the decision takes something from may appeal until {until}; then it stands.")
            }
            Event::DisputeAppealed => {
                format!("Somebody who did not decide before decides until {until}; otherwise the decision stands.")
            }
            Event::Rejected
            | Event::Expired
            | Event::PaidBack
            | Event::DisputeUpheld
            | Event::DisputeUpheldPart
            | Event::DisputeDismissed => String::new(),
        }
    }
}
mail!(ClaimNotice: "milestones/claim.subject.txt", "milestones/claim.txt", "milestones/claim.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

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
            let waits = !mail.next().is_empty() && event != Event::Revoked;
            let shown = mail.render().unwrap();
            assert!(shown.subject.contains("Working prototype"), "{event}: {}", shown.subject);
            for text in [&shown.text, &shown.html] {
                assert!(text.contains("clm_abc") && text.contains("No test data"), "{event}: {text}");
                assert_eq!(text.contains("4 December 2026"), waits, "{event}: {text}");
            }
            assert!(!shown.html.contains("<Drum>"), "{event}: what people wrote is text");
        }
    }
}
