//! Applications: a team applies for a call, takes that back, and hears what became of it. What the host decides about it stands in
//! [`super::calls`], but for a refusal.

use super::claims::addresses;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{MilestoneApplicationId, MilestoneCallId, OrganisationId, PersonId};
use crate::milestones::rules::application::{Application, ApplicationEnd, ApplicationState, OF_A_TEAM_MAX};
use crate::milestones::rules::call::{Call, READERS};
use crate::milestones::store::{applications, calls};
use crate::parties::rules::role::{OrganisationKind, Role};
use crate::parties::store::organisations;
use crate::service::change::check_text;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A project team applies for a call, by a member of it.
///
/// # Errors
///
/// `call-over`, `call-closed`, `application-open`, `too-many-applications`; [`Error::Invalid`] at `/text`, and at `/team` for what is no
/// project team; [`Error::Forbidden`] for whoever is no member of it; [`Error::NotFound`] for an unknown call.
pub async fn apply(
    tx: &Transaction<'_>,
    id: MilestoneCallId,
    (team, text): (OrganisationId, String),
    by: PersonId,
    wall: Timestamp,
) -> Result<Application, Error> {
    check_text("/text", &text, text::STATEMENT)?;
    let book = books::get(tx, id.book).await?;
    let call = calls::lock(tx, id).await?;
    demand_member(tx, team, by).await?;
    let of = organisations::find(tx, team).await?.filter(|of| of.kind == OrganisationKind::ProjectTeam);
    let of = of.ok_or_else(|| Error::invalid("/team", "a project team"))?;
    let now = book.now(wall).max(call.created_at);
    call.check_takes_applications(now)?;
    match applications::count_of_team(tx, id, team).await? {
        (_, true) => {
            let detail = "an application of the team waits for the host already: take it back to write another";
            return Err(Refusal::new("application-open", detail).into());
        }
        (OF_A_TEAM_MAX.., false) => {
            let detail = format!("a team applies for a call {OF_A_TEAM_MAX} times at most");
            return Err(Refusal::new("too-many-applications", detail).into());
        }
        (_, false) => {}
    }
    let new = Application {
        id: MilestoneApplicationId::generate(book.id),
        call: id,
        team,
        team_name: of.name,
        applied_by: by,
        text,
        submitted_at: now,
        ended: None,
    };
    applications::insert(tx, &new).await?;
    activity::record(tx, book.id, Done::new(&new.id, "submitted", Actor::Person(by)), now).await?;
    tell(tx, new.id, ApplicationState::Submitted, now).await?;
    Ok(new)
}

async fn demand_member(client: &impl GenericClient, team: OrganisationId, person: PersonId) -> Result<(), Error> {
    if organisations::list_roles(client, team, person).await?.is_empty() {
        return Err(Error::Forbidden("a member of the team does this"));
    }
    Ok(())
}

/// A member of the team takes its application back.
///
/// # Errors
///
/// `call-over`, `application-ended`; [`Error::Forbidden`] for whoever is no member of the team; [`Error::NotFound`] for an unknown
/// application.
pub async fn take_back(
    tx: &Transaction<'_>,
    id: MilestoneApplicationId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Application, Error> {
    let (book, call, found) = locked(tx, id).await?;
    demand_member(tx, found.team, by).await?;
    end(tx, (&book, &call, &found), &ApplicationEnd::Withdrawn { by }, wall).await
}

/// Declines an application, for a reason that the team reads. The call stays open for the others.
///
/// # Errors
///
/// `call-over`, `application-ended`, `own-team`, `declared-tie`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown
/// application.
pub async fn decline(
    tx: &Transaction<'_>,
    id: MilestoneApplicationId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Application, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let (book, call, found) = locked(tx, id).await?;
    applications::closeness(tx, call.id, by).await?.admit()?;
    end(tx, (&book, &call, &found), &ApplicationEnd::Declined { by, reason }, wall).await
}

async fn end(
    tx: &Transaction<'_>,
    (book, call, found): (&Book, &Call, &Application),
    end: &ApplicationEnd,
    wall: Timestamp,
) -> Result<Application, Error> {
    let now = book.now(wall).max(found.submitted_at);
    found.check_waits(call, now)?;
    call.check_open(now)?;
    end_one(tx, call, found.id, end, now).await?;
    applications::get(tx, found.id).await
}

/// Ends an application that waits, and has the team told of what it did not do itself.
pub(super) async fn end_one(
    tx: &Transaction<'_>,
    call: &Call,
    id: MilestoneApplicationId,
    end: &ApplicationEnd,
    at: Timestamp,
) -> Result<(), Error> {
    let actor = end.by().map_or(Actor::Service, Actor::Person);
    ended(tx, call, Some(id), end, actor, at).await
}

/// Ends all applications for a call that wait.
pub(super) async fn end_all(
    tx: &Transaction<'_>,
    call: &Call,
    end: &ApplicationEnd,
    actor: Actor,
    at: Timestamp,
) -> Result<(), Error> {
    ended(tx, call, None, end, actor, at).await
}

async fn ended(
    tx: &Transaction<'_>,
    call: &Call,
    one: Option<MilestoneApplicationId>,
    end: &ApplicationEnd,
    actor: Actor,
    at: Timestamp,
) -> Result<(), Error> {
    for id in applications::end(tx, call.id, one, end, at).await? {
        let done = Done::new(&id, end.state().as_str(), actor).because(end.reason().unwrap_or_default());
        activity::record(tx, id.book, done, at).await?;
        if end.state() != ApplicationState::Withdrawn {
            tell(tx, id, end.state(), at).await?;
        }
    }
    Ok(())
}

/// An application with its call, which is locked before it is read.
pub(super) async fn locked(
    tx: &Transaction<'_>,
    id: MilestoneApplicationId,
) -> Result<(Book, Call, Application), Error> {
    let book = books::get(tx, id.book).await?;
    let call = calls::lock(tx, applications::get(tx, id).await?.call).await?;
    Ok((book, call, applications::get(tx, id).await?))
}

/// Has those told whom the state of an application concerns.
async fn tell(
    tx: &Transaction<'_>,
    application: MilestoneApplicationId,
    state: ApplicationState,
    now: Timestamp,
) -> Result<(), Error> {
    let dedupe = format!("{application} {state}");
    let job = Job::SendApplicationNotice { application, state: state.as_str().to_owned() };
    jobs::enqueue(tx, &NewJob { book: application.book, due_at: now, dedupe, job }).await?;
    Ok(())
}

/// What the mail about an application needs.
#[derive(Debug)]
pub struct ApplicationNotice {
    /// The book of the call.
    pub book: Book,
    /// The name of the host.
    pub host: String,
    /// The call.
    pub call: Call,
    /// The application.
    pub application: Application,
    /// Addresses, each once.
    pub recipients: Vec<String>,
}

/// The facts of the mail about a state of an application: to the owners of the host while it waits, to the owners of the team and who
/// applied once it has ended. None where that is not its state any more.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown application.
pub async fn notice(
    client: &impl GenericClient,
    id: MilestoneApplicationId,
    state: ApplicationState,
    wall: Timestamp,
) -> Result<Option<ApplicationNotice>, Error> {
    let book = books::get(client, id.book).await?;
    let application = applications::get(client, id).await?;
    let call = calls::get(client, application.call).await?;
    if application.state(&call, book.now(wall)) != state {
        return Ok(None);
    }
    let told: BTreeSet<PersonId> = match state {
        ApplicationState::Submitted => owners(client, book.organisation).await?,
        ApplicationState::Accepted | ApplicationState::Declined | ApplicationState::Lapsed => {
            let mut told = owners(client, application.team).await?;
            told.insert(application.applied_by);
            told
        }
        ApplicationState::Withdrawn => return Ok(None),
    };
    let recipients = addresses(client, &told.into_iter().collect::<Vec<_>>()).await?;
    let host = organisations::find(client, book.organisation).await?.map(|host| host.name).unwrap_or_default();
    Ok(Some(ApplicationNotice { book, host, call, application, recipients }))
}

async fn owners(client: &impl GenericClient, of: OrganisationId) -> Result<BTreeSet<PersonId>, Error> {
    Ok(organisations::list_persons_with(client, of, Role::Owner).await?.into_iter().collect())
}

/// Which applications for a call somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All of them: of the host, and close to no team that applies.
    All,
    /// Those of their own teams, if there are any.
    Own,
}

/// Which applications for a call a person reads. Who is close to a team that applies does not read what the others write.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn reading(
    client: &impl GenericClient,
    book: &Book,
    call: MilestoneCallId,
    person: PersonId,
) -> Result<Reading, Error> {
    let roles = organisations::list_roles(client, book.organisation, person).await?;
    if !roles.iter().any(|role| READERS.contains(role)) {
        return Ok(Reading::Own);
    }
    let is_free = applications::closeness(client, call, person).await?.admit().is_ok();
    Ok(if is_free { Reading::All } else { Reading::Own })
}

/// An application for who may read it: the host, by [`reading`], and the team. Others are told that there is none.
///
/// # Errors
///
/// [`Error::NotFound`].
pub async fn read(
    client: &impl GenericClient,
    book: &Book,
    id: MilestoneApplicationId,
    person: PersonId,
) -> Result<Application, Error> {
    let found = applications::get(client, id).await?;
    let is_read = match reading(client, book, found.call, person).await? {
        Reading::All => true,
        Reading::Own => !organisations::list_roles(client, found.team, person).await?.is_empty(),
    };
    if is_read { Ok(found) } else { Err(Error::NotFound("application")) }
}
