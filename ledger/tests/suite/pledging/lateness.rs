//! What is late acts as of the moment at which it was due, whatever the worker was doing meanwhile.

use super::scene::Scene;
use jiff::civil::{Date, date};
use ledger::calendar::Interval;
use ledger::id::PledgeId;
use ledger::pledging::operations::campaigns;
use ledger::pledging::operations::charges::{self, Begun, Recorded};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::pledges::{AskedSchedule, PlacePledge};
use ledger::pledging::rules::charge::State as ChargeState;
use ledger::pledging::rules::pledge::{LAPSED_DAYS, Pledge, Rail, State};
use ledger::service::change::Change;
use ledger::testing::{MONTHLY, ONCE, outcome};

/// Payments on the day of the month of the first one.
fn plan(start: Date, payments: i32) -> AskedSchedule {
    AskedSchedule::Recurring { interval: Interval::Month, start: Some(start), anchor: None, payments: Some(payments) }
}

/// The worker comes back at noon of a day, and does all that fell due since.
async fn leap_to(scene: &mut Scene, day: Date) {
    scene.ground.wall = scene.ground.book.start_of(day) + jiff::SignedDuration::from_hours(12);
    scene.work().await;
}

async fn place(scene: &Scene, reference: &str, schedule: AskedSchedule, token: &str) -> Pledge {
    scene.place(scene.ask(reference, "10.00", schedule, token)).await.unwrap().pledge
}

async fn resume(scene: &Scene, id: PledgeId, token: Option<&str>) -> Pledge {
    let (wall, token) = (scene.ground.wall, token.map(str::to_owned));
    let change = Change::by_service("");
    scene.ground.run(async |tx| pledge_changes::resume(tx, id, token, change, wall).await).await.unwrap()
}

/// Due date, state and day of capture of each charge.
async fn told(scene: &Scene, id: PledgeId) -> Vec<(Date, &'static str, Option<Date>)> {
    let day = |state: &ChargeState| {
        if let ChargeState::Captured { on, .. } | ChargeState::Settled { on, .. } = state { Some(*on) } else { None }
    };
    scene.charges(id).await.iter().map(|it| (it.due_on, it.state.as_str(), day(&it.state))).collect()
}

#[tokio::test]
async fn f8_fl14_a_pause_that_ended_while_the_worker_was_away_has_ended_on_its_day() {
    let mut states = Vec::new();
    for in_one_leap in [true, false] {
        let mut scene = Scene::on(date(2027, 1, 5)).await;
        let pledge = place(&scene, "m-1", plan(date(2027, 1, 10), 12), "card").await;
        let (wall, until) = (scene.ground.wall, Some(date(2027, 1, 9)));
        let change = Change::by_service("travelling");
        let paused = scene.ground.run(async |tx| pledge_changes::pause(tx, pledge.id, until, change, wall).await);
        paused.await.unwrap();
        if in_one_leap {
            leap_to(&mut scene, date(2027, 1, 15)).await;
            assert_eq!(
                told(&scene, pledge.id).await,
                [(date(2027, 1, 10), "captured", Some(date(2027, 1, 15)))],
                "due in its time, collected on the day on which the money moved"
            );
        } else {
            scene.go_to(date(2027, 1, 15)).await;
        }
        let state = scene.pledge(pledge.id).await.state;
        assert_eq!(state, State::Active { since: scene.ground.book.start_of(date(2027, 1, 9)) });
        leap_to(&mut scene, date(2027, 2, 20)).await;
        let due: Vec<_> = told(&scene, pledge.id).await.into_iter().map(|(due, state, _)| (due, state)).collect();
        states.push(due);
    }
    assert_eq!(states[0].len(), 2);
    assert_eq!(states[0].iter().map(|(due, _)| *due).collect::<Vec<_>>(), [date(2027, 1, 10), date(2027, 2, 10)]);
    assert_eq!(
        states[0].iter().map(|it| it.0).collect::<Vec<_>>(),
        states[1].iter().map(|it| it.0).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn f8_a_worker_that_was_away_charges_the_latest_due_date_and_the_earlier_ones_are_missed() {
    let mut scene = Scene::on(date(2027, 1, 5)).await;
    let pledge = place(&scene, "m-1", plan(date(2027, 1, 10), 12), "card").await;
    leap_to(&mut scene, date(2027, 3, 15)).await;
    let missed = |month| (date(2027, month, 10), "missed", None);
    let captured = (date(2027, 3, 10), "captured", Some(date(2027, 3, 15)));
    assert_eq!(told(&scene, pledge.id).await, [missed(1), missed(2), captured]);
    let totals = scene.totals().await.sums;
    assert_eq!((totals.pledged, totals.collected, totals.dropped), (3_000, 1_000, 2_000));
    scene.go_to(date(2027, 4, 10)).await;
    assert_eq!(told(&scene, pledge.id).await[3].0, date(2027, 4, 10), "and the plan goes on");
    assert_eq!(scene.totals().await.sums.collected, 2_000);
    scene.ground.audit().await;
}

#[tokio::test]
async fn f8_what_fell_due_before_a_pause_that_nobody_saw_begin_is_missed() {
    let mut scene = Scene::on(date(2027, 1, 5)).await;
    let pledge = place(&scene, "m-1", plan(date(2027, 1, 10), 12), "card").await;
    // Nobody works until March; in between the donor pauses for two weeks.
    scene.ground.wall = scene.ground.day(15);
    let (wall, until) = (scene.ground.wall, Some(date(2027, 2, 15)));
    let change = Change::by_service("");
    scene.ground.run(async |tx| pledge_changes::pause(tx, pledge.id, until, change, wall).await).await.unwrap();
    leap_to(&mut scene, date(2027, 3, 15)).await;
    let found: Vec<_> = told(&scene, pledge.id).await.into_iter().map(|(due, state, _)| (due, state)).collect();
    assert_eq!(
        found,
        [(date(2027, 1, 10), "missed"), (date(2027, 3, 10), "captured")],
        "February was the donor's wish"
    );
}

#[tokio::test]
async fn f8_a_wait_that_ran_out_while_the_worker_was_away_ended_at_its_end() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let expired = place(&scene, "expired", MONTHLY, "expired_card").await;
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask("silent", "10.00", MONTHLY, "") };
    let silent = scene.place(asked).await.unwrap().pledge;
    scene.work().await;
    let until = scene.pledge(expired.id).await.state.until().unwrap();
    let ChargeState::Processing { until: report, .. } = scene.charges(silent.id).await[0].state else {
        panic!("the partner is to report it")
    };
    leap_to(&mut scene, date(2027, 4, 20)).await;
    assert_eq!(scene.pledge(expired.id).await.state.since(), until);
    assert_eq!(scene.pledge(silent.id).await.state.since(), report);
    assert_eq!(
        told(&scene, silent.id).await,
        [(date(2027, 1, 31), "declined", None)],
        "nothing is due of a lapsed one"
    );
    // A year later both are cancelled as of that day, however late somebody looks.
    leap_to(&mut scene, date(2029, 1, 1)).await;
    for (id, since) in [(expired.id, until), (silent.id, report)] {
        let state = scene.pledge(id).await.state;
        assert_eq!(state, State::Cancelled { since: ledger::calendar::later(since, LAPSED_DAYS) });
    }
}

#[tokio::test]
async fn f2_a_new_card_after_the_last_due_date_pays_once_and_completes_the_plan() {
    let mut scene = Scene::on(date(2027, 2, 5)).await;
    let pledge = place(&scene, "m-1", plan(date(2027, 2, 5), 2), "expired_card").await;
    scene.work().await;
    scene.go_to(date(2027, 3, 6)).await;
    assert_eq!(resume(&scene, pledge.id, Some("card")).await.state.as_str(), "active");
    scene.work().await;
    let paid = [(date(2027, 2, 5), "captured", Some(date(2027, 3, 6)))];
    assert_eq!(told(&scene, pledge.id).await, paid);
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "completed");
    scene.go_to(date(2027, 3, 20)).await;
    leap_to(&mut scene, date(2029, 1, 1)).await;
    assert_eq!((told(&scene, pledge.id).await.len(), scene.totals().await.sums.collected), (1, 1_000));
}

#[tokio::test]
async fn f2_a_plan_revived_after_its_last_date_is_charged_once_with_new_means_and_never_without() {
    for (means, collected) in [(None, 0), (Some("card"), 1_000)] {
        let mut scene = Scene::on(date(2027, 2, 5)).await;
        let pledge = place(&scene, "m-1", plan(date(2027, 2, 5), 2), "insufficient_funds").await;
        scene.work().await;
        scene.go_to(date(2027, 3, 10)).await;
        assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "lapsed");
        resume(&scene, pledge.id, means).await;
        scene.work().await;
        assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "completed", "{means:?}");
        leap_to(&mut scene, date(2029, 1, 1)).await;
        assert_eq!(scene.totals().await.sums.collected, collected, "{means:?}");
        assert_eq!(scene.charges(pledge.id).await.len(), 1);
    }
}

#[tokio::test]
async fn f2_a_single_payment_is_tried_again_whenever_its_pledge_is_revived() {
    let mut scene = Scene::on(date(2027, 2, 5)).await;
    let pledge = place(&scene, "o-1", ONCE, "insufficient_funds").await;
    scene.work().await;
    scene.go_to(date(2027, 3, 10)).await;
    resume(&scene, pledge.id, None).await;
    scene.work().await;
    assert_eq!(scene.charges(pledge.id).await[0].state.attempt(), 5, "with all its retries again");
}

/// Two payments of one plan that are declined side by side: the first is tried again on 7 March, the second is under way.
async fn two_declined(scene: &mut Scene) -> (PledgeId, Begun) {
    let pledge = place(scene, "m-1", plan(date(2027, 2, 5), 12), "expired_card").await;
    scene.work().await;
    scene.go_to(date(2027, 3, 4)).await;
    resume(scene, pledge.id, Some("insufficient_funds")).await;
    scene.work().await;
    scene.ground.wall = scene.ground.day(1);
    let wall = scene.ground.wall;
    let begun = scene.ground.run(async |tx| charges::begin(tx, pledge.id, 2, wall).await).await.unwrap();
    (pledge.id, begun)
}

async fn answer(scene: &Scene, begun: &Begun, token: &str) {
    let Begun::Try { charge, attempt, reference, .. } = begun else { panic!("{begun:?}") };
    let recorded = scene.answer(*charge, *attempt, outcome(token, reference)).await.unwrap();
    assert!(matches!(recorded, Recorded::Declined(_)), "{recorded:?}");
}

#[tokio::test]
async fn f5_the_end_of_a_pledge_ends_every_retry_of_it_and_what_is_dropped_is_counted() {
    for (why, state) in [("lapse", "lapsed"), ("ask", "needs_action"), ("stop", "cancelled"), ("cancel", "cancelled")] {
        let mut scene = Scene::on(date(2027, 2, 5)).await;
        let (pledge, second) = two_declined(&mut scene).await;
        if why == "ask" {
            answer(&scene, &second, "expired_card").await;
        } else if why == "stop" {
            answer(&scene, &second, "stolen_card").await;
        } else {
            answer(&scene, &second, "insufficient_funds").await;
        }
        if why == "cancel" {
            let (wall, change) = (scene.ground.wall, Change::by_service(""));
            scene.ground.run(async |tx| pledge_changes::cancel(tx, pledge, change, wall).await).await.unwrap();
        }
        // The first payment is tried for the last time on the 11th.
        scene.go_to(date(2027, 3, 11)).await;
        assert_eq!(scene.pledge(pledge).await.state.as_str(), state, "{why}");
        for charge in scene.charges(pledge).await {
            assert!(matches!(charge.state, ChargeState::Declined { retry_on: None, .. }), "{why}: {:?}", charge.state);
        }
        assert_eq!(scene.totals().await.sums.dropped, 2_000, "{why}");
        scene.go_to(date(2027, 3, 20)).await;
        if state == "lapsed" {
            resume(&scene, pledge, Some("card")).await;
            scene.go_to(date(2027, 4, 4)).await;
        }
        assert_eq!(scene.totals().await.sums.collected, 0, "{why}: nothing of it comes after all");
    }
}

#[tokio::test]
async fn f7_a_capture_reported_for_a_closed_campaign_is_voided_and_the_redirected_plan_goes_on() {
    for is_collected_again in [true, false] {
        let mut scene = Scene::on(date(2027, 1, 31)).await;
        let asked = PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "10.00", MONTHLY, "") };
        let pledge = scene.place(asked).await.unwrap().pledge;
        scene.work().await;
        let change = Change::by_service("over");
        let (wall, partner, closed) = (scene.ground.wall, scene.ground.partner, scene.campaign.id);
        scene.ground.run(async |tx| campaigns::close(tx, closed, change, wall).await).await.unwrap();
        let charge = scene.charges(pledge.id).await[0].id;
        let report = async |scene: &Scene, event: &str, payment: &str| {
            let wall = scene.ground.wall;
            let run = scene
                .ground
                .run(async |tx| charges::capture_reported(tx, charge, partner, event, payment, None, wall).await);
            run.await.unwrap()
        };
        let voided = report(&scene, "evt-1", "pay-1").await;
        assert_eq!(voided, Recorded::Voided { provider_reference: "pay-1".into() });
        assert_eq!(report(&scene, "evt-1", "pay-1").await, Recorded::Already);
        assert_eq!(scene.charges(pledge.id).await[0].state.as_str(), "voided");
        assert_eq!(scene.pledge(pledge.id).await.state.detail(), "campaign");

        let other = scene.ground.campaign("drill").await;
        let redirected = scene
            .ground
            .run(async |tx| pledge_changes::redirect(tx, pledge.id, other.id, false, change, wall).await)
            .await;
        assert_eq!(redirected.unwrap().pledge.state.as_str(), "active");
        scene.work().await;
        assert_eq!(
            report(&scene, "evt-1", "pay-1").await,
            Recorded::Already,
            "the old report is no report of the new attempt"
        );
        let again = scene.charges(pledge.id).await.remove(0);
        assert_eq!((again.state.as_str(), again.state.attempt(), again.campaign), ("processing", 2, other.id));
        if is_collected_again {
            assert_eq!(report(&scene, "evt-2", "pay-2").await, Recorded::Captured);
        }
        scene.go_to(date(2027, 2, 28)).await;
        assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "active");
        let found: Vec<_> = scene.charges(pledge.id).await.iter().map(|charge| charge.state.as_str()).collect();
        assert_eq!(found, [if is_collected_again { "settled" } else { "declined" }, "processing"]);
        assert_eq!(scene.fund(&other).await, if is_collected_again { 1_000 } else { 0 });
        assert_eq!(scene.fund(&scene.campaign).await, 0);
        scene.ground.audit().await;
    }
}
