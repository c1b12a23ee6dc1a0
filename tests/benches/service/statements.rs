//! A long file of a bank: how many lines a second go in, gifts among them, and what memory that takes.

use crate::Service;
use crate::report::{Report, Row};
use anyhow::{Context as _, ensure};
use api::demo::cast::Cast;
use api::demo::client::text;
use reqwest::Method;
use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tests::large_book::memory_kib;

/// How many lines, unless `COMMONPURSE_STATEMENT_LINES` says so.
const LINES: usize = 1_000_000;

/// Of how many lines one is a gift to a campaign.
const GIFT_OF: usize = 100;

/// How long it may take.
const IMPORT_MAX: Duration = Duration::from_mins(90);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Sends the file, and lets a worker take its lines in.
pub(crate) async fn import(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let lines = match std::env::var("COMMONPURSE_STATEMENT_LINES") {
        Ok(lines) => lines.parse().context("COMMONPURSE_STATEMENT_LINES is a number")?,
        Err(_) => LINES,
    };
    let cast = service.gather().await?;
    let file = table(&cast, lines).await?;
    service.analyze().await?;
    let (api, begun) = (service.stack.api_id(), Instant::now());
    let before = memory_kib(api, "VmHWM:")?;
    let columns = "currency=USD&column_day=Day&column_amount=Amount&column_reference=Ref&column_text=Text";
    let path = format!("{}/v1/books/{}/bank-statement-files?{columns}", cast.base(), cast.book);
    let token = cast.treasurer.access_token().await?.context("a token")?;
    let request = reqwest::Client::builder().no_proxy().build()?.post(path).bearer_auth(token);
    let request = request.header("Content-Type", "text/csv").header("Idempotency-Key", "statement").body(file);
    let sent: serde_json::Value = request.send().await?.error_for_status()?.json().await?;
    report.add(Row::time("statement_import_read", begun.elapsed().as_micros() as u64));
    let more = memory_kib(api, "VmHWM:")?.saturating_sub(before);
    service.stack.add_worker(&[])?;
    let (worker, begun) = (service.stack.workers()[0].id(), Instant::now());
    let shown = format!("/v1/bank-statement-files/{}", text(&sent, "/id")?);
    while cast.treasurer.get(&shown).await?.ok()?["state"] == "received" {
        ensure!(begun.elapsed() < IMPORT_MAX, "the lines are not in");
        tokio::time::sleep(POLL).await;
    }
    let taken = begun.elapsed();
    let gifts = service.count("SELECT count(*) FROM bank_line WHERE state = 'gift'").await?;
    ensure!(usize::try_from(gifts)? == lines.div_ceil(GIFT_OF), "{gifts} gifts of {lines} lines");
    let a_second = lines as u64 * 1_000_000 / (taken.as_micros() as u64).max(1);
    report.add(Row::Value("statement_import", a_second, "lines/s"));
    report.add(Row::Value("statement_import_mib", more.max(memory_kib(worker, "VmHWM:")?).div_ceil(1_024), "MiB"));
    Ok(())
}

/// A table of credits of the book's day.
async fn table(cast: &Cast, lines: usize) -> anyhow::Result<String> {
    let book = format!("/v1/books/{}", cast.book);
    let seen = cast.treasurer.get(&book).await?.etag.unwrap_or_default();
    let account = json!({"transfers_to": cast.platform});
    cast.treasurer.send(Method::PATCH, &book, Some(&account), &[("If-Match", &seen)]).await?.ok()?;
    let campaign = cast.campaign("open-press", "Open press", "3000.00").await?;
    let shown = cast.treasurer.get(&format!("/v1/campaigns/{}", text(&campaign, "/id")?)).await?.ok()?;
    let (reference, today) = (text(&shown, "/transfer_reference")?, cast.today().await?);
    let mut table = String::from("Day,Amount,Ref,Text\n");
    for number in 0..lines {
        let note = if number % GIFT_OF == 0 { reference } else { "a text as people write it" };
        writeln!(table, "{today},0.01,line-{number},{note}")?;
    }
    Ok(table)
}
