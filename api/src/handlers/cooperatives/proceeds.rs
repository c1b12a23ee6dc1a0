//! What a cooperative sells, and what that costs.

use super::members::{cooperative, cooperative_of};
use super::reversal::{Reversal, ReversalReason};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, MoneyBody, bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::operations::proceeds as operations;
use ledger::cooperatives::rules::cooperative::Quantity;
use ledger::cooperatives::rules::proceeds::{PARTICULAR_MAX, Particulars, Proceeds};
use ledger::cooperatives::store::proceeds;
use ledger::engine::store::journal::{self, JournalLine};
use ledger::id::{BookRef, ProceedsId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A sale or a cost to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProceedsRequest {
    /// `sale`, or `cost`.
    #[schema(pattern = "^(sale|cost)$", example = "sale")]
    pub(crate) kind: String,
    /// What was sold, or what it cost: last part of the account's code.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "presses")]
    pub(crate) label: String,
    /// Of a sale: who holds the money, such as `bank`, or on credit the customer. Of a cost: who is to be paid. A pseudonym, never a
    /// name.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "bank")]
    pub(crate) party: String,
    /// Of a sale: whether the customer has still to pay. What it pays then comes with a line of the bank, booked as `customer_paid`. Of a
    /// cost it stays false: each is owed until it is paid.
    #[serde(default)]
    pub(crate) on_credit: bool,
    /// Without value added tax, in the currency of the book.
    pub(crate) amount: MoneyBody,
    /// Value added tax on top of it, which the customer pays as well, or the supplier is paid: a line of its own, that no result and no
    /// surplus counts. No more than the amount; it is not given where there is none.
    #[serde(default)]
    pub(crate) vat: Option<MoneyBody>,
    /// When; the book's own day when it is not given. A book reaches back to 1 January, ten years before the year in which it
    /// was opened.
    pub(crate) occurred_on: Option<Date>,
    /// Whether it was business with somebody who is no member of the cooperative. What such sales are of all sales, a rule's step
    /// that is `non_member` sets aside.
    #[serde(default)]
    pub(crate) non_member: bool,
    /// The product, by the name or number that the cooperative has for it.
    #[serde(default)]
    #[schema(max_length = 100, example = "Earth-block press")]
    pub(crate) product: String,
    /// How many units of it, more than 0.
    #[serde(default)]
    #[schema(max_length = 12, pattern = r"^[0-9]{1,9}(\.[0-9]{1,2})?$", example = "3")]
    pub(crate) units: Option<String>,
    /// Where it was sold or bought, such as a town.
    #[serde(default)]
    #[schema(max_length = 100, example = "Maysville, Missouri")]
    pub(crate) place: String,
    /// The organisation with which it was, by its name or registered number; never a person.
    #[serde(default)]
    #[schema(max_length = 100, example = "Cafe Sol")]
    pub(crate) counterparty: String,
    /// Text for people; never a name.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(crate) memo: String,
    /// The cooperative's own number of the invoice, once per kind: sent again with it, the same sale or cost is not recorded
    /// twice.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub(crate) reference: String,
}

/// A sale or a cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proceeds)]
pub struct ProceedsBody {
    #[schema(value_type = String)]
    id: ProceedsId,
    /// `sale` or `cost`.
    kind: String,
    label: String,
    /// Without value added tax.
    amount: MoneyBody,
    /// Value added tax on top of it; 0 where there is none.
    vat: BalanceBody,
    /// Whether the customer of the sale had still to pay when it was sold.
    on_credit: bool,
    /// Whether it was business with somebody who is no member.
    non_member: bool,
    product: String,
    #[schema(value_type = Option<String>, example = "3.00")]
    units: Option<Quantity>,
    place: String,
    counterparty: String,
    occurred_on: Date,
    memo: String,
    reference: String,
    /// Number of its journal entry.
    entry: i64,
    /// When it was recorded, by the book's clock.
    recorded_at: Timestamp,
    /// How it was taken back; null while it stands.
    reversal: Option<Reversal>,
}

impl From<Proceeds> for ProceedsBody {
    fn from(it: Proceeds) -> ProceedsBody {
        ProceedsBody {
            id: it.id,
            kind: it.kind.to_string(),
            label: it.label,
            amount: it.amount.into(),
            vat: BalanceBody::new(it.vat, it.amount.currency()),
            on_credit: it.on_credit,
            non_member: it.particulars.non_member,
            product: it.particulars.product,
            units: it.particulars.units,
            place: it.particulars.place,
            counterparty: it.particulars.counterparty,
            occurred_on: it.occurred_on,
            memo: it.memo,
            reference: it.reference,
            entry: it.entry,
            recorded_at: it.recorded_at,
            reversal: it.undone.map(Reversal::from),
        }
    }
}

/// Records a sale (cash, or on credit what its customer has still to pay → sales) or a cost (cost → costs payable), with its journal entry.
/// Value added tax on top is a line of its own (→ VAT payable, or VAT receivable →). Reported again with the same reference and the same
/// content, it is the one that is there.
#[utoipa::path(tag = "proceeds", params(("book" = String, Path, description = "The cooperative's book")),
    request_body = NewProceedsRequest,
    responses((status = 201, description = "Recorded", body = ProceedsBody),
        (status = 200, description = "It was reported before, just so", body = ProceedsBody)))]
#[post("/v1/cooperatives/{book}/proceeds")]
pub(crate) async fn record(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewProceedsRequest>,
) -> Result<HttpResponse, Problem> {
    record_once(&state, &caller, *id, &request.key, &request.body).await
}

impl NewProceedsRequest {
    /// What it says, within the bounds of the contract.
    pub(crate) fn parse(&self) -> Result<operations::NewProceeds, Problem> {
        Ok(operations::NewProceeds {
            kind: parse("/kind", &self.kind)?,
            label: self.label.clone(),
            party: self.party.clone(),
            on_credit: self.on_credit,
            amount: self.amount.parse("/amount")?,
            vat: self.vat.as_ref().map(|vat| vat.parse("/vat")).transpose()?,
            occurred_on: self.occurred_on,
            particulars: self.particulars()?,
            memo: bounded("/memo", &self.memo, text::REFERENCE_OR_NONE)?,
            reference: bounded("/reference", &self.reference, 0..=100)?,
        })
    }

    fn particulars(&self) -> Result<Particulars, Problem> {
        let named = |pointer: &str, text: &str| bounded(pointer, text, 0..=PARTICULAR_MAX);
        Ok(Particulars {
            product: named("/product", &self.product)?,
            units: self.units.as_deref().map(|text| parse("/units", text)).transpose()?,
            place: named("/place", &self.place)?,
            counterparty: named("/counterparty", &self.counterparty)?,
            non_member: self.non_member,
        })
    }
}

/// Records a sale or a cost, once for its key: that of a request, or of a form.
pub(crate) async fn record_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    new: &NewProceedsRequest,
) -> Result<HttpResponse, Problem> {
    let (by, new) = (caller.person()?.id, new.parse()?);
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let recorded = operations::record(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        let body = ProceedsBody::from(recorded.proceeds);
        Ok(if recorded.was_known { Reply::ok(&body) } else { Reply::created(&body) })
    })
    .await
}

/// Records all of some sales and costs or none of them, once for the key of their form. What was recorded before, just so, stays as it is.
pub(crate) async fn record_all_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    all: &[operations::NewProceeds],
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, wall) = (cooperative(tx, caller, id).await?, ledger::calendar::now());
        for new in all {
            operations::record(tx, book.id, new.clone(), by, wall).await?;
        }
        Ok(Reply::created(&serde_json::json!({"recorded": all.len()})))
    })
    .await
}

/// What recording something would come to.
pub(crate) struct Tried {
    /// Whether it was recorded before, just so.
    pub(crate) was_known: bool,
    /// The lines of its entry.
    pub(crate) lines: Vec<JournalLine>,
}

/// Records some sales and costs one after the other and takes all of it back: what each comes to after those before it, or why it is
/// refused.
pub(crate) async fn tried(
    state: &State,
    caller: &Caller,
    id: BookRef,
    all: &[operations::NewProceeds],
) -> Result<Vec<Result<Tried, Problem>>, Problem> {
    let (by, wall) = (caller.person()?.id, ledger::calendar::now());
    let mut client = state.client().await?;
    let tx = client.transaction().await?;
    let book = cooperative(&tx, caller, id).await?;
    let mut found = Vec::new();
    for new in all {
        found.push(match operations::record(&tx, book.id, new.clone(), by, wall).await {
            Ok(it) => {
                Ok(Tried { was_known: it.was_known, lines: journal::lines(&tx, book.id, it.proceeds.entry, 1).await? })
            }
            Err(error @ (Error::Refused(_) | Error::Invalid { .. })) => Err(error.into()),
            Err(error) => return Err(error.into()),
        });
    }
    tx.rollback().await?;
    Ok(found)
}

/// Lists sales and costs.
#[utoipa::path(tag = "proceeds",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<ProceedsBody>)))]
#[get("/v1/cooperatives/{book}/proceeds")]
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
    let after = window.after.unwrap_or_default();
    let rows = proceeds::list(&client, book.id, book.currency, after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, ProceedsBody::from).respond(&http))
}

/// Takes a sale or a cost back, once, by the mirror of its entry, while no closed result counts it. It counts for nothing then,
/// and its invoice can be recorded again. The mirror counts on the day of the entry while that is open, else on the book's own.
#[utoipa::path(tag = "proceeds", params(("id" = String, Path, description = "The sale or cost")),
    request_body = ReversalReason,
    responses((status = 200, description = "Taken back", body = ProceedsBody)))]
#[post("/v1/proceeds/{id}:reverse")]
pub(crate) async fn reverse(
    state: Data<State>,
    caller: Caller,
    id: Path<ProceedsId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    reverse_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Takes a sale or a cost back, once for its key: that of a request, or of a form.
pub(crate) async fn reverse_once(
    state: &State,
    caller: &Caller,
    id: ProceedsId,
    key: &IdempotencyKey,
    why: &ReversalReason,
) -> Result<HttpResponse, Problem> {
    let (by, reason) = (caller.person()?.id, why.parse()?);
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, caller, id.book, "proceeds").await?;
        let reversed = operations::reverse(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ProceedsBody::from(reversed)))
    })
    .await
}
