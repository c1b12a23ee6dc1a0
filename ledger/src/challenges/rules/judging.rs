//! Judging: scorecards, whose card counts, and the order of submissions.
//!
//! A score is the mean over the judges who count of the weighted mean over the criteria. Scores are compared as exact
//! fractions, so that no rounding makes or breaks a tie; what is kept and shown is rounded down to
//! hundredths of a point, so that it reaches a threshold, which has no more digits, exactly when the score does.

use super::rulebook::{POINTS_MAX, Rules, Stage, TieRule};
use super::submission::Placed;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{OrganisationId, PersonId, SubmissionId};
use jiff::Timestamp;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What one judge gave one submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scorecard {
    /// The judge who scored.
    pub judge: PersonId,
    /// The digest of the submission that the judge read.
    pub submission_digest: Digest,
    /// 0 to 100 points for each criterion of the stage, in their order.
    pub points: Vec<u8>,
    /// Why the judge scored so.
    pub comment: String,
    /// When it was scored, in book time.
    pub at: Timestamp,
}

impl Scorecard {
    /// Its points by the weights of their criteria, in hundredths of a point; what a hundredth is divided into is left out.
    pub fn total(&self, stage: &Stage) -> u64 {
        let weights: u64 = stage.criteria.iter().map(|criterion| u64::from(criterion.weight)).sum();
        let each = self.points.iter().zip(&stage.criteria);
        let weighted: u64 = each.map(|(points, criterion)| u64::from(*points) * u64::from(criterion.weight)).sum();
        (weighted * 100).checked_div(weights).unwrap_or_default()
    }

    /// Refuses another number of points than the stage has criteria, and points out of bounds.
    pub fn check(&self, stage: &Stage) -> Result<(), Error> {
        if stage.criteria.is_empty() {
            return Err(Refusal::new("stage-not-scored", format!("the stage {} has no criteria", stage.name)).into());
        }
        if self.points.len() != stage.criteria.len() {
            return Err(Error::invalid("/points", "one number for each criterion of the stage"));
        }
        if self.points.iter().any(|points| *points > POINTS_MAX) {
            return Err(Error::invalid("/points", "0 to 100 points"));
        }
        Ok(())
    }
}

/// A complete submission with what was said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The submission's id.
    pub submission: SubmissionId,
    /// The team whose work it is.
    pub team: OrganisationId,
    /// Name of the stage for which it was handed in.
    pub stage: String,
    /// When it was handed in, in book time.
    pub submitted_at: Timestamp,
    /// Members of the team, and people with a declared tie to it: their cards count for nothing.
    pub tied: BTreeSet<PersonId>,
    /// All cards of it.
    pub cards: Vec<Scorecard>,
}

impl Candidate {
    /// Refuses a judge who is tied to the team with `declared-tie`.
    pub fn admit(tied: &BTreeSet<PersonId>, judge: PersonId) -> Result<(), Refusal> {
        if tied.contains(&judge) {
            return Err(Refusal::new("declared-tie", "whoever is tied to the team does not judge its work"));
        }
        Ok(())
    }

    fn counting(&self, panel: &BTreeSet<PersonId>) -> impl Iterator<Item = &Scorecard> {
        let counts = |card: &&Scorecard| panel.contains(&card.judge) && !self.tied.contains(&card.judge);
        self.cards.iter().filter(counts)
    }

    /// How many cards it needs: what the rules ask, or all judges without a tie where they are fewer.
    pub fn quorum(&self, panel: &BTreeSet<PersonId>, rules: &Rules) -> usize {
        panel.difference(&self.tied).count().min(usize::from(rules.judges_needed))
    }
}

/// The cards of a submission, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Score {
    judges: u64,
    /// Points of all cards, each multiplied by the weight of its criterion.
    weighted: u64,
    /// Points of all cards, criterion by criterion.
    by_criterion: Vec<u64>,
}

impl Score {
    fn of(candidate: &Candidate, stage: &Stage, panel: &BTreeSet<PersonId>) -> Score {
        let mut score = Score { judges: 0, weighted: 0, by_criterion: vec![0; stage.criteria.len()] };
        for card in candidate.counting(panel) {
            score.judges += 1;
            for (index, (criterion, points)) in stage.criteria.iter().zip(&card.points).enumerate() {
                score.weighted += u64::from(criterion.weight) * u64::from(*points);
                score.by_criterion[index] += u64::from(*points);
            }
        }
        score
    }

    /// Hundredths of a point, rounded down: thresholds are hundredths, so that this reaches one exactly when the score does.
    fn hundredths(&self, stage: &Stage) -> i32 {
        let weights: u64 = stage.criteria.iter().map(|criterion| u64::from(criterion.weight)).sum();
        let whole = (self.judges * weights).max(1);
        i32::try_from(self.weighted * 100 / whole).expect("at most 100.00 points")
    }
}

/// A mean as a fraction: larger first, exactly.
fn larger_mean(a: u64, a_judges: u64, b: u64, b_judges: u64) -> Ordering {
    (u128::from(b) * u128::from(a_judges.max(1))).cmp(&(u128::from(a) * u128::from(b_judges.max(1))))
}

/// A submission with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The submission's id.
    pub submission: SubmissionId,
    /// The team whose work it is.
    pub team: OrganisationId,
    /// Its place and its score in its stage.
    pub placed: Placed,
}

/// The places of every stage, by its name. The same cards give the same places, in whatever order they come.
pub type Ranking = BTreeMap<String, Vec<Ranked>>;

/// Submissions that must be scored and lack cards of judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoresMissing {
    /// Those that lack cards, in the order in which they were given; at least one.
    pub submissions: Vec<SubmissionId>,
}

impl From<ScoresMissing> for Refusal {
    fn from(missing: ScoresMissing) -> Refusal {
        let lacking = &missing.submissions;
        let first: Vec<String> = lacking.iter().take(3).map(SubmissionId::to_string).collect();
        let detail = format!("{} submissions lack scorecards, such as {}", lacking.len(), first.join(", "));
        Refusal::new("scores-missing", detail)
    }
}

/// Ranks the complete submissions stage by stage.
///
/// # Errors
///
/// [`ScoresMissing`] while one that must be scored lacks cards; `with_what_is_there` ranks it by those it has, and gives no
/// place to one that has none.
pub fn rank(
    rules: &Rules,
    panel: &BTreeSet<PersonId>,
    candidates: &[Candidate],
    with_what_is_there: bool,
) -> Result<Ranking, ScoresMissing> {
    let mut ranking = Ranking::new();
    for stage in &rules.stages {
        let admitted = shortlist(stage, &ranking);
        let in_stage = candidates
            .iter()
            .filter(|candidate| candidate.stage == stage.name)
            .filter(|candidate| admitted.as_ref().is_none_or(|teams| teams.contains(&candidate.team)));
        let mut scored: Vec<(&Candidate, Score)> =
            in_stage.map(|candidate| (candidate, Score::of(candidate, stage, panel))).collect();
        if !stage.criteria.is_empty() {
            if !with_what_is_there {
                demand_scores(rules, panel, &scored)?;
            }
            scored.retain(|(_, score)| score.judges > 0);
        }
        scored.sort_by(|a, b| order(&rules.tie_rule, stage, a, b));
        let places = scored.into_iter().zip(1..).map(|((candidate, score), place)| Ranked {
            submission: candidate.submission,
            team: candidate.team,
            placed: Placed { place, score: score.hundredths(stage) },
        });
        ranking.insert(stage.name.clone(), places.collect());
    }
    Ok(ranking)
}

/// The teams that a stage ranks; none where it ranks all.
fn shortlist(stage: &Stage, ranking: &Ranking) -> Option<BTreeSet<OrganisationId>> {
    let list = stage.admits.as_ref()?;
    let earlier = ranking.get(&list.stage)?;
    Some(earlier.iter().take(usize::from(list.best)).map(|ranked| ranked.team).collect())
}

fn demand_scores(
    rules: &Rules,
    panel: &BTreeSet<PersonId>,
    scored: &[(&Candidate, Score)],
) -> Result<(), ScoresMissing> {
    let lacks = |(candidate, score): &&(&Candidate, Score)| {
        // Where everybody is tied, nobody can score it: the host must find another judge.
        let quorum = candidate.quorum(panel, rules).max(1);
        usize::try_from(score.judges).is_ok_and(|judges| judges < quorum)
    };
    let submissions: Vec<SubmissionId> =
        scored.iter().filter(lacks).map(|(candidate, _)| candidate.submission).collect();
    if submissions.is_empty() { Ok(()) } else { Err(ScoresMissing { submissions }) }
}

fn order(rule: &TieRule, stage: &Stage, a: &(&Candidate, Score), b: &(&Candidate, Score)) -> Ordering {
    let by_score = larger_mean(a.1.weighted, a.1.judges, b.1.weighted, b.1.judges);
    let by_rule = match rule {
        TieRule::EarlierSubmission => Ordering::Equal,
        TieRule::Criterion { criterion } => match stage.criteria.iter().position(|known| known.name == *criterion) {
            Some(at) => larger_mean(a.1.by_criterion[at], a.1.judges, b.1.by_criterion[at], b.1.judges),
            None => Ordering::Equal,
        },
    };
    let earlier = (a.0.submitted_at, a.0.submission).cmp(&(b.0.submitted_at, b.0.submission));
    by_score.then(by_rule).then(earlier)
}

#[cfg(test)]
#[path = "judging_tests.rs"]
mod tests;
