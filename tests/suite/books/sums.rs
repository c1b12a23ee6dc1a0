//! Sums of any size: amounts are bounded, and an account's own sums, but what a report adds up over accounts is not.

use super::is;
use crate::host::Host;
use anyhow::{Context as _, ensure};
use api::demo::client::Answer;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

type Outcome = anyhow::Result<()>;

/// The largest amount, in minor units.
const AMOUNT_MAX: i128 = 9_007_199_254_740_991;

/// Minor units as a decimal.
fn digits(minor: i128, exponent: usize) -> String {
    let mut text = format!("{minor:0>width$}", width = exponent + 1);
    if exponent > 0 {
        text.insert(text.len() - exponent, '.');
    }
    text
}

/// Posts as many lines of the largest amount from one account to another.
async fn post(
    host: &Host,
    debit: &str,
    credit: &str,
    (unit, exponent): (&str, usize),
    lines: usize,
) -> anyhow::Result<Answer> {
    let line = json!({
        "debit": debit, "credit": credit, "amount": {"amount": digits(AMOUNT_MAX, exponent), "currency": unit},
    });
    let entry = json!({"effective": "2027-02-01", "lines": vec![line; lines]});
    host.treasurer.post(&host.at("/journal-entries"), &entry).await
}

#[tokio::test]
async fn fl21_every_report_shows_sums_that_are_larger_than_any_account() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    let units = [("USD", 2, "usd"), ("JPY", 0, "jpy"), ("FINE", 8, "fine")];
    let fine = json!({"code": "FINE", "name": "Fine", "exponent": 8, "counts": "other"});
    host.treasurer.post(&host.at("/units"), &fine).await?.ok()?;
    for (unit, exponent, name) in units {
        let code = |rest: &str| format!("{rest}:{name}");
        for place in ["one", "two"] {
            for (root, class) in [("assets", "asset"), ("income", "income"), ("expenses", "expense")] {
                let body = json!({"code": code(&format!("{root}:{place}")), "class": class, "currency": unit});
                host.treasurer.post(&host.at("/accounts"), &body).await?.ok()?;
            }
            let (bank, income) = (code(&format!("assets:{place}")), code(&format!("income:{place}")));
            post(&host, &bank, &income, (unit, exponent), 1_000).await?.ok()?;
        }
        // 2^63 are 1,024 amounts and 24 more: past that no account counts, and it says so.
        for _ in 0..2 {
            let full = post(&host, &code("assets:one"), &code("income:two"), (unit, exponent), 25).await?;
            is(&full, 409, "sum-too-large");
            ensure!(full.body["detail"].as_str().is_some_and(|detail| detail.contains("assets:one")), "{full:?}");
        }
        let spent = post(&host, &code("expenses:one"), &code("assets:two"), (unit, exponent), 1).await?;
        ensure!(spent.status == 201, "{spent:?}");
    }
    let get = async |rest: &str| host.treasurer.get(&host.at(rest)).await?.ok();
    let of = |totals: &Value, name: &str, unit: &str| -> Option<Value> {
        let totals = totals["totals"].as_array()?;
        totals.iter().map(|sums| &sums[name]).find(|sum| sum["currency"] == unit).map(|sum| sum["amount"].clone())
    };
    for as_of in ["", "as_of=2027-02-01"] {
        let sheet = get(&format!("/reports/balance-sheet?{as_of}")).await?;
        let tree = get(&format!("/account-tree?depth=1&{as_of}")).await?;
        let trial = host.treasurer.all(&host.at(&format!("/reports/trial-balance?{as_of}"))).await?;
        ensure!(trial.len() == 15, "{trial:?}");
        for (unit, exponent, _) in units {
            let assets = digits(1_999 * AMOUNT_MAX, exponent);
            assert_eq!(of(&sheet, "assets", unit), Some(json!(assets)));
            assert_eq!(of(&sheet, "result", unit), Some(json!(assets)));
            let sums = tree["items"][0]["sums"].as_array().context("sums")?;
            ensure!(sums.iter().any(|sum| sum["balance"] == json!({"amount": assets, "currency": unit})), "{tree}");
        }
    }
    let result = get("/reports/income-statement?from=2027-01-01&to=2027-12-31").await?;
    for (unit, exponent, _) in units {
        assert_eq!(of(&result, "income", unit), Some(json!(digits(2_000 * AMOUNT_MAX, exponent))));
        assert_eq!(of(&result, "result", unit), Some(json!(digits(1_999 * AMOUNT_MAX, exponent))));
    }
    get("/reports/funds").await?;
    let statement = get("/accounts/assets:two:fine/statement?from=2027-01-01&limit=200").await?;
    ensure!(statement["items"].as_array().is_some_and(|items| items.len() == 200), "{statement}");
    let mut read = String::new();
    for format in ["hledger", "beancount", "csv", "jsonl"] {
        let text = host.treasurer.download(&host.at(&format!("/export?format={format}"))).await?;
        ensure!(text.contains("90071992.54740991"), "{format}");
        write!(read, "{format} {}; ", text.len())?;
    }
    host.app.finish().await
}

/// The accounts of the random entries, with the classes of which reports add them up.
const KEPT: [(&str, &str); 5] = [
    ("assets:one", "asset"),
    ("assets:two", "asset"),
    ("equity:own", "equity"),
    ("income:other", "income"),
    ("expenses:rent", "expense"),
];

/// What the accounts of one unit have moved, as 128 bits count it.
#[derive(Default, Clone)]
struct Moved(BTreeMap<&'static str, (i128, i128)>);

impl Moved {
    fn line(&mut self, debit: &'static str, credit: &'static str, amount: i128) {
        self.0.entry(debit).or_default().0 += amount;
        self.0.entry(credit).or_default().1 += amount;
    }

    /// Whether no account counts more than 64 bits.
    fn fits(&self) -> bool {
        self.0.values().all(|(debits, credits)| (*debits).max(*credits) <= i128::from(i64::MAX))
    }

    /// Debits less credits of all accounts whose code begins so.
    fn net(&self, root: &str) -> i128 {
        self.0.iter().filter(|(code, _)| code.starts_with(root)).map(|(_, (debits, credits))| debits - credits).sum()
    }
}

/// One entry in a unit: of a few lines, or of so many that one account may be full; its amounts at the bounds or between.
fn random_lines(dice: &mut StdRng) -> Vec<(&'static str, &'static str, i128)> {
    let lines = [1, 2, 5, 450, 700][dice.random_range(0..5)];
    // Those of many lines are of the same two accounts, so that these are full in the end.
    let debit = if lines < 10 { dice.random_range(0..5) } else { 0 };
    let credit = (debit + if lines < 10 { dice.random_range(1..5) } else { 3 }) % 5;
    let amount = |dice: &mut StdRng| match dice.random_range(0..5) {
        0 | 1 => AMOUNT_MAX,
        2 => AMOUNT_MAX - 1,
        3 => 1,
        _ => dice.random_range(1..=AMOUNT_MAX),
    };
    (0..lines).map(|_| (KEPT[debit].0, KEPT[credit].0, if lines < 10 { amount(dice) } else { AMOUNT_MAX })).collect()
}

#[tokio::test]
async fn fl21_random_entries_at_the_bounds_are_in_every_report_statement_and_export() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    let units = [("USD", 2, "usd"), ("FINE", 8, "fine")];
    let fine = json!({"code": "FINE", "name": "Fine", "exponent": 8, "counts": "other"});
    host.treasurer.post(&host.at("/units"), &fine).await?.ok()?;
    let seed = std::env::var("COMMONPURSE_SEED").ok().map(|seed| seed.parse()).transpose()?;
    let seed = seed.unwrap_or_else(rand::random::<u64>);
    let (mut dice, mut refused) = (StdRng::seed_from_u64(seed), 0);
    let mut all = Vec::new();
    for (unit, exponent, name) in units {
        for (code, class) in KEPT {
            let body = json!({"code": format!("{code}:{name}"), "class": class, "currency": unit});
            host.treasurer.post(&host.at("/accounts"), &body).await?.ok()?;
        }
        let mut moved = Moved::default();
        for _ in 0..8 {
            let lines = random_lines(&mut dice);
            let mut then = moved.clone();
            lines.iter().for_each(|(debit, credit, amount)| then.line(debit, credit, *amount));
            let line = |(debit, credit, amount): &(&str, &str, i128)| {
                json!({
                    "debit": format!("{debit}:{name}"), "credit": format!("{credit}:{name}"),
                    "amount": {"amount": digits(*amount, exponent), "currency": unit},
                })
            };
            let entry = json!({"effective": "2027-02-01", "lines": lines.iter().map(line).collect::<Vec<_>>()});
            let answer = host.treasurer.post(&host.at("/journal-entries"), &entry).await?;
            if then.fits() {
                ensure!(answer.status == 201, "seed {seed}: {answer:?}");
                moved = then;
            } else {
                is(&answer, 409, "sum-too-large");
                refused += 1;
            }
        }
        all.push(moved);
    }
    println!("seed {seed}: {refused} entries were more than an account can count");
    for ((unit, exponent, name), moved) in units.into_iter().zip(&all) {
        let shown = |minor: i128| json!({"amount": signed(minor, exponent), "currency": unit});
        compare(&host, unit, name, moved, shown).await.with_context(|| format!("seed {seed}"))?;
    }
    for format in ["hledger", "beancount", "csv", "jsonl"] {
        host.treasurer.download(&host.at(&format!("/export?format={format}"))).await.context(format)?;
    }
    host.app.finish().await
}

/// Minor units as a decimal, with a minus where they are less than none.
fn signed(minor: i128, exponent: usize) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}", digits(minor.abs(), exponent))
}

/// Reads whatever adds amounts up, and compares the sums of one unit.
async fn compare(host: &Host, unit: &str, name: &str, moved: &Moved, shown: impl Fn(i128) -> Value) -> Outcome {
    let get = async |rest: &str| host.treasurer.get(&host.at(rest)).await?.ok();
    // A report leaves out what comes to nothing.
    let total = |report: &Value, of: &str| -> Value {
        let totals = report["totals"].as_array().into_iter().flatten();
        totals.map(|sums| sums[of].clone()).find(|sum| sum["currency"] == unit).unwrap_or_else(|| shown(0))
    };
    for as_of in ["", "as_of=2027-02-01"] {
        let sheet = get(&format!("/reports/balance-sheet?{as_of}")).await?;
        assert_eq!(total(&sheet, "assets"), shown(moved.net("assets")));
        assert_eq!(total(&sheet, "result"), shown(-moved.net("income") - moved.net("expenses")));
        let trial = host.treasurer.all(&host.at(&format!("/reports/trial-balance?{as_of}"))).await?;
        for code in moved.0.keys() {
            let code_of = format!("{code}:{name}");
            let (net, none) = (moved.net(code), shown(0));
            let Some(line) = trial.iter().find(|line| line["code"] == *code_of) else {
                ensure!(net == 0, "{code_of} is not in the trial balance: {net}");
                continue;
            };
            ensure!(net != 0, "{code_of} has no balance, and the trial balance shows it");
            let sides = if net < 0 { (none, shown(-net)) } else { (shown(net), none) };
            assert_eq!((&line["debit"], &line["credit"]), (&sides.0, &sides.1), "{code_of}");
        }
        let tree = get(&format!("/account-tree?depth=1&{as_of}")).await?;
        ensure!(tree["items"].as_array().is_some_and(|items| !items.is_empty()), "{tree}");
    }
    let result = get("/reports/income-statement?from=2027-01-01&to=2027-12-31").await?;
    assert_eq!(total(&result, "income"), shown(-moved.net("income")));
    for (code, _) in KEPT {
        let account = format!("/accounts/{code}:{name}");
        get(&format!("{account}/balance")).await?;
        get(&format!("{account}/statement?from=2027-01-01&limit=200")).await?;
    }
    get("/journal-entries").await?;
    get("/reports/funds").await?;
    Ok(())
}
