//! What people see of jobs: how those of a book stand, and the dead-letter list.

use super::BookWithWork;
use crate::error::Error;
use crate::id::{BookId, JobId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// How the jobs of a book stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many are due, and free for a worker to take.
    pub due: i64,
    /// How many are with a worker.
    pub leased: i64,
    /// How many failed at least once, and pause before the next attempt.
    pub pausing: i64,
    /// How many are in the dead-letter list.
    pub dead: i64,
    /// When the earliest of those that are not due yet falls due, in book time.
    pub next_due_at: Option<Timestamp>,
}

impl Summary {
    /// Whether a worker has nothing to do before [`Summary::next_due_at`].
    pub fn is_idle(&self) -> bool {
        self.due == 0 && self.leased == 0 && self.pausing == 0
    }
}

/// How the jobs of a book stand.
pub async fn summary(client: &impl GenericClient, work: BookWithWork, wall: Timestamp) -> Result<Summary, Error> {
    let statement = client
        .prepare_cached(
            "-- jobs::summary
            SELECT count(*) FILTER (WHERE dead_at IS NULL AND due_at <= $2 AND leased_until <= $3) AS due,
                   count(*) FILTER (WHERE dead_at IS NULL AND leased_until > $3 AND leased_by <> '') AS leased,
                   count(*) FILTER (WHERE dead_at IS NULL AND leased_until > $3 AND leased_by = '') AS pausing,
                   count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
                   min(due_at) FILTER (WHERE dead_at IS NULL AND due_at > $2) AS next_due_at
            FROM job WHERE book_id = $1 AND finished_at IS NULL",
        )
        .await?;
    let book_now = work.now(wall);
    let row =
        client.query_one(&statement, &[/* book_id */ &work.book.0, /* due_at */ &book_now, /* wall */ &wall]).await?;
    Ok(Summary {
        due: row.get("due"),
        leased: row.get("leased"),
        pausing: row.get("pausing"),
        dead: row.get("dead"),
        next_due_at: row.get("next_due_at"),
    })
}

/// A job that nobody tries any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// Its id.
    pub id: JobId,
    /// What it should have done: a [`crate::service::job::Job`], or what this program cannot read.
    pub kind: String,
    /// Its particulars, without the secret and the address of a sign-in.
    pub payload: serde_json::Value,
    /// How often it was tried.
    pub attempts: i32,
    /// When it fell due, in book time.
    pub due_at: Timestamp,
    /// When it was given up, by the wall clock.
    pub dead_at: Timestamp,
    /// What the last attempt said.
    pub last_error: String,
}

/// The dead-letter list of a book, the latest first, at most `limit`.
pub async fn list_dead(client: &impl GenericClient, book: BookId, limit: i64) -> Result<Vec<Dead>, Error> {
    let statement = client
        .prepare_cached(
            "-- jobs::list_dead
            SELECT id, kind, payload - 'token' - 'email' - 'kind' AS payload, attempts, due_at, dead_at, last_error
            FROM job
            WHERE book_id = $1 AND dead_at IS NOT NULL AND finished_at IS NULL
            ORDER BY dead_at DESC, id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* limit */ &limit]).await?;
    Ok(rows
        .iter()
        .map(|row| Dead {
            id: JobId::new(book, row.get("id")),
            kind: row.get("kind"),
            payload: row.get("payload"),
            attempts: row.get("attempts"),
            due_at: row.get("due_at"),
            dead_at: row.get("dead_at"),
            last_error: row.get("last_error"),
        })
        .collect())
}

/// Takes a job out of the dead-letter list: it is due again, with all its attempts before it.
pub async fn requeue(tx: &Transaction<'_>, id: JobId, wall: Timestamp) -> Result<(), Error> {
    // `attempts` itself never goes back: it fences workers that still hold a lease from before.
    let statement = tx
        .prepare_cached(
            "-- jobs::requeue
            UPDATE job SET dead_at = NULL, forgiven = attempts, leased_until = $3, leased_by = ''
            WHERE book_id = $1 AND id = $2 AND dead_at IS NOT NULL AND finished_at IS NULL",
        )
        .await?;
    let rows =
        tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* leased_until */ &wall]).await?;
    if rows == 1 { Ok(()) } else { Err(Error::NotFound("dead job")) }
}
