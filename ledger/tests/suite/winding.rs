//! A book that is wound up: what it takes no more, what becomes of its pledges, and where its money goes.

use crate::pledging::scene::Scene;
use crate::support::ground;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::book::{Command, Key};
use ledger::books::operations::wind_ups;
use ledger::books::rules::wind_up::{PlanKind, WindUp, WindUpState};
use ledger::books::store::wind_ups as rows;
use ledger::calendar::days_after;
use ledger::engine::store::books;
use ledger::evidence::Gate;
use ledger::id::CampaignId;
use ledger::milestones::operations::milestones;
use ledger::milestones::rules::milestone::Policy;
use ledger::milestones::store::milestones as milestone_rows;
use ledger::pledging::operations::charges::{self, Recorded};
use ledger::pledging::operations::pledges::{self, Drafted, PlacePledge};
use ledger::pledging::operations::{campaigns, pledge_batches, pledge_changes, returnables};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::pledge::{Pledge, Rail, State};
use ledger::pledging::rules::returnable::Why;
use ledger::pledging::store::campaigns as campaign_rows;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, MONTHLY, ONCE, refusal, usd};
use ledger::winding::operations::{lines, plans, returns};
use ledger::winding::rules::line::{Decider, Line, LineState, Reason};
use uuid::Uuid;

async fn announce(ground: &Ground, last_day: Date, return_after: Option<Date>) -> Result<WindUp, Error> {
    let why = Change::by_service("it closes");
    let days = (last_day, return_after);
    ground.run(async |tx| wind_ups::announce(tx, &ground.book, days, why, ground.wall).await).await
}

async fn resume(ground: &Ground) -> Result<WindUp, Error> {
    let why = Change::by_service("it goes on");
    ground.run(async |tx| wind_ups::resume(tx, &ground.book, why, ground.wall).await).await
}

/// The ground with its book as it is now.
async fn again(ground: &mut Ground) {
    ground.book = books::get(&ground.client().await, ground.book.id).await.unwrap();
}

#[tokio::test]
async fn c4_from_the_moment_on_nothing_new_is_taken_by_any_way_not_even_what_was_decided_before() {
    let mut ground = ground().await;
    let press = ground.campaign("press").await;
    let last_day = days_after(ground.book.today(ground.wall), 10);
    let said = announce(&ground, last_day, None).await.unwrap();
    assert_eq!(
        (said.state(ground.book.now(ground.wall)), said.return_after),
        (WindUpState::Announced, days_after(last_day, 90))
    );
    assert_eq!(refusal(announce(&ground, last_day, None).await), "wind-up-announced");
    resume(&ground).await.unwrap();
    assert_eq!(refusal(resume(&ground).await), "not-winding-up");
    let said = announce(&ground, last_day, None).await.unwrap();
    again(&mut ground).await;
    ground.captured(ground.ask(&press, "before", "10.00"), ground.wall).await;
    let client = ground.client().await;
    let drafted = pledges::draft(&client, &ground.book, ground.ask(&press, "drafted", "10.00"), ground.wall).await;
    let Drafted::New(new) = drafted.unwrap() else { panic!("it is new") };
    let batch = |ground: &Ground| vec![ground.ask(&press, "first", "1.00"), ground.ask(&press, "second", "1.00")];

    ground.leap_to(said.from).await;
    let (wall, book) = (ground.wall, &ground.book);
    let companions = pledges::rows(book, &new, wall);
    let command = Command { key: None, entry: None, companions };
    let written =
        ground.lanes().command(book.id, Key { caller: 1, key: Uuid::now_v7(), request_digest: 7 }, command).await;
    assert!(matches!(written, Err(Error::Stale(_))), "{written:?}");
    let inserted = ground.run(async |tx| ledger::pledging::store::pledges::insert(tx, &new.pledge).await).await;
    assert!(matches!(inserted, Err(Error::Database(_))), "{inserted:?}");
    let place = |asked: PlacePledge| ground.run(async move |tx| pledges::place(tx, asked, wall).await);
    for schedule in [ONCE, MONTHLY] {
        let asked = PlacePledge { schedule, ..ground.ask(&press, "late", "10.00") };
        assert_eq!(refusal(place(asked).await), "book-winding-up");
    }
    assert!(!place(ground.ask(&press, "before", "10.00")).await.unwrap().is_new, "what came before is answered");
    let partner = ground.partner;
    let drafted = pledge_batches::draft_all(&client, book, press.id, partner, batch(&ground), wall).await.unwrap();
    for one in drafted {
        assert_eq!(refusal(one), "book-winding-up");
    }
    let new = ground.new_campaign("loom");
    assert_eq!(
        refusal(ground.run(async |tx| campaigns::create(tx, new, Actor::Service, wall).await).await),
        "book-winding-up"
    );
    assert_eq!(refusal(resume(&ground).await), "wind-up-begun");
    // What was said stays, by SQL as well.
    let id = book.id.0;
    for statement in [
        format!("UPDATE book SET winds_up_at = NULL WHERE number = {id}"),
        format!("UPDATE book SET winds_up_at = now() + interval '9 years' WHERE number = {id}"),
        format!("UPDATE wind_up SET state = 'resumed', ended_at = now() WHERE book_id = {id} AND state = 'announced'"),
        format!("UPDATE wind_up SET state = 'done', ended_at = now() WHERE book_id = {id} AND state = 'announced'"),
        format!("UPDATE wind_up SET state = 'announced', ended_at = NULL WHERE book_id = {id} AND state = 'resumed'"),
    ] {
        let changed = client.batch_execute(&statement).await;
        assert!(changed.is_err_and(|error| error.code().is_some_and(|code| code.code() == "23514")), "{statement}");
    }
}

#[tokio::test]
async fn c4_plans_end_as_of_the_last_day_however_late_somebody_looks_and_what_was_begun_finishes() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let plan = scene.monthly("m-1", "10.00", "card").await;
    let paused = scene.monthly("m-2", "10.00", "card").await;
    let declined = scene.monthly("m-3", "10.00", "insufficient_funds").await;
    let later =
        scene.place(scene.ask("m-4", "10.00", pledges::AskedSchedule::Once { on: Some(date(2027, 2, 20)) }, "card"));
    let later = later.await.unwrap().pledge;
    let collected = PlacePledge { rail: Rail::Partner, ..scene.ask("m-5", "7.00", ONCE, "") };
    let collected = scene.place(collected).await.unwrap().pledge;
    scene.work().await;
    let (wall, change) = (scene.ground.wall, Change::by_service(""));
    let until = Some(date(2027, 2, 20));
    scene.ground.run(async |tx| pledge_changes::pause(tx, paused.id, until, change, wall).await).await.unwrap();
    let said = announce(&scene.ground, date(2027, 2, 5), None).await.unwrap();
    while scene.ground.book.today(scene.ground.wall) < date(2027, 2, 8) {
        scene.ground.wall = scene.ground.day(1);
    }
    let charge = scene.charges(collected.id).await.remove(0).id;
    let (ground, wall, partner) = (&scene.ground, scene.ground.wall, scene.ground.partner);
    let reported = ground.run(async |tx| charges::capture_reported(tx, charge, partner, "e", "p", None, wall).await);
    assert_eq!(reported.await.unwrap(), Recorded::Captured, "it was begun before");
    scene.go_to(date(2027, 3, 31)).await;
    for pledge in [&plan, &paused, &declined, &later] {
        assert_eq!(scene.pledge(pledge.id).await.state, State::Cancelled { since: said.from }, "{}", pledge.reference);
    }
    assert_eq!(scene.charges(plan.id).await.len(), 1);
    assert!(scene.charges(later.id).await.is_empty());
    assert_eq!(scene.charges(declined.id).await[0].state.attempt(), 1, "nothing is tried again");
    assert_eq!(scene.fund(&scene.campaign).await, 2_700);
    let client = scene.ground.client().await;
    assert_eq!(rows::get(&client, said.id).await.unwrap().written, WindUpState::Winding);
    let told =
        client.query("SELECT payload->>'pledge' FROM job WHERE kind = 'notify_pledge' ORDER BY 1", &[]).await.unwrap();
    let told: Vec<String> = told.iter().map(|row| row.get(0)).collect();
    let mut all: Vec<String> = [&plan, &paused, &declined, &later, &collected].map(|it| it.id.to_string()).into();
    all.sort();
    assert_eq!(told, all, "each donor is told once");
    let again = scene.ground.run(async |tx| {
        pledge_changes::resume(tx, plan.id, Some("card-2".into()), Change::by_service(""), scene.ground.wall).await
    });
    assert_eq!(refusal(again.await), "pledge-state");
    scene.ground.audit().await;
}

/// What the host says of the fund of a campaign.
async fn plan(scene: &Scene, of: &Campaign, kind: PlanKind, to: Option<CampaignId>) -> Result<Line, Error> {
    let (ground, change) = (&scene.ground, Change::by_service(""));
    let code = format!("liabilities:fund:{}", of.slug);
    ground.run(async |tx| plans::plan(tx, &ground.book, &code, (kind, to), change, ground.wall).await).await
}

/// What the worker does of the lines that go back, and of the refunds that come of it.
async fn give_back(scene: &Scene, of: &WindUp) -> WindUp {
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let (page, next) = returns::page(&ground.client().await, of.id, "", 100, wall).await.unwrap();
    assert_eq!(next, None);
    for account in page {
        match ground.run(async |tx| returns::give_back(tx, &account, wall).await).await {
            Ok(()) | Err(Error::Refused(_)) => {}
            Err(error) => panic!("{}: {error}", account.code),
        }
    }
    ground.run(async |tx| returns::turn(tx, of.id, None, wall).await).await.unwrap();
    scene.work().await;
    rows::get(&ground.client().await, of.id).await.unwrap()
}

async fn line(scene: &Scene, of: &WindUp, slug: &str) -> Line {
    let ground = &scene.ground;
    let book = books::get(&ground.client().await, ground.book.id).await.unwrap();
    let all = lines::list(&ground.client().await, &book, of, "", 100, ground.wall).await.unwrap();
    all.into_iter().find(|line| line.account.code.ends_with(&format!(":fund:{slug}"))).unwrap()
}

async fn gift(scene: &Scene, to: &Campaign, reference: &str, amount: &str, token: &str) -> Pledge {
    let asked = PlacePledge { token: token.into(), ..scene.ground.ask(to, reference, amount) };
    scene.place(asked).await.unwrap().pledge
}

#[tokio::test]
async fn c4_each_line_goes_where_its_plan_says_and_what_is_left_goes_back_to_the_cent() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let press = scene.campaign.clone();
    let (loom, kiln) = (scene.ground.campaign("loom").await, scene.ground.campaign("kiln").await);
    let (moss, fern) = (scene.ground.campaign("moss").await, scene.ground.campaign("fern").await);
    gift(&scene, &press, "p-1", "10.01", "card").await;
    let looms = [gift(&scene, &loom, "l-1", "3.33", "card").await, gift(&scene, &loom, "l-2", "0.01", "card").await];
    let kilns = [
        gift(&scene, &kiln, "k-1", "7.00", "card").await,
        gift(&scene, &kiln, "k-2", "5.00", "card").await,
        gift(&scene, &kiln, "k-3", "2.00", "card").await,
    ];
    let stuck = gift(&scene, &moss, "m-1", "4.00", "refund_fails").await;
    scene.work().await;
    scene.go_to(date(2027, 2, 4)).await;
    let team = scene.ground.team("Press team", "claimant").await.id;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let new = milestones::NewMilestone {
        campaign: press.id,
        team,
        name: "Second prototype".into(),
        description: String::new(),
        amount: usd("6.00"),
        policy: Policy::default(),
        gate: Gate::default(),
    };
    let funded = ground.run(async |tx| {
        let planned = milestones::create(tx, new, ground.owner, wall).await?;
        milestones::fund(tx, planned.id, ground.owner, wall).await
    });
    let funded = funded.await.unwrap();
    assert_eq!(refusal(plan(&scene, &press, PlanKind::Return, None).await), "not-winding-up");
    let said = announce(&scene.ground, date(2027, 2, 10), Some(date(2027, 3, 10))).await.unwrap();
    for (kind, to, at) in [
        (PlanKind::Move, None, "/to"),
        (PlanKind::Return, Some(loom.id), "/to"),
        (PlanKind::Move, Some(CampaignId::new(ledger::id::BookId(77), press.id.object)), "/to"),
    ] {
        let refused = plan(&scene, &kiln, kind, to).await;
        assert!(matches!(&refused, Err(Error::Invalid { pointer, .. }) if pointer == at), "{refused:?}");
    }
    assert_eq!(refusal(plan(&scene, &kiln, PlanKind::Move, Some(kiln.id)).await), "same-campaign");
    plan(&scene, &loom, PlanKind::SpendDown, None).await.unwrap();
    assert_eq!(plan(&scene, &loom, PlanKind::Return, None).await.unwrap().state, LineState::Waiting, "not yet");
    assert!(plan(&scene, &kiln, PlanKind::Move, Some(loom.id)).await.is_err(), "what that has goes back");
    assert_eq!(plan(&scene, &kiln, PlanKind::Move, Some(press.id)).await.unwrap().state, LineState::Moving);
    let asked = async |scene: &Scene, of: &Pledge| {
        let (ground, client) = (&scene.ground, scene.ground.client().await);
        let book = books::get(&client, ground.book.id).await.unwrap();
        returnables::money(&client, &book, of.id, ground.wall).await.unwrap().remove(0)
    };
    assert_eq!(asked(&scene, &kilns[0]).await.returnable, None, "nobody is asked before the last day has ended");

    scene.go_to(date(2027, 2, 12)).await;
    give_back(&scene, &said).await;
    assert_eq!(scene.fund(&loom).await, 0, "it goes back as soon as the last day has ended");
    assert_eq!(scene.pledge(looms[1].id).await.state.as_str(), "refunded");
    assert_eq!(line(&scene, &said, "loom").await.state, LineState::Empty);
    assert_eq!((scene.fund(&kiln).await, scene.fund(&moss).await), (1_400, 400), "the others stay");
    let part = asked(&scene, &kilns[0]).await;
    assert_eq!(part.returnable.map(|found| (found.amount, found.why)), Some((700, Why::HostCloses)));
    assert_eq!(part.proposed.map(|it| (it.to.id, it.until)), Some((press.id, date(2027, 3, 10))));
    let (ground, wall, change) = (&scene.ground, scene.ground.wall, Change::by_service("agreed"));
    let (first, second) = (kilns[0].id, kilns[1].id);
    let moved = ground.run(async |tx| pledge_changes::redirect(tx, first, press.id, true, change, wall).await).await;
    assert_eq!(moved.unwrap().moved, Some(usd("7.00")));
    ground.run(async |tx| returnables::give_back(tx, second, change, wall).await).await.unwrap();
    scene.work().await;
    assert_eq!(scene.fund(&kiln).await, 200, "one has not answered");

    scene.go_to(date(2027, 3, 11)).await;
    assert_eq!(refusal(plan(&scene, &fern, PlanKind::SpendDown, None).await), "wind-up-returning");
    let now = give_back(&scene, &said).await;
    for campaign in [&press, &kiln, &fern] {
        assert_eq!(scene.fund(campaign).await, 0, "{}", campaign.slug);
        let found = campaign_rows::get(&scene.ground.client().await, campaign.id).await.unwrap();
        assert_eq!(found.state.as_str(), "closed");
    }
    let given_up = milestone_rows::get(&scene.ground.client().await, funded.id).await.unwrap();
    assert_eq!(given_up.state.as_str(), "cancelled", "nobody claims it");
    assert_eq!(now.written, WindUpState::Winding, "a refund has failed");
    for day in [12, 13] {
        scene.go_to(date(2027, 3, day)).await;
        let stands = line(&scene, &said, "moss").await;
        assert_eq!((stands.state, stands.decides), (LineState::Returning, Some(Decider::Nobody)));
        assert_eq!(
            (stands.remains[0].amount, stands.remains[0].reason),
            (400, Reason::Refund),
            "named, and tried again"
        );
        assert_eq!(give_back(&scene, &said).await.written, WindUpState::Winding);
    }
    let owner = scene.ground.database_owner().await;
    owner.execute("UPDATE pledge SET token = 'card' WHERE id = $1", &[&stuck.id.object]).await.unwrap();
    scene.go_to(date(2027, 3, 14)).await;
    give_back(&scene, &said).await;
    scene.go_to(date(2027, 3, 15)).await;
    assert_eq!(give_back(&scene, &said).await.written, WindUpState::Done);
    assert_eq!(scene.ground.balance_below("liabilities:").await, 0);
    assert_eq!(scene.ground.balance_below("assets:").await, 0, "each cent has gone back");
    scene.ground.audit().await;
}
