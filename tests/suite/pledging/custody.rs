//! Money that nobody claims stays its donor's, whatever terms are written later.

use super::Outcome;
use super::donors::{browse, link, look};
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::text;
use jiff::ToSpan as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Stage, day, once};

async fn money(stage: &Stage, pledge: &Value) -> anyhow::Result<Value> {
    let path = format!("/v1/pledges/{}/money", text(pledge, "/id")?);
    Ok(stage.cast.partner.get(&path).await?.ok()?["parts"].clone())
}

async fn waits(stage: &Stage, pledge: &Value, amount: &str) -> Outcome {
    let found = money(stage, pledge).await?;
    ensure!(found[0]["returnable"]["amount"] == usd(amount) && found[0]["returnable"]["why"] == "idle", "{found}");
    Ok(())
}

#[tokio::test]
async fn c1_what_nobody_claims_for_two_years_waits_for_its_donor_whatever_terms_are_written_later() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let (partner, treasurer, operator) = (&stage.cast.partner, &stage.cast.treasurer, &stage.cast.operator);
    let campaign = stage.campaign().await?;
    let other = stage.cast.campaign("open-loom", "Open loom", "1000.00").await?;
    let mut pledges = Vec::new();
    for reference in ["ada", "bob", "cem"] {
        let body = once(&campaign, reference, "2500.00", day(1, 5), "sandbox_ok")?;
        pledges.push(stage.pledge(&campaign, &body).await?);
    }
    stage.cast.advance(day(1, 8)).await?;

    // Later terms say that it is forfeited. They are for later pledges; and fees that they name are of those alone.
    let id = text(&campaign, "/id")?;
    let terms = json!({"terms": "What is not claimed within two years belongs to the host.",
                       "fees": [{"to": "host", "percent": "100"}]});
    let written = treasurer.post(&format!("/v1/campaigns/{id}/terms"), &terms).await?.ok()?;
    ensure!(written["version"] == 2 && written["terms_sha256"] != campaign["terms_sha256"], "{written}");
    let now = partner.get(&format!("/v1/campaigns/{id}")).await?.ok()?;
    ensure!(now["terms_sha256"] == written["terms_sha256"] && now["terms_version"] == 2, "{now}");
    let versions = partner.all(&format!("/v1/campaigns/{id}/terms")).await?;
    let digests: Vec<&Value> = versions.iter().map(|version| &version["terms_sha256"]).collect();
    ensure!(digests == [&campaign["terms_sha256"], &written["terms_sha256"]], "{versions:?}");
    let late = once(&campaign, "dan", "5.00", day(1, 9), "sandbox_ok")?;
    let refused = partner.post(&format!("/v1/campaigns/{id}/pledges"), &late).await?;
    ensure!(refused.status == 409 && refused.body["type"] == "/problems/terms-mismatch", "{refused:?}");

    let found = money(&stage, &pledges[0]).await?;
    ensure!(found[0]["held"] == usd("2500.00") && found[0]["returnable"].is_null(), "{found}");
    let early = partner.post(&format!("/v1/pledges/{}:return", text(&pledges[0], "/id")?), &json!({})).await?;
    ensure!(early.status == 409 && early.body["type"] == "/problems/not-returnable", "{early:?}");
    stage.cast.advance(day(1, 8).saturating_add(2.years()).saturating_add(1.day())).await?;
    for pledge in &pledges {
        ensure!(stage.again(pledge).await?["terms_sha256"] == campaign["terms_sha256"]);
        waits(&stage, pledge, "2500.00").await?;
    }
    let totals = partner.get(&format!("/v1/campaigns/{id}/totals")).await?.ok()?;
    ensure!(totals["returnable"] == usd("7500.00") && totals["available"] == usd("7500.00"), "{totals}");
    let told = async |stage: &Stage| {
        let all = partner.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
        anyhow::Ok(all.iter().filter(|mail| mail["kind"] == "returnable").count())
    };
    ensure!(told(&stage).await? == 3, "each donor is told once");

    // Nobody at the host and no operator takes it by a raw entry, though the account that it would go to is there.
    let fund = format!("liabilities:fund:{}", text(&campaign, "/slug")?);
    let book = format!("/v1/books/{}", stage.cast.book);
    let income = json!({"code": "income:forfeited", "class": "income", "currency": "USD"});
    treasurer.post(&format!("{book}/accounts"), &income).await?.ok()?;
    let entry =
        |from: &str| json!({"lines": [{"debit": from, "credit": "income:forfeited", "amount": usd("2500.00")}]});
    for by in [treasurer, operator] {
        for dry_run in ["?dry_run=true", ""] {
            let refused = by.post(&format!("{book}/journal-entries{dry_run}"), &entry(&fund)).await?;
            ensure!(refused.body["type"] == "/problems/no-such-movement", "{refused:?}");
        }
    }
    ensure!(stage.balance(&fund).await? == "7500.00", "{}", stage.balance(&fund).await?);

    // A year later it still waits, and the donor has the choice: by their link, or through the partner.
    stage.cast.days_pass(400).await?;
    ensure!(told(&stage).await? == 3, "nobody is told twice");
    let (url, _) = link(&stage, &pledges[0]).await?;
    let token = url.rsplit('/').next().context("a token")?;
    let page = look(&url).await?.body;
    ensure!(page.contains("2500.00 USD</strong> waits for your word") && page.contains("Have it back"), "{page}");
    let form = format!("token={token}&pledge={}&step=return", text(&pledges[0], "/id")?);
    let change = format!("{}/donors/change", stage.app.base_url());
    let done = browse(Method::POST, &change, "text/html", "same-origin", Some(&form)).await?;
    ensure!(done.status == StatusCode::SEE_OTHER, "{} {}", done.status, done.body);
    let back = partner.post(&format!("/v1/pledges/{}:return", text(&pledges[1], "/id")?), &json!({})).await?.ok()?;
    ensure!(back["refunds"][0]["sent"] == usd("2500.00"), "{back}");
    let to = json!({"campaign": other["id"], "move_settled": true});
    let moved = partner.post(&format!("/v1/pledges/{}:redirect", text(&pledges[2], "/id")?), &to).await?.ok()?;
    ensure!(moved["moved"] == usd("2500.00"), "{moved}");
    stage.cast.days_pass(3).await?;
    for pledge in &pledges[..2] {
        ensure!(stage.again(pledge).await?["state"] == "refunded");
    }
    let found = money(&stage, &pledges[2]).await?;
    ensure!(
        found[0]["campaign"] == other["id"] && found[0]["returnable"].is_null(),
        "another fund, another time: {found}"
    );
    let totals = partner.get(&format!("/v1/campaigns/{id}/totals")).await?.ok()?;
    ensure!(totals["returnable"] == usd("0.00") && totals["refunded"] == usd("5000.00"), "{totals}");
    stage.app.finish().await
}
