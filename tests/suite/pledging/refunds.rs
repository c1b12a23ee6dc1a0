//! Fees and refunds over HTTP, through the running worker.

use anyhow::{Context as _, ensure};
use api::demo::cast::{TERMS, usd};
use api::demo::client::text;
use serde_json::{Value, json};
use tests::{Stage, day, once};
use uuid::Uuid;

type Outcome = anyhow::Result<()>;

/// A live campaign whose terms name these fees.
async fn campaign(stage: &Stage, fees: Value) -> anyhow::Result<Value> {
    let body = json!({
        "book": stage.cast.book, "slug": "open-loom", "title": "Open loom", "terms": TERMS, "monthly_goal": usd("1000.00"),
        "lineage": "pro_rata", "fees": fees,
    });
    let made = stage.cast.treasurer.post("/v1/campaigns", &body).await?.ok()?;
    let path = format!("/v1/campaigns/{}:publish", text(&made, "/id")?);
    stage.cast.treasurer.post(&path, &json!({})).await?.ok()
}

#[tokio::test]
async fn p3_a_refund_reported_before_the_capture_ends_refunded_and_the_book_holds_nothing() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let mut body = once(&campaign, "p3", "30.00", day(1, 1), "")?;
    body["rail"] = json!("partner");
    let pledge = stage.pledge(&campaign, &body).await?;
    stage.cast.advance(day(1, 1)).await?;
    let charge = stage.charge(&pledge, 1).await?;
    ensure!(charge["state"] == "processing", "{charge}");
    let path = format!("/v1/charges/{}", text(&charge, "/id")?);
    let made = json!({"event_id": "evt-2", "provider_reference": "pay-1", "refund_reference": "ref-1"});
    let refund = stage.cast.partner.post(&format!("{path}/refunds"), &made).await?.ok()?;
    ensure!(refund["refund"]["state"] == "settled" && refund["refund"]["sent"] == usd("30.00"), "{refund}");
    ensure!(refund["chargeback"].is_null(), "{refund}");
    let again = stage.cast.partner.post(&format!("{path}/refunds"), &made).await?.ok()?;
    ensure!(again == refund, "{again}");
    let event = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    let late = stage.cast.partner.post(&format!("{path}:capture"), &event).await?.ok()?;
    ensure!(late["state"] == "refunded", "{late}");
    stage.cast.advance(day(1, 4)).await?;
    ensure!(stage.again(&pledge).await?["state"] == "refunded");
    for prefix in ["assets:", "liabilities:"] {
        let stands = stage.balance(prefix).await?;
        ensure!(stands == "0.00", "{prefix} {stands}");
    }
    ensure!(stage.app.mails("refund.", "p3@donors.example")? == 1);
    stage.app.finish().await
}

#[tokio::test]
async fn the_host_gives_parts_back_until_the_charge_is_used_up_and_the_answer_says_who_bears_each_fee() -> Outcome {
    let stage = Stage::set().await?;
    let fees = json!([
        {"to": "processor", "percent": "2.9", "fixed": usd("0.30")},
        {"to": "host", "percent": "5", "returned_on_refund": true},
    ]);
    let campaign = campaign(&stage, fees.clone()).await?;
    ensure!(campaign["fees"][1]["percent"] == "5" && campaign["fees"][0]["fixed"] == usd("0.30"), "{campaign}");
    let pledge = stage.pledge(&campaign, &once(&campaign, "part", "100.00", day(1, 1), "sandbox_ok")?).await?;
    stage.cast.advance(day(1, 1)).await?;
    let charge = stage.charge(&pledge, 1).await?;
    ensure!(charge["fees"][0]["amount"] == usd("5.00") && charge["fees"][1]["amount"] == usd("3.20"), "{charge}");
    stage.cast.advance(day(1, 4)).await?;
    ensure!(stage.balance("liabilities:fund:").await? == "91.80");
    ensure!(stage.balance("income:fees").await? == "5.00");

    let path = format!("/v1/charges/{}:refund", text(&charge, "/id")?);
    let part = json!({"amount": usd("50.00"), "reason": "Half of it was a mistake"});
    for (who, status) in [(&stage.cast.stranger, 404), (&stage.cast.reviewers[0], 403)] {
        let refused = who.post(&path, &part).await?;
        ensure!(refused.status == status, "{refused:?}");
    }
    let key = Uuid::now_v7().to_string();
    let first = stage.cast.treasurer.post_keyed(&path, &part, &key).await?;
    let again = stage.cast.treasurer.post_keyed(&path, &part, &key).await?;
    ensure!(first.status == 201 && again.replayed && again.body == first.body, "{again:?}");
    let borne = json!([
        {"to": "host", "amount": usd("2.50"), "borne_by": "payee"},
        {"to": "processor", "amount": usd("1.60"), "borne_by": "donor"},
    ]);
    ensure!(first.body["fees"] == borne && first.body["sent"] == usd("48.40"), "{first:?}");
    let whole = json!({"reason": "The donor wants it back"});
    let (here, there) = tokio::join!(stage.cast.treasurer.post(&path, &whole), stage.cast.partner.post(&path, &whole));
    let answers = [here?, there?];
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 409).collect();
    ensure!(refused.len() == 1, "exactly what is left, once: {answers:?}");
    ensure!(refused[0].body["type"] == "/problems/refund-exceeds-charge", "{refused:?}");
    stage.cast.idle().await?;

    ensure!(stage.charge(&pledge, 1).await?["state"] == "refunded");
    ensure!(stage.again(&pledge).await?["state"] == "refunded");
    let listed = stage.cast.partner.all(&format!("/v1/charges/{}/refunds", text(&charge, "/id")?)).await?;
    ensure!(listed.len() == 2 && listed.iter().all(|refund| refund["state"] == "settled"), "{listed:?}");
    for prefix in ["assets:", "liabilities:", "income:"] {
        let stands = stage.balance(prefix).await?;
        ensure!(stands == "0.00", "{prefix} {stands}");
    }
    ensure!(stage.app.mails("refund.", "part@donors.example")? == 2);
    stage.app.finish().await
}

#[tokio::test]
async fn c5_a_project_cancelled_after_a_stage_returns_what_it_did_not_release() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = campaign(&stage, json!([{"to": "platform", "percent": "5", "returned_on_refund": true}])).await?;
    let mut pledges = Vec::new();
    for (reference, amount, token) in [("small", "100.00", "sandbox_ok"), ("large", "300.00", "sandbox_refund_slow")] {
        pledges.push(stage.pledge(&campaign, &once(&campaign, reference, amount, day(1, 1), token)?).await?);
    }
    stage.cast.advance(day(1, 1)).await?;
    stage.cast.advance(day(1, 4)).await?;
    let milestone = stage.milestone(&campaign, "100.00", json!({"reviewers_needed": 2, "objection_days": 1})).await?;
    let claim = stage.claim(&milestone, "100.00").await?;
    for reviewer in &stage.cast.reviewers {
        stage.approve(reviewer, &claim, "100.00").await?.ok()?;
    }
    stage.cast.advance(day(1, 7)).await?;
    let undelivered = stage.milestone(&campaign, "200.00", json!({"reviewers_needed": 1, "objection_days": 1})).await?;
    let path = format!("/v1/campaigns/{}", text(&campaign, "/id")?);
    let reason = json!({"reason": "The project was given up"});
    let open = stage.cast.treasurer.post(&format!("{path}:return"), &reason).await?;
    ensure!(open.body["type"] == "/problems/campaign-open", "{open:?}");
    stage.cast.treasurer.post(&format!("{path}:close"), &reason).await?.ok()?;
    let kept = stage.cast.treasurer.post(&format!("{path}:return"), &reason).await?;
    ensure!(kept.body["type"] == "/problems/campaign-earmarked", "{kept:?}");
    let stage_path = format!("/v1/milestones/{}:cancel", text(&undelivered, "/id")?);
    stage.cast.treasurer.post(&stage_path, &reason).await?.ok()?;
    for _ in 0..2 {
        stage.cast.treasurer.post(&format!("{path}:return"), &reason).await?.ok()?;
    }
    stage.cast.advance(day(1, 10)).await?;
    ensure!(stage.balance("liabilities:fund:").await? == "0.00");
    ensure!(stage.balance("liabilities:fees:").await? == "5.27", "what fell on the stage that was delivered");
    for (pledge, sent) in pledges.iter().zip(["73.68", "221.05"]) {
        let charge = stage.charge(pledge, 1).await?;
        let refunds = stage.cast.treasurer.all(&format!("/v1/charges/{}/refunds", text(&charge, "/id")?)).await?;
        let refund = refunds.first().context("a refund")?;
        ensure!(refunds.len() == 1 && refund["state"] == "settled" && refund["sent"] == usd(sent), "{refunds:?}");
    }
    stage.app.finish().await
}
