//! Donors who are erased while something of them is under way.

use super::scene::Scene;
use jiff::civil::date;
use ledger::Error;
use ledger::book::{Command, Key};
use ledger::pledging::operations::donor_links::{self, WithReceipt};
use ledger::pledging::operations::pledges::{self, Drafted};
use ledger::pledging::operations::{charges, erasure, receipts};
use ledger::pledging::rules::charge::Outcome;
use ledger::pledging::store::donor_links as links_of;
use ledger::pledging::store::donors;
use ledger::service::change::Change;
use ledger::testing::MONTHLY;
use uuid::Uuid;

#[tokio::test]
async fn a_pledge_that_was_drafted_before_its_donor_was_erased_is_placed_for_a_new_donor() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let first = scene.place(scene.ask("m-1", "10.00", MONTHLY, "card")).await.unwrap().pledge;
    let asked = scene.ask("m-2", "10.00", MONTHLY, "card");
    let client = ground.client().await;
    let Drafted::New(new) = pledges::draft(&client, &ground.book, asked.clone(), wall).await.unwrap() else {
        panic!("it is new")
    };
    assert_eq!(new.donor.id, first.donor);
    let erase = ground.run(async |tx| erasure::erase(tx, first.donor, Change::by_service("asked"), wall).await);
    assert_eq!(erase.await.unwrap().cancelled, [first.id]);
    let companions = pledges::rows(&ground.book, &new, wall);
    let command = Command { key: None, entry: new.entry(ground.book.today(wall)), companions };
    let key = Key { caller: 1, key: Uuid::now_v7(), request_digest: 7 };
    let written = ground.lanes().command(ground.book.id, key, command).await;
    assert!(matches!(written, Err(Error::Stale(_))), "{written:?}");
    let placed = scene.place(asked).await.unwrap().pledge;
    assert_ne!(placed.donor, first.donor);
    let left = donors::get(&client, first.donor).await.unwrap();
    assert!(left.name.is_empty() && left.email.is_empty() && left.reference == first.donor.to_string());
}

#[tokio::test]
async fn money_that_comes_after_the_erasure_counts_and_its_receipt_names_nobody() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let pledge = scene.place(scene.ask("m-1", "10.00", MONTHLY, "card")).await.unwrap().pledge;
    let begun = ground.run(async |tx| charges::begin(tx, pledge.id, 1, wall).await);
    begun.await.unwrap();
    ground.run(async |tx| erasure::erase(tx, pledge.donor, Change::by_service("asked"), wall).await).await.unwrap();
    let charge = scene.charges(pledge.id).await.remove(0);
    let paid = Outcome::Captured { provider_reference: "pay-1".into() };
    scene.answer(charge.id, 1, paid).await.unwrap();
    for _ in 0..2 {
        let receipt = ground.run(async |tx| receipts::issue(tx, charge.id, wall).await).await.unwrap().unwrap();
        assert_eq!((receipt.number.to_string().as_str(), receipt.amount.minor()), ("2027-1", 1_000));
        assert_eq!(receipt.donor, pledge.donor);
    }
    ground.run(async |tx| erasure::finish(tx, pledge.donor, wall).await).await.unwrap();
    ground.audit().await;
}

#[tokio::test]
async fn links_that_are_made_together_are_made_but_for_donors_who_were_erased() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let mut asked = Vec::new();
    for fan in ["fan-1", "fan-2", "fan-3"] {
        let mut pledge = scene.ask(fan, "10.00", MONTHLY, "card");
        pledge.donor.reference = fan.into();
        let pledge = scene.place(pledge).await.unwrap().pledge;
        ground.run(async |tx| charges::begin(tx, pledge.id, 1, wall).await).await.unwrap();
        let charge = scene.charges(pledge.id).await.remove(0).id;
        let paid = Outcome::Captured { provider_reference: fan.into() };
        scene.answer(charge, 1, paid).await.unwrap();
        let receipt = ground.run(async |tx| receipts::issue(tx, charge, wall).await).await.unwrap().unwrap();
        let digest = |number: usize| [2 * asked.len() as u8 + number as u8; 32];
        asked.push(WithReceipt { donor: pledge.donor, receipt: receipt.id, one: digest(0), all: digest(1) });
    }
    let erase = ground.run(async |tx| erasure::erase(tx, asked[1].donor, Change::by_service("asked"), wall).await);
    erase.await.unwrap();
    let made = ground.run(async |tx| donor_links::make_each(tx, ground.book.id, &asked, wall).await).await.unwrap();
    assert_eq!(made, [asked[0], asked[2]]);
    let client = ground.client().await;
    for (asked, links) in asked.iter().zip([2, 0, 2]) {
        let found = links_of::list(&client, asked.donor, Uuid::nil(), 10).await.unwrap();
        assert_eq!(found.len(), links);
        let lapse: Vec<_> = found.iter().map(|link| (link.to.receipt().is_some(), link.lapses_at.is_some())).collect();
        assert!(lapse.iter().all(|(is_of_receipt, lapses)| is_of_receipt != lapses), "{lapse:?}");
    }
}
