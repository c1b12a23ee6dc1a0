//! A book so large that its export must be streamed, and what an export takes of the service.

use anyhow::{Context as _, ensure};
use api::demo::client::{Client, text};
use ledger::export::Format;
use serde_json::json;
use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// Opens a public book with three accounts; answers its path.
pub async fn sawmill(operator: &Client) -> anyhow::Result<String> {
    let made = json!({"name": "Sawmill", "kind": "cooperative"});
    let made = operator.post("/v1/organisations", &made).await?.ok()?;
    let book = json!({
        "organisation": text(&made, "/id")?, "name": "Sawmill", "currency": "USD", "mode": "sandbox",
        "zone": "Europe/Berlin", "visibility": "public",
    });
    let book = operator.post("/v1/books", &book).await?.ok()?;
    let path = format!("/v1/books/{}", text(&book, "/id")?);
    for (code, class) in [("assets:bank", "asset"), ("income:boards", "income"), ("expenses:rent", "expense")] {
        let account = json!({"code": code, "class": class, "currency": "USD"});
        operator.post(&format!("{path}/accounts"), &account).await?.ok()?;
    }
    Ok(path)
}

/// Fills the one book with `$1` entries, as its owner and at once: of five, four are sales and one is rent.
const FILL: &str = "
    WITH plan AS MATERIALIZED (
        SELECT i AS number, i % 5 = 4 AS rent, CASE WHEN i % 5 = 4 THEN 50 ELSE 100 + i % 900 END AS amount,
               date '2027-01-01' + (i * 7919 % 730)::int AS day, gen_random_uuid() AS salt, 'Boards, load ' || i AS memo
          FROM generate_series(1, $1::bigint) AS i),
    run AS (
        SELECT *, sum(amount) FILTER (WHERE rent) OVER way AS rents, sum(amount) FILTER (WHERE NOT rent) OVER way AS sales
          FROM plan WINDOW way AS (ORDER BY number)),
    known AS (
        SELECT book_id, max(number) FILTER (WHERE code = 'assets:bank') AS bank,
               max(number) FILTER (WHERE code = 'income:boards') AS boards,
               max(number) FILTER (WHERE code = 'expenses:rent') AS rented
          FROM account GROUP BY book_id),
    lines AS (
        INSERT INTO transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, effective, occurred, kind,
                              note, recorded_at)
        SELECT book_id, number << 16, CASE WHEN rent THEN rented ELSE bank END, CASE WHEN rent THEN bank ELSE boards END,
               amount, CASE WHEN rent THEN rents ELSE coalesce(sales, 0) - coalesce(rents, 0) END,
               CASE WHEN rent THEN coalesce(sales, 0) - coalesce(rents, 0) ELSE sales END, day, day,
               (SELECT kind FROM movement_kind WHERE name = 'journal_entry'),
               encode(substring(sha256(uuid_send(salt) || int8send(octet_length(memo)) || memo::bytea || int8send(0)
                                       || int8send(2) || '{}'::bytea) FOR 16), 'hex')::uuid, now()
          FROM run, known RETURNING 1),
    notes AS (
        INSERT INTO entry_note (book_id, number, salt, memo) SELECT book_id, number, salt, memo FROM plan, known
        RETURNING 1),
    head AS (
        UPDATE book_head SET version = version + 1, next_number = $1 + 1 RETURNING 1)
    UPDATE balance SET debits = CASE account WHEN bank THEN sales WHEN rented THEN rents ELSE 0 END,
                       credits = CASE account WHEN bank THEN rents WHEN boards THEN sales ELSE 0 END
      FROM known, (SELECT coalesce(sum(amount) FILTER (WHERE rent), 0) AS rents,
                          coalesce(sum(amount) FILTER (WHERE NOT rent), 0) AS sales FROM plan) AS total";

/// Fills the only book of a database, which is a [`sawmill`].
pub async fn fill(database_url: &str, entries: i64) -> anyhow::Result<()> {
    let (owner, connection) = tokio_postgres::connect(database_url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    owner.execute(FILL, &[&entries]).await?;
    owner.batch_execute("ANALYZE transfer; ANALYZE entry_note").await?;
    owner.execute("SELECT day_totals_roll_up(book_id, 2000000) FROM book_head", &[]).await?;
    Ok(())
}

/// Begins an export of a public book; answers it as a stream.
pub async fn begin(base_url: &str, path: &str, format: Format) -> anyhow::Result<reqwest::Response> {
    let url = format!("{base_url}{path}/export?format={}", format.as_str());
    let answer = reqwest::Client::builder().no_proxy().build()?.get(url).send().await?.error_for_status()?;
    ensure!(answer.headers()["content-type"] == format.media_type());
    let file = answer.headers()["content-disposition"].to_str()?;
    let ending = format!(".{}\"", format.extension());
    ensure!(file.starts_with("attachment; filename=\"bok_") && file.ends_with(&ending), "{file}");
    Ok(answer)
}

/// What an export took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// How much was read.
    pub bytes: usize,
    /// How long it took to its last byte.
    pub time: Duration,
    /// By how much the process grew at its largest, KiB.
    pub growth_kib: u64,
}

/// Reads an export into a file, and looks at the memory of the process that writes it.
pub async fn read(base_url: &str, path: &str, format: Format, file: &mut File, process: u32) -> anyhow::Result<Taken> {
    // From here on the kernel notes the most memory anew.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5")?;
    let (before, begun) = (memory_kib(process, "VmRSS:")?, Instant::now());
    let mut answer = begin(base_url, path, format).await?;
    let mut bytes = 0;
    while let Some(piece) = answer.chunk().await? {
        file.write_all(&piece)?;
        bytes += piece.len();
    }
    let growth_kib = memory_kib(process, "VmHWM:")?.saturating_sub(before);
    Ok(Taken { bytes, time: begun.elapsed(), growth_kib })
}

/// A figure of the memory of a process that is in use, in KiB.
fn memory_kib(process: u32, figure: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).context("the kernel does not tell")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
