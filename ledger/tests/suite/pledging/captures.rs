//! Captures through a lane: the same as in a transaction of their own, and nothing when something has changed meanwhile.

use super::scene::Scene;
use futures_util::future::join_all;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::calendar::Interval;
use ledger::engine::lane::Outcome;
use ledger::id::{ChargeId, JobId, PledgeId};
use ledger::pledging::operations::beginnings::{self, Beginning};
use ledger::pledging::operations::captures::{self, By, Drafted};
use ledger::pledging::operations::charges::{self, Begun, Recorded};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::pledges::{AskedSchedule, PlacePledge};
use ledger::pledging::operations::receipts;
use ledger::pledging::rules::pledge::Rail;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::service::store::jobs::{self, BookWithWork, LeaseTerms};
use ledger::service::work::Work;
use ledger::testing::store::rows;
use ledger::testing::{MONTHLY, ONCE, PlayedWorker, outcome};
use std::collections::HashSet;

const TWICE: AskedSchedule =
    AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: None, payments: Some(2) };

/// Single payments, a plan of two, a decline that is made good, a lapse that a payment revives, a partner's report.
async fn story(scene: &mut Scene) {
    for (reference, schedule, token) in
        [("a", ONCE, "card"), ("b", ONCE, "card"), ("c", TWICE, "card"), ("d", MONTHLY, "expired_card")]
    {
        scene.place(scene.ask(reference, "10.00", schedule, token)).await.unwrap();
    }
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask("e", "7.00", ONCE, "") };
    let reported = scene.place(asked).await.unwrap().pledge.id;
    scene.work().await;
    report(scene, reported).await;
    let wall = scene.ground.wall;
    let expired = store_pledge(scene, "d").await;
    let change = Change { version: None, actor: Actor::Partner(scene.ground.partner), reason: "" };
    scene
        .ground
        .run(async |tx| pledge_changes::resume(tx, expired, Some("card".into()), change, wall).await)
        .await
        .unwrap();
    scene.work().await;
    scene.go_to(date(2027, 3, 8)).await;
}

async fn store_pledge(scene: &Scene, reference: &str) -> PledgeId {
    let client = scene.ground.client().await;
    let found = ledger::pledging::store::pledges::find_by_reference(
        &client,
        scene.ground.book.id,
        scene.ground.partner,
        reference,
    );
    found.await.unwrap().unwrap().id
}

/// The partner reports the first payment of a pledge, through the lane if the scene has lanes.
async fn report(scene: &Scene, pledge: PledgeId) {
    let charge = scene.charges(pledge).await[0].id;
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let by = By::Partner(partner, "evt-1");
    if let Some(lanes) = &scene.worker.lanes {
        let client = scene.ground.client().await;
        let drafted = captures::draft(&client, charge, by, "pay-e".into(), wall).await.unwrap().unwrap();
        let answer = lanes.command(charge.book, captures::key(charge), drafted.command(None)).await.unwrap();
        assert!(matches!(answer.outcome, Outcome::Posted(_)));
        return;
    }
    let reported =
        scene.ground.run(async |tx| charges::capture_reported(tx, charge, partner, "evt-1", "pay-e", None, wall).await);
    reported.await.unwrap();
}

#[tokio::test]
async fn a_capture_through_a_lane_leaves_the_rows_that_a_transaction_leaves() {
    let mut by_lane = Scene::on(date(2027, 1, 31)).await;
    story(&mut by_lane).await;
    let mut by_hand = Scene { worker: PlayedWorker { lanes: None }, ..Scene::on(date(2027, 1, 31)).await };
    story(&mut by_hand).await;
    let through = rows::told(&by_lane.ground.client().await).await.unwrap();
    let beside = rows::told(&by_hand.ground.client().await).await.unwrap();
    assert_eq!(through, beside);
    assert!(through.iter().filter(|row| row.contains(" captured ")).count() >= 6, "{through:#?}");

    let count = "SELECT count(*) FROM idempotency WHERE caller = 0 AND number > 0";
    let went: i64 = by_lane.ground.client().await.query_one(count, &[]).await.unwrap().get(0);
    assert!(went >= 4, "only {went} captures went through the lane");
    by_lane.ground.audit().await;
    by_hand.ground.audit().await;
}

/// Charges of single payments whose attempts are under way, on a day whose settlement is open.
async fn under_way(scene: &Scene, count: usize) -> Vec<(ChargeId, String)> {
    let wall = scene.ground.wall;
    let mut begun = Vec::new();
    for index in 0..count {
        let pledge = scene.place(scene.ask(&format!("p-{index}"), "1.00", ONCE, "card")).await.unwrap().pledge.id;
        match scene.ground.run(async |tx| charges::begin(tx, pledge, 1, wall).await).await.unwrap() {
            Begun::Try { charge, reference, .. } => begun.push((charge, reference)),
            Begun::Nothing => panic!("{pledge} is not tried"),
        }
    }
    // The first one opens the settlement of the day.
    let (first, reference) = begun.remove(0);
    scene.answer(first, 1, outcome("card", &reference)).await.unwrap();
    begun
}

async fn draft(scene: &Scene, charge: ChargeId, wall: Timestamp) -> Drafted {
    let client = scene.ground.client().await;
    let drafted = captures::draft(&client, charge, By::Attempt(1), format!("pay-{charge}"), wall).await;
    drafted.unwrap().expect("a plain capture")
}

async fn send(scene: &Scene, charge: ChargeId, drafted: Drafted) -> Result<Outcome, Error> {
    let lanes = scene.worker.lanes.as_ref().expect("lanes");
    Ok(lanes.command(charge.book, captures::key(charge), drafted.command(None)).await?.outcome)
}

async fn states(scene: &Scene, charges: &[ChargeId]) -> Vec<&'static str> {
    let client = scene.ground.client().await;
    let mut words = Vec::new();
    for charge in charges {
        words.push(ledger::pledging::store::charges::get(&client, *charge).await.unwrap().state.as_str());
    }
    words
}

#[tokio::test]
async fn captures_that_come_together_are_written_together_each_with_its_own_entry() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let begun = under_way(&scene, 31).await;
    let answers = join_all(begun.iter().map(async |(charge, _)| {
        let drafted = draft(&scene, *charge, scene.ground.wall).await;
        (*charge, send(&scene, *charge, drafted).await.unwrap())
    }))
    .await;
    let client = scene.ground.client().await;
    for (charge, answer) in answers {
        let stored = ledger::pledging::store::charges::get(&client, charge).await.unwrap();
        assert_eq!((Outcome::Posted(stored.entry), stored.state.as_str()), (answer, "captured"));
    }
    assert_eq!(scene.fund(&scene.campaign).await, 3_100);
    assert_eq!(scene.totals().await.sums.collected, 3_100);
    scene.ground.audit().await;
}

#[tokio::test]
async fn what_changed_after_it_was_read_is_not_captured_by_a_lane() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let begun = under_way(&scene, 5).await;
    let [captured, cancelled, locked, plain] = [0, 1, 2, 3].map(|index| begun[index].0);
    let wall = scene.ground.wall;
    let mut drafts = Vec::new();
    for charge in [captured, cancelled, locked, plain] {
        drafts.push((charge, draft(&scene, charge, wall).await));
    }

    let answer = outcome("card", &begun[0].1);
    let beside =
        scene.ground.run(async |tx| charges::record_outcome(tx, captured, 1, answer.clone(), wall).await).await;
    assert_eq!(beside.unwrap(), Recorded::Captured);
    let client = scene.ground.client().await;
    let pledge = ledger::pledging::store::charges::get(&client, cancelled).await.unwrap().pledge;
    scene.ground.run(async |tx| pledge_changes::cancel(tx, pledge, Change::by_service(""), wall).await).await.unwrap();
    let mut other = scene.ground.client().await;
    let tx = other.transaction().await.unwrap();
    ledger::pledging::store::charges::lock(&tx, locked).await.unwrap();

    // They come in one batch, and the last of them does not suffer for the others.
    let sent = join_all(drafts.into_iter().map(|(charge, drafted)| send(&scene, charge, drafted))).await;
    tx.rollback().await.unwrap();
    for stale in &sent[..3] {
        assert!(matches!(stale, Err(Error::Stale(_))), "{stale:?}");
    }
    assert!(matches!(sent[3], Ok(Outcome::Posted(_))), "{:?}", sent[3]);
    assert_eq!(
        states(&scene, &[captured, cancelled, locked, plain]).await,
        ["captured", "processing", "processing", "captured"]
    );
    assert_eq!(scene.fund(&scene.campaign).await, 300);
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_charge_that_stands_twice_in_a_batch_is_captured_once() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let begun = under_way(&scene, 2).await;
    let charge = begun[0].0;
    let lanes = scene.worker.lanes.as_ref().unwrap();
    let mut sent = Vec::new();
    for caller in [1, 2] {
        let key = ledger::book::Key { caller, ..captures::key(charge) };
        sent.push(lanes.command(charge.book, key, draft(&scene, charge, scene.ground.wall).await.command(None)));
    }
    let twice = join_all(sent).await;
    let posted = twice.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(posted, 1, "{twice:?}");
    assert_eq!(scene.fund(&scene.campaign).await, 200);
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_capture_does_not_come_into_a_settlement_that_has_arrived() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let begun = under_way(&scene, 2).await;
    let charge = begun[0].0;
    let drafted = draft(&scene, charge, scene.ground.wall).await;
    scene.go_to(date(2027, 2, 2)).await;
    assert!(matches!(send(&scene, charge, drafted).await, Err(Error::Stale(_))));
    assert_eq!(scene.totals().await.sums.settled, 100);
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_worker_that_has_lost_its_lease_captures_nothing() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let begun = under_way(&scene, 2).await;
    let charge = begun[0].0;
    let lease = async |at: Timestamp| {
        let work = BookWithWork { book: scene.ground.book.id, offset: SignedDuration::ZERO };
        let terms = LeaseTerms { worker: "test", length: SignedDuration::from_mins(1), works: &Work::ALL, limit: 1 };
        scene.ground.run(async |tx| jobs::lease(tx, work, at, terms).await).await.unwrap().remove(0)
    };
    let lost = lease(scene.ground.wall).await;
    let held = lease(scene.ground.wall + SignedDuration::from_mins(2)).await;
    assert_eq!((lost.id, lost.attempt + 1), (held.id, held.attempt), "another attempt has the job");

    let lanes = scene.worker.lanes.as_ref().unwrap();
    let late = draft(&scene, charge, scene.ground.wall).await.command([jobs::done_row(&lost, scene.ground.wall)]);
    let late = lanes.command(charge.book, captures::key(charge), late).await;
    assert!(matches!(late, Err(Error::Stale(_))), "{late:?}");
    assert_eq!(states(&scene, &[charge]).await, ["processing"]);

    let fenced = draft(&scene, charge, scene.ground.wall).await.command([jobs::done_row(&held, scene.ground.wall)]);
    let fenced = lanes.command(charge.book, captures::key(charge), fenced).await.unwrap();
    assert!(matches!(fenced.outcome, Outcome::Posted(_)));
    assert_eq!(states(&scene, &[charge]).await, ["captured"]);
    let settled = scene.ground.run(async |tx| jobs::settle(tx, &held, scene.ground.wall).await).await;
    assert!(settled.is_err_and(|error| matches!(error, ledger::Error::Fenced)), "the job is done already");
}

/// The numbers of the receipts of a book's year, each with its charge, in their order.
async fn numbered(scene: &Scene) -> Vec<(i32, ChargeId)> {
    let asked = "SELECT number, charge FROM receipt ORDER BY year, number";
    let rows = scene.ground.client().await.query(asked, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), ChargeId::new(scene.ground.book.id, row.get(1)))).collect()
}

#[tokio::test]
async fn receipts_that_come_with_captures_and_those_of_jobs_are_numbered_without_a_gap_and_once_a_charge() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let wall = scene.ground.wall;
    let begun = under_way(&scene, 8).await;
    let issue = async |charge: ChargeId| scene.ground.run(async |tx| receipts::issue(tx, charge, wall).await).await;
    assert_eq!(numbered(&scene).await, [], "what was captured in a transaction gets its receipt from the job");
    // One is drafted on a version that nobody has any more: it leaves no gap.
    let stale = draft(&scene, begun[6].0, wall).await;
    scene.answer(begun[6].0, 1, outcome("stolen_card", &begun[6].1)).await.unwrap();
    let captured = begun[..6].iter().map(async |(charge, _)| {
        let drafted = draft(&scene, *charge, wall).await;
        send(&scene, *charge, drafted).await
    });
    // Two jobs issue what the lane may or may not have issued by then.
    let again = begun[..6].iter().chain(&begun[..6]).map(async |(charge, _)| issue(*charge).await);
    let (captured, _issued, refused) =
        tokio::join!(join_all(captured), join_all(again), send(&scene, begun[6].0, stale));
    for ((charge, reference), posted) in begun.iter().zip(captured) {
        match posted {
            Ok(posted) => assert!(matches!(posted, Outcome::Posted(_)), "{posted:?}"),
            // It met a job that had locked the charge, and goes the other way.
            Err(Error::Stale(_)) => drop(scene.answer(*charge, 1, outcome("card", reference)).await.unwrap()),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(matches!(refused, Err(Error::Stale(_))), "{refused:?}");
    assert_eq!(issue(begun[6].0).await.unwrap(), None);
    for (charge, _) in &begun[..6] {
        assert!(issue(*charge).await.unwrap().is_some());
    }
    let all = numbered(&scene).await;
    assert_eq!(all.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let charges: HashSet<_> = all.iter().map(|(_, charge)| *charge).collect();
    assert_eq!(charges, begun[..6].iter().map(|(charge, _)| *charge).collect());
    scene.ground.audit().await;
}

#[tokio::test]
async fn payments_begin_once_in_a_batch_and_one_that_changed_meanwhile_begins_alone_or_not() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (book, wall) = (scene.ground.book.id, scene.ground.wall);
    // The account of the day is opened by the first.
    under_way(&scene, 1).await;
    let mut payments = Vec::new();
    for index in 0..4 {
        payments.push((scene.monthly(&format!("m-{index}"), "1.00", "card").await.id, 1));
    }
    let client = scene.ground.client().await;
    let twice = [&payments[..], &payments[..1]].concat();
    let drafted = beginnings::draft_each(&client, book, &twice, wall).await.unwrap();
    assert_eq!(drafted.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, true, true, false]);
    let stopped = payments[3].0;
    scene
        .ground
        .run(async |tx| pledge_changes::cancel(tx, stopped, Change::by_service("told"), wall).await)
        .await
        .unwrap();
    let lanes = scene.worker.lanes.as_ref().unwrap();
    let commands = || {
        let commands = drafted.iter().flatten().map(Beginning::command);
        commands.map(|command| (beginnings::key(JobId::generate(book)), command)).collect::<Vec<_>>()
    };
    // Two workers have the same jobs.
    let (one, other) = tokio::join!(lanes.command_each(book, commands()), lanes.command_each(book, commands()));
    let mut written = [0; 4];
    for answers in [one, other] {
        for (place, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(answer) => written[place] += usize::from(answer.outcome == Outcome::Carried),
                Err(error) => assert!(matches!(error, Error::Stale(_)), "{error}"),
            }
        }
    }
    assert_eq!(written, [1, 1, 1, 0]);
    for (pledge, _) in &payments[..3] {
        assert_eq!((scene.charges(*pledge).await.len(), scene.pledge(*pledge).await.next_sequence), (1, 2));
        let begun = scene.ground.run(async |tx| charges::begin(tx, *pledge, 1, wall).await).await.unwrap();
        assert!(matches!(begun, Begun::Try { attempt: 1, .. }), "the same attempt is taken up: {begun:?}");
    }
    assert_eq!(scene.charges(stopped).await, []);
    scene.ground.audit().await;
}
