//! Jobs between books: what one sends is offered to the other, and how that answers comes back. Each writes to one book at a time, and may be done
//! again at any step.

use super::Context;
use crate::failure::Failure;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::between::operations::{affiliations, incoming, remittances};
use ledger::id::{AffiliationId, IncomingRemittanceId, RemittanceId};
use ledger::service::store::jobs::Leased;

impl Context {
    /// Ends an invitation that nobody answered.
    pub(super) async fn lapse_affiliation(&self, leased: &Leased, id: AffiliationId) -> Result<(), Failure> {
        let it = self.settle_with(leased, async |tx, wall| affiliations::lapse(tx, id, wall).await).await?;
        tracing::info!(job = %leased.id, affiliation = %id, "{id} is {}", it.state);
        Ok(())
    }

    /// Offers a remittance to the book that is to receive it.
    pub(super) async fn carry_remittance(&self, leased: &Leased, id: RemittanceId) -> Result<(), Failure> {
        self.in_other_book(async |tx, wall| remittances::carry(tx, id, wall).await).await?;
        tracing::info!(job = %leased.id, remittance = %id, "{id} is offered to the other book");
        self.settle(leased).await
    }

    /// Ends an offer that nobody answered, and tells the book that sent it.
    pub(super) async fn answer_remittance(&self, leased: &Leased, id: IncomingRemittanceId) -> Result<(), Failure> {
        let answer = self.in_other_book(async |tx, wall| incoming::lapse(tx, id, wall).await).await?;
        self.in_other_book(async |tx, wall| remittances::answered(tx, &answer, wall).await).await?;
        tracing::info!(job = %leased.id, incoming = %id, "{id} is {}", answer.state);
        self.settle(leased).await
    }

    /// A transaction of its own, in one book.
    async fn in_other_book<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>, Timestamp) -> Result<T, ledger::Error>,
    ) -> Result<T, Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let done = work(&tx, ledger::calendar::now()).await?;
        tx.commit().await?;
        Ok(done)
    }
}
