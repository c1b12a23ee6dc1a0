//! What a partner polls, over all books that admit it; its credentials; and what it asked.

use anyhow::{Context as _, ensure};
use api::demo::cast::{organisation, sandbox_book, usd};
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tests::{Stage, day, monthly, once};

type Outcome = anyhow::Result<()>;

/// How long what is written behind the answers may take to be there.
const WRITTEN_MAX: Duration = Duration::from_mins(1);

async fn credential(stage: &Stage, platform: &str, mode: &str, scopes: &[&str]) -> anyhow::Result<Value> {
    let asked = json!({"name": "polls", "mode": mode, "scopes": scopes});
    stage.cast.operator.post(&format!("/v1/partners/{platform}/credentials"), &asked).await?.ok()
}

async fn partner(stage: &Stage, platform: &str, mode: &str, scopes: &[&str]) -> anyhow::Result<Client> {
    let made = credential(stage, platform, mode, scopes).await?;
    Client::partner(stage.cast.base(), text(&made, "/id")?, text(&made, "/secret")?)
}

fn ids(items: &[Value]) -> BTreeSet<&str> {
    items.iter().filter_map(|item| item["id"].as_str()).collect()
}

/// One more sandbox book of the host that admits the partner, with a campaign of its own.
async fn second_book(stage: &Stage) -> anyhow::Result<(String, Value)> {
    let cast = &stage.cast;
    let book = sandbox_book(&cast.treasurer, &cast.host, "Second book").await?;
    cast.treasurer.post(&format!("/v1/books/{book}/partners"), &json!({"organisation": cast.platform})).await?.ok()?;
    let new = json!({"book": book, "slug": "loom", "title": "A loom", "terms": "All goes to the loom.", "monthly_goal": usd("100.00")});
    let campaign = cast.treasurer.post("/v1/campaigns", &new).await?.ok()?;
    cast.treasurer.post(&format!("/v1/campaigns/{}:publish", text(&campaign, "/id")?), &json!({})).await?.ok()?;
    Ok((book, campaign))
}

const READING: &[&str] = &["campaigns:read", "pledges:read", "charges:read", "settlements:read", "requests:read"];

/// One stage for all three, as it takes longer than what is asked on it.
#[tokio::test]
async fn a_partner_follows_its_own_objects_rotates_its_secrets_and_reads_what_it_asked() -> Outcome {
    let stage = Stage::set().await?;
    a_partner_follows_its_objects_in_all_books_and_nobody_else_s(&stage).await?;
    both_secrets_give_tokens_until_the_old_one_ends_and_revoking_ends_all(&stage).await?;
    a_partner_reads_what_it_asked_and_the_list_holds_nothing_of_anybody(&stage).await?;
    stage.app.finish().await
}

async fn a_partner_follows_its_objects_in_all_books_and_nobody_else_s(stage: &Stage) -> Outcome {
    let cast = &stage.cast;
    let first = stage.campaign().await?;
    let (_, second) = second_book(stage).await?;
    let reader = partner(stage, &cast.platform, "sandbox", READING).await?;

    let here = stage.pledge(&first, &monthly(&first, "here", "30.00", day(1, 1), 12, "sandbox_ok")?).await?;
    let refused = stage.pledge(&first, &once(&first, "refused", "20.00", day(1, 1), "sandbox_stolen_card")?).await?;
    let there = stage.pledge(&second, &once(&second, "there", "10.00", day(1, 1), "sandbox_ok")?).await?;
    let campaigns = reader.all("/v1/campaigns").await?;
    ensure!(ids(&campaigns) == ids(&[first.clone(), second.clone()]), "{campaigns:?}");

    // Everything once, a page of one at a time, and from then on what has changed.
    let mut walked = Vec::new();
    let mut at = "/v1/pledges?limit=1".to_owned();
    let as_of = loop {
        let page = reader.get(&at).await?.ok()?;
        walked.extend(page["items"].as_array().context("items")?.clone());
        let Some(next) = page["next_cursor"].as_str() else { break text(&page, "/as_of")?.to_owned() };
        at = format!("/v1/pledges?limit=1&cursor={next}");
    };
    ensure!(ids(&walked) == ids(&[here.clone(), refused.clone(), there.clone()]) && walked.len() == 3, "{walked:?}");
    let filtered =
        async |query: &str| -> anyhow::Result<Vec<Value>> { reader.all(&format!("/v1/pledges?{query}")).await };
    ensure!(ids(&filtered("reference=there").await?) == ids(std::slice::from_ref(&there)));
    ensure!(ids(&filtered("donor_reference=donor-here").await?) == ids(std::slice::from_ref(&here)));
    let of_second = format!("campaign={}", text(&second, "/id")?);
    ensure!(ids(&filtered(&of_second).await?) == ids(std::slice::from_ref(&there)));
    ensure!(filtered(&format!("{of_second}&reference=here")).await?.is_empty(), "all that is asked holds");
    ensure!(filtered("state=active").await?.len() == 3 && filtered("state=paused").await?.is_empty());

    cast.advance(day(1, 1)).await?;
    cast.advance(day(1, 5)).await?;
    let pause = format!("/v1/pledges/{}:pause", text(&here, "/id")?);
    cast.partner.post(&pause, &json!({"reason": "The donor asked for it"})).await?.ok()?;
    let since = format!("updated_since={as_of}");
    let changed = reader.all(&format!("/v1/pledges?{since}")).await?;
    let paused = changed.iter().rfind(|pledge| pledge["id"] == here["id"]).context("it was paused")?;
    ensure!(paused["state"] == "paused", "{paused}");
    ensure!(ids(&filtered(&format!("{since}&state=paused")).await?) == ids(std::slice::from_ref(&here)));
    ensure!(ids(&filtered("state=paused").await?) == ids(std::slice::from_ref(&here)));

    let charges = reader.all("/v1/charges").await?;
    let states: BTreeSet<_> = charges.iter().filter_map(|charge| charge["state"].as_str()).collect();
    ensure!(states == ["settled", "declined"].into() && charges.len() == 2, "{charges:?}");
    ensure!(ids(&reader.all(&format!("/v1/charges?{since}")).await?) == ids(&charges), "both have changed since");
    let declined = reader.all("/v1/charges?state=declined").await?;
    ensure!(declined.len() == 1 && declined[0]["pledge"] == refused["id"], "{declined:?}");
    ensure!(reader.all(&format!("/v1/charges?due_before={}", day(1, 1))).await?.is_empty(), "before, not on");
    ensure!(reader.all(&format!("/v1/charges?due_before={}", day(1, 2))).await?.len() == 2);
    let settled = charges.iter().find(|charge| charge["state"] == "settled").context("one")?;
    let settlements = reader.all("/v1/settlements").await?;
    ensure!(settlements.len() == 1 && settlements[0]["id"] == settled["settlement"], "{settlements:?}");
    let of_settlement = format!("/v1/settlements/{}/charges?limit=1", text(settled, "/settlement")?);
    ensure!(reader.get(&of_settlement).await?.ok()?["items"][0]["charge"] == settled["id"]);

    others_see_nothing(stage, &here, settled).await?;
    mistakes_name_their_parameter(stage, &reader).await
}

/// Neither a partner that the books admit as well, nor the same partner with a live credential.
async fn others_see_nothing(stage: &Stage, pledge: &Value, charge: &Value) -> Outcome {
    let platform = organisation(&stage.cast.operator, "Fans of Closed Machines", "partner_platform").await?;
    let partners = format!("/v1/books/{}/partners", stage.cast.book);
    stage.cast.treasurer.post(&partners, &json!({"organisation": platform})).await?.ok()?;
    let other = partner(stage, &platform, "sandbox", READING).await?;
    let live = partner(stage, &stage.cast.platform, "live", READING).await?;
    for (who, campaigns) in [(&other, 1), (&live, 0)] {
        ensure!(who.all("/v1/campaigns").await?.len() == campaigns, "the books that admit it, in its mode");
        for list in ["/v1/pledges", "/v1/pledges?reference=here", "/v1/charges", "/v1/settlements"] {
            ensure!(who.all(list).await?.is_empty(), "{list}");
        }
        ensure!(who.all("/v1/charges?updated_since=2999-01-01T00:00:00Z").await.is_err(), "a moment ahead");
        for path in [
            format!("/v1/pledges/{}", text(pledge, "/id")?),
            format!("/v1/charges/{}", text(charge, "/id")?),
            format!("/v1/settlements/{}", text(charge, "/settlement")?),
            format!("/v1/settlements/{}/charges", text(charge, "/settlement")?),
            format!("/v1/partners/{}/requests", if campaigns == 1 { &stage.cast.platform } else { &platform }),
        ] {
            let answer = who.get(&path).await?;
            ensure!(answer.status == 404 && answer.body["type"] == "/problems/not-found", "{path}: {answer:?}");
        }
    }
    Ok(())
}

async fn mistakes_name_their_parameter(stage: &Stage, reader: &Client) -> Outcome {
    let cursor = reader.get("/v1/pledges?limit=1").await?.ok()?["next_cursor"].clone();
    let cursor = cursor.as_str().context("a cursor")?;
    for (path, pointer) in [
        ("/v1/charges?state=scheduled".to_owned(), "/state"),
        ("/v1/charges?due_before=yesterday".to_owned(), "/due_before"),
        ("/v1/charges?updated_since=2020-01-01T00:00:00Z".to_owned(), "/updated_since"),
        ("/v1/pledges?donor_reference=".to_owned(), "/donor_reference"),
        (format!("/v1/charges?cursor={cursor}"), "/cursor"),
        (format!("/v1/campaigns?book={}&cursor={cursor}", stage.cast.book), "/cursor"),
    ] {
        let answer = reader.get(&path).await?;
        ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{path}: {answer:?}");
    }
    for path in ["/v1/campaigns", "/v1/settlements"] {
        let answer = stage.cast.treasurer.get(path).await?;
        ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == "/book", "{path}: {answer:?}");
    }
    Ok(())
}

async fn both_secrets_give_tokens_until_the_old_one_ends_and_revoking_ends_all(stage: &Stage) -> Outcome {
    let base = stage.cast.base();
    let made = credential(stage, &stage.cast.platform, "live", READING).await?;
    let (id, first) = (text(&made, "/id")?, text(&made, "/secret")?);
    let path = format!("/v1/partners/{}/credentials/{id}", stage.cast.platform);
    let gives = async |secret: &str| Client::partner(base, id, secret)?.access_token().await;
    let shown = async || -> anyhow::Result<Value> {
        let all = stage.cast.operator.all(&format!("/v1/partners/{}/credentials", stage.cast.platform)).await?;
        all.into_iter().find(|credential| credential["id"] == id).context("the credential")
    };
    ensure!(shown().await?["last_used_on"] == Value::Null);
    gives(first).await?;
    ensure!(shown().await?["last_used_on"].is_string(), "{}", shown().await?);

    let operator = &stage.cast.operator;
    let rotated = operator.post_keyed(&format!("{path}:rotate"), &json!({}), "rotate-1").await?;
    ensure!(rotated.status == 200 && rotated.body["id"] == id, "{rotated:?}");
    let second = text(&rotated.body, "/secret")?.to_owned();
    let again = operator.post_keyed(&format!("{path}:rotate"), &json!({}), "rotate-1").await?;
    ensure!(again.replayed && again.body.get("secret").is_none(), "a secret is shown once: {again:?}");
    ensure!(shown().await?["old_secret_used_on"] == Value::Null);
    gives(&second).await?;
    gives(first).await?;
    ensure!(shown().await?["old_secret_used_on"].is_string(), "somebody still uses the old one");
    let third = operator.post(&format!("{path}:rotate"), &json!({"old_ends_after_hours": 1})).await?;
    ensure!(third.status == 409 && third.body["type"] == "/problems/two-secrets-live", "{third:?}");
    let long = operator.post(&format!("{path}:rotate"), &json!({"old_ends_after_hours": 169})).await?;
    ensure!(long.status == 422 && long.body["errors"][0]["pointer"] == "/old_ends_after_hours", "{long:?}");

    // A leak: both end at once.
    let at_once = operator.post(&format!("{path}:rotate"), &json!({"old_ends_after_hours": 0})).await?.ok()?;
    let third = text(&at_once, "/secret")?;
    ensure!(at_once["old_secret_ends_at"] == Value::Null, "{at_once}");
    ensure!(gives(first).await.is_err() && gives(&second).await.is_err());
    let partner = Client::partner(base, id, third)?;
    ensure!(partner.get("/v1/campaigns").await?.status == 200);
    operator.send(reqwest::Method::DELETE, &path, None, &[]).await?;
    ensure!(partner.get("/v1/campaigns").await?.status == 401, "its tokens end with the next request");
    let late = operator.post(&format!("{path}:rotate"), &json!({})).await?;
    ensure!(late.status == 409 && late.body["type"] == "/problems/credential-revoked", "{late:?}");
    Ok(())
}

async fn a_partner_reads_what_it_asked_and_the_list_holds_nothing_of_anybody(stage: &Stage) -> Outcome {
    let cast = &stage.cast;
    let platform = organisation(&cast.operator, "Fans of Lists", "partner_platform").await?;
    let partners = format!("/v1/books/{}/partners", cast.book);
    cast.treasurer.post(&partners, &json!({"organisation": platform})).await?.ok()?;
    let writer = partner(stage, &platform, "sandbox", &["pledges:write"]).await?;
    let reader = partner(stage, &platform, "sandbox", READING).await?;
    let live = partner(stage, &platform, "live", READING).await?;
    let campaign = cast.campaign("told-to-few", "A press", "100.00").await?;
    let body = once(&campaign, "told-to-nobody", "30.00", day(12, 1), "sandbox_ok")?;
    let place = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let pledge = writer.post(&place, &body).await?.ok()?;
    let id = text(&pledge, "/id")?;
    reader.get(&format!("/v1/pledges/{id}")).await?.ok()?;
    reader.get("/v1/pledges?reference=told-to-nobody").await?.ok()?;
    ensure!(reader.get("/v1/pledges?state=odd").await?.status == 422);
    ensure!(reader.post(&format!("/v1/pledges/{id}:pause"), &json!({})).await?.status == 403);
    ensure!(live.get(&format!("/v1/pledges/{id}")).await?.status == 404);

    let list = format!("/v1/partners/{platform}/requests");
    let wanted = [
        ("POST", "/v1/campaigns/{id}/pledges", 201, Value::Null),
        ("GET", "/v1/pledges/{id}", 200, Value::Null),
        ("GET", "/v1/pledges", 200, Value::Null),
        ("GET", "/v1/pledges", 422, json!("invalid")),
        ("POST", "/v1/pledges/{id}:pause", 403, json!("forbidden")),
    ];
    let deadline = Instant::now() + WRITTEN_MAX;
    let found = loop {
        let mut found = reader.all(&list).await?;
        found.retain(|line| line["path"] != "/v1/partners/{id}/requests");
        if found.len() >= wanted.len() {
            break found;
        }
        ensure!(Instant::now() < deadline, "only {found:?} after {} s", WRITTEN_MAX.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    ensure!(found.len() == wanted.len(), "{found:?}");
    for (method, path, status, problem) in &wanted {
        let is_it = |line: &&Value| {
            line["method"] == *method
                && line["path"] == *path
                && line["status"] == *status
                && line["problem"] == *problem
        };
        ensure!(found.iter().filter(is_it).count() == 1, "{method} {path} {status}: {found:?}");
    }
    ensure!(
        found.iter().all(|line| line["mode"] == "sandbox"),
        "what a live credential asked is not shown to this one"
    );
    ensure!(found.is_sorted_by(|newer, older| newer["at"].as_str() >= older["at"].as_str()), "{found:?}");
    let page = reader.get(&format!("{list}?limit=2")).await?.ok()?;
    ensure!(
        page["items"].as_array().is_some_and(|items| items.len() == 2) && page["next_cursor"].is_string(),
        "{page}"
    );

    let of_live = live.all(&list).await?;
    ensure!(of_live.iter().all(|line| line["mode"] == "live"), "{of_live:?}");
    let row = "SELECT string_agg(to_jsonb(r)::text, ' ') FROM partner_request r";
    let client = stage.app.connection().await?;
    let kept: String = client.query_one(row, &[]).await?.get(0);
    for secret in ["told-to-nobody", "donors.example", id, "sandbox_ok", &cast.credential.1] {
        ensure!(!kept.contains(secret), "{secret} is kept");
    }
    Ok(())
}
