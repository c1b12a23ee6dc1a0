//! Lineage over HTTP: who paid a release, what a pledge paid, and who may know.

use anyhow::{Context as _, ensure};
use api::demo::cast::{join, usd};
use api::demo::client::text;
use serde_json::{Value, json};
use tests::{Stage, day, once};

type Outcome = anyhow::Result<()>;

/// Settles a pledge of 30.00 from each of so many donors; answers their ids.
async fn donors(stage: &Stage, campaign: &Value, count: usize) -> anyhow::Result<Vec<String>> {
    let mut pledges = Vec::new();
    for number in 0..count {
        let body = once(campaign, &format!("fan-{number}"), "30.00", day(1, 1), "sandbox_ok")?;
        pledges.push(text(&stage.pledge(campaign, &body).await?, "/id")?.to_owned());
    }
    stage.cast.advance(day(1, 1)).await?;
    stage.cast.advance(day(1, 4)).await?;
    Ok(pledges)
}

/// Releases an amount of a campaign's money; answers the path of the release.
async fn released(stage: &Stage, campaign: &Value, amount: &str) -> anyhow::Result<String> {
    let milestone = stage.milestone(campaign, amount, json!({"reviewers_needed": 2, "objection_days": 7})).await?;
    let claim = stage.claim(&milestone, amount).await?;
    for reviewer in &stage.cast.reviewers {
        stage.approve(reviewer, &claim, amount).await?.ok()?;
    }
    stage.cast.advance(day(1, 14)).await?;
    let path = format!("/v1/releases?campaign={}", text(campaign, "/id")?);
    let releases = stage.cast.treasurer.all(&path).await?;
    Ok(format!("/v1/releases/{}", text(releases.last().context("a release")?, "/id")?))
}

#[tokio::test]
async fn the_host_sees_by_pseudonym_who_paid_and_the_team_sees_totals_over_five() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    ensure!(campaign["lineage"] == "fifo", "{campaign}");
    let pledges = donors(&stage, &campaign, 6).await?;
    let path = format!("{}/sources", released(&stage, &campaign, "130.00").await?);

    let host = stage.cast.treasurer.get(&format!("{path}?limit=3")).await?.ok()?;
    ensure!(host["amount"] == usd("130.00") && host["pledges"] == 5 && host["donors"] == 5, "{host}");
    ensure!(host["items"].as_array().context("items")?.len() == 3 && host["next_cursor"].is_string(), "{host}");
    let sources = stage.cast.treasurer.all(&path).await?;
    let mut paid: Vec<&str> = sources.iter().filter_map(|source| source["amount"]["amount"].as_str()).collect();
    paid.sort_unstable();
    ensure!(paid == ["10.00", "30.00", "30.00", "30.00", "30.00"], "{paid:?}");
    let shown = sources[0].as_object().context("an object")?;
    ensure!(shown.len() == 4 && text(&sources[0], "/donor")?.starts_with("dnr_"), "{shown:?}");
    ensure!(sources[0]["round"].is_null(), "{shown:?}");
    ensure!(pledges.iter().any(|pledge| sources[0]["pledge"] == *pledge));

    let team = stage.cast.claimant.get(&path).await?.ok()?;
    ensure!(team["amount"] == usd("130.00") && team["donors"] == 5 && team["items"] == json!([]), "{team}");
    let reviewer = stage.cast.reviewers[0].get(&path).await?.ok()?;
    ensure!(reviewer["items"] == json!([]), "a reviewer does not read donors");
    let stranger = stage.cast.stranger.get(&path).await?;
    ensure!(stranger.status == 404, "{stranger:?}");
    for format in ["hledger", "beancount", "csv", "jsonl"] {
        let export = format!("/v1/books/{}/export?format={format}", stage.cast.book);
        let host = stage.cast.treasurer.download(&export).await?;
        let reviewer = stage.cast.reviewers[0].download(&export).await?;
        ensure!(host.matches("dnr_").count() == 6 && !reviewer.contains("dnr_"), "{host}\n{reviewer}");
        for text in [host, reviewer] {
            ensure!(!text.contains('@') && text.contains("milestone_released"), "{text}");
        }
    }
    let journal =
        stage.cast.treasurer.download(&format!("/v1/books/{}/export?format=hledger", stage.cast.book)).await?;
    let released = journal.lines().find(|line| line.contains("Milestone released")).context("a release")?;
    ensure!(released.ends_with(" | Milestone released") && !released.contains("org_"), "{released}");
    stage.app.finish().await
}

#[tokio::test]
async fn fewer_than_five_donors_are_no_number_for_others_and_the_partner_follows_its_own_pledges() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let pledges = donors(&stage, &campaign, 4).await?;
    let release = released(&stage, &campaign, "90.00").await?;
    let team = stage.cast.claimant.get(&format!("{release}/sources")).await?.ok()?;
    ensure!(team["donors"].is_null() && team["pledges"].is_null() && team["items"] == json!([]), "{team}");

    let other = stage.cast.campaign("open-drill", "Open drill", "1000.00").await?;
    let (mut used, mut left) = (0, Vec::new());
    for pledge in &pledges {
        let uses = stage.cast.partner.get(&format!("/v1/pledges/{pledge}/uses")).await?.ok()?;
        ensure!(uses["contributed"] == usd("30.00"), "{uses}");
        used += uses["items"].as_array().context("items")?.len();
        if uses["used"] == usd("0.00") {
            ensure!(uses["left"] == usd("30.00"), "{uses}");
            left.push(pledge.as_str());
        } else {
            let item = &uses["items"][0];
            ensure!(item["kind"] == "milestone_released" && item["moved_to"].is_null(), "{item}");
            ensure!(release.ends_with(text(item, "/release")?) && item["amount"] == usd("30.00"), "{item}");
        }
    }
    ensure!(used == 3 && left.len() == 1, "{used} {left:?}");
    ensure!(text(&other, "/lineage")? == "fifo");
    let by = &stage.cast;
    let auditor = join(&by.operator, &by.host, "auditor@host.example", "auditor").await?;
    for reader in [&by.treasurer, &auditor] {
        reader.get(&format!("/v1/pledges/{}/uses", pledges[0])).await?.ok()?;
    }
    let team = by.claimant.get(&format!("/v1/pledges/{}/uses", pledges[0])).await?;
    ensure!(team.status == 403, "clara is a reviewer of the host, and reviewers do not read donors: {team:?}");
    let stranger = by.stranger.get(&format!("/v1/pledges/{}/uses", pledges[0])).await?;
    ensure!(stranger.status == 404, "{stranger:?}");
    stage.app.finish().await
}

#[tokio::test]
async fn a_campaign_says_at_its_making_how_its_money_is_used() -> Outcome {
    let stage = Stage::set().await?;
    let mut body = json!({
        "book": stage.cast.book, "slug": "open-oven", "title": "Open oven", "terms": "For the oven only.",
        "monthly_goal": usd("100.00"), "lineage": "pro_rata",
    });
    let campaign = stage.cast.treasurer.post("/v1/campaigns", &body).await?.ok()?;
    ensure!(campaign["lineage"] == "pro_rata", "{campaign}");
    let publish = format!("/v1/campaigns/{}:publish", text(&campaign, "/id")?);
    let campaign = stage.cast.treasurer.post(&publish, &json!({})).await?.ok()?;
    donors(&stage, &campaign, 3).await?;
    let path = format!("{}/sources", released(&stage, &campaign, "0.10").await?);
    let sources = stage.cast.treasurer.all(&path).await?;
    let mut paid: Vec<&str> = sources.iter().filter_map(|source| source["amount"]["amount"].as_str()).collect();
    paid.sort_unstable();
    ensure!(paid == ["0.03", "0.03", "0.04"], "{paid:?}");
    (body["slug"], body["lineage"]) = (json!("open-mill"), json!("lifo"));
    let unknown = stage.cast.treasurer.post("/v1/campaigns", &body).await?;
    ensure!(unknown.status == 422 && unknown.body["errors"][0]["pointer"] == "/lineage", "{unknown:?}");
    stage.app.finish().await
}
