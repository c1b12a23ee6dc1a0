//! The times of a crowded service beside those of the quiet one, both of the same run.

use crate::load::percentile;
use crate::report::{hundredths, number};
use serde_json::{Value, json};
use std::time::Duration;

/// What the table says of some times, and their figures.
pub(crate) fn times(times: &[Duration]) -> (String, Value) {
    if times.is_empty() {
        return ("none".into(), json!({"count": 0}));
    }
    let (middle, p99, max) = (percentile(times, 50), percentile(times, 99), percentile(times, 100));
    let text = format!(
        "{} (p50 {} ms, p99 {} ms, max {} ms)",
        times.len(),
        hundredths(middle / 10),
        hundredths(p99 / 10),
        hundredths(max / 10)
    );
    let figures = json!({
        "count": times.len(), "p50_ms": number(middle / 10), "p99_ms": number(p99 / 10), "max_ms": number(max / 10),
    });
    (text, figures)
}

/// The p99 of both, and their ratio: of nothing there is none.
pub(crate) fn ratio(crowded: &[Duration], quiet: &[Duration]) -> (String, Value) {
    if crowded.is_empty() || quiet.is_empty() {
        let text = format!("no ratio: {} times beside {} quiet ones", crowded.len(), quiet.len());
        return (text, json!({"count": crowded.len(), "quiet_count": quiet.len()}));
    }
    let (crowded, quiet) = (percentile(crowded, 99), percentile(quiet, 99));
    let ratio = crowded * 100 / quiet.max(1);
    let text = format!(
        "{:>10} ms p99, quiet {} ms, ratio {}",
        hundredths(crowded / 10),
        hundredths(quiet / 10),
        hundredths(ratio)
    );
    let figures = json!({"p99_ms": number(crowded / 10), "quiet_p99_ms": number(quiet / 10), "ratio": number(ratio)});
    (text, figures)
}
