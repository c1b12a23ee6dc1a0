//! Submissions: what a team hands in for a stage, with the evidence of its gate, and on whose work it builds.
//!
//! `draft → submitted`; a draft that is still one when submissions close is `incomplete`: it is not judged. Incomplete
//! work cannot be submitted at all, so whatever judges see is complete. The work of an entry that is withdrawn is `withdrawn` too.

use super::rulebook::{Rules, Stage};
use crate::error::{Error, Refusal};
use crate::evidence::{Digest, EVIDENCE_MAX, Evidence, EvidenceKind};
use crate::id::{ChallengeId, EntrantId, OrganisationId, SubmissionId};
use jiff::Timestamp;

/// The most submissions that one builds on.
pub const ATTRIBUTIONS_MAX: usize = 50;
/// A whole, in hundredths of a percent.
pub const WHOLE: u32 = 10_000;

/// Other work that a submission builds on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Attribution {
    /// What was taken over.
    pub part: String,
    /// How much of the whole it is: 1 to 10,000 hundredths of a percent.
    pub share: u16,
    /// The submission that is built on.
    pub submission: SubmissionId,
}

/// What a submission says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What it is called.
    pub title: String,
    /// What was done.
    pub note: String,
    /// What shows it, in order.
    pub evidence: Vec<Evidence>,
    /// What it builds on, in order.
    pub attributions: Vec<Attribution>,
}

/// Where a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmissionState {
    /// Being written, until submissions close.
    Draft,
    /// Handed in complete.
    Submitted {
        /// When it was handed in, in book time: it breaks ties.
        at: Timestamp,
    },
    /// It was no more than a draft when submissions closed: it is not judged.
    Incomplete,
    /// Its entry was withdrawn: it is not judged.
    Withdrawn,
}

impl SubmissionState {
    /// Its name outside and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            SubmissionState::Draft => "draft",
            SubmissionState::Submitted { .. } => "submitted",
            SubmissionState::Incomplete => "incomplete",
            SubmissionState::Withdrawn => "withdrawn",
        }
    }

    /// When it was handed in; none before.
    pub fn submitted_at(self) -> Option<Timestamp> {
        match self {
            SubmissionState::Submitted { at } => Some(at),
            SubmissionState::Draft | SubmissionState::Incomplete | SubmissionState::Withdrawn => None,
        }
    }
}

/// Where a submission stands in its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its place, from 1; no two submissions of a stage share one.
    pub place: i32,
    /// Its score in hundredths of a point, rounded down; 0 in a stage without criteria.
    pub score: i32,
}

/// A submission of a team for a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// The challenge to which it is handed in.
    pub challenge: ChallengeId,
    /// The entry of its team to the challenge.
    pub entrant: EntrantId,
    /// The team whose work it is.
    pub team: OrganisationId,
    /// Name of the stage for which it is written.
    pub stage: String,
    /// What it says.
    pub content: Content,
    /// Revision of the text, from 1: rises with each edit.
    pub revision: i32,
    /// Where it stands.
    pub state: SubmissionState,
    /// Its place; none before the ranking, or where it has none.
    pub placed: Option<Placed>,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

/// What a submission's digest is taken of: JSON as in RFC 8785 (keys in order, no blanks).
#[derive(serde::Serialize)]
struct Canonical<'a> {
    attributions: &'a [Attribution],
    challenge: ChallengeId,
    evidence: &'a [Evidence],
    note: &'a str,
    stage: &'a str,
    submission: SubmissionId,
    team: OrganisationId,
    title: &'a str,
}

impl Content {
    /// Refuses too many pieces, parts that are more than the whole, and the same submission named twice.
    pub fn check(&self, own: SubmissionId) -> Result<(), Error> {
        if self.evidence.len() > EVIDENCE_MAX {
            return Err(Error::invalid("/evidence", "at most 50 pieces"));
        }
        if self.attributions.len() > ATTRIBUTIONS_MAX {
            return Err(Error::invalid("/attributions", "at most 50"));
        }
        for (index, attribution) in self.attributions.iter().enumerate() {
            let wrong = |field: &str, why: &str| Err(Error::invalid(format!("/attributions/{index}/{field}"), why));
            if attribution.share == 0 {
                return wrong("share", "more than nothing");
            }
            let named = self.attributions[..index].iter().any(|other| other.submission == attribution.submission);
            if named || attribution.submission == own {
                return wrong("submission", "another submission, named once");
            }
        }
        if self.attributions.iter().map(|attribution| u32::from(attribution.share)).sum::<u32>() > WHOLE {
            return Err(Error::invalid("/attributions", "all parts together are at most 100 percent"));
        }
        Ok(())
    }
}

impl Submission {
    /// SHA-256 of its content in the canonical form of RFC 8785: a scorecard restates it.
    pub fn digest(&self) -> Digest {
        let canonical = Canonical {
            attributions: &self.content.attributions,
            challenge: self.challenge,
            evidence: &self.content.evidence,
            note: &self.content.note,
            stage: &self.stage,
            submission: self.id,
            team: self.team,
            title: &self.content.title,
        };
        Digest::of(&serde_json::to_vec(&canonical).expect("strings and lists always serialise"))
    }

    /// Other content. One that was handed in is a draft again, and is late in a tie.
    pub fn edit(self, content: Content) -> Result<Submission, Refusal> {
        match self.state {
            SubmissionState::Draft | SubmissionState::Submitted { .. } => {
                Ok(Submission { content, revision: self.revision + 1, state: SubmissionState::Draft, ..self })
            }
            SubmissionState::Incomplete => {
                Err(Refusal::new("submission-closed", "the time for submissions has passed"))
            }
            SubmissionState::Withdrawn => Err(Refusal::new("submission-closed", "its entry was withdrawn")),
        }
    }

    /// Hands it in, once its gate is complete.
    pub fn submit(self, rules: &Rules, now: Timestamp) -> Result<Submission, Refusal> {
        match self.state {
            SubmissionState::Draft => {}
            SubmissionState::Submitted { .. } | SubmissionState::Incomplete | SubmissionState::Withdrawn => {
                let detail = format!("the submission is {}, not a draft", self.state.as_str());
                return Err(Refusal::new("submission-not-draft", detail));
            }
        }
        let stage = rules.stage(&self.stage).ok_or_else(|| unknown_stage(&self.stage))?;
        let missing = missing(stage, rules, &self.content.evidence);
        if !missing.is_empty() {
            let kinds: Vec<&str> = missing.into_iter().map(EvidenceKind::as_str).collect();
            let detail = format!("under an accepted licence the stage still asks for: {}", kinds.join(", "));
            return Err(Refusal::new("gate-incomplete", detail));
        }
        Ok(Submission { state: SubmissionState::Submitted { at: now }, ..self })
    }
}

/// The kinds of evidence that a stage asks for and that are not there under a licence that the rules accept.
pub fn missing(stage: &Stage, rules: &Rules, evidence: &[Evidence]) -> Vec<EvidenceKind> {
    let licensed = |piece: &&Evidence| piece.licence().is_some_and(|id| rules.licences.iter().any(|known| known == id));
    let shown = |kind: EvidenceKind| evidence.iter().filter(licensed).any(|piece| piece.kind() == kind);
    stage.gate.iter().copied().filter(|kind| !shown(*kind)).collect()
}

/// The refusal of a stage that the rules do not have.
pub fn unknown_stage(name: &str) -> Refusal {
    Refusal::new("unknown-stage", format!("the challenge has no stage {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenges::rules::rulebook::tests::drill;
    use crate::id::BookId;

    fn piece(kind: EvidenceKind, licence: Option<&str>) -> Evidence {
        let url = "https://example.org/drill.zip".to_owned();
        let sha256 = Digest::of(kind.as_str().as_bytes());
        Evidence::new("/evidence/0", kind, "Drill".into(), url, sha256, licence.map(str::to_owned)).expect("good")
    }

    fn prototype(evidence: Vec<Evidence>) -> Submission {
        let book = BookId(1);
        Submission {
            id: SubmissionId::generate(book),
            challenge: ChallengeId::generate(book),
            entrant: EntrantId::generate(book),
            team: OrganisationId::generate(),
            stage: "prototype".into(),
            content: Content { title: "Drill".into(), note: String::new(), evidence, attributions: Vec::new() },
            revision: 1,
            state: SubmissionState::Draft,
            placed: None,
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    const OPEN: Option<&str> = Some("CERN-OHL-S-2.0");

    #[test]
    fn m4_an_incomplete_submission_is_not_handed_in_and_is_told_what_is_missing() {
        let submission = prototype(vec![
            piece(EvidenceKind::DesignFiles, OPEN),
            piece(EvidenceKind::BillOfMaterials, None),
            piece(EvidenceKind::BuildInstructions, Some("CC-BY-NC-4.0")),
        ]);
        let refusal = submission.submit(&drill(), Timestamp::UNIX_EPOCH).expect_err("two are not open");
        assert_eq!(refusal.code, "gate-incomplete");
        assert!(refusal.detail.ends_with("bill_of_materials, build_instructions"), "{refusal}");
    }

    #[test]
    fn m4_a_complete_one_is_handed_in_and_keeps_the_moment() {
        let rules = drill();
        let gate = &rules.stage("prototype").expect("a stage").gate;
        let submission = prototype(gate.iter().map(|kind| piece(*kind, OPEN)).collect());
        let before = submission.digest();
        let at = Timestamp::UNIX_EPOCH;
        let submitted = submission.submit(&rules, at).expect("complete");
        assert_eq!(submitted.state.submitted_at(), Some(at));
        assert_eq!(submitted.digest(), before);
        assert_eq!(submitted.clone().submit(&rules, at).expect_err("twice").code, "submission-not-draft");
        let content = Content { note: "better".into(), ..submitted.content.clone() };
        let edited = submitted.edit(content).expect("still open");
        assert_eq!((edited.state, edited.revision), (SubmissionState::Draft, 2));
        assert_ne!(edited.digest(), before);
    }

    #[test]
    fn parts_are_of_other_submissions_each_named_once_and_at_most_the_whole() {
        let own = SubmissionId::generate(BookId(1));
        let of = |submission, share| Attribution { part: "gear".into(), share, submission };
        let content = |attributions| Content { attributions, ..prototype(Vec::new()).content };
        let [a, b] = [SubmissionId::generate(BookId(1)), SubmissionId::generate(BookId(1))];
        assert!(content(vec![of(a, 6_000), of(b, 4_000)]).check(own).is_ok());
        for wrong in [vec![of(own, 1)], vec![of(a, 1), of(a, 1)], vec![of(a, 0)], vec![of(a, 6_000), of(b, 4_001)]] {
            assert!(content(wrong).check(own).is_err());
        }
    }
}
