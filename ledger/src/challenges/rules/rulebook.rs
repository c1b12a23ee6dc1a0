//! The rules of a challenge: one document, agreed to by its SHA-256, that says what is paid for what.
//!
//! Serialised, the fields of every part stand in alphabetical order: the canonical form of RFC 8785. What teams and
//! sponsors agree to is the digest of exactly these bytes.

use super::entering::{self, FeeDisclosure, Question};
use super::wording::{has_twins, is_word, name, paragraphs};
use crate::error::Error;
use crate::evidence::{Digest, EvidenceKind, is_spdx_id};
use crate::money::{AMOUNT_MAX, Money};
use crate::text;
use crate::words::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest eligibility text, in characters.
pub const ELIGIBILITY_MAX: usize = 10_000;
/// The most prize tiers.
pub const PRIZES_MAX: usize = 50;
/// The most single prizes of all tiers: they are lines of one journal entry.
pub const AWARDS_MAX: u32 = 500;
/// The most stages.
pub const STAGES_MAX: usize = 10;
/// The most criteria of a stage.
pub const CRITERIA_MAX: usize = 20;
/// The most licences.
pub const LICENCES_MAX: usize = 50;
/// The longest waiting time of a state, in days.
pub const DAYS_MAX: u16 = 730;
/// The most points of a criterion on a scorecard; the least are 0.
pub const POINTS_MAX: u8 = 100;
/// Days in which an appeal is decided, where the rules do not say.
pub const APPEAL_DAYS: u16 = 14;
/// Days in which teams agree to rules that were changed, where the rules do not say.
pub const CONSENT_DAYS: u16 = 14;
/// Days in which money that nobody won may roll over, where the rules do not say.
pub const ROLLOVER_DAYS: u16 = 180;
/// Days from the end of the time for appeals for which prizes wait for share plans, where the rules do not say.
pub const SHARE_DAYS: u16 = 14;
/// The most extensions of the time for submissions.
pub const EXTENSIONS_MAX: u8 = 20;

words! {
    /// What happens to prize money that nobody won.
    Unawarded, "rule for unawarded money" {
        /// It goes back to the sponsors, each by the part that it gave.
        ReturnToSponsors = "return_to_sponsors",
        /// It stays in the purse for its extension, another challenge of the host, and goes back to the sponsors when none takes it in
        /// time. It rolls over once.
        RollOver = "roll_over",
    }
}

words! {
    /// Whose the entry fees are when the prizes are awarded.
    FeeGoesTo, "use of entry fees" {
        /// They pay for running the challenge.
        OperatingFund = "operating_fund",
        /// They go back to the teams.
        Teams = "teams",
    }
}

/// What a team pays to enter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryFee {
    /// The amount that a team pays.
    #[serde(with = "super::money_text")]
    pub amount: Money,
    /// Who has it in the end: the operating fund, or the teams.
    pub goes_to: FeeGoesTo,
}

/// What a prize is given for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// The submissions at these places of the stage, one prize each: 1 to 20 are the first twenty.
    Rank {
        /// First place that wins it, from 1.
        first: u16,
        /// Last place that wins it.
        last: u16,
    },
    /// The submissions of the stage with at least a score, in order of their places while there are prizes.
    Threshold {
        /// The least score, in hundredths of a point: 7500 for 75.00.
        score: u16,
    },
    /// Shared among the teams on whose submissions the first of the stage builds, in proportion to the parts that its fixed share plan
    /// gives them, or where none is fixed, to those that it states.
    Contribution,
}

/// A tier of prizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prize {
    /// What one prize of the tier pays; the whole pool where it is shared by contribution.
    #[serde(with = "super::money_text")]
    pub amount: Money,
    /// What it is given for.
    pub condition: Condition,
    /// How many prizes the tier has.
    pub count: u16,
    /// What it is called.
    pub name: String,
    /// Name of the stage whose submissions can win it.
    pub stage: String,
}

/// One thing that judges look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its name, one word of a-z, 0-9, `_` and `-`.
    pub name: String,
    /// What it asks.
    pub title: String,
    /// How much it counts beside the others: 1 to 1,000.
    pub weight: u16,
}

/// Only the best of an earlier stage are ranked in this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shortlist {
    /// How many of the best teams are ranked.
    pub best: u16,
    /// Name of the earlier stage.
    pub stage: String,
}

/// A stage of the work: proposal, prototype, final. All stages take submissions while the challenge is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Who is ranked in it; every team with a complete submission when none.
    pub admits: Option<Shortlist>,
    /// What judges look at. A stage without criteria is not scored: being complete is all, and the tie rule orders it.
    pub criteria: Vec<Criterion>,
    /// The evidence without which a submission is not judged.
    pub gate: Vec<EvidenceKind>,
    /// Its name, one word of a-z, 0-9, `_` and `-`.
    pub name: String,
}

/// Which of two submissions with the same score comes first. Where the rule leaves them alike, the earlier submission
/// does, and of two at the same moment the one whose id is smaller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum TieRule {
    /// The one that was submitted earlier.
    EarlierSubmission,
    /// The one that is better on one criterion, where its stage has it.
    Criterion {
        /// Name of that criterion.
        criterion: String,
    },
}

/// How long each waiting state lasts, in days: 1 to 730.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timetable {
    /// Days from the announcement until it must be open.
    pub announced_days: u16,
    /// Days in which the ranking is provisional and teams may appeal.
    pub appeal_days: u16,
    /// Days for raising the purse.
    pub funding_days: u16,
    /// Days for judging.
    pub judging_days: u16,
    /// Days in which it is open for submissions.
    pub submission_days: u16,
}

/// How the time for submissions may be made longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extensions {
    /// The most days of one extension: 1 to 730.
    pub days: u16,
    /// The most extensions: 1 to 20.
    pub most: u8,
}

/// The rules of a challenge. What a document does not say has a default, and leaves no trace in its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Days in which an appeal is decided, after which it lapses; [`APPEAL_DAYS`] when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_decision_days: Option<u16>,
    /// Whether judges see no teams until the ranking is provisional.
    #[serde(default, skip_serializing_if = "is_not")]
    pub blind: bool,
    /// Days in which teams agree to rules that were changed, or withdraw; [`CONSENT_DAYS`] when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_days: Option<u16>,
    /// Who may enter.
    pub eligibility: String,
    /// What a team pays to enter; nothing when none.
    pub entry_fee: Option<EntryFee>,
    /// How the time for submissions may be made longer; not at all when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Extensions>,
    /// What must be said in public before a fee is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_disclosure: Option<FeeDisclosure>,
    /// How many judges must have scored a submission. Judges who are tied to its team do not count, and where too few
    /// are left, all who are left must have.
    pub judges_needed: u8,
    /// SPDX identifiers of the licences that evidence may be published under.
    pub licences: Vec<String>,
    /// What can be won. Their sum is the purse.
    pub prizes: Vec<Prize>,
    /// What a team answers when it enters, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// Days in which money that nobody won may roll over, after which it goes back; [`ROLLOVER_DAYS`] when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover_days: Option<u16>,
    /// SHA-256 of a rubric that is secret until the prizes are awarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_rubric: Option<Digest>,
    /// Days from the end of the time for appeals for which prizes wait for share plans that are not fixed; then they go to the team of
    /// the submission whole. [`SHARE_DAYS`] when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_days: Option<u16>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// What everybody agrees to.
    pub terms: String,
    /// Who comes first of two with the same score.
    pub tie_rule: TieRule,
    /// How long everything takes.
    pub timetable: Timetable,
    /// What happens to prize money that nobody won.
    pub unawarded: Unawarded,
    /// Whether it may be opened with less than its purse: then prizes that are more than there is are all made smaller in the same
    /// proportion.
    #[serde(default, skip_serializing_if = "is_not")]
    pub underfunded: bool,
}

impl Rules {
    /// The bytes that are agreed to.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).expect("texts, numbers and lists always serialise")
    }

    /// SHA-256 of [`Rules::canonical`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }

    /// The stage with this name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Refuses what contradicts itself, by JSON Pointer into the document, and prizes that do not sum to the purse.
    pub fn check(&self, purse: Money) -> Result<(), Error> {
        paragraphs("/terms", &self.terms, text::TERMS)?;
        paragraphs("/eligibility", &self.eligibility, 0..=ELIGIBILITY_MAX)?;
        let fee = self.entry_fee.as_ref();
        if fee.is_some_and(|fee| fee.amount.currency() != purse.currency()) {
            return Err(Error::invalid("/entry_fee/amount/currency", "the currency of the purse"));
        }
        if !(1..=20).contains(&self.judges_needed) {
            return Err(Error::invalid("/judges_needed", "1 to 20"));
        }
        if !(1..=LICENCES_MAX).contains(&self.licences.len()) || !self.licences.iter().all(|id| is_spdx_id(id)) {
            return Err(Error::invalid("/licences", "1 to 50 identifiers of the SPDX licence list"));
        }
        entering::check(&self.questions, self.fee_disclosure.as_ref())?;
        self.check_days()?;
        self.check_stages()?;
        self.check_tie_rule()?;
        self.timetable.check()?;
        self.check_prizes(purse)
    }

    fn check_days(&self) -> Result<(), Error> {
        let days = [
            ("/appeal_decision_days", self.appeal_decision_days),
            ("/consent_days", self.consent_days),
            ("/rollover_days", self.rollover_days),
            ("/share_days", self.share_days),
            ("/extensions/days", self.extensions.map(|extensions| extensions.days)),
        ];
        if let Some((pointer, _)) =
            days.into_iter().find(|(_, days)| days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)))
        {
            return Err(Error::invalid(pointer, "1 to 730 days"));
        }
        if self.extensions.is_some_and(|extensions| !(1..=EXTENSIONS_MAX).contains(&extensions.most)) {
            return Err(Error::invalid("/extensions/most", "1 to 20"));
        }
        Ok(())
    }

    fn check_stages(&self) -> Result<(), Error> {
        if !(1..=STAGES_MAX).contains(&self.stages.len()) {
            return Err(Error::invalid("/stages", "1 to 10 stages"));
        }
        for (index, stage) in self.stages.iter().enumerate() {
            let wrong = |field: &str, why: &str| Err(Error::invalid(format!("/stages/{index}/{field}"), why));
            let earlier = &self.stages[..index];
            if !is_word(&stage.name) || earlier.iter().any(|other| other.name == stage.name) {
                return wrong("name", "1 to 40 of a-z, 0-9, '_' and '-', unlike the other stages");
            }
            if stage.gate.is_empty() || has_twins(&stage.gate) {
                return wrong("gate", "at least one kind of evidence, none twice");
            }
            if stage.criteria.len() > CRITERIA_MAX
                || has_twins(&stage.criteria.iter().map(|criterion| &criterion.name).collect::<Vec<_>>())
            {
                return wrong("criteria", "at most 20 criteria, each with its own name");
            }
            for (number, criterion) in stage.criteria.iter().enumerate() {
                if !is_word(&criterion.name) || !(1..=1_000).contains(&criterion.weight) {
                    return wrong(
                        &format!("criteria/{number}"),
                        "a name of a-z, 0-9, '_', '-', and a weight of 1 to 1000",
                    );
                }
                name(&format!("/stages/{index}/criteria/{number}/title"), &criterion.title)?;
            }
            if let Some(list) = &stage.admits
                && (list.best == 0 || earlier.iter().all(|other| other.name != list.stage))
            {
                return wrong("admits", "the best 1 or more of an earlier stage");
            }
        }
        Ok(())
    }

    fn check_tie_rule(&self) -> Result<(), Error> {
        match &self.tie_rule {
            TieRule::EarlierSubmission => Ok(()),
            TieRule::Criterion { criterion } => {
                let mut criteria = self.stages.iter().flat_map(|stage| &stage.criteria);
                if criteria.any(|known| known.name == *criterion) {
                    return Ok(());
                }
                Err(Error::invalid("/tie_rule/criterion", "the name of a criterion of one of the stages"))
            }
        }
    }

    fn check_prizes(&self, purse: Money) -> Result<(), Error> {
        if !(1..=PRIZES_MAX).contains(&self.prizes.len()) {
            return Err(Error::invalid("/prizes", "1 to 50 tiers"));
        }
        for (index, prize) in self.prizes.iter().enumerate() {
            let wrong = |field: &str, why: &str| Err(Error::invalid(format!("/prizes/{index}/{field}"), why));
            name(&format!("/prizes/{index}/name"), &prize.name)?;
            if prize.amount.currency() != purse.currency() {
                return wrong("amount/currency", "the currency of the purse");
            }
            let Some(stage) = self.stage(&prize.stage) else {
                return wrong("stage", "the name of a stage");
            };
            match prize.condition {
                Condition::Rank { first, last } if first == 0 || last < first || prize.count != last - first + 1 => {
                    return wrong("condition", "places from first, 1 or more, to last, as many as there are prizes");
                }
                Condition::Threshold { score } if stage.criteria.is_empty() || prize.count == 0 || score > 10_000 => {
                    return wrong("condition", "0 to 10000 hundredths of a point, in a stage with criteria");
                }
                Condition::Contribution if prize.count != 1 => {
                    return wrong("count", "a shared pool is one prize");
                }
                Condition::Rank { .. } | Condition::Threshold { .. } | Condition::Contribution => {}
            }
        }
        if self.prizes.iter().map(|prize| u32::from(prize.count)).sum::<u32>() > AWARDS_MAX {
            return Err(Error::invalid("/prizes", "at most 500 prizes in all"));
        }
        let sum = self.purse();
        if sum != i128::from(purse.minor()) {
            let sum = i64::try_from(sum).ok().filter(|sum| *sum <= AMOUNT_MAX);
            let shown = sum.map_or("too much".to_owned(), |sum| purse.currency().format(sum));
            return Err(Error::invalid("/prizes", format!("the purse is {purse}, and the prizes sum to {shown}")));
        }
        Ok(())
    }

    /// The sum of all prizes, minor units.
    pub fn purse(&self) -> i128 {
        self.prizes.iter().map(|prize| i128::from(prize.amount.minor()) * i128::from(prize.count)).sum()
    }
}

impl Timetable {
    fn check(self) -> Result<(), Error> {
        let days = [
            ("announced_days", self.announced_days),
            ("appeal_days", self.appeal_days),
            ("funding_days", self.funding_days),
            ("judging_days", self.judging_days),
            ("submission_days", self.submission_days),
        ];
        match days.into_iter().find(|(_, days)| !(1..=DAYS_MAX).contains(days)) {
            Some((field, _)) => Err(Error::invalid(format!("/timetable/{field}"), "1 to 730 days")),
            None => Ok(()),
        }
    }
}

fn is_not(truth: &bool) -> bool {
    !*truth
}

/// A version of the rules of a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesVersion {
    /// Number of the version, from 1.
    pub version: i32,
    /// What the rules say.
    pub rules: Rules,
    /// The canonical JSON that is agreed to.
    pub document: String,
    /// SHA-256 of that document.
    pub sha256: Digest,
    /// When it was written, in book time.
    pub created_at: Timestamp,
}

#[cfg(test)]
#[path = "rulebook_tests.rs"]
pub(crate) mod tests;
