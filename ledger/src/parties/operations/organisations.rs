//! Organisations, roles in them, and the credentials of partners.

use super::sign_in;
use crate::book::Mode;
use crate::error::{Error, Refusal};
use crate::id::{CredentialId, OrganisationId, PersonId};
use crate::parties::rules::credential::Credential;
use crate::parties::rules::organisation::Organisation;
use crate::parties::rules::role::{OrganisationKind, Role, Scope};
use crate::parties::store::{credentials, organisations, people};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A new organisation; who makes it becomes its owner.
///
/// # Errors
///
/// [`Error::Forbidden`] when the kind is admitted by operators and `creator` is none; [`Error::NotFound`] when
/// `creator` is nobody.
pub async fn create_organisation(
    tx: &Transaction<'_>,
    creator: PersonId,
    name: &str,
    kind: OrganisationKind,
    wall: Timestamp,
) -> Result<Organisation, Error> {
    let creator = people::find(tx, creator).await?.ok_or(Error::NotFound("person"))?;
    if kind.is_admitted_by_operators() && !creator.is_operator {
        return Err(Error::Forbidden("fiscal hosts and partner platforms are admitted by an operator"));
    }
    let organisation = Organisation {
        id: OrganisationId::generate(),
        caller: people::next_caller(tx).await?,
        name: name.to_owned(),
        kind,
        address: String::new(),
        registration: String::new(),
        receipt_text: String::new(),
        version: 1,
        created_at: wall,
        created_by: creator.id,
    };
    organisations::insert(tx, &organisation).await?;
    organisations::insert_role(tx, organisation.id, creator.id, Role::Owner, creator.id, wall).await?;
    Ok(organisation)
}

/// What of an organisation changes; what is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedOrganisation {
    /// Name for people.
    pub name: Option<String>,
    /// Postal address, for receipts.
    pub address: Option<String>,
    /// Number in a public register, for receipts.
    pub registration: Option<String>,
    /// What its receipts say of their use before the tax office.
    pub receipt_text: Option<String>,
}

/// Changes an organisation, when the caller has seen the present version.
///
/// # Errors
///
/// [`Error::Stale`] for an outdated version; [`Error::NotFound`] for an unknown organisation.
pub async fn change_organisation(
    tx: &Transaction<'_>,
    id: OrganisationId,
    version: i64,
    changed: ChangedOrganisation,
) -> Result<Organisation, Error> {
    let was = organisations::lock(tx, id).await?.ok_or(Error::NotFound("organisation"))?;
    if was.version != version {
        return Err(Error::Stale("organisation"));
    }
    let ChangedOrganisation { name, address, registration, receipt_text } = changed;
    let changed = Organisation {
        name: name.unwrap_or(was.name),
        address: address.unwrap_or(was.address),
        registration: registration.unwrap_or(was.registration),
        receipt_text: receipt_text.unwrap_or(was.receipt_text),
        ..was
    };
    organisations::update(tx, &changed).await
}

/// Takes a role away. An organisation keeps one owner at least.
///
/// # Errors
///
/// `last-owner`; [`Error::NotFound`] for an unknown organisation, or a role that the person does not have.
pub async fn remove_role(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    person: PersonId,
    role: Role,
) -> Result<(), Error> {
    organisations::lock(tx, organisation).await?.ok_or(Error::NotFound("organisation"))?;
    if role == Role::Owner && organisations::list_persons_with(tx, organisation, role).await? == [person] {
        return Err(Refusal::new("last-owner", "an organisation keeps one owner at least: give the role first").into());
    }
    if !organisations::delete_role(tx, organisation, person, role).await? {
        return Err(Error::NotFound("membership"));
    }
    Ok(())
}

/// What a new credential shall be.
#[derive(Debug, Clone)]
pub struct NewCredential<'a> {
    /// The partner platform whose credential it is.
    pub organisation: OrganisationId,
    /// Live or sandbox.
    pub mode: Mode,
    /// What its tokens may do: one at least.
    pub scopes: &'a [Scope],
    /// What the owner calls it.
    pub name: &'a str,
    /// Who makes it.
    pub created_by: PersonId,
}

/// A new credential, of which only the digest of the secret is kept. Two may be live at once, for rotation.
///
/// # Errors
///
/// `not-a-partner`, `too-many-credentials`; [`Error::NotFound`] for an unknown organisation.
pub async fn create_credential(
    tx: &Transaction<'_>,
    new: &NewCredential<'_>,
    secret: &str,
    wall: Timestamp,
) -> Result<Credential, Error> {
    let organisation = organisations::lock(tx, new.organisation).await?.ok_or(Error::NotFound("organisation"))?;
    if organisation.kind != OrganisationKind::PartnerPlatform {
        let detail =
            format!("{} is a {}; only a partner platform has credentials", organisation.name, organisation.kind);
        return Err(Refusal::new("not-a-partner", detail).into());
    }
    let taken = credentials::list_slots(tx, organisation.id, new.mode).await?;
    let Some(slot) = [1, 2].into_iter().find(|slot| !taken.contains(slot)) else {
        let detail = format!("two {} credentials are live already: revoke one first", new.mode);
        return Err(Refusal::new("too-many-credentials", detail).into());
    };
    let credential = Credential {
        id: CredentialId::generate(),
        organisation: organisation.id,
        mode: new.mode,
        slot,
        scopes: new.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        secret_digest: sign_in::digest(secret).to_vec(),
        old_secret: None,
        last_used_on: None,
        name: new.name.to_owned(),
        created_at: wall,
        created_by: new.created_by,
        revoked_at: None,
    };
    credentials::insert(tx, &credential).await?;
    Ok(credential)
}

/// Revokes a credential: its tokens are refused from the next request on.
///
/// # Errors
///
/// [`Error::NotFound`] for a credential that the organisation does not have.
pub async fn revoke_credential(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    id: CredentialId,
    wall: Timestamp,
) -> Result<(), Error> {
    if !credentials::update_revoked(tx, organisation, id, wall).await? {
        return Err(Error::NotFound("credential"));
    }
    Ok(())
}
