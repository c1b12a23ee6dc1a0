//! Campaigns with a last day over HTTP: what they take, their verdict, and whose their money is then.

use super::transfers::change_book;
use super::{Outcome, state};
use anyhow::ensure;
use api::demo::cast::{TERMS, usd};
use api::demo::client::{Answer, text};
use jiff::civil::Date;
use serde_json::{Value, json};
use tests::{Stage, day, monthly, next_year, once};

/// A campaign of a kind, published; the last day is 31 January.
pub(super) async fn published(stage: &Stage, slug: &str, kind: Value) -> anyhow::Result<Value> {
    let mut body = json!({"book": stage.cast.book, "slug": slug, "title": slug, "terms": TERMS,
                          "last_day": day(1, 31).to_string()});
    for (field, value) in kind.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    let made = stage.cast.treasurer.post("/v1/campaigns", &body).await?.ok()?;
    let path = format!("/v1/campaigns/{}:publish", text(&made, "/id")?);
    stage.cast.treasurer.post(&path, &json!({})).await?.ok()
}

pub(super) async fn now(stage: &Stage, campaign: &Value) -> anyhow::Result<Value> {
    stage.cast.treasurer.get(&format!("/v1/campaigns/{}", text(campaign, "/id")?)).await?.ok()
}

pub(super) async fn totals(stage: &Stage, campaign: &Value) -> anyhow::Result<Value> {
    stage.cast.treasurer.get(&format!("/v1/campaigns/{}/totals", text(campaign, "/id")?)).await?.ok()
}

async fn fund_milestone(stage: &Stage, campaign: &Value, amount: &str) -> anyhow::Result<Answer> {
    let body =
        json!({"campaign": text(campaign, "/id")?, "team": stage.cast.team, "name": "Mill", "amount": usd(amount)});
    let made = stage.cast.treasurer.post("/v1/milestones", &body).await?.ok()?;
    stage.cast.treasurer.post(&format!("/v1/milestones/{}:fund", text(&made, "/id")?), &json!({})).await
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{answer:?}");
    Ok(())
}

/// Twenty pledges of 520.00, due on a day; every twentieth payment fails.
async fn twenty(stage: &Stage, campaign: &Value, slug: &str, on: Date) -> Outcome {
    for place in 1..=20 {
        let token = if place == 20 { "sandbox_insufficient_funds" } else { "sandbox_ok" };
        let mut body = once(campaign, &format!("{slug}-{place}"), "520.00", on, token)?;
        body["donor"]["email"] = json!("");
        stage.pledge(campaign, &body).await?;
    }
    Ok(())
}

#[tokio::test]
async fn c6_a_twentieth_of_the_charges_fails_and_the_stated_basis_decides() -> Outcome {
    let stage = Stage::set().await?;
    let goal = usd("10000.00");
    let collected = published(&stage, "by-collected", json!({"kind": "all_or_nothing", "goal": goal})).await?;
    let fees = json!([{"to": "host", "percent": "5"}]);
    let kind = json!({"kind": "all_or_nothing", "goal": goal, "verdict_basis": "pledged", "fees": fees});
    let pledged = published(&stage, "by-pledged", kind).await?;
    ensure!(collected["verdict_basis"] == "collected" && collected["verdict"].is_null(), "{collected}");
    ensure!(text(&collected, "/terms")?.contains("collected and not refunded"), "{collected}");
    ensure!(text(&pledged, "/terms")?.contains("pledged and still stood"), "{pledged}");
    twenty(&stage, &collected, "c", day(1, 31)).await?;
    twenty(&stage, &pledged, "p", day(1, 31)).await?;
    stage.cast.advance(day(1, 31)).await?;
    refused(&fund_milestone(&stage, &collected, "1.00").await?, "verdict-pending")?;
    // The last payments are tried again for a week after the last day.
    stage.cast.advance(day(2, 3)).await?;
    let waiting = now(&stage, &collected).await?;
    ensure!(state(&waiting) == "collecting" && waiting["state_until"].is_string(), "{waiting}");
    refused(&fund_milestone(&stage, &collected, "1.00").await?, "verdict-pending")?;
    let late = once(&collected, "late", "520.00", day(2, 3), "sandbox_ok")?;
    let path = format!("/v1/campaigns/{}/pledges", text(&collected, "/id")?);
    refused(&stage.cast.partner.post(&path, &late).await?, "campaign-not-live")?;
    stage.cast.advance(day(2, 12)).await?;

    let (failed, successful) = (now(&stage, &collected).await?, now(&stage, &pledged).await?);
    ensure!(state(&failed) == "failed" && state(&successful) == "successful", "{failed} {successful}");
    ensure!(failed["verdict"]["counted"] == usd("9880.00"), "{failed}");
    ensure!(successful["verdict"]["counted"] == usd("10400.00"), "{successful}");
    for campaign in [&collected, &pledged] {
        let found = totals(&stage, campaign).await?;
        ensure!(found["pledged"] == usd("10400.00") && found["collected"] == usd("9880.00"), "{found}");
        ensure!(found["dropped"] == usd("520.00") && found["refunded"] == usd("0.00"), "{found}");
    }
    ensure!(totals(&stage, &collected).await?["returnable"] == usd("9880.00"));
    ensure!(totals(&stage, &pledged).await?["returnable"] == usd("0.00"));
    refused(&fund_milestone(&stage, &collected, "1.00").await?, "campaign-failed")?;
    // Of what was collected, and of nothing else, the fee was taken: 5 % of 9,880.00.
    ensure!(stage.balance("income:fees").await? == "494.00");
    ensure!(fund_milestone(&stage, &pledged, "9386.00").await?.status == 200);

    // The way on of a donor whose campaign failed.
    let mine = stage.cast.partner.get("/v1/pledges?reference=c-1").await?.ok()?;
    let redirect = format!("/v1/pledges/{}:redirect", text(&mine, "/items/0/id")?);
    let open = stage.cast.campaign("open", "Open", "1.00").await?;
    let asked = json!({"campaign": open["id"], "move_settled": true, "reason": "the donor chose"});
    stage.cast.partner.post(&redirect, &asked).await?.ok()?;
    ensure!(totals(&stage, &open).await?["available"] == usd("520.00"));

    // What nobody redirects goes back by itself, every cent of it.
    stage.cast.advance(day(2, 25)).await?;
    let found = totals(&stage, &collected).await?;
    ensure!(found["refunded"] == usd("9360.00") && found["returnable"] == usd("0.00"), "{found}");
    ensure!(stage.balance("liabilities:fund:by-collected").await? == "0.00");
    let refunds = stage.app.count("SELECT count(*) FROM refund WHERE state = 'settled'").await?;
    ensure!(refunds == 18, "{refunds}");
    stage.app.finish().await
}

#[tokio::test]
async fn p15_what_is_captured_after_a_campaign_has_failed_is_voided() -> Outcome {
    let stage = Stage::set().await?;
    let kind = json!({"kind": "minimum_and_optimum", "minimum": usd("100.00"), "optimum": usd("200.00")});
    let campaign = published(&stage, "too-late", kind).await?;
    let mut body = once(&campaign, "slow", "100.00", day(1, 31), "")?;
    body["rail"] = json!("partner");
    let pledge = stage.pledge(&campaign, &body).await?;
    stage.cast.advance(day(1, 31)).await?;
    let charge = stage.charge(&pledge, 1).await?;
    ensure!(state(&charge) == "processing", "{charge}");
    // Nobody was there when the last day ended, nor when the time of the pending payment did.
    stage.app.leap_clock(&stage.cast.book, &format!("{}T12:00:00Z", day(2, 20))).await?;
    let capture = format!("/v1/charges/{}:capture", text(&charge, "/id")?);
    let voided = stage.cast.partner.post(&capture, &json!({"event_id": "e", "provider_reference": "r"})).await?.ok()?;
    ensure!(state(&voided) == "voided", "{voided}");
    stage.cast.idle().await?;
    let failed = now(&stage, &campaign).await?;
    ensure!(state(&failed) == "failed" && failed["verdict"]["counted"] == usd("0.00"), "{failed}");
    ensure!(stage.balance("liabilities:fund:too-late").await? == "0.00");

    // Whoever reads the book reads that its goal was missed.
    change_book(&stage.cast.operator, &stage.cast.book, &json!({"visibility": "public"})).await?.ok()?;
    let nobody = stage.app.nobody()?;
    let corrections = format!("/books/{}/corrections", stage.cast.book);
    let told: Value = serde_json::from_str(&nobody.download(&format!("{corrections}.json")).await?)?;
    ensure!(told["missed_goals"][0]["campaign"] == failed["id"], "{told}");
    let feed = nobody.download(&format!("{corrections}.atom")).await?;
    ensure!(feed.contains("did not come to what it needed"), "{told}");
    stage.app.finish().await
}

#[tokio::test]
async fn a_verdict_falls_as_of_its_moment_when_the_worker_comes_a_year_later() -> Outcome {
    let stage = Stage::set().await?;
    let won = published(&stage, "won", json!({"kind": "all_or_nothing", "goal": usd("30.00")})).await?;
    let kept = published(&stage, "kept", json!({"kind": "keep_what_you_raise", "currency": "USD"})).await?;
    for (campaign, reference) in [(&won, "w"), (&kept, "k")] {
        stage.pledge(campaign, &once(campaign, reference, "30.00", day(1, 10), "sandbox_ok")?).await?;
    }
    stage.cast.advance(day(1, 14)).await?;
    stage.app.leap_clock(&stage.cast.book, &format!("{}-02-01T12:00:00Z", next_year() + 1)).await?;
    stage.cast.idle().await?;
    for campaign in [&won, &kept] {
        let found = now(&stage, campaign).await?;
        ensure!(state(&found) == "successful" && found["verdict"]["counted"] == usd("30.00"), "{found}");
        let fell = text(&found, "/verdict/at")?;
        ensure!(fell.starts_with(&day(2, 15).to_string()) || fell.starts_with(&day(2, 14).to_string()), "{fell}");
        let close = format!("/v1/campaigns/{}:close", text(campaign, "/id")?);
        let closed = stage.cast.treasurer.post(&close, &json!({})).await?.ok()?;
        ensure!(state(&closed) == "closed" && closed["verdict"]["verdict"] == "successful", "{closed}");
        ensure!(fund_milestone(&stage, campaign, "30.00").await?.status == 200, "its money is still its milestones'");
    }
    stage.app.finish().await
}

#[tokio::test]
async fn a_campaign_with_a_last_day_takes_single_payments_by_then_and_says_what_it_needs() -> Outcome {
    let stage = Stage::set().await?;
    let kind = json!({"kind": "keep_what_you_raise", "goal": usd("500.00")});
    let campaign = published(&stage, "single", kind).await?;
    let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    for body in [
        once(&campaign, "late", "30.00", day(2, 1), "sandbox_ok")?,
        monthly(&campaign, "plan", "30.00", day(1, 1), 1, "sandbox_ok")?,
    ] {
        refused(&stage.cast.partner.post(&path, &body).await?, "schedule-refused")?;
    }
    let new = json!({"book": stage.cast.book, "slug": "wrong", "title": "Wrong", "terms": TERMS});
    for (with, pointer) in [
        (json!({"kind": "all_or_nothing", "last_day": day(1, 31).to_string()}), "/goal"),
        (json!({"kind": "all_or_nothing", "goal": usd("1.00")}), "/last_day"),
        (json!({"kind": "all_or_nothing", "goal": usd("1.00"), "last_day": "2020-01-01"}), "/last_day"),
        (json!({"kind": "recurring", "monthly_goal": usd("1.00"), "goal": usd("1.00")}), "/goal"),
        (json!({"kind": "keep_what_you_raise", "last_day": day(1, 31).to_string()}), "/currency"),
        (
            json!({"kind": "minimum_and_optimum", "minimum": usd("2.00"), "optimum": usd("2.00"),
                   "last_day": day(1, 31).to_string()}),
            "/optimum",
        ),
    ] {
        let mut body = new.clone();
        for (field, value) in with.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        let answer = stage.cast.treasurer.post("/v1/campaigns", &body).await?;
        ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{pointer}: {answer:?}");
    }
    stage.app.finish().await
}
