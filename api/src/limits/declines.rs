//! Partners of whose new pledges too many are declined: somebody tries cards through them.

use crate::config::TryLimits;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::id::{BookId, OrganisationId};
use ledger::pledging::rules::tries::WINDOW;
use ledger::pledging::store::tries;
use quick_cache::sync::Cache;
use std::time::{Duration, Instant};

/// How long it is believed what was read.
const BELIEVED: Duration = Duration::from_secs(1);

/// The most partners, each in each book, that are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// What is known of partners.
pub struct Declines {
    known: Cache<(BookId, OrganisationId), (Instant, bool)>,
}

impl Default for Declines {
    fn default() -> Declines {
        Declines { known: Cache::new(REMEMBERED_MAX) }
    }
}

impl Declines {
    /// What was read a moment ago, if anything was.
    pub fn known(&self, book: BookId, partner: OrganisationId) -> Option<bool> {
        self.known.get(&(book, partner)).filter(|(read, _)| read.elapsed() < BELIEVED).map(|(_, is_suspect)| is_suspect)
    }

    /// Whether of a partner's first charges of the last hour more were declined than may be.
    pub async fn read(
        &self,
        client: &impl GenericClient,
        book: BookId,
        partner: OrganisationId,
        limits: TryLimits,
    ) -> Result<bool, Error> {
        let since = ledger::calendar::now() - WINDOW;
        let charges = tries::first_charges(client, book, partner, since).await?;
        let is_suspect = charges.are_suspect(limits.declines_percent, limits.declines_of_at_least);
        self.known.insert((book, partner), (Instant::now(), is_suspect));
        Ok(is_suspect)
    }
}
