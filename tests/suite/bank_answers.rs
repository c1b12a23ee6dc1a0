//! The bank of a sandbox book answers a payout file with files, which go in as those of any bank, and which others read as we do.

use crate::contract::tool;
use anyhow::{Context as _, bail, ensure};
use api::demo::client::{Client, text};
use api::keys::vault::Vault;
use jiff::civil::date;
use ledger::money::{Currency, Money};
use ledger::payouts::files::batch::{Batch, Party, Payment};
use ledger::payouts::files::nacha::{self, EntryClass};
use ledger::payouts::rules::bank_details::{Address, BankDetails, Number};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::Stage;
use tests::payees::{details, owed_to};

type Outcome = anyhow::Result<()>;

/// What each team's account ends with: the bank takes, rejects, sends back, keeps a fee, does both, and says nothing.
const ENDS: [&str; 7] = ["6789", "0001", "0002", "0003", "0004", "0005", "6789"];

/// What an independent reader finds in a statement file.
fn read_by_others(file: &Path) -> anyhow::Result<Value> {
    let script = crate::contract::root().join("tests/contract/read_statement.py");
    let read = Command::new(tool("python")?).arg(script).arg(file).output()?;
    ensure!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    Ok(serde_json::from_slice(&read.stdout)?)
}

/// How many payouts stand where.
async fn states(stage: &Stage) -> anyhow::Result<Vec<i64>> {
    let mut found = Vec::new();
    for state in ["sent", "settled", "failed", "returned"] {
        found.push(stage.app.count(&format!("SELECT count(*) FROM payout WHERE state = '{state}'")).await?);
    }
    Ok(found)
}

/// The check of the host's account: the bank's balance, and what nobody can explain.
async fn check(stage: &Stage) -> anyhow::Result<(String, String)> {
    let path = format!("/v1/books/{}/reports/custodian-check", stage.cast.book);
    let report = stage.cast.treasurer.get(&path).await?.ok()?;
    let of = |field: &str| Ok::<_, anyhow::Error>(text(&report, &format!("/checks/0/{field}/amount"))?.to_owned());
    Ok((of("bank_balance")?, of("unexplained")?))
}

/// Takes the bank's statement and sends it in; answers it with what became of its lines.
async fn import(stage: &Stage, by: &Client, statement: &str) -> anyhow::Result<(String, Value)> {
    let told = by.download(statement).await?;
    let path = format!("/v1/books/{}/bank-statement-files", stage.cast.book);
    let sent = by.post_file(&path, "application/xml", told.clone().into_bytes()).await?.ok()?;
    stage.app.work_until_idle().await?;
    let shown = by.get(&format!("/v1/bank-statement-files/{}", text(&sent, "/id")?)).await?.ok()?;
    Ok((told, shown))
}

#[tokio::test]
async fn p10_the_sandboxs_bank_answers_a_file_with_files_that_go_in_as_any_banks_and_that_others_read_as_we_do()
-> Outcome {
    let stage = Stage::set().await?;
    let (cast, by) = (&stage.cast, &stage.cast.treasurer);
    let vault = Vault::load(&stage.app.state_dir().join("bank-keys"))?;
    let theirs = ENDS.iter().enumerate().map(|(place, ends)| details(place, &format!("Team {place}"), ends));
    let theirs: Vec<_> = theirs.collect::<Result<_, _>>()?;
    let mut client = stage.app.connection().await?;
    let tx = client.transaction().await?;
    owed_to(&tx, cast, &vault, &theirs, 500).await?;
    tx.commit().await?;
    drop(client);
    let new = json!({"format": "pain001", "currency": "USD"});
    let file = by.post(&format!("/v1/books/{}/payout-files", cast.book), &new).await?.ok()?;
    stage.app.work_until_idle().await?;
    let file = format!("/v1/payout-files/{}", text(&file, "/id")?);
    let (report, statement) = (format!("{file}/sandbox-status-report"), format!("{file}/sandbox-statement"));
    for path in [&report, &statement] {
        let early = by.get(path).await?;
        ensure!(early.status == 409 && early.body["type"] == "/problems/sandbox-bank-silent", "{early:?}");
        ensure!(cast.stranger.get(path).await?.status == 404 && cast.reviewers[0].get(path).await?.status == 403);
    }
    by.download(&format!("{file}/content")).await?;
    cast.days_pass(1).await?;
    ensure!(states(&stage).await? == [7, 0, 0, 0], "what stands in a file no line moves by itself");

    // It rejects one, by a report; twice is once.
    for _ in 0..2 {
        let told = by.download(&report).await?;
        let path = format!("/v1/books/{}/payout-status-files", cast.book);
        let failed = by.post_file(&path, "application/xml", told.into_bytes()).await?.ok()?;
        ensure!(failed["failed"] == 1 && failed["untouched_count"] == 0, "{failed}");
    }
    ensure!(states(&stage).await? == [6, 0, 1, 0]);

    // It pays five, and keeps a fee of two; one it says nothing of.
    let (told, shown) = import(&stage, by, &statement).await?;
    ensure!(shown["state"] == "imported" && shown["taken"] == 5 && shown["known"] == 0, "{shown}");
    ensure!(
        states(&stage).await? == [1, 5, 1, 0] && stage.app.count("SELECT sum(fee)::bigint FROM payout").await? == 200
    );
    ensure!(check(&stage).await? == ("10.00".to_owned(), "0.00".to_owned()), "{:?}", check(&stage).await?);
    let home = tempfile::tempdir()?;
    let saved = home.path().join("statement.xml");
    std::fs::write(&saved, &told)?;
    let read = read_by_others(&saved)?;
    ensure!(read["statements"].as_array().map(Vec::len) == Some(1), "{read}");
    let of = &read["statements"][0];
    ensure!(of["opening"] == "35.00" && of["closing"] == "10.00" && of["currency"] == "USD", "{read}");
    let lines = of["lines"].as_array().context("lines")?;
    ensure!(lines.len() == 5 && lines.iter().all(|line| line["side"] == "DBIT" && line["amount"] == "5.00"), "{read}");
    for line in lines {
        ensure!(told.contains(&format!("<EndToEndId>{}</EndToEndId>", text(line, "/end_to_end")?)), "{line}");
    }

    // Two of these come back five days later: the same file again, with a second statement.
    cast.days_pass(6).await?;
    let (told, shown) = import(&stage, by, &statement).await?;
    ensure!(shown["state"] == "imported" && shown["taken"] == 2 && shown["known"] == 5, "{shown}");
    ensure!(states(&stage).await? == [1, 3, 1, 2], "{:?}", states(&stage).await?);
    ensure!(check(&stage).await? == ("20.00".to_owned(), "0.00".to_owned()), "{:?}", check(&stage).await?);
    std::fs::write(&saved, &told)?;
    let read = read_by_others(&saved)?;
    ensure!(
        read["statements"][1]["closing"] == "20.00" && read["statements"][1]["lines"][0]["side"] == "CRDT",
        "{read}"
    );
    ensure!(import(&stage, by, &statement).await?.1["id"] != shown["id"], "made later, it is another file");
    let owed = "SELECT coalesce(sum(b.credits - b.debits), 0)::bigint FROM balance b JOIN account a
                  ON a.book_id = b.book_id AND a.number = b.account WHERE a.code LIKE 'liabilities:payable:team:%'";
    ensure!(states(&stage).await? == [1, 3, 1, 2] && stage.app.count(owed).await? == 1_500, "owed again, once");
    stage.app.finish().await
}

/// A payment of so many minor units to an account of the ACH network.
fn payment(place: usize, minor: i64, holder: &str, account: &str) -> anyhow::Result<Payment> {
    let address =
        Address { street: String::new(), postal_code: "10027".into(), town: "New York".into(), country: "US".into() };
    let number = Number::local(account, if place.is_multiple_of(2) { "021000021" } else { "121000358" }, "US")?;
    let details = BankDetails::new(holder.to_owned(), number, address)?;
    let to = Party { details, bank_country: "US".into() };
    let (reference, amount) = (format!("CP{place:032}"), Money::from_minor(minor, Currency::USD)?);
    Ok(Payment { reference, amount, memo: "Frame & saw".into(), to })
}

#[test]
fn a_file_of_the_ach_network_is_read_by_others_as_it_is_meant() -> Outcome {
    let home = tempfile::tempdir()?;
    let longest = "12345678901234567";
    let payments = vec![
        payment(1, 1, "Łódź & Söhne", "1234")?,
        payment(2, 9_999_999_999, "A name that is as long as a name may be, which is seventy letters, yes", longest)?,
        payment(3, 250, "Drill Team", "00ABC0")?,
    ];
    let mut files = Vec::new();
    for (name, class, count) in [("ccd", EntryClass::Ccd, 3), ("ppd", EntryClass::Ppd, 1)] {
        let batch = Batch {
            message: format!("CPF{:032}", 1),
            made_at: "2027-01-07T09:08:07.5Z".parse()?,
            execution_on: date(2027, 1, 8),
            currency: Currency::USD,
            originator: "1234567890".into(),
            from: payment(0, 1, "Common Host", "000123456789")?.to,
            payments: payments[..count].to_vec(),
        };
        let file = home.path().join(name);
        std::fs::write(&file, nacha::write(&batch, class)?)?;
        files.push(file);
    }
    let script = crate::contract::root().join("tests/contract/read_ach.py");
    let read = |files: &[PathBuf]| {
        Command::new(tool("python")?).arg(&script).args(files).output().map_err(anyhow::Error::from)
    };
    let output = read(&files)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout)?;
    let [ccd, ppd] = [&found[0][0], &found[1][0]];
    ensure!(
        ccd["class"] == "CCD" && ccd["total"] == 10_000_000_250_i64 && ppd["class"] == "PPD" && ppd["total"] == 1,
        "{found}"
    );
    let entries = ccd["entries"].as_array().context("entries")?;
    ensure!(entries.len() == 3, "{found}");
    for (entry, payment) in entries.iter().zip(&payments) {
        let Number::Local { account, routing } = &payment.to.details.number else { bail!("an IBAN") };
        ensure!(entry["account"] == account.as_str() && entry["routing"] == routing.as_str(), "{entry}");
        ensure!(
            entry["amount"] == payment.amount.minor() && text(entry, "/told")?.starts_with(&payment.reference),
            "{entry}"
        );
    }
    ensure!(entries[0]["name"] == "LODZ + SOHNE", "{found}");
    // The check finds what is wrong.
    let wrong = home.path().join("wrong");
    std::fs::write(&wrong, std::fs::read_to_string(&files[0])?.replacen("0000000250", "0000000251", 1))?;
    ensure!(!read(&[wrong])?.status.success(), "a sum that is none");
    Ok(())
}
