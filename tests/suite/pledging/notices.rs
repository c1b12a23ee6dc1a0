//! Word to donors whose pledges are not charged any more: when it comes to be so, and before their time runs out.

use anyhow::ensure;
use api::demo::client::text;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};
use tests::{Stage, day, monthly};

type Outcome = anyhow::Result<()>;

/// Subjects of the notices to a donor, the oldest first, without the mark of a sandbox and the name of the campaign.
async fn told(stage: &Stage, donor: &str) -> anyhow::Result<Vec<String>> {
    let outbox = stage.cast.treasurer.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
    let mut told = Vec::new();
    for mail in outbox.iter().filter(|mail| mail["kind"] == "pledge") {
        if text(mail, "/recipient")? == format!("{donor}@donors.example") {
            let subject = text(mail, "/subject")?.trim_start_matches("[test] ");
            told.push(subject.replace("for Open product development ", ""));
        }
    }
    Ok(told)
}

async fn change(stage: &Stage, pledge: &Value, what: &str, body: Value) -> Outcome {
    let path = format!("/v1/pledges/{}:{what}", text(pledge, "/id")?);
    stage.cast.partner.post(&path, &body).await?.ok().map(drop)
}

fn after(days: i64) -> Date {
    day(1, 10).saturating_add(days.days())
}

#[tokio::test]
async fn a_donor_is_reminded_before_a_pledge_lapses_and_told_when_it_has_or_is_cancelled() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let plan = |name: &str, token: &str| monthly(&campaign, name, "30.00", day(1, 10), 12, token);
    let waits = stage.pledge(&campaign, &plan("waits", "sandbox_expired_card")?).await?;
    let answers = stage.pledge(&campaign, &plan("answers", "sandbox_expired_card")?).await?;
    let short = stage.pledge(&campaign, &plan("short", "sandbox_insufficient_funds")?).await?;
    let goes = stage.pledge(&campaign, &plan("goes", "sandbox_ok")?).await?;
    stage.cast.advance(after(1)).await?;
    ensure!(stage.app.mails("decline.", "waits@donors.example")? == 1);
    assert_eq!(told(&stage, "waits").await?, [""; 0], "the mail about the decline has told it");
    change(&stage, &answers, "resume", json!({"token": "sandbox_ok"})).await?;
    change(&stage, &goes, "cancel", json!({})).await?;
    stage.cast.advance(after(22)).await?;
    assert_eq!(told(&stage, "waits").await?, [""; 0]);
    stage.cast.advance(after(24)).await?;
    assert_eq!(told(&stage, "waits").await?, ["Reminder: Your pledge waits for you"]);
    stage.cast.advance(after(32)).await?;
    assert_eq!(told(&stage, "waits").await?, ["Reminder: Your pledge waits for you", "Your pledge has lapsed"]);
    assert_eq!(told(&stage, "answers").await?, [""; 0], "who has answered is not reminded");
    assert_eq!(told(&stage, "goes").await?, ["Your pledge is cancelled"]);
    ensure!(stage.again(&short).await?["state"] == "lapsed" && stage.again(&waits).await?["state"] == "lapsed");
    assert_eq!(told(&stage, "short").await?, [""; 0], "the mail about the last decline has told it");
    stage.app.finish().await
}

#[tokio::test]
async fn a_donor_whose_campaign_takes_no_money_any_more_is_told_at_once_and_reminded() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.pledge(&campaign, &monthly(&campaign, "moves", "30.00", day(1, 10), 12, "sandbox_ok")?).await?;
    let close = format!("/v1/campaigns/{}:close", text(&campaign, "/id")?);
    stage.cast.treasurer.post(&close, &json!({"reason": "done"})).await?.ok()?;
    stage.cast.advance(after(1)).await?;
    assert_eq!(told(&stage, "moves").await?, ["Your pledge waits for you"]);
    stage.cast.advance(after(24)).await?;
    assert_eq!(told(&stage, "moves").await?, ["Your pledge waits for you", "Reminder: Your pledge waits for you"]);
    stage.app.finish().await
}
