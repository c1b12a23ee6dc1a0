//! The payee's side: what is owed to a person, or to an organisation, in all books, and what it waits for.

use crate::auth::Caller;
use crate::extract::Params;
use crate::paging::{Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, MoneyBody};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::id::{BookRef, OrganisationId, PayoutId};
use ledger::payouts::operations::payables::{self as operations, Due};
use ledger::payouts::rules::owed::Owed;
use ledger::payouts::rules::payee::Payee;
use ledger::payouts::rules::payout::Payout;
use ledger::payouts::store::payables::Place;
use serde::Serialize;
use utoipa::ToSchema;

/// The payout of an amount that is owed, as its payee sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayablePayout)]
pub struct PayablePayoutBody {
    #[schema(value_type = String)]
    id: PayoutId,
    amount: MoneyBody,
    /// The end-to-end id that stands on your bank statement.
    reference: String,
    memo: String,
    /// `requested`, `approved`, `screened`, `held` or `sent`.
    state: String,
    /// When it is cancelled while nobody sends it, by the book's clock; null once it was sent.
    until: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = "date")]
    sent_on: Option<Date>,
    /// The first day on which it counts as late: it should have left the bank before.
    #[schema(value_type = Option<String>, format = "date")]
    late_from: Option<Date>,
}

impl From<Payout> for PayablePayoutBody {
    fn from(it: Payout) -> PayablePayoutBody {
        PayablePayoutBody {
            id: it.id,
            amount: it.amount.into(),
            reference: it.reference,
            memo: it.memo,
            state: it.state.word().to_string(),
            until: it.state.until(),
            sent_on: it.sending.map(|sending| sending.on),
            late_from: it.sending.map(|sending| sending.late_from),
        }
    }
}

/// An amount that is owed, or on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payable)]
pub struct PayableBody {
    #[schema(value_type = String)]
    book: BookRef,
    book_name: String,
    /// `team`: what milestones released; `prize`: what challenges awarded; `member` and `lender`: shares of surpluses.
    source: String,
    /// Your number as a member, with the source `member`.
    member: Option<i32>,
    /// The short name under which you are a lender, with the source `lender`.
    lender: Option<String>,
    /// What is owed, without what was sent.
    owed: BalanceBody,
    /// The oldest payout of it that is not over; null when nobody has asked for one.
    payout: Option<PayablePayoutBody>,
    /// What it waits for: `bank_account`, that you give one; `request`, that somebody of the host asks for its payout; `approval`;
    /// `screening`; `operator`; `custodian`, whose money is frozen; `sending`; or `bank`.
    waits_for: String,
}

impl From<Due> for PayableBody {
    fn from(it: Due) -> PayableBody {
        let source = it.payable.owed.source().to_string();
        let (member, lender) = match it.payable.owed {
            Owed::Member(number) => (Some(number), None),
            Owed::Lender(name) => (None, Some(name)),
            Owed::Team(_) | Owed::Prize(_) => (None, None),
        };
        PayableBody {
            book: it.payable.book,
            book_name: it.payable.book_name,
            source,
            member,
            lender,
            owed: BalanceBody::new(it.payable.amount, it.payable.currency),
            payout: it.payout.map(PayablePayoutBody::from),
            waits_for: it.waits_for.to_string(),
        }
    }
}

/// Lists what is owed to the caller in all books, or is on its way: as a member of cooperatives, and as a lender. For each amount its
/// payout, and what it waits for.
#[utoipa::path(tag = "payables", params(PageQuery),
    responses((status = 200, description = "A page, by book", body = Page<PayableBody>)))]
#[get("/v1/me/payables")]
pub(crate) async fn list_own(
    state: Data<State>,
    caller: Caller,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let payee = Payee::Person(caller.person()?.id);
    let client = state.client().await?;
    page_of(&client, payee, query.0.window()?, &http).await
}

/// Lists what is owed to an organisation in all books, or is on its way: of milestones, of prizes, and as a lender. For each amount its
/// payout, and what it waits for.
#[utoipa::path(tag = "payables", params(("id" = String, Path, description = "The organisation"), PageQuery),
    responses((status = 200, description = "A page, by book", body = Page<PayableBody>)))]
#[get("/v1/organisations/{id}/payables")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    caller.require_role(&client, *id, "organisation").await?;
    page_of(&client, Payee::Organisation(*id), query.0.window()?, &http).await
}

async fn page_of(
    client: &impl GenericClient,
    payee: Payee,
    window: Window<Place>,
    http: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let rows = operations::due(client, payee, window.after.unwrap_or_default(), window.fetch()).await?;
    let place = |row: &Due| (row.payable.book.book.0, row.payable.account.0);
    Ok(window.page(rows, place, PayableBody::from).respond(http))
}
