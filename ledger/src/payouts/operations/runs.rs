//! Runs of payouts: asked for, gathered a page at a time, approved as a whole, given up.
//!
//! A page is one transaction with its job, so that a worker that stops anywhere leaves either all of it or nothing.
//!
//! Lock order: payouts by id → run → book head. Who gathers locks the run first: its payouts are new.

use super::locked::{lock, save};
use super::payees;
use super::payouts::require_reason;
use super::requests::{self, Asked};
use crate::book::AccountNumber;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{BookId, OrganisationId, PayoutId, PayoutRunId, PersonId};
use crate::money::{Currency, Money};
use crate::parties::store::ties;
use crate::payouts::rules::bank_account::BankAccount;
use crate::payouts::rules::owed::Owed;
use crate::payouts::rules::payee::Payee;
use crate::payouts::rules::payout::{Payout, PayoutState, Source};
use crate::payouts::rules::run::{PAGE, PAYOUTS_MAX, Run, RunState};
use crate::payouts::store::bank_accounts;
use crate::payouts::store::runs::{self, Approved, Count};
use crate::service::change::{Change, check_line};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use uuid::Uuid;

/// A run that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The book.
    pub book: BookId,
    /// In which currency.
    pub currency: Currency,
    /// What it pays.
    pub sources: Vec<Source>,
    /// The least amount that it pays; none for every amount.
    pub minimum: Option<Money>,
    /// From whose cash; none for the host's.
    pub custodian: Option<OrganisationId>,
    /// The short name of a cooperative's cash from which it pays; empty for the cash that is called after the custodian.
    pub cash: String,
    /// What payees read beside their payouts.
    pub memo: String,
}

/// Asks for a payout of everything that some sources owe now. A job gathers them.
///
/// # Errors
///
/// `payout-run-gathering`; [`Error::Invalid`] at `/sources`, `/minimum/currency`, `/custodian`, `/cash` or `/memo`;
/// [`Error::NotFound`] for an unknown book.
pub async fn ask(tx: &Transaction<'_>, new: NewRun, by: PersonId, wall: Timestamp) -> Result<Run, Error> {
    check_line("/memo", &new.memo, text::REFERENCE_OR_NONE)?;
    let book = books::get(tx, new.book).await?;
    let mut sources = new.sources;
    sources.sort_by_key(|source| source.as_str());
    if sources.is_empty() || sources.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::invalid("/sources", "one or more of team, prize, member and lender, each once"));
    }
    if new.minimum.is_some_and(|minimum| minimum.currency() != new.currency) {
        return Err(Error::invalid("/minimum/currency", format!("the run is in {}", new.currency)));
    }
    let custodian = new.custodian.unwrap_or(book.organisation);
    requests::check_cash(tx, &book, (custodian, &new.cash), new.currency).await?;
    let run = Run {
        id: PayoutRunId::generate(book.id),
        custodian,
        cash: new.cash,
        sources,
        currency: new.currency,
        minimum: new.minimum.map_or(1, Money::minor),
        memo: new.memo,
        requested_by: by,
        requested_at: book.now(wall),
        payouts: 0,
        ended: 0,
        total: 0,
        state: RunState::Gathering,
        reason: String::new(),
        version: 1,
    };
    runs::insert(tx, &run).await?;
    activity::record(tx, book.id, Done::new(&run.id, "requested", Actor::Person(by)), run.requested_at).await?;
    enqueue_gathering(tx, run.id, AccountNumber(0), run.requested_at).await?;
    Ok(run)
}

async fn enqueue_gathering(
    tx: &Transaction<'_>,
    run: PayoutRunId,
    after: AccountNumber,
    due_at: Timestamp,
) -> Result<(), Error> {
    let job = Job::GatherPayouts { run, after: after.0 };
    let dedupe = format!("{run} after {}", after.0);
    jobs::enqueue(tx, &NewJob { book: run.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// Asks for the payouts of a page of accounts after one, and enqueues the next page; after the last one the run is ready. A lender of
/// whom nobody has said who it is is left out.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown run.
pub async fn gather(
    tx: &Transaction<'_>,
    id: PayoutRunId,
    after: AccountNumber,
    wall: Timestamp,
) -> Result<Run, Error> {
    let book = books::get(tx, id.book).await?;
    let run = runs::lock(tx, id).await?;
    if run.state != RunState::Gathering {
        return Ok(run);
    }
    let room = i64::from(PAYOUTS_MAX - run.payouts);
    let page = runs::debts(tx, &run, after, PAGE.min(room)).await?;
    let (mut count, mut total) = (0, 0_i64);
    for debt in &page {
        let Some(owed) = Owed::of_code(&debt.code) else { continue };
        let Some(payee) = payees::behind(tx, book.id, &owed).await? else { continue };
        let amount = Money::from_minor(debt.owed, run.currency)
            .map_err(|_| Error::inconsistent(format!("{} owes nothing", debt.code)))?;
        let asked = Asked {
            payee,
            custodian: run.custodian,
            cash: run.cash.clone(),
            source: owed.source(),
            release: None,
            payable: debt.payable,
            amount,
            memo: run.memo.clone(),
            run: Some(id),
        };
        requests::make(tx, &book, asked, run.requested_by, wall).await?;
        count += 1;
        total += debt.owed;
    }
    let is_full = run.payouts + count == PAYOUTS_MAX;
    let next = page.last().filter(|_| !is_full && i64::try_from(page.len()) == Ok(PAGE.min(room)));
    let run = runs::add(tx, id, (count, total), next.is_none()).await?;
    match next {
        Some(last) => enqueue_gathering(tx, id, last.payable, book.now(wall)).await?,
        None => {
            let done = Done::new(&id, run.state.as_str(), Actor::Service);
            activity::record(tx, book.id, done, book.now(wall)).await?;
        }
    }
    Ok(run)
}

/// What of a run waits for an approval, and so what one restates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// How many payouts.
    pub payouts: i64,
    /// Minor units of all of them.
    pub total: i64,
    /// Of how many, how much, and of each payout's amount and bank account.
    pub digest: Digest,
}

/// A run with its payouts, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The run.
    pub run: Run,
    /// Its payouts by state.
    pub counts: Vec<Count>,
    /// What waits for an approval; none when nothing does.
    pub waiting: Option<Waiting>,
    /// Payouts that wait for a bank account of their payee.
    pub without_account: i64,
}

/// A run as it stands, with what an approval restates.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown run.
pub async fn view(client: &impl GenericClient, id: PayoutRunId, wall: Timestamp) -> Result<View, Error> {
    let run = runs::get(client, id).await?;
    let counts = runs::count(client, id).await?;
    if run.state != RunState::Ready {
        return Ok(View { run, counts, waiting: None, without_account: 0 });
    }
    let book = books::get(client, id.book).await?;
    let (found, without_account) = waiting(client, &book, &run, wall).await?;
    let waiting = (!found.is_empty()).then(|| {
        let total = found.iter().map(|(payout, _)| payout.amount.minor()).sum();
        let payouts = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Waiting { payouts, total, digest: digest_of(&run, &found) }
    });
    Ok(View { run, counts, waiting, without_account })
}

fn digest_of(run: &Run, waiting: &[(Payout, BankAccount)]) -> Digest {
    let part = |(payout, account): &(Payout, BankAccount)| (payout.amount.minor(), payout.digest(account));
    let parts: Vec<_> = waiting.iter().map(part).collect();
    run.digest(&parts)
}

/// The payouts of a run that wait for an approval, with the accounts to which they go, and how many have none.
async fn waiting(
    client: &impl GenericClient,
    book: &Book,
    run: &Run,
    wall: Timestamp,
) -> Result<(Vec<(Payout, BankAccount)>, i64), Error> {
    let requested = runs::requested(client, run.id).await?;
    let payees: Vec<Payee> = requested.iter().map(|payout| payout.payee).collect();
    let accounts = bank_accounts::active_of(client, book.id, run.currency, &payees).await?;
    let (mut found, mut without) = (Vec::new(), 0);
    for payout in requested {
        if payout.is_lapsed(book.now(wall)) {
            continue;
        }
        match accounts.get(&payout.payee) {
            Some(account) => found.push((payout, account.clone())),
            None => without += 1,
        }
    }
    Ok((found, without))
}

/// What an approval of a run has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// How many payouts are approved by it.
    pub approved: usize,
    /// How many somebody else approves: those to the approver, and to organisations that they are too close to.
    pub left: usize,
}

/// Somebody of the host approves what they have seen of a whole run: how many payouts, how much, and each with its amount and bank
/// account. Payouts without a bank account wait for another approval. Those to the approver, and to organisations that they belong or
/// have a declared tie to, are left to somebody else.
///
/// # Errors
///
/// `payout-run-state`, `payout-run-nothing`, `same-person`, `digest-differs`; `payout-conflict` when all of it is left to somebody
/// else; [`Error::NotFound`] for an unknown run.
pub async fn approve(
    tx: &Transaction<'_>,
    id: PayoutRunId,
    seen: Digest,
    by: PersonId,
    wall: Timestamp,
) -> Result<Approval, Error> {
    let book = books::get(tx, id.book).await?;
    runs::lock_requested(tx, id).await?;
    let run = runs::lock(tx, id).await?;
    run.check_approver(by)?;
    let (found, _) = waiting(tx, &book, &run, wall).await?;
    if found.is_empty() {
        let detail = "no payout of the run waits for an approval and has a bank account";
        return Err(Refusal::new("payout-run-nothing", detail).into());
    }
    if digest_of(&run, &found) != seen {
        let detail = "a payout or a bank account of the run is another than you have seen: read it again";
        return Err(Refusal::new("digest-differs", detail).into());
    }
    let tied = ties::organisations_of(tx, book.id, by).await?;
    let is_tied = |payee: Payee| match payee {
        Payee::Person(person) => person == by,
        Payee::Organisation(payee) => tied.contains(&payee),
    };
    let of_others = found.iter().filter(|(payout, _)| !is_tied(payout.payee));
    let approval = |(payout, account): &(Payout, BankAccount)| Approved {
        payout: payout.id,
        account: account.id,
        digest: payout.digest(account),
    };
    let all: Vec<Approved> = of_others.map(approval).collect();
    if all.is_empty() {
        let detail = "whoever is the payee, belongs to it, or has a declared tie to it, approves none of its payouts";
        return Err(Refusal::new("payout-conflict", detail).into());
    }
    let written = runs::approve(tx, book.id, &all, by).await?;
    if u64::try_from(all.len()) != Ok(written) {
        return Err(Error::inconsistent("a payout of a run moved while it was locked"));
    }
    let now = book.now(wall);
    activity::record(tx, book.id, Done::new(&id, "approved", Actor::Person(by)), now).await?;
    enqueue_advance(tx, id, None, now).await?;
    Ok(Approval { approved: all.len(), left: found.len() - all.len() })
}

async fn enqueue_advance(
    tx: &Transaction<'_>,
    run: PayoutRunId,
    after: Option<PayoutId>,
    due_at: Timestamp,
) -> Result<(), Error> {
    let job = Job::AdvancePayoutRun { run, after };
    // A run is approved more than once, and each time its pages are other jobs. A page is written with what was done before it.
    let after = after.map_or_else(String::new, |after| format!(" after {after}"));
    let dedupe = format!("{run}{after} at {}", due_at.as_microsecond());
    jobs::enqueue(tx, &NewJob { book: run.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// Gives a run up, with a reason: what was not sent is cancelled, by a job; what was sent goes on.
///
/// # Errors
///
/// `reason-missing`, `payout-run-state`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown run.
pub async fn cancel(tx: &Transaction<'_>, id: PayoutRunId, change: Change<'_>, wall: Timestamp) -> Result<Run, Error> {
    require_reason(change.reason)?;
    let book = books::get(tx, id.book).await?;
    let run = runs::lock(tx, id).await?;
    if run.state == RunState::Cancelled {
        return Ok(run);
    }
    let cancelled = runs::update(tx, &run.cancel(change.reason)?).await?;
    let now = book.now(wall);
    activity::record(tx, book.id, Done::new(&id, "cancelled", change.actor).because(change.reason), now).await?;
    enqueue_advance(tx, id, None, now).await?;
    Ok(cancelled)
}

/// Does what a run asks of its payouts, a page of them after one: those that were approved are to be screened, and those of a run that
/// was given up are cancelled. Enqueues the next page.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown run.
pub async fn advance(
    tx: &Transaction<'_>,
    id: PayoutRunId,
    after: Option<PayoutId>,
    wall: Timestamp,
) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let run = runs::get(tx, id).await?;
    let states: &[PayoutState] = match run.state {
        RunState::Gathering | RunState::Ready | RunState::Done => &[PayoutState::Approved],
        RunState::Cancelled => {
            &[PayoutState::Requested, PayoutState::Approved, PayoutState::Screened, PayoutState::Held]
        }
    };
    let place = after.map_or(Uuid::nil(), |after| after.object);
    let page = runs::in_states(tx, id, states, place, PAGE).await?;
    for found in &page {
        match run.state {
            RunState::Gathering | RunState::Ready | RunState::Done => {
                let (payout, now) = (found.id, book.now(wall));
                let dedupe = format!("{payout} approved {}", found.version);
                let job = Job::ScreenPayout { payout };
                jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe, job }).await?;
            }
            RunState::Cancelled => {
                let payout = lock(tx, found.id, wall).await?.payout;
                if payout.state.until().is_some() {
                    let change = Change::by_service(&run.reason);
                    save(tx, &book, payout.cancel(&run.reason)?, "cancelled", change, wall).await?;
                }
            }
        }
    }
    match page.last().filter(|_| i64::try_from(page.len()) == Ok(PAGE)) {
        Some(last) => enqueue_advance(tx, id, Some(last.id), book.now(wall)).await,
        None => Ok(()),
    }
}
