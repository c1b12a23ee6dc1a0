//! A gift in another currency over HTTP: two months at two rates, and the way back with a loss and a gain.

use super::Outcome;
use super::donors::{browse, link, look};
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::text;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Stage, day, monthly};

fn chf(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CHF"})
}

/// The partner reports what came of 50.00 CHF.
async fn came(stage: &Stage, charge: &Value, event: &str, amount: &str) -> anyhow::Result<Value> {
    let path = format!("/v1/charges/{}:capture", text(charge, "/id")?);
    let report =
        json!({"event_id": event, "provider_reference": event, "amount": usd(amount), "original": chf("50.00")});
    stage.cast.partner.post(&path, &report).await?.ok()
}

/// The host gives a part back, and the partner says what it cost.
async fn back(stage: &Stage, charge: &Value, part: Value, cost: &str) -> anyhow::Result<Value> {
    let path = format!("/v1/charges/{}:refund", text(charge, "/id")?);
    let asked = stage.cast.treasurer.post(&path, &part).await?.ok()?;
    let id = text(&asked, "/id")?;
    let report = json!({"provider_reference": format!("back-{id}"), "settled_amount": usd(cost)});
    stage.cast.partner.post(&format!("/v1/refunds/{id}:settle"), &report).await?.ok()
}

#[tokio::test]
async fn a_plan_in_another_currency_brings_what_each_months_rate_makes_of_it_and_a_refund_gives_the_original_back()
-> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let mut body = monthly(&campaign, "ada", "55.00", day(1, 5), 2, "")?;
    body["rail"] = json!("partner");
    for (original, pointer) in [
        (usd("50.00"), "/original/currency"),
        (json!({"amount": "50.00", "currency": "XAU"}), "/original/currency"),
        (json!({"amount": "50.001", "currency": "CHF"}), "/original/amount"),
        (json!({"amount": "50.5", "currency": "JPY"}), "/original/amount"),
    ] {
        body["original"] = original;
        let refused = stage.cast.partner.post(&path, &body).await?;
        ensure!(refused.status == 422 && refused.body["errors"][0]["pointer"] == pointer, "{refused:?}");
    }
    body["original"] = chf("50.00");
    let mut sandbox = body.clone();
    (sandbox["rail"], sandbox["token"]) = (json!("sandbox"), json!("sandbox_ok"));
    let refused = stage.cast.partner.post(&path, &sandbox).await?;
    ensure!(refused.status == 409 && refused.body["type"] == "/problems/original-refused", "{refused:?}");
    let pledge = stage.pledge(&campaign, &body).await?;
    ensure!(pledge["original"] == chf("50.00") && pledge["amount"] == usd("55.00"), "{pledge}");

    stage.cast.advance(day(1, 5)).await?;
    let first = stage.charge(&pledge, 1).await?;
    ensure!(first["promised"] == usd("55.00") && first["rate"] == "1.1000000000", "{first}");
    let report = format!("/v1/charges/{}:capture", text(&first, "/id")?);
    for (amount, original, code) in [
        ("57.00", Value::Null, "capture-amount"),
        ("57.00", chf("49.00"), "original-differs"),
        ("66.01", chf("50.00"), "rate-out-of-bounds"),
    ] {
        let wrong = json!({"event_id": "w", "provider_reference": "w", "amount": usd(amount), "original": original});
        let refused = stage.cast.partner.post(&report, &wrong).await?;
        ensure!(refused.status == 409 && refused.body["type"] == format!("/problems/{code}"), "{refused:?}");
    }
    let captured = came(&stage, &first, "pay-1", "57.00").await?;
    ensure!(captured["amount"] == usd("57.00") && captured["original"] == chf("50.00"), "{captured}");
    ensure!(captured["rate"] == "1.1400000000" && came(&stage, &first, "pay-1", "57.00").await? == captured);
    stage.cast.advance(day(2, 5)).await?;
    let second = stage.charge(&pledge, 2).await?;
    ensure!(came(&stage, &second, "pay-2", "52.00").await?["rate"] == "1.0400000000");
    stage.cast.advance(day(2, 9)).await?;
    ensure!(stage.balance("liabilities:fund:").await? == "109.00");

    // What the donor is shown.
    let (url, _) = link(&stage, &pledge).await?;
    let page = look(&url).await?.body;
    for said in ["50.00 CHF, about 55.00 USD each month", "57.00 USD (50.00 CHF at 1.1400000000)"] {
        ensure!(page.contains(said), "{said} is missing in {page}");
    }
    let receipts = stage.cast.partner.all(&format!("/v1/pledges/{}/receipts", text(&pledge, "/id")?)).await?;
    ensure!(receipts[0]["original"] == chf("50.00") && receipts[0]["rate"] == "1.1400000000", "{receipts:?}");
    let one = format!("{url}/receipts/{}", text(&receipts[0], "/number")?);
    let plain = browse(Method::GET, &one, "text/plain", "same-origin", None).await?.body;
    for page in [plain, look(&one).await?.body] {
        ensure!(page.contains("57.00 USD") && page.contains("50.00 CHF, at 1.1400000000 on"), "{page}");
    }
    let data: Value = serde_json::from_str(&look(&format!("{url}/data.json")).await?.body)?;
    ensure!(data.to_string().contains("\"original_currency\":\"CHF\""), "{data}");
    let mails = stage.cast.partner.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
    let mail = mails.iter().find(|mail| mail["kind"] == "receipt").context("a receipt")?;
    ensure!(mail.to_string().contains("57.00 USD (50.00 CHF at 1.1400000000)"), "{mail}");

    // A part of the first month goes back at a loss, the rest at a gain; the second without a word of its cost.
    let part = back(&stage, &first, json!({"amount": usd("19.00")}), "20.50").await?;
    ensure!(part["original"] == chf("16.66") && part["settled_amount"] == usd("20.50"), "{part}");
    let rest = back(&stage, &first, json!({}), "37.00").await?;
    ensure!(rest["original"] == chf("33.34") && rest["sent"] == usd("38.00"), "{rest}");
    let id = text(&rest, "/id")?.to_owned();
    let other = json!({"provider_reference": format!("back-{id}"), "settled_amount": usd("38.00")});
    let refused = stage.cast.partner.post(&format!("/v1/refunds/{id}:settle"), &other).await?;
    ensure!(refused.status == 409 && refused.body["type"] == "/problems/refund-over", "{refused:?}");
    for (prefix, stands) in [
        ("expenses:exchange-differences", "1.50"),
        ("income:exchange-differences", "1.00"),
        ("liabilities:exchange-differences:", "0.50"),
        ("liabilities:fund:", "52.00"),
        ("assets:cash:", "52.00"),
    ] {
        let found = stage.balance(prefix).await?;
        ensure!(found == stands, "{prefix} {found}");
    }
    ensure!(stage.charge(&pledge, 1).await?["state"] == "refunded");
    let entry = format!("/v1/books/{}/journal-entries/{}", stage.cast.book, captured["entry"]);
    let entry = stage.cast.treasurer.get(&entry).await?.ok()?;
    ensure!(entry["memo"] == "Charge captured, given as 50.00 CHF", "{entry}");
    stage.app.finish().await
}
