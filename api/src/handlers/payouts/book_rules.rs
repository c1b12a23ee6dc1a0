//! The rules of a book that its keepers set: who reads it, to whose bank account donors transfer, whether it is kept by the lines of banks.

use crate::auth::Caller;
use crate::extract::Body;
use crate::handlers::books::book::BookBody;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, note, require_leave};
use crate::wire::{IfMatch, etag, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, patch};
use ledger::books::operations::books as operations;
use ledger::engine::store::books::Visibility;
use ledger::id::{BookRef, OrganisationId};
use ledger::payouts::operations::settled_by_line;
use serde::Deserialize;
use utoipa::ToSchema;

/// What of a book changes; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBookRequest {
    /// `private`, `members`, or `public`, which operators decide on.
    #[schema(value_type = Option<String>, pattern = "^(private|members|public)$")]
    visibility: Option<Visibility>,
    /// The organisation to whose bank account donors transfer: the host, or a partner that is admitted; `none` for nobody.
    #[schema(pattern = "^(none|org_[a-z2-7]{26})$")]
    transfers_to: Option<String>,
    /// Whether money settles by lines of bank statements alone: a report of a custodian counts once its line is there, and no day closes at
    /// whose end a bank and the book differ. When that ends, what is overdue settles as in other books.
    kept_by_bank_lines: Option<bool>,
}

/// Says who may read a book from the next request on: an operator lets it be public, its keepers may take that back. Or to whose bank account
/// donors transfer: credits of that account which name nothing wait in suspense from then on. Or whether the book is kept by lines of banks.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book")),
    request_body = ChangeBookRequest,
    responses((status = 200, description = "As it is now, with its new ETag", body = BookBody)))]
#[patch("/v1/books/{book}")]
pub(crate) async fn change(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    seen: IfMatch,
    request: Body<ChangeBookRequest>,
) -> Result<HttpResponse, Problem> {
    let ChangeBookRequest { visibility, transfers_to, kept_by_bank_lines } = request.0;
    let transfers_to: Option<Option<OrganisationId>> = match transfers_to.as_deref() {
        None => None,
        Some("none") => Some(None),
        Some(id) => Some(Some(parse("/transfers_to", id)?)),
    };
    if visibility.is_none() && transfers_to.is_none() && kept_by_bank_lines.is_none() {
        return Err(Problem::invalid("/visibility", "say what changes"));
    }
    let (version, body) = state
        .in_transaction(async |tx| {
            let book = kept(tx, &caller, *id).await?;
            if let Some(visibility) = visibility {
                require_leave(&caller, visibility)?;
            }
            let change = operations::ChangeBook { visibility, transfers_to, kept_by_bank_lines };
            let book = operations::change(tx, book.id, seen.0, change).await?;
            let wall = ledger::calendar::now();
            if kept_by_bank_lines == Some(false) {
                settled_by_line::rule_ended(tx, &book, wall).await?;
            }
            let action = visibility.map_or("changed".to_owned(), |visibility| format!("made_{visibility}"));
            let rule =
                kept_by_bank_lines.map(|kept| if kept { "kept_by_bank_lines" } else { "not_kept_by_bank_lines" });
            if rule.is_none() || visibility.is_some() || transfers_to.is_some() {
                note(tx, &caller, &book, &book.reference(), &action, wall).await?;
            }
            if let Some(rule) = rule {
                note(tx, &caller, &book, &book.reference(), rule, wall).await?;
            }
            Ok((book.version, BookBody::of(tx, book).await?))
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, etag(version))).json(body))
}
