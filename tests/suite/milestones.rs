//! Milestones over HTTP: claims, reviews, the clock, partial release.

use anyhow::ensure;
use api::demo::client::text;
use jiff::ToSpan as _;
use serde_json::json;
use tests::{Stage, day};

type Outcome = anyhow::Result<()>;

#[tokio::test]
async fn m5_the_claimants_own_approval_counts_for_nothing_and_an_edit_makes_approvals_fall() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "m5", "5000.00", day(1, 1)).await?;
    let milestone = stage.milestone(&campaign, "5000.00", json!({"reviewers_needed": 2})).await?;
    let claim = stage.claim(&milestone, "5000.00").await?;
    let own = stage.approve(&stage.cast.claimant, &claim, "5000.00").await?;
    ensure!(own.status == 409 && own.body["type"] == "/problems/own-claim", "{own:?}");
    stage.approve(&stage.cast.reviewers[0], &claim, "5000.00").await?.ok()?;
    ensure!(stage.claim_again(&claim).await?["state"] == "in_review");

    // The team changes its evidence: what was approved is not what stands there now.
    let path = format!("/v1/claims/{}", text(&claim, "/id")?);
    let read = stage.cast.claimant.get(&path).await?;
    let tag = read.etag.clone().unwrap_or_default();
    let mut edited = json!({"amount": claim["amount"], "note": "built", "evidence": claim["evidence"]});
    edited["evidence"][0]["sha256"] = json!("d".repeat(64));
    let put = stage.cast.claimant.send(reqwest::Method::PUT, &path, Some(&edited), &[("If-Match", &tag)]).await?;
    put.ok()?;
    stage.cast.claimant.post(&format!("{path}:submit"), &json!({})).await?.ok()?;
    let stale = stage.approve(&stage.cast.reviewers[1], &claim, "5000.00").await?;
    ensure!(stale.status == 409 && stale.body["type"] == "/problems/digest-mismatch", "{stale:?}");
    let now = stage.claim_again(&claim).await?;
    stage.approve(&stage.cast.reviewers[1], &now, "5000.00").await?.ok()?;
    ensure!(stage.claim_again(&claim).await?["state"] == "in_review", "one approval of two, the old one has fallen");
    stage.approve(&stage.cast.reviewers[0], &now, "5000.00").await?.ok()?;
    ensure!(stage.claim_again(&claim).await?["state"] == "approved");
    stage.app.finish().await
}

#[tokio::test]
async fn m7_when_nobody_reviews_the_policys_default_comes_true_on_day_14() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "m7", "2000.00", day(1, 1)).await?;
    let policy = |on_silence| json!({"review_days": 14, "objection_days": 7, "on_silence": on_silence});
    let released = stage.milestone(&campaign, "1000.00", policy("release")).await?;
    let escalated = stage.milestone(&campaign, "1000.00", policy("escalate")).await?;
    let released = stage.claim(&released, "1000.00").await?;
    let escalated = stage.claim(&escalated, "1000.00").await?;
    stage.cast.advance(day(1, 4).saturating_add(13.days())).await?;
    ensure!(stage.claim_again(&released).await?["decision"].is_null(), "not before day 14");
    stage.cast.advance(day(1, 4).saturating_add(15.days())).await?;
    ensure!(stage.claim_again(&released).await?["decision"]["by"] == "silence");
    ensure!(stage.claim_again(&escalated).await?["escalated"] == true);
    stage.cast.advance(day(1, 4).saturating_add(23.days())).await?;
    ensure!(stage.balance("liabilities:payable:team:").await? == "1000.00");
    ensure!(stage.balance("liabilities:fund:").await? == "1000.00", "what is escalated waits for a person");
    stage.app.finish().await
}

#[tokio::test]
async fn m9_what_is_not_approved_stays_restricted_to_the_milestone() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "m9", "5000.00", day(1, 1)).await?;
    let milestone = stage.milestone(&campaign, "5000.00", json!({"reviewers_needed": 2})).await?;
    let claim = stage.claim(&milestone, "5000.00").await?;
    for reviewer in &stage.cast.reviewers {
        stage.approve(reviewer, &claim, "3000.00").await?.ok()?;
    }
    stage.cast.advance(day(1, 12)).await?;
    ensure!(stage.balance("liabilities:payable:team:").await? == "3000.00");
    ensure!(stage.balance("liabilities:fund:").await? == "2000.00");
    let path = format!("/v1/milestones/{}", text(&milestone, "/id")?);
    let now = stage.cast.treasurer.get(&path).await?.ok()?;
    ensure!(now["released"]["amount"] == "3000.00" && now["earmarked"]["amount"] == "2000.00", "{now}");
    // Another milestone cannot have what is restricted to this one.
    let body = json!({
        "campaign": text(&campaign, "/id")?, "team": stage.cast.team, "name": "Press",
        "amount": {"amount": "0.01", "currency": "USD"}, "gate": {},
    });
    let other = stage.cast.treasurer.post("/v1/milestones", &body).await?.ok()?;
    let fund = format!("/v1/milestones/{}:fund", text(&other, "/id")?);
    let short = stage.cast.treasurer.post(&fund, &json!({})).await?;
    ensure!(short.status == 409 && short.body["type"] == "/problems/fund-short", "{short:?}");
    stage.app.finish().await
}
