//! What a job waits for while it is done: jobs that wait for one thing must not keep those waiting that need another.

use super::job::JobKind;
use jiff::SignedDuration;

/// The kinds of work that a worker has hands of their own for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// The mail that signs a person in, who waits in front of the screen.
    SignIn,
    /// The book itself: nothing outside the database is asked.
    Money,
    /// A payment provider.
    Rail,
    /// The mail server, for whoever is not waiting.
    Mail,
    /// Whatever host somebody has named, and so nothing that others wait for.
    Outside,
    /// The endpoints of partners, of which each has one job at most.
    Webhooks,
    /// Those of them that were slow, or failed, when they were last sent something.
    SlowWebhooks,
}

impl Work {
    /// All of them.
    pub const ALL: [Work; 7] =
        [Work::SignIn, Work::Money, Work::Rail, Work::Mail, Work::Outside, Work::Webhooks, Work::SlowWebhooks];

    /// Its name in logs and figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Work::SignIn => "sign_in",
            Work::Money => "money",
            Work::Rail => "rail",
            Work::Mail => "mail",
            Work::Outside => "outside",
            Work::Webhooks => "webhooks",
            Work::SlowWebhooks => "slow_webhooks",
        }
    }

    /// How long one of its jobs keeps a hand: after that it waits by itself, and the hand takes the next one. None: until it is done.
    pub const fn hand_max(self) -> Option<SignedDuration> {
        match self {
            Work::SignIn | Work::Money | Work::Rail | Work::Mail | Work::Outside | Work::SlowWebhooks => None,
            // An endpoint was quick the last time. One that is not any more is waited for once, and then has a line with its like.
            Work::Webhooks => Some(SignedDuration::from_secs(2)),
        }
    }

    /// The names of its kinds of jobs.
    pub fn kinds(self) -> impl Iterator<Item = &'static str> {
        JobKind::ALL.into_iter().filter(move |kind| kind.work() == self).map(JobKind::as_str)
    }
}

impl JobKind {
    /// Whether it sends e-mail, and does nothing else.
    pub const fn is_mail(self) -> bool {
        matches!(self.work(), Work::SignIn | Work::Mail)
    }

    /// What its jobs wait for.
    pub const fn work(self) -> Work {
        match self {
            JobKind::SendSignIn => Work::SignIn,
            JobKind::ChargePledge
            | JobKind::RetryCharge
            | JobKind::RecordAnswer
            | JobKind::SendRefund
            | JobKind::ScreenPayout
            | JobKind::TakeProviderEvent => Work::Rail,
            JobKind::SettleReceivable
            | JobKind::OpenChargeback
            | JobKind::DecideChargeback
            | JobKind::AdvanceChargeback
            | JobKind::CloseReview
            | JobKind::ReleaseClaim
            | JobKind::AdvanceDistribution
            | JobKind::AdvanceRedemption
            | JobKind::IssueStatements
            | JobKind::AdvanceChallenge
            | JobKind::AdvanceMatchingRound
            | JobKind::AdvanceMilestoneCall
            | JobKind::ReckonLoop
            | JobKind::AdvanceProposal
            | JobKind::LapseAffiliation
            | JobKind::CarryRemittance
            | JobKind::AnswerRemittance
            | JobKind::AdvanceCampaign
            | JobKind::ExpireHold
            | JobKind::RecordCapture
            | JobKind::RecordContribution
            | JobKind::RecordEntryFee
            | JobKind::ReturnCampaign
            | JobKind::AdvanceWithdrawal
            | JobKind::AdvancePlanMove
            | JobKind::AdvanceCustodianFreeze
            | JobKind::TellReturnable
            | JobKind::ReturnSuspense
            | JobKind::EndPledges
            | JobKind::ReturnLines
            | JobKind::IssueYearlyReceipts
            | JobKind::AdvanceBankAccount
            | JobKind::AdvancePayout
            | JobKind::SendPayout
            | JobKind::AnswerPayout
            | JobKind::GatherPayouts
            | JobKind::AdvancePayoutRun
            | JobKind::SendPayoutRun
            | JobKind::BuildPayoutFile
            | JobKind::EndPayoutFile
            | JobKind::ImportStatementFile
            | JobKind::AdvanceSecondFactorReset
            | JobKind::EraseMails => Work::Money,
            JobKind::SendReceipt
            | JobKind::NotifyDecline
            | JobKind::SendConsentLink
            | JobKind::SendPlanChange
            | JobKind::SendChargebackNotice
            | JobKind::NotifyReviewers
            | JobKind::SendReleaseNotice
            | JobKind::SendClaimNotice
            | JobKind::TellEntrants
            | JobKind::SendShareNotice
            | JobKind::SendStatement
            | JobKind::SendFreezeNotice
            | JobKind::SendInvitation
            | JobKind::SendRefundNotice
            | JobKind::SendCardTestingNotice
            | JobKind::NotifyPledge
            | JobKind::SendPlanMove
            | JobKind::SendCustodianNotice
            | JobKind::SendHoldNotice
            | JobKind::SendYearlyReceipt
            | JobKind::SendBankAccountNotice
            | JobKind::SendPayoutNotice
            | JobKind::SendBankAccountLink
            | JobKind::AskForBankAccount
            | JobKind::SendSecondFactorNotice
            | JobKind::SendRoleNotice
            | JobKind::SendJoinNotice
            | JobKind::SendEntryNotice
            | JobKind::TellTasks
            | JobKind::SendTasks
            | JobKind::SendApplicationNotice
            | JobKind::TellMembers
            | JobKind::TellElectors
            | JobKind::SendObjectionNotice
            | JobKind::SendReturnableNotice
            | JobKind::SendEndpointNotice => Work::Mail,
            JobKind::FetchEvidence => Work::Outside,
            JobKind::SendWebhooks => Work::Webhooks,
            JobKind::TryWebhooks => Work::SlowWebhooks,
        }
    }

    /// How often it is tried, and when it counts as late.
    pub fn limits(self) -> Limits {
        match self.work() {
            // A person waits in front of the screen, and the link expires.
            Work::SignIn => Limits { attempts_max: 6, deadline: SignedDuration::from_mins(2) },
            // Money: tried for about four hours before somebody has to look.
            Work::Money | Work::Rail => Limits { attempts_max: 16, deadline: SignedDuration::from_mins(15) },
            // What a host says is the outcome, whatever it is: only our own trouble is tried again.
            Work::Outside | Work::Webhooks | Work::SlowWebhooks => {
                Limits { attempts_max: 6, deadline: SignedDuration::from_mins(15) }
            }
            // A server may be away for about six hours.
            Work::Mail => Limits { attempts_max: 18, deadline: SignedDuration::from_hours(1) },
        }
    }
}

/// The limits of a kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most attempts; after them it is dead, and waits in the dead-letter list for somebody to look.
    pub attempts_max: i32,
    /// How long after it fell due it may be done; later, it is reported as late.
    pub deadline: SignedDuration,
}
