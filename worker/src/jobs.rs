//! One function for each kind of job, in the file of its domain.
//!
//! Each looks at the state of things first, because it may run twice; each settles its job in the transaction of its
//! effect, because it may have lost its lease. What goes out (a mail, a call of a provider) goes out between two
//! transactions, under a name that is the same when it goes out again.

mod books;
mod challenges;
mod chargebacks;
mod cooperatives;
mod custodians;
mod fetching;
mod mailing;
mod matching;
mod milestones;
mod parties;
mod partners;
mod payers;
mod payout_files;
mod payouts;
mod plan_moves;
mod pledge_notices;
mod pledging;
mod provider_events;
mod refunds;
mod returnables;
mod second_factors;
mod treasury;
mod webhooks;
mod winding;
mod withdrawals;
mod yearly_receipts;

use crate::breaker::Breakers;
use crate::failure::Failure;
use crate::fault;
use crate::mail::Mailer;
use crate::outside::Outside;
use crate::rail::Rails;
use crate::screening::Screening;
use crate::together::Together;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::book::AccountNumber;
use ledger::engine::lane::Lanes;
use ledger::engine::pool::Pool;
use ledger::pledging::operations::beginnings::Beginning;
use ledger::service::job::Job;
use ledger::service::store::jobs::{self, Leased};
use url::Url;
use vault::Vault;

/// What a job may use: pool, shared questions, lanes, providers, mailer, and what is known of the services outside.
pub(crate) struct Context {
    pub(crate) pool: Pool,
    pub(crate) together: Together,
    pub(crate) lanes: Lanes,
    pub(crate) breakers: Breakers,
    pub(crate) rails: Rails,
    pub(crate) mailer: Mailer,
    pub(crate) screening: Option<Screening>,
    pub(crate) outside: Outside,
    /// Opens the secrets of endpoints.
    pub(crate) vault: Vault,
    pub(crate) public_url: Url,
    pub(crate) fault: fault::Points,
}

impl Context {
    /// Does a job whose payment has begun already, or any other, and settles it.
    pub(crate) async fn perform_begun(&self, leased: &Leased, begun: Option<Beginning>) -> Result<(), Failure> {
        match begun {
            Some(beginning) => self.charge_begun(leased, beginning).await,
            None => self.perform(leased).await,
        }
    }

    /// Does a job and settles it.
    pub(crate) async fn perform(&self, leased: &Leased) -> Result<(), Failure> {
        match &leased.job {
            Job::SendSignIn { email, token, code, expires_at } => {
                self.send_sign_in(leased, email, token, code.as_deref(), *expires_at).await
            }
            Job::ChargePledge { pledge, sequence } => self.charge_pledge(leased, *pledge, *sequence).await,
            Job::RetryCharge { charge, attempt } => self.retry_charge(leased, *charge, *attempt).await,
            Job::SettleReceivable { settlement } => self.settle_receivable(leased, *settlement).await,
            Job::SendReceipt { charge } => self.send_receipt(leased, *charge).await,
            Job::NotifyDecline { charge } => self.notify_decline(leased, *charge).await,
            Job::SendConsentLink { change, token } => self.send_consent_link(leased, *change, token).await,
            Job::SendPlanChange { change } => self.send_plan_change(leased, *change).await,
            Job::OpenChargeback { charge, wins } => self.open_chargeback(leased, *charge, *wins).await,
            Job::DecideChargeback { chargeback, wins } => self.decide_chargeback(leased, *chargeback, *wins).await,
            Job::AdvanceChargeback { chargeback } => self.advance_chargeback(leased, *chargeback).await,
            Job::SendChargebackNotice { chargeback } => self.send_chargeback_notice(leased, *chargeback).await,
            Job::NotifyReviewers { claim } => self.notify_reviewers(leased, *claim).await,
            Job::CloseReview { claim } => self.close_review(leased, *claim).await,
            Job::ReleaseClaim { claim } => self.release_claim(leased, *claim).await,
            Job::SendReleaseNotice { release } => self.send_release_notice(leased, *release).await,
            Job::SendClaimNotice { claim, dispute, event } => {
                self.send_claim_notice(leased, *claim, *dispute, event).await
            }
            Job::AdvanceDistribution { distribution } => self.advance_distribution(leased, *distribution).await,
            Job::IssueStatements { distribution } => self.issue_statements(leased, *distribution).await,
            Job::SendStatement { statement } => self.send_statement(leased, *statement).await,
            Job::AdvanceChallenge { challenge } => self.advance_challenge(leased, *challenge).await,
            Job::TellEntrants { challenge, version, news, reason, after } => {
                self.tell_entrants(leased, (*challenge, *version), (*news, reason), *after).await
            }
            Job::SendShareNotice { plan, revision, state } => {
                self.send_share_notice(leased, *plan, *revision, state).await
            }
            Job::AdvanceMatchingRound { round } => self.advance_matching_round(leased, *round).await,
            Job::ExpireHold { hold } => self.expire_hold(leased, *hold).await,
            Job::RecordCapture { charge, partner, event_id, provider_reference, came } => {
                self.record_capture(leased, *charge, *partner, (event_id, provider_reference), *came).await
            }
            Job::RecordAnswer { charge, attempt } => self.record_answer(leased, *charge, *attempt).await,
            Job::RecordContribution { contribution, provider_reference, actor } => {
                self.record_contribution(leased, *contribution, provider_reference, *actor).await
            }
            Job::RecordEntryFee { entrant, custodian, provider_reference, actor } => {
                self.record_entry_fee(leased, *entrant, *custodian, provider_reference, *actor).await
            }
            Job::SendFreezeNotice { freeze } => self.send_freeze_notice(leased, *freeze).await,
            Job::SendCardTestingNotice { partner, since } => {
                self.send_card_testing_notice(leased, *partner, *since).await
            }
            Job::NotifyPledge { pledge, since, again } => self.notify_pledge(leased, *pledge, *since, *again).await,
            Job::AdvanceCampaign { campaign } => self.advance_campaign(leased, *campaign).await,
            Job::SendInvitation { invitation, token } => self.send_invitation(leased, *invitation, token).await,
            Job::AdvanceWithdrawal { withdrawal, after } => self.advance_withdrawal(leased, *withdrawal, *after).await,
            Job::AdvanceCustodianFreeze { freeze, after } => {
                self.advance_custodian_freeze(leased, *freeze, *after).await
            }
            Job::SendCustodianNotice { freeze } => self.send_custodian_notice(leased, *freeze).await,
            Job::SendHoldNotice { pledge, freeze } => self.send_hold_notice(leased, *pledge, *freeze).await,
            Job::AdvanceBankAccount { account } => self.advance_bank_account(leased, *account).await,
            Job::SendBankAccountNotice { account } => self.send_bank_account_notice(leased, *account).await,
            Job::AdvancePayout { payout } => self.advance_payout(leased, *payout).await,
            Job::ScreenPayout { payout } => self.screen_payout(leased, *payout).await,
            Job::SendPayout { payout } => self.send_payout(leased, *payout).await,
            Job::AnswerPayout { payout, comes_back } => self.answer_payout(leased, *payout, *comes_back).await,
            Job::ImportStatementFile { file } => self.import_statement_file(leased, *file).await,
            Job::SendPayoutNotice { payout } => self.send_payout_notice(leased, *payout).await,
            Job::SendBankAccountLink { account, token } => self.send_bank_account_link(leased, *account, token).await,
            Job::AskForBankAccount { payout } => self.ask_for_bank_account(leased, *payout).await,
            Job::GatherPayouts { run, after } => self.gather_payouts(leased, *run, AccountNumber(*after)).await,
            Job::AdvancePayoutRun { run, after } => self.advance_payout_run(leased, *run, *after).await,
            Job::SendPayoutRun { like, after, lines } => self.send_payout_run(leased, *like, *after, *lines).await,
            Job::BuildPayoutFile { file } => self.build_payout_file(leased, *file).await,
            Job::EndPayoutFile { file } => self.end_payout_file(leased, *file).await,
            Job::AdvanceSecondFactorReset { person, reset } => {
                self.advance_second_factor_reset(leased, *person, *reset).await
            }
            Job::SendSecondFactorNotice { person, news, at } => {
                self.send_second_factor_notice(leased, *person, *news, *at).await
            }
            Job::SendRoleNotice { organisation, person, role, challenge } => {
                self.send_role_notice(leased, (*organisation, *person, role), *challenge).await
            }
            Job::SendEntryNotice { entrant, appeal } => self.send_entry_notice(leased, *entrant, *appeal).await,
            Job::SendObjectionNotice { distribution, state, answer } => {
                self.send_objection_notice(leased, *distribution, state, answer).await
            }
            Job::TellMembers { distribution, after } => self.tell_members(leased, *distribution, *after).await,
            Job::FetchEvidence { fetch } => self.fetch_evidence(leased, *fetch).await,
            Job::SendWebhooks { endpoint, round } => self.send_webhooks(leased, *endpoint, *round).await,
            Job::TryWebhooks { endpoint, round } => self.try_webhooks(leased, *endpoint, *round).await,
            Job::SendEndpointNotice { endpoint, version } => {
                self.send_endpoint_notice(leased, *endpoint, *version).await
            }
            Job::ReturnSuspense { item } => self.return_suspense(leased, *item).await,
            Job::AdvancePlanMove { plan_move } => self.advance_plan_move(leased, *plan_move).await,
            Job::SendPlanMove { plan_move, version, token } => {
                self.send_plan_move(leased, *plan_move, *version, token).await
            }
            Job::EndPledges { wind_up, after } => self.end_pledges(leased, *wind_up, *after).await,
            Job::ReturnLines { wind_up, after } => self.return_lines(leased, *wind_up, after).await,
            Job::IssueYearlyReceipts { year, as_of, after } => {
                self.issue_yearly_receipts(leased, *year, *as_of, *after).await
            }
            Job::SendYearlyReceipt { receipt } => self.send_yearly_receipt(leased, *receipt).await,
            Job::EraseMails { donor } => self.erase_mails(leased, *donor).await,
            Job::TakeProviderEvent { provider, event_id } => self.take_provider_event(leased, provider, event_id).await,
            Job::SendRefund { refund } => self.send_refund(leased, *refund).await,
            Job::SendRefundNotice { refund } => self.send_refund_notice(leased, *refund).await,
            Job::TellReturnable { campaign, after } => self.tell_returnable(leased, *campaign, *after).await,
            Job::SendReturnableNotice { pledge, campaign } => {
                self.send_returnable_notice(leased, *pledge, *campaign).await
            }
            Job::ReturnCampaign { campaign, after } => self.return_campaign(leased, *campaign, *after).await,
        }
    }

    /// Runs the effect of a job and settles the job, in one transaction: both are written, or neither. The effect gets
    /// the transaction and the wall clock. What it returned is for the log, after the commit.
    ///
    /// When another attempt has the lease by now, the job cannot be settled, and the effect is undone.
    async fn settle_with<T, E>(
        &self,
        leased: &Leased,
        effect: impl AsyncFnOnce(&Transaction<'_>, Timestamp) -> Result<T, E>,
    ) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let wall = ledger::calendar::now();
        let done = effect(&tx, wall).await?;
        jobs::settle(&tx, leased, wall).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Settles a job whose effect is outside the database, or that has nothing to do.
    async fn settle(&self, leased: &Leased) -> Result<(), Failure> {
        Ok(self.together.settle(leased.id, leased.attempt).await?)
    }

    /// The address of a page of this installation, for a mail to link to.
    fn link(&self, path: &str) -> Url {
        let mut link = self.public_url.clone();
        link.set_path(&format!("{}/{path}", self.public_url.path().trim_end_matches('/')));
        link
    }
}

#[cfg(test)]
mod tests;
