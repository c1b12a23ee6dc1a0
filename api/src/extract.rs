//! Bodies and parameters: read once, refused with a problem that names the field.
//!
//! [`Form`] is what a page's form has sent, [`RawForm`] one that is read by its own rules, [`Raw`] a body that is signed; [`Body`] is a JSON body; [`Keyed`] is a
//! JSON body of a POST that needs an `Idempotency-Key`, [`KeyedXml`] the file of a bank; [`Params`] is the query.
//!
//! A body must come at a least speed, and counts for its caller, with the bytes of all others, until it is worked on.

mod multipart;
mod objects;
mod spool;

pub use multipart::{FormWithFiles, Sent, SentFile};
pub use spool::{Spool, Spooled};

use self::objects::Objects;
use crate::contract::{is_day, violations};
use crate::idempotency::IdempotencyKey;
use crate::limits::shares::{Holder, Share};
use crate::limits::turn::Turn;
use crate::problem::Problem;
use crate::state::State;
use crate::who_may::RouteName;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Data, block};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use ledger::Error;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const XML: &str = "application/xml";

/// The largest body, in bytes.
const BODY_MAX: usize = 1024 * 1024;

/// The largest body of a batch (a path that ends with `:batch`), in bytes.
const BATCH_MAX: usize = 8 * 1024 * 1024;

/// The largest file of a bank, in bytes.
const XML_MAX: usize = 8 * 1024 * 1024;

/// The largest body of somebody without a token, and of a form, in bytes.
const STRANGER_MAX: usize = 64 * 1024;

/// The largest body that is signed, in bytes: events of a provider have a few thousand.
const SIGNED_MAX: usize = 256 * 1024;

/// The least speed of a body, in bytes a second.
const LEAST_PER_SECOND: usize = 16 * 1024;

/// A body of more bytes is read as JSON by another thread: the others on this one need not wait for it.
const LONG: usize = 64 * 1024;

/// The longest body of which every wrong field is looked for, in bytes.
const EXPLAINED_MAX: usize = 1024 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// What the form of a page has sent.
#[derive(Debug)]
pub struct Form<T>(pub T);

/// A JSON body with the idempotency key that it came with. Use `Keyed<Nothing>` for a POST without fields.
#[derive(Debug)]
pub struct Keyed<T> {
    /// The key, bound to this method, path and body.
    pub key: IdempotencyKey,
    /// The body.
    pub body: T,
}

/// An XML body, as it came, with the idempotency key that it came with.
#[derive(Debug)]
pub struct KeyedXml {
    /// The key, bound to this method, path and body.
    pub key: IdempotencyKey,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// The body of a POST that has no fields: nothing at all, or `{}`.
#[derive(Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A form as it came, of 64 KiB at most.
#[derive(Debug)]
pub struct RawForm(pub BytesMut);

/// A body as it came, byte for byte, whatever it is: one that is signed.
#[derive(Debug)]
pub struct Raw(pub BytesMut);

/// The parameters of the query.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Form<T>, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload, FORM);
        Box::pin(async move { pairs(&bytes.await?).map(Form) })
    }
}

impl<T: DeserializeOwned + Send + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Body<T>, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload, JSON);
        let request = request.clone();
        Box::pin(async move {
            let bytes = kept(&request, bytes.await?);
            let at = At::of(&request);
            aside(bytes.len(), move || json(&bytes, &at)).await.map(Body)
        })
    }
}

impl<T: DeserializeOwned + Send + 'static> FromRequest for Keyed<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Keyed<T>, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload, JSON);
        let request = request.clone();
        Box::pin(async move {
            let mut bytes = bytes.await?;
            if bytes.is_empty() {
                bytes.extend_from_slice(b"{}");
            }
            let bytes = kept(&request, bytes);
            let at = At::of(&request);
            let key = IdempotencyKey::named(&request)?;
            let (body, key) = aside(bytes.len(), move || Ok((json(&bytes, &at)?, key.with(&bytes)))).await?;
            Ok(Keyed { key, body })
        })
    }
}

impl FromRequest for KeyedXml {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<KeyedXml, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload, XML);
        let request = request.clone();
        Box::pin(async move {
            let body = bytes.await?.freeze();
            let key = IdempotencyKey::named(&request)?;
            let bound = body.clone();
            let key = aside(body.len(), move || Ok(key.with(&bound))).await?;
            Ok(KeyedXml { key, body })
        })
    }
}

impl FromRequest for RawForm {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<RawForm, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = collect(request, payload, STRANGER_MAX);
        Box::pin(async move { bytes.await.map(RawForm) })
    }
}

impl FromRequest for Raw {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Raw, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = collect(request, payload, SIGNED_MAX);
        Box::pin(async move { bytes.await.map(Raw) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Ready<Result<Params<T>, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
        if let Some((name, _)) = pairs.clone().find(|(_, value)| value.contains('\0')) {
            let mut pointer = String::new();
            push(&mut pointer, &name);
            return ready(Err(Problem::invalid(pointer, NUL)));
        }
        if let Some((name, _)) = pairs.clone().find(|(_, value)| may_be_odd_day(value)) {
            let at = At::of(request);
            if at.route.is_some_and(|route| is_day(&at.method, route, &name)) {
                return ready(Err(Problem::invalid(format!("/{name}"), ODD_DAY)));
            }
        }
        ready(self::pairs(request.query_string().as_bytes()).map(Params))
    }
}

/// Names and values as queries and forms have them.
fn pairs<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(bytes));
    serde_path_to_error::deserialize(pairs).map_err(|error| wrong_field(&error))
}

/// The body of a request, kept until it is answered: when it is refused, all that is wrong with it is told.
#[derive(Debug)]
struct Kept(Bytes);

/// Keeps a body, which costs a pointer: its bytes are counted for its caller anyway.
fn kept(request: &HttpRequest, bytes: BytesMut) -> Bytes {
    let bytes = bytes.freeze();
    request.extensions_mut().insert(Kept(bytes.clone()));
    bytes
}

/// A refusal of a body with every field that breaks the contract, after those that it names already. A body that is longer
/// than a megabyte is refused with what its handler has found.
pub async fn with_all_errors(problem: Problem, request: &HttpRequest, route: &'static str) -> Problem {
    let body = request.extensions().get::<Kept>().map(|kept| kept.0.clone());
    let Some(body) = body.filter(|body| problem.is("invalid") && body.len() <= EXPLAINED_MAX) else {
        return problem;
    };
    let method = request.method().to_string();
    let found = aside(body.len(), move || {
        let body = serde_json::from_slice(&body).map_err(|error| malformed(error.to_string()))?;
        Ok(violations(&method, route, &body))
    });
    match found.await {
        Ok(found) => problem.with_errors(found),
        Err(_) => problem,
    }
}

/// Works on a body: here when it is short, else on another thread.
async fn aside<T, F>(length: usize, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Problem> + Send + 'static,
{
    if length <= LONG { work() } else { block(work).await.map_err(|_| Problem::internal())? }
}

/// Reads a body that must say that it is of the media type.
fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    media_type: &'static str,
) -> impl Future<Output = Result<BytesMut, Problem>> + use<> {
    let limit = match request.extensions().get::<Holder>() {
        Some(Holder::Network(_)) => STRANGER_MAX,
        _ if media_type == FORM => STRANGER_MAX,
        _ if media_type == XML => XML_MAX,
        // As the router reads it, decoded.
        _ if request.match_info().as_str().ends_with(":batch") => BATCH_MAX,
        _ => BODY_MAX,
    };
    let is_of_type = request.content_type().eq_ignore_ascii_case(media_type);
    let has_type = request.headers().contains_key(CONTENT_TYPE);
    let whole = collect(request, payload, limit);
    async move {
        let bytes = whole.await?;
        if !is_of_type && (has_type || !bytes.is_empty()) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let detail = format!("send it with Content-Type: {media_type}");
            return Err(Problem::new(status, "unsupported-media-type", "Another media type", detail));
        }
        Ok(bytes)
    }
}

/// Reads a body within a limit and in its time, and counts it for whoever sends it.
fn collect(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
) -> impl Future<Output = Result<BytesMut, Problem>> + use<> {
    let holder = request.extensions().get::<Holder>().copied();
    let state = request.app_data::<Data<State>>();
    let patience = state.map_or(Duration::MAX, |state| Duration::from_secs(state.config.slow_body_s.into()));
    let mut share = state.map(|state| state.bodies.none(holder.into_iter().collect()));
    let told = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
    let mut payload = payload.take();
    let request = request.clone();
    async move {
        // One that is too long is not even begun.
        let mut bytes = BytesMut::with_capacity(fits(told, limit)?);
        let mut pace = Pace::begin(patience);
        while let Some(chunk) = pace.keep(bytes.len(), payload.next()).await? {
            let chunk = chunk.map_err(|_| malformed("the body did not arrive whole"))?;
            fits(bytes.len() + chunk.len(), limit)?;
            if !share.as_mut().is_none_or(|share| share.grow(chunk.len())) {
                return Err(Error::Overloaded.into());
            }
            bytes.extend_from_slice(&chunk);
        }
        if let Some(turn) = request.conn_data::<Rc<Turn>>() {
            turn.body_has_come();
        }
        // It counts until the request is answered: what is made of it is as large.
        request.extensions_mut().insert(Held(share));
        Ok(bytes)
    }
}

/// The length of a body, if it may be so long.
fn fits(length: usize, limit: usize) -> Result<usize, Problem> {
    if length <= limit {
        return Ok(length);
    }
    let detail = format!("at most {limit} bytes");
    Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload-too-large", "The body is too large", detail))
}

/// What the body of a request holds.
struct Held(#[expect(dead_code, reason = "it is given back when it is dropped")] Option<Share>);

/// Whether a body comes at the least speed: measured over a stretch of time, at whose end it must have come whole or far
/// enough for the next one to begin.
struct Pace {
    patience: Duration,
    since: Instant,
    from: usize,
}

impl Pace {
    fn begin(patience: Duration) -> Pace {
        Pace { patience, since: Instant::now(), from: 0 }
    }

    /// The next part of a body, of which so many bytes have come.
    async fn keep<T>(&mut self, come: usize, next: impl Future<Output = T>) -> Result<T, Problem> {
        let stretch = LEAST_PER_SECOND.saturating_mul(usize::try_from(self.patience.as_secs()).unwrap_or(usize::MAX));
        if come - self.from >= stretch {
            (self.since, self.from) = (Instant::now(), come);
        }
        let Some(until) = self.since.checked_add(self.patience) else { return Ok(next.await) };
        timeout_at(until, next).await.map_err(|_| {
            let detail = format!("send at least {LEAST_PER_SECOND} bytes a second");
            Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", "The body is too slow", detail)
                .with_header(CONNECTION, "close")
        })
    }
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed-json", "Not JSON", detail)
}

/// A JSON text as a `T`; what is wrong is named by JSON Pointer.
fn json<T: DeserializeOwned>(bytes: &[u8], at: &At) -> Result<T, Problem> {
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(Objects(&mut text)).map_err(|error| match error.inner().classify() {
            serde_json::error::Category::Data => wrong_field(&error),
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => malformed(error.inner().to_string()),
        })?;
    text.end().map_err(|error| malformed(error.to_string()))?;
    // In a JSON text, U+0000 can stand in this form only.
    if memchr::memmem::find(bytes, b"\\u0000").is_some()
        && let Some(pointer) = serde_json::from_slice(bytes).ok().as_ref().and_then(nul)
    {
        return Err(Problem::invalid(pointer, NUL));
    }
    if memchr::memmem::find(bytes, b"\"-00").is_some()
        && let Some(wrong) = odd_day(bytes, at)
    {
        return Err(wrong);
    }
    Ok(value)
}

/// A JSON text that came as a file, as a `T`: all that breaks the contract of the operation is named, as with any body.
pub fn read_json<T: DeserializeOwned>(text: &[u8], method: &str, route: &'static str) -> Result<T, Problem> {
    json(text, &At { method: method.to_owned(), route: Some(route) }).map_err(|problem: Problem| {
        let body = serde_json::from_slice(text).ok().filter(|_| problem.is("invalid") && text.len() <= EXPLAINED_MAX);
        match body {
            Some(body) => problem.with_errors(violations(method, route, &body)),
            None => problem,
        }
    })
}

/// The operation that a request is for, if it is one of the contract.
struct At {
    method: String,
    route: Option<&'static str>,
}

impl At {
    fn of(request: &HttpRequest) -> At {
        let route = request.extensions().get::<RouteName>().map(|route| route.0);
        At { method: request.method().to_string(), route }
    }
}

/// Whether a text could be a day before the year 0, which the calendar knows and the database does not: `-009999-01-01`.
fn may_be_odd_day(text: &str) -> bool {
    text.len() >= 13 && text.starts_with("-00") && text.as_bytes()[7] == b'-'
}

/// The refusal of a body with such a day where the contract has one.
fn odd_day(bytes: &[u8], at: &At) -> Option<Problem> {
    let body: Value = serde_json::from_slice(bytes).ok()?;
    let is_odd = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).is_some_and(may_be_odd_day);
    let mut found = violations(&at.method, at.route?, &body);
    found.retain(|error| is_odd(&error.pointer));
    let first = found.first()?;
    Some(Problem::invalid(first.pointer.clone(), ODD_DAY).with_errors(found))
}

/// What is said of such a day.
const ODD_DAY: &str = "a day lies in one of the years 0000 to 9999";

/// What is said of a text with U+0000, which PostgreSQL takes nowhere.
const NUL: &str = "must not hold the character U+0000";

/// Where a text with U+0000 stands, if one does.
fn nul(value: &Value) -> Option<String> {
    let below = |name: &str, value: &Value| {
        let mut pointer = String::new();
        push(&mut pointer, name);
        nul(value).map(|rest| pointer + &rest)
    };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| below(&index.to_string(), item)),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| below(name, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
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
    use std::net::{IpAddr, Ipv4Addr};

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
    async fn fl29_a_text_with_u_0000_is_named_by_its_pointer_wherever_it_stands() {
        let with = |name: &str, amount: &str| {
            format!(r#"{{"name": "{name}", "amount": {{"amount": "{amount}", "currency": "USD"}}}}"#)
        };
        assert_eq!(refused(post(&with("a\\u0000", "1"))).await, (422, "/name".into()));
        assert_eq!(refused(post(&with("a", "1\\u0000"))).await, (422, "/amount/amount".into()));
        let (request, mut payload) = post(&with("\\\\u0000", "1")).to_http_parts();
        assert!(Body::<Thing>::from_request(&request, &mut payload).await.is_ok(), "a backslash and five characters");
        let request = TestRequest::with_uri("/?limit=1%00").to_http_request();
        let problem = Params::<Query>::extract(&request).await.unwrap_err();
        assert_eq!((problem.body().status, problem.body().errors[0].pointer.as_str()), (422, "/limit"));
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
    async fn h5_a_stranger_and_a_form_send_64_kib_at_most() {
        let stranger = |length: usize| {
            let (request, payload) = post(&" ".repeat(length)).to_http_parts();
            request.extensions_mut().insert(Holder::Network(IpAddr::V4(Ipv4Addr::LOCALHOST)));
            (request, payload)
        };
        for (length, status) in [(STRANGER_MAX, 400), (STRANGER_MAX + 1, 413)] {
            let (request, mut payload) = stranger(length);
            let problem = Body::<Thing>::from_request(&request, &mut payload).await.unwrap_err();
            assert_eq!(problem.body().status, status, "{length}");
            let (request, mut payload) = post(&" ".repeat(length)).to_http_parts();
            let form = RawForm::from_request(&request, &mut payload).await;
            assert_eq!(form.err().map(|problem| problem.body().status), (status == 413).then_some(413), "{length}");
        }
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
