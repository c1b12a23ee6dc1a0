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
use ledger::book::{Entry, Key};
use ledger::books::operations::entries as operations;
use ledger::books::operations::exchange_pairs::Purpose;
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
    /// What a refusal does to the others: `continue` with them, `stop` before the next, or `all_or_nothing`. With the first
    /// two an entry that is wrong in itself (an unknown account, legs that do not balance) is refused like any other; with
    /// the last, the whole batch is, and the refusal names the entry. Entries whose keys are known were posted before, and
    /// are answered by their numbers. A body that is not of this shape is refused whole.
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
    /// The idempotency key of this entry; with `all_or_nothing` each may stand there once.
    #[schema(min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    key: String,
    /// The entry.
    entry: NewJournalEntry,
}

impl NewBatchItem {
    /// Whether it is of the shape that the contract gives it; what it means, only the book can say.
    fn check_shape(&self) -> Result<(), Problem> {
        if IdempotencyKey::of_item("", &self.key, &serde_json::Value::Null).is_none() {
            return Err(no_key());
        }
        self.entry.check_shape().map_err(|problem| problem.below("/entry"))
    }
}

fn no_key() -> Problem {
    Problem::invalid("/key", "1 to 255 visible ASCII characters")
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
    for (index, item) in entries.iter().enumerate() {
        item.check_shape().map_err(|problem| problem.below(&format!("/entries/{index}")))?;
    }
    let mut items = Vec::with_capacity(entries.len());
    for (index, item) in entries.into_iter().enumerate() {
        if index % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
        let read = read_item(&state, &book, &caller, http.path(), item).await;
        items.push(read.map_err(|problem| problem.below(&format!("/entries/{index}"))));
    }
    match on_error.as_str() {
        "continue" => Ok(HttpResponse::Ok().json(one_by_one(&state, &book, items).await?)),
        "stop" => Ok(HttpResponse::Ok().json(until_refused(&state, &book, items).await?)),
        "all_or_nothing" => {
            let keyed = items.into_iter().collect::<Result<Vec<_>, Problem>>()?;
            idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
                let posted = operations::post_all(tx, &book, keyed.clone(), ledger::calendar::now()).await?;
                let items = posted.iter().map(|posted| VerdictBody::posted(posted.number, posted.replayed)).collect();
                Ok(Reply::ok(&EntryBatchBody { items }))
            })
            .await
        }
        _ => Err(Problem::invalid("/on_error", "must be continue, stop or all_or_nothing")),
    }
}

/// An item that was understood, or why it was not.
type Item = Result<(Key, Entry), Problem>;

/// An item, ready for a lane.
async fn read_item(state: &State, book: &Book, caller: &Caller, path: &str, item: NewBatchItem) -> Item {
    let told = serde_json::to_value(&item.entry).map_err(|_| Problem::internal())?;
    let key = IdempotencyKey::of_item(path, &item.key, &told).ok_or_else(no_key)?;
    let asked = item.entry.parse().map_err(|problem| problem.below("/entry"))?;
    let pool = state.connections().await?;
    let entry = asked.resolve(&state.directory, pool, book, Purpose::Post, ledger::calendar::now()).await;
    let entry = entry.map_err(|error| Problem::from(error).below("/entry"))?;
    Ok((key.for_lane(caller.id()), entry))
}

/// The verdict on an item that was not understood; trouble of ours fails the request.
fn not_understood(problem: Problem) -> Result<VerdictBody, Problem> {
    if problem.status().is_server_error() { Err(problem) } else { Ok(VerdictBody::refused(&problem, false)) }
}

/// Each for itself.
async fn one_by_one(state: &State, book: &Book, items: Vec<Item>) -> Result<EntryBatchBody, Problem> {
    let keyed: Vec<(Key, Entry)> = items.iter().filter_map(|item| item.as_ref().ok().cloned()).collect();
    let mut answers = state.lanes().post_each(book.id, keyed).await.into_iter();
    let mut verdicts = Vec::with_capacity(items.len());
    for item in items {
        verdicts.push(match item {
            Ok((key, _)) => {
                let answer = answers.next().unwrap_or(Err(ledger::Error::StillRunning));
                verdict(state, book, &key, answer).await?
            }
            Err(problem) => not_understood(problem)?,
        });
    }
    Ok(EntryBatchBody { items: verdicts })
}

/// One after the other, until one is refused.
async fn until_refused(state: &State, book: &Book, items: Vec<Item>) -> Result<EntryBatchBody, Problem> {
    let mut verdicts = Vec::with_capacity(items.len());
    let mut stopped = false;
    for item in items {
        if stopped {
            verdicts.push(VerdictBody::skipped());
            continue;
        }
        let item = match item {
            Ok((key, entry)) => verdict(state, book, &key, state.lanes().post(book.id, key, entry).await).await?,
            Err(problem) => not_understood(problem)?,
        };
        stopped = item.number.is_none();
        verdicts.push(item);
    }
    Ok(EntryBatchBody { items: verdicts })
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
