//! Opening accounts, by operations when a movement first needs one, and by people.

use crate::book::{AccountClass, AccountNumber};
use crate::chart;
use crate::engine::store::accounts::{self, Account};
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::money::Unit;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;

/// The most accounts of a book that people may open; the service itself opens those that it needs.
pub const ACCOUNTS_MAX: i32 = 100_000;

/// An account of the chart, opened in its unit when it is first needed.
///
/// # Errors
///
/// As [`check`].
pub async fn ensure(
    tx: &Transaction<'_>,
    book: &Book,
    account: &chart::Account,
    unit: impl Into<Unit>,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let unit = unit.into();
    match check(tx, book, account, unit).await? {
        Some(number) => Ok(number),
        None => accounts::open(tx, book.id, &account.code, account.class, unit.code(), None, wall).await,
    }
}

/// The account of the chart, if it is open; nothing is opened.
///
/// # Errors
///
/// `account-mismatch` when the book has an account of this code that is for something else, is kept in another unit, or is
/// closed: one that people opened before codes of the chart were kept for operations.
pub async fn check(
    client: &impl GenericClient,
    book: &Book,
    account: &chart::Account,
    unit: impl Into<Unit>,
) -> Result<Option<AccountNumber>, Error> {
    let unit = unit.into();
    let Some(found) = accounts::find(client, book.id, &account.code).await? else { return Ok(None) };
    if (found.class, found.unit.code(), found.closed) == (account.class, unit.code(), false) {
        return Ok(Some(found.number));
    }
    let state = if found.closed { "closed" } else { "open" };
    let detail = format!(
        "{} is {state}, of class {} and kept in {}; what is asked for needs it open, of class {} and in {unit}",
        account.code,
        found.class.as_str(),
        found.unit,
        account.class.as_str(),
    );
    Err(Refusal::new("account-mismatch", detail).into())
}

/// As [`ensure`], of many accounts; answers their numbers by their codes.
///
/// # Errors
///
/// As [`check`].
pub async fn ensure_all(
    tx: &Transaction<'_>,
    book: &Book,
    needed: &[&chart::Account],
    unit: impl Into<Unit>,
    wall: Timestamp,
) -> Result<HashMap<String, AccountNumber>, Error> {
    let unit = unit.into();
    check_all(tx, book, needed, unit).await?;
    let codes: Vec<&str> = needed.iter().map(|account| account.code.as_str()).collect();
    let mut numbers = accounts::numbers(tx, book.id, &codes).await?;
    for account in needed {
        if !numbers.contains_key(&account.code) {
            let number = accounts::open(tx, book.id, &account.code, account.class, unit.code(), None, wall).await?;
            numbers.insert(account.code.clone(), number);
        }
    }
    Ok(numbers)
}

/// As [`check`], of many accounts: those that are open are what they are needed for.
///
/// # Errors
///
/// `account-mismatch` of the first one, by code, that is not.
pub async fn check_all(
    client: &impl GenericClient,
    book: &Book,
    needed: &[&chart::Account],
    unit: impl Into<Unit>,
) -> Result<(), Error> {
    let unit = unit.into();
    for some in needed.chunks(CHECKED_AT_ONCE) {
        let wanted: Vec<_> = some.iter().map(|account| (account.code.as_str(), account.class)).collect();
        if let Some(code) = accounts::first_differing(client, book.id, &wanted, unit.code()).await?
            && let Some(account) = some.iter().find(|account| account.code == code)
        {
            check(client, book, account, unit).await?;
        }
    }
    Ok(())
}

/// So many accounts are looked at in one query.
const CHECKED_AT_ONCE: usize = 10_000;

/// Accounts that [`check`] found, by their codes, so that many who need the same ones at once ask for each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known(HashMap<String, AccountNumber>);

impl Known {
    /// As [`check`].
    ///
    /// # Errors
    ///
    /// `account-mismatch`.
    pub async fn check(
        &mut self,
        client: &impl GenericClient,
        book: &Book,
        account: chart::Account,
        unit: impl Into<Unit>,
    ) -> Result<Option<AccountNumber>, Error> {
        if let Some(known) = self.0.get(&account.code) {
            return Ok(Some(*known));
        }
        let found = check(client, book, &account, unit).await?;
        self.0.extend(found.map(|number| (account.code, number)));
        Ok(found)
    }
}

/// A person opens an account of a class that no operation manages. `floor` is none or minor units.
///
/// # Errors
///
/// `managed-class`, `code-of-operation`, `account-exists`, `too-many-accounts`; [`Error::Invalid`] at `/code` and `/floor`.
pub async fn open(
    tx: &Transaction<'_>,
    book: &Book,
    code: &str,
    class: AccountClass,
    unit: Unit,
    floor: Option<i64>,
    wall: Timestamp,
) -> Result<Account, Error> {
    if class.is_managed() {
        let detail = format!("accounts of class {} are opened by their own operations", class.as_str());
        return Err(Refusal::new("managed-class", detail).into());
    }
    if !is_code(code) {
        return Err(Error::invalid("/code", "2 to 8 parts of a-z, 0-9, '.', '_' and '-', divided by ':'"));
    }
    if code.split(':').next() != Some(class.kind().root()) {
        let root = class.kind().root();
        return Err(Error::invalid("/code", format!("the code of an account of this class begins with {root}:")));
    }
    if let Some(row) = chart::row_of(code) {
        let detail = format!("{code} is kept for an operation, which opens it as {}: choose another code", row.code);
        return Err(Refusal::new("code-of-operation", detail).into());
    }
    if accounts::find(tx, book.id, code).await?.is_some() {
        return Err(Refusal::new("account-exists", format!("the book has an account {code}")).into());
    }
    if floor.is_some_and(|floor| floor > 0) {
        return Err(Error::invalid("/floor", "the account begins with nothing on it, so that no floor is above 0"));
    }
    let number = accounts::open(tx, book.id, code, class, unit.code(), floor, wall).await?;
    if number.0 > ACCOUNTS_MAX {
        let detail = format!("a book has at most {ACCOUNTS_MAX} accounts");
        return Err(Refusal::new("too-many-accounts", detail).into());
    }
    accounts::find(tx, book.id, code).await?.ok_or(Error::NotFound("account"))
}

/// Whether a text can be an account's code; the database checks the same.
pub fn is_code(code: &str) -> bool {
    let mut parts = code.split(':');
    let root = parts.next().unwrap_or_default();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        (1..=80).contains(&bytes.len())
            && (bytes[0].is_ascii_lowercase() || bytes[0].is_ascii_digit())
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(b))
    };
    let rest: Vec<&str> = parts.collect();
    ["assets", "liabilities", "equity", "income", "expenses"].contains(&root)
        && (1..=7).contains(&rest.len())
        && rest.into_iter().all(is_part)
}
