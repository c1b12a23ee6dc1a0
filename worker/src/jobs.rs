//! One function for each kind of job, in the file of its domain.
//!
//! Each looks at the state of things first, because it may run twice; each settles its job in the transaction of its
//! effect, because it may have lost its lease. What goes out (a mail, a call of a provider) goes out between two
//! transactions, under a name that is the same when it goes out again.

mod between;
mod books;
mod calls;
mod challenges;
mod chargebacks;
mod cooperatives;
mod custodians;
mod desk;
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
mod programmes;
mod provider_events;
mod refunds;
mod returnables;
mod second_factors;
mod treasury;
mod votes;
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
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use ledger::book::AccountNumber;
use ledger::engine::lane::Lanes;
use ledger::engine::pool::Pool;
use ledger::parties::operations::join_requests::JoinNews;
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
        self.work_on(leased).await
    }

    /// A job as it is to be done, on the heap. What all kinds of jobs need together has no room on the stack of a thread, so that this is
    /// no async function: its frame is gone when the job begins.
    fn work_on<'a>(&'a self, leased: &'a Leased) -> BoxFuture<'a, Result<(), Failure>> {
        match &leased.job {
            Job::SendSignIn { email, token, code, expires_at, sign_up } => {
                Box::pin(self.send_sign_in(leased, email, token, code.as_deref(), *expires_at, *sign_up))
            }
            Job::ChargePledge { pledge, sequence } => Box::pin(self.charge_pledge(leased, *pledge, *sequence)),
            Job::RetryCharge { charge, attempt } => Box::pin(self.retry_charge(leased, *charge, *attempt)),
            Job::SettleReceivable { settlement } => Box::pin(self.settle_receivable(leased, *settlement)),
            Job::SendReceipt { charge } => Box::pin(self.send_receipt(leased, *charge)),
            Job::NotifyDecline { charge } => Box::pin(self.notify_decline(leased, *charge)),
            Job::SendConsentLink { change, token } => Box::pin(self.send_consent_link(leased, *change, token)),
            Job::SendPlanChange { change } => Box::pin(self.send_plan_change(leased, *change)),
            Job::OpenChargeback { charge, wins } => Box::pin(self.open_chargeback(leased, *charge, *wins)),
            Job::DecideChargeback { chargeback, wins } => Box::pin(self.decide_chargeback(leased, *chargeback, *wins)),
            Job::AdvanceChargeback { chargeback } => Box::pin(self.advance_chargeback(leased, *chargeback)),
            Job::SendChargebackNotice { chargeback } => Box::pin(self.send_chargeback_notice(leased, *chargeback)),
            Job::NotifyReviewers { claim } => Box::pin(self.notify_reviewers(leased, *claim)),
            Job::CloseReview { claim } => Box::pin(self.close_review(leased, *claim)),
            Job::ReleaseClaim { claim } => Box::pin(self.release_claim(leased, *claim)),
            Job::SendReleaseNotice { release } => Box::pin(self.send_release_notice(leased, *release)),
            Job::SendClaimNotice { claim, dispute, event } => {
                Box::pin(self.send_claim_notice(leased, *claim, *dispute, event))
            }
            Job::AdvanceDistribution { distribution } => Box::pin(self.advance_distribution(leased, *distribution)),
            Job::AdvanceRedemption { redemption } => Box::pin(self.advance_redemption(leased, *redemption)),
            Job::IssueStatements { distribution, after } => {
                Box::pin(self.issue_statements(leased, *distribution, *after))
            }
            Job::SendStatement { statement } => Box::pin(self.send_statement(leased, *statement)),
            Job::AdvanceChallenge { challenge } => Box::pin(self.advance_challenge(leased, *challenge)),
            Job::TellEntrants { challenge, version, news, reason, after } => {
                Box::pin(self.tell_entrants(leased, (*challenge, *version), (*news, reason), *after))
            }
            Job::SendShareNotice { plan, revision, state } => {
                Box::pin(self.send_share_notice(leased, *plan, *revision, state))
            }
            Job::AdvanceMatchingRound { round } => Box::pin(self.advance_matching_round(leased, *round)),
            Job::ExpireHold { hold } => Box::pin(self.expire_hold(leased, *hold)),
            Job::RecordCapture { charge, partner, event_id, provider_reference, came } => {
                Box::pin(self.record_capture(leased, *charge, *partner, (event_id, provider_reference), *came))
            }
            Job::RecordAnswer { charge, attempt } => Box::pin(self.record_answer(leased, *charge, *attempt)),
            Job::RecordContribution { contribution, provider_reference, actor } => {
                Box::pin(self.record_contribution(leased, *contribution, provider_reference, *actor))
            }
            Job::RecordEntryFee { entrant, custodian, provider_reference, actor } => {
                Box::pin(self.record_entry_fee(leased, *entrant, *custodian, provider_reference, *actor))
            }
            Job::SendFreezeNotice { freeze } => Box::pin(self.send_freeze_notice(leased, *freeze)),
            Job::SendCardTestingNotice { partner, since } => {
                Box::pin(self.send_card_testing_notice(leased, *partner, *since))
            }
            Job::NotifyPledge { pledge, since, again } => Box::pin(self.notify_pledge(leased, *pledge, *since, *again)),
            Job::AdvanceCampaign { campaign } => Box::pin(self.advance_campaign(leased, *campaign)),
            Job::SendInvitation { invitation, token } => Box::pin(self.send_invitation(leased, *invitation, token)),
            Job::AdvanceWithdrawal { withdrawal, after } => {
                Box::pin(self.advance_withdrawal(leased, *withdrawal, *after))
            }
            Job::AdvanceCustodianFreeze { freeze, after } => {
                Box::pin(self.advance_custodian_freeze(leased, *freeze, *after))
            }
            Job::SendCustodianNotice { freeze } => Box::pin(self.send_custodian_notice(leased, *freeze)),
            Job::SendHoldNotice { pledge, freeze } => Box::pin(self.send_hold_notice(leased, *pledge, *freeze)),
            Job::AdvanceBankAccount { account } => Box::pin(self.advance_bank_account(leased, *account)),
            Job::SendBankAccountNotice { account } => Box::pin(self.send_bank_account_notice(leased, *account)),
            Job::AdvancePayout { payout } => Box::pin(self.advance_payout(leased, *payout)),
            Job::ScreenPayout { payout } => Box::pin(self.screen_payout(leased, *payout)),
            Job::SendPayout { payout } => Box::pin(self.send_payout(leased, *payout)),
            Job::AnswerPayout { payout, comes_back } => Box::pin(self.answer_payout(leased, *payout, *comes_back)),
            Job::ImportStatementFile { file } => Box::pin(self.import_statement_file(leased, *file)),
            Job::SendPayoutNotice { payout } => Box::pin(self.send_payout_notice(leased, *payout)),
            Job::SendBankAccountLink { account, token } => {
                Box::pin(self.send_bank_account_link(leased, *account, token))
            }
            Job::AskForBankAccount { payout } => Box::pin(self.ask_for_bank_account(leased, *payout)),
            Job::GatherPayouts { run, after } => Box::pin(self.gather_payouts(leased, *run, AccountNumber(*after))),
            Job::AdvancePayoutRun { run, after } => Box::pin(self.advance_payout_run(leased, *run, *after)),
            Job::SendPayoutRun { like, after, lines } => Box::pin(self.send_payout_run(leased, *like, *after, *lines)),
            Job::BuildPayoutFile { file } => Box::pin(self.build_payout_file(leased, *file)),
            Job::EndPayoutFile { file } => Box::pin(self.end_payout_file(leased, *file)),
            Job::AdvanceSecondFactorReset { person, reset } => {
                Box::pin(self.advance_second_factor_reset(leased, *person, *reset))
            }
            Job::SendSecondFactorNotice { person, news, at } => {
                Box::pin(self.send_second_factor_notice(leased, *person, *news, *at))
            }
            Job::SendRoleNotice { organisation, person, role, challenge } => {
                Box::pin(self.send_role_notice(leased, (*organisation, *person, role), *challenge))
            }
            Job::SendJoinNotice { request, answered, lapsed } => {
                let news = JoinNews::of(*answered, *lapsed);
                Box::pin(self.send_join_notice(leased, *request, news))
            }
            Job::TellTasks { day, after } => Box::pin(self.tell_tasks(leased, *day, *after)),
            Job::SendTasks { person, day } => Box::pin(self.send_tasks(leased, *person, *day)),
            Job::SendApplicationNotice { application, state } => {
                Box::pin(self.send_application_notice(leased, *application, state))
            }
            Job::ReckonLoop { campaign } => Box::pin(self.reckon_loop(leased, *campaign)),
            Job::AdvanceProposal { proposal } => Box::pin(self.advance_proposal(leased, *proposal)),
            Job::LapseAffiliation { affiliation } => Box::pin(self.lapse_affiliation(leased, *affiliation)),
            Job::CarryRemittance { remittance } => Box::pin(self.carry_remittance(leased, *remittance)),
            Job::AnswerRemittance { incoming } => Box::pin(self.answer_remittance(leased, *incoming)),
            Job::TellElectors { proposal, state, after } => {
                Box::pin(self.tell_electors(leased, *proposal, state, *after))
            }
            Job::AdvanceMilestoneCall { call } => Box::pin(self.advance_milestone_call(leased, *call)),
            Job::SendEntryNotice { entrant, appeal } => Box::pin(self.send_entry_notice(leased, *entrant, *appeal)),
            Job::SendObjectionNotice { distribution, state, answer } => {
                Box::pin(self.send_objection_notice(leased, *distribution, state, answer))
            }
            Job::TellMembers { distribution, after } => Box::pin(self.tell_members(leased, *distribution, *after)),
            Job::FetchEvidence { fetch } => Box::pin(self.fetch_evidence(leased, *fetch)),
            Job::SendWebhooks { endpoint, round } => Box::pin(self.send_webhooks(leased, *endpoint, *round)),
            Job::TryWebhooks { endpoint, round } => Box::pin(self.try_webhooks(leased, *endpoint, *round)),
            Job::SendEndpointNotice { endpoint, version } => {
                Box::pin(self.send_endpoint_notice(leased, *endpoint, *version))
            }
            Job::ReturnSuspense { item } => Box::pin(self.return_suspense(leased, *item)),
            Job::AdvancePlanMove { plan_move } => Box::pin(self.advance_plan_move(leased, *plan_move)),
            Job::SendPlanMove { plan_move, version, token } => {
                Box::pin(self.send_plan_move(leased, *plan_move, *version, token))
            }
            Job::EndPledges { wind_up, after } => Box::pin(self.end_pledges(leased, *wind_up, *after)),
            Job::ReturnLines { wind_up, after } => Box::pin(self.return_lines(leased, *wind_up, after)),
            Job::IssueYearlyReceipts { year, as_of, after } => {
                Box::pin(self.issue_yearly_receipts(leased, *year, *as_of, *after))
            }
            Job::SendYearlyReceipt { receipt } => Box::pin(self.send_yearly_receipt(leased, *receipt)),
            Job::EraseMails { donor } => Box::pin(self.erase_mails(leased, *donor)),
            Job::TakeProviderEvent { provider, event_id } => {
                Box::pin(self.take_provider_event(leased, provider, event_id))
            }
            Job::SendRefund { refund } => Box::pin(self.send_refund(leased, *refund)),
            Job::SendRefundNotice { refund } => Box::pin(self.send_refund_notice(leased, *refund)),
            Job::TellReturnable { campaign, after } => Box::pin(self.tell_returnable(leased, *campaign, *after)),
            Job::SendReturnableNotice { pledge, campaign } => {
                Box::pin(self.send_returnable_notice(leased, *pledge, *campaign))
            }
            Job::ReturnCampaign { campaign, after } => Box::pin(self.return_campaign(leased, *campaign, *after)),
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
