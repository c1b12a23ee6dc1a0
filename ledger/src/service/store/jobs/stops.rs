//! Where the clock of a sandbox book stops on its way: at the next moment at which a job falls due, or its pause is over.

use super::{BookWithWork, kinds};
use crate::error::Error;
use crate::id::BookId;
use crate::service::work::Work;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};

/// Where a clock stops next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Where it is: something is due, or being done.
    Here,
    /// At a later moment of book time.
    At(Timestamp),
    /// Nothing is left that will fall due.
    Nowhere,
}

/// Where the clock of a book stops next. Jobs of kinds that this program does not know stop nobody, nor do those given up.
pub async fn next_stop(client: &impl GenericClient, work: BookWithWork, wall: Timestamp) -> Result<Stop, Error> {
    let statement = client
        .prepare_cached(
            "-- jobs::next_stop
            SELECT EXISTS (SELECT FROM job
                            WHERE book_id = $1 AND finished_at IS NULL AND dead_at IS NULL AND due_at <= $2
                              AND (leased_until <= $3 OR leased_by <> '') AND kind = ANY ($5)) AS is_here,
                   least((SELECT min(due_at) FROM job
                           WHERE book_id = $1 AND finished_at IS NULL AND dead_at IS NULL AND due_at > $2
                             AND kind = ANY ($5)),
                         (SELECT min(leased_until) + $4::bigint * INTERVAL '1 second' FROM job
                           WHERE book_id = $1 AND finished_at IS NULL AND dead_at IS NULL AND due_at <= $2
                             AND leased_until > $3 AND leased_by = '' AND kind = ANY ($5))) AS next",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &work.book.0,
                /* due_at */ &work.now(wall),
                /* wall */ &wall,
                /* offset_s */ &work.offset.as_secs(),
                /* kind */ &kinds(&Work::ALL),
            ],
        )
        .await?;
    if row.get("is_here") {
        return Ok(Stop::Here);
    }
    Ok(row.get::<_, Option<Timestamp>>("next").map_or(Stop::Nowhere, Stop::At))
}

/// The pauses of failed jobs pass in book time: the clock of their book goes ahead by so much, and they end so much earlier.
pub async fn shorten_pauses(
    tx: &Transaction<'_>,
    book: BookId,
    book_now: Timestamp,
    by: SignedDuration,
    wall: Timestamp,
) -> Result<(), Error> {
    if by.is_zero() {
        return Ok(());
    }
    let statement = tx
        .prepare_cached(
            "-- jobs::shorten_pauses
            UPDATE job SET leased_until = leased_until - $3::bigint * INTERVAL '1 second'
             WHERE book_id = $1 AND finished_at IS NULL AND dead_at IS NULL AND due_at <= $2
               AND leased_until > $4 AND leased_by = ''",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* due_at */ &book_now,
            /* by_s */ &by.as_secs(),
            /* wall */ &wall,
        ],
    )
    .await?;
    Ok(())
}
