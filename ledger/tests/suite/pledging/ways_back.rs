//! Ways back of money that waits for something: a promise over a suspension, a return at the end of a hold, a decision that came
//! before the provider's, and refunds of what is not held any more.

use super::lineage::Scene;
use ledger::id::{ChargeId, ChargebackId, PledgeId};
use ledger::pledging::operations::campaigns::{self, NewCampaign};
use ledger::pledging::operations::chargebacks::{self, Report};
use ledger::pledging::operations::charges::{self, Recorded};
use ledger::pledging::operations::pledges::{self, AskedSchedule, PlacePledge};
use ledger::pledging::operations::refund_outcomes::{self, Made, Reported};
use ledger::pledging::operations::{pledge_changes, returns, verdicts};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::chargeback::{Bearer, Ruling, State};
use ledger::pledging::rules::kind::{Basis, Kind, Word};
use ledger::pledging::rules::lineage::Method;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::store::chargebacks as chargeback_rows;
use ledger::pledging::store::charges as charge_rows;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{PlayedWorker, usd};

impl Scene {
    async fn only_charge(&self, pledge: PledgeId) -> ChargeId {
        charge_rows::list(&self.ground.client().await, pledge, 0, 1).await.unwrap().remove(0).id
    }

    /// The donor's bank takes a charge of 30.00 back on a day.
    async fn taken_back(&self, pledge: PledgeId, day: i64) -> ChargebackId {
        let report = Report {
            charge: self.only_charge(pledge).await,
            event_id: format!("evt-{pledge}"),
            amount: usd("30.00"),
            fee: None,
            reason: "fraudulent".into(),
            reported_on: None,
            evidence_until: None,
        };
        let (partner, wall) = (self.ground.partner, self.ground.day(day));
        self.ground.run(async |tx| chargebacks::report(tx, report, partner, wall).await).await.unwrap().id
    }

    /// A payment that its partner collected on day 0.
    async fn collected(&self, campaign: &Campaign, reference: &str, amount: &str) -> (PledgeId, ChargeId) {
        let (ground, wall) = (&self.ground, self.ground.wall);
        let asked =
            PlacePledge { rail: Rail::Partner, token: String::new(), ..ground.ask(campaign, reference, amount) };
        let placed = ground.run(async |tx| {
            let pledge = pledges::place(tx, asked, wall).await?.pledge.id;
            charges::begin(tx, pledge, 1, wall).await?;
            Ok(pledge)
        });
        let pledge = placed.await.unwrap();
        let charge = self.only_charge(pledge).await;
        let captured = ground
            .run(async |tx| {
                charges::capture_reported(tx, charge, ground.partner, reference, reference, None, wall).await
            })
            .await;
        assert_eq!(captured.unwrap(), Recorded::Captured);
        (pledge, charge)
    }

    /// Its partner says that it gave the whole of it back.
    async fn given_back(&self, charge: ChargeId, payment: &str) -> Reported {
        let event = format!("{payment} is back");
        let made = Made {
            event_id: &event,
            provider_reference: payment,
            refund_reference: &event,
            amount: None,
            settled_amount: None,
            reason: "",
        };
        let (ground, wall) = (&self.ground, self.ground.day(9));
        ground.run(async |tx| refund_outcomes::report_made(tx, charge, ground.partner, made, wall).await).await.unwrap()
    }
}

#[tokio::test]
async fn c6_what_was_promised_on_the_last_day_decides_also_when_the_campaign_was_suspended_over_it() {
    let scene = Scene::new().await;
    let (ground, change) = (&scene.ground, Change::by_service("told"));
    let last_day = ground.book.day_of(ground.day(5));
    let kind = Kind::AllOrNothing { goal: usd("100.00"), last_day, basis: Basis::Pledged };
    let campaign = ground.publish(NewCampaign { kind, ..ground.new_campaign("press") }).await;
    let schedule = AskedSchedule::Once { on: Some(last_day) };
    let asked = PlacePledge { schedule, ..ground.ask(&campaign, "ada", "120.00") };
    let placed = ground.run(async |tx| pledges::place(tx, asked, ground.wall).await).await.unwrap();
    let (id, on) = (campaign.id, |day| ground.day(day));
    ground.run(async |tx| campaigns::suspend(tx, id, change, on(4)).await).await.unwrap();
    // The job of the last day's end, which finds it suspended.
    ground.run(async |tx| verdicts::advance(tx, id, on(6)).await).await.unwrap();
    ground.run(async |tx| pledge_changes::cancel(tx, placed.pledge.id, change, on(7)).await).await.unwrap();
    ground.run(async |tx| campaigns::reinstate(tx, id, change, on(8)).await).await.unwrap();
    let decided = ground.run(async |tx| verdicts::advance(tx, id, on(30)).await).await.unwrap();
    let verdict = decided.verdict.unwrap();
    assert_eq!((verdict.word, verdict.counted), (Word::Successful, 12_000));
}

#[tokio::test]
async fn p9_what_a_partner_decided_the_sandboxs_provider_does_not_decide_again() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let pledge = scene.captured(&press, "ada", "30.00", 0).await;
    scene.settle(pledge, 3).await;
    let (ground, charge) = (&scene.ground, scene.only_charge(pledge).await);
    let opened = ground.run(async |tx| chargebacks::open_by_sandbox(tx, charge, Ruling::Lose, ground.day(5)).await);
    let id = opened.await.unwrap().unwrap().id;
    let by = Actor::Partner(ground.partner);
    ground.run(async |tx| chargebacks::decide(tx, id, Ruling::Win, by, ground.day(6)).await).await.unwrap();
    let late = ground.run(async |tx| chargebacks::decide_by_sandbox(tx, id, Ruling::Lose, ground.day(15)).await).await;
    assert_eq!(late.unwrap().state, State::Won);
}

#[tokio::test]
async fn c5_what_a_chargeback_held_while_a_closed_campaign_gave_back_goes_back_at_the_end_of_the_hold() {
    let mut scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let held = scene.captured(&press, "held", "30.00", 0).await;
    let free = scene.captured(&press, "free", "30.00", 0).await;
    scene.settle(held, 3).await;
    let chargeback = scene.taken_back(held, 4).await;
    let change = Change::by_service("told");
    let (ground, wall) = (&scene.ground, scene.ground.day(5));
    ground.run(async |tx| campaigns::close(tx, press.id, change, wall).await).await.unwrap();
    ground.run(async |tx| returns::return_all(tx, press.id, change, wall).await).await.unwrap();
    scene.ground.wall = wall;
    let worker = PlayedWorker { lanes: None };
    worker.work(&scene.ground).await;
    assert_eq!((scene.standing(held).await.1, scene.standing(free).await.1), (3_000, 0));

    scene.ground.wall = scene.ground.day(1);
    let (ground, by) = (&scene.ground, Actor::Partner(scene.ground.partner));
    let wall = ground.wall;
    ground.run(async |tx| chargebacks::decide(tx, chargeback, Ruling::Win, by, wall).await).await.unwrap();
    worker.work(&scene.ground).await;
    assert_eq!(scene.standing(held).await.1, 0, "nobody had to ask again");
}

#[tokio::test]
async fn p3_a_true_report_of_a_refund_is_taken_when_the_money_was_released_and_finds_its_bearers() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let (pledge, charge) = scene.collected(&press, "pay-1", "100.00").await;
    let (_, other) = scene.collected(&press, "pay-2", "20.00").await;
    scene.settle(pledge, 3).await;
    scene.released(&press, "60.00").await;
    let Reported::Borne(borne) = scene.given_back(charge, "pay-1").await else { panic!("60.00 were released") };
    assert_eq!((borne.state, borne.amount), (State::Lost, usd("100.00")));
    let client = scene.ground.client().await;
    let parts = chargeback_rows::list_parts(&client, borne.id).await.unwrap();
    let amounts: Vec<i64> = parts.iter().map(|part| part.amount).collect();
    assert_eq!(amounts, [4_000, 6_000]);
    assert!(matches!((parts[0].bearer, parts[1].bearer), (Bearer::Fund(_), Bearer::TeamPayable(_))), "{parts:?}");
    let Reported::Borne(again) = scene.given_back(charge, "pay-1").await else { panic!("it was borne") };
    assert_eq!(again.id, borne.id, "the same report twice is once");
    // What is still there goes back as it always did.
    assert!(matches!(scene.given_back(other, "pay-2").await, Reported::Refunded(_)));
    scene.ground.audit().await;
}
