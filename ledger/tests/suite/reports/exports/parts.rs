//! Parts of a book, and other orders: they hold by themselves, and come to the balances of the whole.

use super::{
    FIRST_DAY, RUNTIME, Random, a_random_book, balances_of_beancount, balances_of_hledger, balances_of_ours,
    bean_check, exported_as, hledger, random_entries, some, three_entries, write,
};
use crate::support::ground;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use ledger::Error;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::engine::posting::post;
use ledger::export::{Format, Order};
use ledger::reports::operations::exports::{self, Asked};
use proptest::prelude::*;

/// Day and record number of every entry of a hledger journal, in the order of the file.
fn entries_of(text: &str) -> Vec<(Date, i64)> {
    let heads = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let heads = heads.filter_map(|line| {
        let (day, rest) = line.split_once(" (")?;
        Some((day.parse().ok()?, rest.split_once(')')?.0.parse().ok()?))
    });
    heads.collect()
}

/// What of a plan is in a part, in an order.
fn wanted(plan: &[Random], from: Date, to: Date, order: Order) -> Vec<(Date, i64)> {
    let days = plan.iter().zip(1..).map(|(entry, number)| (FIRST_DAY + entry.days.days(), number));
    let mut wanted: Vec<(Date, i64)> = days.filter(|(day, _)| (from..=to).contains(day)).collect();
    if order == Order::Date {
        wanted.sort_unstable();
    }
    wanted
}

proptest! {
    #![proptest_config(some(3))]

    #[test]
    fn a_part_in_any_order_is_checked_by_other_tools_and_comes_to_the_balances_of_the_whole(
        plan in random_entries(), start in 0..60i32, days in 0..50i32
    ) {
        let (from, to) = (FIRST_DAY + start.days(), FIRST_DAY + (start + days).days());
        RUNTIME.block_on(async {
            let ground = a_random_book(&plan).await;
            for (order, assertions) in [(Order::Record, None), (Order::Date, Some(true)), (Order::Date, Some(false))] {
                let part = |format| Asked { from: Some(from), to: Some(to), order, assertions, ..Asked::whole(format) };
                let text = exported_as(&ground, part(Format::Hledger)).await;
                let file = write(&text);
                let mut checks = vec!["check", "--strict"];
                checks.extend((order == Order::Date).then_some("ordereddates"));
                if let Err(error) = hledger(file.path(), &checks) {
                    panic!("{error}\n{text}");
                }
                prop_assert_eq!(entries_of(&text), wanted(&plan, from, to, order));
                for day in [from, from + (days / 2).days(), to] {
                    let theirs = balances_of_hledger(file.path(), Some(day));
                    prop_assert_eq!(theirs, balances_of_ours(&ground, Some(day)).await, "{}", day);
                }
                let is_asserted = text.contains("Balances asserted");
                prop_assert!(assertions != Some(false) || !is_asserted);

                let text = exported_as(&ground, part(Format::Beancount)).await;
                let file = write(&text);
                if let Err(error) = bean_check(file.path()) {
                    panic!("{error}\n{text}");
                }
                let (_, theirs) = balances_of_beancount(file.path(), Some(to));
                prop_assert_eq!(theirs, balances_of_ours(&ground, Some(to)).await);
                prop_assert_eq!(text.contains(" balance "), is_asserted);
            }
            let table = Asked { from: Some(from), to: Some(to), order: Order::Date, ..Asked::whole(Format::Csv) };
            let table = exported_as(&ground, table).await;
            let mut table = csv::Reader::from_reader(table.as_bytes());
            let rows = table.records().map(|row| row.expect("a row")).filter(|row| &row[1] == "1");
            let rows: Vec<(Date, i64)> =
                rows.map(|row| (row[2].parse().expect("a day"), row[0].parse().expect("a number"))).collect();
            prop_assert_eq!(rows, wanted(&plan, from, to, Order::Date));
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_part_that_begins_with_another_balance_is_refused_by_both_tools() {
    let ground = three_entries().await;
    let part = |format| Asked { from: Some(FIRST_DAY + 20.days()), ..Asked::whole(format) };
    let journal = exported_as(&ground, part(Format::Hledger)).await;
    assert!(journal.contains("\n2027-02-09 Opening balances  ; clopen:\n"), "{journal}");
    assert!(journal.ends_with("; end: 1 entries\n"), "{journal}");
    hledger(write(&journal).path(), &["check", "--strict"]).unwrap();
    let more = journal.replacen("150.00 USD", "151.00 USD", 1).replacen("-200.00 USD", "-201.00 USD", 1);
    assert!(hledger(write(&more).path(), &["check"]).unwrap_err().to_lowercase().contains("assertion"), "{more}");
    let ledger = exported_as(&ground, part(Format::Beancount)).await;
    bean_check(write(&ledger).path()).unwrap();
    let more = ledger.replacen("150.00 USD", "151.00 USD", 1).replacen("-200.00 USD", "-201.00 USD", 1);
    assert!(bean_check(write(&more).path()).unwrap_err().contains("Balance failed"), "{more}");
}

#[tokio::test]
async fn by_date_a_month_is_whole_and_in_order_over_all_batches_however_late_it_was_written_down() {
    let ground = ground().await;
    let cash = ground.account("assets:bank", AccountClass::Asset).await;
    let own = ground.account("equity:own", AccountClass::Equity).await;
    let line = Line { kind: MovementKind::JournalEntry, debit: cash, credit: own, amount: 1 };
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    // More lines in one month than positions are held at once, the last days first.
    for number in 0..34 {
        let effective = FIRST_DAY + (39 - number / 3).days();
        let entry = Entry { lines: vec![line; 1_000], effective, outside_fact: false, note: None };
        post(&tx, &ground.book, entry, Timestamp::now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let table = exported_as(&ground, Asked { order: Order::Date, ..Asked::whole(Format::Csv) }).await;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows = reader.records().map(|row| row.unwrap());
    let rows: Vec<(Date, i64, i64)> =
        rows.map(|row| (row[2].parse().unwrap(), row[0].parse().unwrap(), row[1].parse().unwrap())).collect();
    assert_eq!(rows.len(), 34_000);
    assert!(rows.is_sorted_by(|one, next| one < next), "by day, number and line, each once");
    let part = Asked { from: Some(FIRST_DAY + 30.days()), order: Order::Date, ..Asked::whole(Format::Hledger) };
    let text = exported_as(&ground, part).await;
    assert!(text.ends_with("; end: 30 entries\n"));
}

#[tokio::test]
async fn a_part_may_begin_and_end_before_all_days() {
    let ground = three_entries().await;
    for &format in &[Format::Hledger, Format::Beancount, Format::Csv] {
        let part = |from, to| Asked { from, to, order: Order::Date, ..Asked::whole(format) };
        let long_ago = Some(Date::MIN);
        let all = exported_as(&ground, part(long_ago, Some(Date::MAX))).await;
        let none = exported_as(&ground, part(None, long_ago)).await;
        assert!(all.contains("backdated") && !none.contains("backdated"), "{all}{none}");
        assert!(!all.contains("Opening balances"), "{all}");
    }
}

#[tokio::test]
async fn what_a_format_does_not_have_is_refused_with_the_field() {
    let ground = ground().await;
    let refused = async |asked: Asked| match exports::export(ground.pool.clone(), ground.book.clone(), asked).await {
        Err(Error::Invalid { pointer, .. }) => pointer.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    };
    let (whole, day) = (Asked::whole(Format::Jsonl), Some(FIRST_DAY));
    assert_eq!(refused(Asked { from: day, ..whole }).await, "/from");
    assert_eq!(refused(Asked { to: day, ..whole }).await, "/to");
    assert_eq!(refused(Asked { order: Order::Date, ..whole }).await, "/order");
    assert_eq!(refused(Asked { assertions: Some(true), ..whole }).await, "/assertions");
    assert_eq!(refused(Asked { assertions: Some(false), ..Asked::whole(Format::Csv) }).await, "/assertions");
    let backwards = Asked { from: day, to: Some(FIRST_DAY - 1.day()), ..Asked::whole(Format::Csv) };
    assert_eq!(refused(backwards).await, "/to");
}
