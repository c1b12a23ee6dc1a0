//! Jobs: written with the change that needs them, leased by workers, settled with their effect.
//!
//! Times: `due_at` is book time (wall clock plus the book's offset); leases and pauses are wall clock.

mod backlog;
mod stops;
mod watch;

pub use backlog::{Backlog, backlog};
pub use stops::{Stop, next_stop, shorten_pauses};
pub use watch::{Dead, Summary, list_dead, requeue, summary};

use crate::book::Companion;
use crate::calendar::to_microseconds;
use crate::error::Error;
use crate::id::{BookId, JobId};
use crate::service::job::{Job, JobKind, NewJob};
use crate::service::work::Work;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// The most bytes of an error that a row keeps.
const ERROR_BYTES_MAX: usize = 2_000;

/// Writes a job in the caller's transaction; says whether it is new. The same book, kind and dedupe text is written once.
pub async fn enqueue(tx: &Transaction<'_>, new: &NewJob) -> Result<bool, Error> {
    let statement = tx.prepare_cached("-- jobs::enqueue\nSELECT jobs_insert($1, $2)").await?;
    let rows = Json([columns(new)]);
    let row = tx.query_one(&statement, &[/* book_id */ &new.book.0, /* rows */ &rows]).await?;
    Ok(row.get::<_, i64>(0) == 1)
}

/// Writes some jobs of a book in the caller's transaction; those that are there already are not written again.
pub async fn enqueue_all(tx: &Transaction<'_>, book: BookId, new: &[NewJob]) -> Result<(), Error> {
    let statement = tx.prepare_cached("-- jobs::enqueue_all\nSELECT jobs_insert($1, $2)").await?;
    let rows = Json(new.iter().map(columns).collect::<Vec<_>>());
    tx.query_one(&statement, &[/* book_id */ &book.0, /* rows */ &rows]).await?;
    Ok(())
}

/// What makes a report from outside the same job: the object that it is about, and its words, however long.
pub fn dedupe_of_report(object: &impl fmt::Display, words: &[&str]) -> String {
    let digest = Sha256::digest(words.join("\n"));
    format!("{object}-{}", hex::encode(&digest[..16]))
}

/// The row of a job, to be written with the entries of a lane; asked for twice, it is there once.
pub fn row(new: &NewJob) -> Companion {
    Companion::new("job", &columns(new))
}

/// What the columns of a new job hold, but for its book.
fn columns(new: &NewJob) -> Value {
    json!({
        "id": Uuid::now_v7(),
        "kind": new.job.kind().as_str(),
        "dedupe": new.dedupe,
        "payload": new.job,
        "due_at": to_microseconds(new.due_at),
    })
}

/// A book with work that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookWithWork {
    /// The book.
    pub book: BookId,
    /// What to add to the wall clock for its book time.
    pub offset: SignedDuration,
}

impl BookWithWork {
    /// The book's own moment.
    pub fn now(self, wall: Timestamp) -> Timestamp {
        wall.checked_add(self.offset).unwrap_or(Timestamp::MAX)
    }
}

/// The books with jobs of these kinds of work that are due and that no worker has: in turn, from the one after `after` on,
/// so that each has its turn however much the others have to do. What waits for the release of a frozen book does not
/// count. It locks nothing, and enters the index of open jobs once for each book.
pub async fn books_with_work(
    client: &impl GenericClient,
    wall: Timestamp,
    works: &[Work],
    after: BookId,
    limit: i64,
) -> Result<Vec<BookWithWork>, Error> {
    let statement = client
        .prepare_cached(
            "-- jobs::books_with_work
            SELECT book_id, offset_s FROM (
                SELECT head.book_id, book.clock_offset_s AS offset_s
                FROM book_head head JOIN book ON book.number = head.book_id
                CROSS JOIN LATERAL (
                    SELECT FROM job
                    WHERE job.book_id = head.book_id AND finished_at IS NULL AND dead_at IS NULL AND leased_until <= $1
                      AND due_at <= $1::timestamptz + book.clock_offset_s * INTERVAL '1 second'
                      AND kind = ANY ($4) AND (NOT head.frozen OR kind <> ALL ($3))
                    LIMIT 1
                ) AS due
                UNION ALL
                (SELECT book_id, 0 FROM job
                 WHERE book_id = $6 AND finished_at IS NULL AND dead_at IS NULL AND leased_until <= $1 AND due_at <= $1
                   AND kind = ANY ($4)
                 LIMIT 1)
            ) AS found
            ORDER BY book_id <= $5, book_id LIMIT $2",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* wall */ &wall,
                /* limit */ &limit,
                /* waiting */ &waiting().collect::<Vec<_>>(),
                /* kind */ &kinds(works),
                /* after */ &after.0,
                /* installation */ &BookId::INSTALLATION.0,
            ],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| BookWithWork {
            book: BookId(row.get("book_id")),
            offset: SignedDuration::from_secs(row.get("offset_s")),
        })
        .collect())
}

/// A job that a worker has, until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub job: Job,
    /// Which attempt this is, from 1; it fences: an older attempt can neither settle nor fail the job.
    pub attempt: i32,
    /// How many attempts there were since somebody last asked for it, this one included: this is what limits count.
    pub tries: i32,
    /// When it fell due, in book time.
    pub due_at: Timestamp,
    /// When it was written, by the wall clock.
    pub created_at: Timestamp,
    /// When the lease ends, by the wall clock.
    pub until: Timestamp,
    /// Book time at the lease.
    pub book_now: Timestamp,
}

/// The kinds of jobs of these kinds of work; those of a newer program are not among them.
fn kinds(works: &[Work]) -> Vec<&'static str> {
    works.iter().flat_map(|work| work.kinds()).collect()
}

/// The kinds that wait while their book is frozen.
fn waiting() -> impl Iterator<Item = &'static str> {
    JobKind::ALL.into_iter().filter(|kind| kind.waits_for_release()).map(JobKind::as_str)
}

/// Who leases, and how much.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTerms<'a> {
    /// The name of the worker.
    pub worker: &'a str,
    /// How long it may keep each job.
    pub length: SignedDuration,
    /// Of which kinds of work.
    pub works: &'a [Work],
    /// The most jobs at once.
    pub limit: i64,
}

/// Leases the due jobs of one book, the longest waiting first, passing over those that another worker is just leasing, and
/// those that wait for the release of a frozen book.
/// The caller commits before it does any of them.
pub async fn lease(
    tx: &Transaction<'_>,
    work: BookWithWork,
    wall: Timestamp,
    terms: LeaseTerms<'_>,
) -> Result<Vec<Leased>, Error> {
    let select = tx
        .prepare_cached(
            "-- jobs::lease, choose
            SELECT id, payload, attempts, forgiven, due_at, created_at FROM job
            WHERE book_id = $1 AND finished_at IS NULL AND dead_at IS NULL AND due_at <= $2 AND leased_until <= $3
              AND kind = ANY ($5)
              AND (kind <> ALL ($6) OR NOT EXISTS (SELECT FROM book_head WHERE book_id = $1 AND frozen))
            ORDER BY due_at, id LIMIT $4
            FOR UPDATE SKIP LOCKED",
        )
        .await?;
    let book_now = work.now(wall);
    let until = wall + terms.length;
    let rows = tx
        .query(
            &select,
            &[
                /* book_id */ &work.book.0,
                /* due_at */ &book_now,
                /* wall */ &wall,
                /* limit */ &terms.limit,
                /* kind */ &kinds(terms.works),
                /* waiting */ &waiting().collect::<Vec<_>>(),
            ],
        )
        .await?;
    let mut leased = Vec::with_capacity(rows.len());
    for row in &rows {
        let id = JobId::new(work.book, row.get("id"));
        let attempts: i32 = row.get("attempts");
        match row.try_get::<_, Json<Job>>("payload") {
            Ok(Json(job)) => leased.push(Leased {
                id,
                job,
                attempt: attempts + 1,
                tries: attempts + 1 - row.get::<_, i32>("forgiven"),
                due_at: row.get("due_at"),
                created_at: row.get("created_at"),
                until,
                book_now,
            }),
            Err(error) => bury_unreadable(tx, id, wall, &error.to_string()).await?,
        }
    }
    if leased.is_empty() {
        return Ok(leased);
    }
    let update = tx
        .prepare_cached(
            "-- jobs::lease, take
            UPDATE job SET attempts = attempts + 1, leased_until = $3, leased_by = $4
            WHERE book_id = $1 AND id = ANY ($2)",
        )
        .await?;
    let ids: Vec<Uuid> = leased.iter().map(|leased| leased.id.object).collect();
    tx.execute(
        &update,
        &[
            /* book_id */ &work.book.0,
            /* id */ &ids,
            /* leased_until */ &until,
            /* leased_by */ &terms.worker,
        ],
    )
    .await?;
    Ok(leased)
}

/// A job that this program cannot read would stop its book if it were an error: it goes to the dead-letter list.
async fn bury_unreadable(tx: &Transaction<'_>, id: JobId, wall: Timestamp, error: &str) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- jobs::bury_unreadable
            UPDATE job SET dead_at = $3, leased_until = $3, last_error = $4 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* id */ &id.object,
            /* dead_at */ &wall,
            /* last_error */ &shortened(error),
        ],
    )
    .await?;
    Ok(())
}

/// The job is done. In the transaction of its effect, if it has one here: when another attempt has the lease, both are undone.
///
/// What it was asked to do is kept, except for the secrets of a sign-in.
pub async fn settle(tx: &impl GenericClient, leased: &Leased, wall: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- jobs::settle
            UPDATE job SET finished_at = $4, leased_until = $4, leased_by = '', last_error = '',
                           payload = payload - 'token' - 'code' - 'email'
            WHERE book_id = $1 AND id = $2 AND attempts = $3 AND finished_at IS NULL AND dead_at IS NULL",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &leased.id.book.0,
                /* id */ &leased.id.object,
                /* attempts */ &leased.attempt,
                /* finished_at */ &wall,
            ],
        )
        .await?;
    one_row(rows)
}

/// As [`settle`], of many jobs of a book, each by its id and attempt; answers those that are settled by it.
pub async fn settle_each(
    client: &impl GenericClient,
    book: BookId,
    done: &[(Uuid, i32)],
    wall: Timestamp,
) -> Result<Vec<(Uuid, i32)>, Error> {
    let (ids, attempts): (Vec<Uuid>, Vec<i32>) = done.iter().copied().unzip();
    let statement = client
        .prepare_cached(
            "-- jobs::settle_each
            UPDATE job SET finished_at = $4, leased_until = $4, leased_by = '', last_error = '',
                           payload = payload - 'token' - 'code' - 'email'
            WHERE book_id = $1 AND id = ANY ($2) AND (id, attempts) IN (SELECT * FROM unnest($2::uuid[], $3::int[]))
              AND finished_at IS NULL AND dead_at IS NULL
            RETURNING id, attempts",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* id */ &ids, /* attempts */ &attempts,
                /* finished_at */ &wall,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get("id"), row.get("attempts"))).collect())
}

/// As [`settle`], to be written with the entries of a lane: stale when another attempt has the lease.
pub fn done_row(leased: &Leased, wall: Timestamp) -> Companion {
    Companion::new("job done", &json!({ "id": leased.id.object, "attempts": leased.attempt, "finished_at": wall }))
}

/// The attempt failed; nobody tries again before `retry_at` (wall clock).
pub async fn fail(client: &impl GenericClient, leased: &Leased, retry_at: Timestamp, error: &str) -> Result<(), Error> {
    rest(client, leased, retry_at, error, 0).await
}

/// The attempt could do nothing, as its book is frozen: it counts for none, and nobody tries again before `retry_at` (wall
/// clock), nor before the release.
pub async fn put_off(
    client: &impl GenericClient,
    leased: &Leased,
    retry_at: Timestamp,
    why: &str,
) -> Result<(), Error> {
    rest(client, leased, retry_at, why, 1).await
}

async fn rest(
    client: &impl GenericClient,
    leased: &Leased,
    retry_at: Timestamp,
    why: &str,
    forgiven: i32,
) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "-- jobs::rest
            UPDATE job SET forgiven = forgiven + $6, leased_until = $4, leased_by = '', last_error = $5
            WHERE book_id = $1 AND id = $2 AND attempts = $3 AND finished_at IS NULL AND dead_at IS NULL",
        )
        .await?;
    let rows = client
        .execute(
            &statement,
            &[
                /* book_id */ &leased.id.book.0,
                /* id */ &leased.id.object,
                /* attempts */ &leased.attempt,
                /* leased_until */ &retry_at,
                /* last_error */ &shortened(why),
                /* forgiven */ &forgiven,
            ],
        )
        .await?;
    one_row(rows)
}

/// The job goes to the dead-letter list: nobody tries again until somebody asks for it ([`requeue`]).
pub async fn bury(client: &impl GenericClient, leased: &Leased, wall: Timestamp, error: &str) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "-- jobs::bury
            UPDATE job SET dead_at = $4, leased_until = $4, leased_by = '', last_error = $5
            WHERE book_id = $1 AND id = $2 AND attempts = $3 AND finished_at IS NULL AND dead_at IS NULL",
        )
        .await?;
    let rows = client
        .execute(
            &statement,
            &[
                /* book_id */ &leased.id.book.0,
                /* id */ &leased.id.object,
                /* attempts */ &leased.attempt,
                /* dead_at */ &wall,
                /* last_error */ &shortened(error),
            ],
        )
        .await?;
    one_row(rows)
}

fn one_row(rows: u64) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Fenced) }
}

/// The beginning of an error, cut between two characters.
fn shortened(error: &str) -> &str {
    &error[..error.floor_char_boundary(ERROR_BYTES_MAX)]
}
