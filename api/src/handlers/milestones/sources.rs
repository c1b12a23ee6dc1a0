//! The sources of a release: the money of which pledges and matching rounds paid it.

use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::paging::{PageQuery, respond};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of, sees_donors};
use crate::wire::{BalanceBody, MoneyBody};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use ledger::id::{CampaignId, DonorId, MatchingRoundId, PledgeId, ReleaseId};
use ledger::milestones::rules::release::Release;
use ledger::milestones::store::releases;
use ledger::pledging::rules::donor::are_enough;
use ledger::pledging::rules::lineage::Method;
use ledger::pledging::store::campaigns;
use ledger::pledging::store::lineage::{self, Giver, Source};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What one pledge, or one matching round, paid of a release.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
pub struct SourceBody {
    /// Null where it was a matching round.
    #[schema(value_type = Option<String>)]
    pledge: Option<PledgeId>,
    /// The donor's pseudonym; null where it was a matching round.
    #[schema(value_type = Option<String>)]
    donor: Option<DonorId>,
    /// The matching round, so its sponsors, pro rata of what it kept of each; null where it was a pledge.
    #[schema(value_type = Option<String>)]
    round: Option<MatchingRoundId>,
    amount: BalanceBody,
}

/// Whose money paid a release.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sources)]
pub struct SourcesBody {
    #[schema(value_type = String)]
    release: ReleaseId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// The method of the campaign: `fifo`, what settled first, or `pro_rata`, of all in proportion.
    #[schema(value_type = String)]
    lineage: Method,
    /// The release: what all sources add up to.
    amount: MoneyBody,
    /// How many pledges; null to others than the host while they are of fewer than five donors.
    pledges: Option<i64>,
    /// How many donors; null to others than the host while they are fewer than five.
    donors: Option<i64>,
    /// Ordered by pledge or round; for owners, treasurers and auditors of the host, and empty to others.
    items: Vec<SourceBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists which pledges and matching rounds paid a release, and how much each; to others than the host it shows totals only.
#[utoipa::path(tag = "releases", params(("id" = String, Path, description = "The release"), PageQuery),
    responses((status = 200, description = "A page", body = SourcesBody)))]
#[get("/v1/releases/{id}/sources")]
pub(crate) async fn sources(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<ReleaseId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "release").await?;
    let release = releases::get(&client, *id).await?;
    Reader::of(&client, caller.0.as_ref(), &book).await?.require_team(Some(release.team), true, "release").await?;
    let sees_persons = sees_donors(&client, caller.0.as_ref(), &book).await?;
    let rows = if sees_persons {
        let (after, limit) = (window.after.unwrap_or_default(), window.fetch());
        lineage::list_sources(&client, book.id, release.entry, after, limit).await?
    } else {
        Vec::new()
    };
    let currency = release.amount.currency();
    let body = |row: Source| {
        let (pledge, donor, round) = match row.giver {
            Giver::Pledge(pledge, donor) => (Some(pledge), Some(donor), None),
            Giver::Round(round) => (None, None, Some(round)),
        };
        SourceBody { pledge, donor, round, amount: BalanceBody::new(row.amount, currency) }
    };
    let page = window.page(rows, |row| row.giver.key(), body);
    let counts = lineage::count_sources(&client, book.id, release.entry).await?;
    let method = campaigns::get(&client, release.campaign).await?.lineage;
    let body = summed(&release, method, counts, sees_persons);
    let body = SourcesBody { items: page.items, next_cursor: page.next_cursor, ..body };
    Ok(respond(&body, body.next_cursor.as_deref(), &http))
}

fn summed(release: &Release, lineage: Method, (pledges, donors): (i64, i64), sees_persons: bool) -> SourcesBody {
    let is_shown = sees_persons || are_enough(donors);
    SourcesBody {
        release: release.id,
        campaign: release.campaign,
        lineage,
        amount: release.amount.into(),
        pledges: is_shown.then_some(pledges),
        donors: is_shown.then_some(donors),
        items: Vec::new(),
        next_cursor: None,
    }
}
