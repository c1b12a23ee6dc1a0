//! What members contribute: hours, units made, points, the use of equipment, or things, which count once a second member has attested them.

use super::cooperative::{Hours, Member, Period, Quantity, is_short_name};
use super::undone::{self, Undone};
use crate::error::Refusal;
use crate::id::{ContributionId, MemberId, PersonId};
use crate::words::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most hours of one contribution, in hundredths.
pub const HOURS_MAX: u64 = 1_000_000;

/// The hours of a day, in hundredths.
pub const HOURS_A_DAY: u64 = 2_400;

/// The most units, points or things of one contribution, in hundredths.
pub const QUANTITY_MAX: u64 = 100_000_000;

words! {
    /// Where a contribution stands.
    ContributionState, "state of a contribution" {
        /// Written down; counts for nothing until a second member attests it.
        Recorded = "recorded",
        /// A second member says that it is true.
        Attested = "attested",
        /// Taken back; counts for nothing.
        Reversed = "reversed",
    }
}

words! {
    /// In what a contribution is counted.
    Unit, "unit of a contribution" {
        /// Hours that were worked.
        Hours = "hours",
        /// Units that were made.
        Units = "units",
        /// Points, as the cooperative gives them.
        Points = "points",
        /// Hours for which equipment of the member was used, such as a machine or a room.
        Use = "use",
        /// Things that the member gave, counted by the piece or as their kind says.
        InKind = "in_kind",
    }
}

impl Unit {
    /// Refuses what one contribution of some days cannot be, and says what can.
    pub fn check(self, quantity: Quantity, worked: Period) -> Result<(), String> {
        let (most, why) = match self {
            Unit::Hours | Unit::Use => {
                ((worked.days() * HOURS_A_DAY).min(HOURS_MAX), ": 24 for each day, 10000 in all")
            }
            Unit::Units | Unit::Points | Unit::InKind => (QUANTITY_MAX, ""),
        };
        if quantity == Quantity::ZERO || quantity.hundredths() > most {
            return Err(format!("more than 0 and at most {}{why}", Quantity::from_hundredths(most)));
        }
        Ok(())
    }

    /// Whether what is counted in it says of what kind it is.
    pub fn is_of_a_kind(self) -> bool {
        match self {
            Unit::Use | Unit::InKind => true,
            Unit::Hours | Unit::Units | Unit::Points => false,
        }
    }
}

/// So much of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contributed {
    /// In what it is counted.
    pub unit: Unit,
    /// What was used or given, by a short name such as `laser`; none for hours, units and points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How much of its unit, exact to the hundredth.
    pub quantity: Quantity,
}

impl Contributed {
    /// Refuses what one contribution of some days cannot be: at which field, and what can.
    pub fn check(&self, worked: Period) -> Result<(), (&'static str, String)> {
        let at = if self.unit == Unit::Hours { "/hours" } else { "/quantity" };
        self.unit.check(self.quantity, worked).map_err(|why| (at, why))?;
        match &self.kind {
            Some(_) if !self.unit.is_of_a_kind() => Err(("/kind", format!("{} are of no kind", self.unit))),
            None if self.unit.is_of_a_kind() => {
                Err(("/kind", "say what it was, by a short name such as laser".to_owned()))
            }
            Some(kind) if !is_short_name(kind) => Err(("/kind", "1 to 40 of a-z, 0-9 and '-'".to_owned())),
            Some(_) | None => Ok(()),
        }
    }

    /// The hours of it: none where it is counted in something else.
    pub fn hours(&self) -> Hours {
        match self.unit {
            Unit::Hours => Hours::from_hundredths(self.quantity.hundredths()),
            Unit::Units | Unit::Points | Unit::Use | Unit::InKind => Hours::ZERO,
        }
    }
}

/// What is of no kind, of a member; nothing of zero.
pub fn of_no_kind(hours: Hours, units: Quantity, points: Quantity) -> impl Iterator<Item = Contributed> {
    let hours = Quantity::from_hundredths(hours.hundredths());
    let all = [(Unit::Hours, hours), (Unit::Units, units), (Unit::Points, points)];
    let all = all.into_iter().filter(|(_, quantity)| *quantity != Quantity::ZERO);
    all.map(|(unit, quantity)| Contributed { unit, kind: None, quantity })
}

/// What a member contributed: hours that were worked, units that were made, points, the use of equipment, or things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// Its id.
    pub id: ContributionId,
    /// The member who worked.
    pub member: MemberId,
    /// The days on which it was worked; it counts in the period in which the last one lies.
    pub worked: Period,
    /// What it was, and how much.
    pub contributed: Contributed,
    /// What was done.
    pub note: String,
    /// Who wrote it down.
    pub recorded_by: PersonId,
    /// When it was written down, in book time.
    pub recorded_at: Timestamp,
    /// Who attested it and when, in book time.
    pub attested: Option<(PersonId, Timestamp)>,
    /// By whom and why it was taken back, if it was.
    pub undone: Option<Undone>,
}

impl Contribution {
    /// Where it stands.
    pub fn state(&self) -> ContributionState {
        match (&self.undone, self.attested) {
            (Some(_), _) => ContributionState::Reversed,
            (None, Some(_)) => ContributionState::Attested,
            (None, None) => ContributionState::Recorded,
        }
    }

    /// A second member says that it is true.
    ///
    /// # Errors
    ///
    /// `own-attestation` when `by` is the member or whoever wrote it down; `already-attested`; `already-reversed`.
    pub fn attest(self, member: &Member, by: PersonId, now: Timestamp) -> Result<Contribution, Refusal> {
        self.stands()?;
        if self.attested.is_some() {
            return Err(Refusal::new("already-attested", "a second member has attested it"));
        }
        if by == member.person || by == self.recorded_by {
            let detail = "hours are attested by a second member: neither who worked them nor who wrote them down";
            return Err(Refusal::new("own-attestation", detail));
        }
        Ok(Contribution { attested: Some((by, now)), ..self })
    }

    /// Refuses with `already-reversed` what was taken back.
    pub fn stands(&self) -> Result<(), Refusal> {
        undone::stands(self.undone.as_ref(), "the contribution was taken back: write it down again")
    }

    /// Who had to do with it: who worked, who wrote it down, who attested it.
    pub fn is_of(&self, member: &Member, person: PersonId) -> bool {
        [Some(member.person), Some(self.recorded_by), self.attested.map(|(by, _)| by)].contains(&Some(person))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cooperatives::rules::cooperative::tests::member;
    use crate::id::BookId;
    use jiff::civil::date;

    #[test]
    fn what_is_contributed_at_once_is_within_bounds() {
        let day = Period::new(date(2027, 1, 1), date(2027, 1, 1)).expect("a day");
        for (unit, most) in [
            (Unit::Hours, "24.00"),
            (Unit::Units, "1000000.00"),
            (Unit::Points, "1000000.00"),
            (Unit::Use, "24.00"),
            (Unit::InKind, "1000000.00"),
        ] {
            let most: Quantity = most.parse().expect("hundredths");
            let more = Quantity::from_hundredths(most.hundredths() + 1);
            assert_eq!(unit.check(most, day), Ok(()), "{unit}");
            assert!(unit.check(more, day).is_err() && unit.check(Quantity::ZERO, day).is_err(), "{unit}");
        }
    }

    #[test]
    fn the_use_of_equipment_and_things_are_of_a_kind_and_nothing_else_is() {
        let day = Period::new(date(2027, 1, 1), date(2027, 1, 1)).expect("a day");
        for unit in Unit::ALL {
            let of = |kind: Option<&str>| {
                let contributed = Contributed {
                    unit: *unit,
                    kind: kind.map(str::to_owned),
                    quantity: Quantity::from_hundredths(100),
                };
                contributed.check(day).map_err(|(at, _)| at)
            };
            let (sound, unsound) = if unit.is_of_a_kind() { (Some("laser-2"), None) } else { (None, Some("laser-2")) };
            assert_eq!((of(sound), of(unsound)), (Ok(()), Err("/kind")), "{unit}");
            assert_eq!(of(Some("A laser")), Err("/kind"), "{unit}");
        }
    }

    #[test]
    fn hours_are_attested_by_a_second_member_and_once() {
        let worker = member(1, "workers");
        let (clerk, colleague) = (PersonId::generate(), PersonId::generate());
        let contribution = Contribution {
            id: ContributionId::generate(BookId(1)),
            member: worker.id,
            worked: Period::new(date(2027, 1, 1), date(2027, 1, 31)).expect("a month"),
            contributed: Contributed { unit: Unit::Hours, kind: None, quantity: Quantity::from_hundredths(16_000) },
            note: "Presses".into(),
            recorded_by: clerk,
            recorded_at: Timestamp::UNIX_EPOCH,
            attested: None,
            undone: None,
        };
        for own in [worker.person, clerk] {
            let refusal =
                contribution.clone().attest(&worker, own, Timestamp::UNIX_EPOCH).expect_err("not a second one");
            assert_eq!(refusal.code, "own-attestation");
        }
        let attested = contribution.attest(&worker, colleague, Timestamp::UNIX_EPOCH).expect("a second member");
        assert_eq!(attested.state(), ContributionState::Attested);
        let again = attested.attest(&worker, clerk, Timestamp::UNIX_EPOCH).expect_err("done");
        assert_eq!(again.code, "already-attested");
    }
}
