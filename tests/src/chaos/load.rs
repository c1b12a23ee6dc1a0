//! The load: partners and treasurers who ask again with the same key until there is a final answer.

mod pledgers;

use super::machine::Machine;
use crate::app::OPERATOR;
use crate::stage::day;
use anyhow::{Context as _, bail};
use api::demo::cast::{Cast, usd};
use api::demo::client::{Answer, Client};
use jiff::ToSpan;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How many callers send pledges; every second one collects the charges itself, and reports them.
const PLEDGERS: usize = 4;

/// How long a caller asks for one thing before it gives up, which fails the run.
const PATIENCE: Duration = Duration::from_mins(8);

/// How long the worker may take for what is left, pauses after failures included.
const IDLE_MAX: Duration = Duration::from_mins(10);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(100);

/// How long a person's session is used before the next one.
const SESSION_USE: Duration = Duration::from_secs(180);

/// The book and the campaign that the load goes to.
pub(super) struct Stage {
    pub(super) cast: Cast,
    campaign: Value,
    mail: PathBuf,
}

impl Stage {
    pub(super) async fn set(machine: &Machine) -> anyhow::Result<Stage> {
        let mail = machine.stack().mail_dir();
        let cast = Cast::gather(&machine.stack().base_url, &mail, OPERATOR).await?;
        for (code, class, floor) in [
            ("assets:bank", "asset", Some("0.00")),
            ("equity:own", "equity", None),
            ("expenses:boards", "expense", None),
        ] {
            let body = json!({"code": code, "class": class, "currency": "USD", "floor": floor});
            cast.treasurer.post(&format!("/v1/books/{}/accounts", cast.book), &body).await?.ok()?;
        }
        let campaign = cast.campaign("chaos", "Chaos", "3000.00").await?;
        cast.advance(day(1, 1)).await?;
        Ok(Stage { cast, campaign, mail })
    }

    /// Lets the worker do what is left, and the settlements that follow.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        self.idle().await?;
        self.cast.advance(day(1, 1).saturating_add(5.days())).await?;
        self.idle().await
    }

    /// Waits until no job is due, running, or pausing after a failure.
    async fn idle(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + IDLE_MAX;
        loop {
            let jobs = self.cast.treasurer.get(&format!("/v1/books/{}/jobs", self.cast.book)).await?.ok()?;
            if ["due", "leased", "pausing"].iter().all(|state| jobs[state] == 0) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("jobs are left after {} s: {jobs}", IDLE_MAX.as_secs());
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// A journal entry that was asked for, and the final answer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) reference: String,
    /// Cents that the bank gains.
    pub(super) gain: i64,
    /// Record number; none when it was refused.
    pub(super) number: Option<i64>,
}

/// What all callers were told.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) entries: Vec<Entry>,
    /// References of pledges that were placed.
    pub(super) pledges: Vec<String>,
    /// References of those whose charge the partner collected and reported.
    pub(super) captures: Vec<String>,
    pub(super) wrong: Vec<String>,
}

impl Told {
    /// The same, with an answer that nobody gave.
    pub(super) fn with_one_invented(&self) -> Told {
        let mut told = self.clone();
        told.entries.push(Entry { reference: "invented".into(), gain: 1, number: Some(1) });
        told
    }
}

struct Shared {
    base: String,
    mail: PathBuf,
    book: String,
    campaign: Value,
    /// A session of the treasurer that nobody renews: a lost answer to that would end it.
    treasurer: RwLock<Arc<Client>>,
    partner: Client,
    answers: AtomicUsize,
    stop: AtomicBool,
    failed: AtomicBool,
    told: Mutex<Told>,
}

/// Running callers.
pub(super) struct Load {
    shared: Arc<Shared>,
    callers: Vec<JoinHandle<anyhow::Result<()>>>,
    keeper: JoinHandle<()>,
}

impl Load {
    pub(super) async fn begin(stage: &Stage, seed: u64, callers: usize) -> anyhow::Result<Load> {
        let base = stage.cast.base().to_owned();
        let (id, secret) = &stage.cast.credential;
        let shared = Arc::new(Shared {
            treasurer: RwLock::new(Arc::new(Client::sign_in(&base, &stage.mail, TREASURER).await?)),
            partner: Client::partner(&base, id, secret)?,
            base,
            mail: stage.mail.clone(),
            book: stage.cast.book.clone(),
            campaign: stage.campaign.clone(),
            answers: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            told: Mutex::default(),
        });
        let run = |index: usize| {
            let (shared, dice) = (Arc::clone(&shared), StdRng::seed_from_u64(seed ^ ((index as u64) << 32)));
            tokio::spawn(async move {
                let done = if index < PLEDGERS {
                    pledgers::pledge(&shared, index, dice).await
                } else {
                    post(&shared, index, dice).await
                };
                shared.failed.fetch_or(done.is_err(), Ordering::Relaxed);
                done
            })
        };
        let callers = (0..PLEDGERS + callers).map(run).collect();
        let keeper = tokio::spawn(keep_signed_in(Arc::clone(&shared)));
        Ok(Load { shared, callers, keeper })
    }

    /// How many final answers have come.
    pub(super) fn answers(&self) -> usize {
        self.shared.answers.load(Ordering::Relaxed)
    }

    /// Whether a caller has given up.
    pub(super) fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Relaxed)
    }

    /// Lets every caller get its last answer.
    pub(super) async fn stop(self) -> anyhow::Result<Told> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.keeper.abort();
        for caller in self.callers {
            caller.await.context("a caller panicked")??;
        }
        Ok(std::mem::take(&mut *self.shared.told()))
    }
}

/// Who posts the entries.
const TREASURER: &str = "treasurer@host.example";

impl Shared {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn treasurer(&self) -> Arc<Client> {
        Arc::clone(&self.treasurer.read().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn keep_signed_in(shared: Arc<Shared>) {
    let mut since = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if since.elapsed() > SESSION_USE
            && let Ok(client) = Client::sign_in(&shared.base, &shared.mail, TREASURER).await
        {
            *shared.treasurer.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(client);
            since = Instant::now();
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
enum By {
    Treasurer,
    Partner,
}

/// One thing to do, under one key however often it is asked for.
struct Request<'a> {
    by: By,
    path: &'a str,
    body: Value,
    key: String,
}

impl Request<'_> {
    fn new(by: By, path: &str, body: Value) -> Request<'_> {
        Request { by, path, body, key: Uuid::now_v7().to_string() }
    }

    async fn ask(&self, shared: &Shared) -> anyhow::Result<Answer> {
        match self.by {
            By::Treasurer => shared.treasurer().post_keyed(self.path, &self.body, &self.key).await,
            By::Partner => shared.partner.post_keyed(self.path, &self.body, &self.key).await,
        }
    }
}

/// Asks with one key until the answer is final.
async fn insist(shared: &Shared, dice: &mut StdRng, request: &Request<'_>) -> anyhow::Result<Answer> {
    let deadline = Instant::now() + PATIENCE;
    let mut last = String::new();
    while Instant::now() < deadline {
        match request.ask(shared).await {
            Ok(answer) if is_final(&answer) => {
                shared.answers.fetch_add(1, Ordering::Relaxed);
                return Ok(answer);
            }
            Ok(answer) => {
                if answer.status == 500 {
                    shared.told().wrong.push(format!("a caller was answered {}: {}", answer.status, answer.body));
                }
                last = format!("{} {}", answer.status, answer.body);
            }
            Err(error) => last = format!("{error:#}"),
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(10..150))).await;
    }
    bail!("no final answer came in {} s; the last one: {last}", PATIENCE.as_secs())
}

fn is_final(answer: &Answer) -> bool {
    let passing = answer.status.is_server_error()
        || answer.status == 429
        || answer.status == 401
        || answer.body["type"] == "/problems/still-running";
    !passing
}

/// The same key again, now and then: the answer must be the same.
async fn perhaps_again(
    shared: &Shared,
    dice: &mut StdRng,
    first: &Answer,
    request: &Request<'_>,
) -> anyhow::Result<()> {
    if !dice.random_ratio(1, 12) {
        return Ok(());
    }
    let again = insist(shared, dice, request).await?;
    let same = |pointer| first.body.pointer(pointer) == again.body.pointer(pointer);
    if again.status != first.status || !again.replayed || !same("/number") || !same("/id") || !same("/type") {
        shared.told().wrong.push(format!("a key was answered {first:?}, and then {again:?}"));
    }
    Ok(())
}

async fn post(shared: &Shared, caller: usize, mut dice: StdRng) -> anyhow::Result<()> {
    let path = format!("/v1/books/{}/journal-entries", shared.book);
    for count in 0.. {
        if shared.stopped() {
            break;
        }
        let reference = format!("chaos-{caller}-{count}");
        let mut gain = 0;
        let lines: Vec<Value> = (0..dice.random_range(1..=3))
            .map(|_| {
                let cents = dice.random_range(1..=3_000i64);
                let amount = usd(&format!("{}.{:02}", cents / 100, cents % 100));
                if dice.random_ratio(1, 2) {
                    gain += cents;
                    json!({"debit": "assets:bank", "credit": "equity:own", "amount": amount})
                } else {
                    gain -= cents;
                    json!({"debit": "expenses:boards", "credit": "assets:bank", "amount": amount})
                }
            })
            .collect();
        let body = json!({"lines": lines, "memo": "chaos", "reference": reference});
        let request = Request::new(By::Treasurer, &path, body);
        let answer = if dice.random_ratio(1, 12) {
            let mut other = dice.clone();
            let (one, two) = tokio::join!(insist(shared, &mut dice, &request), insist(shared, &mut other, &request));
            let (one, two) = (one?, two?);
            if one.status != two.status || one.body["number"] != two.body["number"] {
                shared.told().wrong.push(format!("one key at once was answered {one:?} and {two:?}"));
            }
            one
        } else {
            insist(shared, &mut dice, &request).await?
        };
        let number = match answer.status.as_u16() {
            201 => Some(answer.body["number"].as_i64().context("an entry has a number")?),
            409 if answer.body["type"] == "/problems/below-floor" => None,
            _ => bail!("an entry was answered {answer:?}"),
        };
        shared.told().entries.push(Entry { reference, gain, number });
        perhaps_again(shared, &mut dice, &answer, &request).await?;
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..40))).await;
    }
    Ok(())
}
