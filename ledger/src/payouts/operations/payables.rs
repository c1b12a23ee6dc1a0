//! What is owed to a payee, and what each amount waits for: that somebody asks for its payout, approves or sends it, for a bank
//! account, for the bank.

use crate::engine::store::books;
use crate::error::Error;
use crate::payouts::rules::owed::WaitsFor;
use crate::payouts::rules::payee::Payee;
use crate::payouts::rules::payout::{Payout, PayoutState};
use crate::payouts::store::payables::{self, Payable, Place};
use crate::payouts::store::{bank_accounts, payouts};
use crate::treasury::operations::custodians;
use deadpool_postgres::GenericClient;

/// An amount that is owed to a payee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What is owed, and by which account.
    pub payable: Payable,
    /// The oldest payout of it that is not over.
    pub payout: Option<Payout>,
    /// What it waits for.
    pub waits_for: WaitsFor,
}

/// What is owed to a payee in all books, or is on its way, after a place.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn due(client: &impl GenericClient, payee: Payee, after: Place, limit: i64) -> Result<Vec<Due>, Error> {
    let found = match payee {
        Payee::Organisation(id) => payables::of_organisation(client, id, after, limit).await?,
        Payee::Person(id) => payables::of_person(client, id, after, limit).await?,
    };
    let mut all = Vec::with_capacity(found.len());
    for payable in found {
        let payout = payouts::open_of(client, payable.book.book, payable.account).await?;
        let waits_for = waits_for(client, payee, &payable, payout.as_ref()).await?;
        all.push(Due { payable, payout, waits_for });
    }
    Ok(all)
}

async fn waits_for(
    client: &impl GenericClient,
    payee: Payee,
    payable: &Payable,
    payout: Option<&Payout>,
) -> Result<WaitsFor, Error> {
    let state = payout.map(|payout| payout.state.word());
    if state == Some(PayoutState::Sent) {
        return Ok(WaitsFor::Bank);
    }
    let book = payable.book.book;
    if bank_accounts::active(client, book, payee, payable.currency).await?.is_none() {
        return Ok(WaitsFor::BankAccount);
    }
    Ok(match state {
        Some(PayoutState::Requested) => WaitsFor::Approval,
        Some(PayoutState::Approved) => WaitsFor::Screening,
        Some(PayoutState::Held) => WaitsFor::Operator,
        Some(PayoutState::Screened) => {
            let custodian = payout.map(|payout| payout.custodian);
            let book = books::get(client, book).await?;
            let is_frozen = match custodian {
                Some(custodian) => custodians::standing(client, &book, custodian).await?.is_some(),
                None => false,
            };
            if is_frozen { WaitsFor::Custodian } else { WaitsFor::Sending }
        }
        Some(PayoutState::Sent) => WaitsFor::Bank,
        None | Some(PayoutState::Settled | PayoutState::Failed | PayoutState::Returned | PayoutState::Cancelled) => {
            WaitsFor::Request
        }
    })
}
