//! Mirrors of entries: posted once, and linked to what they mirror.

use crate::book::{Entry, Line, Note};
use crate::books::rules::mirror::{day_of_mirror, mirror};
use crate::books::store::reversals;
use crate::engine::posting::{self, Posted};
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::movements::undo::{self, Undo};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Undoes the entry of an operation: its mirror, in the way that [`undo::of`] says. `object` is what the operation was about.
///
/// # Errors
///
/// `already-reversed`; what [`posting::post`] refuses, such as `below-floor`.
pub async fn post_of_operation(
    tx: &Transaction<'_>,
    book: &Book,
    number: i64,
    object: impl ToString,
    wall: Timestamp,
) -> Result<Posted, Error> {
    let rows = journal::transfers(tx, book.id, number).await?;
    let Some(&(_, original)) = rows.first() else {
        return Err(Error::inconsistent(format!("book {}: there is no entry {number}", book.id)));
    };
    let lines: Vec<Line> = rows.into_iter().map(|(line, _)| line).collect();
    let lines = mirror(&lines, |kind| match undo::of(kind) {
        Undo::By { mirror, .. } => Ok(mirror),
        Undo::Again(_) | Undo::Instead(_) | Undo::Unused => {
            Err(Error::inconsistent(format!("entry {number}: {} has no mirror", kind.as_str())))
        }
    })?;
    let closed_through = journal::lock(tx, book.id).await?.closed_through;
    let entry = Entry {
        lines,
        effective: day_of_mirror(original, closed_through, book.today(wall)),
        outside_fact: false,
        note: Some(Note::new(format!("Reversal of entry {number}"), object)),
    };
    post(tx, book, number, entry, wall).await
}

/// Posts the mirror of an entry, and links it to that.
pub(super) async fn post(
    tx: &Transaction<'_>,
    book: &Book,
    number: i64,
    entry: Entry,
    wall: Timestamp,
) -> Result<Posted, Error> {
    let posted = posting::post(tx, book, entry, wall).await?;
    if !reversals::insert(tx, book.id, number, posted.number).await? {
        return Err(Refusal::new("already-reversed", format!("entry {number} has been reversed before")).into());
    }
    Ok(posted)
}
