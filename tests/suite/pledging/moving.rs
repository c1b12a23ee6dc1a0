//! Plans that move to another partner over HTTP, by two workers.

use super::plan_changes::browse;
use anyhow::{Context as _, ensure};
use api::demo::cast::{organisation, usd};
use api::demo::client::{Client, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Stage, day, monthly};

type Outcome = anyhow::Result<()>;

/// A second partner platform that the book admits.
pub(crate) async fn newcomer(stage: &Stage) -> anyhow::Result<(String, Client)> {
    let cast = &stage.cast;
    let id = organisation(&cast.operator, "New <b>Fans</b>", "partner_platform").await?;
    let admit = format!("/v1/books/{}/partners", cast.book);
    cast.treasurer.post(&admit, &json!({"organisation": id})).await?.ok()?;
    let scopes = ["pledges:write", "pledges:read", "charges:read", "charges:write"];
    let credential = json!({"name": "story", "mode": "sandbox", "scopes": scopes});
    let credential = cast.operator.post(&format!("/v1/partners/{id}/credentials"), &credential).await?.ok()?;
    let client = Client::partner(cast.base(), text(&credential, "/id")?, text(&credential, "/secret")?)?;
    Ok((id, client))
}

/// A monthly pledge that the partner collects by itself.
async fn collected(stage: &Stage, campaign: &Value, reference: &str, email: &str) -> anyhow::Result<Value> {
    let mut body = monthly(campaign, reference, "30.00", day(1, 10), 12, "")?;
    body["rail"] = json!("partner");
    body["donor"]["email"] = json!(email);
    body["donor"]["name"] = json!("Marked Name");
    stage.pledge(campaign, &body).await
}

/// The charges of a pledge that a partner sees: which payment, who collects it, how it stands.
async fn charges(by: &Client, pledge: &Value) -> anyhow::Result<Vec<Value>> {
    by.all(&format!("/v1/pledges/{}/charges", text(pledge, "/id")?)).await
}

async fn capture(by: &Client, charge: &Value) -> anyhow::Result<Value> {
    let id = text(charge, "/id")?;
    let report = json!({"event_id": format!("evt-{id}"), "provider_reference": format!("pay-{id}")});
    by.post(&format!("/v1/charges/{id}:capture"), &report).await?.ok()
}

#[tokio::test]
async fn plans_move_to_another_partner_with_their_donors_consent_and_no_due_date_is_collected_twice() -> Outcome {
    let stage = Stage::set_with(2, &[]).await?;
    let campaign = stage.campaign().await?;
    let (cast, old) = (&stage.cast, &stage.cast.partner);
    let (platform, new) = newcomer(&stage).await?;
    let ada = collected(&stage, &campaign, "ada", "ada@donors.example").await?;
    let bob = collected(&stage, &campaign, "bob", "").await?;
    cast.advance(day(1, 10)).await?;
    for pledge in [&ada, &bob] {
        capture(old, &charges(old, pledge).await?[0]).await?;
    }
    cast.advance(day(1, 20)).await?;

    // The new partner asks, and learns nothing of the donor; the donor is asked by mail.
    let path =
        |pledge: &Value, rest: &str| Ok::<_, anyhow::Error>(format!("/v1/pledges/{}{rest}", text(pledge, "/id")?));
    let asked =
        new.post(&path(&ada, ":move")?, &json!({"reference": "ada-new", "reason": "They close down"})).await?.ok()?;
    ensure!(asked["state"] == "asked" && asked["asked_by"] == json!(platform), "{asked}");
    ensure!(!asked.to_string().contains("ada@") && !asked.to_string().contains("30.00"), "{asked}");
    ensure!(new.get(&path(&ada, "")?).await?.status == 404 && charges(&new, &ada).await?.is_empty());
    ensure!(cast.stranger.post(&path(&ada, ":move")?, &json!({"rail": "sandbox"})).await?.status == 404);
    let elsewhere = new.post(&path(&ada, ":move")?, &json!({"to_partner": cast.platform})).await?;
    ensure!(elsewhere.status == 422, "{elsewhere:?}");
    let hosts = json!({"rail": "sandbox", "token": "sandbox_ok", "consent": {
        "consented_at": format!("{}T09:00:00Z", day(1, 20)), "shown_sha256": "a".repeat(64)}});
    let by_host = cast.treasurer.post(&path(&ada, ":move")?, &hosts).await?;
    ensure!(by_host.status == 422, "the host attests nothing: {by_host:?}");
    cast.idle().await?;
    let outbox = format!("/v1/books/{}/outbox", cast.book);
    ensure!(new.all(&outbox).await?.is_empty(), "nor by the mail");
    let mails = old.all(&outbox).await?;
    let mail = mails.iter().rfind(|mail| mail["kind"] == "plan-move").context("a mail")?;
    let link = text(mail, "/text")?.split_whitespace().find(|word| word.contains("/plan-moves/")).context("a link")?;
    let (status, page) = browse(Method::GET, link, None).await?;
    let facts = ["30.00 USD each month", "Fans of Open Machines", "New &#60;b&#62;Fans", "10 February", "I agree"];
    ensure!(status == StatusCode::OK && facts.iter().all(|fact| page.contains(fact)), "{status}: {page}");
    let (id, secret) = (text(&asked, "/id")?, link.rsplit('/').next().context("a secret")?);
    let answer = format!("{}/plan-moves/answer", stage.app.base_url());
    let yes = format!("id={id}&secret={secret}&answer=yes");
    ensure!(
        browse(Method::POST, &answer, Some(&format!("id={id}&secret=x&answer=yes"))).await?.0 == StatusCode::CONFLICT
    );
    let (status, page) = browse(Method::POST, &answer, Some(&yes)).await?;
    ensure!(status == StatusCode::OK && page.contains("You agreed"), "{status}: {page}");
    ensure!(browse(Method::POST, &answer, Some(&yes)).await?.0 == StatusCode::CONFLICT, "it is used up");

    // The old partner ends its mandate.
    let tasks = cast.treasurer.get("/v1/me/waiting").await?.ok()?;
    ensure!(tasks["items"][0]["kind"] == "confirm_ended" && tasks["items"][0]["object"] == asked["id"], "{tasks}");
    let confirm = format!("/v1/plan-moves/{id}:confirm-ended");
    let gone = cast.treasurer.post(&confirm, &json!({"reason": "It is gone"})).await?;
    ensure!(gone.status == 409 && gone.body["type"] == "/problems/partner-not-gone", "{gone:?}");
    ensure!(new.post(&confirm, &json!({"reference": "mandate-1"})).await?.status == 404, "not the new one");
    let active = old.post(&confirm, &json!({"reference": "mandate-1"})).await?.ok()?;
    ensure!(active["state"] == "active" && active["ended_by"] == "partner", "{active}");
    ensure!(active["first_on"] == day(2, 10).to_string() && active["until"].is_null(), "{active}");
    ensure!(old.get(&path(&ada, "")?).await?.status == 404, "it is the new one's");
    let shown = new.get(&path(&ada, "")?).await?.ok()?;
    ensure!(shown["reference"] == "ada-new" && shown["partner"] == json!(platform), "{shown}");
    ensure!(shown["donor"]["name"].is_null() && shown["donor"]["reference"].is_null(), "{shown}");
    ensure!(new.post(&path(&ada, "/donor-links")?, &json!({})).await?.status == 404, "which show all that was given");
    let links = old.post(&path(&ada, "/donor-links")?, &json!({})).await?.ok()?;
    let base = stage.app.base_url();
    let url = text(&links, "/url")?;
    let url = if url.starts_with('/') { format!("{base}{url}") } else { url.to_owned() };
    let (_, page) = browse(Method::GET, &url, None).await?;
    ensure!(page.contains("It is collected by New &#60;b&#62;Fans"), "{page}");

    cast.advance(day(2, 10)).await?;
    let second = charges(&new, &ada).await?.pop().context("a charge")?;
    ensure!(second["sequence"] == 2 && charges(old, &ada).await?.len() == 1, "{second}");
    capture(&new, &second).await?;
    ensure!(stage.app.mails("plan-move.", "ada@donors.example")? == 3, "asked, agreed, done");
    let stray = json!({"amount": usd("30.00"), "event_id": "evt-s", "provider_reference": "pay-s"});
    let stray = old.post(&path(&ada, "/suspense")?, &stray).await?.ok()?;
    ensure!(stray["state"] == "open" && stray["partner"] == json!(cast.platform), "a standing order: {stray}");
    let first = charges(old, &ada).await?.remove(0);
    let refund = format!("/v1/charges/{}:refund", text(&first, "/id")?);
    let refund = cast.treasurer.post(&refund, &json!({"amount": usd("5.00")})).await?.ok()?;
    let settle = format!("/v1/refunds/{}:settle", text(&refund, "/id")?);
    let sent = json!({"provider_reference": "back-1"});
    ensure!(new.post(&settle, &sent).await?.status == 404, "who took it gives it back");
    ensure!(old.post(&settle, &sent).await?.ok()?["state"] == "settled");

    // A partner that has left: the host speaks for it.
    let withdraw = format!("/v1/books/{}/partners/{}:withdraw", cast.book, cast.platform);
    cast.treasurer.post(&withdraw, &json!({"reason": "It closes down"})).await?.ok()?;
    stage.app.work_until_idle().await?;
    let consent = json!({"consented_at": format!("{}T09:00:00Z", day(2, 10)), "shown_sha256": "b".repeat(64)});
    let to_sandbox = json!({"rail": "sandbox", "token": "sandbox_ok", "consent": consent});
    let agreed = new.post(&path(&bob, ":move")?, &to_sandbox).await?.ok()?;
    ensure!(agreed["state"] == "consented" && agreed["consent"] == "attested", "{agreed}");
    let confirm = format!("/v1/plan-moves/{}:confirm-ended", text(&agreed, "/id")?);
    ensure!(cast.treasurer.post(&confirm, &json!({"reference": "x"})).await?.status == 422);
    let active = cast.treasurer.post(&confirm, &json!({"reason": "It has closed down"})).await?.ok()?;
    ensure!(active["ended_by"] == "host" && active["ended_note"] == "It has closed down", "{active}");
    cast.advance(day(6, 20)).await?;
    let listed = cast.treasurer.all(&path(&bob, "/charges")?).await?;
    let all: Vec<_> =
        listed.iter().map(|it| (it["sequence"].clone(), it["rail"].clone(), it["state"].clone())).collect();
    let of = |sequence: i32, rail: &str, state: &str| (json!(sequence), json!(rail), json!(state));
    let mut expected = vec![of(1, "partner", "settled"), of(2, "partner", "declined")];
    expected.extend((3..=6).map(|sequence| of(sequence, "sandbox", "settled")));
    ensure!(all == expected, "{all:?}");
    let late = capture(old, &listed[1]).await?;
    ensure!(late["state"] == "declined" && late["suspense"].is_string(), "{late}");
    let events = cast.treasurer.all(&format!("/v1/events?book={}", cast.book)).await?;
    let told =
        |id: &Value| events.iter().filter(|it| it["object"] == *id).map(|it| it["kind"].clone()).collect::<Vec<_>>();
    let kinds = ["plan_move.asked", "plan_move.consented", "plan_move.active"].map(Value::from);
    ensure!(told(&asked["id"]) == kinds && told(&agreed["id"]) == kinds, "{:?}", told(&asked["id"]));
    let own = new.all(&format!("/v1/events?book={}", cast.book)).await?;
    ensure!(own.iter().all(|it| !it.to_string().contains("Marked") && !it.to_string().contains("ada@")), "{own:?}");
    ensure!(
        new.all(&path(&bob, "/moves")?).await?.len() == 1
            && cast.stranger.get(&path(&bob, "/moves")?).await?.status == 404
    );
    stage.app.finish().await
}
