//! What the bank of a sandbox book answers to a payout file: files as banks make them, to be sent in as theirs are.

use super::payout_files::require_keeper;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path, block};
use actix_web::{HttpResponse, get};
use ledger::id::PayoutFileId;
use ledger::payouts::operations::sandbox_answers as operations;
use std::io;

/// The bank of a sandbox book reports on a payout file, once somebody took its text: a payment status report, pain.002.001.10, which
/// `POST /v1/books/{book}/payout-status-files` takes. It rejects what goes to accounts that end with `0001`, and says nothing of
/// those that end with `0005`.
#[utoipa::path(tag = "payout-files", params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "The report", content((String = "application/xml")))))]
#[get("/v1/payout-files/{id}/sandbox-status-report")]
pub(crate) async fn status_report(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutFileId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    require_keeper(&client, &caller, *id).await?;
    let report = operations::report(&client, *id, ledger::calendar::now()).await?;
    drop(client);
    let text = block(move || report.write(Vec::new())).await.map_err(|_| Problem::internal())?;
    answer(*id, "pain.002", text)
}

/// The bank of a sandbox book tells what it has booked of a payout file, once somebody took its text and the day of execution is over: a
/// file of camt.053.001.08 with a statement for each such day, which `POST /v1/books/{book}/bank-statement-files` takes. Its balances
/// are what the book has as cash of the custodian, less what the bank has paid and the book was not told. It pays nothing to accounts
/// that end with `0001` or `0005`; what goes to those with `0002` or `0004` comes back five days later, and of what goes to those with
/// `0003` or `0004` it keeps 1.00.
#[utoipa::path(tag = "payout-files", params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "The statements", content((String = "application/xml")))))]
#[get("/v1/payout-files/{id}/sandbox-statement")]
pub(crate) async fn statement(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutFileId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    require_keeper(&client, &caller, *id).await?;
    let statements = operations::statements(&client, *id, ledger::calendar::now()).await?;
    drop(client);
    let text = block(move || statements.write(Vec::new())).await.map_err(|_| Problem::internal())?;
    answer(*id, "camt.053", text)
}

fn answer(id: PayoutFileId, message: &str, text: io::Result<Vec<u8>>) -> Result<HttpResponse, Problem> {
    let text = text.map_err(|error| {
        tracing::error!(file = %id, "an answer of the sandbox's bank could not be written: {error}");
        Problem::internal()
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/xml"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.{message}.xml\"")))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text))
}
