//! How far what is made pays for the next development of a campaign, and from which book.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use crate::wire::{BalanceBody, MoneyBody, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::civil::Date;
use ledger::Error;
use ledger::id::{BookRef, CampaignId};
use ledger::money::Currency;
use ledger::pledging::store::campaigns;
use ledger::programmes::operations::loops::{self as operations, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From which book's surpluses the work of a campaign is paid besides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayLoop {
    /// A book of the same host and mode, in the campaign's currency, whose development fund counts; null for none from now on.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: Option<String>,
}

/// How far the loop of a campaign is closed: what of the surpluses of a book went into the next development, beside what was given.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignLoop)]
pub struct LoopBody {
    /// The book whose development fund counts.
    #[schema(value_type = String)]
    book: BookRef,
    /// The first day that counts: the figures are of the twelve months that end with the last month that is over.
    from: Date,
    /// The last day that counts.
    to: Date,
    /// What was collected for the campaign in these months, as everybody may know it.
    collected: BalanceBody,
    /// What of surpluses went into the development fund in these months, less what was taken back.
    proceeds: BalanceBody,
    /// `proceeds` divided by `collected`, to the hundredth, half up; null where nothing was collected. From 1 on, what is made pays for what
    /// comes next.
    ratio: Option<String>,
    /// What the campaign asks for in a month without it.
    monthly_goal: MoneyBody,
    /// What it asks for in a month now: the goal less a twelfth of the proceeds, and nothing below zero.
    asks_for: BalanceBody,
    /// Whether it asks for anything now. Where it does not, new pledges are not to be asked for; those that come are taken.
    asks: bool,
}

impl LoopBody {
    fn new(it: &Standing, currency: Currency, monthly_goal: MoneyBody) -> LoopBody {
        let balance = |minor: i128| BalanceBody::new(minor, currency);
        let closed = &it.closed;
        LoopBody {
            book: it.source.reference(),
            from: closed.from,
            to: closed.to,
            collected: balance(closed.collected),
            proceeds: balance(closed.proceeds),
            ratio: closed.ratio.map(hundredths),
            monthly_goal,
            asks_for: balance(closed.asks_for.into()),
            asks: closed.asks_for > 0,
        }
    }
}

/// Hundredths as a decimal: `0.75`.
pub(crate) fn hundredths(of: i128) -> String {
    let sign = if of < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", of.unsigned_abs() / 100, of.unsigned_abs() % 100)
}

/// What is said of the loop of a campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignLoopSaid)]
pub struct LoopSaidBody {
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// The book whose development fund counts; null for none.
    #[schema(value_type = Option<String>)]
    book: Option<BookRef>,
}

/// Says from which book's surpluses the work of a recurring campaign is paid besides: what the allocation rule of that book puts into its
/// development fund. From then on everybody who reads the campaign sees how much that was in twelve months, and that the campaign asks for as
/// much less; no money moves by it.
#[utoipa::path(tag = "campaigns", operation_id = "say_campaign_loop",
    params(("id" = String, Path, description = "The campaign")), request_body = SayLoop,
    responses((status = 200, description = "Said", body = LoopSaidBody)))]
#[post("/v1/campaigns/{id}/loop")]
pub(crate) async fn say(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<SayLoop>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let book: Option<BookRef> = request.body.book.as_deref().map(|book| parse("/book", book)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let host = book_of(tx, id.book, "campaign").await?;
        caller.require_role(tx, host.organisation, "campaign").await?;
        operations::say(tx, *id, book, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&LoopSaidBody { campaign: *id, book }))
    })
    .await
}

/// Shows how far the loop of a campaign is closed, for those who may read the campaign.
#[utoipa::path(tag = "campaigns", operation_id = "show_campaign_loop",
    params(("id" = String, Path, description = "The campaign")),
    responses((status = 200, description = "The loop", body = LoopBody)))]
#[get("/v1/campaigns/{id}/loop")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    let body = state
        .in_transaction(async |tx| {
            let book = book_of(tx, id.book, "campaign").await?;
            Reader::of(tx, caller.as_ref(), &book).await?.require_campaigns("campaign").await?;
            let campaign = campaigns::get(tx, *id).await?;
            let found = operations::standing(tx, &state.whole_sums, &book, &campaign, ledger::calendar::now()).await?;
            let (found, goal) = found.zip(campaign.kind.goal()).ok_or(Error::NotFound("loop"))?;
            Ok(LoopBody::new(&found, campaign.currency, goal.into()))
        })
        .await?;
    Ok(HttpResponse::Ok().json(body))
}
