//! On which day a mirror counts, which order floors follow, and to which pair an exchange account belongs.

use super::{entry, is, keep};
use crate::host::Host;
use anyhow::ensure;
use api::demo::client::Answer;
use serde_json::{Value, json};

type Outcome = anyhow::Result<()>;

async fn post(host: &Host, body: &Value) -> anyhow::Result<Value> {
    host.treasurer.post(&host.at("/journal-entries"), body).await?.ok()
}

async fn reverse(host: &Host, number: &Value, effective: Option<&str>) -> anyhow::Result<Answer> {
    let asked = json!({"reason": "posted twice", "effective": effective});
    host.treasurer.post(&host.at(&format!("/journal-entries/{number}:reverse")), &asked).await
}

/// The balance of the bank as of a day.
async fn bank(host: &Host, day: &str) -> anyhow::Result<Value> {
    let trial = host.treasurer.all(&host.at(&format!("/reports/trial-balance?as_of={day}"))).await?;
    let line = trial.into_iter().find(|line| line["code"] == "assets:bank").unwrap_or_default();
    Ok(json!([line["debit"]["amount"], line["credit"]["amount"]]))
}

#[tokio::test]
async fn fl7_a_mirror_never_takes_effect_before_its_original() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let today = host.treasurer.get(&host.at("")).await?.ok()?["today"].clone();
    // In the past, in the future, and in what is closed meanwhile.
    let past = post(&host, &entry("assets:bank", "equity:own", "7.00", "2026-01-05")).await?;
    let future = post(&host, &entry("assets:bank", "equity:own", "7.00", "2127-03-01")).await?;
    let closed = post(&host, &entry("assets:bank", "equity:own", "7.00", "2025-12-31")).await?;
    let until = post(&host, &entry("assets:bank", "equity:own", "7.00", "2126-03-01")).await?;
    host.treasurer.post(&host.at("/periods/2025-12-31:close"), &json!({})).await?.ok()?;

    let early = reverse(&host, &future["number"], Some("2127-02-28")).await?;
    is(&early, 422, "invalid");
    assert_eq!(early.body["errors"][0]["pointer"], "/effective");
    let late = reverse(&host, &past["number"], Some("2127-02-28")).await?;
    assert_eq!(late.body["errors"][0]["pointer"], "/effective", "{late:?}");
    is(&reverse(&host, &closed["number"], Some("2025-12-31")).await?, 409, "closed-period");

    let before = bank(&host, "2127-02-28").await?;
    let of_future = reverse(&host, &future["number"], None).await?.ok()?;
    assert_eq!(of_future["effective"], "2127-03-01");
    assert_eq!(bank(&host, "2127-02-28").await?, before, "what has not taken effect cannot be taken back before");
    assert_eq!(reverse(&host, &past["number"], None).await?.ok()?["effective"], "2026-01-05");
    let of_closed = reverse(&host, &closed["number"], None).await?.ok()?;
    ensure!(of_closed["effective"].as_str() > Some("2025-12-31") && of_closed["effective"] != "2127-03-01", "{today}");
    assert_eq!(reverse(&host, &until["number"], Some("2126-03-01")).await?.ok()?["effective"], "2126-03-01");
    host.app.finish().await
}

#[tokio::test]
async fn fl10_floors_follow_the_order_of_records_whatever_the_days() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let empty = entry("equity:own", "assets:bank", "124.50", "2027-02-11");
    post(&host, &empty).await?;
    // Money that counts later may be spent on an earlier day, as it was recorded first.
    post(&host, &entry("assets:bank", "equity:own", "100.00", "2028-06-30")).await?;
    post(&host, &entry("equity:own", "assets:bank", "100.00", "2027-11-20")).await?;
    assert_eq!(bank(&host, "2027-11-25").await?, json!(["0.00", "100.00"]));
    // What counts earlier but is not there in the order of records is refused.
    let early = entry("equity:own", "assets:bank", "0.01", "2027-02-10");
    is(&host.treasurer.post(&host.at("/journal-entries"), &early).await?, 409, "below-floor");
    host.app.finish().await
}

fn amount(digits: &str, unit: &str) -> Value {
    json!({"amount": digits, "currency": unit})
}

/// Buys `bought` for dollars through a pair of exchange accounts.
fn exchange(unit: &str, bought: &str, paid: &str, of: &str, against: &str) -> Value {
    let leg = |account: &str, side: &str, amount: Value| json!({"account": account, "side": side, "amount": amount});
    json!({"effective": "2026-01-05", "legs": [
        leg(&format!("assets:bank:{}", unit.to_lowercase()), "debit", amount(bought, unit)),
        leg(of, "credit", amount(bought, unit)),
        leg(against, "debit", amount(paid, "USD")),
        leg("assets:bank", "credit", amount(paid, "USD")),
    ]})
}

#[tokio::test]
async fn fl25_an_exchange_account_belongs_to_one_pair_and_each_pair_has_its_own_gain() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    for (code, class, currency) in [
        ("assets:bank:eur", "asset", "EUR"),
        ("assets:bank:jpy", "asset", "JPY"),
        ("equity:exchange:eur", "exchange", "EUR"),
        ("equity:exchange:jpy", "exchange", "JPY"),
        ("equity:exchange:usd", "exchange", "USD"),
        ("equity:exchange:usd-jpy", "exchange", "USD"),
    ] {
        let body = json!({"code": code, "class": class, "currency": currency});
        host.treasurer.post(&host.at("/accounts"), &body).await?.ok()?;
    }
    let (route, dry) = (host.at("/journal-entries"), host.at("/journal-entries?dry_run=true"));
    let jpy = |against: &str| exchange("JPY", "1500", "10.00", "equity:exchange:jpy", against);
    // What is only tried makes no pair.
    assert_eq!(host.treasurer.post(&dry, &jpy("equity:exchange:usd")).await?.status, 200);
    let eur = exchange("EUR", "100.00", "110.00", "equity:exchange:eur", "equity:exchange:usd");
    post(&host, &eur).await?;
    let key = json!({"on_error": "continue", "entries": [{"key": "one", "entry": jpy("equity:exchange:usd")}]});
    let batch = host.treasurer.post(&host.at("/journal-entries:batch"), &key).await?.ok()?;
    assert_eq!(batch["items"][0]["verdict"], "refused", "{batch}");
    for target in [&route, &dry] {
        let refused = host.treasurer.post(target, &jpy("equity:exchange:usd")).await?;
        is(&refused, 422, "invalid");
        assert_eq!(refused.body["errors"][0]["pointer"], "/legs");
        let detail = refused.body["detail"].as_str().unwrap_or_default();
        ensure!(detail.contains("equity:exchange:usd belongs to a pair"), "{detail}");
    }
    post(&host, &jpy("equity:exchange:usd-jpy")).await?;
    let value = async |account: &str, against: &str, rate: &str| {
        let asked = json!({"account": account, "against": against, "rate": rate, "date": "2026-01-31"});
        host.treasurer.post(&host.at("/exchange-results"), &asked).await
    };
    let mixed = value("equity:exchange:jpy", "equity:exchange:usd", "0.0065").await?;
    is(&mixed, 422, "invalid");
    assert_eq!(mixed.body["errors"][0]["pointer"], "/against");
    // 100 EUR for 110 USD are 109.50 by now, 1,500 JPY for 10 USD are 9.75.
    for (account, against, rate, gain) in [
        ("equity:exchange:eur", "equity:exchange:usd", "1.095", "-0.50"),
        ("equity:exchange:jpy", "equity:exchange:usd-jpy", "0.0065", "-0.25"),
    ] {
        let posted = value(account, against, rate).await?.ok()?;
        assert_eq!(posted["gain"], amount(gain, "USD"), "{posted}");
        let even = value(account, against, rate).await?.ok()?;
        assert_eq!(even["entry"], Value::Null, "neither moves the other: {even}");
    }
    host.app.finish().await
}

#[tokio::test]
async fn u3_refusals_name_accounts_by_their_codes() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    for (code, currency) in [("equity:exchange:eur-usd:eur", "EUR"), ("equity:exchange:eur-usd:usd", "USD")] {
        let body = json!({"code": code, "class": "exchange", "currency": currency});
        host.treasurer.post(&host.at("/accounts"), &body).await?.ok()?;
    }
    let lot = entry("assets:bank", "equity:exchange:eur-usd:usd", "1.00", "2026-01-05");
    post(&host, &lot).await?;
    let asked = json!({
        "account": "equity:exchange:eur-usd:eur", "against": "equity:exchange:eur-usd:usd", "rate": "1",
        "date": "2026-01-31",
    });
    host.treasurer.post(&host.at("/exchange-results"), &asked).await?.ok()?;
    // An account that the service opened, and whose class no entry by hand moves.
    let by_hand = entry("assets:bank", "income:exchange-gain:usd", "1.00", "2026-02-01");
    let refused = host.treasurer.post(&host.at("/journal-entries"), &by_hand).await?;
    is(&refused, 409, "no-such-movement");
    let told = "no movement of this kind leads from income:exchange-gain:usd to assets:bank";
    assert_eq!(refused.body["detail"], told);
    let batch = json!({"on_error": "all_or_nothing", "entries": [{"key": "one", "entry": by_hand}]});
    let refused = host.treasurer.post(&host.at("/journal-entries:batch"), &batch).await?;
    assert_eq!(refused.body["detail"], format!("entry 0 of the batch: {told}"));
    host.app.finish().await
}
