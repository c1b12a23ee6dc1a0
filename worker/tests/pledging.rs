//! Money from pledge to receipt and settlement, through a running worker, with its declines, losses and crashes.

mod story;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use ledger::calendar::{Interval, days_after};
use ledger::engine::store::checks;
use ledger::id::ChargeId;
use ledger::pledging::operations::charges;
use ledger::pledging::operations::pledges::{self, AskedSchedule, PlacePledge};
use ledger::pledging::rules::pledge::Rail;
use ledger::testing::store::rows;
use ledger::testing::{ONCE, PlayedWorker};
use std::time::{Duration, Instant};
use story::Story;

/// A loaded machine may take long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_pledge_is_charged_receipted_and_settled() {
    let story = Story::begin().await;
    story.pledge("one", "sandbox_ok", ONCE).await;
    let worker = story.worker().await;
    story.until_idle().await;
    assert_eq!(story.charges().await, [("captured".into(), 1)]);
    assert_eq!(story.receipts(), 1);
    story.advance_days(3).await;
    story.until_idle().await;
    assert_eq!(story.charges().await, [("settled".into(), 1)]);
    assert_eq!((story.receipts(), story.provider_calls().await), (1, 1));
    assert_eq!(story.entries().await, 2, "one for the capture, one for the cash");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_two_workers_on_many_charges_post_each_once_and_send_one_receipt_each() {
    let story = Story::begin().await;
    for number in 0..60 {
        story.pledge(&format!("pledge {number}"), "sandbox_ok", ONCE).await;
    }
    let workers = [story.worker().await, story.worker().await];
    story.until_idle().await;
    let charges = story.charges().await;
    assert_eq!(charges.len(), 60);
    assert!(charges.iter().all(|(state, attempts)| state == "captured" && *attempts == 1), "{charges:?}");
    assert_eq!((story.receipts(), story.provider_calls().await, story.entries().await), (60, 60, 60));
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_a_worker_that_dies_after_the_providers_answer_leaves_one_posting() {
    let story = Story::begin().await;
    story.pledge("one", "sandbox_ok", ONCE).await;
    story.crash("exit_after_charge:1");
    assert_eq!(story.charges().await, [("processing".into(), 1)]);
    assert_eq!((story.provider_calls().await, story.entries().await), (1, 0));
    story.end_leases().await;
    let worker = story.worker().await;
    story.until_idle().await;
    assert_eq!(story.charges().await, [("captured".into(), 1)]);
    assert_eq!((story.receipts(), story.provider_calls().await, story.entries().await), (1, 1, 1));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_after_a_refund_was_sent_leaves_one_refund() {
    for (reference, token, ends_as) in [
        ("back", "sandbox_ok", "settled"),
        ("failed", "sandbox_refund_fails", "failed"),
        ("slow", "sandbox_refund_slow", "settled"),
    ] {
        let story = Story::begin().await;
        story.pledge(reference, token, ONCE).await;
        let worker = story.worker().await;
        story.until_idle().await;
        worker.stop().await;
        story.refund_all().await;
        story.crash("exit_after_charge:1");
        assert_eq!(story.refunds().await, ["requested"]);
        story.end_leases().await;
        let worker = story.worker().await;
        story.until_idle().await;
        story.advance_days(2).await;
        story.until_idle().await;
        assert_eq!(story.refunds().await, [ends_as], "{token}");
        assert_eq!(story.provider_refunds().await, 1);
        assert_eq!(story.mails("refund."), usize::from(ends_as == "settled"));
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_for_and_not_charged_again() {
    let story = Story::begin().await;
    story.pledge("one", "sandbox_timeout", ONCE).await;
    let worker = story.worker().await;
    story.until_idle().await;
    assert_eq!(story.charges().await, [("captured".into(), 1)]);
    assert_eq!((story.receipts(), story.provider_calls().await, story.entries().await), (1, 1, 1));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_provider_that_reports_twice_is_posted_once_and_a_hard_decline_is_told_once() {
    let story = Story::begin().await;
    for number in 0..20 {
        story.pledge(&format!("twice {number}"), "sandbox_answers_twice", ONCE).await;
    }
    story.pledge("hard", "sandbox_hard_decline", ONCE).await;
    let workers = [story.worker().await, story.worker().await];
    story.until_idle().await;
    let begun = Instant::now();
    while story.jobs_done("record_answer").await < 20 {
        assert!(begun.elapsed() < PATIENCE, "the second reports do not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    story.until_idle().await;
    let charges = story.charges().await;
    assert_eq!(charges.iter().filter(|it| **it == ("captured".into(), 1)).count(), 20, "{charges:?}");
    assert_eq!((story.receipts(), story.provider_calls().await, story.entries().await), (20, 21, 20));
    story.advance_days(9).await;
    story.until_idle().await;
    assert_eq!((story.provider_calls().await, story.mails("decline.")), (21, 1), "a hard decline is never tried again");
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_insufficient_funds_are_tried_again_the_next_day() {
    let story = Story::begin().await;
    story.pledge("one", "sandbox_insufficient_funds_once", ONCE).await;
    let worker = story.worker().await;
    story.until_idle().await;
    assert_eq!(story.charges().await, [("declined".into(), 1)]);
    assert_eq!((story.receipts(), story.mails("decline.")), (0, 1));
    story.advance_days(1).await;
    story.until_idle().await;
    assert_eq!(story.charges().await, [("captured".into(), 2)]);
    assert_eq!((story.receipts(), story.provider_calls().await, story.entries().await), (1, 2, 1));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_declines_that_last_retry_on_days_one_three_seven_and_a_stolen_card_stops_at_once() {
    let story = Story::begin().await;
    story.pledge("short", "sandbox_insufficient_funds", ONCE).await;
    story.pledge("stolen", "sandbox_stolen_card", ONCE).await;
    story.pledge("expired", "sandbox_expired_card", ONCE).await;
    let worker = story.worker().await;
    story.until_idle().await;
    let mut attempts = vec![story.provider_calls().await];
    for _ in 0..9 {
        story.advance_days(1).await;
        story.until_idle().await;
        attempts.push(story.provider_calls().await);
    }
    assert_eq!(attempts, [3, 4, 4, 5, 5, 5, 5, 6, 6, 6]);
    assert_eq!(story.entries().await, 0);
    assert_eq!(story.pledge_states().await, ["cancelled", "lapsed", "needs_action"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_a_monthly_plan_charges_each_month_once() {
    let story = Story::begin().await;
    let monthly = AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: None, payments: Some(4) };
    story.pledge("monthly", "sandbox_ok", monthly).await;
    let worker = story.worker().await;
    story.until_idle().await;
    for _ in 0..13 {
        story.advance_days(10).await;
        story.until_idle().await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let charges = story.charges().await;
    assert_eq!(charges.len(), 4, "{charges:?}");
    assert!(charges.iter().all(|(state, _)| state == "settled"), "{charges:?}");
    assert_eq!((story.receipts(), story.provider_calls().await), (4, 4));
    assert_eq!(story.pledge_states().await, ["completed"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_that_other_tests_play_leaves_the_rows_of_a_real_one() {
    let (real, mut played) = (Story::begin().await, Story::begin().await);
    // The next 31 January but for one of this year: long before anything of the campaign counts as unused.
    let first = date(real.ground.book.today(Timestamp::now()).year() + 1, 1, 31);
    let noon = real.ground.book.start_of(first) + SignedDuration::from_hours(12);
    real.advance_to(noon).await;
    played.ground.wall = noon;
    for (reference, token, payments) in [
        ("paid", "sandbox_ok", None),
        ("plan", "sandbox_ok", Some(2)),
        ("short", "sandbox_insufficient_funds", Some(2)),
        ("expired", "sandbox_expired_card", None),
        ("stolen", "sandbox_stolen_card", None),
    ] {
        let monthly =
            |payments| AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: None, payments };
        let schedule = || payments.map_or(ONCE, |payments| monthly(Some(payments)));
        real.pledge(reference, token, schedule()).await;
        played.pledge_at(reference, token, schedule(), noon).await;
    }

    let worker = real.worker().await;
    real.until_idle().await;
    let double = PlayedWorker { lanes: Some(played.ground.lanes()) };
    double.work(&played.ground).await;
    for _ in 0..33 {
        real.advance_days(1).await;
        real.until_idle().await;
    }
    double.go_to(&mut played.ground, days_after(first, 33)).await;
    worker.stop().await;
    let by_real = rows::told(&real.ground.client().await).await.unwrap();
    assert_eq!(by_real, rows::told(&played.ground.client().await).await.unwrap());
    assert!(by_real.iter().filter(|row| row.starts_with("attempt ")).count() > 8, "{by_real:#?}");
}

/// Waits until something holds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t11_a_book_that_differs_is_frozen_nobody_is_asked_for_money_and_what_waited_is_done_after_the_release() {
    let story = Story::begin().await;
    let (ground, book) = (&story.ground, story.ground.book.id);
    let owner = ground.database_owner().await;
    // A charge that its partner collects has begun before.
    let asked = PlacePledge { rail: Rail::Partner, ..ground.ask(&story.campaign, "reported", "30.00") };
    let pledge = ground.run(async |tx| pledges::place(tx, asked, Timestamp::now()).await).await.unwrap().pledge.id;
    let worker = story.worker().await;
    story.until_idle().await;
    let alter = async |by: i64| {
        let sql = "UPDATE book_head SET next_account = next_account + $2::bigint::int WHERE book_id = $1";
        assert_eq!(owner.execute(sql, &[&book.0, &by]).await.unwrap(), 1);
    };
    alter(7).await;
    until("the book is frozen", async || !checks::list_frozen(&ground.client().await, 10).await.unwrap().is_empty())
        .await;

    // From here on facts come in, and jobs fall due. A promise that the book counts is none of them.
    let counted = ground.ask(&story.campaign, "counted", "30.00");
    let refused = ground.run(async |tx| pledges::place(tx, counted, Timestamp::now()).await).await;
    assert!(matches!(refused, Err(ledger::Error::BookFrozen)), "{refused:?}");
    let from_before = "UPDATE campaign SET promise_room = NULL, promise_beyond = NULL, promise_pledged = NULL,
                                           promises_since = NULL WHERE book_id = $1";
    owner.execute(from_before, &[&book.0]).await.unwrap();
    story.pledge("late", "sandbox_ok", ONCE).await;
    let charge: uuid::Uuid = {
        let sql = "SELECT id FROM charge WHERE book_id = $1 AND pledge = $2";
        ground.client().await.query_one(sql, &[&book.0, &pledge.object]).await.unwrap().get(0)
    };
    let charge = ChargeId::new(book, charge);
    let (partner, wall) = (ground.partner, Timestamp::now());
    let report = async || {
        ground.run(async |tx| charges::capture_reported(tx, charge, partner, "evt", "pay", None, wall).await).await
    };
    assert!(matches!(report().await, Err(ledger::Error::BookFrozen)));
    ground.run(async |tx| charges::keep_report(tx, charge, partner, "evt", "pay", None, wall).await).await.unwrap();
    until("the operator hears of it", async || story.mails("freeze.") == 1).await;
    let waiting = async || {
        let sql = "SELECT count(*) FROM job WHERE book_id = $1 AND finished_at IS NULL AND attempts = 0
                      AND kind IN ('charge_pledge', 'record_capture') AND due_at <= now()";
        ground.client().await.query_one(sql, &[&book.0]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!(waiting().await, 2);
    assert_eq!((story.provider_calls().await, story.entries().await), (0, 0));

    story.advance_days(1).await;
    alter(-7).await;
    let released = owner.execute("SELECT book_release($1, 'a hand had slipped')", &[&book.0]).await;
    assert_eq!(released.unwrap(), 1);
    until("what waited is done", async || waiting().await == 0).await;
    story.until_idle().await;
    assert_eq!(story.charges().await, [("captured".into(), 1), ("captured".into(), 1)]);
    assert_eq!((story.provider_calls().await, story.entries().await, story.mails("freeze.")), (1, 2, 1));
    let captured = "SELECT captured_on FROM charge WHERE book_id = $1 AND id = $2";
    let captured = ground.client().await.query_one(captured, &[&book.0, &charge.object]).await.unwrap();
    assert_eq!(captured.get::<_, jiff::civil::Date>(0), ground.book.today(wall), "the day of the report");
    let compared = "SELECT count(*) FROM book_check WHERE book_id = $1 AND ended_at > 'epoch'";
    until("the next pass ends", async || {
        ground.client().await.query_one(compared, &[&book.0]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;
    assert!(checks::list_frozen(&ground.client().await, 10).await.unwrap().is_empty());
    worker.stop().await;
}
