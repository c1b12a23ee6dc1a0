//! Jobs of books: holds whose time is over, and word to the operators when a book is frozen.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::books::Frozen;
use ledger::books::operations::holds;
use ledger::engine::store::checks;
use ledger::id::HoldId;
use ledger::parties::store::people;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Frees what a hold has set aside, if it still stands.
    pub(super) async fn expire_hold(&self, leased: &Leased, hold: HoldId) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| holds::expire(tx, hold, wall).await).await?;
        Ok(())
    }

    /// Tells each operator that a book is frozen, and what was found, unless it is released already.
    pub(super) async fn send_freeze_notice(&self, leased: &Leased, freeze: i32) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let freeze = checks::get(&client, leased.id.book, freeze).await?;
        let operators = people::operators(&client).await?;
        drop(client);
        if freeze.is_released {
            return self.settle(leased).await;
        }
        let occasion = Occasion::new("freeze", &format!("{}.{}", freeze.book, freeze.number));
        let mail = Frozen {
            name: freeze.name,
            book: freeze.book.to_string(),
            since: freeze.frozen_at.into(),
            found: freeze.found,
        };
        self.send_all(leased, occasion, &operators, &mail).await?;
        self.settle(leased).await
    }
}
