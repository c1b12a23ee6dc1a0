//! For those who run it and those who integrate it: health, and contracts.

use crate::contract;
use crate::figures;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use jiff::SignedDuration;
use ledger::engine::store::checks;
use ledger::id::BookRef;
use ledger::service::store::{adoptions, heartbeats};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes that tell of the service itself.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes.service(livez).service(readyz).service(openapi).service(openapi_partner).service(openapi_public);
    routes.service(openapi_3_0).service(openapi_partner_3_0);
}

/// A worker that has said nothing for so long counts as away.
pub(crate) const HEARTBEAT_AGE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// The most frozen books that readiness names.
const FROZEN_MAX: i64 = 100;

/// The process runs.
#[utoipa::path(tag = "health", responses((status = 200, description = "It runs", body = String, content_type = "text/plain")))]
#[get("/livez")]
pub(crate) async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// What readiness looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether requests can be served.
    ready: bool,
    /// The database answers.
    database: bool,
    /// Its schema is the one that this program was made for.
    schema: bool,
    /// The database takes writes: it is no standby, and not set to be read only. Without that the service is not ready.
    writable: bool,
    /// The last write found room. When it did not, the service is not ready until one does; after half a minute it lets
    /// requests try.
    storage: bool,
    /// The clocks of this process and of its database are at most five seconds apart. When it is more than a minute, nothing
    /// can be posted, and the service is not ready.
    clock: bool,
    /// Every book was compared with its own journal within the last day, or is frozen. Requests are served all the same.
    comparison: bool,
    /// A worker was seen in the last minute. Without one requests are served, but nothing is charged, mailed or released.
    worker: bool,
    /// The database is the installation itself. In a restored copy that nobody has adopted no job is done: nothing is
    /// charged, mailed or released.
    adopted: bool,
    /// Books that differ from themselves and take no record until an operator has decided. Requests are served all the same.
    #[schema(value_type = Vec<String>)]
    frozen_books: Vec<BookRef>,
}

/// The process can serve requests.
#[utoipa::path(tag = "health", responses(
    (status = 200, description = "Ready", body = Readiness), (status = 503, description = "Not ready", body = Readiness)))]
#[get("/readyz")]
pub(crate) async fn readyz(state: Data<State>) -> HttpResponse {
    let mut readiness = Readiness {
        ready: false,
        database: false,
        schema: false,
        writable: false,
        storage: state.vitals().has_storage(),
        clock: state.vitals().clocks_agree(),
        comparison: false,
        worker: false,
        adopted: false,
        frozen_books: Vec::new(),
    };
    if let Ok(client) = state.health.get().await {
        readiness.database = client.simple_query("SELECT 1").await.is_ok();
        readiness.schema = migrations::check(&client).await.is_ok();
        readiness.writable = migrations::takes_writes(&client).await.unwrap_or(false);
        let standing = checks::standing(&client).await;
        let age = standing.map(|books| figures::comparison_age(&books, ledger::calendar::now()));
        readiness.comparison = age.is_ok_and(|age| age <= figures::COMPARISON_AGE_MAX);
        let seen = heartbeats::list_since(&client, ledger::calendar::now() - HEARTBEAT_AGE_MAX).await;
        readiness.worker = seen.is_ok_and(|workers| !workers.is_empty());
        readiness.adopted = adoptions::holds(&client).await.unwrap_or(false);
        let frozen = checks::list_frozen(&client, FROZEN_MAX).await.unwrap_or_default();
        readiness.frozen_books = frozen.into_iter().map(|freeze| freeze.book).collect();
    }
    let may_write = readiness.writable && readiness.storage && state.vitals().may_post().is_ok();
    readiness.ready = readiness.database && readiness.schema && may_write;
    let mut response = if readiness.ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(readiness)
}

/// The whole contract.
#[utoipa::path(tag = "contract", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/openapi.json")]
pub(crate) async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(&*contract::ALL)
}

/// The contract of what a partner may call.
#[utoipa::path(tag = "contract", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/openapi/partner.json")]
pub(crate) async fn openapi_partner() -> HttpResponse {
    HttpResponse::Ok().json(&*contract::PARTNER)
}

/// The contract of what everybody may call without a token: what is published, by the visibility of each book.
#[utoipa::path(tag = "contract", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/openapi/public.json")]
pub(crate) async fn openapi_public() -> HttpResponse {
    HttpResponse::Ok().json(&*contract::PUBLIC)
}

/// The whole contract, for generators of clients that read no 3.1.
#[utoipa::path(tag = "contract", responses((status = 200, description = "OpenAPI 3.0", body = Object)))]
#[get("/openapi-3.0.json")]
pub(crate) async fn openapi_3_0() -> HttpResponse {
    HttpResponse::Ok().json(&*contract::ALL_3_0)
}

/// The contract of what a partner may call, for generators of clients that read no 3.1.
#[utoipa::path(tag = "contract", responses((status = 200, description = "OpenAPI 3.0", body = Object)))]
#[get("/openapi/partner-3.0.json")]
pub(crate) async fn openapi_partner_3_0() -> HttpResponse {
    HttpResponse::Ok().json(&*contract::PARTNER_3_0)
}
