//! Jobs of withdrawals, the plans that a partner or a rail collects, a page at a time; and of money that still comes.

use super::Context;
use crate::failure::Failure;
use ledger::id::{PledgeId, SuspenseId, WithdrawalId};
use ledger::pledging::operations::{suspense, withdrawals};
use ledger::service::store::jobs::Leased;

/// How many pledges one job looks at.
const PAGE: i64 = 50;

impl Context {
    /// Lets plans wait whose partner or rail is withdrawn, or go on when it is there again: each in a transaction of its own. The
    /// next page is another job.
    pub(super) async fn advance_withdrawal(
        &self,
        leased: &Leased,
        id: WithdrawalId,
        after: Option<PledgeId>,
    ) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let page = withdrawals::page(&client, id, after, PAGE).await?;
        for pledge in &page {
            let tx = client.transaction().await?;
            withdrawals::look(&tx, *pledge, ledger::calendar::now()).await?;
            tx.commit().await?;
        }
        drop(client);
        let next = page.last().copied().filter(|_| i64::try_from(page.len()) == Ok(PAGE));
        self.settle_with(leased, async |tx, wall| withdrawals::turn(tx, id, next, wall).await).await
    }

    /// Gives back money in suspense of which nobody has said whose payment it is.
    pub(super) async fn return_suspense(&self, leased: &Leased, id: SuspenseId) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| suspense::run_out(tx, id, wall).await).await
    }
}
