//! Who polls misses nothing: what has changed is told by when it was numbered, which is after its commit.

use super::scene::Scene;
use deadpool_postgres::GenericClient;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use ledger::id::{BookId, OrganisationId};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::operations::polls::{self, Changed, Polled};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::service::store::events;
use ledger::testing::ONCE;
use uuid::Uuid;

impl Scene {
    fn partner(&self) -> (BookId, OrganisationId) {
        (self.ground.book.id, self.ground.partner)
    }

    async fn changed(&self, polled: Polled, since: Timestamp) -> Vec<Uuid> {
        let client = self.ground.client().await;
        polls::changed(&client, self.partner(), polled, since, None, 200).await.unwrap().objects
    }
}

async fn clock(client: &impl GenericClient) -> Timestamp {
    events::clock(client).await.unwrap()
}

#[tokio::test]
async fn a_change_that_commits_after_a_poll_is_met_by_the_next_one_however_long_ago_it_was_made() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let slow = scene.monthly("slow", "10.00", "sandbox_ok").await;
    let quick = scene.monthly("quick", "10.00", "sandbox_ok").await;
    let poller = scene.ground.client().await;
    assert_eq!(scene.changed(Polled::Pledges, Timestamp::UNIX_EPOCH).await, [slow.id.object, quick.id.object]);
    let before = clock(&poller).await;

    let mut writer = scene.ground.client().await;
    let tx = writer.transaction().await.unwrap();
    let (actor, wall) = (Actor::Partner(scene.ground.partner), scene.ground.wall);
    let change = Change { version: None, actor, reason: "the donor asked for it" };
    pledge_changes::pause(&tx, slow.id, None, change, wall).await.unwrap();
    let other = Change { version: None, actor, reason: "the donor asked for it" };
    scene.ground.run(async |tx| pledge_changes::pause(tx, quick.id, None, other, wall).await).await.unwrap();

    // The poll sees the one that has committed, and goes on from a moment at which the other one was written long ago.
    assert_eq!(scene.changed(Polled::Pledges, before).await, [quick.id.object]);
    let next = clock(&poller).await;
    let written: Timestamp = tx.query_one("SELECT max(recorded_at) FROM event_written", &[]).await.unwrap().get(0);
    assert!(written < next);
    assert!(scene.changed(Polled::Pledges, next).await.is_empty());
    tx.commit().await.unwrap();
    assert_eq!(scene.changed(Polled::Pledges, next).await, [slow.id.object]);
    assert_eq!(scene.changed(Polled::Pledges, before).await, [quick.id.object, slow.id.object]);
    let told = polls::as_of(&poller).await.unwrap();
    assert!(told < clock(&poller).await, "the moment for the next poll lies before this one, never behind it");
}

#[tokio::test]
async fn moments_of_numbers_never_go_back_and_each_is_found_by_halving() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let client = scene.ground.client().await;
    let book = scene.ground.book.id;
    for number in 0..5 {
        scene.monthly(&format!("plan-{number}"), "10.00", "sandbox_ok").await;
        events::number(&client, book).await.unwrap();
    }
    // The clock of the database was ahead for a while, and is right again.
    let owner = scene.ground.database_owner().await;
    let ahead = "UPDATE event_head SET numbered_at = now() + interval '1 hour'";
    owner.execute(ahead, &[]).await.unwrap();
    scene.monthly("behind", "10.00", "sandbox_ok").await;
    events::number(&client, book).await.unwrap();

    let rows = client.query("SELECT number, numbered_at FROM event ORDER BY number", &[]).await.unwrap();
    let moments: Vec<(i64, Timestamp)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(moments.is_sorted_by_key(|(_, at)| *at), "{moments:?}");
    assert!(moments.last().unwrap().1 > Timestamp::now() + SignedDuration::from_mins(59));
    for (_, at) in &moments {
        let before = moments.iter().filter(|(_, other)| other < at).count();
        let found = events::since(&client, book, *at).await.unwrap();
        assert_eq!(found, i64::try_from(before).unwrap(), "all from {at} on, and those of that very moment");
    }
    assert_eq!(events::since(&client, book, Timestamp::MAX).await.unwrap(), moments.last().unwrap().0);
    assert_eq!(events::since(&client, BookId(999), Timestamp::UNIX_EPOCH).await.unwrap(), 0);

    // Of a list whose beginning is deleted, what is left is found as before.
    owner.execute("DELETE FROM event WHERE number <= 3", &[]).await.unwrap();
    owner.execute("UPDATE event_head SET pruned = 3", &[]).await.unwrap();
    assert_eq!(events::since(&client, book, Timestamp::UNIX_EPOCH).await.unwrap(), 3);
    assert_eq!(events::since(&client, book, moments[4].1).await.unwrap(), 4);
}

#[tokio::test]
async fn a_charge_has_changed_when_a_refund_of_it_does_and_is_told_once_a_page_and_never_to_another_partner() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let pledge = scene.place(scene.ask("once", "30.00", ONCE, "sandbox_ok")).await.unwrap().pledge;
    scene.work().await;
    let charge = scene.charges(pledge.id).await[0].id.object;
    let client = scene.ground.client().await;
    let (of, since) = (scene.partner(), Timestamp::UNIX_EPOCH);
    // It was begun and captured: two events, and one charge.
    let page = polls::changed(&client, of, Polled::Charges, since, None, 200).await.unwrap();
    assert_eq!(page, Changed { objects: vec![charge], next: None });
    let first = polls::changed(&client, of, Polled::Charges, since, None, 1).await.unwrap();
    assert_eq!(first.objects, [charge]);
    let second = polls::changed(&client, of, Polled::Charges, since, first.next, 200).await.unwrap();
    assert_eq!(
        (second.objects, second.next),
        (vec![charge], None),
        "what changes while somebody reads on is told again"
    );

    let other = scene.ground.another_partner(true).await;
    let none = polls::changed(&client, (of.0, other), Polled::Charges, since, None, 200).await.unwrap();
    assert_eq!(none, Changed { objects: vec![], next: None });

    let next = clock(&client).await;
    let owner = scene.ground.database_owner().await;
    // As a refund writes it: its own state, which names the charge.
    let refund = "INSERT INTO event_written (book_id, object, partner, sequence, at, recorded_at, kind, facts)
        VALUES ($1, gen_random_uuid(), $2, 1, now(), now(), 'refund.requested', jsonb_build_object('charge', $3::uuid))";
    owner.execute(refund, &[&of.0.0, &of.1.0, &charge]).await.unwrap();
    assert_eq!(scene.changed(Polled::Charges, next).await, [charge]);
    assert!(scene.changed(Polled::Pledges, next).await.is_empty(), "it is no change of a pledge");
}
