//! A book that is wound up: what it takes no more, what becomes of its pledges, and where its money goes.

use crate::pledging::scene::Scene;
use crate::support::ground;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::book::{Command, Key};
use ledger::books::operations::wind_ups;
use ledger::books::rules::wind_up::{WindUp, WindUpState};
use ledger::books::store::wind_ups as rows;
use ledger::calendar::days_after;
use ledger::engine::store::books;
use ledger::pledging::operations::charges::{self, Recorded};
use ledger::pledging::operations::pledges::{self, Drafted, PlacePledge};
use ledger::pledging::operations::{campaigns, pledge_batches, pledge_changes};
use ledger::pledging::rules::pledge::{Rail, State};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, MONTHLY, ONCE, refusal};
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
    let companions = pledges::rows(book, &new.pledge, &new.donor, wall);
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
