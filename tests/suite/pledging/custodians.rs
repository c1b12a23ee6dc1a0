//! A processor freezes money that it holds in trust: what goes through it waits, the rest goes on, and nothing is lost.

use super::Outcome;
use super::donors::{link, look};
use anyhow::ensure;
use api::demo::cast::{organisation, usd};
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};
use tests::{Stage, day, monthly, once};

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{answer:?}");
    Ok(())
}

/// Another partner platform that is admitted to the book; answers its id with it.
async fn another_partner(stage: &Stage) -> anyhow::Result<(Client, String)> {
    let cast = &stage.cast;
    let platform = organisation(&cast.operator, "Fans of Open Tools", "partner_platform").await?;
    let admit = json!({"organisation": platform});
    cast.treasurer.post(&format!("/v1/books/{}/partners", cast.book), &admit).await?.ok()?;
    let scopes = ["pledges:write", "pledges:read", "charges:read", "charges:write"];
    let wanted = json!({"name": "story", "mode": "sandbox", "scopes": scopes});
    let made = cast.operator.post(&format!("/v1/partners/{platform}/credentials"), &wanted).await?.ok()?;
    Ok((Client::partner(cast.base(), text(&made, "/id")?, text(&made, "/secret")?)?, platform))
}

async fn place(by: &Client, campaign: &Value, body: &Value) -> anyhow::Result<Value> {
    by.post(&format!("/v1/campaigns/{}/pledges", text(campaign, "/id")?), body).await?.ok()
}

async fn charges(by: &Client, pledge: &Value) -> anyhow::Result<Vec<Value>> {
    by.all(&format!("/v1/pledges/{}/charges", text(pledge, "/id")?)).await
}

/// Asks five dollars of the first charge of a pledge back.
async fn refund(by: &Client, pledge: &Value) -> anyhow::Result<String> {
    let charge = charges(by, pledge).await?.remove(0);
    let path = format!("/v1/charges/{}:refund", text(&charge, "/id")?);
    let made = by.post(&path, &json!({"amount": usd("5.00")})).await?.ok()?;
    Ok(format!("/v1/refunds/{}", text(&made, "/id")?))
}

/// A milestone whose claim is approved; its objections end a day later.
async fn approved(stage: &Stage, campaign: &Value, amount: &str) -> Outcome {
    let milestone = stage.milestone(campaign, amount, json!({"reviewers_needed": 1, "objection_days": 1})).await?;
    let claim = stage.claim(&milestone, amount).await?;
    stage.approve(&stage.cast.reviewers[0], &claim, amount).await?.ok()?;
    Ok(())
}

async fn mails(stage: &Stage, kind: &str, to: &str) -> anyhow::Result<usize> {
    let all = stage.cast.treasurer.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
    Ok(all.iter().filter(|mail| mail["kind"] == kind && mail["recipient"] == to).count())
}

fn states(charges: &[Value]) -> Vec<&str> {
    charges.iter().filter_map(|charge| charge["state"].as_str()).collect()
}

#[tokio::test]
async fn c3_a_frozen_custodian_holds_its_pledges_refunds_and_releases_for_months_and_the_other_one_goes_on() -> Outcome
{
    let stage = Stage::set_with(2, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let (cast, partner, owner) = (&stage.cast, &stage.cast.partner, &stage.cast.treasurer);
    let (other, other_id) = another_partner(&stage).await?;
    let campaign = stage.campaign().await?;
    let mut gifts = Vec::new();
    let mut plans = Vec::new();
    for (by, name) in [(partner, "ada"), (&other, "bob")] {
        let gift = once(&campaign, &format!("{name}-gift"), "100.00", day(1, 5), "sandbox_ok")?;
        gifts.push(place(by, &campaign, &gift).await?);
        plans.push(place(by, &campaign, &monthly(&campaign, name, "30.00", day(2, 1), 12, "sandbox_ok")?).await?);
    }
    cast.advance(day(1, 8)).await?;
    approved(&stage, &campaign, "40.00").await?;
    approved(&stage, &campaign, "150.00").await?;

    let custodians = format!("/v1/books/{}/custodians", cast.book);
    let path = format!("{custodians}/{}", cast.platform);
    let why = json!({"reason": "Its payment provider holds <the> money back"});
    ensure!(cast.stranger.post(&format!("{path}:freeze"), &why).await?.status == 404, "a stranger sees no book");
    ensure!(partner.post(&format!("{path}:freeze"), &why).await?.status == 403, "nor does the partner decide");
    let nobody = format!("{custodians}/{}:freeze", cast.team);
    refused(&owner.post(&nobody, &why).await?, "no-custodian")?;
    refused(&owner.post(&format!("{path}:release"), &json!({})).await?, "custodian-not-frozen")?;
    let said = owner.post(&format!("{path}:freeze"), &why).await?.ok()?;
    ensure!(said["waiting_pledges"] == 1 && said["holdings"][0]["cash"] == usd("100.00"), "{said}");
    refused(&cast.operator.post(&format!("{path}:freeze"), &why).await?, "custodian-frozen")?;
    let refunds = [refund(partner, &gifts[0]).await?, refund(&other, &gifts[1]).await?];

    // Two months, with two workers: two due dates of each plan, and the ends of all waits.
    cast.advance(day(3, 10)).await?;
    ensure!(charges(partner, &plans[0]).await?.is_empty(), "nothing is charged, and nothing is missed yet");
    ensure!(states(&charges(&other, &plans[1]).await?) == ["settled"; 2]);
    let held = stage.again(&plans[0]).await?;
    ensure!(held["state"] == "active" && held["custodian_hold"]["custodian"] == json!(cast.platform), "{held}");
    let free = other.get(&format!("/v1/pledges/{}", text(&plans[1], "/id")?)).await?.ok()?;
    ensure!(free["state"] == "active" && free["custodian_hold"].is_null(), "{free}");
    let (waits, goes) = (partner.get(&refunds[0]).await?.ok()?, other.get(&refunds[1]).await?.ok()?);
    ensure!(waits["state"] == "requested" && waits["custodian_hold"]["since"] == said["frozen_since"], "{waits}");
    ensure!(goes["state"] == "settled" && goes["custodian_hold"].is_null(), "{goes}");
    ensure!(charges(partner, &gifts[0]).await?[0]["custodian_hold"].is_object(), "what came of it is held");
    ensure!(stage.balance("liabilities:payable:team:").await? == "40.00", "of two releases the one that is covered");
    let totals = partner.get(&format!("/v1/campaigns/{}/totals", text(&campaign, "/id")?)).await?.ok()?;
    ensure!(totals["frozen"] == usd("95.00"), "{totals}");
    let money = partner.get(&format!("/v1/pledges/{}/money", text(&gifts[0], "/id")?)).await?.ok()?;
    ensure!(money["parts"][0]["held"] == usd("95.00") && money["parts"][0]["frozen"] == usd("95.00"), "{money}");
    let listed = owner.all(&custodians).await?;
    let frozen = listed.iter().find(|it| it["organisation"] == json!(cast.platform)).unwrap_or(&Value::Null);
    ensure!(listed.len() == 2 && frozen["holdings"][0]["in_transit"] == usd("5.00"), "{listed:?}");
    ensure!(frozen["frozen_why"] == why["reason"] && listed.iter().any(|it| it["organisation"] == json!(other_id)));
    let tasks = owner.get("/v1/me/waiting").await?.ok()?;
    ensure!(tasks.to_string().contains("release_custodian"), "{tasks}");
    ensure!(mails(&stage, "payments-held", "ada@donors.example").await? == 1, "ada is told once");
    let told = mails(&stage, "custodian-frozen", "treasurer@host.example").await?;
    ensure!(told == 3, "an owner is told at once and each thirty days: {told}");
    let (page, _) = link(&stage, &plans[0]).await?;
    ensure!(look(&page).await?.body.contains("Its payments wait"), "the donor sees it");

    let back = owner.post(&format!("{path}:release"), &json!({"reason": "It let go"})).await?.ok()?;
    ensure!(back["frozen_since"].is_null() && back["waiting_pledges"] == 0, "{back}");
    cast.idle().await?;
    let late = charges(partner, &plans[0]).await?;
    ensure!(states(&late) == ["missed", "captured"], "one payment for the time in between: {late:?}");
    ensure!(late[1]["due_on"] == day(3, 1).to_string());
    ensure!(partner.get(&refunds[0]).await?.ok()?["state"] == "settled", "it went on by itself");
    cast.advance(day(3, 13)).await?;
    ensure!(states(&charges(partner, &plans[0]).await?) == ["missed", "settled"]);
    ensure!(stage.balance("liabilities:payable:team:").await? == "190.00", "and so did the release");
    cast.advance(day(4, 2)).await?;
    ensure!(charges(partner, &plans[0]).await?[2]["state"] == "captured", "the plan goes on with its next due date");
    let events = owner.all(&format!("/v1/events?book={}", cast.book)).await?;
    let kinds: Vec<_> = events.iter().filter(|it| it["object"] == said["freeze"]).map(|it| &it["kind"]).collect();
    ensure!(kinds == ["custodian.frozen", "custodian.released"], "{kinds:?}");
    ensure!(
        mails(&stage, "custodian-frozen", "treasurer@host.example").await? == told,
        "nobody is reminded of what is over"
    );
    stage.app.finish().await
}
