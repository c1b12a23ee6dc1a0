//! The members' capital: whose account it is, and the most that it has ever been.

use super::{inputs, members};
use crate::chart;
use crate::cooperatives::rules::cooperative::{Cooperative, Standing};
use crate::cooperatives::store::{cooperatives, members as rows};
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::MemberId;
use deadpool_postgres::{GenericClient, Transaction};

/// The account of a member's capital; of a member who has left, too.
///
/// # Errors
///
/// [`Error::Invalid`] at `/party` when the book has no such member, or it is an employee who is none.
pub(crate) async fn account(
    client: &impl GenericClient,
    book: &Book,
    member: MemberId,
) -> Result<chart::Account, Error> {
    let unknown = || Error::invalid("/party", "the cooperative has no such member");
    if member.book != book.id {
        return Err(unknown());
    }
    match rows::get(client, member).await {
        Ok(member) if member.standing == Standing::Employee => {
            Err(Error::invalid("/party", format!("number {} is no member, and has no capital", member.number)))
        }
        Ok(member) => Ok(chart::member_capital(member.number)),
        Err(Error::NotFound(_)) => Err(unknown()),
        Err(other) => Err(other),
    }
}

/// Keeps in mind the most that the capital of all members has ever been, after it grew. Locks the cooperative.
///
/// # Errors
///
/// `not-a-cooperative`.
pub(crate) async fn grew(tx: &Transaction<'_>, book: &Book) -> Result<(), Error> {
    let (_, cooperative) = members::lock(tx, book.id).await?;
    let capital_most = inputs::capital_so_far(tx, book, &cooperative).await?;
    cooperatives::update(tx, book.id, Cooperative { capital_most, ..cooperative }).await
}
