//! What size costs: bytes of a transfer, and posting to and reading a book of ten million.

use crate::load::Shape;
use crate::report::{Report, Row};
use crate::{book, ours};
use jiff::civil::date;
use ledger::book::AccountNumber;
use ledger::engine::lane::Lanes;
use ledger::engine::store::{balances, books, journal};
use ledger::id::BookId;
use ledger::reports::operations as reports;
use ledger::testing::store::rows;
use migrations::PrivateServer;
use std::time::{Duration, Instant};
use tokio_postgres::Client;

/// Enough that the first pages of the indexes no longer count.
const SIZED: usize = 300_000;

/// Transfers of the large book.
const LARGE: i64 = 10_000_000;

/// Transfers of one statement of the load.
const CHUNK: i64 = 500_000;

async fn owner(url: &str) -> Client {
    migrations::connect(&url.parse().expect("an address")).await.expect("a connection")
}

/// Heap and all indexes of journal and keys, each transfer with a key, in a database of their own.
pub(crate) async fn bytes_per_transfer(server: &PrivateServer) -> u64 {
    server.migrate("sized").await.expect("a database");
    let url = server.url("sized");
    let pool = book::pool(&url, 2);
    let book = book::fresh_book(&url, &pool).await;
    ours::fill(&Lanes::new(pool), book, SIZED).await;
    let size = "SELECT (pg_total_relation_size('transfer') + pg_total_relation_size('idempotency'))
                       / (SELECT count(*) FROM transfer)";
    let bytes: i64 = owner(&url).await.query_one(size, &[]).await.expect("a size").get(0);
    bytes as u64
}

/// Loads the large book, posts to it and reads it.
pub(crate) async fn cases(url: &str, report: &mut Report) {
    let run = Duration::from_secs(10);
    let fresh = ours::one_by_one(url, Shape::Hot, 512, run).await;
    let pool = book::pool(url, 4);
    let book = book::fresh_book(url, &pool).await;
    load(url, book, LARGE, true).await;
    let large = book::on_book(pool, book, Shape::Hot, 512, run).await;
    report.add(Row::compared("hot_512_10m", large, "the same on a new book", fresh));
    roll_up(url, book).await;
    read(url, book, report).await;
}

/// Brings the totals forward to the end of the journal, as the worker does every second.
async fn roll_up(url: &str, book: BookId) {
    let owner = owner(url).await;
    let part = format!("SELECT day_totals_roll_up({book}, {CHUNK})");
    while owner.query_one(&part, &[]).await.expect("a part of the totals").get::<_, i32>(0) > 0 {}
}

/// Loads the large book without keys and reads it. `COMMONPURSE_BENCH_ROWS` makes it smaller.
pub(crate) async fn reads(url: &str, report: &mut Report) {
    let rows = std::env::var("COMMONPURSE_BENCH_ROWS").ok().map_or(LARGE, |rows| rows.parse().expect("a number"));
    let book = book::fresh_book(url, &book::pool(url, 1)).await;
    load(url, book, rows, false).await;
    read(url, book, report).await;
}

async fn read(url: &str, book: BookId, report: &mut Report) {
    let client = reader(url).get().await.expect("a connection");
    let read = books::get(&client, book).await.expect("the book");
    // No day is farther from the ends of its month, and it lies in the middle of the account's lines.
    let (day, account) = (date(2025, 5, 15), AccountNumber(17));
    let through = journal::last_number(&client, book).await.expect("a number");
    let time = median_us(async || {
        balances::as_of(&client, book, account, day, through).await.expect("a balance");
    });
    report.add(Row::Time("balance_as_of_10m", time.await));
    let span = reports::StatementSpan { from: Some(day), to: None };
    let time = median_us(async || {
        let page = reports::account_statement(&client, &read, "assets:bench:17", span, None, 100).await;
        assert_eq!(page.expect("a statement").lines.len(), 100);
    });
    report.add(Row::Time("statement_page_10m", time.await));
    let time = median_us(async || {
        reports::trial_balance(&client, &read, Some(day)).await.expect("a trial balance");
    });
    report.add(Row::Time("trial_balance_10m", time.await));
    let whole = reports::Branch { under: "", depth: reports::DEPTH_MAX };
    let time = median_us(async || {
        reports::account_tree(&client, &read, Some(day), None, whole).await.expect("a tree");
    });
    report.add(Row::Time("account_tree_10m", time.await));
    println!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// As the service reads: without the options of lanes.
fn reader(url: &str) -> deadpool_postgres::Pool {
    let url = migrations::service_url(url).expect("an address");
    let access = migrations::service_access(&url, "bench").expect("an address");
    let manager = deadpool_postgres::Manager::new(access.config, access.tls);
    deadpool_postgres::Pool::builder(manager).max_size(1).build().expect("a pool")
}

async fn median_us(of: impl AsyncFn()) -> u64 {
    let mut times = Vec::new();
    for _ in 0..7 {
        let begun = Instant::now();
        of().await;
        times.push(begun.elapsed().as_micros() as u64);
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// Transfers over a thousand days with ordered keys, between accounts without a floor.
async fn load(url: &str, book: BookId, count: i64, with_keys: bool) {
    let owner = owner(url).await;
    owner.batch_execute("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'").await.expect("memory");
    for first in (1..=count).step_by(CHUNK as usize) {
        let last = (first + CHUNK - 1).min(count);
        let transfers = format!(
            "SELECT n << 16 AS pos, 100 * (random() * 49)::int + 1 + (random() * 98)::int AS debit,
                    5000 + 100 * (random() * 49)::int + 1 + (random() * 98)::int AS credit,
                    1 + (random() * 98)::bigint AS amount, '2024-01-01'::date + (n * 1000 / {count})::int AS day,
                    60::smallint AS kind, '00000000-0000-0000-0000-000000000000'::uuid AS note
               FROM generate_series({first}::bigint, {last}::bigint) n"
        );
        let keys = format!(
            "INSERT INTO idempotency (book_id, caller, key, request_digest, number)
             SELECT {book}, 1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 7, n
               FROM generate_series({first}::bigint, {last}::bigint) n"
        );
        owner.batch_execute(&rows::load(book, &transfers)).await.expect("a part of the load");
        if with_keys {
            owner.batch_execute(&keys).await.expect("a part of the keys");
        }
        let rolled_up = format!("ANALYZE transfer; SELECT day_totals_roll_up({book}, {CHUNK})");
        owner.batch_execute(&rolled_up).await.expect("a part of the totals");
    }
    // One by one: neither a vacuum nor a checkpoint wants a transaction around it.
    for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
        owner.batch_execute(statement).await.expect("the end of the load");
    }
}
