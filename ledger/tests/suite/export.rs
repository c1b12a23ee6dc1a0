//! Exports: a tool that shares no code with us reads them, checks them, and comes to the same balances.

use crate::support::Fixture;
use futures_util::TryStreamExt;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use ledger::book::{AccountClass, AccountNumber, Entry, Line, MovementKind, Note};
use ledger::money::Currency;
use ledger::operations::posting::post;
use ledger::operations::{accounts, exports, reports};
use ledger::store::{account_totals, day_totals};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Runtime::new().expect("a runtime"));

/// Accounts of the random books: code, class, currency.
const ACCOUNTS: &[(&str, AccountClass, &str)] = &[
    ("assets:bank", AccountClass::Asset, "USD"),
    ("assets:bank:sub-account", AccountClass::Asset, "USD"),
    ("liabilities:loans.short_term", AccountClass::Liability, "USD"),
    ("equity:own", AccountClass::Equity, "USD"),
    ("income:sales", AccountClass::Income, "USD"),
    ("expenses:rent", AccountClass::Expense, "USD"),
    ("assets:yen", AccountClass::Asset, "JPY"),
    ("equity:yen", AccountClass::Equity, "JPY"),
    ("assets:dinar", AccountClass::Asset, "KWD"),
    ("equity:dinar", AccountClass::Equity, "KWD"),
    ("assets:unused", AccountClass::Asset, "EUR"),
];

const FIRST_DAY: Date = date(2027, 1, 20);

/// One random entry: pairs of accounts with amounts, days after the first day, a memo, a reference.
#[derive(Debug, Clone)]
struct Random {
    lines: Vec<(usize, usize, i64)>,
    days: i32,
    memo: String,
    reference: String,
}

fn random_entries() -> impl Strategy<Value = Vec<Random>> {
    let pair = prop_oneof![
        5 => (0usize..6, 0usize..6).prop_filter("two accounts", |(debit, credit)| debit != credit),
        1 => Just((6, 7)),
        1 => Just((8, 9)),
    ];
    let amount = prop_oneof![8 => 1..1_000_000i64, 1 => Just(ledger::money::AMOUNT_MAX)];
    let lines = proptest::collection::vec((pair, amount).prop_map(|((d, c), amount)| (d, c, amount)), 1..5);
    // Texts of people: any printable character, and those that mean something to hledger.
    let memo = prop_oneof![
        Just(String::new()),
        "\\PC{0,40}",
        "[-=;:|(),\\[\\]{}@*!\"' \\t\\n0-9a-z]{0,40}",
        Just("2020-01-01 ; date:2020-02-02, [2020-03-03]\u{2028}account x\n  assets:bank  1 USD".to_owned()),
    ];
    let entry = (lines, 0..100i32, memo.clone(), memo).prop_map(|(lines, days, memo, reference)| Random {
        lines,
        days,
        memo,
        reference,
    });
    proptest::collection::vec(entry, 1..40)
}

async fn a_random_book(plan: &[Random]) -> Fixture {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let tx = client.transaction().await.expect("a transaction");
    let mut numbers: Vec<AccountNumber> = Vec::new();
    for (code, class, currency) in ACCOUNTS {
        let currency: Currency = currency.parse().expect("a currency");
        let account =
            accounts::open(&tx, &fixture.book, code, *class, currency, None, Timestamp::now()).await.expect("accepted");
        numbers.push(account.number);
    }
    for (index, random) in plan.iter().enumerate() {
        let kind = MovementKind::JournalEntry;
        let lines = random.lines.iter();
        let lines = lines.map(|(d, c, amount)| Line { kind, debit: numbers[*d], credit: numbers[*c], amount: *amount });
        let entry = Entry {
            lines: lines.collect(),
            effective: FIRST_DAY + random.days.days(),
            outside_fact: false,
            note: (index % 7 != 0)
                .then(|| Note::new(random.memo.replace('\0', ""), random.reference.replace('\0', ""))),
        };
        post(&tx, &fixture.book, entry, Timestamp::now()).await.expect("accepted");
    }
    tx.commit().await.expect("a commit");
    fixture
}

async fn exported(fixture: &Fixture) -> String {
    let pieces = exports::hledger(fixture.pool.clone(), fixture.book.clone()).await.expect("an export");
    let pieces: Vec<String> = pieces.try_collect().await.expect("all its pieces");
    assert!(pieces.iter().all(|piece| !piece.is_empty()), "an empty piece would end a chunked body");
    pieces.concat()
}

/// Runs hledger on a journal and answers what it says.
fn hledger(journal: &Path, arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new("hledger").args(arguments).arg("--file").arg(journal).env("LC_ALL", "C.UTF-8").output().expect(
            "hledger is needed for the tests of exports: `make test-tools` or tests/install-tools.sh installs it",
        );
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Balances by account, as hledger writes them: `30.00 USD`.
fn balances_of_hledger(journal: &Path, until: Option<Date>) -> BTreeMap<String, String> {
    let end = until.map_or_else(|| "9999-01-01".to_owned(), |day| (day + 1.day()).to_string());
    let csv = hledger(journal, &["balance", "--flat", "--no-total", "--no-elide", "-O", "csv", "--end", &end])
        .expect("as it should");
    csv.lines()
        .skip(1)
        .map(|line| {
            let (account, balance) = line.split_once(',').expect("two columns");
            (account.trim_matches('"').to_owned(), balance.trim_matches('"').to_owned())
        })
        .filter(|(_, balance)| balance != "0")
        .collect()
}

async fn balances_of_ours(fixture: &Fixture, as_of: Option<Date>) -> BTreeMap<String, String> {
    let client = fixture.client().await;
    let lines = reports::trial_balance(&client, &fixture.book, as_of).await.expect("as it should");
    lines
        .into_iter()
        .map(|line| {
            let currency: Currency = line.unit.parse().expect("a currency");
            (line.code, format!("{} {}", currency.format(line.debit - line.credit), line.unit))
        })
        .collect()
}

fn write(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".journal").tempfile().expect("a file");
    std::fs::write(file.path(), text).expect("as it should");
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn hledger_checks_every_export_and_agrees_on_every_balance(plan in random_entries()) {
        RUNTIME.block_on(async {
            let fixture = a_random_book(&plan).await;
            let text = exported(&fixture).await;
            let file = write(&text);
            for arguments in [&["check"][..], &["check", "--strict"]] {
                if let Err(error) = hledger(file.path(), arguments) {
                    panic!("{error}\n{text}");
                }
            }
            let codes = hledger(file.path(), &["codes"]).expect("codes");
            let numbers: Vec<i64> = codes.lines().map(|code| code.parse().expect("a number")).collect();
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (1..=plan.len() as i64).collect::<Vec<_>>(), "no memo makes an entry or hides one");

            for as_of in [None, Some(FIRST_DAY), Some(FIRST_DAY + 11.days()), Some(FIRST_DAY + 50.days())] {
                prop_assert_eq!(balances_of_hledger(file.path(), as_of), balances_of_ours(&fixture, as_of).await);
            }
            let client = fixture.client().await;
            day_totals::roll_up(&client, fixture.book.id).await.expect("a roll-up");
            prop_assert_eq!(exported(&fixture).await, text, "the same book gives the same text");
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn hledger_refuses_an_export_in_which_an_amount_was_changed_or_an_entry_left_out() {
    let lines = vec![(0, 3, 10_000), (5, 0, 2_500)];
    let plan = [(0, "first"), (40, "second"), (3, "backdated")].map(|(days, memo)| Random {
        lines: lines.clone(),
        days,
        memo: memo.into(),
        reference: String::new(),
    });
    let fixture = a_random_book(&plan).await;
    let text = exported(&fixture).await;
    assert!(text.ends_with("; end: 3 entries\n"), "{text}");
    assert!(text.contains("2027-01-31 Balances asserted") && text.contains("2027-03-31 Balances asserted"), "{text}");
    hledger(write(&text).path(), &["check", "--strict"]).unwrap();
    let more = text.replacen("25.00 USD", "26.00 USD", 2);
    assert_ne!(more, text);
    let refused = hledger(write(&more).path(), &["check"]).unwrap_err();
    assert!(refused.to_lowercase().contains("assertion"), "{refused}");
    let start = text.find("\n2027-03-01 (2)").unwrap();
    let end = start + text[start + 1..].find("\n\n").unwrap();
    let less = format!("{}{}", &text[..start], &text[end..]);
    assert!(hledger(write(&less).path(), &["check"]).is_err());
}

#[tokio::test]
async fn an_export_has_all_its_batches_and_marks_erased_notes() {
    let plan: Vec<Random> = (0..1_203)
        .map(|day| Random {
            lines: vec![(0, 3, 100), (4, 5, 1)],
            days: day,
            memo: "Weekly".into(),
            reference: String::new(),
        })
        .collect();
    let fixture = a_random_book(&plan).await;
    fixture.owner().await.execute("DELETE FROM entry_note WHERE number = 2", &[]).await.unwrap();
    let text = exported(&fixture).await;
    assert!(text.ends_with("; end: 1203 entries\n"));
    assert_eq!(text.matches("; note:erased").count(), 1);
    let file = write(&text);
    hledger(file.path(), &["check", "--strict"]).unwrap();
    assert_eq!(balances_of_hledger(file.path(), None), balances_of_ours(&fixture, None).await);
    let client = fixture.client().await;
    let months = account_totals::months(&client, fixture.book.id, 1_203).await.unwrap();
    assert_eq!(text.matches("Balances asserted").count(), months.len());
    assert_eq!(months.len(), 41);
}

#[tokio::test]
async fn an_empty_book_is_a_journal_too() {
    let fixture = Fixture::new().await;
    let text = exported(&fixture).await;
    assert!(text.ends_with("; end: 0 entries\n"), "{text}");
    hledger(write(&text).path(), &["check", "--strict"]).unwrap();
}
