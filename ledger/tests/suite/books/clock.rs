//! The clock of a sandbox book walks, and stops where something is due.

use crate::pledging::scene::Scene;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use ledger::books::operations::clock::{self, Status};
use ledger::calendar::Interval;
use ledger::engine::store::books::Book;
use ledger::pledging::operations::pledges::AskedSchedule;
use ledger::pledging::rules::charge::State as ChargeState;
use ledger::pledging::rules::pledge::Pledge;
use ledger::testing::{Ground, refusal};

/// A plan of six payments from the 5th of January 2031 on, in a book whose clock stands at the 1st.
async fn plan() -> (Scene, Pledge) {
    let mut scene = Scene::on(date(2031, 1, 1)).await;
    scene.ground.wall = Timestamp::now();
    scene.ground.leap_to(noon(&scene.ground, date(2031, 1, 1))).await;
    let schedule = AskedSchedule::Recurring {
        interval: Interval::Month,
        start: Some(date(2031, 1, 5)),
        anchor: None,
        payments: Some(6),
    };
    let pledge = scene.place(scene.ask("m-1", "10.00", schedule, "card")).await.unwrap().pledge;
    (scene, pledge)
}

fn noon(ground: &Ground, day: Date) -> Timestamp {
    ground.book.start_of(day) + SignedDuration::from_hours(12)
}

async fn send(scene: &Scene, day: Date) -> Book {
    let (id, wall, to) = (scene.ground.book.id, scene.ground.wall, noon(&scene.ground, day));
    scene.ground.run(async |tx| clock::advance(tx, id, to, wall).await).await.unwrap()
}

async fn step(scene: &Scene) -> Option<Book> {
    let (id, wall) = (scene.ground.book.id, scene.ground.wall);
    scene.ground.run(async |tx| clock::step(tx, id, wall).await).await.unwrap()
}

#[tokio::test]
async fn u6_one_advance_over_months_stops_at_each_due_date_and_at_what_follows_from_it() {
    let (mut scene, pledge) = plan().await;
    let to = noon(&scene.ground, date(2031, 4, 15));
    scene.worker.walk_to(&mut scene.ground, to).await;
    let mut days = Vec::new();
    for charge in scene.charges(pledge.id).await {
        let ChargeState::Settled { on, .. } = charge.state else { panic!("{:?}", charge.state) };
        days.push((charge.due_on, on));
    }
    let each = [1, 2, 3, 4].map(|month| (date(2031, month, 5), date(2031, month, 5)));
    assert_eq!(days, each);
    let now = scene.ground.book.now(scene.ground.wall);
    assert!(to <= now && now < to + SignedDuration::from_secs(1), "{now}");
    let owner = scene.ground.database_owner().await;
    let effective =
        owner.query("SELECT DISTINCT effective FROM transfer WHERE kind <> 54 ORDER BY 1", &[]).await.unwrap();
    let effective: Vec<Date> = effective.iter().map(|row| row.get(0)).collect();
    let captured_and_settled = [1, 2, 3, 4].map(|month| [date(2031, month, 5), date(2031, month, 7)]);
    assert_eq!(effective, captured_and_settled.concat());
    scene.ground.audit().await;
}

#[tokio::test]
async fn u6_a_walking_clock_is_only_sent_further_and_waits_for_what_is_due() {
    let (scene, _) = plan().await;
    let sent = send(&scene, date(2031, 3, 1)).await;
    assert_eq!(sent.today(scene.ground.wall), date(2031, 1, 5), "it went to its first stop at once");
    assert!(step(&scene).await.is_none(), "a payment is due");
    let further = send(&scene, date(2031, 4, 1)).await;
    assert_eq!(further.clock_target, Some(noon(&scene.ground, date(2031, 4, 1))));
    let nearer = send(&scene, date(2031, 2, 1)).await;
    assert_eq!(nearer.clock_target, further.clock_target);
    let (id, wall, back) = (scene.ground.book.id, scene.ground.wall, noon(&scene.ground, date(2031, 1, 2)));
    let back = scene.ground.run(async |tx| clock::advance(tx, id, back, wall).await).await;
    assert_eq!(refusal(back), "clock-goes-forward");
    let status = clock::status(&scene.ground.client().await, &further).await.unwrap();
    assert_eq!(status, Status::Advancing);
}

#[tokio::test]
async fn u6_a_step_is_taken_once_whoever_else_takes_it_and_one_that_was_lost_is_taken_again() {
    let (scene, _) = plan().await;
    send(&scene, date(2031, 4, 15)).await;
    scene.work().await;
    // A worker that dies in the middle of a step has taken none.
    let (id, wall) = (scene.ground.book.id, scene.ground.wall);
    let mut client = scene.ground.client().await;
    let lost = client.transaction().await.unwrap();
    assert!(clock::step(&lost, id, wall).await.unwrap().is_some());
    lost.rollback().await.unwrap();
    drop(client);
    let (one, two) = tokio::join!(step(&scene), step(&scene));
    let stood: Vec<Date> = [one, two].into_iter().flatten().map(|book| book.today(wall)).collect();
    assert_eq!(stood, [date(2031, 1, 7)], "where the money of the first payment arrives");
}

#[tokio::test]
async fn u6_a_job_that_was_given_up_holds_no_clock_and_one_that_failed_pauses_in_book_time() {
    let (mut scene, _) = plan().await;
    send(&scene, date(2031, 4, 15)).await;
    let client = scene.ground.client().await;
    let pause =
        "UPDATE job SET leased_until = now() + INTERVAL '1 hour' WHERE finished_at IS NULL AND due_at < '2031-01-06'";
    assert_eq!(client.execute(pause, &[]).await.unwrap(), 1);
    let stood = step(&scene).await.unwrap();
    let since = stood.now(scene.ground.wall).duration_since(stood.start_of(date(2031, 1, 5)));
    assert!(since >= SignedDuration::from_mins(59) && since < SignedDuration::from_mins(62), "{since}");
    scene.work().await;
    assert_eq!(scene.totals().await.sums.collected, 1_000, "its pause is over");
    scene.ground.book = step(&scene).await.unwrap();
    let bury = "UPDATE job SET dead_at = now() WHERE finished_at IS NULL";
    client.execute(bury, &[]).await.unwrap();
    drop(client);
    let arrived = step(&scene).await.unwrap();
    assert_eq!((arrived.clock_target, arrived.today(scene.ground.wall)), (None, date(2031, 4, 15)));
}

#[tokio::test]
async fn u6_the_clock_of_a_frozen_book_stands_and_says_so() {
    let (mut scene, _) = plan().await;
    send(&scene, date(2031, 4, 15)).await;
    scene.work().await;
    let owner = scene.ground.database_owner().await;
    owner.batch_execute("UPDATE book_head SET frozen = true").await.unwrap();
    assert!(step(&scene).await.is_none());
    let sent = send(&scene, date(2031, 5, 15)).await;
    assert_eq!(sent.today(scene.ground.wall), date(2031, 1, 5));
    let status = clock::status(&scene.ground.client().await, &sent).await.unwrap();
    assert_eq!(status, Status::Frozen);
    owner.batch_execute("UPDATE book_head SET frozen = false").await.unwrap();
    scene.ground.book = step(&scene).await.unwrap();
    assert_eq!(scene.ground.book.today(scene.ground.wall), date(2031, 1, 7), "and goes on");
}
