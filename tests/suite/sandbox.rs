//! What a developer of a partner tries: events that are fired by hand arrive as real ones do, at nobody else's, and change nothing; and what the partner
//! is told comes to a program on their own machine.

mod forwarding;

use anyhow::{Context as _, ensure};
use api::demo::cast::organisation;
use api::demo::client::{Answer, Client, text};
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use ledger::partners::telling::scope;
use ledger::service::event::EventKind;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tests::{Receiver, Script, Stage, day, once};

type Outcome = anyhow::Result<()>;

/// How long what is sent may take to be there.
const SENT_MAX: Duration = Duration::from_mins(1);

/// What is to hold soon.
async fn soon(what: &str, mut holds: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + SENT_MAX;
    while !holds().await? {
        ensure!(Instant::now() < deadline, "after {} s not: {what}", SENT_MAX.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// What a partner may do that is told of everything which partners are told.
const SCOPES: &[&str] =
    &["webhooks:write", "campaigns:read", "pledges:read", "charges:read", "settlements:read", "contributions:read"];

/// What firing writes: what was fired, how it was sent and answered, and who used which credential.
const WRITTEN: &[&str] = &[
    "fired_event",
    "event_head",
    "webhook_delivery",
    "webhook_attempt",
    "webhook_endpoint",
    "reply",
    "idempotency",
    "partner_request",
    "credential",
    // What the worker does by itself, whatever is asked.
    "worker_heartbeat",
    "account_check",
    "book_check",
];

/// Client id and secret of a new credential of a platform.
async fn credential(stage: &Stage, platform: &str, mode: &str, scopes: &[&str]) -> anyhow::Result<(String, String)> {
    let asked = json!({"name": "developer", "mode": mode, "scopes": scopes});
    let made = stage.cast.operator.post(&format!("/v1/partners/{platform}/credentials"), &asked).await?.ok()?;
    Ok((text(&made, "/id")?.to_owned(), text(&made, "/secret")?.to_owned()))
}

async fn partner(stage: &Stage, platform: &str, mode: &str, scopes: &[&str]) -> anyhow::Result<Client> {
    let (id, secret) = credential(stage, platform, mode, scopes).await?;
    Client::partner(stage.cast.base(), &id, &secret)
}

/// Another platform that the book has admitted.
async fn another(stage: &Stage, name: &str, scopes: &[&str]) -> anyhow::Result<(String, Client)> {
    let platform = organisation(&stage.cast.operator, name, "partner_platform").await?;
    let admit = format!("/v1/books/{}/partners", stage.cast.book);
    stage.cast.treasurer.post(&admit, &json!({"organisation": platform})).await?.ok()?;
    let client = partner(stage, &platform, "sandbox", scopes).await?;
    Ok((platform, client))
}

async fn fire(by: &Client, book: &str, body: &Value) -> anyhow::Result<Answer> {
    by.post(&format!("/v1/books/{book}/events:fire"), body).await
}

/// The kinds that partners are told.
fn told() -> Vec<EventKind> {
    EventKind::all().iter().filter(|kind| scope(kind.family).is_some()).copied().collect()
}

/// What stands in each table but those that firing writes; of jobs what sends nothing to endpoints.
async fn contents(stage: &Stage) -> anyhow::Result<BTreeMap<String, String>> {
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    let mut found = BTreeMap::new();
    for row in owner.query(tables, &[]).await? {
        let table: String = row.get(0);
        if WRITTEN.contains(&table.as_str()) {
            continue;
        }
        let only = if table == "job" { "WHERE kind <> 'send_webhooks'" } else { "" };
        let digest =
            format!("SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table} t {only}");
        found.insert(table, owner.query_one(&digest, &[]).await?.get(0));
    }
    Ok(found)
}

fn names(event: &Value) -> BTreeSet<&str> {
    event["facts"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// Of what partners are told, each kind is told of exactly by a line of its own; of the others every fact of the family does.
#[test]
fn sbx_each_kind_that_partners_are_told_has_a_line_in_the_table_of_examples() {
    let table = include_str!("../../ledger/src/service/event/examples.rs");
    for kind in told() {
        assert!(
            table.contains(&format!("(\"{kind}\", ")) || table.contains(&format!("        \"{kind}\",\n")),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn sbx_what_a_partner_fires_arrives_as_a_real_event_at_it_alone_and_changes_nothing() -> Outcome {
    let stage = Stage::set_with(2, &[("COMMONPURSE_FETCH_ANYWHERE", "true")]).await?;
    let own = partner(&stage, &stage.cast.platform, "sandbox", SCOPES).await?;
    let (_, other) = another(&stage, "Fans of Closed Machines", SCOPES).await?;
    let campaign = stage.campaign().await?;
    let pledge = stage.pledge(&campaign, &once(&campaign, "real", "30.00", day(2, 1), "sandbox_ok")?).await?;
    stage.cast.advance(day(2, 1)).await?;
    stage.cast.advance(day(2, 5)).await?;
    let charge = text(&stage.charge(&pledge, 1).await?, "/id")?.to_owned();
    the_outbox_has_the_mail_of_the_partners_pledges_whole(&stage, &own).await?;
    let receiver = Receiver::open(Script::round(&[Script::TAKEN])).await?;
    for (by, path) in [(&own, "/own"), (&other, "/other")] {
        by.post("/v1/webhook-endpoints", &json!({"book": stage.cast.book, "url": receiver.url(path)})).await?.ok()?;
    }
    let list = format!("/v1/events?book={}", stage.cast.book);
    let (before, host_before) = (own.all(&list).await?, stage.cast.treasurer.all(&list).await?);
    soon("both know of their endpoints", async || Ok(receiver.at("/own").len() + receiver.at("/other").len() == 2))
        .await?;
    stage.app.work_until_idle().await?;
    let was = contents(&stage).await?;

    let fired = every_kind_comes_to_its_partner(&stage, &own, &receiver, &before).await?;
    of_an_object_it_tells_what_is_real(&stage, &own, &charge, &before).await?;
    let is_other = |(table, digest): (String, String)| (was.get(&table) != Some(&digest)).then_some(table);
    let changed: Vec<String> = contents(&stage).await?.into_iter().filter_map(is_other).collect();
    ensure!(changed.is_empty(), "nothing but what was fired is written, and it changed {changed:?}");
    ensure!(other.all(&list).await?.len() == 1 && receiver.at("/other").len() == 1, "no other partner sees it");
    for reader in [&stage.cast.treasurer, &stage.cast.operator] {
        ensure!(reader.all(&list).await? == host_before, "neither does who keeps the book");
    }
    let since = Timestamp::now() - SignedDuration::from_hours(1);
    let polled = own.all(&format!("/v1/charges?updated_since={since}")).await?;
    ensure!(polled.len() == 1 && polled[0]["id"] == charge, "no list of changes has what did not happen: {polled:?}");
    who_may_not_fire_is_told_why(&stage, &own, &other, &charge).await?;
    no_more_than_enough_are_fired_within_a_minute(&stage, &own, fired.len()).await?;
    stage.app.finish_with_jobs_left().await
}

/// Fires each kind once; answers what the list has of it.
async fn every_kind_comes_to_its_partner(
    stage: &Stage,
    own: &Client,
    receiver: &Receiver,
    before: &[Value],
) -> anyhow::Result<Vec<Value>> {
    let list = format!("/v1/events?book={}", stage.cast.book);
    let end = own.get(&format!("{list}&from=end")).await?.ok()?;
    ensure!(end["items"] == json!([]) && end["next_cursor"].is_null(), "{end}");
    let kinds = told();
    let mut answers = Vec::new();
    for kind in &kinds {
        let answer = fire(own, &stage.cast.book, &json!({"kind": kind})).await?;
        ensure!(answer.status == 202, "{kind}: {answer:?}");
        answers.push(answer.body);
    }
    let after = format!("{list}&cursor={}", text(&end, "/poll_cursor")?);
    let listed = own.all(&after).await?;
    ensure!(listed == answers, "each is listed, once, in its order: {listed:#?}");
    for (event, kind) in listed.iter().zip(&kinds) {
        ensure!(event["kind"] == kind.to_string() && event["test"] == true, "{event}");
    }
    // Each is told as those are which really happened.
    let (mut compared, mut different) = (BTreeSet::new(), Vec::new());
    for event in before {
        ensure!(event.get("test").is_none(), "what happened is no test: {event}");
        let kind = text(event, "/kind")?;
        let example = listed.iter().find(|fired| fired["kind"] == kind).context("each kind was fired")?;
        compared.insert(kind);
        if names(example) != names(event) || example["state_before"] != event["state_before"] {
            different.push(format!("{kind} is {event}, and by example {example}"));
        }
    }
    ensure!(different.is_empty(), "{}", different.join("\n"));
    ensure!(compared.len() >= 7, "only {compared:?}");
    // A ping goes to the endpoint that it tells of, and to no other.
    let sent: Vec<&Value> = listed.iter().filter(|event| event["kind"] != "webhook_endpoint.pinged").collect();
    soon("all are sent", async || Ok(receiver.at("/own").len() > sent.len())).await?;
    let came = receiver.at("/own");
    ensure!(came.len() == sent.len() + 1, "{} came", came.len());
    // Those of one object come in their order, and these are each of another.
    for event in sent {
        let found = came.iter().find(|message| message.json().is_ok_and(|json| json == *event));
        let message = found.with_context(|| format!("not sent: {event}"))?;
        ensure!(message.header("webhook-id")? == text(event, "/id")?, "{event}");
        ensure!(message.header("webhook-signature")?.starts_with("v1,"));
    }
    Ok(listed)
}

async fn of_an_object_it_tells_what_is_real(stage: &Stage, own: &Client, charge: &str, before: &[Value]) -> Outcome {
    let asked = json!({"kind": "charge.declined", "object": charge});
    let path = format!("/v1/books/{}/events:fire", stage.cast.book);
    let fired = own.post_keyed(&path, &asked, "declined-1").await?;
    let again = own.post_keyed(&path, &asked, "declined-1").await?;
    ensure!(fired.status == 202 && again.replayed && again.body == fired.body, "{again:?}");
    let real = before.iter().rfind(|event| event["object"] == charge).context("a real one")?;
    let it = &fired.body;
    ensure!(it["object"] == charge && it["state_before"] == "settled", "{it}");
    ensure!(it["sequence"].as_i64() == real["sequence"].as_i64().map(|last| last + 1), "{it} after {real}");
    for name in ["pledge", "campaign", "amount", "due_on"] {
        ensure!(it["facts"][name] == real["facts"][name], "{name}: {it}");
    }
    let of_charge = format!("/v1/events?book={}&object={charge}", stage.cast.book);
    ensure!(own.all(&of_charge).await?.last() == Some(it), "it is in the list of the object");
    ensure!(stage.cast.treasurer.all(&of_charge).await?.iter().all(|event| event.get("test").is_none()));
    let shown = own.get(&format!("/v1/charges/{charge}")).await?.ok()?;
    ensure!(shown["state"] == "settled", "{shown}");
    Ok(())
}

async fn who_may_not_fire_is_told_why(stage: &Stage, own: &Client, other: &Client, charge: &str) -> Outcome {
    let book = stage.cast.book.as_str();
    for (body, pointer) in [
        (json!({"kind": "charge.lost"}), "/kind"),
        (json!({"kind": "campaign.live"}), "/kind"),
        (json!({"kind": "pledge.active", "object": charge}), "/object"),
        (json!({"kind": "charge.captured", "object": charge.replace("chg_", "plg_")}), "/object"),
        (json!({"kind": "charge.captured", "object": format!("chg_{}", "a".repeat(32))}), "/object"),
    ] {
        let answer = fire(own, book, &body).await?;
        ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{body}: {answer:?}");
    }
    let theirs = fire(other, book, &json!({"kind": "charge.captured", "object": charge})).await?;
    ensure!(theirs.status == 422 && theirs.body["errors"][0]["pointer"] == "/object", "another's charge: {theirs:?}");
    let (_, charges_only) = another(stage, "Fans of Charges", &["webhooks:write", "charges:read"]).await?;
    let unread = fire(&charges_only, book, &json!({"kind": "pledge.active"})).await?;
    ensure!(unread.status == 422 && unread.body["errors"][0]["pointer"] == "/kind", "{unread:?}");
    let (_, without) = another(stage, "Fans of Silence", &["charges:read"]).await?;
    for person in [&without, &stage.cast.treasurer, &stage.cast.operator] {
        ensure!(fire(person, book, &json!({"kind": "charge.captured"})).await?.status == 403, "no scope, no event");
    }
    // A live book, whose partner may do all that a partner may.
    let live = json!({"organisation": stage.cast.host, "name": "In earnest", "currency": "USD", "mode": "live", "zone": "UTC",
        "visibility": "private"});
    let operator = &stage.cast.operator;
    let live = text(&operator.post("/v1/books", &live).await?.ok()?, "/id")?.to_owned();
    ensure!(fire(own, &live, &json!({"kind": "charge.captured"})).await?.status == 404, "of the other mode");
    let in_earnest = partner(stage, &stage.cast.platform, "live", SCOPES).await?;
    let admit = format!("/v1/books/{live}/partners");
    operator.post(&admit, &json!({"organisation": stage.cast.platform})).await?.ok()?;
    let refused = fire(&in_earnest, &live, &json!({"kind": "charge.captured"})).await?;
    ensure!(refused.status == 409, "{refused:?}");
    ensure!(refused.body["type"] == "/problems/events-fired-in-sandboxes-only", "{refused:?}");
    // Nor does SQL in the name of the service.
    let service = stage.app.connection().await?;
    let by_sql = "SELECT event_fire(b.number, p.organisation, 'charge.captured', gen_random_uuid(), 1, NULL, '{}', 60)
                    FROM book b JOIN book_partner p ON p.book_id = b.number WHERE b.mode = 'live'";
    let no = service.batch_execute(by_sql).await.err().context("a live book takes none")?;
    ensure!(no.code().is_some_and(|code| code.code() == "23001"), "{no}");
    for statement in
        ["DELETE FROM fired_event", "UPDATE fired_event SET kind = 'charge.lost'", "INSERT INTO event_head VALUES (1)"]
    {
        ensure!(service.batch_execute(statement).await.is_err(), "{statement}");
    }
    Ok(())
}

async fn no_more_than_enough_are_fired_within_a_minute(stage: &Stage, own: &Client, fired: usize) -> Outcome {
    let fresh = json!({"kind": "webhook_endpoint.pinged"});
    let mut more = 0;
    let refused = loop {
        // Some at once, so that a slow machine fires enough of them within a minute, too.
        let answers = try_join_all((0..10).map(|_| fire(own, &stage.cast.book, &fresh))).await?;
        more += answers.len();
        if let Some(refused) = answers.into_iter().find(|answer| answer.status != 202) {
            break refused;
        }
        ensure!(more <= 120, "61 within a minute are refused, after {fired} before them");
    };
    ensure!(refused.status == 409 && refused.body["type"] == "/problems/events-fired-enough", "{refused:?}");
    Ok(())
}

/// What a live book would have mailed is read whole by who brought the pledge: text, link and all.
async fn the_outbox_has_the_mail_of_the_partners_pledges_whole(stage: &Stage, own: &Client) -> Outcome {
    let outbox = format!("/v1/books/{}/outbox", stage.cast.book);
    let first = own.get(&format!("{outbox}?limit=1")).await?.ok()?;
    let mail = &first["items"][0];
    ensure!(mail["kind"] == "receipt" && mail["recipient"] == "real@donors.example", "{first}");
    ensure!(text(mail, "/text")?.starts_with("[test] ") && text(mail, "/text")?.contains("30.00 USD"), "{mail}");
    let base = stage.app.base_url();
    ensure!(text(mail, "/text")?.contains(&format!("{base}/")), "its links are there: {mail}");
    ensure!(stage.cast.treasurer.all(&outbox).await?.contains(mail), "the host reads it too");
    Ok(())
}
