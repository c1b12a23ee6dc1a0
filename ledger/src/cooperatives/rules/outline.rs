//! What stays with a distribution of its plan: all but the parts of single members, which are rows of their own, and what those come to
//! together. So whoever reads a distribution reads as much of one among a hundred thousand as of one among four.

use super::allocation_rule::{Patronage, Pot};
use super::cooperative::Hours;
use super::plan::{MemberPart, Plan, Recipient, StepPart};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many members who have nothing that counts are named.
const IDLE_NAMED_MAX: usize = 10;

/// A plan without the parts of its members.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outline {
    /// Parts of the steps before the members.
    pub steps: Vec<StepPart>,
    /// What of a loss the reserve bears, minor units; 0 where a surplus is shared.
    #[serde(default)]
    pub from_reserve: i64,
    /// What each group of members has together, by the name of the group.
    pub groups: Vec<GroupSum>,
}

/// What the members of a group have together. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GroupSum {
    /// The group, such as `workers`.
    pub group: String,
    /// How many members have a part.
    pub members: usize,
    /// How many of them share what the steps have left: all but those who have interest only.
    pub sharing: usize,
    /// What is payable to them, with their interest.
    pub cash: i64,
    /// How much of the cash is interest on capital.
    pub interest: i64,
    /// What becomes capital.
    pub retained: i64,
    /// What advances and earlier losses take of the shares.
    pub netted: i64,
    /// Their part of a loss.
    pub loss: i64,
    /// What of that part their capital cannot bear.
    pub stands: i64,
    /// How many have something carried over to the next distribution.
    pub carried: usize,
    /// How many share by hours and have none.
    pub idle: usize,
    /// The numbers of the first of them.
    pub first_idle: Vec<i32>,
}

impl GroupSum {
    fn add(&mut self, part: &MemberPart) {
        let is_idle = match part.by {
            Patronage::Hours | Patronage::IndexedHours => part.hours == Hours::ZERO,
            Patronage::Units | Patronage::Points | Patronage::Equal | Patronage::Capital | Patronage::Value => false,
        };
        self.members += 1;
        self.sharing += usize::from(part.interest == 0 || part.shares());
        self.cash += part.cash;
        self.interest += part.interest;
        self.retained += part.retained;
        self.netted += part.netted;
        self.loss += part.loss;
        self.stands += part.stands;
        self.carried += usize::from(part.carry != 0);
        self.idle += usize::from(is_idle);
        if is_idle && self.first_idle.len() < IDLE_NAMED_MAX {
            self.first_idle.push(part.number);
        }
    }

    /// All that they have of a surplus besides interest, minor units.
    pub fn shared(&self) -> i64 {
        self.cash + self.retained + self.netted - self.interest
    }

    /// What their capital bears of a loss, minor units.
    pub fn from_capital(&self) -> i64 {
        self.loss - self.stands
    }
}

impl Plan {
    /// What stays with a distribution of it.
    pub fn outline(&self) -> Outline {
        let mut groups: BTreeMap<&str, GroupSum> = BTreeMap::new();
        for part in &self.members {
            groups.entry(&part.group).or_default().add(part);
        }
        let named = |(group, sum): (&str, GroupSum)| GroupSum { group: group.to_owned(), ..sum };
        Outline {
            steps: self.steps.clone(),
            from_reserve: self.from_reserve,
            groups: groups.into_iter().map(named).collect(),
        }
    }
}

impl Outline {
    /// How many members have a part.
    pub fn members(&self) -> usize {
        self.groups.iter().map(|group| group.members).sum()
    }

    /// Minor units that go into a pot.
    pub fn given(&self, pot: &Pot) -> i64 {
        self.steps.iter().filter(|part| part.to == Recipient::Pot(pot.clone())).map(|part| part.amount).sum()
    }

    /// Minor units of interest on capital, all together.
    pub fn interest(&self) -> i64 {
        self.groups.iter().map(|group| group.interest).sum()
    }

    /// Minor units that become members' capital, all together.
    pub fn retained(&self) -> i64 {
        self.groups.iter().map(|group| group.retained).sum()
    }

    /// Minor units of what members have that it takes: of their capital, and of what stands against their shares.
    pub fn takes_of_members(&self) -> i64 {
        self.groups.iter().map(|group| group.netted + group.from_capital()).sum()
    }

    /// Minor units of a loss that it divides.
    pub fn loss(&self) -> i64 {
        self.from_reserve + self.groups.iter().map(|group| group.loss).sum::<i64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cooperatives::rules::allocation_rule::{Base, Group, Rule, Step};
    use crate::cooperatives::rules::cooperative::Percent;
    use crate::cooperatives::rules::inputs::{Inputs, MemberInput};
    use crate::cooperatives::rules::plan::credits;
    use crate::cooperatives::rules::waterfall::distribute;
    use crate::id::{BookId, MemberId};
    use proptest::prelude::*;

    fn plan(worked: &[u64], net: i64) -> Plan {
        let half: Percent = "50".parse().expect("a percentage");
        let steps = vec![
            Step::Share { of: Base::Net, percent: "10".parse().expect("a percentage"), to: Pot::Reserve, until: None },
            Step::Members {
                groups: vec![
                    Group::new("workers", half, Patronage::Hours),
                    Group::new("managers", half, Patronage::Equal),
                ],
                retained: half,
            },
        ];
        let member = |(number, hours): (i32, &u64)| {
            let group = if number % 2 == 0 { "workers" } else { "managers" };
            let (id, hours) = (MemberId::generate(BookId(1)), Hours::from_hundredths(*hours));
            MemberInput { hours, ..MemberInput::new(id, number, group) }
        };
        let inputs = Inputs { net, members: (1..).zip(worked).map(member).collect(), ..Inputs::default() };
        distribute(&Rule::new(steps), &inputs).expect("somebody has worked")
    }

    #[test]
    fn who_has_worked_nothing_is_counted_and_the_first_ten_are_named() {
        let mut worked = vec![0; 40];
        worked[3] = 100;
        let outline = plan(&worked, 100_000).outline();
        let [managers, workers] = outline.groups.as_slice() else { panic!("two groups: {outline:?}") };
        assert_eq!((managers.group.as_str(), managers.idle, managers.members), ("managers", 0, 20));
        assert_eq!((workers.group.as_str(), workers.idle, workers.sharing), ("workers", 19, 20));
        assert_eq!(workers.first_idle, [2, 6, 8, 10, 12, 14, 16, 18, 20, 22]);
    }

    proptest! {
        #[test]
        fn the_sums_of_groups_and_the_steps_are_all_of_a_plan(
            worked in proptest::collection::vec(1u64..10_000, 2..40), net in 1i64..1_000_000,
        ) {
            let plan = plan(&worked, net);
            let outline = plan.outline();
            let shared: i64 = outline.groups.iter().map(|group| group.shared() + group.interest).sum();
            let steps: i64 = credits(&outline.steps).iter().map(|credit| credit.amount).sum();
            prop_assert_eq!(steps + shared, net);
            prop_assert_eq!((outline.members(), outline.loss()), (plan.members.len(), 0));
            prop_assert_eq!(outline.interest(), plan.interest());
        }
    }
}
