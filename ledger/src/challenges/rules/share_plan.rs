//! Share plans: how the prizes of a submission are divided among the teams that made it.
//!
//! `proposed → fixed`; also `objected` and `lapsed`. The team of the submission proposes parts that are the whole, and names every team
//! on whose work the submission builds. Each team that is named attests its own part or objects to it; after 14 days silence attests.
//! When all have attested, the plan is fixed and never changes. An objection waits 14 days: the team proposes other parts, which all
//! attest anew, or an owner of the host who judges nothing decides; when nobody does, the plan lapses. It lapses too when the prizes are
//! awarded before it is fixed: they go to the team of the submission whole.

use super::submission::WHOLE;
use crate::calendar::later;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{ChallengeId, OrganisationId, PersonId, SharePlanId, SubmissionId};
use crate::words::words;
use jiff::Timestamp;

/// The most teams that a plan names.
pub const PARTS_MAX: usize = 20;
/// Days in which a part is attested or objected to, and then days in which an objection is met.
pub const ANSWER_DAYS: u16 = 14;
/// The most lists of parts of one plan.
pub const REVISIONS_MAX: i32 = 20;

words! {
    /// How a share plan stands.
    PlanState, "state of a share plan" {
        /// The teams that it names are asked.
        Proposed = "proposed",
        /// One of them objects: it is proposed anew, or the host decides.
        Objected = "objected",
        /// It is agreed to, or decided, and never changes.
        Fixed = "fixed",
        /// It came to nothing: prizes go to the team of the submission whole.
        Lapsed = "lapsed",
    }
}

words! {
    /// What the team of a part says of it.
    PartState, "state of a part" {
        /// Nothing yet.
        Open = "open",
        /// It is right.
        Attested = "attested",
        /// Nothing in time, which attests it.
        Silent = "silent",
        /// It is wrong.
        Objected = "objected",
        /// The host has decided.
        Decided = "decided",
    }
}

/// What a team shall get.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Share {
    /// The team, which outside is called the contributor of the part: it need not have entered the challenge.
    #[serde(rename = "contributor")]
    pub team: OrganisationId,
    /// What it contributed.
    pub part: String,
    /// How much of the whole: 1 to 10,000 hundredths of a percent.
    pub share: u16,
}

/// The part of a team in a plan, and what it says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharePart {
    /// What the team shall get.
    pub share: Share,
    /// What it says.
    pub state: PartState,
    /// Who said it for the team; none when nobody did.
    pub answered_by: Option<PersonId>,
    /// When it was said, or silence said it, or the host decided; none while it is open.
    pub answered_at: Option<Timestamp>,
    /// Why the team objects; empty where it does not.
    pub reason: String,
}

/// A share plan with its present parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharePlan {
    /// Its id.
    pub id: SharePlanId,
    /// The challenge to which the submission is.
    pub challenge: ChallengeId,
    /// The submission whose prizes are divided.
    pub submission: SubmissionId,
    /// The team of the submission, which proposes.
    pub team: OrganisationId,
    /// Who proposed the present parts.
    pub proposed_by: PersonId,
    /// When they were proposed, in book time.
    pub proposed_at: Timestamp,
    /// Counts the lists of parts, from 1.
    pub revision: i32,
    /// Why it is divided so.
    pub note: String,
    /// The parts, by the ids of the teams.
    pub parts: Vec<SharePart>,
    /// How it stands.
    pub state: PlanState,
    /// Since when it stands so, in book time.
    pub since: Timestamp,
    /// When the default of its state comes true, in book time; none when it does not wait.
    pub until: Option<Timestamp>,
    /// Which owner of the host decided; none when none did.
    pub decided_by: Option<PersonId>,
    /// Why the host decided so; empty where it did not.
    pub decision: String,
    /// Counts changes, from 1.
    pub version: i64,
}

/// What a plan's digest is taken of: JSON as in RFC 8785 (keys in order, no blanks).
#[derive(serde::Serialize)]
struct Canonical<'a> {
    challenge: ChallengeId,
    parts: &'a [Share],
    plan: SharePlanId,
    submission: SubmissionId,
}

/// Parts that are the whole, each team once, by the ids of the teams: in which order they were named says nothing.
///
/// # Errors
///
/// [`Error::Invalid`] below `/parts`.
pub fn parts(mut named: Vec<Share>) -> Result<Vec<Share>, Error> {
    if !(1..=PARTS_MAX).contains(&named.len()) {
        return Err(Error::invalid("/parts", "1 to 20 teams"));
    }
    for (index, share) in named.iter().enumerate() {
        if share.share == 0 {
            return Err(Error::invalid(format!("/parts/{index}/share"), "more than nothing"));
        }
        if named[..index].iter().any(|other| other.team == share.team) {
            return Err(Error::invalid(format!("/parts/{index}/contributor"), "each team once"));
        }
    }
    let sum = named.iter().map(|share| u32::from(share.share)).sum::<u32>();
    if sum != WHOLE {
        let why = format!("all parts together are 10000 hundredths of a percent, and these are {sum}");
        return Err(Error::invalid("/parts", why));
    }
    named.sort_by_key(|share| share.team);
    Ok(named)
}

/// Refuses with `contributor-missing` parts that leave out a team on whose work the submission builds.
pub fn names_all(parts: &[Share], sources: &[OrganisationId]) -> Result<(), Refusal> {
    match sources.iter().find(|source| parts.iter().all(|share| share.team != **source)) {
        None => Ok(()),
        Some(missing) => {
            let detail = format!("the submission builds on work of {missing}, to which the share plan gives no part");
            Err(Refusal::new("contributor-missing", detail))
        }
    }
}

/// SHA-256 of the parts of a plan in the canonical form of RFC 8785.
pub fn digest(plan: SharePlanId, challenge: ChallengeId, submission: SubmissionId, parts: &[Share]) -> Digest {
    let canonical = Canonical { challenge, parts, plan, submission };
    Digest::of(&serde_json::to_vec(&canonical).expect("strings and numbers always serialise"))
}

impl SharePlan {
    /// Proposes the first parts. The team that proposes attests its own part with that.
    pub fn propose(
        id: SharePlanId,
        of: (ChallengeId, SubmissionId, OrganisationId),
        (parts, note): (Vec<Share>, String),
        by: PersonId,
        now: Timestamp,
    ) -> SharePlan {
        let (challenge, submission, team) = of;
        SharePlan {
            id,
            challenge,
            submission,
            team,
            proposed_by: by,
            proposed_at: now,
            revision: 1,
            note,
            parts: Vec::new(),
            state: PlanState::Proposed,
            since: now,
            until: None,
            decided_by: None,
            decision: String::new(),
            version: 1,
        }
        .with(parts, by, now)
    }

    /// The same with parts that are asked about from now on. One whose parts all are the proposer's is not fixed before it is saved.
    fn with(self, parts: Vec<Share>, by: PersonId, now: Timestamp) -> SharePlan {
        let own = self.team;
        let asked = |share: Share| match share.team == own {
            true => SharePart {
                share,
                state: PartState::Attested,
                answered_by: Some(by),
                answered_at: Some(now),
                reason: String::new(),
            },
            false => {
                SharePart { share, state: PartState::Open, answered_by: None, answered_at: None, reason: String::new() }
            }
        };
        let until = Some(later(now, ANSWER_DAYS));
        SharePlan {
            parts: parts.into_iter().map(asked).collect(),
            proposed_by: by,
            proposed_at: now,
            state: PlanState::Proposed,
            since: now,
            until,
            ..self
        }
    }

    /// SHA-256 of its parts: whoever attests restates it.
    pub fn digest(&self) -> Digest {
        digest(self.id, self.challenge, self.submission, &self.shares())
    }

    /// What each team shall get.
    pub fn shares(&self) -> Vec<Share> {
        self.parts.iter().map(|part| part.share.clone()).collect()
    }

    /// Whether it still may come to be fixed.
    pub fn is_open(&self) -> bool {
        match self.state {
            PlanState::Proposed | PlanState::Objected => true,
            PlanState::Fixed | PlanState::Lapsed => false,
        }
    }

    /// Whether a team is named in it, or proposes it.
    pub fn concerns(&self, team: OrganisationId) -> bool {
        self.team == team || self.parts.iter().any(|part| part.share.team == team)
    }

    fn refuse(&self, why: &str) -> Refusal {
        Refusal::new("share-plan-closed", format!("the share plan is {}: {why}", self.state))
    }

    /// Proposes other parts, unless it is fixed: all attest anew.
    ///
    /// # Errors
    ///
    /// `share-plan-closed`, `revisions-used-up`.
    pub fn revise(self, parts: Vec<Share>, note: String, by: PersonId, now: Timestamp) -> Result<SharePlan, Refusal> {
        match self.state {
            PlanState::Proposed | PlanState::Objected | PlanState::Lapsed => {
                Ok(SharePlan { revision: self.next()?, note, ..self }.with(parts, by, now))
            }
            PlanState::Fixed => Err(self.refuse("it never changes")),
        }
    }

    fn next(&self) -> Result<i32, Refusal> {
        if self.revision < REVISIONS_MAX {
            return Ok(self.revision + 1);
        }
        Err(Refusal::new("revisions-used-up", format!("the parts were proposed {REVISIONS_MAX} times")))
    }

    /// Says something of the open part of a team, in time.
    fn answer(
        mut self,
        team: OrganisationId,
        (state, reason): (PartState, String),
        by: PersonId,
        now: Timestamp,
    ) -> Result<SharePlan, Error> {
        if !self.is_open() || self.until.is_none_or(|until| until <= now) {
            return Err(self.refuse("nobody is asked about it now").into());
        }
        let Some(part) = self.parts.iter_mut().find(|part| part.share.team == team) else {
            return Err(Error::invalid("/contributor", "a team that the share plan names"));
        };
        match part.state {
            PartState::Open => {
                part.state = state;
                part.answered_by = Some(by);
                part.answered_at = Some(now);
                part.reason = reason;
                Ok(self)
            }
            PartState::Attested | PartState::Silent | PartState::Objected | PartState::Decided => {
                let detail = format!("the part of the team is {}", part.state);
                Err(Refusal::new("part-answered", detail).into())
            }
        }
    }

    /// A team attests its own part by the digest of all; the last one fixes the plan.
    ///
    /// # Errors
    ///
    /// `share-plan-closed`, `digest-mismatch`, `part-answered`; [`Error::Invalid`] at `/contributor`.
    pub fn attest(
        self,
        team: OrganisationId,
        sha256: Digest,
        by: PersonId,
        now: Timestamp,
    ) -> Result<SharePlan, Error> {
        match self.state {
            PlanState::Proposed => {}
            PlanState::Objected | PlanState::Fixed | PlanState::Lapsed => {
                return Err(self.refuse("nothing is attested now").into());
            }
        }
        if sha256 != self.digest() {
            let detail = format!("the parts have the SHA-256 {}; read them again, and restate it", self.digest());
            return Err(Refusal::new("digest-mismatch", detail).into());
        }
        Ok(self.answer(team, (PartState::Attested, String::new()), by, now)?.fixed_if_attested(now))
    }

    /// A team objects to its part. The first objection waits for other parts or for the host.
    ///
    /// # Errors
    ///
    /// `share-plan-closed`, `part-answered`; [`Error::Invalid`] at `/contributor`.
    pub fn object(
        self,
        team: OrganisationId,
        reason: String,
        by: PersonId,
        now: Timestamp,
    ) -> Result<SharePlan, Error> {
        let is_first = self.state == PlanState::Proposed;
        let objected = self.answer(team, (PartState::Objected, reason), by, now)?;
        if !is_first {
            return Ok(objected);
        }
        let until = Some(later(now, ANSWER_DAYS));
        Ok(SharePlan { state: PlanState::Objected, since: now, until, ..objected })
    }

    /// Fixes it when every part is attested.
    pub fn fixed_if_attested(self, at: Timestamp) -> SharePlan {
        let is_attested = self.parts.iter().all(|part| match part.state {
            PartState::Attested | PartState::Silent => true,
            PartState::Open | PartState::Objected | PartState::Decided => false,
        });
        match self.state {
            PlanState::Proposed if is_attested => SharePlan { state: PlanState::Fixed, since: at, until: None, ..self },
            PlanState::Proposed | PlanState::Objected | PlanState::Fixed | PlanState::Lapsed => self,
        }
    }

    /// The host decides about an objection, in time: these are the parts, for good.
    ///
    /// # Errors
    ///
    /// `share-plan-closed`, `revisions-used-up`.
    pub fn decide(self, parts: Vec<Share>, by: PersonId, reason: String, now: Timestamp) -> Result<SharePlan, Refusal> {
        if self.state != PlanState::Objected || self.until.is_none_or(|until| until <= now) {
            return Err(self.refuse("the host decides about an objection, in time"));
        }
        let decided = |share| SharePart {
            share,
            state: PartState::Decided,
            answered_by: None,
            answered_at: Some(now),
            reason: String::new(),
        };
        Ok(SharePlan {
            revision: self.next()?,
            parts: parts.into_iter().map(decided).collect(),
            state: PlanState::Fixed,
            since: now,
            until: None,
            decided_by: Some(by),
            decision: reason,
            ..self
        })
    }

    /// What has come due by a moment, as of its own: silence attests, and an objection that nobody met lets it lapse. Asked twice, it comes due
    /// once.
    pub fn settle(mut self, now: Timestamp) -> SharePlan {
        let Some(until) = self.until.filter(|until| *until <= now) else { return self };
        match self.state {
            PlanState::Proposed => {
                for part in self.parts.iter_mut().filter(|part| part.state == PartState::Open) {
                    part.state = PartState::Silent;
                    part.answered_at = Some(until);
                }
                self.fixed_if_attested(until)
            }
            PlanState::Objected => SharePlan { state: PlanState::Lapsed, since: until, until: None, ..self },
            PlanState::Fixed | PlanState::Lapsed => self,
        }
    }

    /// The prizes were awarded, or the challenge is given up: what is not fixed by then lapses.
    pub fn lapse(self, now: Timestamp) -> SharePlan {
        match self.state {
            PlanState::Proposed | PlanState::Objected => {
                SharePlan { state: PlanState::Lapsed, since: now, until: None, ..self }
            }
            PlanState::Fixed | PlanState::Lapsed => self,
        }
    }
}

#[cfg(test)]
#[path = "share_plan_tests.rs"]
mod tests;
