//! Partners and rails that leave a book, and what becomes of the plans that they collected.

use super::fees;
use super::scene::Scene;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::book::{Command, Key};
use ledger::calendar::later;
use ledger::chart;
use ledger::id::{PledgeId, SuspenseId};
use ledger::money::Money;
use ledger::pledging::operations::captures::{self, By};
use ledger::pledging::operations::charges::{self, Recorded};
use ledger::pledging::operations::pledges::{self, Drafted};
use ledger::pledging::operations::unexplained::Came;
use ledger::pledging::operations::{pledge_batches, pledge_changes, suspense, withdrawals};
use ledger::pledging::rules::charge::State as ChargeState;
use ledger::pledging::rules::fee::Payee;
use ledger::pledging::rules::pledge::{Need, Pledge, Rail, State};
use ledger::pledging::rules::sandbox_token::SandboxToken;
use ledger::pledging::rules::suspense::SuspenseState;
use ledger::pledging::rules::withdrawal::{Leaver, Withdrawal, WithdrawalState};
use ledger::reports::operations::five_totals;
use ledger::service::change::Change;
use ledger::testing::{MONTHLY, ONCE, usd};
use ledger::treasury::operations::settlements;
use uuid::Uuid;

async fn withdraw(scene: &Scene, leaver: Leaver, last_day: Option<Date>) -> Result<Withdrawal, Error> {
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let why = Change::by_service("it closes down");
    ground.run(async |tx| withdrawals::withdraw(tx, &ground.book, leaver, last_day, why, wall).await).await
}

async fn restore(scene: &Scene, leaver: Leaver) -> Result<Withdrawal, Error> {
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let why = Change::by_service("it goes on");
    ground.run(async |tx| withdrawals::restore(tx, &ground.book, leaver, why, wall).await).await
}

/// Puts the clock to noon of a day, and does nothing of what falls due.
fn sleep_until(scene: &mut Scene, day: Date) {
    while scene.ground.book.today(scene.ground.wall) < day {
        scene.ground.wall = scene.ground.day(1);
    }
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>, code: &str) {
    assert!(matches!(&outcome, Err(Error::Refused(refusal)) if refusal.code == code), "{outcome:?}");
}

fn waits(pledge: &Pledge, need: Need, since: Timestamp) {
    let until = later(since, 30);
    assert_eq!(pledge.state, State::NeedsAction { since, until, need });
}

#[tokio::test]
async fn a_plan_waits_as_of_the_last_day_however_late_somebody_looks_and_goes_on_with_the_next_due_date() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let plan = scene.monthly("m-1", "10.00", "card").await;
    let paused = scene.monthly("m-2", "10.00", "card").await;
    scene.work().await;
    let (wall, until) = (scene.ground.wall, Some(date(2027, 2, 20)));
    let change = Change::by_service("");
    scene.ground.run(async |tx| pledge_changes::pause(tx, paused.id, until, change, wall).await).await.unwrap();
    let leaver = Leaver::Partner(scene.ground.partner);
    let said = withdraw(&scene, leaver, Some(date(2027, 2, 10))).await.unwrap();
    assert_eq!(said.state(scene.ground.book.now(wall)), WithdrawalState::Announced);
    refused(withdraw(&scene, leaver, None).await, "withdrawn-already");
    assert!(scene.pledge(plan.id).await.state.is_active(), "its last day has not come");

    sleep_until(&mut scene, date(2027, 3, 5));
    scene.work().await;
    let from = scene.ground.book.start_of(date(2027, 2, 11));
    waits(&scene.pledge(plan.id).await, Need::Partner, from);
    waits(&scene.pledge(paused.id).await, Need::Partner, scene.ground.book.start_of(date(2027, 2, 20)));
    assert_eq!(
        scene.charges(plan.id).await.len(),
        1,
        "nothing was tried after the last day, and nothing counts as tried"
    );

    restore(&scene, leaver).await.unwrap();
    refused(restore(&scene, leaver).await, "not-withdrawn");
    let restored_at = scene.ground.book.now(scene.ground.wall);
    sleep_until(&mut scene, date(2027, 3, 20));
    scene.work().await;
    let again = scene.pledge(plan.id).await;
    assert_eq!((again.state, again.next_sequence), (State::Active { since: restored_at }, 3));
    scene.go_to(date(2027, 3, 31)).await;
    let charges = scene.charges(plan.id).await;
    assert_eq!(charges.iter().map(|charge| charge.sequence).collect::<Vec<_>>(), [1, 3], "{charges:?}");
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_plan_that_nobody_moves_lapses_and_is_not_resumed_before_its_rail_is_there_again() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let plan = scene.monthly("m-1", "10.00", "card").await;
    scene.work().await;
    let leaver = Leaver::Rail(Rail::Sandbox);
    let said = withdraw(&scene, leaver, None).await.unwrap();
    scene.work().await;
    waits(&scene.pledge(plan.id).await, Need::Rail, said.from);
    let resume = async |scene: &Scene| {
        let (ground, wall) = (&scene.ground, scene.ground.wall);
        let change = Change::by_service("");
        ground.run(async |tx| pledge_changes::resume(tx, plan.id, Some("card-2".into()), change, wall).await).await
    };
    refused(resume(&scene).await, "rail-withdrawn");
    scene.go_to(date(2027, 3, 3)).await;
    assert_eq!(scene.pledge(plan.id).await.state.as_str(), "lapsed");
    refused(resume(&scene).await, "rail-withdrawn");
    restore(&scene, leaver).await.unwrap();
    scene.work().await;
    assert_eq!(scene.pledge(plan.id).await.state.as_str(), "lapsed", "what has happened stays");
    assert!(resume(&scene).await.unwrap().state.is_active());
}

#[tokio::test]
async fn nothing_is_placed_through_a_withdrawn_partner_by_any_way_not_even_what_was_decided_before() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let asked = |reference: &str| scene.ask(reference, "10.00", MONTHLY, "card");
    let client = ground.client().await;
    let Drafted::New(new) = pledges::draft(&client, &ground.book, asked("m-1"), wall).await.unwrap() else {
        panic!("it is new")
    };
    withdraw(&scene, Leaver::Partner(ground.partner), None).await.unwrap();
    let rows = pledges::rows(&ground.book, &new, wall);
    let command = Command { key: None, entry: None, companions: rows };
    let key = Key { caller: 1, key: Uuid::now_v7(), request_digest: 7 };
    let written = ground.lanes().command(ground.book.id, key, command).await;
    assert!(matches!(written, Err(Error::Stale(_))), "{written:?}");
    let inserted = ground.run(async |tx| ledger::pledging::store::pledges::insert(tx, &new.pledge).await).await;
    assert!(matches!(inserted, Err(Error::Database(_))), "{inserted:?}");
    refused(scene.place(asked("m-2")).await, "partner-withdrawn");
    let (campaign, partner) = (scene.campaign.id, ground.partner);
    let batch = vec![asked("m-3"), asked("m-4")];
    let drafted = pledge_batches::draft_all(&client, &ground.book, campaign, partner, batch, wall).await.unwrap();
    for one in drafted {
        refused(one, "partner-withdrawn");
    }
}

#[tokio::test]
async fn a_withdrawn_partner_still_reports_what_it_collected_and_a_repeated_pledge_is_answered() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let asked = pledges::PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "10.00", MONTHLY, "") };
    let plan = scene.place(asked.clone()).await.unwrap().pledge;
    scene.work().await;
    withdraw(&scene, Leaver::Partner(scene.ground.partner), None).await.unwrap();
    scene.go_to(date(2027, 2, 3)).await;
    let charge = scene.charges(plan.id).await.remove(0);
    let (ground, wall, partner) = (&scene.ground, scene.ground.wall, scene.ground.partner);
    let id = charge.id;
    let reported =
        ground.run(async |tx| charges::capture_reported(tx, id, partner, "evt-1", "pay-1", None, wall).await).await;
    assert_eq!(reported.unwrap(), Recorded::Captured);
    assert!(!scene.place(asked).await.unwrap().is_new);
    scene.go_to(date(2027, 2, 28)).await;
    let charges = scene.charges(plan.id).await;
    assert!(matches!(charges[..], [ref one] if matches!(one.state, ChargeState::Settled { .. })), "{charges:?}");
    assert!(scene.pledge(plan.id).await.state.needs_collector());
    assert_eq!(scene.fund(&scene.campaign).await, 1_000);
    scene.ground.audit().await;
}

#[tokio::test]
async fn money_in_suspense_becomes_the_next_payment_of_a_plan_and_no_due_date_is_paid_twice() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let asked = pledges::PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "10.00", MONTHLY, "") };
    let plan = scene.place(asked).await.unwrap().pledge;
    scene.work().await;
    let (partner, first) = (scene.ground.partner, scene.charges(plan.id).await.remove(0).id);
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let came = |amount: &str, number: u8| (usd(amount), format!("evt-{number}"), format!("pay-{number}"));
    let receive = async |scene: &Scene, (amount, event, reference): (Money, String, String)| {
        let (ground, wall) = (&scene.ground, scene.ground.wall);
        let came = Came { amount, event_id: &event, provider_reference: &reference };
        ground.run(async |tx| suspense::receive(tx, plan.id, partner, came, wall).await).await
    };
    refused(receive(&scene, came("10.00", 1)).await, "payment-expected");
    ground
        .run(async |tx| charges::capture_reported(tx, first, partner, "evt-1", "pay-1", None, wall).await)
        .await
        .unwrap();
    refused(receive(&scene, came("10.00", 1)).await, "reference-taken");
    let other = receive(&scene, came("7.00", 2)).await.unwrap();
    let item = receive(&scene, came("10.00", 3)).await.unwrap();
    assert_eq!(receive(&scene, came("10.00", 3)).await.unwrap().id, item.id);

    let decide = async |scene: &Scene, id: SuspenseId| {
        let (ground, wall) = (&scene.ground, scene.ground.wall);
        ground.run(async |tx| suspense::match_to(tx, id, plan.id, Change::by_service(""), wall).await).await
    };
    refused(decide(&scene, item.id).await, "suspense-not-arrived");
    scene.go_to(date(2027, 2, 2)).await;
    refused(decide(&scene, other.id).await, "suspense-amount-differs");
    let matched = decide(&scene, item.id).await.unwrap();
    assert_eq!(decide(&scene, item.id).await.unwrap(), matched);
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let back = ground.run(async |tx| suspense::give_back(tx, item.id, Change::by_service(""), wall).await).await;
    refused(back, "suspense-decided");
    let again = ground.run(async |tx| ledger::pledging::store::suspense::update(tx, &item).await).await;
    assert!(matches!(again, Err(Error::Database(_))), "{again:?}");

    scene.go_to(date(2027, 3, 4)).await;
    let charges = scene.charges(plan.id).await;
    let paid: Vec<_> = charges.iter().map(|it| (it.sequence, it.due_on, it.state.as_str())).collect();
    assert_eq!(paid, [(1, date(2027, 1, 31), "settled"), (2, date(2027, 2, 28), "settled")]);
    assert_eq!((scene.fund(&scene.campaign).await, charges[1].id), (2_000, matched.matched.unwrap()));
    let client = scene.ground.client().await;
    let returned = ledger::pledging::store::suspense::get(&client, other.id).await.unwrap();
    assert_eq!((returned.state, returned.until), (SuspenseState::Returned, None), "nobody decided in time");
    scene.go_to(date(2027, 3, 31)).await;
    assert_eq!(scene.charges(plan.id).await.last().unwrap().sequence, 3, "the plan goes on");
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_late_report_revives_a_lapsed_plan_settles_one_under_way_and_waits_in_suspense_once_the_plan_has_ended() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let partner = scene.ground.partner;
    let mut plans = Vec::new();
    for reference in ["lapsed", "under way", "ended"] {
        let asked = pledges::PlacePledge { rail: Rail::Partner, ..scene.ask(reference, "10.00", MONTHLY, "") };
        plans.push(scene.place(asked).await.unwrap().pledge.id);
    }
    scene.work().await;
    let cancel = async |scene: &Scene, id: PledgeId| {
        let (ground, wall) = (&scene.ground, scene.ground.wall);
        ground.run(async |tx| pledge_changes::cancel(tx, id, Change::by_service(""), wall).await).await.unwrap();
    };
    let report = async |scene: &Scene, id: PledgeId| {
        let (ground, wall) = (&scene.ground, scene.ground.wall);
        let charge = scene.charges(id).await.remove(0).id;
        let (event, reference) = (format!("evt-{charge}"), format!("pay-{charge}"));
        let by = By::Partner(partner, &event);
        let lane = captures::draft(&ground.client().await, charge, by, reference.clone(), wall).await.unwrap();
        let told = ground
            .run(async |tx| charges::capture_reported(tx, charge, partner, &event, &reference, None, wall).await)
            .await;
        (lane.is_some(), told.unwrap())
    };
    cancel(&scene, plans[1]).await;
    assert_eq!(report(&scene, plans[1]).await.1, Recorded::Captured, "it was being collected");
    scene.go_to(date(2027, 2, 15)).await;
    cancel(&scene, plans[2]).await;
    assert_eq!(report(&scene, plans[0]).await.1, Recorded::Captured);
    assert!(scene.pledge(plans[0]).await.state.is_active());
    let (by_lane, told) = report(&scene, plans[2]).await;
    let Recorded::Suspended(item) = told else { panic!("{told:?}") };
    assert!(!by_lane, "no lane takes it for the payment of a due date");
    assert_eq!(report(&scene, plans[2]).await.1, Recorded::Suspended(item), "told twice, it is there once");
    assert_eq!(scene.pledge(plans[2]).await.state.as_str(), "cancelled");
    scene.go_to(date(2027, 2, 20)).await;
    assert_eq!(scene.fund(&scene.campaign).await, 2_000, "the fund has what due dates explain");
    scene.ground.audit().await;
}

#[tokio::test]
async fn money_that_was_in_suspense_bears_the_fees_that_its_donor_agreed_to_and_counts_as_collected() {
    let terms = vec![fees::term(Payee::Host, "5", 0, true), fees::term(Payee::Processor, "2.9", 30, false)];
    let mut scene = fees::scene(terms).await;
    let asked = pledges::PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "100.00", MONTHLY, "") };
    let plan = scene.place(asked).await.unwrap().pledge.id;
    scene.work().await;
    let (partner, first) = (scene.ground.partner, scene.charges(plan).await.remove(0).id);
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let item = ground
        .run(async |tx| {
            charges::capture_reported(tx, first, partner, "evt-1", "pay-1", None, wall).await?;
            let came = Came { amount: usd("100.00"), event_id: "evt-2", provider_reference: "pay-2" };
            suspense::receive(tx, plan, partner, came, wall).await
        })
        .await
        .unwrap();
    scene.go_to(date(2027, 2, 4)).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    ground.run(async |tx| suspense::match_to(tx, item.id, plan, Change::by_service(""), wall).await).await.unwrap();
    scene.work().await;
    let charges = scene.charges(plan).await;
    let paid: Vec<_> = charges.iter().map(|it| (it.sequence, it.state.as_str(), it.fees)).collect();
    assert_eq!(paid, [(1, "settled", 820), (2, "settled", 820)]);
    let campaign = &scene.campaign;
    assert_eq!(scene.fund(campaign).await, 2 * (10_000 - 820));
    let promises = campaign.commitments.map(|of| of.pledged);
    let client = scene.ground.client().await;
    let totals = five_totals(&client, &scene.ground.book, "fair", promises, campaign.fund).await.unwrap();
    assert_eq!((totals.pledged, totals.collected), (Some(20_000), 20_000));
    fees::audited(&scene).await;
}

#[tokio::test]
async fn money_in_suspense_arrives_once_and_is_matched_while_other_money_of_its_day_is_still_owed() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let token = SandboxToken::SettlesShort.as_str();
    scene.place(scene.ask("short", "100.00", ONCE, token)).await.unwrap();
    let asked = pledges::PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "10.00", MONTHLY, "") };
    let plan = scene.place(asked).await.unwrap().pledge.id;
    scene.work().await;
    let (partner, first) = (scene.ground.partner, scene.charges(plan).await.remove(0).id);
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let item = ground
        .run(async |tx| {
            charges::capture_reported(tx, first, partner, "evt-1", "pay-1", None, wall).await?;
            let came = Came { amount: usd("10.00"), event_id: "evt-2", provider_reference: "pay-2" };
            suspense::receive(tx, plan, partner, came, wall).await
        })
        .await
        .unwrap();
    scene.go_to(date(2027, 2, 3)).await;
    let cash = chart::cash_at(partner).code;
    assert_eq!(scene.ground.balance(&cash).await, 9_000 + 1_000 + 1_000);
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    for _ in 0..2 {
        let again = ground.run(async |tx| settlements::settle(tx, item.settlement.unwrap(), wall).await).await.unwrap();
        assert_eq!(again.settled_at, None, "a tenth of a charge is owed");
    }
    assert_eq!(ground.balance(&cash).await, 9_000 + 1_000 + 1_000);
    ground.run(async |tx| suspense::match_to(tx, item.id, plan, Change::by_service(""), wall).await).await.unwrap();
    assert_eq!(scene.fund(&scene.campaign).await, 10_000 + 2 * 1_000);
    fees::audited(&scene).await;
}
