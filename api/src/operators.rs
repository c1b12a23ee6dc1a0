//! What whoever owns the database does: who runs the installation, where it is at home, and which frozen book goes on.

use crate::serve;
use anyhow::{Context as _, ensure};
use deadpool_postgres::Client;
use ledger::engine::store::books;
use ledger::engine::store::checks::{self, Freeze};
use ledger::id::{BookRef, PersonId};
use ledger::parties::operations::operators;
use ledger::parties::rules::person::Person;
use ledger::parties::rules::role::Email;
use ledger::service::store::activity::{self, Actor, Done};
use ledger::service::store::adoptions;

/// Makes the person with an address an operator, as the owner of the database.
pub async fn add_operator(owner_url: &str, email: &Email) -> anyhow::Result<PersonId> {
    let mut client = as_owner(owner_url).await?;
    let tx = client.transaction().await?;
    let id = operators::add(&tx, email, ledger::calendar::now()).await?;
    tx.commit().await?;
    Ok(id)
}

/// Those who run the installation, as the owner of the database.
pub async fn list_operators(owner_url: &str) -> anyhow::Result<Vec<Person>> {
    let mut client = as_owner(owner_url).await?;
    let tx = client.transaction().await?;
    Ok(operators::list(&tx).await?)
}

/// Makes an operator none, as the owner of the database; the last one only when it is forced.
pub async fn remove_operator(owner_url: &str, email: &Email, is_forced: bool) -> anyhow::Result<PersonId> {
    let mut client = as_owner(owner_url).await?;
    let tx = client.transaction().await?;
    let id = operators::remove(&tx, email, is_forced, ledger::calendar::now()).await?;
    tx.commit().await?;
    Ok(id)
}

/// The most frozen books that are listed.
const FROZEN_MAX: i64 = 1_000;

/// The longest reason, in characters.
const REASON_MAX: usize = 1_000;

/// The frozen books, as the owner of the database.
pub async fn frozen_books(owner_url: &str) -> anyhow::Result<Vec<Freeze>> {
    let client = as_owner(owner_url).await?;
    Ok(checks::list_frozen(&client, FROZEN_MAX).await?)
}

/// Lets a frozen book take records again, as the owner of the database; answers which freeze that ended. Who and why is
/// kept with the freeze, and among what happened in the book.
pub async fn release_book(owner_url: &str, book: BookRef, reason: &str) -> anyhow::Result<i32> {
    let reason = reason_of(reason)?;
    let mut client = as_owner(owner_url).await?;
    let tx = client.transaction().await?;
    let found = books::resolve(&tx, book).await?;
    let freeze = checks::release(&tx, found.id, reason).await?.with_context(|| format!("{book} is not frozen"))?;
    let done = Done::new(&book, "released", Actor::Service).because(reason);
    activity::record(&tx, found.id, done, found.now(ledger::calendar::now())).await?;
    tx.commit().await?;
    Ok(freeze)
}

/// Says that the installation is at home in this database, as its owner; answers how many homes that makes.
pub async fn adopt(owner_url: &str, reason: &str) -> anyhow::Result<i32> {
    let reason = reason_of(reason)?;
    let mut client = as_owner(owner_url).await?;
    let tx = client.transaction().await?;
    ensure!(!adoptions::holds(&tx).await?, "this database is the installation already");
    let number = adoptions::record(&tx, reason).await?;
    tx.commit().await?;
    Ok(number)
}

/// A reason without the space around it.
fn reason_of(reason: &str) -> anyhow::Result<&str> {
    let reason = reason.trim();
    ensure!((1..=REASON_MAX).contains(&reason.chars().count()), "a reason has 1 to {REASON_MAX} characters");
    Ok(reason)
}

async fn as_owner(owner_url: &str) -> anyhow::Result<Client> {
    let pool = serve::pool_of(migrations::owner_access(owner_url, "commonpurse-operator").await?, 1)?;
    pool.get().await.context("the database cannot be reached")
}
