//! Postings over HTTP against the emptiest request that is authenticated.

use crate::load::{self, ACCOUNTS, AsyncCaller, Dice, Figure, Shape, closed_loop};
use crate::report::{Report, Row};
use crate::{ROUNDS, RUN, Service, book};
use anyhow::{Context as _, bail};
use api::demo::cast;
use ledger::id::BookRef;
use serde_json::json;
use std::sync::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

/// How many connections ask at once.
const CONNECTIONS: usize = 64;

/// What the postings are compared with.
const AGAINST: &str = "GET /livez with the same token on as many connections: the gate verifies the token and looks the \
                       person up, the handler answers at once";

/// Measures both in turns.
pub(crate) async fn entries(service: &Service, report: &mut Report) -> anyhow::Result<()> {
    let base = &service.stack.base_url;
    let path = open_book(service).await?;
    let (mut empties, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let token = service.operator.access_token().await?.context("the operator is signed in")?;
        for (figures, path) in [(&mut empties, None), (&mut ours, Some(path.as_str()))] {
            let before = load::used_by(&service.stack.api_id().to_string());
            let figure = measure(base, &token, path).await?;
            let used = load::used_by(&service.stack.api_id().to_string()) - before;
            let answers = u128::from(figure.per_s) * RUN.as_millis() / 1_000;
            let what = path.map_or("/livez", |_| "entries");
            println!("  {what}: {} /s, {} us of the api's CPU each", figure.per_s, u128::from(used) / answers / 1_000);
            figures.push(figure);
        }
    }
    report.add(Row::compared("http_entries", load::median_of(ours), AGAINST, load::median_of(empties)));
    Ok(())
}

/// A book with many accounts; answers where its entries are posted.
async fn open_book(service: &Service) -> anyhow::Result<String> {
    let operator = &service.operator;
    let organisation = cast::organisation(operator, "Sawmill", "cooperative").await?;
    let id: BookRef = cast::sandbox_book(operator, &organisation, "Sawmill").await?.parse()?;
    book::open_accounts(&service.url, id.book).await;
    let path = format!("/v1/books/{id}/journal-entries");
    let numbers: Vec<u64> = (1..ACCOUNTS).step_by(2).collect();
    // The service sees every account once before anything is measured.
    for some in numbers.chunks(1_000) {
        let entries = some.iter().map(|number| {
            let line = json!({
                "debit": format!("assets:bench:{number}"), "credit": format!("assets:bench:{}", number + 1),
                "amount": cast::usd("0.01"),
            });
            json!({"key": format!("warm-{number}"), "entry": {"lines": [line]}})
        });
        let batch = json!({"on_error": "continue", "entries": entries.collect::<Vec<_>>()});
        operator.post(&format!("{path}:batch"), &batch).await?.ok()?;
    }
    Ok(path)
}

/// So many connections, each one request after another: GET /livez, or entries to a path.
async fn measure(base: &str, token: &str, path: Option<&str>) -> anyhow::Result<Figure> {
    let host = base.trim_start_matches("http://");
    let mut callers = Vec::new();
    for index in 0..CONNECTIONS {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let head = format!("Host: {host}\r\nAuthorization: Bearer {token}\r\n");
        let path = path.map(str::to_owned);
        callers.push(Connection { stream, head, path, dice: Dice::new(index), answer: vec![0; 16_384] });
    }
    let callers = Mutex::new(callers);
    let next = |_| callers.lock().expect("nobody panicked").pop().expect("one for each");
    Ok(closed_loop(CONNECTIONS, RUN, 1, next).await)
}

/// One keep-alive connection; the client is so small that it costs little beside the service.
struct Connection {
    stream: TcpStream,
    head: String,
    path: Option<String>,
    dice: Dice,
    answer: Vec<u8>,
}

impl AsyncCaller for Connection {
    async fn call(&mut self) {
        let expected = if self.path.is_some() { "201" } else { "200" };
        let request = self.request();
        self.stream.write_all(request.as_bytes()).await.expect("the service reads");
        let answer = self.answer().await.expect("an answer");
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
    }
}

impl Connection {
    fn request(&mut self) -> String {
        let Connection { head, path, dice, .. } = self;
        let Some(path) = path else { return format!("GET /livez HTTP/1.1\r\n{head}\r\n") };
        let ((debit, credit), cents) = (dice.pair(Shape::Uniform), 1 + dice.below(99));
        let body = format!(
            "{{\"lines\":[{{\"debit\":\"assets:bench:{debit}\",\"credit\":\"assets:bench:{credit}\",\
             \"amount\":{{\"amount\":\"0.{cents:02}\",\"currency\":\"USD\"}}}}],\"memo\":\"Boards\"}}"
        );
        format!(
            "POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\nIdempotency-Key: {}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            Uuid::now_v7(),
            body.len()
        )
    }

    /// Reads one answer whole.
    async fn answer(&mut self) -> anyhow::Result<String> {
        let mut length = 0;
        loop {
            let read = self.stream.read(&mut self.answer[length..]).await?;
            if read == 0 {
                bail!("the service hung up");
            }
            length += read;
            let text = std::str::from_utf8(&self.answer[..length])?;
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let size = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= size.unwrap_or(0) {
                return Ok(text.to_owned());
            }
        }
    }
}
