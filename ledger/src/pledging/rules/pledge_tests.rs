//! What may become of a pledge, and what comes by itself.

use super::pledge::*;
use crate::calendar::{Interval, Plan, later};
use jiff::Timestamp;
use jiff::civil::date;

fn day(number: i64) -> Timestamp {
    later(Timestamp::UNIX_EPOCH, number)
}

fn active() -> State {
    State::created(day(0)).activate(day(0)).expect("new")
}

fn every_state() -> Vec<State> {
    vec![
        State::created(day(0)),
        active(),
        active().ask(day(0), Need::Means),
        active().ask(day(0), Need::Campaign),
        active().pause(day(0), None).expect("active"),
        active().lapse(day(0)),
        State::Completed { since: day(0) },
        State::Cancelled { since: day(0) },
        State::Refunded { since: day(0) },
    ]
}

#[test]
fn p7_a_lapsed_pledge_is_revived_without_a_new_card() {
    let lapsed = active().lapse(day(8));
    assert_eq!(lapsed.resume(day(20), false), Ok(State::Active { since: day(20) }));
}

#[test]
fn p7_an_expired_card_asks_and_only_another_one_goes_on() {
    let asked = active().ask(day(1), Need::Means);
    assert_eq!(asked.resume(day(2), false).expect_err("no card").code, "pledge-needs-means");
    assert_eq!(asked.resume(day(2), true), Ok(State::Active { since: day(2) }));
}

#[test]
fn p7_a_stolen_card_stops_every_state_that_could_be_charged_again() {
    for state in every_state() {
        let stopped = state.stop(day(1));
        assert!(!stopped.is_active() && stopped.until().is_none(), "{state:?} became {stopped:?}");
    }
}

#[test]
fn every_wait_ends_by_itself() {
    for state in every_state() {
        let end = state.at(day(10_000));
        assert!(end.until().is_none(), "{state:?} still waits as {end:?}");
    }
    assert_eq!(active().ask(day(0), Need::Means).at(day(30)).as_str(), "lapsed");
    assert_eq!(active().lapse(day(0)).at(day(LAPSED_DAYS)), State::Cancelled { since: day(LAPSED_DAYS) });
}

#[test]
fn a_pause_with_an_end_resumes_and_one_without_lapses() {
    let paused = active().pause(day(1), Some(day(40))).expect("active");
    assert_eq!(paused.at(day(39)).as_str(), "paused");
    assert_eq!(paused.at(day(40)), State::Active { since: day(40) });
    let open = active().pause(day(1), None).expect("active");
    assert_eq!(open.at(day(1 + PAUSE_DAYS_MAX)).as_str(), "lapsed");
    for wrong in [day(1), day(0), day(2 + PAUSE_DAYS_MAX)] {
        assert_eq!(active().pause(day(1), Some(wrong)).expect_err("no such pause").code, "pause-invalid");
    }
}

#[test]
fn p15_a_closed_campaign_asks_for_another_and_redirecting_answers() {
    let asked = active().ask(day(1), Need::Campaign);
    assert_eq!(asked.resume(day(2), true).expect_err("no campaign").code, "pledge-needs-campaign");
    assert_eq!(asked.redirect(day(2)), Ok(State::Active { since: day(2) }));
}

#[test]
fn what_has_ended_stays_ended() {
    for ended in every_state().into_iter().filter(|state| state.until().is_none() && !state.is_active()) {
        assert!(ended.activate(day(1)).is_err());
        assert!(ended.pause(day(1), None).is_err());
        assert!(ended.resume(day(1), true).is_err());
        assert!(ended.redirect(day(1)).is_err());
        assert!(ended.cancel(day(1)).is_err());
        assert_eq!(ended.ask(day(1), Need::Means), ended);
        assert_eq!(ended.lapse(day(1)), ended);
        assert_eq!(ended.paid(day(1), true), ended);
    }
}

#[test]
fn the_last_payment_completes_and_a_late_one_revives() {
    assert_eq!(active().paid(day(1), true).as_str(), "completed");
    assert_eq!(active().paid(day(1), false), active());
    assert_eq!(active().lapse(day(1)).paid(day(2), false), State::Active { since: day(2) });
    let paused = active().pause(day(1), None).expect("active");
    assert_eq!(paused.paid(day(2), true), paused, "a pause is the donor's");
}

#[test]
fn a_plan_goes_on_with_the_next_due_date_and_makes_up_for_none() {
    let plan = Plan::new(Interval::Month, date(2027, 1, 31), 31, Some(6)).expect("valid");
    let monthly = Schedule::Recurring(plan);
    assert_eq!(monthly.resume_from(3, date(2027, 5, 2)), Some(5));
    assert_eq!(monthly.resume_from(6, date(2027, 5, 2)), Some(6));
    assert_eq!(monthly.resume_from(3, date(2027, 7, 1)), None);
    let once = Schedule::Once { on: date(2027, 1, 31) };
    assert_eq!(once.resume_from(1, date(2027, 5, 2)), Some(1));
    assert_eq!(once.resume_from(2, date(2027, 5, 2)), None);
    assert_eq!(once.due_date(2), None);
}

#[test]
fn a_live_book_takes_no_simulated_money() {
    assert_eq!(Rail::Sandbox.allowed_in(true).expect_err("live").code, "rail-refused");
    assert_eq!(Rail::Sandbox.allowed_in(false), Ok(()));
    assert_eq!(Rail::Partner.allowed_in(true), Ok(()));
    assert_eq!(Rail::Stripe.allowed_in(false).expect_err("sandbox").code, "rail-refused");
    assert_eq!(Rail::Stripe.allowed_in(true), Ok(()));
}
