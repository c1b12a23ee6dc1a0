//! Evidence for people without a terminal: addresses that the service fetches and hashes, files that it keeps, documents beside claims.

use crate::statement_files::send;
use anyhow::{Context as _, ensure};
use api::demo::cast::{join, organisation, usd};
use api::demo::client::{Answer, Client, text};
use ledger::evidence::Digest;
use reqwest::{Method, header};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Stage, day};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

type Outcome = anyhow::Result<()>;

/// A host of this machine that answers everything with one document, and how often it was asked.
async fn designs() -> anyhow::Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (base, asked) = (format!("http://{}", listener.local_addr()?), Arc::new(AtomicUsize::new(0)));
    let counted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let mut head = [0; 4096];
            let Ok(1..) = stream.read(&mut head).await else { continue };
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/pdf\r\ncontent-length: 5\r\nconnection: close\r\n\r\ndrill";
            stream.write_all(answer.as_bytes()).await.ok();
        }
    });
    Ok((base, asked))
}

fn wrong_at(answer: &Answer, pointer: &str) -> Outcome {
    ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{pointer}: {answer:?}");
    Ok(())
}

/// The claim of a new milestone with one piece of evidence, as a draft.
async fn claim(stage: &Stage, milestone: &Value, by: &Client, piece: Value) -> anyhow::Result<Answer> {
    let path = format!("/v1/milestones/{}/claims", text(milestone, "/id")?);
    by.post(&path, &json!({"amount": usd("1.00"), "note": stage.cast.book, "evidence": [piece]})).await
}

async fn milestone(stage: &Stage) -> anyhow::Result<Value> {
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "m5", "10.00", day(1, 1)).await?;
    stage.milestone(&campaign, "10.00", json!({"reviewers_needed": 1})).await
}

#[tokio::test]
async fn m5_an_address_is_fetched_and_hashed_for_who_asks_and_named_as_evidence_by_them_alone() -> Outcome {
    let environment = [("COMMONPURSE_FETCH_ANYWHERE", "true"), ("COMMONPURSE_FETCHES_PER_DAY", "2")];
    let stage = Stage::set_with(1, &environment).await?;
    let (base, asked) = designs().await?;
    let (clara, rita) = (&stage.cast.claimant, &stage.cast.reviewers[0]);
    let milestone = milestone(&stage).await?;
    let fetch =
        async |url: &str| clara.post("/v1/evidence-fetches", &json!({"book": stage.cast.book, "url": url})).await;
    wrong_at(&fetch("ftp://designs.example/drill.pdf").await?, "/url")?;
    wrong_at(&fetch("https://ada:secret@designs.example/drill.pdf").await?, "/url")?;
    let url = format!("{base}/drill.pdf");
    let pending = fetch(&url).await?.ok()?;
    ensure!(pending["state"] == "pending" || pending["state"] == "fetched", "{pending}");
    let refused = fetch("http://127.0.0.1:1/drill.pdf").await?.ok()?;
    let more = fetch(&url).await?;
    ensure!(more.status == 429 && more.body["type"] == "/problems/quota", "two a day: {more:?}");
    stage.app.work_until_idle().await?;

    let place = |fetch: &Value| Ok::<_, anyhow::Error>(format!("/v1/evidence-fetches/{}", text(fetch, "/id")?));
    let done = clara.get(&place(&pending)?).await?.ok()?;
    let sha256 = Digest::of(b"drill").to_string();
    ensure!(done["state"] == "fetched" && done["sha256"] == sha256 && done["bytes"] == 5, "{done}");
    ensure!(done["content_type"] == "application/pdf" && done["final_url"] == url, "{done}");
    ensure!(asked.load(Ordering::Relaxed) == 1, "it is fetched once");
    let failed = clara.get(&place(&refused)?).await?.ok()?;
    ensure!(failed["state"] == "failed" && failed["failure"] == "unreachable", "{failed}");
    ensure!(rita.get(&place(&pending)?).await?.status == 404, "who did not ask reads nothing");

    let piece = |fetch: &Value| json!({"kind": "test_report", "title": "Drill", "fetch": fetch["id"]});
    wrong_at(&claim(&stage, &milestone, clara, piece(&failed)).await?, "/evidence/0/fetch")?;
    wrong_at(&claim(&stage, &milestone, &stage.cast.operator, piece(&done)).await?, "/evidence/0/fetch")?;
    let mut other = piece(&done);
    other["sha256"] = json!("0".repeat(64));
    wrong_at(&claim(&stage, &milestone, clara, other).await?, "/evidence/0/sha256")?;
    wrong_at(&claim(&stage, &milestone, clara, json!({"kind": "photo", "title": "None"})).await?, "/evidence/0/url")?;
    let drafted = claim(&stage, &milestone, clara, piece(&done)).await?.ok()?;
    let shown = &drafted["evidence"][0];
    ensure!(shown["url"] == url && shown["sha256"] == sha256, "{drafted}");

    // What has ended stays as it is, whoever speaks to the database in the service's name.
    let service = stage.app.connection().await?;
    for statement in [
        "UPDATE evidence_fetch SET sha256 = decode(repeat('00', 32), 'hex') WHERE state = 'fetched'",
        "UPDATE evidence_fetch SET state = 'pending', failure = '', ended_at = NULL WHERE state = 'failed'",
        "UPDATE evidence_fetch SET url = 'https://other.example'",
        "INSERT INTO evidence_fetch (book_id, id, asked_by, asked_at, state, url)
         SELECT book_id, gen_random_uuid(), asked_by, asked_at, 'failed', url FROM evidence_fetch LIMIT 1",
        "DELETE FROM evidence_fetch",
    ] {
        ensure!(service.batch_execute(statement).await.is_err(), "{statement}");
    }
    stage.app.finish().await
}

/// The bytes of a file with what stands before them.
async fn content(by: &Client, file: &str) -> anyhow::Result<(u16, header::HeaderMap, Vec<u8>)> {
    let http = tests::http().build()?;
    let token = by.access_token().await?.context("a token")?;
    let url = format!("{}/v1/files/{file}/content", by.base());
    let answer = http.request(Method::GET, url).bearer_auth(token).send().await?;
    Ok((answer.status().as_u16(), answer.headers().clone(), answer.bytes().await?.to_vec()))
}

#[tokio::test]
async fn m5_a_file_is_kept_once_and_read_by_who_may_read_what_names_it() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_FILE_MIB", "1")]).await?;
    let (clara, rita, stranger) = (&stage.cast.claimant, &stage.cast.reviewers[0], &stage.cast.stranger);
    let milestone = milestone(&stage).await?;
    let path = format!("/v1/files?book={}", stage.cast.book);
    let report: Vec<u8> = "The drill runs.\n".repeat(40_000).into_bytes();
    let (status, kept) = send(clara, &path, "text/plain", report.clone(), "report").await?;
    ensure!(status == 201 && kept["bytes"] == 640_000 && kept["sha256"] == Digest::of(&report).to_string(), "{kept}");
    let (status, again) = send(clara, &path, "text/plain", report.clone(), "again").await?;
    ensure!(status == 201 && again["id"] == kept["id"], "the same bytes are one file: {again}");
    for (key, media_type, bytes, expected) in [
        ("no-text", "text/plain", b"%PDF-1.7".to_vec(), 422),
        ("no-document", "application/pdf", b"no document".to_vec(), 422),
        ("page", "text/html", b"<script>".to_vec(), 415),
        ("zero", "text/plain", b"late zero \0".to_vec(), 422),
        ("long", "text/plain", vec![b'x'; 1024 * 1024 + 1], 413),
        ("empty", "text/plain", Vec::new(), 422),
    ] {
        let (status, answer) = send(clara, &path, media_type, bytes, key).await?;
        ensure!(status == expected, "{key}: {status} {answer}");
    }
    ensure!(stage.app.count("SELECT count(*) FROM stored_file").await? == 1, "what was refused has left nothing");

    // Nobody but who uploaded it reads it, until a claim names it; then the host does.
    let file = text(&kept, "/id")?;
    let place = format!("/v1/files/{file}");
    ensure!(clara.get(&place).await?.status == 200 && rita.get(&place).await?.status == 404);
    let piece = json!({"kind": "test_report", "title": "Report", "file": file});
    wrong_at(&claim(&stage, &milestone, &stage.cast.operator, piece.clone()).await?, "/evidence/0/file")?;
    let drafted = claim(&stage, &milestone, clara, piece).await?.ok()?;
    let shown = &drafted["evidence"][0];
    ensure!(
        shown["sha256"] == kept["sha256"] && text(shown, "/url")?.ends_with(&format!("{place}/content")),
        "{shown}"
    );
    ensure!(rita.get(&place).await?.ok()? == kept && stranger.get(&place).await?.status == 404);
    ensure!(content(stranger, file).await?.0 == 404);
    let (status, head, bytes) = content(rita, file).await?;
    ensure!(status == 200 && bytes == report, "{status}, {} bytes", bytes.len());
    let said = |name: &str| head.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    ensure!(said("content-disposition") == format!("attachment; filename=\"{file}.txt\""), "{head:?}");
    ensure!(
        said("x-content-type-options") == "nosniff" && said("content-security-policy").starts_with("sandbox"),
        "{head:?}"
    );

    // What nothing names is gone after a week; what is named stays.
    let (_, unnamed) = send(clara, &path, "text/csv", b"a,b\n1,2\n".to_vec(), "table").await?;
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let old = "SET session_replication_role = replica; UPDATE stored_file SET created_at = now() - interval '8 days';
        SELECT book_prune(number) FROM book";
    owner.batch_execute(old).await?;
    ensure!(clara.get(&format!("/v1/files/{}", text(&unnamed, "/id")?)).await?.status == 404, "{unnamed}");
    ensure!(content(rita, file).await?.2 == report, "a file that is named stays");
    let service = stage.app.connection().await?;
    for statement in [
        "UPDATE stored_file SET content_type = 'image/png'",
        "UPDATE stored_file_part SET content = 'x'",
        "UPDATE stored_file_use SET object = gen_random_uuid()",
        "DELETE FROM stored_file_use",
        "DELETE FROM stored_file_part",
        "UPDATE claim_document SET title = 'x'",
        "DELETE FROM claim_document",
    ] {
        ensure!(service.batch_execute(statement).await.is_err(), "{statement}");
    }
    stage.app.finish().await
}

#[tokio::test]
async fn m5_files_and_addresses_are_brought_by_people_of_a_book_and_of_its_teams_and_by_nobody_else() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_FETCH_ANYWHERE", "true")]).await?;
    let cast = &stage.cast;
    let public = json!({"organisation": cast.host, "name": "Shown", "currency": "USD", "mode": "sandbox", "zone": "Europe/Berlin",
        "visibility": "public"});
    let public = text(&cast.operator.post("/v1/books", &public).await?.ok()?, "/id")?.to_owned();
    // A file and an address, in the book of the host, which is private, and in one that everybody reads.
    let brought = async |by: &Client, key: &str| -> anyhow::Result<[u16; 4]> {
        let mut all = [0; 4];
        for (place, book) in [&cast.book, &public].into_iter().enumerate() {
            let path = format!("/v1/files?book={book}");
            let key = format!("{key}-{place}");
            all[place] = send(by, &path, "text/csv", key.clone().into_bytes(), &key).await?.0;
            let address = json!({"book": book, "url": "http://127.0.0.1:1/drill.pdf"});
            all[place + 2] = by.post("/v1/evidence-fetches", &address).await?.status.as_u16();
        }
        Ok(all)
    };
    let [done, unseen, refused] = [201, 404, 403];
    ensure!(brought(&cast.stranger, "stranger").await? == [unseen, refused, unseen, refused], "nothing to the host");
    ensure!(stage.app.count("SELECT count(*) FROM stored_file").await? == 0, "what was refused has left nothing");
    for role in ["owner", "treasurer", "approver", "reviewer", "judge", "auditor"] {
        let by = join(&cast.operator, &cast.host, &format!("{role}@roles.example"), role).await?;
        ensure!(brought(&by, role).await? == [done; 4], "{role}");
    }
    let plain = join(&cast.operator, &cast.host, "plain@roles.example", "member").await?;
    ensure!(brought(&plain, "plain").await? == [unseen, done, unseen, done], "a plain member reads no private book");

    // A team belongs to the book with its first milestone, and to no other book with that.
    let gears = organisation(&cast.stranger, "Gear Works", "project_team").await?;
    let member = join(&cast.stranger, &gears, "gearer@gears.example", "member").await?;
    ensure!(brought(&member, "early").await? == [unseen, refused, unseen, refused], "it has nothing there yet");
    let campaign = stage.campaign().await?;
    let planned = json!({"campaign": campaign["id"], "team": gears, "name": "Gears", "amount": usd("1.00"),
        "policy": {"reviewers_needed": 1}, "gate": {}});
    cast.treasurer.post("/v1/milestones", &planned).await?.ok()?;
    ensure!(brought(&member, "late").await? == [done, refused, done, refused], "a milestone of its own");
    ensure!(brought(&cast.partner, "partner").await? == [403; 4], "for people");
    stage.app.finish().await
}

#[tokio::test]
async fn m6_documents_of_a_claim_are_for_its_team_and_the_host() -> Outcome {
    let stage = Stage::set().await?;
    let (clara, rita, stranger) = (&stage.cast.claimant, &stage.cast.reviewers[0], &stage.cast.stranger);
    let claim = stage.claim(&milestone(&stage).await?, "10.00").await?;
    let place = format!("/v1/claims/{}/documents", text(&claim, "/id")?);
    let document = |number: u8| {
        json!({"kind": "receipt", "title": "Steel", "url": "https://builders.example/steel.pdf",
            "sha256": Digest::of(&[number]).to_string()})
    };
    ensure!(stranger.post(&place, &document(1)).await?.status == 404 && stranger.get(&place).await?.status == 404);
    ensure!(clara.post(&place, &document(1)).await?.ok()?["number"] == 1);
    ensure!(rita.post(&place, &document(1)).await?.ok()?["number"] == 1, "the same is there once");
    ensure!(rita.post(&place, &document(2)).await?.ok()?["number"] == 2);
    // An invoice that was uploaded is for the team and the host, as the documents are.
    let path = format!("/v1/files?book={}", stage.cast.book);
    let (_, invoice) = send(clara, &path, "application/pdf", b"%PDF-1.7 invoice".to_vec(), "invoice").await?;
    let place_of_file = format!("/v1/files/{}", text(&invoice, "/id")?);
    ensure!(rita.get(&place_of_file).await?.status == 404);
    let named = json!({"kind": "invoice", "title": "Invoice", "file": invoice["id"]});
    ensure!(clara.post(&place, &named).await?.ok()?["sha256"] == invoice["sha256"]);
    ensure!(rita.get(&place_of_file).await?.status == 200 && stranger.get(&place_of_file).await?.status == 404);
    for reader in [clara, &stage.cast.treasurer, rita] {
        let listed = reader.get(&place).await?.ok()?;
        ensure!(listed["documents"].as_array().map(Vec::len) == Some(3), "{listed}");
    }
    stage.app.finish().await
}
