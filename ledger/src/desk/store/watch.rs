//! What an operator looks after, over all books: payouts that are late, and jobs that nobody tries any more.

use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, BookRef, JobId, PayoutId};
use crate::money::Money;
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
