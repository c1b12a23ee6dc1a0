//! What a bank has more or less than the book: one person proposes to move it, another one moves it; and so it is taken back when it is explained.
//!
//! Lock order: difference → book head.

use crate::books::operations::{accounts, mirrors};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{BankDifferenceId, BookId, OrganisationId, PersonId};
use crate::money::Money;
use crate::payouts::rules::bank_difference::{BankDifference, DifferenceState, Side};
use crate::payouts::store::bank_differences as store;
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// A difference that is to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDifference {
    /// The book.
    pub book: BookId,
    /// Whose bank it is.
    pub custodian: OrganisationId,
    /// How much.
    pub amount: Money,
    /// Who has more.
    pub side: Side,
    /// The day at whose end they differ.
    pub on: Date,
    /// Why it is moved, without personal data.
    pub reason: String,
}

/// Proposes to move all that a custodian's bank has more or less than the book at the end of a day that has passed and is open.
///
/// # Errors
///
/// `not-kept-by-bank-lines`, `period-closed`, `difference-differs`, `difference-pending`; [`Error::Invalid`] at `/reason` or `/date`.
pub async fn propose(
    tx: &Transaction<'_>,
    new: NewDifference,
    by: PersonId,
    wall: Timestamp,
) -> Result<BankDifference, Error> {
    check_text("/reason", &new.reason, text::REASON)?;
    let book = books::get(tx, new.book).await?;
    if !book.kept_by_bank_lines {
        let detail = "the book is not kept by the lines of banks: its owner says so first";
        return Err(Refusal::new("not-kept-by-bank-lines", detail).into());
    }
    if new.on >= book.today(wall) || new.on < book.first_day() {
        return Err(Error::invalid("/date", "a day of the book that has passed"));
    }
    let closed_through = journal::lock(tx, book.id).await?.closed_through;
    if new.on <= closed_through {
        return Err(Refusal::new("period-closed", format!("the book is closed through {closed_through}")).into());
    }
    let difference = BankDifference {
        id: BankDifferenceId::generate(book.id),
        custodian: new.custodian,
        amount: new.amount,
        side: new.side,
        on: new.on,
        reason: new.reason,
        state: DifferenceState::Proposed,
        proposed_by: by,
        proposed_at: book.now(wall),
        approved: None,
        back_proposed: None,
        back_reason: String::new(),
        ended: None,
        entry: 0,
        back_entry: 0,
        version: 1,
    };
    difference.require_whole(&store::positions(tx, book.id, difference.on).await?)?;
    store::insert(tx, &difference).await?;
    note(tx, &book, &difference, "proposed", (by, &difference.reason), wall).await?;
    Ok(difference)
}

/// Another person approves what was proposed of a difference: it is moved, on its day, when it is the difference still; or it is taken back, by its
/// mirror, on its day while that is open. What explains it is booked besides.
///
/// # Errors
///
/// `difference-state`, `same-person`, `difference-differs`; what [`posting::post`] refuses; [`Error::NotFound`] for an unknown one.
pub async fn approve(
    tx: &Transaction<'_>,
    id: BankDifferenceId,
    by: PersonId,
    wall: Timestamp,
) -> Result<BankDifference, Error> {
    let book = books::get(tx, id.book).await?;
    let found = store::lock(tx, id).await?;
    if found.state == DifferenceState::TakingBack {
        return approve_back(tx, &book, found, by, wall).await;
    }
    found.may_approve(by)?;
    journal::lock(tx, book.id).await?;
    found.require_whole(&store::positions(tx, book.id, found.on).await?)?;
    let currency = found.amount.currency();
    let of = async |account: chart::Account| {
        accounts::ensure(tx, &book, &account.in_currency(currency, book.currency), currency, wall).await
    };
    let cash = of(chart::cash_at(found.custodian)).await?;
    let entry = match found.side {
        Side::More => {
            let suspense = of(chart::suspense(found.custodian)).await?;
            movements::difference_suspended(cash, suspense, found.amount, found.on, id)
        }
        Side::Less => {
            let shortfall = of(chart::shortfall(found.custodian)).await?;
            movements::difference_short(shortfall, cash, found.amount, found.on, id)
        }
    };
    let entry = posting::post(tx, &book, entry, wall).await?.number;
    let moved = store::update(tx, &found.approve(by, book.now(wall), entry)?).await?;
    note(tx, &book, &moved, "moved", (by, ""), wall).await?;
    Ok(moved)
}

/// Somebody withdraws a proposal: to move it, which it never was then, or to take it back, which stands moved then.
///
/// # Errors
///
/// `difference-state`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown one.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: BankDifferenceId,
    (by, reason): (PersonId, &str),
    wall: Timestamp,
) -> Result<BankDifference, Error> {
    check_text("/reason", reason, text::REASON)?;
    let book = books::get(tx, id.book).await?;
    let found = store::lock(tx, id).await?;
    if found.state == DifferenceState::TakingBack {
        let (state, back_proposed, back_reason) = (DifferenceState::Moved, None, String::new());
        let stands = BankDifference { state, back_proposed, back_reason, ..found };
        let stands = store::update(tx, &stands).await?;
        note(tx, &book, &stands, "back_withdrawn", (by, reason), wall).await?;
        return Ok(stands);
    }
    found.require(DifferenceState::Proposed)?;
    let ended = Some((by, book.now(wall)));
    let withdrawn = store::update(tx, &BankDifference { state: DifferenceState::Withdrawn, ended, ..found }).await?;
    note(tx, &book, &withdrawn, "withdrawn", (by, reason), wall).await?;
    Ok(withdrawn)
}

/// What was moved is explained, somebody says: another person approves that it is taken back.
///
/// # Errors
///
/// `difference-state`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown one.
pub async fn take_back(
    tx: &Transaction<'_>,
    id: BankDifferenceId,
    (by, reason): (PersonId, &str),
    wall: Timestamp,
) -> Result<BankDifference, Error> {
    check_text("/reason", reason, text::REASON)?;
    let book = books::get(tx, id.book).await?;
    let found = store::lock(tx, id).await?;
    found.require(DifferenceState::Moved)?;
    let (back_proposed, back_reason) = (Some((by, book.now(wall))), reason.to_owned());
    let asked = BankDifference { state: DifferenceState::TakingBack, back_proposed, back_reason, ..found };
    let asked = store::update(tx, &asked).await?;
    note(tx, &book, &asked, "back_proposed", (by, reason), wall).await?;
    Ok(asked)
}

async fn approve_back(
    tx: &Transaction<'_>,
    book: &Book,
    found: BankDifference,
    by: PersonId,
    wall: Timestamp,
) -> Result<BankDifference, Error> {
    found.may_take_back(by)?;
    let back_entry = mirrors::post_of_operation(tx, book, found.entry, found.id, wall).await?.number;
    let ended = Some((by, book.now(wall)));
    let back = BankDifference { state: DifferenceState::TakenBack, ended, back_entry, ..found };
    let back = store::update(tx, &back).await?;
    note(tx, book, &back, "taken_back", (by, ""), wall).await?;
    Ok(back)
}

async fn note(
    tx: &Transaction<'_>,
    book: &Book,
    difference: &BankDifference,
    action: &str,
    (by, reason): (PersonId, &str),
    wall: Timestamp,
) -> Result<(), Error> {
    let done = Done::new(&difference.id, action, Actor::Person(by)).because(reason);
    activity::record(tx, book.id, done, book.now(wall)).await
}
