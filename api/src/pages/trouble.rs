//! What goes wrong, as a page: the status is that of the problem, and the page says what to do next.

use super::origin::FOREIGN;
use super::{page, see_other};
use crate::problem::Problem;
use crate::second_factor::NEEDED;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use askama::Template;
use ledger::parties::operations::sign_in::LINK_INVALID;
use ledger::pledging::rules::plan_change;

#[derive(Template)]
#[template(path = "trouble.html")]
struct Trouble<'a> {
    title: &'a str,
    text: &'a str,
    /// Whether a new sign-in link is what helps.
    asks_anew: bool,
    /// Whether the second factor is to be proved.
    asks_code: bool,
    request_id: Option<&'a str>,
}

/// The page of a problem. Who is not signed in is led to where that is done.
pub(crate) fn answer(problem: &Problem, request_id: &str) -> HttpResponse {
    if problem.status() == StatusCode::UNAUTHORIZED {
        return see_other("/sign-in");
    }
    let (title, text) = words(problem);
    let trouble = Trouble {
        title,
        text: &text,
        asks_anew: problem.is(LINK_INVALID),
        asks_code: problem.is(NEEDED),
        request_id: problem.status().is_server_error().then_some(request_id),
    };
    let mut response =
        page(problem.status(), &trouble).unwrap_or_else(|_| HttpResponse::InternalServerError().finish());
    for (name, value) in problem.headers() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}

/// Title and text for people.
fn words(problem: &Problem) -> (&'static str, String) {
    let status = problem.status();
    if problem.is(LINK_INVALID) {
        let text = "A link works once, for 15 minutes. This one was used already, is too old, or is not whole.";
        return ("This link does not work any more", text.to_owned());
    }
    if problem.is(plan_change::LINK_INVALID) {
        let text = "It was used already, is too old, or is about a change that was replaced: it does nothing now. The platform \
                    where you gave shows your pledge, and can have you sent a new one.";
        return ("This link does not work any more", text.to_owned());
    }
    match status {
        StatusCode::NOT_FOUND => ("No such page", "Nothing is at this address. Was it copied whole?".to_owned()),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("Not here", "This address does not take what was sent. Go back to the page that you came from.".to_owned())
        }
        StatusCode::FORBIDDEN if problem.is(NEEDED) => (
            "Prove your second factor first",
            "Nothing was done: this asks for the code of your authenticator, typed within the last minutes.".to_owned(),
        ),
        StatusCode::FORBIDDEN if problem.body().detail != FOREIGN => {
            ("Not allowed", format!("Nothing was done: {}.", problem.body().detail))
        }
        StatusCode::FORBIDDEN => (
            "Not sent from here",
            "This form came from another site, or your browser does not say from where it came. Nothing was done. Open \
             the page here once more, in a current browser, and send it from there."
                .to_owned(),
        ),
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = problem.headers().iter().find(|(name, _)| *name == RETRY_AFTER);
            let wait = wait.and_then(|(_, value)| value.to_str().ok()).unwrap_or("60");
            ("Too many tries", format!("Nothing was done. Try again in {wait} seconds."))
        }
        StatusCode::CONFLICT => ("This cannot be done", problem.body().detail.clone()),
        _ if status.is_server_error() => {
            ("Not now", "The service cannot do this at the moment. Try again in a little while.".to_owned())
        }
        _ => (
            "The form did not arrive as it should",
            "Nothing was done. Go back, look at what you typed, and send it again.".to_owned(),
        ),
    }
}
