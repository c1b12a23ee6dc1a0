//! What the worker can be asked to do later: one variant each, and how long it may take.
//!
//! A job is written by the operation that needs it, in the same transaction, and is done at least once. So every job
//! must bear being done twice: it looks at the state of things first, and settles in the transaction of its effect.

use crate::id::{
    AffiliationId, AppealId, BankAccountId, BookId, CampaignId, ChallengeId, ChargeId, ChargebackId, ClaimId,
    CustodianFreezeId, DisputeId, DistributionId, DonorId, EntrantId, EvidenceFetchId, HoldId, IncomingRemittanceId,
    InvitationId, JoinRequestId, MatchingRoundId, MilestoneApplicationId, MilestoneCallId, OrganisationId,
    PayoutFileId, PayoutId, PayoutRunId, PersonId, PlanChangeId, PlanMoveId, PledgeId, ProposalId, PurseContributionId,
    RedemptionId, RefundId, ReleaseId, RemittanceId, SettlementId, SharePlanId, StatementFileId, StatementId,
    SuspenseId, WebhookEndpointId, WindUpId, WithdrawalId, YearlyReceiptId,
};
use crate::service::store::activity::Actor;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;
use uuid::Uuid;

/// One thing to do. Its JSON (`{"kind": "charge_pledge", …}`) is what the database keeps.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Send the link that signs a person in, if somebody has the address or asks to be somebody.
    SendSignIn {
        /// The address to which it goes, known or not.
        email: String,
        /// The secret in the link; it leaves the database when the mail is sent.
        token: String,
        /// What may be typed instead in the browser that asked, if one did; it leaves the database with the token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Wall clock after which the link is worthless, and so the mail.
        expires_at: Timestamp,
        /// Whether whoever has the address asks to sign up with it, if nobody here has it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        sign_up: bool,
    },
    /// Make the charge of one due payment of a plan, and try it.
    ChargePledge {
        /// The plan.
        pledge: PledgeId,
        /// Number of the payment within the plan, from 1.
        sequence: i32,
    },
    /// Try a declined charge again.
    RetryCharge {
        /// The charge.
        charge: ChargeId,
        /// Which attempt this is; the first one was 1.
        attempt: i32,
    },
    /// The captured charges of a custodian's day arrive as cash.
    SettleReceivable {
        /// The day's settlement.
        settlement: SettlementId,
    },
    /// Tell the donor that the money came.
    SendReceipt {
        /// The captured charge.
        charge: ChargeId,
    },
    /// Tell the donor that a payment was declined, and what happens next.
    NotifyDecline {
        /// The declined charge.
        charge: ChargeId,
    },
    /// Send the donor the link by which a change of the plan is consented to.
    SendConsentLink {
        /// The change that waits.
        change: PlanChangeId,
        /// The secret in the link; it leaves the database when the mail is sent.
        token: String,
    },
    /// Tell the donor that the plan has changed.
    SendPlanChange {
        /// The change that was applied.
        change: PlanChangeId,
    },
    /// The sandbox's provider takes a charge back.
    OpenChargeback {
        /// The captured charge.
        charge: ChargeId,
        /// How the provider will decide: whether it gives the money back.
        wins: bool,
    },
    /// The sandbox's provider decides a chargeback.
    DecideChargeback {
        /// The chargeback.
        chargeback: ChargebackId,
        /// Whether it gives the money back.
        wins: bool,
    },
    /// Do what falls due of a chargeback: its money leaves, its time runs out, its loss is borne.
    AdvanceChargeback {
        /// The chargeback.
        chargeback: ChargebackId,
    },
    /// Tell the host how a chargeback stands.
    SendChargebackNotice {
        /// The chargeback.
        chargeback: ChargebackId,
    },
    /// Tell the reviewers that a claim waits for them.
    NotifyReviewers {
        /// The claim.
        claim: ClaimId,
    },
    /// Nobody reviewed a claim in time: do what its policy says.
    CloseReview {
        /// The claim.
        claim: ClaimId,
    },
    /// The objection window of an approved claim has passed: release its money.
    ReleaseClaim {
        /// The claim.
        claim: ClaimId,
    },
    /// Tell the team that money was released.
    SendReleaseNotice {
        /// The release.
        release: ReleaseId,
    },
    /// Tell people what became of a claim, or of a dispute about it.
    SendClaimNotice {
        /// The claim.
        claim: ClaimId,
        /// The dispute; none where it is the claim itself.
        dispute: Option<DisputeId>,
        /// The word of what has happened.
        event: String,
    },
    /// A deadline of a distribution has passed: post what is approved, withdraw what nobody acted on.
    AdvanceDistribution {
        /// The distribution.
        distribution: DistributionId,
    },
    /// A redemption is posted by a series of entries: post the next ones.
    AdvanceRedemption {
        /// The redemption.
        redemption: RedemptionId,
    },
    /// A distribution is in the book: give every member a statement.
    IssueStatements {
        /// The distribution.
        distribution: DistributionId,
        /// The number of the last member who has one; 0 where nobody has.
        #[serde(default)]
        after: i32,
    },
    /// Mail a member its statement.
    SendStatement {
        /// The statement.
        statement: StatementId,
    },
    /// The time of a challenge's state has passed: do what its rules say.
    AdvanceChallenge {
        /// The challenge.
        challenge: ChallengeId,
    },
    /// Tell the teams in a challenge something, a page of them.
    TellEntrants {
        /// The challenge.
        challenge: ChallengeId,
        /// Its version then: it names the mail.
        version: i64,
        /// What they are told.
        news: ChallengeNews,
        /// Why, as whoever did it said; may be empty.
        reason: String,
        /// The entry after which the page begins; none for the first.
        after: Option<EntrantId>,
    },
    /// Tell people how the share plan of a submission stands.
    SendShareNotice {
        /// The plan.
        plan: SharePlanId,
        /// The revision of its parts then.
        revision: i32,
        /// The word of its state then: when it stands otherwise by now, nothing is told.
        state: String,
    },
    /// The time of a matching round's state has passed: tally it, publish it, make it final, pay it.
    AdvanceMatchingRound {
        /// The round.
        round: MatchingRoundId,
    },
    /// A hold's time is over: its money is free again.
    ExpireHold {
        /// The hold.
        hold: HoldId,
    },
    /// A partner has reported a capture while the book was frozen: write it down.
    RecordCapture {
        /// The charge.
        charge: ChargeId,
        /// The partner that has the money.
        partner: OrganisationId,
        /// How the partner names the event.
        event_id: String,
        /// How the partner names the payment.
        provider_reference: String,
        /// What a payment in another currency came to, minor units; none when that was not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        came: Option<i64>,
    },
    /// A provider tells the outcome of an attempt by itself: write it down, unless it is known.
    RecordAnswer {
        /// The charge.
        charge: ChargeId,
        /// Number of the attempt, from 1.
        attempt: i32,
    },
    /// The money of a contribution to a purse was reported while the book was frozen: write it down.
    RecordContribution {
        /// The contribution.
        contribution: PurseContributionId,
        /// How its custodian names the payment.
        provider_reference: String,
        /// Who reported it.
        actor: Actor,
    },
    /// An entry fee was reported while the book was frozen: write it down.
    RecordEntryFee {
        /// The entry.
        entrant: EntrantId,
        /// Who has the money.
        custodian: OrganisationId,
        /// How the custodian names the payment.
        provider_reference: String,
        /// Who reported it.
        actor: Actor,
    },
    /// Tell the operators that a book differs from itself and is frozen.
    SendFreezeNotice {
        /// Which freeze of the book, from 1.
        freeze: i32,
    },
    /// Tell the people of a partner that somebody tries cards through it.
    SendCardTestingNotice {
        /// The partner.
        partner: OrganisationId,
        /// When a try was refused, by the wall clock.
        since: Timestamp,
    },
    /// Tell the donor how a pledge stands that is not charged any more, and what they can do.
    NotifyPledge {
        /// The pledge.
        pledge: PledgeId,
        /// Since when it stands so, in book time: when it stands otherwise by then, nothing is told.
        since: Timestamp,
        /// Whether the donor was told before: it is a reminder.
        again: bool,
    },
    /// The last day of a campaign has ended, or the time of its pending payments: reach its verdict.
    AdvanceCampaign {
        /// The campaign.
        campaign: CampaignId,
    },
    /// Send the link by which a role is accepted.
    SendInvitation {
        /// The invitation.
        invitation: InvitationId,
        /// The secret in the link; it leaves the database when the mail is sent.
        token: String,
    },
    /// Let the provider send a refund, or ask it what became of one; end one whose partner did not report it.
    SendRefund {
        /// The refund.
        refund: RefundId,
    },
    /// Tell the donor that a refund is on its way.
    SendRefundNotice {
        /// The refund.
        refund: RefundId,
    },
    /// Give back what the fund of a closed campaign holds, a page of pledges.
    ReturnCampaign {
        /// The campaign.
        campaign: CampaignId,
        /// The pledge after which the page begins; none for the first.
        after: Option<PledgeId>,
    },
    /// A partner or a rail is withdrawn, or there again: look at the plans that it collects, a page of pledges.
    AdvanceWithdrawal {
        /// The withdrawal.
        withdrawal: WithdrawalId,
        /// The pledge after which the page begins; none for the first.
        after: Option<PledgeId>,
    },
    /// What a custodian holds is frozen, or free again: look at the plans that it collects, a page of pledges.
    AdvanceCustodianFreeze {
        /// The freeze.
        freeze: CustodianFreezeId,
        /// The pledge after which the page begins; none for the first.
        after: Option<PledgeId>,
    },
    /// Tell the people of the host that what a custodian holds is frozen; again while it is.
    SendCustodianNotice {
        /// The freeze.
        freeze: CustodianFreezeId,
    },
    /// Tell the donor that the payments of a pledge wait while its custodian is frozen.
    SendHoldNotice {
        /// The pledge.
        pledge: PledgeId,
        /// The freeze.
        freeze: CustodianFreezeId,
    },
    /// Look whose money in the fund of a campaign nobody uses, and tell them, a page of pledges.
    TellReturnable {
        /// The campaign.
        campaign: CampaignId,
        /// The pledge after which the page begins; none for the first.
        after: Option<PledgeId>,
    },
    /// Tell the donor that money of a pledge is theirs to take back or to redirect.
    SendReturnableNotice {
        /// The pledge.
        pledge: PledgeId,
        /// In whose fund it lies.
        campaign: CampaignId,
    },
    /// The wait of a plan that is to move has ended: it stays where it is.
    AdvancePlanMove {
        /// The move.
        plan_move: PlanMoveId,
    },
    /// Tell the donor how a move of the plan stands, or ask for consent.
    SendPlanMove {
        /// The move.
        plan_move: PlanMoveId,
        /// Its version: when it stands otherwise by then, nothing is told.
        version: i64,
        /// The secret in the link by which it is consented to, which leaves the database when the mail is sent; empty when none is asked for.
        token: String,
    },
    /// Nobody has said whose payment money in suspense is: give it back.
    ReturnSuspense {
        /// The money.
        item: SuspenseId,
    },
    /// A book is wound up: end its pledges, a page, and tell their donors.
    EndPledges {
        /// The wind-up.
        wind_up: WindUpId,
        /// The pledge after which the page begins; none for the first.
        after: Option<PledgeId>,
    },
    /// A book is wound up: return what is due of its funds, purses and pools, a page of accounts.
    ReturnLines {
        /// The wind-up.
        wind_up: WindUpId,
        /// The code of the account after which the page begins; empty for the first.
        after: String,
    },
    /// A year is over: issue its receipts to donors who gave more than once, a page of donors.
    IssueYearlyReceipts {
        /// The year, in the zone of the book.
        year: i32,
        /// As of when, in book time: the moment at which it was due.
        as_of: Timestamp,
        /// The donor with whom the page begins; none for the first.
        after: Option<DonorId>,
    },
    /// Send the donor the receipt of a year.
    SendYearlyReceipt {
        /// The receipt.
        receipt: YearlyReceiptId,
    },
    /// A donor was erased: take away the mails too, those that were under way as well.
    EraseMails {
        /// The donor.
        donor: DonorId,
    },
    /// A provider says that something has happened: ask it what, and write that down.
    TakeProviderEvent {
        /// The provider, by the name of its rail.
        provider: String,
        /// How the provider names the event.
        event_id: String,
    },
    /// The time of a bank account's state has passed: reject what nobody confirmed, make active what has waited.
    AdvanceBankAccount {
        /// The account.
        account: BankAccountId,
    },
    /// Tell whoever keeps a payee that its bank account was given, confirmed or rejected, or is active.
    SendBankAccountNotice {
        /// The account.
        account: BankAccountId,
    },
    /// The time in which somebody should have sent a payout has passed: cancel it.
    AdvancePayout {
        /// The payout.
        payout: PayoutId,
    },
    /// Ask whoever screens payees about an approved payout.
    ScreenPayout {
        /// The payout.
        payout: PayoutId,
    },
    /// Hand a payout that was sent to the bank of a sandbox book.
    SendPayout {
        /// The payout.
        payout: PayoutId,
    },
    /// The bank of a sandbox book tells of a payout.
    AnswerPayout {
        /// The payout.
        payout: PayoutId,
        /// Whether the money comes back; else it leaves.
        comes_back: bool,
    },
    /// Let the lines of a statement file in, some pages of them.
    ImportStatementFile {
        /// The file.
        file: StatementFileId,
    },
    /// Tell whoever keeps a payee how a payout stands.
    SendPayoutNotice {
        /// The payout.
        payout: PayoutId,
    },
    /// Send a person who is paid the link by which a changed bank account is confirmed.
    SendBankAccountLink {
        /// The account.
        account: BankAccountId,
        /// The secret in the link; it leaves the database when the mail is sent.
        token: String,
    },
    /// Tell a payee without a bank account that something is to be paid to it.
    AskForBankAccount {
        /// The payout that waits for one.
        payout: PayoutId,
    },
    /// Ask for the payouts of a run, a page of accounts of what is owed.
    GatherPayouts {
        /// The run.
        run: PayoutRunId,
        /// The number of the account after which the page begins; 0 for the first.
        after: i32,
    },
    /// A run was approved, or given up: see to its payouts, a page of them.
    AdvancePayoutRun {
        /// The run.
        run: PayoutRunId,
        /// The payout after which the page begins; none for the first.
        after: Option<PayoutId>,
    },
    /// A whole run goes to a bank: make its files after the first, some hundreds of payouts.
    SendPayoutRun {
        /// The first file: the others are as it is.
        like: PayoutFileId,
        /// The last payout that was asked of a file.
        after: PayoutId,
        /// The most payouts of a file.
        lines: i32,
    },
    /// Send the payouts of a file, a page of those that wait.
    BuildPayoutFile {
        /// The file.
        file: PayoutFileId,
    },
    /// A file was withdrawn, or its bank rejected all of it: its payouts fail, a page.
    EndPayoutFile {
        /// The file.
        file: PayoutFileId,
    },
    /// The time of a reset of a second factor is over: it lapses, or the factor is removed.
    AdvanceSecondFactorReset {
        /// Whose factor it is.
        person: PersonId,
        /// The reset.
        reset: Uuid,
    },
    /// Tell a person what became of their second factor.
    SendSecondFactorNotice {
        /// Whose factor it is.
        person: PersonId,
        /// What became of it.
        news: FactorNews,
        /// When, by the wall clock.
        at: Timestamp,
    },
    /// Tell a person that they have a role in an organisation, or are on the panel of a challenge.
    SendRoleNotice {
        /// The organisation.
        organisation: OrganisationId,
        /// The person.
        person: PersonId,
        /// The word of the role.
        role: String,
        /// The challenge on whose panel the person is; none where it is the role alone.
        challenge: Option<ChallengeId>,
    },
    /// Tell the owners of an organisation that somebody asks to join it, or who asked that it was declined or has lapsed.
    SendJoinNotice {
        /// The request.
        request: JoinRequestId,
        /// Whether it is the answer.
        answered: bool,
        /// Whether it is due when the request lapses, for who asked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        lapsed: bool,
    },
    /// Look for whom something waits, a page of persons, and have each of them told, once a day.
    TellTasks {
        /// The day, in UTC.
        day: Date,
        /// The person after whom the page begins; none for the first.
        after: Option<PersonId>,
    },
    /// Tell a person what waits for them.
    SendTasks {
        /// The person.
        person: PersonId,
        /// The day, in UTC: on a later one nothing is told.
        day: Date,
    },
    /// Tell the owners of the host that a team applied, or the team what became of its application.
    SendApplicationNotice {
        /// The application.
        application: MilestoneApplicationId,
        /// The state that is told.
        state: String,
    },
    /// Let a call lapse about which the host has decided nothing in time.
    AdvanceMilestoneCall {
        /// The call.
        call: MilestoneCallId,
    },
    /// Reckon anew what the loop of a campaign brings in a month.
    ReckonLoop {
        /// The campaign.
        campaign: CampaignId,
    },
    /// Count the votes on a proposal whose last day is over, and do what has passed.
    AdvanceProposal {
        /// The proposal.
        proposal: ProposalId,
    },
    /// End an invitation to a federation that nobody answered in time.
    LapseAffiliation {
        /// The affiliation.
        affiliation: AffiliationId,
    },
    /// Offer to another book what a cooperative sent to it.
    CarryRemittance {
        /// The remittance.
        remittance: RemittanceId,
    },
    /// Tell the book that sent something how it was answered; what nobody answered in time is declined first.
    AnswerRemittance {
        /// The incoming remittance.
        incoming: IncomingRemittanceId,
    },
    /// Tell a page of those who may vote on a proposal that they may, or what came of it.
    TellElectors {
        /// The proposal.
        proposal: ProposalId,
        /// The state that is told.
        state: String,
        /// The number of the member after whom the page begins.
        after: i32,
    },
    /// Tell a team that its entry was withdrawn, or what became of its appeal; and those who decide that one waits for them.
    SendEntryNotice {
        /// The entry.
        entrant: EntrantId,
        /// The appeal; none where it is the entry itself.
        appeal: Option<AppealId>,
    },
    /// Tell the members of a cooperative that they may object to a distribution, or that hours wait for one of them; a page of members.
    TellMembers {
        /// The distribution; none where hours wait.
        distribution: Option<DistributionId>,
        /// The number of the member after whom the page begins; 0 for the first.
        after: i32,
    },
    /// Tell whoever decides that a member objects to a distribution, or who objected what came of it.
    SendObjectionNotice {
        /// The distribution.
        distribution: DistributionId,
        /// The word of its state then: when it stands otherwise by now, nothing is told.
        state: String,
        /// What was said to it: the answer, or why it was given up; may be empty.
        answer: String,
    },
    /// Fetch an address that a person has named, and hash what comes.
    FetchEvidence {
        /// The fetch.
        fetch: EvidenceFetchId,
    },
    /// Send what is due to an endpoint of a partner.
    SendWebhooks {
        /// The endpoint.
        endpoint: WebhookEndpointId,
        /// Which of its jobs this is: only the last one sends.
        round: i64,
    },
    /// Send what is due to an endpoint of a partner that was slow, or failed, when it was last sent something.
    TryWebhooks {
        /// The endpoint.
        endpoint: WebhookEndpointId,
        /// Which of its jobs this is: only the last one sends.
        round: i64,
    },
    /// Tell the people of a partner that nothing more is sent to an endpoint of theirs.
    SendEndpointNotice {
        /// The endpoint.
        endpoint: WebhookEndpointId,
        /// Its version then: when it has changed since, nothing is told.
        version: i64,
    },
}

words! {
    /// What a person is told of their second factor.
    FactorNews, "news of a second factor" {
        /// It counts from now on.
        Enrolled = "enrolled",
        /// It was removed.
        Removed = "removed",
        /// A recovery code was used.
        RecoveryCodeUsed = "recovery_code_used",
        /// There are new recovery codes.
        CodesRenewed = "codes_renewed",
        /// Its reset was asked for.
        ResetAsked = "reset_asked",
        /// One operator has agreed to the reset.
        ResetApproved = "reset_approved",
        /// Two have: it is removed after a day.
        ResetWaits = "reset_waits",
        /// It was removed by the reset.
        ResetDone = "reset_done",
        /// Nothing comes of the reset.
        ResetEnded = "reset_ended",
    }
}

/// What teams in a challenge are told, or those who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeNews {
    /// Its rules changed: they agree, or withdraw.
    Rules,
    /// They have more time.
    Extension,
    /// It is given up.
    Cancellation,
    /// It is announced: told to its judges, and to the owners of its sponsors.
    Announcement,
    /// Its ranking is known, and may be appealed against.
    Ranking,
    /// Its submissions wait for scores: told to its judges.
    Judging,
}

impl ChallengeNews {
    /// Its word in the JSON of a job.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChallengeNews::Rules => "rules",
            ChallengeNews::Extension => "extension",
            ChallengeNews::Cancellation => "cancellation",
            ChallengeNews::Announcement => "announcement",
            ChallengeNews::Ranking => "ranking",
            ChallengeNews::Judging => "judging",
        }
    }
}

impl Job {
    /// Its kind.
    pub fn kind(&self) -> JobKind {
        match self {
            Job::SendSignIn { .. } => JobKind::SendSignIn,
            Job::ChargePledge { .. } => JobKind::ChargePledge,
            Job::RetryCharge { .. } => JobKind::RetryCharge,
            Job::SettleReceivable { .. } => JobKind::SettleReceivable,
            Job::SendReceipt { .. } => JobKind::SendReceipt,
            Job::NotifyDecline { .. } => JobKind::NotifyDecline,
            Job::SendConsentLink { .. } => JobKind::SendConsentLink,
            Job::SendPlanChange { .. } => JobKind::SendPlanChange,
            Job::OpenChargeback { .. } => JobKind::OpenChargeback,
            Job::DecideChargeback { .. } => JobKind::DecideChargeback,
            Job::AdvanceChargeback { .. } => JobKind::AdvanceChargeback,
            Job::SendChargebackNotice { .. } => JobKind::SendChargebackNotice,
            Job::NotifyReviewers { .. } => JobKind::NotifyReviewers,
            Job::CloseReview { .. } => JobKind::CloseReview,
            Job::ReleaseClaim { .. } => JobKind::ReleaseClaim,
            Job::SendReleaseNotice { .. } => JobKind::SendReleaseNotice,
            Job::SendClaimNotice { .. } => JobKind::SendClaimNotice,
            Job::AdvanceDistribution { .. } => JobKind::AdvanceDistribution,
            Job::AdvanceRedemption { .. } => JobKind::AdvanceRedemption,
            Job::IssueStatements { .. } => JobKind::IssueStatements,
            Job::SendStatement { .. } => JobKind::SendStatement,
            Job::AdvanceChallenge { .. } => JobKind::AdvanceChallenge,
            Job::TellEntrants { .. } => JobKind::TellEntrants,
            Job::SendShareNotice { .. } => JobKind::SendShareNotice,
            Job::AdvanceMatchingRound { .. } => JobKind::AdvanceMatchingRound,
            Job::ExpireHold { .. } => JobKind::ExpireHold,
            Job::RecordCapture { .. } => JobKind::RecordCapture,
            Job::RecordAnswer { .. } => JobKind::RecordAnswer,
            Job::RecordContribution { .. } => JobKind::RecordContribution,
            Job::RecordEntryFee { .. } => JobKind::RecordEntryFee,
            Job::SendFreezeNotice { .. } => JobKind::SendFreezeNotice,
            Job::SendCardTestingNotice { .. } => JobKind::SendCardTestingNotice,
            Job::NotifyPledge { .. } => JobKind::NotifyPledge,
            Job::AdvanceCampaign { .. } => JobKind::AdvanceCampaign,
            Job::SendInvitation { .. } => JobKind::SendInvitation,
            Job::SendRefund { .. } => JobKind::SendRefund,
            Job::SendRefundNotice { .. } => JobKind::SendRefundNotice,
            Job::ReturnCampaign { .. } => JobKind::ReturnCampaign,
            Job::TellReturnable { .. } => JobKind::TellReturnable,
            Job::SendReturnableNotice { .. } => JobKind::SendReturnableNotice,
            Job::EndPledges { .. } => JobKind::EndPledges,
            Job::ReturnLines { .. } => JobKind::ReturnLines,
            Job::IssueYearlyReceipts { .. } => JobKind::IssueYearlyReceipts,
            Job::SendYearlyReceipt { .. } => JobKind::SendYearlyReceipt,
            Job::EraseMails { .. } => JobKind::EraseMails,
            Job::AdvanceWithdrawal { .. } => JobKind::AdvanceWithdrawal,
            Job::AdvanceCustodianFreeze { .. } => JobKind::AdvanceCustodianFreeze,
            Job::SendCustodianNotice { .. } => JobKind::SendCustodianNotice,
            Job::SendHoldNotice { .. } => JobKind::SendHoldNotice,
            Job::TakeProviderEvent { .. } => JobKind::TakeProviderEvent,
            Job::ReturnSuspense { .. } => JobKind::ReturnSuspense,
            Job::AdvancePlanMove { .. } => JobKind::AdvancePlanMove,
            Job::SendPlanMove { .. } => JobKind::SendPlanMove,
            Job::AdvanceBankAccount { .. } => JobKind::AdvanceBankAccount,
            Job::SendBankAccountNotice { .. } => JobKind::SendBankAccountNotice,
            Job::AdvancePayout { .. } => JobKind::AdvancePayout,
            Job::ScreenPayout { .. } => JobKind::ScreenPayout,
            Job::SendPayout { .. } => JobKind::SendPayout,
            Job::AnswerPayout { .. } => JobKind::AnswerPayout,
            Job::ImportStatementFile { .. } => JobKind::ImportStatementFile,
            Job::SendPayoutNotice { .. } => JobKind::SendPayoutNotice,
            Job::SendBankAccountLink { .. } => JobKind::SendBankAccountLink,
            Job::AskForBankAccount { .. } => JobKind::AskForBankAccount,
            Job::GatherPayouts { .. } => JobKind::GatherPayouts,
            Job::AdvancePayoutRun { .. } => JobKind::AdvancePayoutRun,
            Job::SendPayoutRun { .. } => JobKind::SendPayoutRun,
            Job::BuildPayoutFile { .. } => JobKind::BuildPayoutFile,
            Job::EndPayoutFile { .. } => JobKind::EndPayoutFile,
            Job::AdvanceSecondFactorReset { .. } => JobKind::AdvanceSecondFactorReset,
            Job::SendSecondFactorNotice { .. } => JobKind::SendSecondFactorNotice,
            Job::SendRoleNotice { .. } => JobKind::SendRoleNotice,
            Job::SendJoinNotice { .. } => JobKind::SendJoinNotice,
            Job::TellTasks { .. } => JobKind::TellTasks,
            Job::SendTasks { .. } => JobKind::SendTasks,
            Job::SendApplicationNotice { .. } => JobKind::SendApplicationNotice,
            Job::AdvanceMilestoneCall { .. } => JobKind::AdvanceMilestoneCall,
            Job::ReckonLoop { .. } => JobKind::ReckonLoop,
            Job::AdvanceProposal { .. } => JobKind::AdvanceProposal,
            Job::LapseAffiliation { .. } => JobKind::LapseAffiliation,
            Job::CarryRemittance { .. } => JobKind::CarryRemittance,
            Job::AnswerRemittance { .. } => JobKind::AnswerRemittance,
            Job::TellElectors { .. } => JobKind::TellElectors,
            Job::SendEntryNotice { .. } => JobKind::SendEntryNotice,
            Job::TellMembers { .. } => JobKind::TellMembers,
            Job::SendObjectionNotice { .. } => JobKind::SendObjectionNotice,
            Job::FetchEvidence { .. } => JobKind::FetchEvidence,
            Job::SendWebhooks { .. } => JobKind::SendWebhooks,
            Job::TryWebhooks { .. } => JobKind::TryWebhooks,
            Job::SendEndpointNotice { .. } => JobKind::SendEndpointNotice,
        }
    }
}

/// Without secrets and the address of a sign-in, so that no log can print them.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Job::SendSignIn { expires_at, .. } => write!(f, "send_sign_in that works until {expires_at}"),
            Job::ChargePledge { pledge, sequence } => write!(f, "charge_pledge of {pledge}, payment {sequence}"),
            Job::RetryCharge { charge, attempt } => write!(f, "retry_charge of {charge}, attempt {attempt}"),
            Job::SettleReceivable { settlement } => write!(f, "settle_receivable of {settlement}"),
            Job::SendReceipt { charge } => write!(f, "send_receipt of {charge}"),
            Job::NotifyDecline { charge } => write!(f, "notify_decline of {charge}"),
            Job::SendConsentLink { change, .. } => write!(f, "send_consent_link of {change}"),
            Job::SendPlanChange { change } => write!(f, "send_plan_change of {change}"),
            Job::OpenChargeback { charge, .. } => write!(f, "open_chargeback of {charge}"),
            Job::DecideChargeback { chargeback, .. } => write!(f, "decide_chargeback of {chargeback}"),
            Job::AdvanceChargeback { chargeback } => write!(f, "advance_chargeback of {chargeback}"),
            Job::SendChargebackNotice { chargeback } => write!(f, "send_chargeback_notice of {chargeback}"),
            Job::NotifyReviewers { claim } => write!(f, "notify_reviewers of {claim}"),
            Job::CloseReview { claim } => write!(f, "close_review of {claim}"),
            Job::ReleaseClaim { claim } => write!(f, "release_claim of {claim}"),
            Job::SendReleaseNotice { release } => write!(f, "send_release_notice of {release}"),
            Job::SendClaimNotice { claim, event, .. } => write!(f, "send_claim_notice of {claim}, {event}"),
            Job::AdvanceDistribution { distribution } => write!(f, "advance_distribution of {distribution}"),
            Job::AdvanceRedemption { redemption } => write!(f, "advance_redemption of {redemption}"),
            Job::IssueStatements { distribution, .. } => write!(f, "issue_statements of {distribution}"),
            Job::SendStatement { statement } => write!(f, "send_statement of {statement}"),
            Job::AdvanceChallenge { challenge } => write!(f, "advance_challenge of {challenge}"),
            Job::TellEntrants { challenge, news, .. } => {
                write!(f, "tell_entrants of {challenge} the {}", news.as_str())
            }
            Job::SendShareNotice { plan, revision, state } => {
                write!(f, "send_share_notice of {plan}, revision {revision}, {state}")
            }
            Job::AdvanceMatchingRound { round } => write!(f, "advance_matching_round of {round}"),
            Job::ExpireHold { hold } => write!(f, "expire_hold of {hold}"),
            Job::RecordCapture { charge, provider_reference, .. } => {
                write!(f, "record_capture of {charge} as {provider_reference}")
            }
            Job::RecordAnswer { charge, attempt } => write!(f, "record_answer of {charge}, attempt {attempt}"),
            Job::RecordContribution { contribution, provider_reference, .. } => {
                write!(f, "record_contribution of {contribution} as {provider_reference}")
            }
            Job::RecordEntryFee { entrant, provider_reference, .. } => {
                write!(f, "record_entry_fee of {entrant} as {provider_reference}")
            }
            Job::SendFreezeNotice { freeze } => write!(f, "send_freeze_notice of freeze {freeze}"),
            Job::SendCardTestingNotice { partner, .. } => write!(f, "send_card_testing_notice to {partner}"),
            Job::NotifyPledge { pledge, since, .. } => write!(f, "notify_pledge of {pledge}, as since {since}"),
            Job::AdvanceCampaign { campaign } => write!(f, "advance_campaign of {campaign}"),
            Job::SendInvitation { invitation, .. } => write!(f, "send_invitation of {invitation}"),
            Job::SendRefund { refund } => write!(f, "send_refund of {refund}"),
            Job::SendRefundNotice { refund } => write!(f, "send_refund_notice of {refund}"),
            Job::ReturnCampaign { campaign, .. } => write!(f, "return_campaign of {campaign}"),
            Job::TellReturnable { campaign, .. } => write!(f, "tell_returnable of {campaign}"),
            Job::SendReturnableNotice { pledge, .. } => write!(f, "send_returnable_notice of {pledge}"),
            Job::EndPledges { wind_up, .. } => write!(f, "end_pledges of {wind_up}"),
            Job::ReturnLines { wind_up, after } => write!(f, "return_lines of {wind_up} after '{after}'"),
            Job::IssueYearlyReceipts { year, .. } => write!(f, "issue_yearly_receipts of {year}"),
            Job::SendYearlyReceipt { receipt } => write!(f, "send_yearly_receipt of {receipt}"),
            Job::EraseMails { donor } => write!(f, "erase_mails to {donor}"),
            Job::ReturnSuspense { item } => write!(f, "return_suspense of {item}"),
            Job::AdvancePlanMove { plan_move } => write!(f, "advance_plan_move of {plan_move}"),
            Job::SendPlanMove { plan_move, version, .. } => {
                write!(f, "send_plan_move of {plan_move}, version {version}")
            }
            Job::AdvanceBankAccount { account } => write!(f, "advance_bank_account of {account}"),
            Job::SendBankAccountNotice { account } => write!(f, "send_bank_account_notice of {account}"),
            Job::AdvancePayout { payout } => write!(f, "advance_payout of {payout}"),
            Job::ScreenPayout { payout } => write!(f, "screen_payout of {payout}"),
            Job::SendPayout { payout } => write!(f, "send_payout of {payout}"),
            Job::AnswerPayout { payout, .. } => write!(f, "answer_payout of {payout}"),
            Job::ImportStatementFile { file } => write!(f, "import_statement_file of {file}"),
            Job::SendPayoutNotice { payout } => write!(f, "send_payout_notice of {payout}"),
            Job::SendBankAccountLink { account, .. } => write!(f, "send_bank_account_link of {account}"),
            Job::AskForBankAccount { payout } => write!(f, "ask_for_bank_account for {payout}"),
            Job::GatherPayouts { run, after } => write!(f, "gather_payouts of {run} after account {after}"),
            Job::AdvancePayoutRun { run, .. } => write!(f, "advance_payout_run of {run}"),
            Job::SendPayoutRun { like, after, .. } => write!(f, "send_payout_run as {like} after {after}"),
            Job::BuildPayoutFile { file } => write!(f, "build_payout_file of {file}"),
            Job::EndPayoutFile { file } => write!(f, "end_payout_file of {file}"),
            Job::AdvanceSecondFactorReset { person, .. } => write!(f, "advance_second_factor_reset of {person}"),
            Job::SendSecondFactorNotice { person, news, .. } => {
                write!(f, "send_second_factor_notice to {person}: {news}")
            }
            Job::SendRoleNotice { organisation, person, role, .. } => {
                write!(f, "send_role_notice to {person}, {role} of {organisation}")
            }
            Job::SendJoinNotice { request, answered, lapsed } => {
                let answered = if *answered { ", answered" } else { "" };
                write!(f, "send_join_notice of {request}{answered}{}", if *lapsed { ", lapsed" } else { "" })
            }
            Job::TellTasks { day, .. } => write!(f, "tell_tasks of {day}"),
            Job::SendTasks { person, day } => write!(f, "send_tasks to {person} of {day}"),
            Job::SendApplicationNotice { application, state } => {
                write!(f, "send_application_notice of {application}, {state}")
            }
            Job::AdvanceMilestoneCall { call } => write!(f, "advance_milestone_call of {call}"),
            Job::ReckonLoop { campaign } => write!(f, "reckon_loop of {campaign}"),
            Job::AdvanceProposal { proposal } => write!(f, "advance_proposal of {proposal}"),
            Job::LapseAffiliation { affiliation } => write!(f, "lapse_affiliation of {affiliation}"),
            Job::CarryRemittance { remittance } => write!(f, "carry_remittance of {remittance}"),
            Job::AnswerRemittance { incoming } => write!(f, "answer_remittance of {incoming}"),
            Job::TellElectors { proposal, state, after } => {
                write!(f, "tell_electors of {proposal}, {state}, after member {after}")
            }
            Job::SendEntryNotice { entrant, .. } => write!(f, "send_entry_notice of {entrant}"),
            Job::TellMembers { after, .. } => write!(f, "tell_members after member {after}"),
            Job::SendObjectionNotice { distribution, state, .. } => {
                write!(f, "send_objection_notice of {distribution}, {state}")
            }
            Job::FetchEvidence { fetch } => write!(f, "fetch_evidence of {fetch}"),
            Job::SendWebhooks { endpoint, round } => write!(f, "send_webhooks to {endpoint}, round {round}"),
            Job::TryWebhooks { endpoint, round } => write!(f, "try_webhooks to {endpoint}, round {round}"),
            Job::SendEndpointNotice { endpoint, .. } => write!(f, "send_endpoint_notice of {endpoint}"),
            Job::AdvanceWithdrawal { withdrawal, .. } => write!(f, "advance_withdrawal of {withdrawal}"),
            Job::AdvanceCustodianFreeze { freeze, .. } => write!(f, "advance_custodian_freeze of {freeze}"),
            Job::SendCustodianNotice { freeze } => write!(f, "send_custodian_notice of {freeze}"),
            Job::SendHoldNotice { pledge, .. } => write!(f, "send_hold_notice of {pledge}"),
            Job::TakeProviderEvent { provider, event_id } => write!(f, "take_provider_event {event_id} of {provider}"),
        }
    }
}

/// The kinds of [`Job`], for limits, lists and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// [`Job::SendSignIn`]
    SendSignIn,
    /// [`Job::ChargePledge`]
    ChargePledge,
    /// [`Job::RetryCharge`]
    RetryCharge,
    /// [`Job::SettleReceivable`]
    SettleReceivable,
    /// [`Job::SendReceipt`]
    SendReceipt,
    /// [`Job::NotifyDecline`]
    NotifyDecline,
    /// [`Job::SendConsentLink`]
    SendConsentLink,
    /// [`Job::SendPlanChange`]
    SendPlanChange,
    /// [`Job::OpenChargeback`]
    OpenChargeback,
    /// [`Job::DecideChargeback`]
    DecideChargeback,
    /// [`Job::AdvanceChargeback`]
    AdvanceChargeback,
    /// [`Job::SendChargebackNotice`]
    SendChargebackNotice,
    /// [`Job::NotifyReviewers`]
    NotifyReviewers,
    /// [`Job::CloseReview`]
    CloseReview,
    /// [`Job::ReleaseClaim`]
    ReleaseClaim,
    /// [`Job::SendReleaseNotice`]
    SendReleaseNotice,
    /// [`Job::SendClaimNotice`]
    SendClaimNotice,
    /// [`Job::AdvanceDistribution`]
    AdvanceDistribution,
    /// [`Job::AdvanceRedemption`]
    AdvanceRedemption,
    /// [`Job::IssueStatements`]
    IssueStatements,
    /// [`Job::SendStatement`]
    SendStatement,
    /// [`Job::AdvanceChallenge`]
    AdvanceChallenge,
    /// [`Job::TellEntrants`]
    TellEntrants,
    /// [`Job::SendShareNotice`]
    SendShareNotice,
    /// [`Job::AdvanceMatchingRound`]
    AdvanceMatchingRound,
    /// [`Job::ExpireHold`]
    ExpireHold,
    /// [`Job::RecordCapture`]
    RecordCapture,
    /// [`Job::RecordAnswer`]
    RecordAnswer,
    /// [`Job::RecordContribution`]
    RecordContribution,
    /// [`Job::RecordEntryFee`]
    RecordEntryFee,
    /// [`Job::SendFreezeNotice`]
    SendFreezeNotice,
    /// [`Job::SendCardTestingNotice`]
    SendCardTestingNotice,
    /// [`Job::NotifyPledge`]
    NotifyPledge,
    /// [`Job::AdvanceCampaign`]
    AdvanceCampaign,
    /// [`Job::SendInvitation`]
    SendInvitation,
    /// [`Job::SendRefund`]
    SendRefund,
    /// [`Job::SendRefundNotice`]
    SendRefundNotice,
    /// [`Job::ReturnCampaign`]
    ReturnCampaign,
    /// [`Job::TellReturnable`]
    TellReturnable,
    /// [`Job::SendReturnableNotice`]
    SendReturnableNotice,
    /// [`Job::IssueYearlyReceipts`]
    IssueYearlyReceipts,
    /// [`Job::SendYearlyReceipt`]
    SendYearlyReceipt,
    /// [`Job::EraseMails`]
    EraseMails,
    /// [`Job::AdvanceWithdrawal`]
    AdvanceWithdrawal,
    /// [`Job::AdvanceCustodianFreeze`]
    AdvanceCustodianFreeze,
    /// [`Job::SendCustodianNotice`]
    SendCustodianNotice,
    /// [`Job::SendHoldNotice`]
    SendHoldNotice,
    /// [`Job::TakeProviderEvent`]
    TakeProviderEvent,
    /// [`Job::ReturnSuspense`]
    ReturnSuspense,
    /// [`Job::AdvancePlanMove`]
    AdvancePlanMove,
    /// [`Job::SendPlanMove`]
    SendPlanMove,
    /// [`Job::EndPledges`]
    EndPledges,
    /// [`Job::ReturnLines`]
    ReturnLines,
    /// [`Job::AdvanceBankAccount`]
    AdvanceBankAccount,
    /// [`Job::SendBankAccountNotice`]
    SendBankAccountNotice,
    /// [`Job::AdvancePayout`]
    AdvancePayout,
    /// [`Job::ScreenPayout`]
    ScreenPayout,
    /// [`Job::SendPayout`]
    SendPayout,
    /// [`Job::AnswerPayout`]
    AnswerPayout,
    /// [`Job::ImportStatementFile`]
    ImportStatementFile,
    /// [`Job::SendPayoutNotice`]
    SendPayoutNotice,
    /// [`Job::SendBankAccountLink`]
    SendBankAccountLink,
    /// [`Job::AskForBankAccount`]
    AskForBankAccount,
    /// [`Job::GatherPayouts`]
    GatherPayouts,
    /// [`Job::AdvancePayoutRun`]
    AdvancePayoutRun,
    /// [`Job::SendPayoutRun`]
    SendPayoutRun,
    /// [`Job::BuildPayoutFile`]
    BuildPayoutFile,
    /// [`Job::EndPayoutFile`]
    EndPayoutFile,
    /// [`Job::AdvanceSecondFactorReset`]
    AdvanceSecondFactorReset,
    /// [`Job::SendSecondFactorNotice`]
    SendSecondFactorNotice,
    /// [`Job::SendRoleNotice`]
    SendRoleNotice,
    /// [`Job::SendJoinNotice`]
    SendJoinNotice,
    /// [`Job::TellTasks`]
    TellTasks,
    /// [`Job::SendTasks`]
    SendTasks,
    /// [`Job::SendApplicationNotice`]
    SendApplicationNotice,
    /// [`Job::AdvanceMilestoneCall`]
    AdvanceMilestoneCall,
    /// [`Job::ReckonLoop`]
    ReckonLoop,
    /// [`Job::AdvanceProposal`]
    AdvanceProposal,
    /// [`Job::LapseAffiliation`]
    LapseAffiliation,
    /// [`Job::CarryRemittance`]
    CarryRemittance,
    /// [`Job::AnswerRemittance`]
    AnswerRemittance,
    /// [`Job::TellElectors`]
    TellElectors,
    /// [`Job::SendEntryNotice`]
    SendEntryNotice,
    /// [`Job::TellMembers`]
    TellMembers,
    /// [`Job::SendObjectionNotice`]
    SendObjectionNotice,
    /// [`Job::FetchEvidence`]
    FetchEvidence,
    /// [`Job::SendWebhooks`]
    SendWebhooks,
    /// [`Job::TryWebhooks`]
    TryWebhooks,
    /// [`Job::SendEndpointNotice`]
    SendEndpointNotice,
}

impl JobKind {
    /// All of them.
    pub const ALL: [JobKind; 89] = [
        JobKind::SendSignIn,
        JobKind::ChargePledge,
        JobKind::RetryCharge,
        JobKind::SettleReceivable,
        JobKind::SendReceipt,
        JobKind::NotifyDecline,
        JobKind::SendConsentLink,
        JobKind::SendPlanChange,
        JobKind::OpenChargeback,
        JobKind::DecideChargeback,
        JobKind::AdvanceChargeback,
        JobKind::SendChargebackNotice,
        JobKind::NotifyReviewers,
        JobKind::CloseReview,
        JobKind::ReleaseClaim,
        JobKind::SendReleaseNotice,
        JobKind::SendClaimNotice,
        JobKind::AdvanceDistribution,
        JobKind::AdvanceRedemption,
        JobKind::IssueStatements,
        JobKind::SendStatement,
        JobKind::AdvanceChallenge,
        JobKind::TellEntrants,
        JobKind::SendShareNotice,
        JobKind::AdvanceMatchingRound,
        JobKind::ExpireHold,
        JobKind::RecordCapture,
        JobKind::RecordAnswer,
        JobKind::RecordContribution,
        JobKind::RecordEntryFee,
        JobKind::SendFreezeNotice,
        JobKind::SendCardTestingNotice,
        JobKind::NotifyPledge,
        JobKind::AdvanceCampaign,
        JobKind::SendInvitation,
        JobKind::SendRefund,
        JobKind::SendRefundNotice,
        JobKind::ReturnCampaign,
        JobKind::TellReturnable,
        JobKind::SendReturnableNotice,
        JobKind::IssueYearlyReceipts,
        JobKind::SendYearlyReceipt,
        JobKind::EraseMails,
        JobKind::AdvanceWithdrawal,
        JobKind::AdvanceCustodianFreeze,
        JobKind::SendCustodianNotice,
        JobKind::SendHoldNotice,
        JobKind::TakeProviderEvent,
        JobKind::ReturnSuspense,
        JobKind::AdvancePlanMove,
        JobKind::SendPlanMove,
        JobKind::EndPledges,
        JobKind::ReturnLines,
        JobKind::AdvanceBankAccount,
        JobKind::SendBankAccountNotice,
        JobKind::AdvancePayout,
        JobKind::ScreenPayout,
        JobKind::SendPayout,
        JobKind::AnswerPayout,
        JobKind::ImportStatementFile,
        JobKind::SendPayoutNotice,
        JobKind::SendBankAccountLink,
        JobKind::AskForBankAccount,
        JobKind::GatherPayouts,
        JobKind::AdvancePayoutRun,
        JobKind::SendPayoutRun,
        JobKind::BuildPayoutFile,
        JobKind::EndPayoutFile,
        JobKind::AdvanceSecondFactorReset,
        JobKind::SendSecondFactorNotice,
        JobKind::SendRoleNotice,
        JobKind::SendJoinNotice,
        JobKind::TellTasks,
        JobKind::SendTasks,
        JobKind::SendApplicationNotice,
        JobKind::AdvanceMilestoneCall,
        JobKind::ReckonLoop,
        JobKind::AdvanceProposal,
        JobKind::LapseAffiliation,
        JobKind::CarryRemittance,
        JobKind::AnswerRemittance,
        JobKind::TellElectors,
        JobKind::SendEntryNotice,
        JobKind::TellMembers,
        JobKind::SendObjectionNotice,
        JobKind::FetchEvidence,
        JobKind::SendWebhooks,
        JobKind::TryWebhooks,
        JobKind::SendEndpointNotice,
    ];

    /// Its name in the database and in metrics: the tag of the job's JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            JobKind::SendSignIn => "send_sign_in",
            JobKind::ChargePledge => "charge_pledge",
            JobKind::RetryCharge => "retry_charge",
            JobKind::SettleReceivable => "settle_receivable",
            JobKind::SendReceipt => "send_receipt",
            JobKind::NotifyDecline => "notify_decline",
            JobKind::SendConsentLink => "send_consent_link",
            JobKind::SendPlanChange => "send_plan_change",
            JobKind::OpenChargeback => "open_chargeback",
            JobKind::DecideChargeback => "decide_chargeback",
            JobKind::AdvanceChargeback => "advance_chargeback",
            JobKind::SendChargebackNotice => "send_chargeback_notice",
            JobKind::NotifyReviewers => "notify_reviewers",
            JobKind::CloseReview => "close_review",
            JobKind::ReleaseClaim => "release_claim",
            JobKind::SendReleaseNotice => "send_release_notice",
            JobKind::SendClaimNotice => "send_claim_notice",
            JobKind::AdvanceDistribution => "advance_distribution",
            JobKind::AdvanceRedemption => "advance_redemption",
            JobKind::IssueStatements => "issue_statements",
            JobKind::SendStatement => "send_statement",
            JobKind::AdvanceChallenge => "advance_challenge",
            JobKind::TellEntrants => "tell_entrants",
            JobKind::SendShareNotice => "send_share_notice",
            JobKind::AdvanceMatchingRound => "advance_matching_round",
            JobKind::ExpireHold => "expire_hold",
            JobKind::RecordCapture => "record_capture",
            JobKind::RecordAnswer => "record_answer",
            JobKind::RecordContribution => "record_contribution",
            JobKind::RecordEntryFee => "record_entry_fee",
            JobKind::SendFreezeNotice => "send_freeze_notice",
            JobKind::SendCardTestingNotice => "send_card_testing_notice",
            JobKind::NotifyPledge => "notify_pledge",
            JobKind::AdvanceCampaign => "advance_campaign",
            JobKind::SendInvitation => "send_invitation",
            JobKind::SendRefund => "send_refund",
            JobKind::SendRefundNotice => "send_refund_notice",
            JobKind::ReturnCampaign => "return_campaign",
            JobKind::TellReturnable => "tell_returnable",
            JobKind::SendReturnableNotice => "send_returnable_notice",
            JobKind::IssueYearlyReceipts => "issue_yearly_receipts",
            JobKind::SendYearlyReceipt => "send_yearly_receipt",
            JobKind::EraseMails => "erase_mails",
            JobKind::AdvanceWithdrawal => "advance_withdrawal",
            JobKind::AdvanceCustodianFreeze => "advance_custodian_freeze",
            JobKind::SendCustodianNotice => "send_custodian_notice",
            JobKind::SendHoldNotice => "send_hold_notice",
            JobKind::TakeProviderEvent => "take_provider_event",
            JobKind::ReturnSuspense => "return_suspense",
            JobKind::AdvancePlanMove => "advance_plan_move",
            JobKind::SendPlanMove => "send_plan_move",
            JobKind::EndPledges => "end_pledges",
            JobKind::ReturnLines => "return_lines",
            JobKind::AdvanceBankAccount => "advance_bank_account",
            JobKind::SendBankAccountNotice => "send_bank_account_notice",
            JobKind::AdvancePayout => "advance_payout",
            JobKind::ScreenPayout => "screen_payout",
            JobKind::SendPayout => "send_payout",
            JobKind::AnswerPayout => "answer_payout",
            JobKind::ImportStatementFile => "import_statement_file",
            JobKind::SendPayoutNotice => "send_payout_notice",
            JobKind::SendBankAccountLink => "send_bank_account_link",
            JobKind::AskForBankAccount => "ask_for_bank_account",
            JobKind::GatherPayouts => "gather_payouts",
            JobKind::AdvancePayoutRun => "advance_payout_run",
            JobKind::SendPayoutRun => "send_payout_run",
            JobKind::BuildPayoutFile => "build_payout_file",
            JobKind::EndPayoutFile => "end_payout_file",
            JobKind::AdvanceSecondFactorReset => "advance_second_factor_reset",
            JobKind::SendSecondFactorNotice => "send_second_factor_notice",
            JobKind::SendRoleNotice => "send_role_notice",
            JobKind::SendJoinNotice => "send_join_notice",
            JobKind::TellTasks => "tell_tasks",
            JobKind::SendTasks => "send_tasks",
            JobKind::SendApplicationNotice => "send_application_notice",
            JobKind::AdvanceMilestoneCall => "advance_milestone_call",
            JobKind::ReckonLoop => "reckon_loop",
            JobKind::AdvanceProposal => "advance_proposal",
            JobKind::LapseAffiliation => "lapse_affiliation",
            JobKind::CarryRemittance => "carry_remittance",
            JobKind::AnswerRemittance => "answer_remittance",
            JobKind::TellElectors => "tell_electors",
            JobKind::SendEntryNotice => "send_entry_notice",
            JobKind::TellMembers => "tell_members",
            JobKind::SendObjectionNotice => "send_objection_notice",
            JobKind::FetchEvidence => "fetch_evidence",
            JobKind::SendWebhooks => "send_webhooks",
            JobKind::TryWebhooks => "try_webhooks",
            JobKind::SendEndpointNotice => "send_endpoint_notice",
        }
    }

    /// Whether it waits while its book is frozen: it posts, or asks somebody for money that is to be posted. What others
    /// turn out to post fails, and is put off alike.
    pub const fn waits_for_release(self) -> bool {
        match self {
            JobKind::ChargePledge
            | JobKind::RetryCharge
            | JobKind::SettleReceivable
            | JobKind::OpenChargeback
            | JobKind::DecideChargeback
            | JobKind::AdvanceChargeback
            | JobKind::ReleaseClaim
            | JobKind::AdvanceDistribution
            | JobKind::AdvanceRedemption
            | JobKind::AdvanceChallenge
            | JobKind::AdvanceMatchingRound
            | JobKind::AdvanceCampaign
            | JobKind::ExpireHold
            | JobKind::RecordCapture
            | JobKind::RecordAnswer
            | JobKind::RecordContribution
            | JobKind::RecordEntryFee
            | JobKind::SendRefund
            | JobKind::ReturnSuspense
            | JobKind::EndPledges
            | JobKind::ReturnLines
            | JobKind::SendPayout
            | JobKind::AnswerPayout
            | JobKind::BuildPayoutFile
            | JobKind::EndPayoutFile
            | JobKind::ImportStatementFile
            | JobKind::ReturnCampaign => true,
            JobKind::SendSignIn
            | JobKind::SendReceipt
            | JobKind::NotifyDecline
            | JobKind::SendConsentLink
            | JobKind::SendPlanChange
            | JobKind::SendChargebackNotice
            | JobKind::NotifyReviewers
            | JobKind::CloseReview
            | JobKind::SendReleaseNotice
            | JobKind::SendClaimNotice
            | JobKind::TellEntrants
            | JobKind::SendShareNotice
            | JobKind::IssueStatements
            | JobKind::SendStatement
            | JobKind::SendFreezeNotice
            | JobKind::SendInvitation
            | JobKind::SendRefundNotice
            | JobKind::SendCardTestingNotice
            | JobKind::NotifyPledge
            | JobKind::AdvanceWithdrawal
            | JobKind::AdvancePlanMove
            | JobKind::SendPlanMove
            | JobKind::AdvanceCustodianFreeze
            | JobKind::SendCustodianNotice
            | JobKind::SendHoldNotice
            | JobKind::TellReturnable
            | JobKind::SendReturnableNotice
            | JobKind::IssueYearlyReceipts
            | JobKind::SendYearlyReceipt
            | JobKind::EraseMails
            | JobKind::AdvanceBankAccount
            | JobKind::SendBankAccountNotice
            | JobKind::AdvancePayout
            | JobKind::ScreenPayout
            | JobKind::SendPayoutNotice
            | JobKind::SendBankAccountLink
            | JobKind::AskForBankAccount
            | JobKind::GatherPayouts
            | JobKind::AdvancePayoutRun
            | JobKind::AdvanceSecondFactorReset
            | JobKind::SendSecondFactorNotice
            | JobKind::SendRoleNotice
            | JobKind::SendJoinNotice
            | JobKind::TellTasks
            | JobKind::SendTasks
            | JobKind::SendApplicationNotice
            | JobKind::AdvanceMilestoneCall
            | JobKind::ReckonLoop
            | JobKind::AdvanceProposal
            | JobKind::LapseAffiliation
            | JobKind::CarryRemittance
            | JobKind::AnswerRemittance
            | JobKind::TellElectors
            | JobKind::SendEntryNotice
            | JobKind::TellMembers
            | JobKind::SendObjectionNotice
            | JobKind::FetchEvidence
            | JobKind::SendWebhooks
            | JobKind::TryWebhooks
            | JobKind::SendEndpointNotice
            | JobKind::SendPayoutRun
            | JobKind::TakeProviderEvent => false,
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A job to be written: [`crate::service::store::jobs::enqueue`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The book whose job it is; [`BookId::INSTALLATION`] for none.
    pub book: BookId,
    /// When it falls due, in book time.
    pub due_at: Timestamp,
    /// What makes it the same job: unique per book and kind, at most 200 bytes. A second one with it is not written.
    pub dedupe: String,
    /// What to do.
    pub job: Job,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in() -> Job {
        Job::SendSignIn {
            email: "ada@example.org".into(),
            token: "s3cret".into(),
            code: None,
            expires_at: Timestamp::UNIX_EPOCH,
            sign_up: false,
        }
    }

    fn invitation() -> Job {
        Job::SendInvitation { invitation: InvitationId::generate(), token: "s3cret".into() }
    }

    fn consent_link() -> Job {
        Job::SendConsentLink { change: PlanChangeId::generate(BookId(3)), token: "s3cret".into() }
    }

    fn bank_account_link() -> Job {
        Job::SendBankAccountLink { account: BankAccountId::generate(BookId(3)), token: "s3cret".into() }
    }

    fn move_link() -> Job {
        Job::SendPlanMove { plan_move: PlanMoveId::generate(BookId(3)), version: 1, token: "s3cret".into() }
    }

    #[test]
    fn the_kind_is_the_tag_of_the_json_and_the_job_comes_back_from_it() {
        let book = BookId(3);
        let jobs = [
            sign_in(),
            Job::ChargePledge { pledge: PledgeId::generate(book), sequence: 2 },
            Job::RetryCharge { charge: ChargeId::generate(book), attempt: 2 },
            Job::SettleReceivable { settlement: SettlementId::generate(book) },
            Job::SendReceipt { charge: ChargeId::generate(book) },
            Job::NotifyDecline { charge: ChargeId::generate(book) },
            consent_link(),
            Job::SendPlanChange { change: PlanChangeId::generate(book) },
            Job::OpenChargeback { charge: ChargeId::generate(book), wins: true },
            Job::DecideChargeback { chargeback: ChargebackId::generate(book), wins: false },
            Job::AdvanceChargeback { chargeback: ChargebackId::generate(book) },
            Job::SendChargebackNotice { chargeback: ChargebackId::generate(book) },
            Job::NotifyReviewers { claim: ClaimId::generate(book) },
            Job::CloseReview { claim: ClaimId::generate(book) },
            Job::ReleaseClaim { claim: ClaimId::generate(book) },
            Job::SendReleaseNotice { release: ReleaseId::generate(book) },
            Job::SendClaimNotice {
                claim: ClaimId::generate(book),
                dispute: Some(DisputeId::generate(book)),
                event: "dispute_opened".into(),
            },
            Job::AdvanceDistribution { distribution: DistributionId::generate(book) },
            Job::AdvanceRedemption { redemption: RedemptionId::generate(book) },
            Job::IssueStatements { distribution: DistributionId::generate(book), after: 1_000 },
            Job::SendStatement { statement: StatementId::generate(book) },
            Job::AdvanceChallenge { challenge: ChallengeId::generate(book) },
            Job::TellEntrants {
                challenge: ChallengeId::generate(book),
                version: 3,
                news: ChallengeNews::Extension,
                reason: "A holiday".into(),
                after: Some(EntrantId::generate(book)),
            },
            Job::SendShareNotice { plan: SharePlanId::generate(book), revision: 2, state: "objected".into() },
            Job::AdvanceMatchingRound { round: MatchingRoundId::generate(book) },
            Job::ExpireHold { hold: HoldId::generate(book) },
            Job::RecordCapture {
                charge: ChargeId::generate(book),
                partner: OrganisationId::generate(),
                event_id: "evt-1".into(),
                provider_reference: "pay-1".into(),
                came: None,
            },
            Job::RecordAnswer { charge: ChargeId::generate(book), attempt: 1 },
            Job::RecordContribution {
                contribution: PurseContributionId::generate(book),
                provider_reference: "pay-1".into(),
                actor: Actor::Partner(OrganisationId::generate()),
            },
            Job::RecordEntryFee {
                entrant: EntrantId::generate(book),
                custodian: OrganisationId::generate(),
                provider_reference: "pay-1".into(),
                actor: Actor::Person(PersonId::generate()),
            },
            Job::SendFreezeNotice { freeze: 1 },
            Job::SendCardTestingNotice { partner: OrganisationId::generate(), since: Timestamp::UNIX_EPOCH },
            Job::NotifyPledge { pledge: PledgeId::generate(book), since: Timestamp::UNIX_EPOCH, again: false },
            Job::AdvanceCampaign { campaign: CampaignId::generate(book) },
            invitation(),
            Job::SendRefund { refund: RefundId::generate(book) },
            Job::SendRefundNotice { refund: RefundId::generate(book) },
            Job::ReturnCampaign { campaign: CampaignId::generate(book), after: Some(PledgeId::generate(book)) },
            Job::TellReturnable { campaign: CampaignId::generate(book), after: None },
            Job::SendReturnableNotice { pledge: PledgeId::generate(book), campaign: CampaignId::generate(book) },
            Job::IssueYearlyReceipts { year: 2027, as_of: Timestamp::UNIX_EPOCH, after: Some(DonorId::generate(book)) },
            Job::SendYearlyReceipt { receipt: YearlyReceiptId::generate(book) },
            Job::EraseMails { donor: DonorId::generate(book) },
            Job::AdvanceWithdrawal { withdrawal: WithdrawalId::generate(book), after: Some(PledgeId::generate(book)) },
            Job::AdvanceCustodianFreeze {
                freeze: CustodianFreezeId::generate(book),
                after: Some(PledgeId::generate(book)),
            },
            Job::SendCustodianNotice { freeze: CustodianFreezeId::generate(book) },
            Job::SendHoldNotice { pledge: PledgeId::generate(book), freeze: CustodianFreezeId::generate(book) },
            Job::TakeProviderEvent { provider: "stripe".into(), event_id: "evt_1".into() },
            Job::ReturnSuspense { item: SuspenseId::generate(book) },
            Job::AdvancePlanMove { plan_move: PlanMoveId::generate(book) },
            move_link(),
            Job::EndPledges { wind_up: WindUpId::generate(book), after: Some(PledgeId::generate(book)) },
            Job::ReturnLines { wind_up: WindUpId::generate(book), after: "code".into() },
            Job::AdvanceBankAccount { account: BankAccountId::generate(book) },
            Job::SendBankAccountNotice { account: BankAccountId::generate(book) },
            Job::AdvancePayout { payout: PayoutId::generate(book) },
            Job::ScreenPayout { payout: PayoutId::generate(book) },
            Job::SendPayout { payout: PayoutId::generate(book) },
            Job::AnswerPayout { payout: PayoutId::generate(book), comes_back: true },
            Job::ImportStatementFile { file: StatementFileId::generate(book) },
            Job::SendPayoutNotice { payout: PayoutId::generate(book) },
            bank_account_link(),
            Job::AskForBankAccount { payout: PayoutId::generate(book) },
            Job::GatherPayouts { run: PayoutRunId::generate(book), after: 7 },
            Job::AdvancePayoutRun { run: PayoutRunId::generate(book), after: Some(PayoutId::generate(book)) },
            Job::SendPayoutRun { like: PayoutFileId::generate(book), after: PayoutId::generate(book), lines: 10_000 },
            Job::BuildPayoutFile { file: PayoutFileId::generate(book) },
            Job::EndPayoutFile { file: PayoutFileId::generate(book) },
            Job::AdvanceSecondFactorReset { person: PersonId::generate(), reset: Uuid::now_v7() },
            Job::SendSecondFactorNotice {
                person: PersonId::generate(),
                news: FactorNews::ResetWaits,
                at: Timestamp::UNIX_EPOCH,
            },
            Job::SendRoleNotice {
                organisation: OrganisationId::generate(),
                person: PersonId::generate(),
                role: "judge".into(),
                challenge: Some(ChallengeId::generate(book)),
            },
            Job::SendJoinNotice { request: JoinRequestId::generate(), answered: true, lapsed: false },
            Job::TellTasks { day: Date::constant(2027, 3, 4), after: Some(PersonId::generate()) },
            Job::SendTasks { person: PersonId::generate(), day: Date::constant(2027, 3, 4) },
            Job::SendApplicationNotice {
                application: MilestoneApplicationId::generate(book),
                state: "declined".into(),
            },
            Job::AdvanceMilestoneCall { call: MilestoneCallId::generate(book) },
            Job::ReckonLoop { campaign: CampaignId::generate(book) },
            Job::AdvanceProposal { proposal: ProposalId::generate(book) },
            Job::LapseAffiliation { affiliation: AffiliationId::generate(book) },
            Job::CarryRemittance { remittance: RemittanceId::generate(book) },
            Job::AnswerRemittance { incoming: IncomingRemittanceId::generate(book) },
            Job::TellElectors { proposal: ProposalId::generate(book), state: "open".into(), after: 7 },
            Job::SendEntryNotice { entrant: EntrantId::generate(book), appeal: Some(AppealId::generate(book)) },
            Job::TellMembers { distribution: Some(DistributionId::generate(book)), after: 7 },
            Job::SendObjectionNotice {
                distribution: DistributionId::generate(book),
                state: "approved".into(),
                answer: "It is as agreed".into(),
            },
            Job::FetchEvidence { fetch: EvidenceFetchId::generate(book) },
            Job::SendWebhooks { endpoint: WebhookEndpointId::generate(book), round: 1 },
            Job::TryWebhooks { endpoint: WebhookEndpointId::generate(book), round: 2 },
            Job::SendEndpointNotice { endpoint: WebhookEndpointId::generate(book), version: 3 },
        ];
        let kinds: Vec<JobKind> = jobs.iter().map(Job::kind).collect();
        assert_eq!(kinds, JobKind::ALL);
        for job in jobs {
            let json = serde_json::to_value(&job).expect("a job has string keys");
            assert_eq!(json["kind"], job.kind().as_str());
            assert_eq!(serde_json::from_value::<Job>(json).expect("it was a job"), job);
            assert!(job.kind().limits().attempts_max > 1);
        }
    }

    #[test]
    fn a_log_line_never_shows_the_secret_of_a_link() {
        for job in [sign_in(), invitation(), consent_link(), move_link(), bank_account_link()] {
            let shown = format!("{job:?}");
            assert!(!shown.contains("s3cret") && !shown.contains("ada@"), "{shown}");
        }
    }
}
