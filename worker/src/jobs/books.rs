//! Jobs of books: holds whose time is over.

use super::Context;
use crate::failure::Failure;
use ledger::books::operations::holds;
use ledger::id::HoldId;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Frees what a hold has set aside, if it still stands.
    pub(super) async fn expire_hold(&self, leased: &Leased, hold: HoldId) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| holds::expire(tx, hold, wall).await).await?;
        Ok(())
    }
}
