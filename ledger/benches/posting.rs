//! Posting against raw PostgreSQL on the same server in the same run: ratios, not times.
//!
//! `cargo bench -p ledger --bench posting [CASE…]` prints a table and writes `target/bench.json`. Each case alternates
//! baseline and ours for several rounds and takes the medians. On a busy machine compare the CPU times: they move less.
//! With `COMMONPURSE_BENCH_FULL=1` a book of ten million transfers is loaded last, and posted to and read.

#[path = "posting/baseline.rs"]
mod baseline;
#[path = "posting/large.rs"]
mod large;
#[path = "posting/load.rs"]
mod load;
#[path = "posting/ours.rs"]
mod ours;
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
    server.create_database("bench").await.expect("a database");
    let url = server.url("bench");
    migrations::apply(&url).await.expect("a schema");
    let mut report = Report::new(&url).await;

    let raw_hot_best = async |report: &mut Report| {
        let mut best = report.raw_hot_best;
        if best.per_s == 0 {
            for callers in [1, 8, 32] {
                let raw = median(async || baseline::one_by_one(&url, Shape::Hot, callers, RUN).await).await;
                best = if raw.per_s > best.per_s { raw } else { best };
            }
            report.raw_hot_best = best;
        }
        best
    };
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
        let base = match shape {
            Shape::Uniform => load::median_of(raws),
            Shape::Hot => raw_hot_best(&mut report).await,
        };
        report.add(Row::compared(case, load::median_of(all), base));
    }
    if wanted.is_empty() || wanted.iter().any(|name| name == "bulk_1000_hot") {
        let (mut raws, mut all) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            raws.push(baseline::bulk(&url, RUN).await);
            all.push(ours::bulk(&url, RUN).await);
        }
        report.add(Row::compared("bulk_1000_hot", load::median_of(all), load::median_of(raws)));
    }
    if wanted.is_empty() || wanted.iter().any(|name| name == "two_processes_hot") {
        let (mut one, mut two) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            one.push(ours::one_by_one(&url, Shape::Hot, 64, RUN).await);
            two.push(ours::two_lanes_hot(&url, 64, RUN).await);
        }
        report.add(Row::compared("two_processes_hot", load::median_of(two), load::median_of(one)));
    }
    if wanted.is_empty() || wanted.iter().any(|name| name == "bytes_per_transfer") {
        let bytes = large::bytes_per_transfer(&server).await;
        report.add(Row::Value("bytes_per_transfer", bytes, "bytes"));
    }
    if std::env::var_os("COMMONPURSE_BENCH_FULL").is_some() {
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
