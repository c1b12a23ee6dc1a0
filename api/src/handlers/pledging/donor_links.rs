//! Links by which a donor sees what they gave, without an account: made, listed and revoked by the partner that brought a pledge.

use super::pledges::require_concerned;
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::keys;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, note};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{DonorLinkId, PledgeId, ReceiptId, YearlyReceiptId};
use ledger::pledging::operations::donor_links;
use ledger::pledging::rules::donor_link::{DonorLink, LinkToken};
use ledger::pledging::rules::pledge::Pledge;
use ledger::pledging::store::{donor_links as links, donors, pledges};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A link of a donor.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = DonorLink)]
pub struct DonorLinkBody {
    #[schema(value_type = String)]
    id: DonorLinkId,
    /// The one receipt of a charge that it shows; null for another link.
    #[schema(value_type = Option<String>)]
    receipt: Option<ReceiptId>,
    /// The one receipt of a year that it shows; null for another link. One that shows neither shows all that the donor gave to this book,
    /// also by plans that have moved to another partner.
    #[schema(value_type = Option<String>)]
    yearly_receipt: Option<YearlyReceiptId>,
    /// Its address, to be shown to the donor and nobody else. It is told once, when the link is made; null later. A path when the
    /// service does not know under which address it is reached.
    url: Option<String>,
    /// When it was made, by the wall clock.
    created_at: Timestamp,
    /// When it ceases to work, by the wall clock; null for that of a receipt, which does not lapse.
    lapses_at: Option<Timestamp>,
    /// When it was revoked, by the wall clock; null while it works.
    revoked_at: Option<Timestamp>,
}

impl From<DonorLink> for DonorLinkBody {
    fn from(it: DonorLink) -> DonorLinkBody {
        let DonorLink { id, donor: _, to, created_at, lapses_at, revoked_at } = it;
        let (receipt, yearly_receipt) = (to.receipt(), to.yearly_receipt());
        DonorLinkBody { id, receipt, yearly_receipt, url: None, created_at, lapses_at, revoked_at }
    }
}

/// The address of a donor's page.
fn address(state: &State, token: &LinkToken) -> String {
    let base = state.config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    format!("{}/donors/{token}", base.unwrap_or_default())
}

/// The pledge, for the partner that brought its donor: a link shows all that the donor gave, also where plans have moved since.
async fn of_donor(client: &impl GenericClient, caller: &Caller, book: &Book, id: PledgeId) -> Result<Pledge, Error> {
    let pledge = pledges::get(client, id).await?;
    let donor = donors::get(client, pledge.donor).await?;
    require_concerned(client, caller, book, donor.partner, "pledge").await?;
    Ok(pledge)
}

/// Makes a link to show to the donor of a pledge, whom you brought: without an account it shows what they gave, where it is now and
/// their receipts, and lets them pause, resume, redirect and cancel. It works for 30 days. The mail of each receipt brings
/// one too.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")), request_body = Nothing,
    responses((status = 201, description = "Made, with its address", body = DonorLinkBody)))]
#[post("/v1/pledges/{id}/donor-links")]
pub(crate) async fn make_link(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let secret = keys::secret();
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "pledge").await?;
        let pledge = of_donor(tx, &caller, &book, *id).await?;
        let wall = ledger::calendar::now();
        let (link, token) = donor_links::make(tx, pledge.donor, secret.clone(), wall).await?;
        note(tx, &caller, &book, &link.id, "made", wall).await?;
        let made = DonorLinkBody::from(link);
        let shown = DonorLinkBody { url: Some(address(&state, &token)), ..made.clone() };
        Ok(Reply::created(&made).showing_once(&shown))
    })
    .await
}

/// Lists the links of a pledge's donor: those that you made, and those in mails; without their addresses.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<DonorLinkBody>)))]
#[get("/v1/pledges/{id}/donor-links")]
pub(crate) async fn list_links(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    let pledge = of_donor(&client, &caller, &book, *id).await?;
    let rows = links::list(&client, pledge.donor, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, DonorLinkBody::from).respond(&http))
}

/// Revokes a link of a pledge's donor: it leads nowhere from the next request on.
#[utoipa::path(tag = "pledges",
    params(("id" = String, Path, description = "The pledge"), ("link" = String, Path, description = "The link")),
    responses((status = 204, description = "Revoked")))]
#[delete("/v1/pledges/{id}/donor-links/{link}")]
pub(crate) async fn revoke_link(
    state: Data<State>,
    caller: Caller,
    path: Path<(PledgeId, DonorLinkId)>,
) -> Result<HttpResponse, Problem> {
    let (id, link) = path.into_inner();
    state
        .in_transaction(async |tx| {
            let book = book_of(tx, id.book, "pledge").await?;
            let pledge = of_donor(tx, &caller, &book, id).await?;
            let wall = ledger::calendar::now();
            donor_links::revoke(tx, pledge.donor, link, wall).await?;
            note(tx, &caller, &book, &link, "revoked", wall).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
