//! The rules of a challenge on the wire.

use crate::wire::MoneyBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a team pays to enter.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = EntryFee)]
pub struct EntryFeeSchema {
    /// How much, in the currency of the purse.
    pub amount: MoneyBody,
    /// Whose it is when the prizes are awarded: `operating_fund` or `teams`.
    #[schema(pattern = "^(operating_fund|teams)$")]
    pub goes_to: String,
}

/// What a prize is given for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
#[schema(as = PrizeCondition)]
pub enum ConditionSchema {
    /// The places of the stage from `first` to `last`, one prize each.
    Rank {
        /// From 1.
        #[schema(minimum = 1, maximum = 500)]
        first: u16,
        /// Included.
        #[schema(minimum = 1, maximum = 500)]
        last: u16,
    },
    /// Whoever has at least so many hundredths of a point, in order of the places while there are prizes.
    Threshold {
        /// 7500 for 75.00 points.
        #[schema(maximum = 10000)]
        score: u16,
    },
    /// Shared among the teams on whose submissions the first of the stage builds, in proportion to the parts that its fixed share plan
    /// gives them, or where none is fixed, to those that it states.
    Contribution,
}

/// A tier of prizes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengePrize)]
pub struct PrizeSchema {
    /// Of one prize; of the whole pool where it is shared.
    pub amount: MoneyBody,
    /// What it is given for.
    pub condition: ConditionSchema,
    /// How many prizes the tier has; 1 for a shared pool.
    #[schema(minimum = 1, maximum = 500)]
    pub count: u16,
    /// What it is called.
    #[schema(min_length = 1, max_length = 200, example = "Grand prize")]
    pub name: String,
    /// Name of the stage.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "final")]
    pub stage: String,
}

/// What judges look at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ScoreCriterion)]
pub struct CriterionSchema {
    /// A word for it.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "test_data")]
    pub name: String,
    /// What it asks.
    #[schema(min_length = 1, max_length = 200, example = "What the tests measured")]
    pub title: String,
    /// How much it counts beside the others.
    #[schema(minimum = 1, maximum = 1000)]
    pub weight: u16,
}

/// Only the best of an earlier stage are ranked.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Shortlist)]
pub struct ShortlistSchema {
    /// How many teams.
    #[schema(minimum = 1)]
    pub best: u16,
    /// Name of the earlier stage.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$")]
    pub stage: String,
}

/// A stage of the work. All stages take submissions while the challenge is open, one for each team.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengeStage)]
pub struct StageSchema {
    /// Every team with a complete submission is ranked when null.
    pub admits: Option<ShortlistSchema>,
    /// Nothing is scored where there are none: being complete is all, and the tie rule gives the places.
    #[schema(max_items = 20)]
    pub criteria: Vec<CriterionSchema>,
    /// Kinds of evidence without which a submission is not judged, each under one of the licences.
    #[schema(min_items = 1, max_items = 9, example = json!(["design_files", "bill_of_materials"]))]
    pub gate: Vec<String>,
    /// A word for it.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "prototype")]
    pub name: String,
}

/// Who comes first of two with the same score; of two that are still alike, the earlier submission.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
#[schema(as = TieRule)]
pub enum TieRuleSchema {
    /// The earlier submission.
    EarlierSubmission,
    /// The one that is better on a criterion.
    Criterion {
        /// Its name.
        #[schema(min_length = 1, max_length = 40)]
        criterion: String,
    },
}

/// How long each waiting state lasts, in days.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengeTimetable)]
pub struct TimetableSchema {
    /// Announced, until it must be open.
    #[schema(minimum = 1, maximum = 730)]
    pub announced_days: u16,
    /// The ranking is provisional, and teams may appeal.
    #[schema(minimum = 1, maximum = 730)]
    pub appeal_days: u16,
    /// Raising the purse.
    #[schema(minimum = 1, maximum = 730)]
    pub funding_days: u16,
    /// Judging; where scores are missing, once more.
    #[schema(minimum = 1, maximum = 730)]
    pub judging_days: u16,
    /// Open for submissions.
    #[schema(minimum = 1, maximum = 730)]
    pub submission_days: u16,
}

/// How the time for submissions may be made longer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengeExtensions)]
pub struct ExtensionsSchema {
    /// The most days of one extension.
    #[schema(minimum = 1, maximum = 730)]
    pub days: u16,
    /// The most extensions.
    #[schema(minimum = 1, maximum = 20)]
    pub most: u8,
}

/// What must be said in public before an entry fee is taken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FeeDisclosure)]
pub struct FeeDisclosureSchema {
    /// Places from which no team may enter; empty when it is held everywhere.
    #[schema(max_items = 50, example = json!(["Quebec"]))]
    pub excluded_places: Vec<String>,
    /// By which skills work is judged.
    #[schema(min_length = 1, max_length = 4000)]
    pub skill: String,
    /// Who offers the prizes.
    #[schema(min_length = 1, max_length = 200)]
    pub sponsor: String,
}

/// What a team is asked when it enters.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengeQuestion)]
pub struct QuestionSchema {
    /// `yes_no`, or `text`.
    #[schema(pattern = "^(yes_no|text)$")]
    pub kind: String,
    /// A word for it.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "adult")]
    pub name: String,
    /// What it asks.
    #[schema(min_length = 1, max_length = 200, example = "Is everybody on the team of age?")]
    pub title: String,
    /// The answer without which no team enters; of `yes_no` only.
    pub wants: Option<bool>,
}

/// The rules of a challenge. What is agreed to is the SHA-256 of this document as JSON of RFC 8785.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengeRules)]
pub struct RulesSchema {
    /// Days in which an appeal is decided, or it lapses; 14 when not given.
    #[schema(minimum = 1, maximum = 730)]
    pub appeal_decision_days: Option<u16>,
    /// Whether judges see no teams until the ranking is provisional; they do when not given.
    #[serde(default)]
    pub blind: bool,
    /// Days in which teams agree to rules that were changed, or withdraw with their fee; 14 when not given. An entry whose team says
    /// nothing is withdrawn with its fee.
    #[schema(minimum = 1, maximum = 730)]
    pub consent_days: Option<u16>,
    /// Who may enter.
    #[schema(max_length = 10000)]
    pub eligibility: String,
    /// Null where entering costs nothing.
    pub entry_fee: Option<EntryFeeSchema>,
    /// Null where submissions close when they were to close.
    pub extensions: Option<ExtensionsSchema>,
    /// Needed for the opening where there is an entry fee.
    pub fee_disclosure: Option<FeeDisclosureSchema>,
    /// How many judges must have scored a submission; where ties leave fewer, all who are left.
    #[schema(minimum = 1, maximum = 20)]
    pub judges_needed: u8,
    /// SPDX identifiers of the licences that evidence may be published under.
    #[schema(min_items = 1, max_items = 50, example = json!(["CERN-OHL-S-2.0"]))]
    pub licences: Vec<String>,
    /// They sum to the purse.
    #[schema(min_items = 1, max_items = 50)]
    pub prizes: Vec<PrizeSchema>,
    /// What a team answers when it enters; they stay from the announcement on.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub questions: Vec<QuestionSchema>,
    /// With `roll_over`: days in which another challenge may take what nobody won; 180 when not given. What is left then goes back.
    #[schema(minimum = 1, maximum = 730)]
    pub rollover_days: Option<u16>,
    /// SHA-256 of a rubric that judges go by, and that everybody reads when the prizes are awarded; it stays from the opening on.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    pub secret_rubric: Option<String>,
    /// Days from the end of the time for appeals for which prizes wait for share plans of what won; 14 when not given. Where a plan is
    /// not fixed by then, the prizes of its submission go to its team whole. It stays from the opening on.
    #[schema(minimum = 1, maximum = 730)]
    pub share_days: Option<u16>,
    /// In order.
    #[schema(min_items = 1, max_items = 10)]
    pub stages: Vec<StageSchema>,
    /// What everybody agrees to.
    #[schema(min_length = 1, max_length = 50000)]
    pub terms: String,
    /// Who comes first of two with the same score.
    pub tie_rule: TieRuleSchema,
    /// How long everything takes.
    pub timetable: TimetableSchema,
    /// What happens to prize money that nobody won: `return_to_sponsors`, or `roll_over` into its extension, another challenge of the book,
    /// once; it goes back when none takes it in time, and when nobody wins it there. It stays from the opening on.
    #[schema(pattern = "^(return_to_sponsors|roll_over)$")]
    pub unawarded: String,
    /// Whether it may be opened when less than its purse has settled; not when not given. Prizes that are more than there is are then all
    /// made smaller in the same proportion. It stays from the opening on.
    #[serde(default)]
    pub underfunded: bool,
}
