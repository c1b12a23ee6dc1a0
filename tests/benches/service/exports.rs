//! What the export of a million entries takes of the service.

use crate::Service;
use crate::report::{Report, Row};
use ledger::export::Format;
use tests::large_book;

/// Entries of the book.
const ENTRIES: i64 = 1_000_000;

/// Exports the same book in every format, one after the other; the format that takes the most memory counts.
pub(crate) async fn million(service: &Service, report: &mut Report) -> anyhow::Result<()> {
    let (base, process) = (&service.stack.base_url, service.stack.api_id());
    let path = large_book::sawmill(&service.operator).await?;
    large_book::fill(&service.url, ENTRIES).await?;
    // What is made once, such as connections, is made before.
    let _ = large_book::begin(base, &path, Format::Csv).await?.chunk().await?;
    let mut most_kib = 0;
    for (case, format, more) in [
        ("export_million_hledger", Format::Hledger, ""),
        ("export_million_hledger_by_date", Format::Hledger, "&order=date"),
        ("export_million_beancount", Format::Beancount, ""),
        ("export_million_csv", Format::Csv, ""),
        ("export_million_jsonl", Format::Jsonl, ""),
    ] {
        let mut file = tempfile::tempfile()?;
        let taken = large_book::read(base, &path, (format, more), &mut file, process).await?;
        println!(
            "  {}{more}: {} MiB, {} KiB more memory",
            format.as_str(),
            taken.bytes / 1024 / 1024,
            taken.growth_kib
        );
        report.add(Row::time(case, taken.time.as_micros() as u64));
        most_kib = most_kib.max(taken.growth_kib);
    }
    report.add(Row::Value("export_million_mib", most_kib.div_ceil(1_024), "MiB"));
    Ok(())
}
