//! Donors who are erased while something of them is under way.

use super::scene::Scene;
use jiff::civil::date;
use ledger::Error;
use ledger::book::{Command, Key};
use ledger::pledging::operations::erasure;
use ledger::pledging::operations::pledges::{self, Drafted};
use ledger::pledging::operations::receipts;
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
    let companions = pledges::rows(&ground.book, &new.pledge, &new.donor, wall);
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
    let begun = ground.run(async |tx| ledger::pledging::operations::charges::begin(tx, pledge.id, 1, wall).await);
    begun.await.unwrap();
    ground.run(async |tx| erasure::erase(tx, pledge.donor, Change::by_service("asked"), wall).await).await.unwrap();
    let charge = scene.charges(pledge.id).await.remove(0);
    let paid = ledger::pledging::rules::charge::Outcome::Captured { provider_reference: "pay-1".into() };
    scene.answer(charge.id, 1, paid).await.unwrap();
    for _ in 0..2 {
        let receipt = ground.run(async |tx| receipts::issue(tx, charge.id, wall).await).await.unwrap().unwrap();
        assert_eq!((receipt.number.to_string().as_str(), receipt.amount.minor()), ("2027-1", 1_000));
        assert_eq!(receipt.donor, pledge.donor);
    }
    ground.run(async |tx| erasure::finish(tx, pledge.donor, wall).await).await.unwrap();
    ground.audit().await;
}
