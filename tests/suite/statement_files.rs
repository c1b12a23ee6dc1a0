//! Files of bank statements over HTTP: as a bank makes them, as those who may not send them try to, and by the million lines.

use anyhow::{Context as _, ensure};
use api::demo::client::{Client, text};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::fmt::Write as _;
use tests::{Stage, day};

type Outcome = anyhow::Result<()>;

/// Sends a body as it is; answers with the status and the body of the answer.
pub(crate) async fn send(
    by: &Client,
    path: &str,
    media_type: &str,
    body: Vec<u8>,
    key: &str,
) -> anyhow::Result<(u16, Value)> {
    let token = by.access_token().await?.context("a token")?;
    let http = tests::http().build()?;
    let request = http.post(format!("{}{path}", by.base())).bearer_auth(token).header("Content-Type", media_type);
    let answer = request.header("Idempotency-Key", key).body(body).send().await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

/// An entry of a statement in dollars.
pub(crate) fn entry(reference: &str, amount: &str, side: &str, on: Date, more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"USD\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{on}</Dt></BookgDt>\
         <AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls>{more}</TxDtls></NtryDtls></Ntry>\n"
    )
}

/// A statement with its balances.
pub(crate) fn statement(entries: &str, opening: &str, closing: &str, on: Date) -> Vec<u8> {
    let balance = |kind: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"USD\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>{on}</Dt></Dt></Bal>"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>2031-1</Id><Acct><Id><Othr><Id>000123456789</Id></Othr></Id><Ccy>USD</Ccy></Acct>\
         {}{}\n{entries}</Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", opening),
        balance("CLBD", closing)
    )
    .into_bytes()
}

fn code(answer: &(u16, Value)) -> String {
    let kind = answer.1["type"].as_str().unwrap_or_default();
    format!("{} {}", answer.0, kind.trim_start_matches("/problems/"))
}

#[tokio::test]
async fn p10_a_file_of_the_bank_goes_in_once_names_nobody_and_says_what_the_bank_has() -> Outcome {
    let stage = Stage::set_with(2, &[("COMMONPURSE_STATEMENT_MIB", "1")]).await?;
    let cast = &stage.cast;
    let path = format!("/v1/books/{}/bank-statement-files", cast.book);
    cast.advance(day(1, 5)).await?;
    let on = day(1, 4);
    let named = "<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><Dbtr><Nm>Ada Lovelace</Nm></Dbtr></RltdPties>\
                 <RmtInf><Ustrd>for the press RF18 5390 0754 7034</Ustrd></RmtInf>";
    let entries = entry("g-1", "25.00", "CRDT", on, named) + &entry("i-1", "0.50", "CRDT", on, "");
    let file = statement(&entries, "10.00", "35.50", on);
    let xml = "application/xml";

    // Who may not send it, and what is none.
    ensure!(code(&send(&cast.stranger, &path, xml, file.clone(), "a").await?) == "404 not-found");
    let claimant = send(&cast.claimant, &path, xml, file.clone(), "a").await?;
    ensure!([403, 404].contains(&claimant.0), "{claimant:?}");
    let by = &cast.treasurer;
    let tries: [(&str, &str, Vec<u8>, &str); 7] = [
        ("", "application/json", b"{}".to_vec(), "415 unsupported-media-type"),
        ("", xml, vec![b' '; 1024 * 1024 + 1], "413 payload-too-large"),
        ("", xml, Vec::new(), "422 invalid"),
        ("", xml, b"<!DOCTYPE x [<!ENTITY y \"z\">]><Document>&y;</Document>".to_vec(), "409 statement-unreadable"),
        ("", xml, statement(&entries, "10.00", "35.51", on), "409 statement-balance-differs"),
        ("?column_day=Day", xml, file.clone(), "422 invalid"),
        ("?currency=USD&column_day=Day", "text/csv", b"Day,Amount\n".to_vec(), "422 invalid"),
    ];
    for (place, (query, media_type, body, wanted)) in tries.into_iter().enumerate() {
        let answer = send(by, &format!("{path}{query}"), media_type, body, &format!("try-{place}")).await?;
        ensure!(code(&answer) == wanted, "{wanted}: {answer:?}");
    }
    ensure!(by.all(&path).await?.is_empty(), "what was refused left nothing");

    // The same key, another key, and the same key for other bytes.
    let (status, sent) = send(by, &path, xml, file.clone(), "one").await?;
    ensure!(status == 201 && sent["lines"] == 2 && sent["format"] == "camt053", "{sent}");
    ensure!(send(by, &path, xml, file.clone(), "one").await?.1 == sent, "the first answer again");
    ensure!(send(by, &path, xml, file.clone(), "two").await?.1["id"] == sent["id"], "the same bytes are one file");
    ensure!(code(&send(by, &path, xml, b"<x/>".to_vec(), "one").await?) == "422 idempotency-key-reused");
    stage.app.work_until_idle().await?;
    let shown = by.get(&format!("/v1/bank-statement-files/{}", text(&sent, "/id")?)).await?.ok()?;
    ensure!(shown["state"] == "imported" && shown["taken"] == 2 && shown["known"] == 0, "{shown}");
    let balances = by.all(&format!("/v1/bank-statement-files/{}/statements", text(&sent, "/id")?)).await?;
    ensure!(balances[0]["closing"]["amount"] == "35.50" && balances[0]["account"] == "6789", "{balances:?}");

    // Its lines wait for a person, who books one of them; the report says what is left.
    let open = by.all(&format!("/v1/books/{}/bank-lines?open=true", cast.book)).await?;
    ensure!(
        open.len() == 2 && open[0]["creditor_reference"] == "RF18539007547034" && open[0]["file"] == sent["id"],
        "{open:?}"
    );
    let interest = format!("/v1/bank-lines/{}", text(&open[1], "/id")?);
    let booked = by.post(&format!("{interest}:book"), &json!({"booked_as": "interest"})).await?.ok()?;
    ensure!(booked["state"] == "booked" && booked["booked_as"] == "interest" && booked["why"].is_null(), "{booked}");
    ensure!(stage.balance("income:interest").await? == "0.50");
    let report = format!("/v1/books/{}/reports/custodian-check", cast.book);
    let checked = by.get(&report).await?.ok()?;
    let check = &checked["checks"][0];
    ensure!(check["bank_balance"]["amount"] == "35.50" && check["book_cash"]["amount"] == "0.50", "{checked}");
    ensure!(check["open_credits"]["amount"] == "25.00" && check["unexplained"]["amount"] == "10.00", "{checked}");
    let unbooked = by.post(&format!("{interest}:unbook"), &json!({"reason": "it was a gift"})).await?.ok()?;
    ensure!(unbooked["state"] == "open" && stage.balance("assets:cash:").await? == "0.00", "{unbooked}");

    // Nothing of who paid is anywhere.
    for table in ["bank_statement_file", "bank_statement", "bank_statement_line", "bank_line", "caller_reply", "reply"]
    {
        let asked =
            format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%Lovelace%' OR t::text LIKE '%000123456789%'");
        ensure!(stage.app.count(&asked).await? == 0, "{table}");
    }
    stage.app.finish().await
}

/// So many lines, and a million with `COMMONPURSE_LONG`.
fn long() -> usize {
    if std::env::var_os("COMMONPURSE_LONG").is_some() { 1_000_000 } else { 3_000 }
}

#[tokio::test]
async fn l7_a_long_file_is_read_and_let_in_in_bounded_memory() -> Outcome {
    let mut stage = Stage::set_with(2, &[("COMMONPURSE_STATEMENT_MIB", "2048")]).await?;
    stage.cast.advance(day(1, 5)).await?;
    let (lines, on) = (long(), day(1, 4));
    let name = "<RltdPties><Dbtr><Nm>Somebody with a long name</Nm><PstlAdr><StrtNm>A street</StrtNm><TwnNm>A town</TwnNm></PstlAdr></Dbtr>\
                </RltdPties><RmtInf><Ustrd>a text of some length, as people write it, of which nothing is kept</Ustrd></RmtInf>";
    let mut entries = String::new();
    for number in 0..lines {
        write!(entries, "{}", entry(&format!("line-{number}"), "0.01", "CRDT", on, name))?;
    }
    let closing = format!("{}.{:02}", lines / 100, lines % 100);
    let file = statement(&entries, "0.00", &closing, on);
    drop(entries);
    let process = stage.app.stack().api_id();
    std::fs::write(format!("/proc/{process}/clear_refs"), "5")?;
    let before = memory_kib(process, "VmRSS:")?;
    let path = format!("/v1/books/{}/bank-statement-files", stage.cast.book);
    let begun = std::time::Instant::now();
    let bytes = file.len();
    let (status, sent) = send(&stage.cast.treasurer, &path, "text/xml", file, "long").await?;
    ensure!(status == 201 && sent["lines"] == lines, "{sent}");
    let growth = memory_kib(process, "VmHWM:")?.saturating_sub(before);
    println!("{lines} lines of {bytes} bytes were read in {:?}; the api grew by {growth} KiB", begun.elapsed());
    // Names of lines take some bytes each; nothing else grows with the file.
    ensure!(growth < 96 * 1024, "the api grew by {growth} KiB");
    let id = text(&sent, "/id")?;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(3_600);
    loop {
        let shown = stage.cast.treasurer.get(&format!("/v1/bank-statement-files/{id}")).await?.ok()?;
        if shown["state"] == "imported" {
            ensure!(shown["taken"] == lines, "{shown}");
            break;
        }
        ensure!(std::time::Instant::now() < deadline, "not all lines are in after an hour: {shown}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    println!("they were in after {:?}", begun.elapsed());
    stage.app.finish().await
}

/// A figure of the memory of a process, in KiB.
fn memory_kib(process: u32, figure: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).context("the kernel does not tell")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
