//! Settlements as custodians report them: in books that are kept by the lines of banks they count with their line.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::handlers::pledging::settlements::{NewSettlement, SettlementBody};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::require_admitted;
use crate::wire::parse;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use ledger::engine::store::books;
use ledger::id::BookRef;
use ledger::parties::rules::role::Scope as Permission;
use ledger::payouts::operations::settled_by_line;

/// Reports money that the partner has paid over, with the charges that it brought. Exactly they are settled, as of that day, and count
/// as funded. A line that differs from what is owed refuses the whole settlement, and the answer names up to a hundred such lines with both
/// figures. With `accept_difference` less may arrive than is owed: such a charge stays owed with what is missing, and nothing is released of it
/// until the rest is reported. What is never reported settles by the clock, unless the host has said that this partner settles by its reports. In a
/// book that is kept by lines of banks it counts once a line of the partner's bank with this reference and this amount is there, and is of its day.
#[utoipa::path(tag = "settlements", request_body = NewSettlement,
    responses((status = 201, description = "Settled, now or before by the same reference", body = SettlementBody)))]
#[post("/v1/settlements")]
pub(crate) async fn report(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewSettlement>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Permission::ChargesWrite)?;
    let book: BookRef = parse("/book", &request.body.book)?;
    let report = request.body.parse(book, partner.organisation)?;
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = books::resolve(tx, book).await?;
        require_admitted(tx, partner, &book, "book").await?;
        let wall = ledger::calendar::now();
        let settled = settled_by_line::report(tx, &book, &report, wall).await?;
        Ok(Reply::created(&SettlementBody::of(settled, book.today(wall))))
    })
    .await
}
