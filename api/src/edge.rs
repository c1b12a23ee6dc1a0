//! The outermost layer: names each request, catches panics, turns every error into a problem, counts and times.

use crate::figures;
use crate::limits::turn::Turn;
use crate::pages::{guard, language, receipt, trouble};
use crate::problem::{MEDIA_TYPE, Problem};
use crate::request_log::{self, ProblemCode};
use crate::who_may::{self, Found, RouteName};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;
use uuid::Uuid;

/// The media type of what is no problem.
const JSON: &str = "application/json";

/// The media type of pages.
const HTML: &str = "text/html; charset=utf-8";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of a request: `X-Request-Id` as it came, or a new `UUIDv7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    fn of(request: &ServiceRequest) -> RequestId {
        let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let usable = |id: &&str| {
            (1..=128).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
        };
        RequestId(sent.filter(usable).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
    }
}

/// The middleware. What a page says is said in the language of who reads it, all else in English.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let reader = Reader::of(&request);
    language::reader(&request, reader.reads_a_page()).during(answered(request, next, reader)).await
}

async fn answered(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    reader: Reader,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::of(&request);
    request.extensions_mut().insert(id.clone());
    let counted = figures::Request::begin(figures::method(request.method()));
    let has_body = announces_body(request.headers());
    let _ours = request.conn_data::<Rc<Turn>>().cloned().map(|turn| turn.take(has_body));
    if has_body {
        // What has come of the body is read by then: one who is refused before anybody looked at it keeps the connection.
        tokio::task::yield_now().await;
    }
    let mut request = request;
    // HEAD is GET without the body (RFC 9110, 9.3.2); the server that writes the answer knows what was asked, and leaves it out.
    if *request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let response = match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => response.map_into_boxed_body(),
        Ok(Err(error)) => {
            let problem = error.as_error::<Problem>().cloned();
            let status = error.as_response_error().status_code();
            let problem = problem.unwrap_or_else(|| Problem::of_status(status));
            counted.answered("none", problem.status().as_u16());
            figures::problem(problem.label());
            return Err(problem.with_request_id(&id.0).into());
        }
        Err(_) => {
            tracing::error!(request_id = id.0, "request {} panicked", id.0);
            let problem = Problem::internal();
            counted.answered("panic", problem.status().as_u16());
            figures::problem(problem.label());
            return Err(problem.with_request_id(&id.0).into());
        }
    };
    let response = finish(response, &id, reader);
    let route = response.request().extensions().get::<RouteName>().map_or("none", |route| route.0);
    counted.answered(route, response.status().as_u16());
    request_log::note(&response, route, &id.0);
    Ok(response)
}

/// Whether a body follows the head.
fn announces_body(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0")
}

/// Makes a problem of what is none, and sets the headers that every answer has.
fn finish(response: ServiceResponse<BoxBody>, id: &RequestId, reader: Reader) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let mut response = response;
    let tells_people = reader.is_shown_a_page(status);
    if status.is_client_error() || status.is_server_error() {
        let problem = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
        // What answers in JSON says itself what is wrong, as readiness does; the framework answers in plain text.
        let says_itself = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|value| value == MEDIA_TYPE || value == JSON || value == HTML);
        let problem = match (problem, says_itself) {
            (Some(problem), _) => Some(problem),
            (None, true) => None,
            (None, false) => Some(Problem::of_status(status)),
        };
        if let Some(problem) = problem {
            figures::problem(problem.label());
            response.request().extensions_mut().insert(ProblemCode::of(&problem));
            let before = response.headers().clone();
            let (request, _) = response.into_parts();
            let made = if tells_people {
                trouble::answer(&problem, &id.0)
            } else {
                actix_web::ResponseError::error_response(&problem.with_request_id(&id.0))
            };
            response = ServiceResponse::new(request, made);
            // What the inner layers have set stays: rate limits, Allow.
            for (name, value) in
                before.iter().filter(|(name, _)| name.as_str().starts_with("ratelimit") || *name == ALLOW)
            {
                response.headers_mut().insert(name.clone(), value.clone());
            }
        }
    }
    let headers = response.headers_mut();
    if tells_people || reader.at_page {
        guard(headers);
    }
    if reader.reads_a_page() {
        language::mark(headers);
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Who reads the answer, told before the router has taken the path apart.
#[derive(Debug, Clone, Copy)]
struct Reader {
    /// The path is that of a page.
    at_page: bool,
    /// The path is that of what a page has for programs.
    at_twin: bool,
    /// Plain text is asked for: a receipt as a program keeps it.
    wants_text: bool,
    /// A person may have typed an address that is none.
    may_be_lost: bool,
}

/// How the addresses end of what pages have for programs.
const TWINS: [&str; 3] = [".json", ".csv", ".atom"];

impl Reader {
    fn of(request: &ServiceRequest) -> Reader {
        let path = request.match_info().unprocessed();
        let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let may_be_lost = accept.contains("text/html") && !path.starts_with("/v1/");
        let at_twin = TWINS.iter().any(|ending| path.ends_with(ending));
        let wants_text = receipt::wants_text(request.headers());
        Reader { at_page: who_may::is_page(path), at_twin, wants_text, may_be_lost }
    }

    fn reads_a_page(self) -> bool {
        !self.at_twin && !self.wants_text && (self.at_page || self.may_be_lost)
    }

    fn is_shown_a_page(self, status: StatusCode) -> bool {
        !self.at_twin && (self.at_page || (self.may_be_lost && status == StatusCode::NOT_FOUND))
    }
}

/// The path of a request as logs may have it: without the secret in the address of a link, however that was written.
fn shown_path(request: &ServiceRequest) -> String {
    let path = request.match_info().unprocessed();
    if let Found::Route(name, _) = who_may::find("GET", path)
        && who_may::is_page(path)
    {
        return name.to_owned();
    }
    let shown = |part| if is_secret(part) { "{secret}" } else { part };
    path.split('/').map(shown).collect::<Vec<_>>().join("/")
}

/// Whether a part of a path looks like a secret; ids are shorter, and longer codes of accounts have colons.
fn is_secret(part: &str) -> bool {
    part.len() > 40 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// One span for each request, with its id; the path only, since a query may hold what logs must not.
#[derive(Debug)]
pub struct Spans;

impl RootSpanBuilder for Spans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map_or(String::new(), |id| id.0.clone());
        tracing::info_span!(
            "request",
            request_id = id,
            method = %request.method(),
            path = shown_path(request),
            traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok()),
            status = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        span.in_scope(|| tracing::debug!("answered with {}", status.as_u16()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, try_call_service};
    use actix_web::{App, HttpResponse, web};

    async fn explode() -> HttpResponse {
        panic!("on purpose")
    }

    async fn fine() -> HttpResponse {
        HttpResponse::Ok().finish()
    }

    #[actix_web::test]
    async fn a_panic_is_a_500_that_says_nothing_and_the_next_request_is_served() {
        let routes = App::new().route("/explode", web::get().to(explode)).route("/", web::get().to(fine));
        let service = init_service(routes.wrap(from_fn(edge))).await;
        let request = TestRequest::get().uri("/explode").insert_header((REQUEST_ID, "boom-1")).to_request();
        let error = try_call_service(&service, request).await.expect_err("it panicked");
        let response = error.as_response_error().error_response();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers().get(REQUEST_ID).expect("it is named"), "boom-1");
        assert_eq!(call_service(&service, TestRequest::get().to_request()).await.status(), 200);
    }

    #[actix_web::test]
    async fn an_error_of_the_framework_becomes_a_problem_and_an_odd_request_id_is_replaced() {
        let service = init_service(App::new().wrap(from_fn(edge))).await;
        let request = TestRequest::get().uri("/none").insert_header((REQUEST_ID, "two words")).to_request();
        let response = call_service(&service, request).await;
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers().get(CONTENT_TYPE).expect("it has one"), MEDIA_TYPE);
        let id = response.headers().get(REQUEST_ID).expect("it is named").to_str().expect("it is ASCII");
        assert!(Uuid::try_parse(id).is_ok(), "{id}");
    }
}
