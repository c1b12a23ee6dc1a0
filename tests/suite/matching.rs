//! Matching rounds over HTTP, through the running worker, and their files counted again by the program.

use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::text;
use api::stack::programs_beside_this_one;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::process::Output;
use tests::{Stage, day, once};
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

/// A round from 1 to 10 January, with fourteen days for objections.
fn round(stage: &Stage, formula: &str) -> Value {
    json!({
        "book": stage.cast.book, "slug": "spring", "title": "Spring round", "terms": "What many give weighs more.",
        "currency": "USD", "formula": formula, "first_day": day(1, 1).to_string(), "last_day": day(1, 10).to_string(),
        "objection_days": 14,
    })
}

/// The round of these campaigns, open, with a pool.
async fn open(stage: &Stage, round: &Value, campaigns: &[&Value], pool: &str) -> anyhow::Result<Value> {
    let by = &stage.cast.treasurer;
    let made = by.post("/v1/matching-rounds", round).await?.ok()?;
    let path = format!("/v1/matching-rounds/{}", text(&made, "/id")?);
    for campaign in campaigns {
        by.post(&format!("{path}/campaigns"), &json!({"campaign": campaign["id"]})).await?.ok()?;
    }
    let opened = by.post(&format!("{path}:open"), &json!({})).await?.ok()?;
    let gift = json!({
        "sponsor": stage.cast.platform, "reference": format!("grant of {}", opened["slug"]), "provider_reference": opened["slug"], "amount": usd(pool),
        "terms_sha256": opened["terms_sha256"],
    });
    let first = by.post(&format!("{path}/contributions"), &gift).await?;
    let again = by.post(&format!("{path}/contributions"), &gift).await?;
    ensure!(first.status == 201 && again.status == 200 && first.body == again.body, "{again:?}");
    Ok(opened)
}

/// A donor's gift on a day; a donor's second one is another pledge of theirs.
async fn give(stage: &Stage, to: &Value, donor: &str, amount: &str, on: Date) -> anyhow::Result<Value> {
    let reference = format!("{donor}-{on}");
    let mut body = once(to, &reference, amount, on, "sandbox_ok")?;
    body["donor"] = json!({"reference": donor});
    stage.pledge(to, &body).await
}

/// What a campaign gets: what was given, raw, share.
async fn share(stage: &Stage, round: &Value, of: &Value) -> anyhow::Result<[String; 3]> {
    let path = format!("/v1/matching-rounds/{}/shares", text(round, "/id")?);
    let shares = stage.cast.treasurer.all(&path).await?;
    let found = shares.iter().find(|share| share["campaign"] == of["id"]).context("a share")?;
    let amount = |field: &str| found[field]["amount"].as_str().unwrap_or_default().to_owned();
    Ok([amount("given"), amount("raw"), amount("share")])
}

/// Lets the program count an exported round again.
async fn count_again(file: &str) -> anyhow::Result<Output> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("round.jsonl");
    std::fs::write(&path, file)?;
    let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
    Ok(command.arg("recompute-round").arg(&path).output().await?)
}

#[tokio::test]
async fn q1_q6_gifts_are_matched_counted_again_from_the_file_alone_and_paid_by_the_worker() -> Outcome {
    let stage = Stage::set().await?;
    let press = stage.cast.campaign("open-press", "Open press", "1000.00").await?;
    let loom = stage.cast.campaign("open-loom", "Open loom", "1000.00").await?;
    stage.cast.advance(day(1, 1)).await?;
    let made = open(&stage, &round(&stage, "clr_subtracting_v1"), &[&press, &loom], "100.00").await?;
    let path = format!("/v1/matching-rounds/{}", text(&made, "/id")?);
    for (donor, amount) in [("ada", "9.00"), ("bea", "4.00"), ("cem", "1.00")] {
        give(&stage, &press, donor, amount, day(1, 2)).await?;
    }
    // One person, two gifts.
    for on in [day(1, 2), day(1, 3)] {
        give(&stage, &loom, "dan", "50.00", on).await?;
    }
    stage.cast.advance(day(1, 12)).await?;
    ensure!(share(&stage, &made, &press).await? == ["14.00", "22.00", "22.00"]);
    ensure!(share(&stage, &made, &loom).await? == ["100.00", "0.00", "0.00"]);
    let stranger = stage.cast.stranger.get(&format!("{path}/shares")).await?;
    ensure!(stranger.status == 404, "{stranger:?}");
    // Nobody looks at the draft: it is published by itself.
    stage.cast.advance(day(1, 20)).await?;
    let objection = json!({"reason": "My gift is missing"});
    let raised = stage.cast.reviewers[0].post(&format!("{path}/objections"), &objection).await?;
    ensure!(raised.status == 201 && raised.body["number"] == 1, "{raised:?}");
    let early = stage.cast.treasurer.post(&format!("{path}:finalise"), &json!({})).await?;
    ensure!(early.body["type"] == "/problems/round-objections-open", "{early:?}");

    let export = format!("{}{path}/export", stage.app.base_url());
    let token = stage.cast.treasurer.access_token().await?.context("a token")?;
    let http = tests::http().build()?;
    let file = http.get(export).bearer_auth(token).send().await?.error_for_status()?.text().await?;
    let counted = count_again(&file).await?;
    ensure!(counted.status.success(), "{counted:?}");
    ensure!(file.ends_with(&String::from_utf8(counted.stdout)?), "the same bytes of result: {file}");
    let changed = count_again(&file.replace("\"share\":2200", "\"share\":2300")).await?;
    ensure!(changed.status.code() == Some(1), "{changed:?}");

    stage.cast.advance(day(2, 4)).await?;
    let paid = stage.cast.treasurer.get(&path).await?.ok()?;
    ensure!(paid["state"] == "paid" && paid["funding"]["balance"]["amount"] == "0.00", "{paid}");
    ensure!(stage.balance("liabilities:fund:open-press").await? == "36.00");
    ensure!(stage.balance("liabilities:fund:open-loom").await? == "100.00");
    ensure!(stage.balance("liabilities:refunds:").await? == "78.00");
    let entries = api::demo::story::year::count_entries(&stage.cast.treasurer, &stage.cast.book, "match_paid").await?;
    ensure!(entries == 1, "{entries} payments");
    let paid = whose_money(&stage, &press, "36.00").await?;
    let of = |amount: &str, round: &Value| (amount.to_owned(), round.clone());
    let no_round = Value::Null;
    let expected = [of("1.00", &no_round), of("22.00", &made["id"]), of("4.00", &no_round), of("9.00", &no_round)];
    ensure!(paid == expected, "{paid:?}");
    stage.app.finish().await
}

/// Releases an amount of a campaign's money; answers what each pledge (null) and each round paid of it, by the amount.
async fn whose_money(stage: &Stage, campaign: &Value, amount: &str) -> anyhow::Result<Vec<(String, Value)>> {
    let milestone = stage.milestone(campaign, amount, json!({"reviewers_needed": 1, "objection_days": 1})).await?;
    let claim = stage.claim(&milestone, amount).await?;
    stage.approve(&stage.cast.reviewers[0], &claim, amount).await?.ok()?;
    stage.cast.days_pass(3).await?;
    let releases = stage.cast.treasurer.all(&format!("/v1/releases?campaign={}", text(campaign, "/id")?)).await?;
    let release = text(releases.last().context("a release")?, "/id")?;
    let mut paid = Vec::new();
    for source in stage.cast.treasurer.all(&format!("/v1/releases/{release}/sources")).await? {
        ensure!(source["round"].is_null() != source["pledge"].is_null(), "{source}");
        paid.push((text(&source, "/amount/amount")?.to_owned(), source["round"].clone()));
    }
    paid.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(paid)
}

#[tokio::test]
async fn q7_q8_votes_have_an_allowance_and_what_is_disputed_after_the_payment_is_a_line_on_the_record() -> Outcome {
    let stage = Stage::set().await?;
    let press = stage.cast.campaign("open-press", "Open press", "1000.00").await?;
    let loom = stage.cast.campaign("open-loom", "Open loom", "1000.00").await?;
    stage.cast.advance(day(1, 1)).await?;
    let matched = open(&stage, &round(&stage, "clr_subtracting_v1"), &[&press, &loom], "100.00").await?;
    let mut by_votes = round(&stage, "votes_v1");
    (by_votes["slug"], by_votes["ballot"]) = (json!("votes"), json!({"allowance": 100, "cost": "linear"}));
    let by_votes = stage.cast.treasurer.post("/v1/matching-rounds", &by_votes).await?.ok()?;
    let votes = format!("/v1/matching-rounds/{}", text(&by_votes, "/id")?);
    let joins = json!({"campaign": press["id"]});
    stage.cast.treasurer.post(&format!("{votes}/campaigns"), &joins).await?.ok()?;
    stage.cast.treasurer.post(&format!("{votes}:open"), &json!({})).await?.ok()?;

    let pledge = give(&stage, &press, "ada", "9.00", day(1, 2)).await?;
    let other = give(&stage, &press, "bea", "4.00", day(1, 2)).await?;
    for donor in ["cem", "dan"] {
        give(&stage, &loom, donor, "4.00", day(1, 2)).await?;
    }
    let vote = json!({"donor": pledge["donor"]["id"], "campaign": press["id"], "votes": 60});
    let first = stage.cast.partner.post(&format!("{votes}/votes"), &vote).await?;
    ensure!(first.status == 201 && first.body["spent"] == 60, "{first:?}");
    let second = stage.cast.partner.post(&format!("{votes}/votes"), &vote).await?;
    ensure!(second.status == 409 && second.body["type"] == "/problems/votes-used-up", "{second:?}");

    stage.cast.advance(day(2, 4)).await?;
    ensure!(share(&stage, &matched, &press).await? == ["13.00", "12.00", "12.00"]);
    let charge = stage.charge(&other, 1).await?;
    let taken = json!({"event_id": "taken-back", "amount": charge["amount"], "reason": "fraudulent"});
    let chargebacks = format!("/v1/charges/{}/chargebacks", text(&charge, "/id")?);
    stage.cast.partner.post(&chargebacks, &taken).await?.ok()?;
    let path = format!("/v1/matching-rounds/{}", text(&matched, "/id")?);
    let body = json!({"reason": "a chargeback"});
    let recomputed = stage.cast.treasurer.post(&format!("{path}:recompute"), &body).await?.ok()?;
    ensure!(recomputed["state"] == "paid" && recomputed["tally"] == 1, "{recomputed}");
    let found = stage.cast.treasurer.all(&format!("{path}/clawbacks")).await?;
    let [line] = &found[..] else { anyhow::bail!("one line: {found:?}") };
    ensure!(line["campaign"] == press["id"] && line["would_be"]["amount"] == "0.00", "{line}");
    ensure!(share(&stage, &matched, &loom).await? == ["8.00", "8.00", "8.00"], "others are untouched");
    stage.app.finish().await
}

#[tokio::test]
async fn q2_a_pool_is_shared_in_proportion_and_no_more_is_used_than_the_formula_says() -> Outcome {
    let stage = Stage::set().await?;
    let mut campaigns = Vec::new();
    for slug in ["many-small", "one-large", "some-middling"] {
        campaigns.push(stage.cast.campaign(slug, slug, "1000.00").await?);
    }
    stage.cast.advance(day(1, 1)).await?;
    let all: Vec<&Value> = campaigns.iter().collect();
    let mut rounds = Vec::new();
    for (pool, saturate) in [("100.00", false), ("60.00", false), ("200.00", false), ("200.00", true)] {
        let mut new = round(&stage, "clr_subtracting_v1");
        new["slug"] = json!(format!("round-{}", rounds.len()));
        new["saturate"] = json!(saturate);
        rounds.push(open(&stage, &new, &all, pool).await?);
    }
    for (campaign, (donors, amount)) in campaigns.iter().zip([(10, "1.00"), (1, "10.00"), (4, "2.50")]) {
        for donor in 0..donors {
            let name = format!("{}-{donor}", text(campaign, "/slug")?);
            give(&stage, campaign, &name, amount, day(1, 2)).await?;
        }
    }
    stage.cast.advance(day(1, 12)).await?;
    let shares = [
        ["75.00", "0.00", "25.00"],
        ["45.00", "0.00", "15.00"],
        ["90.00", "0.00", "30.00"],
        ["150.00", "0.00", "50.00"],
    ];
    for (made, expected) in rounds.iter().zip(shares) {
        for ((campaign, raw), of_pool) in campaigns.iter().zip(["90.00", "0.00", "30.00"]).zip(expected) {
            assert_eq!(share(&stage, made, campaign).await?, ["10.00", raw, of_pool]);
        }
    }
    stage.app.finish().await
}
