//! Pledges: placed by partners for their donors, and shown. A partner sees its own only.

use super::payers::Tries;
use super::pledge_body::{NewPledge, PledgeBody, View};
use crate::auth::{Caller, Who};
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, by_lane_or, idempotent, refused};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, for_partner, require_admitted};
use crate::wire::etag;
use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::{GenericClient, Transaction};
use futures_util::future::join;
use ledger::book::Command;
use ledger::engine::store::books::Book;
use ledger::id::{BookId, CampaignId, OrganisationId, PledgeId};
use ledger::pledging::operations::pledges::{self as operations, Drafted, PlacePledge};
use ledger::pledging::rules::donor::Donor;
use ledger::pledging::rules::pledge::{Pledge, Rail};
use ledger::pledging::store::{campaigns, donors, plan_moves, pledges};
use ledger::{Error, Refusal};
use uuid::Uuid;

/// Lets in the partner that brought the pledge, and people of the host with a role of the route's row.
pub(super) async fn require_concerned(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    brought_by: OrganisationId,
    what: &'static str,
) -> Result<(), Error> {
    match &caller.who {
        Who::Partner(partner) if partner.organisation == brought_by => {
            require_admitted(client, partner, book, what).await
        }
        Who::Partner(_) => Err(Error::NotFound(what)),
        Who::Person(_) => caller.require_role(client, book.organisation, what).await,
    }
}

/// Refuses a pledge that is to be collected by a provider with which this installation has no account.
pub(super) fn require_offered(state: &State, asked: PlacePledge) -> Result<PlacePledge, Problem> {
    require_offered_rail(state, asked.rail)?;
    Ok(asked)
}

/// Refuses a rail whose provider has no account here.
pub(super) fn require_offered_rail(state: &State, rail: Rail) -> Result<(), Problem> {
    if rail == Rail::Stripe && state.webhook_secrets.is_empty() {
        return Err(Error::from(Refusal::new("rail-not-offered", "Stripe is not set up here")).into());
    }
    Ok(())
}

/// Places a pledge: it is active at once, and charged at the start of its first due date. A campaign with a cap takes it while it fits,
/// or a single payment as far as it fits; a tier while it has a place.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The campaign")), request_body = NewPledge,
    responses((status = 201, description = "Placed", body = PledgeBody),
              (status = 200, description = "Placed before, with this reference and the same content", body = PledgeBody)))]
#[post("/v1/campaigns/{id}/pledges")]
pub(crate) async fn place(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<NewPledge>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(ledger::parties::rules::role::Scope::PledgesWrite)?;
    let asked = require_offered(&state, request.body.parse(*id, partner.organisation)?)?;
    let payer = request.body.payer()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    require_admitted(&client, partner, &book, "campaign").await?;
    drop(client);
    let tries = Tries::of(&state, &caller, &book)?;
    tries.require(&request.key, tries.subjects(&payer, None)).await?;
    if let Some(response) = place_by_lane(&state, &caller, &book, &request.key, asked.clone()).await? {
        return Ok(response);
    }
    place_under_lock(&state, &caller, &request.key, asked).await
}

/// Places a pledge that has met a row written meanwhile: what decides on it is read again in the transaction that writes it.
pub(super) async fn place_under_lock(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    asked: PlacePledge,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(asked.campaign.book), caller.id(), async |tx| {
        let book = book_of(tx, asked.campaign.book, "campaign").await?;
        for_partner(tx, caller, &book, Some(asked.partner), "campaign").await?;
        let placed = operations::place(tx, asked.clone(), ledger::calendar::now()).await?;
        let status = if placed.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok(Reply::new(status, &View::of(tx, caller, &book).await?.one(tx, placed.pledge).await?))
    })
    .await
}

/// Places a new pledge through the lane of its book, which writes all that wait at once. What is repeated or refused is answered
/// on what was read, and its answer kept; what collides with a row written meanwhile goes the long way.
async fn place_by_lane(
    state: &State,
    caller: &Caller,
    book: &Book,
    key: &IdempotencyKey,
    asked: PlacePledge,
) -> Result<Option<HttpResponse>, Problem> {
    let wall = ledger::calendar::now();
    let client = state.client().await?;
    let (drafted, view) = join(operations::draft(&client, book, asked, wall), View::of(&client, caller, book)).await;
    let view = view?;
    let new = match drafted {
        Ok(Drafted::New(new)) if new.may_be_trimmed() => return Ok(None),
        Ok(Drafted::New(new)) => *new,
        Ok(Drafted::Repeated(pledge)) => {
            drop(client);
            let repeated = async |tx: &Transaction<'_>| Ok(Reply::ok(&view.one(tx, (*pledge).clone()).await?));
            return idempotent(state, key, Scope::Book(book.id), caller.id(), repeated).await.map(Some);
        }
        Err(error @ (Error::Refused(_) | Error::Invalid { .. })) => {
            drop(client);
            return refused(state, key, Scope::Book(book.id), caller.id(), error.into()).await.map(Some);
        }
        Err(error) => return Err(error.into()),
    };
    drop(client);
    let mut companions = operations::rows(book, &new, wall);
    let entry = new.entry(book.today(wall));
    let body = view.body(new.pledge.clone(), &new.donor);
    let command = |reply| {
        companions.push(reply);
        Command { key: None, entry, companions }
    };
    by_lane_or(state, key, caller.id(), book, Reply::created(&body), command, |reason| new.refusal(reason)).await
}

/// Lists the pledges to a campaign; for a partner those that it brought.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The campaign"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<PledgeBody>)))]
#[get("/v1/campaigns/{id}/pledges")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    let (after, limit) = (window.after.unwrap_or_default(), window.fetch());
    let rows = match &caller.who {
        Who::Partner(partner) => {
            require_admitted(&client, partner, &book, "campaign").await?;
            campaigns::get(&client, *id).await?;
            pledges::list_of_partner(&client, *id, partner.organisation, after, limit).await?
        }
        Who::Person(_) => {
            caller.require_role(&client, book.organisation, "campaign").await?;
            campaigns::get(&client, *id).await?;
            pledges::list(&client, *id, after, limit).await?
        }
    };
    let donors = donors_of(&client, book.id, &rows).await?;
    let view = View::of(&client, &caller, &book).await?;
    let mut bodies = Vec::with_capacity(rows.len());
    for pledge in rows {
        let donor = donors.iter().find(|donor| donor.id == pledge.donor).ok_or_else(Problem::internal)?;
        bodies.push(view.body(pledge, donor));
    }
    Ok(window.page(bodies, |body| body.id.object, |body| body).respond(&http))
}

pub(super) async fn donors_of(client: &impl GenericClient, book: BookId, rows: &[Pledge]) -> Result<Vec<Donor>, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|pledge| pledge.donor.object).collect();
    donors::list(client, book, &ids).await
}

/// Shows a pledge.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    responses((status = 200, description = "The pledge, with its ETag", body = PledgeBody,
        headers(("ETag" = String)))))]
#[get("/v1/pledges/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<PledgeId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    let found = concerned(&client, &caller, &book, *id).await?;
    let tag = etag(found.version);
    let body = View::of(&client, &caller, &book).await?.one(&client, found).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// The pledge, for those whom it concerns, and for partners that have collected it, or are to.
pub(super) async fn collected(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    id: PledgeId,
) -> Result<Pledge, Error> {
    if let Some(partner) = caller.partner()
        && plan_moves::concerns(client, id, partner.organisation).await?
    {
        require_admitted(client, partner, book, "pledge").await?;
        return pledges::get(client, id).await;
    }
    concerned(client, caller, book, id).await
}

/// The pledge, for those whom it concerns. A stranger learns the same of one that is there and of one that is not.
pub(super) async fn concerned(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    id: PledgeId,
) -> Result<Pledge, Error> {
    if caller.partner().is_none() {
        caller.require_role(client, book.organisation, "pledge").await?;
    }
    let pledge = pledges::get(client, id).await?;
    require_concerned(client, caller, book, pledge.partner, "pledge").await?;
    Ok(pledge)
}
