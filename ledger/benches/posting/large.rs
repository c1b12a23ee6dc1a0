//! What size costs: bytes of a transfer, and posting to and reading a book of ten million.

use crate::load::Shape;
use crate::reads::{self, DAYS};
use crate::report::{Report, Row};
use crate::{book, ours};
use ledger::engine::lane::Lanes;
use ledger::id::BookId;
use ledger::testing::store::rows;
use migrations::PrivateServer;
use std::time::Duration;
use tokio_postgres::Client;

/// Enough that the first pages of the indexes no longer count.
const SIZED: usize = 300_000;

/// Transfers of the large book.
pub(crate) const LARGE: i64 = 10_000_000;

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
    measure(url, book, LARGE, report).await;
}

/// Brings the totals forward to the end of the journal, as the worker does every second.
async fn roll_up(url: &str, book: BookId) {
    let owner = owner(url).await;
    let part = format!("SELECT day_totals_roll_up({book}, {CHUNK})");
    while owner.query_one(&part, &[]).await.expect("a part of the totals").get::<_, i32>(0) > 0 {}
}

/// Loads the large book without keys, reads it and compares it with itself. `COMMONPURSE_BENCH_ROWS` makes it smaller.
pub(crate) async fn reads(url: &str, report: &mut Report) {
    let rows = std::env::var("COMMONPURSE_BENCH_ROWS").ok().map_or(LARGE, |rows| rows.parse().expect("a number"));
    let book = book::fresh_book(url, &book::pool(url, 1)).await;
    load(url, book, rows, false).await;
    measure(url, book, rows, report).await;
}

/// Reads a book of so many transfers, and compares it with itself. A book of another size has cases of other names.
async fn measure(url: &str, book: BookId, rows: i64, report: &mut Report) {
    let size = if rows < 1_000_000 { format!("{}k", rows / 1_000) } else { format!("{}m", rows / 1_000_000) };
    reads::cases(url, book, &size, report).await;
    reads::compare(url, book, &size, report).await;
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
                    1 + (random() * 98)::bigint AS amount, '2024-01-01'::date + (n * {DAYS} / {count})::int AS day,
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
