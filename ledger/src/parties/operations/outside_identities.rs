//! Signing in with the word of an identity provider elsewhere, which the caller has checked.

use crate::error::{Error, Refusal};
use crate::id::{PersonId, SessionId};
use crate::parties::operations::sign_in::{LINK_LIFETIME, begin_session, digest, ensure_person, keep_signed_in};
use crate::parties::rules::role::Email;
use crate::parties::store::tokens::{self, Holder};
use crate::parties::store::{invitations, outside_identities, people};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What an identity provider says of somebody.
#[derive(Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The provider, by its address.
    pub issuer: String,
    /// What it calls them.
    pub subject: String,
    /// Their address, if the provider has verified it.
    pub email: Option<Email>,
}

/// Begins a session with its first refresh token for somebody for whom a provider vouches by a token, which works once. Who they are is
/// found by the identity, and at its first sign-in by the address: that of a person, or one that was invited.
///
/// # Errors
///
/// `identity-token-used`; `identity-unknown` when nobody has the address or was invited, when it is not verified, or when the person is
/// disabled; `identity-differs` when the person with the address signs in with another identity of the same provider.
pub async fn sign_in(
    tx: &Transaction<'_>,
    vouched: &Vouched,
    token: &str,
    refresh_token: &str,
    wall: Timestamp,
) -> Result<(PersonId, SessionId), Error> {
    let person = person_of(tx, vouched, wall).await?.ok_or_else(unknown)?;
    people::lock(tx, person).await?.filter(|person| person.disabled_at.is_none()).ok_or_else(unknown)?;
    if !outside_identities::insert(tx, (&vouched.issuer, &vouched.subject), person, wall).await? {
        let detail = "the person with this address signs in with another identity of this provider";
        return Err(Refusal::new("identity-differs", detail).into());
    }
    // Kept as a link that was used up, so that it signs in once.
    let token = digest(token);
    tokens::insert_sign_in(tx, &token, &Holder::Person(person), wall + LINK_LIFETIME).await?;
    let used = || Refusal::new("identity-token-used", "somebody has signed in with this token");
    let (person, session) = begin_session(tx, &token, wall).await?.ok_or_else(used)?;
    keep_signed_in(tx, session, refresh_token, wall).await?;
    Ok((person, session))
}

fn unknown() -> Refusal {
    Refusal::new(
        "identity-unknown",
        "nobody who may sign in has the verified address of this identity, nor was it invited",
    )
}

async fn person_of(tx: &Transaction<'_>, vouched: &Vouched, wall: Timestamp) -> Result<Option<PersonId>, Error> {
    if let Some(person) = outside_identities::find(tx, &vouched.issuer, &vouched.subject).await? {
        return Ok(Some(person));
    }
    let Some(email) = &vouched.email else { return Ok(None) };
    let is_known = people::find_by_email(tx, email.as_str()).await?.is_some();
    if is_known || invitations::is_expected(tx, email.as_str(), wall).await? {
        return Ok(Some(ensure_person(tx, email, wall).await?.id));
    }
    Ok(None)
}

/// Forgets the identities with which a person signs in; how many there were. The next sign-in with one is a first one.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn forget(tx: &Transaction<'_>, person: PersonId) -> Result<u64, Error> {
    outside_identities::delete_of(tx, person).await
}
