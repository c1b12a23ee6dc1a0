//! A campaign with its pledges, as the worker steps through them: what tests of pledges and of captures play on.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use crate::support::ground;
use jiff::SignedDuration;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::balances;
use ledger::id::{ChargeId, PledgeId};
use ledger::pledging::operations::campaigns;
use ledger::pledging::operations::charges::Recorded;
use ledger::pledging::operations::pledges::{self, AskedDonor, AskedSchedule, PlacePledge, Placed};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::charge::{Charge, Outcome};
use ledger::pledging::rules::pledge::Pledge;
use ledger::testing::{Ground, MONTHLY, PlayedWorker};

/// One live campaign, whose clock the test moves, and a worker that does what falls due.
pub(crate) struct Scene {
    pub(crate) ground: Ground,
    pub(crate) campaign: Campaign,
    pub(crate) worker: PlayedWorker,
}

impl Scene {
    /// At noon of a day in the book's zone.
    pub(crate) async fn on(day: Date) -> Scene {
        let mut ground = ground().await;
        ground.wall = ground.book.start_of(day) + SignedDuration::from_hours(12);
        let campaign = ground.campaign("press").await;
        let worker = PlayedWorker { lanes: Some(ground.lanes()) };
        Scene { ground, campaign, worker }
    }

    /// A pledge to the campaign, always of the same donor.
    pub(crate) fn ask(&self, reference: &str, amount: &str, schedule: AskedSchedule, token: &str) -> PlacePledge {
        let asked = self.ground.ask(&self.campaign, reference, amount);
        let donor = AskedDonor { reference: "fan-1".into(), ..asked.donor.clone() };
        PlacePledge { donor, schedule, token: token.into(), ..asked }
    }

    pub(crate) async fn place(&self, asked: PlacePledge) -> Result<Placed, Error> {
        let wall = self.ground.wall;
        self.ground.run(async |tx| pledges::place(tx, asked, wall).await).await
    }

    pub(crate) async fn monthly(&self, reference: &str, amount: &str, token: &str) -> Pledge {
        self.place(self.ask(reference, amount, MONTHLY, token)).await.unwrap().pledge
    }

    /// Puts the clock ahead to noon of a day, doing day by day what falls due.
    pub(crate) async fn go_to(&mut self, day: Date) {
        self.worker.go_to(&mut self.ground, day).await;
    }

    /// Does all jobs that are due.
    pub(crate) async fn work(&self) {
        self.worker.work(&self.ground).await;
    }

    pub(crate) async fn answer(&self, charge: ChargeId, attempt: i32, outcome: Outcome) -> Result<Recorded, Error> {
        self.worker.answer(&self.ground, charge, attempt, outcome).await
    }

    pub(crate) async fn pledge(&self, id: PledgeId) -> Pledge {
        ledger::pledging::store::pledges::get(&self.ground.client().await, id).await.unwrap()
    }

    pub(crate) async fn charges(&self, id: PledgeId) -> Vec<Charge> {
        ledger::pledging::store::charges::list(&self.ground.client().await, id, 0, 200).await.unwrap()
    }

    pub(crate) async fn totals(&self) -> campaigns::Totals {
        let (ground, id) = (&self.ground, self.campaign.id);
        let totals = ground.run(async |tx| {
            let campaign = ledger::pledging::store::campaigns::lock(tx, id).await?;
            campaigns::totals(tx, &ground.book, &campaign, ground.wall).await
        });
        totals.await.unwrap()
    }

    pub(crate) async fn fund(&self, campaign: &Campaign) -> i64 {
        let ground = &self.ground;
        balances::get(&ground.client().await, ground.book.id, campaign.fund.unwrap()).await.unwrap().net()
    }
}
