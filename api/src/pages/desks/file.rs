//! A file that somebody has uploaded, for whoever may read what names it.

use super::named;
use crate::auth::Caller;
use crate::handlers::files::uploads;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpResponse, route};
use ledger::id::FileId;

/// The bytes of a file: a picture or a text in the window, anything else to be kept.
#[route("/desk/files/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<FileId>,
) -> Result<HttpResponse, Problem> {
    uploads::content(state, &caller, named(asked)?, true).await
}
