//! What goes wrong, as a page: the status is that of the problem, and the page says what to do next.

use super::origin::FOREIGN;
use super::{page, see_other};
use crate::problem::Problem;
use crate::say;
use crate::second_factor::NEEDED;
use crate::texts::{Linked, Said};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use askama::Template;
use ledger::parties::operations::sign_in::LINK_INVALID;
use ledger::pledging::rules::plan_change;

#[derive(Template)]
#[template(path = "trouble.html")]
struct Trouble<'a> {
    title: Said,
    text: Linked,
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
        text,
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

/// Title and text for people. What the service says of the problem is English.
fn words(problem: &Problem) -> (Said, Linked) {
    let status = problem.status();
    let said = |title, text| (say(title), say(text).marked());
    let detail = &problem.body().detail;
    if problem.is(LINK_INVALID) {
        return said("trouble-link-over", "trouble-link-over-what");
    }
    if problem.is(plan_change::LINK_INVALID) {
        return said("trouble-link-over", "trouble-link-change-what");
    }
    match status {
        StatusCode::NOT_FOUND => said("trouble-no-page", "trouble-no-page-what"),
        StatusCode::METHOD_NOT_ALLOWED => said("trouble-not-here", "trouble-not-here-what"),
        StatusCode::FORBIDDEN if problem.is(NEEDED) => said("trouble-second-factor", "trouble-second-factor-what"),
        StatusCode::FORBIDDEN if problem.body().detail != FOREIGN => {
            (say("trouble-not-allowed"), say("trouble-not-allowed-what").with("detail", detail).marked())
        }
        StatusCode::FORBIDDEN => said("trouble-foreign", "trouble-foreign-what"),
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = problem.headers().iter().find(|(name, _)| *name == RETRY_AFTER);
            let wait = wait.and_then(|(_, value)| value.to_str().ok()).unwrap_or("60");
            (say("trouble-too-many"), say("trouble-too-many-what").with("seconds", wait).marked())
        }
        StatusCode::CONFLICT => (say("trouble-cannot"), say("trouble-cannot-what").with("detail", detail).marked()),
        _ if status.is_server_error() => said("trouble-not-now", "trouble-not-now-what"),
        _ => said("trouble-form", "trouble-form-what"),
    }
}
