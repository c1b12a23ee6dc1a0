//! Sums of any size: amounts are bounded, and an account's own sums, but what a report adds up over accounts is not.

use super::is;
use crate::host::Host;
use anyhow::{Context as _, ensure};
use api::demo::client::Answer;
use serde_json::{Value, json};
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
