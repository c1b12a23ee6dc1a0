//! A program on the developer's machine that takes events, and can be away.

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use ledger::partners::rules::signing::{Headers, Secret};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How long what is sent may take to be there.
const SENT_MAX: Duration = Duration::from_mins(1);

/// What is to hold soon.
pub(super) async fn soon(what: &str, mut holds: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + SENT_MAX;
    while !holds().await? {
        ensure!(Instant::now() < deadline, "after {} s not: {what}", SENT_MAX.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// A message that came.
#[derive(Debug, Clone)]
pub(super) struct Message {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Message {
    pub(super) fn header(&self, name: &str) -> anyhow::Result<&str> {
        self.headers.get(name).map(String::as_str).with_context(|| format!("no {name}"))
    }

    pub(super) fn json(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Whether its signature is that of a secret.
    pub(super) fn is_signed(&self, secret: &Secret) -> anyhow::Result<bool> {
        let at = Timestamp::from_second(self.header("webhook-timestamp")?.parse()?)?;
        let ours = Headers::new(std::slice::from_ref(secret), self.header("webhook-id")?, at, &self.body);
        Ok(self.header("webhook-signature")? == ours.signature)
    }
}

/// The program.
pub(super) struct Receiver {
    address: SocketAddr,
    came: Arc<Mutex<Vec<Message>>>,
    serving: JoinHandle<()>,
}

impl Receiver {
    pub(super) async fn open() -> anyhow::Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, came) = (listener.local_addr()?, Arc::default());
        Ok(Receiver { address, serving: serve(listener, Arc::clone(&came)), came })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came at a path, in its order.
    pub(super) fn at(&self, path: &str) -> Vec<Message> {
        let came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        came.iter().filter(|message| message.path == path).cloned().collect()
    }

    /// It is not there any more.
    pub(super) async fn go_away(&mut self) {
        self.serving.abort();
        // Its socket is closed when it has ended.
        (&mut self.serving).await.ok();
    }

    /// It is there again.
    pub(super) async fn come_back(&mut self) -> anyhow::Result<()> {
        self.serving = serve(TcpListener::bind(self.address).await?, Arc::clone(&self.came));
        Ok(())
    }
}

fn serve(listener: TcpListener, came: Arc<Mutex<Vec<Message>>>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take(stream, Arc::clone(&came)));
        }
    })
}

/// Takes one message, and thanks for it.
async fn take(mut stream: TcpStream, came: Arc<Mutex<Vec<Message>>>) -> Option<()> {
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
    let path = head.split(' ').nth(1)?.to_owned();
    let named = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: BTreeMap<String, String> = head.lines().filter_map(named).collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    came.lock().unwrap_or_else(PoisonError::into_inner).push(Message { path, headers, body });
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.ok()
}
