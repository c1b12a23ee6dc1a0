//! How captured money becomes cash when custodians report it, are late, or pay over less than they owe.

use super::scene::Scene;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::desk::operations::waiting;
use ledger::desk::rules::task::{Place, TaskKind};
use ledger::id::{ChargeId, PledgeId};
use ledger::pledging::operations::charges;
use ledger::pledging::operations::pledges::PlacePledge;
use ledger::pledging::operations::reconciliations;
use ledger::pledging::rules::pledge::Rail;
use ledger::testing::{ONCE, refusal, usd};
use ledger::treasury::operations::reported::{self, Report};
use ledger::treasury::rules::reported::Line;
use ledger::treasury::rules::settlement::{Settlement, SettlesBy};
use ledger::treasury::store::reported as store;
use uuid::Uuid;

/// A pledge of ten dollars that its partner has collected today.
async fn collected(scene: &Scene, reference: &str) -> (PledgeId, ChargeId) {
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask(reference, "10.00", ONCE, "") };
    let pledge = scene.place(asked).await.unwrap().pledge.id;
    scene.work().await;
    let charge = scene.charges(pledge).await[0].id;
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let (event, payment) = (format!("evt-{reference}"), format!("pay-{reference}"));
    scene
        .ground
        .run(async |tx| charges::capture_reported(tx, charge, partner, &event, &payment, None, wall).await)
        .await
        .unwrap();
    (pledge, charge)
}

async fn report(
    scene: &Scene,
    reference: &str,
    day: Date,
    paid: &[(ChargeId, &str)],
    missing: Option<&str>,
) -> Result<Settlement, Error> {
    let lines: Vec<Line> =
        paid.iter().map(|(charge, amount)| Line { charge: *charge, amount: usd(amount), fee: None }).collect();
    let sum: i64 = lines.iter().map(|line| line.amount.minor()).sum();
    let amount = usd(&format!("{}.{:02}", sum / 100, sum % 100));
    let partner = scene.ground.partner;
    let report =
        Report { partner, reference: reference.into(), day, amount, lines, missing: missing.map(str::to_owned) };
    let (book, wall) = (scene.ground.book.id, scene.ground.wall);
    scene.ground.run(async |tx| reported::report(tx, book, &report, wall).await).await
}

async fn state(scene: &Scene, pledge: PledgeId) -> &'static str {
    scene.charges(pledge).await[0].state.as_str()
}

/// What the host is told to chase.
async fn overdue(scene: &Scene) -> usize {
    let (client, wall) = (scene.ground.client().await, scene.ground.wall);
    let tasks = waiting::list(&client, scene.ground.owner, Place::START, 50, wall).await.unwrap();
    tasks.iter().filter(|task| task.kind == TaskKind::ChaseSettlement).count()
}

async fn settles_by(scene: &Scene, settles_by: SettlesBy) {
    let (book, partner, wall) = (&scene.ground.book, scene.ground.partner, scene.ground.wall);
    scene.ground.run(async |tx| reported::set_settles_by(tx, book, partner, settles_by, wall).await).await.unwrap();
}

#[tokio::test]
async fn a_reported_settlement_settles_exactly_its_charges_and_what_is_missing_stays_owed_with_a_reason() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let (first, of_first) = collected(&scene, "first").await;
    let (short, of_short) = collected(&scene, "short").await;
    let (last, _) = collected(&scene, "last").await;
    let day = date(2027, 1, 31);
    let differs = report(&scene, "out-0", day, &[(of_first, "10.00"), (of_short, "9.00")], None).await;
    let Err(Error::Refused(differs)) = differs else { panic!("{differs:?}") };
    assert_eq!(differs.code, "settlement-differs");
    assert!(differs.detail.contains("/lines/1") && differs.detail.contains("9.00 of 10.00 USD"), "{}", differs.detail);
    assert_eq!(state(&scene, first).await, "captured", "nothing of it was settled");

    let paid = [(of_first, "10.00"), (of_short, "9.00")];
    let reason = Some("The bank kept one dollar");
    let settled = report(&scene, "out-1", day, &paid, reason).await.unwrap();
    assert_eq!((settled.amount, settled.missing, settled.day), (1_900, 100, day));
    assert_eq!(report(&scene, "out-1", day, &paid, reason).await.unwrap(), settled, "the same again is the same");
    assert_eq!(refusal(report(&scene, "out-1", day, &paid[..1], None).await), "reference-taken");
    assert_eq!(refusal(report(&scene, "out-2", day, &paid[..1], None).await), "settlement-differs");
    assert_eq!((state(&scene, first).await, state(&scene, short).await), ("settled", "captured"));
    assert_eq!(scene.totals().await.available, 1_000, "nothing is released of what has not arrived whole");

    scene.go_to(date(2027, 2, 2)).await;
    assert_eq!((state(&scene, last).await, state(&scene, short).await), ("settled", "captured"));
    assert_eq!(overdue(&scene).await, 0);
    scene.go_to(date(2027, 2, 3)).await;
    assert_eq!(overdue(&scene).await, 1);
    let client = scene.ground.client().await;
    let listed = store::list(&client, scene.ground.book.id, Uuid::nil(), 10).await.unwrap();
    let owed: Vec<(i128, bool)> = listed.iter().map(|it| (it.owed, it.settlement.settled_at.is_some())).collect();
    assert_eq!(owed, [(100, false), (0, true)]);
    assert_eq!(scene.ground.balance_below("assets:receivable:").await, 100);
    assert_eq!(scene.ground.balance_below("assets:cash:").await, 2_900);

    let rest = report(&scene, "out-3", date(2027, 2, 3), &[(of_short, "1.00")], None).await.unwrap();
    scene.work().await;
    assert_eq!((state(&scene, short).await, overdue(&scene).await), ("settled", 0));
    let charges = store::list_charges(&client, rest.id, Uuid::nil(), 10).await.unwrap();
    assert_eq!(charges.iter().map(|it| (it.charge, it.arrived, it.missing)).collect::<Vec<_>>(), [(of_short, 100, 0)]);
    assert_eq!(scene.totals().await.available, 3_000);
    assert_eq!(scene.ground.balance_below("assets:receivable:").await, 0);
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_custodian_that_settles_by_its_reports_owes_until_it_reports_or_the_host_lets_the_clock_do_it() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    settles_by(&scene, SettlesBy::Report).await;
    let (first, of_first) = collected(&scene, "first").await;
    let (second, _) = collected(&scene, "second").await;
    scene.go_to(date(2027, 2, 5)).await;
    assert_eq!((state(&scene, first).await, overdue(&scene).await), ("captured", 1));
    report(&scene, "out-1", date(2027, 2, 4), &[(of_first, "10.00")], None).await.unwrap();
    scene.work().await;
    assert_eq!((state(&scene, first).await, state(&scene, second).await), ("settled", "captured"));
    assert_eq!(overdue(&scene).await, 1);
    settles_by(&scene, SettlesBy::Clock).await;
    scene.work().await;
    assert_eq!((state(&scene, second).await, overdue(&scene).await), ("settled", 0));
    assert_eq!(scene.totals().await.available, 2_000);
    scene.ground.audit().await;
}

#[tokio::test]
async fn the_sandbox_pays_late_or_a_tenth_too_little_and_neither_is_released_before_it_is_there() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let mut pledges = Vec::new();
    for token in ["sandbox_ok", "sandbox_settles_late", "sandbox_settles_short"] {
        let pledge = scene.place(scene.ask(token, "10.00", ONCE, token)).await.unwrap().pledge.id;
        pledges.push(pledge);
    }
    scene.work().await;
    let states = async |scene: &Scene| {
        let mut found = Vec::new();
        for pledge in &pledges {
            found.push(state(scene, *pledge).await);
        }
        found
    };
    scene.go_to(date(2027, 2, 3)).await;
    assert_eq!(states(&scene).await, ["settled", "captured", "captured"]);
    assert_eq!((scene.totals().await.available, overdue(&scene).await), (1_000, 1));
    assert_eq!(scene.ground.balance_below("assets:cash:").await, 1_900, "nine of the ten are there");
    scene.go_to(date(2027, 2, 7)).await;
    assert_eq!(states(&scene).await, ["settled", "settled", "captured"]);
    assert_eq!((scene.totals().await.available, overdue(&scene).await), (2_000, 1));
    let short = scene.charges(pledges[2]).await[0].id;
    report(&scene, "rest", date(2027, 2, 7), &[(short, "1.00")], None).await.unwrap();
    scene.work().await;
    assert_eq!(states(&scene).await, ["settled"; 3]);
    assert_eq!((scene.totals().await.available, overdue(&scene).await), (3_000, 0));
    assert_eq!(scene.ground.balance_below("assets:receivable:").await, 0);
    scene.ground.audit().await;
}

#[tokio::test]
async fn p2_a_capture_that_the_partners_list_lacks_is_flagged_and_settles_by_no_clock_and_none_is_posted_of_a_list() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let (good, of_good) = collected(&scene, "good").await;
    let (doubted, of_doubted) = collected(&scene, "doubted").await;
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask("silent", "10.00", ONCE, "") };
    let silent = scene.place(asked).await.unwrap().pledge.id;
    scene.work().await;
    let of_silent = scene.charges(silent).await[0].id;
    let (book, partner) = (scene.ground.book.id, scene.ground.partner);
    let list = async |scene: &Scene, charges: &[ChargeId]| {
        let (day, wall) = (date(2027, 1, 31), scene.ground.wall);
        let found = scene
            .ground
            .run(async |tx| reconciliations::reconcile(tx, book, partner, day, charges, wall).await)
            .await
            .unwrap();
        scene.work().await;
        found
    };
    let found = list(&scene, &[of_good, of_silent]).await;
    assert_eq!((found.matched, &found.missing[..]), (1, &[of_doubted][..]));
    assert_eq!(found.unknown.len(), 1);
    assert_eq!(found.unknown[0].0, of_silent);
    assert!(found.unknown[0].1.contains("processing"), "{found:?}");
    assert_eq!(list(&scene, &[of_good, of_silent]).await, found, "the same list finds the same");
    assert_eq!((state(&scene, silent).await, scene.fund(&scene.campaign).await), ("processing", 2_000));

    scene.go_to(date(2027, 2, 2)).await;
    assert_eq!((state(&scene, good).await, state(&scene, doubted).await), ("settled", "captured"));
    let (client, wall) = (scene.ground.client().await, scene.ground.wall);
    let tasks = waiting::list(&client, scene.ground.owner, Place::START, 50, wall).await.unwrap();
    assert!(tasks.iter().any(|task| task.kind == TaskKind::CheckCapture), "{tasks:?}");
    assert_eq!(list(&scene, &[of_good, of_doubted]).await.missing, []);
    assert_eq!(state(&scene, doubted).await, "settled", "the provider has it after all");
    assert_eq!(scene.totals().await.available, 2_000);
    scene.ground.audit().await;
}
