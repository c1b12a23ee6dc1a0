//! By how much the hours of members weigh: set from a day on, never changed.

use super::members::lock;
use crate::cooperatives::rules::allocation_rule::Rule;
use crate::cooperatives::rules::cooperative::Index;
use crate::cooperatives::rules::member_index::MemberIndex;
use crate::cooperatives::store::{allocation_rules, distributions, hours, member_indices, members};
use crate::error::{Error, Refusal};
use crate::id::{BookId, MemberId, PersonId};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;

/// Sets the index at which the hours of a member count from a day on, the book's own day when none: until the day on which another one
/// begins. Nothing that was set before changes.
///
/// # Errors
///
/// `same-person` when `by` is the member; `period-distributed` when a distribution counts that day or a later one; `index-within` when hours of the member begin before that day
/// and end on it or later; `pay-ratio` when the highest index is then too many times the lowest, by the rule in force that day. [`Error::Invalid`] at `/index` or `/effective_from`; [`Error::NotFound`] for an unknown member.
pub async fn set(
    tx: &Transaction<'_>,
    id: MemberId,
    index: Index,
    from: Option<Date>,
    by: PersonId,
    wall: Timestamp,
) -> Result<MemberIndex, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let member = members::lock(tx, id).await?;
    if member.person == by {
        let detail = "an index is set by somebody else than the member whose hours it weighs";
        return Err(Refusal::new("same-person", detail).into());
    }
    let index = index.check().map_err(|why| Error::invalid("/index", why))?;
    let from = from.unwrap_or_else(|| book.today(wall));
    if from < member.begins_on() || member.left_on.is_some_and(|left| from > left) {
        let detail = format!("member {} is no member on {from}", member.number);
        return Err(Error::invalid("/effective_from", detail));
    }
    if let Some(other) = distributions::find_counting(tx, book.id, from).await? {
        let (period, state) = (other.period, other.state.as_str());
        let detail = format!("the distribution of {period} is {state}, and counts these days: {}", other.way_back());
        return Err(Refusal::new("period-distributed", detail).into());
    }
    if let Some(across) = hours::find_across(tx, id, from).await? {
        let detail = format!(
            "hours of {} are written down in one sum: take them back by POST /v1/contributions/{}:reverse, and write down those \
             before {from} apart",
            across.worked, across.id
        );
        return Err(Refusal::new("index-within", detail).into());
    }
    let new = MemberIndex {
        member: id,
        version: member_indices::last_version(tx, id).await? + 1,
        index,
        effective_from: from,
        set_by: by,
        set_at: book.now(wall),
    };
    member_indices::insert(tx, &new).await?;
    if let Some(rule) = allocation_rules::in_force(tx, book.id, from).await? {
        check_ratio(tx, book.id, &rule.rule, from).await?;
    }
    activity::record(tx, book.id, Done::new(&id, "index_set", Actor::Person(by)), book.now(wall)).await?;
    Ok(new)
}

/// Refuses a rule whose pay ratio the indices of members do not keep on a day or on a later one on which another index begins.
///
/// # Errors
///
/// `pay-ratio`.
pub(crate) async fn check_ratio(
    client: &impl GenericClient,
    book: BookId,
    rule: &Rule,
    from: Date,
) -> Result<(), Error> {
    let Some(ratio) = rule.pay_ratio else { return Ok(()) };
    match member_indices::first_too_wide(client, book, from, ratio).await? {
        Some(spread) => Ok(spread.check(ratio)?),
        None => Ok(()),
    }
}
