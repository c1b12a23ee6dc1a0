//! The table and `target/bench.json`.

use crate::load::Figure;
use serde_json::{Value, json};
use std::path::Path;
use tokio_postgres::NoTls;

/// One case.
pub(crate) struct Row {
    case: &'static str,
    figure: Figure,
    baseline_per_s: u64,
}

impl Row {
    pub(crate) fn compared(case: &'static str, figure: Figure, baseline_per_s: u64) -> Row {
        Row { case, figure, baseline_per_s }
    }

    fn ratio_hundredths(&self) -> u64 {
        self.figure.per_s * 100 / self.baseline_per_s.max(1)
    }
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// Everything measured in this run.
pub(crate) struct Report {
    rows: Vec<Row>,
    pub(crate) raw_hot_best: u64,
}

impl Report {
    pub(crate) async fn new(url: &str) -> Report {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
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
        println!(
            "{:<28}{:>10}{:>12}{:>8}{:>10}{:>10}{:>12}{:>12}",
            "case", "ours/s", "baseline/s", "ratio", "p50 ms", "p99 ms", "client us", "server us"
        );
        Report { rows: Vec::new(), raw_hot_best: 0 }
    }

    pub(crate) fn add(&mut self, row: Row) {
        println!(
            "{:<28}{:>10}{:>12}{:>8}{:>10}{:>10}{:>12}{:>12}",
            row.case,
            row.figure.per_s,
            row.baseline_per_s,
            hundredths(row.ratio_hundredths()),
            hundredths(row.figure.p50_us / 10),
            hundredths(row.figure.p99_us / 10),
            hundredths(row.figure.client_ns / 10),
            hundredths(row.figure.server_ns / 10),
        );
        self.rows.push(row);
    }

    pub(crate) fn finish(&self) {
        let number = |text: String| text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number);
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "case": row.case,
                    "ours_per_s": row.figure.per_s,
                    "baseline_per_s": row.baseline_per_s,
                    "ratio": number(hundredths(row.ratio_hundredths())),
                    "p50_ms": number(hundredths(row.figure.p50_us / 10)),
                    "p99_ms": number(hundredths(row.figure.p99_us / 10)),
                    "client_cpu_us": number(hundredths(row.figure.client_ns / 10)),
                    "server_cpu_us": number(hundredths(row.figure.server_ns / 10)),
                })
            })
            .collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
        let text = serde_json::to_string_pretty(&rows).expect("plain values");
        let _ = std::fs::create_dir_all(path.parent().expect("a parent"));
        std::fs::write(&path, text).expect("the report is written");
    }
}
