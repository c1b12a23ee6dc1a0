//! Reads of a large book, each in turn with reading as many rows by primary key; and a pass of its comparison with itself.

use crate::large::LARGE;
use crate::load::{ACCOUNTS, Dice, used_by};
use crate::report::{Report, Row, hundredths, number};
use deadpool_postgres::{Client, Pool};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use ledger::book::AccountNumber;
use ledger::engine::store::books::{self, Book};
use ledger::engine::store::{balances, checks, journal};
use ledger::reports::operations as reports;
use serde_json::json;
use std::time::{Duration, Instant};

/// On how many days the transfers of a large book take effect, and the first of them.
pub(crate) const DAYS: i64 = 1_000;
const FIRST_DAY: Date = date(2024, 1, 1);

/// How many reads of a kind are measured, and how many of a whole report.
const READS: usize = 300;
const REPORTS: usize = 30;

/// How many come before them, so that every statement is prepared and planned.
const WARM: usize = 10;

/// Lines of a page of a statement.
const PAGE: usize = 50;

const TRANSFERS: &str = "SELECT * FROM transfer WHERE book_id = $1 AND pos = ANY ($2)";
const BALANCES: &str = "SELECT * FROM balance WHERE book_id = $1 AND account = ANY ($2)";

/// As the service reads: without the options of lanes.
fn pool(url: &str) -> Pool {
    let url = migrations::service_url(url).expect("an address");
    let access = migrations::service_access(&url, "bench").expect("an address");
    Pool::builder(deadpool_postgres::Manager::new(access.config, access.tls)).max_size(1).build().expect("a pool")
}

/// Who reads one book, anywhere in it.
struct Reader {
    client: Client,
    book: Book,
    /// The last record of the book.
    through: i64,
    dice: Dice,
}

impl Reader {
    /// One of those between which the load moves money.
    fn account(&mut self) -> i32 {
        (100 * self.dice.below(ACCOUNTS / 100) + 1 + self.dice.below(98)) as i32
    }

    fn number(&mut self) -> i64 {
        1 + self.dice.below(self.through as u64) as i64
    }

    /// One of the first nine tenths of the days, so that an account has a page of lines after it.
    fn day(&mut self) -> Date {
        FIRST_DAY + (self.dice.below(DAYS as u64 * 9 / 10) as i64).days()
    }

    async fn as_of(&mut self) {
        let (account, day) = (AccountNumber(self.account()), self.day());
        balances::as_of(&self.client, self.book.id, account, day, self.through).await.expect("a balance");
    }

    async fn after(&mut self) {
        let (account, number) = (AccountNumber(self.account()), self.number());
        balances::after(&self.client, self.book.id, account, number).await.expect("a balance");
    }

    async fn page(&mut self) {
        let code = format!("assets:bench:{}", self.account());
        let span = reports::StatementSpan { from: Some(self.day()), to: None };
        let page = reports::account_statement(&self.client, &self.book, &code, span, None, PAGE).await;
        self.expect_lines(page.expect("a statement").lines.len(), PAGE);
    }

    async fn trial_balance(&mut self) {
        let day = self.day();
        let all = reports::trial_balance(&self.client, &self.book, Some(day)).await.expect("a trial balance");
        self.expect_lines(all.len(), ACCOUNTS as usize * 9 / 10);
    }

    /// A smaller book than the large one may have fewer.
    fn expect_lines(&self, found: usize, least: usize) {
        assert!(found >= least || self.through < LARGE, "{found} lines");
    }

    async fn transfers(&mut self, count: usize) {
        let places: Vec<i64> = (0..count).map(|_| self.number() << 16).collect();
        let statement = self.client.prepare_cached(TRANSFERS).await.expect("a statement");
        self.client.query(&statement, &[&self.book.id.0, &places]).await.expect("rows");
    }

    async fn balances(&mut self) {
        let accounts: Vec<i32> = (1..=ACCOUNTS as i32).collect();
        let statement = self.client.prepare_cached(BALANCES).await.expect("a statement");
        self.client.query(&statement, &[&self.book.id.0, &accounts]).await.expect("rows");
    }

    /// Reads and as many rows by key in turn.
    async fn measure(
        &mut self,
        count: usize,
        read: impl AsyncFn(&mut Reader),
        by_key: impl AsyncFn(&mut Reader),
    ) -> (Spread, Spread) {
        let (mut reads, mut keyed) = (Vec::new(), Vec::new());
        for _ in 0..WARM + count {
            reads.push(timed(async || read(self).await).await);
            keyed.push(timed(async || by_key(self).await).await);
        }
        (Spread::of(reads.split_off(WARM)), Spread::of(keyed.split_off(WARM)))
    }
}

/// How long something took, again and again, in order.
struct Spread(Vec<Duration>);

impl Spread {
    fn of(mut times: Vec<Duration>) -> Spread {
        times.sort_unstable();
        Spread(times)
    }

    fn at_us(&self, percent: usize) -> u64 {
        self.0[(self.0.len() - 1) * percent / 100].as_micros() as u64
    }
}

async fn timed(mut of: impl AsyncFnMut()) -> Duration {
    let begun = Instant::now();
    of().await;
    begun.elapsed()
}

/// Reads a book of so many transfers.
pub(crate) async fn cases(url: &str, book: ledger::id::BookId, size: &str, report: &mut Report) {
    let client = pool(url).get().await.expect("a connection");
    let book = books::get(&client, book).await.expect("the book");
    let through = journal::last_number(&client, book.id).await.expect("a number");
    let mut reader = Reader { client, book, through, dice: Dice::new(7) };
    let mut add =
        |case: &str, (ours, keyed), against| report.add(row(format!("{case}_{size}"), &ours, against, &keyed));
    let one = async |reader: &mut Reader| reader.transfers(1).await;
    let page = async |reader: &mut Reader| reader.transfers(PAGE).await;
    let (a_row, rows) = ("a transfer by primary key", "50 transfers by primary key");
    add("balance_as_of", reader.measure(READS, Reader::as_of, one).await, a_row);
    add("balance_after", reader.measure(READS, Reader::after, one).await, a_row);
    add("statement_page", reader.measure(READS, Reader::page, page).await, rows);
    let all = "10,000 balances by primary key";
    add("trial_balance", reader.measure(REPORTS, Reader::trial_balance, Reader::balances).await, all);
    let (client, book) = (&reader.client, &reader.book);
    let whole = reports::Branch { under: "", depth: reports::DEPTH_MAX };
    let mut times = Vec::new();
    for _ in 0..7 {
        let tree = async || reports::account_tree(client, book, Some(date(2025, 5, 15)), None, whole).await.map(drop);
        times.push(timed(async || tree().await.expect("a tree")).await);
    }
    report.add(Row::time(format!("account_tree_{size}"), Spread::of(times).at_us(50)));
    println!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// Compares a whole book with itself once, as the worker does but without its rests.
pub(crate) async fn compare(url: &str, book: ledger::id::BookId, size: &str, report: &mut Report) {
    let mut client = pool(url).get().await.expect("a connection");
    let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.expect("a process").get(0);
    let backend = backend.to_string();
    let (mut slices, mut transfers) = (Vec::new(), 0);
    let before = used_by(&backend);
    loop {
        let begun = Instant::now();
        let tx = client.transaction().await.expect("a transaction");
        let slice = checks::compare(&tx, book, checks::TRANSFERS_MAX).await.expect("a slice");
        tx.commit().await.expect("a commit");
        slices.push(begun.elapsed());
        transfers += slice.transfers.unsigned_abs();
        assert_eq!(slice.freeze, None, "the book differs from itself");
        if slice.ended {
            break;
        }
    }
    let cpu = (used_by(&backend) - before) / transfers / 10;
    let (time_us, slices) = (slices.iter().sum::<Duration>().as_micros() as u64, Spread::of(slices));
    let (time, each, longest) = (time_us / 10, time_us * 100 / transfers, slices.at_us(100) / 10);
    report.add(Row::Told {
        case: format!("compare_{size}"),
        text: format!(
            "{:>10} ms, the longest of {} slices {} ms; a transfer {} us, CPU of the server {} us",
            hundredths(time),
            slices.0.len(),
            hundredths(longest),
            hundredths(each),
            hundredths(cpu),
        ),
        figures: json!({
            "transfers": transfers, "ms": number(time), "longest_slice_ms": number(longest),
            "us_per_transfer": number(each), "server_cpu_us": number(cpu),
        }),
    });
}

/// Reads against as many rows by primary key.
fn row(case: String, ours: &Spread, against: &str, keyed: &Spread) -> Row {
    let ratio = ours.at_us(50) * 100 / keyed.at_us(50).max(1);
    // Of fewer than a hundred the 99th percentile would be no more than the maximum.
    let (slow, percent) = if ours.0.len() < 100 { ("max", 100) } else { ("p99", 99) };
    let [p50, slowest, keyed_p50, keyed_slowest] =
        [ours.at_us(50), ours.at_us(percent), keyed.at_us(50), keyed.at_us(percent)].map(|us| us / 10);
    Row::Told {
        case,
        text: format!(
            "{:>10} ms, {slow} {} ms of {}; {against} {} ms, {slow} {} ms; ratio {}",
            hundredths(p50),
            hundredths(slowest),
            ours.0.len(),
            hundredths(keyed_p50),
            hundredths(keyed_slowest),
            hundredths(ratio),
        ),
        figures: json!({
            "reads": ours.0.len(), "p50_ms": number(p50), format!("{slow}_ms"): number(slowest), "baseline": against,
            "baseline_p50_ms": number(keyed_p50), format!("baseline_{slow}_ms"): number(keyed_slowest),
            "ratio": number(ratio),
        }),
    }
}
