//! How somebody asks to belong to a team or a cooperative, and what its owners make of it. Nobody else learns of a request; and an
//! organisation that takes none answers as one that is not there.

use super::roles;
use crate::error::{Error, Refusal};
use crate::id::{BookId, JoinRequestId, OrganisationId, PersonId};
use crate::parties::rules::join_request::{JoinOutcome, JoinRequest, JoinRequestState, LIFETIME, OPEN_MAX};
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
    tell(tx, id, JoinNews::Asked, wall).await?;
    tell(tx, id, JoinNews::Lapsed, wall + LIFETIME).await?;
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

/// What is told of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinNews {
    /// It waits, to the owners.
    Asked,
    /// It was declined, to who asked.
    Answered,
    /// Nobody answered it in time, to who asked.
    Lapsed,
}

impl JoinNews {
    /// As a job says it.
    pub fn of(answered: bool, lapsed: bool) -> JoinNews {
        match (answered, lapsed) {
            (_, true) => JoinNews::Lapsed,
            (true, false) => JoinNews::Answered,
            (false, false) => JoinNews::Asked,
        }
    }

    /// A word for it, which tells the mails of a request apart.
    pub fn word(self) -> &'static str {
        match self {
            JoinNews::Asked => "asked",
            JoinNews::Answered => "answered",
            JoinNews::Lapsed => "lapsed",
        }
    }
}

/// Who is told that a request waits, that it was declined, or that it has lapsed; none when that is not so by now.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn notice(
    client: &impl GenericClient,
    id: JoinRequestId,
    news: JoinNews,
    wall: Timestamp,
) -> Result<Option<JoinNotice>, Error> {
    let Some(request) = join_requests::find(client, id).await? else { return Ok(None) };
    let recipients = match (request.state(wall), news) {
        (JoinRequestState::Open, JoinNews::Asked) => {
            organisations::list_emails_with(client, request.organisation, Role::Owner).await?
        }
        (JoinRequestState::Declined, JoinNews::Answered) | (JoinRequestState::Lapsed, JoinNews::Lapsed) => {
            let person = people::find(client, request.person).await?.filter(|person| person.disabled_at.is_none());
            person.map(|person| person.email).into_iter().collect()
        }
        (JoinRequestState::Open, JoinNews::Answered | JoinNews::Lapsed)
        | (JoinRequestState::Declined, JoinNews::Asked | JoinNews::Lapsed)
        | (JoinRequestState::Lapsed, JoinNews::Asked | JoinNews::Answered)
        | (JoinRequestState::Accepted | JoinRequestState::Withdrawn, _) => return Ok(None),
    };
    Ok(Some(JoinNotice { request, recipients }))
}

/// Has those told whom some news of a request concerns, when it is due.
async fn tell(tx: &Transaction<'_>, request: JoinRequestId, news: JoinNews, due_at: Timestamp) -> Result<(), Error> {
    let (answered, lapsed) = match news {
        JoinNews::Asked => (false, false),
        JoinNews::Answered => (true, false),
        JoinNews::Lapsed => (false, true),
    };
    let dedupe = format!("{request} {}", news.word());
    let job = Job::SendJoinNotice { request, answered, lapsed };
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at, dedupe, job }).await?;
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
    let found = found(tx, id).await?;
    let ended = end(tx, &found, JoinOutcome::Accepted { by, role }, wall).await?;
    if organisations::insert_role(tx, found.organisation, found.person, role, by, wall).await? {
        roles::tell(tx, None, (found.organisation, found.person, role), None, wall).await?;
    }
    Ok(ended)
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
    let found = found(tx, id).await?;
    text::paragraphs(reason, text::REASON).map_err(|why| Error::invalid("/reason", why.to_string()))?;
    let ended = end(tx, &found, JoinOutcome::Declined { by, reason: reason.to_owned() }, wall).await?;
    tell(tx, id, JoinNews::Answered, wall).await?;
    Ok(ended)
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
    let found = found(tx, id).await?;
    if found.person != by {
        return Err(Error::NotFound("join request"));
    }
    end(tx, &found, JoinOutcome::Withdrawn, wall).await
}

/// The request with an id, locked.
async fn found(tx: &Transaction<'_>, id: JoinRequestId) -> Result<JoinRequest, Error> {
    join_requests::lock(tx, id).await?.ok_or(Error::NotFound("join request"))
}

/// Ends a request that is still open as somebody has decided.
async fn end(
    tx: &Transaction<'_>,
    found: &JoinRequest,
    outcome: JoinOutcome,
    wall: Timestamp,
) -> Result<JoinRequest, Error> {
    found.check_open(wall)?;
    let (action, by, role, reason) = match &outcome {
        JoinOutcome::Accepted { by, role } => ("accepted", *by, Some(role.as_str()), None),
        JoinOutcome::Declined { by, reason } => ("declined", *by, None, Some(reason.as_str())),
        JoinOutcome::Withdrawn => ("withdrawn", found.person, None, None),
        JoinOutcome::Lapsed => return Err(Error::inconsistent("nobody ends a request by letting it lapse")),
    };
    join_requests::update_ended(tx, found.id, action, by, (role, reason), wall).await?;
    record(tx, found.id, action, by, wall).await?;
    kept(tx, found.id).await
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
