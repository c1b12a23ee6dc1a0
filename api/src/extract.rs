//! Bodies and parameters: read once, refused with a problem that names the field.
//!
//! [`Body`] is a JSON body; [`Keyed`] is a JSON body of a POST that needs an `Idempotency-Key`; [`Params`] is the query.

use crate::idempotency::IdempotencyKey;
use crate::problem::Problem;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::DeserializeOwned;

/// The largest body, in bytes.
const BODY_MAX: usize = 1024 * 1024;

/// The largest body of a batch (a path that ends with `:batch`), in bytes.
const BATCH_MAX: usize = 8 * 1024 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// A JSON body with the idempotency key that it came with. Use `Keyed<Nothing>` for a POST without fields.
#[derive(Debug)]
pub struct Keyed<T> {
    /// The key, bound to this method, path and body.
    pub key: IdempotencyKey,
    /// The body.
    pub body: T,
}

/// The body of a POST that has no fields: nothing at all, or `{}`.
#[derive(Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The parameters of the query.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Body<T>, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload);
        Box::pin(async move { json(&bytes.await?).map(Body) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Keyed<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Keyed<T>, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let mut bytes = bytes.await?;
            if bytes.is_empty() {
                bytes.extend_from_slice(b"{}");
            }
            let body = json(&bytes)?;
            Ok(Keyed { key: IdempotencyKey::of(&request, &bytes)?, body })
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Ready<Result<Params<T>, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
        let query = serde_urlencoded::Deserializer::new(pairs);
        ready(serde_path_to_error::deserialize(query).map(Params).map_err(|error| wrong_field(&error)))
    }
}

/// Reads the body within its limit. A body must say that it is JSON.
fn read(request: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<BytesMut, Problem>> + use<> {
    let limit = if request.path().ends_with(":batch") { BATCH_MAX } else { BODY_MAX };
    let is_json = request.content_type().eq_ignore_ascii_case("application/json");
    let has_type = request.headers().contains_key(CONTENT_TYPE);
    let mut payload = payload.take();
    async move {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| malformed("the body did not arrive whole"))?;
            if bytes.len() + chunk.len() > limit {
                let detail = format!("at most {limit} bytes");
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return Err(Problem::new(status, "payload-too-large", "The body is too large", detail));
            }
            bytes.extend_from_slice(&chunk);
        }
        if !is_json && (has_type || !bytes.is_empty()) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let detail = "send JSON with Content-Type: application/json";
            return Err(Problem::new(status, "unsupported-media-type", "Not JSON", detail));
        }
        Ok(bytes)
    }
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed-json", "Not JSON", detail)
}

/// A JSON text as a `T`; what is wrong is named by JSON Pointer.
fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut text).map_err(|error| match error.inner().classify() {
        serde_json::error::Category::Data => wrong_field(&error),
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof | serde_json::error::Category::Io => {
            malformed(error.inner().to_string())
        }
    })?;
    text.end().map_err(|error| malformed(error.to_string()))?;
    Ok(value)
}

/// The problem of a field that has the wrong type, is missing, or is not known.
fn wrong_field<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Problem {
    let mut pointer = String::new();
    for segment in error.path() {
        let name = match segment {
            serde_path_to_error::Segment::Seq { index } => index.to_string(),
            serde_path_to_error::Segment::Map { key } => key.clone(),
            serde_path_to_error::Segment::Enum { variant } => variant.clone(),
            serde_path_to_error::Segment::Unknown => continue,
        };
        push(&mut pointer, &name);
    }
    let text = error.inner().to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    // A field that is missing or unknown is named in the message only: its path is that of the object around it.
    for start in ["missing field `", "unknown field `", "duplicate field `"] {
        if let Some(name) = message.strip_prefix(start).and_then(|rest| rest.split('`').next())
            && !pointer.ends_with(&format!("/{name}"))
        {
            push(&mut pointer, name);
        }
    }
    Problem::invalid(pointer, message)
}

/// Appends a name to a JSON Pointer (RFC 6901).
fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Thing {
        name: String,
        amount: crate::wire::MoneyBody,
        #[serde(default)]
        tiers: Vec<u16>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Query {
        limit: Option<u16>,
    }

    async fn refused(request: TestRequest) -> (u16, String) {
        let (request, mut payload) = request.to_http_parts();
        let problem = Body::<Thing>::from_request(&request, &mut payload).await.unwrap_err();
        let pointer = problem.body().errors.first().map_or(String::new(), |error| error.pointer.clone());
        (problem.body().status, pointer)
    }

    fn post(body: &str) -> TestRequest {
        TestRequest::post().insert_header((CONTENT_TYPE, "application/json")).set_payload(body.to_owned())
    }

    #[actix_web::test]
    async fn a_wrong_field_is_named_by_its_pointer() {
        let cases = [
            (r#"{"name": 1, "amount": {"amount": "1", "currency": "USD"}}"#, "/name"),
            (r#"{"name": "a", "amount": {"amount": 30.0, "currency": "USD"}}"#, "/amount/amount"),
            (r#"{"name": "a", "amount": {"amount": "1"}}"#, "/amount/currency"),
            (r#"{"name": "a", "amount": {"amount": "1", "currency": "USD", "x": 1}}"#, "/amount/x"),
            (r#"{"name": "a", "amount": {"amount": "1", "currency": "USD"}, "tiers": [1, -2]}"#, "/tiers/1"),
            (r#"{"name": "a", "name": "b"}"#, "/name"),
            (r#"{"amount": {"amount": "1", "currency": "USD"}}"#, "/name"),
            ("[]", "/name"),
        ];
        for (body, pointer) in cases {
            let (status, found) = refused(post(body)).await;
            assert_eq!(status, 422, "{body}");
            if body != "[]" {
                assert_eq!(found, pointer, "{body}");
            }
        }
    }

    #[actix_web::test]
    async fn what_is_no_json_or_too_much_of_it_has_its_own_status() {
        assert_eq!(refused(post(r#"{"name": "#)).await.0, 400);
        assert_eq!(refused(post("{} {}")).await.0, 422, "the first object lacks its fields");
        assert_eq!(refused(post("")).await.0, 400);
        assert_eq!(refused(post(&" ".repeat(BODY_MAX + 1))).await.0, 413);
        assert_eq!(refused(TestRequest::post().set_payload("name=a")).await.0, 415);
        let form = TestRequest::post().insert_header((CONTENT_TYPE, "text/plain")).set_payload("{}");
        assert_eq!(refused(form).await.0, 415);
    }

    #[actix_web::test]
    async fn a_parameter_of_the_wrong_type_or_an_unknown_one_is_named() {
        for (query, pointer) in [("limit=ten", "/limit"), ("limit=-1", "/limit"), ("offset=3", "/offset")] {
            let request = TestRequest::with_uri(&format!("/?{query}")).to_http_request();
            let problem = Params::<Query>::extract(&request).await.unwrap_err();
            assert_eq!((problem.body().status, problem.body().errors[0].pointer.as_str()), (422, pointer));
        }
    }
}
