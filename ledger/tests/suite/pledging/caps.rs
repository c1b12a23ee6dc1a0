//! What is promised to campaigns, as the book counts it.

use super::scene::Scene;
use jiff::civil::date;
use ledger::calendar::Interval;
use ledger::id::{CampaignId, PledgeId, TierId};
use ledger::pledging::operations::campaigns::NewCampaign;
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::pledges::{AskedSchedule, PlacePledge};
use ledger::pledging::operations::raises::{self, Raise};
use ledger::pledging::operations::tiers::{self, NewTier};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::commitment::{Cap, OverCap};
use ledger::pledging::store::campaigns as store;
use ledger::pledging::store::tiers as tier_store;
use ledger::reports::operations::{FiveTotals, five_totals};
use ledger::reports::store::day_totals;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{MONTHLY, ONCE, refusal, usd};

async fn present(scene: &Scene) -> Campaign {
    store::get(&scene.ground.client().await, scene.campaign.id).await.unwrap()
}

async fn five(scene: &Scene) -> FiveTotals {
    let campaign = present(scene).await;
    let pledged = campaign.commitments.map(|of| of.pledged);
    let client = scene.ground.client().await;
    five_totals(&client, &scene.ground.book, &campaign.slug, pledged, campaign.fund).await.unwrap()
}

async fn cancel(scene: &Scene, pledge: PledgeId) {
    let wall = scene.ground.wall;
    let change = Change::by_service("asked");
    scene.ground.run(async |tx| pledge_changes::cancel(tx, pledge, change, wall).await).await.unwrap();
}

#[tokio::test]
async fn the_five_totals_are_the_same_before_and_after_the_journal_is_rolled_up() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let year = AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: None, payments: Some(12) };
    let plan = scene.place(scene.ask("year", "10.00", year, "card")).await.unwrap().pledge;
    scene.monthly("open", "1.00", "card").await;
    scene.place(scene.ask("single", "7.00", ONCE, "card")).await.unwrap();
    scene.place(scene.ask("stolen", "5.00", ONCE, "stolen_card")).await.unwrap();
    scene.go_to(date(2027, 4, 1)).await;
    cancel(&scene, plan.id).await;
    let rows = scene.totals().await.sums;
    let expected =
        FiveTotals { pledged: Some(13_500), collected: 4_000, dropped: Some(9_500), refunded: 0, disputed: 0 };
    assert_eq!(five(&scene).await, expected);
    assert_eq!(expected.collected, rows.collected);
    let (owner, book) = (scene.ground.database_owner().await, scene.ground.book.id);
    day_totals::roll_up(&scene.ground.client().await, book).await.unwrap();
    assert_eq!(five(&scene).await, expected, "in what was rolled up last");
    scene.place(scene.ask("tail", "3.00", ONCE, "card")).await.unwrap();
    scene.work().await;
    let later = FiveTotals { pledged: Some(13_800), collected: 4_300, ..expected };
    assert_eq!(five(&scene).await, later, "in both");
    day_totals::roll_up(&scene.ground.client().await, book).await.unwrap();
    owner
        .batch_execute(&format!("SELECT recent_totals_lay_in({0}, false), recent_totals_lay_in({0}, true)", book.0))
        .await
        .unwrap();
    assert_eq!(five(&scene).await, later, "in running totals");
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_campaign_of_before_promises_were_counted_takes_pledges_and_has_tiers_all_the_same() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let owner = scene.ground.database_owner().await;
    let before =
        "UPDATE campaign SET promise_room = NULL, promise_beyond = NULL, promise_pledged = NULL, promises_since = NULL";
    owner.batch_execute(before).await.unwrap();
    scene.campaign = present(&scene).await;
    scene.monthly("plan", "10.00", "card").await;
    scene.work().await;
    assert_eq!(
        five(&scene).await,
        FiveTotals { pledged: None, collected: 1_000, dropped: None, refunded: 0, disputed: 0 }
    );
    let tier = tier(&scene, scene.campaign.id, 1).await;
    let ask = |reference: &str| {
        let asked = scene.ask(reference, "20.00", MONTHLY, "card");
        PlacePledge { tier: Some(tier), ..asked }
    };
    let first = scene.place(ask("first")).await.unwrap().pledge;
    assert!(first.has_place && first.promised == 0);
    assert_eq!(refusal(scene.place(ask("second")).await), "tier-sold-out");
    cancel(&scene, first.id).await;
    assert!(!scene.pledge(first.id).await.has_place);
    let third = scene.place(ask("third")).await.unwrap().pledge;
    scene.go_to(date(2027, 2, 2)).await;
    assert!(scene.pledge(third.id).await.has_place, "it was collected");
    scene.ground.audit().await;
}

async fn tier(scene: &Scene, campaign: CampaignId, places: i32) -> TierId {
    let wall = scene.ground.wall;
    let new = NewTier {
        campaign,
        name: "An atlas".into(),
        description: String::new(),
        amount: usd("20.00"),
        places: Some(places),
        position: 0,
    };
    let made = scene.ground.run(async |tx| tiers::create(tx, new.clone(), Actor::Service, wall).await).await.unwrap();
    let listed = tier_store::list(&scene.ground.client().await, campaign, (-1, 0), 10).await.unwrap();
    assert_eq!((listed.len(), &listed[0].tier, listed[0].taken), (1, &made, Some(0)));
    made.id
}

#[tokio::test]
async fn p16_a_cap_that_is_the_goal_rises_with_it_and_nothing_falls() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let cap = Some(Cap { amount: usd("100.00"), over: OverCap::Refuse });
    let capped = NewCampaign { cap, ..scene.ground.new_campaign("capped") };
    scene.campaign = scene.ground.publish(capped).await;
    let goal = scene.campaign.kind.goal().unwrap();
    let wall = scene.ground.wall;
    let raise = async |goal: Option<&str>, cap: Option<&str>| {
        let (id, wanted) = (scene.campaign.id, Raise { goal: goal.map(usd), cap: cap.map(usd) });
        scene.ground.run(async |tx| raises::raise(tx, id, wanted, Change::by_service("agreed"), wall).await).await
    };
    let ask = |reference: &str, amount: &str| scene.ask(reference, amount, ONCE, "card");
    scene.place(ask("all", "100.00")).await.unwrap();
    assert_eq!(refusal(scene.place(ask("more", "0.01")).await), "campaign-full");
    assert_eq!(refusal(raise(None, Some("100.00")).await), "goal-not-raised");
    let raised = raise(None, Some("100.02")).await.unwrap();
    assert_eq!((raised.kind.goal(), raised.cap.unwrap().amount), (Some(goal), usd("100.02")));
    scene.place(ask("fits", "0.02")).await.unwrap();
    assert_eq!(refusal(scene.place(ask("more", "0.01")).await), "campaign-full");
    scene.ground.audit().await;
}

#[tokio::test]
async fn p16_a_single_payment_is_trimmed_to_what_fits_and_a_plan_never() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let cap = Some(Cap { amount: usd("100.00"), over: OverCap::Trim });
    scene.campaign = scene.ground.publish(NewCampaign { cap, ..scene.ground.new_campaign("trimming") }).await;
    let year = AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: None, payments: Some(12) };
    let over = scene.place(scene.ask("year", "8.34", year, "card")).await;
    assert_eq!(refusal(over), "campaign-full");
    scene.place(scene.ask("first", "60.00", ONCE, "card")).await.unwrap();
    let trimmed = scene.place(scene.ask("second", "60.00", ONCE, "card")).await.unwrap().pledge;
    assert_eq!((trimmed.amount, trimmed.asked_amount), (usd("40.00"), Some(usd("60.00"))));
    let again = scene.place(scene.ask("second", "60.00", ONCE, "card")).await.unwrap();
    assert!(!again.is_new && again.pledge.amount == usd("40.00"));
    assert_eq!(refusal(scene.place(scene.ask("third", "0.01", ONCE, "card")).await), "campaign-full");
    scene.work().await;
    assert_eq!(five(&scene).await.collected, 10_000);
    scene.ground.audit().await;
}
