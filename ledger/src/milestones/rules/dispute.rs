//! Disputes: somebody objects to a part of an approved claim, which freezes that part until the dispute is over.
//!
//! `open → answered → replied → decided → upheld | upheld_part | dismissed`, on the way `appealed`. Every step has an owner, a clock,
//! and a default that takes hold as of the moment at which the clock runs out, however late somebody looks:
//!
//! | waiting | for | days | at the deadline |
//! |---|---|---|---|
//! | open | the team, to answer | 7 | upheld: nobody stands by the claim |
//! | answered | who objects, to reply or accept | 5 | dismissed: nobody stands by the objection |
//! | replied | the host, to decide | 2 | upheld: the money stays with the milestone, and nothing is lost to either side |
//! | decided | the parties, to appeal | 2 | the decision stands |
//! | appealed | somebody else of the host, to decide at last | 2 | the first decision stands |
//!
//! The host may decide earlier: dismiss at once, and uphold, wholly or in part, once the team has answered. A part that is upheld
//! stays with the milestone, where a further claim may ask for it; the rest is released.

use crate::calendar::later;
use crate::error::Refusal;
use crate::id::{ClaimId, DisputeId, PersonId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;

/// Days in which the team answers.
pub const ANSWER_DAYS: u16 = 7;
/// Days in which whoever objects replies to the answer, or accepts it.
pub const REPLY_DAYS: u16 = 5;
/// Days in which the host decides, once both were heard.
pub const DECISION_DAYS: u16 = 2;
/// Days in which a party appeals, and days in which somebody else decides then.
pub const APPEAL_DAYS: u16 = 2;

words! {
    /// How a dispute ends.
    Ruling, "ruling" {
        /// The objection holds: its part stays with the milestone.
        Uphold = "uphold",
        /// It holds for some of its part, which stays with the milestone; the rest is released.
        UpholdPart = "uphold_part",
        /// It does not hold: its part is released.
        Dismiss = "dismiss",
    }
}

/// What somebody said in a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who said it.
    pub by: PersonId,
    /// When that was, in book time.
    pub at: Timestamp,
    /// What was said.
    pub text: String,
}

/// A ruling, and what it takes off the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the objection holds.
    pub ruling: Ruling,
    /// Minor units that stay with the milestone.
    pub struck: i64,
}

/// A decision of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What was decided.
    pub outcome: Outcome,
    /// By whom, when and why.
    pub said: Said,
}

/// How a dispute was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What became of it.
    pub outcome: Outcome,
    /// Whose word it was; none where a clock ended it that no decision preceded.
    pub by: Option<PersonId>,
    /// When that was, in book time.
    pub at: Timestamp,
    /// Why it ended so.
    pub resolution: String,
}

/// Where a dispute stands; what was said before stands in the dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisputeState {
    /// Waits for the team's answer.
    Open,
    /// Waits for a reply of whoever objects.
    Answered,
    /// Waits for the host's decision.
    Replied,
    /// Decided; a party may appeal.
    Decided(Decided),
    /// Waits for somebody else of the host.
    Appealed(Decided),
    /// Over.
    Resolved(Ended),
}

impl DisputeState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            DisputeState::Open => "open",
            DisputeState::Answered => "answered",
            DisputeState::Replied => "replied",
            DisputeState::Decided(_) => "decided",
            DisputeState::Appealed(_) => "appealed",
            DisputeState::Resolved(Ended { outcome: Outcome { ruling: Ruling::Uphold, .. }, .. }) => "upheld",
            DisputeState::Resolved(Ended { outcome: Outcome { ruling: Ruling::UpholdPart, .. }, .. }) => "upheld_part",
            DisputeState::Resolved(Ended { outcome: Outcome { ruling: Ruling::Dismiss, .. }, .. }) => "dismissed",
        }
    }

    /// The first decision, where one stands before the end.
    pub fn decided(&self) -> Option<&Decided> {
        match self {
            DisputeState::Decided(decided) | DisputeState::Appealed(decided) => Some(decided),
            DisputeState::Open | DisputeState::Answered | DisputeState::Replied | DisputeState::Resolved(_) => None,
        }
    }

    /// How it was over; none before.
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            DisputeState::Resolved(ended) => Some(ended),
            DisputeState::Open
            | DisputeState::Answered
            | DisputeState::Replied
            | DisputeState::Decided(_)
            | DisputeState::Appealed(_) => None,
        }
    }
}

/// An objection to a part of an approved claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// The approved claim that is objected to.
    pub claim: ClaimId,
    /// Who objects.
    pub opened_by: PersonId,
    /// The part of the approved amount that is objected to.
    pub amount: Money,
    /// Why somebody objects.
    pub reason: String,
    /// When it was raised, in book time.
    pub opened_at: Timestamp,
    /// When the default of its state takes hold, in book time; once it is over, the last of these moments.
    pub until: Timestamp,
    /// What the team answered.
    pub answer: Option<Said>,
    /// Why whoever objects stands by it.
    pub reply: Option<Said>,
    /// What the host decided first.
    pub decision: Option<Decided>,
    /// Why a party appealed.
    pub appeal: Option<Said>,
    /// Where it stands.
    pub state: DisputeState,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
}

impl Dispute {
    /// A new one.
    pub fn open(claim: ClaimId, opened_by: PersonId, amount: Money, reason: String, now: Timestamp) -> Dispute {
        Dispute {
            id: DisputeId::generate(claim.book),
            claim,
            opened_by,
            amount,
            reason,
            opened_at: now,
            until: later(now, ANSWER_DAYS),
            answer: None,
            reply: None,
            decision: None,
            appeal: None,
            state: DisputeState::Open,
            version: 1,
        }
    }

    /// What a ruling takes off. `part`: minor units that an objection upheld in part holds for.
    pub fn outcome(&self, ruling: Ruling, part: Option<i64>) -> Result<Outcome, Refusal> {
        let struck = match (ruling, part) {
            (Ruling::Uphold, None) => self.amount.minor(),
            (Ruling::Dismiss, None) => 0,
            (Ruling::UpholdPart, Some(part)) if (1..self.amount.minor()).contains(&part) => part,
            (Ruling::UpholdPart, _) => {
                let detail = format!("a part of {} is more than nothing and less than all of it", self.amount);
                return Err(Refusal::new("ruling-no-part", detail));
            }
            (Ruling::Uphold | Ruling::Dismiss, Some(_)) => {
                return Err(Refusal::new("ruling-no-part", "only an objection upheld in part names an amount"));
            }
        };
        Ok(Outcome { ruling, struck })
    }

    /// The team answers.
    pub fn answer(self, said: Said) -> Result<Dispute, Refusal> {
        match self.state {
            DisputeState::Open => {
                let until = later(said.at, REPLY_DAYS);
                Ok(Dispute { answer: Some(said), until, state: DisputeState::Answered, ..self })
            }
            DisputeState::Answered
            | DisputeState::Replied
            | DisputeState::Decided(_)
            | DisputeState::Appealed(_)
            | DisputeState::Resolved(_) => Err(self.refuse("it no longer waits for an answer")),
        }
    }

    /// Whoever objects stands by it.
    pub fn reply(self, said: Said) -> Result<Dispute, Refusal> {
        self.of_objector(said.by)?;
        let until = later(said.at, DECISION_DAYS);
        Ok(Dispute { reply: Some(said), until, state: DisputeState::Replied, ..self })
    }

    /// Whoever objects accepts the answer: the part is released.
    pub fn accept(self, by: PersonId, now: Timestamp) -> Result<Dispute, Refusal> {
        self.of_objector(by)?;
        let outcome = Outcome { ruling: Ruling::Dismiss, struck: 0 };
        Ok(self.end(outcome, Some(by), now, "who objected accepts the answer".into()))
    }

    fn of_objector(&self, by: PersonId) -> Result<(), Refusal> {
        match self.state {
            DisputeState::Answered if by == self.opened_by => Ok(()),
            DisputeState::Answered => {
                Err(Refusal::new("not-your-dispute", "whoever raised the dispute replies to the answer"))
            }
            DisputeState::Open
            | DisputeState::Replied
            | DisputeState::Decided(_)
            | DisputeState::Appealed(_)
            | DisputeState::Resolved(_) => Err(self.refuse("it does not wait for a reply")),
        }
    }

    /// Somebody of the host decides it, who did not raise it: first, when a party may appeal for two days; or, after an appeal, at
    /// last, who neither decided first nor appealed.
    pub fn decide(self, outcome: Outcome, said: Said) -> Result<Dispute, Refusal> {
        if said.by == self.opened_by {
            return Err(Refusal::new("own-dispute", "whoever raised a dispute does not decide it"));
        }
        match &self.state {
            DisputeState::Open if outcome.struck > 0 => {
                let detail = format!("the team has until {} to answer, and nothing is upheld before", self.until);
                Err(Refusal::new("dispute-not-heard", detail))
            }
            DisputeState::Open | DisputeState::Answered | DisputeState::Replied => {
                let until = later(said.at, APPEAL_DAYS);
                let decided = Decided { outcome, said };
                let state = DisputeState::Decided(decided.clone());
                Ok(Dispute { decision: Some(decided), until, state, ..self })
            }
            DisputeState::Appealed(first) => {
                let appealed = self.appeal.as_ref().map(|appeal| appeal.by);
                if said.by == first.said.by || Some(said.by) == appealed {
                    let detail = "somebody decides after an appeal who neither decided before nor appealed";
                    return Err(Refusal::new("same-person", detail));
                }
                let Said { by, at, text } = said;
                Ok(self.end(outcome, Some(by), at, text))
            }
            DisputeState::Decided(_) => Err(self.refuse("it is decided unless a party appeals")),
            DisputeState::Resolved(_) => Err(self.refuse("")),
        }
    }

    /// A party appeals against the decision: whoever objects where something is released, the team where something is struck.
    pub fn appeal(self, said: Said, is_team: bool) -> Result<Dispute, Refusal> {
        let DisputeState::Decided(decided) = &self.state else {
            return Err(self.refuse("only a decision that is not final is appealed against"));
        };
        let struck = decided.outcome.struck;
        let loses = (is_team && struck > 0) || (said.by == self.opened_by && struck < self.amount.minor());
        if !loses {
            let detail = "a party appeals that the decision takes something from: whoever objects, or the team";
            return Err(Refusal::new("nothing-to-appeal", detail));
        }
        let (until, state) = (later(said.at, APPEAL_DAYS), DisputeState::Appealed(decided.clone()));
        Ok(Dispute { appeal: Some(said), until, state, ..self })
    }

    /// What becomes of it when the time of its state has run out, as of then; none while it has time, or is over.
    pub fn lapse(self, now: Timestamp) -> Option<Dispute> {
        if now < self.until {
            return None;
        }
        let at = self.until;
        let upheld = Outcome { ruling: Ruling::Uphold, struck: self.amount.minor() };
        let dismissed = Outcome { ruling: Ruling::Dismiss, struck: 0 };
        let (outcome, by, why) = match &self.state {
            DisputeState::Open => (upheld, None, "the team did not answer in time".into()),
            DisputeState::Answered => (dismissed, None, "who objected did not reply in time".into()),
            DisputeState::Replied => (upheld, None, "nobody decided in time".into()),
            DisputeState::Decided(first) | DisputeState::Appealed(first) => {
                (first.outcome, Some(first.said.by), first.said.text.clone())
            }
            DisputeState::Resolved(_) => return None,
        };
        Some(self.end(outcome, by, at, why))
    }

    /// The claim was revoked: what it froze stays with the milestone. None where it was over before.
    pub fn revoke(self, by: PersonId, now: Timestamp) -> Option<Dispute> {
        let upheld = Outcome { ruling: Ruling::Uphold, struck: self.amount.minor() };
        match self.state {
            DisputeState::Resolved(_) => None,
            DisputeState::Open
            | DisputeState::Answered
            | DisputeState::Replied
            | DisputeState::Decided(_)
            | DisputeState::Appealed(_) => Some(self.end(upheld, Some(by), now, "the claim was revoked".into())),
        }
    }

    fn end(self, outcome: Outcome, by: Option<PersonId>, at: Timestamp, resolution: String) -> Dispute {
        Dispute { state: DisputeState::Resolved(Ended { outcome, by, at, resolution }), ..self }
    }

    fn refuse(&self, why: &str) -> Refusal {
        let word = self.state.as_str();
        match self.state {
            DisputeState::Resolved(_) => {
                Refusal::new("dispute-closed", format!("the dispute is {word}: it was decided before"))
            }
            DisputeState::Open
            | DisputeState::Answered
            | DisputeState::Replied
            | DisputeState::Decided(_)
            | DisputeState::Appealed(_) => Refusal::new("dispute-state", format!("the dispute is {word}: {why}")),
        }
    }
}

#[cfg(test)]
#[path = "dispute_tests.rs"]
mod tests;
