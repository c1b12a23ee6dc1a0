//! What an allocation rule says that contributions are worth: so much for an hour, for a unit, or for one of a kind that was used or given.
//!
//! A worth is a weight and no money: only the proportion of what members contributed decides how they share, and nothing is owed for a
//! contribution that no surplus pays. So a rule may say it in its currency, such as 18.00 for an hour and 6.00 for one of a laser's.

use super::contribution::{Contributed, Unit};
use super::cooperative::{Quantity, Worth, is_short_name};
use crate::error::Refusal;
use serde::{Deserialize, Serialize};

/// The most valuations of a rule.
pub const VALUES_MAX: usize = 50;
/// The most that one of something is worth, in hundredths.
pub const WORTH_MAX: u64 = 10_000_000;

/// What one of something is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Valuation {
    /// In what it is counted.
    pub unit: Unit,
    /// The kind of what was used or given; none for all kinds that no other valuation names, and for what is of no kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How much one counts.
    pub worth: Worth,
}

/// Something that a member contributed, at what the rule says that it is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Valued {
    /// What it was, and how much of it.
    #[serde(flatten)]
    pub contributed: Contributed,
    /// How much one counts.
    pub worth: Worth,
}

impl Valued {
    /// What it is worth in all, in hundredths of hundredths. No rounding: both are whole hundredths.
    pub fn weight(&self) -> u64 {
        self.contributed.quantity.hundredths().saturating_mul(self.worth.hundredths())
    }
}

/// What some contributions are worth together, rounded once to the hundredth, a half upwards: to be read. Shares are divided by exact weights.
pub fn total(valued: &[Valued]) -> Quantity {
    let exact = valued.iter().map(Valued::weight).fold(0, u64::saturating_add);
    Quantity::from_hundredths(exact / 100 + u64::from(exact % 100 >= 50))
}

/// Refuses valuations by which nobody could reckon.
pub(super) fn check(values: &[Valuation]) -> Result<(), Refusal> {
    let refuse = |detail: String| Err(Refusal::new("rule-invalid", detail));
    if values.len() > VALUES_MAX {
        return refuse(format!("a rule values at most {VALUES_MAX} kinds"));
    }
    for (index, value) in values.iter().enumerate() {
        if !(1..=WORTH_MAX).contains(&value.worth.hundredths()) {
            return refuse(format!("what is valued is worth 0.01 to {}", Worth::from_hundredths(WORTH_MAX)));
        }
        if let Some(kind) = &value.kind {
            if !value.unit.is_of_a_kind() {
                return refuse(format!("{} are of no kind", value.unit));
            }
            if !is_short_name(kind) {
                return refuse("a kind has a short name of a-z, 0-9 and '-'".into());
            }
        }
        if values[..index].iter().any(|earlier| (earlier.unit, &earlier.kind) == (value.unit, &value.kind)) {
            return refuse("nothing is valued twice".into());
        }
    }
    Ok(())
}

/// What of some contributions is worth something, by the valuation of its kind, or of all kinds of its unit.
pub fn value(values: &[Valuation], contributed: &[Contributed]) -> Vec<Valued> {
    let of = |it: &Contributed| {
        let of_unit = || values.iter().filter(|value| value.unit == it.unit);
        let found =
            of_unit().find(|value| value.kind == it.kind).or_else(|| of_unit().find(|value| value.kind.is_none()));
        found.map(|value| Valued { contributed: it.clone(), worth: value.worth })
    };
    contributed.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valuation(unit: Unit, kind: Option<&str>, worth: &str) -> Valuation {
        Valuation { unit, kind: kind.map(str::to_owned), worth: worth.parse().expect("hundredths") }
    }

    fn contributed(unit: Unit, kind: Option<&str>, quantity: &str) -> Contributed {
        Contributed { unit, kind: kind.map(str::to_owned), quantity: quantity.parse().expect("hundredths") }
    }

    #[test]
    fn a_kind_is_valued_by_its_own_name_or_with_all_others_and_what_no_rule_names_is_worth_nothing() {
        let values = [
            valuation(Unit::Hours, None, "18"),
            valuation(Unit::Use, Some("laser"), "6.25"),
            valuation(Unit::Use, None, "2"),
            valuation(Unit::InKind, Some("timber"), "0.35"),
        ];
        check(&values).expect("sound");
        let all = [
            contributed(Unit::Hours, None, "7.50"),
            contributed(Unit::Use, Some("laser"), "12.50"),
            contributed(Unit::Use, Some("saw"), "3"),
            contributed(Unit::InKind, Some("timber"), "0.05"),
            contributed(Unit::InKind, Some("paint"), "9"),
            contributed(Unit::Points, None, "40"),
        ];
        let valued = value(&values, &all);
        let weights: Vec<u64> = valued.iter().map(Valued::weight).collect();
        assert_eq!(weights, [1_350_000, 781_250, 60_000, 175]);
        // 135.00 + 78.125 + 6.00 + 0.0175 = 219.1425
        assert_eq!(total(&valued).to_string(), "219.14");
    }

    #[test]
    fn valuations_name_nothing_twice_no_kind_of_hours_and_a_worth_that_can_be() {
        for (values, why) in [
            (vec![valuation(Unit::Use, Some("saw"), "1"), valuation(Unit::Use, Some("saw"), "2")], "twice"),
            (vec![valuation(Unit::Points, None, "1"), valuation(Unit::Points, None, "1")], "all of it twice"),
            (vec![valuation(Unit::Hours, Some("night"), "1")], "a kind of hours"),
            (vec![valuation(Unit::InKind, Some("Timber"), "1")], "no short name"),
            (vec![valuation(Unit::InKind, Some("timber"), "0")], "worth nothing"),
            (vec![valuation(Unit::InKind, Some("timber"), "100000.01")], "worth too much"),
            ((0..=VALUES_MAX).map(|it| valuation(Unit::Use, Some(&it.to_string()), "1")).collect(), "too many"),
        ] {
            assert_eq!(check(&values).expect_err(why).code, "rule-invalid", "{why}");
        }
        check(&[valuation(Unit::Use, None, "1"), valuation(Unit::InKind, None, "1")]).expect("two units");
    }
}
