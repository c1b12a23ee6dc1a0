//! Late is not lost: what falls due at once is charged at its pace, the oldest first within a book, and no book waits behind
//! another; and months of many plans come to the sums of the journal, with each due date charged once.

use anyhow::{Context as _, ensure};
use api::demo::cast::{Cast, advance, sandbox_book, usd};
use api::demo::client::{Client, text};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{Stage, day, monthly, once};

type Outcome = anyhow::Result<()>;

/// How many pledges are sent at once.
const BATCH: usize = 500;

async fn place_all(by: &Client, campaign: &Value, pledges: Vec<Value>) -> Outcome {
    let path = format!("/v1/campaigns/{}/pledges:batch", text(campaign, "/id")?);
    for (number, some) in pledges.chunks(BATCH).enumerate() {
        let items = some.iter().enumerate();
        let items: Vec<Value> =
            items.map(|(index, pledge)| json!({"key": format!("{number}-{index}"), "pledge": pledge})).collect();
        let body = json!({"on_error": "stop", "pledges": items});
        let answer = by.post(&path, &body).await?.ok()?;
        let placed = answer["items"].as_array().context("items")?.iter().filter(|item| item["verdict"] == "placed");
        ensure!(placed.count() == some.len(), "{answer}");
    }
    Ok(())
}

/// Another book of the same host that admits the partner, with a live campaign.
async fn second_book(cast: &Cast) -> anyhow::Result<(String, Value)> {
    let book = sandbox_book(&cast.treasurer, &cast.host, "Second").await?;
    let admit = json!({"organisation": cast.platform});
    cast.treasurer.post(&format!("/v1/books/{book}/partners"), &admit).await?.ok()?;
    let new = json!({
        "book": book, "slug": "second", "title": "Second", "summary": "Second.", "terms": "None but these.",
        "monthly_goal": usd("100.00"),
    });
    let made = cast.treasurer.post("/v1/campaigns", &new).await?.ok()?;
    let publish = format!("/v1/campaigns/{}:publish", text(&made, "/id")?);
    Ok((book, cast.treasurer.post(&publish, &json!({})).await?.ok()?))
}

#[tokio::test]
async fn a_book_with_few_due_payments_does_not_wait_behind_one_with_many_and_each_takes_the_oldest_first() -> Outcome {
    let (many, few) = (300, 5);
    let mut stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let (book, second) = second_book(&stage.cast).await?;
    let worker = stage.app.stack().workers().remove(0);
    tokio::task::spawn_blocking(move || worker.stop()).await??;
    // The last due one was placed first.
    let on = |number: usize| day(2, 28 - (number % 28) as i8);
    let all = |campaign: &Value, count: usize| -> anyhow::Result<Vec<Value>> {
        (0..count).map(|number| once(campaign, &format!("gift-{number}"), "1.00", on(number), "sandbox_ok")).collect()
    };
    place_all(&stage.cast.partner, &campaign, all(&campaign, many)?).await?;
    place_all(&stage.cast.partner, &second, all(&second, few)?).await?;
    let late = format!("{}T00:00:00Z", day(4, 1));
    for book in [&stage.cast.book, &book] {
        stage.app.leap_clock(book, &late).await?;
    }
    stage.app.stack().add_worker(&[("COMMONPURSE_WORKER_CONCURRENCY", "1")])?;
    stage.app.work_until_idle().await?;
    assert_eq!(stage.app.count("SELECT count(*) FROM charge WHERE state = 'captured'").await?, (many + few) as i64);
    // How many charges of all were done before the last of the book with few.
    let before = "WITH done AS (SELECT book_id, finished_at FROM job WHERE kind = 'charge_pledge'),
                       small AS (SELECT book_id FROM done GROUP BY book_id ORDER BY count(*) LIMIT 1)
        SELECT count(*) FROM done
         WHERE finished_at < (SELECT max(finished_at) FROM done JOIN small USING (book_id))";
    let before = stage.app.count(before).await?;
    ensure!(before < 40, "{before} of {} were done before the last of the book with {few}", many + few);
    let out_of_turn = "SELECT count(*) FROM (
            SELECT due_at, lag(due_at) OVER (PARTITION BY book_id ORDER BY finished_at) AS earlier
              FROM job WHERE kind = 'charge_pledge') AS done
         WHERE due_at < earlier";
    assert_eq!(stage.app.count(out_of_turn).await?, 0, "the oldest first within a book");
    stage.app.finish().await
}

/// How many plans, and for how many months: a year of ten thousand with `COMMONPURSE_LONG`, or as many as it says, such as
/// `2000x3`.
fn size() -> (usize, i8) {
    let Ok(long) = std::env::var("COMMONPURSE_LONG") else { return (200, 2) };
    let told = long.split_once('x').and_then(|(plans, months)| Some((plans.parse().ok()?, months.parse().ok()?)));
    told.unwrap_or((10_000, 12))
}

#[tokio::test]
async fn months_of_many_plans_by_three_workers_charge_each_due_date_once_and_come_to_the_sums_of_the_journal() -> Outcome
{
    let (plans, months) = size();
    let stage = Stage::set_with(3, &[]).await?;
    let campaign = stage.campaign().await?;
    // One in twenty is declined at first, and captured when it is tried again.
    let plan = |number: usize| {
        let token = if number % 20 == 7 { "sandbox_insufficient_funds_once" } else { "sandbox_ok" };
        monthly(&campaign, &format!("plan-{number}"), "3.00", day(1, 15), months.into(), token)
    };
    let all = (0..plans).map(plan).collect::<anyhow::Result<Vec<_>>>()?;
    place_all(&stage.cast.partner, &campaign, all).await?;
    let began = Instant::now();
    for month in 1..=months {
        advance_slowly(&stage, day(month, 28)).await?;
    }
    println!("{} charges in {} ms", plans * usize::from(months.unsigned_abs()), began.elapsed().as_millis());
    let due = (plans * usize::from(months.unsigned_abs())) as i64;
    for (what, query, expected) in [
        ("charges", "SELECT count(*) FROM charge", due),
        ("settled", "SELECT count(*) FROM charge WHERE state = 'settled'", due),
        ("due dates", "SELECT count(DISTINCT (pledge, due_on)) FROM charge", due),
        ("captures", "SELECT count(*) FROM charge_attempt WHERE state = 'captured'", due),
        ("taken", "SELECT count(*) FROM sandbox_provider_charge WHERE outcome = 'captured'", due),
        (
            "taken twice",
            "SELECT count(*) FROM (SELECT FROM sandbox_provider_charge WHERE outcome = 'captured'
              GROUP BY left(reference, 36) HAVING count(*) > 1) AS twice",
            0,
        ),
        ("declined", "SELECT count(*) FROM charge_attempt WHERE state = 'declined'", due / 20),
        ("minor units of charges", "SELECT sum(amount)::bigint FROM charge", due * 300),
        (
            "minor units that the provider took",
            "SELECT sum(amount_minor)::bigint FROM sandbox_provider_charge WHERE outcome = 'captured'",
            due * 300,
        ),
        (
            "minor units of the journal",
            "SELECT sum(amount)::bigint FROM transfer WHERE kind = (SELECT kind FROM movement_kind WHERE name = 'charge_captured')",
            due * 300,
        ),
        ("receipts", "SELECT count(DISTINCT charge) FROM receipt", due),
        ("the last number of a receipt", "SELECT max(number)::bigint FROM receipt", due),
        ("numbers of receipts", "SELECT count(DISTINCT number) FROM receipt", due),
        ("mails of receipts", "SELECT count(*) FROM outbox_mail WHERE kind = 'receipt'", due),
        (
            "payments that did not begin together",
            "SELECT (count(*) = 0)::int::bigint FROM idempotency WHERE caller = 0 AND number = 0",
            0,
        ),
        ("completed", "SELECT count(*) FROM pledge WHERE state = 'completed'", plans as i64),
    ] {
        assert_eq!(stage.app.count(query).await?, expected, "{what}");
    }
    let fund = stage.balance("liabilities:fund:").await?.replace('.', "").parse::<i64>()?;
    assert_eq!(fund, due * 300, "the fund holds what was charged");
    stage.app.finish().await
}

/// Moves the clock, however long the year takes.
async fn advance_slowly(stage: &Stage, to: Date) -> Outcome {
    let deadline = Instant::now() + Duration::from_mins(60);
    loop {
        match advance(&stage.cast.treasurer, &stage.cast.book, to).await {
            Ok(()) => return Ok(()),
            Err(error) if Instant::now() > deadline || !error.to_string().contains("still walks") => return Err(error),
            Err(_) => {}
        }
    }
}
