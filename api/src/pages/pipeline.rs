//! The board of a book's products for whoever may read it: how far each has come, what pays for it, and what keeps it from the next stage.

use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use crate::auth::MaybeCaller;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::visibility;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use ledger::Error;
use ledger::cooperatives::rules::cooperative::Percent;
use ledger::engine::store::books::{Book, Visibility};
use ledger::evidence::EvidenceKind;
use ledger::id::{BookRef, MilestoneId, ProductId};
use ledger::money::Money;
use ledger::parties::store::organisations;
use ledger::programmes::operations::products::{self as operations, Board};
use ledger::programmes::rules::advantage::Advantage;
use ledger::programmes::rules::pipeline::{self, Forecast};
use ledger::programmes::rules::product::{Funding, Product, Stage};
use ledger::programmes::store::advantages;
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Template, Serialize)]
#[template(path = "pipeline.html")]
struct PipelinePage {
    book: BookRef,
    name: String,
    host: String,
    as_of: Day,
    stages: Vec<StageView>,
    stopped: Vec<StoppedRow>,
    forecast: Option<ForecastView>,
    /// How many products go on.
    products: usize,
}

/// A stage with the products that are there.
#[derive(Serialize)]
struct StageView {
    stage: &'static str,
    #[serde(skip)]
    name: Said,
    #[serde(skip)]
    means: Said,
    /// What the next stage asks for; empty after the last one.
    #[serde(skip)]
    asks_for: String,
    products: Vec<ProductRow>,
}

#[derive(Serialize)]
struct ProductRow {
    id: ProductId,
    name: String,
    since: Day,
    amount: Amount,
    /// Set aside or released for it.
    has: Amount,
    lacks: Amount,
    #[serde(skip)]
    is_paid_for: bool,
    milestones: Vec<MilestoneId>,
    assumed: Option<AssumedView>,
}

/// By how much it is assumed to be cheaper than what is bought otherwise.
#[derive(Serialize)]
struct AssumedView {
    percent: Percent,
    level: u8,
    way: &'static str,
    benchmark: Option<Amount>,
    price: Option<Amount>,
}

impl AssumedView {
    fn new(it: &Advantage) -> AssumedView {
        let of = it.assumed;
        let price = |benchmark: Money| Amount::of(of.price(of.level, benchmark), benchmark.currency());
        AssumedView {
            percent: of.percent(of.level),
            level: of.level,
            way: of.way.as_str(),
            benchmark: it.benchmark.map(Amount::from),
            price: it.benchmark.map(price),
        }
    }
}

#[derive(Serialize)]
struct StoppedRow {
    id: ProductId,
    name: String,
    on: Day,
    reason: String,
}

#[derive(Serialize)]
struct ForecastView {
    cost: Amount,
    collected: Amount,
    a_month: Amount,
    by: Day,
    products: i64,
    over: Amount,
    weekly: Amount,
}

impl Twinned for PipelinePage {
    fn sheet(&self) -> Sheet {
        let rows = self.stages.iter().flat_map(|stage| {
            stage.products.iter().map(|it| {
                let amounts = [it.amount.plain(), it.has.plain(), it.lacks.plain(), it.amount.code()];
                [it.id.to_string(), it.name.clone(), stage.stage.to_owned()].into_iter().chain(amounts).collect()
            })
        });
        Sheet { columns: vec!["product", "name", "stage", "cost", "has", "lacks", "currency"], rows: rows.collect() }
    }
}

pub(super) fn stage_name(stage: Stage) -> (Said, Said) {
    match stage {
        Stage::Design => (say("pipeline-design"), say("pipeline-design-means")),
        Stage::Facility => (say("pipeline-facility"), say("pipeline-facility-means")),
        Stage::Optimise => (say("pipeline-optimise"), say("pipeline-optimise-means")),
        Stage::Market => (say("pipeline-market"), say("pipeline-market-means")),
    }
}

/// A kind of evidence that stages ask for, in words.
pub(super) fn in_words(kind: EvidenceKind) -> Said {
    match kind {
        EvidenceKind::DesignFiles => say("pipeline-design-files"),
        EvidenceKind::BillOfMaterials => say("pipeline-bill-of-materials"),
        EvidenceKind::BuildInstructions => say("pipeline-build-instructions"),
        EvidenceKind::TestReport => say("pipeline-test-report"),
        EvidenceKind::Licence => say("pipeline-licence"),
        EvidenceKind::EnterprisePlan => say("pipeline-enterprise-plan"),
        EvidenceKind::Photo | EvidenceKind::Video | EvidenceKind::Other => say("pipeline-other"),
    }
}

/// What the next stage asks for, in words; empty after the last one.
fn asked(stage: Stage) -> String {
    let kinds = stage.next().map_or(&[][..], Stage::asks_for);
    kinds.iter().map(|kind| in_words(*kind).to_string()).collect::<Vec<_>>().join(", ")
}

impl ProductRow {
    fn new((it, funding): &(Product, Funding), assumed: Option<&Advantage>, book: &Book) -> ProductRow {
        let amount = |minor: i128| Amount::of(minor, book.currency);
        let lacks = funding.lacks(it.amount);
        ProductRow {
            id: it.id,
            name: it.name.clone(),
            since: Day(book.day_of(it.staged_at)),
            amount: it.amount.into(),
            has: amount(funding.aside + funding.released),
            lacks: amount(lacks),
            is_paid_for: lacks == 0,
            milestones: funding.milestones.clone(),
            assumed: assumed.map(AssumedView::new),
        }
    }
}

impl ForecastView {
    fn new(it: &Forecast, book: &Book) -> ForecastView {
        let amount = |minor: i128| Amount::of(minor, book.currency);
        ForecastView {
            cost: amount(it.cost.into()),
            collected: amount(it.collected),
            a_month: amount(it.a_month),
            by: Day(it.by),
            products: it.products,
            over: amount(it.over),
            weekly: amount(it.weekly),
        }
    }
}

impl PipelinePage {
    fn new(book: &Book, host: String, board: &Board, assumed: &HashMap<Uuid, Advantage>) -> PipelinePage {
        let row = |it: &(Product, Funding)| ProductRow::new(it, assumed.get(&it.0.id.object), book);
        let stage = |(stage, _): &(Stage, usize)| {
            let there = |(it, _): &&(Product, Funding)| it.stopped.is_none() && it.stage == *stage;
            let (name, means) = stage_name(*stage);
            StageView {
                stage: stage.as_str(),
                name,
                means,
                asks_for: asked(*stage),
                products: board.products.iter().filter(there).map(row).collect(),
            }
        };
        let stages = pipeline::stages(&board.products);
        let stopped = |(it, _): &(Product, Funding)| {
            let of = it.stopped.as_ref()?;
            let on = Day(book.day_of(of.at));
            Some(StoppedRow { id: it.id, name: it.name.clone(), on, reason: of.reason.clone() })
        };
        PipelinePage {
            book: book.reference(),
            name: book.name.clone(),
            host,
            as_of: Day(board.as_of),
            products: stages.iter().map(|(_, products)| products).sum(),
            stages: stages.iter().map(stage).collect(),
            stopped: board.products.iter().filter_map(stopped).collect(),
            forecast: board.forecast.as_ref().map(|it| ForecastView::new(it, book)),
        }
    }
}

/// Shows the board of a book's products.
#[route("/pipelines/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<BookRef>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (shown, is_public) = state
        .in_transaction(async |tx| {
            let (book, _) = visibility::read(tx, &caller, asked.id).await?;
            let board = operations::board(tx, &state.whole_sums, &book, ledger::calendar::now()).await?;
            if board.products.is_empty() {
                return Err(Error::NotFound("page"));
            }
            let host = organisations::find(tx, book.organisation).await?.ok_or(Error::NotFound("page"))?;
            let shown: Vec<Uuid> = board.products.iter().map(|(it, _)| it.id.object).collect();
            let assumed = advantages::last(tx, (book.id, book.currency), &shown).await?;
            Ok((PipelinePage::new(&book, host.name, &board, &assumed), book.visibility == Visibility::Public))
        })
        .await?;
    respond(&request, asked.form, &shown, is_public)
}
