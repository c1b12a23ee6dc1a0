//! Jobs of money that is with a custodian: its day arrives as cash.

use super::Context;
use crate::failure::Failure;
use jiff::Timestamp;
use ledger::id::SettlementId;
use ledger::service::store::jobs::{self, Leased};
use ledger::treasury::operations::settlements;

impl Context {
    /// A custodian's day has arrived as cash.
    pub(super) async fn settle_receivable(&self, leased: &Leased, settlement: SettlementId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let wall = Timestamp::now();
        settlements::settle(&tx, settlement, wall).await?;
        jobs::settle(&tx, leased, wall).await?;
        tx.commit().await?;
        Ok(())
    }
}
