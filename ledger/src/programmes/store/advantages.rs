//! By how much products are assumed to be cheaper.

use crate::cooperatives::rules::cooperative::Percent;
use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, PersonId, ProductId};
use crate::money::Currency;
use crate::programmes::rules::advantage::{Advantage, Assumed};
use deadpool_postgres::{GenericClient, Transaction};
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Advantage, Error> {
    let wrong = || Error::inconsistent("an assumption beyond its bounds");
    let percent =
        |column: &str| u64::try_from(row.get::<_, i32>(column)).map(Percent::from_hundredths).map_err(|_| wrong());
    let benchmark = row.get::<_, Option<i64>>("benchmark").map(|minor| money(minor, currency)).transpose()?;
    Ok(Advantage {
        product: ProductId::new(BookId(row.get("book_id")), row.get("product_id")),
        version: row.get("version"),
        assumed: Assumed {
            first: percent("first")?,
            per_level: percent("per_level")?,
            level: u8::try_from(row.get::<_, i16>("level")).map_err(|_| wrong())?,
            way: word(row.get("way"))?,
        },
        benchmark,
        note: row.get("note"),
        assumed_by: PersonId(row.get("assumed_by")),
        assumed_at: row.get("assumed_at"),
    })
}

/// A new assumption.
pub async fn insert(tx: &Transaction<'_>, new: &Advantage) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- advantages::insert
            INSERT INTO product_advantage (book_id, product_id, version, first, per_level, level, way, benchmark, note, assumed_by, assumed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .await?;
    let hundredths = |percent: Percent| {
        i32::try_from(percent.hundredths()).map_err(|_| Error::inconsistent("an assumption beyond its bounds"))
    };
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.product.book.0,
            /* product_id */ &new.product.object,
            /* version */ &new.version,
            /* first */ &hundredths(new.assumed.first)?,
            /* per_level */ &hundredths(new.assumed.per_level)?,
            /* level */ &i16::from(new.assumed.level),
            /* way */ &new.assumed.way.as_str(),
            /* benchmark */ &new.benchmark.map(|amount| amount.minor()),
            /* note */ &new.note,
            /* assumed_by */ &new.assumed_by.0,
            /* assumed_at */ &new.assumed_at,
        ],
    )
    .await?;
    Ok(())
}

/// The assumptions about a product, the last one first, before a version.
pub async fn list(
    client: &impl GenericClient,
    (id, currency): (ProductId, Currency),
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Advantage>, Error> {
    let statement = client
        .prepare_cached(
            "-- advantages::list
            SELECT * FROM product_advantage
             WHERE book_id = $1 AND product_id = $2 AND ($3::int IS NULL OR version < $3)
             ORDER BY version DESC LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* product_id */ &id.object, /* before */ &before,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// The assumption that holds of each of some products of a book; none of whom nobody has made any.
pub async fn last(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    products: &[Uuid],
) -> Result<HashMap<Uuid, Advantage>, Error> {
    let statement = client
        .prepare_cached(
            "-- advantages::last
            SELECT DISTINCT ON (product_id) * FROM product_advantage
             WHERE book_id = $1 AND product_id = ANY($2) ORDER BY product_id, version DESC",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* products */ &products]).await?;
    let read = |row: &Row| from_row(row, currency).map(|it| (it.product.object, it));
    rows.iter().map(read).collect()
}
