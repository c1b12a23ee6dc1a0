//! By how much products are assumed to be cheaper than what is bought otherwise.

use super::plans::{kept_of, readable_book};
use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, MoneyBody, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::cooperatives::rules::cooperative::Percent;
use ledger::id::{PersonId, ProductId};
use ledger::programmes::operations::advantages as operations;
use ledger::programmes::rules::advantage::{Advantage, Assumed};
use ledger::programmes::store::{advantages, products};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An assumption to be published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdvantage {
    /// By how much it is cheaper at level 0: percent, a decimal string, exact to the hundredth.
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "30")]
    first: String,
    /// What each level adds, percent.
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "20")]
    per_level: String,
    /// The level of the product: how often what it is made with was made in the same way itself.
    #[schema(minimum = 0, maximum = 8, example = 2)]
    level: u8,
    /// `additive`: each level takes its part of the benchmark, 100 % at most; or `compound`: of what the levels before have left.
    #[schema(pattern = "^(additive|compound)$", example = "additive")]
    way: String,
    /// What is bought otherwise costs so much, in the currency of the book; when it is not given, no prices are said.
    #[serde(default)]
    benchmark: Option<MoneyBody>,
    /// Where the assumption is from.
    #[serde(default)]
    #[schema(max_length = 1000, example = "As the founding document says")]
    note: String,
}

/// How much cheaper at a level.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdvantageLevel)]
pub struct LevelBody {
    level: u8,
    /// Percent, rounded once, a half upwards.
    #[schema(value_type = String, example = "50.00")]
    percent: Percent,
    /// The benchmark less that, a half upwards; null without a benchmark.
    price: Option<BalanceBody>,
}

/// By how much a product is assumed to be cheaper than what is bought otherwise. It is an assumption, and nothing that was measured.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Advantage)]
pub struct AdvantageBody {
    #[schema(value_type = String)]
    product: ProductId,
    /// From 1; the last one holds.
    version: i32,
    /// At level 0.
    #[schema(value_type = String, example = "30.00")]
    first: Percent,
    #[schema(value_type = String, example = "20.00")]
    per_level: Percent,
    level: u8,
    /// `additive` or `compound`.
    way: String,
    benchmark: Option<MoneyBody>,
    /// At the level of the product.
    #[schema(value_type = String, example = "70.00")]
    percent: Percent,
    /// Each level up to that of the product, from 0.
    levels: Vec<LevelBody>,
    note: String,
    #[schema(value_type = String)]
    assumed_by: PersonId,
    /// When, by the book's clock.
    assumed_at: Timestamp,
}

impl From<Advantage> for AdvantageBody {
    fn from(it: Advantage) -> AdvantageBody {
        let of = it.assumed;
        let level = |level: u8| {
            let price = it.benchmark.map(|amount| BalanceBody::new(of.price(level, amount), amount.currency()));
            LevelBody { level, percent: of.percent(level), price }
        };
        AdvantageBody {
            levels: (0..=of.level).map(level).collect(),
            product: it.product,
            version: it.version,
            first: of.first,
            per_level: of.per_level,
            level: of.level,
            way: of.way.to_string(),
            benchmark: it.benchmark.map(MoneyBody::from),
            percent: of.percent(of.level),
            note: it.note,
            assumed_by: it.assumed_by,
            assumed_at: it.assumed_at,
        }
    }
}

/// Publishes by how much a product is assumed to be cheaper, at each level up to its own. The assumptions before it stay to be read.
#[utoipa::path(tag = "products", operation_id = "assume_advantage",
    params(("id" = String, Path, description = "The product")), request_body = NewAdvantage,
    responses((status = 201, description = "Published", body = AdvantageBody)))]
#[post("/v1/products/{id}/advantages")]
pub(crate) async fn assume(
    state: Data<State>,
    caller: Caller,
    id: Path<ProductId>,
    request: Keyed<NewAdvantage>,
) -> Result<HttpResponse, Problem> {
    let (by, body) = (caller.person()?.id, &request.body);
    let new = operations::NewAdvantage {
        assumed: Assumed {
            first: parse("/first", &body.first)?,
            per_level: parse("/per_level", &body.per_level)?,
            level: body.level,
            way: parse("/way", &body.way)?,
        },
        benchmark: body.benchmark.as_ref().map(|amount| amount.parse("/benchmark")).transpose()?,
        note: paragraphs("/note", &body.note, text::REASON_OR_NONE)?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        kept_of(tx, &caller, id.book, "product").await?;
        let assumed = operations::assume(tx, *id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&AdvantageBody::from(assumed)))
    })
    .await
}

/// Lists what was assumed of a product, for those who may read its book.
#[utoipa::path(tag = "products", operation_id = "list_advantages",
    params(("id" = String, Path, description = "The product"), PageQuery),
    responses((status = 200, description = "A page, the last one first", body = Page<AdvantageBody>)))]
#[get("/v1/products/{id}/advantages")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<ProductId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = readable_book(&client, &caller, id.book, "product").await?;
    products::get(&client, *id, book.currency).await?;
    let rows = advantages::list(&client, (*id, book.currency), window.after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.version, AdvantageBody::from).respond(&http))
}
