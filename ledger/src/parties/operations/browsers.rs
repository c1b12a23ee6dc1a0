//! Signing in with a browser: by the link in the mail, wherever it is opened, or by the code beside it, in the browser that
//! asked. A cookie keeps the browser signed in: its secret is drawn by the caller, kept as SHA-256, and stands for a session
//! like any other, which signing out and disabling the person end.

use super::sign_in::{
    CODE_TRIES_MAX, LINK_LIFETIME, REFRESH_LIFETIME, began_after, begin_session, digest, link_invalid,
};
use crate::error::Error;
use crate::id::BookId;
use crate::parties::rules::person::SignedIn;
use crate::parties::rules::role::Email;
use crate::parties::store::browsers::{self, Code};
use crate::parties::store::{sessions, tokens};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// How long a browser stays signed in.
pub const COOKIE_LIFETIME: SignedDuration = REFRESH_LIFETIME;

/// What is drawn when a browser asks for a link.
#[derive(Clone, Copy)]
pub struct Drawn<'a> {
    /// The secret in the link.
    pub link: &'a str,
    /// What may be typed instead, in the browser that asked.
    pub code: &'a str,
    /// The secret in that browser's cookie.
    pub browser: &'a str,
}

/// Has a link and a code mailed to an address, if it is known, or is to be known once its link is opened (`sign_up`). As [`super::sign_in::request_sign_in`], it looks nothing up,
/// and writes the same for every address.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn request_sign_in(
    tx: &Transaction<'_>,
    email: &Email,
    drawn: Drawn<'_>,
    sign_up: bool,
    wall: Timestamp,
) -> Result<(), Error> {
    let expires_at = wall + LINK_LIFETIME;
    let code = Code {
        browser: digest(drawn.browser),
        digest: code_digest(drawn.browser, drawn.code),
        link: digest(drawn.link),
        expires_at,
    };
    browsers::insert_code(tx, &code).await?;
    let job = Job::SendSignIn {
        email: email.as_str().to_owned(),
        token: drawn.link.to_owned(),
        code: Some(drawn.code.to_owned()),
        expires_at,
        sign_up,
    };
    let dedupe = Uuid::now_v7().to_string();
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at: wall, dedupe, job }).await?;
    Ok(())
}

/// A code has too few digits to be kept by itself: whoever read the digest would try them all. With the secret of the browser
/// there are too many.
fn code_digest(browser: &str, code: &str) -> [u8; 32] {
    digest(&format!("{browser} {code}"))
}

/// Uses a link up: the browser with this cookie is signed in from now on.
///
/// # Errors
///
/// `sign-in-link-invalid`, as [`super::sign_in::confirm_sign_in`].
pub async fn confirm_link(tx: &Transaction<'_>, link: &str, cookie: &str, wall: Timestamp) -> Result<(), Error> {
    begin(tx, &digest(link), cookie, wall).await
}

async fn begin(tx: &Transaction<'_>, link: &[u8; 32], cookie: &str, wall: Timestamp) -> Result<(), Error> {
    let (_, session) = begin_session(tx, link, wall).await?.ok_or_else(link_invalid)?;
    browsers::insert_session(tx, &digest(cookie), session, wall + COOKIE_LIFETIME).await
}

/// What came of a code. All are to be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// The browser is signed in.
    SignedIn,
    /// It is another code; so many may still be typed.
    Wrong(i16),
    /// This browser asked for none, it is too old, or too many wrong ones were typed.
    Over,
}

/// Tries a code in the browser with a secret, which `cookie` then keeps signed in. After [`CODE_TRIES_MAX`] wrong ones neither the
/// code nor its link works. An address that nobody has is answered alike.
///
/// # Errors
///
/// `sign-in-link-invalid` for the right code of a link that was used, or of a person who is disabled.
pub async fn try_code(
    tx: &Transaction<'_>,
    browser: &str,
    typed: &str,
    cookie: &str,
    wall: Timestamp,
) -> Result<Tried, Error> {
    let asked = browsers::lock_code(tx, &digest(browser)).await?;
    let Some((code, tries)) = asked.filter(|(code, tries)| code.expires_at > wall && *tries < CODE_TRIES_MAX) else {
        return Ok(Tried::Over);
    };
    if code_digest(browser, typed) == code.digest {
        begin(tx, &code.link, cookie, wall).await?;
        return Ok(Tried::SignedIn);
    }
    browsers::update_tries(tx, &code.browser, tries + 1).await?;
    if tries + 1 < CODE_TRIES_MAX {
        return Ok(Tried::Wrong(CODE_TRIES_MAX - tries - 1));
    }
    tokens::update_sign_in_used(tx, &code.link, wall).await?;
    Ok(Tried::Over)
}

/// Who is signed in, by the digests of their browsers' cookies; what is over is left out.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn signed_in(
    client: &impl GenericClient,
    cookies: &[[u8; 32]],
    wall: Timestamp,
) -> Result<Vec<([u8; 32], SignedIn)>, Error> {
    browsers::list_live(client, cookies, began_after(wall), wall).await
}

/// Signs a browser out: ends its session. An unknown cookie changes nothing.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn sign_out(tx: &Transaction<'_>, cookie: &str, wall: Timestamp) -> Result<(), Error> {
    if let Some(session) = browsers::find_session(tx, &digest(cookie)).await? {
        sessions::update_ended(tx, session, wall).await?;
    }
    Ok(())
}
