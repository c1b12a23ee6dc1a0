//! Giving one's vote to another member, and taking it back.

use crate::cooperatives::operations::members::{active_member, lock};
use crate::cooperatives::store::members;
use crate::error::{Error, Refusal};
use crate::governance::rules::delegation::{Delegation, makes_circle};
use crate::governance::store::{delegations, proposals};
use crate::id::{BookId, MemberId, PersonId};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Lets another member vote for the caller whenever it does not vote itself, until it says otherwise; nobody when `to` is none.
///
/// # Errors
///
/// `not-a-member` when `by` is none; `not-an-elector` when it has no vote; `delegation-circle` when the vote would come back to it; [`Error::Invalid`] at `/delegate` for itself or
/// for who is no member today.
pub async fn give(
    tx: &Transaction<'_>,
    book: BookId,
    to: Option<MemberId>,
    by: PersonId,
    wall: Timestamp,
) -> Result<Delegation, Error> {
    let (book, _) = lock(tx, book).await?;
    let member = active_member(tx, &book, by, wall).await?;
    if !member.votes_on(book.today(wall)) {
        return Err(Refusal::new("not-an-elector", "the member is of a class that has no vote to give").into());
    }
    let before = delegations::last(tx, member.id).await?;
    if let Some(to) = to {
        let is_here = match members::get(tx, to).await {
            Ok(delegate) => to.book == book.id && delegate.votes_on(book.today(wall)),
            Err(Error::NotFound(_)) => false,
            Err(error) => return Err(error),
        };
        if to == member.id || !is_here {
            return Err(Error::invalid(
                "/delegate",
                "another one who is a member of the cooperative today, with a vote",
            ));
        }
        let given = delegations::all_given(tx, book.id, None).await?;
        if makes_circle(&given, member.id.object, to.object) {
            let detail = "this member gives its own vote on, and it would come back: nobody would cast it";
            return Err(Refusal::new("delegation-circle", detail).into());
        }
    }
    // What was asked before the end of a vote, and waited while that was counted, comes after it.
    let counted = proposals::counted_through(tx, book.id).await?;
    let now = book.now(wall).max(counted.unwrap_or(Timestamp::MIN));
    let new = Delegation {
        member: member.id,
        delegate: to,
        version: before.as_ref().map_or(0, |it| it.version) + 1,
        given_by: by,
        given_at: before.map_or(now, |it| it.given_at.max(now)),
    };
    delegations::insert(tx, &new).await?;
    let done = if to.is_some() { "vote_given" } else { "vote_kept" };
    activity::record(tx, book.id, Done::new(&member.id, done, Actor::Person(by)), now).await?;
    Ok(new)
}
