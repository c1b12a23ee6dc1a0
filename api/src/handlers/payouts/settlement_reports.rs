//! Settlements as custodians report them: in books that are kept by the lines of banks they count with their line.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::handlers::pledging::settlements::{NewSettlement, SettlementBody};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, require_admitted};
use crate::wire::{paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::engine::store::books;
use ledger::id::{BookRef, SettlementId};
use ledger::parties::rules::role::Scope as Permission;
use ledger::payouts::operations::settled_by_line::{self, Counted};
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;

/// Reports money that the partner has paid over, with the charges that it brought. Exactly they are settled, as of that day, and count
/// as funded. A line that differs from what is owed refuses the whole settlement, and the answer names up to a hundred such lines with both
/// figures. With `accept_difference` less may arrive than is owed: such a charge stays owed with what is missing, and nothing is released of it
/// until the rest is reported. What is never reported settles by the clock, unless the host has said that this partner settles by its reports. In a
/// book that is kept by lines of banks it counts once a line of the partner's bank with this reference and this amount is there, and is of its day:
/// until then it is `announced`, and posted to nothing.
#[utoipa::path(tag = "settlements", request_body = NewSettlement,
    responses((status = 201, description = "Settled or announced, now or before by the same reference", body = SettlementBody)))]
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
        let body = match settled_by_line::report(tx, &book, &report, partner.credential, wall).await? {
            Counted::Settled(settled) => SettlementBody::of(settled, book.today(wall)),
            Counted::Announced(announced) => SettlementBody::announced(&announced),
        };
        Ok(Reply::created(&body))
    })
    .await
}

/// Why what was announced is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawSettlement {
    /// Without personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Withdraws a settlement that the partner has announced to a book that is kept by lines of banks, such as to report what its bank has paid
/// over indeed: its reference is free again. Nothing was posted of it.
#[utoipa::path(tag = "settlements", params(("id" = String, Path, description = "The settlement")),
    request_body = WithdrawSettlement,
    responses((status = 200, description = "Withdrawn, now or before", body = SettlementBody)))]
#[post("/v1/settlements/{id}:withdraw")]
pub(crate) async fn withdraw_settlement(
    state: Data<State>,
    caller: Caller,
    id: Path<SettlementId>,
    request: Keyed<WithdrawSettlement>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Permission::ChargesWrite)?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "settlement").await?;
        require_admitted(tx, partner, &book, "settlement").await?;
        let wall = ledger::calendar::now();
        let over = settled_by_line::withdraw(tx, &book, *id, partner.organisation, &reason, wall).await?;
        Ok(Reply::ok(&SettlementBody::announced(&over)))
    })
    .await
}
