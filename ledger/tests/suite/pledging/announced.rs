//! Books that are kept by the lines of banks: settlements that are announced before their line, and what goes back to donors by lines.

use super::closing::{close, collected, kept, line, on, say, set};
use super::scene::Scene;
use deadpool_postgres::Transaction;
use jiff::civil::date;
use ledger::Error;
use ledger::chart;
use ledger::id::{ChargeId, RefundId, SettlementId};
use ledger::payouts::operations::bank_lines;
use ledger::payouts::operations::settled_by_line::{self, Counted};
use ledger::payouts::rules::bank_line::{BankLine, Besides, BookedAs, Direction, LineState, Told, Why};
use ledger::pledging::operations::refunds::{self, Ask};
use ledger::pledging::operations::{pledges, refund_outcomes, suspense};
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::rules::refund::{Outcome, Refund, State as RefundState};
use ledger::pledging::rules::transfer_reference::{of_pledge, of_refund, of_suspense};
use ledger::pledging::store::{refunds as refund_rows, suspense as items};
use ledger::service::change::Change;
use ledger::testing::{ONCE, refusal, usd};
use ledger::treasury::rules::announcement::{Announcement, AnnouncementState, LineDiffers};
use ledger::treasury::rules::settlement::Method;
use ledger::treasury::store::announcements;

fn announced(counted: Counted) -> Announcement {
    match counted {
        Counted::Announced(announced) => announced,
        Counted::Settled(settled) => panic!("{settled:?}"),
    }
}

async fn seen(scene: &Scene, id: SettlementId) -> Announcement {
    announcements::find(&scene.ground.client().await, id).await.unwrap().unwrap()
}

async fn withdraw(scene: &Scene, id: SettlementId) -> Result<Announcement, Error> {
    let (ground, why) = (&scene.ground, "our bank kept its charges");
    let (book, wall) = (&ground.book, ground.wall);
    ground.run(async |tx| settled_by_line::withdraw(tx, book, id, ground.partner, why, wall).await).await
}

async fn state_of(scene: &Scene, charge: ChargeId) -> &'static str {
    ledger::pledging::store::charges::get(&scene.ground.client().await, charge).await.unwrap().state.as_str()
}

#[tokio::test]
async fn b13_a_report_before_its_line_is_announced_and_posts_nothing_until_the_line_settles_it_once() {
    let mut scene = kept(date(2027, 1, 29)).await;
    let charge = collected(&scene, "ada").await;
    let paid = [(charge, "10.00")];
    assert_eq!(refusal(say(&scene, "out-1", &[(charge, "9.90")], None).await), "settlement-differs", "said at once");
    let first = announced(say(&scene, "out-1", &paid, None).await.unwrap());
    assert_eq!(announced(say(&scene, "out-1", &paid, None).await.unwrap()), first);
    let other = say(&scene, "out-1", &[(charge, "9.00")], Some("kept")).await;
    assert_eq!(refusal(other), "reference-taken");
    scene.go_to(date(2027, 2, 5)).await;
    assert_eq!((state_of(&scene, charge).await, on(&scene, chart::cash_at).await), ("captured", 0));
    assert_eq!(announced(say(&scene, "out-1", &paid, None).await.unwrap()), first, "another day is no other content");

    // A line that brings less stays open, and says by how much.
    let less = line(&scene, "bank-1", Direction::Credit, "9.90", "out-1").await;
    assert_eq!(less.state, LineState::Open(Why::AmountDiffers));
    let differing = seen(&scene, first.id).await.differing.unwrap();
    assert_eq!((differing.line, differing.reason), (less.id, LineDiffers::LessCame));
    assert_eq!((differing.over(first.amount), on(&scene, chart::cash_at).await), (Some(-10), 0));

    // The line that brings it settles it, on its day; it is the settlement of the same id.
    let whole = line(&scene, "bank-2", Direction::Credit, "10.00", "out-1").await;
    let LineState::Booked { kind: BookedAs::Entry, entry } = whole.state else { panic!("{whole:?}") };
    let Counted::Settled(settled) = say(&scene, "out-1", &paid, None).await.unwrap() else { panic!("announced") };
    assert_eq!((settled.id, settled.entry, settled.day), (first.id, entry, date(2027, 2, 5)));
    let over = seen(&scene, first.id).await;
    assert_eq!((over.state, over.settled_by, over.differing), (AnnouncementState::Settled, Some(whole.id), None));
    assert_eq!((state_of(&scene, charge).await, on(&scene, chart::cash_at).await), ("settled", 1_000));
    let again = line(&scene, "bank-2", Direction::Credit, "10.00", "out-1").await;
    assert_eq!((again, on(&scene, chart::cash_at).await), (whole, 1_000));
    assert_eq!(refusal(withdraw(&scene, first.id).await), "settlement-state");
    scene.ground.audit().await;
}

#[tokio::test]
async fn b13_a_report_and_its_line_that_come_at_the_same_moment_settle_once_whichever_is_first() {
    let scene = kept(date(2027, 1, 29)).await;
    for round in 1..=8 {
        let name = format!("out-{round}");
        let charge = collected(&scene, &name).await;
        let (paid, bank) = ([(charge, "10.00")], format!("bank-{round}"));
        let said = say(&scene, &name, &paid, None);
        let came = line(&scene, &bank, Direction::Credit, "10.00", &name);
        // Whoever is polled first asks first.
        let said = if round % 2 == 0 { tokio::join!(said, came).0 } else { tokio::join!(came, said).1 };
        said.unwrap();
        let Counted::Settled(settled) = say(&scene, &name, &paid, None).await.unwrap() else { panic!("announced") };
        assert_eq!((settled.amount, state_of(&scene, charge).await), (1_000, "settled"));
        assert_eq!(on(&scene, chart::cash_at).await, 1_000 * round, "each once");
        let again = line(&scene, &bank, Direction::Credit, "10.00", &name).await;
        assert_eq!(again.state, LineState::Booked { kind: BookedAs::Entry, entry: settled.entry });
    }
    scene.ground.audit().await;
}

#[tokio::test]
async fn b13_what_is_announced_is_withdrawn_and_reported_as_it_came_and_what_is_not_owed_any_more_differs() {
    let mut scene = kept(date(2027, 1, 29)).await;
    let (one, two) = (collected(&scene, "one").await, collected(&scene, "two").await);
    let first = announced(say(&scene, "out-1", &[(one, "10.00")], None).await.unwrap());
    let second = announced(say(&scene, "out-2", &[(one, "10.00"), (two, "10.00")], None).await.unwrap());
    line(&scene, "bank-1", Direction::Credit, "10.00", "out-1").await;
    assert_eq!(seen(&scene, first.id).await.state, AnnouncementState::Settled);
    let both = line(&scene, "bank-2", Direction::Credit, "20.00", "out-2").await;
    assert_eq!(both.state, LineState::Open(Why::AmountDiffers));
    assert_eq!(seen(&scene, second.id).await.differing.unwrap().reason, LineDiffers::ChargesDiffer);

    // What the bank has kept: the line is there first, and the report that says so counts at once.
    let third = announced(say(&scene, "out-3", &[(two, "10.00")], None).await.unwrap());
    line(&scene, "bank-3", Direction::Credit, "9.90", "out-3").await;
    let gone = withdraw(&scene, third.id).await.unwrap();
    assert_eq!(withdraw(&scene, third.id).await.unwrap(), gone, "withdrawn twice is once");
    let Counted::Settled(short) = say(&scene, "out-3", &[(two, "9.90")], Some("kept")).await.unwrap() else {
        panic!("announced")
    };
    assert_eq!((short.amount, short.missing), (990, 10));
    assert_ne!(short.id, third.id);
    assert_eq!(refusal(withdraw(&scene, short.id).await), "settlement-state");

    // A line with the reference that is there before the report says so at once.
    line(&scene, "bank-4", Direction::Credit, "7.00", "out-4").await;
    let late = collected(&scene, "late").await;
    let fourth = announced(say(&scene, "out-4", &[(late, "10.00")], None).await.unwrap());
    assert_eq!(fourth.differing.unwrap().over(fourth.amount), Some(-300));

    // When the rule ends, what is announced is withdrawn, and counts as in other books when it is reported again.
    set(&mut scene, false).await;
    for id in [second.id, fourth.id] {
        assert_eq!(seen(&scene, id).await.state, AnnouncementState::Withdrawn);
    }
    assert!(matches!(say(&scene, "out-4", &[(late, "10.00")], None).await, Ok(Counted::Settled(_))));
    scene.ground.audit().await;
}

#[tokio::test]
async fn b13_the_service_alone_settles_nothing_that_was_announced_and_changes_nothing_of_it() {
    let scene = kept(date(2027, 1, 29)).await;
    let charge = collected(&scene, "ada").await;
    let first = announced(say(&scene, "out-1", &[(charge, "10.00")], None).await.unwrap());
    line(&scene, "bank-1", Direction::Credit, "9.90", "out-1").await;
    let client = scene.ground.client().await;
    let (book, id) = (scene.ground.book.id.0, first.id.object);
    let of = format!("WHERE book_id = {book} AND id = '{id}'");
    let changed = |change: &str| format!("UPDATE settlement_announcement SET {change} {of}");
    let settled = format!(
        "INSERT INTO settlement (book_id, id, partner, day, due_on, currency, receivable, created_at, method, amount, entry,
                                 settled_at, reference, reason, missing, content)
         SELECT s.book_id, gen_random_uuid(), s.partner, s.day, s.day, s.currency, s.receivable, now(), s.method, 1000, 1, now(),
                'out-9', '', 0, a.content
           FROM settlement s JOIN settlement_announcement a ON a.book_id = s.book_id WHERE s.book_id = {book} LIMIT 1"
    );
    for (wrong, why) in [
        (
            changed("state = 'settled', ended_at = now(), differs = '', came = amount"),
            "no line settles what was announced",
        ),
        (changed("amount = 990"), "permission denied"),
        (changed("differs = 'more_came'"), "violates check constraint"),
        (format!("DELETE FROM settlement_announcement {of}"), "permission denied"),
        (format!("UPDATE settlement_announcement_line SET amount = 1 WHERE book_id = {book}"), "permission denied"),
        (settled, "no line of a bank brings settlement"),
    ] {
        let error = client.batch_execute(&wrong).await.unwrap_err();
        let message = error.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
        assert!(message.contains(why), "{wrong}: {message}");
    }
    assert_eq!(seen(&scene, first.id).await.state, AnnouncementState::Announced);
}

/// A line of today with a reference of ours: of what comes in its text, of what leaves as its end-to-end id.
async fn named(scene: &Scene, name: &str, direction: Direction, amount: &str, reference: &str) -> BankLine {
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let (end_to_end, creditor_reference) = match direction {
        Direction::Debit => (reference.to_owned(), String::new()),
        Direction::Credit => (String::new(), reference.to_owned()),
    };
    let value_on = ground.book.today(wall);
    let told = Told { reference: name.into(), direction, amount: usd(amount), fee: 0, value_on, end_to_end };
    let besides = Besides { creditor_reference, ..Besides::default() };
    let change = Change::by_service("");
    let take = async |tx: &Transaction<'_>| {
        let lines = vec![(told.clone(), besides.clone())];
        bank_lines::take_with(tx, ground.book.id, ground.partner, lines, change, wall).await
    };
    ground.run(take).await.unwrap().remove(0)
}

async fn sent(scene: &Scene, id: RefundId) -> Result<Refund, Error> {
    let (ground, outcome) = (&scene.ground, Outcome::Settled { provider_reference: "back-1".into() });
    ground.run(async |tx| refund_outcomes::report(tx, id, ground.partner, outcome.clone(), ground.wall).await).await
}

#[tokio::test]
async fn b13_a_refund_of_a_transfer_and_money_from_suspense_settle_by_the_line_that_carries_their_reference() {
    let mut scene = kept(date(2027, 1, 29)).await;
    let asked = scene.ask("ada", "50.00", ONCE, "");
    let asked = pledges::PlacePledge { rail: Rail::Partner, method: Method::Transfer, ..asked };
    let pledge = scene.place(asked).await.unwrap().pledge.id;
    scene.work().await;
    named(&scene, "bank-1", Direction::Credit, "50.00", &of_pledge(pledge)).await;
    let twice = named(&scene, "bank-2", Direction::Credit, "50.00", &of_pledge(pledge)).await;
    let LineState::Suspense { item, .. } = twice.state else { panic!("{twice:?}") };
    assert_eq!(on(&scene, chart::cash_at).await, 10_000);
    let charge = scene.charges(pledge).await[0].id;
    let (ground, change) = (&scene.ground, Change::by_service(""));
    let ask = Ask { charge, amount: Some(usd("20.00")), reference: None, from: None };
    let refund = ground.run(async |tx| refunds::request(tx, ask, change, ground.wall).await).await.unwrap();
    ground.run(async |tx| suspense::give_back(tx, item, change, ground.wall).await).await.unwrap();

    // That its partner has sent it moves no cash, also after weeks: the line says when it left.
    let client = scene.ground.client().await;
    let on_its_way = sent(&scene, refund.id).await.unwrap();
    assert!(matches!(on_its_way.state, RefundState::Sent { .. }), "{on_its_way:?}");
    assert_eq!(sent(&scene, refund.id).await.unwrap(), on_its_way);
    let settled = format!(
        "UPDATE refund SET state = 'settled', waits_until = NULL, end_entry = 1 WHERE book_id = {} AND id = '{}'",
        scene.ground.book.id.0, refund.id.object
    );
    let error = client.batch_execute(&settled).await.unwrap_err();
    assert!(error.as_db_error().is_some_and(|error| error.message().contains("no line of a bank")), "{error:?}");
    scene.go_to(date(2027, 3, 1)).await;
    assert_eq!(refund_rows::get(&client, refund.id).await.unwrap().state.as_str(), "sent");
    assert_eq!(on(&scene, chart::cash_at).await, 10_000);
    let wrong = named(&scene, "bank-3", Direction::Debit, "21.00", &of_refund(refund.id)).await;
    assert_eq!(wrong.state, LineState::Open(Why::AmountDiffers));
    let left = named(&scene, "bank-4", Direction::Debit, "20.00", &of_refund(refund.id)).await;
    let back = refund_rows::get(&client, refund.id).await.unwrap();
    assert_eq!(left.state, LineState::Booked { kind: BookedAs::Entry, entry: back.end_entry });
    assert_eq!(back.state, RefundState::Settled { provider_reference: "back-1".into() });
    let other = named(&scene, "bank-5", Direction::Debit, "20.00", &of_refund(refund.id)).await;
    assert_eq!(other.state, LineState::Open(Why::StateDiffers), "a second line is no second refund");

    let back = named(&scene, "bank-6", Direction::Debit, "50.00", &of_suspense(item)).await;
    let returned = items::get(&client, item).await.unwrap();
    assert_eq!(back.state, LineState::Booked { kind: BookedAs::Entry, entry: returned.sent_entry });
    let other = named(&scene, "bank-7", Direction::Debit, "50.00", &of_suspense(item)).await;
    assert_eq!(other.state, LineState::Open(Why::StateDiffers));
    assert_eq!((on(&scene, chart::cash_at).await, on(&scene, chart::refunds_in_transit).await), (3_000, 0));
    // What a gift's own reference carries away is for a person.
    let taken = named(&scene, "bank-8", Direction::Debit, "1.00", &of_pledge(pledge)).await;
    assert_eq!(taken.state, LineState::Open(Why::Reversal));
    let today = scene.ground.book.today(scene.ground.wall);
    scene.go_to(date(2027, 3, 3)).await;
    assert_eq!(refusal(close(&scene, today).await), "unexplained", "of the lines that nobody knows");
    scene.ground.audit().await;
}
