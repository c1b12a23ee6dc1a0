//! One tenant that asks for all there is, beside another one who asks for little.

use crate::load::Dice;
use crate::report::{Report, Row};
use crate::wire::Wire;
use crate::{ROUNDS, RUN, Service, quiet, requests};
use anyhow::Context as _;
use api::demo::cast::{Cast, usd};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many callers send one batch after another.
const BATCHES: usize = 4;

/// How many callers place one hold after another.
const HOLDS: usize = 32;

/// What was answered, and after which times.
#[derive(Debug, Default)]
struct Heard {
    times: Vec<Duration>,
    refused: usize,
}

impl Heard {
    fn add(&mut self, other: Heard) {
        self.times.extend(other.times);
        self.refused += other.refused;
    }
}

/// Measures the other tenant's GET and POST in turns, quiet and beside the greedy one.
pub(crate) async fn tenant(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let cast = service.gather().await?;
    let base = service.stack.base_url.clone();
    let other = requests::open_book(service, &service.operator, "Small").await?;
    crate::book::open_accounts(&service.url, cast.book.parse::<ledger::id::BookRef>()?.book).await;
    let (mut quiet, mut beside) = ([Heard::default(), Heard::default()], [Heard::default(), Heard::default()]);
    let (mut entries, mut holds) = (0, 0);
    for _ in 0..ROUNDS {
        let token = service.operator.access_token().await?.context("the operator is signed in")?;
        let head = requests::head(&base, &token);
        both(&mut quiet, &base, &head, &other).await?;
        let greedy = Greedy::start(&cast).await?;
        both(&mut beside, &base, &head, &other).await?;
        let (more_entries, more_holds) = greedy.stop().await?;
        (entries, holds) = (entries + more_entries, holds + more_holds);
    }
    println!("  beside {entries} entries in batches and {holds} holds of the greedy one");
    for (case, place) in [("greedy_tenant_get", 0), ("greedy_tenant_post", 1)] {
        report.add(row(case, &quiet[place], &beside[place]));
    }
    Ok(())
}

fn row(case: &str, quiet: &Heard, beside: &Heard) -> Row {
    let (text, mut figures) = quiet::ratio(&beside.times, &quiet.times);
    let all = beside.times.len() + beside.refused;
    let text = format!(
        "{text}, {} refused of {all}; quiet {} of {}",
        beside.refused,
        quiet.refused,
        quiet.times.len() + quiet.refused
    );
    figures["answered"] = beside.times.len().into();
    figures["refused"] = beside.refused.into();
    Row::Told { case: case.to_owned(), text, figures }
}

/// One caller who reads and one who posts, at the same time.
async fn both(heard: &mut [Heard; 2], base: &str, head: &str, book: &str) -> anyhow::Result<()> {
    let read = requests::get(&format!("{book}/accounts?limit=20"), head);
    let entries = format!("{book}/journal-entries");
    let mut dice = Dice::new(7);
    let (got, posted) = tokio::try_join!(
        one_after_another(base, || read.clone()),
        one_after_another(base, || requests::post(&entries, head, &requests::entry(&mut dice))),
    )?;
    heard[0].add(got);
    heard[1].add(posted);
    Ok(())
}

async fn one_after_another(base: &str, mut request: impl FnMut() -> String) -> anyhow::Result<Heard> {
    let mut wire = Wire::connect(base).await?;
    let (mut heard, start) = (Heard::default(), Instant::now());
    while start.elapsed() < RUN {
        let request = request();
        let begun = Instant::now();
        match wire.ask(request.as_bytes()).await? {
            200 | 201 => heard.times.push(begun.elapsed()),
            429 | 503 => heard.refused += 1,
            status => anyhow::bail!("{status}: {}", wire.text()),
        }
    }
    Ok(heard)
}

/// The greedy one: as many batches and holds at once as it has callers. What it hears is its own concern.
struct Greedy {
    stop: Arc<AtomicBool>,
    callers: JoinSet<anyhow::Result<()>>,
    entries: Arc<AtomicUsize>,
    holds: Arc<AtomicUsize>,
}

impl Greedy {
    async fn start(cast: &Cast) -> anyhow::Result<Greedy> {
        let token = cast.treasurer.access_token().await?.context("the treasurer is signed in")?;
        let head = requests::head(cast.base(), &token);
        let mut greedy =
            Greedy { stop: Arc::default(), callers: JoinSet::new(), entries: Arc::default(), holds: Arc::default() };
        for caller in 0..BATCHES {
            let (path, mut dice) = (format!("/v1/books/{}/journal-entries:batch", cast.book), Dice::new(caller));
            greedy.call(cast.base(), path, head.clone(), 1_000, move || requests::batch(&mut dice));
        }
        let hold = json!({"account": "assets:bench:2", "amount": usd("0.01")}).to_string();
        for _ in 0..HOLDS {
            let (path, hold) = (format!("/v1/books/{}/holds", cast.book), hold.clone());
            greedy.call(cast.base(), path, head.clone(), 1, move || hold.clone());
        }
        // It has begun when it has been answered.
        while greedy.entries.load(Ordering::Relaxed) == 0 && !greedy.callers.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(greedy)
    }

    fn call(
        &mut self,
        base: &str,
        path: String,
        head: String,
        weight: usize,
        mut body: impl FnMut() -> String + Send + 'static,
    ) {
        let (base, stop) = (base.to_owned(), self.stop.clone());
        let done = if weight > 1 { self.entries.clone() } else { self.holds.clone() };
        self.callers.spawn(async move {
            let mut wire = Wire::connect(&base).await?;
            while !stop.load(Ordering::Relaxed) {
                let request = requests::post(&path, &head, &body());
                match wire.ask(request.as_bytes()).await? {
                    200 | 201 => drop(done.fetch_add(weight, Ordering::Relaxed)),
                    429 | 503 => wire = Wire::connect(&base).await?,
                    status => anyhow::bail!("{status}: {}", wire.text()),
                }
            }
            Ok(())
        });
    }

    /// Entries and holds that it has brought in.
    async fn stop(mut self) -> anyhow::Result<(usize, usize)> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(done) = self.callers.join_next().await {
            done??;
        }
        Ok((self.entries.load(Ordering::Relaxed), self.holds.load(Ordering::Relaxed)))
    }
}
