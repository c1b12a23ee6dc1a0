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

/// How transfers are loaded behind the door's back.
const LOAD: &str = include_str!("../../ledger/src/testing/store/load.sql");

/// The notes of `{entries}` entries of the one book.
const NOTES: &str = "
    INSERT INTO entry_note (book_id, number, salt, memo)
    SELECT book_id, i, md5('salt ' || i)::uuid, 'Boards, load ' || i FROM book_head, generate_series(1, {entries}::bigint) AS i";

/// Their transfers: of five, four are sales and one is rent.
const TRANSFERS: &str = "
    SELECT n.number << 16 AS pos, CASE n.number % 5 WHEN 4 THEN rented ELSE bank END AS debit,
           CASE n.number % 5 WHEN 4 THEN bank ELSE boards END AS credit,
           CASE n.number % 5 WHEN 4 THEN 50 ELSE 100 + n.number % 900 END AS amount,
           date '2027-01-01' + (n.number * 7919 % 730)::int AS day,
           (SELECT kind FROM movement_kind WHERE name = 'journal_entry') AS kind,
           encode(substring(sha256(uuid_send(salt) || int8send(octet_length(memo)) || memo::bytea || int8send(0)
                                   || int8send(2) || '{}'::bytea) FOR 16), 'hex')::uuid AS note
      FROM entry_note n,
           (SELECT max(number) FILTER (WHERE code = 'assets:bank') AS bank,
                   max(number) FILTER (WHERE code = 'income:boards') AS boards,
                   max(number) FILTER (WHERE code = 'expenses:rent') AS rented FROM account) AS known";

/// Fills the only book of a database, which is a [`sawmill`], as its owner and at once.
pub async fn fill(database_url: &str, entries: i64) -> anyhow::Result<()> {
    let owner = migrations::connect(&database_url.parse()?).await?;
    let book: i32 = owner.query_one("SELECT book_id FROM book_head", &[]).await?.get(0);
    owner.batch_execute(&NOTES.replace("{entries}", &entries.to_string())).await?;
    owner.batch_execute(&LOAD.replace("{book}", &book.to_string()).replace("{rows}", TRANSFERS)).await?;
    owner.batch_execute("ANALYZE transfer; ANALYZE entry_note").await?;
    owner.execute("SELECT day_totals_roll_up(book_id, 2000000) FROM book_head", &[]).await?;
    Ok(())
}

/// Begins an export of a public book; answers it as a stream.
pub async fn begin(base_url: &str, path: &str, format: Format) -> anyhow::Result<reqwest::Response> {
    begin_with(base_url, path, format, "").await
}

/// The same with more options, such as `&order=date`.
async fn begin_with(base_url: &str, path: &str, format: Format, more: &str) -> anyhow::Result<reqwest::Response> {
    let url = format!("{base_url}{path}/export?format={}{more}", format.as_str());
    let answer = crate::http().build()?.get(url).send().await?.error_for_status()?;
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

/// Reads an export with some options into a file, and looks at the memory of the process that writes it.
pub async fn read(
    base_url: &str,
    path: &str,
    (format, more): (Format, &str),
    file: &mut File,
    process: u32,
) -> anyhow::Result<Taken> {
    // From here on the kernel notes the most memory anew.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5")?;
    let (before, begun) = (memory_kib(process, "VmRSS:")?, Instant::now());
    let mut answer = begin_with(base_url, path, format, more).await?;
    let mut bytes = 0;
    while let Some(piece) = answer.chunk().await? {
        file.write_all(&piece)?;
        bytes += piece.len();
    }
    let growth_kib = memory_kib(process, "VmHWM:")?.saturating_sub(before);
    Ok(Taken { bytes, time: begun.elapsed(), growth_kib })
}

/// A figure of the memory of a process that is in use, in KiB.
pub fn memory_kib(process: u32, figure: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).context("the kernel does not tell")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
