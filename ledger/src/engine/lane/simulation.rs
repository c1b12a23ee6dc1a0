//! Lanes in a simulated world: one seed decides every interleaving, lost answer, death and other writer.
//!
//! Two processes' lanes post into one book of a model database, on one thread, in virtual time, so that a seed plays the
//! same way every time. `COMMONPURSE_SEED=17 cargo test -p ledger simulation` plays one alone and tells what happens;
//! `COMMONPURSE_LONG=1` plays ten thousand.

mod people;
mod server;
mod truth;
mod world;

use server::Flaw;
use std::rc::Rc;
use std::time::Duration;
use world::World;

/// How many seeds every run of the tests plays.
const SEEDS: u64 = 500;

/// How many a long run plays.
const SEEDS_LONG: u64 = 10_000;

/// No world may take longer, in its own time.
const WORLD_MAX: Duration = Duration::from_secs(6 * 3_600);

/// What one world has come to.
struct Played {
    wrong: Vec<String>,
    trace: u64,
}

fn play(seed: u64, flaw: Option<Flaw>, aloud: bool) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let world = World::new(seed, flaw, aloud);
        let strangers = tokio::task::spawn_local(people::strangers_and_accidents(Rc::clone(&world)));
        let callers = (0..2 + world.dice(14)).map(|number| people::caller(Rc::clone(&world), number));
        let callers = futures_util::future::join_all(callers.map(tokio::task::spawn_local));
        match tokio::time::timeout(WORLD_MAX, callers).await {
            Ok(ended) if ended.iter().all(Result::is_ok) => {}
            Ok(_) => world.wrong("a caller panicked".into()),
            Err(_) => world.wrong("callers are still without an answer".into()),
        }
        strangers.abort();
        let wrong = world.verdict().await;
        Played { wrong, trace: world.trace() }
    })
}

fn only_seed() -> Option<u64> {
    std::env::var("COMMONPURSE_SEED").ok().map(|seed| seed.parse().expect("COMMONPURSE_SEED is a number"))
}

#[test]
fn every_answer_is_true_whatever_is_lost_killed_or_written_by_others() {
    if let Some(seed) = only_seed() {
        assert_eq!(play(seed, None, true).wrong, Vec::<String>::new(), "seed {seed}");
        return;
    }
    let long = std::env::var_os("COMMONPURSE_LONG").is_some();
    for seed in 0..if long { SEEDS_LONG } else { SEEDS } {
        let wrong = play(seed, None, false).wrong;
        assert!(wrong.is_empty(), "COMMONPURSE_SEED={seed} plays this alone: {wrong:#?}");
    }
}

#[test]
fn a_seed_plays_the_same_way_twice() {
    for seed in 0..20 {
        assert_eq!(play(seed, None, false).trace, play(seed, None, false).trace, "seed {seed}");
    }
}

#[test]
fn each_flaw_that_is_built_in_is_found_within_some_hundred_seeds() {
    for flaw in Flaw::ALL {
        let found = (0..300).find(|seed| !play(*seed, Some(flaw), false).wrong.is_empty());
        assert!(found.is_some(), "{flaw:?} was not found");
    }
}
