//! Plans that move to another partner or rail: each due date is collected once, where its donor wanted it then.

use super::scene::Scene;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::id::{OrganisationId, PlanMoveId, PledgeId};
use ledger::pledging::operations::charges::{self, Begun, Recorded};
use ledger::pledging::operations::erasure;
use ledger::pledging::operations::moving::asking::{self, AskedMove};
use ledger::pledging::operations::moving::steps::{self, Confirmed};
use ledger::pledging::operations::plan_changes::{self, AskedChange, Attested};
use ledger::pledging::operations::pledges::PlacePledge;
use ledger::pledging::operations::refund_outcomes::Begun as Sending;
use ledger::pledging::operations::refunds::Ask;
use ledger::pledging::operations::unexplained::Came;
use ledger::pledging::operations::{pledge_changes, refund_outcomes, refunds, suspense, withdrawals};
use ledger::pledging::rules::charge::State as ChargeState;
use ledger::pledging::rules::plan_move::{EndedBy, MoveState, PlanMove};
use ledger::pledging::rules::pledge::{Pledge, Rail, State, Token};
use ledger::pledging::rules::withdrawal::Leaver;
use ledger::pledging::store::plan_moves;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{MONTHLY, refusal, usd};

const SECRET: &str = "s3cret";

/// A monthly pledge that the partner collects by itself.
async fn by_partner(scene: &Scene, reference: &str) -> Pledge {
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask(reference, "10.00", MONTHLY, "") };
    let placed = scene.place(asked).await.unwrap().pledge;
    scene.work().await;
    placed
}

fn to_rail(rail: Rail, token: &str) -> AskedMove {
    AskedMove { rail: Some(rail), token: Some(Token(token.into())), ..AskedMove::default() }
}

fn to_partner(partner: OrganisationId) -> AskedMove {
    AskedMove { to_partner: Some(partner), ..AskedMove::default() }
}

async fn ask(scene: &Scene, id: PledgeId, asked: AskedMove) -> Result<PlanMove, Error> {
    let (wall, change) = (scene.ground.wall, Change::by_service("it closes down"));
    let host = scene.ground.book.organisation;
    scene.ground.run(async |tx| asking::ask(tx, id, asked, host, SECRET, change, wall).await).await
}

async fn consent(scene: &Scene, id: PlanMoveId) -> Result<PlanMove, Error> {
    let wall = scene.ground.wall;
    scene.ground.run(async |tx| asking::consent(tx, id, SECRET, wall).await).await
}

async fn confirm(scene: &Scene, id: PlanMoveId, confirmed: Confirmed<'_>) -> Result<PlanMove, Error> {
    let wall = scene.ground.wall;
    scene.ground.run(async |tx| steps::confirm_ended(tx, id, confirmed, Actor::Service, wall).await).await
}

async fn decline(scene: &Scene, id: PlanMoveId) -> Result<PlanMove, Error> {
    let (wall, change) = (scene.ground.wall, Change::by_service("a mistake"));
    scene.ground.run(async |tx| steps::decline(tx, id, change, wall).await).await
}

async fn of(scene: &Scene, id: PlanMoveId) -> PlanMove {
    plan_moves::get(&scene.ground.client().await, id).await.unwrap()
}

async fn report(scene: &Scene, pledge: PledgeId, place: usize, partner: OrganisationId) -> Result<Recorded, Error> {
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let charge = scene.charges(pledge).await.remove(place).id;
    let (event, reference) = (format!("evt-{charge}"), format!("pay-{charge}"));
    ground.run(async |tx| charges::capture_reported(tx, charge, partner, &event, &reference, None, wall).await).await
}

/// Due dates of a pledge's charges, with who collects them, on which rail, and how they stand.
async fn collected(scene: &Scene, id: PledgeId) -> Vec<(Date, OrganisationId, Rail, &'static str)> {
    let charges = scene.charges(id).await;
    charges.iter().map(|it| (it.due_on, it.partner, it.rail, it.state.as_str())).collect()
}

#[tokio::test]
async fn a_plan_is_collected_by_the_new_partner_once_the_old_mandate_has_ended_and_each_due_date_once() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let plan = by_partner(&scene, "m-1").await;
    let (old, new) = (scene.ground.partner, scene.ground.another_partner(true).await);
    let stranger = scene.ground.another_partner(false).await;
    report(&scene, plan.id, 0, old).await.unwrap();
    assert_eq!(refusal(ask(&scene, plan.id, to_partner(old)).await), "same-collector");
    let unknown = ask(&scene, plan.id, to_partner(stranger)).await;
    assert!(matches!(unknown, Err(Error::Invalid { ref pointer, .. }) if pointer == "/to_partner"), "{unknown:?}");
    let asked = ask(&scene, plan.id, to_partner(new)).await.unwrap();
    assert_eq!(refusal(ask(&scene, plan.id, to_rail(Rail::Sandbox, "sandbox_ok")).await), "move-open");
    assert_eq!(refusal(confirm(&scene, asked.id, Confirmed::ByPartner(old, "mandate-1")).await), "move-state");
    let (one, two) = tokio::join!(consent(&scene, asked.id), consent(&scene, asked.id));
    let [consented, again] = if one.is_ok() { [one, two] } else { [two, one] };
    assert_eq!(consented.unwrap().state, MoveState::Consented);
    assert_eq!(refusal(again), "consent-link-invalid");

    // The old mandate has not ended: the next due date is the old partner's, and the terms stay.
    scene.go_to(date(2027, 2, 28)).await;
    let (wall, dearer) = (scene.ground.wall, AskedChange { amount: Some(usd("9.00")), interval: None, consent: None });
    let change = Change::by_service("");
    let changed = scene.ground.run(async |tx| plan_changes::ask(tx, plan.id, dearer, SECRET, change, wall).await).await;
    assert_eq!(refusal(changed), "pledge-moving");
    let by_other = confirm(&scene, asked.id, Confirmed::ByPartner(new, "mandate-1")).await;
    assert!(matches!(by_other, Err(Error::NotFound(_))), "{by_other:?}");
    assert_eq!(refusal(confirm(&scene, asked.id, Confirmed::ByHost("it is gone")).await), "partner-not-gone");
    let by_old = Confirmed::ByPartner(old, "mandate-1");
    let (one, two) = tokio::join!(confirm(&scene, asked.id, by_old), confirm(&scene, asked.id, by_old));
    let active = one.unwrap();
    assert_eq!((active.state, active.first_on), (MoveState::Active, Some(date(2027, 3, 31))));
    assert_eq!(active.ended, Some((EndedBy::Partner, "mandate-1".to_owned())));
    assert_eq!(two.unwrap(), active, "said twice, it is said once");
    assert_eq!(refusal(decline(&scene, asked.id).await), "move-state");
    let moved = scene.pledge(plan.id).await;
    assert_eq!((moved.partner, moved.reference), (new, plan.id.to_string()));

    // What was begun in the old way waits for its report there, and neither lapses nor revives what has moved.
    scene.go_to(date(2027, 3, 31)).await;
    assert!(scene.pledge(plan.id).await.state.is_active());
    let expected = [
        (date(2027, 1, 31), old, Rail::Partner, "settled"),
        (date(2027, 2, 28), old, Rail::Partner, "declined"),
        (date(2027, 3, 31), new, Rail::Partner, "processing"),
    ];
    assert_eq!(collected(&scene, plan.id).await, expected);
    let late = report(&scene, plan.id, 1, old).await.unwrap();
    let Recorded::Suspended(late) = late else { panic!("{late:?}") };
    let stray = async |scene: &Scene, partner| {
        let (ground, wall) = (&scene.ground, scene.ground.wall);
        let came = Came { amount: usd("10.00"), event_id: "evt-stray", provider_reference: "pay-stray" };
        ground.run(async |tx| suspense::receive(tx, plan.id, partner, came, wall).await).await
    };
    let stray_by_old = stray(&scene, old).await.unwrap();
    assert_eq!(refusal(stray(&scene, new).await), "payment-expected");
    assert!(matches!(stray(&scene, stranger).await, Err(Error::NotFound(_))));
    report(&scene, plan.id, 2, new).await.unwrap();
    scene.go_to(date(2027, 4, 3)).await;

    // The host says that the late money was the due date that the old partner left; what is stray explains no other.
    let decide = async |scene: &Scene, id| {
        let (ground, wall) = (&scene.ground, scene.ground.wall);
        ground.run(async |tx| suspense::match_to(tx, id, plan.id, Change::by_service(""), wall).await).await
    };
    let charges = scene.charges(plan.id).await;
    assert_eq!(decide(&scene, late).await.unwrap().matched, Some(charges[1].id));
    assert_eq!(refusal(decide(&scene, stray_by_old.id).await), "suspense-of-another-partner");

    // Whatever the old partner sends again stands for the plan that moved.
    let again = PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "10.00", MONTHLY, "") };
    assert_eq!(refusal(scene.place(again.clone()).await), "reference-taken");
    let (client, wall) = (scene.ground.client().await, scene.ground.wall);
    let (campaign, book) = (scene.campaign.id, &scene.ground.book);
    let batch =
        ledger::pledging::operations::pledge_batches::draft_all(&client, book, campaign, old, vec![again], wall);
    assert_eq!(refusal(batch.await.unwrap().remove(0)), "reference-taken");
    scene.go_to(date(2027, 4, 30)).await;
    let now: Vec<_> = collected(&scene, plan.id).await.iter().map(|it| (it.0, it.1, it.3)).collect();
    let expected = [
        (date(2027, 1, 31), old, "settled"),
        (date(2027, 2, 28), old, "settled"),
        (date(2027, 3, 31), new, "settled"),
        (date(2027, 4, 30), new, "processing"),
    ];
    assert_eq!(now, expected);
    assert_eq!(scene.fund(&scene.campaign).await, 3_000);
    let kinds = scene.ground.events_of(asked.id.object).await;
    let states: Vec<_> = kinds.iter().map(|kind| kind.state).collect();
    assert_eq!(states, ["asked", "consented", "active"]);
    scene.ground.audit().await;
}

#[tokio::test]
async fn what_the_service_drives_ends_with_the_consent_and_what_it_took_goes_back_by_the_old_means() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let paid = scene.monthly("paid", "10.00", "sandbox_refund_fails").await;
    let declined = scene.monthly("declined", "10.00", "sandbox_insufficient_funds").await;
    scene.go_to(date(2027, 2, 5)).await;
    let (partner, wall) = (scene.ground.partner, scene.ground.wall);
    let shown = Attested { at: scene.ground.book.now(wall), shown: [7; 32] };
    for pledge in [&paid, &declined] {
        let attested = AskedMove { rail: Some(Rail::Partner), consent: Some(shown), ..AskedMove::default() };
        let active = ask(&scene, pledge.id, attested).await.unwrap();
        assert_eq!((active.state, active.version), (MoveState::Active, 3));
        assert_eq!(active.ended, Some((EndedBy::Service, String::new())));
        let now = scene.pledge(pledge.id).await;
        assert_eq!(
            (now.rail, now.token, now.reference.as_str()),
            (Rail::Partner, Token(String::new()), &*pledge.reference)
        );
    }
    // What was declined there is tried nowhere.
    let charge = scene.charges(declined.id).await.remove(0);
    assert!(matches!(charge.state, ChargeState::Declined { retry_on: None, .. }), "{charge:?}");
    let attempt = charge.state.attempt() + 1;
    let begun = scene.ground.run(async |tx| charges::begin_retry(tx, charge.id, attempt, wall).await).await;
    assert_eq!(begun.unwrap(), Begun::Nothing);
    // What was paid there goes back there.
    let taken = scene.charges(paid.id).await.remove(0).id;
    let change = Change::by_service("");
    let refund = scene.ground.run(async |tx| refunds::request(tx, Ask::whole(taken, "r-1"), change, wall).await).await;
    let refund = refund.unwrap();
    assert_eq!((refund.rail, refund.partner), (Rail::Sandbox, partner));
    let sent = scene.ground.run(async |tx| refund_outcomes::begin(tx, refund.id, wall).await).await.unwrap();
    assert!(matches!(&sent, Sending::Send { token, .. } if token == "sandbox_refund_fails"), "the means of then");
    scene.go_to(date(2027, 2, 28)).await;
    for pledge in [&paid, &declined] {
        let last = collected(&scene, pledge.id).await.pop().unwrap();
        assert_eq!(last, (date(2027, 2, 28), partner, Rail::Partner, "processing"));
    }
    // Another partner's word alone takes no plan from this one.
    let other = scene.ground.another_partner(true).await;
    let kept = scene.monthly("kept", "10.00", "sandbox_ok").await;
    let now = Attested { at: scene.ground.book.now(scene.ground.wall), shown: [7; 32] };
    let take_over = AskedMove { consent: Some(now), ..to_partner(other) };
    let taken = ask(&scene, kept.id, take_over).await.unwrap();
    assert_eq!(taken.state, MoveState::Consented);
    assert_eq!(scene.pledge(kept.id).await.partner, partner);
    let said = confirm(&scene, taken.id, Confirmed::ByHost("its donor called")).await.unwrap();
    assert_eq!((said.state, scene.pledge(kept.id).await.partner), (MoveState::Active, other));
    // And back again, by a means of its own.
    let back = AskedMove { consent: Some(shown), ..to_rail(Rail::Sandbox, "sandbox_ok") };
    let waits = ask(&scene, paid.id, back).await.unwrap();
    assert_eq!(waits.state, MoveState::Consented, "a partner has a mandate");
    confirm(&scene, waits.id, Confirmed::ByPartner(partner, "mandate-2")).await.unwrap();
    assert_eq!(report(&scene, paid.id, 1, partner).await.unwrap(), Recorded::Captured, "its due date explains it");
    scene.go_to(date(2027, 3, 31)).await;
    let states: Vec<_> = collected(&scene, paid.id).await.iter().map(|it| (it.2, it.3)).collect();
    assert_eq!(states[1..], [(Rail::Partner, "settled"), (Rail::Sandbox, "captured")]);

    // Nothing of a person is left of it once the donor is erased.
    let (donor, wall) = (scene.pledge(paid.id).await.donor, scene.ground.wall);
    let open = ask(&scene, declined.id, to_rail(Rail::Sandbox, "sandbox_ok")).await.unwrap();
    let why = Change::by_service("asked for it");
    scene.ground.run(async |tx| erasure::erase(tx, donor, why, wall).await).await.unwrap();
    for id in [waits.id, open.id] {
        let left = of(&scene, id).await;
        assert_eq!((left.reason.as_str(), &left.token.0[..], &left.from_token.0[..]), ("", "", ""));
        assert!(left.from_reference.starts_with("erased-") && left.to_reference.starts_with("erased-"), "{left:?}");
    }
    assert_eq!(of(&scene, open.id).await.state_at(true, scene.ground.book.now(wall)), MoveState::Expired);
    let secret = scene.ground.database_owner().await;
    let kept =
        "SELECT count(*) FROM job WHERE payload->>'token' <> '' AND kind = 'send_plan_move' AND finished_at IS NULL";
    assert_eq!(secret.query_one(kept, &[]).await.unwrap().get::<_, i64>(0), 0);
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_plan_whose_partner_has_left_goes_on_from_the_next_due_date_when_the_host_says_that_its_mandate_is_over() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let (soon, late) = (by_partner(&scene, "soon").await, by_partner(&scene, "late").await);
    let old = scene.ground.partner;
    for plan in [&soon, &late] {
        report(&scene, plan.id, 0, old).await.unwrap();
    }
    scene.go_to(date(2027, 2, 5)).await;
    let new = scene.ground.another_partner(true).await;
    let (wall, why) = (scene.ground.wall, Change::by_service("it closes down"));
    let (book, leaver) = (scene.ground.book.clone(), Leaver::Partner(old));
    scene.ground.run(async |tx| withdrawals::withdraw(tx, &book, leaver, None, why, wall).await).await.unwrap();
    scene.work().await;
    assert!(scene.pledge(soon.id).await.state.needs_collector());
    assert_eq!(refusal(ask(&scene, soon.id, to_rail(Rail::Sandbox, "sandbox_ok")).await), "partner-withdrawn");
    let asked = async |scene: &Scene, id| {
        let to = AskedMove { to_partner: Some(new), ..to_rail(Rail::Sandbox, "sandbox_ok") };
        consent(scene, ask(scene, id, to).await.unwrap().id).await.unwrap()
    };
    let (first, second) = (asked(&scene, soon.id).await, asked(&scene, late.id).await);
    scene.go_to(date(2027, 3, 2)).await;
    let active = confirm(&scene, first.id, Confirmed::ByHost("It is closed")).await.unwrap();
    assert_eq!((active.state, active.first_on), (MoveState::Active, Some(date(2027, 3, 31))));
    assert_eq!(scene.pledge(soon.id).await.state, State::Active { since: active.since });
    // The other one lapses meanwhile, and goes on all the same.
    scene.go_to(date(2027, 3, 7)).await;
    assert_eq!(scene.pledge(late.id).await.state.as_str(), "lapsed");
    let expired = confirm(&scene, second.id, Confirmed::ByHost("It is closed")).await;
    assert_eq!(refusal(expired), "move-state", "its 30 days are over");
    assert_eq!(of(&scene, second.id).await.state, MoveState::Expired);
    let third = asked(&scene, late.id).await;
    confirm(&scene, third.id, Confirmed::ByHost("It is closed")).await.unwrap();
    assert!(scene.pledge(late.id).await.state.is_active());
    scene.go_to(date(2027, 5, 1)).await;
    for plan in [&soon, &late] {
        let all: Vec<_> = collected(&scene, plan.id).await.iter().map(|it| (it.0, it.1, it.2)).collect();
        let expected = [
            (date(2027, 1, 31), old, Rail::Partner),
            (date(2027, 3, 31), new, Rail::Sandbox),
            (date(2027, 4, 30), new, Rail::Sandbox),
        ];
        // February passed while nobody collected it.
        assert_eq!(all, expected);
    }
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_move_that_nobody_answers_or_confirms_expires_and_one_whose_pledge_ends_with_it() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let old = scene.ground.partner;
    let mut plans = Vec::new();
    for reference in ["unanswered", "unconfirmed", "cancelled", "declined", "paused"] {
        plans.push(by_partner(&scene, reference).await);
    }
    let mut moves = Vec::new();
    for plan in &plans {
        moves.push(ask(&scene, plan.id, to_rail(Rail::Sandbox, "sandbox_ok")).await.unwrap().id);
    }
    consent(&scene, moves[1]).await.unwrap();
    consent(&scene, moves[4]).await.unwrap();
    let (wall, change) = (scene.ground.wall, Change::by_service(""));
    scene.ground.run(async |tx| pledge_changes::cancel(tx, plans[2].id, change, wall).await).await.unwrap();
    assert_eq!(refusal(consent(&scene, moves[2]).await), "consent-link-invalid");
    assert_eq!(refusal(ask(&scene, plans[2].id, to_rail(Rail::Sandbox, "sandbox_ok")).await), "pledge-over");
    scene.ground.run(async |tx| asking::refuse(tx, moves[3], SECRET, wall).await).await.unwrap();
    assert_eq!(refusal(consent(&scene, moves[3]).await), "consent-link-invalid");
    // A pause stays one, and the plan is collected in the new way afterwards.
    scene.ground.run(async |tx| pledge_changes::pause(tx, plans[4].id, None, change, wall).await).await.unwrap();
    let active = confirm(&scene, moves[4], Confirmed::ByPartner(old, "mandate-5")).await.unwrap();
    assert_eq!((active.state, active.first_on), (MoveState::Active, None));
    assert_eq!(scene.pledge(plans[4].id).await.state.as_str(), "paused");
    for plan in &plans[..2] {
        report(&scene, plan.id, 0, old).await.unwrap();
    }
    scene.go_to(date(2027, 3, 10)).await;
    let mut states = Vec::new();
    for id in &moves {
        states.push(of(&scene, *id).await.state.as_str());
    }
    assert_eq!(states, ["expired", "expired", "expired", "declined", "active"]);
    assert_eq!(refusal(consent(&scene, moves[0]).await), "consent-link-invalid");
    assert_eq!(refusal(confirm(&scene, moves[1], Confirmed::ByPartner(old, "mandate-2")).await), "move-state");
    for plan in &plans[..2] {
        let last = collected(&scene, plan.id).await.pop().unwrap();
        assert_eq!(last, (date(2027, 2, 28), old, Rail::Partner, "processing"), "the old plan goes on as it was");
    }
    let wall = scene.ground.wall;
    scene.ground.run(async |tx| pledge_changes::resume(tx, plans[4].id, None, change, wall).await).await.unwrap();
    scene.go_to(date(2027, 3, 31)).await;
    let last = collected(&scene, plans[4].id).await.pop().unwrap();
    assert_eq!(last, (date(2027, 3, 31), old, Rail::Sandbox, "captured"));
    scene.ground.audit().await;
}

#[tokio::test]
async fn who_collects_a_pledge_is_changed_by_a_move_alone_also_by_sql() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (plan, other) = (by_partner(&scene, "m-1").await, scene.ground.another_partner(true).await);
    let first = ask(&scene, plan.id, to_partner(other)).await.unwrap();
    let client = scene.ground.client().await;
    let refused = async |sql: String| {
        let error = client.batch_execute(&sql).await.expect_err(&sql);
        error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned())
    };
    let (book, id, pledge) = (scene.ground.book.id.0, first.id.object, plan.id.object);
    let by_move = "UPDATE plan_move SET version = version + 1, state_since = now(), waits_until = NULL, ";
    let of_pledge = |set: &str| {
        format!("UPDATE pledge SET {set}, version = version + 1 WHERE book_id = {book} AND id = '{pledge}'")
    };
    let to_other = of_pledge(&format!("partner = '{}', reference = '{}'", other.0, plan.id));
    for sql in [
        to_other.clone(),
        of_pledge("rail = 'sandbox'"),
        of_pledge("method = 'debit'"),
        of_pledge("reference = 'mine'"),
        format!("{by_move} state = 'active', ended_by = 'host', pledge_version = 1 WHERE id = '{id}'"),
        format!(
            "{by_move} state = 'active', ended_by = 'host', consented_at = now(), pledge_version = 1 WHERE id = '{id}'"
        ),
        format!("UPDATE plan_move SET state = 'consented' WHERE id = '{id}'"),
    ] {
        assert_eq!(refused(sql.clone()).await, "23514", "{sql}");
    }
    assert_eq!(refused(format!("UPDATE plan_move SET to_partner = from_partner WHERE id = '{id}'")).await, "42501");
    assert_eq!(refused(format!("DELETE FROM plan_move WHERE id = '{id}'")).await, "42501");
    let copied = "INSERT INTO plan_move (book_id, id, pledge, from_partner, to_partner, from_rail, to_rail, from_method, to_method,
            from_reference, to_reference, from_token, token, asked_by, asked_at, state_since, waits_until, state, consent, reason,
            secret_digest)
        SELECT book_id, gen_random_uuid(), pledge, from_partner, to_partner, from_rail, to_rail, from_method, to_method, from_reference,
            to_reference, from_token, token, asked_by, asked_at, state_since, waits_until, state, consent, reason, secret_digest
          FROM plan_move";
    assert_eq!(refused(copied.to_owned()).await, "23505", "one open move a pledge");

    // There and back: neither move serves a second time.
    consent(&scene, first.id).await.unwrap();
    let expired = format!("UPDATE plan_move SET state = 'asked' WHERE id = '{id}'");
    assert_eq!(refused(expired).await, "23514");
    confirm(&scene, first.id, Confirmed::ByPartner(scene.ground.partner, "mandate-1")).await.unwrap();
    let back = AskedMove { reference: Some("m-1 again".into()), ..to_partner(scene.ground.partner) };
    let back = consent(&scene, ask(&scene, plan.id, back).await.unwrap().id).await.unwrap();
    confirm(&scene, back.id, Confirmed::ByPartner(other, "mandate-2")).await.unwrap();
    for sql in [to_other, format!("{by_move} state = 'expired' WHERE id = '{id}'")] {
        assert_eq!(refused(sql.clone()).await, "23514", "{sql}");
    }
    let again = PlacePledge { rail: Rail::Partner, ..scene.ask("m-1", "10.00", MONTHLY, "") };
    assert_eq!(scene.place(again).await.unwrap().pledge.id, plan.id, "the first reference stands for it still");
    scene.ground.audit().await;
}
