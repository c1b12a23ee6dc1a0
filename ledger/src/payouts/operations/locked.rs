//! A payout with its row locked, and what is written when it moves.

use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::PayoutId;
use crate::payouts::rules::bank_account::BankAccount;
use crate::payouts::rules::payout::{NOT_SENT, Payout, State};
use crate::payouts::store::{bank_accounts, payouts, runs};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A payout as it stands now, its row locked, with the account to which payouts of its payee go.
pub(super) struct Locked {
    pub(super) book: Book,
    pub(super) payout: Payout,
    pub(super) account: Option<BankAccount>,
}

/// Locks a payout as it stands now: one that nobody sent in time is cancelled as of then, and an approval that is of another bank
/// account than the active one has fallen.
pub(super) async fn lock(tx: &Transaction<'_>, id: PayoutId, wall: Timestamp) -> Result<Locked, Error> {
    let book = books::get(tx, id.book).await?;
    let found = payouts::lock(tx, id).await?;
    let account = bank_accounts::active(tx, book.id, found.payee, found.amount.currency()).await?;
    let was = found.state.word();
    if found.is_lapsed(book.now(wall)) {
        let at = found.state.until().unwrap_or_default();
        let lapsed = found.cancel(NOT_SENT)?;
        let payout = save_at(tx, &book, lapsed, "cancelled", Change::by_service(NOT_SENT), at).await?;
        return Ok(Locked { book, payout, account });
    }
    let present = found.as_of(account.as_ref());
    let payout = if present.state.word() == was {
        present
    } else {
        let why = "the bank account has changed";
        save(tx, &book, present, "approval_fell", Change::by_service(why), wall).await?
    };
    Ok(Locked { book, payout, account })
}

/// Saves where a payout stands now, with who moved it and why, and the jobs that its state asks for.
pub(super) async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    changed: Payout,
    action: &str,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Payout, Error> {
    save_at(tx, book, changed, action, change, book.now(wall)).await
}

async fn save_at(
    tx: &Transaction<'_>,
    book: &Book,
    changed: Payout,
    action: &str,
    change: Change<'_>,
    at: Timestamp,
) -> Result<Payout, Error> {
    let changed = payouts::update(tx, &changed).await?;
    activity::record(tx, book.id, Done::new(&changed.id, action, change.actor).because(change.reason), at).await?;
    let (payout, now) = (changed.id, at);
    match changed.state {
        State::Approved { .. } => {
            enqueue(tx, now, format!("{payout} approved {}", changed.version), Job::ScreenPayout { payout }).await?;
        }
        State::Sent => enqueue(tx, now, payout.to_string(), Job::SendPayout { payout }).await?,
        State::Requested { .. }
        | State::Screened { .. }
        | State::Held { .. }
        | State::Settled
        | State::Failed { .. }
        | State::Returned
        | State::Cancelled { .. } => {}
    }
    // One that comes back was over before.
    if let Some(run) = changed.run
        && changed.state.is_over()
        && changed.state != State::Returned
    {
        runs::end_one(tx, run).await?;
    }
    if matches!(changed.state, State::Sent | State::Settled | State::Failed { .. } | State::Returned) {
        let dedupe = format!("{payout} {}", changed.state.word());
        enqueue(tx, now, dedupe, Job::SendPayoutNotice { payout }).await?;
    }
    Ok(changed)
}

/// Writes a job of a payout.
pub(super) async fn enqueue(tx: &Transaction<'_>, due_at: Timestamp, dedupe: String, job: Job) -> Result<(), Error> {
    let (Job::ScreenPayout { payout }
    | Job::SendPayout { payout }
    | Job::SendPayoutNotice { payout }
    | Job::AnswerPayout { payout, .. }
    | Job::AdvancePayout { payout }) = job
    else {
        return Err(Error::inconsistent("no job of a payout"));
    };
    jobs::enqueue(tx, &NewJob { book: payout.book, due_at, dedupe, job }).await?;
    Ok(())
}
