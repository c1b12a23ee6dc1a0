//! Payouts that somebody approves in one go, each by what they have seen of it.

use super::payouts;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{PayoutId, PersonId};
use crate::payouts::rules::payout::Payout;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The most payouts of one go.
pub const APPROVALS_MAX: usize = 1_000;

/// Approves payouts, each by its own digest and by the rules of a single approval; the verdicts are in the order of the payouts. What is
/// refused of one changes nothing for the others.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn approve_all(
    tx: &Transaction<'_>,
    seen: &[(PayoutId, Digest)],
    by: PersonId,
    wall: Timestamp,
) -> Result<Vec<Result<Payout, Refusal>>, Error> {
    // By their ids, so that two who approve the same ones do not wait for each other.
    let mut order: Vec<usize> = (0..seen.len()).collect();
    order.sort_by_key(|place| seen.get(*place).map(|(payout, _)| *payout));
    let mut verdicts: Vec<Option<Result<Payout, Refusal>>> = vec![None; seen.len()];
    for place in order {
        let Some((payout, digest)) = seen.get(place) else { continue };
        let verdict = match payouts::approve(tx, *payout, *digest, by, wall).await {
            Ok(approved) => Ok(approved),
            Err(Error::Refused(refusal)) => Err(refusal),
            Err(Error::NotFound(what)) => Err(Refusal::new("not-found", format!("no such {what}"))),
            Err(error) => return Err(error),
        };
        if let Some(slot) = verdicts.get_mut(place) {
            *slot = Some(verdict);
        }
    }
    verdicts
        .into_iter()
        .map(|verdict| verdict.ok_or_else(|| Error::inconsistent("a payout without a verdict")))
        .collect()
}
