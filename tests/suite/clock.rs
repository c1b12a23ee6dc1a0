//! The clock of a sandbox book over HTTP: it walks through what falls due, and says when it has arrived.

use anyhow::ensure;
use api::demo::cast::{idle, sandbox_book, today};
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use tests::{Stage, day, monthly};

type Outcome = anyhow::Result<()>;

#[tokio::test]
async fn u6_one_advance_over_months_collects_each_payment_on_its_day_and_ends_ready() -> Outcome {
    let stage = Stage::set_with(2, &[]).await?;
    let campaign = stage.campaign().await?;
    let plan = monthly(&campaign, "donor", "10.00", day(1, 5), 6, "sandbox_ok")?;
    let pledge = stage.pledge(&campaign, &plan).await?;
    stage.cast.advance(day(4, 20)).await?;
    let book = stage.cast.treasurer.get(&format!("/v1/books/{}", stage.cast.book)).await?.ok()?;
    ensure!(book["status"] == "ready" && book["clock_target"].is_null(), "{book}");
    ensure!(text(&book, "/now")?.starts_with(&day(4, 20).to_string()), "{book}");
    let charges = stage.cast.partner.all(&format!("/v1/pledges/{}/charges", text(&pledge, "/id")?)).await?;
    let found: Vec<[&Value; 3]> =
        charges.iter().map(|charge| [&charge["state"], &charge["due_on"], &charge["captured_on"]]).collect();
    let settled = |month| [json!("settled"), json!(day(month, 5)), json!(day(month, 5))];
    assert_eq!(found, [1, 2, 3, 4].map(settled).iter().map(|row| row.each_ref()).collect::<Vec<_>>());
    let jobs = stage.cast.treasurer.get(&format!("/v1/books/{}/jobs", stage.cast.book)).await?.ok()?;
    ensure!(jobs["due"] == 0 && jobs["leased"] == 0 && jobs["dead"] == 0, "{jobs}");
    stage.app.finish().await
}

#[tokio::test]
async fn u6_a_partner_moves_the_clocks_of_its_own_sandbox_books_and_of_no_others() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let credential = json!({"name": "clock", "mode": "sandbox", "scopes": ["clock:write"]});
    let path = format!("/v1/partners/{}/credentials", cast.platform);
    let credential = cast.operator.post(&path, &credential).await?.ok()?;
    let partner = Client::partner(cast.base(), text(&credential, "/id")?, text(&credential, "/secret")?)?;
    let own = api::demo::cast::sandbox_book(&cast.operator, &cast.platform, "Ours (sandbox)").await?;
    let to = json!({"to": format!("{}T12:00:00Z", day(2, 1))});
    let advance = async |by: &Client, book: &str| by.post(&format!("/v1/books/{book}/clock:advance"), &to).await;
    let moved = advance(&partner, &own).await?.ok()?;
    ensure!(moved["status"] == "ready" && text(&moved, "/now")?.starts_with(&day(2, 1).to_string()), "{moved}");
    ensure!(partner.get(&format!("/v1/books/{own}")).await?.ok()?["status"] == "ready");
    // The host has admitted the platform, and shares its clock with whomever else it admits.
    ensure!(advance(&partner, &cast.book).await?.status == 404);
    ensure!(partner.get(&format!("/v1/books/{}", cast.book)).await?.status == 404);
    ensure!(advance(&cast.partner, &own).await?.status == 403, "without the scope");
    stage.app.finish().await
}

/// A book in Berlin at half past eleven at night in London: its day is the next one already, for the service and for whoever tells stories in it.
#[tokio::test]
async fn u6_the_day_of_a_book_is_that_of_its_zone_an_hour_before_midnight_too() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let book = sandbox_book(&cast.operator, &cast.host, "Late (sandbox)").await?;
    let shown = cast.treasurer.get(&format!("/v1/books/{book}")).await?.ok()?;
    ensure!(shown["zone"] == "Europe/Berlin", "{shown}");
    for (to, on) in [("22:30", day(1, 15)), ("23:30", day(1, 16))] {
        let to = json!({"to": format!("{}T{to}:00Z", day(1, 15))});
        cast.treasurer.post(&format!("/v1/books/{book}/clock:advance"), &to).await?.ok()?;
        idle(&cast.treasurer, &book).await?;
        ensure!(today(&cast.treasurer, &book).await? == on, "{to} is {on} in Berlin");
        // The service says the same: the day after is one that has not come.
        for (asked, status) in [(on, 200), (on.tomorrow()?, 422)] {
            let path = format!("/v1/books/{book}/settlement-days/{asked}?partner={}", cast.platform);
            let answer = cast.treasurer.get(&path).await?;
            ensure!(answer.status == status, "{to}: {asked} {answer:?}");
        }
    }
    stage.app.finish().await
}
