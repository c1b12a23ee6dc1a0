//! Exports: tools that share no code with us read them, check them, and come to the same balances.

use crate::support::ground;
use futures_util::TryStreamExt;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use ledger::book::{AccountClass, AccountNumber, Entry, Line, MovementKind, Note};
use ledger::books::operations::{accounts, units};
use ledger::engine::posting::post;
use ledger::engine::store::units::Counts;
use ledger::export::Format;
use ledger::money::Unit;
use ledger::reports::operations as reports;
use ledger::reports::operations::exports::{self, Asked};
use ledger::reports::store::{account_totals, day_totals};
use ledger::testing::Ground;
use ledger::verify::verify;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

mod income;
mod parts;
mod verifier;
mod whom;

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Runtime::new().expect("a runtime"));

/// Accounts of the random books: code, class, currency or unit.
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
    ("assets:hours", AccountClass::Asset, "HOURS"),
    ("equity:hours", AccountClass::Equity, "HOURS"),
    ("assets:beans", AccountClass::Asset, "BEANS.X-8"),
    ("equity:beans", AccountClass::Equity, "BEANS.X-8"),
];

/// Codes of units that mean something else to a tool, or look like it.
const RESERVED: [&str; 14] =
    ["TRUE", "FALSE", "NULL", "TRUE-", "NAN", "INF", "E1", "D.C", "AUTO", "OPEN", "INCLUDE", "Y2026", "DATE", "CUSTOM"];

/// Their units that are no currencies, with their digits.
const UNITS: &[(&str, u8)] = &[("HOURS", 2), ("BEANS.X-8", 8)];

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
        1 => Just((11, 12)),
        1 => Just((13, 14)),
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

async fn a_random_book(plan: &[Random]) -> Ground {
    let ground = ground().await;
    let mut client = ground.client().await;
    let tx = client.transaction().await.expect("a transaction");
    let mut numbers: Vec<AccountNumber> = Vec::new();
    for (code, exponent) in UNITS {
        let unit = Unit::own(code, *exponent).expect("a unit");
        units::create(&tx, &ground.book, unit, code, Counts::Other, Timestamp::now()).await.expect("accepted");
    }
    for (code, class, unit) in ACCOUNTS {
        let unit = units::resolve(&tx, &ground.book, "/currency", unit).await.expect("a unit");
        let account =
            accounts::open(&tx, &ground.book, code, *class, unit, None, Timestamp::now()).await.expect("accepted");
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
        post(&tx, &ground.book, entry, Timestamp::now()).await.expect("accepted");
    }
    tx.commit().await.expect("a commit");
    ground
}

async fn exported(ground: &Ground, format: Format) -> String {
    exported_as(ground, Asked::whole(format)).await
}

async fn exported_as(ground: &Ground, asked: Asked) -> String {
    let pieces = exports::export(ground.pool.clone(), ground.book.clone(), asked).await.expect("an export");
    let pieces: Vec<String> = pieces.try_collect().await.expect("all its pieces");
    assert!(pieces.iter().all(|piece| !piece.is_empty()), "an empty piece would end a chunked body");
    pieces.concat()
}

/// Runs hledger (`make test-tools` installs it) on a journal and answers what it says.
fn hledger(journal: &Path, arguments: &[&str]) -> Result<String, String> {
    run(Command::new("hledger").args(arguments).arg("--file").arg(journal))
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
            (account.trim_matches('"').to_owned(), balance.replace('"', ""))
        })
        .filter(|(_, balance)| balance != "0")
        .collect()
}

async fn balances_of_ours(ground: &Ground, as_of: Option<Date>) -> BTreeMap<String, String> {
    let client = ground.client().await;
    let lines = reports::trial_balance(&client, &ground.book, as_of).await.expect("as it should");
    lines
        .into_iter()
        .map(|line| (line.code, format!("{} {}", line.unit.format(line.debit - line.credit), line.unit)))
        .collect()
}

/// A program of the Python tools, which `make test-tools` installs.
fn tool(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("contract-tools").join("bin").join(name);
    assert!(program.exists(), "{} is missing: `make test-tools` installs it", program.display());
    program
}

/// Runs a program and answers what it says.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.env("LC_ALL", "C.UTF-8").output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr) + &text(&output.stdout)) }
}

fn bean_check(ledger: &Path) -> Result<String, String> {
    run(Command::new(tool("bean-check")).arg("--no-cache").arg(ledger))
}

/// Prints the balance of every account at the end of a day under its code in the book, and the records there are.
const BALANCES_OF_BEANCOUNT: &str = "
import datetime, sys
from beancount import loader
from beancount.core import data, realization
entries, errors, _ = loader.load_file(sys.argv[1])
assert not errors, errors
end = datetime.date.fromisoformat(sys.argv[2])
codes = {e.account: e.meta['code'] for e in entries if isinstance(e, data.Open)}
transactions = [e for e in entries if isinstance(e, data.Transaction)]
print(' '.join(sorted((str(e.meta['record']) for e in transactions if 'record' in e.meta), key=int)))
tree = realization.realize([e for e in transactions if e.date <= end])
for account in realization.iter_children(tree):
    for position in account.balance:
        print(codes[account.account], position.units.number, position.units.currency)
";

/// The record numbers, and balances by account: `30.00 USD`.
fn balances_of_beancount(ledger: &Path, until: Option<Date>) -> (String, BTreeMap<String, String>) {
    let end = until.unwrap_or(Date::MAX).to_string();
    let mut command = Command::new(tool("python"));
    let said = run(command.args(["-c", BALANCES_OF_BEANCOUNT]).arg(ledger).arg(&end)).expect("as it should");
    let mut lines = said.lines();
    let records = lines.next().expect("the records").to_owned();
    let balances = lines.map(|line| line.split_once(' ').expect("an account and its balance"));
    (records, balances.map(|(code, balance)| (code.to_owned(), balance.to_owned())).collect())
}

fn write(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".journal").tempfile().expect("a file");
    std::fs::write(file.path(), text).expect("as it should");
    file
}

/// So many random books, and many more with `COMMONPURSE_LONG`. A failure prints its seed and the smallest book.
fn some(cases: u32) -> ProptestConfig {
    let cases = if std::env::var_os("COMMONPURSE_LONG").is_some() { cases * 50 } else { cases };
    ProptestConfig { cases, max_shrink_iters: 30, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(some(4))]

    #[test]
    fn hledger_checks_every_export_and_agrees_on_every_balance(plan in random_entries()) {
        RUNTIME.block_on(async {
            let ground = a_random_book(&plan).await;
            let text = exported(&ground, Format::Hledger).await;
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
                prop_assert_eq!(balances_of_hledger(file.path(), as_of), balances_of_ours(&ground, as_of).await);
            }
            let client = ground.client().await;
            day_totals::roll_up(&client, ground.book.id).await.expect("a roll-up");
            prop_assert_eq!(exported(&ground, Format::Hledger).await, text, "the same book gives the same text");
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(some(3))]

    #[test]
    fn beancount_and_the_verifier_check_every_export_and_agree_on_every_balance(plan in random_entries()) {
        RUNTIME.block_on(async {
            let ground = a_random_book(&plan).await;
            let text = exported(&ground, Format::Beancount).await;
            let file = write(&text);
            if let Err(error) = bean_check(file.path()) {
                panic!("{error}\n{text}");
            }
            let records = (1..=plan.len()).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
            for as_of in [None, Some(FIRST_DAY + 11.days())] {
                let (theirs, balances) = balances_of_beancount(file.path(), as_of);
                prop_assert_eq!(&theirs, &records, "no memo makes an entry or hides one");
                prop_assert_eq!(balances, balances_of_ours(&ground, as_of).await);
            }

            let chained = exported(&ground, Format::Jsonl).await;
            let held = verify(chained.as_bytes()).unwrap_or_else(|wrong| panic!("{wrong}\n{chained}"));
            prop_assert_eq!((held.entries, held.book), (plan.len() as i64, ground.book.reference().to_string()));
            let table = exported(&ground, Format::Csv).await;
            let mut table = csv::Reader::from_reader(table.as_bytes());
            let rows: Vec<BTreeMap<String, String>> = table.deserialize().collect::<Result<_, _>>().expect("a table");
            prop_assert_eq!(rows.len(), plan.iter().map(|entry| entry.lines.len()).sum::<usize>());
            for row in &rows {
                for cell in ["memo", "reference"] {
                    prop_assert!(!row[cell].trim_start().starts_with(['=', '+', '-', '@']), "{:?}", row);
                }
            }
            let client = ground.client().await;
            day_totals::roll_up(&client, ground.book.id).await.expect("a roll-up");
            for (format, before) in [(Format::Beancount, text), (Format::Jsonl, chained)] {
                prop_assert_eq!(exported(&ground, format).await, before, "the same book gives the same text");
            }
            Ok(())
        })?;
    }
}

/// Three entries: one of each of two days, and one that was recorded last and counts in between.
async fn three_entries() -> Ground {
    let lines = vec![(0, 3, 10_000), (5, 0, 2_500)];
    let plan = [(0, "first"), (40, "second"), (3, "backdated")].map(|(days, memo)| Random {
        lines: lines.clone(),
        days,
        memo: memo.into(),
        reference: String::new(),
    });
    a_random_book(&plan).await
}

#[tokio::test]
async fn beancount_refuses_an_export_in_which_a_cent_was_changed_or_an_entry_left_out() {
    let text = exported(&three_entries().await, Format::Beancount).await;
    assert!(text.ends_with("; end: 3 entries\n"), "{text}");
    assert!(text.contains("2027-02-01 balance Assets:Bank ") && text.contains("2027-04-01 balance "), "{text}");
    bean_check(write(&text).path()).unwrap();
    let more = text.replacen("25.00 USD", "25.01 USD", 2);
    let refused = bean_check(write(&more).path()).unwrap_err();
    assert!(refused.contains("Balance failed"), "{refused}");
    let uneven = text.replacen("25.00 USD", "25.01 USD", 1);
    let refused = bean_check(write(&uneven).path()).unwrap_err();
    assert!(refused.contains("does not balance"), "{refused}");
    let start = text.find("\n2027-03-01 * \"second\"").unwrap();
    let end = start + text[start + 1..].find("\n\n").unwrap();
    assert!(bean_check(write(&format!("{}{}", &text[..start], &text[end..])).path()).is_err());
}

#[tokio::test]
async fn fl35_units_with_the_names_of_reserved_words_are_read_as_units() {
    let ground = ground().await;
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    let now = Timestamp::now();
    for code in RESERVED {
        let unit = Unit::own(code, 2).unwrap();
        units::create(&tx, &ground.book, unit, code, Counts::Other, now).await.unwrap();
        let name = code.to_lowercase();
        let mut sides = Vec::new();
        for (root, class) in [("assets", AccountClass::Asset), ("equity", AccountClass::Equity)] {
            let account = format!("{root}:{name}");
            sides.push(accounts::open(&tx, &ground.book, &account, class, unit, None, now).await.unwrap().number);
        }
        let (kind, debit, credit) = (MovementKind::JournalEntry, sides[0], sides[1]);
        let lines = vec![Line { kind, debit, credit, amount: 5 }];
        let entry = Entry { lines, effective: FIRST_DAY, outside_fact: false, note: None };
        post(&tx, &ground.book, entry, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    bean_check(write(&exported(&ground, Format::Beancount).await).path()).unwrap();
    hledger(write(&exported(&ground, Format::Hledger).await).path(), &["check", "--strict"]).unwrap();
}

#[tokio::test]
async fn an_asserted_balance_of_beancount_counts_the_accounts_below() {
    let plan = [(0, vec![(0, 3, 500), (1, 3, 70)]), (40, vec![(0, 3, 1)]), (80, vec![(1, 3, 2)])];
    let plan = plan.map(|(days, lines)| Random { lines, days, memo: "x".into(), reference: String::new() });
    let text = exported(&a_random_book(&plan).await, Format::Beancount).await;
    bean_check(write(&text).path()).unwrap();
    let asserted: Vec<String> = text
        .lines()
        .filter(|line| line.contains(" balance Assets:Bank "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let (first, second) =
        ("2027-02-01 balance Assets:Bank 5.70 ~ 0 USD", "2027-04-01 balance Assets:Bank 5.71 ~ 0 USD");
    assert_eq!(asserted, [first, second]);
}

#[tokio::test]
async fn hledger_refuses_an_export_in_which_an_amount_was_changed_or_an_entry_left_out() {
    let ground = three_entries().await;
    let text = exported(&ground, Format::Hledger).await;
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
    let ground = a_random_book(&plan).await;
    ground.database_owner().await.execute("DELETE FROM entry_note WHERE number = 2", &[]).await.unwrap();
    let text = exported(&ground, Format::Hledger).await;
    assert!(text.ends_with("; end: 1203 entries\n"));
    assert_eq!(text.matches("; note:erased").count(), 1);
    let file = write(&text);
    hledger(file.path(), &["check", "--strict"]).unwrap();
    assert_eq!(balances_of_hledger(file.path(), None), balances_of_ours(&ground, None).await);
    let beancount = exported(&ground, Format::Beancount).await;
    bean_check(write(&beancount).path()).unwrap();
    assert_eq!(beancount.matches("note: \"erased\"").count(), 1);
    let chained = exported(&ground, Format::Jsonl).await;
    assert_eq!((verify(chained.as_bytes()).unwrap().entries, chained.matches("\"erased\":true").count()), (1_203, 1));
    let table = exported(&ground, Format::Csv).await;
    assert_eq!((table.matches("\r\n").count(), table.matches(",true,,,\r\n").count()), (1 + 2 * 1_203, 2));
    let client = ground.client().await;
    let months = account_totals::months(&client, ground.book.id, 1_203).await.unwrap();
    assert_eq!(text.matches("Balances asserted").count(), months.len());
    assert_eq!(months.len(), 41);
}

#[tokio::test]
async fn an_empty_book_is_exported_too() {
    let ground = ground().await;
    let text = exported(&ground, Format::Hledger).await;
    assert!(text.ends_with("; end: 0 entries\n"), "{text}");
    hledger(write(&text).path(), &["check", "--strict"]).unwrap();
    bean_check(write(&exported(&ground, Format::Beancount).await).path()).unwrap();
    assert_eq!(verify(exported(&ground, Format::Jsonl).await.as_bytes()).unwrap().entries, 0);
    assert_eq!(exported(&ground, Format::Csv).await.lines().count(), 1);
}
