//! What happened in a book is read by API: each reader sees what the book shows it, and whoever polls misses nothing.

use anyhow::{Context as _, ensure};
use api::demo::cast::organisation;
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{Stage, day, once};

type Outcome = anyhow::Result<()>;

/// A client of a partner platform with these scopes.
async fn partner(stage: &Stage, platform: &str, scopes: &[&str]) -> anyhow::Result<Client> {
    let asked = json!({"name": "events", "mode": "sandbox", "scopes": scopes});
    let made = stage.cast.operator.post(&format!("/v1/partners/{platform}/credentials"), &asked).await?.ok()?;
    Client::partner(stage.cast.base(), text(&made, "/id")?, text(&made, "/secret")?)
}

/// The families of the kinds of events.
fn families(events: &[Value]) -> BTreeSet<&str> {
    events.iter().filter_map(|event| event["kind"].as_str()?.split('.').next()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["kind"].as_str()).collect()
}

#[tokio::test]
async fn events_are_read_by_those_whom_they_concern_and_a_partner_sees_those_of_its_own_objects() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let pledge = stage.pledge(&campaign, &once(&campaign, "paid", "30.00", day(2, 1), "sandbox_ok")?).await?;
    let milestone = {
        stage.cast.advance(day(2, 1)).await?;
        stage.cast.advance(day(2, 5)).await?;
        stage.milestone(&campaign, "20.00", json!({})).await?
    };
    stage.claim(&milestone, "20.00").await?;
    let charge = stage.charge(&pledge, 1).await?;
    let list = format!("/v1/events?book={}", stage.cast.book);

    let all = stage.cast.treasurer.all(&list).await?;
    let seen = families(&all);
    ensure!(seen == ["campaign", "charge", "claim", "milestone", "pledge", "receipt", "settlement"].into(), "{seen:?}");
    let of_charge = format!("{list}&object={}", text(&charge, "/id")?);
    let of_charge = stage.cast.treasurer.all(&of_charge).await?;
    ensure!(kinds(&of_charge) == ["charge.processing", "charge.captured", "charge.settled"], "{of_charge:?}");
    let facts = &of_charge[1]["facts"];
    ensure!(facts["amount"] == json!({"amount": "30.00", "currency": "USD"}), "{facts}");
    ensure!(facts["pledge"] == pledge["id"] && facts["campaign"] == campaign["id"], "{facts}");
    ensure!(facts["captured_on"] == day(2, 1).to_string() && facts["entry"] == charge["entry"], "{facts}");
    ensure!(of_charge[1]["state_before"] == "processing", "{}", of_charge[1]);
    let of_kind = stage.cast.treasurer.all(&format!("{list}&kind=pledge.completed")).await?;
    ensure!(of_kind.len() == 1 && of_kind[0]["object"] == pledge["id"], "{of_kind:?}");

    // Somebody who belongs to the book sees no donors, and a stranger sees no book.
    let of_reviewer = stage.cast.reviewers[0].all(&list).await?;
    ensure!(families(&of_reviewer) == ["campaign", "claim", "milestone"].into(), "{:?}", families(&of_reviewer));
    ensure!(stage.cast.stranger.get(&list).await?.status == 404, "strangers are told that there is no such book");
    ensure!(stage.app.nobody()?.get(&list).await?.status == 404, "and so is nobody in particular");

    // A partner sees what it brought, each part with its scope.
    let own = stage.cast.partner.all(&list).await?;
    let read = ["charge", "pledge", "settlement"];
    ensure!(families(&own) == read.into(), "{:?}", families(&own));
    let is_own = |event: &&Value| read.iter().any(|family| families(&[(*event).clone()]).contains(family));
    ensure!(all.iter().filter(is_own).eq(own.iter()), "the same events in the same order");
    let settlements = partner(&stage, &stage.cast.platform, &["settlements:read"]).await?;
    ensure!(kinds(&settlements.all(&list).await?) == ["settlement.open", "settlement.settled"]);
    let hidden = format!("{list}&object={}", text(&pledge, "/id")?);
    ensure!(settlements.all(&hidden).await?.is_empty(), "an object is no way around a scope");

    let platform = organisation(&stage.cast.operator, "Fans of Closed Machines", "partner_platform").await?;
    let other = partner(&stage, &platform, &["pledges:read", "charges:read", "settlements:read"]).await?;
    let without = partner(&stage, &platform, &["campaigns:read"]).await?;
    ensure!(other.get(&list).await?.status == 404, "the book has not admitted it");
    let partners = format!("/v1/books/{}/partners", stage.cast.book);
    stage.cast.treasurer.post(&partners, &json!({"organisation": platform})).await?.ok()?;
    ensure!(
        other.all(&list).await?.is_empty() && other.all(&hidden).await?.is_empty(),
        "others' objects are none of its"
    );
    ensure!(without.get(&list).await?.status == 403, "no scope of it reads events");
    stage.app.finish().await
}

#[tokio::test]
async fn whoever_polls_gets_each_event_once_and_is_told_when_some_are_deleted() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    for reference in ["one", "two", "three"] {
        stage.pledge(&campaign, &once(&campaign, reference, "5.00", day(2, 1), "sandbox_ok")?).await?;
    }
    let list = format!("/v1/events?book={}&limit=2", stage.cast.book);
    let (mut seen, mut cursor) = (Vec::new(), None);
    let page = async |cursor: &Option<String>| {
        let more = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        stage.cast.treasurer.get(&format!("{list}{more}")).await?.ok()
    };
    let take = |page: &Value, seen: &mut Vec<Value>| -> anyhow::Result<Option<String>> {
        seen.extend(page["items"].as_array().context("items")?.iter().cloned());
        Ok(Some(text(page, "/poll_cursor")?.to_owned()))
    };
    loop {
        let page = page(&cursor).await?;
        cursor = take(&page, &mut seen)?;
        if page["next_cursor"].is_null() {
            break;
        }
    }
    ensure!(
        kinds(&seen) == ["campaign.draft", "campaign.live", "pledge.active", "pledge.active", "pledge.active"],
        "{seen:?}"
    );
    let nothing = page(&cursor).await?;
    ensure!(nothing["items"] == json!([]) && nothing["poll_cursor"].as_str() == cursor.as_deref(), "{nothing}");

    stage.pledge(&campaign, &once(&campaign, "four", "5.00", day(2, 1), "sandbox_ok")?).await?;
    let before = seen.len();
    cursor = take(&page(&cursor).await?, &mut seen)?;
    ensure!(kinds(&seen[before..]) == ["pledge.active"], "{seen:?}");
    let ids: BTreeSet<&str> = seen.iter().filter_map(|event| event["id"].as_str()).collect();
    ensure!(ids.len() == seen.len(), "each has an id of its own");

    let wrong =
        ["kind=pledge.gone", "object=plg_a", &format!("object={}", stage.cast.host), "cursor=nowhere", "limit=0"];
    for wrong in wrong {
        let answer = stage.cast.treasurer.get(&format!("/v1/events?book={}&{wrong}", stage.cast.book)).await?;
        ensure!(answer.status == 422, "{wrong}: {}", answer.body);
    }

    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    owner.batch_execute("DELETE FROM event WHERE number <= 3; UPDATE event_head SET pruned = 3").await?;
    let first = page(&None).await?;
    ensure!(first["items"].as_array().is_some_and(|items| items.len() == 2), "what is kept is read from its beginning");
    let stale = stage.cast.treasurer.get(&format!("{list}&cursor={}", api::paging::encode(&2))).await?;
    ensure!(stale.status == 409 && stale.body["type"] == "/problems/events-deleted", "{}", stale.body);
    ensure!(page(&cursor).await?["items"] == json!([]), "who has read further goes on");
    stage.app.finish().await
}
