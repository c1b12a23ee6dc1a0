//! What a dispute promises, as claims.

use super::*;
use crate::id::BookId;
use crate::money::Currency;
use jiff::SignedDuration;
use proptest::prelude::*;

fn day(days: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)
}

fn dispute() -> Dispute {
    let amount = Money::from_minor(120_000, Currency::USD).expect("positive");
    Dispute::open(ClaimId::generate(BookId(1)), PersonId::generate(), amount, "no test data".into(), day(0))
}

fn said(by: PersonId, days: i64) -> Said {
    Said { by, at: day(days), text: "it is there".into() }
}

fn answered() -> Dispute {
    dispute().answer(said(PersonId::generate(), 6)).expect("open")
}

fn replied() -> Dispute {
    let open = answered();
    let by = open.opened_by;
    open.reply(said(by, 10)).expect("answered")
}

fn decided(ruling: Ruling, part: Option<i64>) -> Dispute {
    let open = replied();
    let outcome = open.outcome(ruling, part).expect("within bounds");
    open.decide(outcome, said(PersonId::generate(), 11)).expect("replied")
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.expect_err("refused").code
}

/// How it ended, when, and what is struck.
fn end(dispute: &Dispute) -> (&'static str, Timestamp, i64) {
    let ended = dispute.state.ended().expect("over");
    (dispute.state.as_str(), ended.at, ended.outcome.struck)
}

#[test]
fn m8_each_step_has_its_clock_of_seven_five_two_and_two_days_and_its_default() {
    let due = |dispute: Dispute| {
        let until = dispute.until;
        assert_eq!(dispute.clone().lapse(until - SignedDuration::from_secs(1)), None);
        dispute.lapse(day(400)).expect("its time has run out")
    };
    assert_eq!(end(&due(dispute())), ("upheld", day(7), 120_000), "the team is silent");
    assert_eq!(end(&due(answered())), ("dismissed", day(11), 0), "who objects is silent");
    assert_eq!(end(&due(replied())), ("upheld", day(12), 120_000), "the host is silent");
    assert_eq!(end(&due(decided(Ruling::Dismiss, None))), ("dismissed", day(13), 0), "nobody appeals");
    let part = decided(Ruling::UpholdPart, Some(20_000));
    let objector = part.opened_by;
    let appealed = part.appeal(said(objector, 12), false).expect("a part is released");
    assert_eq!(end(&due(appealed)), ("upheld_part", day(14), 20_000), "nobody decides after the appeal");
}

#[test]
fn m8_nothing_is_upheld_before_the_team_was_heard_or_could_have_been() {
    let open = dispute();
    let by = PersonId::generate();
    let uphold = open.outcome(Ruling::Uphold, None).expect("all of it");
    assert_eq!(code(open.clone().decide(uphold, said(by, 1))), "dispute-not-heard");
    let dismiss = open.outcome(Ruling::Dismiss, None).expect("nothing of it");
    assert_eq!(open.decide(dismiss, said(by, 1)).expect("dismissed early").state.as_str(), "decided");
    assert_eq!(answered().decide(uphold, said(by, 7)).expect("the team was heard").state.as_str(), "decided");
}

#[test]
fn whoever_raised_a_dispute_does_not_decide_it_and_nobody_else_replies() {
    let open = replied();
    let (by, outcome) = (open.opened_by, open.outcome(Ruling::Uphold, None).expect("all of it"));
    assert_eq!(code(open.decide(outcome, said(by, 11))), "own-dispute");
    assert_eq!(code(answered().reply(said(PersonId::generate(), 7))), "not-your-dispute");
    assert_eq!(code(answered().accept(PersonId::generate(), day(7))), "not-your-dispute");
}

#[test]
fn who_objected_accepts_the_answer_and_the_part_is_released() {
    let open = answered();
    let by = open.opened_by;
    assert_eq!(end(&open.accept(by, day(7)).expect("answered")), ("dismissed", day(7), 0));
}

#[test]
fn m9_a_part_is_more_than_nothing_and_less_than_all() {
    let open = replied();
    for (ruling, part) in [
        (Ruling::UpholdPart, None),
        (Ruling::UpholdPart, Some(0)),
        (Ruling::UpholdPart, Some(120_000)),
        (Ruling::Uphold, Some(1)),
        (Ruling::Dismiss, Some(1)),
    ] {
        assert_eq!(code(open.outcome(ruling, part)), "ruling-no-part", "{ruling} {part:?}");
    }
}

#[test]
fn an_appeal_is_of_who_loses_and_is_decided_by_somebody_else() {
    let team = PersonId::generate();
    assert_eq!(code(decided(Ruling::Dismiss, None).appeal(said(team, 12), true)), "nothing-to-appeal");
    let upheld = decided(Ruling::Uphold, None);
    let objector = upheld.opened_by;
    assert_eq!(code(upheld.clone().appeal(said(objector, 12), false)), "nothing-to-appeal");
    assert_eq!(code(upheld.clone().appeal(said(PersonId::generate(), 12), false)), "nothing-to-appeal");
    let first = upheld.decision.as_ref().expect("decided").said.by;
    let appealed = upheld.appeal(said(team, 12), true).expect("all of it is struck");
    let dismiss = appealed.outcome(Ruling::Dismiss, None).expect("nothing of it");
    assert_eq!(code(appealed.clone().decide(dismiss, said(first, 13))), "same-person");
    assert_eq!(code(appealed.clone().decide(dismiss, said(team, 13))), "same-person");
    let over = appealed.decide(dismiss, said(PersonId::generate(), 13)).expect("somebody else");
    assert_eq!(end(&over), ("dismissed", day(13), 0));
}

#[test]
fn a_dispute_is_over_once() {
    let over = decided(Ruling::Dismiss, None).lapse(day(13)).expect("nobody appealed");
    let (by, outcome) = (PersonId::generate(), over.outcome(Ruling::Uphold, None).expect("all of it"));
    assert_eq!(code(over.clone().decide(outcome, said(by, 14))), "dispute-closed");
    assert_eq!(code(over.clone().answer(said(by, 14))), "dispute-closed");
    assert_eq!(code(over.clone().appeal(said(by, 14), true)), "dispute-closed");
    assert_eq!(over.clone().revoke(by, day(14)), None);
    assert_eq!(over.lapse(Timestamp::MAX), None);
}

proptest! {
    /// Whatever people do in whatever order, a dispute ends within 20 days, once, and strikes no more than it froze.
    #[test]
    fn whatever_people_do_a_dispute_is_over_in_twenty_days(
        steps in proptest::collection::vec((0..6u8, 0..4u8, 0..=2u8, 0..120_001i64, 0..5i64), 0..12)
    ) {
        let mut now = 0;
        let mut it = dispute();
        let people: Vec<PersonId> =
            [it.opened_by].into_iter().chain(std::iter::repeat_with(PersonId::generate).take(3)).collect();
        for (step, who, ruling, part, days) in steps {
            now += days;
            it = it.clone().lapse(day(now)).unwrap_or(it);
            let by = people[usize::from(who)];
            let ruling = Ruling::ALL[usize::from(ruling)];
            let part = (ruling == Ruling::UpholdPart).then_some(part);
            let was_over = it.state.ended().cloned();
            let next = match step {
                0 => it.clone().answer(said(by, now)),
                1 => it.clone().reply(said(by, now)),
                2 => it.clone().accept(by, day(now)),
                3 | 4 => it.outcome(ruling, part).and_then(|outcome| it.clone().decide(outcome, said(by, now))),
                _ => it.clone().appeal(said(by, now), who == 1),
            };
            it = next.unwrap_or(it);
            prop_assert!(it.until >= day(now) || it.state.ended().is_some());
            prop_assert!(was_over.is_none() || was_over.as_ref() == it.state.ended(), "it ends once");
        }
        for _ in 0..2 {
            it = it.clone().lapse(day(400)).unwrap_or(it);
        }
        let ended = it.state.ended().expect("over");
        prop_assert!(ended.at <= day(20), "7 + 5 + 2 + 2 + 2 days at most, or a decision meanwhile: {}", ended.at);
        prop_assert!((0..=120_000).contains(&ended.outcome.struck));
    }
}
