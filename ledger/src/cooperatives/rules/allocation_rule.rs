//! The rule by which a cooperative divides a period's net: a versioned list of steps, the last one for its members.

use super::cooperative::{Index, Percent, Service, is_short_name};
use super::valuation::{self, Valuation};
use crate::chart;
use crate::error::Refusal;
use crate::id::{AllocationRuleId, PersonId};
use crate::money::AMOUNT_MAX;
use crate::text;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The most steps a rule may have.
pub const STEPS_MAX: usize = 20;
/// The most groups the members' split may have.
pub const GROUPS_MAX: usize = 20;

words! {
    /// What a percentage is taken of.
    Base, "base" {
        /// Sales.
        Gross = "gross",
        /// The result: sales and what else was earned, less all costs.
        Net = "net",
        /// What the steps before have left.
        Left = "left",
        /// What business with others than members has brought: of what the steps before have left, the part that sales to them have of all
        /// sales.
        NonMember = "non_member",
    }
}

words! {
    /// How the members of a group share.
    Patronage, "patronage" {
        /// Each member gets the same.
        Equal = "equal",
        /// In proportion to attested hours.
        Hours = "hours",
        /// In proportion to the member's capital when the distribution was drafted.
        Capital = "capital",
        /// In proportion to attested units that were made.
        Units = "units",
        /// In proportion to attested points.
        Points = "points",
        /// In proportion to attested hours, each multiplied by the index that the member had on its day.
        IndexedHours = "indexed_hours",
        /// In proportion to all that is attested, each at what the rule says that it is worth.
        Value = "value",
    }
}

words! {
    /// From which day on the work of members counts.
    CountsFrom, "day from which work counts" {
        /// From the first day as a member: what was worked on probation counts for nothing.
        Admission = "admission",
        /// From the first day, that of the probation.
        FirstDay = "first_day",
    }
}

words! {
    /// What the notices of retained shares are to the tax of the United States.
    Notices, "kind of notices" {
        /// Members are taxed on them when they are told of them.
        Qualified = "qualified",
        /// Members are taxed on them when they are redeemed.
        NonQualified = "non_qualified",
    }
}

/// The most that qualified notices leave in the cooperative, in hundredths of a percent: a fifth is paid in cash (26 U.S.C. § 1388(c)(1)).
const RETAINED_MOST_OF_QUALIFIED: u64 = 8_000;

words! {
    /// A set of what a law demands.
    Minima, "set of legal minima" {
        /// French workers' cooperatives.
        FrScop = "fr-scop",
        /// French cooperatives of general interest.
        FrScic = "fr-scic",
        /// Italian cooperatives of prevailing mutuality.
        ItPrevalente = "it-prevalente",
        /// Cooperatives taxed by subchapter T of the United States' code.
        UsT = "us-t",
    }
}

/// How full a pot becomes: a step with a target gives no more than lacks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// So many minor units.
    Amount(i64),
    /// As much as the members' capital together has ever been.
    HighestCapital,
}

/// Where a step puts its part: `reserve`, `development_fund`, or a fund of the cooperative's own such as `fund:education`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pot {
    /// The indivisible reserve.
    Reserve,
    /// What pays for the next development.
    DevelopmentFund,
    /// Another fund, by its short name.
    Fund(String),
}

impl Pot {
    /// Its account.
    pub fn account(&self) -> chart::Account {
        match self {
            Pot::Reserve => chart::reserve(),
            Pot::DevelopmentFund => chart::development(),
            Pot::Fund(name) => chart::own_fund(name),
        }
    }
}

impl std::fmt::Display for Pot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Pot::Reserve => f.write_str("reserve"),
            Pot::DevelopmentFund => f.write_str("development_fund"),
            Pot::Fund(name) => write!(f, "fund:{name}"),
        }
    }
}

impl std::str::FromStr for Pot {
    type Err = NotAPot;

    fn from_str(text: &str) -> Result<Pot, NotAPot> {
        match (text, text.strip_prefix("fund:")) {
            ("reserve", _) => Ok(Pot::Reserve),
            ("development_fund", _) => Ok(Pot::DevelopmentFund),
            (_, Some(name)) if is_short_name(name) => Ok(Pot::Fund(name.to_owned())),
            _ => Err(NotAPot),
        }
    }
}

/// A text that names no pot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use reserve, development_fund, or fund: and a short name of a-z, 0-9 and '-'")]
pub struct NotAPot;

impl Serialize for Pot {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pot {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Pot, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A group of members and its part of what is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Short name, such as `workers`.
    pub group: String,
    /// Its part of what is left; those of all groups make 100 %.
    pub percent: Percent,
    /// How its members share.
    pub by: Patronage,
    /// For how long somebody must have been there to share in it; none for whoever is of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<MinimumService>,
}

impl Group {
    /// A group of which everybody shares, however long they have been there.
    pub fn new(group: impl Into<String>, percent: Percent, by: Patronage) -> Group {
        Group { group: group.into(), percent, by, served: None }
    }

    /// Whether somebody with such a service shares in it.
    pub fn takes(&self, service: Option<Service>) -> bool {
        match (self.served, service) {
            (Some(least), Some(has)) => least.is_met(has),
            (None, _) | (_, None) => true,
        }
    }
}

/// For how long somebody must have been there: one of the two is enough. Whole months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinimumService {
    /// Within the period; none where only the whole time counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_period: Option<u16>,
    /// In all, by the end of the period; none where only the period counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_all: Option<u16>,
}

/// The most months that a group may ask for in all.
pub const SERVICE_MAX: u16 = 600;

impl MinimumService {
    /// Whether somebody has been there for long enough.
    pub fn is_met(self, has: Service) -> bool {
        let met = |least: Option<u16>, has: u16| least.is_some_and(|least| has >= least);
        met(self.in_period, has.in_period) || met(self.in_all, has.in_all)
    }

    /// Whether it asks for something, and for no more than can be.
    fn is_sound(self) -> bool {
        let within = |least: Option<u16>, most: u16| least.is_none_or(|least| (1..=most).contains(&least));
        (self.in_period, self.in_all) != (None, None) && within(self.in_period, 12) && within(self.in_all, SERVICE_MAX)
    }
}

/// One step of a rule. Amounts are minor units of the book's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A fixed amount, set aside before anything is shared.
    FixedCost {
        /// What it is for.
        purpose: String,
        /// The amount to set aside, minor units.
        amount: i64,
        /// The pot into which it goes.
        to: Pot,
    },
    /// A percentage of gross, of net, or of what is left.
    Share {
        /// What the percentage is taken of.
        of: Base,
        /// The percentage that the step takes of it.
        percent: Percent,
        /// The pot into which it goes.
        to: Pot,
        /// How full the pot becomes by it; none where it takes its part however full the pot is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Target>,
    },
    /// Interest on the members' capital, in proportion to it.
    CapitalInterest {
        /// What the percentage is taken of.
        of: Base,
        /// The percentage of it that goes to interest at most.
        percent: Percent,
        /// The rate on the capital, at most; none where the percentage alone says how much it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate: Option<Percent>,
    },
    /// A percentage for a lender, until the lender has had its cap.
    UntilCap {
        /// What the percentage is taken of.
        of: Base,
        /// The percentage that the step takes of it.
        percent: Percent,
        /// Short name of the lender: a pseudonym.
        lender: String,
        /// The amount that was lent, minor units.
        lent: i64,
        /// What comes back at most, as a percentage of what was lent: 120 for 120 %.
        cap: Percent,
    },
    /// What is left, for the members. Always the last step.
    Members {
        /// Who shares, and how.
        groups: Vec<Group>,
        /// The part of each member's share that stays in the cooperative as the member's capital.
        retained: Percent,
    },
}

/// Who bears a loss: the members bear what the reserve does not, in the groups among which they share a surplus, and as they share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// The part of a loss that the reserve bears, as far as it has so much.
    pub reserve: Percent,
}

/// The longest time for which retained shares stay at least, in months.
pub const HOLD_MONTHS_MAX: u16 = 600;

/// The highest bound of a pay ratio, in hundredths: that of the largest index to the smallest.
pub const PAY_RATIO_MAX: u64 = 1_000_000;

/// A rule: its steps in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The steps; the last one, and no other, is for the members.
    pub steps: Vec<Step>,
    /// The set of legal minima that it keeps; none where the cooperative names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minima: Option<Minima>,
    /// Who bears a loss; none where the next result bears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub losses: Option<Losses>,
    /// For how many months after the end of a period the shares that it retained stay at least; none where they may be redeemed at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_months: Option<u16>,
    /// From which day on work counts; none for that of the admission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_from: Option<CountsFrom>,
    /// What the notices of retained shares are to a tax; none where the rule does not say, and then they are not qualified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notices: Option<Notices>,
    /// How many times as much as the lowest index of members their highest one is at most; none where the rule sets no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_ratio: Option<Index>,
    /// What contributions are worth where a group shares by their value; empty where none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Valuation>,
}

impl Rule {
    /// A rule that names no legal minima, and says nothing besides its steps.
    pub fn new(steps: Vec<Step>) -> Rule {
        Rule { steps, ..Rule::default() }
    }

    /// The groups among which the members share.
    pub fn groups(&self) -> &[Group] {
        let groups = self.steps.iter().find_map(|step| match step {
            Step::Members { groups, .. } => Some(groups.as_slice()),
            Step::FixedCost { .. } | Step::Share { .. } | Step::CapitalInterest { .. } | Step::UntilCap { .. } => None,
        });
        groups.unwrap_or_default()
    }

    /// The pots that it fills to a target.
    pub fn targets(&self) -> impl Iterator<Item = (&Pot, Target)> {
        self.steps.iter().filter_map(|step| match step {
            Step::Share { to, until: Some(target), .. } => Some((to, *target)),
            Step::Share { until: None, .. }
            | Step::FixedCost { .. }
            | Step::CapitalInterest { .. }
            | Step::UntilCap { .. }
            | Step::Members { .. } => None,
        })
    }

    /// The lenders whom it pays, by short name.
    pub fn lenders(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::UntilCap { lender, .. } => Some(lender.as_str()),
            Step::FixedCost { .. } | Step::Share { .. } | Step::CapitalInterest { .. } | Step::Members { .. } => None,
        })
    }

    /// Whether it asks with whom the business was.
    pub fn asks_for_business(&self) -> bool {
        self.steps.iter().any(|step| step.share().is_some_and(|(of, _)| of == Base::NonMember))
    }

    /// From which day on the work of members counts.
    pub fn counts_from(&self) -> CountsFrom {
        self.counts_from.unwrap_or(CountsFrom::Admission)
    }

    /// Whether anything is shared in proportion to capital.
    pub fn asks_for_capital(&self) -> bool {
        let has_interest = self.steps.iter().any(|step| matches!(step, Step::CapitalInterest { .. }));
        has_interest || self.shares_by(Patronage::Capital)
    }

    /// Whether anything is shared by hours that are weighed by an index.
    pub fn asks_for_indices(&self) -> bool {
        self.shares_by(Patronage::IndexedHours)
    }

    /// Whether anything is shared by the value of what was contributed.
    pub fn asks_for_values(&self) -> bool {
        self.shares_by(Patronage::Value)
    }

    /// Whether it asks for how long somebody has been there.
    pub fn asks_for_service(&self) -> bool {
        self.groups().iter().any(|group| group.served.is_some())
    }

    fn shares_by(&self, patronage: Patronage) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Members { groups, .. } => groups.iter().any(|group| group.by == patronage),
            Step::FixedCost { .. } | Step::Share { .. } | Step::CapitalInterest { .. } | Step::UntilCap { .. } => false,
        })
    }

    /// Refuses a rule that could not divide every result: wrong percentages, a missing or early members' step, wrong names.
    pub fn check(&self) -> Result<(), Refusal> {
        let refuse = |detail: String| Err(Refusal::new("rule-invalid", detail));
        if self.steps.is_empty() || self.steps.len() > STEPS_MAX {
            return refuse(format!("a rule has 1 to {STEPS_MAX} steps"));
        }
        if self.losses.is_some_and(|losses| losses.reserve > Percent::WHOLE) {
            return refuse("the reserve bears at most 100 % of a loss".into());
        }
        if self.hold_months.is_some_and(|months| months == 0 || months > HOLD_MONTHS_MAX) {
            return refuse(format!("retained shares stay for 1 to {HOLD_MONTHS_MAX} months"));
        }
        let retains_too_much = |step: &Step| matches!(step, Step::Members { retained, .. } if retained.hundredths() > RETAINED_MOST_OF_QUALIFIED);
        if self.notices == Some(Notices::Qualified) && self.steps.iter().any(retains_too_much) {
            return refuse("of qualified notices at most 80 % is retained: a fifth is paid in cash".into());
        }
        if self.pay_ratio.is_some_and(|ratio| ratio < Index::ONE || ratio.hundredths() > PAY_RATIO_MAX) {
            let most = Index::from_hundredths(PAY_RATIO_MAX);
            return refuse(format!("the highest index is 1.00 to {most} times as much as the lowest"));
        }
        if self.asks_for_values() == self.values.is_empty() {
            return refuse(
                "a rule says what contributions are worth where a group shares by their value, and nowhere else".into(),
            );
        }
        valuation::check(&self.values)?;
        // What is taken of what is left is never more than that.
        for base in [Base::Gross, Base::Net] {
            let taken: u64 = self.steps.iter().map(|step| step.takes(base)).sum();
            if taken > Percent::WHOLE.hundredths() {
                return refuse(format!("the steps take more than 100 % of {base}"));
            }
        }
        for (index, step) in self.steps.iter().enumerate() {
            let last = index + 1 == self.steps.len();
            if matches!(step, Step::Members { .. }) != last {
                return refuse("the last step, and no other, is for the members".into());
            }
            step.check()?;
        }
        Ok(())
    }
}

impl Step {
    /// The percentage that it takes, and of what; none for what takes an amount, or whatever is left.
    pub fn share(&self) -> Option<(Base, Percent)> {
        match self {
            Step::Share { of, percent, .. }
            | Step::CapitalInterest { of, percent, .. }
            | Step::UntilCap { of, percent, .. } => Some((*of, *percent)),
            Step::FixedCost { .. } | Step::Members { .. } => None,
        }
    }

    fn takes(&self, base: Base) -> u64 {
        self.share().filter(|(of, _)| *of == base).map_or(0, |(_, percent)| percent.hundredths())
    }

    fn check(&self) -> Result<(), Refusal> {
        let refuse = |detail: &str| Err(Refusal::new("rule-invalid", detail));
        let is_of_others = self.share().is_some_and(|(of, _)| of == Base::NonMember);
        if is_of_others && !matches!(self, Step::Share { .. }) {
            return refuse("what others than members brought goes into a pot");
        }
        match self {
            Step::FixedCost { purpose, amount, .. } => {
                if *amount <= 0 || *amount > AMOUNT_MAX {
                    return refuse("a fixed cost is more than zero");
                }
                if text::line(purpose, text::NAME).is_err() {
                    return refuse("a fixed cost names its purpose in 1 to 200 characters");
                }
            }
            Step::Share { percent, until, .. } => {
                if *percent == Percent::ZERO || *percent > Percent::WHOLE {
                    return refuse("a share is more than 0 and at most 100 %");
                }
                if matches!(until, Some(Target::Amount(amount)) if *amount <= 0 || *amount > AMOUNT_MAX) {
                    return refuse("a pot is filled to more than zero");
                }
            }
            Step::CapitalInterest { percent, rate, .. } => {
                if *percent == Percent::ZERO || *percent > Percent::WHOLE {
                    return refuse("interest on capital takes more than 0 and at most 100 %");
                }
                if rate.is_some_and(|rate| rate == Percent::ZERO || rate > Percent::WHOLE) {
                    return refuse("the rate on capital is more than 0 and at most 100 %");
                }
            }
            Step::UntilCap { percent, lender, lent, cap, .. } => {
                if *percent == Percent::ZERO || *percent > Percent::WHOLE || *cap == Percent::ZERO {
                    return refuse("a lender's share is more than 0 and at most 100 %, and so is its cap above 0");
                }
                if *lent <= 0 || *lent > AMOUNT_MAX / 100 {
                    return refuse("a loan is more than zero");
                }
                if !is_short_name(lender) {
                    return refuse("a lender has a short name of a-z, 0-9 and '-'");
                }
            }
            Step::Members { groups, retained } => return check_members(groups, *retained),
        }
        Ok(())
    }
}

fn check_members(groups: &[Group], retained: Percent) -> Result<(), Refusal> {
    let refuse = |detail: &str| Err(Refusal::new("rule-invalid", detail));
    if groups.is_empty() || groups.len() > GROUPS_MAX {
        return refuse("the members' step has 1 to 20 groups");
    }
    let whole: u64 = groups.iter().map(|group| group.percent.hundredths()).sum();
    if whole != Percent::WHOLE.hundredths() {
        return refuse("the groups' percentages make exactly 100");
    }
    for (index, group) in groups.iter().enumerate() {
        if group.percent == Percent::ZERO || !is_short_name(&group.group) {
            return refuse("a group has more than 0 % and a short name of a-z, 0-9 and '-'");
        }
        if group.served.is_some_and(|least| !least.is_sound()) {
            return refuse("a group asks for 1 to 12 months of the period, or 1 to 600 in all");
        }
        if groups[..index].iter().any(|earlier| earlier.group == group.group) {
            return refuse("no group stands twice");
        }
    }
    if retained > Percent::WHOLE {
        return refuse("at most 100 % of a share is retained");
    }
    Ok(())
}

/// One version. Written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationRule {
    /// Its id.
    pub id: AllocationRuleId,
    /// Number of the version, from 1 without gaps.
    pub version: i32,
    /// It holds for periods that end on this day or later, until a younger version does.
    pub effective_from: Date,
    /// Days in which members may object to a distribution by it.
    pub window_days: u16,
    /// Its steps.
    pub rule: Rule,
    /// SHA-256 of the steps.
    pub digest: [u8; 32],
    /// Who published it.
    pub published_by: PersonId,
    /// When it was published, in book time.
    pub published_at: Timestamp,
}
