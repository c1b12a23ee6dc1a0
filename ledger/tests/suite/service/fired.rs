//! What partners fire by hand: in the one order of the list, and in no list of what happened.

use crate::support::{ground, plans};
use futures_util::future::join_all;
use ledger::Error;
use ledger::id::OrganisationId;
use ledger::parties::rules::role::Scope;
use ledger::partners::operations::firing::{self, A_MINUTE};
use ledger::partners::store::told;
use ledger::service::event::EventKind;
use ledger::service::store::events::{self, Event, Head};
use ledger::service::store::pruning;
use ledger::testing::Ground;

fn kind(word: &str) -> EventKind {
    word.parse().unwrap()
}

async fn fire(ground: &Ground, by: OrganisationId, word: &str) -> Result<Event, Error> {
    ground.run(async |tx| firing::fire(tx, &ground.book, (by, Scope::ALL), kind(word), None).await).await
}

fn numbers(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.number).collect()
}

#[tokio::test]
async fn sbx_what_is_fired_has_a_number_of_the_list_and_is_told_to_nobody_but_its_partner() {
    let ground = ground().await;
    let other = ground.another_partner(true).await;
    let stranger = ground.another_partner(false).await;
    ground.campaign("press").await;
    let first = fire(&ground, ground.partner, "charge.captured").await.unwrap();
    assert_eq!((first.number, first.is_test), (3, true), "after what has committed before");
    ground.campaign("mill").await;
    let second = fire(&ground, ground.partner, "pledge.active").await.unwrap();
    assert!(fire(&ground, stranger, "charge.captured").await.is_err(), "the book has not admitted it");
    assert_eq!(numbers(&ground.events().await), [1, 2, 4, 5], "what happened");
    ground.audit().await;

    let (client, book) = (ground.client().await, ground.book.id);
    let both = ["charge.captured".to_owned(), "pledge.active".to_owned()];
    let of_partner = async |partner, after| told::list(&client, book, partner, &both, after, 100).await.unwrap();
    assert_eq!(of_partner(ground.partner, 0).await, [first.clone(), second.clone()]);
    assert_eq!(of_partner(ground.partner, first.number).await, std::slice::from_ref(&second));
    assert_eq!(of_partner(other, 0).await, []);
    let changed = events::list_of_partner(&client, book, ground.partner, &both, 0, 100).await.unwrap();
    assert_eq!(changed, [], "lists of what has changed know nothing of it");
    let of_object = told::list_of_object(&client, book, first.object, ground.partner, &both, (0, 100)).await.unwrap();
    assert_eq!(of_object, std::slice::from_ref(&first));
    assert_eq!(events::list_of_object(&client, book, first.object, &both, (0, 100)).await.unwrap(), []);
    // By its moment it is found as what happened is.
    let at = "SELECT number, numbered_at FROM partner_event ORDER BY number";
    for row in client.query(at, &[]).await.unwrap() {
        let (number, numbered_at) = (row.get::<_, i64>(0), row.get(1));
        let since = events::since(&client, book, numbered_at).await.unwrap();
        assert!(since < number && number - since <= 2, "{number} after {since}");
    }
}

#[tokio::test]
async fn sbx_who_fires_and_numbers_at_the_same_time_gets_each_number_once_and_no_more_than_enough() {
    let ground = ground().await;
    let fired = (0..6).map(|_| fire(&ground, ground.partner, "charge.captured"));
    let made = async {
        for slug in ["one", "two", "three"] {
            ground.campaign(slug).await;
        }
    };
    let (fired, ()) = futures_util::future::join(join_all(fired), made).await;
    assert!(fired.iter().all(Result::is_ok), "{fired:?}");
    ground.audit().await;
    for _ in 6..A_MINUTE {
        fire(&ground, ground.partner, "charge.captured").await.unwrap();
    }
    match fire(&ground, ground.partner, "charge.captured").await.unwrap_err() {
        Error::Refused(refusal) => assert_eq!(refusal.code, "events-fired-enough"),
        error => panic!("{error}"),
    }
    let other = ground.another_partner(true).await;
    assert!(fire(&ground, other, "charge.captured").await.is_ok(), "another partner's minute is its own");
    ground.audit().await;
}

#[tokio::test]
async fn sbx_what_was_fired_goes_with_the_events_of_its_time() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let old = format!(
        "INSERT INTO event_written (book_id, object, sequence, at, recorded_at, kind, facts)
         SELECT {0}, gen_random_uuid(), 1, now(), now() - interval '91 days', 'hold.placed', '{{}}' FROM generate_series(1, 2);
         SELECT events_number({0});
         UPDATE event_head SET last = 3 WHERE book_id = {0};
         INSERT INTO fired_event (book_id, number, id, object, partner, sequence, at, recorded_at, numbered_at, kind, facts)
         VALUES ({0}, 3, gen_random_uuid(), gen_random_uuid(), '{1}', 1, now(), now() - interval '91 days', now(), 'charge.captured', '{{}}')",
        ground.book.id, ground.partner.0
    );
    owner.batch_execute(&old).await.unwrap();
    let young = fire(&ground, ground.partner, "charge.captured").await.unwrap();
    ground.campaign("press").await;
    let client = ground.client().await;
    assert_eq!(numbers(&ground.events().await), [1, 2, 5, 6]);
    assert_eq!(pruning::of_book(&client, ground.book.id).await.unwrap(), 3);
    assert_eq!(numbers(&ground.events().await), [5, 6]);
    assert_eq!(events::head(&client, ground.book.id).await.unwrap(), Head { last: 6, pruned: 3 });
    let left = told::list(&client, ground.book.id, ground.partner, &["charge.captured".into()], 0, 100).await.unwrap();
    assert_eq!(left, [young]);
}

#[tokio::test]
async fn sbx_what_a_partner_is_told_is_found_by_its_keys_alone() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let grown = format!(
        "INSERT INTO event (book_id, number, id, object, partner, sequence, at, recorded_at, numbered_at, kind, facts)
         SELECT {}, n, gen_random_uuid(), gen_random_uuid(), '{}', 1, now(), now(), now(), 'charge.captured', '{{}}'
           FROM generate_series(1, 5000) n; ANALYZE event",
        ground.book.id, ground.partner.0
    );
    owner.batch_execute(&grown).await.unwrap();
    let (client, book) = (ground.client().await, ground.book.id);
    let of_kind = ["charge.captured".to_owned()];
    assert_eq!(told::list(&client, book, ground.partner, &of_kind, 10, 50).await.unwrap().len(), 50);
    let asked = format!("{book}, '{}', '{{charge.captured,charge.settled}}', 10, 50", ground.partner.0);
    for plan in plans(&client, "-- told::list", &asked).await {
        assert!(plan.contains("event_of_partner") && !plan.contains("Seq Scan on event"), "{plan}");
        assert!(
            plan.contains("Merge Append") && !plan.contains("Seq Scan on fired_event"),
            "read in its order:\n{plan}"
        );
    }
}
