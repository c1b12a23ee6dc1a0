//! Where a pledge's settled money lies, and what of it is its donor's to take back.

use super::pledges::concerned;
use super::refunds::RefundBody;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{BalanceBody, ChangeStateRequest, MoneyBody, paragraphs};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::civil::Date;
use ledger::id::{CampaignId, PledgeId};
use ledger::money::Money;
use ledger::pledging::operations::returnables::{self as operations, Part};
use ledger::pledging::rules::returnable::{Returnable, Why};
use ledger::service::change::Change;
use ledger::text;
use serde::Serialize;
use utoipa::ToSchema;

/// Money that its donor may take back or redirect at any time. Nobody else ever gets it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Returnable)]
pub struct ReturnableBody {
    amount: MoneyBody,
    /// `campaign_over`: the campaign failed or closed with the money unspent; `idle`: no release has taken anything of its fund for
    /// the months that its terms say; `host_closes`: the host winds its book up, and asks whether the money moves.
    #[schema(value_type = String)]
    why: Why,
    /// Since when the first of it is, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    since: Date,
}

impl ReturnableBody {
    fn new(it: Returnable, held: Money) -> Option<ReturnableBody> {
        let amount = Money::from_minor(it.amount, held.currency()).ok()?;
        Some(ReturnableBody { amount: amount.into(), why: it.why, since: it.since })
    }
}

/// What of a pledge's money lies in a campaign's fund.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PledgeMoneyPart)]
pub struct PartBody {
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// What has settled there, after fees, and nothing has used.
    held: MoneyBody,
    /// What of it lies with a custodian whose money is frozen: asked back, it waits there until the release.
    frozen: BalanceBody,
    /// What of it the donor may take back or redirect; null when nothing is.
    returnable: Option<ReturnableBody>,
    /// The campaign to which the host, who winds its book up, proposes to move it; null unless it does.
    #[schema(value_type = Option<String>)]
    proposed: Option<CampaignId>,
}

impl From<Part> for PartBody {
    fn from(it: Part) -> PartBody {
        PartBody {
            campaign: it.campaign.id,
            held: it.held.into(),
            proposed: it.proposed.map(|proposed| proposed.to.id),
            frozen: BalanceBody::new(it.frozen, it.held.currency()),
            returnable: it.returnable.and_then(|returnable| ReturnableBody::new(returnable, it.held)),
        }
    }
}

/// Where a pledge's settled money lies that nothing has used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PledgeMoney)]
pub struct PledgeMoneyBody {
    /// By campaign: a pledge that was redirected may have money in several.
    parts: Vec<PartBody>,
}

/// Shows where a pledge's settled money lies that nothing has used, and what of it its donor may take back or redirect.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    responses((status = 200, description = "Its money, by campaign", body = PledgeMoneyBody)))]
#[get("/v1/pledges/{id}/money")]
pub(crate) async fn show_money(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    concerned(&client, &caller, &book, *id).await?;
    let parts = operations::money(&client, &book, *id, ledger::calendar::now()).await?;
    Ok(HttpResponse::Ok().json(PledgeMoneyBody { parts: parts.into_iter().map(PartBody::from).collect() }))
}

/// The refunds of a pledge's charges that were requested.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PledgeReturned)]
pub struct ReturnedBody {
    /// At most a hundred: ask again while something is returnable.
    refunds: Vec<RefundBody>,
}

/// Gives back what of a pledge's money is returnable, as the donor asks: as refunds of its charges, the oldest first. To redirect it
/// instead, redirect the pledge with its settled money.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    request_body = ChangeStateRequest,
    responses((status = 201, description = "Requested", body = ReturnedBody)))]
#[post("/v1/pledges/{id}:return")]
pub(crate) async fn return_money(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "pledge").await?;
        concerned(tx, &caller, &book, *id).await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let refunds = operations::give_back(tx, *id, change, ledger::calendar::now()).await?;
        Ok(Reply::created(&ReturnedBody { refunds: refunds.into_iter().map(RefundBody::from).collect() }))
    })
    .await
}
