//! Events get their numbers, and are put on their way to endpoints of partners: for itself, so that however many there are of both, nothing
//! else is late for them.

use crate::explain::explain;
use crate::runner::Worker;
use ledger::id::{BookId, WebhookEndpointId};
use ledger::partners::operations::sending;
use ledger::partners::store::endpoints;
use ledger::service::store::events;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long to wait before it is looked again whether anything has happened.
const PAUSE: Duration = Duration::from_secs(1);

/// The most books whose events are numbered in one round.
const BOOKS_MAX: i64 = 256;

/// How many times a book is numbered in one round, before the endpoints have their turn.
const NUMBERED_MAX: usize = 5;

/// The most endpoints that are looked at in one round: each is given a page, and then the others have their turn.
const ENDPOINTS_MAX: i64 = 256;

/// Numbers and fans out until told to stop. What fails is tried again in the next round.
pub(crate) async fn run(worker: Arc<Worker>, mut stopping: watch::Receiver<bool>) {
    let mut last = None;
    while !*stopping.borrow() {
        if let Err(error) = number_events(&worker).await {
            tracing::warn!("events cannot be numbered: {}", explain(&error));
        }
        let may_be_more = fan_out(&worker, &mut last, &stopping).await.unwrap_or_else(|error| {
            tracing::warn!("events cannot be put on their way to endpoints: {}", explain(&error));
            false
        });
        if may_be_more {
            continue;
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Numbers what has happened in each book, where nobody has read it yet.
async fn number_events(worker: &Worker) -> Result<(), ledger::Error> {
    let client = worker.context.pool.get().await?;
    for book in events::unnumbered(&client, BookId::INSTALLATION, BOOKS_MAX).await? {
        for _ in 0..NUMBERED_MAX {
            if events::number(&client, book).await? < events::SLICE_MAX {
                break;
            }
        }
    }
    Ok(())
}

/// Puts a page of what has happened on its way to each endpoint that is behind, in turn after the last one; says whether there may be more.
async fn fan_out(
    worker: &Worker,
    last: &mut Option<WebhookEndpointId>,
    stopping: &watch::Receiver<bool>,
) -> Result<bool, ledger::Error> {
    let mut client = worker.context.pool.get().await?;
    let behind = endpoints::behind(&client, *last, ENDPOINTS_MAX).await?;
    let mut may_be_more = i64::try_from(behind.len()).is_ok_and(|count| count == ENDPOINTS_MAX);
    for endpoint in behind {
        if *stopping.borrow() {
            break;
        }
        // One that fails has had its turn too.
        *last = Some(endpoint);
        let tx = client.transaction().await?;
        may_be_more |= sending::fan_out(&tx, endpoint, ledger::calendar::now()).await?;
        tx.commit().await?;
    }
    Ok(may_be_more)
}
