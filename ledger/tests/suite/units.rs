//! Units of a book against a real PostgreSQL: accounts are kept in them, and no report mixes them with money.

use crate::support::{Fixture, usd};
use jiff::Timestamp;
use jiff::civil::date;
use ledger::Error;
use ledger::book::AccountClass;
use ledger::book::legs::Side;
use ledger::money::{Currency, Unit, WrittenAmount};
use ledger::operations::entries::{Directory, RawEntry, RawLeg, RawLine, try_out};
use ledger::operations::{accounts, posting, reports, units};
use ledger::store::units::Counts;
use tokio_postgres::error::SqlState;

/// A book that keeps hours with two digits beside dollars.
async fn workshop() -> (Fixture, Unit) {
    let fixture = Fixture::new().await;
    let hours = Unit::own("HOURS", 2).unwrap();
    let mut client = fixture.client().await;
    let tx = client.transaction().await.unwrap();
    let wall = Timestamp::now();
    units::create(&tx, &fixture.book, hours, "Attested hours", Counts::Hours, wall).await.unwrap();
    for (code, class, unit, floor) in [
        ("expenses:work", AccountClass::Expense, hours, None),
        ("liabilities:hours:a", AccountClass::Liability, hours, Some(0)),
        ("expenses:wood", AccountClass::Expense, Currency::USD.into(), None),
        ("assets:bank", AccountClass::Asset, Currency::USD.into(), None),
    ] {
        accounts::open(&tx, &fixture.book, code, class, unit, floor, wall).await.unwrap();
    }
    tx.commit().await.unwrap();
    (fixture, hours)
}

fn written(digits: &str, unit: &str) -> WrittenAmount {
    WrittenAmount { digits: digits.into(), unit: unit.into() }
}

fn line(debit: &str, credit: &str, amount: WrittenAmount) -> RawLine {
    RawLine { debit: debit.into(), credit: credit.into(), amount }
}

fn raw(lines: Vec<RawLine>, legs: Vec<RawLeg>) -> RawEntry {
    let effective = Some(date(2027, 1, 1));
    RawEntry { lines, legs, effective, memo: String::new(), reference: String::new() }
}

async fn post(fixture: &Fixture, asked: RawEntry) -> Result<i64, Error> {
    let (mut client, wall) = (fixture.client().await, Timestamp::now());
    let entry = Directory::default().resolve(&client, &fixture.book, &asked, wall).await?;
    let tx = client.transaction().await?;
    let posted = posting::post(&tx, &fixture.book, entry, wall).await?;
    tx.commit().await?;
    Ok(posted.number)
}

fn pointer(error: Error) -> String {
    match error {
        Error::Invalid { pointer, .. } => pointer.into_owned(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_entry_moves_hours_and_dollars_and_every_report_counts_each_in_its_own_digits() {
    let (fixture, hours) = workshop().await;
    let work = line("expenses:work", "liabilities:hours:a", written("7.5", "HOURS"));
    let wood = line("expenses:wood", "assets:bank", usd("12.00").into());
    let number = post(&fixture, raw(vec![work, wood], Vec::new())).await.unwrap();
    let client = fixture.client().await;

    let entry = reports::journal_entry(&client, &fixture.book, number).await.unwrap();
    let lines: Vec<_> = entry.lines.iter().map(|it| (it.unit, it.unit.format(it.line.amount))).collect();
    assert_eq!(lines, [(hours, "7.50".into()), (Currency::USD.into(), "12.00".into())]);

    let trial = reports::trial_balance(&client, &fixture.book, None).await.unwrap();
    let totals = reports::trial_balance_totals(&trial).unwrap();
    let totals: Vec<_> = totals.iter().map(|sums| (sums.unit.code(), sums.debit, sums.credit)).collect();
    assert_eq!(totals, [("HOURS", 750, 750), ("USD", 1_200, 1_200)]);

    let day = date(2027, 1, 1);
    let statement = reports::income_statement(&client, &fixture.book, day, day).await.unwrap();
    let totals: Vec<_> = statement.totals.iter().map(|sums| (sums.unit.code(), sums.expenses)).collect();
    assert_eq!(totals, [("HOURS", 750), ("USD", 1_200)]);
    let sheet = reports::balance_sheet(&client, &fixture.book, None).await.unwrap();
    let totals: Vec<_> = sheet.totals.iter().map(|sums| (sums.unit.code(), sums.liabilities, sums.result)).collect();
    assert_eq!(totals, [("HOURS", 750, -750), ("USD", 0, -1_200)]);
}

#[tokio::test]
async fn an_amount_has_the_digits_and_the_unit_of_its_account_or_is_refused_at_its_field() {
    let (fixture, _) = workshop().await;
    let work = |amount| raw(vec![line("expenses:work", "liabilities:hours:a", amount)], Vec::new());
    for (amount, at) in [
        (written("7.555", "HOURS"), "/lines/0/amount/amount"),
        (written("0", "HOURS"), "/lines/0/amount/amount"),
        (written("7.50", "USD"), "/lines/0/amount/currency"),
        (written("7.50", "DAYS"), "/lines/0/amount/currency"),
    ] {
        assert_eq!(pointer(post(&fixture, work(amount)).await.unwrap_err()), at);
    }
    let leg = |account: &str, side, digits| RawLeg { account: account.into(), side, amount: written(digits, "HOURS") };
    let legs = |second| {
        let credit = leg("liabilities:hours:a", Side::Credit, second);
        raw(Vec::new(), vec![leg("expenses:work", Side::Debit, "7.50"), credit])
    };
    assert_eq!(pointer(post(&fixture, legs("7.505")).await.unwrap_err()), "/legs/1/amount/amount");
    let uneven = post(&fixture, legs("7.25")).await.unwrap_err();
    assert_eq!(uneven.to_string(), "/legs: HOURS: debits 7.50, credits 7.25");
    assert_eq!(post(&fixture, legs("7.50")).await.unwrap(), 1);

    let spent = raw(vec![line("liabilities:hours:a", "expenses:work", written("7.51", "HOURS"))], Vec::new());
    let mut client = fixture.client().await;
    let entry = Directory::default().resolve(&client, &fixture.book, &spent, Timestamp::now()).await.unwrap();
    let tx = client.transaction().await.unwrap();
    let refused = try_out(&tx, &fixture.book, entry).await.unwrap_err();
    assert_eq!(refused.to_string(), "liabilities:hours:a would fall 0.01 HOURS below its floor");
}

#[tokio::test]
async fn a_unit_is_made_once_and_never_changes_and_an_account_is_kept_in_none_that_is_not_there() {
    let (fixture, hours) = workshop().await;
    let mut client = fixture.client().await;
    let tx = client.transaction().await.unwrap();
    let (book, wall) = (&fixture.book, Timestamp::now());
    let again = units::create(&tx, book, hours, "Hours", Counts::Hours, wall).await.unwrap_err();
    assert!(matches!(again, Error::Refused(refusal) if refusal.code == "unit-exists"));
    let pledged = Unit::own("PLEDGED.USD", 5).unwrap();
    let reserved = units::create(&tx, book, pledged, "Mine", Counts::Other, wall).await.unwrap_err();
    assert_eq!(pointer(reserved), "/code");
    assert_eq!(pointer(units::resolve(&tx, book, "/currency", "DAYS").await.unwrap_err()), "/currency");
    tx.rollback().await.unwrap();

    let owner = fixture.owner().await;
    for statement in ["UPDATE unit SET exponent = 3", "DELETE FROM unit", "TRUNCATE unit"] {
        let refused = owner.execute(statement, &[]).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::RESTRICT_VIOLATION), "{statement}");
    }
    let unknown = "SELECT account_open(book_id, 'assets:days', 40::smallint, 'DAYS', 0, -1::smallint, now()) FROM unit";
    let refused = owner.execute(unknown, &[]).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION));
}
