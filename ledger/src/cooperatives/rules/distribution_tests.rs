use super::*;
use crate::id::BookId;
use jiff::civil::date;

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(number * 86_400).expect("a moment")
}

fn draft() -> Distribution {
    let book = BookId(1);
    Distribution {
        id: DistributionId::generate(book),
        period: Period::new(date(2027, 1, 1), date(2027, 12, 31)).expect("a year"),
        rule: AllocationRuleId::generate(book),
        rule_version: 1,
        result: ResultId::generate(book),
        sales: 1_234_567,
        costs: 34_567,
        other_income: 0,
        other_costs: 0,
        loss_before: 0,
        currency: Currency::USD,
        window_days: 7,
        plan: Outline::default(),
        digest: [7; 32],
        drafted_by: PersonId::generate(),
        drafted_at: day(0),
        state: DistributionState::Draft { until: later(day(0), WAIT_DAYS) },
        version: 1,
    }
}

fn opened() -> Distribution {
    draft().open(day(0)).expect("a draft")
}

#[test]
fn the_main_road_leads_from_a_draft_to_statements() {
    let approver = PersonId::generate();
    let approved = opened().approve(approver, &[], Some([7; 32]), "", day(1)).expect("another person");
    assert_eq!(approved.due(day(6)), Due::Nothing, "members may still object");
    assert_eq!(approved.clone().posted(9, day(6)).expect_err("too early").code, "distribution-state");
    assert_eq!(approved.due(day(7)), Due::Post);
    let posted = approved.posted(9, day(7)).expect("the window has passed");
    assert_eq!(posted.state.posting().map(|posting| posting.entry), Some(9));
    assert_eq!(
        posted.clone().paid().expect("posted").statements_issued().expect("paid").state.as_str(),
        "statements_issued"
    );
    let issued = posted.statements_issued().expect("posted");
    assert_eq!(issued.due(day(9_999)), Due::Nothing);
}

#[test]
fn whoever_drafted_it_does_not_approve_it_and_an_approval_names_the_plan() {
    let opened = opened();
    let own = opened.clone().approve(opened.drafted_by, &[], None, "", day(1)).expect_err("the drafter");
    assert_eq!(own.code, "same-person");
    let other = opened.approve(PersonId::generate(), &[], Some([8; 32]), "", day(1)).expect_err("another plan");
    assert_eq!(other.code, "digest-mismatch");
}

#[test]
fn an_objection_fells_the_approval_and_is_answered_by_a_third_person() {
    let (approver, objector) = (PersonId::generate(), PersonId::generate());
    let approved = opened().approve(approver, &[], None, "", day(1)).expect("another person");
    let objected = approved.object(day(2)).expect("the window is open");
    assert_eq!(objected.due(day(7)), Due::Nothing, "it is not posted over an objection");
    let silent = objected.clone().approve(approver, &[objector], None, " ", day(3)).expect_err("no answer");
    assert_eq!(silent.code, "reason-missing");
    let own = objected.clone().approve(objector, &[objector], None, "never mind", day(3)).expect_err("the objector");
    assert_eq!(own.code, "same-person");
    let again = objected.clone().approve(approver, &[objector], None, "hours were checked", day(3)).expect("answered");
    assert_eq!(again.due(day(7)), Due::Post);
    assert_eq!(again.object(day(7)).expect_err("the window has passed").code, "objection-too-late");
    assert_eq!(objected.due(day(16)), Due::Withdraw("nobody answered the objection in time"));
}

#[test]
fn a_state_in_which_nobody_acts_ends_by_itself() {
    assert_eq!(draft().due(day(29)), Due::Nothing);
    assert_eq!(draft().due(day(30)), Due::Withdraw("nobody opened the draft in time"));
    assert_eq!(opened().due(day(36)), Due::Nothing);
    assert_eq!(opened().due(day(37)), Due::Withdraw("nobody approved it in time"));
    let withdrawn = opened().withdraw("hours were missing".into()).expect("not posted");
    assert_eq!(withdrawn.due(day(9_999)), Due::Nothing);
    assert_eq!(withdrawn.open(day(1)).expect_err("over").code, "distribution-state");
}

#[test]
fn whoever_approved_it_does_not_take_it_back() {
    let (approver, other) = (PersonId::generate(), PersonId::generate());
    let approved = opened().approve(approver, &[], None, "", day(1)).expect("another person");
    assert_eq!(approved.check_reversal(other).expect_err("not posted").code, "distribution-state");
    let posted = approved.posted(9, day(7)).expect("the window has passed");
    assert_eq!(posted.clone().reversed(approver, 10, "an error".into()).expect_err("approver").code, "same-person");
    let reversed = posted.reversed(other, 10, "an error".into()).expect("another person");
    assert_eq!(reversed.state.posting().map(|posting| posting.entry), Some(9));
}
