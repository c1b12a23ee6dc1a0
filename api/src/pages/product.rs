//! A product for whoever may read its book: how far it has come and on which evidence, what pays for it, what its sales bring, and by how much it
//! is assumed to be cheaper.
//!
//! Sales and costs are those of its own book: who reads the product need not read the books whose surpluses pay for it.

use super::giving::decimal;
use super::pipeline::{in_words, stage_name};
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use crate::auth::MaybeCaller;
use crate::handlers::programmes::loops::hundredths;
use crate::handlers::programmes::plans::readable_book;
use crate::problem::Problem;
use crate::state::State;
use crate::texts::Said;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::cooperatives::rules::cooperative::{Percent, Period};
use ledger::cooperatives::store::proceeds::{self, Sold};
use ledger::engine::store::books::{Book, Visibility};
use ledger::evidence::{Digest, Evidence, EvidenceKind};
use ledger::id::{BookRef, MilestoneId, ProductId};
use ledger::milestones::store::milestones;
use ledger::parties::store::organisations;
use ledger::programmes::operations::loops;
use ledger::programmes::rules::advantage::Advantage;
use ledger::programmes::rules::product::{Funding, Product, Stage, Step};
use ledger::programmes::rules::self_funding::{self, ProductLoop};
use ledger::programmes::store::{advantages, products};
use serde::Serialize;

#[derive(Template, Serialize)]
#[template(path = "product.html")]
struct ProductPage {
    id: ProductId,
    book: BookRef,
    name: String,
    about: String,
    host: String,
    as_of: Day,
    stage: &'static str,
    #[serde(skip)]
    stage_name: Said,
    since: Day,
    /// Why it was stopped, and when; none while it goes on.
    stopped: Option<StoppedView>,
    stages: Vec<StageRow>,
    amount: Amount,
    /// What is set aside for it and not released.
    aside: Amount,
    released: Amount,
    lacks: Amount,
    #[serde(skip)]
    is_paid_for: bool,
    milestones: Vec<MilestoneRow>,
    earned: EarnedView,
    assumed: Option<AssumedView>,
}

#[derive(Serialize)]
struct StoppedView {
    on: Day,
    reason: String,
}

/// A stage, and how the product came to it.
#[derive(Serialize)]
struct StageRow {
    stage: &'static str,
    #[serde(skip)]
    name: Said,
    #[serde(skip)]
    means: Said,
    /// Since when; none where it has not come yet.
    on: Option<Day>,
    /// What it asks for before anything comes there, in words.
    #[serde(skip)]
    asks_for: String,
    /// Whether it is the next one.
    #[serde(skip)]
    is_next: bool,
    evidence: Vec<EvidenceRow>,
}

#[derive(Serialize)]
struct EvidenceRow {
    kind: EvidenceKind,
    title: String,
    url: String,
    licence: Option<String>,
    sha256: Digest,
}

impl EvidenceRow {
    fn new(it: &Evidence) -> EvidenceRow {
        EvidenceRow {
            kind: it.kind(),
            title: it.title().to_owned(),
            url: it.url().to_owned(),
            licence: it.licence().map(str::to_owned),
            sha256: it.sha256(),
        }
    }

    /// What it is, for people.
    fn written(&self) -> Said {
        in_words(self.kind)
    }
}

#[derive(Serialize)]
struct MilestoneRow {
    id: MilestoneId,
    name: String,
    amount: Amount,
    released: Amount,
}

/// What it brought in the twelve months that are over.
#[derive(Serialize)]
struct EarnedView {
    from: Day,
    to: Day,
    /// How many were sold; none where no sale says how many.
    units: Option<String>,
    sales: Amount,
    costs: Amount,
    left: Amount,
    /// What was released for it in these months.
    released: Amount,
    /// What of surpluses went into development by what it earned.
    proceeds: Amount,
    ratio: Option<String>,
    #[serde(skip)]
    is_anything: bool,
}

impl EarnedView {
    fn new(period: Period, sold: &Sold, closed: ProductLoop, book: &Book) -> EarnedView {
        let amount = |minor: i128| Amount::of(minor, book.currency);
        EarnedView {
            from: Day(period.from),
            to: Day(period.to),
            units: sold.units.map(counted),
            sales: amount(sold.sales),
            costs: amount(sold.costs),
            left: amount(sold.sales - sold.costs),
            released: amount(closed.released.into()),
            proceeds: amount(closed.proceeds.into()),
            ratio: closed.ratio().map(hundredths),
            is_anything: sold.sales != 0 || sold.costs != 0,
        }
    }
}

/// Hundredths of pieces: whole ones without a point.
fn counted(units: i128) -> String {
    if units % 100 == 0 { (units / 100).to_string() } else { hundredths(units) }
}

/// A percentage with the point of the language of who reads.
fn percent(it: Percent) -> String {
    decimal(&it.to_string())
}

/// By how much it is assumed to be cheaper than what is bought otherwise, at each level up to its own.
#[derive(Serialize)]
struct AssumedView {
    way: &'static str,
    level: u8,
    percent: Percent,
    benchmark: Option<Amount>,
    levels: Vec<LevelRow>,
    note: String,
    on: Day,
}

#[derive(Serialize)]
struct LevelRow {
    level: u8,
    percent: Percent,
    price: Option<Amount>,
}

impl AssumedView {
    fn new(it: Advantage, book: &Book) -> AssumedView {
        let of = it.assumed;
        let level = |level: u8| LevelRow {
            level,
            percent: of.percent(level),
            price: it.benchmark.map(|amount| Amount::of(of.price(level, amount), amount.currency())),
        };
        AssumedView {
            way: of.way.as_str(),
            level: of.level,
            percent: of.percent(of.level),
            benchmark: it.benchmark.map(Amount::from),
            levels: (0..=of.level).map(level).collect(),
            note: it.note,
            on: Day(book.day_of(it.assumed_at)),
        }
    }
}

impl Twinned for ProductPage {
    fn sheet(&self) -> Sheet {
        let rows = self.stages.iter().flat_map(|stage| {
            stage.evidence.iter().map(|it| {
                let on = stage.on.map(|day| day.0.to_string()).unwrap_or_default();
                let licence = it.licence.clone().unwrap_or_default();
                let (kind, digest) = (it.kind.as_str().to_owned(), it.sha256.to_string());
                vec![stage.stage.to_owned(), on, kind, it.title.clone(), it.url.clone(), licence, digest]
            })
        });
        Sheet { columns: vec!["stage", "since", "kind", "title", "url", "licence", "sha256"], rows: rows.collect() }
    }
}

fn stage_row(stage: Stage, it: &Product, steps: &[Step], book: &Book) -> StageRow {
    let step = steps.iter().find(|step| step.stage == stage);
    let (name, means) = stage_name(stage);
    let at = if stage == Stage::Design { Some(it.opened_at) } else { step.map(|step| step.at) };
    StageRow {
        stage: stage.as_str(),
        name,
        means,
        on: at.map(|at| Day(book.day_of(at))),
        asks_for: stage.asks_for().iter().map(|kind| in_words(*kind).to_string()).collect::<Vec<_>>().join(", "),
        is_next: it.stopped.is_none() && it.stage.next() == Some(stage),
        evidence: step.map_or(&[][..], |step| &step.evidence).iter().map(EvidenceRow::new).collect(),
    }
}

impl ProductPage {
    async fn of(tx: &Transaction<'_>, book: &Book, it: Product) -> Result<ProductPage, Error> {
        let id = it.id;
        let today = book.today(ledger::calendar::now());
        let host = organisations::find(tx, book.organisation).await?.ok_or(Error::NotFound("product"))?;
        let funding = products::funding(tx, book.id, &[id.object]).await?.remove(&id.object).unwrap_or_default();
        let steps = products::steps(tx, id).await?;
        let (from, to) = self_funding::span(today);
        let period = Period::new(from, to)?;
        let sold = proceeds::sold(tx, book.id, &it.name, period).await?;
        let (closed, _) = loops::of_product(tx, book, &it, period).await?;
        let assumed = advantages::last(tx, (book.id, book.currency), &[id.object]).await?.remove(&id.object);
        let amount = |minor: i128| Amount::of(minor, book.currency);
        let lacks = funding.lacks(it.amount);
        Ok(ProductPage {
            id,
            book: book.reference(),
            host: host.name,
            as_of: Day(today),
            stage: it.stage.as_str(),
            stage_name: stage_name(it.stage).0,
            since: Day(book.day_of(it.staged_at)),
            stopped: it
                .stopped
                .as_ref()
                .map(|of| StoppedView { on: Day(book.day_of(of.at)), reason: of.reason.clone() }),
            stages: Stage::ALL.iter().map(|stage| stage_row(*stage, &it, &steps, book)).collect(),
            amount: it.amount.into(),
            aside: amount(funding.aside),
            released: amount(funding.released),
            lacks: amount(lacks),
            is_paid_for: lacks == 0,
            milestones: milestone_rows(tx, &funding).await?,
            earned: EarnedView::new(period, &sold, closed, book),
            assumed: assumed.map(|it| AssumedView::new(it, book)),
            name: it.name,
            about: it.about,
        })
    }
}

/// The milestones that pay for it.
async fn milestone_rows(tx: &Transaction<'_>, funding: &Funding) -> Result<Vec<MilestoneRow>, Error> {
    let mut rows = Vec::with_capacity(funding.milestones.len());
    for id in &funding.milestones {
        let it = milestones::get(tx, *id).await?;
        let released = Amount::of(it.released, it.amount.currency());
        rows.push(MilestoneRow { id: it.id, amount: it.amount.into(), released, name: it.name });
    }
    Ok(rows)
}

/// Shows a product.
#[route("/products/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<ProductId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (shown, is_public) = state
        .in_transaction(async |tx| {
            let book = readable_book(tx, &caller, asked.id.book, "product").await?;
            let found = products::get(tx, asked.id, book.currency).await?;
            Ok((ProductPage::of(tx, &book, found).await?, book.visibility == Visibility::Public))
        })
        .await?;
    respond(&request, asked.form, &shown, is_public)
}
