//! Pages that everybody reads, beside the API's answer about the same thing and the page's own twin for programs: how much longer the first
//! byte takes.

use crate::Service;
use crate::report::{Report, Row, hundredths, number};
use anyhow::ensure;
use api::demo::cast::{Cast, pledge_body};
use api::demo::client::text;
use jiff::ToSpan as _;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How many donors give each month.
const DONORS: usize = 100;

/// For how many months.
const MONTHS: i64 = 6;

/// How often each address is asked.
const READS: usize = 200;

/// Measures them as somebody who is not signed in.
pub(crate) async fn beside_the_api(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let cast = service.gather().await?;
    let campaign = played(service, &cast).await?;
    service.analyze().await?;
    let id = text(&campaign, "/id")?;
    // Of a book with payments the API tells everybody less than the page does, which has them in sums: it has no answer to compare with.
    let compared = [("campaign", format!("/campaigns/{id}"), format!("/v1/campaigns/{id}/public-totals"))];
    let http = Client::builder().no_proxy().build()?;
    for (name, page, api) in compared {
        let twin = format!("{page}.json");
        let [page, twin, api] = medians(&http, &service.stack.base_url, [&page, &twin, &api]).await?;
        let of_api = page * 100 / api.max(1);
        let text = format!(
            "{:>10} ms, {} of its answer of the API, {} of its twin",
            hundredths(page / 10),
            hundredths(of_api),
            hundredths(page * 100 / twin.max(1)),
        );
        let figures = json!({"ms": number(page / 10), "ratio": number(of_api), "api_ms": number(api / 10), "twin_ms": number(twin / 10)});
        report.add(Row::Told { case: format!("pages_{name}"), text, figures });
    }
    Ok(())
}

/// A public book in which many have given for months; answers its campaign.
async fn played(service: &mut Service, cast: &Cast) -> anyhow::Result<Value> {
    let campaign = cast.campaign("machines", "Machines", "3000.00").await?;
    let path = format!("/v1/books/{}", cast.book);
    let seen = cast.operator.get(&path).await?.etag.unwrap_or_default();
    let public = json!({"visibility": "public"});
    cast.operator.send(Method::PATCH, &path, Some(&public), &[("If-Match", &seen)]).await?.ok()?;
    let start = cast.today().await?.checked_add(1.month())?.first_of_month();
    for donor in 0..DONORS {
        let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
        cast.partner.post(&path, &pledge_body(&campaign, donor, "30.00", start)?).await?.ok()?;
    }
    service.stack.add_worker(&[])?;
    cast.advance(start.checked_add(MONTHS.months())?).await?;
    cast.idle().await?;
    let worker = service.stack.workers().remove(0);
    tokio::task::spawn_blocking(move || worker.stop()).await??;
    Ok(campaign)
}

/// Microseconds to the first byte at each of three addresses, which are asked in turn: the middle of many.
async fn medians(http: &Client, base: &str, paths: [&str; 3]) -> anyhow::Result<[u64; 3]> {
    let mut taken = [const { Vec::new() }; 3];
    for read in 0..READS + READS / 10 {
        for (path, taken) in paths.iter().zip(&mut taken) {
            let begun = Instant::now();
            let answer = http.get(format!("{base}{path}")).send().await?;
            let first = begun.elapsed();
            ensure!(answer.status() == 200, "{path}: {}", answer.status());
            answer.bytes().await?;
            // The first tenth is for tables and statements to be warm.
            if read >= READS / 10 {
                taken.push(first);
            }
        }
    }
    Ok(taken.map(|mut taken: Vec<Duration>| {
        taken.sort_unstable();
        taken.get(taken.len() / 2).map_or(0, |middle| middle.as_micros() as u64)
    }))
}
