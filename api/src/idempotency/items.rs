//! The items of a batch, each with a key of its own: their first answers are looked up and kept, many in one question.

use super::{IdempotencyKey, REPLAYED, Reply, first_answer};
use crate::problem::{Problem, ProblemBody};
use crate::state::State;
use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use ledger::Error;
use ledger::book::{Companion, Key};
use ledger::id::{BookId, CallerId};
use ledger::service::store::companions;
use ledger::service::store::replies::{self, Claim, Scope};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A good answer to an item.
#[derive(Debug, Clone)]
pub struct Answered {
    /// A status of 2xx.
    pub status: StatusCode,
    /// What the item became.
    pub body: Value,
    /// Whether this is the first answer again.
    pub replayed: bool,
}

impl From<Reply> for Answered {
    fn from(reply: Reply) -> Answered {
        Answered { status: reply.status, body: reply.body, replayed: false }
    }
}

/// What an item hears.
pub type Answer = Result<Answered, Problem>;

/// Whether a refusal is the first answer again.
pub fn is_replayed(problem: &Problem) -> bool {
    problem.headers().iter().any(|(name, _)| *name == REPLAYED)
}

/// Of each, whether its key stands in the batch before.
pub fn doubled(keys: &[IdempotencyKey]) -> Vec<bool> {
    let mut seen = HashSet::new();
    keys.iter().map(|key| !seen.insert(key.key)).collect()
}

/// The first answers to those keys that have come before, each in its place.
pub async fn find(
    client: &impl GenericClient,
    book: BookId,
    caller: CallerId,
    keys: &[IdempotencyKey],
) -> Result<Vec<Option<Answer>>, Error> {
    let uuids: Vec<Uuid> = keys.iter().map(|key| key.key).collect();
    let known: HashMap<Uuid, replies::Stored> =
        replies::find_all(client, book, caller, &uuids).await?.into_iter().collect();
    let one = |key: &IdempotencyKey| {
        let claim = claim(book, caller, *key);
        known.get(&key.key).map(|stored| replayed(first_answer(stored.clone(), &claim)))
    };
    Ok(keys.iter().map(one).collect())
}

fn claim(book: BookId, caller: CallerId, key: IdempotencyKey) -> Claim {
    Claim { scope: Scope::Book(book), caller, key: key.key, request_digest: key.request_digest }
}

fn replayed(first: Result<(StatusCode, Value), Problem>) -> Answer {
    first.map(|(status, body)| Answered { status, body, replayed: true })
}

/// The row by which a lane keeps the answer to an item.
pub fn row(key: &Key, reply: &Reply, wall: Timestamp) -> Companion {
    let status = i16::try_from(reply.status.as_u16()).expect("a status has three digits");
    replies::row(key, status, &reply.body, false, wall)
}

/// Claims the keys of all items for this transaction, which keeps their answers.
///
/// # Errors
///
/// [`Error::StillRunning`] when one has just come with another request.
pub async fn claim_all(
    tx: &Transaction<'_>,
    book: BookId,
    caller: CallerId,
    keys: &[IdempotencyKey],
) -> Result<(), Error> {
    let new = claims(tx, book, caller, keys).await?;
    if new.len() == keys.len() { Ok(()) } else { Err(Error::StillRunning) }
}

async fn claims(
    tx: &Transaction<'_>,
    book: BookId,
    caller: CallerId,
    keys: &[IdempotencyKey],
) -> Result<Vec<Uuid>, Error> {
    let keys: Vec<(Uuid, i64)> = keys.iter().map(|key| (key.key, key.request_digest)).collect();
    replies::insert_claims(tx, book, caller, &keys).await
}

/// Keeps answers that were decided on what the request has read, and that no row says. Who has come meanwhile with the same key
/// is heard instead.
pub async fn keep(
    state: &State,
    book: BookId,
    caller: CallerId,
    decided: Vec<(IdempotencyKey, Answer)>,
) -> Result<Vec<Answer>, Problem> {
    if decided.is_empty() {
        return Ok(Vec::new());
    }
    state.vitals().may_post()?;
    let keys: Vec<IdempotencyKey> = decided.iter().map(|(key, _)| *key).collect();
    let mut client = state.client().await?;
    let tx = client.transaction().await?;
    let new = claims(&tx, book, caller, &keys).await?;
    let wall = ledger::calendar::now();
    let rows: Vec<Companion> = decided
        .iter()
        .filter(|(key, _)| new.contains(&key.key))
        .map(|(key, answer)| kept_row(&key.for_lane(caller), answer, wall))
        .collect();
    companions::write(&tx, book, &rows).await?;
    tx.commit().await?;
    let others = find(&client, book, caller, &keys).await?;
    let heard = decided.into_iter().zip(others).map(|((key, answer), other)| {
        if new.contains(&key.key) { answer } else { other.unwrap_or_else(|| Err(Error::StillRunning.into())) }
    });
    Ok(heard.collect())
}

fn kept_row(key: &Key, answer: &Answer, wall: Timestamp) -> Companion {
    let (status, body) = match answer {
        Ok(answered) => (answered.status.as_u16(), answered.body.clone()),
        Err(problem) => {
            let body = serde_json::to_value(problem.body()).expect("a problem has string keys only");
            (problem.body().status, body)
        }
    };
    replies::row(key, i16::try_from(status).expect("a status has three digits"), &body, false, wall)
}

/// What an item hears that went the way of a request of its own.
pub fn read(response: Result<HttpResponse, Problem>) -> Answer {
    let response = response?;
    let (status, replayed) = (response.status(), response.headers().contains_key(REPLAYED));
    let bytes = response.into_body().try_into_bytes().map_err(|_| Problem::internal())?;
    let body = serde_json::from_slice(&bytes).map_err(|_| Problem::internal())?;
    Ok(Answered { status, body, replayed })
}

/// A refusal as the body of a verdict, its fields named from the root of the batch.
pub fn refusal(problem: Problem, pointer: &str) -> ProblemBody {
    problem.below(pointer).body().clone()
}
