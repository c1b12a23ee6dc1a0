//! Pledges from the partner's request to the cash, as the worker and donors step through them.

use super::scene::Scene;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::book::{Command, Key};
use ledger::calendar::Interval;
use ledger::engine::lane::Outcome;
use ledger::id::{CampaignId, OrganisationId};
use ledger::pledging::operations::campaigns;
use ledger::pledging::operations::charges::{self, Begun, Recorded};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::pledges::{self, AskedSchedule, Drafted, PlacePledge};
use ledger::pledging::rules::charge::{Next, State as ChargeState};
use ledger::pledging::rules::pledge::Rail;
use ledger::service::change::Change;
use ledger::service::store::activity;
use ledger::service::store::activity::Actor;
use ledger::testing::store::rows;
use ledger::testing::{MONTHLY, ONCE, outcome, refusal, usd};
use ledger::treasury::operations::settlements;

/// Places a pledge through the lane of its book, as the service does when nothing is in the way.
async fn place_by_lane(scene: &Scene, asked: PlacePledge) {
    let (book, wall) = (&scene.ground.book, scene.ground.wall);
    let drafted = pledges::draft(&scene.ground.client().await, book, asked, wall).await.unwrap();
    let Drafted::New(new) = drafted else { panic!("a new pledge") };
    let companions = pledges::rows(book, &new, wall);
    let key = Key { caller: 1, key: new.pledge.id.object, request_digest: 0 };
    let command = Command { key: None, entry: new.entry(book.today(wall)), companions };
    let answer = scene.worker.lanes.as_ref().unwrap().command(book.id, key, command).await.unwrap();
    assert!(matches!(answer.outcome, Outcome::Posted(_)));
}

#[tokio::test]
async fn a_pledge_placed_through_a_lane_leaves_the_rows_that_a_transaction_leaves() {
    let day = date(2027, 1, 31);
    let (by_lane, by_hand) = (Scene::on(day).await, Scene::on(day).await);
    let later = AskedSchedule::Recurring {
        interval: Interval::Month,
        start: Some(date(2027, 2, 15)),
        anchor: Some(31),
        payments: Some(24),
    };
    for (reference, amount, schedule) in [("a", "10.00", MONTHLY), ("b", "7.50", ONCE), ("c", "0.01", later)] {
        place_by_lane(&by_lane, by_lane.ask(reference, amount, schedule, "card")).await;
        by_hand.place(by_hand.ask(reference, amount, schedule, "card")).await.unwrap();
    }
    let through = rows::placed(&by_lane.ground.client().await).await.unwrap();
    let beside = rows::placed(&by_hand.ground.client().await).await.unwrap();
    assert_eq!(through, beside);
    assert_eq!(through.len(), 3 + 1 + 3 + 3, "pledges, their one donor, their jobs, who placed them: {through:#?}");

    let again = by_lane.place(by_lane.ask("a", "10.00", MONTHLY, "card")).await.unwrap();
    assert!(!again.is_new, "the other road finds what a lane has written");
}

#[tokio::test]
async fn p6_a_pledge_from_31_january_is_charged_on_its_due_dates_and_settles_two_days_later() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "card").await;
    scene.work().await;
    let captured = scene.totals().await;
    assert_eq!((captured.sums.collected, captured.sums.settled, captured.available), (1_000, 0, 0));
    scene.go_to(date(2028, 1, 30)).await;
    let due: Vec<Date> = scene.charges(pledge.id).await.iter().map(|charge| charge.due_on).collect();
    assert_eq!(due.len(), 12);
    assert_eq!(due[..4], [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]);
    let totals = scene.totals().await;
    assert_eq!((totals.sums.pledged, totals.sums.collected, totals.sums.settled), (12_000, 12_000, 12_000));
    assert_eq!((totals.available, totals.sums.monthly), (12_000, 1_000));
    scene.ground.audit().await;
}

#[tokio::test]
async fn g2_3000_a_month_is_36000_in_a_year_which_is_9_products() {
    let mut scene = Scene::on(date(2027, 1, 1)).await;
    scene.monthly("a", "2400.00", "card").await;
    scene.monthly("b", "600.00", "card").await;
    scene.go_to(date(2027, 12, 31)).await;
    let totals = scene.totals().await;
    assert_eq!((totals.sums.settled, totals.available), (3_600_000, 3_600_000));
    assert_eq!((totals.available / 400_000, totals.available % 400_000), (9, 0));
    assert_eq!(scene.fund(&scene.campaign).await, 3_600_000);
    scene.ground.audit().await;
}

#[tokio::test]
async fn p7_insufficient_funds_are_tried_on_days_1_3_7_then_the_pledge_lapses_and_is_revived() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "insufficient_funds").await;
    scene.work().await;
    scene.go_to(date(2027, 2, 6)).await;
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "active");
    scene.go_to(date(2027, 3, 5)).await;
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "lapsed");
    let charges = scene.charges(pledge.id).await;
    assert_eq!(charges.len(), 1, "a lapsed pledge is not charged");
    let client = scene.ground.client().await;
    let attempts = ledger::pledging::store::attempts::list(&client, charges[0].id).await.unwrap();
    let days: Vec<Date> = attempts.iter().map(|attempt| scene.ground.book.day_of(attempt.started_at)).collect();
    assert_eq!(days, [date(2027, 1, 31), date(2027, 2, 1), date(2027, 2, 3), date(2027, 2, 7)]);
    assert_eq!(scene.totals().await.sums.dropped, 1_000);

    let (wall, change) =
        (scene.ground.wall, Change { version: None, actor: Actor::Partner(scene.ground.partner), reason: "" });
    let revived = scene
        .ground
        .run(async |tx| pledge_changes::resume(tx, pledge.id, Some("card".into()), change, wall).await)
        .await;
    assert_eq!(revived.unwrap().state.as_str(), "active");
    scene.go_to(date(2027, 4, 30)).await;
    let due: Vec<Date> = scene.charges(pledge.id).await.iter().map(|charge| charge.due_on).collect();
    assert_eq!(
        due,
        [date(2027, 1, 31), date(2027, 3, 31), date(2027, 4, 30)],
        "the anchor stays, nothing is made up for"
    );
    assert_eq!(scene.totals().await.sums.collected, 2_000);
}

#[tokio::test]
async fn p7_an_expired_card_asks_and_another_one_pays_what_was_due() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "expired_card").await;
    scene.work().await;
    assert_eq!(scene.pledge(pledge.id).await.state.detail(), "means");
    scene.go_to(date(2027, 2, 10)).await;
    let (wall, change) = (scene.ground.wall, Change::by_service(""));
    let bare = scene.ground.run(async |tx| pledge_changes::resume(tx, pledge.id, None, change, wall).await).await;
    assert_eq!(refusal(bare), "pledge-needs-means");
    scene
        .ground
        .run(async |tx| pledge_changes::resume(tx, pledge.id, Some("card".into()), change, wall).await)
        .await
        .unwrap();
    scene.work().await;
    let charges = scene.charges(pledge.id).await;
    assert_eq!((charges.len(), charges[0].state.as_str(), charges[0].state.attempt()), (1, "captured", 2));
}

#[tokio::test]
async fn p7_an_expired_card_that_nobody_replaces_lapses_by_itself() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "expired_card").await;
    scene.work().await;
    scene.go_to(date(2027, 3, 3)).await;
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "lapsed");
    assert_eq!(scene.charges(pledge.id).await.len(), 1);
}

#[tokio::test]
async fn p7_a_stolen_card_stops_at_once() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "stolen_card").await;
    scene.work().await;
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "cancelled");
    scene.go_to(date(2027, 4, 1)).await;
    let charges = scene.charges(pledge.id).await;
    assert_eq!((charges.len(), charges[0].state.attempt()), (1, 1));
}

#[tokio::test]
async fn p5_a_worker_that_died_finds_the_same_reference_and_the_answer_is_posted_once() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "card").await;
    let wall = scene.ground.wall;
    let begin = async || scene.ground.run(async |tx| charges::begin(tx, pledge.id, 1, wall).await).await.unwrap();
    let first = begin().await;
    let Begun::Try { charge, attempt, reference, amount, token, was_begun: false } = first else { panic!("{first:?}") };
    let again = Begun::Try { charge, attempt, reference: reference.clone(), amount, token, was_begun: true };
    assert_eq!(begin().await, again, "the dead worker's attempt is taken up");
    assert_eq!(scene.answer(charge, attempt, outcome("card", &reference)).await.unwrap(), Recorded::Captured);
    assert_eq!(scene.answer(charge, attempt, outcome("card", &reference)).await.unwrap(), Recorded::Already);
    assert_eq!(scene.answer(charge, attempt, outcome("stolen_card", &reference)).await.unwrap(), Recorded::Already);
    assert_eq!(begin().await, Begun::Nothing);
    assert_eq!(scene.fund(&scene.campaign).await, 1_000);
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "active");
}

#[tokio::test]
async fn p1_two_workers_with_the_same_event_make_one_posting_and_one_receipt() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "10.00", MONTHLY, "") };
    let pledge = scene.place(asked).await.unwrap().pledge;
    scene.work().await;
    let charge = scene.charges(pledge.id).await[0].id;
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let report = async || {
        scene
            .ground
            .run(async |tx| charges::capture_reported(tx, charge, partner, "evt-1", "pay-1", None, wall).await)
            .await
            .unwrap()
    };
    let (one, two) = tokio::join!(report(), report());
    assert!(
        [&one, &two].contains(&&Recorded::Captured) && [&one, &two].contains(&&Recorded::Already),
        "{one:?} {two:?}"
    );
    assert_eq!(scene.fund(&scene.campaign).await, 1_000);
    let owner = scene.ground.database_owner().await;
    let receipts = owner.query_one("SELECT count(*) FROM job WHERE kind = 'send_receipt'", &[]).await.unwrap();
    assert_eq!(receipts.get::<_, i64>(0), 1);
    let other = scene
        .ground
        .run(async |tx| charges::capture_reported(tx, charge, partner, "evt-2", "pay-2", None, wall).await)
        .await;
    assert_eq!(refusal(other), "charge-captured");
    let stranger = OrganisationId::generate();
    let strange = scene
        .ground
        .run(async |tx| charges::capture_reported(tx, charge, stranger, "evt-3", "pay-1", None, wall).await)
        .await;
    assert!(matches!(strange, Err(Error::NotFound("charge"))), "{strange:?}");
}

#[tokio::test]
async fn a_partner_that_never_reports_lets_the_pledge_lapse_and_a_late_report_revives_it() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "10.00", MONTHLY, "") };
    let pledge = scene.place(asked).await.unwrap().pledge;
    scene.work().await;
    scene.go_to(date(2027, 2, 13)).await;
    assert_eq!(scene.charges(pledge.id).await[0].state.as_str(), "processing");
    scene.go_to(date(2027, 2, 14)).await;
    let charge = scene.charges(pledge.id).await.remove(0);
    assert_eq!((charge.state.as_str(), scene.pledge(pledge.id).await.state.as_str()), ("declined", "lapsed"));
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let late = scene
        .ground
        .run(async |tx| charges::capture_reported(tx, charge.id, partner, "e", "pay-1", None, wall).await)
        .await;
    assert_eq!(late.unwrap(), Recorded::Captured);
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "active");
    scene.go_to(date(2027, 2, 28)).await;
    assert_eq!(scene.charges(pledge.id).await.len(), 2);
}

#[tokio::test]
async fn p15_a_pledge_to_a_closed_campaign_is_refused_and_a_capture_after_the_closing_is_voided() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.place(scene.ask("o-1", "50.00", ONCE, "card")).await.unwrap().pledge;
    let wall = scene.ground.wall;
    let begun = scene.ground.run(async |tx| charges::begin(tx, pledge.id, 1, wall).await).await.unwrap();
    let Begun::Try { charge, attempt, reference, .. } = begun else { panic!("{begun:?}") };
    let change = Change::by_service("over");
    scene.ground.run(async |tx| campaigns::close(tx, scene.campaign.id, change, wall).await).await.unwrap();
    assert_eq!(refusal(scene.place(scene.ask("o-2", "50.00", ONCE, "card")).await), "campaign-not-live");
    let voided = scene.answer(charge, attempt, outcome("card", &reference)).await.unwrap();
    assert!(matches!(voided, Recorded::Voided { .. }), "{voided:?}");
    assert_eq!(scene.fund(&scene.campaign).await, 0);
    assert_eq!(scene.pledge(pledge.id).await.state.detail(), "campaign");

    let other = scene.ground.campaign("drill").await;
    let redirected = scene
        .ground
        .run(async |tx| pledge_changes::redirect(tx, pledge.id, other.id, true, change, wall).await)
        .await
        .unwrap();
    assert_eq!((redirected.pledge.state.as_str(), redirected.moved), ("active", None));
    scene.work().await;
    assert_eq!(scene.fund(&other).await, 5_000);
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "completed");
    scene.go_to(date(2027, 2, 3)).await;
    scene.ground.audit().await;
}

#[tokio::test]
async fn p4_the_same_reference_is_the_same_pledge_and_other_content_is_refused() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let first = scene.place(scene.ask("m-1", "10.00", MONTHLY, "card")).await.unwrap();
    scene.ground.wall += SignedDuration::from_hours(48);
    let again = scene.place(scene.ask("m-1", "10.00", MONTHLY, "card")).await.unwrap();
    assert_eq!((first.is_new, again.is_new, &again.pledge), (true, false, &first.pledge));
    assert_eq!(refusal(scene.place(scene.ask("m-1", "10.01", MONTHLY, "card")).await), "reference-taken");
    let (one, two) = tokio::join!(
        scene.place(scene.ask("m-2", "10.00", MONTHLY, "card")),
        scene.place(scene.ask("m-2", "10.00", MONTHLY, "card"))
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.pledge, two.pledge);
    assert_ne!(one.is_new, two.is_new);
}

#[tokio::test]
async fn what_is_no_pledge_to_this_campaign_is_refused() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let good = || scene.ask("m-1", "10.00", MONTHLY, "card");
    let terms = PlacePledge { terms_digest: [0; 32], ..good() };
    assert_eq!(refusal(scene.place(terms).await), "terms-mismatch");
    let euro = ledger::money::Money::parse("10.00", ledger::money::Currency::EUR).unwrap();
    let yesterday = AskedSchedule::Once { on: Some(date(2027, 1, 30)) };
    let anchor = AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: Some(32), payments: None };
    for (asked, wrong) in [
        (PlacePledge { amount: euro, ..good() }, "/amount/currency"),
        (PlacePledge { schedule: yesterday, ..good() }, "/schedule/start"),
        (PlacePledge { schedule: anchor, ..good() }, "/schedule"),
        (PlacePledge { reference: "nul\0".into(), ..good() }, "/reference"),
        (PlacePledge { token: String::new(), ..good() }, "/token"),
    ] {
        match scene.place(asked).await {
            Err(Error::Invalid { pointer, .. }) => assert_eq!(pointer, wrong),
            other => panic!("{wrong}: {other:?}"),
        }
    }
    let elsewhere = PlacePledge { campaign: CampaignId::generate(scene.ground.book.id), ..good() };
    assert!(matches!(scene.place(elsewhere).await, Err(Error::NotFound("campaign"))));
}

#[tokio::test]
async fn a_redirected_pledge_takes_its_settled_money_along_once() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "card").await;
    scene.monthly("m-2", "7.00", "card").await;
    scene.work().await;
    scene.go_to(date(2027, 2, 28)).await;
    let other = scene.ground.campaign("drill").await;
    let (wall, change) = (scene.ground.wall, Change::by_service(""));
    let redirect = async |to: CampaignId| {
        scene.ground.run(async |tx| pledge_changes::redirect(tx, pledge.id, to, true, change, wall).await).await
    };
    let moved = redirect(other.id).await.unwrap();
    assert_eq!(moved.moved, Some(usd("10.00")), "what was captured today has not settled");
    assert_eq!((scene.fund(&scene.campaign).await, scene.fund(&other).await), (2_400, 1_000));
    assert_eq!(refusal(redirect(other.id).await), "same-campaign");
    assert_eq!(redirect(scene.campaign.id).await.unwrap().moved, Some(usd("10.00")));
    assert_eq!(redirect(other.id).await.unwrap().moved, Some(usd("10.00")));
    scene.go_to(date(2027, 3, 31)).await;
    assert_eq!(scene.fund(&other).await, 2_000);
    let totals = scene.totals().await;
    assert_eq!((totals.sums.moved_in, totals.sums.moved_out, totals.sums.monthly), (1_000, 2_000, 700));
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_pause_misses_its_due_dates_and_ends_by_itself() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "card").await;
    scene.work().await;
    let (wall, version) = (scene.ground.wall, scene.pledge(pledge.id).await.version);
    let change = Change { version: Some(version), actor: Actor::Partner(scene.ground.partner), reason: "travelling" };
    let until = Some(date(2027, 4, 15));
    scene.ground.run(async |tx| pledge_changes::pause(tx, pledge.id, until, change, wall).await).await.unwrap();
    let stale = scene.ground.run(async |tx| pledge_changes::cancel(tx, pledge.id, change, wall).await).await;
    assert!(matches!(stale, Err(Error::Stale("pledge"))), "{stale:?}");
    scene.go_to(date(2027, 5, 31)).await;
    let due: Vec<Date> = scene.charges(pledge.id).await.iter().map(|charge| charge.due_on).collect();
    assert_eq!(due, [date(2027, 1, 31), date(2027, 4, 30), date(2027, 5, 31)]);
    let client = scene.ground.client().await;
    let object = pledge.id.to_string();
    let list = activity::list_of_object(&client, scene.ground.book.id, &object, uuid::Uuid::nil(), 10).await.unwrap();
    let actions: Vec<&str> = list.iter().map(|activity| activity.action.as_str()).collect();
    assert_eq!(actions, ["placed", "paused", "active"]);
    assert_eq!(list[1].reason, "travelling");
}

#[tokio::test]
async fn a_plan_of_24_payments_completes_and_is_never_charged_again() {
    let mut scene = Scene::on(date(2027, 1, 15)).await;
    let plan = AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: None, payments: Some(24) };
    let pledge = scene.place(scene.ask("fan", "10.00", plan, "card")).await.unwrap().pledge;
    scene.work().await;
    scene.go_to(date(2029, 3, 1)).await;
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "completed");
    assert_eq!(scene.charges(pledge.id).await.len(), 24);
    assert_eq!(scene.fund(&scene.campaign).await, 24_000);
}

#[tokio::test]
async fn a_campaign_holds_what_is_captured_apart_from_what_can_be_spent() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    scene.monthly("m-1", "10.00", "card").await;
    scene.place(scene.ask("late", "5.00", AskedSchedule::Once { on: Some(date(2027, 3, 1)) }, "card")).await.unwrap();
    scene.work().await;
    let totals = scene.totals().await;
    assert_eq!((totals.sums.pledged, totals.sums.collected, totals.available), (1_500, 1_000, 0));
    let charge = scene.charges(scene.monthly("m-1", "10.00", "card").await.id).await.remove(0);
    assert!(matches!(charge.state, ChargeState::Captured { .. }));
    let early =
        scene.ground.run(async |tx| settlements::settle(tx, charge.settlement.unwrap(), scene.ground.wall).await).await;
    assert_eq!(refusal(early), "settlement-not-due");
}

#[tokio::test]
async fn a_suspended_campaign_misses_its_due_dates_and_a_reinstated_one_goes_on() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "card").await;
    scene.work().await;
    let (wall, id, change) = (scene.ground.wall, scene.campaign.id, Change::by_service("looking into it"));
    scene.ground.run(async |tx| campaigns::suspend(tx, id, change, wall).await).await.unwrap();
    scene.go_to(date(2027, 3, 15)).await;
    let wall = scene.ground.wall;
    scene.ground.run(async |tx| campaigns::reinstate(tx, id, change, wall).await).await.unwrap();
    scene.go_to(date(2027, 3, 31)).await;
    let due: Vec<Date> = scene.charges(pledge.id).await.iter().map(|charge| charge.due_on).collect();
    assert_eq!(due, [date(2027, 1, 31), date(2027, 3, 31)]);
}

#[tokio::test]
async fn the_clock_of_a_sandbox_book_is_what_due_dates_follow() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.place(scene.ask("o-1", "10.00", ONCE, "insufficient_funds")).await.unwrap().pledge;
    let wall = scene.ground.wall;
    scene.ground.leap_to(scene.ground.day(40)).await;
    let book = scene.ground.book.clone();
    let begun = scene.ground.run(async |tx| charges::begin(tx, pledge.id, 1, wall).await).await.unwrap();
    let Begun::Try { charge, attempt, reference, .. } = begun else { panic!("{begun:?}") };
    let declined = scene.answer(charge, attempt, outcome("insufficient_funds", &reference)).await.unwrap();
    let tomorrow = book.today(wall).tomorrow().unwrap();
    assert_eq!(declined, Recorded::Declined(Next::RetryOn(tomorrow)), "retries count from the day of the decline");
}
