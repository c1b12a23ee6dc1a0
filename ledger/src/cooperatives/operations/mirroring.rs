//! How what was posted by a series of entries is taken back: by their mirrors, the last one first, some of them in a transaction.
//!
//! Before the first mirror all accounts are looked at that are to give something back; from then on until the last one nothing else takes of them
//! ([`super::series::demand_free`], and `series_holds` in the database). So a reversal that has begun comes to its end.

use super::series::ENTRIES_AT_ONCE;
use crate::books::operations::mirrors;
use crate::cooperatives::store::redemption_parts;
use crate::cooperatives::store::redemptions::{self, UsedBy};
use crate::cooperatives::store::series::{self, SeriesEntry};
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{DistributionId, RedemptionId};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What is taken back.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reversed {
    /// A surplus that was shared.
    Surplus(DistributionId),
    /// A loss that was borne.
    Loss(DistributionId),
    /// Retained shares that were redeemed.
    Redemption(RedemptionId),
}

impl Reversed {
    fn id(self) -> String {
        match self {
            Reversed::Surplus(id) | Reversed::Loss(id) => id.to_string(),
            Reversed::Redemption(id) => id.to_string(),
        }
    }

    /// By what retained shares were used; a surplus uses none.
    fn used_by(self) -> Option<UsedBy> {
        match self {
            Reversed::Surplus(_) => None,
            Reversed::Loss(id) => Some(UsedBy::Loss(id)),
            Reversed::Redemption(id) => Some(UsedBy::Redemption(id)),
        }
    }

    fn job(self) -> Job {
        match self {
            Reversed::Surplus(distribution) | Reversed::Loss(distribution) => Job::AdvanceDistribution { distribution },
            Reversed::Redemption(redemption) => Job::AdvanceRedemption { redemption },
        }
    }

    async fn update_reversed(self, tx: &Transaction<'_>, number: i32, mirror: i64) -> Result<(), Error> {
        match self {
            Reversed::Surplus(id) | Reversed::Loss(id) => series::update_reversed(tx, id, number, mirror).await,
            Reversed::Redemption(id) => redemption_parts::update_entry_reversed(tx, id, number, mirror).await,
        }
    }
}

/// Whether a series is taken back in one transaction, as one entry is.
pub(super) fn is_one_step(entries: &[SeriesEntry]) -> bool {
    entries.len() <= ENTRIES_AT_ONCE
}

/// Refuses with `below-floor`, before anything moves, a reversal that would take more of an account than it has. Nobody posts from here on until the
/// transaction ends.
pub(super) async fn demand_there(tx: &Transaction<'_>, book: &Book, entries: &[SeriesEntry]) -> Result<(), Error> {
    journal::lock(tx, book.id).await?;
    let standing: Vec<i64> = entries.iter().filter(|it| it.reversal.is_none()).map(|it| it.entry).collect();
    let Some(lacking) = series::find_lacking(tx, book.id, &standing).await? else { return Ok(()) };
    let [has, needs] = [lacking.has, lacking.needs].map(|minor| book.currency.format(minor));
    let detail = format!(
        "account {} has {has} {currency}, and the reversal takes {needs} {currency} of it: what was paid out of it comes back first",
        lacking.code,
        currency = book.currency
    );
    Err(Refusal::new("below-floor", detail).into())
}

/// Posts the mirrors of a single entry, or of all of a series that is one step; answers that of the first one.
pub(super) async fn whole(
    tx: &Transaction<'_>,
    book: &Book,
    what: Reversed,
    (entry, entries): (i64, &[SeriesEntry]),
    wall: Timestamp,
) -> Result<i64, Error> {
    if let Some(used_by) = what.used_by() {
        redemptions::undo_use(tx, used_by).await?;
    }
    if entries.is_empty() {
        return Ok(mirrors::post_of_operation(tx, book, entry, what.id(), wall).await?.number);
    }
    let mut first = entry;
    for it in entries.iter().rev() {
        first = mirrors::post_of_operation(tx, book, it.entry, what.id(), wall).await?.number;
        what.update_reversed(tx, it.number, first).await?;
    }
    Ok(first)
}

/// Posts the mirrors of the last entries that stand, with what they took of retained shares. Answers that of the first entry of all once it is mirrored;
/// until then a job goes on.
pub(super) async fn next(
    tx: &Transaction<'_>,
    book: &Book,
    what: Reversed,
    entries: &[SeriesEntry],
    wall: Timestamp,
) -> Result<Option<i64>, Error> {
    let standing: Vec<&SeriesEntry> = entries.iter().filter(|it| it.reversal.is_none()).collect();
    for it in standing.iter().rev().take(ENTRIES_AT_ONCE) {
        if let Some(used_by) = what.used_by() {
            redemptions::undo_use_of(tx, used_by, it.members).await?;
        }
        let mirror = mirrors::post_of_operation(tx, book, it.entry, what.id(), wall).await?.number;
        what.update_reversed(tx, it.number, mirror).await?;
        if it.number == 1 {
            return Ok(Some(mirror));
        }
    }
    let left = standing.len().saturating_sub(ENTRIES_AT_ONCE);
    if left == 0 {
        return Ok(entries.first().and_then(|it| it.reversal));
    }
    let (dedupe, job) = (format!("{} back {left}", what.id()), what.job());
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    Ok(None)
}
