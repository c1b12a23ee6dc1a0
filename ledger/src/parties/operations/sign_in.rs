//! Signing in by e-mail link, and staying signed in by refresh tokens that rotate.
//!
//! Secrets come in as arguments (the caller draws them) and are kept as SHA-256 only. The one exception is the mail job:
//! it carries the link's secret until the mail is sent, 15 minutes at most, because the mail must contain it.

use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId, SessionId};
use crate::parties::rules::person::{Person, SignedIn};
use crate::parties::rules::role::Email;
use crate::parties::rules::second_factor::Proof;
use crate::parties::store::tokens::Holder;
use crate::parties::store::{browsers, invitations, people, sessions, tokens};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long a sign-in link works.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// How long a refresh token works; each use makes a new one.
pub const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long after its first use a refresh token may be used again.
pub const REFRESH_GRACE: SignedDuration = SignedDuration::from_secs(10);

/// How long after a sign-in its session is over, however often it was refreshed.
pub const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many wrong codes, in the browser that asked, end the code and the link of a mail.
pub const CODE_TRIES_MAX: i16 = 5;

/// The refusal of a link that signs nobody in.
pub const LINK_INVALID: &str = "sign-in-link-invalid";

/// The most links that may be open for one address; more requests are answered alike and send nothing.
const OPEN_LINKS_MAX: i64 = 5;

/// The digest under which a secret is kept.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Has a link mailed to an address, if it is known, or is to be known once its link is opened (`sign_up`). The request looks nothing up: the worker does ([`open_link`]), so that
/// neither the answer nor its time tells whether the address is known.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn request_sign_in(
    tx: &Transaction<'_>,
    email: &Email,
    token: &str,
    sign_up: bool,
    wall: Timestamp,
) -> Result<(), Error> {
    let expires_at = wall + LINK_LIFETIME;
    let (email, token) = (email.as_str().to_owned(), token.to_owned());
    let job = Job::SendSignIn { email, token, code: None, expires_at, sign_up };
    let dedupe = Uuid::now_v7().to_string();
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at: wall, dedupe, job }).await?;
    Ok(())
}

/// Lets a link work, if its address is of somebody who may sign in, or who was invited or asks to `sign_up`; says whether it is
/// to be mailed. Nobody is made a person by it: whoever asked may not have the address. Doing it again says the same.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn open_link(
    tx: &Transaction<'_>,
    email: &str,
    token: &str,
    sign_up: bool,
    (expires_at, wall): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let holder = match people::find_by_email(tx, email).await? {
        Some(person) if person.disabled_at.is_some() => return Ok(false),
        Some(person) => Holder::Person(person.id),
        None if sign_up || invitations::is_expected(tx, email, wall).await? => Holder::Newcomer(email.to_owned()),
        None => return Ok(false),
    };
    let digest = digest(token);
    if browsers::tries_of_link(tx, &digest).await? >= CODE_TRIES_MAX {
        return Ok(false);
    }
    if tokens::count_other_sign_ins(tx, &holder, &digest, wall).await? >= OPEN_LINKS_MAX {
        return Ok(false);
    }
    tokens::insert_sign_in(tx, &digest, &holder, expires_at).await?;
    Ok(true)
}

/// Uses a link up and begins a session with its first refresh token.
///
/// # Errors
///
/// `sign-in-link-invalid` for a link that is unknown, older than 15 minutes, used, or of a person who is disabled: one
/// refusal for all of them.
pub async fn confirm_sign_in(
    tx: &Transaction<'_>,
    token: &str,
    refresh_token: &str,
    wall: Timestamp,
) -> Result<(PersonId, SessionId), Error> {
    let (person, session) = begin_session(tx, &digest(token), wall).await?.ok_or_else(link_invalid)?;
    keep_signed_in(tx, session, refresh_token, wall).await?;
    Ok((person, session))
}

/// The refusal of a link that signs nobody in.
pub(super) fn link_invalid() -> Refusal {
    Refusal::new(LINK_INVALID, "the link is unknown, too old or used; ask for a new one")
}

/// Uses up the link with a digest, and begins a session; none for a link that signs nobody in. Somebody new has the address of the mail,
/// and is made a person now.
pub(super) async fn begin_session(
    tx: &Transaction<'_>,
    link: &[u8; 32],
    wall: Timestamp,
) -> Result<Option<(PersonId, SessionId)>, Error> {
    let person = match tokens::update_sign_in_used(tx, link, wall).await? {
        Some(Holder::Person(person)) => person,
        Some(Holder::Newcomer(email)) => ensure_person(tx, &kept(&email)?, wall).await?.id,
        None => return Ok(None),
    };
    if people::lock(tx, person).await?.is_none_or(|person| person.disabled_at.is_some()) {
        return Ok(None);
    }
    let session = SessionId::generate();
    sessions::insert(tx, session, person, wall).await?;
    Ok(Some((person, session)))
}

/// The address of a link, which was one when the link was asked for.
fn kept(email: &str) -> Result<Email, Error> {
    email.parse().map_err(|_| Error::inconsistent("a link is kept for what is no e-mail address"))
}

/// Gives a session that begins now its first refresh token.
pub(super) async fn keep_signed_in(
    tx: &Transaction<'_>,
    session: SessionId,
    refresh_token: &str,
    wall: Timestamp,
) -> Result<(), Error> {
    tokens::insert_refresh(tx, &digest(refresh_token), session, refresh_end(wall, wall)).await
}

/// When a refresh token that is made now stops working: it is used in time, and its session has not come to its end.
fn refresh_end(signed_in_at: Timestamp, wall: Timestamp) -> Timestamp {
    (wall + REFRESH_LIFETIME).min(signed_in_at + SESSION_LIFETIME)
}

/// What came of a refresh token. Both are to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// The person stays signed in; the new refresh token works from now on. With the last proof of the second factor in the session,
    /// however old it is.
    StaysIn(PersonId, SessionId, Option<Proof>),
    /// The token is unknown, too old, or was used before; in the last case its session has just ended.
    SignedOut,
}

/// Exchanges a refresh token for the next one. Used again within [`REFRESH_GRACE`], as by two windows of one person at once,
/// it gets another; after that its session ends: one of the two users has stolen it.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn refresh(tx: &Transaction<'_>, old: &str, new: &str, wall: Timestamp) -> Result<Refreshed, Error> {
    let old = digest(old);
    let Some(found) = tokens::lock_refresh(tx, &old).await? else {
        return Ok(Refreshed::SignedOut);
    };
    if found.ended || found.expires_at <= wall || found.signed_in_at <= began_after(wall) {
        return Ok(Refreshed::SignedOut);
    }
    match found.used_at {
        None => tokens::update_refresh_used(tx, &old, wall).await?,
        Some(used_at) if wall.duration_since(used_at) <= REFRESH_GRACE => {}
        Some(_) => {
            sessions::update_ended(tx, found.session, wall).await?;
            return Ok(Refreshed::SignedOut);
        }
    }
    tokens::insert_refresh(tx, &digest(new), found.session, refresh_end(found.signed_in_at, wall)).await?;
    Ok(Refreshed::StaysIn(found.person, found.session, found.proof))
}

/// A session that began at this moment or before is over now.
pub(super) fn began_after(wall: Timestamp) -> Timestamp {
    wall - SESSION_LIFETIME
}

/// Who is signed in, by the sessions that their access tokens name; what is over is left out.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn signed_in(
    client: &impl GenericClient,
    sessions: &[SessionId],
    wall: Timestamp,
) -> Result<Vec<SignedIn>, Error> {
    sessions::list_live(client, sessions, began_after(wall)).await
}

/// Signs out: ends the session of a refresh token. An unknown one changes nothing.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn sign_out(tx: &Transaction<'_>, token: &str, wall: Timestamp) -> Result<(), Error> {
    if let Some(found) = tokens::lock_refresh(tx, &digest(token)).await? {
        sessions::update_ended(tx, found.session, wall).await?;
    }
    Ok(())
}

/// The person with an address: found, or made. It can sign in from now on.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn ensure_person(tx: &Transaction<'_>, email: &Email, wall: Timestamp) -> Result<Person, Error> {
    if let Some(person) = people::find_by_email(tx, email.as_str()).await? {
        return Ok(person);
    }
    let person = Person {
        id: PersonId::generate(),
        caller: people::next_caller(tx).await?,
        email: email.as_str().to_owned(),
        name: String::new(),
        is_operator: false,
        created_at: wall,
        disabled_at: None,
        language: None,
        version: 1,
    };
    if people::insert(tx, &person).await? {
        return Ok(person);
    }
    let made_meanwhile = people::find_by_email(tx, email.as_str()).await?;
    made_meanwhile.ok_or_else(|| Error::inconsistent("an address is taken, but by nobody"))
}
