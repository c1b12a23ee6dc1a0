//! What waits for persons, told once a day.
//!
//! A job looks at a page of persons and has those told for whom something waits; the next page has a job of its own. What waits in a
//! sandbox book is told to nobody: its people are played.

use super::waiting;
use crate::book::Mode;
use crate::desk::rules::task::{Place, Task};
use crate::engine::store::books;
use crate::error::Error;
use crate::id::{BookId, PersonId};
use crate::parties::rules::person::Person;
use crate::parties::store::people;
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use uuid::Uuid;

/// So many persons are looked at by one job.
const PERSONS_AT_ONCE: i64 = 100;

/// So many tasks of a person are looked at, sandbox books included.
const TASKS_AT_ONCE: i64 = 200;

/// The day of a moment, in UTC: persons have no zone.
pub fn day_of(wall: Timestamp) -> Date {
    wall.to_zoned(TimeZone::UTC).date()
}

/// Has everybody told today, from a time of the day on, in UTC. Asked several times on a day, it is done once.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn call(tx: &Transaction<'_>, at: Time, wall: Timestamp) -> Result<(), Error> {
    let day = day_of(wall);
    let due_at = day.to_datetime(at).to_zoned(TimeZone::UTC).map_or(wall, |due| due.timestamp());
    enqueue(tx, Job::TellTasks { day, after: None }, due_at, day.to_string()).await
}

async fn enqueue(tx: &Transaction<'_>, job: Job, due_at: Timestamp, dedupe: String) -> Result<(), Error> {
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at, dedupe, job }).await?;
    Ok(())
}

/// A page of persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Those for whom something waits.
    pub told: Vec<PersonId>,
    /// After whom the next page begins; none after the last.
    pub next: Option<PersonId>,
}

/// Looks at the persons after one.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn page(client: &impl GenericClient, after: Option<PersonId>, wall: Timestamp) -> Result<Page, Error> {
    let persons = people::list(client, after.map_or(Uuid::nil(), |after| after.0), PERSONS_AT_ONCE).await?;
    let is_last = persons.len() < usize::try_from(PERSONS_AT_ONCE).unwrap_or_default();
    let next = persons.last().map(|last| last.id).filter(|_| !is_last);
    let mut told = Vec::new();
    for person in persons {
        if !waits_for(client, &person, wall).await?.is_empty() {
            told.push(person.id);
        }
    }
    Ok(Page { told, next })
}

/// Has those of a page told, and the next page looked at.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn turn(tx: &Transaction<'_>, day: Date, page: &Page, wall: Timestamp) -> Result<(), Error> {
    for person in &page.told {
        enqueue(tx, Job::SendTasks { person: *person, day }, wall, format!("{person}.{day}")).await?;
    }
    match page.next {
        Some(after) => enqueue(tx, Job::TellTasks { day, after: Some(after) }, wall, format!("{day}.{after}")).await,
        None => Ok(()),
    }
}

/// What a person is told on a day: nothing when that is over, or when nothing waits.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn told(
    client: &impl GenericClient,
    person: PersonId,
    day: Date,
    wall: Timestamp,
) -> Result<Option<(Person, Vec<Task>)>, Error> {
    if day != day_of(wall) {
        return Ok(None);
    }
    let Some(person) = people::find(client, person).await? else { return Ok(None) };
    let tasks = waits_for(client, &person, wall).await?;
    Ok(Some((person, tasks)).filter(|(_, tasks)| !tasks.is_empty()))
}

/// What waits for a person who can sign in, in live books and in none.
async fn waits_for(client: &impl GenericClient, person: &Person, wall: Timestamp) -> Result<Vec<Task>, Error> {
    if person.disabled_at.is_some() {
        return Ok(Vec::new());
    }
    let mut live: BTreeMap<BookId, bool> = BTreeMap::new();
    let mut found = Vec::new();
    for task in waiting::list(client, person.id, Place::START, TASKS_AT_ONCE, wall).await? {
        let counts = match &task.book {
            None => true,
            Some((book, _)) => match live.get(&book.book) {
                Some(known) => *known,
                None => {
                    let is_live = books::get(client, book.book).await?.mode == Mode::Live;
                    live.insert(book.book, is_live);
                    is_live
                }
            },
        };
        if counts {
            found.push(task);
        }
    }
    Ok(found)
}
