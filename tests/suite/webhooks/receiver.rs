//! A receiver of webhooks on this machine, which answers as it is told.

use anyhow::Context as _;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A message that came.
#[derive(Debug, Clone)]
pub(super) struct Received {
    path: String,
    headers: BTreeMap<String, String>,
    /// Byte for byte.
    pub(super) body: Vec<u8>,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> anyhow::Result<&str> {
        self.headers.get(name).map(String::as_str).with_context(|| format!("no {name}"))
    }
}

/// How messages are answered, one after the other; 200 when nothing is left.
#[derive(Debug, Default)]
pub(super) struct Script(VecDeque<String>);

impl Script {
    /// The connection is closed without a word.
    pub(super) const CLOSED: &str = "closed";
    /// The answer has ten gigabytes, if it is read.
    pub(super) const HUGE: &str = "huge";
    /// Nothing is answered until it speaks, and then nothing sensible.
    pub(super) const SILENT: &str = "silent";

    /// Status lines, with more headers if need be, or one of the words.
    pub(super) fn of(answers: &[&str]) -> Script {
        Script(answers.iter().map(|&answer| answer.to_owned()).collect())
    }
}

#[derive(Debug)]
struct Inside {
    came: Mutex<Vec<Received>>,
    script: Mutex<Script>,
    speaks: Notify,
}

/// The receiver.
#[derive(Debug)]
pub(super) struct Receiver {
    base: String,
    inside: Arc<Inside>,
}

impl Receiver {
    pub(super) async fn open(script: Script) -> anyhow::Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let inside = Arc::new(Inside { came: Mutex::default(), script: Mutex::new(script), speaks: Notify::new() });
        let serving = inside.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, serving.clone()));
            }
        });
        Ok(Receiver { base, inside })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What came at a path, in its order.
    pub(super) fn at(&self, path: &str) -> Vec<Received> {
        locked(&self.inside.came).iter().filter(|message| message.path == path).cloned().collect()
    }

    /// Ends a silence.
    pub(super) fn speak(&self) {
        self.inside.speaks.notify_one();
    }
}

async fn answer(mut stream: TcpStream, inside: Arc<Inside>) -> Option<()> {
    let message = read(&mut stream).await?;
    locked(&inside.came).push(message);
    let script = locked(&inside.script).0.pop_front();
    let answer = match script.as_deref().unwrap_or("200 OK") {
        Script::CLOSED => return None,
        Script::SILENT => {
            inside.speaks.notified().await;
            return None;
        }
        Script::HUGE => format!("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n{}", "x".repeat(1 << 20)),
        status => format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    };
    stream.write_all(answer.as_bytes()).await.ok()
}

/// One message, whole.
async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.into()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Received { path, headers, body })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
