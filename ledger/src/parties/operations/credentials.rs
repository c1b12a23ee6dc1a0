//! Secrets of credentials: the next one, and who still uses the one before.

use super::sign_in;
use crate::error::Error;
use crate::id::{CredentialId, OrganisationId};
use crate::parties::rules::credential::Credential;
use crate::parties::store::credentials;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Gives a credential a new secret, of which only the digest is kept. The present one goes on for the overlap, or ends now.
///
/// # Errors
///
/// `credential-revoked`, `two-secrets-live`; [`Error::NotFound`] for a credential that the organisation does not have.
pub async fn rotate(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    id: CredentialId,
    secret: &str,
    overlap: SignedDuration,
    wall: Timestamp,
) -> Result<Credential, Error> {
    let credential = credentials::lock(tx, organisation, id).await?.ok_or(Error::NotFound("credential"))?;
    let rotated = credential.rotated(sign_in::digest(secret).to_vec(), overlap, wall)?;
    credentials::update_secrets(tx, &rotated).await?;
    Ok(rotated)
}

/// Notes that a secret of a credential, known by its digest, gave a token: by the day, so that a row is written once a day and secret.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn note_use(
    client: &impl GenericClient,
    credential: &Credential,
    digest: &[u8],
    wall: Timestamp,
) -> Result<(), Error> {
    let day = wall.to_zoned(TimeZone::UTC).date();
    let old = credential.old_secret.as_ref().filter(|old| old.digest == digest);
    let is_noted = credential.last_used_on >= Some(day) && old.is_none_or(|old| old.used_on >= Some(day));
    if is_noted { Ok(()) } else { credentials::update_used(client, credential.id, digest, day).await }
}
