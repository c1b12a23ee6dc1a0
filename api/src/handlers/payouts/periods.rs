//! Closing periods: a close writes the trial balance of its last day.

use super::bank_differences::BankDifferenceBody;
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, note};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use jiff::civil::Date;
use ledger::id::BookRef;
use ledger::payouts::operations::closing;
use serde::Serialize;
use utoipa::ToSchema;

/// A closed period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClosedPeriod)]
pub struct ClosedPeriodBody {
    /// The last day that is closed.
    through: Date,
    /// Number of the record, which holds the trial balance of that day.
    number: i64,
    /// Differences of banks that two people have moved on these days, and that nothing has explained since; the record tells them too.
    #[schema(max_items = 1000)]
    differences: Vec<BankDifferenceBody>,
}

/// Closes the days through this one: entries that would take effect on or before it are refused from then on. A book that is kept by
/// lines of banks closes when banks and book agree at the end of the day: differences that stay are moved by two people first.
#[utoipa::path(tag = "books",
    params(("book" = String, Path, description = "The book"),
           ("date" = String, Path, description = "The last day of the period", format = "date", pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")),
    request_body = Nothing, responses((status = 201, description = "Closed", body = ClosedPeriodBody)))]
#[post("/v1/books/{book}/periods/{date}:close")]
pub(crate) async fn close_period(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, Date)>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (id, through) = path.into_inner();
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let wall = ledger::calendar::now();
        let (number, moved) = closing::close(tx, &book, through, wall).await?;
        note(tx, &caller, &book, &through, "period closed", wall).await?;
        let differences = moved.into_iter().map(BankDifferenceBody::from).collect();
        Ok(Reply::created(&ClosedPeriodBody { through, number, differences }))
    })
    .await
}
