//! The lines of an export, a batch at a time, in its order.
//!
//! The journal is kept by record number. What is asked for by day is looked for between the positions between which the
//! lines of those days lie, and of these only the positions are held: in the order of days, so many that a month of
//! backdated entries is not gone through for each batch.

use super::BATCH;
use crate::engine::store::journal::{self, JournalLine};
use crate::error::Error;
use crate::export::Order;
use crate::id::BookId;
use crate::reports::store::day_totals;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::VecDeque;

/// The most positions that are held in the order of days: 8 bytes each.
const POSITIONS: i64 = 32 * BATCH;

/// Days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: Date,
    pub(super) last: Date,
}

/// What is left to read.
pub(super) struct Lines {
    /// The days whose lines are wanted; all when none.
    days: Option<Span>,
    order: Order,
    /// Day and position of the line that was read last.
    after: (Date, i64),
    /// Positions of the lines that come next.
    queue: VecDeque<i64>,
    /// Between which positions the lines of the days lie, once it was asked for.
    bounds: Option<Option<(i64, i64)>>,
}

impl Lines {
    /// Of some days, or of all.
    pub(super) fn of(days: Option<Span>, order: Order) -> Lines {
        let first = days.map_or(Date::MIN, |span| span.first);
        Lines { days, order, after: (first, 0), queue: VecDeque::new(), bounds: None }
    }

    /// At most [`BATCH`] lines up to and with record `through`; none when all were read.
    pub(super) async fn next(
        &mut self,
        client: &impl GenericClient,
        book: BookId,
        through: i64,
    ) -> Result<Vec<JournalLine>, Error> {
        let Some(span) = self.days else {
            return journal::lines_after(client, book, self.after.1, through, BATCH).await;
        };
        if self.queue.is_empty() {
            self.find(client, book, span, through).await?;
        }
        let many = self.queue.len().min(usize::try_from(BATCH).unwrap_or(usize::MAX));
        let positions: Vec<i64> = self.queue.drain(..many).collect();
        let mut lines = journal::lines_at(client, book, &positions).await?;
        if self.order == Order::Date {
            lines.sort_by_key(|line| line.effective);
        }
        Ok(lines)
    }

    /// Of all days, goes on after this line.
    pub(super) fn go_on_after(&mut self, line: &JournalLine) {
        self.after.1 = line.number << 16 | line.line;
    }

    /// Queues the positions that come next.
    async fn find(
        &mut self,
        client: &impl GenericClient,
        book: BookId,
        Span { first, last }: Span,
        through: i64,
    ) -> Result<(), Error> {
        let bounds = match self.bounds {
            Some(bounds) => bounds,
            None => day_totals::span(client, book, (first, last), through).await?,
        };
        self.bounds = Some(bounds);
        let Some((lowest, highest)) = bounds else { return Ok(()) };
        let (day, pos) = self.after;
        let found = match self.order {
            Order::Record => {
                let within = (pos.max(lowest - 1), highest);
                let found = journal::positions(client, book, (first, last), within, BATCH).await?;
                (!found.is_empty()).then_some((found, day))
            }
            Order::Date => {
                journal::positions_by_day(client, book, (day, pos, last), (lowest, highest), POSITIONS).await?
            }
        };
        if let Some((positions, day)) = found {
            self.after = (day, positions.last().copied().unwrap_or(pos));
            self.queue = positions.into();
        }
        Ok(())
    }
}
