//! One stranger, or one book, that asks for all there is: the others are served as before, and nothing is kept of it.

use anyhow::{Context as _, bail, ensure};
use api::demo::cast::{organisation, sandbox_book, usd};
use futures_util::future::join_all;
use ledger::id::BookRef;
use serde_json::json;
use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;
use tests::{Stage, TestApp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

type Outcome = anyhow::Result<()>;

/// How long one waits for what must come at last.
const AT_LAST: Duration = Duration::from_mins(3);

/// Sends the beginning of a request with a body, and so much of the body.
async fn half(base: &str, path: &str, token: Option<&str>, length: usize, sent: usize) -> anyhow::Result<TcpStream> {
    let host = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await?;
    let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\nIdempotency-Key: a\r\n"));
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{token}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    // What is refused early is not read.
    let _ = stream.write_all(&vec![b' '; sent]).await;
    Ok(stream)
}

/// Reads until the service hangs up.
async fn heard(mut stream: TcpStream) -> anyhow::Result<String> {
    let mut text = Vec::new();
    let end = tokio::time::timeout(AT_LAST, stream.read_to_end(&mut text)).await.context("nobody hung up")?;
    // Reset, when it hung up before it had read all: what it said was said.
    let _ = end;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A line of /proc/…/status in KiB.
fn memory(pid: u32, name: &str) -> anyhow::Result<i64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("a line of its memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

#[tokio::test]
async fn h5_a_body_that_does_not_come_is_given_up_and_the_others_are_served() -> Outcome {
    let settings = [("COMMONPURSE_SLOW_BODY_S", "1"), ("COMMONPURSE_GUESSES_PER_MINUTE", "100000")];
    let app = TestApp::start_with(1, &settings).await?;
    let operator = app.operator().await?;
    let token = operator.access_token().await?.context("a token")?;
    let mut open = Vec::new();
    for _ in 0..40 {
        open.push(half(app.base_url(), "/v1/sign-in", None, 60_000, 100).await?);
        open.push(half(app.base_url(), "/v1/oauth/token", None, 60_000, 100).await?);
        open.push(half(app.base_url(), "/v1/organisations", Some(&token), 900_000, 100).await?);
    }
    app.nobody()?.get("/livez").await?;
    for answer in join_all(open.into_iter().map(heard)).await {
        let answer = answer?;
        ensure!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body-too-slow"), "{answer}");
    }
    app.finish().await
}

/// A refusal is as cheap for both when the connection goes on: whoever is refused a hundred times need not connect as often.
#[tokio::test]
async fn a_refusal_of_a_body_that_has_come_closes_no_connection() -> Outcome {
    let app = TestApp::start().await?;
    let host = app.base_url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).await?;
    let request = format!(
        "POST /v1/organisations HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nIdempotency-Key: a\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    );
    for _ in 0..20 {
        stream.write_all(request.as_bytes()).await?;
        let answer = one_answer(&mut stream).await?;
        ensure!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        ensure!(!answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    }
    app.finish().await
}

/// Requests that come one behind another are all answered, wherever the packets end: also when an answer is sent while the next
/// request has come in part.
#[tokio::test]
async fn h5_requests_that_come_in_parts_behind_others_are_answered_as_well() -> Outcome {
    let app = TestApp::start().await?;
    let host = app.base_url().trim_start_matches("http://").to_owned();
    let request = format!("GET /v1/me HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for cut in 1..request.len() {
        let mut stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        let (first, rest) = request.split_at(cut);
        for sent in [format!("{request}{first}"), format!("{rest}{first}"), rest.to_owned()] {
            stream.write_all(sent.as_bytes()).await.with_context(|| format!("cut at {cut}"))?;
            let answer = one_answer(&mut stream).await.with_context(|| format!("cut at {cut}"))?;
            ensure!(answer.starts_with("HTTP/1.1 401 "), "cut at {cut}: {answer}");
            // Others are served in between, so that the connection is looked at with nothing new in it.
            app.nobody()?.get("/livez").await?.ok()?;
        }
    }
    app.finish().await
}

/// These are answered before there is a request.
#[tokio::test]
async fn l3_what_is_no_request_hears_a_problem_as_any_other() -> Outcome {
    let app = TestApp::start().await?;
    let host = app.base_url().trim_start_matches("http://").to_owned();
    let fine = format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let endless = format!("GET /livez HTTP/1.1\r\nHost: {host}\r\nX-Endless: {}", "x".repeat(140 * 1024));
    for (before, sent, status, code) in [
        ("", "NONSENSE\r\n\r\n", 400, "bad-request"),
        ("", "GET /livez HTTP/1.1\r\nHost: a\r\nBad Header: 1\r\n\r\n", 400, "bad-request"),
        (fine.as_str(), "\0\0\0\0\r\n\r\n", 400, "bad-request"),
        ("", "GET /livez HTTP/1.1\r\n", 408, "request-timeout"),
        ("", endless.as_str(), 431, "request-header-fields-too-large"),
    ] {
        let mut stream = TcpStream::connect(&host).await?;
        if !before.is_empty() {
            stream.write_all(before.as_bytes()).await?;
            one_answer(&mut stream).await?;
        }
        // What comes after too much is not read.
        let _ = stream.write_all(sent.as_bytes()).await;
        let answer = one_answer(&mut stream).await.with_context(|| code.to_owned())?;
        let (head, body) = answer.split_once("\r\n\r\n").context("a body")?;
        let head = head.to_ascii_lowercase();
        ensure!(head.starts_with(&format!("http/1.1 {status} ")), "{answer}");
        ensure!(head.contains("\r\ncontent-type: application/problem+json\r\n"), "{answer}");
        let problem: serde_json::Value = serde_json::from_str(body).with_context(|| answer.clone())?;
        ensure!(problem["type"] == format!("/problems/{code}") && problem["status"] == status, "{problem}");
        let id = problem["request_id"].as_str().context("an id")?;
        ensure!(head.contains(&format!("\r\nx-request-id: {id}\r\n")), "{answer}");
    }
    app.finish().await
}

/// Reads one answer, which says how long it is.
async fn one_answer(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut answer = Vec::new();
    loop {
        let read = tokio::time::timeout(AT_LAST, stream.read_buf(&mut answer)).await.context("no answer")??;
        ensure!(read > 0, "the service hung up after {}", String::from_utf8_lossy(&answer));
        let text = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_ascii_lowercase();
        let length =
            length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).context("a length")?;
        if body.len() >= length.parse::<usize>()? {
            return Ok(text);
        }
    }
}

#[tokio::test]
async fn h5_what_strangers_send_is_kept_by_nobody() -> Outcome {
    let mut app =
        TestApp::start_with(1, &[("COMMONPURSE_SLOW_BODY_S", "2"), ("COMMONPURSE_RATE_PER_SECOND", "100000")]).await?;
    let operator = app.operator().await?;
    let host = organisation(&operator, "Host", "fiscal_host").await?;
    let book = sandbox_book(&operator, &host, "Host").await?;
    let token = operator.access_token().await?.context("a token")?;
    let base = app.base_url().to_owned();
    // Whether all of them are answered before it hangs up.
    let heard_out = async |methods: Range<usize>| {
        let (mut hears, mut says) = TcpStream::connect(base.trim_start_matches("http://")).await?.into_split();
        let answers = tokio::spawn(async move { tokio::io::copy(&mut hears, &mut tokio::io::sink()).await });
        let mut said = Ok(());
        for number in methods {
            said = said.and(says.write_all(format!("M{number} /v1/me HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await);
        }
        drop(says);
        let answered = tokio::time::timeout(AT_LAST, answers).await.context("nobody hung up")??;
        anyhow::Ok(said.is_ok() && answered.is_ok())
    };
    let round = async |methods: usize| {
        let mut again = 0;
        for first in (0..methods).step_by(2000) {
            // A connection that seems idle is cut off, which one also is when the whole machine stands still for seconds.
            while !heard_out(first..first + 2000).await? {
                again += 1;
                ensure!(again < 4, "it was cut off again and again");
            }
        }
        let batch = format!("/v1/books/{book}/journal-entries:batch");
        let mut open = Vec::new();
        for _ in 0..400 {
            open.push(half(&base, "/v1/sign-in", None, 1_000_000, 500_000).await?);
        }
        for _ in 0..25 {
            open.push(half(&base, &batch, Some(&token), 8_000_000, 4_000_000).await?);
        }
        for answer in join_all(open.into_iter().map(heard)).await {
            answer?;
        }
        anyhow::Ok(())
    };
    // All code has run once before its memory is looked at.
    let api = app.stack().api_id();
    app.nobody()?.get("/metrics").await?;
    let mut held = vec![memory(api, "VmRSS:")?];
    for methods in [20_000, 4_000, 4_000] {
        round(methods).await?;
        held.push(memory(api, "VmRSS:")?);
    }
    let figures = app.nobody()?.download("/metrics").await.unwrap_or_default();
    ensure!(!figures.contains("M17"), "a made-up method is no label");
    // Also at the worst moment: 16 MiB of bodies may be on their way.
    let most = memory(api, "VmHWM:")?;
    ensure!(most - held[0] < 40 * 1024, "{held:?} KiB, and at most {most} KiB");
    ensure!(held[1] - held[0] < 32 * 1024, "{held:?} KiB");
    ensure!(held[3] - held[1] < 4 * 1024, "{held:?} KiB");
    app.finish().await
}

#[tokio::test]
async fn h6_t12_a_book_that_waits_for_itself_keeps_no_other_book_waiting() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_PATIENCE_MS", "400")]).await?;
    let book = stage.cast.book.clone();
    let elsewhere = organisation(&stage.cast.operator, "Elsewhere", "fiscal_host").await?;
    let other = sandbox_book(&stage.cast.operator, &elsewhere, "Elsewhere").await?;
    let account = json!({"code": "assets:bank", "class": "asset", "currency": "USD"});
    stage.cast.treasurer.post(&format!("/v1/books/{book}/accounts"), &account).await?.ok()?;
    let client = migrations::connect(&stage.app.database_url().parse()?).await?;
    let number = book.parse::<BookRef>()?.book.0;
    client.batch_execute(&format!("BEGIN; SELECT FROM book_head WHERE book_id = {number} FOR UPDATE")).await?;

    let hold = json!({"account": "assets:bank", "amount": usd("1.00")});
    let path = format!("/v1/books/{book}/holds");
    let done = Cell::new(false);
    let crowd = async {
        let answers = join_all((0..400).map(|_| stage.cast.treasurer.post(&path, &hold))).await;
        done.set(true);
        answers
    };
    // As long as the crowd waits, all others are answered.
    let others = async {
        let mut served = 0;
        while !done.get() {
            for asked in
                [format!("/v1/books/{other}"), format!("/v1/books/{other}/reports/trial-balance"), "/v1/me".into()]
            {
                stage.cast.operator.get(&asked).await?.ok()?;
            }
            stage.cast.stranger.get("/v1/me").await?.ok()?;
            stage.app.nobody()?.get("/readyz").await?.ok()?;
            served += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::Ok(served)
    };
    let (answers, served) = tokio::join!(crowd, others);
    client.batch_execute("ROLLBACK").await?;
    ensure!(served? > 3, "the crowd had gone before anybody else came");
    let mut refused = 0;
    for answer in answers {
        let answer = answer?;
        match answer.body["type"].as_str() {
            Some("/problems/overloaded") => refused += 1,
            // Those who had a place waited for the lock as long as anybody does.
            Some("/problems/still-running") => {}
            _ => bail!("{answer:?}"),
        }
    }
    ensure!(refused >= 300, "{refused} of 400 were told to come again");
    stage.app.finish().await
}
