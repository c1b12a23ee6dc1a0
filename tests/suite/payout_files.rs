//! Payouts go to a bank by a file: over HTTP, with workers killed on the way, valid by the published schema of its message.

use crate::contract::tool;
use anyhow::{Context as _, ensure};
use api::demo::cast::give_role;
use api::demo::client::{Answer, Client, text};
use api::keys::vault::{self, Vault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::date;
use ledger::money::{Currency, Money};
use ledger::payouts::files::batch::{Batch, Party, Payment};
use ledger::payouts::files::pain001;
use ledger::payouts::rules::bank_details::{Address, BankDetails, Number};
use reqwest::header;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tests::payees::owed;
use tests::{Stage, day};

type Outcome = anyhow::Result<()>;

/// Names as people and machines make them up.
const HOSTILE: [&str; 8] = [
    "Bohrer & Söhne <\"Werk\"> 'GmbH'",
    "🔨🔨🔨",
    "עמותת המדפסת הפתוחה",
    "//--==;DROP TABLE payout;--//",
    "Łódź Żółć Ærøskøbing ßßß",
    "北京开放硬件工作坊",
    "]]>&amp;&#0;&lt;!DOCTYPE",
    "A name that is as long as a name may be, which is seventy letters, yes",
];

/// How long a file may take, with workers killed on the way.
const FILE_MAX: Duration = Duration::from_mins(20);

/// So many payees and kills; many more with `COMMONPURSE_LONG`.
fn size() -> (usize, usize) {
    if std::env::var_os("COMMONPURSE_LONG").is_some() { (10_000, 10) } else { (100, 2) }
}

/// Files that the published schema takes.
fn validate(files: &[&Path]) -> Outcome {
    let script = crate::contract::root().join("tests/contract/pain001.py");
    let checked = Command::new(tool("python")?).arg(script).args(files).output()?;
    ensure!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    Ok(())
}

fn party(holder: &str, number: Number, bank_country: &str) -> Party {
    let address = Address {
        street: holder.into(),
        postal_code: String::new(),
        town: holder.chars().take(35).collect(),
        country: "DE".into(),
    };
    Party { details: BankDetails { holder: holder.into(), number, address }, bank_country: bank_country.into() }
}

#[test]
fn a_transfer_order_is_valid_by_the_published_schema_whatever_names_and_memos_are() -> Outcome {
    let home = tempfile::tempdir()?;
    let iban = || Number::iban("DE89370400440532013000");
    let local = || Number::Local { account: "000123456789".into(), routing: "021000021".into() };
    let hostile: Vec<String> = HOSTILE
        .iter()
        .map(|name| (*name).to_owned())
        .chain(["\u{1}".into(), "x".repeat(300), "é".repeat(200), " ".into()])
        .collect();
    let mut files = Vec::new();
    for (code, bank_country) in [("EUR", "DE"), ("USD", "US"), ("JPY", "JP"), ("BHD", "BH")] {
        let currency: Currency = code.parse()?;
        let number = |place: usize| if code == "EUR" || place.is_multiple_of(3) { iban() } else { Ok(local()) };
        let mut payments = Vec::new();
        for (place, name) in hostile.iter().enumerate() {
            payments.push(Payment {
                reference: format!("CP{place:032}"),
                amount: Money::from_minor(i64::from(u32::MAX) << place, currency)?,
                memo: name.clone(),
                to: party(name, number(place)?, bank_country),
            });
        }
        let batch = Batch {
            message: format!("CPF{:032}", 1),
            made_at: "2027-01-07T09:08:07.5Z".parse()?,
            execution_on: date(2027, 1, 8),
            currency,
            originator: String::new(),
            from: party("🔨", number(1)?, bank_country),
            payments,
        };
        let file = home.path().join(format!("{code}.xml"));
        std::fs::write(&file, pain001::write(&batch)?)?;
        files.push(file);
    }
    validate(&files.iter().map(|file| file.as_path()).collect::<Vec<_>>())?;
    // The check finds what is wrong.
    let wrong = home.path().join("wrong.xml");
    std::fs::write(&wrong, std::fs::read_to_string(&files[0])?.replace("<PmtMtd>TRF", "<PmtMtd>TRX"))?;
    ensure!(validate(&[wrong.as_path()]).is_err(), "another method of payment is none");
    Ok(())
}

/// Waits until a file is built, and kills workers while it is: what they had leased is free at once.
async fn built(stage: &mut Stage, file: &str, kills: usize) -> anyhow::Result<Value> {
    let (deadline, mut killed) = (Instant::now() + FILE_MAX, 0);
    loop {
        let found = stage.cast.treasurer.get(&format!("/v1/payout-files/{file}")).await?.ok()?;
        if found["state"] != "building" {
            println!("{killed} workers were killed");
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "the file is still built: {found}");
        let sent = found["sent"].as_u64().context("a count")?;
        let leased = "SELECT count(*) FROM job WHERE kind = 'build_payout_file' AND finished_at IS NULL AND leased_until > now()";
        let total = found["payouts"].as_u64().context("a count")?;
        if killed < kills
            && sent >= total * u64::try_from(killed)? / u64::try_from(kills)?
            && stage.app.count(leased).await? > 0
        {
            let stack = stage.app.stack();
            stack.workers().remove(0).kill()?;
            stack.add_worker(&[])?;
            killed += 1;
            let free = "UPDATE job SET leased_until = now() WHERE finished_at IS NULL AND leased_until > now()";
            let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
            owner.execute(free, &[]).await?;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The text of a file, whole.
async fn content(stage: &Stage, by: &Client, file: &str) -> anyhow::Result<(u16, header::HeaderMap, Vec<u8>)> {
    let http = tests::http().build()?;
    let url = format!("{}/v1/payout-files/{file}/content", stage.app.base_url());
    let token = by.access_token().await?.context("a token")?;
    let answer = http.get(url).bearer_auth(token).send().await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Ok((status, headers, answer.bytes().await?.to_vec()))
}

/// Sends a status report; the same key is the same report.
async fn report(stage: &Stage, key: &str, body: String) -> anyhow::Result<(u16, Value)> {
    let http = tests::http().build()?;
    let url = format!("{}/v1/books/{}/payout-status-files", stage.app.base_url(), stage.cast.book);
    let token = stage.cast.treasurer.access_token().await?.context("a token")?;
    let call = http.post(url).bearer_auth(token).header("Idempotency-Key", key);
    let answer = call.header(header::CONTENT_TYPE, "application/xml").body(body).send().await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

#[tokio::test]
async fn m6_a_file_sends_each_payout_once_whoever_is_killed_and_the_bank_settles_what_it_does_not_reject() -> Outcome {
    let home = tempfile::tempdir()?;
    let keys = home.path().join("bank-keys");
    vault::rotate(&keys)?;
    let mut stage = Stage::set_with(1, &[("COMMONPURSE_BANK_KEY_DIR", keys.to_str().unwrap_or_default())]).await?;
    let (count, kills) = size();
    give_role(&stage.cast.operator, &stage.cast.host, &stage.cast.reviewers[0], "approver").await?;
    let mut client = stage.app.connection().await?;
    let tx = client.transaction().await?;
    let payouts = owed(&tx, &stage.cast, &Vault::load(&keys)?, &HOSTILE, count).await?;
    tx.commit().await?;
    drop(client);
    let files = format!("/v1/books/{}/payout-files", stage.cast.book);
    let new = json!({"format": "pain001", "currency": "USD"});
    ensure!(stage.cast.reviewers[0].post(&files, &new).await?.status == 403, "who approves hands nothing to a bank");
    ensure!(stage.cast.stranger.post(&files, &new).await?.status == 404);
    let file = stage.cast.treasurer.post(&files, &new).await?.ok()?;
    let id = text(&file, "/id")?;
    let ready = built(&mut stage, id, kills).await?;
    ensure!(ready["state"] == "ready" && ready["sent"] == count && ready["left_out"] == 0, "{ready}");
    let sent = "SELECT count(DISTINCT sent_entry) FROM payout WHERE state <> 'screened' AND sent_entry > 0";
    ensure!(stage.app.count(sent).await? == i64::try_from(count)?, "each was sent by an entry of its own");

    // Its text: the same each time, whole, valid, and for keepers alone, who are written down.
    let (status, headers, body) = content(&stage, &stage.cast.treasurer, id).await?;
    ensure!(status == 200 && headers[header::CONTENT_TYPE] == "application/xml", "{status} {headers:?}");
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&body)));
    ensure!(headers["repr-digest"] == digest.as_str() && headers[header::CACHE_CONTROL] == "no-store", "{headers:?}");
    ensure!(content(&stage, &stage.cast.operator, id).await?.2 == body, "byte for byte");
    for (other, status) in [(&stage.cast.reviewers[0], 403), (&stage.cast.stranger, 404)] {
        ensure!(content(&stage, other, id).await?.0 == status);
    }
    let saved = home.path().join("pain001.xml");
    std::fs::write(&saved, &body)?;
    validate(&[saved.as_path()])?;
    let xml = String::from_utf8(body)?;
    let ids: BTreeSet<&str> = xml.split("<EndToEndId>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    let payout = stage.cast.treasurer.get(&format!("/v1/payouts/{}", payouts[0])).await?.ok()?;
    let reference = text(&payout, "/reference")?;
    ensure!(ids.len() == count && ids.contains(reference) && xml.matches("<EndToEndId>").count() == count, "{ids:?}");
    ensure!(xml.contains("<Id>000006789</Id>"), "whole numbers stand in it");
    let taken = "SELECT count(*) FROM activity WHERE action = 'taken'";
    ensure!(stage.app.count(taken).await? == 2, "who took it is written down, and who got none is not");

    // The bank rejects one, and says so twice.
    let told = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>\
         <OrgnlMsgId>{}</OrgnlMsgId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>\
         <TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts>\
         <TxInfAndSts><OrgnlEndToEndId>CPSOMEBODY</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>\
         </OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>",
        text(&ready, "/message")?
    );
    for key in ["report-1", "report-1", "report-2"] {
        let (status, answer) = report(&stage, key, told.clone()).await?;
        ensure!(status == 200 && answer["file"] == id && answer["failed"] == 1, "{key}: {status} {answer}");
        ensure!(answer["untouched"][0]["end_to_end_id"] == "CPSOMEBODY" && answer["untouched_count"] == 1, "{answer}");
    }
    let (status, answer) = report(&stage, "report-3", "<!DOCTYPE a>".to_owned()).await?;
    ensure!(status == 422 && answer["type"] == "/problems/payout-status-unreadable", "{status} {answer}");
    let failed = stage.cast.treasurer.get(&format!("/v1/payouts/{}", payouts[0])).await?.ok()?;
    ensure!(failed["state"] == "failed" && text(&failed, "/reason")?.contains("AC04"), "{failed}");
    let withdraw = json!({"reason": "late", "not_at_bank": true});
    refused(
        &stage.cast.treasurer.post(&format!("/v1/payout-files/{id}:withdraw"), &withdraw).await?,
        "payout-file-state",
    )?;

    // The others settle by the bank's statement alone; what was rejected is owed again, and goes with another file.
    stage.cast.days_pass(2).await?;
    let settled = "SELECT count(*) FROM payout WHERE state = 'settled'";
    ensure!(stage.app.count(settled).await? == 0, "what stands in a file no line settles by itself");
    let statement = stage.cast.treasurer.download(&format!("/v1/payout-files/{id}/sandbox-statement")).await?;
    let path = format!("/v1/books/{}/bank-statement-files", stage.cast.book);
    stage.cast.treasurer.post_file(&path, "application/xml", statement.into_bytes()).await?.ok()?;
    stage.app.work_until_idle().await?;
    ensure!(stage.app.count(settled).await? == i64::try_from(count)? - 1, "all but the one that was rejected");
    ensure!(
        stage.balance("liabilities:payable:team:").await? == "1.00"
            && stage.balance("liabilities:payouts:").await? == "0.00"
    );
    again_by_a_file_that_is_withdrawn(&mut stage, &failed, &Vault::load(&keys)?).await?;
    stage.app.finish().await
}

/// The payout that failed is asked for anew, approved in one go with one that is there no more, and stands in a file that is withdrawn.
async fn again_by_a_file_that_is_withdrawn(stage: &mut Stage, failed: &Value, vault: &Vault) -> Outcome {
    let path = format!("/v1/books/{}/payouts", stage.cast.book);
    let new = json!({"payee": failed["payee"], "source": "team", "currency": "USD"});
    let again = stage.cast.treasurer.post(&path, &new).await?.ok()?;
    ensure!(again["reference"] != failed["reference"], "{again}");
    let seen = |payout: &Value| json!({"payout": payout["id"], "digest": payout["digest"]});
    let both = json!({"payouts": [seen(failed), seen(&again)]});
    let batch = format!("{path}:approve-batch");
    ensure!(stage.cast.treasurer.post(&batch, &json!({"payouts": []})).await?.status == 422);
    let verdicts = stage.cast.reviewers[0].post(&batch, &both).await?.ok()?;
    ensure!(
        verdicts["items"][0]["code"] == "payout-state" && verdicts["items"][1]["verdict"] == "approved",
        "{verdicts}"
    );
    stage.app.work_until_idle().await?;
    let files = format!("/v1/books/{}/payout-files", stage.cast.book);
    let new = json!({"format": "nacha_ccd", "currency": "USD", "originator": "1234567890", "payouts": [again["id"]]});
    let wrong = json!({"format": "nacha_ccd", "currency": "USD", "payouts": [again["id"]]});
    ensure!(stage.cast.treasurer.post(&files, &wrong).await?.body["errors"][0]["pointer"] == "/originator");
    let file = stage.cast.treasurer.post(&files, &new).await?.ok()?;
    let id = text(&file, "/id")?;
    built(stage, id, 0).await?;
    let (status, _, body) = content(stage, &stage.cast.treasurer, id).await?;
    ensure!(status == 200 && body.len() == 10 * 96 && body.starts_with(b"101 021000021"), "{status}");
    too_long_for_it(stage, id, &again, vault).await?;
    let withdraw = format!("/v1/payout-files/{id}:withdraw");
    refused(&stage.cast.treasurer.post(&withdraw, &json!({"reason": "a typo"})).await?, "payout-file-taken")?;
    let says = json!({"reason": "a typo", "not_at_bank": true});
    stage.cast.treasurer.post(&withdraw, &says).await?.ok()?;
    stage.app.work_until_idle().await?;
    ensure!(stage.balance("liabilities:payable:team:").await? == "1.00", "owed again");
    // The bank of the sandbox pays nothing of it, however long it has had it.
    stage.cast.advance(day(1, 15)).await?;
    ensure!(stage.balance("liabilities:payable:team:").await? == "1.00");
    let open = "SELECT count(*) FROM bank_line WHERE state = 'open'";
    ensure!(stage.app.count(open).await? == 0, "no line of a bank tells of what was withdrawn");
    Ok(())
}

/// An account that was given before numbers were bounded by what the network holds: who takes the file reads which payout it is, and to which
/// account, and no number; and nothing of the file has changed when the account fits.
async fn too_long_for_it(stage: &Stage, file: &str, payout: &Value, vault: &Vault) -> Outcome {
    const LONG: &str = "123456789012345678";
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let id: ledger::id::PayoutId = text(payout, "/id")?.parse()?;
    let paid_to = "SELECT b.id, b.key_version, b.sealed FROM bank_account b JOIN payout p ON p.bank_account = b.id WHERE p.id = $1";
    let row = owner.query_one(paid_to, &[&id.object]).await?;
    let (account, key, fits): (uuid::Uuid, i32, Vec<u8>) = (row.get(0), row.get(1), row.get(2));
    let address =
        Address { street: String::new(), postal_code: String::new(), town: "New York".into(), country: "US".into() };
    let details = BankDetails::new("Drill Team".into(), Number::local(LONG, "021000021", "NZ")?, address)?;
    let account_id = ledger::id::BankAccountId::new(id.book, account);
    let long = vault.seal(account_id, &details)?;
    let seal = async |key: i32, sealed: &Vec<u8>| -> Outcome {
        owner.batch_execute("ALTER TABLE bank_account DISABLE TRIGGER USER").await?;
        let update = "UPDATE bank_account SET key_version = $2, sealed = $3 WHERE id = $1";
        owner.execute(update, &[&account, &key, sealed]).await?;
        owner.batch_execute("ALTER TABLE bank_account ENABLE TRIGGER USER").await?;
        Ok(())
    };
    let before = content(stage, &stage.cast.treasurer, file).await?.2;
    seal(long.key_version, &long.bytes).await?;
    let (status, _, body) = content(stage, &stage.cast.treasurer, file).await?;
    let told: Value = serde_json::from_slice(&body)?;
    ensure!(status == 409 && told["type"] == "/problems/payout-file-unwritable", "{status} {told}");
    let detail = text(&told, "/detail")?;
    ensure!(detail.contains(&format!("1 of 1 payouts: {id} to {account_id}")), "{detail}");
    ensure!(!detail.contains(LONG) && !detail.contains("5678"), "{detail}");
    seal(key, &fits).await?;
    let after = content(stage, &stage.cast.treasurer, file).await?;
    ensure!(after.0 == 200 && after.2 == before, "byte for byte");
    Ok(())
}
