//! The payouts of a file, a page in a transaction: each is sent and stands in the file, or is left out; or each fails again.
//!
//! A page looks at what waits when it begins, so that one that is done twice does it once, and a worker may die between any two.
//!
//! Lock order: payout file → payouts by id → clawbacks → book head.

use super::came_back;
use super::locked::{Locked, lock, save};
use super::payout_files;
use super::payouts::in_transit;
use crate::book::{AccountNumber, Command};
use crate::cooperatives::operations::series;
use crate::engine::posting::{self, Posted};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::PayoutFileId;
use crate::money::Money;
use crate::movements;
use crate::payouts::rules::payout::{Payout, Sending};
use crate::payouts::rules::payout_file::{FileState, LeftOut, PayoutFile};
use crate::payouts::store::{payout_files as store, payouts};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::treasury::operations::custodians;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// How many payouts move in one transaction: others who post to the book wait as long as that takes.
pub const PAGE: i64 = 50;

/// How many pages one job does.
pub const PAGES: usize = 10;

/// Sends the next payouts of a file that wait, a page of so many, as of now; the file is ready after the last one.
///
/// # Errors
///
/// [`Error::BookFrozen`]; [`Error::NotFound`] for an unknown file.
pub async fn build(tx: &Transaction<'_>, id: PayoutFileId, page: i64, wall: Timestamp) -> Result<PayoutFile, Error> {
    let book = books::get(tx, id.book).await?;
    let file = store::lock(tx, id).await?;
    if file.state != FileState::Building {
        return Ok(file);
    }
    let policy = payouts::policy(tx, book.id).await?;
    let is_frozen = custodians::standing(tx, &book, file.custodian).await?.is_some();
    let mut going: Vec<(i32, Payout)> = Vec::new();
    let mut left: Vec<(i32, LeftOut)> = Vec::new();
    let mut already = file.total;
    for (place, payout) in store::list_waiting(tx, id, page).await? {
        let Locked { payout, account, .. } = lock(tx, payout, wall).await?;
        let country = account.as_ref().map(|account| account.country.as_str());
        match file.why_not(&payout, country, (policy, book.currency), already) {
            Some(why) => left.push((place, why)),
            None if is_frozen => left.push((place, LeftOut::Frozen)),
            None => {
                already = already.saturating_add(payout.amount.minor());
                going.push((place, payout));
            }
        }
    }
    let posted = send(tx, &book, &mut going, &mut left, wall).await?;
    let (on, by) = (book.today(wall), file.asked_by);
    let change = Change { version: None, actor: Actor::Person(by), reason: "" };
    let (mut places, mut amounts): (Vec<i32>, Vec<Money>) = (Vec::new(), Vec::new());
    for ((place, payout), Posted { number }) in going.into_iter().zip(posted) {
        amounts.push(payout.amount);
        places.push(place);
        let sent = payout.sent(Sending { by, on, late_from: policy.late_from(on), entry: number });
        save(tx, &book, sent, "sent", change, wall).await?;
    }
    store::settle_items(tx, id, &places, &left).await?;
    let built = store::update(tx, &file.built(&amounts, left.len(), book.now(wall))).await?;
    if built.state != FileState::Building {
        let done = Done::new(&id, built.state.word().as_str(), Actor::Service).because(built.state.reason());
        activity::record(tx, book.id, done, book.now(wall)).await?;
    }
    Ok(built)
}

/// Posts what goes, all in one batch. What the book refuses is left out, and the others go without it. While a reversal is to take something of what
/// is owed, it is refused with `series-under-way`, and the file waits for its end.
async fn send(
    tx: &Transaction<'_>,
    book: &Book,
    going: &mut Vec<(i32, Payout)>,
    left: &mut Vec<(i32, LeftOut)>,
    wall: Timestamp,
) -> Result<Vec<Posted>, Error> {
    let Some((_, first)) = going.first() else { return Ok(Vec::new()) };
    let (transit, today) = (in_transit(tx, book, first, wall).await?, book.today(wall));
    let payables: Vec<AccountNumber> = going.iter().map(|(_, payout)| payout.payable).collect();
    series::demand_free(tx, book.id, &payables).await?;
    let entry = |payout: &Payout| {
        let entry = movements::payout_sent(payout.payable, transit, payout.amount, today, payout.id);
        Command::post(None, entry)
    };
    while !going.is_empty() {
        let commands: Vec<Command> = going.iter().map(|(_, payout)| entry(payout)).collect();
        match posting::post_all_or_reason(tx, book, &commands, wall).await? {
            Ok(posted) => return Ok(posted),
            Err((at, reason)) => {
                let (place, _) = going.remove(at);
                left.push((place, LeftOut::of(reason)));
            }
        }
    }
    Ok(Vec::new())
}

/// Lets the next payouts of a file fail that are on their way, a page of so many, for the reason that the file has; says whether there may be
/// more. Of a file that has none, nothing.
///
/// # Errors
///
/// [`Error::BookFrozen`]; [`Error::NotFound`] for an unknown file.
pub async fn end(tx: &Transaction<'_>, id: PayoutFileId, page: i64, wall: Timestamp) -> Result<bool, Error> {
    let book = books::get(tx, id.book).await?;
    let file = store::lock(tx, id).await?;
    if file.state.reason().is_empty() {
        return Ok(false);
    }
    let found = store::list_on_their_way(tx, id, page).await?;
    let is_full = i64::try_from(found.len()) == Ok(page);
    let mut failing = Vec::with_capacity(found.len());
    for payout in found {
        let Locked { payout, .. } = lock(tx, payout, wall).await?;
        // Whoever was quicker has ended it.
        if payout.check_fails().is_ok() {
            failing.push((payout, file.state.reason().to_owned()));
        }
    }
    fail(tx, &book, failing, Actor::Service, wall).await?;
    Ok(is_full)
}

/// Lets payouts fail that are locked and on their way, from one custodian's cash in one currency, each for a reason; in one batch.
pub(super) async fn fail(
    tx: &Transaction<'_>,
    book: &Book,
    failing: Vec<(Payout, String)>,
    actor: Actor,
    wall: Timestamp,
) -> Result<(), Error> {
    came_back::lock(tx, book.id, failing.iter().map(|(payout, _)| payout)).await?;
    let today = book.today(wall);
    let mut commands = Vec::with_capacity(failing.len());
    let mut known: Option<(Payout, AccountNumber)> = None;
    for (payout, _) in &failing {
        let transit = match &known {
            Some((of, transit)) if of.amount.currency() == payout.amount.currency() => *transit,
            Some(_) | None => in_transit(tx, book, payout, wall).await?,
        };
        let entry = movements::payout_failed(transit, payout.payable, payout.amount, today, payout.id);
        commands.push(Command::post(None, entry));
        known = Some((payout.clone(), transit));
    }
    if commands.is_empty() {
        return Ok(());
    }
    let posted = posting::post_all(tx, book, commands, wall).await?;
    for ((payout, reason), Posted { number }) in failing.into_iter().zip(posted) {
        let change = Change { version: None, actor, reason: &reason };
        came_back::set_off(tx, book, &payout, payout.amount.minor(), wall).await?;
        save(tx, book, payout.failed(&reason, number), "failed", change, wall).await?;
    }
    Ok(())
}

/// Writes the job of the next pages of a file that is still built.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn go_on(tx: &Transaction<'_>, file: &PayoutFile, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, file.id.book).await?;
    let job = Job::BuildPayoutFile { file: file.id };
    let dedupe = format!("{} {}", file.id, 1 + file.sent + file.left_out);
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    Ok(())
}

/// Writes the job of the next pages of a file whose payouts fail, after another one.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn go_on_ending(
    tx: &Transaction<'_>,
    file: PayoutFileId,
    after: impl ToString,
    wall: Timestamp,
) -> Result<(), Error> {
    let book = books::get(tx, file.book).await?;
    payout_files::end(tx, &book, file, &format!("after {}", after.to_string()), book.now(wall)).await
}
