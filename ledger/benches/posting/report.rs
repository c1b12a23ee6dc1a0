//! The table and `target/bench.json`.

use crate::load::Figure;
use serde_json::{Value, json};
use std::io::{Seek, Write};
use std::path::Path;
use std::time::Instant;

/// One case.
pub(crate) enum Row {
    /// Ours against a baseline of the same run.
    Compared { case: &'static str, ours: Figure, against: &'static str, baseline: Figure },
    /// A single value with its unit.
    Value(&'static str, u64, &'static str),
    /// What the table says of anything else, and its figures by their names.
    Told { case: String, text: String, figures: Value },
}

impl Row {
    /// `against` says what the baseline is.
    pub(crate) fn compared(case: &'static str, ours: Figure, against: &'static str, baseline: Figure) -> Row {
        Row::Compared { case, ours, against, baseline }
    }

    /// A time, microseconds.
    pub(crate) fn time(case: impl Into<String>, us: u64) -> Row {
        let text = format!("{:>10} ms", hundredths(us / 10));
        Row::Told { case: case.into(), text, figures: json!({ "ms": number(us / 10) }) }
    }
}

pub(crate) fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// Hundredths as a figure.
pub(crate) fn number(value: u64) -> Value {
    hundredths(value).parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

/// Everything measured in this run.
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub(crate) async fn new(url: &str) -> Report {
        let client = migrations::connect(&url.parse().expect("an address")).await.expect("a connection");
        let settings = client
            .query(
                "SELECT name, setting || coalesce(' ' || unit, '') FROM pg_settings
                  WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'shared_buffers', 'max_wal_size',
                                 'wal_compression', 'full_page_writes')",
                &[],
            )
            .await
            .expect("settings");
        let data: String = client.query_one("SHOW data_directory", &[]).await.expect("the data directory").get(0);
        let main = std::fs::read_to_string(Path::new(&data).join("postmaster.pid")).unwrap_or_default();
        if let Some(main) = main.lines().next().and_then(|pid| pid.parse().ok()) {
            let _ = crate::load::SERVER.set(main);
        }
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "{cores} cores; {}",
            settings
                .iter()
                .map(|row| format!("{} {}", row.get::<_, &str>(0), row.get::<_, &str>(1)))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        println!("one flush of 8 kB takes {} us; load {}", flush_us(), load.trim());
        println!(
            "{:<24}{:>10}{:>12}{:>8}{:>10}{:>10}{:>12}{:>12}{:>12}",
            "case", "ours/s", "baseline/s", "ratio", "p50 ms", "p99 ms", "client us", "server us", "baseline us"
        );
        Report { rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Row) {
        match &row {
            Row::Compared { case, ours, baseline, .. } => println!(
                "{case:<24}{:>10}{:>12}{:>8}{:>10}{:>10}{:>12}{:>12}{:>12}",
                ours.per_s,
                baseline.per_s,
                hundredths(ratio_hundredths(ours, baseline)),
                hundredths(ours.p50_us / 10),
                hundredths(ours.p99_us / 10),
                hundredths(ours.client_ns / 10),
                hundredths(ours.server_ns / 10),
                hundredths((baseline.client_ns + baseline.server_ns) / 10),
            ),
            Row::Value(case, value, unit) => println!("{case:<24}{value:>10} {unit}"),
            Row::Told { case, text, .. } => println!("{case:<24}{text}"),
        }
        self.rows.push(row);
    }

    /// Puts the cases of this run in the place of earlier ones of the same name; all others stay.
    pub(crate) fn finish(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
        let before = std::fs::read(&path).unwrap_or_default();
        let mut rows: Vec<Value> = serde_json::from_slice(&before).unwrap_or_default();
        for row in self.rows.iter().map(as_json) {
            match rows.iter_mut().find(|old| old["case"] == row["case"]) {
                Some(old) => *old = row,
                None => rows.push(row),
            }
        }
        let text = serde_json::to_string_pretty(&rows).expect("plain values");
        let _ = std::fs::create_dir_all(path.parent().expect("a parent"));
        std::fs::write(&path, text).expect("the report is written");
    }
}

fn ratio_hundredths(ours: &Figure, baseline: &Figure) -> u64 {
    ours.per_s * 100 / baseline.per_s.max(1)
}

fn as_json(row: &Row) -> Value {
    match row {
        Row::Compared { case, ours, against, baseline } => json!({
            "case": case,
            "ours_per_s": ours.per_s,
            "baseline": against,
            "baseline_per_s": baseline.per_s,
            "ratio": number(ratio_hundredths(ours, baseline)),
            "p50_ms": number(ours.p50_us / 10),
            "p99_ms": number(ours.p99_us / 10),
            "client_cpu_us": number(ours.client_ns / 10),
            "server_cpu_us": number(ours.server_ns / 10),
            "baseline_cpu_us": number((baseline.client_ns + baseline.server_ns) / 10),
        }),
        Row::Value(case, value, unit) => json!({ "case": case, "value": value, "unit": unit }),
        Row::Told { case, figures, .. } => {
            let mut row = figures.clone();
            row["case"] = json!(case);
            row
        }
    }
}

/// What one flush to the disk costs here: a commit cannot be faster.
fn flush_us() -> u64 {
    let mut file = tempfile::tempfile().expect("a file");
    let begun = Instant::now();
    for _ in 0..100 {
        file.rewind().expect("a seek");
        file.write_all(&[7; 8_192]).expect("a write");
        file.sync_data().expect("a flush");
    }
    (begun.elapsed().as_micros() / 100) as u64
}
