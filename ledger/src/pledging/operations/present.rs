//! A pledge as it stands at a moment: what has run out by then has come true as of its end, whenever somebody looks.

use super::commitments;
use super::held::deadline;
use super::plan::{Again, Asked, ask, restart, save};
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::PledgeId;
use crate::pledging::rules::charge::{Charge, Next, REPORT_DAYS};
use crate::pledging::rules::pledge::{Need, Pledge, State};
use crate::pledging::rules::withdrawal;
use crate::pledging::store::{attempts, charges, pledges, withdrawals};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Locks a pledge as it stands at a moment of book time: the waits that have run out by then have come true, its own and those
/// for a report of its partner, in their order and each as of its end.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown pledge.
pub async fn lock_present(
    tx: &Transaction<'_>,
    book: &Book,
    id: PledgeId,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let mut pledge = pledges::lock(tx, id).await?;
    loop {
        // Also of a pledge that has moved to another rail since.
        let unreported = unreported(tx, book, id, at).await?;
        let collector = collector(tx, &pledge, at).await?;
        let is_first = |moment: Timestamp| unreported.as_ref().is_none_or(|(_, until)| moment <= *until);
        if let Some(moment) = wound_up(book, &pledge, at)
            && is_first(moment)
            && collector.is_none_or(|(_, other)| moment <= other)
            && pledge.state.until().is_none_or(|until| moment < until)
        {
            pledge = end(tx, book, pledge, moment, wall).await?;
            continue;
        }
        match collector {
            Some((Some(need), moment)) if is_first(moment) => {
                pledge = ask(tx, book, pledge, need, "nobody collects for it any more", moment, wall).await?;
                continue;
            }
            Some((None, moment)) if is_first(moment) && pledge.state.until().is_none_or(|until| moment < until) => {
                pledge = collect_again(tx, book, pledge, moment, wall).await?;
                continue;
            }
            Some(_) | None => {}
        }
        pledge = match (pledge.state.run_out(at), unreported) {
            (Some(after), None) => run_out(tx, book, pledge, after, wall).await?,
            (Some(after), Some((_, until))) if after.since() <= until => run_out(tx, book, pledge, after, wall).await?,
            (_, Some((charge, until))) => give_up(tx, book, pledge, charge, until, wall).await?,
            (None, None) => return Ok(pledge),
        };
    }
}

/// As of when the wind-up of its book has ended a pledge by a moment; none when it has not, or the pledge was over before.
fn wound_up(book: &Book, pledge: &Pledge, at: Timestamp) -> Option<Timestamp> {
    let from = book.winds_up_at.filter(|from| *from <= at && !pledge.state.is_over())?;
    Some(from.max(pledge.state.since()))
}

/// The book is wound up: nothing more is charged. What was begun goes on, and what it brought stays its donor's.
async fn end(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let was = pledge.state;
    let change = Change::by_service("its host closes");
    save(tx, book, Pledge { state: was.cancel(at)?, ..pledge }, was, change, at, wall).await
}

/// A charge that its partner has not reported in time, and when that time ended. Time in which what the partner holds was frozen
/// does not count.
async fn unreported(
    tx: &Transaction<'_>,
    book: &Book,
    id: PledgeId,
    at: Timestamp,
) -> Result<Option<(Charge, Timestamp)>, Error> {
    let Some((charge, until)) = charges::lock_unreported(tx, id, at).await? else { return Ok(None) };
    let end = deadline(tx, book, (charge.rail, charge.partner), (REPORT_DAYS, until)).await?;
    Ok(end.filter(|end| *end <= at).map(|end| (charge, end)))
}

/// What the withdrawals of its partner and rail make of a pledge by a moment, and as of when: it waits for somebody to collect
/// for it, or (none) goes on as somebody does again.
async fn collector(
    tx: &Transaction<'_>,
    pledge: &Pledge,
    at: Timestamp,
) -> Result<Option<(Option<Need>, Timestamp)>, Error> {
    let (is_active, waits) = (pledge.state.is_active(), pledge.state.needs_collector());
    if !is_active && !waits {
        return Ok(None);
    }
    let all = withdrawals::of(tx, pledge.id.book, pledge.partner, pledge.rail).await?;
    let since = pledge.state.since();
    if waits {
        return Ok(withdrawal::lifted(&all, since, at).map(|moment| (None, moment)));
    }
    Ok(withdrawal::stopped(&all, since, at).map(|(need, moment)| (Some(need), moment)))
}

/// A withdrawal was taken back: the plan goes on with its next due date.
async fn collect_again(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let was = pledge.state;
    let change = Change::by_service("its partner or its rail is there again");
    let changed = save(tx, book, Pledge { state: was.collected_again(at), ..pledge }, was, change, at, wall).await?;
    restart(tx, book, changed, (Again::Nothing, Asked::ByNobody), at, wall).await
}

/// A wait of a pledge has run out: its default comes true as of then.
async fn run_out(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    after: State,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let (was, at) = (pledge.state, after.since());
    let change = Change::by_service("its time ran out");
    let changed = save(tx, book, Pledge { state: after, ..pledge }, was, change, at, wall).await?;
    if changed.state.is_active() {
        restart(tx, book, changed, (Again::Nothing, Asked::ByNobody), at, wall).await
    } else {
        Ok(changed)
    }
}

/// The partner did not report a charge in time: it is given up, and the pledge lapses, both as of the end of that time. Money
/// that the partner gave back, as the campaign had closed, and did not collect again is given up alone: the plan goes on while
/// it has due dates left.
async fn give_up(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    charge: Charge,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let was_given_back = attempts::follows_a_void(tx, &charge).await?;
    let charge = Charge { state: charge.state.unreported()?, ..charge };
    let charge = finish(tx, book, charge, at, wall).await?;
    if was_given_back && pledge.schedule.due_date(pledge.next_sequence).is_some() {
        return Ok(pledge);
    }
    follow(tx, book, pledge, &charge, Next::Lapse, at, wall).await
}

/// What a decline brings: a retry, or the end of the pledge for now or for good; and word to the donor. Nothing when the pledge has
/// moved to another partner or rail since.
pub(super) async fn follow(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    charge: &Charge,
    next: Next,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    if !charge.is_collected_as(&pledge) {
        return Ok(pledge);
    }
    let attempt = charge.state.attempt();
    let (state, reason) = match next {
        Next::RetryOn(day) => {
            if pledge.state.is_active() {
                let job = Job::RetryCharge { charge: charge.id, attempt: attempt + 1 };
                let dedupe = format!("{}-{}-{}", charge.id, attempt + 1, charge.version);
                jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.start_of(day), dedupe, job }).await?;
            }
            (pledge.state, "")
        }
        Next::Lapse => (pledge.state.lapse(at), "its payment was declined, and the retries are used up"),
        Next::AskDonor => (pledge.state.ask(at, Need::Means), "its means of payment ran out, or is refused for good"),
        Next::GiveUp => (pledge.state.lapse(at), "its payment cannot be collected"),
        Next::Stop => (pledge.state.stop(at), "its means of payment was reported stolen"),
    };
    let pledge = if state == pledge.state {
        pledge
    } else {
        let was = pledge.state;
        save(tx, book, Pledge { state, ..pledge }, was, Change::by_service(reason), at, wall).await?
    };
    let job = Job::NotifyDecline { charge: charge.id };
    let last = if next == Next::GiveUp { "-last" } else { "" };
    let dedupe = format!("{}-{attempt}{last}", charge.id);
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: at, dedupe, job }).await?;
    Ok(pledge)
}

/// Writes the charge, and the answer into its attempt. One that is given up drops its promise.
pub(super) async fn finish(
    tx: &Transaction<'_>,
    book: &Book,
    charge: Charge,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Charge, Error> {
    let charge = commitments::give_up(tx, book, charge, at, wall).await?;
    charges::update(tx, &charge).await?;
    attempts::finish(tx, &charge, at).await?;
    Ok(charge)
}
