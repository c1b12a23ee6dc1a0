//! Batches of journal entries: a verdict per item, order kept.

use super::entries::NewJournalEntry;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent, posted};
use crate::problem::{Problem, ProblemBody};
use crate::state::State;
use crate::visibility::kept_by;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, post};
use jiff::Timestamp;
use ledger::book::{Entry, Key};
use ledger::books::operations::entries as operations;
use ledger::engine::lane::{Answer, Outcome};
use ledger::engine::store::books::Book;
use ledger::id::BookRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// After so many entries the others have their turn.
const TURN: usize = 50;

/// The most entries of a batch.
const ENTRIES_MAX: usize = 1_000;

/// Several journal entries.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntryBatch {
    /// What a refusal does to the others: `continue` with them, `stop` before the next, or `all_or_nothing`.
    #[schema(pattern = "^(continue|stop|all_or_nothing)$", example = "continue")]
    on_error: String,
    /// In this order.
    #[schema(min_items = 1, max_items = 1000)]
    entries: Vec<NewBatchItem>,
}

/// One entry of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatchItem {
    /// The idempotency key of this entry.
    #[schema(min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    key: String,
    /// The entry.
    entry: NewJournalEntry,
}

/// What became of the entries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryBatch)]
pub struct EntryBatchBody {
    /// One for each entry, in their order.
    items: Vec<VerdictBody>,
}

/// What became of an entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryVerdict)]
pub struct VerdictBody {
    /// `posted`, `refused`, or `skipped` after a refusal that stopped the batch.
    verdict: &'static str,
    /// Its record number; null when it was not posted.
    number: Option<i64>,
    /// Whether this is the first answer to its key again.
    replayed: bool,
    /// Why it was refused.
    problem: Option<ProblemBody>,
}

impl VerdictBody {
    fn posted(number: i64, replayed: bool) -> VerdictBody {
        VerdictBody { verdict: "posted", number: Some(number), replayed, problem: None }
    }

    fn refused(problem: &Problem, replayed: bool) -> VerdictBody {
        VerdictBody { verdict: "refused", number: None, replayed, problem: Some(problem.body().clone()) }
    }

    fn skipped() -> VerdictBody {
        VerdictBody { verdict: "skipped", number: None, replayed: false, problem: None }
    }
}

/// Posts up to 1,000 journal entries, each under its own key.
#[utoipa::path(tag = "journal-entries", params(("book" = String, Path, description = "The book")),
    request_body = NewEntryBatch,
    responses((status = 200, description = "A verdict for each entry, in their order", body = EntryBatchBody)))]
#[post("/v1/books/{book}/journal-entries:batch")]
pub(crate) async fn create_batch(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    http: HttpRequest,
    request: Keyed<NewEntryBatch>,
) -> Result<HttpResponse, Problem> {
    let book = kept_by(&state, &caller, *id).await?;
    let NewEntryBatch { on_error, entries } = request.body;
    if !(1..=ENTRIES_MAX).contains(&entries.len()) {
        return Err(Problem::invalid("/entries", format!("1 to {ENTRIES_MAX}")));
    }
    let mut keyed = Vec::with_capacity(entries.len());
    let connections = state.connections().await?;
    for (index, item) in entries.into_iter().enumerate() {
        if index % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
        let at = |problem: Problem| problem.below(&format!("/entries/{index}"));
        let told = serde_json::to_value(&item.entry).map_err(|_| Problem::internal())?;
        let key = IdempotencyKey::of_item(http.path(), &item.key, &told)
            .ok_or_else(|| at(Problem::invalid("/key", "1 to 255 visible ASCII characters")))?;
        let asked = item.entry.parse().map_err(at)?;
        let entry = asked.resolve(&state.directory, connections, &book, Timestamp::now()).await;
        keyed.push((key.for_lane(caller.id()), entry.map_err(|error| at(error.into()))?));
    }
    match on_error.as_str() {
        "continue" => {
            let keys: Vec<Key> = keyed.iter().map(|(key, _)| *key).collect();
            let mut items = Vec::with_capacity(keys.len());
            for (key, answer) in keys.iter().zip(state.lanes().post_each(book.id, keyed).await) {
                items.push(verdict(&state, &book, key, answer).await?);
            }
            Ok(HttpResponse::Ok().json(EntryBatchBody { items }))
        }
        "stop" => Ok(HttpResponse::Ok().json(until_refused(&state, &book, keyed).await?)),
        "all_or_nothing" => {
            idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
                let posted = operations::post_all(tx, &book, keyed.clone(), Timestamp::now()).await?;
                let items = posted.iter().map(|posted| VerdictBody::posted(posted.number, false)).collect();
                Ok(Reply::ok(&EntryBatchBody { items }))
            })
            .await
        }
        _ => Err(Problem::invalid("/on_error", "must be continue, stop or all_or_nothing")),
    }
}

/// One after the other, until one is refused.
async fn until_refused(state: &State, book: &Book, keyed: Vec<(Key, Entry)>) -> Result<EntryBatchBody, Problem> {
    let mut items = Vec::with_capacity(keyed.len());
    let mut stopped = false;
    for (key, entry) in keyed {
        if stopped {
            items.push(VerdictBody::skipped());
            continue;
        }
        let item = verdict(state, book, &key, state.lanes().post(book.id, key, entry).await).await?;
        stopped = item.number.is_none();
        items.push(item);
    }
    Ok(EntryBatchBody { items })
}

/// A verdict on its own; what is nobody's verdict (a lost database) fails the request, and its keys tell the rest.
async fn verdict(
    state: &State,
    book: &Book,
    key: &Key,
    answer: Result<Answer, ledger::Error>,
) -> Result<VerdictBody, Problem> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error @ ledger::Error::KeyReused) => return Ok(VerdictBody::refused(&error.into(), false)),
        Err(error) => return Err(error.into()),
    };
    if let Outcome::Posted(number) = answer.outcome {
        return Ok(VerdictBody::posted(number, answer.replayed));
    }
    let client = state.client().await?;
    Ok(match posted(&client, book, key, &answer).await {
        Ok(number) => VerdictBody::posted(number, answer.replayed),
        Err(problem) => VerdictBody::refused(&problem, answer.replayed),
    })
}
