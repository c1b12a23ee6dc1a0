//! What has changed of a partner's pledges and charges since it asked before, told by the events of the book: those are numbered when
//! their change has committed, under a lock, so that a change is behind every moment at which somebody has read the list without it,
//! however long its transaction took.

use crate::error::Error;
use crate::id::{BookId, OrganisationId};
use crate::service::event::{EventKind, check_reach};
use crate::service::store::events::{self, Event};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// By how much the moment that is told for the next poll lies before the present one, so that a clock that is set back a little hides
/// nothing: what changed in that time is told twice.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// How long ago a poll may have been: events are kept for 90 days.
pub const REACH: SignedDuration = SignedDuration::from_hours(85 * 24);

/// What is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// Pledges: their states, plans, moves and campaigns.
    Pledges,
    /// Charges: their states, refunds and chargebacks.
    Charges,
}

impl Polled {
    /// The families whose events tell that one has changed; the first is its own, the others name it in a fact.
    fn families(self) -> (&'static [&'static str], &'static str) {
        match self {
            Polled::Pledges => (&["pledge", "pledge_move", "plan_change", "plan_move"], "pledge"),
            Polled::Charges => (&["charge", "refund", "chargeback"], "charge"),
        }
    }

    fn kinds(self) -> Vec<String> {
        let (families, _) = self.families();
        let kinds = EventKind::all().iter().filter(|kind| families.contains(&kind.family.name));
        kinds.map(ToString::to_string).collect()
    }

    /// What an event tells a change of. A move of money is of the pledge that it bears the id of.
    fn touched(self, event: &Event) -> Option<Uuid> {
        let (_, fact) = self.families();
        if event.kind.family.name == fact || event.kind.family.name == "pledge_move" {
            return Some(event.object);
        }
        event.facts.get(fact).and_then(Value::as_str).and_then(|text| text.parse().ok())
    }
}

/// From when on a poll that begins now has to ask next time: whatever it does not see comes after that.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn as_of(client: &impl GenericClient) -> Result<Timestamp, Error> {
    let now = events::clock(client).await?;
    Ok(now.saturating_sub(MARGIN).unwrap_or(now))
}

/// What has changed, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Each once, in the order of its last change among them.
    pub objects: Vec<Uuid>,
    /// The number of the last event that was read, when there may be more; none when all were.
    pub next: Option<i64>,
}

/// What has changed of what a partner brought into a book: after an event, or from a moment on. What changes again while somebody reads on
/// is told again.
///
/// # Errors
///
/// `events-deleted` when somebody went on after months.
pub async fn changed(
    client: &impl GenericClient,
    (book, partner): (BookId, OrganisationId),
    polled: Polled,
    since: Timestamp,
    after: Option<i64>,
    limit: i64,
) -> Result<Changed, Error> {
    // What has committed is in the list before it is read.
    events::number(client, book).await?;
    let after = match after {
        Some(after) => after,
        None => events::since(client, book, since).await?,
    };
    check_reach(after, events::head(client, book).await?.pruned)?;
    let read = events::list_of_partner(client, book, partner, &polled.kinds(), after, limit).await?;
    let is_full = i64::try_from(read.len()).is_ok_and(|count| count >= limit);
    let next = read.last().filter(|_| is_full).map(|last| last.number);
    let mut seen = HashSet::new();
    let mut objects: Vec<Uuid> =
        read.iter().rev().filter_map(|event| polled.touched(event)).filter(|object| seen.insert(*object)).collect();
    objects.reverse();
    Ok(Changed { objects, next })
}
