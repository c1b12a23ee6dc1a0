//! What whoever keeps a payee is told of a payout, and what screening is asked about it.

use super::bank_account_notices::{keepers, name};
use crate::engine::store::books;
use crate::error::Error;
use crate::id::PayoutId;
use crate::payouts::rules::bank_account::BankAccount;
use crate::payouts::rules::payout::Payout;
use crate::payouts::store::{bank_accounts, payouts};
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
    /// Addresses of the payee's owners and treasurers.
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
        host: name(client, host).await?,
        account,
        recipients: keepers(client, payout.payee).await?.into_iter().collect(),
        payout,
    })
}
