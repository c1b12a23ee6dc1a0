//! What a campaign asks for, until when, and how its verdict falls.

use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days after the last day for which a campaign waits for pending payments; then its verdict falls without them.
pub const COLLECTING_DAYS: i64 = 14;
/// Days after a failure for which donors may choose another campaign; then what was collected goes back.
pub const RETURN_DAYS: i64 = 14;
/// The most days from the book's today to the last day of a campaign.
pub const LAST_DAY_DAYS_MAX: i64 = 1_830;

words! {
    /// By what a verdict is reached; fixed when the campaign is made, and stated in its terms.
    Basis, "verdict basis" {
        /// What was captured and not refunded.
        Collected = "collected",
        /// What was promised and still stood when the last day ended, whether or not it could be collected.
        Pledged = "pledged",
    }
}

words! {
    /// What a campaign came to.
    Word, "verdict" {
        /// It has what it asked for.
        Successful = "successful",
        /// It has not.
        Failed = "failed",
    }
}

/// What a campaign asks for. All amounts of one are in its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A monthly goal, without an end.
    Recurring {
        /// What should come in each month.
        monthly_goal: Money,
    },
    /// A goal and a last day: what misses the goal goes back.
    AllOrNothing {
        /// What decides.
        goal: Money,
        /// The last day on which it takes pledges, in the zone of the book.
        last_day: Date,
        /// By what it is decided.
        basis: Basis,
    },
    /// A last day, and a goal that decides nothing: whatever comes is kept.
    KeepWhatYouRaise {
        /// What is hoped for, if it was said.
        goal: Option<Money>,
        /// The last day on which it takes pledges, in the zone of the book.
        last_day: Date,
    },
    /// A minimum that decides, an optimum that is hoped for, and a last day: what misses the minimum goes back.
    MinimumAndOptimum {
        /// What decides.
        minimum: Money,
        /// What is hoped for: more than the minimum.
        optimum: Money,
        /// The last day on which it takes pledges, in the zone of the book.
        last_day: Date,
        /// By what it is decided.
        basis: Basis,
    },
}

impl Kind {
    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Recurring { .. } => "recurring",
            Kind::AllOrNothing { .. } => "all_or_nothing",
            Kind::KeepWhatYouRaise { .. } => "keep_what_you_raise",
            Kind::MinimumAndOptimum { .. } => "minimum_and_optimum",
        }
    }

    /// The last day on which it takes pledges; none without an end.
    pub fn last_day(&self) -> Option<Date> {
        match self {
            Kind::Recurring { .. } => None,
            Kind::AllOrNothing { last_day, .. }
            | Kind::KeepWhatYouRaise { last_day, .. }
            | Kind::MinimumAndOptimum { last_day, .. } => Some(*last_day),
        }
    }

    /// The goal, the minimum or the monthly goal; none where none was said.
    pub fn goal(&self) -> Option<Money> {
        match self {
            Kind::Recurring { monthly_goal: goal }
            | Kind::AllOrNothing { goal, .. }
            | Kind::MinimumAndOptimum { minimum: goal, .. } => Some(*goal),
            Kind::KeepWhatYouRaise { goal, .. } => *goal,
        }
    }

    /// The same with another one; says what stands against it.
    pub fn with_goal(self, goal: Money) -> Result<Kind, String> {
        Ok(match self {
            Kind::Recurring { .. } => Kind::Recurring { monthly_goal: goal },
            Kind::AllOrNothing { last_day, basis, .. } => Kind::AllOrNothing { goal, last_day, basis },
            Kind::KeepWhatYouRaise { last_day, .. } => Kind::KeepWhatYouRaise { goal: Some(goal), last_day },
            Kind::MinimumAndOptimum { optimum, last_day, basis, .. } if goal.minor() < optimum.minor() => {
                Kind::MinimumAndOptimum { minimum: goal, optimum, last_day, basis }
            }
            Kind::MinimumAndOptimum { optimum, .. } => return Err(format!("must be less than the optimum, {optimum}")),
        })
    }

    /// What decides, and by what; none where nothing is at stake.
    pub fn decider(&self) -> Option<(Money, Basis)> {
        match self {
            Kind::AllOrNothing { goal, basis, .. } => Some((*goal, *basis)),
            Kind::MinimumAndOptimum { minimum, basis, .. } => Some((*minimum, *basis)),
            Kind::Recurring { .. } | Kind::KeepWhatYouRaise { .. } => None,
        }
    }

    /// The verdict on what the basis counts, minor units: the goal or the minimum decides. Where nothing is at stake, any money
    /// at all is a success.
    pub fn verdict(&self, counted: i128) -> Word {
        let needed = self.decider().map_or(1, |(needed, _)| i128::from(needed.minor()));
        if counted >= needed { Word::Successful } else { Word::Failed }
    }

    /// What is added to the terms of a campaign with a last day, so that whoever pledges has agreed to how it ends.
    pub fn policy(&self) -> Option<String> {
        let last_day = self.last_day()?;
        let Some((_, basis)) = self.decider() else {
            return Some(format!("Pledges are taken through {last_day}. Whatever is collected is kept."));
        };
        let what = match self {
            Kind::MinimumAndOptimum { .. } => "minimum",
            Kind::Recurring { .. } | Kind::AllOrNothing { .. } | Kind::KeepWhatYouRaise { .. } => "goal",
        };
        let counts = match basis {
            Basis::Collected => "what was collected and not refunded",
            Basis::Pledged => "what was pledged and still stood at the end of that day, collected or not,",
        };
        Some(format!(
            "Pledges are taken through {last_day}. Payments that are pending then have {COLLECTING_DAYS} days. The campaign is \
             successful if {counts} reaches its {what}. If not, what was collected goes back to those who gave it, unless they choose another \
             campaign within {RETURN_DAYS} days."
        ))
    }
}

/// The verdict on a campaign, and on what it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What it came to.
    pub word: Word,
    /// What the basis counted, minor units.
    pub counted: i64,
    /// When it fell, in book time.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD).expect("positive")
    }

    fn all_or_nothing(goal: i64, basis: Basis) -> Kind {
        Kind::AllOrNothing { goal: usd(goal), last_day: date(2027, 3, 31), basis }
    }

    #[test]
    fn c6_what_was_collected_misses_the_goal_that_was_pledged() {
        let kind = all_or_nothing(1_000_000, Basis::Collected);
        assert_eq!((kind.verdict(1_040_000), kind.verdict(988_000)), (Word::Successful, Word::Failed));
    }

    #[test]
    fn the_terms_say_how_a_campaign_ends_and_by_what() {
        assert_eq!(Kind::Recurring { monthly_goal: usd(1) }.policy(), None);
        let collected = all_or_nothing(1, Basis::Collected).policy().expect("a last day");
        let pledged = all_or_nothing(1, Basis::Pledged).policy().expect("a last day");
        assert!(collected.contains("2027-03-31") && collected.contains("collected and not refunded"), "{collected}");
        assert!(pledged.contains("pledged and still stood"), "{pledged}");
        let kept = Kind::KeepWhatYouRaise { goal: None, last_day: date(2027, 3, 31) }.policy().expect("a last day");
        assert!(kept.ends_with("is kept."), "{kept}");
    }

    proptest! {
        #[test]
        fn the_minimum_alone_decides_to_the_cent(minimum in 1..1_000_000i64, more in 1..1_000_000i64, off in -3..3i64) {
            let kind = Kind::MinimumAndOptimum {
                minimum: usd(minimum), optimum: usd(minimum + more), last_day: date(2027, 3, 31), basis: Basis::Collected,
            };
            let wanted = if off >= 0 { Word::Successful } else { Word::Failed };
            prop_assert_eq!(kind.verdict(i128::from(minimum + off)), wanted);
        }

        #[test]
        fn where_nothing_is_at_stake_only_nothing_fails(goal in proptest::option::of(1..1_000_000i64), counted in 0..5i128) {
            let kind = Kind::KeepWhatYouRaise { goal: goal.map(usd), last_day: date(2027, 3, 31) };
            prop_assert_eq!(kind.verdict(counted) == Word::Failed, counted == 0);
        }
    }
}
