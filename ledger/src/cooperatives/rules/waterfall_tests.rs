use super::*;
use crate::chart;
use crate::cooperatives::rules::allocation_rule::MinimumService;
use crate::cooperatives::rules::contribution::{Contributed, Unit};
use crate::cooperatives::rules::cooperative::{Hours, Index, Quantity, Service, Worth};
use crate::cooperatives::rules::member_index::IndexedHours;
use crate::cooperatives::rules::plan::principals;
use crate::cooperatives::rules::valuation::{Valuation, Valued};
use crate::id::BookId;
use proptest::prelude::*;

fn percent(text: &str) -> Percent {
    text.parse().expect("a percentage")
}

fn share(of: Base, text: &str, to: Pot) -> Step {
    Step::Share { of, percent: percent(text), to, until: None }
}

fn group(name: &str, text: &str, by: Patronage) -> Group {
    Group::new(name, percent(text), by)
}

fn split(groups: Vec<Group>) -> Step {
    Step::Members { groups, retained: Percent::ZERO }
}

/// 10 % of net into the development fund; the rest 80 to workers by hours and 20 to management equally.
fn main_road() -> Rule {
    let groups = vec![group("workers", "80", Patronage::Hours), group("management", "20", Patronage::Equal)];
    Rule::new(vec![share(Base::Net, "10", Pot::DevelopmentFund), split(groups)])
}

fn input(number: i32, group: &str, hours: &str) -> MemberInput {
    let hours = hours.parse().expect("hours");
    MemberInput { hours, ..MemberInput::new(MemberId::generate(BookId(1)), number, group) }
}

fn crew() -> Vec<MemberInput> {
    vec![
        input(1, "workers", "2080"),
        input(2, "workers", "1560"),
        input(3, "workers", "1040"),
        input(4, "workers", "520"),
        input(5, "management", "0"),
        input(6, "management", "0"),
    ]
}

fn period(gross: i64, costs: i64, members: Vec<MemberInput>) -> Inputs {
    Inputs { gross, net: gross - costs, members, ..Inputs::default() }
}

fn cash(plan: &Plan) -> Vec<i64> {
    plan.members.iter().map(|part| part.cash).collect()
}

/// 12,345.67 − 345.67 = 12,000.00; 10 % = 1,200.00; of the rest, 10,800.00, workers have 8,640.00 and management 2,160.00;
/// 5,200 hours make 40, 30, 20 and 10 % of 8,640.00.
#[test]
fn a_round_result_divides_without_a_remainder() {
    let plan = distribute(&main_road(), &period(1_234_567, 34_567, crew())).expect("hours");
    assert_eq!(plan.steps[0].amount, 120_000);
    assert_eq!(cash(&plan), [345_600, 259_200, 172_800, 86_400, 108_000, 108_000]);
    assert!(plan.members.iter().all(|part| part.carry == 0));
}

/// 12,345.67 − 345.60 = 12,000.07.
/// - 10 % = 120,000.7 → 120,001 (remainder .7 before the rest's .3); the rest is 1,080,006.
/// - 80 % = 864,004.8 → 864,005 (.8 before .2); management 216,001.
/// - Hours: 345,602.0, 259,201.5, 172,801.0, 86,400.5 → one cent is left over, and members 2 and 4 tie: member 2 has it.
/// - Management: 108,000.5 each: the first has the odd cent.
#[test]
fn seven_cents_more_fall_by_largest_remainder_and_by_number() {
    let plan = distribute(&main_road(), &period(1_234_567, 34_560, crew())).expect("hours");
    assert_eq!(plan.steps[0].amount, 120_001);
    assert_eq!(cash(&plan), [345_602, 259_202, 172_801, 86_400, 108_001, 108_000]);
    assert_eq!(plan.total(), 1_200_007);
}

#[test]
fn the_third_period_gives_back_what_rounding_took_in_the_second() {
    let second = distribute(&main_road(), &period(1_234_567, 34_560, crew())).expect("hours");
    let mut members = crew();
    for (member, part) in members.iter_mut().zip(&second.members) {
        member.carry = part.carry;
    }
    let third = distribute(&main_road(), &period(1_234_567, 34_560, members)).expect("hours");
    assert_eq!(cash(&third), [345_602, 259_201, 172_801, 86_401, 108_000, 108_001]);
    assert!(third.members.iter().all(|part| part.carry == 0), "{:?}", third.members);
}

#[test]
fn k1_a_surplus_goes_to_reserve_education_and_members_by_hours() {
    let rule = Rule::new(vec![
        share(Base::Net, "20", Pot::Reserve),
        share(Base::Net, "10", Pot::Fund("education".into())),
        split(vec![group("workers", "100", Patronage::Hours)]),
    ]);
    let members = crew().into_iter().take(4).collect();
    let plan = distribute(&rule, &period(5_000_000, 0, members)).expect("hours");
    assert_eq!(plan.steps.iter().map(|part| part.amount).collect::<Vec<_>>(), [1_000_000, 500_000]);
    assert_eq!(cash(&plan), [1_400_000, 1_050_000, 700_000, 350_000]);
}

#[test]
fn r10_without_hours_or_without_surplus_nothing_is_distributed() {
    let idle: Vec<MemberInput> =
        crew().into_iter().map(|member| MemberInput { hours: Hours::ZERO, ..member }).collect();
    assert_eq!(distribute(&main_road(), &period(1_000, 0, idle)).expect_err("no hours").code, "no-weights");
    let workers = crew().into_iter().take(4).collect();
    assert_eq!(distribute(&main_road(), &period(1_000, 0, workers)).expect_err("no managers").code, "no-weights");
    assert_eq!(distribute(&main_road(), &period(500, 500, crew())).expect_err("no net").code, "no-surplus");
}

#[test]
fn a_lender_has_its_share_until_the_cap_and_then_the_members_have_it() {
    let lender = Step::UntilCap {
        of: Base::Net,
        percent: percent("5"),
        lender: "seed".into(),
        lent: 100_000,
        cap: percent("120"),
    };
    let fixed = Step::FixedCost { purpose: "Workshop rent".into(), amount: 7_000, to: Pot::Fund("workshop".into()) };
    let rule = Rule::new(vec![fixed, lender, split(vec![group("workers", "100", Patronage::Hours)])]);
    assert_eq!(rule.check(), Ok(()));
    let worker = || vec![input(1, "workers", "10")];
    let with = |had: i64| {
        let mut inputs = period(1_000_000, 0, worker());
        inputs.repaid.insert("seed".into(), had);
        let plan = distribute(&rule, &inputs).expect("hours");
        let lender = plan.steps.iter().find(|part| part.step == 1).map_or(0, |part| part.amount);
        (lender, plan.members[0].cash)
    };
    assert_eq!(with(0), (50_000, 943_000));
    assert_eq!(with(100_000), (20_000, 973_000), "1,200.00 is the cap of 1,000.00 at 120 %");
    assert_eq!(with(120_000), (0, 993_000));
}

/// K21: 30 % of the business with others than members.
#[test]
fn k21_what_business_with_others_than_members_brought_goes_to_the_reserve_and_the_rest_by_patronage() {
    let workers = vec![group("workers", "100", Patronage::Hours)];
    let rule = Rule::new(vec![share(Base::NonMember, "100", Pot::Reserve), split(workers.clone())]);
    assert_eq!(rule.check(), Ok(()));
    let with = |non_member: i64, gross: i64| {
        let members = vec![input(1, "workers", "300"), input(2, "workers", "100")];
        distribute(&rule, &Inputs { gross, net: 5_000_000, non_member, members, ..Inputs::default() }).expect("hours")
    };
    let plan = with(2_400_000, 8_000_000);
    assert_eq!(
        (plan.steps[0].amount, plan.steps[0].non_member, cash(&plan)),
        (1_500_000, 2_400_000, vec![2_625_000, 875_000])
    );
    assert!(with(0, 8_000_000).steps.is_empty(), "all business was with members");
    assert!(with(0, 0).steps.is_empty(), "nothing was sold: the bank's interest is all there is");
    let all = with(8_000_000, 8_000_000);
    assert_eq!((all.steps[0].amount, cash(&all)), (5_000_000, vec![0, 0]));
    assert_eq!(with(1, 3).steps[0].amount, 1_666_667, "a third, rounded by itself");
    assert_eq!(with(4_000_000, i64::MAX / 4).steps.len(), 0, "too little for a cent");

    let after = Rule::new(vec![share(Base::Net, "10", Pot::DevelopmentFund), rule.steps[0].clone(), split(workers)]);
    let members = vec![input(1, "workers", "1")];
    let inputs = Inputs { gross: 100, net: 5_000_000, non_member: 30, members, ..Inputs::default() };
    let plan = distribute(&after, &inputs).expect("hours");
    assert_eq!(plan.steps[1].amount, 1_350_000, "30 % of the 45,000.00 that the step before has left");
    let half = Rule::new(vec![share(Base::NonMember, "50", Pot::Reserve), rule.steps[1].clone()]);
    let half_of = |net| {
        let inputs = Inputs { net, ..inputs.clone() };
        distribute(&half, &inputs).expect("hours").steps[0].amount
    };
    assert_eq!(half_of(5_000_001), 750_000, "half of 15,000.00");
    assert_eq!(half_of(5_000_015), 750_002, "half of 15,000.045, rounded once");
    let (gross, others) = (i64::MAX, i64::MAX / 3);
    let most = Inputs { gross, non_member: others, ..inputs }.of_non_member(percent("50"), i64::MAX);
    assert_eq!(most, i64::MAX / 6, "as much as can be counted");
}

/// K25: 60,000.00 lent, 10 % of a gross of 1,000,000.00 until 120 % are back.
#[test]
fn k25_a_lender_is_paid_of_the_loan_first_and_what_that_saves_goes_to_the_reserve() {
    let lender = Step::UntilCap {
        of: Base::Gross,
        percent: percent("10"),
        lender: "seed".into(),
        lent: 6_000_000,
        cap: percent("120"),
    };
    let fill =
        Step::Share { of: Base::Net, percent: percent("50"), to: Pot::Reserve, until: Some(Target::Amount(7_000_000)) };
    let rule = Rule::new(vec![lender, fill, split(vec![group("workers", "100", Patronage::Hours)])]);
    let with = |loan: i64, had: i64| {
        let mut inputs = period(100_000_000, 0, vec![input(1, "workers", "10")]);
        inputs.loans.insert("seed".into(), loan);
        inputs.repaid.insert("seed".into(), had);
        let plan = distribute(&rule, &inputs).expect("hours");
        let credits =
            |on: chart::Account| plan.credits().iter().filter(|to| to.account == on).map(|to| to.amount).sum::<i64>();
        let (reserve, payable) = (credits(chart::reserve()), credits(chart::lender_payable("seed")));
        let of_loan: i64 = principals(&plan.steps).map(|(_, part)| part).sum();
        (of_loan, payable, reserve, plan.members[0].cash)
    };
    assert_eq!(with(6_000_000, 0), (6_000_000, 1_200_000, 7_000_000, 91_800_000), "60,000.00 and 12,000.00");
    assert_eq!(with(0, 0), (0, 7_200_000, 7_000_000, 85_800_000), "a loan that no book has is paid of the surplus");
    assert_eq!(with(6_000_000, 7_000_000), (200_000, 0, 7_000_000, 93_000_000), "2,000.00 are left to the cap");
    assert_eq!(with(500_000, 6_500_000), (500_000, 200_000, 7_000_000, 92_800_000));
}

#[test]
fn a_retained_share_becomes_the_members_capital() {
    let groups = vec![group("workers", "100", Patronage::Hours)];
    let rule = Rule::new(vec![Step::Members { groups, retained: percent("25") }]);
    let plan = distribute(&rule, &period(1_001, 0, vec![input(1, "workers", "1")])).expect("hours");
    assert_eq!((plan.members[0].cash, plan.members[0].retained), (751, 250));
}

#[test]
fn a_rule_that_could_not_divide_every_result_is_refused() {
    let members = || split(vec![group("workers", "100", Patronage::Equal)]);
    for (steps, why) in [
        (vec![], "no steps"),
        (vec![share(Base::Net, "10", Pot::Reserve)], "nobody has the rest"),
        (vec![members(), share(Base::Net, "10", Pot::Reserve)], "the members come last"),
        (vec![share(Base::Net, "60", Pot::Reserve), share(Base::Net, "41", Pot::DevelopmentFund), members()], "101 %"),
        (vec![split(vec![group("workers", "80", Patronage::Equal)])], "80 %"),
        (vec![split(vec![group("a", "50", Patronage::Equal), group("a", "50", Patronage::Hours)])], "twice"),
        (vec![split(vec![group("Workers", "100", Patronage::Equal)])], "a name in capitals"),
    ] {
        assert_eq!(Rule::new(steps).check().expect_err(why).code, "rule-invalid", "{why}");
    }
    assert_eq!(main_road().check(), Ok(()));
}

#[test]
fn a_rule_and_a_plan_come_back_from_their_json_with_the_same_digest() {
    let rule = main_road();
    let json = serde_json::to_value(&rule).expect("string keys");
    assert_eq!(json["steps"][0]["to"], "development_fund");
    assert_eq!(json["steps"][0]["percent"], "10.00");
    let back: Rule = serde_json::from_value(json).expect("a rule");
    assert_eq!(digest(&back).expect("json"), digest(&rule).expect("json"));
    let plan = distribute(&rule, &period(1_234_567, 34_560, crew())).expect("hours");
    let stored = serde_json::to_value(&plan).expect("string keys");
    let back: Plan = serde_json::from_value(stored).expect("a plan");
    assert_eq!(digest(&back).expect("json"), digest(&plan).expect("json"));
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let base = || prop_oneof![Just(Base::Gross), Just(Base::Net)];
    let own_base = || prop_oneof![base(), Just(Base::Left)];
    let any_base = || prop_oneof![own_base(), Just(Base::NonMember)];
    let target = prop_oneof![(1i64..9_000).prop_map(Target::Amount), Just(Target::HighestCapital)];
    let step = prop_oneof![
        (1i64..5_000).prop_map(|amount| Step::FixedCost { purpose: "rent".into(), amount, to: Pot::Reserve }),
        (any_base(), 1u64..2_500, proptest::option::of(target)).prop_map(|(of, part, until)| Step::Share {
            of,
            percent: Percent::from_hundredths(part),
            to: Pot::DevelopmentFund,
            until,
        }),
        (own_base(), 1u64..2_500, proptest::option::of(1u64..1_000)).prop_map(|(of, part, rate)| {
            let rate = rate.map(Percent::from_hundredths);
            Step::CapitalInterest { of, percent: Percent::from_hundredths(part), rate }
        }),
        (base(), 1u64..2_500, 1i64..9_000).prop_map(|(of, part, lent)| Step::UntilCap {
            of,
            percent: Percent::from_hundredths(part),
            lender: "seed".into(),
            lent,
            cap: Percent::from_hundredths(12_000),
        }),
    ];
    let by = prop_oneof![
        Just(Patronage::Equal),
        Just(Patronage::Hours),
        Just(Patronage::Units),
        Just(Patronage::Points),
        Just(Patronage::IndexedHours),
        Just(Patronage::Value),
    ];
    (proptest::collection::vec(step, 0..4), 1u64..10_000, by, 0u64..5_000).prop_map(
        |(mut steps, workers, by, retained)| {
            let groups = vec![
                Group::new("workers", Percent::from_hundredths(workers), by),
                Group::new("management", Percent::from_hundredths(10_000 - workers), Patronage::Equal),
            ];
            steps.push(Step::Members { groups, retained: Percent::from_hundredths(retained) });
            let worth = Worth::from_hundredths(workers);
            let valuation = Valuation { unit: Unit::Hours, kind: None, worth };
            let values = if by == Patronage::Value { vec![valuation] } else { Vec::new() };
            Rule { values, ..Rule::new(steps) }
        },
    )
}

/// A period in which members, and somebody who has gone, have capital, and a pot is filled to some part.
fn with_capital(inputs: Inputs, seed: u64) -> Inputs {
    let capital = |number: i32| i64::try_from((seed >> (number.unsigned_abs() % 40)) % 9_000).expect("small");
    let with = |member: MemberInput| MemberInput { capital: capital(member.number), ..member };
    Inputs {
        pots: BTreeMap::from([(Pot::DevelopmentFund, capital(7))]),
        loans: BTreeMap::from([("seed".into(), capital(11))]),
        highest_capital: 9_000,
        days: 1 + seed % 366,
        non_member: inputs.gross.min(capital(13)),
        former: vec![with(input(900, "workers", "0"))],
        members: inputs.members.into_iter().map(with).collect(),
        ..inputs
    }
}

/// A member with hours at two indices, or one, and as many units and points as there are hundredths in the hours and the index.
fn with_index(member: MemberInput, index: u64) -> MemberInput {
    let at = |index, hundredths| IndexedHours { index, hours: Hours::from_hundredths(hundredths) };
    let (all, index) = (member.hours.hundredths(), Index::from_hundredths(index));
    let indexed = if all < 2 { vec![at(index, all)] } else { vec![at(index, all - all / 2), at(Index::ONE, all / 2)] };
    let (units, points) = (Quantity::from_hundredths(all), Quantity::from_hundredths(index.hundredths()));
    let valued = |unit, quantity| Valued {
        contributed: Contributed { unit, kind: None, quantity },
        worth: Worth::from_hundredths(1 + all % 1_000),
    };
    let valued = vec![valued(Unit::Units, units), valued(Unit::Points, points)];
    MemberInput { indexed, units, points, valued, ..member }
}

fn any_members() -> impl Strategy<Value = Vec<MemberInput>> {
    let one = (any::<bool>(), 1u64..300_000, -900_000_000i64..900_000_000, 1u64..10_000);
    proptest::collection::vec(one, 0..20).prop_map(|some| {
        let mut members = vec![with_index(input(1, "workers", "1"), 150), with_index(input(2, "management", "1"), 100)];
        for ((worker, hours, carry, index), number) in some.into_iter().zip(3..) {
            let group = if worker { "workers" } else { "management" };
            let hours = Hours::from_hundredths(hours);
            members.push(with_index(MemberInput { hours, carry, ..input(number, group, "0") }, index));
        }
        members
    })
}

/// Everybody at one index for all hours.
fn all_at(members: &[MemberInput], index: u64) -> Vec<MemberInput> {
    let at = |member: &MemberInput| IndexedHours { index: Index::from_hundredths(index), hours: member.hours };
    members.iter().map(|member| MemberInput { indexed: vec![at(member)], ..member.clone() }).collect()
}

/// Everybody's indices so many times as large.
fn scaled(members: &[MemberInput], factor: u64) -> Vec<MemberInput> {
    let larger = |it: &IndexedHours| IndexedHours {
        index: Index::from_hundredths(it.index.hundredths() * factor),
        hours: it.hours,
    };
    let scale = |member: &MemberInput| member.indexed.iter().map(larger).collect();
    members.iter().map(|member| MemberInput { indexed: scale(member), ..member.clone() }).collect()
}

/// What everybody gets, and carries on.
fn amounts_and_carries(rule: &Rule, net: i64, members: Vec<MemberInput>) -> Vec<(i64, i64)> {
    let plan = distribute(rule, &period(net, 0, members)).expect("everybody has a weight");
    plan.members.iter().map(|part| (part.cash + part.retained, part.carry)).collect()
}

proptest! {
    #[test]
    fn r9_every_waterfall_adds_up_and_neither_permutation_nor_replay_changes_it(
        rule in any_rule(),
        members in any_members(),
        gross in 1i64..10_000_000_000,
        cost_bp in 0i64..9_000,
        seed in any::<u64>(),
    ) {
        prop_assert_eq!(rule.check(), Ok(()));
        let inputs = with_capital(period(gross, gross / 10_000 * cost_bp, members), seed);
        let plan = distribute(&rule, &inputs).expect("everybody has a weight");
        prop_assert_eq!(plan.total(), inputs.net);
        prop_assert!(plan.members.iter().all(|part| part.cash >= part.interest && part.retained >= 0));
        prop_assert!(plan.members.iter().all(|part| part.interest == 0 || part.capital > 0 && part.interest > 0));
        let credits: i64 = plan.credits().iter().map(|credit| credit.amount).sum();
        prop_assert_eq!(credits, inputs.net);
        let principals: i64 = principals(&plan.steps).map(|(_, part)| part).sum();
        prop_assert!(principals <= inputs.loans["seed"], "no loan is paid twice");
        prop_assert!(plan.steps.iter().all(|part| (0..=part.amount).contains(&part.principal)));

        let mut shuffled = inputs.clone();
        shuffled.members.sort_by_key(|member| (u64::from(member.number.unsigned_abs()) ^ seed).wrapping_mul(0x9e37_79b9));
        prop_assert_eq!(&distribute(&rule, &shuffled).expect("the same weights"), &plan);
        prop_assert_eq!(&distribute(&rule, &inputs).expect("a replay"), &plan);
    }

    #[test]
    fn r9_each_part_is_within_one_unit_of_what_is_exact_at_its_level(
        rule in any_rule(),
        members in any_members(),
        net in 1_000_000i64..10_000_000_000,
    ) {
        let inputs = period(net, 0, members);
        let plan = distribute(&rule, &inputs).expect("everybody has a weight");
        for part in &plan.steps {
            if let Step::Share { of: Base::Gross | Base::Net, percent, until: None, .. } = &rule.steps[part.step] {
                let away = part.amount * 10_000 - net * i64::try_from(percent.hundredths()).expect("small");
                prop_assert!(away.abs() < 10_000, "{part:?}");
            }
        }
        let Some(Step::Members { groups, .. }) = rule.steps.last() else { panic!("a checked rule") };
        let whole: i64 = plan.members.iter().map(|part| part.cash + part.retained).sum();
        let weighed =
            |it: &IndexedHours| i128::from(it.hours.hundredths()) * i128::from(it.index.hundredths());
        for group in groups {
            let of_group: Vec<&MemberPart> = plan.members.iter().filter(|part| part.group == group.group).collect();
            let sum: i64 = of_group.iter().map(|part| part.cash + part.retained).sum();
            let away = sum * 10_000 - whole * i64::try_from(group.percent.hundredths()).expect("small");
            prop_assert!(away.abs() < 10_000, "{group:?}");
            let weight = |part: &MemberPart| match group.by {
                Patronage::Equal => 1,
                Patronage::Hours => i128::from(part.hours.hundredths()),
                Patronage::Capital => i128::from(part.capital),
                Patronage::Units | Patronage::Points => i128::from(part.counted.hundredths()),
                Patronage::IndexedHours => part.indexed.iter().map(weighed).sum(),
                Patronage::Value => part.valued.iter().map(|it| i128::from(it.weight())).sum(),
            };
            let total: i128 = of_group.iter().map(|part| weight(part)).sum();
            for part in of_group {
                let away = i128::from(part.cash + part.retained) * total - i128::from(sum) * weight(part);
                prop_assert!(away.abs() < total, "{part:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn one_index_for_all_is_as_none_and_all_indices_times_the_same_change_nothing(
        members in any_members(),
        net in 1i64..10_000_000_000,
        index in 1u64..10_000,
        factor in 2u64..100,
    ) {
        let by = |patronage| Rule::new(vec![split(vec![
            group("workers", "70", patronage),
            group("management", "30", patronage),
        ])]);
        let plain = amounts_and_carries(&by(Patronage::Hours), net, members.clone());
        let indexed = by(Patronage::IndexedHours);
        prop_assert_eq!(&amounts_and_carries(&indexed, net, all_at(&members, index)), &plain);
        let none = members.iter().map(|member| MemberInput { indexed: Vec::new(), ..member.clone() }).collect();
        prop_assert_eq!(&amounts_and_carries(&indexed, net, none), &plain);
        let larger = amounts_and_carries(&indexed, net, scaled(&members, factor));
        prop_assert_eq!(larger, amounts_and_carries(&indexed, net, members));
    }

    #[test]
    fn what_the_steps_took_is_what_came_in_and_each_begins_where_the_one_before_ended(
        rule in any_rule(),
        members in any_members(),
        gross in 1i64..10_000_000_000,
        seed in any::<u64>(),
    ) {
        let inputs = with_capital(period(gross, 0, members), seed);
        let (plan, walked) = walk(&rule, &inputs).expect("everybody has a weight");
        prop_assert_eq!(walked.len(), rule.steps.len());
        prop_assert_eq!(walked[0].before, inputs.net);
        prop_assert!(walked.windows(2).all(|two| two[0].left() == two[1].before));
        prop_assert_eq!(walked.last().map(Taken::left), Some(0));
        for part in &plan.steps {
            prop_assert_eq!(walked[part.step].amount, part.amount);
        }
        let interest: i64 = rule.steps.iter().zip(&walked).filter_map(|(step, taken)| {
            matches!(step, Step::CapitalInterest { .. }).then_some(taken.amount)
        }).sum();
        prop_assert_eq!(interest, plan.interest());
    }
}

#[test]
fn k26_hours_weigh_by_the_index_of_their_day() {
    let rule = Rule::new(vec![split(vec![group("workers", "100", Patronage::IndexedHours)])]);
    let at = |index: &str, hours: &str| IndexedHours {
        index: index.parse().expect("an index"),
        hours: input(0, "", hours).hours,
    };
    let worker = |number, hours: &str, indexed| MemberInput { indexed, ..input(number, "workers", hours) };
    let members = vec![
        worker(1, "2080", vec![at("1.00", "2080")]),
        worker(2, "1560", vec![at("1.5", "1560")]),
        worker(3, "1040", vec![at("2", "1040")]),
    ];
    let plan = distribute(&rule, &period(650_000, 0, members)).expect("hours");
    assert_eq!(cash(&plan), [208_000, 234_000, 208_000]);
    assert_eq!(plan.members[1].indexed, [at("1.5", "1560")], "the share names its index");

    // Half a year at 1.00 and half at 2.00 weighs as 1.50 all year.
    let members =
        vec![worker(1, "1560", vec![at("1", "780"), at("2", "780")]), worker(2, "1560", vec![at("1.50", "1560")])];
    let plan = distribute(&rule, &period(650_001, 0, members)).expect("hours");
    assert_eq!(cash(&plan), [325_001, 325_000]);
}

#[test]
fn a_group_may_share_by_units_or_by_points_and_nobody_without_any_does() {
    let with = |number, units: &str, points: &str| MemberInput {
        units: units.parse().expect("units"),
        points: points.parse().expect("points"),
        ..input(number, "workers", "10")
    };
    let members = || vec![with(1, "300", "1.5"), with(2, "100", "0.5"), with(3, "0", "2")];
    for (by, expected) in [(Patronage::Units, [3_000, 1_000, 0]), (Patronage::Points, [1_500, 500, 2_000])] {
        let rule = Rule::new(vec![split(vec![group("workers", "100", by)])]);
        let plan = distribute(&rule, &period(4_000, 0, members())).expect("a base");
        assert_eq!(cash(&plan), expected, "{by}");
        let none = distribute(&rule, &period(4_000, 0, vec![input(1, "workers", "10")])).expect_err("hours alone");
        assert!(none.code == "no-weights" && none.detail.contains(by.as_str()), "{none:?}");
    }
}

fn holder(number: i32, hours: &str, capital: i64) -> MemberInput {
    MemberInput { capital, ..input(number, "workers", hours) }
}

fn filled(text: &str, until: Target) -> Step {
    Step::Share { of: Base::Net, percent: percent(text), to: Pot::Reserve, until: Some(until) }
}

fn amounts(plan: &Plan) -> Vec<i64> {
    plan.steps.iter().map(|part| part.amount).collect()
}

/// 15 % until the reserve is what capital has ever been, 40 % development, 10 % to capital, the rest by hours.
fn k11() -> Rule {
    Rule::new(vec![
        filled("15", Target::HighestCapital),
        share(Base::Net, "40", Pot::DevelopmentFund),
        Step::CapitalInterest { of: Base::Net, percent: percent("10"), rate: None },
        split(vec![group("workers", "100", Patronage::Hours)]),
    ])
}

#[test]
fn k11_a_reserve_is_filled_to_the_highest_capital_and_capital_has_its_tenth() {
    let hours = ["1600", "1600", "800", "400", "600"];
    let members: Vec<_> = (1..).zip(hours).map(|(number, hours)| holder(number, hours, 4_000_000)).collect();
    let mut inputs = Inputs { highest_capital: 20_000_000, days: 365, ..period(10_000_000, 0, members) };
    let plan = distribute(&k11(), &inputs).expect("hours");
    assert_eq!(amounts(&plan), [1_500_000, 4_000_000]);
    assert!(plan.members.iter().all(|part| part.interest == 200_000), "5 % of 40,000.00 each: {:?}", plan.members);
    let labour: Vec<_> = plan.members.iter().map(|part| part.cash - part.interest).collect();
    assert_eq!(labour, [1_120_000, 1_120_000, 560_000, 280_000, 420_000]);

    inputs.pots.insert(Pot::Reserve, 19_500_000);
    let plan = distribute(&k11(), &inputs).expect("hours");
    assert_eq!(amounts(&plan), [500_000, 4_000_000], "only what lacks is taken");
    assert_eq!(plan.total(), 10_000_000);
}

#[test]
fn k11_whoever_was_employed_long_enough_shares_member_or_not_and_is_paid_it_all() {
    let mut labour = group("labour", "100", Patronage::Hours);
    labour.served = Some(MinimumService { in_period: Some(3), in_all: Some(6) });
    let mut rule = k11();
    rule.steps[3] = Step::Members { groups: vec![labour], retained: percent("50") };
    let there = |number, hours: &str, in_period, in_all, is_employee| MemberInput {
        is_employee,
        service: Some(Service { in_period, in_all }),
        ..input(number, "labour", hours)
    };
    let mut members = vec![
        MemberInput { capital: 20_000_000, ..there(1, "1600", 12, 24, false) },
        there(2, "1600", 12, 24, false),
        there(3, "800", 0, 6, true),
        there(4, "400", 3, 3, true),
        there(5, "600", 12, 12, true),
        there(6, "5000", 2, 5, true),
    ];
    let inputs = |members| Inputs { highest_capital: 20_000_000, days: 365, ..period(10_000_000, 0, members) };
    let plan = distribute(&rule, &inputs(members.clone())).expect("hours");
    assert_eq!(amounts(&plan), [1_500_000, 4_000_000]);
    let parts: Vec<_> =
        plan.members.iter().map(|part| (part.number, part.cash - part.interest, part.retained)).collect();
    assert_eq!(
        parts,
        [(1, 560_000, 560_000), (2, 560_000, 560_000), (3, 560_000, 0), (4, 280_000, 0), (5, 420_000, 0)],
        "35,000.00 by 5,000 hours; who came two months ago has no part, and only members' capital grows"
    );
    members.truncate(1);
    members[0].service = Some(Service { in_period: 2, in_all: 5 });
    let nobody = distribute(&rule, &inputs(members)).expect_err("nobody was there for long enough");
    assert_eq!(nobody.code, "no-weights");
}

#[test]
fn k13_interest_on_capital_is_bounded_by_its_rate_and_by_its_part_of_the_result() {
    let rule = |part: &str| {
        let step = Step::CapitalInterest { of: Base::Net, percent: percent(part), rate: Some(percent("7.5")) };
        Rule::new(vec![step, share(Base::Left, "100", Pot::Reserve), split(vec![group("a", "100", Patronage::Equal)])])
    };
    let members = vec![MemberInput { group: "a".into(), ..holder(9, "0", 0) }];
    let former = [(1, 12_000_000), (2, 10_000_000), (3, 8_000_000)];
    let former = former.map(|(number, capital)| holder(number, "0", capital)).to_vec();
    let inputs = Inputs { former, days: 365, ..period(5_000_000, 0, members) };
    let given = |rule: &Rule, inputs: &Inputs| -> Vec<i64> {
        let plan = distribute(rule, inputs).expect("a member");
        plan.members.iter().map(|part| part.interest).collect()
    };
    assert_eq!(given(&rule("40"), &inputs), [800_000, 666_667, 533_333, 0], "20,000.00 of the 22,500.00 wanted");
    assert_eq!(given(&rule("100"), &inputs), [900_000, 750_000, 600_000, 0], "22,500.00");
    let quarter = Inputs { days: 73, ..inputs };
    assert_eq!(given(&rule("100"), &quarter), [180_000, 150_000, 120_000, 0], "a fifth of a year");
}

#[test]
fn k12_what_stays_may_be_the_members_whole_share() {
    let rule = Rule::new(vec![
        share(Base::Net, "45", Pot::Reserve),
        share(Base::Net, "10", Pot::Fund("education".into())),
        Step::Members { groups: vec![group("workers", "100", Patronage::Hours)], retained: Percent::WHOLE },
    ]);
    let members = crew().into_iter().take(4).collect();
    let plan = distribute(&rule, &period(5_000_000, 0, members)).expect("hours");
    assert_eq!(amounts(&plan), [2_250_000, 500_000]);
    let retained: Vec<_> = plan.members.iter().map(|part| (part.cash, part.retained)).collect();
    assert_eq!(retained, [(0, 900_000), (0, 675_000), (0, 450_000), (0, 225_000)]);
}

#[test]
fn a_part_of_what_is_left_is_of_what_the_steps_before_have_left() {
    let rule = Rule::new(vec![
        share(Base::Net, "15", Pot::Reserve),
        share(Base::Left, "50", Pot::Reserve),
        share(Base::Left, "33.33", Pot::DevelopmentFund),
        split(vec![group("workers", "100", Patronage::Hours)]),
    ]);
    let plan = distribute(&rule, &period(10_001, 0, vec![input(1, "workers", "1")])).expect("hours");
    // 1,500.15 → 1,500; half of 8,501 → 4,251; 33.33 % of 4,250 = 1,416.5… → 1,417.
    assert_eq!((amounts(&plan), cash(&plan)), (vec![1_500, 4_251, 1_417], vec![2_833]));
}

#[test]
fn two_steps_fill_one_pot_to_its_target_together() {
    let rule = Rule::new(vec![
        filled("30", Target::Amount(500)),
        filled("30", Target::Amount(500)),
        split(vec![group("workers", "100", Patronage::Hours)]),
    ]);
    let mut inputs = period(1_000, 0, vec![input(1, "workers", "1")]);
    let plan = distribute(&rule, &inputs).expect("hours");
    assert_eq!(amounts(&plan), [300, 200]);
    inputs.pots.insert(Pot::Reserve, 600);
    let plan = distribute(&rule, &inputs).expect("hours");
    assert_eq!((amounts(&plan), cash(&plan)), (vec![], vec![1_000]), "more than full is full");
}

#[test]
fn a_group_may_share_by_capital_and_nobody_without_any_does() {
    let rule = Rule::new(vec![split(vec![group("workers", "100", Patronage::Capital)])]);
    let members = vec![holder(1, "5", 300), holder(2, "5", 100), holder(3, "5", 0)];
    let plan = distribute(&rule, &period(4_000, 0, members)).expect("capital");
    assert_eq!(cash(&plan), [3_000, 1_000, 0]);
    let none = distribute(&rule, &period(4_000, 0, vec![holder(1, "5", 0)])).expect_err("no capital");
    assert_eq!(none.code, "no-weights");
}

#[test]
fn rules_without_the_newer_parts_are_written_as_they_always_were() {
    let rule = serde_json::to_string(&main_road()).expect("JSON");
    assert!(!rule.contains("until") && !rule.contains("minima"), "{rule}");
    let inputs = serde_json::to_string(&period(100, 0, crew())).expect("JSON");
    for newer in ["pots", "highest_capital", "days", "former", "capital", "units", "points", "indexed"] {
        assert!(!inputs.contains(newer), "{newer}: {inputs}");
    }
}
