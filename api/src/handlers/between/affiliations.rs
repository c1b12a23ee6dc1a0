//! Which cooperatives are of a federation: invited, accepted or declined, and ended.

use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::handlers::cooperatives::members::{KEEPERS, cooperative, cooperative_of};
use crate::handlers::cooperatives::reversal::ReversalReason;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::who_may::{COOPERATORS, DECIDERS};
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::between::operations::affiliations as operations;
use ledger::between::rules::affiliation::Affiliation;
use ledger::between::store::affiliations;
use ledger::engine::store::books;
use ledger::id::{AffiliationId, BookId, BookRef};
use ledger::parties::rules::role::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A cooperative that is asked to be of a federation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAffiliation {
    /// Its book, in the currency of the federation's.
    #[schema(
        min_length = 36,
        max_length = 36,
        pattern = "^bok_[a-z2-7]{32}$",
        example = "bok_aaaaaaibulo752aaojyz7ygprtkrlevp"
    )]
    member: String,
}

/// That a cooperative is of a federation, or was asked to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Affiliation)]
pub struct AffiliationBody {
    #[schema(value_type = String)]
    id: AffiliationId,
    /// The book of the federation.
    #[schema(value_type = String)]
    federation: BookRef,
    /// Name of that book.
    federation_name: String,
    /// The book of the cooperative.
    #[schema(value_type = String)]
    member: BookRef,
    /// Name of the cooperative's book; null unless it accepted.
    name: Option<String>,
    /// `invited`; `member`; `left`; `declined` by the cooperative; `withdrawn` by the federation; or `lapsed` when nobody answered in time.
    state: String,
    /// When it was invited, by the book's clock: that of the federation.
    invited_at: Timestamp,
    /// Until when it can be answered, by the book's clock.
    until: Timestamp,
    /// First day as a member, by the same clock; null unless it accepted.
    joined_on: Option<Date>,
    /// Last day; null while it lasts.
    left_on: Option<Date>,
    /// Why it was declined, withdrawn or ended; empty otherwise.
    reason: String,
}

impl AffiliationBody {
    async fn read(client: &impl GenericClient, it: Affiliation) -> Result<AffiliationBody, Error> {
        let (federation, member) = (books::get(client, it.id.book).await?, books::get(client, it.of_book).await?);
        Ok(AffiliationBody {
            id: it.id,
            federation: federation.reference(),
            federation_name: federation.name,
            member: member.reference(),
            name: it.joined_on.map(|_| member.name),
            state: it.state.to_string(),
            invited_at: it.invited_at,
            until: it.until,
            joined_on: it.joined_on,
            left_on: it.left_on,
            reason: it.reason,
        })
    }
}

/// Asks a cooperative to be of a federation, which is a cooperative itself. It is, once the other accepts: it waits for its owners and approvers,
/// for thirty days.
#[utoipa::path(tag = "remittances", operation_id = "invite_affiliation",
    params(("book" = String, Path, description = "The book of the federation")), request_body = NewAffiliation,
    responses((status = 201, description = "Invited", body = AffiliationBody)))]
#[post("/v1/cooperatives/{book}/affiliations")]
pub(crate) async fn invite(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewAffiliation>,
) -> Result<HttpResponse, Problem> {
    let (by, member) = (caller.person()?.id, parse::<BookRef>("/member", &request.body.member)?);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, *id).await?;
        let invited = operations::invite(tx, book.id, member, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&AffiliationBody::read(tx, invited).await?))
    })
    .await
}

/// Lists the cooperatives that are of a federation, were, or are asked to be; and the federations of which a cooperative is so.
#[utoipa::path(tag = "remittances", operation_id = "list_affiliations",
    params(("book" = String, Path, description = "The book of the federation, or of the cooperative"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<AffiliationBody>)))]
#[get("/v1/cooperatives/{book}/affiliations")]
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
    let rows = affiliations::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    let page = window.page(rows, |row| row.id.object, |row| row);
    let mut items = Vec::new();
    for row in page.items {
        items.push(AffiliationBody::read(&client, row).await?);
    }
    Ok(Page { items, next_cursor: page.next_cursor }.respond(&http))
}

/// Whether somebody speaks for the federation of an affiliation by one of some roles, or else for the cooperative.
async fn speaks_for(
    client: &impl GenericClient,
    caller: &Caller,
    book: BookId,
    roles: &'static [Role],
) -> Result<bool, Error> {
    let book = books::get(client, book).await?;
    caller.has_role(client, book.organisation, roles).await
}

/// The affiliation of which somebody is on the side of the cooperative: who is on neither side hears of none.
pub(crate) async fn of_member(
    client: &impl GenericClient,
    caller: &Caller,
    id: AffiliationId,
) -> Result<Affiliation, Error> {
    const WHAT: &str = "affiliation";
    let it = affiliations::get(client, id).await?;
    if !speaks_for(client, caller, it.of_book, COOPERATORS).await? {
        cooperative_of(client, caller, id.book, WHAT).await?;
        return Err(Error::Forbidden("the cooperative that is asked answers"));
    }
    if !speaks_for(client, caller, it.of_book, DECIDERS).await? {
        return Err(Error::Forbidden("owners and approvers of the cooperative that is asked answer"));
    }
    Ok(it)
}

/// Shows an affiliation to people of the federation and of the cooperative.
#[utoipa::path(tag = "remittances", operation_id = "show_affiliation",
    params(("id" = String, Path, description = "The affiliation")),
    responses((status = 200, description = "The affiliation", body = AffiliationBody)))]
#[get("/v1/affiliations/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<AffiliationId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let it = affiliations::get(&client, *id).await?;
    if !speaks_for(&client, &caller, it.of_book, COOPERATORS).await? {
        cooperative_of(&client, &caller, id.book, "affiliation").await?;
    }
    Ok(HttpResponse::Ok().json(AffiliationBody::read(&client, it).await?))
}

/// Accepts: the cooperative is of the federation from today on. Who has a role in the federation reads its balances by class in the
/// federation's consolidation then, with what it owes to each of the others there and is owed by them, and no other account of it. Owners and
/// approvers of the cooperative.
#[utoipa::path(tag = "remittances", operation_id = "accept_affiliation",
    params(("id" = String, Path, description = "The affiliation")), request_body = Nothing,
    responses((status = 200, description = "Accepted", body = AffiliationBody)))]
#[post("/v1/affiliations/{id}:accept")]
pub(crate) async fn accept(
    state: Data<State>,
    caller: Caller,
    id: Path<AffiliationId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    accept_once(&state, &caller, *id, &request.key).await
}

/// Accepts, once for its key: that of a request, or of a form.
pub(crate) async fn accept_once(
    state: &State,
    caller: &Caller,
    id: AffiliationId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_member(tx, caller, id).await?;
        let accepted = operations::accept(tx, id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&AffiliationBody::read(tx, accepted).await?))
    })
    .await
}

/// Declines, for a reason that the federation reads. Owners and approvers of the cooperative.
#[utoipa::path(tag = "remittances", operation_id = "decline_affiliation",
    params(("id" = String, Path, description = "The affiliation")), request_body = ReversalReason,
    responses((status = 200, description = "Declined", body = AffiliationBody)))]
#[post("/v1/affiliations/{id}:decline")]
pub(crate) async fn decline(
    state: Data<State>,
    caller: Caller,
    id: Path<AffiliationId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    decline_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Declines, once for its key: that of a request, or of a form.
pub(crate) async fn decline_once(
    state: &State,
    caller: &Caller,
    id: AffiliationId,
    key: &IdempotencyKey,
    why: &ReversalReason,
) -> Result<HttpResponse, Problem> {
    let (by, reason) = (caller.person()?.id, why.parse()?);
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_member(tx, caller, id).await?;
        let declined = operations::decline(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&AffiliationBody::read(tx, declined).await?))
    })
    .await
}

/// Ends it today, by the federation's clock: keepers of the federation's book, or owners and approvers of the cooperative. The federation
/// takes an invitation that nobody has answered back by the same call.
#[utoipa::path(tag = "remittances", operation_id = "end_affiliation",
    params(("id" = String, Path, description = "The affiliation")), request_body = ReversalReason,
    responses((status = 200, description = "Ended", body = AffiliationBody)))]
#[post("/v1/affiliations/{id}:end")]
pub(crate) async fn end(
    state: Data<State>,
    caller: Caller,
    id: Path<AffiliationId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    end_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Ends it, once for its key: that of a request, or of a form.
pub(crate) async fn end_once(
    state: &State,
    caller: &Caller,
    id: AffiliationId,
    key: &IdempotencyKey,
    why: &ReversalReason,
) -> Result<HttpResponse, Problem> {
    let (by, reason) = (caller.person()?.id, why.parse()?);
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let federation = speaks_for(tx, caller, id.book, KEEPERS).await?;
        if !federation {
            of_member(tx, caller, id).await?;
        }
        let wall = ledger::calendar::now();
        let ended = operations::end(tx, id, reason.clone(), (by, federation), wall).await?;
        Ok(Reply::ok(&AffiliationBody::read(tx, ended).await?))
    })
    .await
}
