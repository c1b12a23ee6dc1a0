//! What is owed to a team is paid, over HTTP: in three pairs of hands, screened, and settled by the bank alone.

use crate::scene::payouts::account;
use anyhow::ensure;
use api::demo::cast::give_role;
use api::demo::client::{Answer, Client, text};
use api::keys::vault::{self, Vault};
use jiff::ToSpan as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tests::{Stage, day};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

type Outcome = anyhow::Result<()>;

/// The number of the team's account, which is found nowhere.
const NUMBER: &str = "000123456789";

/// Whoever screens payees: it has a hit while it is told so.
async fn screening() -> anyhow::Result<(String, Arc<AtomicBool>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/screen", listener.local_addr()?);
    let hits = Arc::new(AtomicBool::new(true));
    let told = hits.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = Vec::new();
            let mut buffer = [0; 1_024];
            // The body is the JSON of one object, which ends with a brace.
            while !asked.ends_with(b"}") {
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => asked.extend_from_slice(&buffer[..read]),
                }
            }
            let is_hit = told.load(Ordering::SeqCst);
            let body = if is_hit { r#"{"result":"hit","reason":"list 7"}"# } else { r#"{"result":"clear"}"# };
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.ok();
        }
    });
    Ok((url, hits))
}

async fn step(by: &Client, payout: &Value, step: &str, body: Value) -> anyhow::Result<Answer> {
    by.post(&format!("/v1/payouts/{}:{step}", text(payout, "/id")?), &body).await
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{answer:?}");
    Ok(())
}

async fn waits(for_whom: &Client, kind: &str) -> anyhow::Result<bool> {
    Ok(for_whom.all("/v1/me/waiting").await?.iter().any(|task| task["kind"] == kind))
}

#[tokio::test]
async fn c2_a_release_is_paid_once_by_three_people_and_settled_by_the_bank_alone() -> Outcome {
    let home = tempfile::tempdir()?;
    let keys = home.path().join("bank-keys");
    vault::rotate(&keys)?;
    let (url, hits) = screening().await?;
    let keys_text = keys.to_str().unwrap_or_default();
    let environment = [("COMMONPURSE_SCREENING_URL", url.as_str()), ("COMMONPURSE_BANK_KEY_DIR", keys_text)];
    let stage = Stage::set_with(2, &environment).await?;
    let cast = &stage.cast;
    let [rita, _] = &cast.reviewers;
    give_role(&cast.operator, &cast.host, rita, "approver").await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "c2", "10.00", day(1, 1)).await?;
    let milestone = stage.milestone(&campaign, "10.00", json!({"reviewers_needed": 1, "objection_days": 1})).await?;
    let claim = stage.claim(&milestone, "10.00").await?;
    stage.approve(rita, &claim, "10.00").await?.ok()?;
    cast.advance(day(1, 7)).await?;

    // Asked for twice, with two keys: one payout. It waits for an account of the team.
    let path = format!("/v1/books/{}/payouts", cast.book);
    let new = json!({"payee": cast.team, "source": "team", "currency": "USD", "custodian": cast.platform,
        "release": {"claim": claim["id"], "number": 1}, "memo": "Sawmill"});
    let payout = cast.treasurer.post(&path, &new).await?.ok()?;
    ensure!(payout["amount"]["amount"] == "10.00" && payout["waits_for"] == "bank_account", "{payout}");
    ensure!(cast.treasurer.post(&path, &new).await?.ok()?["id"] == payout["id"], "twice is one");
    let read = format!("/v1/payouts/{}", text(&payout, "/id")?);
    let again = async || cast.claimant.get(&read).await?.ok();
    refused(&step(rita, &payout, "approve", json!({"digest": "0".repeat(64)})).await?, "payout-no-account")?;

    // Nobody but the team gives its account, and nobody reads more of it than four characters.
    let accounts = format!("/v1/organisations/{}/bank-accounts", cast.team);
    let given = account(&cast.book, "USD", NUMBER);
    ensure!(cast.stranger.post(&accounts, &given).await?.status == 404);
    let bank_account = cast.claimant.post(&accounts, &given).await?.ok()?;
    ensure!(bank_account["state"] == "active" && bank_account["last_four"] == "6789", "{bank_account}");
    let mut wrong = given.clone();
    wrong["bank_details"]["routing_number"] = json!("021000022");
    let invalid = cast.claimant.post(&accounts, &wrong).await?;
    ensure!(invalid.status == 422 && !invalid.body.to_string().contains("021000022"), "{invalid:?}");

    // Approved by somebody else, held by screening, let go on by an operator.
    let seen = again().await?;
    ensure!(seen["waits_for"] == "approval" && waits(rita, "approve_payout").await?, "{seen}");
    let digest = json!({"digest": seen["digest"]});
    refused(&step(&cast.treasurer, &payout, "approve", digest.clone()).await?, "same-person")?;
    refused(&step(rita, &payout, "approve", json!({"digest": "0".repeat(64)})).await?, "digest-differs")?;
    step(rita, &payout, "approve", digest).await?.ok()?;
    stage.app.work_until_idle().await?;
    let held = again().await?;
    ensure!(held["state"] == "held" && held["reason"] == "list 7" && held["screening"] == "hit", "{held}");
    refused(&step(&cast.treasurer, &payout, "send", json!({})).await?, "payout-state")?;
    ensure!(stage.balance("liabilities:payable:team:").await? == "10.00", "what is held stays owed");
    ensure!(waits(&cast.operator, "decide_payout").await?);
    ensure!(step(&cast.treasurer, &payout, "release", json!({"reason": "it is not they"})).await?.status == 403);
    step(&cast.operator, &payout, "release", json!({"reason": "it is not they"})).await?.ok()?;
    hits.store(false, Ordering::SeqCst);

    // Above the threshold a third person sends it.
    let policy = json!({"threshold": {"amount": "9.99", "currency": "USD"}, "late_days": 2});
    let policy_path = format!("/v1/books/{}/payout-policy", cast.book);
    cast.treasurer.post(&policy_path, &policy).await?.ok()?;
    refused(&step(&cast.treasurer, &payout, "send", json!({})).await?, "same-person")?;
    let sent = step(&cast.operator, &payout, "send", json!({})).await?.ok()?;
    ensure!(sent["state"] == "sent" && sent["waits_for"] == "bank", "{sent}");
    let report = format!("/v1/books/{}/reports/payouts", cast.book);
    ensure!(cast.treasurer.get(&report).await?.ok()?["in_transit"] == 1);
    cast.advance(day(1, 9)).await?;
    let settled = again().await?;
    ensure!(
        settled["state"] == "settled" && settled["settled_on"] == json!(day(1, 7).saturating_add(1.days())),
        "{settled}"
    );
    for account in ["liabilities:payable:team:", "liabilities:payouts:", "assets:cash:"] {
        ensure!(stage.balance(account).await? == "0.00", "{account}");
    }
    ensure!(cast.treasurer.post(&path, &new).await?.ok()?["id"] == payout["id"], "what was paid is not paid again");
    let outbox = cast.treasurer.all(&format!("/v1/books/{}/outbox", cast.book)).await?;
    let mails = outbox.iter().filter(|mail| mail["kind"] == "payout").count();
    ensure!(mails >= 2 && outbox.iter().any(|mail| mail["kind"] == "bank_account"), "{mails} mails");

    // A line about something else waits for a person.
    let rent = json!({"reference": "17", "direction": "debit", "amount": {"amount": "9.00", "currency": "USD"},
        "value_date": day(1, 8), "end_to_end_id": "RENT"});
    let statement = format!("/v1/books/{}/bank-statements", cast.book);
    let taken = cast.treasurer.post(&statement, &json!({"custodian": cast.platform, "lines": [rent]})).await?.ok()?;
    ensure!(taken["lines"][0]["why"] == "reference_unknown" && waits(&cast.treasurer, "match_bank_line").await?);

    // The number of the account is nowhere in the database, and a new key seals it anew.
    ensure!(rows_with(&stage, NUMBER).await? == 0 && rows_with(&stage, "021000021").await? == 0);
    ensure!(rows_with(&stage, "Sawmill").await? > 0, "the search finds what is there");
    ensure!(vault::rotate(&keys)? == 2);
    let anew = Vault::load(&keys)?;
    ensure!(api::reseal::reseal(&anew, stage.app.database_url()).await? == 1);
    ensure!(api::reseal::reseal(&anew, stage.app.database_url()).await? == 0, "a second run has nothing to do");
    stage.app.finish().await
}

/// Rows of all tables that have a text, or its bytes.
async fn rows_with(stage: &Stage, text: &str) -> anyhow::Result<i64> {
    let client = migrations::connect(&stage.app.database_url().parse()?).await?;
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
    let mut found = 0;
    for row in client.query(tables, &[]).await? {
        let table: &str = row.get(0);
        let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let asked =
            format!("SELECT count(*) FROM \"{table}\" t WHERE t::text LIKE '%{text}%' OR t::text LIKE '%{bytes}%'");
        found += client.query_one(&asked, &[]).await?.get::<_, i64>(0);
    }
    Ok(found)
}
