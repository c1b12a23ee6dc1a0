//! A request's place among those that use the database: it takes one with its first connection, and has it until it is
//! answered or waits for a lane.

use super::shares::{Holder, Share, Shares};
use crate::problem::Problem;
use ledger::Error;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
struct Place {
    holders: Vec<Holder>,
    share: Option<Share>,
}

tokio::task_local! {
    static PLACE: RefCell<Place>;
}

/// Answers a request of these holders.
pub async fn within<T>(holders: Vec<Holder>, answer: impl Future<Output = T>) -> T {
    PLACE.scope(RefCell::new(Place { holders, share: None }), answer).await
}

/// Takes a place, unless this request has one, and waits for it no longer than its patience. What is done outside a request
/// needs none.
///
/// # Errors
///
/// 429 `overloaded` when those of the same book, or the same caller, hold as much as is left.
pub async fn take(shares: &Arc<Shares>, patience: Duration) -> Result<(), Problem> {
    let holders = PLACE.try_with(|place| {
        let place = place.borrow();
        place.share.is_none().then(|| place.holders.clone())
    });
    let Ok(Some(holders)) = holders else { return Ok(()) };
    let share = shares.one(holders, patience).await.ok_or(Error::Overloaded)?;
    PLACE.with(|place| place.borrow_mut().share = Some(share));
    Ok(())
}

/// Gives the place up: the request waits for something else now. It takes another one when it comes back.
pub fn leave() {
    drop(keep());
}

/// The place itself, for what goes on after the request is answered: an answer that streams.
pub fn keep() -> Option<Share> {
    PLACE.try_with(|place| place.borrow_mut().share.take()).ok().flatten()
}
