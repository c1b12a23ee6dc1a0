//! The outermost layer: names each request, catches panics, turns every error into a problem, counts and times.

use crate::figures;
use crate::problem::{MEDIA_TYPE, Problem};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;
use uuid::Uuid;

/// The media type of what is no problem.
const JSON: &str = "application/json";

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

/// The path of the table's row that a request met; for logs and figures, which must not grow with ids.
#[derive(Debug, Clone, Copy)]
pub struct RouteName(pub &'static str);

/// The middleware.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::of(&request);
    request.extensions_mut().insert(id.clone());
    let counted = figures::Request::begin(figures::method(request.method()));
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
    let route = response.request().extensions().get::<RouteName>().map_or("none", |route| route.0);
    counted.answered(route, response.status().as_u16());
    Ok(finish(response, &id))
}

/// Makes a problem of what is none, and sets the headers that every answer has.
fn finish(response: ServiceResponse<BoxBody>, id: &RequestId) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let mut response = response;
    if status.is_client_error() || status.is_server_error() {
        let problem = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
        // What answers in JSON says itself what is wrong, as readiness does; the framework answers in plain text.
        let says_itself =
            response.headers().get(CONTENT_TYPE).is_some_and(|value| value == MEDIA_TYPE || value == JSON);
        let problem = match (problem, says_itself) {
            (Some(problem), _) => Some(problem),
            (None, true) => None,
            (None, false) => Some(Problem::of_status(status)),
        };
        if let Some(problem) = problem {
            figures::problem(problem.label());
            let before = response.headers().clone();
            let (request, _) = response.into_parts();
            let made = actix_web::ResponseError::error_response(&problem.with_request_id(&id.0));
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
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
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
            path = request.path(),
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
