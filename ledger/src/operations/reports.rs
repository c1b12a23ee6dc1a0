//! Reports: read from the book alone, never from counters.

use crate::book::{AccountClass, AccountNumber};
use crate::error::Error;
use crate::store::books::Book;
use crate::store::{accounts, day_totals};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::HashMap;

/// The most accounts that one trial balance shows.
const ACCOUNTS_MAX: i64 = 10_000;

/// One account in a trial balance.
#[derive(Debug, Clone)]
pub struct TrialBalanceLine {
    /// Code of the account.
    pub code: String,
    /// What it is for.
    pub class: AccountClass,
    /// Currency or unit.
    pub unit: String,
    /// Balance when it stands on the debit side, minor units; else 0.
    pub debit: i64,
    /// Balance when it stands on the credit side, minor units; else 0.
    pub credit: i64,
}

/// Every account with a balance, by code, as of the end of a day, or now when `as_of` is none.
pub async fn trial_balance(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
) -> Result<Vec<TrialBalanceLine>, Error> {
    let totals: Option<HashMap<AccountNumber, (i64, i64)>> = match as_of {
        Some(day) => {
            let totals = day_totals::as_of(client, book.id, day).await?;
            Some(totals.into_iter().map(|(account, debits, credits)| (account, (debits, credits))).collect())
        }
        None => None,
    };
    let all = accounts::list(client, book.id, "", ACCOUNTS_MAX).await?;
    let lines = all.into_iter().filter_map(|account| {
        let (debits, credits) = match &totals {
            Some(totals) => *totals.get(&account.number)?,
            None => (account.debits, account.credits),
        };
        let net = debits - credits;
        (net != 0).then(|| TrialBalanceLine {
            code: account.code,
            class: account.class,
            unit: account.unit,
            debit: net.max(0),
            credit: (-net).max(0),
        })
    });
    Ok(lines.collect())
}
