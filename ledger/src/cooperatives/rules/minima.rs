//! What laws demand of an allocation rule, as named sets: a rule that is published under one is refused when it gives less.
//!
//! A set is data and no advice. It has a version, the day on which it was written down and its source, since laws change; which one holds
//! for a cooperative, and whether one does, the cooperative says. What a rule gives is measured by dividing a surplus by it, once while
//! its reserve lacks everything and once while it lacks nothing.

use super::allocation_rule::{Base, Group, Minima, Patronage, Pot, Rule, Step, Target};
use super::cooperative::{Hours, Percent, Quantity};
use super::inputs::{Inputs, MemberInput};
use super::plan::{MemberPart, Plan, Recipient};
use super::waterfall::distribute;
use crate::error::Refusal;
use crate::id::{BookId, MemberId};
use jiff::civil::{Date, date};

/// One thing that a set demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// At least so much of the surplus goes to the reserve, until the reserve is as much as capital has ever been.
    ReserveUntilCapital(u64),
    /// At least so much goes to the reserve, however large it is.
    ReserveAlways(u64),
    /// Once the reserve's first part is complete, still so much goes to it.
    ReserveStill(u64),
    /// At least so much goes to a fund of this name.
    Fund(&'static str, u64),
    /// Something goes to the development fund.
    Development,
    /// At least so much goes to those who work, by hours or alike.
    Labour(u64),
    /// No more goes to capital than to those who work.
    CapitalAtMostLabour,
    /// At least so much of each member's share is paid out.
    InCash(u64),
}

impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |hundredths: u64| Percent::from_hundredths(hundredths);
        match self {
            Demand::ReserveUntilCapital(least) => {
                let until = "until it is as much as the members' capital has ever been";
                write!(f, "At least {} % of the surplus go to the reserve, {until}.", part(*least))
            }
            Demand::ReserveAlways(least) => {
                write!(f, "At least {} % of the surplus go to the reserve, however large it is.", part(*least))
            }
            Demand::ReserveStill(least) => {
                write!(f, "Once the reserve is complete, still {} % of the surplus go to it.", part(*least))
            }
            Demand::Fund(name, least) => {
                write!(f, "At least {} % of the surplus go to fund:{name}.", part(*least))
            }
            Demand::Development => f.write_str("A part of the surplus goes to the development fund."),
            Demand::Labour(least) => {
                write!(f, "At least {} % of the surplus go to those who work, by hours or alike.", part(*least))
            }
            Demand::CapitalAtMostLabour => f.write_str("No more goes to capital than to those who work."),
            Demand::InCash(least) => write!(f, "At least {} % of each share are paid out.", part(*least)),
        }
    }
}

/// A set with what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set {
    /// Its version.
    pub version: u16,
    /// The day on which it was written down.
    pub as_of: Date,
    /// Where it stands.
    pub source: &'static str,
    /// What it demands.
    pub demands: &'static [Demand],
}

/// What a set says.
pub fn set(of: Minima) -> Set {
    let (source, demands): (&str, &[Demand]) = match of {
        Minima::FrScop => (
            "law 78-763 of 19 July 1978, article 33",
            &[
                Demand::ReserveUntilCapital(1_500),
                Demand::Development,
                Demand::Labour(2_500),
                Demand::CapitalAtMostLabour,
            ],
        ),
        Minima::FrScic => (
            "law 47-1775 of 10 September 1947, articles 16 and 19 nonies",
            &[Demand::ReserveUntilCapital(5_750), Demand::ReserveStill(5_000)],
        ),
        Minima::ItPrevalente => (
            "Civil Code, article 2545-quater, and law 59 of 31 January 1992, article 11",
            &[Demand::ReserveAlways(3_000), Demand::Fund("mutual", 300)],
        ),
        Minima::UsT => ("26 U.S.C. 1388(c)(1)", &[Demand::InCash(2_000)]),
    };
    Set { version: 1, as_of: date(2026, 11, 28), source, demands }
}

/// Refuses a rule that gives less than the set that it names, and says what, how much, and where it stands.
///
/// # Errors
///
/// `rule-below-minimum`.
pub fn check(rule: &Rule) -> Result<(), Refusal> {
    let Some(of) = rule.minima else { return Ok(()) };
    let set = set(of);
    let demanded = || {
        if set.demands.iter().any(|demand| !matches!(demand, Demand::InCash(_))) {
            takes_of_surplus_only(rule)?;
        }
        set.demands.iter().try_for_each(|demand| demand.check(rule))
    };
    demanded().map_err(|why: String| {
        let detail = format!("{of}, version {} of {}: {why} ({})", set.version, set.as_of, set.source);
        Refusal::new("rule-below-minimum", detail)
    })
}

/// What is taken before the surplus is known would make every minimum smaller than it looks.
fn takes_of_surplus_only(rule: &Rule) -> Result<(), String> {
    for (index, step) in rule.steps.iter().enumerate() {
        let is_of_surplus = match step {
            Step::FixedCost { .. } | Step::UntilCap { .. } => false,
            // What others than members brought the reserve may have: the demands are for what members brought.
            Step::Share { of: Base::NonMember, to, .. } if *to == Pot::Reserve => true,
            Step::Share { of: Base::NonMember, .. } | Step::CapitalInterest { of: Base::NonMember, .. } => {
                let which = "puts what others than members brought elsewhere than into the reserve";
                return Err(format!("step {} {which}", index + 1));
            }
            Step::Share { of, .. } | Step::CapitalInterest { of, .. } => *of != Base::Gross,
            Step::Members { .. } => true,
        };
        if !is_of_surplus {
            let which = "takes no share of net or of what is left: record it as a cost";
            return Err(format!("step {} {which}", index + 1));
        }
    }
    Ok(())
}

/// The surplus by which a rule is measured: so large that no rounding shows in a hundredth of a percent.
const SURPLUS: i64 = 1_000_000_000_000;

/// What a rule makes of it.
struct Measured(Plan);

impl Measured {
    /// Divides the surplus; `is_full`: pots with a target lack nothing of it; `non_member`: how much of the sales others than members brought.
    fn new(rule: &Rule, is_full: bool, non_member: i64) -> Result<Measured, String> {
        let targets = rule.targets().map(|(pot, _)| (pot.clone(), if is_full { i64::MAX } else { 0 }));
        let groups = rule.steps.iter().flat_map(|step| match step {
            Step::Members { groups, .. } => groups.as_slice(),
            Step::FixedCost { .. } | Step::Share { .. } | Step::CapitalInterest { .. } | Step::UntilCap { .. } => &[],
        });
        let member = |number: i32, group: &str, capital: i64| MemberInput {
            hours: Hours::from_hundredths(100),
            units: Quantity::from_hundredths(100),
            points: Quantity::from_hundredths(100),
            capital,
            ..MemberInput::new(MemberId::generate(BookId(0)), number, group)
        };
        let inputs = Inputs {
            gross: SURPLUS,
            net: SURPLUS,
            non_member,
            pots: targets.collect(),
            highest_capital: i64::MAX,
            days: 365,
            // So much capital that no rate is what bounds the interest.
            former: vec![member(0, "", i64::MAX / 2)],
            members: (1..).zip(groups).map(|(number, group)| member(number, &group.group, 1)).collect(),
            ..Inputs::default()
        };
        distribute(rule, &inputs).map(Measured).map_err(|refusal| refusal.detail)
    }

    fn of(&self, pot: &Pot) -> i64 {
        let to = Recipient::Pot(pot.clone());
        self.0.steps.iter().filter(|part| part.to == to).map(|part| part.amount).sum()
    }

    fn capital(&self) -> i64 {
        let share = |part: &MemberPart| match part.by {
            Patronage::Capital => part.cash + part.retained,
            Patronage::Equal
            | Patronage::Hours
            | Patronage::Units
            | Patronage::Points
            | Patronage::IndexedHours
            | Patronage::Value => part.interest,
        };
        self.0.members.iter().map(share).sum()
    }

    fn labour(&self) -> i64 {
        self.0.members.iter().map(|part| part.cash + part.retained).sum::<i64>() - self.capital()
    }
}

/// A hundredth of a percent of it.
const HUNDREDTH: i64 = SURPLUS / 10_000;

/// What rounding to whole minor units may have taken of a part, over all steps that there can be.
const ROUNDED: i64 = 100;

/// What a part is of the surplus, for people to read: whole hundredths of a percent, the rest cut off. Nothing is decided by it.
fn percent(amount: i64) -> Percent {
    Percent::from_hundredths(((amount + ROUNDED) / HUNDREDTH).unsigned_abs())
}

fn at_least(amount: i64, hundredths: u64, whom: &str) -> Result<(), String> {
    let demanded = i128::from(hundredths) * i128::from(HUNDREDTH);
    if i128::from(amount) + i128::from(ROUNDED) >= demanded {
        return Ok(());
    }
    let (gives, least) = (percent(amount), Percent::from_hundredths(hundredths));
    Err(format!("at least {least} % of the surplus go to {whom}, and this rule gives {gives} %"))
}

impl Demand {
    fn check(self, rule: &Rule) -> Result<(), String> {
        let (lacking, full) = (Measured::new(rule, false, 0)?, Measured::new(rule, true, 0)?);
        match self {
            Demand::ReserveUntilCapital(least) => {
                let wrong =
                    rule.targets().any(|(pot, target)| *pot == Pot::Reserve && target != Target::HighestCapital);
                if wrong {
                    return Err(
                        "the reserve is filled until it is as much as capital has ever been, not to an amount".into()
                    );
                }
                at_least(lacking.of(&Pot::Reserve), least, "the reserve")
            }
            Demand::ReserveAlways(least) => at_least(full.of(&Pot::Reserve), least, "the reserve, however large it is"),
            Demand::ReserveStill(least) => at_least(full.of(&Pot::Reserve), least, "the reserve once it is complete"),
            Demand::Fund(name, least) => {
                let pot = Pot::Fund(name.to_owned());
                // A fund has its part of what others than members brought, too.
                let mixed = Measured::new(rule, false, SURPLUS / 2)?;
                let gives = [&lacking, &full, &mixed].map(|measured| measured.of(&pot));
                at_least(gives.into_iter().min().unwrap_or(0), least, &pot.to_string())
            }
            Demand::Development if lacking.of(&Pot::DevelopmentFund) > 0 => Ok(()),
            Demand::Development => Err("a part goes to the development fund, and this rule gives it none".into()),
            Demand::Labour(least) => at_least(lacking.labour(), least, "those who work"),
            Demand::CapitalAtMostLabour => {
                for measured in [lacking, full] {
                    let (capital, labour) = (measured.capital(), measured.labour());
                    if capital > labour + ROUNDED {
                        let (capital, labour) = (percent(capital), percent(labour));
                        return Err(format!(
                            "capital has {capital} % of the surplus, more than those who work with {labour} %"
                        ));
                    }
                }
                Ok(())
            }
            Demand::InCash(least) => in_cash(rule, Percent::from_hundredths(least)),
        }
    }
}

/// Refuses when less than `least` of each share is paid out.
fn in_cash(rule: &Rule, least: Percent) -> Result<(), String> {
    for step in &rule.steps {
        if let Step::Members { retained, .. } = step {
            let paid = Percent::from_hundredths(Percent::WHOLE.hundredths().saturating_sub(retained.hundredths()));
            if paid < least {
                return Err(format!("at least {least} % of each share are paid out, and this rule pays {paid} %"));
            }
        }
    }
    Ok(())
}

/// A rule that cooperatives often have, to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// The rule.
    pub rule: Rule,
}

/// The presets.
pub fn presets() -> Vec<Preset> {
    let hundred = |parts: u64| Percent::from_hundredths(parts * 100);
    let group = |name: &str, parts, by| Group::new(name, hundred(parts), by);
    let share = |parts, to| Step::Share { of: Base::Net, percent: hundred(parts), to, until: None };
    let workers = |retained| Step::Members { groups: vec![group("workers", 100, Patronage::Hours)], retained };
    let education = || Pot::Fund("education".to_owned());
    vec![
        Preset {
            name: "80-20",
            about: "80 % to the workers by their hours, 20 % to the management, each the same.",
            rule: Rule::new(vec![Step::Members {
                groups: vec![group("workers", 80, Patronage::Hours), group("management", 20, Patronage::Equal)],
                retained: Percent::ZERO,
            }]),
        },
        Preset {
            name: "10-20-70",
            about: "10 % to the education fund, 20 % to the reserve, 70 % to the workers by their hours.",
            rule: Rule::new(vec![share(10, education()), share(20, Pot::Reserve), workers(Percent::ZERO)]),
        },
        Preset {
            name: "45-45-10",
            about: "45 % to the reserve, 10 % to the education fund, 45 % to the workers by their hours, as their capital.",
            rule: Rule::new(vec![share(45, Pot::Reserve), share(10, education()), workers(Percent::WHOLE)]),
        },
    ]
}

#[cfg(test)]
#[path = "minima_tests.rs"]
mod tests;
