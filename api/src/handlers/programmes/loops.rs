//! How far what is made pays for the next development of a campaign, and from which book.

use super::plans::readable_book;
use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use crate::wire::{BalanceBody, MoneyBody, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::rules::cooperative::Period;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, CampaignId, ProductId};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::store::campaigns;
use ledger::programmes::operations::loops::{self as operations, Standing};
use ledger::programmes::rules::self_funding::AtNothing;
use ledger::programmes::store::products;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// From which book's surpluses the work of a campaign is paid besides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayLoop {
    /// A book of the same host and mode, in the campaign's currency, whose development fund counts; null for none from now on.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: Option<String>,
    /// What becomes of new pledges while the campaign asks for nothing: `stop`, which is the default, none is taken until it asks for
    /// something again; or `go_on`, they are taken.
    #[schema(pattern = "^(stop|go_on)$")]
    at_nothing: Option<String>,
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
    /// Whether it asks for anything now.
    asks: bool,
    /// What becomes of new pledges while it does not: `stop`, none is taken, and those that it has run on; or `go_on`, they are taken.
    #[schema(value_type = String)]
    at_nothing: AtNothing,
    /// Whether new pledges are refused at present (`campaign-asks-for-nothing`). Reckoned when a month is over, and when the loop is said.
    stopped: bool,
}

impl LoopBody {
    fn new(it: &Standing, campaign: &Campaign, monthly_goal: MoneyBody) -> LoopBody {
        let balance = |minor: i128| BalanceBody::new(minor, campaign.currency);
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
            at_nothing: it.at_nothing,
            stopped: campaign.asks_for_nothing(),
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
    /// What becomes of new pledges while the campaign asks for nothing.
    #[schema(value_type = String)]
    at_nothing: AtNothing,
    /// Whether new pledges are refused from now on.
    stopped: bool,
}

/// Says from which book's surpluses the work of a recurring campaign is paid besides: what the allocation rule of that book puts into its
/// development fund. From then on everybody who reads the campaign sees how much that was in twelve months, and that the campaign asks for as
/// much less; and everybody who reads a product that its milestones pay for, how much of it what was sold under the product's name has
/// brought. While that is all that the campaign asks for, new pledges are refused (`campaign-asks-for-nothing`) unless they go on by
/// `at_nothing`; pledges that it has run on, and money that has come is taken. It opens again by itself. No money moves by it.
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
    let at_nothing = request.body.at_nothing.as_deref().map(|word| parse("/at_nothing", word)).transpose()?;
    let at_nothing = at_nothing.unwrap_or(AtNothing::Stop);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let host = book_of(tx, id.book, "campaign").await?;
        caller.require_role(tx, host.organisation, "campaign").await?;
        let said = operations::say(tx, *id, (book, at_nothing), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&LoopSaidBody { campaign: *id, book, at_nothing, stopped: said.asks_for_nothing() }))
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
            Ok(LoopBody::new(&found, &campaign, goal.into()))
        })
        .await?;
    Ok(HttpResponse::Ok().json(body))
}

/// The days of a product's loop.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoopDays {
    /// The first day.
    #[param(example = "2027-01-01")]
    from: Date,
    /// The last day; at most a year after the first.
    #[param(example = "2027-12-31")]
    to: Date,
}

/// How far a product pays for its own development in some days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductLoop)]
pub struct ProductLoopBody {
    #[schema(value_type = String)]
    product: ProductId,
    from: Date,
    to: Date,
    /// The books whose surpluses count: those that are said for the campaigns of its milestones.
    #[schema(value_type = Vec<String>)]
    books: Vec<BookRef>,
    /// What was released for it by its milestones on these days.
    released: BalanceBody,
    /// What of surpluses whose periods end on these days went into the development fund by what was sold under its name: of each, in proportion
    /// to what the sales of each product left of its costs in the period (largest remainders).
    proceeds: BalanceBody,
    /// `proceeds` divided by `released`, to the hundredth, half up; null where nothing was released. From 1 on, it pays for what comes next.
    ratio: Option<String>,
}

/// Shows how far a product pays for its own development on some days, for those who may read its book. Sales and costs count that name it as
/// their `product`.
#[utoipa::path(tag = "programmes", operation_id = "show_product_loop",
    params(("id" = String, Path, description = "The product"), LoopDays),
    responses((status = 200, description = "The loop", body = ProductLoopBody)))]
#[get("/v1/products/{id}/loop")]
pub(crate) async fn of_product(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<ProductId>,
    query: Params<LoopDays>,
) -> Result<HttpResponse, Problem> {
    let period = Period::new(query.0.from, query.0.to);
    let period = period.map_err(|refusal| Problem::invalid("/to", refusal.detail))?;
    let client = state.client().await?;
    let book = readable_book(&client, &caller, id.book, "product").await?;
    let product = products::get(&client, *id, book.currency).await?;
    let (closed, books) = operations::of_product(&client, &book, &product, period).await?;
    Ok(HttpResponse::Ok().json(ProductLoopBody {
        product: *id,
        from: period.from,
        to: period.to,
        books: books.iter().map(Book::reference).collect(),
        released: BalanceBody::new(closed.released, book.currency),
        proceeds: BalanceBody::new(closed.proceeds, book.currency),
        ratio: closed.ratio().map(hundredths),
    }))
}
