//! Units of a book against a real PostgreSQL: accounts are kept in them, and no report mixes them with money.

use crate::support::ground;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ledger::book::AccountClass;
use ledger::book::legs::Side;
use ledger::books::operations::entries::{RawEntry, RawLeg, RawLine, try_out};
use ledger::books::operations::exchange::{Revaluation, post_result};
use ledger::books::operations::exchange_pairs::Purpose;
use ledger::books::operations::{accounts, journal_entries, units};
use ledger::engine::directory::Directory;
use ledger::engine::posting;
use ledger::engine::store::units::Counts;
use ledger::money::{Currency, Unit, WrittenAmount};
use ledger::reports::operations as reports;
use ledger::testing::{Ground, usd};
use ledger::{Error, movements};
use tokio_postgres::error::SqlState;

/// A book that keeps hours with two digits beside dollars.
async fn workshop() -> (Ground, Unit) {
    let ground = ground().await;
    let hours = Unit::own("HOURS", 2).unwrap();
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    let wall = Timestamp::now();
    units::create(&tx, &ground.book, hours, "Attested hours", Counts::Hours, wall).await.unwrap();
    for (code, class, unit, floor) in [
        ("expenses:work", AccountClass::Expense, hours, None),
        ("liabilities:hours:a", AccountClass::Liability, hours, Some(0)),
        ("expenses:wood", AccountClass::Expense, Currency::USD.into(), None),
        ("assets:bank", AccountClass::Asset, Currency::USD.into(), None),
    ] {
        accounts::open(&tx, &ground.book, code, class, unit, floor, wall).await.unwrap();
    }
    tx.commit().await.unwrap();
    (ground, hours)
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

async fn post(ground: &Ground, asked: RawEntry) -> Result<i64, Error> {
    let (mut client, wall) = (ground.client().await, Timestamp::now());
    let entry = asked.resolve(&Directory::default(), &ground.pool, &ground.book, Purpose::Post, wall).await?;
    let tx = client.transaction().await?;
    let posted = posting::post(&tx, &ground.book, entry, wall).await?;
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
    let (ground, hours) = workshop().await;
    let work = line("expenses:work", "liabilities:hours:a", written("7.5", "HOURS"));
    let wood = line("expenses:wood", "assets:bank", usd("12.00").into());
    let number = post(&ground, raw(vec![work, wood], Vec::new())).await.unwrap();
    let client = ground.client().await;

    let entry = journal_entries::journal_entry(&client, &ground.book, number).await.unwrap();
    let lines: Vec<_> = entry.lines.iter().map(|it| (it.unit, it.unit.format(it.line.amount))).collect();
    assert_eq!(lines, [(hours, "7.50".into()), (Currency::USD.into(), "12.00".into())]);

    let trial = reports::trial_balance(&client, &ground.book, None).await.unwrap();
    let totals = reports::trial_balance_totals(&trial).unwrap();
    let totals: Vec<_> = totals.iter().map(|sums| (sums.unit.code(), sums.debit, sums.credit)).collect();
    assert_eq!(totals, [("HOURS", 750, 750), ("USD", 1_200, 1_200)]);

    let day = date(2027, 1, 1);
    let statement = reports::income_statement(&client, &ground.book, day, day).await.unwrap();
    let totals: Vec<_> = statement.totals.iter().map(|sums| (sums.unit.code(), sums.expenses)).collect();
    assert_eq!(totals, [("HOURS", 750), ("USD", 1_200)]);
    let sheet = reports::balance_sheet(&client, &ground.book, None).await.unwrap();
    let totals: Vec<_> = sheet.totals.iter().map(|sums| (sums.unit.code(), sums.liabilities, sums.result)).collect();
    assert_eq!(totals, [("HOURS", 750, -750), ("USD", 0, -1_200)]);
}

#[tokio::test]
async fn an_amount_has_the_digits_and_the_unit_of_its_account_or_is_refused_at_its_field() {
    let (ground, _) = workshop().await;
    let work = |amount| raw(vec![line("expenses:work", "liabilities:hours:a", amount)], Vec::new());
    for (amount, at) in [
        (written("7.555", "HOURS"), "/lines/0/amount/amount"),
        (written("0", "HOURS"), "/lines/0/amount/amount"),
        (written("7.50", "USD"), "/lines/0/amount/currency"),
        (written("7.50", "DAYS"), "/lines/0/amount/currency"),
    ] {
        assert_eq!(pointer(post(&ground, work(amount)).await.unwrap_err()), at);
    }
    let leg = |account: &str, side, digits| RawLeg { account: account.into(), side, amount: written(digits, "HOURS") };
    let legs = |second| {
        let credit = leg("liabilities:hours:a", Side::Credit, second);
        raw(Vec::new(), vec![leg("expenses:work", Side::Debit, "7.50"), credit])
    };
    assert_eq!(pointer(post(&ground, legs("7.505")).await.unwrap_err()), "/legs/1/amount/amount");
    let uneven = post(&ground, legs("7.25")).await.unwrap_err();
    assert_eq!(uneven.to_string(), "/legs: HOURS: debits 7.50, credits 7.25");
    assert_eq!(post(&ground, legs("7.50")).await.unwrap(), 1);

    let spent = raw(vec![line("liabilities:hours:a", "expenses:work", written("7.51", "HOURS"))], Vec::new());
    let mut client = ground.client().await;
    let entry = spent
        .resolve(&Directory::default(), &ground.pool, &ground.book, Purpose::Post, Timestamp::now())
        .await
        .unwrap();
    let tx = client.transaction().await.unwrap();
    let refused = try_out(&tx, &ground.book, entry, Timestamp::now()).await.unwrap_err();
    assert_eq!(refused.to_string(), "liabilities:hours:a would fall 0.01 HOURS below its floor");
}

#[tokio::test]
async fn a_unit_is_made_once_and_never_changes_and_an_account_is_kept_in_none_that_is_not_there() {
    let (ground, hours) = workshop().await;
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    let (book, wall) = (&ground.book, Timestamp::now());
    let again = units::create(&tx, book, hours, "Hours", Counts::Hours, wall).await.unwrap_err();
    assert!(matches!(again, Error::Refused(refusal) if refusal.code == "unit-exists"));
    let pledged = Unit::own("PLEDGED.USD", 5).unwrap();
    let reserved = units::create(&tx, book, pledged, "Mine", Counts::Other, wall).await.unwrap_err();
    assert_eq!(pointer(reserved), "/code");
    assert_eq!(pointer(units::resolve(&tx, book, "/currency", "DAYS").await.unwrap_err()), "/currency");
    tx.rollback().await.unwrap();

    let owner = ground.database_owner().await;
    for statement in ["UPDATE unit SET exponent = 3", "DELETE FROM unit", "TRUNCATE unit"] {
        let refused = owner.execute(statement, &[]).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::RESTRICT_VIOLATION), "{statement}");
    }
    let unknown = "SELECT account_open(book_id, 'assets:days', 40::smallint, 'DAYS', 0, now()) FROM unit";
    let refused = owner.execute(unknown, &[]).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION));
}

fn leg(account: &str, side: Side, digits: &str, unit: &str) -> RawLeg {
    RawLeg { account: account.into(), side, amount: written(digits, unit) }
}

/// A book that keeps euros and dollars at a bank, and the open position in its pair of exchange accounts.
async fn two_currencies() -> Ground {
    let ground = ground().await;
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    for (code, class, currency) in [
        ("assets:bank:eur", AccountClass::Asset, Currency::EUR),
        ("assets:bank:usd", AccountClass::Asset, Currency::USD),
        ("equity:exchange:eur-usd:eur", AccountClass::Exchange, Currency::EUR),
        ("equity:exchange:eur-usd:usd", AccountClass::Exchange, Currency::USD),
    ] {
        accounts::open(&tx, &ground.book, code, class, currency.into(), None, Timestamp::now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    ground
}

/// Euros for dollars on a day: bought when `euros` stands on the debit side of the bank.
async fn exchange(ground: &Ground, (bank, pair): (Side, Side), euros: &str, dollars: &str, day: Date) {
    let legs = vec![
        leg("assets:bank:eur", bank, euros, "EUR"),
        leg("equity:exchange:eur-usd:eur", pair, euros, "EUR"),
        leg("assets:bank:usd", pair, dollars, "USD"),
        leg("equity:exchange:eur-usd:usd", bank, dollars, "USD"),
    ];
    post(ground, RawEntry { effective: Some(day), ..raw(Vec::new(), legs) }).await.unwrap();
}

async fn result(ground: &Ground, rate: &str, day: Date) -> Result<(i64, bool), Error> {
    let (account, against) = ("equity:exchange:eur-usd:eur".into(), "equity:exchange:eur-usd:usd".into());
    let asked = Revaluation { account, against, rate: rate.parse().unwrap(), rate_text: rate.into(), day };
    let mut client = ground.client().await;
    let tx = client.transaction().await?;
    let found = post_result(&tx, &ground.book, &asked, Timestamp::now()).await?;
    tx.commit().await?;
    Ok((found.gain, found.posted.is_some()))
}

async fn standing(ground: &Ground) -> Vec<String> {
    let client = ground.client().await;
    let lines = reports::trial_balance(&client, &ground.book, None).await.unwrap();
    reports::trial_balance_totals(&lines).unwrap();
    lines
        .iter()
        .map(|line| format!("{} {} {}", line.code, line.unit.format(line.debit - line.credit), line.unit))
        .collect()
}

#[tokio::test]
async fn euros_bought_for_a_hundred_and_ten_and_sold_for_a_hundred_and_twelve_gain_two_dollars() {
    let ground = two_currencies().await;
    let (bought, sold) = ((Side::Debit, Side::Credit), (Side::Credit, Side::Debit));
    exchange(&ground, bought, "100.00", "110.00", date(2026, 1, 5)).await;
    exchange(&ground, sold, "100.00", "112.00", date(2026, 3, 5)).await;
    assert_eq!(standing(&ground).await, ["assets:bank:usd 2.00 USD", "equity:exchange:eur-usd:usd -2.00 USD"]);
    assert_eq!(result(&ground, "1.12", date(2026, 3, 31)).await.unwrap(), (200, true));
    assert_eq!(standing(&ground).await, ["assets:bank:usd 2.00 USD", "income:exchange-gain:usd -2.00 USD"]);
    assert_eq!(result(&ground, "1.12", date(2026, 3, 31)).await.unwrap(), (0, false), "the pair is even");
}

#[tokio::test]
async fn a_position_is_valued_at_the_end_of_its_day_and_what_was_posted_too_much_is_lost_again() {
    let ground = two_currencies().await;
    let (bought, sold) = ((Side::Debit, Side::Credit), (Side::Credit, Side::Debit));
    exchange(&ground, bought, "100.00", "110.00", date(2026, 1, 5)).await;
    exchange(&ground, sold, "100.00", "104.00", date(2026, 2, 5)).await;
    // In January 100.00 EUR are open: at 1.12 they are worth 112.00 USD, two more than they cost.
    assert_eq!(result(&ground, "1.12", date(2026, 1, 31)).await.unwrap(), (200, true));
    // Sold for 104.00 USD: six less than they cost, eight less than in January.
    assert_eq!(result(&ground, "1.04", date(2026, 2, 28)).await.unwrap(), (-800, true));
    let told =
        ["assets:bank:usd -6.00 USD", "expenses:exchange-loss:usd 8.00 USD", "income:exchange-gain:usd -2.00 USD"];
    assert_eq!(standing(&ground).await, told);
    let client = ground.client().await;
    let year = reports::income_statement(&client, &ground.book, date(2026, 1, 1), date(2026, 12, 31)).await.unwrap();
    assert_eq!((year.totals.len(), year.totals[0].result), (1, -600));
    let sheet = reports::balance_sheet(&client, &ground.book, Some(date(2026, 1, 31))).await.unwrap();
    let shown: Vec<_> = sheet.totals.iter().map(|it| (it.unit.code(), it.assets, it.equity, it.result)).collect();
    assert_eq!(shown, [("EUR", 10_000, 10_000, 0), ("USD", -11_000, -11_200, 200)]);
}

#[tokio::test]
async fn an_exchange_that_does_not_pass_through_its_accounts_is_refused_and_so_is_a_result_of_no_pair() {
    let ground = two_currencies().await;
    let legs = vec![
        leg("assets:bank:eur", Side::Debit, "100.00", "EUR"),
        leg("assets:bank:usd", Side::Credit, "110.00", "USD"),
    ];
    let uneven = post(&ground, raw(Vec::new(), legs)).await.unwrap_err();
    assert_eq!(uneven.to_string(), "/legs: EUR: debits 100.00, credits 0.00");
    let tomorrow = ground.book.today(Timestamp::now()).tomorrow().unwrap();
    assert_eq!(pointer(result(&ground, "1.12", tomorrow).await.unwrap_err()), "/date");
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    for (account, against, at) in [
        ("assets:bank:eur", "equity:exchange:eur-usd:usd", "/account"),
        ("equity:exchange:eur-usd:eur", "equity:exchange:none", "/against"),
        ("equity:exchange:eur-usd:eur", "equity:exchange:eur-usd:eur", "/against"),
    ] {
        let asked = Revaluation {
            account: account.into(),
            against: against.into(),
            rate: "1".parse().unwrap(),
            rate_text: "1".into(),
            day: date(2026, 1, 31),
        };
        let wrong = post_result(&tx, &ground.book, &asked, Timestamp::now()).await.unwrap_err();
        assert_eq!(pointer(wrong), at);
    }
}

#[tokio::test]
async fn a_campaigns_promises_are_kept_in_a_unit_of_their_own_and_never_pass_its_cap() {
    let ground = ground().await;
    let (book, wall, day) = (&ground.book, Timestamp::now(), date(2026, 2, 1));
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    let unit = units::commitment(&tx, book, Currency::USD, wall).await.unwrap();
    assert_eq!(unit, units::commitment(&tx, book, Currency::USD, wall).await.unwrap(), "made once");
    assert_eq!((unit.code(), unit.exponent()), ("PLEDGED.USD", 2));
    let yen = units::commitment(&tx, book, "JPY".parse().unwrap(), wall).await.unwrap();
    assert_eq!((yen.code(), yen.exponent()), ("PLEDGED.JPY", 0));
    let mut numbers = Vec::new();
    for (code, class, floor) in [
        ("equity:commitments:press:room", AccountClass::CommitmentRoom, Some(-10_000)),
        ("equity:commitments:press:pledged", AccountClass::CommitmentPledged, None),
        ("equity:commitments:press:collected", AccountClass::CommitmentCollected, None),
    ] {
        numbers.push(
            ledger::engine::store::accounts::open(&tx, book.id, code, class, unit.code(), floor, wall).await.unwrap(),
        );
    }
    let (room, pledged, collected) = (numbers[0], numbers[1], numbers[2]);
    let commit = |amount| movements::pledge_committed(room, pledged, usd(amount), day, "p");
    posting::post(&tx, book, commit("60.00"), wall).await.unwrap();
    let refused = posting::post(&tx, book, commit("40.01"), wall).await.unwrap_err();
    assert_eq!(refused.to_string(), "equity:commitments:press:room would fall 0.01 PLEDGED.USD below its floor");
    let collect = movements::commitment_collected(pledged, collected, usd("20.00"), day, "c");
    posting::post(&tx, book, collect, wall).await.unwrap();
    posting::post(&tx, book, movements::commitment_dropped(pledged, room, usd("15.00"), day, "p"), wall).await.unwrap();
    posting::post(&tx, book, commit("55.00"), wall).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        standing(&ground).await,
        [
            "equity:commitments:press:collected -20.00 PLEDGED.USD",
            "equity:commitments:press:pledged -80.00 PLEDGED.USD",
            "equity:commitments:press:room 100.00 PLEDGED.USD",
        ]
    );
}
