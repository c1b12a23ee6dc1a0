//! How somebody asks to belong to a team or a cooperative, and what its owners make of it. Nobody else learns of a request; and an
//! organisation that takes none answers as one that is not there.

use super::roles;
use crate::error::{Error, Refusal};
use crate::id::{BookId, JoinRequestId, OrganisationId, PersonId};
use crate::parties::rules::join_request::{JoinRequest, JoinRequestState, LIFETIME, OPEN_MAX};
use crate::parties::rules::organisation::Organisation;
use crate::parties::rules::role::Role;
use crate::parties::store::{join_requests, organisations, people};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// An organisation that people may ask to join.
///
/// # Errors
///
/// [`Error::NotFound`] for one that is not there, or takes no requests.
pub async fn joinable(client: &impl GenericClient, id: OrganisationId) -> Result<Organisation, Error> {
    let found = organisations::find(client, id).await?.filter(|it| it.kind.takes_join_requests());
    found.ok_or(Error::NotFound("organisation"))
}

/// Asks to belong to an organisation, which has fourteen days to answer.
///
/// # Errors
///
/// `already-belongs`, `join-request-open`, `too-many-join-requests`; [`Error::Invalid`] at `/note`; [`Error::NotFound`] as [`joinable`].
pub async fn ask(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    person: PersonId,
    note: &str,
    wall: Timestamp,
) -> Result<JoinRequest, Error> {
    let of = joinable(tx, organisation).await?;
    text::paragraphs(note, text::REASON).map_err(|why| Error::invalid("/note", why.to_string()))?;
    people::lock(tx, person).await?.ok_or(Error::NotFound("person"))?;
    if !organisations::list_roles(tx, organisation, person).await?.is_empty() {
        return Err(Refusal::new("already-belongs", format!("you belong to {} already", of.name)).into());
    }
    join_requests::update_lapsed(tx, organisation, person, wall).await?;
    if join_requests::count_open(tx, person, wall).await? >= OPEN_MAX {
        let detail = format!("{OPEN_MAX} requests of yours are open: withdraw some, or wait for answers");
        return Err(Refusal::new("too-many-join-requests", detail).into());
    }
    let id = JoinRequestId::generate();
    if !join_requests::insert(tx, id, (organisation, person), note, (wall, wall + LIFETIME)).await? {
        let detail = format!("you have asked {} already: its owners have not answered yet", of.name);
        return Err(Refusal::new("join-request-open", detail).into());
    }
    tell(tx, id, false, wall).await?;
    record(tx, id, "asked_to_join", person, wall).await?;
    kept(tx, id).await
}

/// A request, and the addresses of those who are told of it.
#[derive(Debug)]
pub struct JoinNotice {
    /// The request.
    pub request: JoinRequest,
    /// The owners, or who asked.
    pub recipients: Vec<String>,
}

/// Who is told that a request waits, or that it was declined; none when that is not so by now.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn notice(
    client: &impl GenericClient,
    id: JoinRequestId,
    answered: bool,
    wall: Timestamp,
) -> Result<Option<JoinNotice>, Error> {
    let Some(request) = join_requests::find(client, id).await? else { return Ok(None) };
    let recipients = match (request.state(wall), answered) {
        (JoinRequestState::Open, false) => {
            organisations::list_emails_with(client, request.organisation, Role::Owner).await?
        }
        (JoinRequestState::Declined, true) => {
            let person = people::find(client, request.person).await?.filter(|person| person.disabled_at.is_none());
            person.map(|person| person.email).into_iter().collect()
        }
        (JoinRequestState::Open, true)
        | (JoinRequestState::Declined, false)
        | (JoinRequestState::Accepted | JoinRequestState::Withdrawn | JoinRequestState::Lapsed, _) => return Ok(None),
    };
    Ok(Some(JoinNotice { request, recipients }))
}

/// Has the owners told that a request waits, or who asked that it was declined.
async fn tell(tx: &Transaction<'_>, request: JoinRequestId, answered: bool, wall: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{request} {answered}");
    let job = Job::SendJoinNotice { request, answered };
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at: wall, dedupe, job }).await?;
    Ok(())
}

async fn kept(tx: &Transaction<'_>, id: JoinRequestId) -> Result<JoinRequest, Error> {
    join_requests::find(tx, id).await?.ok_or(Error::NotFound("join request"))
}

/// An owner accepts: the person has the role from now on, and is told so by mail.
///
/// # Errors
///
/// `join-request-ended`, also for one that lapsed before; [`Error::NotFound`].
pub async fn accept(
    tx: &Transaction<'_>,
    id: JoinRequestId,
    by: PersonId,
    role: Role,
    wall: Timestamp,
) -> Result<JoinRequest, Error> {
    let found = join_requests::lock(tx, id).await?.ok_or(Error::NotFound("join request"))?;
    found.check_open(wall)?;
    join_requests::update_ended(tx, id, "accepted", by, (Some(role.as_str()), None), wall).await?;
    if organisations::insert_role(tx, found.organisation, found.person, role, by, wall).await? {
        roles::tell(tx, None, (found.organisation, found.person, role), None, wall).await?;
    }
    record(tx, id, "accepted", by, wall).await?;
    kept(tx, id).await
}

/// An owner declines, with a reason that the person reads.
///
/// # Errors
///
/// `join-request-ended`, also for one that lapsed before; [`Error::Invalid`] at `/reason`; [`Error::NotFound`].
pub async fn decline(
    tx: &Transaction<'_>,
    id: JoinRequestId,
    by: PersonId,
    reason: &str,
    wall: Timestamp,
) -> Result<JoinRequest, Error> {
    let found = join_requests::lock(tx, id).await?.ok_or(Error::NotFound("join request"))?;
    text::paragraphs(reason, text::REASON).map_err(|why| Error::invalid("/reason", why.to_string()))?;
    found.check_open(wall)?;
    join_requests::update_ended(tx, id, "declined", by, (None, Some(reason)), wall).await?;
    tell(tx, id, true, wall).await?;
    record(tx, id, "declined", by, wall).await?;
    kept(tx, id).await
}

/// The person takes their request back.
///
/// # Errors
///
/// `join-request-ended`; [`Error::NotFound`], also for the request of somebody else.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: JoinRequestId,
    by: PersonId,
    wall: Timestamp,
) -> Result<JoinRequest, Error> {
    let found = join_requests::lock(tx, id).await?.filter(|it| it.person == by);
    found.ok_or(Error::NotFound("join request"))?.check_open(wall)?;
    join_requests::update_ended(tx, id, "withdrawn", by, (None, None), wall).await?;
    record(tx, id, "withdrawn", by, wall).await?;
    kept(tx, id).await
}

async fn record(
    tx: &Transaction<'_>,
    id: JoinRequestId,
    action: &str,
    by: PersonId,
    wall: Timestamp,
) -> Result<(), Error> {
    activity::record(tx, BookId::INSTALLATION, Done::new(&id, action, Actor::Person(by)), wall).await
}
