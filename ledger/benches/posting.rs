//! Posting against raw PostgreSQL on the same server in the same run: ratios, not times.
//!
//! `cargo bench -p ledger --bench posting [CASE…]` prints a table and writes `target/bench.json`, where cases of
//! other runs stay. Each case alternates baseline and ours for several rounds and takes the medians. On a busy machine
//! compare the CPU times: they move less.
//! With `COMMONPURSE_BENCH_FULL=1` a book of ten million transfers is loaded last, posted to, read and compared with itself; the
//! case `large_reads` leaves the posting out, which needs no keys: `COMMONPURSE_BENCH_FULL=1 cargo bench -p ledger --bench
//! posting large_reads`.

#[path = "posting/baseline.rs"]
mod baseline;
#[path = "posting/book.rs"]
mod book;
#[path = "posting/captures.rs"]
mod captures;
#[path = "posting/large.rs"]
mod large;
#[path = "posting/load.rs"]
mod load;
#[path = "posting/ours.rs"]
mod ours;
#[path = "posting/reads.rs"]
mod reads;
#[path = "posting/report.rs"]
mod report;

use load::Shape;
use report::{Report, Row};
use std::time::Duration;

/// How long one measurement runs.
const RUN: Duration = Duration::from_millis(2_500);

/// How many rounds; the median counts.
const ROUNDS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let home = tempfile::tempdir().expect("a directory");
    let server = migrations::PrivateServer::start(home.path(), migrations::Durability::Kept).await.expect("a server");
    server.migrate("bench").await.expect("a database");
    let url = server.url("bench");
    let mut report = Report::new(&url).await;

    let mut raw_hot: Option<load::Figure> = None;
    for (case, shape, callers) in [
        ("one_caller", Shape::Uniform, 1),
        ("uniform_8", Shape::Uniform, 8),
        ("uniform_32", Shape::Uniform, 32),
        ("hot_1", Shape::Hot, 1),
        ("hot_8", Shape::Hot, 8),
        ("hot_32", Shape::Hot, 32),
        ("hot_512", Shape::Hot, 512),
    ] {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == case) {
            continue;
        }
        let (mut raws, mut all) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            if matches!(shape, Shape::Uniform) {
                raws.push(baseline::one_by_one(&url, shape, callers, RUN).await);
            }
            all.push(ours::one_by_one(&url, shape, callers, RUN).await);
        }
        let (against, base) = match shape {
            Shape::Uniform => ("a function of PostgreSQL, one call a transfer, as many callers", load::median_of(raws)),
            Shape::Hot => {
                let best = match raw_hot {
                    Some(best) => best,
                    None => raw_hot_best(&url).await,
                };
                raw_hot = Some(best);
                ("a function of PostgreSQL, one call a transfer, the best of 1, 8 and 32 callers", best)
            }
        };
        report.add(Row::compared(case, load::median_of(all), against, base));
    }
    if wanted.is_empty() || wanted.iter().any(|name| name == "bulk_1000_hot") {
        let (mut raws, mut all) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            raws.push(baseline::bulk(&url, RUN).await);
            all.push(ours::bulk(&url, RUN).await);
        }
        let against = "a thousand rows with keys in one statement, drawn inside PostgreSQL";
        report.add(Row::compared("bulk_1000_hot", load::median_of(all), against, load::median_of(raws)));
    }
    for (case, callers) in [("two_processes_hot", 512), ("two_processes_hot_64", 64)] {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == case) {
            continue;
        }
        let (mut one, mut two) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            one.push(ours::one_by_one(&url, Shape::Hot, callers, RUN).await);
            two.push(ours::two_lanes_hot(&url, callers, RUN).await);
        }
        let (two, one) = (load::median_of(two), load::median_of(one));
        report.add(Row::compared(case, two, "one set of lanes with as many callers", one));
    }
    if wanted.is_empty() || wanted.iter().any(|name| name == "captures_32") {
        let (mut each, mut all) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            each.push(captures::capture(&url, 32, false, RUN).await);
            all.push(captures::capture(&url, 32, true, RUN).await);
        }
        let (all, each) = (load::median_of(all), load::median_of(each));
        report.add(Row::compared("captures_32", all, "a transaction for each capture, as many callers", each));
    }
    if wanted.is_empty() || wanted.iter().any(|name| name == "bytes_per_transfer") {
        let bytes = large::bytes_per_transfer(&server).await;
        report.add(Row::Value("bytes_per_transfer", bytes, "bytes"));
    }
    let full = std::env::var_os("COMMONPURSE_BENCH_FULL").is_some();
    if full && wanted.iter().any(|name| name == "large_reads") {
        large::reads(&url, &mut report).await;
    } else if full {
        large::cases(&url, &mut report).await;
    }
    report.finish();
    server.stop().await.expect("a clean stop");
}

async fn median(of: impl AsyncFn() -> load::Figure) -> load::Figure {
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        all.push(of().await);
    }
    load::median_of(all)
}

/// The best that raw PostgreSQL does when every transfer meets one account.
async fn raw_hot_best(url: &str) -> load::Figure {
    let mut best = load::Figure::default();
    for callers in [1, 8, 32] {
        let raw = median(async || baseline::one_by_one(url, Shape::Hot, callers, RUN).await).await;
        best = if raw.per_s > best.per_s { raw } else { best };
    }
    best
}
