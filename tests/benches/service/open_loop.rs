//! An open loop: each request is sent at its intended moment, however long those before it take, and its time counts from
//! that moment. One thread sends and reads; it says itself how late it was.

use crate::load::Dice;
use crate::wire::whole;
use crate::{quiet, requests};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, yield_now};

/// How many connections there are, for a usual limit of 1,024 open files; a request for which none is free waits, and its
/// time runs.
const CONNECTIONS: usize = 900;

/// What is left unanswered after so long is given up.
const GIVE_UP: Duration = Duration::from_secs(5);

/// How often `/livez` is asked meanwhile, on a connection of its own.
const LIVEZ_EVERY: Duration = Duration::from_millis(10);

/// What is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) base: String,
    /// Where entries are posted.
    pub(crate) path: String,
    /// The lines of the head that each request has.
    pub(crate) head: String,
    pub(crate) per_s: u64,
    /// What is sent in this first stretch is not counted.
    pub(crate) warm: Duration,
    pub(crate) run: Duration,
}

/// What became of the requests that count; each time runs from the intended moment.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// How many were to be sent.
    pub(crate) intended: usize,
    pub(crate) answered: Vec<Duration>,
    pub(crate) refused: Vec<Duration>,
    /// Of another status than 2xx, 429 and 503, and the last of those.
    pub(crate) other: (usize, Option<u16>),
    /// The connection was closed, or nothing had come when it was given up.
    pub(crate) unanswered: usize,
    pub(crate) livez: Vec<Duration>,
    /// How much later than intended the generator came to a request.
    pub(crate) late: Vec<Duration>,
    /// How often a connection was closed.
    pub(crate) closed: usize,
}

impl Heard {
    fn add(&mut self, intended: Instant, status: Option<u16>) {
        match status {
            Some(200..=299) => self.answered.push(intended.elapsed()),
            Some(429 | 503) => self.refused.push(intended.elapsed()),
            Some(_) => self.other = (self.other.0 + 1, status),
            None => self.unanswered += 1,
        }
    }

    /// What the table says, and the figures.
    pub(crate) fn told(&self) -> (String, Value) {
        let [answered, refused, livez, late] =
            [&self.answered, &self.refused, &self.livez, &self.late].map(|times| quiet::times(times));
        let (other, status) = self.other;
        let text = format!(
            "{} to be sent\n  answered {}\n  refused {}\n  unanswered {}, of another status {other} {}, connections closed {}\n  \
             /livez {}\n  the generator was late for {}",
            self.intended,
            answered.0,
            refused.0,
            self.unanswered,
            status.map_or(String::new(), |status| format!("(such as {status})")),
            self.closed,
            livez.0,
            late.0,
        );
        let figures = json!({
            "intended": self.intended, "answered": answered.1, "refused": refused.1, "unanswered": self.unanswered,
            "other": other, "closed": self.closed, "livez": livez.1, "late": late.1,
        });
        (text, figures)
    }
}

struct Shared {
    base: String,
    counted_from: Instant,
    heard: RefCell<Heard>,
    /// The one that has been idle for longest is used next, so that none is closed for being idle.
    idle: RefCell<VecDeque<Rc<Connection>>>,
    /// Requests that are on their way.
    open: Cell<usize>,
}

struct Connection {
    stream: RefCell<Rc<TcpStream>>,
    /// When the request on it was to be sent.
    intended: Cell<Option<Instant>>,
}

/// Sends all of it.
pub(crate) async fn run(plan: Plan) -> anyhow::Result<Heard> {
    let (done, heard) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let heard = runtime.context("a runtime").and_then(|runtime| LocalSet::new().block_on(&runtime, send_all(plan)));
        let _ = done.send(heard);
    });
    heard.await.context("the generator has ended")?
}

async fn connect(base: &str) -> anyhow::Result<Rc<TcpStream>> {
    let stream = TcpStream::connect(base.trim_start_matches("http://")).await?;
    stream.set_nodelay(true)?;
    Ok(Rc::new(stream))
}

async fn send_all(plan: Plan) -> anyhow::Result<Heard> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = RefCell::new(connect(&plan.base).await?);
        connections.push(Rc::new(Connection { stream, intended: Cell::new(None) }));
    }
    let start = Instant::now();
    let shared = Rc::new(Shared {
        base: plan.base.clone(),
        counted_from: start + plan.warm,
        heard: RefCell::default(),
        idle: RefCell::new(connections.iter().cloned().collect()),
        open: Cell::new(0),
    });
    for connection in connections.iter().cloned() {
        tokio::task::spawn_local(read(shared.clone(), connection));
    }
    let watched = tokio::task::spawn_local(watch(shared.clone(), start + plan.warm + plan.run));
    let unsent = dispatch(&plan, &shared, start).await;
    watched.await??;
    for intended in unsent.into_iter().chain(connections.iter().filter_map(|connection| connection.intended.take())) {
        shared.hear(intended, None);
    }
    Ok(shared.heard.take())
}

/// Sends each request at its moment, on whatever connection is free. Answers the moments of those for which there never was one.
async fn dispatch(plan: &Plan, shared: &Shared, start: Instant) -> VecDeque<Instant> {
    let total = plan.per_s * (plan.warm + plan.run).as_millis() as u64 / 1_000;
    let due = |number: u64| start + Duration::from_nanos(number * 1_000_000_000 / plan.per_s);
    let (mut next, mut waiting) = (0, VecDeque::new());
    let mut dice = Dice::new(11);
    loop {
        let now = Instant::now();
        while next < total && due(next) <= now {
            let intended = due(next);
            if intended >= shared.counted_from {
                let mut heard = shared.heard.borrow_mut();
                heard.intended += 1;
                heard.late.push(now - intended);
            }
            waiting.push_back(intended);
            next += 1;
        }
        while !waiting.is_empty() {
            let Some(connection) = shared.idle.borrow_mut().pop_front() else { break };
            let request = requests::post(&plan.path, &plan.head, &requests::entry(&mut dice));
            connection.intended.set(waiting.pop_front());
            shared.open.set(shared.open.get() + 1);
            let stream = connection.stream.borrow().clone();
            // What was not taken whole is never answered, and counts so.
            let _ = stream.try_write(request.as_bytes());
        }
        let is_over = next == total && waiting.is_empty() && shared.open.get() == 0;
        if is_over || now > due(total) + GIVE_UP {
            return waiting;
        }
        yield_now().await;
    }
}

/// Reads the answers of a connection, and opens it anew when it is closed.
async fn read(shared: Rc<Shared>, connection: Rc<Connection>) {
    let mut answer = Vec::with_capacity(16 * 1_024);
    loop {
        let stream = connection.stream.borrow().clone();
        let status = one_answer(&stream, &mut answer).await;
        let mut was_busy = shared.end(&connection, status);
        let closes = answer.windows(17).any(|part| part.eq_ignore_ascii_case(b"connection: close"));
        if status.is_none() || closes {
            shared.heard.borrow_mut().closed += 1;
            let Ok(stream) = connect(&shared.base).await else { return };
            *connection.stream.borrow_mut() = stream;
            // What was sent meanwhile went to the closed one.
            was_busy |= shared.end(&connection, None);
        }
        if was_busy {
            shared.idle.borrow_mut().push_back(connection.clone());
        }
    }
}

/// The status of the next answer; none when the connection has ended.
async fn one_answer(stream: &TcpStream, answer: &mut Vec<u8>) -> Option<u16> {
    answer.clear();
    loop {
        stream.readable().await.ok()?;
        match stream.try_read_buf(answer) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(_) => return None,
        }
        if let Ok(Some(status)) = whole(answer) {
            return Some(status);
        }
    }
}

impl Shared {
    fn hear(&self, intended: Instant, status: Option<u16>) {
        if intended >= self.counted_from {
            self.heard.borrow_mut().add(intended, status);
        }
    }

    /// The request of a connection has ended; false when there was none.
    fn end(&self, connection: &Connection, status: Option<u16>) -> bool {
        let Some(intended) = connection.intended.take() else { return false };
        self.open.set(self.open.get() - 1);
        self.hear(intended, status);
        true
    }
}

/// Asks `/livez` all the time.
async fn watch(shared: Rc<Shared>, end: Instant) -> anyhow::Result<()> {
    let request = requests::get("/livez", "Host: bench\r\n");
    let stream = connect(&shared.base).await?;
    let mut answer = Vec::new();
    let mut intended = Instant::now();
    while intended < end {
        tokio::time::sleep_until(intended.into()).await;
        stream.try_write(request.as_bytes())?;
        let status = one_answer(&stream, &mut answer).await;
        anyhow::ensure!(status == Some(200), "/livez answered {status:?}");
        if intended >= shared.counted_from {
            shared.heard.borrow_mut().livez.push(intended.elapsed());
        }
        intended += LIVEZ_EVERY;
    }
    Ok(())
}
