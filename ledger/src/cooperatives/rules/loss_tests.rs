//! Who bears how much of a loss.

use super::*;
use crate::cooperatives::rules::allocation_rule::{Group, Losses, Patronage, Step};
use crate::cooperatives::rules::cooperative::Hours;
use crate::cooperatives::rules::waterfall::distribute;
use crate::id::{BookId, MemberId};
use proptest::prelude::*;

/// A rule by hours, of whose losses the reserve bears so many percent.
fn rule(reserve: &str) -> Rule {
    let workers = Group::new("workers", Percent::WHOLE, Patronage::Hours);
    let steps = vec![Step::Members { groups: vec![workers], retained: Percent::ZERO }];
    Rule { losses: Some(Losses { reserve: reserve.parse().expect("a percentage") }), ..Rule::new(steps) }
}

/// Members with hours, capital and what stands against their shares.
fn inputs(net: i64, reserve: i64, of: &[(u64, i64, i64)]) -> Inputs {
    let member = |(number, (hours, capital, stands)): (i32, &(u64, i64, i64))| MemberInput {
        hours: Hours::from_hundredths(hours * 100),
        capital: *capital,
        stands: *stands,
        carry: i64::from(number),
        ..MemberInput::new(MemberId::generate(BookId(1)), number, "workers")
    };
    Inputs { net, reserve, members: (1..).zip(of).map(member).collect(), ..Inputs::default() }
}

const HOURS: [u64; 4] = [2_080, 1_560, 1_040, 520];

#[test]
fn k16_half_is_borne_by_the_reserve_and_what_a_capital_cannot_bear_stands_against_the_next_shares() {
    let capital = [1_400_000, 1_050_000, 700_000, 30_000];
    let of: Vec<_> = HOURS.into_iter().zip(capital).map(|(hours, capital)| (hours, capital, 0)).collect();
    let plan = bear(&rule("50"), &inputs(-1_000_000, 1_000_000, &of)).expect("a loss");
    assert_eq!(plan.from_reserve, 500_000);
    let parts: Vec<_> = plan.members.iter().map(|part| (part.from_capital(), part.stands)).collect();
    assert_eq!(parts, [(200_000, 0), (150_000, 0), (100_000, 0), (30_000, 20_000)]);
    assert_eq!(plan.bearers().len(), 6);
    assert!(plan.credits().is_empty() && plan.total() == 0, "nobody gets anything of a loss");
    let carries: Vec<i64> = plan.members.iter().map(|part| part.carry).collect();
    assert_eq!(carries, [1, 2, 3, 4], "what rounding carried stays as it is");

    // Whoever works there and is no member bears nothing, however many hours.
    let mut with_employee = inputs(-1_000_000, 1_000_000, &of);
    let employee = MemberInput::new(MemberId::generate(BookId(1)), 5, "workers");
    with_employee.members.push(MemberInput { is_employee: true, hours: Hours::from_hundredths(900_000), ..employee });
    let without = bear(&rule("50"), &with_employee).expect("a loss");
    let of_members: Vec<_> = without.members.iter().map(|part| (part.from_capital(), part.stands)).collect();
    assert_eq!(of_members, parts);

    // The next surplus of 5,200.00: 520.00 of it were the fourth's.
    let of: Vec<_> = HOURS.into_iter().zip([0, 0, 0, 20_000]).map(|(hours, stands)| (hours, 0, stands)).collect();
    let next = distribute(&rule("50"), &inputs(520_000, 0, &of)).expect("a surplus");
    let parts: Vec<_> = next.members.iter().map(|part| (part.cash, part.netted)).collect();
    assert_eq!(parts, [(208_000, 0), (156_000, 0), (104_000, 0), (32_000, 20_000)]);
    assert_eq!(next.total(), 520_000);
}

#[test]
fn k4_the_reserve_first_or_the_members_as_the_version_of_the_rule_says() {
    let of: Vec<_> = HOURS.into_iter().map(|hours| (hours, 5_000_000, 0)).collect();
    let plan = bear(&rule("100"), &inputs(-1_000_000, 1_000_000, &of)).expect("a loss");
    assert_eq!((plan.from_reserve, plan.members.len()), (1_000_000, 0));
    let plan = bear(&rule("100"), &inputs(-1_000_000, 600_000, &of)).expect("a loss");
    let parts: Vec<_> = plan.members.iter().map(|part| part.loss).collect();
    assert_eq!((plan.from_reserve, parts), (600_000, vec![160_000, 120_000, 80_000, 40_000]), "what the reserve lacks");
    let plan = bear(&rule("0"), &inputs(-1_000_000, 600_000, &of)).expect("a loss");
    assert_eq!((plan.from_reserve, plan.loss()), (0, 1_000_000));
    let silent = Rule { losses: None, ..rule("0") };
    assert_eq!(bear(&silent, &inputs(-1, 0, &of)).expect_err("the next result bears it").code, "no-surplus");
    assert_eq!(bear(&rule("0"), &inputs(1, 0, &of)).expect_err("a surplus").code, "no-surplus");
    let idle: Vec<_> = of.iter().map(|_| (0, 0, 0)).collect();
    assert_eq!(bear(&rule("0"), &inputs(-1, 0, &idle)).expect_err("no hours").code, "no-weights");
}

proptest! {
    #[test]
    fn whatever_is_lost_the_parts_add_up_and_no_capital_and_no_reserve_falls_below_zero(
        loss in 1..1_000_000i64, reserve in 0..500_000i64, percent in 0..101u64,
        of in prop::collection::vec((1..3_000u64, 0..100_000i64, 0..1_000i64), 1..12)
    ) {
        let plan = bear(&rule(&percent.to_string()), &inputs(-loss, reserve, &of)).expect("a loss");
        prop_assert_eq!(plan.loss(), loss);
        prop_assert!(plan.from_reserve <= reserve);
        let all: i64 = plan.bearers().iter().map(|it| it.amount).sum();
        prop_assert_eq!(all, loss);
        for (part, (_, capital, _)) in plan.members.iter().zip(&of) {
            prop_assert!(part.from_capital() >= 0 && part.from_capital() <= *capital);
            prop_assert!(part.stands == 0 || part.from_capital() == *capital, "nothing stands while capital is left");
        }
    }

    #[test]
    fn whatever_stands_against_shares_is_netted_once_and_the_shares_add_up(
        surplus in 1..1_000_000i64, of in prop::collection::vec((1..3_000u64, 0..1_000i64, 0..200_000i64), 1..12)
    ) {
        let plan = distribute(&rule("0"), &inputs(surplus, 0, &of)).expect("a surplus");
        prop_assert_eq!(plan.total(), surplus);
        for (part, (_, _, stands)) in plan.members.iter().zip(&of) {
            prop_assert!(part.netted <= *stands && part.cash >= 0 && part.retained >= 0);
            prop_assert!(part.netted == *stands || part.cash + part.retained == 0, "nothing is paid while something stands");
        }
    }
}
