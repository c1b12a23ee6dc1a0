//! Posting: what the fold decides is what the database holds, and the database refuses what the fold would.

use crate::support::ground;
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use ledger::book::movement::MOVEMENTS;
use ledger::book::{AccountClass, AccountNumber, MovementKind};
use ledger::books::operations::clock;
use ledger::calendar::to_microseconds;
use ledger::engine::posting::post;
use ledger::engine::store::{balances, journal};
use ledger::reports::operations as reports;
use ledger::reports::store::day_totals;
use ledger::testing::{Ground, usd};
use ledger::{Error, movements};
use std::collections::BTreeSet;
use tokio_postgres::error::SqlState;

async fn accounts(ground: &Ground) -> (AccountNumber, AccountNumber, AccountNumber, AccountNumber) {
    (
        ground.account("assets:receivable:partner:2027-01-01", AccountClass::Receivable).await,
        ground.account("assets:cash:partner", AccountClass::Cash).await,
        ground.account("liabilities:fund:press", AccountClass::Fund).await,
        ground.account("liabilities:payable:team:a", AccountClass::TeamPayable).await,
    )
}

#[tokio::test]
async fn what_is_posted_stands_in_the_journal_the_balances_and_the_day_totals() {
    let ground = ground().await;
    let (receivable, cash, fund, team) = accounts(&ground).await;
    let mut client = ground.client().await;
    let day = date(2027, 1, 1);
    let wall = Timestamp::now();
    let tx = client.transaction().await.unwrap();
    let book = &ground.book;
    post(&tx, book, movements::charge_captured(receivable, fund, usd("30.00"), day, "c1"), wall).await.unwrap();
    post(&tx, book, movements::receivable_settled(cash, receivable, usd("30.00"), day, "s1"), wall).await.unwrap();
    let posted =
        post(&tx, book, movements::milestone_released(fund, team, usd("20.00"), day, "r1"), wall).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(posted.number, 3);
    assert_eq!(balances::get(&client, book.id, fund).await.unwrap().net(), 1_000);
    let lines = journal::lines(&client, book.id, 1, 10).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(lines[2].debit_after, 1_000);
    assert_eq!(lines[2].reference, "r1");
    assert_eq!(journal::audit(&client, book.id).await.unwrap(), Vec::<String>::new());

    let before = reports::trial_balance(&client, book, Some(day)).await.unwrap();
    assert_eq!(day_totals::behind(&client, ledger::id::BookId(0), 10).await.unwrap(), [book.id]);
    assert_eq!(day_totals::roll_up(&client, book.id).await.unwrap(), 3);
    assert_eq!(day_totals::roll_up(&client, book.id).await.unwrap(), 0);
    let after = reports::trial_balance(&client, book, Some(day)).await.unwrap();
    let shape = |lines: &[reports::TrialBalanceLine]| {
        lines.iter().map(|line| (line.code.clone(), line.debit, line.credit)).collect::<Vec<_>>()
    };
    assert_eq!(shape(&before), shape(&after), "the tail counts as much as what is rolled up");
    assert_eq!(
        shape(&after),
        [
            ("assets:cash:partner".to_owned(), 3_000, 0),
            ("liabilities:fund:press".to_owned(), 0, 1_000),
            ("liabilities:payable:team:a".to_owned(), 0, 2_000),
        ]
    );
    let earlier = reports::trial_balance(&client, book, Some(day - 1.day())).await.unwrap();
    assert!(earlier.is_empty());
}

#[tokio::test]
async fn money_that_is_not_there_is_not_spent_and_a_refusal_leaves_no_gap() {
    let ground = ground().await;
    let (receivable, _, fund, team) = accounts(&ground).await;
    let mut client = ground.client().await;
    let day = date(2027, 1, 1);
    let tx = client.transaction().await.unwrap();
    let captured = movements::charge_captured(receivable, fund, usd("30.00"), day, "c1");
    post(&tx, &ground.book, captured.clone(), Timestamp::now()).await.unwrap();
    let release = movements::milestone_released(fund, team, usd("30.01"), day, "r1");
    let refused = post(&tx, &ground.book, release, Timestamp::now()).await.unwrap_err();
    let Error::Refused(refusal) = refused else { panic!("{refused}") };
    assert_eq!(refusal.code, "below-floor");
    assert_eq!(refusal.detail, "liabilities:fund:press would fall 0.01 USD below its floor");
    let second = post(&tx, &ground.book, captured, Timestamp::now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(second.number, 2);
}

#[tokio::test]
async fn forty_writers_on_one_book_get_forty_numbers_in_a_row() {
    let ground = ground().await;
    let (receivable, _, fund, _) = accounts(&ground).await;
    let write = |n: i32| {
        let (pool, book) = (ground.pool.clone(), ground.book.clone());
        tokio::spawn(async move {
            let mut client = pool.get().await.unwrap();
            let tx = client.transaction().await.unwrap();
            let entry = movements::charge_captured(receivable, fund, usd("1.00"), date(2027, 1, 1), n);
            let posted = post(&tx, &book, entry, Timestamp::now()).await.unwrap();
            tx.commit().await.unwrap();
            posted.number
        })
    };
    let mut numbers = BTreeSet::new();
    for writer in (0..40).map(write).collect::<Vec<_>>() {
        numbers.insert(writer.await.unwrap());
    }
    assert_eq!(numbers, (1..=40).collect());
    let client = ground.client().await;
    assert_eq!(balances::get(&client, ground.book.id, fund).await.unwrap().net(), 4_000);
    assert_eq!(journal::audit(&client, ground.book.id).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn the_service_role_cannot_write_the_journal_but_through_its_function() {
    let ground = ground().await;
    let client = ground.client().await;
    for statement in [
        "INSERT INTO transfer SELECT * FROM transfer",
        "UPDATE balance SET debits = 0",
        "UPDATE book_head SET next_number = 9",
        "DELETE FROM entry_note",
        "UPDATE transfer SET amount = 1",
        "TRUNCATE transfer",
        "INSERT INTO log_record SELECT * FROM log_record",
        "UPDATE idempotency SET number = 1",
        "UPDATE movement SET kind = 1",
        "INSERT INTO account SELECT * FROM account",
    ] {
        let error = client.execute(statement, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{statement}");
    }
    let owner = ground.database_owner().await;
    for statement in ["DELETE FROM transfer", "UPDATE log_record SET kind = 1", "TRUNCATE reply"] {
        let error = owner.execute(statement, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some("23001"), "{statement}: even the owner is stopped");
    }
}

#[tokio::test]
async fn the_database_and_the_program_hold_the_same_movements_line_by_line() {
    let ground = ground().await;
    let client = ground.client().await;
    let classes = "SELECT format('%s %s %s %s %s %s', class, name, kind, managed, side, own_floors) FROM account_class
                    ORDER BY class";
    let classes: Vec<String> = client.query(classes, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let expected = AccountClass::ALL.iter().map(|class| {
        let (number, name, kind) = (class.number(), class.as_str(), class.kind());
        let flag = |is: bool| if is { "t" } else { "f" };
        let (managed, own_floors) = (flag(class.is_managed()), flag(class.has_own_floors()));
        format!("{number} {name} {} {managed} {} {own_floors}", kind.as_str(), kind.side())
    });
    assert_eq!(classes, expected.collect::<Vec<_>>());

    let rows = client.query("SELECT kind, name FROM movement_kind ORDER BY kind", &[]).await.unwrap();
    let kinds: Vec<(i16, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected: Vec<(i16, String)> =
        MovementKind::ALL.iter().map(|kind| (kind.number(), kind.as_str().to_owned())).collect();
    assert_eq!(kinds, expected);

    let rows = client.query("SELECT kind, debit_class, credit_class FROM movement", &[]).await.unwrap();
    let stored: BTreeSet<(i16, i16, i16)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let mut program: BTreeSet<(i16, i16, i16)> =
        MOVEMENTS.iter().map(|(kind, debit, credit)| (kind.number(), debit.number(), credit.number())).collect();
    for kind in [MovementKind::JournalEntry, MovementKind::Reversal] {
        for &debit in AccountClass::ALL {
            for &credit in AccountClass::ALL.iter().filter(|credit| kind.allows(debit, **credit)) {
                program.insert((kind.number(), debit.number(), credit.number()));
            }
        }
    }
    assert_eq!(stored, program);
}

#[tokio::test]
async fn a_sandbox_clock_goes_forward_only() {
    let ground = ground().await;
    let mut client = ground.client().await;
    let wall = Timestamp::now();
    let to = wall + 40.hours();
    let tx = client.transaction().await.unwrap();
    let book = clock::advance(&tx, ground.book.id, to, wall).await.unwrap();
    assert!(book.now(wall) >= to_microseconds(to));
    let back = clock::advance(&tx, ground.book.id, wall + 39.hours(), wall).await.unwrap_err();
    assert!(matches!(&back, Error::Refused(refusal) if refusal.code == "clock-goes-forward"), "{back}");
    tx.commit().await.unwrap();
    let owner = ground.database_owner().await;
    assert!(owner.execute("UPDATE book SET clock_offset_s = 1", &[]).await.is_err(), "the database guards it too");
}

#[tokio::test]
async fn l9_what_a_book_is_and_whose_it_is_changes_for_nobody() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    for change in [
        "organisation = gen_random_uuid()",
        "mode = 'live'",
        "zone = 'Europe/Paris'",
        "currency = 'EUR'",
        "number = number + 1",
        "uid = gen_random_uuid()",
        "created_at = now()",
    ] {
        let refused = owner.execute(&format!("UPDATE book SET {change}"), &[]).await.expect_err(change);
        assert_eq!(refused.code(), Some(&SqlState::RESTRICT_VIOLATION), "{change}");
    }
    assert_eq!(owner.execute("UPDATE book SET name = 'Another name'", &[]).await.unwrap(), 1);
}
