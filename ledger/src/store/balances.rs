//! Balances: one row an account.

use crate::book::AccountNumber;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;

/// What an account has moved, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Sum of all debits.
    pub debits: i64,
    /// Sum of all credits.
    pub credits: i64,
    /// Set aside by holds.
    pub held: i64,
    /// 1 credit-normal, -1 debit-normal.
    pub side: i16,
}

impl Balance {
    /// The balance on the account's own side.
    pub fn net(&self) -> i64 {
        i64::from(self.side) * (self.credits - self.debits)
    }
}

/// The balance of an account.
pub async fn get(client: &impl GenericClient, book: BookId, account: AccountNumber) -> Result<Balance, Error> {
    let statement = client
        .prepare_cached(
            "-- balances::get
             SELECT debits, credits, held, side FROM balance WHERE book_id = $1 AND account = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0, /* account */ &account.0]).await?;
    let row = row.ok_or(Error::NotFound("account"))?;
    Ok(Balance { debits: row.get(0), credits: row.get(1), held: row.get(2), side: row.get(3) })
}
