//! A receiver of webhooks on this machine, which answers as it is told, and can be away.

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use ledger::partners::rules::signing::{Headers, Secret};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// How long a slow one takes.
const SLOW: Duration = Duration::from_secs(3);

/// A message that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Where to.
    pub path: String,
    /// Its headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Byte for byte.
    pub body: Vec<u8>,
}

impl Received {
    /// One of its headers.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub fn header(&self, name: &str) -> anyhow::Result<&str> {
        self.headers.get(name).map(String::as_str).with_context(|| format!("no {name}"))
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// When it is no JSON.
    pub fn json(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Whether one of its signatures is that of a secret.
    ///
    /// # Errors
    ///
    /// When it is not signed at all, or at another time than now.
    pub fn is_signed(&self, secret: &Secret) -> anyhow::Result<bool> {
        let at = Timestamp::from_second(self.header("webhook-timestamp")?.parse()?)?;
        let away = ledger::calendar::now().duration_since(at).abs();
        ensure!(away < SignedDuration::from_mins(5), "by the wall clock: {at}");
        let ours = Headers::new(std::slice::from_ref(secret), self.header("webhook-id")?, at, &self.body);
        Ok(self.header("webhook-signature")?.split(' ').any(|signature| signature == ours.signature))
    }
}

/// How messages are answered, one after the other.
#[derive(Debug, Default)]
pub struct Script {
    answers: VecDeque<String>,
    is_round: bool,
}

impl Script {
    /// The connection is closed without a word.
    pub const CLOSED: &str = "closed";
    /// The answer has ten gigabytes, if it is read.
    pub const HUGE: &str = "huge";
    /// Nothing is answered until it speaks, and then nothing sensible.
    pub const SILENT: &str = "silent";
    /// It is taken, but not before three seconds have passed.
    pub const SLOW: &str = "slow";
    /// It is taken, and nothing is said.
    pub const TAKEN: &str = "204 No Content";
    /// Somewhere else.
    pub const REDIRECT: &str = "302 Found\r\nlocation: /elsewhere";

    /// Status lines, with more headers if need be, or one of the words; 200 when nothing is left.
    pub fn of(answers: &[&str]) -> Script {
        Script { answers: answers.iter().map(|&answer| answer.to_owned()).collect(), is_round: false }
    }

    /// The same for ever, in turn.
    pub fn round(answers: &[&str]) -> Script {
        Script { is_round: true, ..Script::of(answers) }
    }

    fn next(&mut self) -> Option<String> {
        let answer = self.answers.pop_front()?;
        if self.is_round {
            self.answers.push_back(answer.clone());
        }
        Some(answer)
    }
}

#[derive(Debug)]
struct Inside {
    came: Mutex<Vec<Received>>,
    connections: AtomicUsize,
    script: Mutex<Script>,
    speaks: Notify,
}

/// The receiver.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    inside: Arc<Inside>,
    serving: JoinHandle<()>,
}

impl Receiver {
    /// One that answers by a script, at a port of its own.
    ///
    /// # Errors
    ///
    /// When there is no port.
    pub async fn open(script: Script) -> anyhow::Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let inside = Arc::new(Inside {
            came: Mutex::default(),
            connections: AtomicUsize::new(0),
            script: Mutex::new(script),
            speaks: Notify::new(),
        });
        Ok(Receiver { address, serving: tokio::spawn(accept(listener, inside.clone())), inside })
    }

    /// It is not there any more, and its connections are closed.
    pub async fn go_away(&mut self) {
        self.serving.abort();
        // Its socket is closed when it has ended.
        (&mut self.serving).await.ok();
    }

    /// It is there again.
    ///
    /// # Errors
    ///
    /// When somebody else has its port.
    pub async fn come_back(&mut self) -> anyhow::Result<()> {
        self.serving = tokio::spawn(accept(TcpListener::bind(self.address).await?, self.inside.clone()));
        Ok(())
    }

    /// Where a path of it is.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came at a path, in its order.
    pub fn at(&self, path: &str) -> Vec<Received> {
        locked(&self.inside.came).iter().filter(|message| message.path == path).cloned().collect()
    }

    /// How many messages came.
    pub fn count(&self) -> usize {
        locked(&self.inside.came).len()
    }

    /// Over how many connections.
    pub fn connections(&self) -> usize {
        self.inside.connections.load(Ordering::Relaxed)
    }

    /// Ends a silence.
    pub fn speak(&self) {
        self.inside.speaks.notify_one();
    }
}

/// Takes connections, for as long as it runs.
async fn accept(listener: TcpListener, inside: Arc<Inside>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        inside.connections.fetch_add(1, Ordering::Relaxed);
        connections.spawn(serve(stream, inside.clone()));
        while connections.try_join_next().is_some() {}
    }
}

/// Answers what comes over a connection, for as long as it is sensible.
async fn serve(mut stream: TcpStream, inside: Arc<Inside>) -> Option<()> {
    while let Some(message) = read(&mut stream).await {
        locked(&inside.came).push(message);
        let script = locked(&inside.script).next();
        let status = match script.as_deref().unwrap_or("200 OK") {
            Script::CLOSED => return None,
            Script::SILENT => {
                inside.speaks.notified().await;
                return None;
            }
            Script::SLOW => {
                tokio::time::sleep(SLOW).await;
                "200 OK"
            }
            Script::HUGE => {
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n";
                return stream.write_all(format!("{head}{}", "x".repeat(1 << 20)).as_bytes()).await.ok();
            }
            Script::TAKEN => {
                stream.write_all(format!("HTTP/1.1 {}\r\n\r\n", Script::TAKEN).as_bytes()).await.ok()?;
                continue;
            }
            status => status,
        };
        stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok").as_bytes()).await.ok()?;
    }
    None
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
