//! Advances on the shares of members: granted, and taken back.

use super::{members, series};
use crate::books::operations::{accounts, mirrors};
use crate::cooperatives::rules::advance::Advance;
use crate::cooperatives::rules::undone::Undone;
use crate::cooperatives::store::{advances, members as member_rows};
use crate::engine::posting;
use crate::error::{Error, Refusal};
use crate::id::{AdvanceId, BookId, MemberId, PersonId};
use crate::money::Money;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// An advance to be granted.
#[derive(Debug, Clone)]
pub struct NewAdvance {
    /// On whose next share.
    pub member: MemberId,
    /// How much, in the book's currency.
    pub amount: Money,
    /// Text for people; never a name.
    pub memo: String,
}

/// Makes a part of a member's next share payable before there is one: member receivable → member payable. The next distributions pay the
/// member what is left of the share; what a share does not cover goes on standing against the shares after it.
///
/// # Errors
///
/// `same-person` when `by` is the member; `member-left`; `not-a-cooperative`; what [`posting::post`] refuses. [`Error::Invalid`] at
/// `/amount/currency`; [`Error::NotFound`] for an unknown book or member.
pub async fn grant(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewAdvance,
    by: PersonId,
    wall: Timestamp,
) -> Result<Advance, Error> {
    let (book, _) = members::lock(tx, book).await?;
    let member = member_rows::get(tx, new.member).await?;
    if member.person == by {
        let detail = "an advance is granted by somebody else than the member who gets it";
        return Err(Refusal::new("same-person", detail).into());
    }
    let today = book.today(wall);
    if let Some(left) = member.left_on.filter(|left| *left < today) {
        let detail =
            format!("member {} has left on {left}, and no share comes that would make up for it", member.number);
        return Err(Refusal::new("member-left", detail).into());
    }
    if new.amount.currency() != book.currency {
        return Err(Error::invalid("/amount/currency", format!("the book is kept in {}", book.currency)));
    }
    let id = AdvanceId::generate(book.id);
    let receivable = accounts::ensure(tx, &book, &chart::member_receivable(member.number), book.currency, wall).await?;
    let payable = accounts::ensure(tx, &book, &chart::member_payable(member.number), book.currency, wall).await?;
    let entry = movements::advance_granted(receivable, payable, new.amount, today, id);
    let granted = Advance {
        id,
        member: member.id,
        amount: new.amount,
        granted_on: today,
        memo: new.memo,
        entry: posting::post(tx, &book, entry, wall).await?.number,
        granted_by: by,
        granted_at: book.now(wall),
        undone: None,
    };
    advances::insert(tx, &granted).await?;
    activity::record(tx, book.id, Done::new(&id, "granted", Actor::Person(by)), granted.granted_at).await?;
    Ok(granted)
}

/// Takes an advance back by the mirror of its entry, while nothing of it is paid out and no share has made up for it: the floors stop it
/// then.
///
/// # Errors
///
/// `same-person` when `by` is the member; `already-reversed`; `not-a-cooperative`; `series-under-way` while a distribution is being posted; what [`posting::post`] refuses, such as `below-floor`.
/// [`Error::NotFound`] for an unknown one.
pub async fn reverse(
    tx: &Transaction<'_>,
    id: AdvanceId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Advance, Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    let granted = advances::get(tx, id, book.currency).await?;
    granted.stands()?;
    if member_rows::get(tx, granted.member).await?.person == by {
        let detail = "an advance is taken back by somebody else than the member who got it";
        return Err(Refusal::new("same-person", detail).into());
    }
    series::demand_none(tx, book.id).await?;
    let mirror = mirrors::post_of_operation(tx, &book, granted.entry, id, wall).await?;
    let now = book.now(wall);
    let undone = Undone { by, at: now, reason: reason.clone(), entry: Some(mirror.number) };
    let reversed = advances::update_undone(tx, id, &undone, book.currency).await?;
    activity::record(tx, book.id, Done::new(&id, "reversed", Actor::Person(by)).because(&reason), now).await?;
    Ok(reversed)
}
