//! How somebody gets a role: it is offered to an address, and given when the person with that address accepts; they may decline as well.
//!
//! The request looks no address up, and mails nothing: whether somebody here has it is for the worker to find out, so that
//! neither the answer nor its time tells.

use super::roles;
use super::sign_in::digest;
use crate::error::{Error, Refusal};
use crate::id::{BookId, InvitationId, OrganisationId, PersonId};
use crate::parties::rules::invitation::{self, Decline, Invitation, InvitationState, LIFETIME};
use crate::parties::rules::organisation::Membership;
use crate::parties::rules::role::{Email, Role};
use crate::parties::store::{invitations, organisations, people};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The most invitations of an organisation that may be open.
const OPEN_MAX: i64 = 500;

/// Offers a role to an address: the worker mails the link with the secret.
///
/// # Errors
///
/// `already-invited`, `too-many-invitations`; [`Error::NotFound`] for an unknown organisation.
pub async fn invite(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    email: &Email,
    role: Role,
    by: PersonId,
    secret: &str,
    wall: Timestamp,
) -> Result<Invitation, Error> {
    organisations::lock(tx, organisation).await?.ok_or(Error::NotFound("organisation"))?;
    if invitations::is_open(tx, organisation, email.as_str(), role, wall).await? {
        let detail = format!("{} is invited as {role} already: withdraw that invitation first", email.as_str());
        return Err(Refusal::new("already-invited", detail).into());
    }
    if invitations::count_open(tx, organisation, wall).await? >= OPEN_MAX {
        let detail = format!("{OPEN_MAX} invitations are open: withdraw some first");
        return Err(Refusal::new("too-many-invitations", detail).into());
    }
    let made = Invitation {
        id: InvitationId::generate(),
        organisation,
        email: email.as_str().to_owned(),
        role,
        invited_by: by,
        created_at: wall,
        expires_at: wall + LIFETIME,
        accepted_at: None,
        declined_at: None,
        withdrawn_at: None,
    };
    invitations::insert(tx, &made, &digest(secret)).await?;
    let job = Job::SendInvitation { invitation: made.id, token: secret.to_owned() };
    let dedupe = made.id.to_string();
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at: wall, dedupe, job }).await?;
    record(tx, made.id, "invited", by, wall).await?;
    Ok(made)
}

/// Takes an invitation back; one that is withdrawn or declined already stays so.
///
/// # Errors
///
/// `invitation-accepted`: the role is taken away then, not the invitation; [`Error::NotFound`].
pub async fn withdraw(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    id: InvitationId,
    by: PersonId,
    wall: Timestamp,
) -> Result<(), Error> {
    let found = invitations::lock(tx, organisation, id).await?.ok_or(Error::NotFound("invitation"))?;
    match found.state(wall) {
        InvitationState::Withdrawn | InvitationState::Declined => Ok(()),
        InvitationState::Accepted => {
            let detail = "the invitation was accepted: take the role away from the person instead";
            Err(Refusal::new("invitation-accepted", detail).into())
        }
        InvitationState::Open | InvitationState::Lapsed => {
            invitations::update_withdrawn(tx, id, wall).await?;
            record(tx, id, "withdrawn", by, wall).await
        }
    }
}

/// Accepts the invitation of a link: the person has the role from now on. Somebody who has it already keeps it.
///
/// # Errors
///
/// `invitation-invalid` for one that is unknown, lapsed, declined, withdrawn or used; `invitation-for-another-address`.
pub async fn accept(
    tx: &Transaction<'_>,
    secret: &str,
    person: PersonId,
    wall: Timestamp,
) -> Result<Membership, Error> {
    let found = invitations::lock_by_digest(tx, &digest(secret)).await?.ok_or_else(invitation::invalid)?;
    let email = people::find(tx, person).await?.ok_or(Error::NotFound("person"))?.email;
    found.check_acceptance(&email, wall)?;
    let Invitation { id, organisation, role, invited_by, .. } = found;
    invitations::update_accepted(tx, id, person, wall).await?;
    if organisations::insert_role(tx, organisation, person, role, invited_by, wall).await? {
        roles::tell(tx, None, (organisation, person, role), None, wall).await?;
    }
    record(tx, id, "accepted", person, wall).await?;
    Ok(Membership { organisation, person, email, role, created_at: wall })
}

/// Declines the invitation of a link: its link gives nothing any more. One that was declined before stays so.
///
/// # Errors
///
/// `invitation-invalid` for one that is unknown, lapsed, withdrawn or accepted; `invitation-for-another-address`.
pub async fn decline(
    tx: &Transaction<'_>,
    secret: &str,
    person: PersonId,
    wall: Timestamp,
) -> Result<Invitation, Error> {
    let found = invitations::lock_by_digest(tx, &digest(secret)).await?.ok_or_else(invitation::invalid)?;
    let email = people::find(tx, person).await?.ok_or(Error::NotFound("person"))?.email;
    match found.check_decline(&email, wall)? {
        Decline::Before => Ok(found),
        Decline::Now => {
            invitations::update_declined(tx, found.id, person, wall).await?;
            record(tx, found.id, "declined", person, wall).await?;
            Ok(Invitation { declined_at: Some(wall), ..found })
        }
    }
}

async fn record(
    tx: &Transaction<'_>,
    id: InvitationId,
    action: &str,
    by: PersonId,
    wall: Timestamp,
) -> Result<(), Error> {
    activity::record(tx, BookId::INSTALLATION, Done::new(&id, action, Actor::Person(by)), wall).await
}
