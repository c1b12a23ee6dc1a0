//! What size costs: bytes of a transfer, and posting to and reading a book of ten million.

use crate::load::Shape;
use crate::report::{Report, Row};
use crate::{book, ours};
use jiff::civil::date;
use ledger::book::AccountNumber;
use ledger::id::BookId;
use ledger::lane::Lanes;
use ledger::operations::reports;
use ledger::store::{account_statements, books};
use migrations::PrivateServer;
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls};

/// Enough that the first pages of the indexes no longer count.
const SIZED: usize = 300_000;

/// Transfers of the large book.
const LARGE: i64 = 10_000_000;

/// Transfers of one statement of the load.
const CHUNK: i64 = 500_000;

async fn owner(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// Heap and all indexes of journal and keys, each transfer with a key, in a database of their own.
pub(crate) async fn bytes_per_transfer(server: &PrivateServer) -> u64 {
    server.create_database("sized").await.expect("a database");
    let url = server.url("sized");
    migrations::apply(&url).await.expect("a schema");
    let pool = book::pool(&url, 2);
    let book = book::fresh_book(&url, &pool).await;
    ours::fill(&Lanes::new(pool), book, SIZED).await;
    let size = "SELECT (pg_total_relation_size('transfer') + pg_total_relation_size('idempotency'))
                       / (SELECT count(*) FROM transfer)";
    let bytes: i64 = owner(&url).await.query_one(size, &[]).await.expect("a size").get(0);
    bytes as u64
}

/// Loads the large book and measures it.
pub(crate) async fn cases(url: &str, report: &mut Report) {
    let run = Duration::from_secs(10);
    let fresh = ours::one_by_one(url, Shape::Hot, 512, run).await;
    let pool = book::pool(url, 4);
    let book = book::fresh_book(url, &pool).await;
    load(url, book).await;
    let large = book::on_book(pool, book, Shape::Hot, 512, run).await;
    report.add(Row::compared("hot_512_10m", large, "the same on a new book", fresh));

    let client = reader(url).get().await.expect("a connection");
    let read = books::get(&client, book).await.expect("the book");
    let (day, account) = (date(2026, 6, 15), AccountNumber(17));
    let time = median_us(async || {
        account_statements::net_before(&client, book, account, day).await.expect("a balance");
    });
    report.add(Row::Time("balance_as_of_10m", time.await));
    let span = reports::StatementSpan { from: Some(day), to: None };
    let time = median_us(async || {
        let page = reports::account_statement(&client, &read, "assets:bench:17", span, None, 100).await;
        page.expect("a statement");
    });
    report.add(Row::Time("statement_page_10m", time.await));
    let time = median_us(async || {
        reports::trial_balance(&client, &read, Some(day)).await.expect("a trial balance");
    });
    report.add(Row::Time("trial_balance_10m", time.await));
}

/// As the service reads: without the options of lanes.
fn reader(url: &str) -> deadpool_postgres::Pool {
    let config = migrations::service_config(url, "bench").expect("an address");
    let manager = deadpool_postgres::Manager::new(config, NoTls);
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

/// Transfers over a thousand days with ordered keys, between accounts without a floor. Balances and day totals are
/// summed from them at the end.
async fn load(url: &str, book: BookId) {
    let owner = owner(url).await;
    for first in (1..=LARGE).step_by(CHUNK as usize) {
        let last = (first + CHUNK - 1).min(LARGE);
        let part = format!(
            "INSERT INTO transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, effective, occurred,
                                   kind, note, recorded_at)
             SELECT {book}, n << 16, 100 * (random() * 49)::int + 1 + (random() * 98)::int,
                    5000 + 100 * (random() * 49)::int + 1 + (random() * 98)::int, 1 + (random() * 98)::int, 0, 0,
                    '2024-01-01'::date + (n * 1000 / {LARGE})::int, '2024-01-01'::date + (n * 1000 / {LARGE})::int,
                    60, '00000000-0000-0000-0000-000000000000', now()
               FROM generate_series({first}::bigint, {last}::bigint) n;
             INSERT INTO idempotency (book_id, caller, key, request_digest, number)
             SELECT {book}, 1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 7, n
               FROM generate_series({first}::bigint, {last}::bigint) n"
        );
        owner.batch_execute(&part).await.expect("a part of the load");
    }
    let sums = format!(
        "INSERT INTO day_total (book_id, day, account, debits, credits)
         SELECT {book}, day, account, sum(debits), sum(credits)
           FROM (SELECT effective AS day, debit AS account, amount AS debits, 0 AS credits
                   FROM transfer WHERE book_id = {book}
                 UNION ALL SELECT effective, credit, 0, amount FROM transfer WHERE book_id = {book}) AS side
          GROUP BY day, account ORDER BY day, account;
         UPDATE day_total_progress SET through = {LARGE}::bigint << 16 WHERE book_id = {book};
         UPDATE balance b SET debits = s.debits, credits = s.credits
           FROM (SELECT account, sum(debits) AS debits, sum(credits) AS credits FROM day_total
                  WHERE book_id = {book} GROUP BY account) AS s
          WHERE b.book_id = {book} AND b.account = s.account;
         UPDATE book_head SET version = version + 1, next_number = {LARGE} + 1 WHERE book_id = {book};
         ANALYZE;
         CHECKPOINT"
    );
    // One by one: a checkpoint wants no transaction around it.
    for statement in sums.split(';') {
        owner.batch_execute(statement).await.expect("the sums of the load");
    }
}
