//! Jobs of books: holds whose time is over.

use super::Context;
use crate::failure::Failure;
use jiff::Timestamp;
use ledger::books::operations::holds;
use ledger::id::HoldId;
use ledger::service::store::jobs::{self, Leased};

impl Context {
    /// Frees what a hold has set aside, if it still stands.
    pub(super) async fn expire_hold(&self, leased: &Leased, hold: HoldId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let wall = Timestamp::now();
        holds::expire(&tx, hold, wall).await?;
        jobs::settle(&tx, leased, wall).await?;
        tx.commit().await?;
        Ok(())
    }
}
