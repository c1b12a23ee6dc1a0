//! Members of a cooperative and what they contribute.

use super::tellings;
use crate::cooperatives::rules::contribution::{Contributed, Contribution, Unit};
use crate::cooperatives::rules::cooperative::{Cooperative, Member, Period, Standing, is_short_name};
use crate::cooperatives::rules::undone::Undone;
use crate::cooperatives::store::{cooperatives, distributions, hours, member_indices, members, results};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, ContributionId, MemberId, PersonId};
use crate::parties::operations::roles;
use crate::parties::rules::role::{Email, OrganisationKind, Role};
use crate::parties::store::organisations;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;

/// The book of a cooperative, its row for members and distributions locked.
///
/// # Errors
///
/// `not-a-cooperative` when the book belongs to an organisation of another kind.
pub(crate) async fn lock(tx: &Transaction<'_>, book: BookId) -> Result<(Book, Cooperative), Error> {
    let book = book_of(tx, book).await?;
    let cooperative = cooperatives::lock(tx, book.id).await?;
    Ok((book, cooperative))
}

/// The book of a cooperative.
///
/// # Errors
///
/// As [`lock`].
pub(crate) async fn book_of(client: &impl GenericClient, book: BookId) -> Result<Book, Error> {
    let book = books::get(client, book).await?;
    let owner = organisations::find(client, book.organisation).await?;
    let owner = owner.ok_or(Error::NotFound("cooperative"))?;
    if owner.kind != OrganisationKind::Cooperative {
        let detail = format!("{} is a {}: it has no members who share proceeds", owner.name, owner.kind);
        return Err(Refusal::new("not-a-cooperative", detail).into());
    }
    Ok(book)
}

/// What a new member needs.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// E-mail address of the person, who has a role in the cooperative already.
    pub email: Email,
    /// What the person is to the cooperative.
    pub standing: Standing,
    /// Group within the rules, such as `workers`.
    pub group: String,
    /// First day of work on probation; none without it.
    pub candidate_from: Option<Date>,
    /// First day of the membership; the book's own day when none.
    pub joined_on: Option<Date>,
    /// Whether the member is asked to agree that a part of a share may stay as the member's capital.
    pub asked: bool,
}

/// Admits a member, who has accepted a role in the organisation before: the next number, and the role `member`. An employee is counted like a
/// member, and is none. Nobody agrees for a member: it is asked.
///
/// # Errors
///
/// `not-invited` when nobody with a role there has the address; `already-member` while an earlier membership of the person lasts; `not-a-cooperative`; [`Error::Invalid`] at
/// `/group`, `/consents` or `/candidate_from`; [`Error::NotFound`] for an unknown book.
pub async fn admit(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewMember,
    by: PersonId,
    wall: Timestamp,
) -> Result<Member, Error> {
    let (book, cooperative) = lock(tx, book).await?;
    if !is_short_name(&new.group) {
        return Err(Error::invalid("/group", "1 to 40 of a-z, 0-9 and '-'"));
    }
    if new.standing == Standing::Employee && new.asked {
        return Err(Error::invalid("/consents", "whoever is no member has no capital: the whole share is paid out"));
    }
    let joined_on = new.joined_on.unwrap_or_else(|| book.today(wall));
    if new.candidate_from.is_some_and(|day| day >= joined_on) {
        let what = format!("probation begins before the first day as a member, {joined_on}");
        return Err(Error::invalid("/candidate_from", what));
    }
    let person = organisations::find_person(tx, book.organisation, new.email.as_str()).await?.ok_or_else(|| {
        let detail = "nobody with a role in the cooperative has this address: invite them as a member first";
        Refusal::new("not-invited", detail)
    })?;
    if organisations::insert_role(tx, book.organisation, person, Role::Member, by, wall).await? {
        roles::tell(tx, Some(&book), (book.organisation, person, Role::Member), None, wall).await?;
    }
    let member = Member {
        id: MemberId::generate(book.id),
        number: cooperative.members_last + 1,
        person,
        standing: new.standing,
        group: new.group,
        candidate_from: new.candidate_from,
        joined_on,
        left_on: None,
        asked: new.asked,
        consents: false,
        version: 1,
        created_at: book.now(wall),
    };
    if !members::insert(tx, &member).await? {
        return Err(Refusal::new("already-member", "this person is a member already").into());
    }
    let counted = Cooperative { members_last: member.number, ..cooperative };
    cooperatives::update(tx, book.id, counted).await?;
    activity::record(tx, book.id, Done::new(&member.id, "admitted", Actor::Person(by)), book.now(wall)).await?;
    Ok(member)
}

/// Ends a membership; hours up to its last day count. The role in the organisation stays, so that statements can be read.
///
/// # Errors
///
/// `member-left`, `leaves-before-joining`; [`Error::NotFound`] for an unknown member.
pub async fn leave(
    tx: &Transaction<'_>,
    id: MemberId,
    on: Option<Date>,
    by: PersonId,
    wall: Timestamp,
) -> Result<Member, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let member = members::lock(tx, id).await?;
    let left = member.leave(on.unwrap_or_else(|| book.today(wall)))?;
    let left = members::update(tx, &left).await?;
    activity::record(tx, book.id, Done::new(&id, "left", Actor::Person(by)), book.now(wall)).await?;
    Ok(left)
}

/// A contribution to be written down.
#[derive(Debug, Clone)]
pub struct NewContribution {
    /// The member who worked.
    pub member: MemberId,
    /// The days on which it was worked.
    pub worked: Period,
    /// What it was, and how much.
    pub contributed: Contributed,
    /// What was done; never a name.
    pub note: String,
}

/// Writes a contribution down. It counts for nothing until a second member attests it.
///
/// `keeper`: whether `by` keeps the cooperative's books; others write down their own only.
///
/// # Errors
///
/// `period-distributed` when the period in which it ends has a distribution, or nothing to share; `not-a-member-then`
/// outside the membership and the probation before it, or across its first day; `index-within` when an index of the member begins within the days of hours. [`Error::Invalid`] at `/hours`,
/// `/quantity`, `/kind`, `/from` or `/to`; [`Error::Forbidden`] for what others contributed without being `keeper`; [`Error::NotFound`] for an
/// unknown member.
pub async fn record(
    tx: &Transaction<'_>,
    new: NewContribution,
    by: PersonId,
    keeper: bool,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let (book, cooperative) = lock(tx, new.member.book).await?;
    let member = members::get(tx, new.member).await?;
    if member.person != by && !keeper {
        return Err(Error::Forbidden("members write down their own hours"));
    }
    check(tx, &book, &member, &new, wall).await?;
    not_counted(tx, &book, &cooperative, new.worked.to).await?;
    let contribution = Contribution {
        id: ContributionId::generate(book.id),
        member: member.id,
        worked: new.worked,
        contributed: new.contributed,
        note: new.note,
        recorded_by: by,
        recorded_at: book.now(wall),
        attested: None,
        undone: None,
    };
    hours::insert(tx, &contribution).await?;
    tellings::hours(tx, &book, wall).await?;
    activity::record(tx, book.id, Done::new(&contribution.id, "recorded", Actor::Person(by)), book.now(wall)).await?;
    Ok(contribution)
}

/// Refuses what cannot have been contributed on its days.
async fn check(
    client: &impl GenericClient,
    book: &Book,
    member: &Member,
    new: &NewContribution,
    wall: Timestamp,
) -> Result<(), Error> {
    new.contributed.check(new.worked).map_err(|(at, why)| Error::invalid(at, why))?;
    if new.worked.to > book.today(wall) {
        return Err(Error::invalid("/to", "hours are written down when they have been worked"));
    }
    if new.worked.from < book.first_day() {
        return Err(Error::invalid("/from", format!("the book begins on {}", book.first_day())));
    }
    if new.worked.from < member.begins_on() || member.left_on.is_some_and(|left| new.worked.to > left) {
        let detail = format!("member {} was no member on all these days", member.number);
        return Err(Refusal::new("not-a-member-then", detail).into());
    }
    // Rules differ in whether they count what was worked before.
    if new.worked.from < member.joined_on && new.worked.to >= member.joined_on {
        let (number, day) = (member.number, member.joined_on);
        let detail = format!("member {number} is one from {day} on: write down what was worked before that day apart");
        return Err(Refusal::new("not-a-member-then", detail).into());
    }
    let days = (new.worked.from, new.worked.to);
    match new.contributed.unit {
        Unit::Units | Unit::Points | Unit::Use | Unit::InKind => Ok(()),
        Unit::Hours => match member_indices::first_between(client, member.id, days).await? {
            None => Ok(()),
            Some(day) => {
                let number = member.number;
                let detail =
                    format!("member {number} has an index from {day} on: write down the hours before that day apart");
                Err(Refusal::new("index-within", detail).into())
            }
        },
    }
}

/// A second member says that a contribution is true.
///
/// # Errors
///
/// `own-attestation`, `already-attested`, `already-reversed`, `period-distributed`, and `not-a-member` when `by` is none;
/// [`Error::NotFound`] for an unknown contribution.
pub async fn attest(
    tx: &Transaction<'_>,
    id: ContributionId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let (book, cooperative) = lock(tx, id.book).await?;
    let contribution = hours::lock(tx, id).await?;
    let member = members::get(tx, contribution.member).await?;
    let attested = contribution.attest(&member, by, book.now(wall))?;
    active_member(tx, &book, by, wall).await?;
    not_counted(tx, &book, &cooperative, attested.worked.to).await?;
    hours::update_attested(tx, &attested).await?;
    activity::record(tx, book.id, Done::new(&id, "attested", Actor::Person(by)), book.now(wall)).await?;
    Ok(attested)
}

/// Takes a contribution back, attested or not. It counts for nothing then.
///
/// `keeper`: whether `by` keeps the cooperative's books; others take back what they worked, wrote down or attested.
///
/// # Errors
///
/// `already-reversed`; `period-distributed` for what is attested and a distribution counts. [`Error::Forbidden`] for the hours
/// of others without being `keeper`; [`Error::NotFound`] for an unknown contribution.
pub async fn take_back(
    tx: &Transaction<'_>,
    id: ContributionId,
    reason: String,
    by: PersonId,
    keeper: bool,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let (book, cooperative) = lock(tx, id.book).await?;
    let contribution = hours::lock(tx, id).await?;
    let member = members::get(tx, contribution.member).await?;
    if !keeper && !contribution.is_of(&member, by) {
        return Err(Error::Forbidden("members take back hours that they worked, wrote down or attested"));
    }
    contribution.stands()?;
    if contribution.attested.is_some() {
        not_counted(tx, &book, &cooperative, contribution.worked.to).await?;
    }
    let now = book.now(wall);
    let undone = Undone { by, at: now, reason: reason.clone(), entry: None };
    let reversed = hours::update_undone(tx, id, &undone).await?;
    activity::record(tx, book.id, Done::new(&id, "reversed", Actor::Person(by)).because(&reason), now).await?;
    Ok(reversed)
}

/// The present membership of a person; refused with `not-a-member` when there is none.
pub(crate) async fn active_member(
    client: &impl GenericClient,
    book: &Book,
    person: PersonId,
    wall: Timestamp,
) -> Result<Member, Error> {
    let today = book.today(wall);
    let all = members::of_person(client, book.id, person).await?;
    all.into_iter()
        .find(|member| member.is_member_on(today))
        .ok_or_else(|| Refusal::new("not-a-member", "this is for members of the cooperative").into())
}

/// Hours count with the period of their last day. Once that is distributed, or nothing is shared for it, none appear or change.
async fn not_counted(tx: &Transaction<'_>, book: &Book, cooperative: &Cooperative, day: Date) -> Result<(), Error> {
    let closed_through = cooperative.closed_through;
    if day > closed_through {
        return Ok(());
    }
    let detail = match results::find(tx, book.id, day).await? {
        None => format!("the result is closed through {closed_through}, and no period has {day}: end with a later day"),
        Some(result) => match distributions::find_of_result(tx, result.id).await? {
            Some(other) => {
                let (period, state) = (other.period, other.state.as_str());
                format!(
                    "the distribution of {period} is {state}, and counts what was worked then: {}",
                    other.way_back()
                )
            }
            None if result.net() > 0 || super::losses::divides(tx, &result).await? => return Ok(()),
            None => format!(
                "the result of {} leaves nothing to share: it is opened again by POST /v1/results/{}:reverse",
                result.period, result.id
            ),
        },
    };
    Err(Refusal::new("period-distributed", detail).into())
}
