//! Fees that captured charges bore.

use crate::book::{AccountNumber, Companion};
use crate::error::Error;
use crate::id::ChargeId;
use crate::pledging::rules::fee::Payee;
use deadpool_postgres::{GenericClient, Transaction};
use serde_json::json;

/// A fee that a captured charge bore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargeFee {
    /// For whom it is.
    pub to: Payee,
    /// The account of fees to be passed on.
    pub account: AccountNumber,
    /// What it took, minor units of the charge's currency, more than zero.
    pub amount: i64,
    /// What of it fell on refunds so far, minor units.
    pub undone: i64,
    /// Whether it comes back with a refund; else the donor bears what falls on it.
    pub returns: bool,
}

/// The fees of a charge; none before it is captured.
pub async fn of_charge(client: &impl GenericClient, charge: ChargeId) -> Result<Vec<ChargeFee>, Error> {
    let statement = client
        .prepare_cached(
            "-- fees::of_charge
            SELECT payee, account, amount, undone, returns FROM charge_fee
             WHERE book_id = $1 AND charge = $2 ORDER BY payee",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &charge.book.0, /* charge */ &charge.object]).await?;
    rows.iter()
        .map(|row| {
            Ok(ChargeFee {
                to: row.get::<_, &str>("payee").parse()?,
                account: AccountNumber(row.get("account")),
                amount: row.get("amount"),
                undone: row.get("undone"),
                returns: row.get("returns"),
            })
        })
        .collect()
}

/// A fee of a charge that is captured.
pub async fn insert(tx: &Transaction<'_>, charge: ChargeId, fee: &ChargeFee) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- fees::insert
            INSERT INTO charge_fee (book_id, charge, payee, account, amount, returns) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &charge.book.0,
            /* charge */ &charge.object,
            /* payee */ &fee.to.as_str(),
            /* account */ &fee.account.0,
            /* amount */ &fee.amount,
            /* returns */ &fee.returns,
        ],
    )
    .await?;
    Ok(())
}

/// So much more of a fee falls on refunds of its charge; less when one failed.
pub async fn add_undone(tx: &Transaction<'_>, charge: ChargeId, to: Payee, minor: i64) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- fees::add_undone
            UPDATE charge_fee SET undone = undone + $4 WHERE book_id = $1 AND charge = $2 AND payee = $3",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &charge.book.0,
            /* charge */ &charge.object,
            /* payee */ &to.as_str(),
            /* minor */ &minor,
        ],
    )
    .await?;
    Ok(())
}

/// The row of a fee, to be written with the capture by a lane.
pub fn row(charge: ChargeId, fee: &ChargeFee) -> Companion {
    let row = json!({
        "charge": charge.object,
        "payee": fee.to.as_str(),
        "account": fee.account.0,
        "amount": fee.amount,
        "returns": fee.returns,
    });
    Companion::new("charge_fee", &row)
}
