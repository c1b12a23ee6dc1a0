//! Card testing: who tries many cards, or one card many times, reaches no provider, and everybody else goes on.

use anyhow::ensure;
use api::demo::client::{Answer, Client, text};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{OPERATOR, Stage, day, once};

type Outcome = anyhow::Result<()>;

/// How many pledges are on their way at once.
const AT_ONCE: usize = 20;

/// How long the service may take to notice.
const NOTICED_MAX: Duration = Duration::from_mins(2);

fn pledge(campaign: &Value, reference: &str, payer: Value) -> anyhow::Result<Value> {
    let mut pledge = once(campaign, reference, "1.00", day(2, 1), "sandbox_ok")?;
    pledge["payer"] = payer;
    Ok(pledge)
}

fn is_suspected(answer: &Answer) -> bool {
    answer.status == 429 && answer.body["type"] == "/problems/card-testing-suspected"
}

/// How many of many pledges that are sent at once, to several processes of the service, are placed; the others are refused.
async fn placed(clients: &[&Client], path: &str, pledges: Vec<Value>) -> anyhow::Result<usize> {
    let sent = pledges.iter().enumerate().map(|(index, pledge)| send(clients[index % clients.len()], path, pledge));
    let answers: Vec<anyhow::Result<Answer>> = stream::iter(sent).buffer_unordered(AT_ONCE).collect().await;
    let mut placed = 0;
    for answer in answers {
        let answer = answer?;
        ensure!(answer.status == 201 || is_suspected(&answer), "{answer:?}");
        placed += usize::from(answer.status == 201);
    }
    Ok(placed)
}

/// Sends a pledge, and again when the connection was one that the service had just given up: its key tells what came of it.
async fn send(client: &Client, path: &str, pledge: &Value) -> anyhow::Result<Answer> {
    let key = text(pledge, "/reference")?;
    for _ in 0..4 {
        if let Ok(answer) = client.post_keyed(path, pledge, key).await {
            return Ok(answer);
        }
    }
    client.post_keyed(path, pledge, key).await
}

#[tokio::test]
async fn p14_try_eleven_from_one_address_or_on_one_card_is_refused_without_asking_the_provider() -> Outcome {
    let mut stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let (second_api, second_base) = stage.app.another_api()?;
    let (id, secret) = stage.cast.credential.clone();
    let elsewhere = Client::partner(&second_base, &id, &secret)?;
    elsewhere.access_token().await?;
    let clients = [&stage.cast.partner, &elsewhere];
    let many = |kind: &str, payer: &dyn Fn(usize) -> Value| -> anyhow::Result<Vec<Value>> {
        (0..60).map(|number| pledge(&campaign, &format!("{kind}-{number}"), payer(number))).collect()
    };
    let one_address =
        many("address", &|number| json!({"address": "203.0.113.7", "card_fingerprint": format!("a{number}")}))?;
    let one_card =
        many("card", &|number| json!({"address": format!("198.51.100.{number}"), "card_fingerprint": "FP-1"}))?;
    let one_network = many("network", &|number| json!({"address": format!("2001:db8:1:2:{number}::1")}))?;
    let (kept_key, first) = ("first-of-all", pledge(&campaign, "first", json!({"address": "203.0.113.7"}))?);
    ensure!(stage.cast.partner.post_keyed(&path, &first, kept_key).await?.status == 201);
    // The first one was from the same address.
    assert_eq!(placed(&clients, &path, one_address).await?, 9);
    assert_eq!(placed(&clients, &path, one_card).await?, 10);
    assert_eq!(placed(&clients, &path, one_network).await?, 10);

    let again = stage.cast.partner.post_keyed(&path, &first, kept_key).await?;
    ensure!(again.status == 201 && again.replayed, "a repetition is no try: {again:?}");
    let batch: Vec<Value> = (0..40)
        .map(|number| {
            let payer = json!({"address": "192.0.2.9", "card_fingerprint": format!("b{number}")});
            Ok(json!({"key": format!("k{number}"), "pledge": pledge(&campaign, &format!("batch-{number}"), payer)?}))
        })
        .collect::<anyhow::Result<_>>()?;
    let batch = |on_error: &str| json!({"on_error": on_error, "pledges": batch});
    let answer = stage.cast.partner.post(&format!("{path}:batch"), &batch("continue")).await?.ok()?;
    for (place, item) in answer["items"].as_array().into_iter().flatten().enumerate() {
        let expected = if place < 10 { "placed" } else { "refused" };
        assert_eq!(item["verdict"], expected, "{place}: {item}");
        ensure!(place < 10 || item["problem"]["status"] == 429, "{item}");
    }
    ensure!(is_suspected(&stage.cast.partner.post(&format!("{path}:batch"), &batch("all_or_nothing")).await?));

    let given = stage.app.count("SELECT count(*) FROM pledge").await?;
    assert_eq!(given, 40, "ten of each");
    assert_eq!(stage.app.count("SELECT count(*) FROM donor").await?, given, "a refused one leaves no donor behind");
    for (name, payer) in
        [("other", json!({"address": "203.0.113.8", "card_fingerprint": "FP-2"})), ("none", Value::Null)]
    {
        let other = stage.cast.partner.post(&path, &pledge(&campaign, name, payer)?).await?;
        ensure!(other.status == 201, "others go on: {other:?}");
    }
    stage.cast.advance(day(2, 1)).await?;
    assert_eq!(stage.app.count("SELECT count(*) FROM sandbox_provider_charge").await?, given + 2);
    assert_eq!(stage.app.count("SELECT count(*) FROM job WHERE kind = 'send_receipt'").await?, given + 2);
    let mails = stage.app.mails("card-testing.", OPERATOR)?;
    ensure!((1..=2).contains(&mails), "{mails} mails to the partner's owner, one for each hour");
    // Neither the addresses nor the cards stand anywhere.
    for rows in ["job", "reply", "activity", "outbox_mail", "donor", "pledge", "payment_try"] {
        let told = format!(
            "SELECT count(*) FROM {rows} r WHERE r::text LIKE '%203.0.113.7%' OR r::text LIKE '%FP-1%'
                OR r::text LIKE '%2001:db8%'"
        );
        assert_eq!(stage.app.count(&told).await?, 0, "{rows}");
    }
    tokio::task::spawn_blocking(move || second_api.stop()).await??;
    stage.app.finish().await
}

#[tokio::test]
async fn p14_new_means_for_one_pledge_are_tried_ten_times_within_the_hour() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let placed = stage.pledge(&campaign, &once(&campaign, "one", "1.00", day(2, 1), "sandbox_expired_card")?).await?;
    stage.cast.advance(day(2, 1)).await?;
    let path = format!("/v1/pledges/{}:resume", text(&placed, "/id")?);
    let means = json!({"token": "sandbox_expired_card"});
    let mut refused = 0;
    for turn in 0..12 {
        let answer = stage.cast.partner.post(&path, &means).await?;
        refused += usize::from(is_suspected(&answer));
        ensure!(answer.status == 200 || is_suspected(&answer), "{turn}: {answer:?}");
        stage.app.work_until_idle().await?;
    }
    assert_eq!(refused, 2);
    assert_eq!(stage.app.count("SELECT count(*) FROM sandbox_provider_charge").await?, 11);
    stage.app.finish().await
}

#[tokio::test]
async fn p14_a_partner_of_whose_pledges_most_are_declined_is_stopped_however_the_addresses_change() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_DECLINES_OF_AT_LEAST", "20")]).await?;
    let campaign = stage.campaign().await?;
    let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let tried = |number: usize| -> anyhow::Result<Value> {
        let payer = json!({"address": format!("198.51.100.{number}"), "card_fingerprint": format!("fp-{number}")});
        let mut pledge = pledge(&campaign, &format!("try-{number}"), payer)?;
        pledge["token"] = json!("sandbox_insufficient_funds");
        pledge["schedule"] = json!({"interval": "once"});
        Ok(pledge)
    };
    let items = (0..30).map(|number| Ok(json!({"key": format!("k{number}"), "pledge": tried(number)?})));
    let items = items.collect::<anyhow::Result<Vec<_>>>()?;
    let batch = json!({"on_error": "continue", "pledges": items});
    let answer = stage.cast.partner.post(&format!("{path}:batch"), &batch).await?.ok()?;
    ensure!(answer["items"].as_array().is_some_and(|items| items.iter().all(|item| item["verdict"] == "placed")));
    stage.app.work_until_idle().await?;
    let deadline = Instant::now() + NOTICED_MAX;
    let mut number = 30;
    while !is_suspected(&stage.cast.partner.post(&path, &tried(number)?).await?) {
        ensure!(Instant::now() < deadline, "nobody noticed");
        number += 1;
    }
    stage.app.work_until_idle().await?;
    let asked = stage.app.count("SELECT count(*) FROM sandbox_provider_charge").await?;
    for number in 200..230 {
        ensure!(is_suspected(&stage.cast.partner.post(&path, &tried(number)?).await?), "{number}");
    }
    stage.app.work_until_idle().await?;
    assert_eq!(stage.app.count("SELECT count(*) FROM sandbox_provider_charge").await?, asked);
    assert_eq!(asked, number as i64);
    stage.app.finish().await
}
