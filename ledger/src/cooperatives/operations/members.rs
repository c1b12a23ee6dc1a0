//! Members of a cooperative and the hours they contribute.

use crate::cooperatives::rules::cooperative::{
    Contribution, Cooperative, HOURS_A_DAY, HOURS_MAX, Hours, Member, Period, is_short_name,
};
use crate::cooperatives::store::{cooperatives, distributions, hours, members};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, ContributionId, MemberId, PersonId};
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
pub(super) async fn lock(tx: &Transaction<'_>, book: BookId) -> Result<(Book, Cooperative), Error> {
    let book = books::get(tx, book).await?;
    let owner = organisations::find(tx, book.organisation).await?;
    let owner = owner.ok_or(Error::NotFound("cooperative"))?;
    if owner.kind != OrganisationKind::Cooperative {
        let detail = format!("{} is a {}: it has no members who share proceeds", owner.name, owner.kind);
        return Err(Refusal::new("not-a-cooperative", detail).into());
    }
    let cooperative = cooperatives::lock(tx, book.id).await?;
    Ok((book, cooperative))
}

/// What a new member needs.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// E-mail address of the person, who has a role in the cooperative already.
    pub email: Email,
    /// Group within the rules, such as `workers`.
    pub group: String,
    /// First day of the membership; the book's own day when none.
    pub joined_on: Option<Date>,
    /// Whether the member agrees that a part of a share may stay as the member's capital.
    pub consents: bool,
}

/// Admits a member, who has accepted a role in the organisation before: the next number, and the role `member`.
///
/// # Errors
///
/// `not-invited` when nobody with a role there has the address; `already-member` while an earlier membership of the person lasts; `not-a-cooperative`; [`Error::Invalid`] at
/// `/group`; [`Error::NotFound`] for an unknown book.
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
    let person = organisations::find_person(tx, book.organisation, new.email.as_str()).await?.ok_or_else(|| {
        let detail = "nobody with a role in the cooperative has this address: invite them as a member first";
        Refusal::new("not-invited", detail)
    })?;
    organisations::insert_role(tx, book.organisation, person, Role::Member, by, wall).await?;
    let member = Member {
        id: MemberId::generate(book.id),
        number: cooperative.members_last + 1,
        person,
        group: new.group,
        joined_on: new.joined_on.unwrap_or_else(|| book.today(wall)),
        left_on: None,
        consents: new.consents,
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

/// Hours to be written down.
#[derive(Debug, Clone)]
pub struct NewContribution {
    /// The member who worked.
    pub member: MemberId,
    /// The days on which the hours were worked.
    pub worked: Period,
    /// The hours worked, exact to the hundredth.
    pub hours: Hours,
    /// What was done; never a name.
    pub note: String,
}

/// Writes hours down. They count for nothing until a second member attests them.
///
/// `keeper`: whether `by` keeps the cooperative's books; others write down their own hours only.
///
/// # Errors
///
/// `period-distributed` when the period in which they end has a distribution; `not-a-member-then` outside the
/// membership. [`Error::Invalid`] at `/hours` or `/to`; [`Error::Forbidden`] for the hours of others without being
/// `keeper`; [`Error::NotFound`] for an unknown member.
pub async fn record_hours(
    tx: &Transaction<'_>,
    new: NewContribution,
    by: PersonId,
    keeper: bool,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let (book, _) = lock(tx, new.member.book).await?;
    let member = members::get(tx, new.member).await?;
    if member.person != by && !keeper {
        return Err(Error::Forbidden("members write down their own hours"));
    }
    let most = (new.worked.days() * HOURS_A_DAY).min(HOURS_MAX);
    if new.hours == Hours::ZERO || new.hours.hundredths() > most {
        let most = Hours::from_hundredths(most);
        return Err(Error::invalid("/hours", format!("more than 0 and at most {most}: 24 for each day, 10000 in all")));
    }
    if new.worked.to > book.today(wall) {
        return Err(Error::invalid("/to", "hours are written down when they have been worked"));
    }
    if new.worked.from < member.joined_on || member.left_on.is_some_and(|left| new.worked.to > left) {
        let detail = format!("member {} was no member on all these days", member.number);
        return Err(Refusal::new("not-a-member-then", detail).into());
    }
    not_frozen(tx, &book, new.worked).await?;
    let contribution = Contribution {
        id: ContributionId::generate(book.id),
        member: member.id,
        worked: new.worked,
        hours: new.hours,
        note: new.note,
        recorded_by: by,
        recorded_at: book.now(wall),
        attested: None,
    };
    hours::insert(tx, &contribution).await?;
    activity::record(tx, book.id, Done::new(&contribution.id, "recorded", Actor::Person(by)), book.now(wall)).await?;
    Ok(contribution)
}

/// A second member says that hours are true.
///
/// # Errors
///
/// `own-attestation`, `already-attested`, `period-distributed`, and `not-a-member` when `by` is none;
/// [`Error::NotFound`] for an unknown contribution.
pub async fn attest(
    tx: &Transaction<'_>,
    id: ContributionId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let contribution = hours::lock(tx, id).await?;
    let member = members::get(tx, contribution.member).await?;
    let attested = contribution.attest(&member, by, book.now(wall))?;
    active_member(tx, &book, by, wall).await?;
    not_frozen(tx, &book, attested.worked).await?;
    hours::update_attested(tx, &attested).await?;
    activity::record(tx, book.id, Done::new(&id, "attested", Actor::Person(by)), book.now(wall)).await?;
    Ok(attested)
}

/// The present membership of a person; refused with `not-a-member` when there is none.
pub(super) async fn active_member(
    client: &impl GenericClient,
    book: &Book,
    person: PersonId,
    wall: Timestamp,
) -> Result<Member, Error> {
    let today = book.today(wall);
    let all = members::of_person(client, book.id, person).await?;
    all.into_iter()
        .find(|member| member.left_on.is_none_or(|left| left >= today))
        .ok_or_else(|| Refusal::new("not-a-member", "this is for members of the cooperative").into())
}

/// Hours of a period that has a distribution neither appear nor change.
async fn not_frozen(tx: &Transaction<'_>, book: &Book, worked: Period) -> Result<(), Error> {
    match distributions::frozen_through(tx, book.id).await? {
        Some(frozen) if worked.to <= frozen => {
            let detail = format!("what was worked until {frozen} is being distributed or was");
            Err(Refusal::new("period-distributed", detail).into())
        }
        Some(_) | None => Ok(()),
    }
}
