//! Lineage: what a pledge's money paid for. Which pledges paid a release is shown with the release.

use super::pledges::concerned;
use crate::auth::Caller;
use crate::extract::Params;
use crate::paging::{PageQuery, respond};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use ledger::id::{CampaignId, MilestoneId, PledgeId, ReleaseId};
use ledger::money::Currency;
use ledger::pledging::store::lineage::{self, Standing, Used};
use serde::Serialize;
use utoipa::ToSchema;

/// What an entry used of a pledge's money.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Use)]
pub struct UseBody {
    /// Record number of the journal entry.
    entry: i64,
    /// How the money moved: `milestone_released`, `fund_moved`, `refund_sent`, `dispute_lost`.
    kind: String,
    amount: BalanceBody,
    /// Of a release.
    #[schema(value_type = Option<String>)]
    release: Option<ReleaseId>,
    /// What a release paid for.
    #[schema(value_type = Option<String>)]
    milestone: Option<MilestoneId>,
    /// The campaign to which the donor moved it.
    #[schema(value_type = Option<String>)]
    moved_to: Option<CampaignId>,
}

impl UseBody {
    fn new(it: Used, currency: Currency) -> UseBody {
        let (release, milestone) = it.release.unzip();
        UseBody {
            entry: it.entry,
            kind: it.kind.as_str().to_owned(),
            amount: BalanceBody::new(it.amount, currency),
            release,
            milestone,
            moved_to: it.moved_to,
        }
    }
}

/// What a pledge's money was used for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Uses)]
pub struct UsesBody {
    #[schema(value_type = String)]
    pledge: PledgeId,
    /// Arrived as cash so far.
    contributed: BalanceBody,
    /// What has left the funds of campaigns; a move from one to another changes nothing.
    used: BalanceBody,
    /// What nothing has used yet.
    left: BalanceBody,
    /// The oldest first.
    items: Vec<UseBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists what a pledge's money was used for: releases, and moves to other campaigns.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge"), PageQuery),
    responses((status = 200, description = "A page", body = UsesBody)))]
#[get("/v1/pledges/{id}/uses")]
pub(crate) async fn uses(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i64>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    let pledge = concerned(&client, &caller, &book, *id).await?;
    let currency = pledge.amount.currency();
    let Standing { contributed, left } = lineage::standing(&client, *id).await?;
    let rows = lineage::list_uses(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let page = window.page(rows, |row| row.entry, |row| UseBody::new(row, currency));
    let balance = |minor| BalanceBody::new(minor, currency);
    let body = UsesBody {
        pledge: *id,
        contributed: balance(contributed),
        used: balance(contributed - left),
        left: balance(left),
        items: page.items,
        next_cursor: page.next_cursor,
    };
    Ok(respond(&body, body.next_cursor.as_deref(), &http))
}
