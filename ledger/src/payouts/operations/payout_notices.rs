//! What whoever keeps a payee is told of a payout, and what screening is asked about it.

use super::payees::{keepers, name, name_of};
use crate::engine::store::books;
use crate::error::Error;
use crate::id::PayoutId;
use crate::money::Money;
use crate::payouts::rules::bank_account::BankAccount;
use crate::payouts::rules::owed::pays;
use crate::payouts::rules::payout::{Payout, PayoutState};
use crate::payouts::store::{bank_accounts, payables, payouts};
use deadpool_postgres::GenericClient;

/// What the message needs.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The payout as it stands now.
    pub payout: Payout,
    /// The account that it goes to; none before it was approved.
    pub account: Option<BankAccount>,
    /// The name of the payee.
    pub payee: String,
    /// The name of the host that pays.
    pub host: String,
    /// What it pays, by name and in words: an amount of each. Empty when nothing explains it.
    pub pays: Vec<(String, Money)>,
    /// Addresses of the payee's owners and treasurers, or of the person who is paid.
    pub recipients: Vec<String>,
}

/// The facts of the message about a payout.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown payout.
pub async fn notice(client: &impl GenericClient, id: PayoutId) -> Result<Notice, Error> {
    let payout = payouts::get(client, id).await?;
    let host = books::get(client, id.book).await?.organisation;
    let account = match payout.approval {
        Some(approval) => Some(bank_accounts::get(client, approval.account).await?),
        None => None,
    };
    Ok(Notice {
        payee: name(client, payout.payee).await?,
        host: name_of(client, host).await?,
        account,
        pays: what_it_pays(client, &payout).await?,
        recipients: keepers(client, payout.payee).await?.into_iter().collect(),
        payout,
    })
}

/// What a payout pays: the release that it names, or of what came to be owed the oldest that earlier payouts have not paid.
async fn what_it_pays(client: &impl GenericClient, payout: &Payout) -> Result<Vec<(String, Money)>, Error> {
    let owed = match payout.release {
        Some((claim, number)) => payables::release(client, claim, number).await?,
        None => payables::amounts(client, payout).await?,
    };
    let before = match payout.release {
        Some(_) => 0,
        None => payables::paid_before(client, payout).await?,
    };
    let currency = payout.amount.currency();
    let parts = pays(&owed, before, payout.amount.minor()).into_iter();
    Ok(parts.filter_map(|part| Some((part.name, Money::from_minor(part.amount, currency).ok()?))).collect())
}

/// The facts of the message that a payout waits for a bank account; none once it waits for something else.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown payout.
pub async fn account_wanted(client: &impl GenericClient, id: PayoutId) -> Result<Option<Notice>, Error> {
    let found = notice(client, id).await?;
    let (payee, currency) = (found.payout.payee, found.payout.amount.currency());
    let is_open = found.payout.state.word() == PayoutState::Requested;
    let waits = is_open && bank_accounts::active(client, id.book, payee, currency).await?.is_none();
    Ok(Some(found).filter(|_| waits))
}
