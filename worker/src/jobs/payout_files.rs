//! Jobs of files for banks: their payouts are sent, or fail, some pages at a time.

use super::Context;
use crate::failure::Failure;
use ledger::id::{PayoutFileId, PayoutId};
use ledger::payouts::operations::payout_file_pages::{self as pages, PAGE, PAGES};
use ledger::payouts::operations::run_files;
use ledger::payouts::rules::payout_file::{FileState, PayoutFile};
use ledger::service::store::jobs::Leased;

impl Context {
    /// Makes files of a run after the first, all of a page of its payouts or none.
    pub(super) async fn send_payout_run(
        &self,
        leased: &Leased,
        like: PayoutFileId,
        after: PayoutId,
        lines: i32,
    ) -> Result<(), Failure> {
        let go_on =
            async |tx: &deadpool_postgres::Transaction<'_>, wall| run_files::go_on(tx, like, after, lines, wall).await;
        let files = self.settle_with(leased, go_on).await?;
        tracing::info!(job = %leased.id, file = %like, "{files} more files of a run as {like} are to be built");
        Ok(())
    }

    /// Sends payouts of a file, each page in a transaction of its own; the last page settles the job. What still waits is for another
    /// job.
    pub(super) async fn build_payout_file(&self, leased: &Leased, id: PayoutFileId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        for _ in 1..PAGES {
            let tx = client.transaction().await?;
            let file = pages::build(&tx, id, PAGE, ledger::calendar::now()).await?;
            tx.commit().await?;
            if file.state != FileState::Building {
                break;
            }
        }
        drop(client);
        let last = async |tx: &deadpool_postgres::Transaction<'_>, wall| {
            let file = pages::build(tx, id, PAGE, wall).await?;
            if file.state == FileState::Building {
                pages::go_on(tx, &file, wall).await?;
            }
            Ok::<PayoutFile, ledger::Error>(file)
        };
        let file = self.settle_with(leased, last).await?;
        let (sent, left_out) = (file.sent, file.left_out);
        tracing::info!(job = %leased.id, file = %id, "payout file {id} is {}: {sent} sent, {left_out} left out", file.state.word());
        Ok(())
    }

    /// Lets payouts of a file fail, each page in a transaction of its own.
    pub(super) async fn end_payout_file(&self, leased: &Leased, id: PayoutFileId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let mut has_more = true;
        for _ in 1..PAGES {
            let tx = client.transaction().await?;
            has_more = pages::end(&tx, id, PAGE, ledger::calendar::now()).await?;
            tx.commit().await?;
            if !has_more {
                break;
            }
        }
        drop(client);
        let job = leased.id;
        self.settle_with(leased, async |tx, wall| {
            if has_more && pages::end(tx, id, PAGE, wall).await? {
                pages::go_on_ending(tx, id, job, wall).await?;
            }
            Ok::<(), ledger::Error>(())
        })
        .await?;
        tracing::info!(job = %leased.id, file = %id, "payouts of {id} have failed");
        Ok(())
    }
}
