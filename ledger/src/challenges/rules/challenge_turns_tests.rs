use super::*;
use crate::challenges::rules::challenge::tests::announced;
use jiff::ToSpan;

const ALLOWED: Option<Extensions> = Some(Extensions { days: 30, most: 2 });

fn day(n: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + (n * 24).hours()
}

fn open() -> Challenge {
    announced().open(25_000_000, false, day(0)).expect("full")
}

#[test]
fn the_time_for_submissions_is_made_longer_as_often_and_as_far_as_the_rules_allow() {
    assert_eq!(open().extend(5, None, day(1)).expect_err("no rule").code, "extensions-used-up");
    for days in [0, 31] {
        assert_eq!(open().extend(days, ALLOWED, day(1)).expect_err("bounds").code, "extension-too-long");
    }
    let once = open().extend(30, ALLOWED, day(89)).expect("allowed");
    assert_eq!((once.state.as_str(), once.state.until(), once.extensions), ("extended", Some(day(120)), 1));
    let twice = once.extend(1, ALLOWED, day(119)).expect("allowed");
    assert_eq!(twice.state.until(), Some(day(121)));
    assert_eq!(twice.clone().extend(1, ALLOWED, day(120)).expect_err("a third").code, "extensions-used-up");
    assert_eq!(open().extend(5, ALLOWED, day(90)).expect_err("over").code, "challenge-not-open");
    let judging = twice.close_submissions(day(121)).expect("over");
    assert_eq!(judging.extend(5, ALLOWED, day(121)).expect_err("judged").code, "challenge-not-open");
}

#[test]
fn an_upheld_appeal_sends_the_work_back_to_the_judges_and_the_next_ranking_is_provisional_again() {
    let provisional = open().close_submissions(day(90)).and_then(|judging| judging.rank(day(100))).expect("ranked");
    assert_eq!(provisional.takes_appeals(day(113)), Ok(()));
    assert_eq!(provisional.takes_appeals(day(114)).expect_err("over").code, "appeals-over");
    let again = provisional.judge_again(day(105));
    assert_eq!((again.state.as_str(), again.state.until()), ("judging", Some(day(135))));
    assert_eq!(again.takes_appeals(day(106)).expect_err("not ranked").code, "appeals-over");
    assert_eq!(again.clone().judge_again(day(110)), again, "twice is once");
    let ranked = again.rank(day(110)).expect("judged");
    assert_eq!(ranked.state.until(), Some(day(124)), "the whole time for appeals anew");
}

#[test]
fn who_judges_blind_sees_no_teams_until_the_ranking_is_provisional() {
    let blind = Challenge { is_blind: true, ..open() };
    assert!(blind.hides_teams() && !open().hides_teams());
    let judging = blind.close_submissions(day(90)).expect("over");
    assert!(judging.hides_teams());
    assert!(!judging.rank(day(91)).expect("ranked").hides_teams());
}

#[test]
fn who_is_asked_to_agree_has_that_time_before_submissions_close() {
    let asked = Challenge { consent_until: Some(day(95)), ..announced() };
    assert_eq!(asked.open(25_000_000, false, day(0)).expect("full").state.until(), Some(day(95)));
    let asked = Challenge { consent_until: Some(day(5)), ..announced() };
    assert_eq!(asked.open(25_000_000, false, day(0)).expect("full").state.until(), Some(day(90)));
}

#[test]
fn money_that_nobody_won_goes_on_in_time_only() {
    let awarded = Challenge { state: ChallengeState::Awarded, rolls_until: Some(day(10)), ..open() };
    assert_eq!(awarded.rolls(day(9)), Ok(()));
    assert_eq!(awarded.rolls(day(10)).expect_err("late").code, "nothing-rolls");
    assert_eq!(open().rolls(day(9)).expect_err("nothing").code, "nothing-rolls");
}
