//! The named tokens, and the provider's memory.

use super::*;
use crate::testing;
use futures_util::future::join_all;
use ledger::money::{Currency, Money};

fn request(token: &str, attempt: i32) -> ChargeRequest {
    ChargeRequest {
        book: BookId(4),
        reference: format!("chg_x-{attempt}"),
        attempt,
        token: token.into(),
        amount: Money::from_minor(3_000, Currency::USD).unwrap(),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn kind(token: &str, attempt: i32) -> Option<DeclineKind> {
    match decide(&request(token, attempt)) {
        Outcome::Captured { .. } => None,
        Outcome::Declined { kind, .. } => Some(kind),
    }
}

#[test]
fn the_name_of_a_token_says_what_happens() {
    assert_eq!(kind("sandbox_ok", 1), None);
    assert_eq!(kind("", 1), None);
    assert_eq!(kind("sandbox_insufficient_funds", 4), Some(DeclineKind::Soft));
    assert_eq!(kind("sandbox_insufficient_funds_once", 1), Some(DeclineKind::Soft));
    assert_eq!(kind("sandbox_insufficient_funds_once", 2), None);
    assert_eq!(kind("sandbox_expired_card", 1), Some(DeclineKind::Expired));
    assert_eq!(kind("sandbox_stolen_card", 1), Some(DeclineKind::Stolen));
    assert_eq!(kind("sandbox_hard_decline", 1), Some(DeclineKind::Hard));
    assert_eq!(kind("sandbox_ok ", 1), Some(DeclineKind::Expired));
}

#[test]
fn the_same_reference_has_the_same_name_at_the_provider_and_another_book_another() {
    let name = provider_reference(BookId(4), "chg_x-1");
    assert_eq!(name, provider_reference(BookId(4), "chg_x-1"));
    assert_ne!(name, provider_reference(BookId(5), "chg_x-1"));
    assert_ne!(name, provider_reference(BookId(4), "chg_x-2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reference_has_one_answer_for_ever() {
    let database = testing::database().await;
    let rail = Sandbox::new(database.pool.clone());
    let first = rail.charge(&request("sandbox_ok", 1)).await.unwrap();
    assert_eq!(rail.charge(&request("sandbox_ok", 1)).await, Ok(first.clone()));
    assert_eq!(rail.find(BookId(4), "chg_x-1").await, Ok(Some(first)));
    assert_eq!(rail.find(BookId(4), "chg_x-2").await, Ok(None));
    assert_eq!(rail.find(BookId(5), "chg_x-1").await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_not_used_again_for_another_amount() {
    let database = testing::database().await;
    let rail = Sandbox::new(database.pool.clone());
    rail.charge(&request("sandbox_ok", 1)).await.unwrap();
    let mut other = request("sandbox_ok", 1);
    other.amount = Money::from_minor(3_001, Currency::USD).unwrap();
    assert!(matches!(rail.charge(&other).await, Err(RailError::Rejected(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_of_the_same_moment_each_get_the_answer_to_their_own_reference() {
    let database = testing::database().await;
    let rail = Sandbox::new(database.pool.clone());
    let more = Money::from_minor(3_001, Currency::USD).unwrap();
    rail.charge(&request("sandbox_ok", 1)).await.unwrap();
    let asked = [
        ChargeRequest { amount: more, ..request("sandbox_ok", 1) },
        request("sandbox_ok", 1),
        request("sandbox_timeout", 2),
        request("sandbox_stolen_card", 3),
        ChargeRequest { book: BookId(5), amount: more, ..request("sandbox_ok", 1) },
    ];
    let answers = join_all(asked.iter().map(|request| rail.charge(request))).await;
    assert!(matches!(&answers[0], Err(RailError::Rejected(_))), "{:?}", answers[0]);
    assert!(matches!(&answers[1], Ok(Outcome::Captured { .. })), "{:?}", answers[1]);
    assert!(matches!(&answers[2], Err(RailError::Unknown(_))), "{:?}", answers[2]);
    assert!(matches!(&answers[3], Ok(Outcome::Declined { kind: DeclineKind::Stolen, .. })), "{:?}", answers[3]);
    assert!(matches!(&answers[4], Ok(Outcome::Captured { .. })), "{:?}", answers[4]);
    assert_ne!(answers[1], answers[4], "each book has payments of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_by_our_reference() {
    let database = testing::database().await;
    let rail = Sandbox::new(database.pool.clone());
    assert!(matches!(rail.charge(&request("sandbox_timeout", 1)).await, Err(RailError::Unknown(_))));
    let found = rail.find(BookId(4), "chg_x-1").await;
    assert!(matches!(found, Ok(Some(Outcome::Captured { .. }))), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_captured_can_be_voided_and_what_was_not_cannot() {
    let database = testing::database().await;
    let rail = Sandbox::new(database.pool.clone());
    rail.charge(&request("sandbox_ok", 1)).await.unwrap();
    rail.charge(&request("sandbox_stolen_card", 2)).await.unwrap();
    let void = async |reference| rail.void(BookId(4), reference, "pay", Timestamp::UNIX_EPOCH).await;
    assert_eq!(void("chg_x-1").await, Ok(()));
    assert_eq!(void("chg_x-1").await, Ok(()), "twice is once");
    assert!(matches!(void("chg_x-2").await, Err(RailError::Rejected(_))));
    assert!(matches!(void("chg_x-3").await, Err(RailError::Rejected(_))));
}
