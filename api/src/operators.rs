//! Who runs the installation.

use crate::serve;
use anyhow::Context as _;
use jiff::Timestamp;
use ledger::id::PersonId;
use ledger::parties::operations::sign_in;
use ledger::parties::rules::role::Email;

/// Makes the person with an address an operator.
pub async fn add_operator(database_url: &str, email: &Email) -> anyhow::Result<PersonId> {
    let pool = serve::pool(database_url, 1)?;
    let mut client = pool.get().await.context("the database cannot be reached")?;
    let tx = client.transaction().await?;
    let id = sign_in::ensure_operator(&tx, email, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(id)
}
