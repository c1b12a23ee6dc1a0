//! The partner platforms of a book: admitting one, and taking that back.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, note};
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use jiff::Timestamp;
use ledger::books::operations::books as operations;
use ledger::engine::store::books::{self, Admission};
use ledger::id::{BookRef, OrganisationId, PersonId};
use ledger::parties::rules::role::OrganisationKind;
use ledger::parties::store::organisations;
use ledger::{Error, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whom to admit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmitPartner {
    /// A partner platform.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    organisation: String,
}

/// A partner platform that may bring pledges into a book.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdmittedPartner {
    #[schema(value_type = String)]
    book: BookRef,
    #[schema(value_type = String)]
    organisation: OrganisationId,
}

/// Admits a partner platform, which may then bring pledges into the book. It reads its own objects only.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book")), request_body = AdmitPartner,
    responses((status = 201, description = "Admitted", body = AdmittedPartner),
              (status = 200, description = "It was admitted before", body = AdmittedPartner)))]
#[post("/v1/books/{book}/partners")]
pub(crate) async fn admit_partner(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<AdmitPartner>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let partner: OrganisationId = parse("/organisation", &request.body.organisation)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let found = organisations::find(tx, partner).await?;
        let found = found.ok_or_else(|| Error::invalid("/organisation", "there is no such organisation"))?;
        if found.kind != OrganisationKind::PartnerPlatform {
            return Err(Refusal::new("no-partner-platform", format!("{} is a {}", found.name, found.kind)).into());
        }
        let wall = ledger::calendar::now();
        let admitted = AdmittedPartner { book: *id, organisation: partner };
        if !operations::admit_partner(tx, &book, partner, by, wall).await? {
            return Ok(Reply::ok(&admitted));
        }
        note(tx, &caller, &book, &partner, "partner_admitted", wall).await?;
        Ok(Reply::created(&admitted))
    })
    .await
}

/// The admission of a partner platform.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Admission)]
pub struct AdmissionBody {
    #[schema(value_type = String)]
    organisation: OrganisationId,
    #[schema(value_type = String)]
    admitted_by: PersonId,
    /// When it was admitted, by the wall clock.
    admitted_at: Timestamp,
}

impl From<Admission> for AdmissionBody {
    fn from(it: Admission) -> AdmissionBody {
        let Admission { organisation, admitted_by, admitted_at } = it;
        AdmissionBody { organisation, admitted_by, admitted_at }
    }
}

/// Lists the partner platforms that are admitted to a book.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, by their ids", body = Page<AdmissionBody>)))]
#[get("/v1/books/{book}/partners")]
pub(crate) async fn list_partners(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = kept(&client, &caller, *id).await?;
    let rows = books::list_partners(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.organisation.0, AdmissionBody::from).respond(&http))
}

/// Withdraws the admission of a partner platform: from the next request on it neither reads nor writes in the book. What it
/// has brought stays, and money that it has collected is settled. It can be admitted again.
#[utoipa::path(tag = "books",
    params(("book" = String, Path, description = "The book"),
           ("organisation" = String, Path, description = "The partner platform")),
    responses((status = 204, description = "Withdrawn")))]
#[delete("/v1/books/{book}/partners/{organisation}")]
pub(crate) async fn withdraw_partner(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, OrganisationId)>,
) -> Result<HttpResponse, Problem> {
    let (of, partner) = path.into_inner();
    let by = caller.person()?.id;
    state
        .in_transaction(async |tx| {
            let book = kept(tx, &caller, of).await?;
            let wall = ledger::calendar::now();
            operations::withdraw_partner(tx, &book, partner, by, wall).await?;
            note(tx, &caller, &book, &partner, "partner_withdrawn", wall).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
