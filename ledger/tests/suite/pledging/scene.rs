//! A campaign with its pledges, as the worker steps through them: what tests of pledges and of captures play on.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use crate::support::{Fixture, usd};
use deadpool_postgres::Transaction;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::engine::lane::{self, Lanes};
use ledger::engine::store::books::Book;
use ledger::engine::store::{balances, journal};
use ledger::id::{ChargeId, OrganisationId, PledgeId};
use ledger::parties::rules::privacy::Privacy;
use ledger::pledging::operations::campaigns::{self, NewCampaign};
use ledger::pledging::operations::captures::{self, By};
use ledger::pledging::operations::charges::{self, Begun, Recorded};
use ledger::pledging::operations::pledges::{self, AskedDonor, AskedSchedule, PlacePledge, Placed};
use ledger::pledging::rules::charge::{DeclineKind, Outcome};
use ledger::pledging::rules::lineage::Method;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::store::campaigns::Campaign;
use ledger::pledging::store::charges::Charge;
use ledger::pledging::store::pledges::Pledge;
use ledger::service::change::Change;
use ledger::service::job::Job;
use ledger::service::store::activity::Actor;
use ledger::service::store::jobs::{self, BookWithWork, LeaseTerms};
use ledger::treasury::operations::settlements;
/// A sandbox book with one live campaign, whose clock the test moves.
pub(crate) struct Scene {
    pub(crate) fixture: Fixture,
    pub(crate) campaign: Campaign,
    pub(crate) partner: OrganisationId,
    pub(crate) wall: Timestamp,
    /// Through which captures go first, as the worker's do.
    pub(crate) lanes: Option<Lanes>,
}

pub(crate) const MONTHLY: AskedSchedule = AskedSchedule::Monthly { start: None, anchor: None, payments: None };
pub(crate) const ONCE: AskedSchedule = AskedSchedule::Once { on: None };

impl Scene {
    /// At noon of a day in the book's zone.
    pub(crate) async fn on(day: Date) -> Scene {
        let fixture = Fixture::new().await;
        let wall = fixture.book.start_of(day) + SignedDuration::from_hours(12);
        let campaign = open_campaign(&fixture, "press", wall).await;
        let lanes = Some(fixture.lanes());
        Scene { fixture, campaign, partner: OrganisationId::generate(), wall, lanes }
    }

    pub(crate) fn ask(&self, reference: &str, amount: &str, schedule: AskedSchedule, token: &str) -> PlacePledge {
        PlacePledge {
            campaign: self.campaign.id,
            partner: self.partner,
            reference: reference.into(),
            donor: AskedDonor {
                reference: "fan-1".into(),
                name: "Ada".into(),
                email: "ada@example.org".into(),
                privacy: Privacy::HostOnly,
            },
            amount: usd(amount),
            schedule,
            rail: Rail::Sandbox,
            token: token.into(),
            terms_digest: self.campaign.terms_digest,
        }
    }

    pub(crate) async fn place(&self, asked: PlacePledge) -> Result<Placed, Error> {
        let wall = self.wall;
        self.commit(async |tx| pledges::place(tx, asked.clone(), wall).await).await
    }

    pub(crate) async fn monthly(&self, reference: &str, amount: &str, token: &str) -> Pledge {
        self.place(self.ask(reference, amount, MONTHLY, token)).await.unwrap().pledge
    }

    /// Runs an operation in a transaction of its own.
    pub(crate) async fn commit<T>(
        &self,
        run: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut client = self.fixture.client().await;
        let tx = client.transaction().await?;
        let done = run(&tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    pub(crate) fn book(&self) -> &Book {
        &self.fixture.book
    }

    pub(crate) fn today(&self) -> Date {
        self.book().today(self.wall)
    }

    /// Puts the clock ahead to noon of a day, doing day by day what falls due.
    pub(crate) async fn go_to(&mut self, day: Date) {
        while self.today() < day {
            self.wall += SignedDuration::from_hours(24);
            self.work().await;
        }
    }

    /// Does all jobs that are due, as the worker does: tokens that are codes of a decline are declined.
    pub(crate) async fn work(&self) {
        loop {
            let work = BookWithWork { book: self.book().id, offset: SignedDuration::ZERO };
            let terms = LeaseTerms { worker: "test", length: SignedDuration::from_mins(1), limit: 100 };
            let leased = self.commit(async |tx| jobs::lease(tx, work, self.wall, terms).await).await.expect("a lease");
            if leased.is_empty() {
                return;
            }
            for leased in leased {
                self.perform(&leased.job).await.expect("a job");
                self.commit(async |tx| jobs::settle(tx, &leased, self.wall).await).await.expect("the lease is ours");
            }
        }
    }

    pub(crate) async fn perform(&self, job: &Job) -> Result<(), Error> {
        let wall = self.wall;
        let begun = if let Job::ChargePledge { pledge, sequence } = job {
            self.commit(async |tx| charges::begin(tx, *pledge, *sequence, wall).await).await?
        } else if let Job::RetryCharge { charge, attempt } = job {
            self.commit(async |tx| charges::begin_retry(tx, *charge, *attempt, wall).await).await?
        } else if let Job::SettleReceivable { settlement } = job {
            self.commit(async |tx| settlements::settle(tx, *settlement, wall).await).await?;
            Begun::Nothing
        } else {
            Begun::Nothing
        };
        if let Begun::Try { charge, attempt, reference, token, .. } = begun {
            self.answer(charge, attempt, outcome(&token, &reference)).await?;
        }
        Ok(())
    }

    pub(crate) async fn answer(&self, charge: ChargeId, attempt: i32, outcome: Outcome) -> Result<Recorded, Error> {
        let wall = self.wall;
        if let (Some(lanes), Outcome::Captured { provider_reference }) = (&self.lanes, &outcome) {
            let (client, by) = (self.fixture.client().await, By::Attempt(attempt));
            let drafted = captures::draft(&client, charge, by, provider_reference.clone(), wall).await?;
            if let Some(drafted) = drafted {
                let command = drafted.command(None);
                let posted = lanes.command(charge.book, captures::key(charge), command).await?;
                assert!(matches!(posted.outcome, lane::Outcome::Posted(_)) && !posted.replayed, "{posted:?}");
                return Ok(Recorded::Captured);
            }
        }
        self.commit(async |tx| charges::record_outcome(tx, charge, attempt, outcome.clone(), wall).await).await
    }

    pub(crate) async fn pledge(&self, id: PledgeId) -> Pledge {
        ledger::pledging::store::pledges::get(&self.fixture.client().await, id).await.unwrap()
    }

    pub(crate) async fn charges(&self, id: PledgeId) -> Vec<Charge> {
        ledger::pledging::store::charges::list(&self.fixture.client().await, id, 0, 200).await.unwrap()
    }

    pub(crate) async fn totals(&self) -> campaigns::Totals {
        let mut client = self.fixture.client().await;
        let tx = client.transaction().await.unwrap();
        let campaign = ledger::pledging::store::campaigns::lock(&tx, self.campaign.id).await.unwrap();
        campaigns::totals(&tx, self.book(), &campaign, self.wall).await.unwrap()
    }

    pub(crate) async fn fund(&self, campaign: &Campaign) -> i64 {
        balances::get(&self.fixture.client().await, self.book().id, campaign.fund.unwrap()).await.unwrap().net()
    }

    /// Nothing in the book contradicts anything else.
    pub(crate) async fn audit(&self) {
        let client = self.fixture.client().await;
        assert_eq!(journal::audit(&client, self.book().id).await.unwrap(), Vec::<String>::new());
    }
}

pub(crate) async fn open_campaign(fixture: &Fixture, slug: &str, wall: Timestamp) -> Campaign {
    let mut client = fixture.client().await;
    let tx = client.transaction().await.unwrap();
    let new = NewCampaign {
        book: fixture.book.id,
        slug: slug.into(),
        title: "Open press".into(),
        summary: String::new(),
        terms: "The money pays for the milestones of the press, and for nothing else.".into(),
        monthly_goal: usd("3000.00"),
        lineage: Method::Fifo,
    };
    let draft = campaigns::create(&tx, new, Actor::Service, wall).await.unwrap();
    let live = campaigns::publish(&tx, draft.id, Change::by_service(""), wall).await.unwrap();
    tx.commit().await.unwrap();
    live
}

pub(crate) fn outcome(token: &str, reference: &str) -> Outcome {
    let declined = |kind| Outcome::Declined { code: token.into(), kind };
    match token {
        "insufficient_funds" => declined(DeclineKind::Soft),
        "expired_card" => declined(DeclineKind::Expired),
        "stolen_card" => declined(DeclineKind::Stolen),
        _ => Outcome::Captured { provider_reference: format!("pay-{reference}") },
    }
}
