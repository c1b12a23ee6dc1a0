//! How a plan with more parts than one entry has lines for is posted: by a numbered series of entries, none of which parts what a member gets.
//! It is divided as it is read, some members at a time.

use super::plan::{self, Credit, MemberPart, StepPart};
use crate::money::{Currency, Money};

/// What one entry of a series posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instalment {
    /// What goes of the surplus to which account.
    pub credits: Vec<Credit>,
    /// Whether it has the steps before the members, and what falls due of loans.
    pub has_steps: bool,
    /// Numbers of the first and the last member whose part it has; 0 for who are not there.
    pub members: (i32, i32),
}

/// How many lines a credit takes: one, or as many as its amount needs.
fn lines(credit: &Credit, currency: Currency) -> usize {
    Money::parts(credit.amount, currency).len()
}

/// Divides what is left of a plan, or its next members, into entries of at most so many lines each: in its order, the steps first where the series
/// begins with them, then member by member. What falls due of loans is a line more for each lender, in the first one.
pub fn instalments(
    steps: Option<&[StepPart]>,
    members: &[MemberPart],
    most: usize,
    currency: Currency,
) -> Vec<Instalment> {
    let (mut all, mut filled) = (Vec::new(), most);
    if let Some(steps) = steps {
        let credits = plan::credits(steps);
        let due: usize = plan::principals(steps).map(|(_, amount)| Money::parts(amount, currency).len()).sum();
        filled = due + credits.iter().map(|credit| lines(credit, currency)).sum::<usize>();
        all.push(Instalment { credits, has_steps: true, members: (0, 0) });
    }
    for part in members {
        let own = part.credits();
        let needs: usize = own.iter().map(|credit| lines(credit, currency)).sum();
        if needs == 0 {
            continue;
        }
        if filled + needs > most && filled > 0 {
            all.push(Instalment { credits: Vec::new(), has_steps: false, members: (part.number, part.number) });
            filled = 0;
        }
        filled += needs;
        if let Some(last) = all.last_mut() {
            last.credits.extend(own);
            last.members.1 = part.number;
        }
    }
    all.retain(|it| !it.credits.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cooperatives::rules::allocation_rule::{Base, Group, Patronage, Pot, Rule, Step};
    use crate::cooperatives::rules::cooperative::Percent;
    use crate::cooperatives::rules::inputs::{Inputs, MemberInput};
    use crate::cooperatives::rules::plan::Plan;
    use crate::cooperatives::rules::waterfall::distribute;
    use crate::id::{BookId, MemberId};
    use proptest::prelude::*;

    fn all_of(plan: &Plan, most: usize) -> Vec<Instalment> {
        instalments(Some(&plan.steps), &plan.members, most, Currency::USD)
    }

    fn plan(members: i32, net: i64, retained: &str) -> Plan {
        let steps = vec![
            Step::Share { of: Base::Net, percent: "10".parse().expect("a percentage"), to: Pot::Reserve, until: None },
            Step::Members {
                groups: vec![Group::new("a", Percent::WHOLE, Patronage::Equal)],
                retained: retained.parse().expect("a percentage"),
            },
        ];
        let member = |number| MemberInput::new(MemberId::generate(BookId(1)), number, "a");
        let inputs = Inputs { net, members: (1..=members).map(member).collect(), ..Inputs::default() };
        distribute(&Rule::new(steps), &inputs).expect("members")
    }

    #[test]
    fn a_plan_that_fits_is_one_entry_and_one_that_does_not_parts_no_member() {
        let one = all_of(&plan(4, 1_000, "50"), 9);
        assert_eq!((one.len(), one[0].members, one[0].credits.len()), (1, (0, 4), 9));
        let two = all_of(&plan(4, 1_000, "50"), 8);
        let shape: Vec<_> = two.iter().map(|it| (it.has_steps, it.members, it.credits.len())).collect();
        assert_eq!(shape, [(true, (0, 3), 7), (false, (4, 4), 2)]);
        let each = all_of(&plan(3, 1_000, "0"), 1);
        let shape: Vec<_> = each.iter().map(|it| it.members).collect();
        assert_eq!(shape, [(0, 0), (1, 1), (2, 2), (3, 3)]);
    }

    proptest! {
        #[test]
        fn a_series_posts_all_of_a_plan_in_its_order_and_members_follow_one_another(
            members in 1i32..60, net in 1i64..100_000, half in proptest::bool::ANY, most in 3usize..20, page in 1usize..70,
        ) {
            let plan = plan(members, net, if half { "50" } else { "0" });
            let mut all: Vec<Instalment> = Vec::new();
            for (number, some) in plan.members.chunks(page).enumerate() {
                all.extend(instalments((number == 0).then_some(&*plan.steps), some, most, Currency::USD));
            }
            let posted: Vec<Credit> = all.iter().flat_map(|it| it.credits.clone()).collect();
            prop_assert_eq!(posted, plan.credits());
            prop_assert!(all.iter().all(|it| it.credits.len() <= most));
            for pair in all.windows(2) {
                prop_assert!(pair[0].members.1 < pair[1].members.0 && !pair[1].has_steps);
            }
        }
    }
}
