//! Exports: the whole book as text for the tools of accountants and auditors.

use super::books::read_accounts;
use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, get};
use futures_util::TryStreamExt;
use ledger::export::hledger;
use ledger::id::BookRef;
use ledger::operations::exports;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// A format of exports.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The journal format of hledger.
    Hledger,
}

/// In which format.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `hledger`: a plain-text journal with balance assertions, which `hledger check --strict` accepts.
    #[param(value_type = String, pattern = "^hledger$")]
    format: Format,
}

/// Exports the whole book. A text whose last line does not begin with `; end:` was cut by an error.
#[utoipa::path(tag = "exports", params(("book" = String, Path, description = "The book"), ExportQuery),
    responses((status = 200, description = "The book as it was when the export began", body = String,
               content_type = "text/plain")))]
#[get("/v1/books/{book}/export")]
pub(crate) async fn export(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    drop(client);
    let file = format!("attachment; filename=\"{}.journal\"", book.reference());
    let (media_type, pieces) = match query.0.format {
        Format::Hledger => (hledger::MEDIA_TYPE, exports::hledger(state.pool.clone(), book).await?),
    };
    let pieces = pieces.map_ok(Bytes::from).inspect_err(|error| tracing::error!(%error, "an export was cut"));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CONTENT_DISPOSITION, file))
        .streaming(pieces))
}
