//! Versions of allocation rules.

use crate::cooperatives::rules::allocation_rule::{AllocationRule, Rule};
use crate::error::Error;
use crate::id::{AllocationRuleId, BookId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

/// A SHA-256 of a row.
pub(super) fn sha256(row: &Row, column: &str) -> Result<[u8; 32], Error> {
    row.get::<_, &[u8]>(column).try_into().map_err(|_| Error::inconsistent(format!("{column} has not 32 bytes")))
}

/// Days of a row.
pub(super) fn days(row: &Row, column: &str) -> Result<u16, Error> {
    u16::try_from(row.get::<_, i16>(column)).map_err(|_| Error::inconsistent(format!("a negative {column}")))
}

fn from_row(row: &Row) -> Result<AllocationRule, Error> {
    let Json(rule) = row.try_get::<_, Json<Rule>>("rule")?;
    Ok(AllocationRule {
        id: AllocationRuleId::new(BookId(row.get("book_id")), row.get("id")),
        version: row.get("version"),
        effective_from: row.get("effective_from"),
        window_days: days(row, "window_days")?,
        rule,
        digest: sha256(row, "digest")?,
        published_by: PersonId(row.get("published_by")),
        published_at: row.get("published_at"),
    })
}

/// A new version.
pub async fn insert(tx: &Transaction<'_>, new: &AllocationRule) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- allocation_rules::insert
            INSERT INTO allocation_rule (book_id, id, version, effective_from, window_days, rule, digest, published_by,
                                         published_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* version */ &new.version,
            /* effective_from */ &new.effective_from,
            /* window_days */ &new.window_days.cast_signed(),
            /* rule */ &Json(&new.rule),
            /* digest */ &new.digest.as_slice(),
            /* published_by */ &new.published_by.0,
            /* published_at */ &new.published_at,
        ],
    )
    .await?;
    Ok(())
}

/// The version with this id.
pub async fn get(client: &impl GenericClient, id: AllocationRuleId) -> Result<AllocationRule, Error> {
    let statement = client
        .prepare_cached(
            "-- allocation_rules::get
            SELECT * FROM allocation_rule WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("allocation rule"))
}

/// The version in force on a day: the youngest of those that hold by then.
pub async fn in_force(client: &impl GenericClient, book: BookId, day: Date) -> Result<Option<AllocationRule>, Error> {
    let statement = client
        .prepare_cached(
            "-- allocation_rules::in_force
            SELECT * FROM allocation_rule WHERE book_id = $1 AND effective_from <= $2 ORDER BY version DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* day */ &day]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The versions of a book, after a version.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    after: i32,
    limit: i64,
) -> Result<Vec<AllocationRule>, Error> {
    let statement = client
        .prepare_cached(
            "-- allocation_rules::list
            SELECT * FROM allocation_rule WHERE book_id = $1 AND version > $2 ORDER BY version LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}
