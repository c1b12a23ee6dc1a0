//! Plans that change: from the next due date on, with the donor's consent where they cost more.

use super::scene::Scene;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::calendar::Interval;
use ledger::id::{PlanChangeId, PledgeId};
use ledger::pledging::operations::charges::{self, Begun};
use ledger::pledging::operations::plan_changes::{self, AskedChange, Attested, Offer};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::pledges::{AskedSchedule, PlacePledge};
use ledger::pledging::rules::plan_change::{CONSENT_DAYS, ChangeState, Consent, PlanChange};
use ledger::pledging::rules::pledge::{Pledge, Rail};
use ledger::pledging::store::plan_changes as changes;
use ledger::service::change::Change;
use ledger::testing::{MONTHLY, ONCE, refusal, usd};

const SECRET: &str = "s3cret";

fn every(interval: Interval, payments: Option<i32>) -> AskedSchedule {
    AskedSchedule::Recurring { interval, start: None, anchor: None, payments }
}

fn to(amount: &str, interval: Option<Interval>) -> AskedChange {
    AskedChange { amount: Some(usd(amount)), interval, consent: None }
}

async fn ask(scene: &Scene, id: PledgeId, asked: AskedChange) -> Result<PlanChange, Error> {
    let (wall, change) = (scene.ground.wall, Change::by_service("the donor asked"));
    scene.ground.run(async |tx| plan_changes::ask(tx, id, asked, SECRET, change, wall).await).await
}

async fn consent(scene: &Scene, id: PlanChangeId, secret: &str) -> Result<PlanChange, Error> {
    let wall = scene.ground.wall;
    scene.ground.run(async |tx| plan_changes::consent(tx, id, secret, wall).await).await
}

async fn offer(scene: &Scene, id: PlanChangeId, secret: &str) -> Result<Offer, Error> {
    plan_changes::offer(&scene.ground.client().await, id, secret, scene.ground.wall).await
}

/// Due date and amount of each charge.
async fn due(scene: &Scene, id: PledgeId) -> Vec<(Date, i64)> {
    scene.charges(id).await.iter().map(|charge| (charge.due_on, charge.amount.minor())).collect()
}

/// States of all changes of a pledge.
async fn states(scene: &Scene, pledge: &Pledge) -> Vec<ChangeState> {
    let client = scene.ground.client().await;
    let list = changes::list(&client, pledge.id, uuid::Uuid::nil(), 200).await.unwrap();
    let now = scene.ground.book.now(scene.ground.wall);
    list.iter().map(|change| change.state(false, now)).collect()
}

/// Other payments are from `begin` on; these have been made by now.
async fn placed(scene: &Scene, schedule: AskedSchedule, token: &str) -> Pledge {
    let pledge = scene.place(scene.ask("m-1", "10.00", schedule, token)).await.unwrap().pledge;
    scene.work().await;
    pledge
}

#[tokio::test]
async fn fl19_amount_and_interval_change_from_the_next_due_date_and_the_old_dates_are_gone() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, MONTHLY, "card").await;
    scene.go_to(date(2027, 2, 10)).await;
    let changed = ask(&scene, pledge.id, to("9.50", Some(Interval::Quarter))).await.unwrap();
    assert_eq!(changed.consent, Consent::NotNeeded);
    assert_eq!(scene.totals().await.sums.monthly, 316, "a third of a quarter's payment, rounded down");
    scene.go_to(date(2027, 9, 1)).await;
    let expected =
        [(date(2027, 1, 31), 1_000), (date(2027, 2, 28), 950), (date(2027, 5, 31), 950), (date(2027, 8, 31), 950)];
    assert_eq!(due(&scene, pledge.id).await, expected);
    assert_eq!(scene.fund(&scene.campaign).await, 3_850);
    scene.ground.audit().await;
}

#[tokio::test]
async fn fl19_a_yearly_plan_from_29_february_ends_after_its_payments() {
    let mut scene = Scene::on(date(2028, 2, 29)).await;
    let yearly = scene.place(scene.ask("y-1", "10.00", every(Interval::Year, Some(2)), "card")).await.unwrap().pledge;
    let changed = placed(&scene, every(Interval::Quarter, Some(3)), "card").await;
    ask(&scene, changed.id, AskedChange { amount: None, interval: Some(Interval::Year), consent: None }).await.unwrap();
    scene.go_to(date(2029, 6, 1)).await;
    assert_eq!(due(&scene, yearly.id).await, [(date(2028, 2, 29), 1_000), (date(2029, 2, 28), 1_000)]);
    let expected = [(date(2028, 2, 29), 1_000), (date(2028, 5, 29), 1_000), (date(2029, 5, 29), 1_000)];
    assert_eq!(due(&scene, changed.id).await, expected, "three payments, as before");
    for pledge in [&yearly, &changed] {
        assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "completed");
    }
}

#[tokio::test]
async fn fl19_more_waits_for_the_donor_changes_nothing_before_and_is_consented_to_once() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, MONTHLY, "card").await;
    scene.go_to(date(2027, 2, 20)).await;
    let asked = ask(&scene, pledge.id, to("10.01", None)).await.unwrap();
    assert!(matches!(asked.consent, Consent::Link { .. }) && asked.end.is_none(), "{asked:?}");
    scene.go_to(date(2027, 2, 28)).await;
    assert_eq!(due(&scene, pledge.id).await[1], (date(2027, 2, 28), 1_000), "nothing has changed yet");
    for _ in 0..2 {
        let shown = offer(&scene, asked.id, SECRET).await.unwrap();
        assert_eq!((shown.starts_on, shown.until), (date(2027, 3, 31), date(2027, 3, 6)), "showing uses nothing up");
        assert_eq!(shown.payments_left, None, "the plan has no end");
    }
    assert_eq!(refusal(offer(&scene, asked.id, "other").await), "consent-link-invalid");
    assert_eq!(refusal(consent(&scene, asked.id, "other").await), "consent-link-invalid");
    let strange = PlanChangeId::generate(ledger::id::BookId(77));
    assert_eq!(refusal(consent(&scene, strange, SECRET).await), "consent-link-invalid");
    let (one, two) = tokio::join!(consent(&scene, asked.id, SECRET), consent(&scene, asked.id, SECRET));
    let [applied, refused] = if one.is_ok() { [one, two] } else { [two, one] };
    assert!(applied.unwrap().end.is_some());
    assert_eq!(refusal(refused), "consent-link-invalid");
    scene.go_to(date(2027, 3, 31)).await;
    assert_eq!(due(&scene, pledge.id).await[2..], [(date(2027, 3, 31), 1_001)]);
    assert_eq!(scene.pledge(pledge.id).await.amount, usd("10.01"));
}

#[tokio::test]
async fn fl19_a_waiting_change_is_replaced_withdrawn_or_lapses_and_its_link_does_nothing_then() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, MONTHLY, "card").await;
    let replaced = ask(&scene, pledge.id, to("20.00", None)).await.unwrap();
    let lowered = ask(&scene, pledge.id, to("9.00", None)).await.unwrap();
    assert_eq!(refusal(consent(&scene, replaced.id, SECRET).await), "consent-link-invalid");

    let withdraw = async |scene: &Scene, id| {
        let (wall, change) = (scene.ground.wall, Change::by_service("a mistake"));
        scene.ground.run(async |tx| plan_changes::withdraw(tx, id, change, wall).await).await
    };
    let withdrawn = ask(&scene, pledge.id, to("20.00", None)).await.unwrap();
    for _ in 0..2 {
        withdraw(&scene, withdrawn.id).await.unwrap();
    }
    assert_eq!(refusal(consent(&scene, withdrawn.id, SECRET).await), "consent-link-invalid");
    assert_eq!(refusal(withdraw(&scene, lowered.id).await), "change-applied");

    let lapsed = ask(&scene, pledge.id, to("20.00", None)).await.unwrap();
    scene.ground.wall = scene.ground.day(CONSENT_DAYS);
    assert_eq!(refusal(consent(&scene, lapsed.id, SECRET).await), "consent-link-invalid");
    use ChangeState::{Applied, Lapsed, Replaced, Withdrawn};
    assert_eq!(states(&scene, &pledge).await, [Replaced, Applied, Withdrawn, Lapsed]);
    scene.go_to(date(2027, 2, 28)).await;
    assert_eq!(due(&scene, pledge.id).await, [(date(2027, 1, 31), 1_000), (date(2027, 2, 28), 900)]);
}

#[tokio::test]
async fn fl19_a_partner_attests_consent_with_its_time_and_what_was_shown() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, every(Interval::Year, None), "card").await;
    scene.ground.wall = scene.ground.day(3);
    let now = scene.ground.book.now(scene.ground.wall);
    let with = |at| {
        let consent = Some(Attested { at, shown: [7; 32] });
        AskedChange { amount: None, interval: Some(Interval::Month), consent }
    };
    for wrong in [now + SignedDuration::from_secs(1), pledge.created_at - SignedDuration::from_secs(1)] {
        match ask(&scene, pledge.id, with(wrong)).await {
            Err(Error::Invalid { pointer, .. }) => assert_eq!(pointer, "/consent/consented_at"),
            other => panic!("{other:?}"),
        }
    }
    let at = now - SignedDuration::from_hours(1);
    let changed = ask(&scene, pledge.id, with(at)).await.unwrap();
    assert_eq!(changed.consent, Consent::Attested { at, shown: [7; 32] });
    let kept = changes::get(&scene.ground.client().await, changed.id).await.unwrap();
    assert_eq!(kept.consent, changed.consent);
    scene.ground.wall = scene.ground.book.start_of(date(2028, 1, 31)) + SignedDuration::from_hours(12);
    scene.work().await;
    scene.go_to(date(2028, 3, 1)).await;
    let expected = [(date(2027, 1, 31), 1_000), (date(2028, 1, 31), 1_000), (date(2028, 2, 29), 1_000)];
    assert_eq!(due(&scene, pledge.id).await, expected);
}

#[tokio::test]
async fn fl19_what_was_declined_keeps_its_amount_with_all_its_retries() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, MONTHLY, "insufficient_funds").await;
    ask(&scene, pledge.id, to("4.00", None)).await.unwrap();
    scene.ground.wall = scene.ground.day(1);
    let (charge, wall) = (scene.charges(pledge.id).await.remove(0), scene.ground.wall);
    let begun = scene.ground.run(async |tx| charges::begin_retry(tx, charge.id, 2, wall).await).await.unwrap();
    let Begun::Try { amount, .. } = begun else { panic!("{begun:?}") };
    assert_eq!(amount, usd("10.00"));
    scene.go_to(date(2027, 2, 8)).await;
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "lapsed", "the ladder goes on, and ends");

    // One that asks for another means changes too; what it owes stays.
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, MONTHLY, "expired_card").await;
    ask(&scene, pledge.id, to("4.00", None)).await.unwrap();
    scene.go_to(date(2027, 2, 5)).await;
    let (wall, change) = (scene.ground.wall, Change::by_service(""));
    let resumed = async |tx: &deadpool_postgres::Transaction<'_>| {
        pledge_changes::resume(tx, pledge.id, Some("card".into()), change, wall).await
    };
    scene.ground.run(resumed).await.unwrap();
    scene.go_to(date(2027, 2, 28)).await;
    assert_eq!(due(&scene, pledge.id).await, [(date(2027, 1, 31), 1_000), (date(2027, 2, 28), 400)]);
    assert_eq!(scene.fund(&scene.campaign).await, 1_400);
}

#[tokio::test]
async fn fl19_what_is_due_already_is_charged_as_it_was_though_the_worker_is_late() {
    let mut scene = Scene::on(date(2027, 1, 5)).await;
    let start = Some(date(2027, 1, 10));
    let plan = AskedSchedule::Recurring { interval: Interval::Month, start, anchor: None, payments: None };
    let pledge = placed(&scene, plan, "card").await;
    let partner = PlacePledge { rail: Rail::Partner, ..scene.ask("p-1", "10.00", plan, "") };
    let collected = scene.place(partner).await.unwrap().pledge;
    // Nobody works until two payments have fallen due.
    scene.ground.wall = scene.ground.day(36);
    for pledge in [&pledge, &collected] {
        ask(&scene, pledge.id, to("4.00", None)).await.unwrap();
    }
    scene.work().await;
    let begun = [(date(2027, 1, 10), 1_000), (date(2027, 2, 10), 1_000)];
    for pledge in [&pledge, &collected] {
        assert_eq!(due(&scene, pledge.id).await, begun);
    }
    assert_eq!(scene.charges(collected.id).await[1].state.as_str(), "processing", "its partner is to report it");
    scene.go_to(date(2027, 3, 10)).await;
    assert_eq!(due(&scene, pledge.id).await[2..], [(date(2027, 3, 10), 400)]);
    let told: Vec<_> = scene.charges(pledge.id).await.iter().map(|charge| charge.state.as_str()).collect();
    assert_eq!(told, ["missed", "settled", "captured"]);
    assert_eq!(scene.fund(&scene.campaign).await, 1_400);
}

#[tokio::test]
async fn fl19_a_paused_plan_changes_from_its_first_date_after_the_pause() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, MONTHLY, "card").await;
    let (wall, change, until) = (scene.ground.wall, Change::by_service(""), Some(date(2027, 4, 15)));
    scene.ground.run(async |tx| pledge_changes::pause(tx, pledge.id, until, change, wall).await).await.unwrap();
    scene.go_to(date(2027, 3, 5)).await;
    let changed = ask(&scene, pledge.id, to("4.00", None)).await.unwrap();
    assert_eq!(scene.pledge(pledge.id).await.state.as_str(), "paused");
    assert!(changed.end.is_some());
    scene.go_to(date(2027, 5, 31)).await;
    let expected = [(date(2027, 1, 31), 1_000), (date(2027, 4, 30), 400), (date(2027, 5, 31), 400)];
    assert_eq!(due(&scene, pledge.id).await, expected);
}

#[tokio::test]
async fn fl19_what_cannot_change_says_the_way_on() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let once = scene.place(scene.ask("o-1", "10.00", ONCE, "card")).await.unwrap().pledge;
    let last = scene.place(scene.ask("l-1", "10.00", every(Interval::Month, Some(1)), "insufficient_funds")).await;
    let last = last.unwrap().pledge;
    let short = scene.monthly("s-1", "10.00", "insufficient_funds").await;
    let gone = scene.monthly("g-1", "10.00", "stolen_card").await;
    let pledge = placed(&scene, MONTHLY, "card").await;
    let lower = || to("5.00", None);
    assert_eq!(refusal(ask(&scene, once.id, lower()).await), "pledge-over");
    assert_eq!(refusal(ask(&scene, last.id, lower()).await), "no-due-date-left");
    assert_eq!(refusal(ask(&scene, gone.id, lower()).await), "pledge-over");
    assert_eq!(refusal(ask(&scene, pledge.id, to("10.00", Some(Interval::Month))).await), "same-terms");
    let euro = ledger::money::Money::parse("5.00", ledger::money::Currency::EUR).unwrap();
    let nothing = AskedChange { amount: None, interval: None, consent: None };
    for (asked, wrong) in [(AskedChange { amount: Some(euro), ..nothing }, "/amount/currency"), (nothing, "/amount")] {
        match ask(&scene, pledge.id, asked).await {
            Err(Error::Invalid { pointer, .. }) => assert_eq!(pointer, wrong),
            other => panic!("{wrong}: {other:?}"),
        }
    }
    let waiting = ask(&scene, short.id, to("20.00", None)).await.unwrap();
    scene.go_to(date(2027, 2, 8)).await;
    assert_eq!(refusal(ask(&scene, short.id, lower()).await), "pledge-lapsed");
    assert_eq!(refusal(consent(&scene, waiting.id, SECRET).await), "pledge-lapsed");
    let later = AskedSchedule::Once { on: Some(date(2027, 3, 1)) };
    let later = scene.place(scene.ask("o-2", "10.00", later, "card")).await.unwrap().pledge;
    assert_eq!(refusal(ask(&scene, later.id, lower()).await), "no-due-date-left");

    let asked = scene.ground.ask(&scene.campaign, "silent", "10.00");
    let silent = PlacePledge {
        schedule: MONTHLY,
        donor: {
            let mut donor = asked.donor.clone();
            donor.email = String::new();
            donor
        },
        ..asked
    };
    let silent = scene.place(silent).await.unwrap().pledge;
    assert_eq!(refusal(ask(&scene, silent.id, to("20.00", None)).await), "donor-without-email");
    assert!(ask(&scene, silent.id, lower()).await.is_ok());
}

#[tokio::test]
async fn fl19_the_first_charge_at_new_terms_waits_for_the_mail_about_them() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, MONTHLY, "card").await;
    scene.ground.wall = scene.ground.day(27);
    ask(&scene, pledge.id, to("5.00", None)).await.unwrap();
    // The mail server is away until noon of the due date.
    scene.ground.wall = scene.ground.day(1);
    let wall = scene.ground.wall;
    let begun = scene.ground.run(async |tx| charges::begin(tx, pledge.id, 2, wall).await).await.unwrap();
    assert_eq!((begun, due(&scene, pledge.id).await.len()), (Begun::Nothing, 1));
    let owner = scene.ground.database_owner().await;
    let sent = "UPDATE job SET finished_at = now() WHERE kind = 'send_plan_change'";
    assert_eq!(owner.execute(sent, &[]).await.unwrap(), 1);
    scene.work().await;
    assert_eq!(due(&scene, pledge.id).await.last(), Some(&(date(2027, 2, 28), 500)));
}

#[tokio::test]
async fn fl19_the_database_takes_no_terms_without_a_change_and_no_charge_of_another_amount() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = placed(&scene, MONTHLY, "card").await;
    let (client, book, id) = (scene.ground.client().await, scene.ground.book.id, pledge.id.object);
    let refused = async |sql: String| {
        let error = client.batch_execute(&sql).await.err().unwrap_or_else(|| panic!("done: {sql}"));
        error.code().map(|code| code.code().to_owned()).unwrap()
    };
    for column in ["amount = 999", "amount = 2000", "schedule = 'yearly'", "starts_on = '2027-02-01'", "terms_from = 2"]
    {
        let code = refused(format!("UPDATE pledge SET {column} WHERE book_id = {book} AND id = '{id}'")).await;
        assert_eq!(code, "23514", "{column}");
    }
    let charge = |amount: i64| {
        format!(
            "INSERT INTO charge (id, pledge, campaign, partner, amount, created_at, book_id, sequence, attempt, due_on,
                                 currency, rail, state)
             SELECT gen_random_uuid(), id, campaign, partner, {amount}, now(), book_id, 2, 0, '2027-02-28', currency, rail,
                    'missed'
               FROM pledge WHERE id = '{id}'"
        )
    };
    assert_eq!(refused(charge(1_001)).await, "23514");
    client.batch_execute(&charge(1_000)).await.unwrap();
    let change = |amount: i64, interval: &str| {
        format!(
            "INSERT INTO plan_change (book_id, id, pledge, asked_by, asked_at, reason, currency, from_amount, from_interval,
                                      to_amount, to_interval, consent)
             SELECT book_id, gen_random_uuid(), id, partner, now(), '', currency, amount, schedule, {amount}, '{interval}',
                    'not_needed'
               FROM pledge WHERE id = '{id}'"
        )
    };
    for (amount, interval) in [(1_001, "monthly"), (1_001, "quarterly"), (1_001, "yearly"), (1_000, "monthly")] {
        assert_eq!(refused(change(amount, interval)).await, "23514", "{amount} {interval}");
    }
    client.batch_execute(&change(1_000, "yearly")).await.unwrap();
    let applied = format!("UPDATE pledge SET schedule = 'yearly' WHERE book_id = {book} AND id = '{id}'");
    assert_eq!(refused(applied).await, "23514", "asked for, and not applied");
    for table in ["plan_change", "plan_change_end"] {
        assert_eq!(refused(format!("DELETE FROM {table}")).await, "42501");
        assert_eq!(refused(format!("UPDATE {table} SET book_id = 1")).await, "42501");
    }
}
