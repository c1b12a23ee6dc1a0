//! The only place where errors become HTTP: problem details of RFC 9457.
//!
//! A [`Problem`] says what its reader may know. What the database said goes to the log, with the request id.

use crate::refusals::{self, BOOK_FROZEN, QUOTA, STORAGE};
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use ledger::engine::shared_read::ReadError;
use ledger::{Error, Outage};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The media type of every 4xx and 5xx.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The most wrong fields that one answer names.
pub const ERRORS_MAX: usize = 100;

/// After how many seconds it is worth asking a frozen book again: somebody has to decide first.
const FROZEN_RETRY_S: &str = "60";

/// A problem as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Stable, and it resolves: a description of this kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The HTTP status again.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// Which fields are wrong, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Names this request in our logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A problem of the token endpoint: with the members that RFC 6749, section 5.2, asks for, which its clients look for first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OauthProblem)]
pub struct OauthProblemBody {
    /// `invalid_request`, `invalid_client`, `unsupported_grant_type` or `invalid_scope`.
    #[schema(example = "invalid_client")]
    pub error: &'static str,
    /// What happened this time, in the characters that the RFC allows.
    pub error_description: String,
    /// The members of any other problem.
    #[serde(flatten)]
    pub problem: ProblemBody,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body; for a parameter of the query, its name after a slash.
    #[schema(example = "/amount/amount")]
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

/// An error on its way to a client.
#[derive(Debug, Clone)]
pub struct Problem {
    body: Box<ProblemBody>,
    /// Its code among the figures: one that stands in the sources, so that nobody outside adds to their number.
    label: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Its code by RFC 6749: it is sent as the answers of the token endpoint are.
    oauth_error: Option<&'static str>,
    /// Whether it is said in the language of who reads a page; else it is in English.
    is_for_reader: bool,
}

impl Problem {
    /// A problem with its stable code in kebab case, which becomes its type.
    pub fn new(status: StatusCode, code: &'static str, title: &str, detail: impl Into<String>) -> Problem {
        Problem::labelled(code, status, code, title, detail.into())
    }

    fn labelled(label: &'static str, status: StatusCode, code: &str, title: &str, detail: String) -> Problem {
        let body = ProblemBody {
            kind: format!("/problems/{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail,
            errors: Vec::new(),
            request_id: None,
        };
        Problem { body: Box::new(body), label, headers: Vec::new(), oauth_error: None, is_for_reader: false }
    }

    /// The body again that was stored with an idempotency key.
    pub fn stored(body: ProblemBody) -> Problem {
        Problem {
            body: Box::new(body),
            label: "replayed",
            headers: Vec::new(),
            oauth_error: None,
            is_for_reader: false,
        }
    }

    /// A field is wrong: 422.
    pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Problem {
        let (pointer, message) = (pointer.into(), message.into());
        let detail = if pointer.is_empty() { message.clone() } else { format!("{pointer}: {message}") };
        let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A field is wrong", detail);
        problem.body.errors.push(FieldError { pointer, message });
        problem
    }

    /// The same problem, which a page says by itself, in the language of who reads it.
    pub fn for_reader(self) -> Problem {
        Problem { is_for_reader: true, ..self }
    }

    /// Whether it is said in the language of who reads the page; else it is in English.
    pub fn is_for_reader(&self) -> bool {
        self.is_for_reader
    }

    /// No such thing, or none that the caller may see: 404.
    pub fn not_found(what: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", format!("no such {what}"))
    }

    /// No token, or none that we believe: 401.
    pub fn unauthorized(detail: &str) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Sign in first", detail)
            .with_header(WWW_AUTHENTICATE, r#"Bearer realm="commonpurse", error="invalid_token""#)
    }

    /// The caller is known and may not: 403.
    pub fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// Our fault; the cause goes to the log and never to the client: 500.
    pub fn internal() -> Problem {
        let detail = "something went wrong on our side; the request id names it in our logs";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }

    /// The same request may succeed a little later: 503.
    pub fn unavailable(detail: &str) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again", detail).with_header(RETRY_AFTER, "1")
    }

    /// For an error of the framework of which only the status is known.
    pub fn of_status(status: StatusCode) -> Problem {
        let title = status.canonical_reason().unwrap_or("Error");
        let code = title.to_ascii_lowercase().replace(' ', "-");
        let label = refusals::find(&code).map_or("other", |kind| kind.code);
        let detail = "the request could not be understood or served as it was sent";
        Problem::labelled(label, status, &code, title, detail.to_owned())
    }

    /// Adds a header to the answer. A value that is no header value is left out.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Problem {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The same as an error of the token endpoint (RFC 6749, section 5.2).
    pub fn with_oauth_error(self, error: &'static str) -> Problem {
        Problem { oauth_error: Some(error), ..self }.with_header(CACHE_CONTROL, "no-store")
    }

    /// The same for a part of a larger request: the pointers of its fields are below this one.
    pub fn below(mut self, pointer: &str) -> Problem {
        for error in &mut self.body.errors {
            error.pointer = format!("{pointer}{}", error.pointer);
        }
        if let [error] = &*self.body.errors {
            self.body.detail = format!("{}: {}", error.pointer, error.message);
        }
        self
    }

    /// Names more wrong fields: those that are not named yet, [`ERRORS_MAX`] in all.
    pub fn with_errors(mut self, more: Vec<FieldError>) -> Problem {
        for error in more {
            let is_new = self.body.errors.iter().all(|known| known.pointer != error.pointer);
            if is_new && self.body.errors.len() < ERRORS_MAX {
                self.body.errors.push(error);
            }
        }
        if let (Some(first), 2..) = (self.body.errors.first(), self.body.errors.len()) {
            let (pointer, message) = (&first.pointer, &first.message);
            self.body.detail = format!("{pointer}: {message}; `errors` names all {} fields", self.body.errors.len());
        }
        self
    }

    /// Names the request.
    pub fn with_request_id(mut self, id: &str) -> Problem {
        self.body.request_id = Some(id.to_owned());
        self.with_header(HeaderName::from_static("x-request-id"), id)
    }

    /// What is sent.
    pub fn body(&self) -> &ProblemBody {
        &self.body
    }

    /// Its code among the figures: "replayed" when it is the first answer again, "other" for what the framework alone refuses.
    pub fn label(&self) -> &'static str {
        self.label
    }

    /// Whether it is of the kind with this code.
    pub fn is(&self, code: &str) -> bool {
        self.body.kind.strip_prefix("/problems/") == Some(code)
    }

    /// The headers of its answer, besides the media type.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.body.status, self.body.kind, self.body.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status());
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.clone()));
        }
        let Some(error) = self.oauth_error else {
            let body = serde_json::to_vec(&self.body).expect("a problem has string keys only");
            return response.insert_header((CONTENT_TYPE, MEDIA_TYPE)).body(body);
        };
        // The characters that the RFC allows in a description.
        let allowed = |letter: &char| (' '..='~').contains(letter) && !matches!(letter, '"' | '\\');
        let error_description = self.body.detail.chars().filter(allowed).collect();
        response.json(OauthProblemBody { error, error_description, problem: (*self.body).clone() })
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem::from(&error)
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Problem {
        match error {
            Error::NotFound(what) => Problem::not_found(what),
            Error::Invalid { pointer, message } => Problem::invalid(pointer.as_ref(), message),
            Error::Refused(refusal) => {
                Problem::new(StatusCode::CONFLICT, refusal.code, "Refused by a rule", &refusal.detail)
            }
            Error::Forbidden(why) => Problem::forbidden(*why),
            Error::Stale(what) => {
                let detail = format!("the {what} has changed since you read it: read it again");
                Problem::new(StatusCode::PRECONDITION_FAILED, "stale", "Changed meanwhile", detail)
            }
            Error::KeyReused => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "Key used for something else",
                "this Idempotency-Key came with another method, path or body before",
            ),
            // A request leases no job; one that did would have to come again.
            Error::StillRunning | Error::Fenced => still_running(),
            Error::Overloaded => {
                let detail = "too many requests of this caller, or for this book, wait already: nothing was done";
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", "Too much at once", detail)
                    .with_header(RETRY_AFTER, "1")
            }
            Error::Quota { what, a_day, again_in_s } => {
                let what = what.replace('_', " ");
                let detail = format!("the quota of {what} is {a_day} a day, and you have used it up: nothing was done");
                Problem::new(StatusCode::TOO_MANY_REQUESTS, QUOTA, "Enough for today", detail)
                    .with_header(RETRY_AFTER, &again_in_s.to_string())
            }
            Error::BookFrozen => {
                let detail = "the book differs from itself and takes no record until an operator has decided; \
                              repeat the request with the same key after that";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, BOOK_FROZEN, "The book is frozen", detail)
                    .with_header(RETRY_AFTER, FROZEN_RETRY_S)
            }
            Error::Database(cause) if is_lock_timeout(cause) => still_running(),
            Error::Database(cause) => {
                tracing::error!(error = %explain(cause), "the database refused or failed");
                match error.outage() {
                    Some(outage) => Problem::from(outage),
                    None if error.is_passing() => Problem::unavailable("the database is busy"),
                    None => Problem::internal(),
                }
            }
            Error::Pool(cause) => {
                tracing::error!(error = %explain(cause), "no connection to the database could be had");
                Problem::from(error.outage().unwrap_or(Outage::Away))
            }
            Error::Outage(outage) => Problem::from(*outage),
            Error::Inconsistent(what) => {
                tracing::error!(error = what, "what was read contradicts what the code promises");
                Problem::internal()
            }
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        match error {
            ReadError::Failed(cause) => Problem::from(&*cause),
            ReadError::Late => {
                tracing::error!("{error}");
                Problem::from(Outage::Away)
            }
        }
    }
}

impl From<Outage> for Problem {
    fn from(outage: Outage) -> Problem {
        let (code, title, detail, retry_s) = match outage {
            Outage::Storage => {
                (STORAGE, "No room to write", "nothing was written: the database has no room left", "10")
            }
            Outage::ReadOnly => ("read-only", "Only reading", "nothing was written: the database is read-only", "10"),
            Outage::Away => {
                let detail =
                    "the database is away: repeat the request with the same key, which tells whether it was done";
                ("database-away", "The database is away", detail, "1")
            }
            Outage::Busy => {
                let detail = "the database takes no more connections: repeat the request with the same key";
                ("database-busy", "The database is busy", detail, "1")
            }
            Outage::Clock => {
                let detail = "nothing was written: the clocks of the service and of its database are too far apart";
                ("clock", "A clock is wrong", detail, "60")
            }
        };
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, title, detail).with_header(RETRY_AFTER, retry_s)
    }
}

impl From<tokio_postgres::Error> for Problem {
    fn from(error: tokio_postgres::Error) -> Problem {
        Error::from(error).into()
    }
}

impl From<deadpool_postgres::PoolError> for Problem {
    fn from(error: deadpool_postgres::PoolError) -> Problem {
        Error::from(error).into()
    }
}

fn is_lock_timeout(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&tokio_postgres::error::SqlState::LOCK_NOT_AVAILABLE)
}

fn still_running() -> Problem {
    let detail = "a request with the same key, or one that holds the same rows, is still running";
    Problem::new(StatusCode::CONFLICT, "still-running", "Still running", detail).with_header(RETRY_AFTER, "1")
}

/// An error with its causes, for the log.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Refusal;

    #[test]
    fn what_the_ledger_says_becomes_a_status_and_a_stable_type() {
        let cases = [
            (Error::NotFound("pledge"), 404, "/problems/not-found"),
            (Error::invalid("/amount", "too large"), 422, "/problems/invalid"),
            (Refusal::new("fund-short", "the fund holds 3.00 USD").into(), 409, "/problems/fund-short"),
            (Error::Forbidden("owners only"), 403, "/problems/forbidden"),
            (Error::Stale("campaign"), 412, "/problems/stale"),
            (Error::KeyReused, 422, "/problems/idempotency-key-reused"),
            (Error::StillRunning, 409, "/problems/still-running"),
            (Error::Quota { what: "books", a_day: 50, again_in_s: 60 }, 429, "/problems/quota"),
            (Error::BookFrozen, 503, "/problems/book-frozen"),
            (Error::Outage(Outage::Storage), 503, "/problems/storage"),
            (Error::Outage(Outage::ReadOnly), 503, "/problems/read-only"),
            (Error::Outage(Outage::Away), 503, "/problems/database-away"),
            (Error::Outage(Outage::Busy), 503, "/problems/database-busy"),
            (Error::Outage(Outage::Clock), 503, "/problems/clock"),
            (Error::Pool(deadpool_postgres::PoolError::Closed), 503, "/problems/database-away"),
            (Error::inconsistent("balance of account 7 is -1"), 500, "/problems/internal"),
        ];
        for (error, status, kind) in cases {
            let problem = Problem::from(error);
            assert_eq!((problem.body().status, problem.body().kind.as_str()), (status, kind));
        }
    }

    #[test]
    fn what_keeps_the_database_from_its_work_is_explained_and_says_when_to_ask_again() {
        for outage in Outage::ALL {
            let problem = Problem::from(outage);
            assert!(refusals::ALL.iter().any(|kind| problem.is(kind.code)), "{problem}");
            assert!(problem.error_response().headers().contains_key(RETRY_AFTER), "{problem}");
        }
    }

    #[test]
    fn t11_a_frozen_book_says_when_to_ask_again() {
        let response = Problem::from(Error::BookFrozen).error_response();
        assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), "60");
    }

    #[test]
    fn what_went_wrong_inside_is_never_shown() {
        let problem = Problem::from(Error::inconsistent("balance of account 7 is -1"));
        assert!(!serde_json::to_string(problem.body()).unwrap().contains("account 7"));
    }
}
