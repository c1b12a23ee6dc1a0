//! The bank of sandbox books: it rejects what it is sent, or answers with lines of a statement, by the account that it goes to. What
//! stands in a file it answers by [files](super::sandbox_answers).

use super::locked::enqueue;
use super::{bank_lines, payouts as operations};
use crate::book::Mode;
use crate::calendar::later;
use crate::engine::store::books;
use crate::error::Error;
use crate::id::PayoutId;
use crate::payouts::rules::bank_line::Direction;
use crate::payouts::rules::payout::{Payout, State};
use crate::payouts::rules::sandbox_bank::{self, Behaviour, REJECTED, RETURNS_AFTER, SETTLES_AFTER};
use crate::payouts::store::{bank_accounts, payout_files, payouts};
use crate::service::change::Change;
use crate::service::job::Job;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Hands a payout to the bank of a sandbox book. Of a live book whoever keeps its bank account orders it there, with the payout's
/// reference: nothing is done here.
///
/// # Errors
///
/// What [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an unknown payout.
pub async fn hand_over(tx: &Transaction<'_>, id: PayoutId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let payout = payouts::get(tx, id).await?;
    if book.mode == Mode::Live || payout.state != State::Sent || payout_files::is_in_one(tx, id).await? {
        return Ok(());
    }
    match behaviour(tx, &payout).await? {
        Some(Behaviour::Silent) => Ok(()),
        Some(Behaviour::Rejects) => {
            operations::fail(tx, id, Change::by_service(REJECTED), wall).await?;
            Ok(())
        }
        Some(Behaviour::Returns | Behaviour::KeepsFee | Behaviour::ReturnsWithFee) | None => {
            answer_later(tx, &payout, Direction::Debit, book.now(wall)).await
        }
    }
}

async fn behaviour(client: &impl GenericClient, payout: &Payout) -> Result<Option<Behaviour>, Error> {
    let account = payout.approval.ok_or_else(|| Error::inconsistent("a payout was sent to no account"))?.account;
    Ok(sandbox_bank::of(&bank_accounts::get(client, account).await?.last_four))
}

async fn answer_later(
    tx: &Transaction<'_>,
    payout: &Payout,
    direction: Direction,
    now: Timestamp,
) -> Result<(), Error> {
    let days = match direction {
        Direction::Debit => SETTLES_AFTER,
        Direction::Credit => RETURNS_AFTER - SETTLES_AFTER,
    };
    let id = payout.id;
    let job = Job::AnswerPayout { payout: id, comes_back: direction == Direction::Credit };
    enqueue(tx, later(now, days), format!("{id} {direction}"), job).await
}

/// The bank tells of a payout, as of the day on which it moved; what comes back is told later.
///
/// # Errors
///
/// What [`posting::post`](crate::engine::posting::post) refuses but for a floor; [`Error::NotFound`] for an unknown payout.
pub async fn answer(tx: &Transaction<'_>, id: PayoutId, comes_back: bool, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let payout = payouts::get(tx, id).await?;
    let Some(sending) = payout.sending else { return Ok(()) };
    // What was given up before the bank came to it, such as with the file that it stood in, the bank does not pay.
    if !comes_back && matches!(payout.state, State::Failed { .. }) {
        return Ok(());
    }
    let behaviour = behaviour(tx, &payout).await?;
    let direction = if comes_back { Direction::Credit } else { Direction::Debit };
    let mut told = sandbox_bank::line(&payout, sending.on, behaviour, direction);
    // A job that falls due before midnight of the book's zone is not ahead of its day.
    told.value_on = told.value_on.min(book.today(wall));
    let change = Change::by_service("");
    bank_lines::take(tx, book.id, payout.custodian, vec![told], change, wall).await?;
    if !comes_back && behaviour.is_some_and(Behaviour::comes_back) {
        answer_later(tx, &payout, Direction::Credit, book.now(wall)).await?;
    }
    Ok(())
}
