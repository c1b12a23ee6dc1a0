//! Products: put on the board, taken one stage on, paid for by milestones, and stopped; and the board itself.

use super::plans::{kept_of, readable_book};
use crate::auth::{Caller, MaybeCaller};
use crate::evidence_body::{EvidenceBody, NewEvidence, parse_evidence};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{self, kept};
use crate::wire::{BalanceBody, MoneyBody, bounded, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::id::{BookRef, MilestoneId, PersonId, ProductId};
use ledger::money::Currency;
use ledger::programmes::operations::products as operations;
use ledger::programmes::rules::pipeline::{self, Blocker, Forecast};
use ledger::programmes::rules::product::{Funding, Product, Stage, Step};
use ledger::programmes::store::products;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A product to be put on the board.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Its name.
    #[schema(min_length = 1, max_length = 200, example = "Earth-block press")]
    name: String,
    /// What it is.
    #[serde(default)]
    #[schema(max_length = 4000, example = "It presses bricks of the soil that is there.")]
    about: String,
    /// What its development is to cost, in the currency of the book.
    amount: MoneyBody,
}

/// How a product was stopped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductStop)]
pub struct StopBody {
    #[schema(value_type = String)]
    by: PersonId,
    /// Why.
    reason: String,
    /// When, by the book's clock.
    at: Timestamp,
}

/// What milestones have for a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductFunding)]
pub struct FundingBody {
    /// The milestones that pay for it.
    #[schema(value_type = Vec<String>)]
    milestones: Vec<MilestoneId>,
    /// What they pay in all; of those that were given up, what they released.
    planned: BalanceBody,
    /// What is set aside for them and not released.
    aside: BalanceBody,
    /// What was released.
    released: BalanceBody,
    /// What of its cost is neither set aside nor released.
    lacks: BalanceBody,
}

/// What is developed, in one of four stages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub struct ProductBody {
    #[schema(value_type = String)]
    id: ProductId,
    name: String,
    about: String,
    /// What its development is to cost.
    amount: MoneyBody,
    /// `design`, `facility` (what it takes to make it is built), `optimise` (it is made better and cheaper) or `market`.
    stage: String,
    /// Since when it is there, by the book's clock.
    staged_at: Timestamp,
    /// The stage after it; null after the last one, and where it was stopped.
    next_stage: Option<String>,
    /// The kinds of evidence that the next stage asks for.
    asks_for: Vec<String>,
    funding: FundingBody,
    #[schema(value_type = String)]
    opened_by: PersonId,
    /// When it was put on the board, by the book's clock.
    opened_at: Timestamp,
    /// How it was stopped; null while it goes on.
    stopped: Option<StopBody>,
}

impl ProductBody {
    fn new((it, funding): (Product, Funding)) -> ProductBody {
        let balance = |minor: i128| BalanceBody::new(minor, it.amount.currency());
        let next = it.stage.next().filter(|_| it.stopped.is_none());
        ProductBody {
            funding: FundingBody {
                planned: balance(funding.planned),
                aside: balance(funding.aside),
                released: balance(funding.released),
                lacks: balance(funding.lacks(it.amount)),
                milestones: funding.milestones,
            },
            id: it.id,
            name: it.name,
            about: it.about,
            amount: it.amount.into(),
            stage: it.stage.to_string(),
            staged_at: it.staged_at,
            next_stage: next.map(|next| next.to_string()),
            asks_for: next.map_or(&[][..], Stage::asks_for).iter().map(|kind| kind.as_str().to_owned()).collect(),
            opened_by: it.opened_by,
            opened_at: it.opened_at,
            stopped: it.stopped.map(|of| StopBody { by: of.by, reason: of.reason, at: of.at }),
        }
    }
}

/// That a product came to a stage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductStep)]
pub struct StepBody {
    /// `facility`, `optimise` or `market`.
    stage: String,
    /// When, by the book's clock.
    at: Timestamp,
    #[schema(value_type = String)]
    by: PersonId,
    evidence: Vec<EvidenceBody>,
}

impl From<Step> for StepBody {
    fn from(it: Step) -> StepBody {
        StepBody {
            stage: it.stage.to_string(),
            at: it.at,
            by: it.by,
            evidence: it.evidence.iter().map(EvidenceBody::from).collect(),
        }
    }
}

/// A product with the steps that it took.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductWithSteps)]
pub struct ProductWithStepsBody {
    #[serde(flatten)]
    product: ProductBody,
    /// The steps, the first one first.
    steps: Vec<StepBody>,
}

impl ProductWithStepsBody {
    async fn read(client: &impl GenericClient, it: Product) -> Result<ProductWithStepsBody, Error> {
        let id = it.id;
        let funding = products::funding(client, id.book, &[id.object]).await?.remove(&id.object).unwrap_or_default();
        let steps = products::steps(client, id).await?;
        let product = ProductBody::new((it, funding));
        Ok(ProductWithStepsBody { product, steps: steps.into_iter().map(StepBody::from).collect() })
    }
}

/// Puts a product on the board of the book, in the stage of its design.
#[utoipa::path(tag = "products", operation_id = "open_product",
    params(("book" = String, Path, description = "The book")), request_body = NewProduct,
    responses((status = 201, description = "On the board", body = ProductWithStepsBody)))]
#[post("/v1/books/{book}/products")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewProduct>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let body = &request.body;
    let new = operations::NewProduct {
        name: bounded("/name", &body.name, text::NAME)?,
        about: paragraphs("/about", &body.about, text::STATEMENT_OR_NONE)?,
        amount: body.amount.parse("/amount")?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let opened = operations::open(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&ProductWithStepsBody::read(tx, opened).await?))
    })
    .await
}

/// Lists the products of a book, without their steps, for those who may read the book.
#[utoipa::path(tag = "products", operation_id = "list_products",
    params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the youngest first", body = Page<ProductBody>)))]
#[get("/v1/books/{book}/products")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let (book, _) = visibility::read(&client, &caller, *id).await?;
    let rows = operations::funded(&client, &book, window.after, window.fetch()).await?;
    Ok(window.page(rows, |(product, _)| product.id.object, ProductBody::new).respond(&http))
}

/// Shows a product with the steps that it took and their evidence, for those who may read its book.
#[utoipa::path(tag = "products", operation_id = "show_product",
    params(("id" = String, Path, description = "The product")),
    responses((status = 200, description = "The product, with its ETag", body = ProductWithStepsBody,
        headers(("ETag" = String)))))]
#[get("/v1/products/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<ProductId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = readable_book(&client, &caller, id.book, "product").await?;
    let found = products::get(&client, *id, book.currency).await?;
    let tag = etag(found.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(ProductWithStepsBody::read(&client, found).await?))
}

/// The next stage of a product, and why it comes there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvanceProduct {
    /// The next stage: `facility`, `optimise` or `market`.
    #[schema(pattern = "^(facility|optimise|market)$", example = "facility")]
    to: String,
    /// What everybody can read: an address with its digest, or a fetch. `facility` asks for a licence and the design files, `optimise` for the bill of
    /// materials and the instructions to build it, `market` for a test report and an enterprise plan.
    #[schema(min_items = 1, max_items = 50)]
    evidence: Vec<NewEvidence>,
}

/// Takes a product to its next stage, on evidence. There is no way back; what comes out wrong is stopped, for a reason.
#[utoipa::path(tag = "products", operation_id = "advance_product",
    params(("id" = String, Path, description = "The product")), request_body = AdvanceProduct,
    responses((status = 200, description = "In that stage", body = ProductWithStepsBody)))]
#[post("/v1/products/{id}:advance")]
pub(crate) async fn advance(
    state: Data<State>,
    caller: Caller,
    id: Path<ProductId>,
    request: Keyed<AdvanceProduct>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let to: Stage = parse("/to", &request.body.to)?;
    if let Some(place) = request.body.evidence.iter().position(|piece| piece.file.is_some()) {
        let why = "what everybody can read: an address with its digest, or a fetch";
        return Err(Problem::invalid(format!("/evidence/{place}/file"), why));
    }
    let (evidence, _) = parse_evidence(&state, id.book, by, &request.body.evidence).await?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        kept_of(tx, &caller, id.book, "product").await?;
        let advanced = operations::advance(tx, *id, to, evidence.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ProductWithStepsBody::read(tx, advanced).await?))
    })
    .await
}

/// A milestone that pays for a product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkMilestone {
    /// A milestone of the same book, in its currency.
    #[schema(min_length = 36, max_length = 36, pattern = "^mls_[a-z2-7]{32}$")]
    milestone: String,
}

/// Says that a milestone pays for a product. Each pays for one; saying it again changes nothing.
#[utoipa::path(tag = "products", operation_id = "link_milestone",
    params(("id" = String, Path, description = "The product")), request_body = LinkMilestone,
    responses((status = 200, description = "It pays for it", body = ProductWithStepsBody)))]
#[post("/v1/products/{id}/milestones")]
pub(crate) async fn link(
    state: Data<State>,
    caller: Caller,
    id: Path<ProductId>,
    request: Keyed<LinkMilestone>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let milestone: MilestoneId = parse("/milestone", &request.body.milestone)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        kept_of(tx, &caller, id.book, "product").await?;
        let linked = operations::link(tx, *id, milestone, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ProductWithStepsBody::read(tx, linked).await?))
    })
    .await
}

/// Why a product is stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopProduct {
    /// For its readers; never a name.
    #[schema(min_length = 1, max_length = 1000, example = "The soil here does not hold together")]
    reason: String,
}

/// Stops a product. It stays on the board with its reason; what milestones pay for it goes on.
#[utoipa::path(tag = "products", operation_id = "stop_product",
    params(("id" = String, Path, description = "The product")), request_body = StopProduct,
    responses((status = 200, description = "Stopped", body = ProductWithStepsBody)))]
#[post("/v1/products/{id}:stop")]
pub(crate) async fn stop(
    state: Data<State>,
    caller: Caller,
    id: Path<ProductId>,
    request: Keyed<StopProduct>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        kept_of(tx, &caller, id.book, "product").await?;
        let stopped = operations::stop(tx, *id, &reason, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ProductWithStepsBody::read(tx, stopped).await?))
    })
    .await
}

/// How many products are in a stage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineStage)]
pub struct StageBody {
    /// `design`, `facility`, `optimise` or `market`.
    stage: String,
    /// How many that go on are there.
    products: usize,
}

/// How many products the money pays for by the end of the year.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineForecast)]
pub struct ForecastBody {
    /// What a product costs: the mean of those that go on, rounded up.
    cost: BalanceBody,
    /// What was collected this year for the campaigns whose milestones pay for products, with the month that runs, as everybody may know it.
    collected: BalanceBody,
    /// What comes in a month: the mean of the newest three months that are over, rounded down.
    a_month: BalanceBody,
    /// The last day of the year.
    by: Date,
    /// So many products all of that pays for by then: what was collected, and as much in each month to come.
    products: i64,
    /// What is over then.
    over: BalanceBody,
    /// What a product a week, 52 in a year, takes in a month, rounded up.
    weekly: BalanceBody,
}

impl ForecastBody {
    fn new(it: &Forecast, currency: Currency) -> ForecastBody {
        let balance = |minor: i128| BalanceBody::new(minor, currency);
        ForecastBody {
            cost: balance(it.cost.into()),
            collected: balance(it.collected),
            a_month: balance(it.a_month),
            by: it.by,
            products: it.products,
            over: balance(it.over),
            weekly: balance(it.weekly),
        }
    }
}

/// What keeps a product from its next stage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductBlocker)]
pub struct BlockerBody {
    #[schema(value_type = String)]
    product: ProductId,
    /// What of its cost is neither set aside nor released; null where nothing is missing.
    money: Option<BalanceBody>,
    /// The kinds of evidence that its next stage asks for.
    evidence: Vec<String>,
}

impl BlockerBody {
    fn new((product, funding): &(Product, Funding)) -> Option<BlockerBody> {
        let found = pipeline::blockers(product, funding);
        let mut body = BlockerBody { product: product.id, money: None, evidence: Vec::new() };
        for blocker in &found {
            match blocker {
                Blocker::Money(lacks) => body.money = Some(BalanceBody::new(*lacks, product.amount.currency())),
                Blocker::Evidence(stage) => {
                    body.evidence = stage.asks_for().iter().map(|kind| kind.as_str().to_owned()).collect();
                }
            }
        }
        (!found.is_empty()).then_some(body)
    }
}

/// The board of a book's products: its 200 youngest.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pipeline)]
pub struct BoardBody {
    /// The book's own day.
    as_of: Date,
    /// The four stages, in their order.
    stages: Vec<StageBody>,
    /// What keeps products from their next stage.
    blockers: Vec<BlockerBody>,
    /// What the products that go on lack in all.
    lack: BalanceBody,
    /// How many the money pays for by the end of the year; null where no product goes on.
    forecast: Option<ForecastBody>,
}

/// Shows the board of a book's products: how many are in each stage, what keeps them from the next one, and how many their money pays for by
/// the end of the year at the rate of the newest three months. For those who may read the book.
#[utoipa::path(tag = "products", operation_id = "show_pipeline",
    params(("book" = String, Path, description = "The book")),
    responses((status = 200, description = "The board", body = BoardBody)))]
#[get("/v1/books/{book}/pipeline")]
pub(crate) async fn board(state: Data<State>, caller: MaybeCaller, id: Path<BookRef>) -> Result<HttpResponse, Problem> {
    let body = state
        .in_transaction(async |tx| {
            let (book, _) = visibility::read(tx, &caller, *id).await?;
            let board = operations::board(tx, &state.whole_sums, &book, ledger::calendar::now()).await?;
            let stage = |(stage, products): (Stage, usize)| StageBody { stage: stage.to_string(), products };
            Ok(BoardBody {
                as_of: board.as_of,
                stages: pipeline::stages(&board.products).into_iter().map(stage).collect(),
                blockers: board.products.iter().filter_map(BlockerBody::new).collect(),
                lack: BalanceBody::new(pipeline::lack(&board.products), book.currency),
                forecast: board.forecast.as_ref().map(|it| ForecastBody::new(it, book.currency)),
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(body))
}
