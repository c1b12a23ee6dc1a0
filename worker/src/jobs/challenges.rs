//! Jobs of challenges: what happens when the time of a state has passed, and reports that waited for a frozen book.

use super::Context;
use crate::failure::Failure;
use ledger::challenges::operations::{challenges, purses, submissions};
use ledger::id::{ChallengeId, EntrantId, OrganisationId, PurseContributionId};
use ledger::service::store::activity::Actor;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Does what the rules of the challenge say when the time of its state has passed: close submissions, rank, award,
    /// or give it up.
    pub(super) async fn advance_challenge(&self, leased: &Leased, challenge: ChallengeId) -> Result<(), Failure> {
        let advanced =
            self.settle_with(leased, async |tx, wall| challenges::advance(tx, challenge, wall).await).await?;
        tracing::info!(job = %leased.id, %challenge, "after its deadline {challenge} is {}", advanced.state.as_str());
        Ok(())
    }

    /// Writes down the contribution to a purse that was reported while the book was frozen, as of then: when the job fell due.
    pub(super) async fn record_contribution(
        &self,
        leased: &Leased,
        contribution: PurseContributionId,
        provider_reference: &str,
        actor: Actor,
    ) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| {
            purses::capture(tx, contribution, provider_reference.to_owned(), actor, Some(leased.due_at), wall).await
        })
        .await?;
        Ok(())
    }

    /// Writes down the entry fee that was reported while the book was frozen, as of then. Reported twice, it is refused the
    /// second time.
    pub(super) async fn record_entry_fee(
        &self,
        leased: &Leased,
        entrant: EntrantId,
        custodian: OrganisationId,
        provider_reference: &str,
        actor: Actor,
    ) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| {
            submissions::capture_fee(tx, entrant, custodian, provider_reference, actor, Some(leased.due_at), wall).await
        })
        .await?;
        Ok(())
    }
}
