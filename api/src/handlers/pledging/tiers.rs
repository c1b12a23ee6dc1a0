//! Tiers of campaigns: added by their host, read by whoever reads the campaign.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, Sight, actor, book_of};
use crate::wire::{MoneyBody, bounded, paragraphs};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::id::{CampaignId, TierId};
use ledger::pledging::operations::tiers::{self as operations, NewTier as Asked};
use ledger::pledging::store::campaigns;
use ledger::pledging::store::tiers::{self, Listed};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A tier to be added. It never changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTier {
    /// Name for people.
    #[schema(min_length = 1, max_length = 200, example = "A printed atlas")]
    name: String,
    /// What it is.
    #[serde(default)]
    #[schema(max_length = 2000)]
    description: String,
    /// The least amount of a payment, in the currency of the campaign.
    amount: MoneyBody,
    /// How many pledges it takes; any number when it is not given.
    #[schema(minimum = 1, maximum = 1000000)]
    places: Option<i32>,
    /// Where it stands among the others; those of one position stand as they were made.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 50)]
    position: i32,
}

/// A tier of a campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tier)]
pub struct TierBody {
    #[schema(value_type = String)]
    id: TierId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    name: String,
    description: String,
    /// The least amount of a payment.
    amount: MoneyBody,
    /// How many pledges it takes; null when it takes any number.
    places: Option<i32>,
    /// How many places are free; null when it takes any number. To those outside the book it moves when five more are taken, and when
    /// the last one is.
    places_left: Option<i64>,
    position: i32,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl TierBody {
    fn new(it: Listed, sight: Sight) -> TierBody {
        let free = it.free(sight == Sight::Whole);
        let tier = it.tier;
        TierBody {
            id: tier.id,
            campaign: tier.campaign,
            name: tier.name,
            description: tier.description,
            amount: tier.amount.into(),
            places: tier.places.map(|places| places.limit),
            places_left: free,
            position: tier.position,
            created_at: tier.created_at,
        }
    }
}

/// Adds a tier to a campaign that is a draft or live.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")), request_body = NewTier,
    responses((status = 201, description = "Added", body = TierBody)))]
#[post("/v1/campaigns/{id}/tiers")]
pub(crate) async fn add_tier(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<NewTier>,
) -> Result<HttpResponse, Problem> {
    let body = &request.body;
    let asked = Asked {
        campaign: *id,
        name: bounded("/name", &body.name, text::NAME)?,
        description: paragraphs("/description", &body.description, text::SUMMARY)?,
        amount: body.amount.parse("/amount")?,
        places: body.places,
        position: body.position,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "campaign").await?;
        caller.require_role(tx, book.organisation, "campaign").await?;
        let tier = operations::create(tx, asked.clone(), actor(&caller), ledger::calendar::now()).await?;
        let taken = tier.places.map(|_| 0);
        Ok(Reply::created(&TierBody::new(Listed { tier, taken }, Sight::Whole)))
    })
    .await
}

/// Lists the tiers of a campaign.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign"), PageQuery),
    responses((status = 200, description = "A page, by position", body = Page<TierBody>)))]
#[get("/v1/campaigns/{id}/tiers")]
pub(crate) async fn list_tiers(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<CampaignId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<(i32, i32)>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    let sight = Reader::of(&client, caller.as_ref(), &book).await?.require_campaigns("campaign").await?;
    campaigns::get(&client, *id).await?;
    let rows = tiers::list(&client, *id, window.after.unwrap_or((-1, 0)), window.fetch()).await?;
    Ok(window.page(rows, |row| (row.tier.position, row.tier.number), |row| TierBody::new(row, sight)).respond(&http))
}
