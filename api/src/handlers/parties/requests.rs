//! What a partner asked lately, and what it was answered: for those who look for what went wrong.

use crate::auth::Caller;
use crate::extract::Params;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use ledger::book::Mode;
use ledger::id::{CredentialId, OrganisationId};
use ledger::parties::rules::request::AnsweredRequest;
use ledger::parties::store::requests;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A request of a partner, and what it was answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestLine)]
pub struct RequestLineBody {
    /// When it was answered, by the wall clock.
    at: Timestamp,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    method: String,
    /// The path as the contract has it, with the names of its parameters.
    #[schema(example = "/v1/pledges/{id}")]
    path: String,
    /// The HTTP status of the answer.
    #[schema(minimum = 100, maximum = 599)]
    status: u16,
    /// The end of the type of the problem that was answered, such as `invalid`; null when it was none.
    problem: Option<String>,
    /// As in the header `X-Request-Id` of the answer: it names the request in our logs.
    request_id: String,
    /// By which credential.
    #[schema(value_type = String)]
    credential: CredentialId,
    /// The mode of that credential.
    #[schema(value_type = String)]
    mode: Mode,
}

impl From<AnsweredRequest> for RequestLineBody {
    fn from(it: AnsweredRequest) -> RequestLineBody {
        let AnsweredRequest { credential, mode, at, method, path, status, problem, request_id, .. } = it;
        let problem = (!problem.is_empty()).then_some(problem);
        RequestLineBody { at, method, path, status, problem, request_id, credential, mode }
    }
}

/// Lists what a partner asked in the last 30 days, the newest first: neither bodies nor queries, nor ids of anything. A credential sees what
/// was asked by those of its own mode. A request is listed about a second after its answer; those beyond the rate limit are not, nor those
/// whose token was refused, and under much load some may be missing.
#[utoipa::path(tag = "requests", params(("id" = String, Path, description = "The partner platform"), PageQuery),
    responses((status = 200, description = "A page, the newest first", body = Page<RequestLineBody>)))]
#[get("/v1/partners/{id}/requests")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    caller.require_role(&client, *id, "partner").await?;
    let of_credential = caller.partner().map(|partner| [partner.mode]);
    let modes = of_credential.as_ref().map_or(Mode::ALL, |mode| mode.as_slice());
    let rows = requests::list(&client, *id, modes, false, window.after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id, RequestLineBody::from).respond(&http))
}
