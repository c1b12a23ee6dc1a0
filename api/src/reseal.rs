//! Seals bank details, the secrets of second factors and those of webhook endpoints anew, after a rotation of their keys.

use crate::keys::vault::Vault;
use crate::serve::pool_of;
use anyhow::Context;
use deadpool_postgres::GenericClient;
use ledger::id::BookId;
use ledger::parties::store::second_factors;
use ledger::partners::store::endpoints;
use ledger::payouts::store::bank_accounts;
use uuid::Uuid;

/// Rows that are read at once.
const PAGE: i64 = 500;

/// Seals what an older key has sealed with the newest one, and answers how many accounts, second factors and endpoints that were. It may die at any
/// line: a second run goes on.
///
/// # Errors
///
/// For an account, a factor or an endpoint that no key of the vault opens, which stays as it is, and for trouble with the database.
pub async fn reseal(vault: &Vault, url: &str) -> anyhow::Result<u64> {
    anyhow::ensure!(!vault.is_empty(), "there is no key in that directory");
    let access = migrations::service_access(url, "commonpurse-keys")?;
    let client = pool_of(access, 1)?.get().await?;
    let mut count = 0;
    let mut after = (BookId(i32::MIN), Uuid::nil());
    loop {
        let page = bank_accounts::list_older(&client, vault.version(), after, PAGE).await?;
        for old in &page {
            let details = vault.open(old.id, &old.sealed).with_context(|| old.id.to_string())?;
            let sealed = vault.seal(old.id, &details)?;
            count += u64::from(bank_accounts::reseal(&client, old, &sealed).await?);
        }
        match page.last() {
            Some(last) => after = (last.id.book, last.id.object),
            None => break,
        }
    }
    Ok(count + reseal_factors(vault, &client).await? + reseal_endpoints(vault, &client).await?)
}

/// The same for secrets of webhook endpoints.
async fn reseal_endpoints(vault: &Vault, client: &impl GenericClient) -> anyhow::Result<u64> {
    let mut count = 0;
    let mut after = (BookId(i32::MIN), Uuid::nil());
    loop {
        let page = endpoints::list_older(client, vault.version(), after, PAGE).await?;
        for it in &page {
            let anew = |sealed| {
                let secret = vault.open_signing(it.id, sealed).with_context(|| it.id.to_string())?;
                Ok::<_, anyhow::Error>(vault.seal_signing(it.id, &secret)?)
            };
            let old = it.old_secret.as_ref().map(|old| anew(&old.sealed)).transpose()?;
            count += u64::from(endpoints::reseal(client, it, &anew(&it.secret)?, old.as_ref()).await?);
        }
        match page.last() {
            Some(last) => after = (last.id.book, last.id.object),
            None => return Ok(count),
        }
    }
}

/// The same for secrets of second factors. Recovery codes stay as they are: what was digested cannot be read, and its key opens nothing.
async fn reseal_factors(vault: &Vault, client: &impl GenericClient) -> anyhow::Result<u64> {
    let mut count = 0;
    let mut after = Uuid::nil();
    loop {
        let page = second_factors::list_older(client, vault.version(), after, PAGE).await?;
        for (person, old) in &page {
            let secret = vault.open_secret(*person, old).with_context(|| person.to_string())?;
            let sealed = vault.seal_secret(*person, &secret)?;
            count += u64::from(second_factors::reseal(client, *person, old, &sealed).await?);
        }
        match page.last() {
            Some((last, _)) => after = last.0,
            None => return Ok(count),
        }
    }
}
