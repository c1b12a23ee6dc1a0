//! The cookies of a browser: that it is signed in, and that it has asked for a sign-in link; each of these holds a random secret
//! of 256 bits, which is kept as SHA-256 only. And the language that was chosen, which is no secret. No script reads them, and no
//! form of another site sends them.

use crate::auth::Person;
use crate::problem::Problem;
use crate::state::State;
use crate::texts::Language;
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::ServiceRequest;
use jiff::SignedDuration;
use ledger::parties::operations::browsers::COOKIE_LIFETIME;
use ledger::parties::operations::sign_in::{LINK_LIFETIME, digest};
use ledger::parties::rules::person::SignedIn;

/// No secret of ours is longer.
const SECRET_MAX: usize = 200;

/// How long a browser keeps the language that was chosen.
const LANGUAGE_LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody is signed in.
    SignedIn,
    /// A sign-in link was asked for here, so that the code in its mail counts here.
    Asked,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Purpose::SignedIn => "commonpurse-signed-in",
            Purpose::Asked => "commonpurse-asked",
        }
    }

    const fn lifetime(self) -> SignedDuration {
        match self {
            Purpose::SignedIn => COOKIE_LIFETIME,
            Purpose::Asked => LINK_LIFETIME,
        }
    }

    fn name(self, by_https: bool) -> String {
        named(self.as_str(), by_https)
    }

    fn cookie(self, by_https: bool, secret: &str, lifetime: SignedDuration) -> Cookie<'static> {
        cookie(self.name(by_https), secret.to_owned(), by_https, lifetime)
    }

    /// A cookie with a new secret.
    pub fn set(self, state: &State, secret: &str) -> Cookie<'static> {
        self.cookie(state.config.is_public_by_https(), secret, self.lifetime())
    }

    /// Makes a browser forget the cookie.
    pub fn forget(self, state: &State) -> Cookie<'static> {
        self.cookie(state.config.is_public_by_https(), "", SignedDuration::ZERO)
    }

    /// The secret that a browser has sent.
    pub fn read(self, state: &State, request: &HttpRequest) -> Option<String> {
        let cookie = request.cookie(&self.name(state.config.is_public_by_https()))?;
        Some(cookie.value().to_owned()).filter(|secret| (1..=SECRET_MAX).contains(&secret.len()))
    }
}

const LANGUAGE: &str = "commonpurse-language";

/// The language that a browser was told; it is no secret, and read before the rest.
pub fn told_language(request: &ServiceRequest) -> Option<Language> {
    let cookie = request.cookie(&named(LANGUAGE, true)).or_else(|| request.cookie(LANGUAGE))?;
    Language::of(cookie.value())
}

/// The language that this browser was told.
pub fn kept_language(state: &State, language: Language) -> Cookie<'static> {
    let by_https = state.config.is_public_by_https();
    cookie(named(LANGUAGE, by_https), language.tag().to_owned(), by_https, LANGUAGE_LIFETIME)
}

/// The name. Where the service is reached by https, browsers take it with this beginning only from this very host.
fn named(name: &str, by_https: bool) -> String {
    if by_https { format!("__Host-{name}") } else { name.to_owned() }
}

fn cookie(name: String, value: String, by_https: bool, lifetime: SignedDuration) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(by_https)
        .max_age(Duration::seconds(lifetime.as_secs()))
        .finish()
}

/// Who is signed in with the browser that asks.
pub async fn person(state: &State, request: &HttpRequest) -> Result<Option<Person>, Problem> {
    let Some(secret) = Purpose::SignedIn.read(state, request) else {
        return Ok(None);
    };
    let found = state.reads.browsers.read(digest(&secret)).await?;
    Ok(found.map(|SignedIn { session, person: id, caller, is_operator, proof }| Person {
        id,
        caller,
        is_operator,
        session,
        proof,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_this_host_alone_and_by_https_never_sent_otherwise() {
        let told = |by_https| Purpose::SignedIn.cookie(by_https, "s3cret", COOKIE_LIFETIME).to_string();
        let end = "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600";
        assert_eq!(told(true), format!("__Host-commonpurse-signed-in=s3cret; {end}"));
        assert_eq!(told(false), format!("commonpurse-signed-in=s3cret; {}", end.replace("Secure; ", "")));
    }
}
