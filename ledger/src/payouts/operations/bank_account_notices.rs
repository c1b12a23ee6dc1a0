//! What whoever keeps a payee is told of its bank accounts.

use super::payees::{keepers, name, name_of};
use crate::engine::store::books;
use crate::error::Error;
use crate::id::BankAccountId;
use crate::payouts::rules::bank_account::BankAccount;
use crate::payouts::store::bank_accounts;
use deadpool_postgres::GenericClient;

/// What the message needs.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The account as it stands now.
    pub account: BankAccount,
    /// The name of the payee.
    pub payee: String,
    /// The name of the host that pays.
    pub host: String,
    /// Addresses of the payee's owners and treasurers, or of the person who is paid, and of those who gave the accounts before it: who
    /// lost a role meanwhile is told as well.
    pub recipients: Vec<String>,
}

/// The facts of the message about a bank account.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown account.
pub async fn notice(client: &impl GenericClient, id: BankAccountId) -> Result<Notice, Error> {
    let account = bank_accounts::get(client, id).await?;
    let mut recipients = keepers(client, account.payee).await?;
    recipients.extend(bank_accounts::givers(client, id.book, account.payee, account.currency).await?);
    let host = books::get(client, id.book).await?.organisation;
    Ok(Notice {
        payee: name(client, account.payee).await?,
        host: name_of(client, host).await?,
        account,
        recipients: recipients.into_iter().collect(),
    })
}
