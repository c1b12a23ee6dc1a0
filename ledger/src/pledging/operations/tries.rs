//! Tries of payers are counted before anybody is asked for money, and too many are refused.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::OrganisationId;
use crate::pledging::rules::tries::Tries;
use crate::pledging::store::tries::{self, Subject};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Counts tries, each under all its subjects, in their order; answers of each from when on it would be taken, or none when it
/// is counted and taken now. One that is refused counts under none. Others of the same subjects wait for the end of the
/// transaction, so that of two at once only one is the last that is taken.
///
/// # Errors
///
/// What the database says.
pub async fn take(
    tx: &Transaction<'_>,
    asked: &[Vec<Subject>],
    limit: u32,
    wall: Timestamp,
) -> Result<Vec<Option<Timestamp>>, Error> {
    let subjects: Vec<Subject> = asked.iter().flatten().copied().collect();
    if subjects.is_empty() {
        return Ok(vec![None; asked.len()]);
    }
    let locked = tries::lock(tx, &subjects, wall).await?;
    let mut all: BTreeMap<Vec<u8>, Tries> =
        locked.into_iter().map(|(subject, moments)| (subject, Tries::of(moments, wall))).collect();
    let mut answers = Vec::with_capacity(asked.len());
    for subjects in asked {
        let until = |subject: &Subject| all.get(subject.as_slice()).and_then(|tries| tries.full_until(limit));
        let full_until = subjects.iter().filter_map(until).max();
        if full_until.is_none() {
            for subject in subjects {
                if let Some(tries) = all.get_mut(subject.as_slice()) {
                    tries.add(wall);
                }
            }
        }
        answers.push(full_until);
    }
    let rows: Vec<(Vec<u8>, &[Timestamp])> =
        all.iter().map(|(subject, tries)| (subject.clone(), tries.moments())).collect();
    tries::update(tx, &rows).await?;
    Ok(answers)
}

/// Tells the people of a partner that somebody tries cards through it: once an hour by the wall clock.
///
/// # Errors
///
/// What the database says.
pub async fn alert(tx: &Transaction<'_>, book: &Book, partner: OrganisationId, wall: Timestamp) -> Result<(), Error> {
    let hour = wall.as_second().div_euclid(3_600);
    let job = Job::SendCardTestingNotice { partner, since: wall };
    let dedupe = format!("{partner}-{hour}");
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    Ok(())
}
