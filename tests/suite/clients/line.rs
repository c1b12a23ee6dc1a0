//! A bad line to the service: whatever comes over it for the first time is lost on the way, or its answer is, or it is told to come again.

use anyhow::Context as _;
use reqwest::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request that came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    /// With its query.
    pub(super) path: String,
    pub(super) key: Option<String>,
    pub(super) body: Vec<u8>,
    headers: HeaderMap,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Passes,
    /// The service never hears of it.
    IsLost,
    /// The service does what was asked, and nobody hears of it.
    AnswerIsLost,
    /// Something between answers this instead.
    IsTold(&'static str),
    /// Its token is none that the service knows.
    HasBadToken,
}

#[derive(Debug)]
struct Inside {
    service: String,
    client: reqwest::Client,
    came: Mutex<Vec<Request>>,
}

/// The line.
#[derive(Debug)]
pub(super) struct Line {
    base: String,
    inside: Arc<Inside>,
}

impl Line {
    /// To where the service listens.
    pub(super) async fn to(service: &str) -> anyhow::Result<Line> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let client = tests::http().build()?;
        let inside = Arc::new(Inside { service: service.to_owned(), client, came: Mutex::default() });
        let serving = inside.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, serving.clone()));
            }
        });
        Ok(Line { base, inside })
    }

    /// Where it begins.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// What came, in its order.
    pub(super) fn came(&self) -> Vec<Request> {
        locked(&self.inside.came).clone()
    }
}

/// What becomes of a request that came so often before.
fn fate(request: &Request, before: usize) -> Fate {
    let path = request.path.split('?').next().unwrap_or_default();
    if before > 0 {
        Fate::Passes
    } else if request.key.is_some() && path.starts_with("/v1/webhook-endpoints") {
        // Its secret is shown in the first answer alone.
        Fate::IsLost
    } else if request.key.is_some() || path == "/v1/oauth/token" {
        Fate::AnswerIsLost
    } else if path.ends_with("/file") {
        Fate::IsTold("429 Too Many Requests\r\nretry-after: 0")
    } else if path.ends_with("/charges") {
        Fate::HasBadToken
    } else if path.starts_with("/v1/campaigns/") {
        Fate::IsTold("502 Bad Gateway")
    } else if path.starts_with("/v1/events") {
        Fate::IsTold("504 Gateway Timeout")
    } else {
        Fate::IsTold("503 Service Unavailable\r\nretry-after: 0")
    }
}

async fn pass(mut stream: TcpStream, inside: Arc<Inside>) -> anyhow::Result<()> {
    let request = read(&mut stream).await?;
    let before = {
        let mut came = locked(&inside.came);
        let is_same =
            |one: &&Request| (&one.method, &one.path, &one.key) == (&request.method, &request.path, &request.key);
        let before = came.iter().filter(is_same).count();
        came.push(request.clone());
        before
    };
    let answer = match fate(&request, before) {
        Fate::IsLost => return Ok(()),
        Fate::IsTold(status) => {
            format!("HTTP/1.1 {status}\r\ncontent-length: 4\r\nconnection: close\r\n\r\nlater").into_bytes()
        }
        Fate::Passes => forward(&inside, request).await?,
        Fate::AnswerIsLost => return forward(&inside, request).await.map(drop),
        Fate::HasBadToken => {
            let mut spoiled = request;
            spoiled.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer worn.out.token"));
            forward(&inside, spoiled).await?
        }
    };
    Ok(stream.write_all(&answer).await?)
}

/// The service's answer, as bytes to write.
async fn forward(inside: &Inside, request: Request) -> anyhow::Result<Vec<u8>> {
    let url = format!("{}{}", inside.service, request.path);
    let sent = inside.client.request(request.method.parse()?, url).headers(request.headers).body(request.body);
    let answer = sent.send().await?;
    let mut bytes = format!("HTTP/1.1 {}\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers() {
        if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
    }
    let body = answer.bytes().await?;
    bytes.extend(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// One request, whole.
async fn read(stream: &mut TcpStream) -> anyhow::Result<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        anyhow::ensure!(stream.read_buf(&mut bytes).await? > 0, "it ends in its head");
    };
    let head = String::from_utf8(bytes[..end].to_vec())?;
    let mut lines = head.lines();
    let mut first = lines.next().context("a first line")?.split(' ');
    let (method, path) = (first.next().context("a method")?.to_owned(), first.next().context("a path")?.to_owned());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        headers.append(HeaderName::from_bytes(name.as_bytes())?, value.trim().parse()?);
    }
    let length = headers.get(CONTENT_LENGTH).map_or(Ok(0), |length| length.to_str().unwrap_or_default().parse())?;
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        anyhow::ensure!(stream.read_buf(&mut body).await? > 0, "it ends in its body");
    }
    for of_the_line in [CONNECTION, CONTENT_LENGTH, HOST] {
        headers.remove(of_the_line);
    }
    let key = headers.get("idempotency-key").map(|key| key.to_str().map(str::to_owned)).transpose()?;
    Ok(Request { method, path, key, body, headers })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
