//! What an operator looks after, over all books: payouts that are late, jobs that nobody tries any more, and what banks say that books do not.

use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BankDifferenceId, BankLineId, BookId, BookRef, JobId, PayoutId};
use crate::money::Money;
use crate::payouts::rules::bank_difference::Side;
use crate::payouts::rules::bank_line::{Direction, Why};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;

/// A payout that was sent and should be on a bank statement by now.
#[derive(Debug, Clone)]
pub struct LatePayout {
    /// The payout.
    pub id: PayoutId,
    /// How much.
    pub amount: Money,
    /// By what a bank knows it.
    pub reference: String,
    /// On which day it was sent.
    pub sent_on: Date,
    /// The first day on which it is late.
    pub late_from: Date,
    /// The name of its book.
    pub book: String,
}

/// A job that nobody tries any more.
#[derive(Debug, Clone)]
pub struct DeadJob {
    /// The job.
    pub id: JobId,
    /// What it should have done.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Since when, by the wall clock.
    pub dead_at: Timestamp,
    /// What the last attempt said.
    pub last_error: String,
    /// Its book, and what that is called; none for one of the installation itself.
    pub book: Option<(BookRef, String)>,
}

/// Payouts that are late by the clocks of their books, the longest late first.
pub async fn late_payouts(client: &impl GenericClient, wall: Timestamp, limit: i64) -> Result<Vec<LatePayout>, Error> {
    let statement = client
        .prepare_cached(
            "-- watch::late_payouts
            SELECT p.book_id, p.id, p.amount, p.currency, p.reference, p.sent_on, p.late_from, b.name
              FROM book b
              JOIN payout p ON p.book_id = b.number AND p.state = 'sent'
             WHERE p.late_from <= (($1::timestamptz + make_interval(secs => b.clock_offset_s)) AT TIME ZONE b.zone)::date
             ORDER BY p.late_from, p.book_id, p.id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* wall */ &wall, /* limit */ &limit]).await?;
    let late = |row: &Row| {
        Ok(LatePayout {
            id: PayoutId::new(BookId(row.get("book_id")), row.get("id")),
            amount: money(row.get("amount"), word(row.get("currency"))?)?,
            reference: row.get("reference"),
            sent_on: row.get("sent_on"),
            late_from: row.get("late_from"),
            book: row.get("name"),
        })
    };
    rows.iter().map(late).collect()
}

/// Jobs that were given up, the latest first.
pub async fn dead_jobs(client: &impl GenericClient, limit: i64) -> Result<Vec<DeadJob>, Error> {
    let statement = client
        .prepare_cached(
            "-- watch::dead_jobs
            SELECT j.book_id, j.id, j.kind, j.attempts, j.dead_at, j.last_error, b.uid, b.name
              FROM job j LEFT JOIN book b ON b.number = j.book_id
             WHERE j.dead_at IS NOT NULL AND j.finished_at IS NULL
             ORDER BY j.dead_at DESC, j.id LIMIT $1",
        )
        .await?;
    let rows = client.query(&statement, &[/* limit */ &limit]).await?;
    let dead = |row: &Row| {
        let book = BookId(row.get("book_id"));
        let uid = row.get::<_, Option<uuid::Uuid>>("uid");
        DeadJob {
            id: JobId::new(book, row.get("id")),
            kind: row.get("kind"),
            attempts: row.get("attempts"),
            dead_at: row.get("dead_at"),
            last_error: row.get("last_error"),
            book: uid.map(|uid| (BookRef::new(book, uid), row.get("name"))),
        }
    };
    Ok(rows.iter().map(dead).collect())
}

/// A line of a bank statement that matches nothing yet.
#[derive(Debug, Clone)]
pub struct OpenLine {
    /// The line.
    pub id: BankLineId,
    /// What moved.
    pub amount: Money,
    /// Which way.
    pub direction: Direction,
    /// How the bank names it.
    pub reference: String,
    /// Its value day.
    pub value_on: Date,
    /// How many days ago that was, by the clock of its book.
    pub days: i32,
    /// Why it matches nothing.
    pub why: Why,
    /// The name of its book.
    pub book: String,
}

/// What a bank has more or less than a book, and nothing explains yet.
#[derive(Debug, Clone)]
pub struct OpenDifference {
    /// The difference.
    pub id: BankDifferenceId,
    /// How much.
    pub amount: Money,
    /// Who has more.
    pub side: Side,
    /// The day at whose end they differ.
    pub on: Date,
    /// How many days ago that was, by the clock of its book.
    pub days: i32,
    /// Whether two people have moved it; else it waits for the second one.
    pub is_moved: bool,
    /// Why it is moved.
    pub reason: String,
    /// The name of its book.
    pub book: String,
}

/// Lines of bank statements that match nothing yet, the oldest first.
pub async fn open_lines(client: &impl GenericClient, wall: Timestamp, limit: i64) -> Result<Vec<OpenLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- watch::open_lines
            SELECT l.book_id, l.id, l.amount, l.currency, l.is_debit, l.reference, l.value_on, l.why, b.name,
                   (($1::timestamptz + make_interval(secs => b.clock_offset_s)) AT TIME ZONE b.zone)::date - l.value_on AS days
              FROM book b JOIN bank_line l ON l.book_id = b.number AND l.state = 'open'
             ORDER BY l.value_on, l.book_id, l.id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* wall */ &wall, /* limit */ &limit]).await?;
    let line = |row: &Row| {
        Ok(OpenLine {
            id: BankLineId::new(BookId(row.get("book_id")), row.get("id")),
            amount: money(row.get("amount"), word(row.get("currency"))?)?,
            direction: if row.get("is_debit") { Direction::Debit } else { Direction::Credit },
            reference: row.get("reference"),
            value_on: row.get("value_on"),
            days: row.get("days"),
            why: word(row.get("why"))?,
            book: row.get("name"),
        })
    };
    rows.iter().map(line).collect()
}

/// Differences between banks and books that are moved or to be, and not explained yet, the oldest first.
pub async fn open_differences(
    client: &impl GenericClient,
    wall: Timestamp,
    limit: i64,
) -> Result<Vec<OpenDifference>, Error> {
    let statement = client
        .prepare_cached(
            "-- watch::open_differences
            SELECT d.book_id, d.id, d.amount, d.currency, d.side, d.on_day, d.reason, d.approved_at IS NOT NULL AS is_moved, b.name,
                   (($1::timestamptz + make_interval(secs => b.clock_offset_s)) AT TIME ZONE b.zone)::date - d.on_day AS days
              FROM book b JOIN bank_difference d ON d.book_id = b.number AND d.state NOT IN ('withdrawn', 'taken_back')
             ORDER BY d.on_day, d.book_id, d.id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* wall */ &wall, /* limit */ &limit]).await?;
    let difference = |row: &Row| {
        Ok(OpenDifference {
            id: BankDifferenceId::new(BookId(row.get("book_id")), row.get("id")),
            amount: money(row.get("amount"), word(row.get("currency"))?)?,
            side: word(row.get("side"))?,
            on: row.get("on_day"),
            days: row.get("days"),
            is_moved: row.get("is_moved"),
            reason: row.get("reason"),
            book: row.get("name"),
        })
    };
    rows.iter().map(difference).collect()
}
