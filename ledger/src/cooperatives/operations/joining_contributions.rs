//! What members pay to join, in parts: written down, paid by lines of the bank, taken back with them, and cancelled.

use super::members;
use crate::cooperatives::rules::cooperative::{Percent, Standing};
use crate::cooperatives::rules::joining_contribution::{
    self as rules, Cancelled, JoiningContribution, JoiningPart, JoiningState, PaidBy,
};
use crate::cooperatives::store::{joining_contributions, members as member_rows};
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{BankLineId, BookId, JoiningContributionId, MemberId, PersonId};
use crate::money::Money;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A joining contribution to be written down.
#[derive(Debug, Clone)]
pub struct NewJoiningContribution {
    /// Who pays it.
    pub member: MemberId,
    /// All parts together, in the book's currency.
    pub amount: Money,
    /// In how many parts it is paid.
    pub parts: i32,
    /// How much of it is never returned.
    pub reserve: Percent,
    /// Text for people; never a name.
    pub memo: String,
}

/// Writes down what a member pays to join, and in which parts. Nothing moves until a line of the bank pays one.
///
/// # Errors
///
/// `same-person` when `by` is the member; `member-left`; `joining-open` while the member has another one of which parts are to be paid;
/// `not-a-cooperative`. [`Error::Invalid`] at `/member` for an employee, `/parts`, `/reserve_percent` or `/amount/currency`; [`Error::NotFound`] for an unknown book
/// or member.
pub async fn grant(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewJoiningContribution,
    by: PersonId,
    wall: Timestamp,
) -> Result<JoiningContribution, Error> {
    let (book, _) = members::lock(tx, book).await?;
    let member = member_rows::get(tx, new.member).await?;
    if member.person == by {
        let detail = "a joining contribution is written down by somebody else than the member who pays it";
        return Err(Refusal::new("same-person", detail).into());
    }
    let today = book.today(wall);
    if let Some(left) = member.left_on.filter(|left| *left < today) {
        let detail = format!("member {} has left on {left}, and joins no more", member.number);
        return Err(Refusal::new("member-left", detail).into());
    }
    if member.standing == Standing::Employee {
        let what = format!("number {} works here and is no member: admit it as one first", member.number);
        return Err(Error::invalid("/member", what));
    }
    check(&book, &new)?;
    none_open(tx, &book, new.member).await?;
    let plan = rules::divide(new.amount.minor(), new.parts, new.reserve)?;
    let granted = JoiningContribution {
        id: JoiningContributionId::generate(book.id),
        member: member.id,
        amount: new.amount,
        parts: new.parts,
        parts_paid: 0,
        reserve: new.reserve,
        memo: new.memo,
        granted_by: by,
        granted_at: book.now(wall),
        state: JoiningState::Open,
        version: 1,
    };
    joining_contributions::insert(tx, &granted, &plan).await?;
    activity::record(tx, book.id, Done::new(&granted.id, "granted", Actor::Person(by)), granted.granted_at).await?;
    Ok(granted)
}

/// Refuses what has no parts, or is not in the book's currency.
fn check(book: &Book, new: &NewJoiningContribution) -> Result<(), Error> {
    if new.amount.currency() != book.currency {
        return Err(Error::invalid("/amount/currency", format!("the book is kept in {}", book.currency)));
    }
    if !(1..=rules::PARTS_MAX).contains(&new.parts) || new.amount.minor() < i64::from(new.parts) {
        let why = format!("1 to {} parts, and no more than the amount has minor units", rules::PARTS_MAX);
        return Err(Error::invalid("/parts", why));
    }
    if new.reserve > Percent::WHOLE {
        return Err(Error::invalid("/reserve_percent", "0 to 100"));
    }
    Ok(())
}

/// Refuses with `joining-open` while parts of another one of the member are to be paid.
async fn none_open(tx: &Transaction<'_>, book: &Book, member: MemberId) -> Result<(), Error> {
    match joining_contributions::find_open(tx, member, book.currency).await? {
        None => Ok(()),
        Some(other) => {
            let left = other.parts - other.parts_paid;
            let detail =
                format!("{left} of the {} parts of {} are to be paid: cancel them first", other.parts, other.id);
            Err(Refusal::new("joining-open", detail).into())
        }
    }
}

/// Cancels the parts that are not paid: the member pays them no more. Those that are paid stay as they are.
///
/// # Errors
///
/// `same-person` when `by` is the member; `joining-state` when it was cancelled before, or is paid; `not-a-cooperative`;
/// [`Error::NotFound`] for an unknown one.
pub async fn cancel(
    tx: &Transaction<'_>,
    id: JoiningContributionId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<JoiningContribution, Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    let it = joining_contributions::get(tx, id, book.currency).await?;
    if member_rows::get(tx, it.member).await?.person == by {
        let detail = "a joining contribution is cancelled by somebody else than the member who pays it";
        return Err(Refusal::new("same-person", detail).into());
    }
    let now = book.now(wall);
    let cancelled = it.cancel(Cancelled { by, at: now, reason: reason.clone() })?;
    let saved = joining_contributions::update(tx, &cancelled).await?;
    activity::record(tx, book.id, Done::new(&id, "cancelled", Actor::Person(by)).because(&reason), now).await?;
    Ok(saved)
}

/// The parts of a joining contribution that some money pays.
#[derive(Debug)]
pub(crate) struct Due {
    of: JoiningContribution,
    parts: Vec<JoiningPart>,
}

impl Due {
    /// What of it goes to the reserve, minor units.
    pub(crate) fn to_reserve(&self) -> i64 {
        self.parts.iter().map(|part| part.to_reserve).sum()
    }

    /// What of it is the member's capital, minor units.
    pub(crate) fn to_capital(&self) -> i64 {
        self.parts.iter().map(JoiningPart::to_capital).sum()
    }
}

/// The parts that so many minor units of a member pay: whole parts, in their order; none when the member has no joining contribution of which parts
/// are to be paid. The caller has locked the cooperative.
///
/// # Errors
///
/// `joining-parts-differ` when the amount is not the sum of one or more of the next parts.
pub(crate) async fn due(tx: &Transaction<'_>, book: &Book, member: MemberId, minor: i64) -> Result<Option<Due>, Error> {
    let Some(of) = joining_contributions::find_open(tx, member, book.currency).await? else { return Ok(None) };
    let mut parts = joining_contributions::parts(tx, of.id, of.parts_paid + 1).await?;
    parts.truncate(of.parts_paid_by(minor, &parts)?);
    Ok(Some(Due { of, parts }))
}

/// Saves by what the parts were paid.
///
/// # Errors
///
/// [`Error::Inconsistent`] for no parts.
pub(crate) async fn pay(tx: &Transaction<'_>, due: Due, paid_by: PaidBy) -> Result<(), Error> {
    let numbers = match (due.parts.first(), due.parts.last()) {
        (Some(first), Some(last)) => (first.number, last.number),
        (None, _) | (_, None) => return Err(Error::inconsistent("some money pays no part")),
    };
    joining_contributions::update_parts(tx, due.of.id, numbers, Some(paid_by)).await?;
    joining_contributions::update(tx, &due.of.paid_on(numbers.1 - numbers.0 + 1)).await?;
    Ok(())
}

/// What a line of the bank had paid is to be paid again, as the line is taken back; nothing for a line that paid no part. Locks the
/// cooperative.
///
/// # Errors
///
/// `joining-paid-later` while parts after them are paid; `joining-open` while the member has another one of which parts are to be paid.
pub(crate) async fn free(tx: &Transaction<'_>, book: &Book, line: BankLineId) -> Result<(), Error> {
    members::lock(tx, book.id).await?;
    let Some((id, first, last)) = joining_contributions::find_of_line(tx, line).await? else { return Ok(()) };
    let it = joining_contributions::get(tx, id, book.currency).await?;
    if last < it.parts_paid {
        let of_last = joining_contributions::parts(tx, id, it.parts_paid).await?;
        let by = of_last.first().and_then(|part| part.paid_by);
        let way = by.map(|by| format!(": POST /v1/bank-lines/{}:unbook first", by.line)).unwrap_or_default();
        let detail = format!("parts after it are paid, up to {} of {}{way}", it.parts_paid, it.parts);
        return Err(Refusal::new("joining-paid-later", detail).into());
    }
    if it.state == JoiningState::Paid {
        none_open(tx, book, it.member).await?;
    }
    joining_contributions::update_parts(tx, id, (first, last), None).await?;
    joining_contributions::update(tx, &it.paid_back_to(first - 1)).await?;
    Ok(())
}
