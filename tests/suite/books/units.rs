//! Units of a book over HTTP: made once, accounts kept in them, and every figure with the unit's own digits.

use anyhow::ensure;
use api::demo::client::Answer;
use serde_json::{Value, json};
use tests::{Stage, hledger};
use uuid::Uuid;

type Outcome = anyhow::Result<()>;

/// A book that keeps hours with two digits beside dollars.
async fn workshop() -> anyhow::Result<(Stage, String)> {
    let stage = Stage::set().await?;
    let path = format!("/v1/books/{}", stage.cast.book);
    let hours = json!({"code": "HOURS", "name": "Attested hours", "exponent": 2, "counts": "hours"});
    stage.cast.treasurer.post(&format!("{path}/units"), &hours).await?.ok()?;
    for (code, class, unit, floor) in [
        ("expenses:work", "expense", "HOURS", None),
        ("liabilities:hours:a", "liability", "HOURS", Some("-10.00")),
        ("expenses:wood", "expense", "USD", None),
        ("assets:bank", "asset", "USD", None),
    ] {
        let body = json!({"code": code, "class": class, "currency": unit, "floor": floor});
        stage.cast.treasurer.post(&format!("{path}/accounts"), &body).await?.ok()?;
    }
    Ok((stage, path))
}

fn amount(digits: &str, unit: &str) -> Value {
    json!({"amount": digits, "currency": unit})
}

fn work(digits: &str) -> Value {
    let line = json!({"debit": "expenses:work", "credit": "liabilities:hours:a", "amount": amount(digits, "HOURS")});
    json!({"lines": [line], "effective": "2027-02-01"})
}

fn is_wrong_at(answer: &Answer, pointer: &str) -> bool {
    answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer
}

#[tokio::test]
async fn a_unit_is_made_by_keepers_once_and_read_in_pages() -> Outcome {
    let (stage, path) = workshop().await?;
    let (treasurer, units) = (&stage.cast.treasurer, format!("{path}/units"));
    let new = |code: &str, exponent: i32, counts: &str| json!({"code": code, "name": "x", "exponent": exponent, "counts": counts});
    for (body, pointer) in [
        (new("hours", 0, "hours"), "/code"),
        (new("USD", 2, "other"), "/code"),
        (new("XAU", 2, "other"), "/code"),
        (new("PLEDGED.USD", 2, "commitment"), "/code"),
        (new("POINTS", 9, "points"), "/exponent"),
        (new("POINTS", 0, "dreams"), "/counts"),
    ] {
        let refused = treasurer.post(&units, &body).await?;
        ensure!(is_wrong_at(&refused, pointer), "{refused:?}");
    }
    let again = treasurer.post(&units, &new("HOURS", 1, "hours")).await?;
    ensure!(again.status == 409 && again.body["type"] == "/problems/unit-exists", "{again:?}");
    let points = new("POINTS", 0, "points");
    let made = treasurer.post_keyed(&units, &points, "points").await?;
    let replayed = treasurer.post_keyed(&units, &points, "points").await?;
    ensure!(made.status == 201 && replayed.replayed && replayed.body == made.body, "{made:?}");
    let outsider = stage.app.nobody()?.post(&units, &new("SHIFTS", 0, "units")).await?;
    ensure!(outsider.status == 401, "{outsider:?}");

    let page = treasurer.get(&format!("{units}?limit=1")).await?.ok()?;
    ensure!(page["items"][0]["code"] == "HOURS" && page["next_cursor"].is_string(), "{page}");
    ensure!(treasurer.all(&units).await?.len() == 2);
    let shown = treasurer.get(&format!("{units}/HOURS")).await?.ok()?;
    ensure!(shown["exponent"] == 2 && shown["counts"] == "hours" && shown["name"] == "Attested hours", "{shown}");
    ensure!(treasurer.get(&format!("{units}/USD")).await?.status == 404, "a currency is no unit of the book");
    stage.app.finish().await
}

#[tokio::test]
async fn hours_are_posted_and_shown_with_their_own_digits_wherever_money_is() -> Outcome {
    let (stage, path) = workshop().await?;
    let treasurer = &stage.cast.treasurer;
    let entries = format!("{path}/journal-entries");
    let posted = treasurer.post(&entries, &work("7.5")).await?.ok()?;
    ensure!(posted["lines"][0]["amount"] == amount("7.50", "HOURS"), "{posted}");
    ensure!(posted["legs"][1]["amount"] == amount("7.50", "HOURS"), "{posted}");
    let leg = |account: &str, side: &str, amount: Value| json!({"account": account, "side": side, "amount": amount});
    let mixed = json!({"effective": "2027-02-01", "legs": [
        leg("expenses:work", "debit", amount("2", "HOURS")), leg("assets:bank", "credit", amount("12", "USD")),
        leg("expenses:wood", "debit", amount("12", "USD")), leg("liabilities:hours:a", "credit", amount("2", "HOURS")),
    ]});
    let tried = treasurer.post(&format!("{entries}?dry_run=true"), &mixed).await?.ok()?;
    ensure!(tried["number"] == 2, "{tried}");
    treasurer.post(&entries, &mixed).await?.ok()?;
    let batch =
        json!({"on_error": "continue", "entries": [{"key": Uuid::now_v7().to_string(), "entry": work("0.25")}]});
    let verdicts = treasurer.post(&format!("{entries}:batch"), &batch).await?.ok()?;
    ensure!(verdicts["items"][0]["verdict"] == "posted", "{verdicts}");
    for (wrong, pointer) in [(work("1.005"), "/lines/0/amount/amount"), (work("-1"), "/lines/0/amount/amount")] {
        let refused = treasurer.post(&entries, &wrong).await?;
        ensure!(is_wrong_at(&refused, pointer), "{refused:?}");
    }

    ensure!(stage.balance("liabilities:hours:a").await? == "9.75");
    let statement = treasurer.get(&format!("{path}/accounts/expenses:work/statement")).await?.ok()?;
    ensure!(statement["closing"] == amount("9.75", "HOURS"), "{statement}");
    let trial = treasurer.all(&format!("{path}/reports/trial-balance")).await?;
    ensure!(trial.iter().any(|line| line["credit"] == amount("9.75", "HOURS")), "{trial:?}");
    let result =
        treasurer.get(&format!("{path}/reports/income-statement?from=2027-01-01&to=2027-12-31")).await?.ok()?;
    let expenses: Vec<&Value> =
        result["totals"].as_array().into_iter().flatten().map(|sums| &sums["expenses"]).collect();
    ensure!(expenses == [&amount("9.75", "HOURS"), &amount("12.00", "USD")], "{result}");
    let short = json!({"lines": [
        {"debit": "liabilities:hours:a", "credit": "expenses:work", "amount": amount("19.76", "HOURS")}]});
    let refused = treasurer.post(&entries, &short).await?;
    ensure!(refused.body["detail"] == "liabilities:hours:a would fall 0.01 HOURS below its floor", "{refused:?}");

    let hold = json!({"account": "liabilities:hours:a", "amount": amount("1.5", "HOURS")});
    let held = treasurer.post(&format!("{path}/holds"), &hold).await?.ok()?;
    ensure!(held["amount"] == amount("1.50", "HOURS"), "{held}");
    let journal = treasurer.download(&format!("{path}/export?format=hledger")).await?;
    ensure!(journal.contains("commodity 1000.00 HOURS\n") && journal.contains("  7.50 HOURS\n"), "{journal}");
    let file = tempfile::Builder::new().suffix(".journal").tempfile()?;
    std::fs::write(file.path(), &journal)?;
    hledger(file.path(), &["check", "--strict"])?;
    stage.app.finish().await
}

#[tokio::test]
async fn an_entry_across_currencies_goes_through_exchange_accounts_and_its_gain_is_posted() -> Outcome {
    let (stage, path) = workshop().await?;
    let treasurer = &stage.cast.treasurer;
    for (code, class, currency) in [
        ("assets:bank:eur", "asset", "EUR"),
        ("equity:exchange:eur-usd:eur", "exchange", "EUR"),
        ("equity:exchange:eur-usd:usd", "exchange", "USD"),
    ] {
        let body = json!({"code": code, "class": class, "currency": currency});
        treasurer.post(&format!("{path}/accounts"), &body).await?.ok()?;
    }
    let leg = |account: &str, side: &str, amount: Value| json!({"account": account, "side": side, "amount": amount});
    let bought = json!({"effective": "2026-01-05", "legs": [
        leg("assets:bank:eur", "debit", amount("100.00", "EUR")),
        leg("equity:exchange:eur-usd:eur", "credit", amount("100.00", "EUR")),
        leg("equity:exchange:eur-usd:usd", "debit", amount("110.00", "USD")),
        leg("assets:bank", "credit", amount("110.00", "USD")),
    ]});
    treasurer.post(&format!("{path}/journal-entries"), &bought).await?.ok()?;
    let route = format!("{path}/exchange-results");
    let asked = |rate: &str| {
        json!({
            "account": "equity:exchange:eur-usd:eur", "against": "equity:exchange:eur-usd:usd", "rate": rate,
            "date": "2026-01-31",
        })
    };
    ensure!(is_wrong_at(&treasurer.post(&route, &asked("0")).await?, "/rate"));
    let posted = treasurer.post_keyed(&route, &asked("1.12"), "january").await?;
    ensure!(posted.status == 201 && posted.body["gain"] == amount("2.00", "USD"), "{posted:?}");
    let line = &posted.body["entry"]["lines"][0];
    ensure!(line["kind"] == "exchange_gain" && line["credit"] == "income:exchange-gain:usd", "{posted:?}");
    ensure!(treasurer.post_keyed(&route, &asked("1.12"), "january").await?.replayed);
    let even = treasurer.post(&route, &asked("1.12")).await?;
    ensure!(
        even.status == 200 && even.body["entry"].is_null() && even.body["gain"] == amount("0.00", "USD"),
        "{even:?}"
    );
    let journal = treasurer.download(&format!("{path}/export?format=hledger")).await?;
    let file = tempfile::Builder::new().suffix(".journal").tempfile()?;
    std::fs::write(file.path(), &journal)?;
    hledger(file.path(), &["check", "--strict"])?;
    stage.app.finish().await
}
