//! Random stories of everything together: campaigns of all kinds with caps, tiers, fees, milestones and versions of terms, pledges by
//! every token on both rails, what donors, partners and banks take back, money that nobody expected, partners and rails that leave,
//! a matching round, and a clock that leaps by days or a year, on two workers of which one is killed now and then. After each leap,
//! and when all is over, the book must explain every cent.
//!
//! A story is its seed: `COMMONPURSE_SEED` tells one alone, and a failure prints what happened in it. The moments of a kill fall as the
//! machine runs, so that a seed makes such a failure likely again rather than certain.

mod checks;
mod giving;
mod hosting;
mod reach;
mod returning;
mod steps;
mod work;

use super::Outcome;
use anyhow::{Context as _, bail, ensure};
use api::demo::cast::sandbox_book;
use api::demo::client::{Answer, text};
use api::stack::Stack;
use futures_util::future::join_all;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use steps::Step;
use tests::{Stage, day};

/// So many stories, and many more with `COMMONPURSE_LONG`.
const STORIES: u64 = 3;
const STORIES_LONG: u64 = 400;

/// How many are told at most where the first ones did not come to all that stories come to: chance may miss what is rare.
const STORIES_MAX: u64 = 24;

/// How many are told side by side.
const TELLERS: u64 = 3;

/// How many steps a story has at least and at most, before its end.
const STEPS: (usize, usize) = (90, 130);

/// How long a clock may walk, with a worker killed on the way.
const WALK_MAX: Duration = Duration::from_mins(10);

const POLL: Duration = Duration::from_millis(50);

/// What all stories are told in.
struct World {
    stage: Stage,
    /// The processes, for whoever kills one.
    stack: tokio::sync::Mutex<Stack>,
    /// How often each kind of step was accepted.
    accepted: Mutex<BTreeMap<&'static str, usize>>,
    /// The ways in which money moved in any story.
    moved: Mutex<BTreeSet<String>>,
}

impl World {
    fn count(&self, what: &'static str) {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }

    /// What stories are to come to, and none came to yet.
    fn never(&self, are_many: bool) -> Vec<&'static str> {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        Step::reached(are_many).filter(|what| !accepted.contains_key(what)).collect()
    }

    /// Tells these stories, some side by side; what went wrong in them.
    async fn tell_all(&self, seeds: &[u64]) -> Vec<String> {
        let tellers = (0..TELLERS).map(|teller| async move {
            let mut failed = Vec::new();
            for seed in seeds.iter().filter(|seed| *seed % TELLERS == teller) {
                failed.extend(tell(self, *seed).await.err().map(|error| format!("{error:#}")));
            }
            failed
        });
        join_all(tellers).await.concat()
    }
}

/// A story as it is told.
struct Story<'a> {
    world: &'a World,
    dice: StdRng,
    book: String,
    /// To where the clock was sent last.
    now: Timestamp,
    campaigns: Vec<Value>,
    /// Ids of all pledges.
    pledges: Vec<String>,
    round: Option<Value>,
    milestones: Vec<String>,
    tiers: Vec<Value>,
    /// Paths of partners and rails that have left.
    withdrawn: Vec<String>,
    /// Names of campaigns that were told at the end to give back what they hold.
    returned: Vec<String>,
    /// Numbers what needs a name of its own.
    names: usize,
    /// What happened.
    told: Vec<String>,
}

impl<'a> Story<'a> {
    async fn begin(world: &'a World, seed: u64) -> anyhow::Result<Story<'a>> {
        let cast = &world.stage.cast;
        let book = sandbox_book(&cast.treasurer, &cast.host, &format!("Story {seed}")).await?;
        let admit = json!({"organisation": cast.platform});
        cast.treasurer.post(&format!("/v1/books/{book}/partners"), &admit).await?.ok()?;
        let now = format!("{}T12:00:00Z", day(1, 1)).parse()?;
        let mut story = Story {
            world,
            dice: StdRng::seed_from_u64(seed),
            book,
            now,
            campaigns: Vec::new(),
            pledges: Vec::new(),
            round: None,
            milestones: Vec::new(),
            tiers: Vec::new(),
            withdrawn: Vec::new(),
            returned: Vec::new(),
            names: 0,
            told: Vec::new(),
        };
        story.leap(SignedDuration::ZERO, false).await?;
        for slug in ["first", "second", "third", "fourth"] {
            story.publish(slug).await?;
        }
        for _ in 0..2 {
            story.tier().await?;
        }
        story.open_round().await?;
        for _ in 0..3 {
            story.batch().await?;
        }
        Ok(story)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.dice.random_range(0..all.len())]
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("name-{}", self.names)
    }

    /// An amount of dollars with odd cents.
    fn amount(&mut self, most: i64) -> String {
        let minor = self.dice.random_range(500..=most);
        format!("{}.{:02}", minor / 100, minor % 100)
    }

    fn today(&self) -> Date {
        self.now.to_zoned(TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)).date()
    }

    fn in_days(&mut self, from: i64, to: i64) -> String {
        let days = self.dice.random_range(from..=to);
        self.today().saturating_add(days.days()).to_string()
    }

    /// What became of a step: accepted, or refused for a reason. Nothing else is an answer.
    fn heard(&mut self, step: Step, what: &str, answer: Answer) -> anyhow::Result<Option<Value>> {
        let problem = answer.body["type"].as_str().unwrap_or_default().to_owned();
        self.told.push(format!("{step:?} {what}: {} {problem}", answer.status.as_u16()));
        if answer.status.is_success() {
            self.world.count(step.as_str());
            return Ok(Some(answer.body));
        }
        let is_refusal = matches!(answer.status.as_u16(), 409 | 422);
        ensure!(is_refusal && problem.starts_with("/problems/"), "{step:?} {what}: {answer:?}");
        Ok(None)
    }

    /// Sends the clock on, and waits until all that is due by then is done; with a worker killed on the way, if that is wanted.
    async fn leap(&mut self, by: SignedDuration, kills: bool) -> Outcome {
        let (cast, path) = (&self.world.stage.cast, format!("/v1/books/{}", self.book));
        self.now = self.now.saturating_add(by)?;
        self.told.push(format!("to {}", self.now));
        let to = json!({"to": self.now.to_string()});
        let mut stands = cast.treasurer.post(&format!("{path}/clock:advance"), &to).await?.ok()?;
        if kills {
            tokio::time::sleep(Duration::from_millis(self.dice.random_range(0..400))).await;
            let mut stack = self.world.stack.lock().await;
            stack.workers().remove(0).kill()?;
            stack.add_worker(&[])?;
            self.world.count("a worker is killed");
            self.told.push("a worker was killed".into());
        }
        let deadline = Instant::now() + WALK_MAX;
        while stands["status"] != "ready" {
            if Instant::now() > deadline {
                bail!("the clock still walks after {} s: {stands}", WALK_MAX.as_secs());
            }
            tokio::time::sleep(POLL).await;
            stands = cast.treasurer.get(&path).await?.ok()?;
        }
        Ok(())
    }

    /// A step of any kind that finds something to do; to leap is left to the caller.
    async fn step(&mut self) -> anyhow::Result<Step> {
        let told = self.told.len();
        loop {
            let step = Step::any(&mut self.dice);
            self.take(step).await?;
            if step == Step::Leap || self.told.len() > told {
                return Ok(step);
            }
        }
    }

    /// Tells it to its end.
    async fn tell(&mut self) -> Outcome {
        for _ in 0..self.dice.random_range(STEPS.0..=STEPS.1) {
            let step = self.step().await?;
            if step != Step::Leap {
                continue;
            }
            let days = self.one_of(&[1, 2, 3, 5, 7, 11, 16, 33]);
            let seconds = self.dice.random_range(0..86_400);
            let kills = self.dice.random_ratio(1, 12);
            self.leap(SignedDuration::from_hours(24 * days) + SignedDuration::from_secs(seconds), kills).await?;
            self.world.count(Step::Leap.as_str());
            self.check(false).await?;
        }
        // The end: whoever still waits is answered by the clock.
        self.take(Step::FundReserve).await?;
        for campaign in self.campaigns.clone() {
            if self.give_back(&campaign).await? {
                self.returned.push(text(&campaign, "/slug")?.to_owned());
            }
        }
        for days in [40, 365] {
            self.leap(SignedDuration::from_hours(24 * days + 7), false).await?;
            self.check(days == 365).await?;
        }
        Ok(())
    }
}

async fn tell(world: &World, seed: u64) -> Outcome {
    let mut story = Story::begin(world, seed).await.with_context(|| format!("the beginning of {seed}"))?;
    let told = story.tell().await;
    told.with_context(|| format!("COMMONPURSE_SEED={seed}\n{}", story.told.join("\n")))
}

/// Which stories are told: one by its seed, some, or many.
fn seeds() -> anyhow::Result<Vec<u64>> {
    if let Ok(seed) = std::env::var("COMMONPURSE_SEED") {
        return Ok(vec![seed.parse().context("COMMONPURSE_SEED is a number")?]);
    }
    let stories = if std::env::var_os("COMMONPURSE_LONG").is_some() { STORIES_LONG } else { STORIES };
    Ok((0..stories).collect())
}

#[tokio::test]
async fn random_stories_of_everything_explain_every_cent_and_leave_nobody_waiting_past_a_clock() -> Outcome {
    let generous = [
        ("COMMONPURSE_RATE_PER_SECOND", "100000"),
        ("COMMONPURSE_BOOKS_PER_DAY", "100000"),
        ("COMMONPURSE_WORKER_LEASE_S", "8"),
    ];
    let mut stage = Stage::set_with(2, &generous).await?;
    let stack = tokio::sync::Mutex::new(stage.app.take_stack()?);
    let world = World { stage, stack, accepted: Mutex::default(), moved: Mutex::default() };
    let seeds = seeds()?;
    let are_many = seeds.len() > 100;
    let mut failed = world.tell_all(&seeds).await;
    if seeds.len() > 1 {
        for first in (STORIES..STORIES_MAX).step_by(TELLERS as usize) {
            if !failed.is_empty() || world.never(are_many).is_empty() {
                break;
            }
            failed = world.tell_all(&Vec::from_iter(first..first + TELLERS)).await;
        }
    }
    let never = world.never(are_many);
    let World { mut stage, stack, accepted, moved } = world;
    let moved = moved.into_inner().unwrap_or_else(PoisonError::into_inner);
    let accepted = accepted.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("accepted: {accepted:?}; moved: {moved:?}");
    ensure!(failed.is_empty(), "{}", failed.join("\n\n"));
    ensure!(seeds.len() == 1 || never.is_empty(), "the stories never came to {never:?}: {accepted:?}");
    if are_many {
        let never: Vec<_> = reach::ways().filter(|way| !moved.contains(*way)).collect();
        ensure!(never.is_empty(), "no money moved as {never:?}");
    }
    stage.app.put_stack(stack.into_inner());
    stage.app.finish().await
}
