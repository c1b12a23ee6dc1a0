//! A closed loop of callers, and what it measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Accounts that a uniform load is spread over.
pub(crate) const ACCOUNTS: u64 = 10_000;

/// Which accounts the transfers touch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Any two of ten thousand.
    Uniform,
    /// From any one to the same one.
    Hot,
}

/// What a run measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    pub(crate) per_s: u64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
}

/// Runs so many callers, each one request after another, and counts `weight` for each answer.
pub(crate) async fn closed_loop<F, W>(callers: usize, run: Duration, weight: u64, make: F) -> Figure
where
    F: Fn(usize) -> W,
    W: AsyncCaller,
{
    let stop = Arc::new(AtomicBool::new(false));
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|index| {
            let (mut caller, stop) = (make(index), stop.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    caller.call().await;
                    times.push(begun.elapsed());
                }
                times
            })
        })
        .collect();
    tokio::time::sleep(run).await;
    stop.store(true, Ordering::Relaxed);
    let mut times: Vec<Duration> = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("a caller that does not fail"));
    }
    let elapsed = start.elapsed();
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros() as u64;
    let per_s = times.len() as u128 * u128::from(weight) * 1_000_000 / elapsed.as_micros();
    Figure { per_s: per_s as u64, p50_us: at(50), p99_us: at(99) }
}

/// One caller.
pub(crate) trait AsyncCaller: Send + 'static {
    /// One request, answered.
    fn call(&mut self) -> impl Future<Output = ()> + Send;
}

/// The run in the middle, by rate.
pub(crate) fn median_of(mut figures: Vec<Figure>) -> Figure {
    figures.sort_by_key(|figure| figure.per_s);
    figures[figures.len() / 2]
}

/// Cheap pseudo-random numbers (xorshift), so that the load costs the loader nothing.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: usize) -> Dice {
        Dice(0x9e37_79b9_7f4a_7c15 ^ (seed as u64 + 1).wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Two different accounts, from 1.
    pub(crate) fn pair(&mut self, shape: Shape) -> (i32, i32) {
        let from = 2 + self.below(ACCOUNTS - 1) as i32;
        match shape {
            Shape::Hot => (from, 1),
            Shape::Uniform => {
                let to = 1 + self.below(ACCOUNTS) as i32;
                if to == from { (from, 1) } else { (from, to) }
            }
        }
    }
}
