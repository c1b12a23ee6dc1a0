//! Partners are sent what happened, signed, once, and again until they have it; nobody is sent what is not theirs.

mod crowd;
mod libraries;

use anyhow::{Context as _, ensure};
use api::demo::cast::{join, organisation};
use api::demo::client::{Answer, Client, text};
use jiff::{SignedDuration, Timestamp};
use ledger::partners::rules::signing::Secret;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tests::{OPERATOR, Received, Receiver, Script, Stage, day, once};

type Outcome = anyhow::Result<()>;

/// How long what is sent may take to be there.
const SENT_MAX: Duration = Duration::from_mins(1);

const SCOPES: &[&str] = &["webhooks:write", "pledges:read", "charges:read"];

/// A kind of event that happens to nobody here, for an endpoint that is to be sent pings alone.
const NOTHING_ELSE: &str = "pledge_move.posted";

/// What is to hold soon.
pub(crate) async fn soon(what: &str, mut holds: impl AsyncFnMut() -> anyhow::Result<bool>) -> Outcome {
    let deadline = Instant::now() + SENT_MAX;
    while !holds().await? {
        ensure!(Instant::now() < deadline, "after {} s not: {what}", SENT_MAX.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn partner(stage: &Stage, platform: &str, scopes: &[&str]) -> anyhow::Result<Client> {
    let asked = json!({"name": "webhooks", "mode": "sandbox", "scopes": scopes});
    let made = stage.cast.operator.post(&format!("/v1/partners/{platform}/credentials"), &asked).await?.ok()?;
    Client::partner(stage.cast.base(), text(&made, "/id")?, text(&made, "/secret")?)
}

/// An endpoint at a receiver.
struct Endpoint<'a> {
    by: &'a Client,
    path: String,
    secret: Secret,
}

impl<'a> Endpoint<'a> {
    async fn make(stage: &Stage, by: &'a Client, url: &str, kinds: &[&str]) -> anyhow::Result<Endpoint<'a>> {
        let new = json!({"book": stage.cast.book, "url": url, "kinds": kinds});
        let made = by.post("/v1/webhook-endpoints", &new).await?.ok()?;
        let path = format!("/v1/webhook-endpoints/{}", text(&made, "/id")?);
        Ok(Endpoint { by, path, secret: text(&made, "/secret")?.parse()? })
    }

    async fn act(&self, action: &str, body: &Value) -> anyhow::Result<Answer> {
        self.by.post(&format!("{}{action}", self.path), body).await
    }

    async fn show(&self) -> anyhow::Result<Value> {
        self.by.get(&self.path).await?.ok()
    }

    async fn deliveries(&self) -> anyhow::Result<Vec<Value>> {
        self.by.all(&format!("{}/deliveries", self.path)).await
    }

    async fn attempts(&self, delivery: &Value) -> anyhow::Result<Vec<Value>> {
        self.by.all(&format!("{}/deliveries/{}/attempts", self.path, text(delivery, "/event")?)).await
    }

    /// Changes it, as it stands now.
    async fn change(&self, change: &Value) -> anyhow::Result<Answer> {
        let tag = self.by.get(&self.path).await?.etag.context("a tag")?;
        self.by.send(Method::PATCH, &self.path, Some(change), &[("If-Match", &tag)]).await
    }

    /// Waits until its only ping, or its latest, is on its way.
    async fn pinged(&self, count: usize) -> anyhow::Result<Value> {
        self.act(":ping", &json!({})).await?.ok()?;
        soon("the ping is on its way", async || Ok(self.deliveries().await?.len() == count)).await?;
        self.deliveries().await?.pop().context("a delivery")
    }
}

/// Where the clock of the book stands.
async fn book_now(stage: &Stage) -> anyhow::Result<Timestamp> {
    let jobs = stage.cast.treasurer.get(&format!("/v1/books/{}/jobs", stage.cast.book)).await?.ok()?;
    Ok(text(&jobs, "/now")?.parse()?)
}

async fn pass(stage: &Stage, time: SignedDuration) -> Outcome {
    let to = book_now(stage).await?.checked_add(time)?;
    stage.app.advance(&stage.cast.treasurer, &stage.cast.book, &to.to_string()).await
}

/// One stage for all, as it takes longer than what is sent on it. Two workers, so that what comes once comes once.
#[tokio::test]
async fn wh_partners_are_sent_what_happened_signed_once_and_again_until_they_have_it() -> Outcome {
    let stage = Stage::set_with(2, &[("COMMONPURSE_FETCH_ANYWHERE", "true")]).await?;
    let partner = partner(&stage, &stage.cast.platform, SCOPES).await?;
    mistakes_name_their_field(&stage, &partner).await?;
    each_event_comes_once_signed_as_the_list_shows_it(&stage, &partner).await?;
    two_secrets_sign_and_no_third(&stage, &partner).await?;
    libraries::libraries_of_two_languages_verify_what_was_sent(&stage, &partner).await?;
    what_fails_is_sent_again_by_the_clock_of_the_book(&stage, &partner).await?;
    an_endpoint_that_is_gone_or_only_fails_is_left_and_goes_on_when_it_is_asked(&stage, &partner).await?;
    a_silent_endpoint_keeps_no_other_waiting(&stage, &partner).await?;
    nobody_else_sees_an_endpoint(&stage, &partner).await?;
    history_stays_as_it_is(&stage).await?;
    stage.app.finish_with_jobs_left().await
}

async fn mistakes_name_their_field(stage: &Stage, partner: &Client) -> Outcome {
    let make = async |url: &str, kinds: &[&str]| {
        let new = json!({"book": stage.cast.book, "url": url, "kinds": kinds});
        partner.post("/v1/webhook-endpoints", &new).await
    };
    for (url, kinds, pointer) in [
        ("http://shop.example/", &[][..], "/url"),
        ("https://shop.example:8443/", &[], "/url"),
        ("https://ada:pw@shop.example/", &[], "/url"),
        ("https://shop.example/", &["charge.captured", "charge.lost"], "/kinds/1"),
        ("https://shop.example/", &["settlement.open"], "/kinds/0"),
        ("https://shop.example/", &["campaign.live"], "/kinds/0"),
    ] {
        let answer = make(url, kinds).await?;
        ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{url} {kinds:?}: {answer:?}");
    }
    ensure!(stage.app.count("SELECT count(*) FROM webhook_endpoint").await? == 0);
    let new = json!({"book": stage.cast.book, "url": "https://shop.example/", "kinds": [NOTHING_ELSE]});
    let first = partner.post_keyed("/v1/webhook-endpoints", &new, "hooks-1").await?;
    let again = partner.post_keyed("/v1/webhook-endpoints", &new, "hooks-1").await?;
    ensure!(text(&first.body, "/secret")?.starts_with("whsec_"), "{first:?}");
    ensure!(again.replayed && again.body["id"] == first.body["id"], "{again:?}");
    ensure!(again.body.get("secret").is_none(), "a secret is shown once: {again:?}");
    let mut made = vec![text(&first.body, "/id")?.to_owned()];
    while made.len() < 10 {
        made.push(text(&make("https://shop.example/", &[NOTHING_ELSE]).await?.ok()?, "/id")?.to_owned());
    }
    let more = make("https://shop.example/", &[]).await?;
    ensure!(more.status == 409 && more.body["type"] == "/problems/webhook-endpoints-full", "{more:?}");
    let path = format!("/v1/webhook-endpoints/{}", made[0]);
    let change = json!({"state": "disabled"});
    ensure!(partner.send(Method::PATCH, &path, Some(&change), &[]).await?.status == StatusCode::PRECONDITION_REQUIRED);
    let wrong = partner.send(Method::PATCH, &path, Some(&change), &[("If-Match", "\"v1\"")]).await?;
    ensure!(wrong.status == 422, "a partner disables nothing: {wrong:?}");
    for id in &made {
        let gone = partner.send(Method::DELETE, &format!("/v1/webhook-endpoints/{id}"), None, &[]).await?;
        ensure!(gone.status == StatusCode::NO_CONTENT, "{gone:?}");
    }
    ensure!(
        partner.get(&path).await?.status == 404
            && stage.app.count("SELECT count(*) FROM webhook_endpoint WHERE secret IS NOT NULL").await? == 0
    );
    ensure!(partner.all(&format!("/v1/webhook-endpoints?book={}", stage.cast.book)).await?.is_empty());
    Ok(())
}

async fn each_event_comes_once_signed_as_the_list_shows_it(stage: &Stage, partner: &Client) -> Outcome {
    let receiver = Receiver::open(Script::default()).await?;
    let all = Endpoint::make(stage, partner, &receiver.url("/all"), &[]).await?;
    let some = Endpoint::make(stage, partner, &receiver.url("/some"), &["charge.captured"]).await?;
    let campaign = stage.campaign().await?;
    for number in 0..4 {
        let pledge = once(&campaign, &format!("sent-{number}"), "30.00", day(1, 1), "sandbox_ok")?;
        stage.pledge(&campaign, &pledge).await?;
    }
    stage.cast.advance(day(1, 1)).await?;
    stage.cast.advance(day(1, 5)).await?;
    let list = format!("/v1/events?book={}", stage.cast.book);
    let expected = async || -> anyhow::Result<Vec<Value>> {
        let listed = partner.all(&list).await?;
        let made = listed.iter().position(|event| all.path.ends_with(event["object"].as_str().unwrap_or("none")));
        Ok(listed[made.context("the event of its making")?..].to_vec())
    };
    soon("all is there", async || Ok(receiver.at("/all").len() >= expected().await?.len())).await?;
    let (expected, came) = (expected().await?, receiver.at("/all"));
    let kinds: BTreeSet<&str> = expected.iter().filter_map(|event| event["kind"].as_str()).collect();
    ensure!(kinds.contains("charge.captured") && kinds.contains("pledge.completed"), "{kinds:?}");
    let mut bodies = came
        .iter()
        .map(|message| Ok((message, serde_json::from_slice(&message.body)?)))
        .collect::<anyhow::Result<Vec<(&Received, Value)>>>()?;
    // Several are on their way at once, those of an object one after the other.
    for object in expected.iter().filter_map(|event| event["object"].as_str()).collect::<BTreeSet<_>>() {
        let of_object = |event: &Value| event["object"] == object;
        let came: Vec<_> = bodies.iter().map(|(_, event)| event).filter(|event| of_object(event)).collect();
        let listed: Vec<_> = expected.iter().filter(|event| of_object(event)).collect();
        ensure!(came == listed, "those of an object came in their order: {came:#?}");
    }
    bodies.sort_by_key(|(_, event)| expected.iter().position(|listed| listed == event));
    ensure!(bodies.iter().map(|(_, event)| event).eq(&expected), "what came is what the list shows, once: {bodies:#?}");
    for (message, event) in bodies {
        ensure!(message.header("webhook-id")? == text(&event, "/id")? && message.is_signed(&all.secret)?);
        ensure!(!message.is_signed(&some.secret)? && message.header("content-type")? == "application/json");
    }
    soon("some is there", async || Ok(receiver.at("/some").len() == 4)).await?;
    for message in receiver.at("/some") {
        let event: Value = serde_json::from_slice(&message.body)?;
        ensure!(event["kind"] == "charge.captured" && message.is_signed(&some.secret)?, "{event}");
    }
    soon("it is written", async || {
        Ok(all.deliveries().await?.iter().all(|one| one["state"] == "delivered" && one["attempts"] == 1))
    })
    .await?;
    let shown = all.show().await?;
    ensure!(shown["last_success_at"].is_string() && shown["failures"] == 0, "{shown}");
    ensure!(shown["oldest_waiting_at"].is_null() && shown.get("secret").is_none(), "{shown}");
    let delivery = all.deliveries().await?.pop().context("a delivery")?;
    let attempts = all.attempts(&delivery).await?;
    ensure!(attempts.len() == 1 && attempts[0]["status"] == 200 && attempts[0]["failure"].is_null(), "{attempts:?}");

    // Paused, it misses nothing; replayed, all comes again.
    ensure!(some.change(&json!({"state": "paused"})).await?.ok()?["state"] == "paused");
    let refused = some.act(":ping", &json!({})).await?;
    ensure!(refused.status == 409 && refused.body["type"] == "/problems/webhook-endpoint-not-active", "{refused:?}");
    stage.pledge(&campaign, &once(&campaign, "late", "20.00", day(1, 6), "sandbox_ok")?).await?;
    stage.cast.advance(day(1, 6)).await?;
    soon("the others have it", async || {
        Ok(all.deliveries().await?.iter().filter(|one| one["kind"] == "charge.captured").count() == 5)
    })
    .await?;
    ensure!(receiver.at("/some").len() == 4, "nothing is sent to an endpoint that is paused");
    some.change(&json!({"state": "active"})).await?.ok()?;
    soon("what it has missed", async || Ok(receiver.at("/some").len() == 5)).await?;
    soon("and it is written", async || Ok(some.deliveries().await?.iter().all(|one| one["state"] == "delivered")))
        .await?;
    let replayed = some.act(":replay", &json!({"since": "2020-01-01T00:00:00Z"})).await?;
    ensure!(replayed.status == 202 && replayed.body["replayed"] == 5, "{replayed:?}");
    soon("all again", async || Ok(receiver.at("/some").len() == 10)).await?;
    let ids = |from: usize| {
        receiver.at("/some")[from..from + 5]
            .iter()
            .map(|one| one.header("webhook-id").map(str::to_owned))
            .collect::<anyhow::Result<BTreeSet<_>>>()
    };
    ensure!(ids(0)?.len() == 5 && ids(0)? == ids(5)?, "by the same ids");
    let event = text(&delivery, "/event")?.to_owned();
    let before = receiver.at("/all").len();
    all.act(&format!("/deliveries/{event}:replay"), &json!({})).await?.ok()?;
    soon("one again", async || {
        Ok(receiver.at("/all").len() > before
            && receiver.at("/all").iter().filter(|one| one.header("webhook-id").is_ok_and(|id| id == event)).count()
                == 2)
    })
    .await?;
    for endpoint in [&all, &some] {
        partner.send(Method::DELETE, &endpoint.path, None, &[]).await?;
    }
    Ok(())
}

async fn two_secrets_sign_and_no_third(stage: &Stage, partner: &Client) -> Outcome {
    let receiver = Receiver::open(Script::default()).await?;
    let it = Endpoint::make(stage, partner, &receiver.url("/"), &[NOTHING_ELSE]).await?;
    let rotated = it.act(":rotate-secret", &json!({})).await?.ok()?;
    let second: Secret = text(&rotated, "/secret")?.parse()?;
    ensure!(rotated["old_secret_ends_at"].is_string(), "{rotated}");
    let third = it.act(":rotate-secret", &json!({"old_ends_after_hours": 1})).await?;
    ensure!(third.status == 409 && third.body["type"] == "/problems/two-secrets-live", "{third:?}");
    it.pinged(1).await?;
    soon("the ping came", async || Ok(receiver.at("/").len() == 1)).await?;
    let message = &receiver.at("/")[0];
    ensure!(message.is_signed(&it.secret)? && message.is_signed(&second)?, "both sign");
    let third: Secret =
        text(&it.act(":rotate-secret", &json!({"old_ends_after_hours": 0})).await?.ok()?, "/secret")?.parse()?;
    it.pinged(2).await?;
    soon("the second came", async || Ok(receiver.at("/").len() == 2)).await?;
    let message = &receiver.at("/")[1];
    ensure!(message.is_signed(&third)? && !message.is_signed(&second)? && !message.is_signed(&it.secret)?, "one signs");
    partner.send(Method::DELETE, &it.path, None, &[]).await?;
    Ok(())
}

async fn what_fails_is_sent_again_by_the_clock_of_the_book(stage: &Stage, partner: &Client) -> Outcome {
    let script =
        Script::of(&["500 Oops", "503 Busy\r\nretry-after: 3600", Script::REDIRECT, Script::CLOSED, Script::HUGE]);
    let receiver = Receiver::open(script).await?;
    let it = Endpoint::make(stage, partner, &receiver.url("/"), &[NOTHING_ELSE]).await?;
    let delivery = it.pinged(1).await?;
    pass(stage, SignedDuration::from_mins(12)).await?;
    let attempts = it.attempts(&delivery).await?;
    ensure!(attempts.len() == 2 && attempts[0]["status"] == 500 && attempts[1]["status"] == 503, "{attempts:?}");
    let waits = it.deliveries().await?.pop().context("the delivery")?;
    let next: Timestamp = text(&waits, "/next_attempt_at")?.parse()?;
    let left = next.duration_since(book_now(stage).await?);
    ensure!(left > SignedDuration::from_mins(40), "an hour was asked for, of which {left} is left");
    let shown = it.show().await?;
    ensure!(shown["failures"] == 2 && shown["failing_since"].is_string(), "{shown}");
    ensure!(shown["oldest_waiting_at"].is_string() && shown["state"] == "active", "{shown}");
    pass(stage, SignedDuration::from_hours(12)).await?;
    let attempts = it.attempts(&delivery).await?;
    let told: Vec<_> = attempts.iter().map(|one| (one["status"].clone(), one["failure"].clone())).collect();
    let failed = |status: i64| (json!(status), json!("status"));
    let unreachable = (Value::Null, json!("unreachable"));
    ensure!(told == [failed(500), failed(503), failed(302), unreachable, (json!(200), Value::Null)], "{attempts:?}");
    let done = it.deliveries().await?.pop().context("the delivery")?;
    ensure!(done["state"] == "delivered" && done["attempts"] == 5 && done["next_attempt_at"].is_null(), "{done}");
    ensure!(it.show().await?["failures"] == 0 && receiver.at("/elsewhere").is_empty(), "no redirect is followed");
    let ids: BTreeSet<_> =
        receiver.at("/").iter().map(|one| one.header("webhook-id").unwrap_or_default().to_owned()).collect();
    ensure!(ids.len() == 1 && receiver.at("/").len() == 5, "the same by the same id: {ids:?}");
    partner.send(Method::DELETE, &it.path, None, &[]).await?;
    Ok(())
}

async fn an_endpoint_that_is_gone_or_only_fails_is_left_and_goes_on_when_it_is_asked(
    stage: &Stage,
    partner: &Client,
) -> Outcome {
    let receiver = Receiver::open(Script::of(&["410 Gone"])).await?;
    let it = Endpoint::make(stage, partner, &receiver.url("/"), &[NOTHING_ELSE]).await?;
    it.pinged(1).await?;
    soon("it is disabled", async || Ok(it.show().await?["state"] == "disabled")).await?;
    let shown = it.show().await?;
    ensure!(shown["reason"] == "gone" && it.deliveries().await?[0]["state"] == "given_up", "{shown}");
    let of_kind = format!("/v1/events?book={}&kind=webhook_endpoint.disabled", stage.cast.book);
    let told = partner.all(&of_kind).await?;
    ensure!(told.len() == 1 && told[0]["object"] == shown["id"] && told[0]["facts"]["detail"] == "gone", "{told:?}");
    soon("its partner's people are told", async || Ok(stage.app.mails("webhooks-stopped.", OPERATOR)? == 1)).await?;
    it.change(&json!({"state": "active"})).await?.ok()?;
    it.pinged(2).await?;
    soon("it goes on", async || Ok(receiver.at("/").len() == 2)).await?;
    partner.send(Method::DELETE, &it.path, None, &[]).await?;

    // Nobody is there for five days.
    let dead = Endpoint::make(stage, partner, "http://127.0.0.1:1/", &[NOTHING_ELSE]).await?;
    let delivery = dead.pinged(1).await?;
    pass(stage, SignedDuration::from_hours(24 * 4)).await?;
    let attempts = dead.attempts(&delivery).await?;
    ensure!(attempts.len() == 10 && attempts.iter().all(|one| one["failure"] == "unreachable"), "{attempts:?}");
    ensure!(dead.deliveries().await?[0]["state"] == "given_up" && dead.show().await?["state"] == "active");
    dead.pinged(2).await?;
    pass(stage, SignedDuration::from_hours(24 * 2)).await?;
    let shown = dead.show().await?;
    ensure!(shown["state"] == "disabled" && shown["reason"] == "failing", "{shown}");
    soon("they are told again", async || Ok(stage.app.mails("webhooks-stopped.", OPERATOR)? == 2)).await?;
    partner.send(Method::DELETE, &dead.path, None, &[]).await?;
    Ok(())
}

async fn a_silent_endpoint_keeps_no_other_waiting(stage: &Stage, partner: &Client) -> Outcome {
    let (silent, well) =
        (Receiver::open(Script::of(&[Script::SILENT])).await?, Receiver::open(Script::default()).await?);
    let slow = Endpoint::make(stage, partner, &silent.url("/"), &[NOTHING_ELSE]).await?;
    let other = Endpoint::make(stage, partner, &well.url("/"), &[NOTHING_ELSE]).await?;
    slow.pinged(1).await?;
    soon("the silent one is asked", async || Ok(silent.at("/").len() == 1)).await?;
    other.pinged(1).await?;
    soon("the other one has it", async || Ok(well.at("/").len() == 1)).await?;
    ensure!(slow.deliveries().await?[0]["attempts"] == 0, "the silent one is still waited for");
    silent.speak();
    soon("it has failed", async || Ok(slow.deliveries().await?[0]["attempts"] == 1)).await?;
    for endpoint in [&slow, &other] {
        partner.send(Method::DELETE, &endpoint.path, None, &[]).await?;
    }
    Ok(())
}

/// An owner of the partner keeps its endpoints as a program of it does, and names it; who owns another organisation finds none.
async fn persons_name_a_partner_that_they_own(stage: &Stage, path: &str) -> Outcome {
    let cast = &stage.cast;
    let owner = join(&cast.operator, &cast.platform, "olga@fans.example", "owner").await?;
    ensure!(owner.get(path).await?.status == 200);
    let list = format!("/v1/webhook-endpoints?book={}", cast.book);
    ensure!(owner.get(&list).await?.status == 404, "a person names the partner");
    let named = format!("{list}&partner={}", cast.platform);
    ensure!(owner.get(&named).await?.ok()?["items"].as_array().is_some_and(|items| !items.is_empty()));
    ensure!(cast.treasurer.get(&named).await?.status == 404);
    let new =
        json!({"book": cast.book, "partner": cast.platform, "url": "https://shop.example/", "kinds": [NOTHING_ELSE]});
    let refused = cast.treasurer.post("/v1/webhook-endpoints", &new).await?;
    ensure!(refused.status == 404, "{refused:?}");
    let made = owner.post("/v1/webhook-endpoints", &new).await?.ok()?;
    let made = format!("/v1/webhook-endpoints/{}", text(&made, "/id")?);
    ensure!(owner.send(Method::DELETE, &made, None, &[]).await?.status == 204);
    Ok(())
}

async fn nobody_else_sees_an_endpoint(stage: &Stage, partner: &Client) -> Outcome {
    let receiver = Receiver::open(Script::default()).await?;
    let platform = organisation(&stage.cast.operator, "Fans of Closed Machines", "partner_platform").await?;
    let other = self::partner(stage, &platform, SCOPES).await?;
    let without = organisation(&stage.cast.operator, "Fans without Scopes", "partner_platform").await?;
    let without = self::partner(stage, &without, &["pledges:read"]).await?;
    let it = Endpoint::make(stage, partner, &receiver.url("/own"), &[NOTHING_ELSE]).await?;
    let delivery = it.pinged(1).await?;
    let new = json!({"book": stage.cast.book, "url": receiver.url("/theirs")});
    let shut_out = other.post("/v1/webhook-endpoints", &new).await?;
    ensure!(shut_out.status == 404, "a book that has not admitted it is none: {shut_out:?}");
    let admit = format!("/v1/books/{}/partners", stage.cast.book);
    stage.cast.treasurer.post(&admit, &json!({"organisation": platform})).await?.ok()?;
    let theirs = Endpoint::make(stage, &other, &receiver.url("/theirs"), &[]).await?;
    for (path, is_post) in [
        (it.path.clone(), false),
        (format!("{}/deliveries", it.path), false),
        (format!("{}/deliveries/{}/attempts", it.path, text(&delivery, "/event")?), false),
        (format!("{}:ping", it.path), true),
        (format!("{}/deliveries/{}:replay", it.path, text(&delivery, "/event")?), true),
        (format!("{}/deliveries/{}:replay", theirs.path, text(&delivery, "/event")?), true),
    ] {
        let answer = if is_post { other.post(&path, &json!({})).await? } else { other.get(&path).await? };
        ensure!(answer.status == 404, "{path}: {answer:?}");
    }
    ensure!(other.send(Method::DELETE, &it.path, None, &[]).await?.status == 404);
    ensure!(without.get(&it.path).await?.status == 403 && stage.cast.treasurer.get(&it.path).await?.status == 404);
    persons_name_a_partner_that_they_own(stage, &it.path).await?;
    let campaign = stage.cast.campaign("closed-book", "Closed book", "100.00").await?;
    let mine = Endpoint::make(stage, partner, &receiver.url("/mine"), &[]).await?;
    let start = stage.cast.today().await?;
    let pledge = stage.pledge(&campaign, &once(&campaign, "not-theirs", "30.00", start, "sandbox_ok")?).await?;
    let pledge = text(&pledge, "/id")?;
    soon("its partner has the pledge", async || {
        Ok(receiver.at("/mine").iter().any(|one| String::from_utf8_lossy(&one.body).contains(pledge)))
    })
    .await?;
    theirs.act(":ping", &json!({})).await?.ok()?;
    soon("their ping came", async || {
        Ok(receiver.at("/theirs").iter().any(|one| String::from_utf8_lossy(&one.body).contains("pinged")))
    })
    .await?;
    for message in receiver.at("/theirs") {
        let event: Value = serde_json::from_slice(&message.body)?;
        ensure!(theirs.path.ends_with(text(&event, "/object")?), "they are sent what is theirs alone: {event}");
    }
    let listed = other.all(&format!("/v1/events?book={}", stage.cast.book)).await?;
    ensure!(listed.len() == receiver.at("/theirs").len(), "as in the list: {listed:?}");
    for (by, path) in [(partner, &it.path), (partner, &mine.path), (&other, &theirs.path)] {
        by.send(Method::DELETE, path, None, &[]).await?;
    }
    Ok(())
}

/// Whoever speaks to the database in the service's name takes nothing back.
async fn history_stays_as_it_is(stage: &Stage) -> Outcome {
    let service = stage.app.connection().await?;
    for statement in [
        "DELETE FROM webhook_endpoint",
        "UPDATE webhook_endpoint SET state = 'active', version = version + 1 WHERE state = 'deleted'",
        "UPDATE webhook_endpoint SET cursor = 0",
        "UPDATE webhook_endpoint SET partner = gen_random_uuid()",
        "UPDATE webhook_delivery SET state = 'delivered', next_at = NULL",
        "UPDATE webhook_delivery SET attempts = attempts + 2, tries = tries + 2",
        "UPDATE webhook_delivery SET event = gen_random_uuid()",
        "DELETE FROM webhook_delivery",
        "UPDATE webhook_attempt SET status = 200, failure = ''",
        "DELETE FROM webhook_attempt",
    ] {
        ensure!(service.batch_execute(statement).await.is_err(), "{statement}");
    }
    Ok(())
}
