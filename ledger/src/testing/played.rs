//! A worker that a test plays itself, so that years pass in a second and on a clock of the test's own: the jobs of money,
//! done in the order of the real worker, with a provider that answers at once. A test of the worker's crate lets both tell
//! the same story and compares all rows.

use super::Ground;
use crate::books::operations::{clock, wind_ups};
use crate::engine::lane::{self, Lanes};
use crate::engine::store::books;
use crate::error::Error;
use crate::id::{CampaignId, ChargeId, JobId, PledgeId, RefundId};
use crate::pledging::operations::beginnings;
use crate::pledging::operations::captures::{self, By};
use crate::pledging::operations::charges::{self, Begun, Recorded};
use crate::pledging::operations::moving::steps;
use crate::pledging::operations::{custodian_holds, endings, refund_outcomes, returns, suspense, withdrawals};
use crate::pledging::rules::charge::{DeclineKind, Outcome};
use crate::pledging::rules::refund;
use crate::pledging::store::{campaigns, refunds};
use crate::service::job::Job;
use crate::service::store::activity::Actor;
use crate::service::store::jobs::{self, BookWithWork, LeaseTerms, Leased};
use crate::service::work::Work;
use crate::treasury::operations::settlements;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Does what is due in the book of a [`Ground`], on its clock.
pub struct PlayedWorker {
    /// Through which plain payments begin and plain captures go, as the real worker's do; none when each has a transaction of its own.
    pub lanes: Option<Lanes>,
}

impl PlayedWorker {
    /// Does all jobs that are due: tokens that are codes of a decline are declined, mails go nowhere.
    pub async fn work(&self, ground: &Ground) {
        let wall = ground.wall;
        loop {
            let book = books::get(&ground.client().await, ground.book.id).await.expect("the book");
            let work = BookWithWork { book: ground.book.id, offset: book.clock_offset };
            let terms =
                LeaseTerms { worker: "test", length: SignedDuration::from_mins(1), works: &Work::ALL, limit: 100 };
            let leased = ground.run(async |tx| jobs::lease(tx, work, wall, terms).await).await.expect("a lease");
            if leased.is_empty() {
                return;
            }
            for leased in leased {
                self.perform(ground, &leased).await.expect("a job");
                ground.run(async |tx| jobs::settle(tx, &leased, wall).await).await.expect("the lease is ours");
            }
        }
    }

    /// Puts the clock ahead to a day, doing day by day what falls due.
    pub async fn go_to(&self, ground: &mut Ground, day: Date) {
        while ground.book.today(ground.wall) < day {
            ground.wall = ground.day(1);
            self.work(ground).await;
        }
    }

    /// Sends the clock of the book to a moment, and lets it walk there; the wall clock stands still.
    pub async fn walk_to(&self, ground: &mut Ground, moment: Timestamp) {
        let (id, wall) = (ground.book.id, ground.wall);
        let sent = ground.run(async |tx| clock::advance(tx, id, moment, wall).await).await;
        ground.book = sent.expect("a clock that goes forward");
        while ground.book.clock_target.is_some() {
            self.work(ground).await;
            let stepped = ground.run(async |tx| clock::step(tx, id, wall).await).await.expect("a step");
            ground.book = stepped.expect("nothing is due any more, so that the clock goes on");
        }
    }

    async fn perform(&self, ground: &Ground, leased: &Leased) -> Result<(), Error> {
        let (wall, job) = (ground.wall, &leased.job);
        let begun = if let Job::ChargePledge { pledge, sequence } = job {
            match self.begin_by_lane(ground, leased.id, (*pledge, *sequence)).await? {
                Some(begun) => begun,
                None => ground.run(async |tx| charges::begin(tx, *pledge, *sequence, wall).await).await?,
            }
        } else if let Job::RetryCharge { charge, attempt } = job {
            ground.run(async |tx| charges::begin_retry(tx, *charge, *attempt, wall).await).await?
        } else if let Job::SettleReceivable { settlement } = job {
            ground.run(async |tx| settlements::settle(tx, *settlement, wall).await).await?;
            Begun::Nothing
        } else if let Job::SendRefund { refund } = job {
            self.send(ground, *refund).await?;
            Begun::Nothing
        } else if let Job::ReturnCampaign { campaign, after } = job {
            self.give_back(ground, *campaign, *after).await?;
            Begun::Nothing
        } else if let Job::ReturnSuspense { item } = job {
            ground.run(async |tx| suspense::run_out(tx, *item, wall).await).await?;
            Begun::Nothing
        } else if let Job::AdvancePlanMove { plan_move } = job {
            ground.run(async |tx| steps::run_out(tx, *plan_move, wall).await).await?;
            Begun::Nothing
        } else if let Job::EndPledges { wind_up, after } = job {
            for pledge in endings::page(&ground.client().await, wind_up.book, *after, 1_000).await? {
                ground.run(async |tx| endings::look(tx, pledge, wall).await).await?;
            }
            ground.run(async |tx| wind_ups::come_into_force(tx, *wind_up, wall).await).await?;
            Begun::Nothing
        } else if let Job::AdvanceCustodianFreeze { freeze, after } = job {
            let page = custodian_holds::page(&ground.client().await, *freeze, *after, 1_000).await?;
            for pledge in page {
                ground.run(async |tx| custodian_holds::look(tx, *freeze, pledge, wall).await).await?;
            }
            ground.run(async |tx| custodian_holds::turn(tx, *freeze, (*after, None), wall).await).await?;
            Begun::Nothing
        } else if let Job::AdvanceWithdrawal { withdrawal, after } = job {
            let page = withdrawals::page(&ground.client().await, *withdrawal, *after, 1_000).await?;
            for pledge in page {
                ground.run(async |tx| withdrawals::look(tx, pledge, wall).await).await?;
            }
            ground.run(async |tx| withdrawals::turn(tx, *withdrawal, None, wall).await).await?;
            Begun::Nothing
        } else {
            Begun::Nothing
        };
        if let Begun::Try { charge, attempt, reference, token, .. } = begun {
            self.answer(ground, charge, attempt, outcome(&token, &reference)).await?;
        }
        Ok(())
    }

    /// A plain payment begins through the lane when there is one.
    async fn begin_by_lane(
        &self,
        ground: &Ground,
        job: JobId,
        payment: (PledgeId, i32),
    ) -> Result<Option<Begun>, Error> {
        let Some(lanes) = &self.lanes else { return Ok(None) };
        let (book, client) = (ground.book.id, ground.client().await);
        let drafted = beginnings::draft_each(&client, book, &[payment], ground.wall).await?;
        let Some(beginning) = drafted.into_iter().flatten().next() else { return Ok(None) };
        let written = lanes.command(book, beginnings::key(job), beginning.command()).await?;
        assert!(written.outcome == lane::Outcome::Carried && !written.replayed, "{written:?}");
        Ok(Some(beginning.begun()))
    }

    /// The provider sends a refund at once, unless its token says that it fails.
    async fn send(&self, ground: &Ground, refund: RefundId) -> Result<(), Error> {
        let wall = ground.wall;
        let begun = ground.run(async |tx| refund_outcomes::begin(tx, refund, wall).await).await?;
        let refund_outcomes::Begun::Send { token, .. } = begun else { return Ok(()) };
        let outcome = match token.strip_prefix("sandbox_").unwrap_or(&token) {
            "refund_fails" => refund::Outcome::Failed { code: "card_closed".into() },
            _ => refund::Outcome::Settled { provider_reference: format!("back-{refund}") },
        };
        ground.run(async |tx| refund_outcomes::record(tx, refund, outcome, Actor::Service, wall).await).await?;
        Ok(())
    }

    /// What a campaign's fund holds goes back, all of it at once.
    async fn give_back(&self, ground: &Ground, campaign: CampaignId, after: Option<PledgeId>) -> Result<(), Error> {
        let (client, wall) = (ground.client().await, ground.wall);
        let fund = campaigns::get(&client, campaign).await?.fund()?;
        let after = after.map_or(Uuid::nil(), |pledge| pledge.object);
        for (pledge, _) in refunds::holders(&client, campaign, fund, after, 1_000).await? {
            while ground.run(async |tx| returns::return_one(tx, campaign, pledge, wall).await).await? {}
        }
        Ok(())
    }

    /// The provider has answered: a plain capture goes through the lane when there is one.
    ///
    /// # Errors
    ///
    /// What the ledger refuses.
    pub async fn answer(
        &self,
        ground: &Ground,
        charge: ChargeId,
        attempt: i32,
        outcome: Outcome,
    ) -> Result<Recorded, Error> {
        let wall = ground.wall;
        if let (Some(lanes), Outcome::Captured { provider_reference }) = (&self.lanes, &outcome) {
            let (client, by) = (ground.client().await, By::Attempt(attempt));
            let drafted = captures::draft(&client, charge, by, provider_reference.clone(), wall).await?;
            if let Some(drafted) = drafted {
                let command = drafted.command(None);
                let posted = lanes.command(charge.book, captures::key(charge), command).await?;
                assert!(matches!(posted.outcome, lane::Outcome::Posted(_)) && !posted.replayed, "{posted:?}");
                return Ok(Recorded::Captured);
            }
        }
        ground.run(async |tx| charges::record_outcome(tx, charge, attempt, outcome, wall).await).await
    }
}

/// What the provider says to a token; those of the real sandbox may stand here too.
pub fn outcome(token: &str, reference: &str) -> Outcome {
    let token = token.strip_prefix("sandbox_").unwrap_or(token);
    let declined = |kind| Outcome::Declined { code: token.into(), kind };
    match token {
        "insufficient_funds" => declined(DeclineKind::Soft),
        "expired_card" => declined(DeclineKind::Expired),
        "stolen_card" => declined(DeclineKind::Stolen),
        "hard_decline" => declined(DeclineKind::Hard),
        _ => Outcome::Captured { provider_reference: format!("pay-{reference}") },
    }
}
