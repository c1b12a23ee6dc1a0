//! Exports over HTTP: all formats, of a small book and of one so large that it must be streamed.

use anyhow::ensure;
use api::demo::client::Client;
use api::stack::programs_beside_this_one;
use ledger::export::Format;
use serde_json::json;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;
use tests::{TestApp, large_book};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

type Outcome = anyhow::Result<()>;

/// A service with one public book.
async fn public_book() -> anyhow::Result<(TestApp, String)> {
    let app = TestApp::start().await?;
    let path = large_book::sawmill(&app.operator().await?).await?;
    Ok((app, path))
}

async fn earn(operator: &Client, path: &str, amount: &str) -> Outcome {
    let amount = json!({"amount": amount, "currency": "USD"});
    let line = json!({"debit": "assets:bank", "credit": "income:boards", "amount": amount});
    let entry = json!({"lines": [line], "effective": "2027-02-01", "memo": "=Boards"});
    operator.post(&format!("{path}/journal-entries"), &entry).await?.ok()?;
    Ok(())
}

fn verify(file: &Path) -> anyhow::Result<Output> {
    let program = programs_beside_this_one()?.join("commonpurse");
    let mut command = Command::new(program);
    command.arg("verify").arg(file).env_remove("DATABASE_URL").env_remove("COMMONPURSE_LONG");
    Ok(command.output()?)
}

fn written(text: &str) -> anyhow::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

#[tokio::test]
async fn a_book_is_exported_in_every_format_and_verify_says_whether_it_holds() -> Outcome {
    let (app, path) = public_book().await?;
    let operator = app.operator().await?;
    earn(&operator, &path, "40.00").await?;
    earn(&operator, &path, "2.50").await?;
    for (format, part) in [
        (Format::Hledger, "2027-02-01 (2) =Boards\n"),
        (Format::Beancount, "\n2027-03-01 balance Assets:Bank"),
        (Format::Csv, ",assets:bank,income:boards,2.50,USD,42.50,42.50,'=Boards,,false,,,\r\n"),
        (Format::Jsonl, ",\"memo\":\"=Boards\",\"number\":2,"),
    ] {
        let exported = large_book::begin(app.base_url(), &path, format).await?.text().await?;
        ensure!(exported.contains(part), "{exported}");
    }

    let chained = large_book::begin(app.base_url(), &path, Format::Jsonl).await?.text().await?;
    let held = verify(written(&chained)?.path())?;
    let said = String::from_utf8(held.stdout)?;
    ensure!(held.status.code() == Some(0) && said.contains("\"Sawmill\" holds: 2 entries, 2 accounts\n"), "{said}");
    let changed = written(&chained.replacen("\"2.50\"", "\"3.50\"", 1))?;
    let refused = verify(changed.path())?;
    let said = String::from_utf8(refused.stderr)?;
    ensure!(refused.status.code() == Some(1) && said.starts_with("commonpurse: record 2: it was changed"), "{said}");
    ensure!(verify(Path::new("/no/such/export.jsonl"))?.status.code() == Some(1));
    app.finish().await
}

/// How many entries are exported, and by how many MiB the service may grow.
fn size() -> (i64, u64) {
    if std::env::var_os("COMMONPURSE_LONG").is_some() { (1_000_000, 200) } else { (12_000, 16) }
}

#[tokio::test]
async fn a_large_book_is_streamed_in_every_format_without_filling_the_memory() -> Outcome {
    let (entries, growth_max_mib) = size();
    let (mut app, path) = public_book().await?;
    large_book::fill(app.database_url(), entries).await?;
    let process = app.stack().api_id();
    // What is made once, such as connections, is made before.
    let _ = large_book::begin(app.base_url(), &path, Format::Csv).await?.chunk().await?;
    let part = "&order=date&from=2027-06-15&to=2028-06-15";
    for (format, more) in Format::ALL.iter().map(|&format| (format, "")).chain([(Format::Hledger, part)]) {
        let mut file = NamedTempFile::new()?;
        let taken = large_book::read(app.base_url(), &path, (format, more), file.as_file_mut(), process).await?;
        let growth_mib = taken.growth_kib / 1_024;
        println!("{}{more}: {} bytes in {:?}, {growth_mib} MiB more memory", format.as_str(), taken.bytes, taken.time);
        ensure!(growth_mib <= growth_max_mib, "{growth_mib} MiB more memory, {growth_max_mib} at most");
        if format == Format::Jsonl {
            let held = verify(file.path())?;
            let said = String::from_utf8(held.stdout)? + &String::from_utf8(held.stderr)?;
            ensure!(said.contains(&format!("holds: {entries} entries, 3 accounts")), "{said}");
        }
        if more == part && entries < 100_000 {
            tests::hledger(file.path(), &["check", "--strict", "ordereddates"])?;
        }
    }
    app.finish().await
}

/// Whether this machine has an open connection from a port to a port, by the kernel's own table.
fn is_open(from: u16, to: u16) -> anyhow::Result<bool> {
    let (from, to) = (format!(":{from:04X}"), format!(":{to:04X}"));
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let mut lines = table.lines().map(|line| line.split_whitespace().skip(1).take(3).collect::<Vec<_>>());
    Ok(lines.any(|line| matches!(line[..], [local, remote, "01"] if local.ends_with(&from) && remote.ends_with(&to))))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_stops_reading_an_export_is_cut_off() -> Outcome {
    let app = TestApp::start_with(1, &[("COMMONPURSE_STALLED_CLIENT_S", "1")]).await?;
    let path = large_book::sawmill(&app.operator().await?).await?;
    // Far more than the buffers on the way take.
    large_book::fill(app.database_url(), 40_000).await?;
    let service: SocketAddr = app.base_url().trim_start_matches("http://").parse()?;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4_096)?;
    let mut stalled = socket.connect(service).await?;
    let own = stalled.local_addr()?.port();
    let request = format!("GET {path}/export?format=jsonl HTTP/1.1\r\nhost: {service}\r\n\r\n");
    stalled.write_all(request.as_bytes()).await?;
    let mut begin = [0; 12];
    stalled.read_exact(&mut begin).await?;
    ensure!(&begin == b"HTTP/1.1 200" && is_open(service.port(), own)?, "{begin:?}");

    let deadline = Instant::now() + Duration::from_mins(5);
    while is_open(service.port(), own)? {
        ensure!(Instant::now() < deadline, "a client that stopped reading still has its connection");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.finish().await
}

#[tokio::test]
async fn fl51_a_table_begins_with_a_byte_order_mark_when_it_is_asked_for() -> Outcome {
    let (app, path) = public_book().await?;
    let operator = app.operator().await?;
    earn(&operator, &path, "40.00").await?;
    let http = tests::http().build()?;
    let get = async |query: &str| http.get(format!("{}{path}/export?{query}", app.base_url())).send().await;
    let plain = get("format=csv").await?.error_for_status()?.bytes().await?;
    let marked = get("format=csv&bom=true").await?.error_for_status()?.bytes().await?;
    ensure!(marked.strip_prefix(b"\xef\xbb\xbf") == Some(&plain[..]), "{marked:?}");
    ensure!(get("format=csv&bom=false").await?.bytes().await? == plain);
    for format in ["hledger", "beancount", "jsonl"] {
        let refused = get(&format!("format={format}&bom=true")).await?;
        ensure!(refused.status() == 422, "{format}: {refused:?}");
    }
    app.finish().await
}

#[tokio::test]
async fn a_part_of_a_book_begins_with_its_balances_and_what_a_format_lacks_is_refused() -> Outcome {
    let (app, path) = public_book().await?;
    let operator = app.operator().await?;
    earn(&operator, &path, "40.00").await?;
    let amount = json!({"amount": "2.50", "currency": "USD"});
    let line = json!({"debit": "assets:bank", "credit": "income:boards", "amount": amount});
    for effective in ["2027-03-10", "2027-02-20"] {
        let entry = json!({"lines": [line], "effective": effective, "memo": "Boards"});
        operator.post(&format!("{path}/journal-entries"), &entry).await?.ok()?;
    }
    let export = async |query: &str| operator.download(&format!("{path}/export?{query}")).await;
    let heads = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("20")).map(|line| line.chars().take(27).collect()).collect()
    };
    let part = export("format=hledger&from=2027-02-15&to=2027-03-31&order=date").await?;
    let by_date = [
        "2027-02-15 Opening balances",
        "2027-02-20 (3) Boards",
        "2027-02-28 Balances asserte",
        "2027-03-10 (2) Boards",
        "2027-03-31 Balances asserte",
    ];
    ensure!(heads(&part) == by_date, "{part}");
    let file = written(&part)?;
    tests::hledger(file.path(), &["check", "--strict", "ordereddates"])?;
    let earned = tests::hledger(file.path(), &["balance", "-N", "income", "not:tag:retain", "not:tag:clopen"])?;
    ensure!(earned.split_whitespace().next() == Some("-5.00"), "{earned}");
    let bare = export("format=hledger&to=2027-02-20&assertions=false").await?;
    ensure!(heads(&bare) == ["2027-02-01 (1) =Boards", "2027-02-20 (3) Boards"], "{bare}");
    ensure!(bare.contains("; by record number; no balances are asserted\n"), "{bare}");
    let rows = export("format=csv&from=2027-02-20&order=date").await?;
    ensure!(rows.lines().skip(1).filter_map(|row| row.split(',').next()).eq(["3", "2"]), "{rows}");
    for (query, pointer) in [
        ("format=jsonl&from=2027-01-01", "/from"),
        ("format=jsonl&order=date", "/order"),
        ("format=csv&assertions=false", "/assertions"),
        ("format=hledger&from=2027-01-02&to=2027-01-01", "/to"),
        ("format=hledger&order=name", "/order"),
        ("format=hledger&from=2027-02-30", "/from"),
    ] {
        let refused = operator.get(&format!("{path}/export?{query}")).await?;
        ensure!(refused.status == 422 && refused.body.to_string().contains(pointer), "{query}: {refused:?}");
    }
    app.finish().await
}
