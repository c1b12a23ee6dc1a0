//! Books that are kept by the lines of banks: what settles there, and when their periods close.

use super::scene::Scene;
use deadpool_postgres::Transaction;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::books::operations::books::{self as book_operations, ChangeBook};
use ledger::chart;
use ledger::id::{BankDifferenceId, ChargeId, CredentialId, OrganisationId, PersonId};
use ledger::parties::rules::role::Role;
use ledger::payouts::operations::bank_differences::{self, NewDifference};
use ledger::payouts::operations::settled_by_line::{self, Counted};
use ledger::payouts::operations::{bank_lines, closing};
use ledger::payouts::rules::bank_difference::{BankDifference, DifferenceState, Side};
use ledger::payouts::rules::bank_line::{BankLine, BookedAs, Direction, LineState, Told};
use ledger::pledging::operations::charges;
use ledger::pledging::operations::pledges::PlacePledge;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::rules::transfer_reference::of_settlement;
use ledger::service::change::Change;
use ledger::testing::{ONCE, refusal, usd};
use ledger::treasury::operations::reported::Report;
use ledger::treasury::rules::reported::Line;
use ledger::treasury::rules::settlement::Settlement;

/// A scene whose book is kept by lines of banks.
pub(super) async fn kept(on: Date) -> Scene {
    let mut scene = Scene::on(on).await;
    set(&mut scene, true).await;
    scene
}

pub(super) async fn set(scene: &mut Scene, kept: bool) {
    let (id, wall) = (scene.ground.book.id, scene.ground.wall);
    let change = ChangeBook { kept_by_bank_lines: Some(kept), ..ChangeBook::default() };
    let changed = scene.ground.run(async |tx| {
        let version = ledger::engine::store::books::get(tx, id).await?.version;
        let book = book_operations::change(tx, id, version, change).await?;
        if !kept {
            settled_by_line::rule_ended(tx, &book, wall).await?;
        }
        Ok(book)
    });
    scene.ground.book = changed.await.unwrap();
}

/// A charge of ten dollars that the partner has captured today.
pub(super) async fn collected(scene: &Scene, reference: &str) -> ChargeId {
    let asked = PlacePledge { rail: Rail::Partner, ..scene.ask(reference, "10.00", ONCE, "") };
    let pledge = scene.place(asked).await.unwrap().pledge.id;
    scene.work().await;
    let charge = scene.charges(pledge).await[0].id;
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let (event, payment) = (format!("evt-{reference}"), format!("pay-{reference}"));
    let captured =
        scene.ground.run(async |tx| charges::capture_reported(tx, charge, partner, &event, &payment, None, wall).await);
    captured.await.unwrap();
    charge
}

pub(super) async fn line(scene: &Scene, name: &str, direction: Direction, amount: &str, end_to_end: &str) -> BankLine {
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let told = Told {
        reference: name.into(),
        direction,
        amount: usd(amount),
        fee: 0,
        value_on: ground.book.today(wall),
        end_to_end: end_to_end.into(),
    };
    let change = Change::by_service("");
    let take = async |tx: &Transaction<'_>| {
        bank_lines::take(tx, ground.book.id, ground.partner, vec![told.clone()], change, wall).await
    };
    ground.run(take).await.unwrap().remove(0)
}

/// What the partner says that it paid over as a reference.
pub(super) async fn say(
    scene: &Scene,
    reference: &str,
    paid: &[(ChargeId, &str)],
    missing: Option<&str>,
) -> Result<Counted, Error> {
    let lines: Vec<Line> =
        paid.iter().map(|(charge, amount)| Line { charge: *charge, amount: usd(amount), fee: None }).collect();
    let sum: i64 = lines.iter().map(|line| line.amount.minor()).sum();
    let report = Report {
        partner: scene.ground.partner,
        reference: reference.into(),
        day: scene.ground.book.today(scene.ground.wall),
        amount: usd(&format!("{}.{:02}", sum / 100, sum % 100)),
        lines,
        missing: missing.map(str::to_owned),
    };
    let (ground, by) = (&scene.ground, CredentialId::generate());
    ground.run(async |tx| settled_by_line::report(tx, &ground.book, &report, by, ground.wall).await).await
}

async fn report(scene: &Scene, paid: &[(ChargeId, &str)], missing: Option<&str>) -> Result<Settlement, Error> {
    match say(scene, "out-1", paid, missing).await? {
        Counted::Settled(settled) => Ok(settled),
        Counted::Announced(announced) => panic!("{announced:?}"),
    }
}

pub(super) async fn close(scene: &Scene, through: Date) -> Result<(i64, Vec<BankDifference>), Error> {
    let ground = &scene.ground;
    ground.run(async |tx| closing::close(tx, &ground.book, through, ground.wall).await).await
}

async fn propose(scene: &Scene, by: PersonId, on: Date, (side, amount): (Side, &str)) -> Result<BankDifference, Error> {
    let ground = &scene.ground;
    let new = NewDifference {
        book: ground.book.id,
        custodian: ground.partner,
        amount: usd(amount),
        side,
        on,
        reason: "nobody at the bank knows what it is".into(),
    };
    ground.run(async |tx| bank_differences::propose(tx, new.clone(), by, ground.wall).await).await
}

async fn approve(scene: &Scene, id: BankDifferenceId, by: PersonId) -> Result<BankDifference, Error> {
    let wall = scene.ground.wall;
    scene.ground.run(async |tx| bank_differences::approve(tx, id, by, wall).await).await
}

/// One person proposes to take it back, and the other approves that.
async fn take_back(
    scene: &Scene,
    id: BankDifferenceId,
    (by, other): (PersonId, PersonId),
) -> Result<BankDifference, Error> {
    let wall = scene.ground.wall;
    let reason = "it is a payment of Ada's";
    let asked = scene.ground.run(async |tx| bank_differences::take_back(tx, id, (by, reason), wall).await).await?;
    assert_eq!((asked.state, asked.back_entry), (DifferenceState::TakingBack, 0));
    assert_eq!(refusal(approve(scene, id, by).await), "same-person");
    let stands = scene.ground.run(async |tx| bank_differences::withdraw(tx, id, (by, "not yet"), wall).await).await?;
    assert_eq!((stands.state, stands.back_proposed), (DifferenceState::Moved, None));
    scene.ground.run(async |tx| bank_differences::take_back(tx, id, (by, reason), wall).await).await?;
    approve(scene, id, other).await
}

pub(super) async fn on(scene: &Scene, account: fn(OrganisationId) -> chart::Account) -> i64 {
    scene.ground.balance(&account(scene.ground.partner).code).await
}

/// Less at the bank: the custodian owes it, and when that is explained it is taken back, on an open day; and what was more before.
async fn less_is_owed_and_taken_back(scene: &mut Scene, (owner, second): (PersonId, PersonId), more: BankDifferenceId) {
    line(scene, "bank-3", Direction::Debit, "3.00", "").await;
    let end = scene.ground.book.today(scene.ground.wall);
    scene.go_to(date(2027, 2, 6)).await;
    assert_eq!(refusal(close(scene, end).await), "unexplained");
    let less = propose(scene, second, end, (Side::Less, "3.00")).await.unwrap();
    let less = approve(scene, less.id, owner).await.unwrap();
    assert_eq!((on(scene, chart::shortfall).await, on(scene, chart::cash_at).await), (300, 2_190));
    assert_eq!(close(scene, end).await.unwrap().1.len(), 2);
    let back = take_back(scene, less.id, (owner, second)).await.unwrap();
    assert_eq!(
        (back.state, refusal(take_back(scene, less.id, (owner, second)).await)),
        (DifferenceState::TakenBack, "difference-state")
    );
    take_back(scene, more, (second, owner)).await.unwrap();
    assert_eq!((on(scene, chart::shortfall).await, on(scene, chart::suspense).await), (0, 0));
    let today = scene.ground.book.today(scene.ground.wall);
    scene.go_to(date(2027, 2, 8)).await;
    assert_eq!(refusal(close(scene, today).await), "unexplained", "what was taken back is to be explained");
}

#[tokio::test]
async fn b12_a_month_kept_by_bank_lines_settles_by_them_and_closes_when_two_people_have_moved_what_stays() {
    let mut scene = kept(date(2027, 1, 29)).await;
    let (owner, second) = (scene.ground.owner, scene.ground.person("second", Role::Treasurer).await);
    let (whole, short) = (collected(&scene, "whole").await, collected(&scene, "short").await);
    let paid = [(whole, "10.00"), (short, "9.90")];
    scene.go_to(date(2027, 2, 3)).await;
    assert_eq!(on(&scene, chart::cash_at).await, 0, "the clock settles nothing");

    // The line comes first, and then what its custodian says of it: 0.10 stay owed.
    let paid_over = line(&scene, "bank-1", Direction::Credit, "19.90", "out-1").await;
    assert!(matches!(paid_over.state, LineState::Open(_)), "{paid_over:?}");
    let settled = report(&scene, &paid, Some("their bank kept it")).await.unwrap();
    assert_eq!((settled.amount, settled.missing, settled.day), (1_990, 10, date(2027, 2, 3)));
    let again = report(&scene, &paid, Some("their bank kept it")).await.unwrap();
    assert_eq!(again, settled);
    let known = line(&scene, "bank-1", Direction::Credit, "19.90", "out-1").await;
    assert_eq!(known.state, LineState::Booked { kind: BookedAs::Entry, entry: settled.entry });
    assert_eq!((on(&scene, chart::cash_at).await, scene.ground.balance_below("assets:receivable:").await), (1_990, 10));

    // A line that nobody knows: the month does not close, until two people have moved all of it.
    line(&scene, "bank-2", Direction::Credit, "5.00", "").await;
    let end = date(2027, 2, 3);
    assert!(matches!(propose(&scene, owner, end, (Side::More, "5.00")).await, Err(Error::Invalid { .. })), "today");
    scene.go_to(date(2027, 2, 5)).await;
    close(&scene, date(2027, 2, 2)).await.unwrap();
    let refused = close(&scene, end).await;
    let Err(Error::Refused(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.code, "unexplained");
    assert!(refused.detail.contains(&format!("5.00 USD of {}", scene.ground.partner)), "{}", refused.detail);
    for wrong in [(Side::More, "4.99"), (Side::Less, "5.00")] {
        assert_eq!(refusal(propose(&scene, owner, end, wrong).await), "difference-differs");
    }
    assert_eq!(refusal(propose(&scene, owner, date(2027, 2, 2), (Side::More, "5.00")).await), "period-closed");
    let more = propose(&scene, owner, end, (Side::More, "5.00")).await.unwrap();
    assert_eq!(refusal(propose(&scene, second, end, (Side::More, "5.00")).await), "difference-pending");
    assert_eq!(refusal(approve(&scene, more.id, owner).await), "same-person");
    assert_eq!(refusal(close(&scene, end).await), "unexplained");
    let moved = approve(&scene, more.id, second).await.unwrap();
    assert_eq!(refusal(approve(&scene, more.id, second).await), "difference-state");
    assert_eq!((on(&scene, chart::suspense).await, on(&scene, chart::cash_at).await), (500, 2_490));
    let (number, told) = close(&scene, end).await.unwrap();
    assert_eq!(told, [moved]);
    let client = scene.ground.client().await;
    let kept = "SELECT body->'differences'->0->>'amount' FROM log_record WHERE book_id = $1 AND number = $2";
    let kept: String = client.query_one(kept, &[&scene.ground.book.id.0, &number]).await.unwrap().get(0);
    assert_eq!(kept, "500");

    less_is_owed_and_taken_back(&mut scene, (owner, second), more.id).await;
    scene.ground.audit().await;
}

#[tokio::test]
async fn b12_the_service_alone_neither_closes_past_the_gate_nor_moves_a_difference_by_one_person() {
    let mut scene = kept(date(2027, 1, 29)).await;
    let (owner, second) = (scene.ground.owner, scene.ground.person("second", Role::Treasurer).await);
    line(&scene, "bank-1", Direction::Credit, "5.00", "").await;
    scene.go_to(date(2027, 1, 31)).await;
    let end = date(2027, 1, 30);
    let proposed = propose(&scene, owner, end, (Side::More, "5.00")).await.unwrap();
    let client = scene.ground.client().await;
    let (book, id, by, other) = (scene.ground.book.id.0, proposed.id.object, owner.0, second.0);
    let moved = |by, entry: i64| {
        format!(
            "UPDATE bank_difference SET state = 'moved', approved_by = '{by}', approved_at = now(), entry = {entry}
              WHERE book_id = {book} AND id = '{id}'"
        )
    };
    for wrong in [
        format!("SELECT period_close({book}, '{end}', '{{}}', now())"),
        moved(by, 1),
        moved(other, 1),
        moved(other, 0),
        format!("UPDATE bank_difference SET proposed_by = '{other}' WHERE book_id = {book}"),
        format!("UPDATE bank_difference SET amount = 1 WHERE book_id = {book}"),
        format!(
            "INSERT INTO bank_difference (book_id, id, custodian, proposed_by, amount, proposed_at, on_day, side, currency, state, reason)
             SELECT book_id, gen_random_uuid(), custodian, proposed_by, amount, proposed_at, on_day, side, 'EUR', 'moved', reason
               FROM bank_difference WHERE book_id = {book}"
        ),
        format!("DELETE FROM bank_difference WHERE book_id = {book}"),
    ] {
        assert!(client.batch_execute(&wrong).await.is_err(), "{wrong}");
    }
    approve(&scene, proposed.id, second).await.unwrap();
    let again = format!("UPDATE bank_difference SET approved_by = '{by}' WHERE book_id = {book}");
    assert!(client.batch_execute(&again).await.is_err(), "who moved it stays");
    client.batch_execute(&format!("SELECT period_close({book}, '{end}', '{{}}', now())")).await.unwrap();
    // What is moved goes back by two as well: not at once, and not by who proposed that.
    let of = format!("WHERE book_id = {book} AND id = '{id}'");
    let back = format!("state = 'taken_back', ended_by = '{by}', ended_at = now(), back_entry = entry");
    let asked =
        format!("state = 'taking_back', back_proposed_by = '{by}', back_proposed_at = now(), back_reason = 'known'");
    assert!(client.batch_execute(&format!("UPDATE bank_difference SET {back} {of}")).await.is_err());
    client.batch_execute(&format!("UPDATE bank_difference SET {asked} {of}")).await.unwrap();
    assert!(client.batch_execute(&format!("UPDATE bank_difference SET {back} {of}")).await.is_err());
}

#[tokio::test]
async fn b13_no_entry_moves_what_a_bank_has_more_without_what_two_people_have_approved() {
    let scene = kept(date(2027, 1, 29)).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let of = async |tx: &Transaction<'_>, account: chart::Account| {
        ledger::books::operations::accounts::ensure(tx, &ground.book, &account, ledger::money::Currency::USD, wall)
            .await
    };
    let post = async |tx: &Transaction<'_>| {
        let (cash, held) =
            (of(tx, chart::cash_at(ground.partner)).await?, of(tx, chart::suspense(ground.partner)).await?);
        let entry = ledger::movements::difference_suspended(cash, held, usd("5.00"), ground.book.today(wall), "alone");
        ledger::engine::posting::post(tx, &ground.book, entry, wall).await
    };
    let alone = ground.run(post).await;
    assert!(alone.is_err(), "{alone:?}");
    assert_eq!(on(&scene, chart::cash_at).await, 0);
}

#[tokio::test]
async fn b12_a_whole_day_settles_by_its_line_and_the_clock_takes_up_what_is_overdue_when_the_rule_ends() {
    let mut scene = kept(date(2027, 1, 29)).await;
    let first = collected(&scene, "first").await;
    let client = scene.ground.client().await;
    let charge = ledger::pledging::store::charges::get(&client, first).await.unwrap();
    scene.go_to(date(2027, 1, 30)).await;
    let late = collected(&scene, "late").await;
    let named = of_settlement(charge.settlement.unwrap());
    let told = Told {
        reference: "bank-1".into(),
        direction: Direction::Credit,
        amount: usd("10.00"),
        fee: 0,
        value_on: date(2027, 1, 30),
        end_to_end: String::new(),
    };
    let besides = ledger::payouts::rules::bank_line::Besides { creditor_reference: named, ..Default::default() };
    let (ground, change) = (&scene.ground, Change::by_service(""));
    let take = async |tx: &Transaction<'_>| {
        let lines = vec![(told.clone(), besides.clone())];
        bank_lines::take_with(tx, ground.book.id, ground.partner, lines, change, ground.wall).await
    };
    let line = ground.run(take).await.unwrap().remove(0);
    assert!(matches!(line.state, LineState::Booked { kind: BookedAs::Entry, .. }), "{line:?}");
    scene.go_to(date(2027, 2, 4)).await;
    let state = async |id| ledger::pledging::store::charges::get(&client, id).await.unwrap().state.as_str();
    assert_eq!((state(first).await, state(late).await), ("settled", "captured"));
    close(&scene, date(2027, 2, 3)).await.unwrap();
    set(&mut scene, false).await;
    scene.work().await;
    assert_eq!(state(late).await, "settled");
    scene.go_to(date(2027, 2, 6)).await;
    close(&scene, date(2027, 2, 5)).await.unwrap();
    scene.ground.audit().await;
}
