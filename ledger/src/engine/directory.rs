//! The accounts of entries by their codes, kept in memory: a code's account, its unit and its class never change.

use super::store::accounts;
use crate::book::{AccountClass, AccountNumber};
use crate::engine::pool::Pool;
use crate::error::Error;
use crate::id::BookId;
use crate::money::Unit;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// What never changes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub number: AccountNumber,
    /// The unit in which it is kept.
    pub unit: Unit,
    /// What it is for.
    pub class: AccountClass,
}

/// What is known of accounts by book and code.
#[derive(Debug, Default)]
pub struct Directory {
    known: RwLock<HashMap<(BookId, String), Found>>,
}

/// The most codes that a directory remembers; past that it starts anew.
const CODES_MAX: usize = 200_000;

impl Directory {
    /// The account of a code; none when the book has no such account. It takes a connection only for a code that it does not
    /// know.
    ///
    /// # Errors
    ///
    /// Only trouble with the database.
    pub async fn account(&self, pool: &Pool, book: BookId, code: &str) -> Result<Option<Found>, Error> {
        let key = (book, code.to_owned());
        if let Some(found) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(*found));
        }
        let Some(account) = accounts::find(&pool.get().await?, book, code).await? else { return Ok(None) };
        let found = Found { number: account.number, unit: account.unit, class: account.class };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CODES_MAX {
            known.clear();
        }
        known.insert(key, found);
        Ok(Some(found))
    }

    /// Those of some codes that are known, by the numbers of their accounts.
    pub fn by_number<'a>(
        &self,
        book: BookId,
        codes: impl Iterator<Item = &'a String>,
    ) -> HashMap<AccountNumber, (&'a String, Unit)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        codes
            .filter_map(|code| known.get(&(book, code.clone())).map(|found| (found.number, (code, found.unit))))
            .collect()
    }
}
