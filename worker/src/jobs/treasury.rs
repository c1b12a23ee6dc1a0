//! Jobs of money that is with a custodian: its day arrives as cash.

use super::Context;
use crate::failure::Failure;
use ledger::id::SettlementId;
use ledger::service::store::jobs::Leased;
use ledger::treasury::operations::settlements;

impl Context {
    /// Posts what a custodian collected on a day: it has arrived as cash.
    pub(super) async fn settle_receivable(&self, leased: &Leased, settlement: SettlementId) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| settlements::settle(tx, settlement, wall).await).await?;
        Ok(())
    }
}
