//! By how much products are assumed to be cheaper: said, and said anew.

use crate::engine::store::books;
use crate::error::Error;
use crate::id::{PersonId, ProductId};
use crate::money::Money;
use crate::programmes::rules::advantage::{Advantage, Assumed, check_versions};
use crate::programmes::store::{advantages, products};
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// An assumption to be published.
#[derive(Debug, Clone)]
pub struct NewAdvantage {
    /// What is assumed.
    pub assumed: Assumed,
    /// What the other costs; none where nobody says.
    pub benchmark: Option<Money>,
    /// Where the assumption is from; may be empty.
    pub note: String,
}

/// Publishes by how much a product is assumed to be cheaper. Those that were published before stay.
///
/// # Errors
///
/// `product-stopped`, `assumptions-full`; [`Error::Invalid`] at `/first`, `/per_level`, `/level`, `/benchmark/currency` or `/note`;
/// [`Error::NotFound`] for an unknown product.
pub async fn assume(
    tx: &Transaction<'_>,
    id: ProductId,
    new: NewAdvantage,
    by: PersonId,
    wall: Timestamp,
) -> Result<Advantage, Error> {
    new.assumed.check()?;
    check_text("/note", &new.note, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let product = products::lock(tx, id, book.currency).await?;
    product.goes_on()?;
    if new.benchmark.is_some_and(|amount| amount.currency() != book.currency) {
        return Err(Error::invalid("/benchmark/currency", format!("{}, as the book", book.currency)));
    }
    let before = advantages::list(tx, (id, book.currency), None, 1).await?;
    let last = before.first();
    check_versions(last.map_or(0, |it| it.version))?;
    let now = book.now(wall);
    let assumed = Advantage {
        product: id,
        version: last.map_or(0, |it| it.version) + 1,
        assumed: new.assumed,
        benchmark: new.benchmark,
        note: new.note,
        assumed_by: by,
        assumed_at: last.map_or(now, |it| it.assumed_at.max(now)),
    };
    advantages::insert(tx, &assumed).await?;
    activity::record(tx, book.id, Done::new(&id, "assumed", Actor::Person(by)), assumed.assumed_at).await?;
    Ok(assumed)
}
