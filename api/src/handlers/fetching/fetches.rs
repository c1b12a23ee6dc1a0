//! Fetches: asked for, and read by who asked.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::brought_to;
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::evidence::Digest;
use ledger::fetching::operations::fetches as operations;
use ledger::fetching::rules::fetch::{Failure, Fetch, Outcome};
use ledger::fetching::store::fetches;
use ledger::id::{BookRef, EvidenceFetchId};
use ledger::service::quota::Quota;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address to be fetched and hashed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressToFetch {
    /// The book whose evidence shall name it.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: String,
    /// The address: https in a live book, in a sandbox http too; at the usual port, without a name or a password in it.
    #[schema(
        min_length = 8,
        max_length = 2000,
        pattern = "^https?://",
        example = "https://designs.example/press/report.pdf"
    )]
    url: String,
}

/// An address that is fetched and hashed, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EvidenceFetch)]
pub struct EvidenceFetchBody {
    #[schema(value_type = String)]
    id: EvidenceFetchId,
    /// `pending`, `fetched` or `failed`.
    state: &'static str,
    url: String,
    /// When it was asked for, by the wall clock.
    asked_at: Timestamp,
    /// When it was fetched or had failed, by the wall clock; null while it is pending.
    ended_at: Option<Timestamp>,
    /// Why nothing was fetched: `address_refused`: it is not public, has another port, or is not https where it must be, or leads
    /// to one that is; `host_unknown`; `unreachable`; `too_slow`: not within 20 seconds; `too_large`: more than 32 MiB;
    /// `content_type`: none that is fetched; `encoded`: it came compressed; `status`: it is not 200; `redirects`: more than three.
    #[schema(value_type = Option<String>)]
    failure: Option<Failure>,
    /// SHA-256 of the bytes that came.
    #[schema(value_type = Option<String>)]
    sha256: Option<Digest>,
    /// How many there were.
    bytes: Option<i64>,
    /// Their media type.
    content_type: Option<String>,
    /// The address that answered, after redirects.
    final_url: Option<String>,
}

impl From<Fetch> for EvidenceFetchBody {
    fn from(it: Fetch) -> EvidenceFetchBody {
        let (outcome, ended_at) = it.outcome.unzip();
        let (state, failure, fetched) = match outcome {
            None => ("pending", None, None),
            Some(Outcome::Failed(why)) => ("failed", Some(why), None),
            Some(Outcome::Fetched(fetched)) => ("fetched", None, Some(fetched)),
        };
        EvidenceFetchBody {
            id: it.id,
            state,
            url: it.url,
            asked_at: it.asked_at,
            ended_at,
            failure,
            sha256: fetched.as_ref().map(|fetched| fetched.sha256),
            bytes: fetched.as_ref().map(|fetched| fetched.bytes),
            content_type: fetched.as_ref().map(|fetched| fetched.content_type.clone()),
            final_url: fetched.map(|fetched| fetched.final_url),
        }
    }
}

/// Has an address fetched and hashed, for whoever has no terminal: read it until it has ended, then name its id in evidence of the same
/// book. It goes to public addresses only; what comes is hashed and not kept, and the fetch itself is kept for 30 days. It is for people who
/// read the book, and for those of teams and payees in it. So many a day: see `/problems/quota`.
#[utoipa::path(tag = "evidence", request_body = AddressToFetch,
    responses((status = 201, description = "It is pending", body = EvidenceFetchBody)))]
#[post("/v1/evidence-fetches")]
pub(crate) async fn ask_fetch(
    state: Data<State>,
    caller: Caller,
    request: Keyed<AddressToFetch>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let id: BookRef = parse("/book", &request.body.book)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = brought_to(tx, &caller, id).await?;
        let wall = ledger::calendar::now();
        caller.take_quota(tx, state.config.quotas, Quota::Fetches, wall).await?;
        let asked = operations::ask(tx, &book, request.body.url.clone(), by, wall).await?;
        Ok(Reply::created(&EvidenceFetchBody::from(asked)))
    })
    .await
}

/// Shows a fetch to who asked for it.
#[utoipa::path(tag = "evidence", params(("id" = String, Path, description = "The fetch")),
    responses((status = 200, description = "As it is now", body = EvidenceFetchBody)))]
#[get("/v1/evidence-fetches/{id}")]
pub(crate) async fn show_fetch(
    state: Data<State>,
    caller: Caller,
    id: Path<EvidenceFetchId>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let found = fetches::find(&state.client().await?, *id).await?.filter(|found| found.asked_by == by);
    let found = found.ok_or(Error::NotFound("fetch"))?;
    Ok(HttpResponse::Ok().json(EvidenceFetchBody::from(found)))
}
