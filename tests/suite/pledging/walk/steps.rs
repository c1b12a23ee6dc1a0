//! What can happen in a story.

use super::{Outcome, Story};
use ledger::id::{BookRef, ChargeId};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::Value;

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Leap,
    Pledge,
    Batch,
    Report,
    Decline,
    Pause,
    Resume,
    Cancel,
    Redirect,
    Change,
    Refund,
    EndRefund,
    ReportRefund,
    TakeHome,
    TakeBack,
    Rule,
    FundReserve,
    Recover,
    Unexplained,
    Match,
    SendBack,
    Milestone,
    Claim,
    CancelMilestone,
    PayOut,
    PoolGift,
    Tier,
    Raise,
    Terms,
    Withdraw,
    Restore,
    Close,
    Return,
}

impl Step {
    /// All of them, each with how often it is to happen.
    const OFTEN: &[(Step, usize)] = &[
        (Step::Leap, 4),
        (Step::Pledge, 9),
        (Step::Batch, 2),
        (Step::Report, 6),
        (Step::Decline, 1),
        (Step::Pause, 2),
        (Step::Resume, 2),
        (Step::Cancel, 2),
        (Step::Redirect, 3),
        (Step::Change, 2),
        (Step::Refund, 3),
        (Step::EndRefund, 3),
        (Step::ReportRefund, 4),
        (Step::TakeHome, 3),
        (Step::TakeBack, 5),
        (Step::Rule, 4),
        (Step::FundReserve, 1),
        (Step::Recover, 5),
        (Step::Unexplained, 4),
        (Step::Match, 6),
        (Step::SendBack, 1),
        (Step::Milestone, 4),
        (Step::Claim, 5),
        (Step::CancelMilestone, 1),
        (Step::PayOut, 8),
        (Step::PoolGift, 2),
        (Step::Tier, 1),
        (Step::Raise, 2),
        (Step::Terms, 1),
        (Step::Withdraw, 1),
        (Step::Restore, 3),
        (Step::Close, 1),
        (Step::Return, 1),
    ];

    /// One of them.
    pub(super) fn any(dice: &mut StdRng) -> Step {
        let all: usize = Step::OFTEN.iter().map(|(_, often)| often).sum();
        let mut at = dice.random_range(0..all);
        for (step, often) in Step::OFTEN {
            if at < *often {
                return *step;
            }
            at -= often;
        }
        Step::Leap
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Step::Leap => "the clock leaps",
            Step::Pledge => "a pledge",
            Step::Batch => "pledges in a batch",
            Step::Report => "a capture by a partner",
            Step::Decline => "a decline by a partner",
            Step::Pause => "a pause",
            Step::Resume => "a pause ends, or another means",
            Step::Cancel => "a pledge is cancelled",
            Step::Redirect => "another campaign",
            Step::Change => "another plan",
            Step::Refund => "a refund",
            Step::EndRefund => "the end of a partner's refund",
            Step::ReportRefund => "a refund that a partner made",
            Step::TakeHome => "a donor takes back what nobody used",
            Step::TakeBack => "a chargeback",
            Step::Rule => "a chargeback is decided",
            Step::FundReserve => "the reserve is funded",
            Step::Recover => "a team pays back, or need not",
            Step::Unexplained => "money that nobody expected",
            Step::Match => "it was a payment after all",
            Step::SendBack => "it goes back",
            Step::Milestone => "a milestone is funded",
            Step::Claim => "a claim is approved",
            Step::CancelMilestone => "a milestone is cancelled",
            Step::PayOut => "a team is paid",
            Step::PoolGift => "a sponsor gives",
            Step::Tier => "a tier is added",
            Step::Raise => "a cap or a goal rises",
            Step::Terms => "other terms",
            Step::Withdraw => "a partner or a rail leaves",
            Step::Restore => "it comes back",
            Step::Close => "a campaign is closed",
            Step::Return => "a closed campaign gives back",
        }
    }

    /// What must have happened at least once over all stories: each kind of step, and what is counted besides. A few stories may
    /// miss what only a long chain of steps leads to.
    pub(super) fn reached(are_many: bool) -> impl Iterator<Item = &'static str> {
        let rare = [
            Step::CancelMilestone.as_str(),
            Step::EndRefund.as_str(),
            Step::Recover.as_str(),
            "a loss is borne by a team",
            "a refund of money that was gone",
        ];
        let besides = [
            "a worker is killed",
            "a pledge is trimmed",
            "a campaign is full",
            "a tier is sold out",
            "nobody takes it",
            "a release",
            "a round pays",
            "a campaign fails",
            "a campaign succeeds",
            "a loss is borne by a team",
            "a loss is borne by a fund",
            "a loss is borne by the reserve",
            "a chargeback is won",
            "a refund of money that was gone",
        ];
        let all = Step::OFTEN.iter().map(|(step, _)| step.as_str()).chain(besides);
        all.filter(move |what| are_many || !rare.contains(what))
    }
}

impl Story<'_> {
    /// One step, accepted or refused.
    pub(super) async fn take(&mut self, step: Step) -> Outcome {
        match step {
            Step::Leap => Ok(()),
            Step::Pledge => self.pledge().await,
            Step::Batch => self.batch().await,
            Step::Report => self.report().await,
            Step::Decline => self.decline().await,
            Step::Pause | Step::Resume | Step::Cancel | Step::Redirect | Step::Change => self.change(step).await,
            Step::Refund => self.refund().await,
            Step::EndRefund => self.end_refund().await,
            Step::ReportRefund => self.report_refund().await,
            Step::TakeHome => self.take_home().await,
            Step::TakeBack => self.take_back().await,
            Step::Rule => self.rule().await,
            Step::FundReserve => self.fund_reserve().await,
            Step::Recover => self.recover().await,
            Step::Unexplained => self.unexplained().await,
            Step::Match | Step::SendBack => self.decide(step).await,
            Step::Milestone => self.milestone().await,
            Step::Claim => self.claim().await,
            Step::CancelMilestone => self.cancel_milestone().await,
            Step::PayOut => self.pay_out().await,
            Step::PoolGift => self.pool_gift().await,
            Step::Tier => self.tier().await,
            Step::Raise => self.raise().await,
            Step::Terms => self.other_terms().await,
            Step::Withdraw => self.withdraw().await,
            Step::Restore => self.restore().await,
            Step::Close | Step::Return => self.end_campaign(step).await,
        }
    }

    pub(super) fn campaign(&mut self) -> Value {
        let index = self.dice.random_range(0..self.campaigns.len());
        self.campaigns[index].clone()
    }

    /// A charge that a step can be about: of which the database says so much.
    pub(super) async fn charge(&mut self, fits: &str) -> anyhow::Result<Option<Value>> {
        let (stage, book) = (&self.world.stage, self.book.parse::<BookRef>()?.book);
        let of_book = format!("SELECT c.id FROM charge c WHERE c.book_id = $1 AND {fits} ORDER BY c.created_at, c.id");
        let found = stage.app.connection().await?.query(&of_book, &[&book.0]).await?;
        if found.is_empty() {
            return Ok(None);
        }
        let id = ChargeId::new(book, found[self.dice.random_range(0..found.len())].get(0));
        Ok(Some(stage.cast.partner.get(&format!("/v1/charges/{id}")).await?.ok()?))
    }
}

/// Minor units of an amount on the wire.
pub(super) fn minor(amount: &Value) -> i64 {
    amount["amount"].as_str().unwrap_or_default().replace('.', "").parse().unwrap_or(0)
}

/// Minor units as they stand on the wire.
pub(super) fn written(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// What of a captured charge neither went back nor was taken back.
pub(super) fn free_of(charge: &Value) -> i64 {
    minor(&charge["amount"]) - minor(&charge["refunded"]) - minor(&charge["disputed"])
}
