//! Value added tax that a cooperative declares to a tax office.

use super::members::{cooperative, cooperative_of};
use super::reversal::{Reversal, ReversalReason};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, bounded};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::cooperatives::operations::vat_declarations as operations;
use ledger::cooperatives::rules::vat_declaration::VatDeclaration;
use ledger::cooperatives::store::vat_declarations;
use ledger::id::{BookRef, VatDeclarationId};
use ledger::money::Currency;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A declaration to be written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVatDeclaration {
    /// The last day of its period. The tax of all days until then that no declaration had is declared, so that what was recorded late
    /// comes with the next one.
    through: Date,
    /// The tax office: a short name, by which the line of the bank is booked that pays it (`cost_paid`), or that it pays (`customer_paid`).
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "tax-office")]
    office: String,
    /// Text for people; never a name.
    #[serde(default)]
    #[schema(max_length = 200, example = "First quarter")]
    memo: String,
}

/// Value added tax that was declared.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VatDeclaration)]
pub struct VatDeclarationBody {
    #[schema(value_type = String)]
    id: VatDeclarationId,
    /// The last day of its period: its entry counts on it.
    through: Date,
    office: String,
    /// Tax on sales.
    on_sales: BalanceBody,
    /// Tax on costs, which is taken off.
    on_costs: BalanceBody,
    /// What is owed to the office, as `liabilities:costs:{office}`; 0 where it owes.
    owed: BalanceBody,
    /// What the office owes, as `assets:receivable:customer:{office}`; 0 where it is owed.
    due_back: BalanceBody,
    memo: String,
    /// Number of its journal entry.
    entry: i64,
    /// When it was written down, by the book's clock.
    recorded_at: Timestamp,
    /// How it was taken back; null while it stands.
    reversal: Option<Reversal>,
}

impl VatDeclarationBody {
    fn new(it: VatDeclaration, currency: Currency) -> VatDeclarationBody {
        let (money, settled) = (|minor: i64| BalanceBody::new(minor, currency), it.settled());
        VatDeclarationBody {
            id: it.id,
            through: it.through,
            office: it.office,
            on_sales: money(it.on_sales),
            on_costs: money(it.on_costs),
            owed: money(settled.owed),
            due_back: money(settled.due_back),
            memo: it.memo,
            entry: it.entry,
            recorded_at: it.recorded_at,
            reversal: it.undone.map(Reversal::from),
        }
    }
}

/// Declares all value added tax until and with a day that no declaration had: what was paid on costs is taken off what came on sales, and
/// the rest is owed to the office, or by it, until a line of the bank pays it.
#[utoipa::path(tag = "proceeds", operation_id = "declare_vat",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewVatDeclaration,
    responses((status = 201, description = "Declared", body = VatDeclarationBody)))]
#[post("/v1/cooperatives/{book}/vat-declarations")]
pub(crate) async fn declare(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewVatDeclaration>,
) -> Result<HttpResponse, Problem> {
    let (by, id, new) = (caller.person()?.id, *id, &request.body);
    let new = operations::NewVatDeclaration {
        through: new.through,
        office: new.office.clone(),
        memo: bounded("/memo", &new.memo, text::REFERENCE_OR_NONE)?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, id).await?;
        let declared = operations::declare(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&VatDeclarationBody::new(declared, book.currency)))
    })
    .await
}

/// Lists declarations of value added tax.
#[utoipa::path(tag = "proceeds", operation_id = "list_vat_declarations",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<VatDeclarationBody>)))]
#[get("/v1/cooperatives/{book}/vat-declarations")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rows = vat_declarations::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, |row| VatDeclarationBody::new(row, book.currency)).respond(&http))
}

/// Takes the latest declaration back, once, by the mirror of its entry, while it is not paid. What it declared is declared by the next one.
#[utoipa::path(tag = "proceeds", operation_id = "reverse_vat_declaration",
    params(("id" = String, Path, description = "The declaration")), request_body = ReversalReason,
    responses((status = 200, description = "Taken back", body = VatDeclarationBody)))]
#[post("/v1/vat-declarations/{id}:reverse")]
pub(crate) async fn reverse(
    state: Data<State>,
    caller: Caller,
    id: Path<VatDeclarationId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    let (by, reason, id) = (caller.person()?.id, request.body.parse()?, *id);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, &caller, id.book, "VAT declaration").await?;
        let reversed = operations::reverse(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&VatDeclarationBody::new(reversed, book.currency)))
    })
    .await
}
