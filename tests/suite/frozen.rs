//! What custodians report while a book is frozen: it is kept, and posted after the release, once and on the day of the report.

use crate::scene::challenges::Host;
use crate::scene::{Known, partner_with_all_scopes};
use anyhow::{Context as _, ensure};
use api::demo::client::text;
use api::operators::{frozen_books, release_book};
use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{Stage, TestApp};

type Outcome = anyhow::Result<()>;

/// How many reports wait for the release.
const WAITING: &str = "SELECT count(*) FROM job WHERE kind IN ('record_contribution', 'record_entry_fee')
                         AND finished_at IS NULL";

/// How long a busy machine may take to compare a book, or to do what waited for its release.
const PATIENCE: Duration = Duration::from_mins(5);

/// Alters a book behind its back, and waits until the worker has found it, frozen the book and told whoever runs the installation.
async fn freeze(owner: &tokio_postgres::Client, app: &TestApp) -> Outcome {
    alter(owner, 7).await?;
    let due =
        "UPDATE book_check SET ended_at = 'epoch', looked_at = 'epoch' WHERE book_id = (SELECT max(number) FROM book)";
    ensure!(owner.execute(due, &[]).await? == 1);
    let told = "SELECT count(*) FROM outbox_mail WHERE kind = 'freeze' AND recipient = 'operator@test.example'";
    let deadline = Instant::now() + PATIENCE;
    while frozen_books(app.database_url()).await?.is_empty() || app.count(told).await? == 0 {
        ensure!(Instant::now() < deadline, "the book is not frozen, or nobody is told");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Raises the number of the next account of the newest book.
async fn alter(owner: &tokio_postgres::Client, by: i32) -> Outcome {
    let sql = "UPDATE book_head SET next_account = next_account + $1 WHERE book_id = (SELECT max(number) FROM book)";
    ensure!(owner.execute(sql, &[&by]).await? == 1);
    Ok(())
}

/// What is sent to report that money is there: the path, and the body.
fn report(known: &Known, operation: &str) -> anyhow::Result<(String, Value)> {
    let example = &known.to_json()["examples"][operation];
    let (_, path) = operation.split_once(' ').context("a method and a path")?;
    Ok((path.replace("{id}", text(example, "/parameters/id")?), example["body"].clone()))
}

#[tokio::test]
async fn t11_money_reported_to_a_frozen_book_is_kept_and_posted_once_after_the_release_on_the_day_of_the_report()
-> Outcome {
    let Stage { app, cast } = Stage::set().await?;
    let partner = partner_with_all_scopes(&cast).await?;
    let host = Host::open(&cast).await?;
    let mut known = Known::default();
    let challenge = host.entering(&partner, &mut known).await?;
    let contributions = format!("/v1/challenges/{}/contributions", text(&challenge, "/id")?);
    let at = |what: &str| format!("/v1/books/{}/{what}", host.book);
    let to_purse = report(&known, "POST /v1/purse-contributions/{id}:capture")?;
    let fee = report(&known, "POST /v1/entrants/{id}:capture-fee")?;
    app.work_until_idle().await?;
    // Noon in the book's time, so that no midnight falls between here and the report.
    let today = Zoned::now().with_time_zone(TimeZone::UTC).date().tomorrow()?;
    let noon = |day: Date| json!({"to": format!("{day}T12:00:00Z")});
    cast.treasurer.post(&at("clock:advance"), &noon(today)).await?.ok()?;

    let entries = async || cast.treasurer.all(&at("journal-entries")).await;
    let before = entries().await?;
    let owner = migrations::connect(&app.database_url().parse()?).await?;
    freeze(&owner, &app).await?;
    for ((path, body), state, waits) in [(&to_purse, "/state", "pledged"), (&fee, "/fee_state", "due")] {
        let kept = partner.post_keyed(path, body, path).await?;
        ensure!(kept.status == 202 && text(&kept.body, state)? == waits, "{path}: {} {}", kept.status, kept.body);
        let again = partner.post_keyed(path, body, path).await?;
        ensure!((again.status, &again.body) == (kept.status, &kept.body), "{path}: {}", again.body);
        ensure!(partner.post(path, body).await?.status == 202, "{path}: under another key");
        let wrong = partner.post(path, &json!({"provider_reference": ""})).await?;
        ensure!(wrong.status == 422, "{path}: what is wrong is not kept: {}", wrong.body);
    }
    ensure!(app.count(&format!("{WAITING} AND attempts = 0")).await? == 2, "the same report is one job");
    cast.treasurer.post(&at("clock:advance"), &noon(today.tomorrow()?)).await?.ok()?;
    ensure!(entries().await? == before);

    alter(&owner, -7).await?;
    let frozen = frozen_books(app.database_url()).await?;
    release_book(app.database_url(), frozen[0].book, "a hand had slipped").await?;
    app.work_until_idle().await?;
    ensure!(app.count(WAITING).await? == 0);
    let given = partner.all(&contributions).await?;
    ensure!(
        given.len() == 1 && given[0]["state"] == "captured" && given[0]["captured_on"] == json!(today),
        "{given:?}"
    );
    let posted = entries().await?;
    // What settles meanwhile was there before. Two jobs of a moment are done in any order.
    let mut told: Vec<_> = posted
        .iter()
        .filter(|entry| !before.contains(entry))
        .map(|entry| (entry["lines"][0]["kind"].as_str(), &entry["effective"]))
        .filter(|(kind, _)| *kind != Some("receivable_settled"))
        .collect();
    told.sort_by_key(|(kind, _)| *kind);
    let today = json!(today);
    ensure!(told == [(Some("entry_fee_captured"), &today), (Some("purse_pledged"), &today)], "{told:?}");

    // What was kept is the first answer to its key still; under another, the money is there already.
    ensure!(partner.post_keyed(&to_purse.0, &to_purse.1, &to_purse.0).await?.status == 202);
    ensure!(partner.post(&to_purse.0, &to_purse.1).await?.ok()?["entry"] == given[0]["entry"]);
    let twice = partner.post(&fee.0, &fee.1).await?;
    ensure!(twice.status == 200, "reported again, it is the same payment: {}", twice.body);
    ensure!(entries().await? == posted);
    app.finish().await
}
