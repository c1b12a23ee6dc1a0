//! A closed loop of callers, and what it measured.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
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
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figure {
    pub(crate) per_s: u64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    /// CPU time per transfer of this process, nanoseconds.
    pub(crate) client_ns: u64,
    /// CPU time per transfer of the server, nanoseconds.
    pub(crate) server_ns: u64,
}

/// CPU time that processes have used, nanoseconds; of the server's only those that run as long as the measurement.
#[derive(Debug, Clone, Copy)]
struct Cpu {
    client: u64,
    server: u64,
}

impl Cpu {
    /// Where the system does not tell, 0.
    fn now() -> Cpu {
        let mine = std::process::id().to_string();
        let server = SERVER.get().map_or(0, |server| children_of(*server).iter().map(|pid| used_by(pid)).sum());
        Cpu { client: used_by(&mine), server }
    }
}

/// The server's main process.
pub(crate) static SERVER: OnceLock<u32> = OnceLock::new();

/// The processes that a process has started.
pub(crate) fn children_of(parent: u32) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|process| process.file_name().into_string().ok());
    pids.filter(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        after_name.split(' ').nth(1).and_then(|ppid| ppid.parse().ok()) == Some(parent)
    })
    .collect()
}

/// CPU time that a process has used, nanoseconds.
pub(crate) fn used_by(pid: &str) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let on_cpu = threads.filter_map(|thread| {
        let schedstat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        schedstat.split(' ').next()?.parse::<u64>().ok()
    });
    on_cpu.sum()
}

/// Runs so many callers, each one request after another, and counts `weight` for each answer.
pub(crate) async fn closed_loop<F, W>(callers: usize, run: Duration, weight: u64, make: F) -> Figure
where
    F: Fn(usize) -> W,
    W: AsyncCaller,
{
    let stop = Arc::new(AtomicBool::new(false));
    let (before, start) = (Cpu::now(), Instant::now());
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
    let (elapsed, after) = (start.elapsed(), Cpu::now());
    let per_s = times.len() as u128 * u128::from(weight) * 1_000_000 / elapsed.as_micros();
    let each = |before: u64, after: u64| after.saturating_sub(before) / (times.len() as u64 * weight);
    Figure {
        per_s: per_s as u64,
        p50_us: percentile(&times, 50),
        p99_us: percentile(&times, 99),
        client_ns: each(before.client, after.client),
        server_ns: each(before.server, after.server),
    }
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

/// The time that so many percent of them do not exceed, microseconds; 0 of none.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> u64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len().saturating_sub(1) * percent / 100).map_or(0, |time| time.as_micros() as u64)
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
