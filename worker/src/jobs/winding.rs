//! Jobs of books that are wound up: their pledges end, and what they hold goes back, a page at a time.

use super::Context;
use crate::failure::Failure;
use ledger::Error;
use ledger::books::operations::wind_ups;
use ledger::books::rules::wind_up::WindUpState;
use ledger::books::store::wind_ups as wind_up_rows;
use ledger::engine::store::{books, checks};
use ledger::id::{PledgeId, WindUpId};
use ledger::pledging::operations::endings;
use ledger::service::store::jobs::Leased;
use ledger::winding::operations::returns;

/// How many pledges one job ends.
const PLEDGES: i64 = 50;

/// How many accounts one job looks at.
const LINES: i64 = 20;

impl Context {
    /// Ends the pledges of a book that takes nothing new any more, each in a transaction of its own. The next page is another job; after
    /// the last one the wind-up is in force.
    pub(super) async fn end_pledges(
        &self,
        leased: &Leased,
        id: WindUpId,
        after: Option<PledgeId>,
    ) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let of = wind_up_rows::get(&client, id).await?;
        let now = books::get(&client, id.book).await?.now(ledger::calendar::now());
        let is_winding = of.state(now) == WindUpState::Winding;
        let page = if is_winding { endings::page(&client, id.book, after, PLEDGES).await? } else { Vec::new() };
        for pledge in &page {
            let tx = client.transaction().await?;
            endings::look(&tx, *pledge, ledger::calendar::now()).await?;
            tx.commit().await?;
        }
        drop(client);
        let next = page.last().copied().filter(|_| i64::try_from(page.len()) == Ok(PLEDGES));
        self.settle_with(leased, async |tx, wall| match next {
            Some(_) => {
                let now = books::get(tx, id.book).await?.now(wall);
                wind_ups::enqueue_pledges(tx, id, next, now).await
            }
            None => wind_ups::come_into_force(tx, id, wall).await,
        })
        .await
    }

    /// Gives back what is due of the lines of a wind-up, each in a transaction of its own; what is refused waits for the next time. The
    /// next page is another job.
    pub(super) async fn return_lines(&self, leased: &Leased, id: WindUpId, after: &str) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        checks::require_unfrozen(&client, id.book).await?;
        let (page, next) = returns::page(&client, id, after, LINES, ledger::calendar::now()).await?;
        for account in &page {
            let tx = client.transaction().await?;
            match returns::give_back(&tx, account, ledger::calendar::now()).await {
                Ok(()) => tx.commit().await?,
                Err(Error::Refused(refusal)) => {
                    let code = &account.code;
                    tracing::info!(wind_up = %id, account = %code, "{code} does not go back yet: {}", refusal.detail);
                }
                Err(error) => return Err(error.into()),
            }
        }
        drop(client);
        self.settle_with(leased, async |tx, wall| returns::turn(tx, id, next, wall).await).await
    }
}
