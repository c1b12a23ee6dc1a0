//! Pairs of exchange accounts: made when two are first moved or valued together, and for ever.

use crate::book::AccountNumber;
use crate::books::rules::exchange::{self, Moved};
use crate::books::store::exchange_pairs;
use crate::engine::pool::Pool;
use crate::engine::store::accounts;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::{GenericClient, Transaction};

/// Whether what is asked for will be posted, or is tried only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It will be posted: what it is the first to need may be made.
    Post,
    /// Nothing is written.
    Try,
}

/// Lets an entry move exchange accounts: those of whole pairs, or two that become one. An entry in one unit may move any.
///
/// # Errors
///
/// [`Error::Invalid`] at `pointer` for an account whose partner is another one.
pub async fn use_whole(
    pool: &Pool,
    book: BookId,
    moved: &[Moved],
    purpose: Purpose,
    pointer: &'static str,
) -> Result<(), Error> {
    if !exchange::is_across(moved) {
        return Ok(());
    }
    let mut client = pool.get().await?;
    let tx = client.transaction().await?;
    let made = make_whole(&tx, book, moved, pointer).await;
    match (&made, purpose) {
        (Ok(()), Purpose::Post) => tx.commit().await?,
        (Ok(()) | Err(_), Purpose::Post | Purpose::Try) => tx.rollback().await?,
    }
    made
}

/// The same in a transaction of the caller.
///
/// # Errors
///
/// As [`use_whole`].
pub async fn make_whole(
    tx: &Transaction<'_>,
    book: BookId,
    moved: &[Moved],
    pointer: &'static str,
) -> Result<(), Error> {
    let numbers: Vec<AccountNumber> = moved.iter().map(|moved| moved.account).collect();
    let known = exchange_pairs::partners(tx, book, &numbers).await?;
    match exchange::new_pair(moved, &known) {
        Ok(None) => Ok(()),
        Ok(Some(pair)) if exchange_pairs::insert(tx, book, pair).await? => Ok(()),
        // Somebody else was first with one of the two.
        Ok(Some(pair)) => {
            let known = exchange_pairs::partners(tx, book, &numbers).await?;
            if known.get(&pair.0) == Some(&pair.1) {
                return Ok(());
            }
            let alone = if known.contains_key(&pair.0) { pair.0 } else { pair.1 };
            Err(not_its_partner(tx, book, alone, known.get(&alone).copied(), pointer).await?)
        }
        Err(alone) => Err(not_its_partner(tx, book, alone, known.get(&alone).copied(), pointer).await?),
    }
}

async fn not_its_partner(
    client: &impl GenericClient,
    book: BookId,
    alone: AccountNumber,
    partner: Option<AccountNumber>,
    pointer: &'static str,
) -> Result<Error, Error> {
    let numbers: Vec<AccountNumber> = partner.into_iter().chain([alone]).collect();
    let found = accounts::load(client, book, &numbers).await?;
    let code = |number| {
        let found = found.iter().find(|account| account.number == number);
        found.map_or_else(String::new, |account| account.code.clone())
    };
    let message = match partner {
        Some(partner) => format!(
            "{} belongs to a pair of exchange accounts with {}: open two accounts for each pair of units",
            code(alone),
            code(partner)
        ),
        None => format!("{} is in no pair: give one exchange between two accounts of two units an entry", code(alone)),
    };
    Ok(Error::invalid(pointer, message))
}
