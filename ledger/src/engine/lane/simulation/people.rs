//! Who acts in the simulated world: callers who retry, other processes on the operations path, and accidents.

use super::server::Flaw;
use super::truth::{Account, Record, Truth, name};
use super::world::World;
use crate::book::{AccountNumber, Entry, Key, Line, MovementKind};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, ToSpan};
use std::rc::Rc;
use std::time::Duration;

/// The day on which most entries count.
const TODAY: Date = date(2027, 1, 20);

fn entry(world: &World) -> Entry {
    let lines = 1 + if world.dice(3) == 0 { world.dice(4) } else { 0 };
    let account = |favourites| 1 + world.dice(if world.dice(40) == 0 { 9 } else { favourites }) as i32;
    let line = |_| {
        let (debit, credit) = (account(6), account(4));
        let debit = if debit == credit && world.dice(8) > 0 { credit % 6 + 1 } else { debit };
        let amount = 1 + i64::from(world.dice(25));
        Line { kind: MovementKind::JournalEntry, debit: AccountNumber(debit), credit: AccountNumber(credit), amount }
    };
    Entry {
        lines: (0..lines).map(line).collect(),
        effective: TODAY.saturating_sub(i64::from(if world.dice(8) == 0 { world.dice(20) } else { 0 }).days()),
        outside_fact: world.dice(3) == 0,
        note: None,
    }
}

/// Makes up a command; now and then it is an old one again, or an old key with something new under it.
fn command(world: &World, caller: u32) -> (Key, Entry) {
    let mut asked = world.server.asked.borrow_mut();
    let known = asked.entries.len();
    let old = (known > 0).then(|| asked.entries.iter().nth(world.dice(known as u32) as usize)).flatten();
    let old = old.map(|(&((caller, key), request_digest), entry)| (Key { caller, key, request_digest }, entry.clone()));
    match (world.dice(20), old) {
        (0 | 1, Some(again)) => again,
        (2, Some((key, _))) => {
            let other = Key { request_digest: key.request_digest + 1, ..key };
            let entry = asked.entries.entry((name(&other), other.request_digest)).or_insert_with(|| entry(world));
            (other, entry.clone())
        }
        _ => {
            let key = Key { caller: caller as i32 % 3, key: world.uuid(), request_digest: 1 };
            let entry = entry(world);
            asked.entries.insert((name(&key), 1), entry.clone());
            if world.dice(80) == 0 {
                asked.poisoned.insert(name(&key));
            }
            (key, entry)
        }
    }
}

/// Asks for one thing after the other, each again and again with its key until there is a final answer.
pub(super) async fn caller(world: Rc<World>, number: u32) {
    for _ in 0..3 + world.dice(12) {
        let (key, entry) = command(&world, number);
        loop {
            let process = world.a_process();
            let answer = match world.dice(24) {
                0 => {
                    // Impatient: goes away before the answer comes.
                    let wait = Duration::from_millis(u64::from(world.dice(30)));
                    let answer = tokio::time::timeout(wait, world.ask(process, key, entry.clone())).await;
                    answer.unwrap_or(Err(crate::Error::StillRunning))
                }
                1 => {
                    let twice = (world.ask(0, key, entry.clone()), world.ask(1, key, entry.clone()));
                    let (one, other) = futures_util::future::join(twice.0, twice.1).await;
                    let _ = world.hear(key, one);
                    other
                }
                _ => world.ask(process, key, entry.clone()).await,
            };
            if world.hear(key, answer).is_some() {
                break;
            }
            world.pause().await;
        }
        match world.dice(40) {
            // About as long as it takes an idle lane to end.
            0 => tokio::time::sleep(Duration::from_millis(59_990 + u64::from(world.dice(40)))).await,
            1..=20 => world.pause().await,
            _ => {}
        }
    }
}

/// Writes to the same book by other ways than lanes, and breaks things, until it is stopped.
pub(super) async fn strangers_and_accidents(world: Rc<World>) {
    let mut kills = world.dice(6);
    let mut restarts = world.dice(4);
    let mut records = world.dice(8);
    let every = [10, 200, 5_000][world.dice(3) as usize];
    for _ in 0..world.dice(100) {
        tokio::time::sleep(Duration::from_millis(u64::from(1 + world.dice(every)))).await;
        match world.dice(16) {
            0 if kills > 0 => {
                kills -= 1;
                let process = world.dice(2);
                world.say(|| format!("process {process} is killed"));
                world.kill(process);
            }
            1 if restarts > 0 => {
                restarts -= 1;
                world.say(|| "the database is killed".into());
                world.server.restart();
            }
            2 | 3 if records > 0 => {
                records -= 1;
                under_lock(&world, record).await;
            }
            4 => under_lock(&world, open_account).await,
            _ => under_lock(&world, post).await,
        }
    }
}

/// A transaction of an operation: lock, read, decide, commit, unless the database dies meanwhile.
async fn under_lock(world: &World, work: impl Fn(&World, &mut Truth)) {
    let epoch = world.server.epoch.get();
    let lock = world.server.lock().await;
    world.pause().await;
    if world.server.epoch.get() == epoch {
        work(world, &mut world.server.truth.borrow_mut());
    }
    drop(lock);
}

fn post(world: &World, truth: &mut Truth) {
    // The clock of another machine may be ahead or behind.
    let seconds = i64::from(world.dice(7_200)) - 3_600;
    let wall = crate::calendar::now().saturating_add(SignedDuration::from_secs(seconds)).expect("within the calendar");
    let before = truth.clone();
    let posted = truth.post(&entry(world), None, wall.max(truth.recorded_at));
    if world.server.has(Flaw::ChainsPastStrangers) {
        for (number, account) in &before.accounts {
            let sums = &mut truth.accounts.get_mut(number).unwrap().sums;
            (sums.last, sums.lines) = (account.sums.last, account.sums.lines);
        }
    }
    truth.version += i64::from(posted.is_ok());
    world.say(|| format!("another process posts {posted:?}: version {}", truth.version));
}

fn record(world: &World, truth: &mut Truth) {
    let number = AccountNumber(1 + world.dice(6) as i32);
    let account = truth.accounts.get_mut(&number).unwrap();
    let record = match world.dice(4) {
        0 => {
            truth.closed_through = truth.closed_through.max(TODAY.saturating_sub(i64::from(1 + world.dice(15)).days()));
            Record::Other
        }
        1 => {
            account.closed = !account.closed;
            Record::Other
        }
        _ => {
            let floor = account.balance().min(0) - i64::from(world.dice(20));
            account.floor = Some(floor);
            Record::Floor { account: number, floor }
        }
    };
    world.say(|| format!("another process records {record:?}"));
    truth.note(record);
}

/// Opens an account, which raises no version.
fn open_account(world: &World, truth: &mut Truth) {
    let number = AccountNumber(7 + world.dice(3) as i32);
    let floor = (world.dice(2) == 0).then_some(0);
    truth.accounts.entry(number).or_insert_with(|| {
        world.opening_floors.borrow_mut().insert(number, floor);
        Account::new("USD", floor)
    });
}
