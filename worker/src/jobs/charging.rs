//! Jobs that take money.
//!
//! An attempt is begun and committed before the provider is called, and its outcome is written, with its posting and the
//! settled job, in one transaction afterwards. A worker that dies in between leaves an attempt that is begun: the next
//! run gets the same attempt with the same reference, asks the provider what became of it, and calls only when the
//! provider never saw it.

use super::Doer;
use crate::failure::Failure;
use crate::rail::{ChargeRequest, Rail};
use jiff::Timestamp;
use ledger::engine::lane;
use ledger::engine::store::books;
use ledger::id::{ChargeId, PledgeId, SettlementId};
use ledger::pledging::operations::captures::{self, By};
use ledger::pledging::operations::charges::{self, Begun, Recorded};
use ledger::pledging::rules::charge::Outcome;
use ledger::service::store::jobs::{self, Leased};
use ledger::treasury::operations::settlements;

impl Doer {
    /// Makes the charge of a due payment, and tries it.
    pub(super) async fn charge_pledge(&self, leased: &Leased, pledge: PledgeId, sequence: i32) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let begun = charges::begin(&tx, pledge, sequence, Timestamp::now()).await?;
        tx.commit().await?;
        drop(client);
        self.attempt(leased, begun).await
    }

    /// Tries a declined charge again.
    pub(super) async fn retry_charge(&self, leased: &Leased, charge: ChargeId, attempt: i32) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let begun = charges::begin_retry(&tx, charge, attempt, Timestamp::now()).await?;
        tx.commit().await?;
        drop(client);
        self.attempt(leased, begun).await
    }

    async fn attempt(&self, leased: &Leased, begun: Begun) -> Result<(), Failure> {
        let (charge, request) = match begun {
            Begun::Nothing => return self.settle(leased).await,
            Begun::Try { charge, attempt, reference, amount, token } => {
                let at = Timestamp::now();
                (charge, ChargeRequest { book: charge.book, reference, attempt, token, amount, at })
            }
        };
        let book = books::get(&self.pool.get().await?, charge.book).await?;
        let provider = self.rails.of(book.mode)?;
        let outcome = take_once(provider, leased, &request).await?;
        self.fault.after_charge();
        if let Outcome::Captured { provider_reference } = &outcome
            && self.capture_by_lane(leased, charge, request.attempt, provider_reference).await?
        {
            return Ok(());
        }
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let wall = Timestamp::now();
        match charges::record_outcome(&tx, charge, request.attempt, outcome, wall).await? {
            Recorded::Already | Recorded::Captured | Recorded::Declined(_) => {}
            // Before the commit: when it fails, the next run asks the provider and comes here again.
            Recorded::Voided { .. } => provider.void(request.book, &request.reference, wall).await?,
        }
        jobs::settle(&tx, leased, wall).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes a plain capture through the lane of its book, with the job settled beside it. Says false, and has written
    /// nothing, when it is more than that, or something has changed meanwhile.
    async fn capture_by_lane(
        &self,
        leased: &Leased,
        charge: ChargeId,
        attempt: i32,
        provider_reference: &str,
    ) -> Result<bool, Failure> {
        let wall = Timestamp::now();
        let client = self.pool.get().await?;
        let drafted =
            captures::draft(&client, charge, By::Attempt(attempt), provider_reference.to_owned(), wall).await?;
        let Some(drafted) = drafted else { return Ok(false) };
        drop(client);
        let command = drafted.command([jobs::done_row(leased, wall)]);
        match self.lanes.command(charge.book, captures::key(charge), command).await {
            Ok(answer) => Ok(!answer.replayed && matches!(answer.outcome, lane::Outcome::Posted(_))),
            Err(ledger::Error::Stale(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

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

/// Asks before it calls whenever an earlier attempt of the job may have called already.
async fn take_once(rail: &dyn Rail, leased: &Leased, request: &ChargeRequest) -> Result<Outcome, Failure> {
    if leased.attempt > 1
        && let Some(outcome) = rail.find(request.book, &request.reference).await?
    {
        tracing::info!(job = %leased.id, "the provider knows {} already", request.reference);
        return Ok(outcome);
    }
    Ok(rail.charge(request).await?)
}
