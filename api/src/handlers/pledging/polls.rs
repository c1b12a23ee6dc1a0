//! Lists of a partner's own objects over all books that admit it, a page at a time.
//!
//! A walk goes from book to book, each asked by itself and by its own index, and asks so many books at most for one page: a page may have
//! fewer items than were asked for, or none, while there are more. What comes to be behind a walk is met by the next poll, which asks from
//! the moment that this one has told.

use crate::auth::Partner;
use crate::paging::Window;
use crate::problem::Problem;
use crate::visibility::require_admitted;
use crate::wire::parse;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookId, BookRef};
use ledger::pledging::operations::polls::{self, REACH};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most books that are asked for one page.
const BOOKS_MAX: usize = 100;

/// Behind what a walk goes on in a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Key {
    /// An object, of those in the order of their ids.
    Id(Uuid),
    /// A charge, of those in the order of their due dates.
    Due(Date, Uuid),
    /// An event, of those that tell what has changed.
    Event(i64),
}

impl Key {
    /// The id behind which a list goes on; the beginning when there is none.
    pub(super) fn id(key: Option<Key>) -> Result<Uuid, Problem> {
        match key {
            None => Ok(Uuid::nil()),
            Some(Key::Id(id)) => Ok(id),
            Some(Key::Due(..) | Key::Event(_)) => Err(of_another_list()),
        }
    }

    /// The due date and id behind which charges go on.
    pub(super) fn due(key: Option<Key>) -> Result<(Date, Uuid), Problem> {
        match key {
            None => Ok((FIRST_DAY, Uuid::nil())),
            Some(Key::Due(day, id)) if day >= FIRST_DAY => Ok((day, id)),
            Some(Key::Due(..) | Key::Id(_) | Key::Event(_)) => Err(of_another_list()),
        }
    }

    /// The number of the event behind which changes go on.
    pub(super) fn event(key: Option<Key>) -> Result<Option<i64>, Problem> {
        match key {
            None => Ok(None),
            Some(Key::Event(number)) => Ok(Some(number)),
            Some(Key::Id(_) | Key::Due(..)) => Err(of_another_list()),
        }
    }
}

/// A day before all that there are.
const FIRST_DAY: Date = jiff::civil::date(1, 1, 1);

fn of_another_list() -> Problem {
    Problem::invalid(
        "/cursor",
        "not a cursor of this list: take it from next_cursor as it is, and keep the other parameters",
    )
}

/// Where a walk stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    book: BookId,
    after: Option<Key>,
    /// The moment that the first page of the walk has told.
    as_of: Option<Timestamp>,
}

/// What a book gave of a page.
pub(super) struct Part<R> {
    /// In the order of the list.
    pub(super) rows: Vec<R>,
    /// Behind what there may be more of the book; none when there is not.
    pub(super) next: Option<Key>,
}

impl<R> Part<R> {
    /// Nothing of what was read, but there may be more.
    pub(super) fn none(next: Option<Key>) -> Part<R> {
        Part { rows: Vec::new(), next }
    }

    /// Of rows of which one more was asked for than there is room for; `key` is that of a row.
    pub(super) fn cut(mut rows: Vec<R>, room: usize, key: impl Fn(&R) -> Key) -> Part<R> {
        let next = rows.get(room.saturating_sub(1)).filter(|_| rows.len() > room).map(key);
        rows.truncate(room);
        Part { rows, next }
    }
}

/// Walks over the books that admit a partner, in its mode, or stays in one of them. `read` is given a book, behind what, and room for how
/// many; what it takes out of what it has read makes the page shorter, and ends it no sooner.
pub(super) async fn walk<R>(
    client: &impl GenericClient,
    partner: &Partner,
    only: Option<BookRef>,
    (window, as_of): (&Window<Place>, Option<Timestamp>),
    read: impl AsyncFn(Book, Option<Key>, usize) -> Result<Part<R>, Problem>,
) -> Result<(Vec<R>, Option<Place>), Problem> {
    let from = window.after.as_ref().map_or(BookId::INSTALLATION, |place| place.book);
    let books = match only {
        Some(id) => {
            let book = books::resolve(client, id).await?;
            require_admitted(client, partner, &book, "book").await?;
            vec![book.id]
        }
        None => {
            let fetch = i64::try_from(BOOKS_MAX).unwrap_or(i64::MAX).saturating_add(1);
            books::of_partner_from(client, partner.organisation, partner.mode, from, fetch).await?
        }
    };
    let mut rows = Vec::new();
    for (asked, number) in books.iter().enumerate() {
        let room = window.limit().saturating_sub(rows.len());
        if room == 0 || asked == BOOKS_MAX {
            return Ok((rows, Some(Place { book: *number, after: None, as_of })));
        }
        let after = window.after.as_ref().filter(|place| place.book == *number).and_then(|place| place.after);
        let part = read(books::get(client, *number).await?, after, room).await?;
        rows.extend(part.rows);
        if part.next.is_some() {
            return Ok((rows, Some(Place { book: *number, after: part.next, as_of })));
        }
    }
    Ok((rows, None))
}

/// The moments of a poll.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    /// From when on changes are asked for; none when everything is.
    pub(super) since: Option<Timestamp>,
    /// From when on to ask next time.
    pub(super) as_of: Timestamp,
}

impl Moments {
    /// Of a page: those of the first one go with the cursor.
    pub(super) async fn of(
        client: &impl GenericClient,
        since: Option<Timestamp>,
        place: Option<&Place>,
    ) -> Result<Moments, Problem> {
        let present = polls::as_of(client).await?;
        let invalid = |message: &str| Err(Problem::invalid("/updated_since", message));
        match since {
            Some(since) if since.duration_until(present) > REACH => {
                return invalid("is longer ago than 85 days: ask without it for everything");
            }
            Some(since) if since > ledger::calendar::now() => {
                return invalid("lies ahead: take `as_of` of the poll before");
            }
            Some(_) | None => {}
        }
        let as_of = place.and_then(|place| place.as_of).unwrap_or(present);
        Ok(Moments { since, as_of })
    }
}

/// The book that a parameter names, if it does.
pub(super) fn only(book: Option<&str>) -> Result<Option<BookRef>, Problem> {
    book.map(|book| parse("/book", book)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_that_there_is_more_only_when_there_is() {
        let key = |number: &i64| Key::Event(*number);
        let part = Part::cut(vec![1, 2, 3], 2, key);
        assert_eq!((part.rows, part.next), (vec![1, 2], Some(Key::Event(2))));
        let part = Part::cut(vec![1, 2], 2, key);
        assert_eq!((part.rows, part.next), (vec![1, 2], None));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        for key in [Key::Id(Uuid::nil()), Key::Event(1), Key::Due(Date::MIN, Uuid::nil())] {
            assert_eq!(Key::due(Some(key)).unwrap_err().body().errors[0].pointer, "/cursor");
        }
        assert!(Key::event(Some(Key::Id(Uuid::nil()))).is_err());
        assert!(Key::id(Some(Key::Event(1))).is_err());
    }
}
