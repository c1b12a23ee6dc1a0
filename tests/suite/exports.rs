//! Exports over HTTP: all formats, of a small book and of one so large that it must be streamed.

use anyhow::{Context as _, ensure};
use api::demo::client::{Client, text};
use api::stack::programs_beside_this_one;
use ledger::export::Format;
use serde_json::json;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;
use tempfile::NamedTempFile;
use tests::TestApp;

type Outcome = anyhow::Result<()>;

/// A service with one public book.
async fn public_book() -> anyhow::Result<(TestApp, String)> {
    let app = TestApp::start().await?;
    let operator = app.operator().await?;
    let made = json!({"name": "Sawmill", "kind": "cooperative"});
    let made = operator.post("/v1/organisations", &made).await?.ok()?;
    let organisation = text(&made, "/id")?;
    let book = json!({
        "organisation": organisation, "name": "Sawmill", "currency": "USD", "mode": "sandbox", "zone": "Europe/Berlin",
        "visibility": "public",
    });
    let book = operator.post("/v1/books", &book).await?.ok()?;
    let path = format!("/v1/books/{}", text(&book, "/id")?);
    for (code, class) in [("assets:bank", "asset"), ("income:boards", "income"), ("expenses:rent", "expense")] {
        let account = json!({"code": code, "class": class, "currency": "USD"});
        operator.post(&format!("{path}/accounts"), &account).await?.ok()?;
    }
    Ok((app, path))
}

async fn earn(operator: &Client, path: &str, amount: &str) -> Outcome {
    let amount = json!({"amount": amount, "currency": "USD"});
    let line = json!({"debit": "assets:bank", "credit": "income:boards", "amount": amount});
    let entry = json!({"lines": [line], "effective": "2027-02-01", "memo": "=Boards"});
    operator.post(&format!("{path}/journal-entries"), &entry).await?.ok()?;
    Ok(())
}

/// An export as a stream.
async fn begin(app: &TestApp, path: &str, format: Format) -> anyhow::Result<reqwest::Response> {
    let url = format!("{}{path}/export?format={}", app.base_url(), format.name());
    let answer = reqwest::Client::builder().no_proxy().build()?.get(url).send().await?.error_for_status()?;
    ensure!(answer.headers()["content-type"] == format.media_type());
    let file = answer.headers()["content-disposition"].to_str()?;
    let ending = format!(".{}\"", format.extension());
    ensure!(file.starts_with("attachment; filename=\"bok_") && file.ends_with(&ending), "{file}");
    Ok(answer)
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
        (Format::Csv, ",assets:bank,income:boards,2.50,USD,42.50,42.50,'=Boards,\r\n"),
        (Format::Jsonl, ",\"memo\":\"=Boards\",\"number\":2,"),
    ] {
        let exported = begin(&app, &path, format).await?.text().await?;
        ensure!(exported.contains(part), "{exported}");
    }

    let chained = begin(&app, &path, Format::Jsonl).await?.text().await?;
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

async fn fill(app: &TestApp, entries: i64) -> Outcome {
    let (owner, connection) = tokio_postgres::connect(app.database_url(), tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    owner.execute(FILL, &[&entries]).await?;
    owner.batch_execute("ANALYZE transfer; ANALYZE entry_note").await?;
    let rolled_up = "SELECT day_totals_roll_up(book_id, 2000000) FROM book_head";
    owner.execute(rolled_up, &[]).await?;
    Ok(())
}

/// The memory of a process that is in use, in KiB.
fn resident_kib(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Prints `export_million_mib` for the million entries of `COMMONPURSE_LONG=1`; else a smaller book has to do.
#[tokio::test]
async fn a_large_book_is_streamed_in_every_format_without_filling_the_memory() -> Outcome {
    let long = std::env::var_os("COMMONPURSE_LONG").is_some();
    let (entries, growth_max_mib) = if long { (1_000_000, 200) } else { (50_000, 16) };
    let (mut app, path) = public_book().await?;
    fill(&app, entries).await?;
    let process = app.stack().api_id();
    // What is made once, such as connections, is made before.
    let _ = begin(&app, &path, Format::Csv).await?.chunk().await?;
    let before = resident_kib(process)?;
    let mut most = before;
    for format in Format::ALL {
        let began = Instant::now();
        let mut answer = begin(&app, &path, format).await?;
        let mut file = NamedTempFile::new()?;
        let (mut bytes, mut pieces) = (0, 0);
        while let Some(piece) = answer.chunk().await? {
            file.write_all(&piece)?;
            (bytes, pieces) = (bytes + piece.len(), pieces + 1);
            if pieces % 64 == 0 {
                most = most.max(resident_kib(process)?);
            }
        }
        most = most.max(resident_kib(process)?);
        let (mib, seconds) = (bytes / 1024 / 1024, began.elapsed().as_secs());
        println!("{}: {mib} MiB in {seconds} s, {} MiB more memory so far", format.name(), (most - before) / 1024);
        if format == Format::Jsonl {
            let held = verify(file.path())?;
            let said = String::from_utf8(held.stdout)? + &String::from_utf8(held.stderr)?;
            ensure!(said.contains(&format!("holds: {entries} entries, 3 accounts")), "{said}");
        }
    }
    let growth_mib = (most - before) / 1024;
    println!(
        "{} MiB before; export_{}_mib={growth_mib}",
        before / 1024,
        if long { "million" } else { "fifty_thousand" }
    );
    ensure!(growth_mib <= growth_max_mib, "{growth_mib} MiB more memory, {growth_max_mib} at most");
    app.finish().await
}
