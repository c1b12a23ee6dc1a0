//! Which exchange accounts belong together.

use crate::book::AccountNumber;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::{GenericClient, Transaction};
use std::collections::BTreeMap;

/// The partners of those of these accounts that are in a pair.
pub async fn partners(
    client: &impl GenericClient,
    book: BookId,
    accounts: &[AccountNumber],
) -> Result<BTreeMap<AccountNumber, AccountNumber>, Error> {
    let statement = client
        .prepare_cached(
            "-- exchange_pairs::partners
             SELECT account, partner FROM exchange_pair WHERE book_id = $1 AND account = ANY($2)",
        )
        .await?;
    let numbers: Vec<i32> = accounts.iter().map(|account| account.0).collect();
    let rows = client.query(&statement, &[/* book */ &book.0, /* accounts */ &numbers]).await?;
    Ok(rows.iter().map(|row| (AccountNumber(row.get(0)), AccountNumber(row.get(1)))).collect())
}

/// Makes a pair; `false` when one of the two is in another by now, and then nothing may be kept of this transaction.
pub async fn insert(tx: &Transaction<'_>, book: BookId, pair: (AccountNumber, AccountNumber)) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- exchange_pairs::insert
             INSERT INTO exchange_pair (book_id, account, partner)
             SELECT $1, p.account, p.partner FROM unnest($2::int[], $3::int[]) AS p(account, partner)
              ORDER BY p.account
             ON CONFLICT (book_id, account) DO NOTHING",
        )
        .await?;
    let (accounts, partners) = (vec![pair.0.0, pair.1.0], vec![pair.1.0, pair.0.0]);
    let rows =
        tx.execute(&statement, &[/* book */ &book.0, /* accounts */ &accounts, /* partners */ &partners]).await?;
    Ok(rows == 2)
}
