//! Events that a partner fires by hand in a sandbox book, to see them arrive.

use super::events::EventBody;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::require_admitted;
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::{BookRef, object_in};
use ledger::partners::operations::firing;
use ledger::service::event::EventKind;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event to be fired.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FireEventRequest {
    /// The kind: one that your token may read.
    #[schema(example = "charge.captured", max_length = 100)]
    kind: String,
    /// What it tells of: an object that you brought, whose own pledge, amount and so on it tells as they stand. Made up when it is left out.
    #[serde(default)]
    #[schema(pattern = "^[a-z]{3}_[a-z2-7]{32}$")]
    object: Option<String>,
}

/// Fires an event by hand in a sandbox book, so that you see it arrive: it comes to you alone, by `GET /v1/events` and at your endpoints, as such
/// events do, but for `test`, which is true.
///
/// It did not happen. Nobody else sees it, nothing in the book changes by it, and no mail is written; what lists changed objects does not know of it.
/// Without an `object` it tells of one that is made up, which you cannot read. With one its `sequence` is one more than the object's last,
/// which the next event that really happens to it may have as well. 60 a minute in a book at most.
#[utoipa::path(tag = "webhooks", params(("book" = String, Path, description = "A sandbox book")), request_body = FireEventRequest,
    responses((status = 202, description = "It is in the list, and on its way to your endpoints", body = EventBody)))]
#[post("/v1/books/{book}/events:fire")]
pub(crate) async fn fire_event(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<FireEventRequest>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.partner().ok_or(Error::NotFound("book"))?;
    let kind: EventKind = parse("/kind", &request.body.kind)?;
    let object = request.body.object.as_deref().map(|object| object_of(kind, *id, object)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = books::resolve(tx, *id).await?;
        require_admitted(tx, partner, &book, "book").await?;
        let fired = firing::fire(tx, &book, (partner.organisation, &partner.scopes), kind, object).await?;
        Ok(Reply::accepted(&EventBody::new(fired)?))
    })
    .await
}

/// The object of an id, if it is one of the book of which a kind of event tells.
fn object_of(kind: EventKind, book: BookRef, text: &str) -> Result<Uuid, Problem> {
    match object_in(text) {
        Some((prefix, of, object)) if of == book.book && prefix == kind.family.prefix => Ok(object),
        Some(_) | None => {
            let wanted = format!("not an id of this book that begins with {}_", kind.family.prefix);
            Err(Problem::invalid("/object", wanted))
        }
    }
}
