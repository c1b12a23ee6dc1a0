//! What a cooperative sends to another one: asked for, approved, answered by the other book, and paid.

use crate::between::rules::remittance::{
    ANSWER_DAYS, Incoming, IncomingState, Moved, Remittance, RemittanceState, Sent, check_fund,
};
use crate::between::store::{incoming, remittances};
use crate::book::Reason;
use crate::books::operations::{accounts, mirrors};
use crate::calendar::later;
use crate::cooperatives::operations::members::{self, lock};
use crate::cooperatives::operations::series;
use crate::cooperatives::rules::allocation_rule::Pot;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, BookRef, IncomingRemittanceId, PersonId, RemittanceId};
use crate::money::Money;
use crate::service::change::check_text;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// What is to be sent.
#[derive(Debug, Clone)]
pub struct NewRemittance {
    /// The book that receives.
    pub to: BookRef,
    /// From which fund.
    pub from_fund: Pot,
    /// Into which fund of the other book.
    pub to_fund: Pot,
    /// How much, in the currency of both books.
    pub amount: Money,
    /// Text for people of both books; never a name.
    pub memo: String,
}

/// Asks for a remittance. Nothing moves until somebody else approves it.
///
/// # Errors
///
/// `not-a-cooperative`; [`Error::Invalid`] at `/to` for a book that is not that of another cooperative in the same world, `/from_fund`,
/// `/to_fund` or `/amount/currency`; [`Error::NotFound`] for an unknown book.
pub async fn ask(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewRemittance,
    by: PersonId,
    wall: Timestamp,
) -> Result<Remittance, Error> {
    let (book, _) = lock(tx, book).await?;
    check_fund("/from_fund", &new.from_fund)?;
    check_fund("/to_fund", &new.to_fund)?;
    let to = another(tx, &book, new.to, "/to").await?;
    if new.amount.currency() != book.currency || to.currency != book.currency {
        let detail = format!("the books are kept in {} and {}", book.currency, to.currency);
        return Err(Error::invalid("/amount/currency", detail));
    }
    let now = book.now(wall);
    let asked = Remittance {
        id: RemittanceId::generate(book.id),
        to_book: to.id,
        from_fund: new.from_fund,
        to_fund: new.to_fund,
        amount: new.amount,
        memo: new.memo,
        state: RemittanceState::Asked,
        asked_by: by,
        asked_at: now,
        sent: None,
        returned: None,
        ended_at: None,
        reason: String::new(),
        paid: None,
        version: 1,
    };
    remittances::insert(tx, &asked).await?;
    activity::record(tx, book.id, Done::new(&asked.id, "asked", Actor::Person(by)), now).await?;
    Ok(asked)
}

/// The book of another cooperative, in the same world.
pub(super) async fn another(tx: &Transaction<'_>, book: &Book, to: BookRef, at: &'static str) -> Result<Book, Error> {
    let wrong = || Error::invalid(at, "the book of another cooperative, live or sandbox as this one");
    let to = match books::resolve(tx, to).await {
        Err(Error::NotFound(_)) => return Err(wrong()),
        found => found?,
    };
    match members::book_of(tx, to.id).await {
        Ok(to) if to.id != book.id && to.mode == book.mode => Ok(to),
        Ok(_) | Err(Error::Refused(_)) => Err(wrong()),
        Err(error) => Err(error),
    }
}

/// Sends it: the fund → due to the other book. A job carries it there.
///
/// # Errors
///
/// `same-person`, `remittance-state`; `series-under-way` while a reversal is to take something of the fund; what [`posting::post`] refuses, such as
/// `below-floor` when the fund has less. [`Error::NotFound`] for an
/// unknown remittance.
pub async fn approve(
    tx: &Transaction<'_>,
    id: RemittanceId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Remittance, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let it = remittances::get(tx, id, book.currency).await?;
    it.check_approval(by)?;
    let to = books::get(tx, it.to_book).await?;
    let fund = accounts::ensure(tx, &book, &it.from_fund.account(), book.currency, wall).await?;
    let due_to = accounts::ensure(tx, &book, &chart::due_to(to.reference()), book.currency, wall).await?;
    series::demand_free(tx, book.id, &[fund]).await?;
    let entry = movements::inter_book_sent(fund, due_to, it.amount, book.today(wall), id);
    let now = book.now(wall);
    let sent = Sent { by, at: now, entry: posting::post(tx, &book, entry, wall).await?.number };
    let sent = Remittance { state: RemittanceState::Sent, sent: Some(sent), ..it };
    let job = Job::CarryRemittance { remittance: id };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe: id.to_string(), job }).await?;
    save(tx, &sent, "sent", Actor::Person(by), now).await
}

async fn save(
    tx: &Transaction<'_>,
    it: &Remittance,
    done: &str,
    actor: Actor,
    now: Timestamp,
) -> Result<Remittance, Error> {
    let saved = remittances::update(tx, it).await?;
    activity::record(tx, it.id.book, Done::new(&it.id, done, actor).because(&it.reason), now).await?;
    Ok(saved)
}

/// Gives it up before it is sent.
///
/// # Errors
///
/// `remittance-state`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown remittance.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: RemittanceId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Remittance, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let (book, _) = lock(tx, id.book).await?;
    let it = remittances::get(tx, id, book.currency).await?;
    it.require(RemittanceState::Asked, "what was sent comes back when the other book declines it")?;
    let now = book.now(wall);
    let given_up = Remittance { state: RemittanceState::Withdrawn, ended_at: Some(now), reason, ..it };
    save(tx, &given_up, "withdrawn", Actor::Person(by), now).await
}

/// Offers to the other book what was sent to it, with the job that ends the offer. Writes to that book only; done twice, it is done once.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown remittance.
pub async fn carry(tx: &Transaction<'_>, id: RemittanceId, wall: Timestamp) -> Result<(), Error> {
    let sender = books::get(tx, id.book).await?;
    let it = remittances::get(tx, id, sender.currency).await?;
    if it.sent.is_none() {
        return Ok(());
    }
    let (to, _) = lock(tx, it.to_book).await?;
    let now = to.now(wall);
    let offered = Incoming {
        id: IncomingRemittanceId::new(to.id, id.object),
        from_book: id.book,
        to_fund: it.to_fund,
        amount: it.amount,
        memo: it.memo,
        state: IncomingState::Offered,
        offered_at: now,
        until: later(now, ANSWER_DAYS),
        answered_by: None,
        answered_at: None,
        reason: String::new(),
        entry: None,
        received: None,
        version: 1,
    };
    if incoming::insert(tx, &offered).await? {
        let (due_at, job) = (offered.until, Job::AnswerRemittance { incoming: offered.id });
        jobs::enqueue(tx, &NewJob { book: to.id, due_at, dedupe: offered.id.to_string(), job }).await?;
        activity::record(tx, to.id, Done::new(&offered.id, "offered", Actor::Service), now).await?;
    }
    Ok(())
}

/// Writes down how the other book answered: what was declined is in the fund again, by the mirror of its entry. Writes to the book that sends only;
/// done twice, it is done once.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::NotFound`] for an unknown remittance.
pub async fn answered(tx: &Transaction<'_>, answer: &Incoming, wall: Timestamp) -> Result<(), Error> {
    let id = RemittanceId::new(answer.from_book, answer.id.object);
    let (book, _) = lock(tx, id.book).await?;
    let it = remittances::get(tx, id, book.currency).await?;
    let (Some(sent), RemittanceState::Sent) = (it.sent, it.state) else { return Ok(()) };
    let now = book.now(wall);
    let (ended_at, reason) = (Some(now), answer.reason.clone());
    let it = match answer.state {
        IncomingState::Offered => return Ok(()),
        IncomingState::Accepted => Remittance { state: RemittanceState::Accepted, ended_at, ..it },
        IncomingState::Declined => {
            let mirror = mirrors::post_of_operation(tx, &book, sent.entry, id, wall).await?;
            Remittance { state: RemittanceState::Returned, ended_at, reason, returned: Some(mirror.number), ..it }
        }
    };
    save(tx, &it, it.state.as_str(), Actor::Service, now).await.map(|_| ())
}

/// The day on which money moved, which is not ahead.
pub(super) fn day_of(book: &Book, on: Option<Date>, wall: Timestamp) -> Result<Date, Error> {
    let on = on.unwrap_or_else(|| book.today(wall));
    if on > book.today(wall) {
        return Err(Error::invalid("/on", "money that has not moved yet is not written down"));
    }
    if on < book.first_day() {
        return Err(Error::invalid("/on", format!("the book begins on {}", book.first_day())));
    }
    Ok(on)
}

/// Says that the money of what the other book accepted has left: due to the other book → the cooperative's own cash. A line of the bank that says so
/// is explained by that entry.
///
/// # Errors
///
/// `remittance-state`, `already-paid`, `cash-short`; what [`posting::post`] refuses. [`Error::Invalid`] at `/on`; [`Error::NotFound`] for an unknown
/// remittance.
pub async fn pay(
    tx: &Transaction<'_>,
    id: RemittanceId,
    on: Option<Date>,
    by: PersonId,
    wall: Timestamp,
) -> Result<Remittance, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let it = remittances::get(tx, id, book.currency).await?;
    it.check_payment()?;
    let on = day_of(&book, on, wall)?;
    let to = books::get(tx, it.to_book).await?;
    let due_to = accounts::ensure(tx, &book, &chart::due_to(to.reference()), book.currency, wall).await?;
    let cash = accounts::ensure(tx, &book, &chart::cash_at(book.organisation), book.currency, wall).await?;
    let entry = movements::inter_book_paid(due_to, cash, it.amount, on, id);
    let entry = match posting::post_or_reason(tx, &book, entry, wall).await? {
        Ok(posted) => posted.number,
        Err(Reason::BelowFloor { account, .. }) if account == cash => {
            let detail =
                "by the book, less is at the cooperative's own bank than left: take in what came before it first";
            return Err(Refusal::new("cash-short", detail).into());
        }
        Err(reason) => return Err(posting::refusal(tx, &book, reason).await?.into()),
    };
    let paid = Remittance { paid: Some(Moved { entry, on }), ..it };
    save(tx, &paid, "paid", Actor::Person(by), book.now(wall)).await
}
