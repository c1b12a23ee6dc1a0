//! Partners and rails that leave a book, and the plans that wait as nobody collects for them any more.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, kept, require_admitted};
use crate::wire::paragraphs;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookRef, OrganisationId, PledgeId, WithdrawalId};
use ledger::pledging::operations::withdrawals as operations;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::rules::withdrawal::{Leaver, Withdrawal, WithdrawalState};
use ledger::pledging::store::withdrawals::{self, Waiting};
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// When a partner or a rail leaves, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawRequest {
    /// The last day on which pledges are taken and payments begin, in the zone of the book; at once when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date")]
    last_day: Option<Date>,
    /// For the list of who did what; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Why a withdrawal is taken back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RestoreRequest {
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// A partner or a rail that leaves a book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Withdrawal)]
pub struct WithdrawalBody {
    #[schema(value_type = String)]
    id: WithdrawalId,
    /// The partner platform; null when a rail is withdrawn.
    #[schema(value_type = Option<String>)]
    partner: Option<OrganisationId>,
    /// The rail; null when a partner is withdrawn.
    #[schema(value_type = Option<String>)]
    rail: Option<Rail>,
    /// `announced`: its moment has not come; `in_force`; `restored`: it was taken back.
    #[schema(value_type = String)]
    state: WithdrawalState,
    /// From when on nothing new begins, by the book's clock.
    from: Timestamp,
    #[schema(value_type = Option<String>, format = "date")]
    last_day: Option<Date>,
    /// Why.
    reason: String,
    /// When it was said, by the book's clock.
    created_at: Timestamp,
    /// When it was taken back, by the book's clock; null while it stands.
    restored_at: Option<Timestamp>,
}

impl WithdrawalBody {
    fn new(it: Withdrawal, book: &Book) -> WithdrawalBody {
        let state = it.state(book.now(ledger::calendar::now()));
        let (partner, rail) = match it.leaver {
            Leaver::Partner(partner) => (Some(partner), None),
            Leaver::Rail(rail) => (None, Some(rail)),
        };
        WithdrawalBody {
            id: it.id,
            partner,
            rail,
            state,
            from: it.from,
            last_day: it.last_day,
            reason: it.reason,
            created_at: it.created_at,
            restored_at: it.restored_at,
        }
    }
}

/// A plan that waits because its partner or its rail is withdrawn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingPledge)]
pub struct WaitingBody {
    #[schema(value_type = String)]
    pledge: PledgeId,
    /// The partner that brought it.
    #[schema(value_type = String)]
    partner: OrganisationId,
    /// What the partner calls it.
    reference: String,
    /// When it lapses, by the book's clock.
    until: Timestamp,
    /// Whether the donor was told by mail. Where nobody knows an address, the partner tells them.
    is_told: bool,
}

impl From<Waiting> for WaitingBody {
    fn from(it: Waiting) -> WaitingBody {
        let Waiting { pledge, partner, reference, until, has_address } = it;
        WaitingBody { pledge, partner, reference, until, is_told: has_address }
    }
}

/// The book, for its own owners, and for those of the partner that it has admitted.
async fn of_either(
    client: &impl GenericClient,
    caller: &Caller,
    id: BookRef,
    partner: OrganisationId,
) -> Result<Book, Error> {
    let by_host = kept(client, caller, id).await;
    let Err(refused @ (Error::NotFound(_) | Error::Forbidden(_))) = by_host else { return by_host };
    let book = books::resolve(client, id).await?;
    if books::partner_admitted(client, book.id, partner).await?
        && caller.require_role(client, partner, "book").await.is_ok()
    {
        return Ok(book);
    }
    Err(refused)
}

/// Withdraws a partner platform: from the moment on it places no pledge, and no payment of its pledges begins. Plans that are
/// charged now wait as `needs_action`, with the detail `partner_withdrawn`, and lapse 30 days later; their donors are told by mail.
/// What was begun before goes on: the partner reports captures, refunds and chargebacks as ever, and money settles. The owners
/// of the book may ask for it, and those of the partner. An admission that is deleted shuts the partner out instead.
#[utoipa::path(tag = "books", operation_id = "withdraw_partner_at",
    params(("book" = String, Path, description = "The book"),
           ("organisation" = String, Path, description = "The partner platform")),
    request_body = WithdrawRequest,
    responses((status = 201, description = "Withdrawn, now or after the last day", body = WithdrawalBody)))]
#[post("/v1/books/{book}/partners/{organisation}:withdraw")]
pub(crate) async fn withdraw_partner(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, OrganisationId)>,
    request: Keyed<WithdrawRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, partner) = path.into_inner();
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = of_either(tx, &caller, id, partner).await?;
        if !books::partner_admitted(tx, book.id, partner).await? {
            return Err(Error::NotFound("partner"));
        }
        let by = Change { version: None, actor: actor(&caller), reason: &reason };
        let leaver = Leaver::Partner(partner);
        let done = operations::withdraw(tx, &book, leaver, request.body.last_day, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&WithdrawalBody::new(done, &book)))
    })
    .await
}

/// Takes the withdrawal of a partner back. Plans that still wait for it go on with their next due date; those that have lapsed can
/// be resumed.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"),
           ("organisation" = String, Path, description = "The partner platform")),
    request_body = RestoreRequest, responses((status = 200, description = "Restored", body = WithdrawalBody)))]
#[post("/v1/books/{book}/partners/{organisation}:restore")]
pub(crate) async fn restore_partner(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, OrganisationId)>,
    request: Keyed<RestoreRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, partner) = path.into_inner();
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = of_either(tx, &caller, id, partner).await?;
        let by = Change { version: None, actor: actor(&caller), reason: &reason };
        let done = operations::restore(tx, &book, Leaver::Partner(partner), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&WithdrawalBody::new(done, &book)))
    })
    .await
}

/// Withdraws a rail from a book, as a partner is withdrawn: plans on it wait with the detail `rail_withdrawn`.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"),
           ("rail" = String, Path, description = "The rail", pattern = "^(sandbox|partner|stripe)$")),
    request_body = WithdrawRequest,
    responses((status = 201, description = "Withdrawn, now or after the last day", body = WithdrawalBody)))]
#[post("/v1/books/{book}/rails/{rail}:withdraw")]
pub(crate) async fn withdraw_rail(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, Rail)>,
    request: Keyed<WithdrawRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, rail) = path.into_inner();
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let by = Change { version: None, actor: actor(&caller), reason: &reason };
        let leaver = Leaver::Rail(rail);
        let done = operations::withdraw(tx, &book, leaver, request.body.last_day, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&WithdrawalBody::new(done, &book)))
    })
    .await
}

/// Takes the withdrawal of a rail back. Plans that still wait for it go on with their next due date.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"),
           ("rail" = String, Path, description = "The rail", pattern = "^(sandbox|partner|stripe)$")),
    request_body = RestoreRequest, responses((status = 200, description = "Restored", body = WithdrawalBody)))]
#[post("/v1/books/{book}/rails/{rail}:restore")]
pub(crate) async fn restore_rail(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, Rail)>,
    request: Keyed<RestoreRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, rail) = path.into_inner();
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let by = Change { version: None, actor: actor(&caller), reason: &reason };
        let done = operations::restore(tx, &book, Leaver::Rail(rail), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&WithdrawalBody::new(done, &book)))
    })
    .await
}

/// Lists the withdrawals of a book, also those that were taken back. A partner sees its own, and those of rails.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<WithdrawalBody>)))]
#[get("/v1/books/{book}/withdrawals")]
pub(crate) async fn list_withdrawals(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = books::resolve(&client, *id).await?;
    let seen_by = match caller.partner() {
        Some(partner) => {
            require_admitted(&client, partner, &book, "book").await?;
            Some(partner.organisation)
        }
        None => {
            caller.require_role(&client, book.organisation, "book").await?;
            None
        }
    };
    let rows = withdrawals::list(&client, book.id, seen_by, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, |row| WithdrawalBody::new(row, &book)).respond(&http))
}

/// Lists the plans that wait because of a withdrawal, and whether their donors were told. A partner sees those that it brought.
#[utoipa::path(tag = "books", params(("id" = String, Path, description = "The withdrawal"), PageQuery),
    responses((status = 200, description = "A page, the oldest pledge first", body = Page<WaitingBody>)))]
#[get("/v1/withdrawals/{id}/pledges")]
pub(crate) async fn list_waiting(
    state: Data<State>,
    caller: Caller,
    id: Path<WithdrawalId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "withdrawal").await?;
    let found = withdrawals::get(&client, *id).await?;
    let only = match caller.partner() {
        Some(partner) => {
            require_admitted(&client, partner, &book, "withdrawal").await?;
            if !found.is_for(partner.organisation) {
                return Err(Error::NotFound("withdrawal").into());
            }
            Some(partner.organisation)
        }
        None => {
            caller.require_role(&client, book.organisation, "withdrawal").await?;
            None
        }
    };
    let rows = withdrawals::waiting(&client, &found, only, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.pledge.object, WaitingBody::from).respond(&http))
}
