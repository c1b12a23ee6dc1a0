//! Money of payouts that is owed again to a team. As far as the team owes something itself, it is set off at once, as it is against a release:
//! else what comes back of a payout that was sent before its claim was revoked would be paid to the same team again.
//!
//! Lock order: payout → clawback → book head.

use crate::engine::posting;
use crate::engine::store::balances;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{BookId, OrganisationId};
use crate::milestones::operations::clawbacks;
use crate::milestones::store::clawbacks as rows;
use crate::money::Money;
use crate::movements::{self, Against};
use crate::payouts::rules::payee::Payee;
use crate::payouts::rules::payout::{Payout, Source};
use crate::payouts::store::payouts;
use crate::pledging::operations::recoveries;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The team to which what is owed is paid by a payout; none where it pays something else.
fn team_of(payout: &Payout) -> Option<OrganisationId> {
    match (payout.source, payout.payee) {
        (Source::Team, Payee::Organisation(team)) => Some(team),
        (Source::Team | Source::Prize | Source::Member | Source::Lender, Payee::Organisation(_) | Payee::Person(_)) => {
            None
        }
    }
}

/// Locks what the teams of these payouts owe, before the head of the book is.
pub(super) async fn lock(
    tx: &Transaction<'_>,
    book: BookId,
    payouts: impl Iterator<Item = &Payout>,
) -> Result<(), Error> {
    lock_teams(tx, book, &payouts.filter_map(team_of).collect::<Vec<_>>()).await
}

/// The same for payouts of a custodian by their references.
pub(super) async fn lock_named(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    references: &[String],
) -> Result<(), Error> {
    if references.is_empty() {
        return Ok(());
    }
    lock_teams(tx, book, &payouts::teams_of(tx, book, custodian, references).await?).await
}

async fn lock_teams(tx: &Transaction<'_>, book: BookId, teams: &[OrganisationId]) -> Result<(), Error> {
    if teams.is_empty() { Ok(()) } else { rows::lock_of_teams(tx, book, teams).await }
}

/// Sets off what the team of a payout owes against so many minor units of it that are owed again: what it owes of chargebacks first, then
/// of revoked claims. Posted right behind what brought them back.
pub(super) async fn set_off(
    tx: &Transaction<'_>,
    book: &Book,
    payout: &Payout,
    minor: i64,
    wall: Timestamp,
) -> Result<(), Error> {
    let Some(team) = team_of(payout) else { return Ok(()) };
    let (currency, payable) = (payout.amount.currency(), payout.payable);
    let owes = clawbacks::owed(tx, book, team, currency).await?;
    let lost = recoveries::owed(tx, book, team, currency).await?;
    if owes.is_empty() && lost == 0 {
        return Ok(());
    }
    let balance = balances::get(tx, book.id, payable).await?;
    let back = minor.min(balance.net() - balance.held);
    let part = lost.min(back).max(0);
    if let Ok(part) = Money::from_minor(part, currency) {
        let receivable = recoveries::receivable(tx, book, team, currency, wall).await?;
        let entry = movements::loss_set_off(payable, receivable, part, book.today(wall), payout.id);
        posting::post(tx, book, entry, wall).await?;
    }
    clawbacks::set_off(tx, book, owes, (payable, back - part), (Against::Payout, payout.id), wall).await?;
    Ok(())
}
