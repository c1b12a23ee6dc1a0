//! Releases: what went from a campaign's fund to its teams.

use super::milestone::OfCampaign;
use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::paging::{Page, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use crate::wire::{BalanceBody, MoneyBody, parse};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use ledger::id::{CampaignId, ClaimId, MilestoneId, OrganisationId, ReleaseId};
use ledger::milestones::rules::release::Release;
use ledger::milestones::store::releases;
use ledger::pledging::store::campaigns;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Money of a claim that went from the campaign's fund to what is owed to its team.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Release)]
pub struct ReleaseBody {
    #[schema(value_type = String)]
    id: ReleaseId,
    /// Which of the claim's, from 1.
    number: i32,
    #[schema(value_type = String)]
    claim: ClaimId,
    #[schema(value_type = String)]
    milestone: MilestoneId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    #[schema(value_type = String)]
    team: OrganisationId,
    amount: MoneyBody,
    /// What of it paid what the team owed; the rest is owed to the team.
    set_off: BalanceBody,
    /// Record number of its journal entry.
    entry: i64,
    /// When the money was released, by the book's clock.
    released_at: Timestamp,
}

impl From<Release> for ReleaseBody {
    fn from(it: Release) -> ReleaseBody {
        let Release { id, number, claim, milestone, campaign, team, amount, set_off, entry, released_at } = it;
        let set_off = BalanceBody::new(set_off, amount.currency());
        let amount = amount.into();
        ReleaseBody { id, number, claim, milestone, campaign, team, amount, set_off, entry, released_at }
    }
}

/// Lists the releases of a campaign's money.
#[utoipa::path(tag = "releases", params(OfCampaign),
    responses((status = 200, description = "A page, the oldest first", body = Page<ReleaseBody>)))]
#[get("/v1/releases")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    query: Params<OfCampaign>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let campaign: CampaignId = parse("/campaign", &query.0.campaign)?;
    let window = Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = book_of(&client, campaign.book, "campaign").await?;
    Reader::of(&client, caller.0.as_ref(), &book).await?.require_team(None, true, "campaign").await?;
    campaigns::get(&client, campaign).await?;
    let rows = releases::list(&client, campaign, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, ReleaseBody::from).respond(&http))
}
