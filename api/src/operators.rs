//! Who runs the installation.

use crate::serve;
use anyhow::Context as _;
use jiff::Timestamp;
use ledger::id::PersonId;
use ledger::parties::operations::sign_in;
use ledger::parties::rules::role::Email;

/// Makes the person with an address an operator, as the owner of the database.
pub async fn add_operator(owner_url: &str, email: &Email) -> anyhow::Result<PersonId> {
    migrations::check_owner(owner_url).await?;
    let pool = serve::pool_of(migrations::owner_config(owner_url, "commonpurse-operator")?, 1)?;
    let mut client = pool.get().await.context("the database cannot be reached")?;
    let tx = client.transaction().await?;
    let id = sign_in::ensure_operator(&tx, email, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(id)
}
