//! Campaigns whose loops are closed: what they bring each month decides whether new pledges are taken.

use crate::cooperatives::Coop;
use anyhow::ensure;
use api::demo::cast::{TERMS, organisation, pledge_body, usd};
use api::demo::client::{Answer, Client, text};
use jiff::civil::{Date, date};
use reqwest::Method;
use serde_json::{Value, json};

type Outcome = anyhow::Result<()>;

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

/// A partner platform that the book of a cooperative admits.
async fn partner(it: &Coop) -> anyhow::Result<Client> {
    let platform = organisation(&it.host.operator, "Fans of Presses", "partner_platform").await?;
    it.host.treasurer.post(&it.host.at("/partners"), &json!({"organisation": platform})).await?.ok()?;
    let credential =
        json!({"name": "presses", "mode": "sandbox", "scopes": ["campaigns:read", "pledges:write", "pledges:read"]});
    let path = format!("/v1/partners/{platform}/credentials");
    let credential = it.host.operator.post(&path, &credential).await?.ok()?;
    Client::partner(it.host.app.base_url(), text(&credential, "/id")?, text(&credential, "/secret")?)
}

/// A live campaign with a monthly goal.
async fn campaign(it: &Coop, slug: &str, goal: &str) -> anyhow::Result<Value> {
    let new = json!({"book": it.host.book, "slug": slug, "title": slug, "terms": TERMS, "monthly_goal": usd(goal)});
    let made = it.host.treasurer.post("/v1/campaigns", &new).await?.ok()?;
    let path = format!("/v1/campaigns/{}:publish", text(&made, "/id")?);
    it.host.treasurer.post(&path, &json!({})).await?.ok()
}

/// A pledge of ten dollars a month, each of somebody else.
fn pledge(campaign: &Value, number: usize, on: Date) -> anyhow::Result<Value> {
    pledge_body(campaign, number, "10.00", on)
}

/// The page of a campaign of a book that is public from now on.
async fn everybody_reads_that_it_takes_no_new_pledges(it: &Coop, path: &str) -> Outcome {
    let book = format!("/v1/books/{}", it.host.book);
    let (operator, public) = (it.host.app.operator().await?, json!({"visibility": "public"}));
    let seen = operator.get(&book).await?.etag.unwrap_or_default();
    operator.send(Method::PATCH, &book, Some(&public), &[("if-match", &seen)]).await?.ok()?;
    let page = reqwest::get(format!("{}{path}", it.host.app.base_url())).await?.text().await?;
    ensure!(page.contains("It takes no new pledges for now") && !page.contains("It takes pledges."), "{page}");
    let shown = it.host.app.nobody()?.get(&format!("{path}.json")).await?.ok()?;
    assert_eq!((&shown["asks_for_nothing"], &shown["loop"]["asks_for"]), (&json!(true), &usd("0.00")));
    Ok(())
}

#[tokio::test]
async fn n41_at_as_much_as_the_goal_brings_no_new_pledge_is_taken_and_it_opens_again_when_it_is_less() -> Outcome {
    let mut it = Coop::open().await?;
    let partner = partner(&it).await?;
    let keeper = it.host.app.sign_in("treasurer@host.example").await?;
    // A tenth of 360,000.00 goes into the development fund: 36,000.00 in a year, as much as a goal of 3,000.00 a month.
    it.record("sale", "360000.00", "2027-03-01").await?.ok()?;
    it.work(2027).await?;
    let (stops, goes_on) = (campaign(&it, "stops", "3000.00").await?, campaign(&it, "goes-on", "3000.00").await?);
    let at = |it: &Value| text(it, "/id").map(|id| format!("/v1/campaigns/{id}"));
    let (of_one, of_other) = (at(&stops)?, at(&goes_on)?);
    let said = keeper.post(&format!("{of_one}/loop"), &json!({"book": it.host.book})).await?.ok()?;
    assert_eq!((&said["at_nothing"], &said["stopped"]), (&json!("stop"), &json!(false)), "it brings nothing yet");
    let asked = json!({"book": it.host.book, "at_nothing": "go_on"});
    keeper.post(&format!("{of_other}/loop"), &asked).await?.ok()?;
    let invalid = keeper.post(&format!("{of_other}/loop"), &json!({"book": null, "at_nothing": "rest"})).await?;
    ensure!(invalid.status == 422 && invalid.body["errors"][0]["pointer"] == "/at_nothing", "{invalid:?}");

    let placed = format!("{of_one}/pledges");
    let early = date(2028, 1, 5);
    let running = partner.post(&placed, &pledge(&stops, 1, early)?).await?.ok()?;
    it.distribute(2027, "2028-01-20T12:00:00Z").await?;
    partner.post(&placed, &pledge(&stops, 2, date(2028, 1, 25))?).await?.ok()?;
    it.host.app.advance(&keeper, &it.host.book, "2028-02-01T12:00:00Z").await?;

    let shown = keeper.get(&format!("{of_one}/loop")).await?.ok()?;
    assert_eq!((&shown["asks_for"], &shown["proceeds"]), (&usd("0.00"), &usd("36000.00")), "{shown:#}");
    assert_eq!((&shown["asks"], &shown["stopped"]), (&json!(false), &json!(true)));
    let later = date(2028, 2, 5);
    refused(&partner.post(&placed, &pledge(&stops, 3, later)?).await?, "campaign-asks-for-nothing")?;
    ensure!(partner.get(&of_one).await?.ok()?["asks_for_nothing"] == true, "the partner reads it");
    ensure!(partner.get(&of_other).await?.ok()?["asks_for_nothing"] == false, "this one goes on");
    partner.post(&format!("{of_other}/pledges"), &pledge(&goes_on, 4, later)?).await?.ok()?;
    // What was placed before is the same pledge when it is sent again.
    assert_eq!(partner.post(&placed, &pledge(&stops, 1, early)?).await?.ok()?["id"], running["id"]);
    for on_error in ["stop", "continue"] {
        let items = [json!({"key": format!("k-{on_error}"), "pledge": pledge(&stops, 5, later)?})];
        let batch = partner.post(&format!("{placed}:batch"), &json!({"on_error": on_error, "pledges": items})).await?;
        let told = batch.body.to_string();
        ensure!(told.contains("/problems/campaign-asks-for-nothing"), "{on_error}: {batch:?}");
    }
    let other = partner.get(&format!("{of_other}/pledges")).await?.ok()?;
    let redirect = format!("/v1/pledges/{}:redirect", text(&other, "/items/0/id")?);
    refused(&partner.post(&redirect, &json!({"campaign": stops["id"]})).await?, "campaign-asks-for-nothing")?;
    everybody_reads_that_it_takes_no_new_pledges(&it, &of_one.replace("/v1", "")).await?;

    // A higher goal asks for something at once; and so does a year later what came no more.
    let raise = json!({"goal": usd("3000.01")});
    keeper.post(&format!("{of_one}:raise"), &raise).await?.ok()?;
    partner.post(&placed, &pledge(&stops, 6, later)?).await?.ok()?;
    let same = campaign(&it, "same", "3000.00").await?;
    let said = keeper.post(&format!("{}/loop", at(&same)?), &json!({"book": it.host.book})).await?.ok()?;
    assert_eq!(said["stopped"], json!(true), "it is reckoned as it is said");
    it.host.app.advance(&keeper, &it.host.book, "2028-04-05T12:00:00Z").await?;
    let charges = keeper.get(&format!("/v1/pledges/{}/charges", text(&running, "/id")?)).await?.ok()?;
    assert_eq!(charges["items"].as_array().map(Vec::len), Some(4), "what it had runs on: {charges:#}");
    let of_same = at(&same)?;
    refused(
        &partner.post(&format!("{of_same}/pledges"), &pledge(&same, 7, date(2028, 4, 6))?).await?,
        "campaign-asks-for-nothing",
    )?;
    it.host.app.stack().workers().clear();
    it.host.app.leap_clock(&it.host.book, "2029-02-01T12:00:00Z").await?;
    it.host.app.stack().add_worker(&[])?;
    it.host.app.advance(&keeper, &it.host.book, "2029-02-02T12:00:00Z").await?;
    partner.post(&format!("{of_same}/pledges"), &pledge(&same, 8, date(2029, 2, 6))?).await?.ok()?;
    let events = keeper.all(&format!("/v1/events?book={}", it.host.book)).await?;
    let of = |kind: &str| events.iter().filter(|it| it["kind"] == kind && it["object"] == same["id"]).count();
    assert_eq!((of("campaign_loop.asks_for_nothing"), of("campaign_loop.asks_again")), (1, 1));
    it.host.app.finish().await
}
