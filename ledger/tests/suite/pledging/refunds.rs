//! Refunds: in parts, before and after the cash, of a pledge's own money alone, once each, and undone when they fail.

use super::fees::term;
use super::lineage::Scene;
use futures_util::future::join_all;
use ledger::Error;
use ledger::chart;
use ledger::id::{CampaignId, ChargeId, PledgeId};
use ledger::money::Money;
use ledger::pledging::operations::campaigns::{self, NewCampaign};
use ledger::pledging::operations::charges::{self, Recorded};
use ledger::pledging::operations::pledges::{self, PlacePledge};
use ledger::pledging::operations::refund_outcomes::{self, Made, Reported};
use ledger::pledging::operations::refunds::{self, Ask};
use ledger::pledging::operations::returns;
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::charge::Charge;
use ledger::pledging::rules::fee::{Payee, Term};
use ledger::pledging::rules::lineage::Method;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::rules::refund::{Outcome, Refund, State};
use ledger::pledging::store::refunds as rows;
use ledger::pledging::store::{charges as charge_rows, lineage, pledges as pledge_rows};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{PlayedWorker, refusal, usd};
use uuid::Uuid;

impl Scene {
    async fn first_charge(&self, pledge: PledgeId) -> Charge {
        charge_rows::list(&self.ground.client().await, pledge, 0, 1).await.unwrap().remove(0)
    }

    /// A single pledge that is captured on a day.
    async fn gift(&self, campaign: &Campaign, reference: &str, amount: &str, day: i64) -> (PledgeId, ChargeId) {
        let asked = self.ground.ask(campaign, reference, amount);
        let pledge = self.ground.captured(asked, self.ground.day(day)).await;
        (pledge, self.first_charge(pledge).await.id)
    }

    async fn ask(&self, charge: ChargeId, amount: Option<&str>, day: i64) -> Result<Refund, Error> {
        let ask = Ask { charge, amount: amount.map(usd), reference: None, from: None };
        self.request(ask, day).await
    }

    async fn request(&self, ask: Ask<'_>, day: i64) -> Result<Refund, Error> {
        let (change, wall) = (Change::by_service("asked for"), self.ground.day(day));
        self.ground.run(async |tx| refunds::request(tx, ask, change, wall).await).await
    }

    async fn end(&self, refund: &Refund, outcome: Outcome, day: i64) -> Result<Refund, Error> {
        let (id, wall) = (refund.id, self.ground.day(day));
        self.ground.run(async |tx| refund_outcomes::record(tx, id, outcome, Actor::Service, wall).await).await
    }

    async fn arrives(&self, refund: &Refund, day: i64) -> Refund {
        let provider_reference = format!("back-{}", refund.id);
        self.end(refund, Outcome::Settled { provider_reference }, day).await.unwrap()
    }

    async fn refund(&self, refund: &Refund) -> Refund {
        rows::get(&self.ground.client().await, refund.id).await.unwrap()
    }

    async fn state(&self, pledge: PledgeId) -> &'static str {
        pledge_rows::get(&self.ground.client().await, pledge).await.unwrap().state.as_str()
    }

    async fn balance(&self, account: chart::Account) -> i64 {
        self.ground.balance(&account.code).await
    }

    async fn fund(&self, campaign: &Campaign) -> i64 {
        self.balance(chart::fund(&campaign.slug)).await
    }

    async fn fair(&self, lineage: Method, fees: Vec<Term>) -> Campaign {
        self.ground.publish(NewCampaign { lineage, fees, ..self.ground.new_campaign("fair") }).await
    }

    async fn agrees(&self) {
        self.ground.audit().await;
        let wrong = lineage::audit(&self.ground.client().await, self.ground.book.id).await.unwrap();
        assert_eq!(wrong, Vec::<String>::new());
    }
}

fn settled_as(reference: &str) -> Outcome {
    Outcome::Settled { provider_reference: reference.into() }
}

#[tokio::test]
async fn p3_a_refund_that_is_reported_before_its_capture_leaves_the_charge_refunded_and_the_book_at_nothing() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let asked = PlacePledge { rail: Rail::Partner, token: String::new(), ..scene.ground.ask(&press, "p", "30.00") };
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let placed = scene.ground.run(async |tx| {
        let pledge = pledges::place(tx, asked, wall).await?.pledge.id;
        charges::begin(tx, pledge, 1, wall).await?;
        Ok(pledge)
    });
    let pledge = placed.await.unwrap();
    let id = scene.first_charge(pledge).await.id;
    let made = Made {
        event_id: "evt-refunded",
        provider_reference: "pay-1",
        refund_reference: "back-1",
        amount: None,
        settled_amount: None,
        reason: "",
    };
    let mut told = Vec::new();
    for _ in 0..2 {
        let refund = scene.ground.run(async |tx| refund_outcomes::report_made(tx, id, partner, made, wall).await).await;
        let Reported::Refunded(refund) = refund.unwrap() else { panic!("it was held") };
        told.push(refund.id);
    }
    assert_eq!(told[0], told[1], "the same refund twice is one");
    let capture = async |event: &str, payment: &str| {
        scene.ground.run(async |tx| charges::capture_reported(tx, id, partner, event, payment, None, wall).await).await
    };
    assert_eq!(capture("evt-paid", "pay-1").await.unwrap(), Recorded::Already);
    assert_eq!(refusal(capture("evt-2", "pay-2").await), "charge-captured");

    assert_eq!((scene.first_charge(pledge).await.word(), scene.state(pledge).await), ("refunded", "refunded"));
    scene.settle(pledge, 3).await;
    assert_eq!((scene.fund(&press).await, scene.ground.balance_below("assets:").await), (0, 0));
    assert_eq!(scene.ground.balance_below("liabilities:").await, 0);
    assert_eq!(scene.standing(pledge).await, (0, 0), "it has no layer");
    scene.agrees().await;
}

#[tokio::test]
async fn parts_before_and_after_the_cash_add_up_to_the_whole_with_each_fee_borne_as_the_terms_say() {
    let scene = Scene::new().await;
    let terms = vec![term(Payee::Processor, "2.9", 30, false), term(Payee::Host, "5", 0, true)];
    let fair = scene.fair(Method::Fifo, terms).await;
    let (pledge, charge) = scene.gift(&fair, "gift", "100.00", 0).await;
    let first = scene.ask(charge, Some("40.00"), 0).await.unwrap();
    // 3.28 of the fees fall on it: 2.00 of the host's comes back, 1.28 of the processor's does not.
    assert_eq!((first.sent, first.returned(), first.undone()), (usd("38.72"), 200, 328));
    scene.arrives(&first, 0).await;
    let cash = chart::cash_at(scene.ground.partner);
    scene.settle(pledge, 3).await;
    assert_eq!(scene.balance(cash.clone()).await, 10_000 - 320 - 3_872, "what arrives is less");
    assert_eq!(scene.balance(chart::fee_income()).await, 300);
    assert_eq!(scene.standing(pledge).await, (5_508, 5_508));
    scene.agrees().await;

    let more = scene.ask(charge, Some("60.01"), 3).await;
    assert_eq!(refusal(more), "refund-exceeds-charge");
    let last = scene.ask(charge, None, 3).await.unwrap();
    assert_eq!((last.amount, last.returned()), (usd("60.00"), 300));
    assert_eq!(first.sent.minor() + last.sent.minor(), 10_000 - 320, "the donor bears the processor's fee");
    assert_eq!(scene.state(pledge).await, "completed", "it is on its way");
    scene.arrives(&last, 4).await;
    assert_eq!(scene.state(pledge).await, "refunded");
    assert_eq!((scene.fund(&fair).await, scene.balance(cash).await), (0, 0));
    assert_eq!((scene.balance(chart::fee_income()).await, scene.ground.balance_below("liabilities:").await), (0, 0));
    assert_eq!(scene.standing(pledge).await, (5_508, 0));
    assert_eq!(refusal(scene.ask(charge, None, 4).await), "refund-exceeds-charge");
    scene.agrees().await;
}

#[tokio::test]
async fn a_refund_that_fails_is_in_the_fund_again_whenever_its_charge_has_settled() {
    let scene = Scene::new().await;
    let fair = scene.fair(Method::Fifo, vec![term(Payee::Host, "10", 0, true)]).await;
    for (reference, day, asked_on) in [("before", 0, 0), ("after", 6, 9)] {
        let (pledge, charge) = scene.gift(&fair, reference, "20.00", day).await;
        let mut asked = None;
        if asked_on == day {
            asked = Some(scene.ask(charge, Some("20.00"), asked_on).await.unwrap());
        }
        scene.settle(pledge, day + 3).await;
        let refund = match asked {
            Some(refund) => refund,
            None => scene.ask(charge, Some("20.00"), asked_on).await.unwrap(),
        };
        let before = scene.fund(&fair).await;
        let failed = scene.end(&refund, Outcome::Failed { code: "card_closed".into() }, day + 4).await.unwrap();
        assert_eq!(failed.state.as_str(), "failed");
        assert_eq!(scene.fund(&fair).await, before + 1_800);
        assert_eq!(scene.first_charge(pledge).await.refunded, 0);
        assert_eq!(refusal(scene.end(&refund, settled_as("late"), day + 4).await), "refund-over");
        scene.agrees().await;
        let again = scene.ask(charge, None, day + 5).await.unwrap();
        scene.arrives(&again, day + 5).await;
        assert_eq!(scene.fund(&fair).await, before);
        scene.agrees().await;
    }
    assert_eq!(scene.ground.balance_below("income:").await, 0, "every fee came back");
}

#[tokio::test]
async fn what_was_released_is_not_refunded_and_nobody_elses_money_is_taken_for_it() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let (first, of_first) = scene.gift(&press, "first", "30.00", 0).await;
    let (second, of_second) = scene.gift(&press, "second", "30.00", 0).await;
    scene.settle(first, 3).await;
    scene.released(&press, "40.00").await;
    assert_eq!(refusal(scene.ask(of_first, None, 6).await), "refund-exceeds-held");
    let refused = scene.ask(of_second, None, 6).await.unwrap_err().to_string();
    assert!(refused.contains("at most 20.00 USD"), "{refused}");
    let part = scene.ask(of_second, Some("20.00"), 6).await.unwrap();
    scene.arrives(&part, 6).await;
    assert_eq!((scene.standing(first).await, scene.standing(second).await), ((3_000, 0), (3_000, 0)));
    assert_eq!(scene.state(second).await, "completed", "a part of it went to the team");
    scene.agrees().await;

    let (third, of_third) = scene.gift(&press, "third", "30.00", 6).await;
    scene.settle(third, 9).await;
    scene.approved(&press, "25.00").await;
    let refused = scene.ask(of_third, None, 9).await.unwrap_err().to_string();
    assert!(refused.contains("at most 5.00 USD"), "an earmark is kept: {refused}");
}

#[tokio::test]
async fn two_who_ask_at_once_get_the_charge_back_once_and_the_same_reference_is_one_refund() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let (pledge, charge) = scene.gift(&press, "gift", "30.00", 0).await;
    scene.settle(pledge, 3).await;
    let named = join_all((0..4).map(|_| {
        let ask = Ask { amount: Some(usd("10.00")), ..Ask::whole(charge, "order-7") };
        scene.request(ask, 3)
    }));
    let ids: Vec<_> = named.await.into_iter().map(|refund| refund.unwrap().id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let all = join_all((0..6).map(|_| scene.ask(charge, Some("8.00"), 3))).await;
    let (granted, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    assert_eq!((granted.len(), refused.len()), (2, 4));
    assert!(refused.into_iter().all(|refused| refusal(refused) == "refund-exceeds-charge"));
    assert_eq!(scene.first_charge(pledge).await.refunded, 2_600);
    assert_eq!(scene.fund(&press).await, 400);
    scene.agrees().await;
}

#[tokio::test]
async fn a_refund_follows_money_that_its_donor_has_moved() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let drill = scene.campaign("drill", Method::Fifo).await;
    let (pledge, charge) = scene.gift(&press, "gift", "30.00", 0).await;
    let (other, _) = scene.gift(&drill, "other", "30.00", 0).await;
    scene.settle(other, 3).await;
    let partly = scene.ask(charge, Some("5.00"), 4).await.unwrap();
    scene.arrives(&partly, 4).await;
    assert_eq!(scene.redirect(pledge, drill.id).await, Some(2_500));
    let rest = scene.ask(charge, None, 7).await.unwrap();
    assert_eq!(rest.sent, usd("25.00"));
    scene.arrives(&rest, 7).await;
    assert_eq!((scene.fund(&press).await, scene.fund(&drill).await), (0, 3_000));
    assert_eq!((scene.state(pledge).await, scene.standing(other).await), ("refunded", (3_000, 3_000)));
    scene.agrees().await;
}

#[tokio::test]
async fn c5_what_a_cancelled_project_did_not_release_goes_back_pro_rata_with_its_part_of_the_fee() {
    let mut scene = Scene::new().await;
    let fair = scene.fair(Method::ProRata, vec![term(Payee::Platform, "5", 0, true)]).await;
    let (small, of_small) = scene.gift(&fair, "small", "100.00", 0).await;
    let (large, of_large) = scene.gift(&fair, "large", "300.00", 0).await;
    scene.settle(small, 3).await;
    scene.released(&fair, "100.00").await;
    assert_eq!(refusal(give_back(&scene, fair.id).await), "campaign-open");
    let (id, wall) = (fair.id, scene.ground.day(6));
    scene.ground.run(async |tx| campaigns::close(tx, id, Change::by_service(""), wall).await).await.unwrap();
    give_back(&scene, fair.id).await.unwrap();
    give_back(&scene, fair.id).await.unwrap();
    scene.ground.wall = scene.ground.day(6);
    PlayedWorker { lanes: None }.work(&scene.ground).await;

    let client = scene.ground.client().await;
    let mut sums = Vec::new();
    for charge in [of_small, of_large] {
        let all = rows::list(&client, charge, Uuid::nil(), 10).await.unwrap();
        assert!(all.iter().all(|refund| refund.state.as_str() == "settled"), "{all:?}");
        let sum = |of: fn(&Refund) -> Money| all.iter().map(|refund| of(refund).minor()).sum::<i64>();
        sums.push((all.len(), sum(|refund| refund.amount), sum(|refund| refund.sent)));
    }
    // Of 95.00 and 285.00 there were 70.00 and 210.00 left: a fee of 3.68 and 11.05 comes back with them.
    assert_eq!(sums, [(1, 7_368, 7_368), (1, 22_105, 22_105)]);
    assert_eq!(scene.fund(&fair).await, 0);
    let payable = chart::fees(&scene.ground.partner.to_string());
    assert_eq!(scene.balance(payable).await, 2_000 - 368 - 1_105);
    assert_eq!((scene.standing(small).await, scene.standing(large).await), ((9_500, 0), (28_500, 0)));
    scene.agrees().await;
}

async fn give_back(scene: &Scene, campaign: CampaignId) -> Result<Campaign, Error> {
    let wall = scene.ground.day(6);
    scene.ground.run(async |tx| returns::return_all(tx, campaign, Change::by_service("given up"), wall).await).await
}

#[tokio::test]
async fn a_refund_that_its_partner_does_not_report_in_time_has_failed_and_can_be_asked_for_again() {
    let mut scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let asked = PlacePledge { rail: Rail::Partner, token: String::new(), ..scene.ground.ask(&press, "p", "30.00") };
    let (wall, partner) = (scene.ground.wall, scene.ground.partner);
    let placed = scene.ground.run(async |tx| {
        let pledge = pledges::place(tx, asked, wall).await?.pledge.id;
        charges::begin(tx, pledge, 1, wall).await?;
        let id = charge_rows::list(tx, pledge, 0, 1).await?.remove(0).id;
        charges::capture_reported(tx, id, partner, "evt-1", "pay-1", None, wall).await?;
        Ok((pledge, id))
    });
    let (pledge, charge) = placed.await.unwrap();
    scene.settle(pledge, 3).await;
    let refund = scene.ask(charge, None, 3).await.unwrap();
    scene.ground.wall = scene.ground.day(16);
    PlayedWorker { lanes: None }.work(&scene.ground).await;
    assert_eq!(scene.refund(&refund).await.state.as_str(), "requested", "it has two weeks");
    scene.ground.wall = scene.ground.day(1);
    PlayedWorker { lanes: None }.work(&scene.ground).await;
    let failed = scene.refund(&refund).await.state;
    assert_eq!(failed, State::Failed { code: "not_reported".into() });
    assert_eq!((scene.fund(&press).await, scene.first_charge(pledge).await.word()), (3_000, "settled"));
    let again = scene.ask(charge, None, 0).await.unwrap();
    let report = scene
        .ground
        .run(async |tx| refund_outcomes::report(tx, again.id, partner, settled_as("back-1"), scene.ground.wall).await);
    assert_eq!(report.await.unwrap().state.as_str(), "settled");
    assert_eq!(scene.fund(&press).await, 0);
    scene.agrees().await;
}
