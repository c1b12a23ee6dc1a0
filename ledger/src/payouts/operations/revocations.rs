//! A claim is revoked: what payouts have sent of it the team owes, what waits to be sent is given up, and the rest comes back.
//!
//! Lock order: campaign → milestone → claim → payout → book head.

use super::locked::{Locked, lock, save};
use crate::books::operations::accounts;
use crate::chart;
use crate::engine::store::{balances, journal};
use crate::error::Error;
use crate::id::{ClaimId, PersonId};
use crate::milestones::operations::revocations::{self, Confirmed, Revoked};
use crate::milestones::rules::clawback::{Released, Request};
use crate::payouts::rules::payout::Payout;
use crate::payouts::store::payouts;
use crate::service::change::Change;
use crate::service::store::activity::Actor;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Why a payout is given up whose money comes back.
const REVOKED: &str = "the claim that it pays was revoked";

/// Somebody else of the host confirms a revocation or a write-off. With a revocation what was not paid out is in the fund again, and
/// payouts that wait for money which is no longer owed are cancelled: those of the claim's releases, and others for which what is
/// owed does not reach any more.
///
/// # Errors
///
/// As [`revocations::confirm`].
pub async fn confirm(
    tx: &Transaction<'_>,
    id: ClaimId,
    number: i32,
    by: PersonId,
    wall: Timestamp,
) -> Result<Request, Error> {
    match revocations::confirm(tx, id, number, by, wall).await? {
        Confirmed::WrittenOff(request) => Ok(request),
        Confirmed::Revoked(request, revoked) => {
            if revoked.released > 0 {
                take_back(tx, &revoked, by, wall).await?;
            }
            Ok(request)
        }
    }
}

async fn take_back(tx: &Transaction<'_>, revoked: &Revoked, by: PersonId, wall: Timestamp) -> Result<(), Error> {
    let (book, claim) = (&revoked.book, &revoked.claim);
    let currency = claim.content.amount.currency();
    let account = chart::team_payable(claim.team).in_currency(currency, book.currency);
    let payable = accounts::ensure(tx, book, &account, currency, wall).await?;
    let mut waiting = Vec::new();
    for id in payouts::list_waiting(tx, book.id, payable).await? {
        let Locked { payout, .. } = lock(tx, id, wall).await?;
        if payout.state.until().is_some() {
            waiting.push(payout);
        }
    }
    let paid = payouts::sent_of(tx, claim.id).await?;
    journal::lock(tx, book.id).await?;
    let owed = balances::get(tx, book.id, payable).await?;
    let free = owed.net() - owed.held;
    let released = Released { released: revoked.released, set_off: revoked.set_off, paid, free };
    let unpaid = released.unpaid();
    revocations::take_back(tx, revoked, payable, unpaid, wall).await?;
    let change = Change { version: None, actor: Actor::Person(by), reason: REVOKED };
    for payout in over(waiting, claim.id, free - unpaid) {
        save(tx, book, payout.cancel(REVOKED)?, "cancelled", change, wall).await?;
    }
    Ok(())
}

/// The payouts that are given up: those that name a release of the claim, and of the others, which are given by age, each that what
/// is left then does not reach for.
fn over(waiting: Vec<Payout>, claim: ClaimId, left: i64) -> Vec<Payout> {
    let (mut over, mut left) = (Vec::new(), left);
    for payout in waiting {
        let of_claim = payout.release.is_some_and(|(of, _)| of == claim);
        if of_claim || payout.amount.minor() > left {
            over.push(payout);
        } else {
            left -= payout.amount.minor();
        }
    }
    over
}
