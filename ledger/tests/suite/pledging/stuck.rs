//! No money of a donor is stuck: it is asked for only where the book can hold it, and moves on from wherever it has settled.

use super::scene::Scene;
use jiff::civil::date;
use ledger::Error;
use ledger::book::AccountClass;
use ledger::engine::store::accounts;
use ledger::id::{CampaignId, PledgeId};
use ledger::pledging::operations::pledge_changes::Redirected;
use ledger::pledging::operations::{campaigns, charges, pledge_changes};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{refusal, usd};

impl Scene {
    async fn redirect(&self, pledge: PledgeId, to: CampaignId, moves: bool) -> Result<Redirected, Error> {
        let (wall, change) = (self.ground.wall, Change::by_service(""));
        self.ground.run(async |tx| pledge_changes::redirect(tx, pledge, to, moves, change, wall).await).await
    }
}

#[tokio::test]
async fn f6_settled_money_of_a_pledge_that_has_ended_moves_to_where_its_donor_wants_it() {
    for ends_by_itself in [true, false] {
        let mut scene = Scene::on(date(2027, 1, 31)).await;
        let mut asked = scene.ask("m-1", "10.00", ledger::testing::MONTHLY, "card");
        if ends_by_itself {
            asked.schedule = ledger::pledging::operations::pledges::AskedSchedule::Once { on: None };
        }
        let pledge = scene.place(asked).await.unwrap().pledge;
        scene.work().await;
        let (wall, change) = (scene.ground.wall, Change::by_service("over"));
        if !ends_by_itself {
            scene.ground.run(async |tx| pledge_changes::cancel(tx, pledge.id, change, wall).await).await.unwrap();
        }
        scene.go_to(date(2027, 2, 10)).await;
        let press = scene.campaign.id;
        scene.ground.run(async |tx| campaigns::close(tx, press, change, wall).await).await.unwrap();
        let state = scene.pledge(pledge.id).await.state;
        assert_eq!(state.as_str(), if ends_by_itself { "completed" } else { "cancelled" });
        let other = scene.ground.campaign("drill").await;
        assert_eq!(
            refusal(scene.redirect(pledge.id, other.id, false).await),
            "pledge-state",
            "nothing is charged any more"
        );
        let done = scene.redirect(pledge.id, other.id, true).await.unwrap();
        assert_eq!((done.moved, done.pledge.state), (Some(usd("10.00")), state));
        assert_eq!((scene.fund(&scene.campaign).await, scene.fund(&other).await), (0, 1_000));
        // And on, as often as the donor wants.
        let third = scene.ground.campaign("loom").await;
        assert_eq!(scene.redirect(pledge.id, third.id, true).await.unwrap().moved, Some(usd("10.00")));
        assert_eq!(scene.fund(&third).await, 1_000);
        scene.ground.audit().await;
    }
}

#[tokio::test]
async fn f6_money_that_settles_after_a_redirection_follows_its_pledge() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "card").await;
    scene.work().await;
    let other = scene.ground.campaign("drill").await;
    let done = scene.redirect(pledge.id, other.id, true).await.unwrap();
    assert_eq!(done.moved, None, "nothing has settled yet");
    assert_eq!(refusal(scene.redirect(pledge.id, other.id, true).await), "same-campaign");
    scene.go_to(date(2027, 2, 10)).await;
    let (wall, change) = (scene.ground.wall, Change::by_service("over"));
    let press = scene.campaign.id;
    scene.ground.run(async |tx| campaigns::close(tx, press, change, wall).await).await.unwrap();
    let late = scene.redirect(pledge.id, other.id, true).await.unwrap();
    assert_eq!((late.moved, late.pledge.campaign), (Some(usd("10.00")), other.id));
    assert_eq!((scene.fund(&scene.campaign).await, scene.fund(&other).await), (0, 1_000));
    assert_eq!(refusal(scene.redirect(pledge.id, other.id, true).await), "same-campaign");
    scene.ground.audit().await;
}

#[tokio::test]
async fn f1_a_campaign_is_not_published_on_an_account_that_is_for_something_else() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (book, wall) = (scene.ground.book.id, scene.ground.wall);
    let mine = ("liabilities:fund:drill", AccountClass::Liability, "EUR");
    scene.ground.run(async |tx| accounts::open(tx, book, mine.0, mine.1, mine.2, None, wall).await).await.unwrap();
    let new = scene.ground.new_campaign("drill");
    let draft = scene.ground.run(async |tx| campaigns::create(tx, new, Actor::Service, wall).await).await.unwrap();
    let change = Change::by_service("");
    let refused = scene.ground.run(async |tx| campaigns::publish(tx, draft.id, change, wall).await).await;
    assert_eq!(refusal(refused), "account-mismatch");
}

#[tokio::test]
async fn f1_nobody_is_asked_for_money_that_the_book_could_not_hold() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.monthly("m-1", "10.00", "card").await;
    let owner = scene.ground.database_owner().await;
    let fund = scene.campaign.fund.unwrap();
    let full = "UPDATE balance SET credits = 9223372036854775000 WHERE book_id = $1 AND account = $2";
    owner.execute(full, &[&scene.ground.book.id.0, &fund.0]).await.unwrap();
    let begun = scene.ground.run(async |tx| charges::begin(tx, pledge.id, 1, scene.ground.wall).await).await;
    assert_eq!(refusal(begun), "sum-too-large");
    assert!(scene.charges(pledge.id).await.is_empty(), "no attempt has begun");
}
