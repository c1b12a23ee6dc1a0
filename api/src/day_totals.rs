//! What a partner's day comes to, summed once for all pages of it: a sum costs as much as all lines of the day, and a page its own alone.

use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{BookId, OrganisationId};
use ledger::pledging::operations::settlement_days::totals;
use ledger::pledging::rules::settlement_day::Total;
use ledger::pledging::store::settlement_days::Whose;
use quick_cache::sync::Cache;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// For how long pages after the first show what the first one has summed.
const KEPT: Duration = Duration::from_mins(5);

/// How many days are remembered: the least used are forgotten.
const REMEMBERED_MAX: usize = 1_000;

/// Whose day of which book.
type Key = (BookId, OrganisationId, Date);

/// What days come to that somebody has begun to read.
pub struct DayTotals {
    known: Cache<Key, (Instant, Arc<[Total]>)>,
}

impl Default for DayTotals {
    fn default() -> DayTotals {
        DayTotals { known: Cache::new(REMEMBERED_MAX) }
    }
}

impl fmt::Debug for DayTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the totals of {} days", self.known.len())
    }
}

impl DayTotals {
    /// For a page: the first one sums the day, the others have what it has summed, as long as that is remembered.
    pub async fn of_page(
        &self,
        client: &impl GenericClient,
        (book, whose): (&Book, &Whose),
        is_first: bool,
    ) -> Result<Arc<[Total]>, Error> {
        let key = (whose.book, whose.partner, whose.day);
        let known = self.known.get(&key).filter(|(summed, _)| !is_first && summed.elapsed() < KEPT);
        if let Some((_, totals)) = known {
            return Ok(totals);
        }
        let totals: Arc<[Total]> = totals(client, book, whose).await?.into();
        self.known.insert(key, (Instant::now(), Arc::clone(&totals)));
        Ok(totals)
    }
}
