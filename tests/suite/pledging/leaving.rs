//! A partner that leaves a book over HTTP, and money that still comes.

use anyhow::ensure;
use api::demo::cast::{organisation, usd};
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};
use tests::{Stage, day, monthly};

type Outcome = anyhow::Result<()>;

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{answer:?}");
    Ok(())
}

/// A monthly pledge that the partner collects by itself, of a donor without an address.
fn collected(campaign: &Value, reference: &str) -> anyhow::Result<Value> {
    let mut body = monthly(campaign, reference, "30.00", day(1, 10), 12, "")?;
    body["rail"] = json!("partner");
    body["donor"]["email"] = json!("");
    Ok(body)
}

/// One more partner platform of the book, which reads pledges.
async fn another_partner(stage: &Stage) -> anyhow::Result<Client> {
    let cast = &stage.cast;
    let platform = organisation(&cast.operator, "Fans of Closed Machines", "partner_platform").await?;
    let admit = json!({"organisation": platform});
    cast.treasurer.post(&format!("/v1/books/{}/partners", cast.book), &admit).await?.ok()?;
    let asked = json!({"name": "reads", "mode": "sandbox", "scopes": ["pledges:read"]});
    let made = cast.operator.post(&format!("/v1/partners/{platform}/credentials"), &asked).await?.ok()?;
    Client::partner(cast.base(), text(&made, "/id")?, text(&made, "/secret")?)
}

#[tokio::test]
async fn a_partner_that_leaves_stops_nothing_that_was_begun_and_its_plans_wait_until_it_comes_back() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let (cast, partner) = (&stage.cast, &stage.cast.partner);
    let ada = stage.pledge(&campaign, &monthly(&campaign, "ada", "30.00", day(1, 10), 12, "sandbox_ok")?).await?;
    let bob = stage.pledge(&campaign, &collected(&campaign, "bob")?).await?;
    cast.advance(day(1, 10)).await?;

    let path = format!("/v1/books/{}/partners/{}", cast.book, cast.platform);
    let why = json!({"reason": "It closes down"});
    ensure!(cast.stranger.post(&format!("{path}:withdraw"), &why).await?.status == 404, "a stranger sees no book");
    let said = cast.operator.post(&format!("{path}:withdraw"), &why).await?.ok()?;
    ensure!(said["state"] == "in_force" && said["partner"] == json!(cast.platform), "its own owner: {said}");
    refused(&cast.treasurer.post(&format!("{path}:withdraw"), &why).await?, "withdrawn-already")?;
    stage.app.work_until_idle().await?;
    for pledge in [&ada, &bob] {
        let now = stage.again(pledge).await?;
        ensure!(now["state"] == "needs_action" && now["state_detail"] == "partner_withdrawn", "{now}");
    }
    ensure!(stage.app.mails("pledge.", "ada@donors.example")? == 1, "ada is told");
    let here = "a_partner_that_leaves_stops_nothing_that_was_begun_and_its_plans_wait_until_it_comes_back";
    crate::outbox::windows::each_is_told_with_its_day(&stage.app, Some(here)).await?;
    let waiting = partner.all(&format!("/v1/withdrawals/{}/pledges", text(&said, "/id")?)).await?;
    let told: Vec<_> = waiting.iter().map(|it| (it["reference"].clone(), it["is_told"].clone())).collect();
    ensure!(told == [(json!("ada"), json!(true)), (json!("bob"), json!(false))], "{waiting:?}");
    let other = another_partner(&stage).await?;
    let listed = other.get(&format!("/v1/withdrawals/{}/pledges", text(&said, "/id")?)).await?;
    ensure!(listed.status == 404, "another partner of the book hears of no withdrawal but its own: {listed:?}");
    ensure!(other.all(&format!("/v1/books/{}/withdrawals", cast.book)).await?.is_empty());
    let place = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let new = monthly(&campaign, "eve", "30.00", day(2, 10), 12, "sandbox_ok")?;
    refused(&partner.post(&place, &new).await?, "partner-withdrawn")?;
    let batch = json!({"on_error": "continue", "pledges": [{"key": "eve", "pledge": new}]});
    let verdict = partner.post(&format!("{place}:batch"), &batch).await?.ok()?.to_string();
    ensure!(verdict.contains("partner-withdrawn"), "{verdict}");

    // What was begun is reported and settles.
    let due = stage.charge(&bob, 1).await?;
    let report = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    let capture = format!("/v1/charges/{}:capture", text(&due, "/id")?);
    ensure!(partner.post(&capture, &report).await?.ok()?["state"] == "captured");
    cast.advance(day(1, 20)).await?;
    ensure!(stage.charge(&bob, 1).await?["state"] == "settled");

    let back = cast.treasurer.post(&format!("{path}:restore"), &json!({})).await?.ok()?;
    ensure!(back["state"] == "restored", "{back}");
    stage.app.work_until_idle().await?;
    ensure!(stage.again(&ada).await?["state"] == "active");
    cast.advance(day(2, 10)).await?;
    ensure!(stage.charge(&ada, 2).await?["state"] == "captured", "it goes on with the next due date");
    let kinds: Vec<_> = cast.treasurer.all(&format!("/v1/events?book={}", cast.book)).await?;
    let kinds: Vec<_> =
        kinds.iter().filter(|event| event["object"] == said["id"]).map(|it| it["kind"].clone()).collect();
    ensure!(kinds == ["withdrawal.in_force", "withdrawal.restored"], "{kinds:?}");
    stage.app.finish().await
}

#[tokio::test]
async fn money_that_comes_for_an_ended_pledge_waits_for_the_host_and_goes_back_when_nobody_decides() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let (cast, partner) = (&stage.cast, &stage.cast.partner);
    let bob = stage.pledge(&campaign, &collected(&campaign, "bob")?).await?;
    let eve = stage.pledge(&campaign, &collected(&campaign, "eve")?).await?;
    let path = format!("/v1/pledges/{}/suspense", text(&bob, "/id")?);
    let money = |number: u8| json!({"amount": usd("30.00"), "event_id": format!("evt-{number}"), "provider_reference": format!("pay-{number}")});
    cast.advance(day(1, 10)).await?;
    refused(&partner.post(&path, &money(1)).await?, "payment-expected")?;
    partner.post(&format!("/v1/pledges/{}:cancel", text(&bob, "/id")?), &json!({})).await?.ok()?;
    cast.advance(day(1, 25)).await?;

    // The first payment was given up meanwhile; its money comes all the same, twice told.
    let due = stage.charge(&bob, 1).await?;
    let capture = format!("/v1/charges/{}:capture", text(&due, "/id")?);
    let report = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    let first = partner.post(&capture, &report).await?.ok()?;
    ensure!(first["state"] == "declined" && first["suspense"].is_string(), "{first}");
    ensure!(partner.post(&capture, &report).await?.ok()?["suspense"] == first["suspense"]);
    let second = partner.post(&path, &money(2)).await?.ok()?;
    ensure!(second["state"] == "open" && partner.post(&path, &money(2)).await?.ok()?["id"] == second["id"], "{second}");
    ensure!(stage.balance("liabilities:suspense:").await? == "60.00");
    let tasks = cast.treasurer.get("/v1/me/waiting").await?.ok()?;
    ensure!(
        tasks["items"][0]["kind"] == "match_suspense" && tasks["items"][0]["object"] == first["suspense"],
        "{tasks}"
    );
    cast.advance(day(1, 28)).await?;
    ensure!(stage.balance("assets:cash:").await? == "60.00", "it arrives as other money does");

    let of_first = format!("/v1/suspense/{}", text(&first, "/suspense")?);
    let to_bob = json!({"pledge": bob["id"], "reason": "His standing order"});
    let matched = cast.treasurer.post(&format!("{of_first}:match"), &to_bob).await?.ok()?;
    ensure!(matched["state"] == "matched" && matched["matched"] == due["id"], "{matched}");
    let charge = stage.charge(&bob, 1).await?;
    ensure!(charge["state"] == "settled" && charge["captured_on"] == day(1, 25).to_string(), "{charge}");
    refused(&cast.treasurer.post(&format!("{of_first}:return"), &json!({})).await?, "suspense-decided")?;
    stage.app.work_until_idle().await?;
    ensure!(stage.balance("liabilities:fund:").await? == "30.00", "it is in the fund");
    ensure!(stage.again(&eve).await?["state"] == "lapsed", "nobody reported hers");

    cast.advance(day(2, 28)).await?;
    let shown = partner.get(&format!("/v1/suspense/{}", text(&second, "/id")?)).await?.ok()?;
    ensure!(shown["state"] == "returned" && shown["until"].is_null(), "{shown}");
    ensure!(
        stage.balance("liabilities:suspense:").await? == "0.00"
            && stage.balance("liabilities:refunds:").await? == "30.00"
    );
    let listed = cast.treasurer.all(&format!("/v1/books/{}/suspense", cast.book)).await?;
    ensure!(listed.len() == 2 && listed[1]["id"] == second["id"], "{listed:?}");
    stage.app.finish().await
}
