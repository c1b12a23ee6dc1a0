//! Chaos: the database, the api and the worker die (SIGKILL) at random moments under load, are started again, and
//! afterwards every acknowledged request is in the book exactly once.
//!
//! `make chaos` does it two hundred times, the suite a few times. The moments come from a seed that is printed; what
//! runs at them does not, so that a seed makes a failure likely again rather than certain.

mod checks;
mod load;
mod machine;

use anyhow::{Context as _, bail, ensure};
use load::Load;
use machine::{Machine, Victim};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::fmt;
use std::time::{Duration, Instant};

/// How long the service may take until it answers again after a kill.
const RECOVERY_MAX: Duration = Duration::from_mins(6);

/// How many final answers must have come between two kills.
const PROGRESS: usize = 10;

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(10);

/// How much chaos.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many processes are killed.
    pub kills: usize,
    /// Decides who dies when, and what callers ask for.
    pub seed: u64,
    /// How many callers post entries at once.
    pub callers: usize,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many processes were killed.
    pub kills: usize,
    /// How many requests were answered with 2xx.
    pub acknowledged: usize,
    /// How many of them are not in the book.
    pub lost: usize,
    /// How many are in it more than once.
    pub doubled: usize,
    /// What else is wrong, as sentences.
    pub wrong: Vec<String>,
}

impl Tally {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.wrong.is_empty()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { kills, acknowledged, lost, doubled, .. } = self;
        write!(formatter, "kills {kills}, acknowledged {acknowledged}, lost {lost}, doubled {doubled}")
    }
}

/// Kills under load, and counts what is left.
pub async fn run(options: Options) -> anyhow::Result<Tally> {
    println!("COMMONPURSE_SEED={} decides who dies when", options.seed);
    let mut machine = Machine::start().await?;
    let stage = load::Stage::set(&machine).await?;
    let load = Load::begin(&stage, options.seed, options.callers).await?;
    let killed = kill_again_and_again(&mut machine, &load, options).await;
    let told = load.stop().await;
    killed.with_context(|| format!("the logs are in {}", machine.keep_logs().display()))?;
    let told = told?;
    stage.settle().await?;
    let mut tally = checks::compare(&machine, &stage, &told).await?;
    let fooled = checks::compare(&machine, &stage, &told.with_one_invented()).await?;
    ensure!(fooled.lost == tally.lost + 1, "an invented answer was not missed: the checks see nothing");
    tally.kills = options.kills;
    tally.wrong.extend(machine.ended_by_themselves());
    machine.stop().await?;
    Ok(tally)
}

async fn kill_again_and_again(machine: &mut Machine, load: &Load, options: Options) -> anyhow::Result<()> {
    let mut dice = StdRng::seed_from_u64(options.seed);
    let begun = Instant::now();
    let mut killed = 0;
    while killed < options.kills {
        answers_come(load).await?;
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..1_000))).await;
        let mut victims = vec![Victim::ALL[dice.random_range(0..Victim::ALL.len())]];
        if dice.random_ratio(1, 8) && killed + 1 < options.kills {
            victims.push(Victim::ALL[dice.random_range(0..Victim::ALL.len())]);
        }
        victims.sort_unstable();
        victims.dedup();
        machine.look_round(killed)?;
        for victim in &victims {
            machine.kill(*victim).await.with_context(|| format!("killing the {victim:?}"))?;
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..300))).await;
        // In this order the database is first.
        for victim in &victims {
            machine.revive(*victim).await.with_context(|| format!("starting the {victim:?} again"))?;
        }
        killed += victims.len();
        if killed % 10 < victims.len() {
            println!("{killed} kills, {} answers, {} s", load.answers(), begun.elapsed().as_secs());
        }
    }
    answers_come(load).await
}

/// Waits until callers have got final answers again.
async fn answers_come(load: &Load) -> anyhow::Result<()> {
    let (before, deadline) = (load.answers(), Instant::now() + RECOVERY_MAX);
    while load.answers() < before + PROGRESS {
        ensure!(!load.has_failed(), "a caller has failed");
        if Instant::now() > deadline {
            bail!("no answers came for {} s after a kill", RECOVERY_MAX.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
