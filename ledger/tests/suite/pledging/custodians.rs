//! A custodian whose money is frozen: what goes through it waits, and the rest goes on.

use super::fees::audited;
use super::scene::Scene;
use jiff::SignedDuration;
use jiff::civil::date;
use ledger::Error;
use ledger::id::{ChargeId, OrganisationId, PledgeId, RefundId};
use ledger::money::Money;
use ledger::pledging::operations::charges::{self, Begun, Recorded};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::pledges::PlacePledge;
use ledger::pledging::operations::refunds::{self, Ask};
use ledger::pledging::operations::suspense;
use ledger::pledging::operations::unexplained::Came;
use ledger::pledging::rules::charge::Outcome;
use ledger::pledging::rules::pledge::{Rail, State as PledgeState};
use ledger::pledging::rules::refund::State as RefundState;
use ledger::pledging::store::{custodian_holds, lineage};
use ledger::service::change::Change;
use ledger::testing::{MONTHLY, ONCE, refusal};
use ledger::treasury::operations::custodians;
use ledger::treasury::rules::custodian::Freeze;
use tokio_postgres::error::SqlState;

async fn freeze(scene: &Scene, custodian: OrganisationId) -> Result<Freeze, Error> {
    let (book, wall) = (&scene.ground.book, scene.ground.wall);
    let change = Change::by_service("its provider holds the money back");
    scene.ground.run(async |tx| custodians::freeze(tx, book, custodian, change, wall).await).await
}

async fn release(scene: &Scene, custodian: OrganisationId) -> Result<Freeze, Error> {
    let (book, wall) = (&scene.ground.book, scene.ground.wall);
    scene.ground.run(async |tx| custodians::release(tx, book, custodian, Change::by_service(""), wall).await).await
}

fn by(scene: &Scene, partner: OrganisationId, reference: &str, rail: Rail, token: &str) -> PlacePledge {
    PlacePledge { partner, rail, ..scene.ask(reference, "30.00", MONTHLY, token) }
}

async fn place(scene: &Scene, asked: PlacePledge) -> PledgeId {
    scene.place(asked).await.unwrap().pledge.id
}

async fn words(scene: &Scene, pledge: PledgeId) -> Vec<&'static str> {
    scene.charges(pledge).await.iter().map(|charge| charge.state.as_str()).collect()
}

#[tokio::test]
async fn c3_pledges_of_a_frozen_custodian_wait_without_a_lapse_and_pay_once_when_it_is_released() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let (frozen, other) = (scene.ground.partner, scene.ground.another_partner(true).await);
    let waits = place(&scene, by(&scene, frozen, "waits", Rail::Sandbox, "card")).await;
    let declined = place(&scene, by(&scene, frozen, "declined", Rail::Sandbox, "insufficient_funds")).await;
    let reported = place(&scene, by(&scene, frozen, "reported", Rail::Partner, "")).await;
    let goes_on = place(&scene, by(&scene, other, "goes on", Rail::Sandbox, "card")).await;
    scene.work().await;
    assert_eq!(scene.fund(&scene.campaign).await, 6_000);

    freeze(&scene, frozen).await.unwrap();
    assert_eq!(refusal(freeze(&scene, frozen).await), "custodian-frozen");
    // Months pass, past the time for a report, retries and three due dates.
    scene.go_to(date(2027, 5, 10)).await;
    assert_eq!(words(&scene, waits).await, ["captured"], "what it holds does not arrive by the clock");
    assert_eq!(words(&scene, goes_on).await, ["settled"; 4]);
    assert_eq!(words(&scene, reported).await, ["processing"], "no time to report has passed");
    assert_eq!(scene.charges(declined).await[0].state.attempt(), 1, "no retry is counted");
    for pledge in [waits, declined, reported] {
        assert!(scene.pledge(pledge).await.state.is_active());
    }
    let client = scene.ground.client().await;
    let of = custodian_holds::Custodian { organisation: frozen, is_host: false };
    assert_eq!(custodian_holds::count_active(&client, scene.ground.book.id, of).await.unwrap(), 3);
    drop(client);

    release(&scene, frozen).await.unwrap();
    assert_eq!(refusal(release(&scene, frozen).await), "custodian-not-frozen");
    scene.work().await;
    // Of three due dates the latest is charged, once; the earlier ones are missed, and nothing lapses.
    assert_eq!(words(&scene, waits).await, ["settled", "missed", "missed", "captured"]);
    assert_eq!(scene.charges(waits).await[3].due_on, date(2027, 5, 1));
    assert_eq!(words(&scene, declined).await, ["declined", "missed", "missed", "declined"]);
    assert_eq!(
        scene.charges(declined).await[0].state.attempt(),
        1,
        "the payment before is given up, not tried as well"
    );
    assert!(scene.pledge(declined).await.state.is_active());
    // The partner has as many days for its report as were left.
    let first = scene.charges(reported).await[0].id;
    let (wall, partner) = (scene.ground.wall, frozen);
    let told =
        scene.ground.run(async |tx| charges::capture_reported(tx, first, partner, "evt-1", "pay-1", None, wall).await);
    told.await.unwrap();
    assert_eq!(words(&scene, reported).await[0], "captured");
    assert!(scene.pledge(reported).await.state.is_active());
    scene.go_to(date(2027, 5, 25)).await;
    assert!(matches!(scene.pledge(reported).await.state, PledgeState::Lapsed { .. }), "then its time runs out");
    audited(&scene).await;
}

#[tokio::test]
async fn c3_a_retry_goes_on_after_the_release_where_no_later_payment_is_due() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let frozen = scene.ground.partner;
    let declined = place(&scene, by(&scene, frozen, "declined", Rail::Sandbox, "insufficient_funds")).await;
    let once = PlacePledge { partner: frozen, ..scene.ask("once", "30.00", ONCE, "card") };
    scene.work().await;
    // One is on its way when the freeze is said, and the provider has taken it.
    let on_its_way = place(&scene, PlacePledge { partner: frozen, ..scene.ask("way", "30.00", ONCE, "card") }).await;
    let wall = scene.ground.wall;
    let begun = scene.ground.run(async |tx| charges::begin(tx, on_its_way, 1, wall).await).await.unwrap();
    let Begun::Try { charge, attempt, .. } = begun else { panic!("it is due") };
    freeze(&scene, frozen).await.unwrap();
    let taken = Outcome::Captured { provider_reference: "pay-1".into() };
    assert_eq!(scene.answer(charge, attempt, taken).await.unwrap(), Recorded::Captured);
    let once = place(&scene, once).await;
    scene.go_to(date(2027, 2, 20)).await;
    assert_eq!(words(&scene, once).await, Vec::<&str>::new(), "a new pledge waits as well");
    assert_eq!(words(&scene, on_its_way).await, ["captured"], "what was taken is in the book, and is held");
    let before = scene.charges(declined).await[0].state.attempt();
    release(&scene, frozen).await.unwrap();
    scene.work().await;
    assert_eq!(scene.charges(declined).await[0].state.attempt(), before + 1);
    assert_eq!(words(&scene, once).await, ["captured"], "a single payment is made on the day of the release");
    audited(&scene).await;
}

async fn refund(scene: &Scene, charge: ChargeId, minor: i64) -> Result<RefundId, Error> {
    let amount = Money::from_minor(minor, scene.campaign.currency).unwrap();
    let ask = Ask { charge, amount: Some(amount), reference: None, from: None };
    let wall = scene.ground.wall;
    scene.ground.run(async |tx| refunds::request(tx, ask, Change::by_service(""), wall).await.map(|it| it.id)).await
}

async fn refunded(scene: &Scene, id: RefundId) -> RefundState {
    ledger::pledging::store::refunds::get(&scene.ground.client().await, id).await.unwrap().state
}

#[tokio::test]
async fn c3_money_that_a_frozen_custodian_holds_is_drawn_on_by_nobody_and_its_refunds_wait() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let (frozen, other) = (scene.ground.partner, scene.ground.another_partner(true).await);
    let mut pledges = Vec::new();
    for (partner, reference) in [(frozen, "a"), (other, "b")] {
        let asked = PlacePledge { partner, ..scene.ask(reference, "100.00", ONCE, "card") };
        pledges.push(place(&scene, asked).await);
    }
    scene.go_to(date(2027, 2, 4)).await;
    assert_eq!((scene.totals().await.available, scene.totals().await.frozen), (20_000, 0));
    let said = freeze(&scene, frozen).await.unwrap();
    assert_eq!((scene.totals().await.available, scene.totals().await.frozen), (10_000, 10_000));
    let (book, fund) = (scene.ground.book.clone(), scene.campaign.fund.unwrap());
    let client = scene.ground.client().await;
    let open = lineage::list_open(&client, book.id, fund, (0, 0), 10).await.unwrap();
    assert_eq!(open.iter().map(|layer| layer.pledge).collect::<Vec<_>>(), [Some(pledges[1])]);
    let held = custodians::holdings(&client, &book, frozen).await.unwrap();
    assert_eq!(held.iter().map(|it| (it.receivable, it.cash, it.in_transit)).collect::<Vec<_>>(), [(0, 10_000, 0)]);
    drop(client);

    let first = async |scene: &Scene, pledge| scene.charges(pledge).await[0].id;
    let waits = refund(&scene, first(&scene, pledges[0]).await, 4_000).await.unwrap();
    let goes = refund(&scene, first(&scene, pledges[1]).await, 4_000).await.unwrap();
    // Its donor may move it to another campaign: it stays with the custodian, and frozen.
    let to = scene.ground.campaign("loom").await;
    let wall = scene.ground.wall;
    let moved = scene
        .ground
        .run(async |tx| pledge_changes::redirect(tx, pledges[0], to.id, true, Change::by_service(""), wall).await);
    assert_eq!(moved.await.unwrap().moved.map(Money::minor), Some(6_000));
    let client = scene.ground.client().await;
    let there = custodian_holds::frozen(&client, to.id).await.unwrap();
    assert_eq!((there.all, custodian_holds::frozen(&client, scene.campaign.id).await.unwrap().all), (6_000, 0));
    let held = custodians::holdings(&client, &book, frozen).await.unwrap();
    assert_eq!(held.iter().map(|it| (it.cash, it.in_transit)).collect::<Vec<_>>(), [(10_000, 4_000)]);
    drop(client);
    scene.go_to(date(2027, 4, 1)).await;
    assert!(matches!(refunded(&scene, waits).await, RefundState::Requested { .. }));
    assert!(matches!(refunded(&scene, goes).await, RefundState::Settled { .. }));
    let now = release(&scene, frozen).await.unwrap();
    assert_eq!((now.id, now.released_at.is_some()), (said.id, true));
    scene.work().await;
    assert!(matches!(refunded(&scene, waits).await, RefundState::Settled { .. }), "it went on by itself");
    audited(&scene).await;
}

#[tokio::test]
async fn c3_what_had_arrived_before_the_freeze_was_said_is_cash_however_late_the_worker_comes() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let frozen = scene.ground.partner;
    let early = place(&scene, PlacePledge { partner: frozen, ..scene.ask("early", "10.00", ONCE, "card") }).await;
    scene.work().await;
    // The worker was away until the fourth: the money came on the third, and the freeze was said on the fourth.
    scene.ground.wall += SignedDuration::from_hours(72);
    let late = place(&scene, PlacePledge { partner: frozen, ..scene.ask("late", "10.00", ONCE, "card") }).await;
    freeze(&scene, frozen).await.unwrap();
    scene.work().await;
    assert_eq!((words(&scene, early).await, words(&scene, late).await), (vec!["settled"], vec![]));
    let cash = ledger::chart::cash_at(frozen).code;
    assert_eq!(scene.ground.balance(&cash).await, 1_000);
    assert_eq!(scene.totals().await.frozen, 1_000);
    audited(&scene).await;
}

#[tokio::test]
async fn c3_only_who_holds_or_may_hold_money_of_a_book_can_be_frozen() {
    let scene = Scene::on(date(2027, 2, 1)).await;
    let stranger = scene.ground.another_partner(false).await;
    assert_eq!(refusal(freeze(&scene, stranger).await), "no-custodian");
    assert!(matches!(freeze(&scene, OrganisationId::generate()).await, Err(Error::NotFound("custodian"))));
    assert_eq!(refusal(release(&scene, stranger).await), "custodian-not-frozen");
    freeze(&scene, scene.ground.book.organisation).await.unwrap();
}

#[tokio::test]
async fn c3_the_database_lets_no_attempt_begin_and_no_release_take_money_with_a_frozen_custodian() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let frozen = scene.ground.partner;
    let declined = place(&scene, by(&scene, frozen, "declined", Rail::Sandbox, "insufficient_funds")).await;
    let paid = PlacePledge { partner: frozen, ..scene.ask("paid", "10.00", ONCE, "card") };
    place(&scene, paid).await;
    scene.go_to(date(2027, 2, 6)).await;
    freeze(&scene, frozen).await.unwrap();
    let service = migrations::connect(&scene.ground.database.service_url.parse().unwrap()).await.unwrap();
    let refused = async |sql: &str| service.batch_execute(sql).await.err().and_then(|error| error.code().cloned());
    let charge = scene.charges(declined).await[0].id;
    let attempt = format!(
        "INSERT INTO charge_attempt (book_id, charge, attempt, started_at, state) VALUES ({}, '{}', 9, now(), 'processing')",
        charge.book, charge.object
    );
    assert_eq!(refused(&attempt).await, Some(SqlState::from_code("CP001")));
    for sql in
        ["DELETE FROM custodian_freeze", "TRUNCATE custodian_freeze", "UPDATE custodian_freeze SET frozen_at = now()"]
    {
        assert!(refused(sql).await.is_some(), "{sql}");
    }
    let (ground, campaign) = (&scene.ground, &scene.campaign);
    let team = ground.account("liabilities:payable:team:x", ledger::book::AccountClass::TeamPayable).await;
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    let amount = Money::from_minor(100, campaign.currency).unwrap();
    let id = ledger::id::ReleaseId::generate(ground.book.id);
    let entry = ledger::movements::milestone_released(campaign.fund.unwrap(), team, amount, date(2027, 2, 3), id);
    let number = ledger::engine::posting::post(&tx, &ground.book, entry, ground.wall).await.unwrap().number;
    let taken = format!(
        "INSERT INTO fund_use (book_id, fund, entry, layer, amount)
         SELECT book_id, fund, {number}, number, 100 FROM fund_layer WHERE remaining > 0"
    );
    let why = tx.batch_execute(&taken).await.unwrap_err();
    assert_eq!(why.code(), Some(&SqlState::CHECK_VIOLATION));
    drop(tx);
    drop(client);

    release(&scene, frozen).await.unwrap();
    assert_eq!(refused(&attempt).await, None);
    assert!(refused("UPDATE custodian_freeze SET released_at = now()").await.is_some(), "it was released once");
}

#[tokio::test]
async fn c3_money_that_comes_while_its_custodian_is_frozen_is_taken_and_the_days_to_explain_it_stand_still() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let frozen = scene.ground.partner;
    let pledge = place(&scene, by(&scene, frozen, "reported", Rail::Partner, "")).await;
    scene.work().await;
    freeze(&scene, frozen).await.unwrap();
    scene.go_to(date(2027, 3, 5)).await;
    let (wall, first) = (scene.ground.wall, scene.charges(pledge).await[0].id);
    let told = scene.ground.run(async |tx| {
        charges::capture_reported(tx, first, frozen, "evt-1", "pay-1", None, wall).await?;
        let amount = scene.charges(pledge).await[0].amount;
        let came = Came { amount, event_id: "evt-2", provider_reference: "pay-2" };
        suspense::receive(tx, pledge, frozen, came, wall).await
    });
    let item = told.await.unwrap().id;
    assert_eq!(words(&scene, pledge).await, ["captured"], "a report is never refused");
    scene.go_to(date(2027, 4, 20)).await;
    release(&scene, frozen).await.unwrap();
    scene.work().await;
    assert_eq!(words(&scene, pledge).await, ["settled", "missed", "processing"]);
    let wall = scene.ground.wall;
    let matched = scene
        .ground
        .run(async |tx| suspense::match_to(tx, item, pledge, Change::by_service("the payment of March"), wall).await);
    assert!(matched.await.unwrap().matched.is_some(), "it did not go back after 30 days in which nobody could decide");
    assert_eq!(words(&scene, pledge).await, ["settled", "settled", "processing"]);
    audited(&scene).await;
}
