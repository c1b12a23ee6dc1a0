//! Pledges to a campaign that asks for nothing any more: what was decided before, and what is written by hand.

use super::scene::Scene;
use jiff::civil::date;
use ledger::Error;
use ledger::book::{Command, Key};
use ledger::pledging::operations::pledges::{self, Drafted};
use ledger::pledging::operations::{pledge_batches, pledge_changes};
use ledger::pledging::store::campaigns;
use ledger::programmes::operations::loops;
use ledger::programmes::rules::self_funding::AtNothing;
use ledger::service::change::Change;
use ledger::testing::{MONTHLY, ONCE, refusal};
use uuid::Uuid;

/// What is said of the loop of the campaign of a scene.
async fn say(scene: &Scene, at_nothing: AtNothing) {
    let (ground, wall, by) = (&scene.ground, scene.ground.wall, scene.ground.owner);
    let source = Some(ground.book.reference());
    ground.run(async |tx| loops::say(tx, scene.campaign.id, (source, at_nothing), by, wall).await).await.unwrap();
}

/// What its loop brings in a month.
async fn brings(scene: &Scene, minor: Option<i64>) -> Result<bool, Error> {
    let id = scene.campaign.id;
    let kept = scene.ground.run(async |tx| campaigns::update_loop(tx, id, minor).await).await?;
    Ok(kept.asks_for_nothing())
}

#[tokio::test]
async fn what_was_decided_before_a_campaign_asked_for_nothing_is_not_placed_by_any_way() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    say(&scene, AtNothing::Stop).await;
    let asked = |reference: &str| scene.ask(reference, "10.00", MONTHLY, "card");
    let client = ground.client().await;
    let running = scene.monthly("m-0", "10.00", "card").await;
    let Drafted::New(new) = pledges::draft(&client, &ground.book, asked("m-1"), wall).await.unwrap() else {
        panic!("it is new")
    };
    assert!(!brings(&scene, Some(299_999)).await.unwrap(), "a cent is missing");
    assert!(brings(&scene, Some(300_000)).await.unwrap());
    let rows = pledges::rows(&ground.book, &new, wall);
    let command = Command { key: None, entry: new.entry(ground.book.today(wall)), companions: rows };
    let key = Key { caller: 1, key: Uuid::now_v7(), request_digest: 7 };
    let written = ground.lanes().command(ground.book.id, key, command).await;
    assert!(matches!(written, Err(Error::Stale(_))), "{written:?}");
    assert_eq!(refusal(scene.place(asked("m-2")).await), "campaign-asks-for-nothing");
    let (campaign, partner) = (scene.campaign.id, ground.partner);
    let batch = vec![asked("m-3"), scene.ask("m-4", "10.00", ONCE, "card")];
    for one in pledge_batches::draft_all(&client, &ground.book, campaign, partner, batch, wall).await.unwrap() {
        assert_eq!(refusal(one), "campaign-asks-for-nothing");
    }
    scene.work().await;
    assert_eq!(scene.charges(running.id).await.len(), 1, "what it has is charged");
    assert!(!brings(&scene, Some(299_999)).await.unwrap());
    scene.place(asked("m-2")).await.unwrap();
    ground.audit().await;
}

#[tokio::test]
async fn a_plan_is_not_redirected_to_a_campaign_that_asks_for_nothing_and_money_that_has_come_is() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let other = ground.campaign("other").await;
    let plan = scene.monthly("m-1", "10.00", "card").await;
    let given = ground.settled(&scene.campaign, "25.00").await;
    let id = other.id;
    let source = Some(ground.book.reference());
    let by = ground.owner;
    ground.run(async |tx| loops::say(tx, id, (source, AtNothing::Stop), by, wall).await).await.unwrap();
    ground.run(async |tx| campaigns::update_loop(tx, id, Some(300_000)).await).await.unwrap();
    let redirect = async |pledge, moves| {
        let change = Change::by_service("");
        ground.run(async |tx| pledge_changes::redirect(tx, pledge, id, moves, change, wall).await).await
    };
    assert_eq!(refusal(redirect(plan.id, true).await), "campaign-asks-for-nothing");
    let moved = redirect(given, true).await.unwrap().moved;
    assert_eq!(moved.map(ledger::money::Money::minor), Some(2_500));
    let client = ground.client().await;
    let error = client
        .execute("UPDATE pledge SET campaign = $1 WHERE id = $2", &[&id.object, &plan.id.object])
        .await
        .expect_err("SQL in the service's role");
    assert_eq!(error.code().map(|code| code.code()), Some("CP001"), "{error:?}");
    ground.audit().await;
}

#[tokio::test]
async fn a_campaign_stops_by_what_its_host_says_and_by_nothing_else() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let refused = |outcome: Result<bool, Error>| {
        let Err(Error::Database(cause)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(cause.code().map(|code| code.code()), Some("23514"));
    };
    refused(brings(&scene, Some(300_000)).await);
    say(&scene, AtNothing::GoOn).await;
    refused(brings(&scene, Some(300_000)).await);
    say(&scene, AtNothing::Stop).await;
    assert!(brings(&scene, Some(300_000)).await.unwrap());
    // What is said anew is reckoned anew: nothing was made.
    say(&scene, AtNothing::Stop).await;
    scene.monthly("m-1", "10.00", "card").await;
    brings(&scene, Some(300_000)).await.unwrap();
    say(&scene, AtNothing::GoOn).await;
    let kept = campaigns::get(&scene.ground.client().await, scene.campaign.id).await.unwrap();
    assert_eq!(kept.loop_brings, None);
    scene.monthly("m-2", "10.00", "card").await;
    scene.ground.audit().await;
}
