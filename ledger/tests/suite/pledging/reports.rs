//! What partners that collect by themselves report of charges, in any order.

use super::scene::Scene;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::id::{ChargeId, OrganisationId, PledgeId};
use ledger::pledging::operations::charges::{self, Recorded};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::pledges::PlacePledge;
use ledger::pledging::operations::reports::{self, NotCollected};
use ledger::pledging::rules::charge::{DeclineKind, Next};
use ledger::pledging::rules::conversion::Collected;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::store::attempts;
use ledger::service::change::Change;
use ledger::testing::{MONTHLY, refusal, usd};

async fn decline(scene: &Scene, charge: ChargeId, event_id: &str, kind: DeclineKind) -> Result<Recorded, Error> {
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let report = NotCollected { partner, event_id, code: "told_by_the_bank" };
    scene.ground.run(async |tx| reports::decline_reported(tx, charge, report, kind, wall).await).await
}

async fn cannot_collect(scene: &Scene, charge: ChargeId, event_id: &str) -> Result<Recorded, Error> {
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let report = NotCollected { partner, event_id, code: "account_closed" };
    scene.ground.run(async |tx| reports::cannot_collect_reported(tx, charge, report, wall).await).await
}

async fn capture(scene: &Scene, charge: ChargeId, event_id: &str) -> Result<Recorded, Error> {
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let payment = format!("pay-{event_id}");
    scene
        .ground
        .run(async |tx| charges::capture_reported(tx, charge, partner, event_id, &payment, None, wall).await)
        .await
}

/// A monthly pledge that its partner collects, with its first charge under way.
async fn collected_by_partner(scene: &Scene, reference: &str) -> (PledgeId, ChargeId) {
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask(reference, "10.00", MONTHLY, "") };
    let pledge = scene.place(asked).await.unwrap().pledge.id;
    scene.work().await;
    (pledge, scene.charges(pledge).await[0].id)
}

/// State and day of each attempt.
async fn tries(scene: &Scene, charge: ChargeId) -> Vec<(String, Date)> {
    let attempts = attempts::list(&scene.ground.client().await, charge).await.unwrap();
    attempts.into_iter().map(|it| (it.state, scene.ground.book.day_of(it.started_at))).collect()
}

#[tokio::test]
async fn p7_declines_that_a_partner_reports_run_by_the_clocks_of_all_others_one_row_an_attempt() {
    let (first, mut scene) = (date(2027, 1, 31), Scene::on(date(2027, 1, 31)).await);
    let (pledge, charge) = collected_by_partner(&scene, "m-1").await;
    let soft = Recorded::Declined(Next::RetryOn(date(2027, 2, 1)));
    assert_eq!(decline(&scene, charge, "e-1", DeclineKind::Soft).await.unwrap(), soft);
    assert_eq!(decline(&scene, charge, "e-1", DeclineKind::Soft).await.unwrap(), Recorded::Already);
    let early = Recorded::Declined(Next::RetryOn(date(2027, 2, 3)));
    assert_eq!(decline(&scene, charge, "e-2", DeclineKind::Soft).await.unwrap(), early, "tried before its day");
    scene.go_to(date(2027, 2, 3)).await;
    assert_eq!(scene.charges(pledge).await[0].state.as_str(), "processing", "the partner is to try again");
    assert_eq!(capture(&scene, charge, "e-3").await.unwrap(), Recorded::Captured);
    assert_eq!(refusal(decline(&scene, charge, "e-4", DeclineKind::Stolen).await), "charge-captured");
    assert_eq!(refusal(cannot_collect(&scene, charge, "e-5").await), "charge-captured");
    assert_eq!(decline(&scene, charge, "e-2", DeclineKind::Soft).await.unwrap(), Recorded::Already, "a repetition");
    let expected = [("declined", first), ("declined", first), ("captured", date(2027, 2, 3))];
    assert_eq!(tries(&scene, charge).await, expected.map(|(state, day)| (state.to_owned(), day)));
    assert_eq!(scene.fund(&scene.campaign).await, 1_000);

    let (silent, of_silent) = collected_by_partner(&scene, "m-2").await;
    assert_eq!(refusal(decline(&scene, of_silent, "e-1", DeclineKind::Soft).await), "event-taken");
    decline(&scene, of_silent, "e-6", DeclineKind::Soft).await.unwrap();
    scene.go_to(date(2027, 2, 17)).await;
    assert_eq!(scene.pledge(silent).await.state.as_str(), "active");
    scene.go_to(date(2027, 2, 19)).await;
    assert_eq!(scene.pledge(silent).await.state.as_str(), "lapsed", "the second try was never reported");
    scene.ground.audit().await;
}

#[tokio::test]
async fn p7_what_is_refused_for_good_asks_or_lapses_and_money_that_comes_after_all_counts() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (pledge, charge) = collected_by_partner(&scene, "hard").await;
    assert_eq!(decline(&scene, charge, "h-1", DeclineKind::Hard).await.unwrap(), Recorded::Declined(Next::AskDonor));
    let state = scene.pledge(pledge).await.state;
    assert_eq!((state.as_str(), state.detail()), ("needs_action", "means"));
    assert_eq!(decline(&scene, charge, "h-2", DeclineKind::Hard).await.unwrap(), Recorded::Already, "it is given up");

    let (pledge, charge) = collected_by_partner(&scene, "never").await;
    assert_eq!(cannot_collect(&scene, charge, "n-1").await.unwrap(), Recorded::Declined(Next::GiveUp));
    for event in ["n-1", "n-2"] {
        assert_eq!(cannot_collect(&scene, charge, event).await.unwrap(), Recorded::Already);
    }
    assert_eq!(scene.pledge(pledge).await.state.as_str(), "lapsed");
    assert_eq!(tries(&scene, charge).await.len(), 1);
    assert_eq!(capture(&scene, charge, "n-3").await.unwrap(), Recorded::Captured, "money that came, came");
    assert_eq!(scene.pledge(pledge).await.state.as_str(), "active");

    let (pledge, charge) = collected_by_partner(&scene, "cancelled").await;
    let (wall, change) = (scene.ground.wall, Change::by_service("no more"));
    scene.ground.run(async |tx| pledge_changes::cancel(tx, pledge, change, wall).await).await.unwrap();
    decline(&scene, charge, "c-1", DeclineKind::Soft).await.unwrap();
    assert_eq!(cannot_collect(&scene, charge, "c-2").await.unwrap(), Recorded::Declined(Next::GiveUp));
    let state = scene.charges(pledge).await.remove(0).state;
    assert_eq!((state.as_str(), scene.pledge(pledge).await.state.as_str()), ("declined", "cancelled"));
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_report_of_a_stranger_of_another_rail_or_of_another_amount_is_refused() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (_, charge) = collected_by_partner(&scene, "m-1").await;
    let (wall, stranger) = (scene.ground.wall, OrganisationId::generate());
    let report = NotCollected { partner: stranger, event_id: "e-1", code: "x" };
    let strange = scene.ground.run(async |tx| reports::cannot_collect_reported(tx, charge, report, wall).await).await;
    assert!(matches!(strange, Err(Error::NotFound("charge"))), "{strange:?}");
    let partner = scene.ground.partner;
    let check = async |amount: &str| {
        let collected = Collected { amount: usd(amount), original: None };
        scene.ground.run(async |tx| reports::check_amount(tx, charge, partner, collected).await).await
    };
    check("10.00").await.unwrap();
    let Err(Error::Refused(wrong)) = check("10.01").await else { panic!("another amount") };
    assert_eq!(wrong.code, "capture-amount");
    assert!(wrong.detail.contains("10.00 USD") && wrong.detail.contains("10.01 USD"), "{}", wrong.detail);

    let pledge = scene.place(scene.ask("s-1", "10.00", MONTHLY, "insufficient_funds")).await.unwrap().pledge.id;
    scene.work().await;
    let of_sandbox = scene.charges(pledge).await[0].id;
    assert_eq!(refusal(decline(&scene, of_sandbox, "e-2", DeclineKind::Soft).await), "rail-refused");
}
