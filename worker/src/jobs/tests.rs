//! The effect of a job and the settled job are one thing.

use super::*;
use crate::testing::{self, enqueue, lease, sign_in};
use futures_util::future::join_all;
use jiff::SignedDuration;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_fenced_attempt_did_is_undone_and_the_next_attempt_does_it() {
    let database = testing::database().await;
    enqueue(&database, &[sign_in(1, "ada@example.org")]).await;
    let worker = database.worker("one");
    let wall = Timestamp::now();
    let slow = lease(&database, "slow", wall, 1).await.remove(0);
    let later = wall + SignedDuration::from_secs(2);
    let quick = lease(&database, "quick", later, 60).await.remove(0);
    let follows = sign_in(2, "ada@example.org");
    let done = worker.context.settle_with(&slow, async |tx, _| jobs::enqueue(tx, &follows).await).await;
    assert_eq!(done, Err(Failure::Fenced));
    assert_eq!(lease(&database, "one", later, 60).await, [], "nothing follows from it");
    let done = worker.context.settle_with(&quick, async |tx, _| jobs::enqueue(tx, &follows).await).await;
    assert_eq!(done, Ok(true), "it is new, and what the effect returned comes back");
    assert_eq!(lease(&database, "one", Timestamp::now(), 60).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_fails_leaves_its_job_unsettled() {
    let database = testing::database().await;
    enqueue(&database, &[sign_in(1, "ada@example.org")]).await;
    let worker = database.worker("one");
    let leased = lease(&database, "one", Timestamp::now(), 60).await.remove(0);
    let follows = sign_in(2, "ada@example.org");
    let done = worker
        .context
        .settle_with(&leased, async |tx, _| {
            jobs::enqueue(tx, &follows).await?;
            Err::<(), _>(ledger::Error::NotFound("charge"))
        })
        .await;
    assert_eq!(done, Err(Failure::Bury("no such charge".into())));
    assert_eq!(lease(&database, "one", Timestamp::now(), 60).await, [], "what it wrote is undone");
    assert_eq!(worker.context.settle(&leased).await, Ok(()), "the job can still be settled");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_jobs_that_are_settled_at_the_same_moment_those_whose_lease_is_lost_are_not_and_hold_up_none() {
    let database = testing::database().await;
    let new: Vec<_> = (0..10).map(|number| sign_in(number, "ada@example.org")).collect();
    enqueue(&database, &new).await;
    let worker = database.worker("one");
    let wall = Timestamp::now();
    let slow = lease(&database, "slow", wall, 1).await;
    let quick = lease(&database, "quick", wall + SignedDuration::from_secs(2), 60).await;
    assert_eq!((slow.len(), quick.len()), (10, 10));
    let settle = |leased| worker.context.settle(leased);
    let of_slow = slow.iter().map(settle);
    let done = join_all(of_slow.chain(quick.iter().map(settle))).await;
    assert!(done[..10].iter().all(|done| *done == Err(Failure::Fenced)), "{done:?}");
    assert!(done[10..].iter().all(Result::is_ok), "{done:?}");
    assert_eq!(worker.context.settle(&quick[0]).await, Err(Failure::Fenced), "what is settled is not settled again");
}
