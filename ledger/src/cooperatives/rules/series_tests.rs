//! How a plan is cut into entries.

use super::*;
use crate::book::AccountNumber;
use crate::cooperatives::rules::allocation_rule::{Base, Group, Losses, Patronage, Pot, Rule, Step};
use crate::cooperatives::rules::cooperative::Percent;
use crate::cooperatives::rules::inputs::{Inputs, MemberInput};
use crate::cooperatives::rules::loss;
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
    assert_eq!((one.len(), one[0].members, one[0].parts.len()), (1, (0, 4), 9));
    let two = all_of(&plan(4, 1_000, "50"), 8);
    let shape: Vec<_> = two.iter().map(|it| (it.has_steps, it.members, it.parts.len())).collect();
    assert_eq!(shape, [(true, (0, 3), 7), (false, (4, 4), 2)]);
    let each = all_of(&plan(3, 1_000, "0"), 1);
    let shape: Vec<_> = each.iter().map(|it| it.members).collect();
    assert_eq!(shape, [(0, 0), (1, 1), (2, 2), (3, 3)]);
}

/// A loss that members bear alike, with capitals of 0, 1, 2 and so on, and a part of it the reserve.
fn loss(members: i32, net: i64, reserve: i64) -> Plan {
    let steps = vec![Step::Members {
        groups: vec![Group::new("a", Percent::WHOLE, Patronage::Equal)],
        retained: Percent::ZERO,
    }];
    let rule = Rule { losses: Some(Losses { reserve: "30".parse().expect("a percentage") }), ..Rule::new(steps) };
    let member = |number: i32| {
        let id = MemberId::generate(BookId(1));
        MemberInput { capital: i64::from(number) * 7, ..MemberInput::new(id, number, "a") }
    };
    let members = (1..=members).map(member).collect();
    loss::bear(&rule, &Inputs { net: -net, reserve, members, ..Inputs::default() }).expect("members")
}

fn costs(amounts: &[i64]) -> Vec<OnAccount> {
    (1..).zip(amounts).map(|(number, amount)| OnAccount { account: AccountNumber(number), amount: *amount }).collect()
}

#[test]
fn each_entry_of_a_loss_covers_what_its_own_parts_come_to_and_costs_go_on_where_the_last_one_ended() {
    let plan = loss(4, 100, 20);
    assert_eq!((plan.from_reserve, plan.members[0].loss), (20, 20));
    let all = instalments_of_loss(Some(20), &plan.members, &costs(&[30, 70]), 6, Currency::USD).expect("it fits");
    let shape: Vec<_> = all.iter().map(|it| (it.has_steps, it.members, it.parts.len(), it.costs.clone())).collect();
    let on = |account, amount| OnAccount { account: AccountNumber(account), amount };
    let first = vec![on(1, 30), on(2, 10)];
    assert_eq!(shape, [(true, (0, 1), 3, first), (false, (2, 4), 4, vec![on(2, 60)])]);
    assert_eq!(uncovered(&costs(&[30, 70]), 80), [on(2, 20)]);
}

#[test]
fn a_part_that_covers_more_accounts_of_costs_than_an_entry_has_lines_for_is_refused_before_anything_moves() {
    let plan = loss(1, 9, 0);
    let refused = instalments_of_loss(Some(0), &plan.members, &costs(&[3, 3, 3]), 4, Currency::USD);
    assert_eq!(refused.expect_err("two lines and three").code, "too-many-parts");
    assert_eq!(
        instalments_of_loss(Some(0), &plan.members, &costs(&[3, 3, 3]), 5, Currency::USD).map(|all| all.len()),
        Ok(1)
    );
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
        let posted: Vec<Credit> = all.iter().flat_map(|it| it.parts.clone()).collect();
        prop_assert_eq!(posted, plan.credits());
        prop_assert!(all.iter().all(|it| it.parts.len() <= most));
        for pair in all.windows(2) {
            prop_assert!(pair[0].members.1 < pair[1].members.0 && !pair[1].has_steps);
        }
    }

    #[test]
    fn a_series_takes_of_bearers_all_of_a_loss_and_covers_all_of_the_costs_entry_by_entry(
        members in 1i32..60, amounts in proptest::collection::vec(1i64..5_000, 1..6), reserve in 0i64..500,
        most in 9usize..20, page in 1usize..70, stop in 1usize..4,
    ) {
        let (costs, net): (_, i64) = (costs(&amounts), amounts.iter().sum());
        let plan = loss(members, net, reserve);
        let mut all: Vec<Instalment> = Vec::new();
        let mut at = 0;
        // Some entries at a time are kept, and the next ones are made of what those leave.
        loop {
            let last = all.last().map(|it| it.members.1);
            at = last.map_or(0, |last| plan.members.iter().filter(|it| it.number <= last).count()).max(at);
            let some = &plan.members[at..(at + page).min(plan.members.len())];
            let covered = all.iter().flat_map(|it| &it.costs).map(|it| it.amount).sum();
            let mut next = instalments_of_loss(
                all.is_empty().then_some(plan.from_reserve), some, &uncovered(&costs, covered), most, Currency::USD,
            ).expect("it fits");
            if next.is_empty() {
                if at + some.len() >= plan.members.len() {
                    break;
                }
                at += some.len();
                continue;
            }
            next.truncate(stop);
            all.extend(next);
        }
        let taken: Vec<Credit> = all.iter().flat_map(|it| it.parts.clone()).collect();
        prop_assert_eq!(taken, plan.bearers());
        for it in &all {
            let (borne, covered): (i64, i64) =
                (it.parts.iter().map(|it| it.amount).sum(), it.costs.iter().map(|it| it.amount).sum());
            prop_assert_eq!(borne, covered);
            prop_assert!(it.parts.len() + it.costs.len() <= most);
        }
        for pair in all.windows(2) {
            prop_assert!(pair[0].members.1 < pair[1].members.0 && !pair[1].has_steps);
        }
        for cost in costs {
            let of: i64 = all.iter().flat_map(|it| &it.costs).filter(|it| it.account == cost.account).map(|it| it.amount).sum();
            prop_assert_eq!(of, cost.amount);
        }
    }
}
