use super::*;
use crate::challenges::rules::rulebook::tests::{TIMETABLE, usd};
use crate::id::BookId;
use jiff::ToSpan;

pub(crate) fn challenge() -> Challenge {
    Challenge {
        id: ChallengeId::generate(BookId(1)),
        slug: "drill".into(),
        title: "Drill".into(),
        summary: String::new(),
        purse: usd("250000.00"),
        rules_version: 1,
        rules: Digest::of(b"rules"),
        timetable: TIMETABLE,
        account: None,
        state: Challenge::draft(Timestamp::UNIX_EPOCH),
        is_blind: false,
        extensions: 0,
        consent_until: None,
        rolls_until: None,
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn announced() -> Challenge {
    let now = Timestamp::UNIX_EPOCH;
    challenge().publish(AccountNumber(1), now).expect("a draft").announce(now).expect("being funded")
}

#[test]
fn m1_it_is_not_opened_one_cent_short() {
    let refusal = announced().open(24_999_999, false, Timestamp::UNIX_EPOCH).expect_err("one cent short");
    assert!(announced().open(1, true, Timestamp::UNIX_EPOCH).is_ok(), "its rules say that it may be underfunded");
    assert!(announced().open(0, true, Timestamp::UNIX_EPOCH).is_err(), "but not that there is nothing");
    assert_eq!(refusal.code, "purse-short");
    assert_eq!(refusal.detail, "the purse is 250000.00 USD, of which 249999.99 USD have settled: 0.01 USD are short");
    let open = announced().open(25_000_000, false, Timestamp::UNIX_EPOCH).expect("full");
    assert_eq!(open.state.as_str(), "open");
}

#[test]
fn it_goes_its_way_and_each_deadline_has_its_default() {
    let start = Timestamp::UNIX_EPOCH;
    let day = |n: i64| start + (n * 24).hours();
    let open = announced().open(25_000_000, false, start).expect("full");
    assert_eq!(open.clone().close_submissions(day(89)).expect_err("promised").code, "submissions-open");
    assert_eq!(open.due(day(90)), Due::CloseSubmissions);
    let judging = open.close_submissions(day(90)).expect("its time has passed");
    assert_eq!(judging.due(day(119)), Due::Nothing);
    assert_eq!(judging.due(day(120)), Due::Rank { with_what_is_there: false });
    let escalated = judging.clone().escalate(day(120)).expect("judging");
    assert_eq!(escalated.due(day(150)), Due::Rank { with_what_is_there: true });
    let provisional = judging.rank(day(100)).expect("judging");
    assert_eq!(provisional.may_award(day(113)).expect_err("appeals").code, "appeals-open");
    assert_eq!(provisional.due(day(114)), Due::Award);
    assert_eq!(provisional.clone().award(0, day(114)).expect("passed").state.as_str(), "no_award");
    let awarded = provisional.award(3, day(114)).expect("passed");
    assert_eq!(awarded.state, ChallengeState::Awarded);
    assert_eq!(awarded.due(day(9_999)), Due::Nothing);
    assert_eq!(awarded.award(3, day(115)).expect_err("once").code, "challenge-not-provisional");
    assert_eq!(challenge().due(day(90)), Due::Cancel);
}

#[test]
fn whoever_agrees_restates_the_digest_of_the_rules_in_force() {
    assert_eq!(challenge().agree(Digest::of(b"rules")), Ok(()));
    assert_eq!(challenge().agree(Digest::of(b"older rules")).expect_err("others").code, "rules-mismatch");
}

#[test]
fn money_is_taken_before_the_opening_and_submissions_after_it() {
    let now = Timestamp::UNIX_EPOCH;
    assert_eq!(challenge().takes_contributions().expect_err("a draft").code, "challenge-not-funding");
    assert_eq!(announced().takes_contributions(), Ok(AccountNumber(1)));
    assert_eq!(announced().takes_submissions(now).expect_err("not yet").code, "challenge-not-open");
    let open = announced().open(25_000_000, false, now).expect("full");
    assert_eq!(open.takes_submissions(now), Ok(()));
    assert_eq!(open.takes_submissions(now + (90 * 24).hours()).expect_err("too late").code, "challenge-not-open");
    assert_eq!(open.is_unopened().expect_err("teams work on it").code, "challenge-opened");
    let cancelled = open.clone().cancel("the sponsor is gone".into()).expect("nothing is judged yet");
    assert_eq!(cancelled.state.reason(), "the sponsor is gone");
    let judging = open.close_submissions(now + (90 * 24).hours()).expect("its time has passed");
    assert_eq!(judging.cancel("too late".into()).expect_err("work is judged").code, "challenge-opened");
}

#[test]
fn f8_each_window_counts_from_the_end_of_the_one_before_however_late_somebody_looks() {
    let day = |n: i64| Timestamp::UNIX_EPOCH + (n * 24).hours();
    let open = announced().open(25_000_000, false, day(0)).expect("full");
    let judging = open.close_submissions(day(97)).expect("its time has passed");
    assert_eq!(judging.state.until(), Some(day(120)), "30 days from day 90");
    assert_eq!(judging.clone().escalate(day(125)).expect("judging").state.until(), Some(day(150)));
    assert_eq!(judging.rank(day(125)).expect("judging").state.until(), Some(day(134)), "14 days from day 120");
}
