use super::*;
use crate::challenges::rules::entering::AnswerKind;
use crate::money::Currency;

pub(crate) const TIMETABLE: Timetable =
    Timetable { announced_days: 60, appeal_days: 14, funding_days: 180, judging_days: 30, submission_days: 90 };

pub(crate) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).expect("an amount")
}

fn prize(name: &str, stage: &str, amount: &str, first: u16, last: u16) -> Prize {
    Prize {
        amount: usd(amount),
        condition: Condition::Rank { first, last },
        count: last - first + 1,
        name: name.into(),
        stage: stage.into(),
    }
}

/// The challenge of 250,000.00 USD for a drill.
pub(crate) fn drill() -> Rules {
    let criterion = |name: &str, weight| Criterion { name: name.into(), title: name.into(), weight };
    let criteria = vec![criterion("test_data", 3), criterion("repair", 1)];
    let gate = vec![EvidenceKind::DesignFiles, EvidenceKind::BillOfMaterials, EvidenceKind::BuildInstructions];
    let stage = |name: &str, criteria: &[Criterion], gate: &[EvidenceKind]| Stage {
        admits: None,
        criteria: criteria.to_vec(),
        gate: gate.to_vec(),
        name: name.into(),
    };
    Rules {
        appeal_decision_days: None,
        blind: false,
        consent_days: None,
        eligibility: "Any team.".into(),
        entry_fee: None,
        extensions: None,
        fee_disclosure: None,
        judges_needed: 2,
        licences: vec!["CERN-OHL-S-2.0".into(), "CC-BY-SA-4.0".into()],
        prizes: vec![
            prize("Proposal", "proposal", "1000.00", 1, 20),
            prize("Prototype", "prototype", "5000.00", 1, 8),
            prize("Grand prize", "final", "125000.00", 1, 1),
            prize("Second prize", "final", "40000.00", 2, 2),
            Prize {
                amount: usd("25000.00"),
                condition: Condition::Contribution,
                count: 1,
                name: "Contributors".into(),
                stage: "final".into(),
            },
        ],
        questions: Vec::new(),
        rollover_days: None,
        secret_rubric: None,
        share_days: None,
        stages: vec![
            stage("proposal", &[], &gate[..1]),
            stage("prototype", &criteria, &gate),
            stage("final", &criteria, &gate),
        ],
        terms: "Everything is published.".into(),
        underfunded: false,
        tie_rule: TieRule::EarlierSubmission,
        timetable: TIMETABLE,
        unawarded: Unawarded::ReturnToSponsors,
    }
}

fn pointer(rules: &Rules) -> String {
    let error = rules.check(usd("250000.00")).expect_err("wrong");
    let Error::Invalid { pointer, .. } = error else { panic!("{error}") };
    pointer.into_owned()
}

#[test]
fn m1_the_prizes_of_the_drill_challenge_sum_to_its_purse() {
    assert!(drill().check(usd("250000.00")).is_ok());
    let error = drill().check(usd("250000.01")).expect_err("one cent");
    assert_eq!(error.to_string(), "/prizes: the purse is 250000.01 USD, and the prizes sum to 250000.00");
}

#[test]
fn the_document_comes_back_from_its_bytes_and_every_change_changes_its_digest() {
    let rules = drill();
    let text = rules.canonical();
    let again: Rules = serde_json::from_str(&text).expect("a document of rules");
    assert_eq!((again.digest(), &again), (rules.digest(), &rules));
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value.to_string(), text, "keys stand in alphabetical order, as RFC 8785 demands");
    let other = Rules { judges_needed: 3, ..drill() };
    assert_ne!(other.digest(), rules.digest());
    assert!(serde_json::from_str::<Rules>(&text.replace("\"judges_needed\"", "\"judges\"")).is_err());
}

#[test]
fn rules_that_contradict_themselves_are_refused_by_pointer() {
    let mut rules = drill();
    rules.prizes[1].stage = "flight".into();
    assert_eq!(pointer(&rules), "/prizes/1/stage");
    let mut rules = drill();
    rules.prizes[0].count = 19;
    assert_eq!(pointer(&rules), "/prizes/0/condition");
    let mut rules = drill();
    rules.prizes[0].condition = Condition::Threshold { score: 5_000 };
    assert_eq!(pointer(&rules), "/prizes/0/condition", "the proposals are not scored");
    let mut rules = drill();
    rules.stages[1].admits = Some(Shortlist { best: 10, stage: "final".into() });
    assert_eq!(pointer(&rules), "/stages/1/admits");
    let mut rules = drill();
    rules.stages[1].gate.clear();
    assert_eq!(pointer(&rules), "/stages/1/gate");
    let mut rules = drill();
    rules.stages[1].criteria[1].name = "test_data".into();
    assert_eq!(pointer(&rules), "/stages/1/criteria");
    let rules = Rules { tie_rule: TieRule::Criterion { criterion: "beauty".into() }, ..drill() };
    assert_eq!(pointer(&rules), "/tie_rule/criterion");
    let rules = Rules { licences: vec!["do what you want".into()], ..drill() };
    assert_eq!(pointer(&rules), "/licences");
    let rules = Rules { timetable: Timetable { appeal_days: 0, ..TIMETABLE }, ..drill() };
    assert_eq!(pointer(&rules), "/timetable/appeal_days");
}

#[test]
fn f4_money_that_nobody_won_may_wait_for_another_challenge_for_a_stated_time() {
    let rules = Rules { unawarded: Unawarded::RollOver, rollover_days: Some(90), ..drill() };
    assert!(rules.check(usd("250000.00")).is_ok());
    for days in [0, 731] {
        let wrong = Rules { rollover_days: Some(days), ..rules.clone() };
        assert_eq!(pointer(&wrong), "/rollover_days");
    }
}

#[test]
fn what_a_document_does_not_say_leaves_no_trace_in_its_bytes_and_what_it_says_stands_in_order() {
    let plain = drill().canonical();
    for name in [
        "blind",
        "questions",
        "consent_days",
        "secret_rubric",
        "extensions",
        "fee_disclosure",
        "rollover_days",
        "share_days",
        "underfunded",
    ] {
        assert!(!plain.contains(&format!("\"{name}\"")), "{name}: documents from before keep their digests");
    }
    let question =
        Question { kind: AnswerKind::YesNo, name: "adult".into(), title: "Of age?".into(), wants: Some(true) };
    let disclosure =
        FeeDisclosure { excluded_places: vec!["Nowhere".into()], skill: "Tests.".into(), sponsor: "Foundation".into() };
    let whole = Rules {
        appeal_decision_days: Some(7),
        blind: true,
        consent_days: Some(10),
        extensions: Some(Extensions { days: 30, most: 2 }),
        fee_disclosure: Some(disclosure),
        questions: vec![question],
        rollover_days: Some(90),
        secret_rubric: Some(Digest::of(b"rubric")),
        share_days: Some(7),
        underfunded: true,
        ..drill()
    };
    assert!(whole.check(usd("250000.00")).is_ok());
    let text = whole.canonical();
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value.to_string(), text, "keys stand in alphabetical order, as RFC 8785 demands");
    assert_eq!(serde_json::from_str::<Rules>(&text).expect("a document of rules"), whole);
    assert_eq!(pointer(&Rules { extensions: Some(Extensions { days: 0, most: 2 }), ..drill() }), "/extensions/days");
    assert_eq!(pointer(&Rules { extensions: Some(Extensions { days: 9, most: 21 }), ..drill() }), "/extensions/most");
    let mut wrong = whole;
    wrong.questions.push(wrong.questions[0].clone());
    assert_eq!(pointer(&wrong), "/questions");
}
