//! What waits in the jobs of all books, kind by kind: for the figures of a worker.

use super::waiting;
use crate::error::Error;
use crate::id::BookId;
use crate::service::job::JobKind;
use deadpool_postgres::Transaction;
use jiff::{SignedDuration, Timestamp};

/// The query gives up after this time: figures must not be what keeps the database busy. A plan for any moment would expect a
/// third of all jobs to be due, and read the whole table.
const OPTIONS: &str = "SET LOCAL statement_timeout = '5s'; SET LOCAL plan_cache_mode = force_custom_plan";

/// What waits of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// The kind; none for all those that this program does not know.
    pub kind: Option<JobKind>,
    /// How many are due and not done: free, with a worker, or pausing after a failure. What waits for the release of a frozen
    /// book does not count.
    pub due: i64,
    /// For how long the oldest of these has been due, by the clock of its book and by the wall clock, whichever says less: a
    /// sandbox clock that leaps ahead makes nothing old.
    pub oldest: SignedDuration,
    /// How many are in the dead-letter lists.
    pub dead: i64,
}

/// What waits, in a row for each kind of which something does.
///
/// The index of open jobs is entered once a book: a book may have a job for each of a hundred thousand pledges that is due in a
/// month, and these are not looked at.
pub async fn backlog(tx: &Transaction<'_>, wall: Timestamp) -> Result<Vec<Backlog>, Error> {
    tx.batch_execute(OPTIONS).await?;
    let statement = tx
        .prepare_cached(
            "-- jobs::backlog
            SELECT kind, sum(due)::bigint AS due, sum(dead)::bigint AS dead,
                   extract(epoch FROM coalesce(max(age), '0'))::bigint AS oldest_s
            FROM (
                SELECT open.kind, open.due, 0 AS dead, open.age
                FROM book_head head JOIN book ON book.number = head.book_id
                CROSS JOIN LATERAL (
                    SELECT kind, count(*) AS due,
                           max(least($1::timestamptz + book.clock_offset_s * INTERVAL '1 second' - due_at,
                                     $1 - created_at)) AS age
                    FROM job
                    WHERE book_id = head.book_id AND finished_at IS NULL AND dead_at IS NULL
                      AND due_at <= $1::timestamptz + book.clock_offset_s * INTERVAL '1 second'
                      AND (NOT head.frozen OR kind <> ALL ($2))
                    GROUP BY book_id, kind
                ) AS open
                UNION ALL
                SELECT kind, count(*), 0, max(least($1 - due_at, $1 - created_at)) FROM job
                WHERE book_id = $3 AND finished_at IS NULL AND dead_at IS NULL AND due_at <= $1 GROUP BY kind
                UNION ALL
                SELECT kind, 0, count(*), NULL FROM job WHERE dead_at IS NOT NULL AND finished_at IS NULL GROUP BY kind
            ) AS part GROUP BY kind",
        )
        .await?;
    let rows = tx
        .query(
            &statement,
            &[
                /* wall */ &wall,
                /* waiting */ &waiting().collect::<Vec<_>>(),
                /* installation */ &BookId::INSTALLATION.0,
            ],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let kind: &str = row.get("kind");
            Backlog {
                kind: JobKind::ALL.into_iter().find(|known| known.as_str() == kind),
                due: row.get("due"),
                oldest: SignedDuration::from_secs(row.get::<_, i64>("oldest_s").max(0)),
                dead: row.get("dead"),
            }
        })
        .collect())
}
