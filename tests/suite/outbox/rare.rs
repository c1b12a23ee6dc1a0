//! Mails that are written when something happens that seldom does.

use crate::scene::challenges::Host;
use crate::scene::{Known, partner_with_all_scopes};
use anyhow::{Context as _, ensure};
use api::demo::cast::advance;
use api::demo::client::text;
use jiff::ToSpan as _;
use serde_json::{Value, json};
use tests::{Stage, day, once};

/// The one mail of a kind in the outbox of a book.
async fn only(stage: &Stage, book: &str, kind: &str) -> anyhow::Result<Value> {
    let mails = stage.cast.treasurer.all(&format!("/v1/books/{book}/outbox")).await?;
    let found: Vec<_> = mails.into_iter().filter(|mail| mail["kind"] == kind).collect();
    ensure!(found.len() == 1, "{kind}: {found:?}");
    found.into_iter().next().context("one")
}

#[tokio::test]
async fn s1_a_donor_hears_that_nothing_can_be_collected_and_a_team_that_its_silence_withdrew_its_entry()
-> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let (app, cast) = (&stage.app, &stage.cast);
    let partner = partner_with_all_scopes(cast).await?;
    let campaign = stage.campaign().await?;
    let mut plan = once(&campaign, "closed", "30.00", day(1, 10), "")?;
    plan["rail"] = json!("partner");
    let pledge = stage.pledge(&campaign, &plan).await?;
    cast.advance(day(1, 10)).await?;
    let charge = stage.charge(&pledge, 1).await?;
    let report = json!({"event_id": "evt-1", "code": "account_closed"});
    let path = format!("/v1/charges/{}:cannot-collect", text(&charge, "/id")?);
    for _ in 0..2 {
        partner.post(&path, &report).await?.ok()?;
    }
    app.work_until_idle().await?;
    let mail = only(&stage, &cast.book, "not-collected").await?;
    ensure!(mail["recipient"] == "closed@donors.example", "{mail}");
    let said = text(&mail, "/text")?;
    ensure!(said.contains("cannot be collected") && said.contains("30.00 USD"), "{said}");
    // The link below leads to all that the donor gave, and to the plan that can be revived there.
    let at = said.find("/donors/").context("the donor's link")?;
    let link = said[at..].split_whitespace().next().context("the donor's link")?;
    let page = tests::http().build()?.get(format!("{}{link}", app.base_url()));
    let page = page.header("accept", "text/html").send().await?;
    ensure!(page.status() == 200, "{link}: {}", page.status());
    let shown = page.text().await?;
    ensure!(shown.contains("Your plans") && shown.contains("30.00 USD"), "{shown}");

    let host = Host::open(cast).await?;
    host.entering(&partner, &mut Known::default()).await?;
    let now = cast.today().await?;
    advance(&cast.treasurer, &host.book, now.saturating_add(40.days())).await?;
    app.work_until_idle().await?;
    let mails = cast.treasurer.all(&format!("/v1/books/{}/outbox", host.book)).await?;
    let silent: Vec<_> = mails.iter().filter(|mail| mail["kind"] == "entry").collect();
    let teams = ["Agreeing", "Leaving"];
    ensure!(silent.len() == teams.len(), "{silent:?}");
    for team in teams {
        let told = silent.iter().filter(|mail| text(mail, "/text").is_ok_and(|text| text.contains(team)));
        ensure!(
            told.count() == 1 && silent.iter().all(|mail| mail["recipient"] == "treasurer@host.example"),
            "{silent:?}"
        );
    }
    stage.app.finish().await
}
