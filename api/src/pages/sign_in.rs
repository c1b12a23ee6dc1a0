//! Signing in: ask for a link, then open it, or type the code of the same mail in the browser that asked.
//!
//! Programs that look at mail follow the links in it, so that opening a link shows a page with a button and uses nothing up.
//! The secret leaves the address there: the form has it.

use super::cookies::{Purpose, kept_language};
use super::{page, see_other};
use crate::auth::Caller;
use crate::extract::Form;
use crate::keys;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::wire::bounded;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, post, route};
use askama::Template;
use ledger::parties::operations::browsers::{self, Drawn, Tried};
use ledger::parties::operations::persons;
use ledger::parties::operations::sign_in::digest;
use ledger::parties::rules::role::Email;
use ledger::parties::store::people;
use rand::Rng as _;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct AskPage<'a> {
    email: &'a str,
    error: &'a str,
    may_sign_up: bool,
}

/// Says that only people who were invited come in.
#[derive(Template)]
#[template(path = "sign_up_closed.html")]
struct SignUpClosed;

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage<'a> {
    error: &'a str,
}

#[derive(Template)]
#[template(path = "code_over.html")]
struct CodeOver;

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'a> {
    secret: &'a str,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage<'a> {
    email: &'a str,
    error: &'a str,
}

/// Asks for the address.
#[route("/sign-in", method = "GET", method = "HEAD")]
pub(super) async fn show_form(state: Data<State>) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &AskPage { email: "", error: "", may_sign_up: state.config.sign_up.is_open() })
}

/// The address, as it was typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    email: String,
}

/// What is said of a text that is no address.
const NO_ADDRESS: &str = "signin-no-address";

/// Has link and code mailed, if somebody has the address; the answer and its time are the same if nobody has.
#[post("/sign-in")]
pub(super) async fn request_link(state: Data<State>, form: Form<Asked>) -> Result<HttpResponse, Problem> {
    let typed = form.0.email.trim();
    match typed.parse() {
        Ok(email) => mail(&state, &email, false).await,
        Err(_) => {
            let may_sign_up = state.config.sign_up.is_open();
            page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &AskPage { email: typed, error: &say(NO_ADDRESS).to_string(), may_sign_up },
            )
        }
    }
}

/// Asks somebody new for their address, unless only people who were invited come in.
#[route("/sign-up", method = "GET", method = "HEAD")]
pub(super) async fn show_sign_up(state: Data<State>) -> Result<HttpResponse, Problem> {
    if !state.config.sign_up.is_open() {
        return page(StatusCode::OK, &SignUpClosed);
    }
    page(StatusCode::OK, &SignUpPage { email: "", error: "" })
}

/// Has link and code mailed, whether somebody has the address already or not: the answer is the same, also where nobody may sign up.
#[post("/sign-up")]
pub(super) async fn request_account(state: Data<State>, form: Form<Asked>) -> Result<HttpResponse, Problem> {
    if !state.config.sign_up.is_open() {
        return page(StatusCode::CONFLICT, &SignUpClosed);
    }
    let typed = form.0.email.trim();
    match typed.parse() {
        Ok(email) => mail(&state, &email, true).await,
        Err(_) => {
            page(StatusCode::UNPROCESSABLE_ENTITY, &SignUpPage { email: typed, error: &say(NO_ADDRESS).to_string() })
        }
    }
}

async fn mail(state: &State, email: &Email, sign_up: bool) -> Result<HttpResponse, Problem> {
    let (link, code, browser) = (keys::secret(), short_code(), keys::secret());
    let drawn = Drawn { link: &link, code: &code, browser: &browser };
    state
        .in_transaction(async |tx| browsers::request_sign_in(tx, email, drawn, sign_up, ledger::calendar::now()).await)
        .await?;
    let mut response = see_other("/sign-in/code");
    add(&mut response, Purpose::Asked.set(state, &browser))?;
    Ok(response)
}

/// Eight digits: a guess of one is right once in twenty million.
fn short_code() -> String {
    format!("{:08}", rand::rng().random_range(0..100_000_000))
}

/// Says that the mail is on its way, and takes the code in it.
#[route("/sign-in/code", method = "GET", method = "HEAD")]
pub(super) async fn show_code(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if Purpose::Asked.read(&state, &request).is_none() {
        return Ok(see_other("/sign-in"));
    }
    page(StatusCode::OK, &CodePage { error: "" })
}

/// A code, as it was typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    code: String,
}

/// Tries a code, which counts in the browser that asked.
#[post("/sign-in/code")]
pub(super) async fn try_code(
    state: Data<State>,
    request: HttpRequest,
    form: Form<Typed>,
) -> Result<HttpResponse, Problem> {
    let Some(browser) = Purpose::Asked.read(&state, &request) else {
        return page(StatusCode::CONFLICT, &CodeOver);
    };
    let typed: String = form.0.code.chars().filter(char::is_ascii_digit).collect();
    let cookie = keys::secret();
    let tried = state
        .in_transaction(async |tx| browsers::try_code(tx, &browser, &typed, &cookie, ledger::calendar::now()).await)
        .await?;
    match tried {
        Tried::SignedIn => signed_in(&state, &cookie).await,
        Tried::Wrong(left) => {
            let error = say("signin-wrong-code").with("left", left).to_string();
            page(StatusCode::UNPROCESSABLE_ENTITY, &CodePage { error: &error })
        }
        Tried::Over => page(StatusCode::CONFLICT, &CodeOver),
    }
}

/// The page of a link: it uses nothing up, and does not look whether the link works.
#[route("/sign-in/{secret}", method = "GET", method = "HEAD")]
pub(super) async fn show_link(secret: Path<String>) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &LinkPage { secret: &secret })
}

/// The secret of a link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmed {
    secret: String,
}

/// Uses a link up: the browser is signed in.
#[post("/sign-in/link")]
pub(super) async fn use_link(state: Data<State>, form: Form<Confirmed>) -> Result<HttpResponse, Problem> {
    let secret = bounded("/secret", &form.0.secret, 1..=200)?;
    let cookie = keys::secret();
    state
        .in_transaction(async |tx| browsers::confirm_link(tx, &secret, &cookie, ledger::calendar::now()).await)
        .await?;
    signed_in(&state, &cookie).await
}

/// The browser is signed in, and reads the language that its person once chose.
async fn signed_in(state: &State, cookie: &str) -> Result<HttpResponse, Problem> {
    let mut response = see_other("/me");
    add(&mut response, Purpose::SignedIn.set(state, cookie))?;
    if let Some(session) = state.reads.browsers.read(digest(cookie)).await? {
        let person = people::find(&state.client().await?, session.person).await?;
        if let Some(language) = person.and_then(|person| person.language) {
            add(&mut response, kept_language(state, language))?;
        }
    }
    add(&mut response, Purpose::Asked.forget(state))?;
    Ok(response)
}

/// Signs out: ends the session of this browser.
#[post("/sign-out")]
pub(super) async fn sign_out(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(cookie) = Purpose::SignedIn.read(&state, &request) {
        state.in_transaction(async |tx| browsers::sign_out(tx, &cookie, ledger::calendar::now()).await).await?;
    }
    let mut response = see_other("/sign-in");
    add(&mut response, Purpose::SignedIn.forget(&state))?;
    Ok(response)
}

/// Signs out everywhere: ends all sessions of whoever is signed in with this browser, those of programs too.
#[post("/sign-out/everywhere")]
pub(super) async fn sign_out_everywhere(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    state.in_transaction(async |tx| persons::sign_out_everywhere(tx, person, ledger::calendar::now()).await).await?;
    let mut response = see_other("/sign-in");
    add(&mut response, Purpose::SignedIn.forget(&state))?;
    Ok(response)
}

fn add(response: &mut HttpResponse, cookie: actix_web::cookie::Cookie<'_>) -> Result<(), Problem> {
    response.add_cookie(&cookie).map_err(|_| Problem::internal())
}
