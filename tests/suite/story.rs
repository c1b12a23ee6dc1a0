//! The stories as a newcomer runs them, and when things go wrong in the middle of them.

use crate::contract::tool;
use anyhow::{Context as _, ensure};
use api::demo::client::text;
use api::demo::literals::Literals;
use api::demo::story::{self, Story, challenge, cooperative};
use api::stack::programs_beside_this_one;
use jiff::civil::{Date, date};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tests::{OPERATOR, Stage, TestApp, balances_of_hledger, day, hledger, next_year};
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

/// How long the story may take on a busy machine.
const STORY_MAX: Duration = Duration::from_mins(15);

async fn demo(home: &Path, more: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
    command.args(["demo", "--once", "--listen", "127.0.0.1:0", "--home"]).arg(home).args(more);
    command.env_remove("DATABASE_URL").kill_on_drop(true);
    Ok(tokio::time::timeout(STORY_MAX, command.output()).await.context("the story took too long")??)
}

#[tokio::test]
async fn the_demo_ends_with_all_checks_held_and_leaves_nothing_running() -> Outcome {
    let home = TempDir::new()?;
    let output = demo(home.path(), &[]).await?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    ensure!(told.contains("all checks held"), "{told}");
    for (whose, earns) in [("host", false), ("cooperative", true)] {
        let state = home.path().join("commonpurse_demo");
        hledger_comes_to_the_balances_of_the_api(&state, whose)?;
        other_tools_come_to_the_result_of_the_api(&state, whose, earns)?;
    }
    let running = running_below(home.path())?;
    ensure!(running.is_empty(), "still running: {running:?}");
    Ok(())
}

/// Each account of the API's trial balance, and no other, stands in hledger as the API says.
fn hledger_comes_to_the_balances_of_the_api(state: &Path, whose: &str) -> Outcome {
    let theirs = balances_of_hledger(&state.join(format!("{whose}.journal")))?;
    let lines = std::fs::read(state.join(format!("{whose}.trial-balance.json")))?;
    let lines: Vec<Value> = serde_json::from_slice(&lines)?;
    let mut ours = BTreeMap::new();
    for line in &lines {
        let balance = cents(text(line, "/debit/amount")?)? - cents(text(line, "/credit/amount")?)?;
        if balance != 0 {
            ours.insert(text(line, "/code")?.to_owned(), balance);
        }
    }
    let theirs = theirs.into_iter().map(|(code, balance)| Ok((code, cents(&balance)?)));
    ensure!(ours.len() > 2, "{ours:?}");
    assert_eq!(ours, theirs.collect::<anyhow::Result<BTreeMap<_, _>>>()?);
    Ok(())
}

/// What Beancount finds earned less spent, in cents, in all that is not tagged as a closing.
const EARNED_BY_BEANCOUNT: &str = "
import sys
from beancount import loader
from beancount.core import data
entries, errors, _ = loader.load_file(sys.argv[1])
assert not errors, errors
entries = [e for e in entries if isinstance(e, data.Transaction) and 'closing' not in e.tags]
postings = [p for e in entries for p in e.postings if p.account.startswith(('Income', 'Expenses'))]
print(-sum(int(p.units.number * 100) for p in postings))
";

/// hledger and Beancount find in the exports what the API's income statement says was earned, and not nothing.
fn other_tools_come_to_the_result_of_the_api(state: &Path, whose: &str, earns: bool) -> Outcome {
    let statement = std::fs::read(state.join(format!("{whose}.income-statement.json")))?;
    let statement: Value = serde_json::from_slice(&statement)?;
    let ours = cents(statement.pointer("/totals/0/result/amount").and_then(Value::as_str).unwrap_or("0"))?;
    ensure!((ours != 0) == earns, "{statement}");
    let command = ["incomestatement", "not:tag:retain", "not:tag:clopen", "-O", "csv"];
    let said = hledger(&state.join(format!("{whose}.journal")), &command)?;
    // Of a book that has earned nothing there is no column.
    let net = said.lines().last().and_then(|line| line.split(',').nth(1)).unwrap_or("0");
    ensure!(cents(net)? == ours, "{ours}: {said}");
    let mut command = std::process::Command::new(tool("python")?);
    let ledger = state.join(format!("{whose}.beancount"));
    let output = command.args(["-c", EARNED_BY_BEANCOUNT]).arg(ledger).output()?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(cents(said.trim())? == ours, "{ours}: {said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[tokio::test]
async fn the_year_of_a_cooperative_ends_with_all_checks_held_and_hledger_comes_to_its_statements() -> Outcome {
    let home = TempDir::new()?;
    let output = demo(home.path(), &["--story", "cooperative"]).await?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    for said in ["all checks held", "one by one; both end with 34720.55", "Income statement of ", "Balance sheet, USD"]
    {
        ensure!(told.contains(said), "{said}: {told}");
    }
    let state = home.path().join("commonpurse_demo");
    hledger_comes_to_the_balances_of_the_api(&state, "cooperative")?;
    other_tools_come_to_the_result_of_the_api(&state, "cooperative", true)?;
    hledger_comes_to_the_statements_of_the_year(&state)?;
    let running = running_below(home.path())?;
    ensure!(running.is_empty(), "still running: {running:?}");
    Ok(())
}

/// The income statement of the year and the balance sheet at its end: each account and the sums are in hledger as the API says.
fn hledger_comes_to_the_statements_of_the_year(state: &Path) -> Outcome {
    let report = |name: &str| -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&std::fs::read(state.join(format!("cooperative.year.{name}.json")))?)?)
    };
    let (earned, sheet) = (report("income-statement")?, report("balance-sheet")?);
    let (from, end) = (text(&earned, "/from")?, text(&earned, "/to")?.parse::<Date>()?.tomorrow()?.to_string());
    for (command, report, sections, amount, net) in [
        ("incomestatement", &earned, ["income", "expenses"], "amount", ["income", "expenses"]),
        ("balancesheet", &sheet, ["assets", "liabilities"], "balance", ["assets", "liabilities"]),
    ] {
        let mut ours = BTreeMap::new();
        for line in sections.iter().flat_map(|section| report[*section].as_array().into_iter().flatten()) {
            ours.insert(text(line, "/code")?.to_owned(), cents(text(line, &format!("/{amount}/amount"))?)?);
        }
        ours.retain(|_, amount| *amount != 0);
        let [more, less] = net.map(|total| text(report, &format!("/totals/0/{total}/amount")).and_then(cents));
        ours.insert("Net:".to_owned(), more? - less?);
        let mut asked = vec![command, "--flat", "--end", &end, "not:tag:retain", "not:tag:clopen", "-O", "csv"];
        if command == "incomestatement" {
            asked.extend(["--begin", from]);
        }
        let said = hledger(&state.join("cooperative.journal"), &asked)?;
        let mut theirs = BTreeMap::new();
        for row in said.lines() {
            let (account, amount) = row.split_once(',').context("two columns")?;
            let account = account.trim_matches('"');
            if account.contains(':') && account != "Total:" {
                theirs.insert(account.to_owned(), cents(amount)?);
            }
        }
        ensure!(ours.len() > 4, "{ours:?}");
        assert_eq!(ours, theirs, "{command}: {said}");
    }
    Ok(())
}

/// An amount in cents, of hledger or of the API.
fn cents(amount: &str) -> anyhow::Result<i64> {
    let is_of_number = |letter: &char| letter.is_ascii_digit() || *letter == '-';
    Ok(amount.chars().filter(is_of_number).collect::<String>().parse()?)
}

#[tokio::test]
async fn a_changed_literal_makes_the_year_of_a_cooperative_fail() -> Outcome {
    let home = TempDir::new()?;
    let output = demo(home.path(), &["--story", "cooperative", "--expect", "bakery_advances=1800.01"]).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success());
    ensure!(said.contains("what they pay: found \"1800.00\", the story says \"1800.01\""), "{said}");
    ensure!(!String::from_utf8_lossy(&output.stdout).contains("all checks held"));
    Ok(())
}

#[tokio::test]
async fn a_changed_literal_makes_the_demo_fail() -> Outcome {
    let home = TempDir::new()?;
    let output = demo(home.path(), &["--expect", "charges_first_month=99"]).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success());
    ensure!(said.contains("charges in the first month") && said.contains("\"99\""), "{said}");
    ensure!(!String::from_utf8_lossy(&output.stdout).contains("all checks held"));
    Ok(())
}

#[tokio::test]
async fn a_changed_literal_of_the_challenge_or_the_cooperative_makes_its_chapter_fail() -> Outcome {
    let Stage { app, cast } = Stage::set().await?;
    let changes = ["purse_short=0.02", "first_managers=1080.01 / 1079.99"].map(str::to_owned);
    let story = Story::new(cast, &Literals::with_changes(&changes)?);
    for (failed, what) in [
        (challenge::play(&story).await.err(), "what the purse lacks"),
        (cooperative::play(&story).await.err(), "the managers' shares"),
    ] {
        let failed = failed.with_context(|| format!("{what}: nothing has failed"))?.to_string();
        ensure!(failed.contains(what), "{failed}");
    }
    app.finish().await
}

/// Processes whose command line or environment names a directory.
fn running_below(home: &Path) -> anyhow::Result<Vec<String>> {
    let home = home.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc")?.filter_map(Result::ok) {
        let of = |file| std::fs::read(process.path().join(file)).unwrap_or_default();
        let (command, environment) = (of("cmdline"), of("environ"));
        let text = String::from_utf8_lossy(&command).replace('\0', " ");
        if text.contains(&home) || String::from_utf8_lossy(&environment).contains(&home) {
            found.push(text);
        }
    }
    Ok(found)
}

/// The year with fewer donors, who give as much; as it is told with `COMMONPURSE_LONG`.
fn year_of_few() -> anyhow::Result<(Literals, usize)> {
    if std::env::var_os("COMMONPURSE_LONG").is_some() {
        return Ok((Literals::default(), 100));
    }
    let few = ["donors=25", "monthly=120.00", "charges_first_month=25", "charges=300", "receipts=300"];
    Ok((Literals::with_changes(&few.map(str::to_owned))?, 25))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_month_7_and_another_one_end_in_the_same_book() -> Outcome {
    let mut app = TestApp::start_with(1, &[("COMMONPURSE_WORKER_LEASE_S", "8")]).await?;
    let (base, mail) = (app.base_url().to_owned(), app.mail_dir());
    let (literals, donors) = year_of_few()?;
    let stack = std::sync::Mutex::new(app.take_stack()?);
    let told = std::thread::scope(|scope| {
        let before_month = |month: i8| {
            if month == 7 {
                let (stack, mail) = (&stack, mail.clone());
                scope.spawn(move || kill_in_the_middle(stack, &mail, 6 * donors + donors / 3));
            }
            Ok(())
        };
        let played = story::play_year(&base, &mail, &literals, OPERATOR, &before_month);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(played))
    })?;
    let closing = &told.books[0].closing;
    ensure!(closing.contains("36000.00"), "{closing}");
    app.put_stack(stack.into_inner().map_err(|_| anyhow::anyhow!("a killer panicked"))?);
    let receipts = std::fs::read_dir(app.mail_dir())?
        .filter_map(Result::ok)
        .filter(|file| file.file_name().to_string_lossy().starts_with("receipt."))
        .count();
    ensure!(receipts == 12 * donors, "{receipts} receipts");
    ensure!(app.count("SELECT count(*) FROM charge WHERE state = 'settled'").await? == i64::try_from(12 * donors)?);
    app.finish().await
}

/// SIGKILLs the worker when so many receipts are sent, a third of those of the month, and starts another.
fn kill_in_the_middle(stack: &std::sync::Mutex<api::stack::Stack>, mail: &Path, sent: usize) {
    let receipts = || {
        std::fs::read_dir(mail).map_or(0, |files| {
            files
                .filter_map(Result::ok)
                .filter(|file| file.file_name().to_string_lossy().starts_with("receipt."))
                .count()
        })
    };
    let deadline = Instant::now() + Duration::from_mins(10);
    while receipts() < sent && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut stack = stack.lock().expect("no other thread holds it");
    let worker = stack.workers().remove(0);
    worker.kill().expect("the worker can be killed");
    stack.add_worker(&[]).expect("another worker starts");
}

#[tokio::test]
async fn g2_three_thousand_a_month_pay_for_nine_products_of_four_thousand() -> Outcome {
    products_of_a_year("3000.00", 9, "0.00").await
}

#[tokio::test]
async fn g3_two_thousand_four_hundred_a_month_pay_for_seven_with_800_over() -> Outcome {
    products_of_a_year("2400.00", 7, "800.00").await
}

/// One donor gives an amount a month for a year; how many milestones of 4,000.00 are funded by it.
async fn products_of_a_year(monthly: &str, products: usize, over: &str) -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let plan = tests::monthly(&campaign, "donor", monthly, day(1, 1), 12, "sandbox_ok")?;
    stage.pledge(&campaign, &plan).await?;
    let mut funded = 0;
    for month in 1..=12 {
        stage.cast.advance(date(next_year(), month, 1)).await?;
        stage.cast.advance(date(next_year(), month, 4)).await?;
        while stage.milestone(&campaign, "4000.00", serde_json::json!({})).await.is_ok() {
            funded += 1;
        }
    }
    ensure!(funded == products, "{funded} products");
    let id = api::demo::client::text(&campaign, "/id")?;
    let totals = stage.cast.treasurer.get(&format!("/v1/campaigns/{id}/totals")).await?.ok()?;
    ensure!(totals["available"]["amount"] == over, "{totals}");
    stage.app.finish().await
}
