use super::*;

fn percent_of(text: &str) -> Percent {
    text.parse().expect("a percentage")
}

fn share(of: Base, text: &str, to: Pot) -> Step {
    Step::Share { of, percent: percent_of(text), to, until: None }
}

fn until_capital(of: Base, text: &str) -> Step {
    Step::Share { of, percent: percent_of(text), to: Pot::Reserve, until: Some(Target::HighestCapital) }
}

fn interest(text: &str) -> Step {
    Step::CapitalInterest { of: Base::Net, percent: percent_of(text), rate: None }
}

fn workers(retained: &str) -> Step {
    let group = Group::new("workers", Percent::WHOLE, Patronage::Hours);
    Step::Members { groups: vec![group], retained: percent_of(retained) }
}

fn refused(minima: Minima, steps: Vec<Step>) -> String {
    let rule = Rule { minima: Some(minima), ..Rule::new(steps) };
    rule.check().expect("a rule that could divide");
    let refusal = check(&rule).expect_err("less than the law demands");
    assert_eq!(refusal.code, "rule-below-minimum");
    assert!(refusal.detail.contains(set(minima).source), "it says where that stands: {}", refusal.detail);
    refusal.detail
}

fn kept(minima: Minima, steps: Vec<Step>) {
    let rule = Rule { minima: Some(minima), ..Rule::new(steps) };
    rule.check().expect("a rule that could divide");
    assert_eq!(check(&rule), Ok(()));
}

/// 15 % legal reserve, 40 % development, 35 % labour, 10 % capital.
fn scop(development: &str, capital: &str) -> Vec<Step> {
    let development = share(Base::Net, development, Pot::DevelopmentFund);
    vec![until_capital(Base::Net, "15"), development, interest(capital), workers("0")]
}

#[test]
fn k11_a_french_workers_cooperative_keeps_fifteen_for_the_reserve_and_a_quarter_for_labour() {
    kept(Minima::FrScop, scop("40", "10"));
    kept(Minima::FrScop, scop("35", "25"));
    let detail = refused(Minima::FrScop, scop("51", "10"));
    assert!(detail.contains("25.00 %") && detail.contains("gives 24.00 %"), "{detail}");
    let detail = refused(Minima::FrScop, scop("25", "31"));
    assert!(detail.contains("31.00 %") && detail.contains("29.00 %"), "{detail}");
    let mut without = scop("40", "10");
    without.remove(1);
    assert!(refused(Minima::FrScop, without).contains("development fund"));
    let mut small = scop("40", "10");
    small[0] = until_capital(Base::Net, "14.99");
    assert!(refused(Minima::FrScop, small).contains("14.99 %"));
    let mut full_too_soon = scop("40", "10");
    full_too_soon[0] = Step::Share {
        of: Base::Net,
        percent: percent_of("15"),
        to: Pot::Reserve,
        until: Some(Target::Amount(1_000_000)),
    };
    assert!(refused(Minima::FrScop, full_too_soon).contains("not to an amount"));
}

#[test]
fn what_is_taken_before_the_surplus_is_known_makes_no_minimum_smaller() {
    let lender = Step::UntilCap {
        of: Base::Net,
        percent: percent_of("1"),
        lender: "seed".into(),
        lent: 1_000,
        cap: percent_of("120"),
    };
    let rent = Step::FixedCost { purpose: "Rent".into(), amount: 1_000, to: Pot::Fund("rent".into()) };
    for first in [lender, rent, share(Base::Gross, "1", Pot::DevelopmentFund)] {
        let mut steps = scop("40", "10");
        steps.insert(0, first);
        let detail = refused(Minima::FrScop, steps);
        assert!(detail.contains("step 1 takes no share of net or of what is left"), "{detail}");
    }
}

#[test]
fn a_part_of_what_is_left_is_measured_as_the_part_of_the_surplus_that_it_is() {
    // 15 %, and half of the 85 % that are left: 57.5 %.
    let left = |text| vec![until_capital(Base::Net, "15"), share(Base::Left, text, Pot::Reserve), workers("0")];
    kept(Minima::FrScic, left("50"));
    let detail = refused(Minima::FrScic, left("49.99"));
    assert!(detail.contains("gives 57.49 %"), "{detail}");
    // 15.01 %, and 49.99 % of the 84.99 % that are left, are 57.4965 %: no rounding makes that enough.
    let nearly = vec![until_capital(Base::Net, "15.01"), share(Base::Left, "49.99", Pot::Reserve), workers("0")];
    assert!(refused(Minima::FrScic, nearly).contains("gives 57.49 %"));
    let detail = refused(Minima::FrScic, vec![until_capital(Base::Net, "57.5"), workers("0")]);
    assert!(detail.contains("once it is complete") && detail.contains("gives 0.00 %"), "{detail}");
}

#[test]
fn k22_an_italian_cooperative_keeps_thirty_whatever_it_has_and_three_for_the_mutual_fund() {
    let mutual = |text| share(Base::Net, text, Pot::Fund("mutual".into()));
    kept(Minima::ItPrevalente, vec![share(Base::Net, "30", Pot::Reserve), mutual("3"), workers("0")]);
    let less = refused(Minima::ItPrevalente, vec![share(Base::Net, "29.99", Pot::Reserve), mutual("3"), workers("0")]);
    assert!(less.contains("30.00 %") && less.contains("29.99 %"), "{less}");
    let full = refused(Minima::ItPrevalente, vec![until_capital(Base::Net, "30"), mutual("3"), workers("0")]);
    assert!(full.contains("however large it is"), "{full}");
    let none = refused(Minima::ItPrevalente, vec![share(Base::Net, "30", Pot::Reserve), workers("0")]);
    assert!(none.contains("fund:mutual") && none.contains("3.00 %"), "{none}");
}

#[test]
fn what_others_than_members_brought_goes_to_the_reserve_and_leaves_the_funds_their_part() {
    let mutual = |of| share(of, "3", Pot::Fund("mutual".into()));
    let others = |to| share(Base::NonMember, "100", to);
    let thirty = || share(Base::Net, "30", Pot::Reserve);
    kept(Minima::ItPrevalente, vec![others(Pot::Reserve), thirty(), mutual(Base::Net), workers("0")]);
    let less = refused(Minima::ItPrevalente, vec![others(Pot::Reserve), thirty(), mutual(Base::Left), workers("0")]);
    assert!(less.contains("fund:mutual"), "{less}");
    let elsewhere = vec![others(Pot::DevelopmentFund), thirty(), mutual(Base::Net), workers("0")];
    let detail = refused(Minima::ItPrevalente, elsewhere);
    assert!(detail.contains("step 1 puts what others than members brought elsewhere"), "{detail}");
    kept(Minima::FrScop, [vec![others(Pot::Reserve)], scop("40", "10")].concat());
}

#[test]
fn k9_under_subchapter_t_a_fifth_of_each_share_is_paid_out() {
    kept(Minima::UsT, vec![workers("80")]);
    assert!(refused(Minima::UsT, vec![workers("80.01")]).contains("19.99 %"));
}

#[test]
fn the_presets_are_rules_and_name_no_law() {
    let names: Vec<_> = presets().iter().map(|preset| preset.name).collect();
    assert_eq!(names, ["80-20", "10-20-70", "45-45-10"]);
    for preset in presets() {
        assert_eq!((preset.rule.check(), preset.rule.minima), (Ok(()), None), "{}", preset.name);
    }
}
