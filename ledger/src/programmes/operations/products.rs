//! Products: put on the board, taken one stage on, paid for by milestones, and stopped.

use crate::book::AccountNumber;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Evidence;
use crate::id::{BookId, MilestoneId, PersonId, ProductId};
use crate::milestones::store::milestones;
use crate::money::Money;
use crate::programmes::rules::pipeline::{self, Forecast};
use crate::programmes::rules::product::{Funding, Product, Stage, Step, Stopped, check_milestones};
use crate::programmes::store::products;
use crate::reports::operations::{WholeSums, outside_months};
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The most products that a board shows, the youngest.
pub const BOARD_MAX: i64 = 200;

/// A product to be put on the board.
#[derive(Debug, Clone)]
pub struct NewProduct {
    /// Its name.
    pub name: String,
    /// What it is; may be empty.
    pub about: String,
    /// What its development is to cost.
    pub amount: Money,
}

/// Puts a product on the board, in the stage of its design.
///
/// # Errors
///
/// `book-winding-up`; [`Error::Invalid`] at `/name`, `/about` or `/amount/currency`; [`Error::NotFound`] for an unknown book.
pub async fn open(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewProduct,
    by: PersonId,
    wall: Timestamp,
) -> Result<Product, Error> {
    check_text("/name", &new.name, text::NAME)?;
    check_text("/about", &new.about, text::STATEMENT_OR_NONE)?;
    let book = books::get(tx, book).await?;
    if new.amount.currency() != book.currency {
        return Err(Error::invalid("/amount/currency", format!("{}, as the book", book.currency)));
    }
    let now = book.now(wall);
    book.takes_new(now)?;
    let opened = Product {
        id: ProductId::generate(book.id),
        name: new.name,
        about: new.about,
        amount: new.amount,
        stage: Stage::Design,
        staged_at: now,
        opened_by: by,
        opened_at: now,
        stopped: None,
        version: 1,
    };
    products::insert(tx, &opened).await?;
    activity::record(tx, book.id, Done::new(&opened.id, "opened", Actor::Person(by)), now).await?;
    Ok(opened)
}

/// Takes a product to its next stage, on the evidence that this asks for.
///
/// # Errors
///
/// `stage-order`, `stage-evidence-missing`, `product-stopped`; [`Error::NotFound`] for an unknown product.
pub async fn advance(
    tx: &Transaction<'_>,
    id: ProductId,
    to: Stage,
    evidence: Vec<Evidence>,
    by: PersonId,
    wall: Timestamp,
) -> Result<Product, Error> {
    let book = books::get(tx, id.book).await?;
    let product = products::lock(tx, id, book.currency).await?;
    product.goes_on()?;
    product.check_next(to)?;
    to.check(&evidence)?;
    let at = book.now(wall).max(product.staged_at);
    products::advance(tx, id, &Step { stage: to, at, by, evidence }).await?;
    activity::record(tx, book.id, Done::new(&id, to.as_str(), Actor::Person(by)), at).await?;
    Ok(Product { stage: to, staged_at: at, version: product.version + 1, ..product })
}

/// Says that a milestone of the book pays for a product; each pays for one. Saying it again changes nothing.
///
/// # Errors
///
/// `milestone-of-product` for one that pays for another; `product-stopped`; [`Error::Invalid`] at `/milestone` for one of another book or
/// currency, and for too many; [`Error::NotFound`] for an unknown product.
pub async fn link(
    tx: &Transaction<'_>,
    id: ProductId,
    milestone: MilestoneId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Product, Error> {
    let book = books::get(tx, id.book).await?;
    let product = products::lock(tx, id, book.currency).await?;
    product.goes_on()?;
    let wrong = || Error::invalid("/milestone", format!("a milestone of the book, in {}", book.currency));
    if milestone.book != id.book {
        return Err(wrong());
    }
    let found = match milestones::get(tx, milestone).await {
        Err(Error::NotFound(_)) => return Err(wrong()),
        found => found?,
    };
    if found.amount.currency() != book.currency {
        return Err(wrong());
    }
    let funding = products::funding(tx, book.id, &[id.object]).await?.remove(&id.object).unwrap_or_default();
    if funding.milestones.contains(&milestone) {
        return Ok(product);
    }
    check_milestones(funding.milestones.len())?;
    let at = book.now(wall).max(product.opened_at);
    if !products::link(tx, id, milestone, (by, at)).await? {
        let other = products::of_milestone(tx, milestone).await?.map(|other| other.to_string()).unwrap_or_default();
        return Err(Refusal::new("milestone-of-product", format!("it pays for {other} already")).into());
    }
    activity::record(tx, book.id, Done::new(&id, "paid_for", Actor::Person(by)), at).await?;
    Ok(product)
}

/// Stops a product for a reason. What milestones pay for it goes on.
///
/// # Errors
///
/// `product-stopped`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown product.
pub async fn stop(
    tx: &Transaction<'_>,
    id: ProductId,
    reason: &str,
    by: PersonId,
    wall: Timestamp,
) -> Result<Product, Error> {
    check_text("/reason", reason, text::REASON)?;
    let book = books::get(tx, id.book).await?;
    let product = products::lock(tx, id, book.currency).await?;
    product.goes_on()?;
    let at = book.now(wall).max(product.staged_at);
    products::stop(tx, id, (by, reason, at)).await?;
    activity::record(tx, book.id, Done::new(&id, "stopped", Actor::Person(by)).because(reason), at).await?;
    let stopped = Some(Stopped { by, reason: reason.to_owned(), at });
    Ok(Product { stopped, version: product.version + 1, ..product })
}

/// The products of a book with what milestones have for them, the youngest first, before an id.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn funded(
    client: &impl GenericClient,
    book: &Book,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Product, Funding)>, Error> {
    let found = products::list(client, (book.id, book.currency), before, limit).await?;
    let ids: Vec<Uuid> = found.iter().map(|product| product.id.object).collect();
    let mut funding = products::funding(client, book.id, &ids).await?;
    let with = |product: Product| {
        let of = funding.remove(&product.id.object).unwrap_or_default();
        (product, of)
    };
    Ok(found.into_iter().map(with).collect())
}

/// The board of a book's products today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// The book's own day.
    pub as_of: Date,
    /// The products, the youngest first, so many at most.
    pub products: Vec<(Product, Funding)>,
    /// How many their money pays for by the end of the year; none where no product goes on.
    pub forecast: Option<Forecast>,
}

/// The board of a book's products, with what everybody may know of what came to the campaigns whose milestones pay for them.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn board(
    client: &impl GenericClient,
    sums: &WholeSums,
    book: &Book,
    wall: Timestamp,
) -> Result<Board, Error> {
    let as_of = book.today(wall);
    let products = funded(client, book, None, BOARD_MAX).await?;
    let mut collected: BTreeMap<Date, i128> = BTreeMap::new();
    for fund in products::funds(client, book.id, book.currency).await? {
        for (month, minor) in outside_months(client, sums, book, AccountNumber(fund)).await? {
            *collected.entry(month).or_default() += minor;
        }
    }
    let forecast = pipeline::forecast(&products, &collected, as_of);
    Ok(Board { as_of, products, forecast })
}
