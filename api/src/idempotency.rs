//! The same key with the same request gets the first answer again.
//!
//! [`idempotent`] claims the key, does the work and stores the answer in one transaction. A refusal by a rule rolls the
//! work back and is then stored with its key, so that a repetition gets the same refusal; one that passes by itself
//! (`series-under-way`), 401, 403, 404, 429, 5xx and parse errors are never stored.

pub mod items;

use crate::problem::{Problem, ProblemBody};
use crate::refusals::BOOK_FROZEN;
use crate::state::State;
use actix_web::http::header::HeaderName;
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::{HttpRequest, HttpResponse};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use ledger::book::{Command, Companion, Key, Reason};
use ledger::engine::lane::{Answer, Outcome};
use ledger::engine::posting;
use ledger::engine::store::books::Book;
use ledger::id::{BookId, CallerId};
use ledger::service::store::replies::{self, Claim};
use ledger::{Error, Outage, Refusal, SERIES_UNDER_WAY};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use ledger::service::store::replies::Scope;

/// The header that carries the key.
const HEADER: &str = "idempotency-key";

/// Fields that are no part of a request's digest: who pays, where a payee has an account, and what somebody proves themselves with, are
/// not kept, and their digests would be.
const UNTOLD: [&str; 3] = ["payer", "bank_details", "recovery_code"];

/// Tells that an answer was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A key, bound to the method, the concrete path and the body that it came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: Uuid,
    request_digest: i64,
}

/// A key with the request that it came with, but for the body.
#[derive(Debug)]
pub struct NamedKey {
    key: Uuid,
    method: Method,
    target: String,
}

impl NamedKey {
    /// Bound to the body too, which is JSON.
    pub fn with(&self, body: &[u8]) -> IdempotencyKey {
        let request_digest = request_digest(self.method.as_str(), &self.target, body);
        IdempotencyKey { key: self.key, request_digest }
    }
}

impl IdempotencyKey {
    /// From the header of a request.
    pub fn named(request: &HttpRequest) -> Result<NamedKey, Problem> {
        let mut values = request.headers().get_all(HEADER);
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(missing("send one Idempotency-Key"));
        };
        let key = value.to_str().ok().and_then(unquote).ok_or_else(|| {
            missing("an Idempotency-Key has 1 to 255 visible ASCII characters, bare or as a quoted string")
        })?;
        Ok(NamedKey { key: key_uuid(&key), method: request.method().clone(), target: target(request.uri()) })
    }

    /// The key as a lane keeps it beside its posting.
    pub fn for_lane(self, caller: CallerId) -> Key {
        Key { caller: caller.0, key: self.key, request_digest: self.request_digest }
    }

    /// The key that an item of a batch carries, bound to the path and to the item itself.
    pub fn of_item(target: &str, key: &str, item: &Value) -> Option<IdempotencyKey> {
        let key = unquote(key)?;
        let request_digest = request_digest("POST", target, item.to_string().as_bytes());
        Some(IdempotencyKey { key: key_uuid(&key), request_digest })
    }

    /// The key of a part of this request, such as an item of a batch.
    pub fn part(self, name: &str) -> IdempotencyKey {
        IdempotencyKey { key: key_uuid(&format!("{}/{name}", self.key)), ..self }
    }
}

/// Path and query as a key is bound to them: a request that is only tried is the one that it tries.
fn target(uri: &Uri) -> String {
    let query = uri.query().unwrap_or_default();
    let pairs: Vec<&str> = query.split('&').filter(|pair| pair.split('=').next() != Some("dry_run")).collect();
    let rest = pairs.join("&");
    if rest.is_empty() { uri.path().to_owned() } else { format!("{}?{rest}", uri.path()) }
}

fn missing(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "idempotency-key-missing", "Idempotency-Key is missing", detail)
}

/// The text of a key: bare, or a quoted string of a structured field (RFC 9651).
fn unquote(value: &str) -> Option<String> {
    let value = value.trim();
    let key = match value.strip_prefix('"') {
        None => value.to_owned(),
        Some(rest) => {
            let inner = rest.strip_suffix('"')?;
            let mut text = String::new();
            let mut characters = inner.chars();
            while let Some(character) = characters.next() {
                match character {
                    '"' => return None,
                    '\\' => text.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
                    other => text.push(other),
                }
            }
            text
        }
    };
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    (visible && (1..=255).contains(&key.len())).then_some(key)
}

/// A `UUIDv7` as it is, any other text as the `UUIDv8` of its SHA-256.
fn key_uuid(key: &str) -> Uuid {
    match Uuid::try_parse(key) {
        Ok(uuid) if uuid.get_version_num() == 7 => uuid,
        Ok(_) | Err(_) => {
            let digest = Sha256::digest(key.as_bytes());
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&digest[..16]);
            Uuid::new_v8(bytes)
        }
    }
}

/// First 8 bytes of the SHA-256 of method, target and canonical body.
fn request_digest(method: &str, target: &str, body: &[u8]) -> i64 {
    let mut hash = Sha256::new();
    hash.update(method.as_bytes());
    hash.update(b"\n");
    hash.update(target.as_bytes());
    hash.update(b"\n");
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => hash_canonical(&value, &mut hash),
        Err(_) => hash.update(body),
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    i64::from_be_bytes(first)
}

/// The same for JSON texts that differ in blanks and in the order of fields only.
fn hash_canonical(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().filter(|(name, _)| !UNTOLD.contains(&name.as_str())).collect();
            names.sort_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, field) in names {
                hash.update(Value::from(name.as_str()).to_string().as_bytes());
                hash.update(b":");
                hash_canonical(field, hash);
                hash.update(b",");
            }
            hash.update(b"}");
        }
        Value::Array(items) => {
            hash.update(b"[");
            for item in items {
                hash_canonical(item, hash);
                hash.update(b",");
            }
            hash.update(b"]");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => hash.update(value.to_string().as_bytes()),
    }
}

/// An answer: what is stored with the key, and what is shown the first time only.
#[derive(Debug, Clone)]
pub struct Reply {
    status: StatusCode,
    body: Value,
    once: Option<Value>,
    names_entry: bool,
    refusal: Option<Problem>,
}

impl Reply {
    /// 201 with the thing that was made.
    pub fn created(body: &impl Serialize) -> Reply {
        Reply::new(StatusCode::CREATED, body)
    }

    /// 200 with the thing as it is now.
    pub fn ok(body: &impl Serialize) -> Reply {
        Reply::new(StatusCode::OK, body)
    }

    /// 202 with the thing as it is now: what was asked for is done later.
    pub fn accepted(body: &impl Serialize) -> Reply {
        Reply::new(StatusCode::ACCEPTED, body)
    }

    /// An answer with a status of 2xx.
    pub fn new(status: StatusCode, body: &impl Serialize) -> Reply {
        let body = serde_json::to_value(body).expect("a reply has string keys only");
        Reply { status, body, once: None, names_entry: false, refusal: None }
    }

    /// A refusal that is kept with what the work has written, which is not undone: such as that a try was counted.
    pub fn refused(refusal: Refusal) -> Reply {
        let problem = Problem::from(Error::from(refusal));
        let reply = Reply::new(problem.status(), problem.body());
        Reply { refusal: Some(problem), ..reply }
    }

    /// Its field `entry` gets the record number of the entry that a lane writes with it.
    pub fn naming_entry(self) -> Reply {
        Reply { names_entry: true, ..self }
    }

    /// The body with the number of the entry in its place.
    fn body_with(mut self, entry: i64) -> Value {
        if self.names_entry {
            self.body["entry"] = entry.into();
        }
        self.body
    }

    /// Shows another body the first time: one with a secret that must not be stored.
    pub fn showing_once(mut self, body: &impl Serialize) -> Reply {
        self.once = Some(serde_json::to_value(body).expect("a reply has string keys only"));
        self
    }
}

/// Whether a key has come before, with whatever request. A dry run with such a key is answered as the request itself would
/// be: by what is stored, or with the refusal of a key that was used for something else.
pub async fn has_come(state: &State, key: &IdempotencyKey, scope: Scope, caller: CallerId) -> Result<bool, Problem> {
    let claim = Claim { scope, caller, key: key.key, request_digest: key.request_digest };
    Ok(replies::find(&state.client().await?, &claim).await?.is_some())
}

/// Does the work of a POST once. A repetition with the same key and request gets the first answer.
///
/// The work gets the transaction; it must not commit. What it returns is stored in the same transaction.
pub async fn idempotent<F>(
    state: &State,
    key: &IdempotencyKey,
    scope: Scope,
    caller: CallerId,
    work: F,
) -> Result<HttpResponse, Problem>
where
    F: AsyncFnOnce(&Transaction<'_>) -> Result<Reply, Error>,
{
    state.vitals().may_post()?;
    let claim = Claim { scope, caller, key: key.key, request_digest: key.request_digest };
    let done = once(state, claim, work).await;
    state.heard(&done);
    done
}

async fn once<F>(state: &State, claim: Claim, work: F) -> Result<HttpResponse, Problem>
where
    F: AsyncFnOnce(&Transaction<'_>) -> Result<Reply, Error>,
{
    let wall = ledger::calendar::now();
    let mut client = state.client().await?;
    let tx = client.transaction().await?;
    if !replies::insert_claim(&tx, &claim, wall).await? {
        let stored = replies::find(&tx, &claim).await?;
        drop(tx);
        return replay(stored.ok_or_else(Problem::internal)?, &claim);
    }
    let reply = match work(&tx).await {
        Ok(reply) => reply,
        Err(error @ (Error::Refused(_) | Error::Invalid { .. })) if !passes(&error) => {
            tx.rollback().await?;
            let tx = client.transaction().await?;
            return store_refusal(tx, &claim, error.into(), wall).await;
        }
        Err(error) => {
            // Awaited, so that the locks are gone before the caller tries again.
            tx.rollback().await?;
            return Err(error.into());
        }
    };
    let status = i16::try_from(reply.status.as_u16()).expect("a status has three digits");
    replies::insert_answer(&tx, &claim, status, &reply.body, wall).await?;
    match tx.commit().await {
        Ok(()) => {
            state.vitals().written();
            match reply.refusal {
                Some(problem) => Err(problem),
                None => Ok(HttpResponse::build(reply.status).json(reply.once.unwrap_or(reply.body))),
            }
        }
        Err(error) => {
            drop(client);
            after_unknown_commit(state, &claim, &error).await
        }
    }
}

/// Whether a refusal passes by itself: the same request, with the same key, is done a little later.
fn passes(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.code == SERIES_UNDER_WAY)
}

/// The answer to a report of what has happened outside; while its book is frozen the report is not lost: `keep` keeps it as a
/// job, and its reply is the first answer to this key.
pub async fn or_kept<F>(
    answer: Result<HttpResponse, Problem>,
    state: &State,
    key: &IdempotencyKey,
    scope: Scope,
    caller: CallerId,
    keep: F,
) -> Result<HttpResponse, Problem>
where
    F: AsyncFnOnce(&Transaction<'_>) -> Result<Reply, Error>,
{
    match answer {
        Err(problem) if problem.is(BOOK_FROZEN) => idempotent(state, key, scope, caller, keep).await,
        Ok(_) | Err(_) => answer,
    }
}

/// Does the work of a POST once, through the lane of a book. `command` builds the lane's command from the companion row
/// that stores the reply.
///
/// None when it collides with a row written meanwhile, or the book is frozen: then the work has to be done by [`idempotent`]. A refusal by the
/// book is kept in its words, so that a repetition hears the same.
pub async fn by_lane(
    state: &State,
    key: &IdempotencyKey,
    caller: CallerId,
    book: &Book,
    reply: Reply,
    command: impl FnOnce(Companion) -> Command,
) -> Result<Option<HttpResponse>, Problem> {
    by_lane_or(state, key, caller, book, reply, command, |_| None).await
}

/// The same, where the operation has words of its own for why the book refuses.
pub async fn by_lane_or(
    state: &State,
    key: &IdempotencyKey,
    caller: CallerId,
    book: &Book,
    reply: Reply,
    command: impl FnOnce(Companion) -> Command,
    explain: impl FnOnce(Reason) -> Option<Refusal>,
) -> Result<Option<HttpResponse>, Problem> {
    let lane_key = key.for_lane(caller);
    let status = i16::try_from(reply.status.as_u16()).expect("a status has three digits");
    let row = replies::row(&lane_key, status, &reply.body, reply.names_entry, ledger::calendar::now());
    let answer = match state.lanes().command(book.id, lane_key, command(row)).await {
        Ok(answer) => answer,
        // A frozen book takes what posts nothing, the long way.
        Err(Error::Stale(_) | Error::BookFrozen) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let number = match answer.outcome {
        Outcome::Posted(number) => number,
        Outcome::Carried => 0,
        Outcome::Refused { .. } => posted_or(&state.client().await?, book, &lane_key, &answer, explain).await?,
    };
    if answer.replayed {
        let claim = claim_of(book.id, &lane_key);
        let stored = replies::find(&state.client().await?, &claim).await?;
        return replay(stored.ok_or_else(Problem::internal)?, &claim).map(Some);
    }
    Ok(Some(HttpResponse::build(reply.status).json(reply.body_with(number))))
}

/// The number of what a lane has posted, or its refusal as a problem.
///
/// A refusal is kept in its words, so that a repetition hears the same.
pub async fn posted(client: &impl GenericClient, book: &Book, key: &Key, answer: &Answer) -> Result<i64, Problem> {
    posted_or(client, book, key, answer, |_| None).await
}

/// The same, where the operation has words of its own for why the book refuses.
pub async fn posted_or(
    client: &impl GenericClient,
    book: &Book,
    key: &Key,
    answer: &Answer,
    explain: impl FnOnce(Reason) -> Option<Refusal>,
) -> Result<i64, Problem> {
    match answer.outcome {
        Outcome::Posted(number) => Ok(number),
        Outcome::Carried => Err(Problem::internal()),
        Outcome::Refused { reason: Some(reason), .. } => {
            let refusal = match explain(reason) {
                Some(refusal) => refusal,
                None => posting::refusal(client, book, reason).await?,
            };
            let problem: Problem = Error::from(refusal).into();
            keep_refusal(client, book.id, key, &problem).await?;
            Err(problem)
        }
        Outcome::Refused { code, reason: None } => {
            Err(refused_before(client, book.id, key).await?.unwrap_or_else(|| {
                // The first answer was lost before its words were kept.
                let problem: Problem = Error::from(Refusal::new(code, "the book refused it when it first came")).into();
                problem.with_header(REPLAYED, "true")
            }))
        }
    }
}

/// Keeps the words of a refusal that a lane has stored with its key.
async fn keep_refusal(client: &impl GenericClient, book: BookId, key: &Key, problem: &Problem) -> Result<(), Problem> {
    let status = i16::try_from(problem.body().status).expect("a status has three digits");
    let body = serde_json::to_value(problem.body()).expect("a problem has string keys only");
    replies::insert_answer(client, &claim_of(book, key), status, &body, ledger::calendar::now()).await?;
    Ok(())
}

/// The refusal that a key got when it first came, if its words were kept.
async fn refused_before(client: &impl GenericClient, book: BookId, key: &Key) -> Result<Option<Problem>, Problem> {
    let claim = claim_of(book, key);
    let Some(stored) = replies::find(client, &claim).await? else { return Ok(None) };
    Ok(if stored.answer.is_some() { replay(stored, &claim).err() } else { None })
}

fn claim_of(book: BookId, key: &Key) -> Claim {
    Claim { scope: Scope::Book(book), caller: CallerId(key.caller), key: key.key, request_digest: key.request_digest }
}

/// Keeps a refusal with its key that was decided on what the request has read: a repetition hears the same.
pub async fn refused(
    state: &State,
    key: &IdempotencyKey,
    scope: Scope,
    caller: CallerId,
    problem: Problem,
) -> Result<HttpResponse, Problem> {
    state.vitals().may_post()?;
    let claim = Claim { scope, caller, key: key.key, request_digest: key.request_digest };
    let mut client = state.client().await?;
    let kept = store_refusal(client.transaction().await?, &claim, problem, ledger::calendar::now()).await;
    state.heard(&kept);
    kept
}

/// Stores a refusal with its key, after its work was rolled back.
async fn store_refusal(
    tx: Transaction<'_>,
    claim: &Claim,
    problem: Problem,
    wall: Timestamp,
) -> Result<HttpResponse, Problem> {
    if !replies::insert_claim(&tx, claim, wall).await? {
        let stored = replies::find(&tx, claim).await?;
        drop(tx);
        return replay(stored.ok_or_else(Problem::internal)?, claim);
    }
    let status = i16::try_from(problem.body().status).expect("a status has three digits");
    let body = serde_json::to_value(problem.body()).expect("a problem has string keys only");
    replies::insert_answer(&tx, claim, status, &body, wall).await?;
    tx.commit().await?;
    Err(problem)
}

/// The connection was lost at COMMIT, or a node failed at it: only the key row knows whether the work was done.
async fn after_unknown_commit(
    state: &State,
    claim: &Claim,
    error: &tokio_postgres::Error,
) -> Result<HttpResponse, Problem> {
    tracing::warn!(%error, "the outcome of a commit is unknown; looking its key up");
    let unknown = || Problem::from(Outage::Away);
    let client = state.pool.get().await.map_err(|_| unknown())?;
    match replies::find(&client, claim).await {
        Ok(Some(stored)) => replay(stored, claim),
        Ok(None) | Err(_) => Err(unknown()),
    }
}

/// The first answer again.
fn replay(stored: replies::Stored, claim: &Claim) -> Result<HttpResponse, Problem> {
    let (status, body) = first_answer(stored, claim)?;
    Ok(HttpResponse::build(status).insert_header((REPLAYED, "true")).json(body))
}

/// Status and body of the first answer, or the refusal that it was.
fn first_answer(stored: replies::Stored, claim: &Claim) -> Result<(StatusCode, Value), Problem> {
    if stored.request_digest != claim.request_digest {
        return Err(Error::KeyReused.into());
    }
    let Some((status, body)) = stored.answer else {
        return Err(Error::KeyReused.into());
    };
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(Problem::internal)?;
    if status.is_success() {
        return Ok((status, body));
    }
    let body: ProblemBody = serde_json::from_value(body).map_err(|_| Problem::internal())?;
    Err(Problem::stored(body).with_header(REPLAYED, "true"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use ledger::id::BookId;

    fn key(value: &str) -> Result<IdempotencyKey, Problem> {
        let request = TestRequest::post().insert_header((HEADER, value)).to_http_request();
        Ok(IdempotencyKey::named(&request)?.with(b"{}"))
    }

    #[test]
    fn a_bare_and_a_quoted_key_are_the_same() {
        assert_eq!(key("order-17").unwrap(), key("\"order-17\"").unwrap());
        assert_eq!(key(r#""a\"b""#).unwrap(), key("a\"b").unwrap());
        for wrong in ["", "\"", "\"\"", "\"a", "\"a\"b\"", r#""a\b""#, "a b", &"x".repeat(256)] {
            assert_eq!(key(wrong).unwrap_err().body().status, 400, "{wrong}");
        }
        assert!(key(&"x".repeat(255)).is_ok());
    }

    #[test]
    fn a_missing_or_a_doubled_key_is_refused() {
        let twice = TestRequest::post().append_header((HEADER, "a")).append_header((HEADER, "b"));
        for request in [TestRequest::post(), twice] {
            let problem = IdempotencyKey::named(&request.to_http_request()).unwrap_err();
            assert_eq!(problem.body().kind, "/problems/idempotency-key-missing");
        }
    }

    #[test]
    fn a_uuid_v7_stays_and_any_other_text_becomes_a_uuid_v8() {
        let uuid = Uuid::now_v7();
        assert_eq!(key_uuid(&uuid.to_string()), uuid);
        let v4 = Uuid::new_v4();
        assert_ne!(key_uuid(&v4.to_string()), v4);
        assert_eq!(key_uuid("order-17").get_version_num(), 8);
        assert_ne!(key_uuid("order-17"), key_uuid("order-18"));
    }

    #[test]
    fn the_digest_sees_method_path_and_body_but_no_blanks_and_no_order() {
        let first = request_digest("POST", "/v1/a", br#"{"a": 1, "b": [1, 2]}"#);
        assert_eq!(first, request_digest("POST", "/v1/a", br#"{"b":[1,2],"a":1}"#));
        assert_ne!(first, request_digest("PUT", "/v1/a", br#"{"a": 1, "b": [1, 2]}"#));
        assert_ne!(first, request_digest("POST", "/v1/b", br#"{"a": 1, "b": [1, 2]}"#));
        assert_ne!(first, request_digest("POST", "/v1/a", br#"{"a": 1, "b": [2, 1]}"#));
        assert_ne!(first, request_digest("POST", "/v1/a", br#"{"a": "1", "b": [1, 2]}"#));
        let paid = br#"{"a": 1, "b": [1, 2], "payer": {"address": "203.0.113.7"}}"#;
        assert_eq!(first, request_digest("POST", "/v1/a", paid), "who pays leaves no trace");
        let account = br#"{"a": 1, "b": [1, 2], "bank_details": {"iban": "DE89370400440532013000"}}"#;
        assert_eq!(first, request_digest("POST", "/v1/a", account), "and no number of an account does");
        let proof = br#"{"a": 1, "b": [1, 2], "recovery_code": "abcdefgh23456722"}"#;
        assert_eq!(first, request_digest("POST", "/v1/a", proof), "nor what somebody proves themselves with");
    }

    #[test]
    fn fl5_a_dry_run_is_bound_to_the_request_that_it_tries() {
        let at = |uri: &str| target(&uri.parse().unwrap());
        assert_eq!(at("/v1/a?dry_run=true"), at("/v1/a"));
        assert_eq!(at("/v1/a?dry_run=false&x=1"), at("/v1/a?x=1"));
        assert_ne!(at("/v1/a?dry_runs=true"), at("/v1/a"));
    }

    #[test]
    fn a_stored_refusal_comes_back_as_it_was_and_another_request_with_its_key_does_not() {
        let scope = Scope::Book(BookId(1));
        let claim = Claim { scope, caller: CallerId(1), key: Uuid::now_v7(), request_digest: 7 };
        let problem = Problem::from(Error::from(ledger::Refusal::new("fund-short", "the fund holds 3.00 USD")));
        let body = serde_json::to_value(problem.body()).unwrap();
        let stored = replies::Stored { request_digest: 7, answer: Some((409, body)) };
        assert_eq!(replay(stored.clone(), &claim).unwrap_err().body(), problem.body());
        let other = Claim { request_digest: 8, ..claim };
        assert_eq!(replay(stored, &other).unwrap_err().body().kind, "/problems/idempotency-key-reused");
    }
}
