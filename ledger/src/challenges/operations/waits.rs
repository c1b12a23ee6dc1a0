//! What a challenge waits for besides the deadline of its state, and what is done when that time has passed.

use super::locked::enqueue;
use super::{consents, news, purses, rollovers, share_plans};
use crate::calendar::later;
use crate::challenges::rules::challenge::{Challenge, Due};
use crate::challenges::store::consents as entries;
use crate::challenges::store::{appeals, contributions};
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Does what has come due beside the state: entries of teams that did not answer are withdrawn, their fees go back, appeals that nobody
/// decided lapse, share plans are fixed by silence or lapse, and money that nobody won goes back when no challenge took it. Done twice, it
/// is done once.
pub(super) async fn settle(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let now = book.now(wall);
    let challenge = consents::end_silence(tx, book, challenge, wall).await?;
    consents::return_fees(tx, book, &challenge, wall).await?;
    if entries::fees_under_way(tx, challenge.id).await? {
        let tomorrow = later(now, 1);
        enqueue(tx, challenge.id, tomorrow, format!("{} returns fees at {tomorrow}", challenge.id)).await?;
    }
    for id in appeals::lapse(tx, challenge.id, now).await? {
        activity::record(tx, book.id, Done::new(&id, "lapsed", Actor::Service), now).await?;
        let lapsed = appeals::get(tx, id).await?;
        news::tell_of(tx, lapsed.entrant, Some((id, lapsed.state)), now).await?;
    }
    share_plans::settle(tx, book, challenge.id, wall).await?;
    rollovers::end(tx, book, challenge, wall).await
}

/// Until when what its deadline demands has to wait: for money on its way, for a custodian that is frozen, for appeals, for a rubric that
/// is secret, or for share plans of what won; none when nothing holds it.
pub(super) async fn holds(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    due: Due,
    wall: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let tomorrow = later(book.now(wall), 1);
    match due {
        Due::Nothing | Due::CloseSubmissions | Due::Rank { .. } => Ok(None),
        Due::Cancel => Ok(purses::is_settling(tx, challenge.id).await?.then_some(tomorrow)),
        Due::Award => {
            if let Some(lapse) = appeals::next_lapse(tx, challenge.id).await? {
                return Ok(Some(lapse));
            }
            if let Some(due) = share_plans::awaited(tx, book, challenge, wall).await? {
                return Ok(Some(due));
            }
            let is_held = purses::is_settling(tx, challenge.id).await?
                || contributions::is_frozen(tx, challenge.id).await?
                || super::rubrics::is_awaited(tx, book, challenge, wall).await?;
            Ok(is_held.then_some(tomorrow))
        }
    }
}
