//! Fees that a campaign's terms name: what captures bear, what arrives, what the host earns.

use super::scene::Scene;
use jiff::civil::date;
use ledger::calendar::days_after;
use ledger::chart;
use ledger::id::PledgeId;
use ledger::pledging::operations::campaigns::{self, NewCampaign};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::pledges::PlacePledge;
use ledger::pledging::operations::receipts;
use ledger::pledging::rules::fee::{Payee, Term};
use ledger::pledging::store::fees;
use ledger::pledging::store::lineage;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{ONCE, PlayedWorker};

pub(super) fn term(to: Payee, percent: &str, fixed: i64, returned_on_refund: bool) -> Term {
    Term { to, percent: percent.parse().unwrap(), fixed, returned_on_refund }
}

/// A scene whose campaign names fees.
pub(super) async fn scene(fees: Vec<Term>) -> Scene {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    scene.campaign = scene.ground.publish(NewCampaign { fees, ..scene.ground.new_campaign("fair") }).await;
    scene
}

/// Fees as layers and the book have them.
pub(super) async fn audited(scene: &Scene) {
    let wrong = lineage::audit(&scene.ground.client().await, scene.ground.book.id).await.unwrap();
    assert_eq!(wrong, Vec::<String>::new());
    scene.ground.audit().await;
}

async fn balance(scene: &Scene, account: chart::Account) -> i64 {
    scene.ground.balance(&account.code).await
}

async fn contributed(scene: &Scene, pledge: PledgeId) -> i64 {
    lineage::standing(&scene.ground.client().await, pledge).await.unwrap().contributed
}

#[tokio::test]
async fn c6_a_platform_fee_of_five_percent_is_taken_of_what_was_collected_only() {
    let mut scene = scene(vec![term(Payee::Platform, "5", 0, true)]).await;
    for number in 0..20 {
        let token = if number == 0 { "stolen_card" } else { "card" };
        scene.place(scene.ask(&format!("p{number}"), "520.00", ONCE, token)).await.unwrap();
    }
    scene.work().await;
    let sums = scene.totals().await.sums;
    assert_eq!((sums.pledged, sums.collected, sums.dropped), (1_040_000, 988_000, 52_000));
    let payable = chart::fees(&scene.ground.partner.to_string());
    assert_eq!(balance(&scene, payable.clone()).await, 49_400);
    audited(&scene).await;

    scene.go_to(date(2027, 2, 4)).await;
    assert_eq!(balance(&scene, payable).await, 49_400, "kept for the platform");
    assert_eq!(scene.totals().await.available, 988_000 - 49_400);
    assert_eq!(scene.fund(&scene.campaign).await, 988_000 - 49_400);
    audited(&scene).await;
}

#[tokio::test]
async fn p9_the_processor_keeps_its_fee_at_once_and_the_host_earns_its_own_when_the_cash_arrives() {
    for by_lane in [true, false] {
        let terms = vec![term(Payee::Processor, "2.9", 30, false), term(Payee::Host, "5", 0, true)];
        let mut scene = scene(terms).await;
        if !by_lane {
            scene.worker = PlayedWorker { lanes: None };
        }
        let mut pledges = Vec::new();
        for reference in ["a", "b"] {
            pledges.push(scene.place(scene.ask(reference, "100.00", ONCE, "card")).await.unwrap().pledge.id);
            scene.work().await;
        }
        let partner = scene.ground.partner;
        let receivable = chart::receivable(partner, scene.ground.book.today(scene.ground.wall));
        assert_eq!(balance(&scene, receivable.clone()).await, 2 * 9_680);
        assert_eq!(balance(&scene, chart::fees("host")).await, 2 * 500);
        assert_eq!(balance(&scene, chart::fees(&format!("processor-{partner}"))).await, 0);
        let charge = scene.charges(pledges[0]).await.remove(0);
        let fees = fees::of_charge(&scene.ground.client().await, charge.id).await.unwrap();
        let fees: Vec<_> = fees.iter().map(|fee| (fee.to, fee.amount, fee.returns)).collect();
        assert_eq!(fees, [(Payee::Host, 500, true), (Payee::Processor, 320, false)]);
        let wall = scene.ground.wall;
        let receipt = scene.ground.run(async |tx| receipts::issue(tx, charge.id, wall).await).await.unwrap().unwrap();
        let lines: Vec<_> = receipt.lines.iter().map(|line| (line.label.as_str(), line.amount)).collect();
        assert_eq!(lines, [("gift", 9_180), ("fee of the host", 500), ("fee of the processor", 320)]);
        audited(&scene).await;

        scene.go_to(days_after(date(2027, 2, 1), 3)).await;
        assert_eq!(balance(&scene, receivable).await, 0);
        assert_eq!(balance(&scene, chart::cash_at(partner)).await, 2 * 9_680);
        assert_eq!(balance(&scene, chart::fees("host")).await, 0);
        assert_eq!(balance(&scene, chart::fee_income()).await, 2 * 500);
        assert_eq!(contributed(&scene, pledges[1]).await, 9_180, "its layer is what is left");
        audited(&scene).await;
    }
}

#[tokio::test]
async fn a_donor_who_agreed_to_other_terms_bears_no_fee_after_being_redirected() {
    let mut scene = scene(vec![term(Payee::Host, "5", 0, true)]).await;
    let free = scene.ground.campaign("free").await;
    let asked =
        PlacePledge { campaign: free.id, terms_digest: free.terms_digest, ..scene.ask("a", "50.00", ONCE, "card") };
    let pledge = scene.place(asked).await.unwrap().pledge.id;
    let (wall, to) = (scene.ground.wall, scene.campaign.id);
    let change = Change { version: None, actor: Actor::Partner(scene.ground.partner), reason: "" };
    scene.ground.run(async |tx| pledge_changes::redirect(tx, pledge, to, false, change, wall).await).await.unwrap();
    scene.go_to(date(2027, 2, 4)).await;
    assert_eq!(scene.fund(&scene.campaign).await, 5_000);
    audited(&scene).await;
}

#[tokio::test]
async fn fees_are_part_of_what_a_pledge_agrees_to() {
    let scene = scene(vec![term(Payee::Host, "5", 0, true)]).await;
    let without = campaigns::terms_digest(&scene.campaign.terms, &[]);
    let asked = PlacePledge { terms_digest: without, ..scene.ask("a", "50.00", ONCE, "card") };
    assert_eq!(ledger::testing::refusal(scene.place(asked).await), "terms-mismatch");
}
