//! Pledges and charges over HTTP, through the running worker.

mod batches;
mod caps;
mod card_testing;
mod chargebacks;
mod currencies;
mod custodians;
mod custody;
pub(crate) mod donors;
mod erasure;
mod imports;
mod kinds;
mod leaving;
mod lineage;
pub(crate) mod moving;
mod notices;
mod pace;
mod plan_changes;
mod refunds;
mod settlement_days;
mod stripe;
mod transfers;
mod walk;
mod yearly_receipts;

use anyhow::{Context as _, ensure};
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use tests::{Stage, day, monthly, once};
use uuid::Uuid;

type Outcome = anyhow::Result<()>;

fn state(of: &Value) -> &str {
    of["state"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn p1_the_same_event_twice_at_once_makes_one_posting_and_one_receipt() -> Outcome {
    let mut stage = Stage::set_with(2, &[]).await?;
    let campaign = stage.campaign().await?;
    let mut body = once(&campaign, "partner-1", "30.00", day(1, 1), "")?;
    body["rail"] = json!("partner");
    let pledge = stage.pledge(&campaign, &body).await?;
    stage.cast.advance(day(1, 1)).await?;
    let charge = stage.charge(&pledge, 1).await?;
    ensure!(state(&charge) == "processing", "{charge}");

    let (second_api, second_base) = stage.app.another_api()?;
    let (id, secret) = stage.cast.credential.clone();
    let elsewhere = Client::partner(&second_base, &id, &secret)?;
    elsewhere.access_token().await?;
    let path = format!("/v1/charges/{}:capture", text(&charge, "/id")?);
    let event = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    let (here, there) = tokio::join!(stage.cast.partner.post(&path, &event), elsewhere.post(&path, &event));
    ensure!(here?.status == 200 && there?.status == 200);
    stage.cast.idle().await?;
    let entries =
        api::demo::story::year::count_entries(&stage.cast.treasurer, &stage.cast.book, "charge_captured").await?;
    ensure!(entries == 1, "{entries} postings");
    ensure!(stage.app.mails("receipt.", "partner-1@donors.example")? == 1);
    tokio::task::spawn_blocking(move || second_api.stop()).await??;
    stage.app.finish().await
}

#[tokio::test]
async fn p4_the_same_key_with_another_body_is_refused_and_the_first_result_stands() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let key = Uuid::now_v7().to_string();
    let body = once(&campaign, "p4", "30.00", day(1, 1), "sandbox_ok")?;
    let first = stage.cast.partner.post_keyed(&path, &body, &key).await?;
    ensure!(first.status == 201 && !first.replayed, "{first:?}");
    let other = once(&campaign, "p4", "31.00", day(1, 1), "sandbox_ok")?;
    let reused = stage.cast.partner.post_keyed(&path, &other, &key).await?;
    ensure!(reused.status == 422 && reused.body["type"] == "/problems/idempotency-key-reused", "{reused:?}");
    let again = stage.cast.partner.post_keyed(&path, &body, &key).await?;
    ensure!(again.status == 201 && again.replayed && again.body == first.body, "{again:?}");
    // Another caller's key of the same text is another key.
    let taken = stage.cast.partner.post(&path, &other).await?;
    ensure!(taken.status == 409 && taken.body["type"] == "/problems/reference-taken", "{taken:?}");
    let missing = stage.cast.partner.send(reqwest::Method::POST, &path, Some(&body), &[]).await?;
    ensure!(missing.status == 400 && missing.body["type"] == "/problems/idempotency-key-missing", "{missing:?}");
    stage.app.finish().await
}

#[tokio::test]
async fn p6_a_plan_from_the_31st_is_charged_on_the_last_day_of_shorter_months() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let plan = monthly(&campaign, "p6", "30.00", day(1, 31), 4, "sandbox_ok")?;
    let pledge = stage.pledge(&campaign, &plan).await?;
    for (month, on) in [(1, 31), (3, 1), (3, 31), (4, 30)] {
        stage.cast.advance(day(month, on)).await?;
    }
    let charges = stage.cast.partner.all(&format!("/v1/pledges/{}/charges", text(&pledge, "/id")?)).await?;
    let mut due: Vec<&str> = charges.iter().filter_map(|charge| charge["due_on"].as_str()).collect();
    due.sort_unstable();
    let last_of_february = day(3, 1).yesterday()?.to_string();
    let expected = [day(1, 31).to_string(), last_of_february, day(3, 31).to_string(), day(4, 30).to_string()];
    ensure!(due == expected, "{due:?}");
    let pledge = stage.again(&pledge).await?;
    ensure!(state(&pledge) == "completed", "{pledge}");
    stage.cast.advance(day(5, 4)).await?;
    stage.app.finish().await
}

#[tokio::test]
async fn p7_short_funds_are_tried_on_days_1_3_and_7_and_then_the_pledge_lapses_and_can_be_revived() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let plan = monthly(&campaign, "p7", "30.00", day(1, 10), 12, "sandbox_insufficient_funds")?;
    let pledge = stage.pledge(&campaign, &plan).await?;
    let mut tried = Vec::new();
    for on in 10..=19 {
        stage.cast.advance(day(1, on)).await?;
        let charge = stage.charge(&pledge, 1).await?;
        tried.push(charge["attempts"].as_array().context("attempts")?.len());
        if on == 13 {
            let here = "p7_short_funds_are_tried_on_days_1_3_and_7_and_then_the_pledge_lapses_and_can_be_revived";
            crate::outbox::windows::each_is_told_with_its_day(&stage.app, Some(here)).await?;
        }
    }
    // Day 0, then 1, 3 and 7 days later: each attempt is a row.
    ensure!(tried == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4], "{tried:?}");
    let lapsed = stage.again(&pledge).await?;
    ensure!(state(&lapsed) == "lapsed", "{lapsed}");
    let resume = format!("/v1/pledges/{}:resume", text(&pledge, "/id")?);
    let body = json!({"token": "sandbox_ok", "reason": "the donor has paid in"});
    let revived = stage.cast.partner.post(&resume, &body).await?.ok()?;
    ensure!(state(&revived) == "active", "{revived}");
    stage.cast.advance(day(2, 10)).await?;
    let next = stage.charge(&pledge, 2).await?;
    ensure!(state(&next) == "captured" && next["due_on"] == day(2, 10).to_string(), "{next}");
    ensure!(stage.app.mails("receipt.", "p7@donors.example")? >= 1);
    stage.app.finish().await
}

#[tokio::test]
async fn p7_a_stolen_card_stops_at_once() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let plan = |name, token| monthly(&campaign, name, "30.00", day(1, 10), 12, token);
    let stolen = stage.pledge(&campaign, &plan("stolen", "sandbox_stolen_card")?).await?;
    let expired = stage.pledge(&campaign, &plan("expired", "sandbox_expired_card")?).await?;
    for on in [10, 11, 13, 17, 25] {
        stage.cast.advance(day(1, on)).await?;
    }
    for pledge in [&stolen, &expired] {
        let charge = stage.charge(pledge, 1).await?;
        ensure!(charge["attempts"].as_array().context("attempts")?.len() == 1, "tried again: {charge}");
    }
    let (stolen, expired) = (stage.again(&stolen).await?, stage.again(&expired).await?);
    ensure!(["cancelled", "needs_action"].contains(&state(&stolen)), "{stolen}");
    ensure!(state(&expired) == "needs_action", "{expired}");
    ensure!(stage.balance("liabilities:fund:").await? == "0.00");
    stage.app.finish().await
}

#[tokio::test]
async fn p15_a_pledge_to_a_closed_campaign_is_refused_and_nothing_is_written() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let close = format!("/v1/campaigns/{}:close", text(&campaign, "/id")?);
    stage.cast.treasurer.post(&close, &json!({"reason": "done"})).await?.ok()?;
    let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let body = once(&campaign, "late", "30.00", day(1, 1), "sandbox_ok")?;
    let late = stage.cast.partner.post(&path, &body).await?;
    ensure!(late.status == 409 && late.body["type"] == "/problems/campaign-not-live", "{late:?}");
    ensure!(stage.app.count("SELECT count(*) FROM pledge").await? == 0);
    ensure!(stage.app.count("SELECT count(*) FROM donor").await? == 0, "a refused pledge leaves no donor behind");
    stage.app.finish().await
}
