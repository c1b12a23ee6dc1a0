//! The entries of distributions that are posted by several.

use crate::book::{AccountNumber, MovementKind};
use crate::error::Error;
use crate::id::{BookId, DistributionId, RedemptionId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

/// An entry of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesEntry {
    /// Its place, from 1.
    pub number: i32,
    /// Record number of the journal entry.
    pub entry: i64,
    /// Numbers of the first and the last member whose part it has.
    pub members: (i32, i32),
    /// Record number of its mirror; none while it stands.
    pub reversal: Option<i64>,
}

impl SeriesEntry {
    pub(super) fn from_row(row: &Row) -> SeriesEntry {
        SeriesEntry {
            number: row.get("number"),
            entry: row.get("entry_number"),
            members: (row.get("from_member"), row.get("to_member")),
            reversal: row.get("reversal_number"),
        }
    }
}

/// A new entry.
pub async fn insert(tx: &Transaction<'_>, id: DistributionId, new: SeriesEntry) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- series::insert
            INSERT INTO distribution_entry (book_id, distribution_id, number, entry_number, from_member, to_member)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* distribution_id */ &id.object,
            /* number */ &new.number,
            /* entry_number */ &new.entry,
            /* from_member */ &new.members.0,
            /* to_member */ &new.members.1,
        ],
    )
    .await?;
    Ok(())
}

/// The entries of a distribution so far, the first one first; none of one that is a single entry.
pub async fn list(client: &impl GenericClient, id: DistributionId) -> Result<Vec<SeriesEntry>, Error> {
    let statement = client
        .prepare_cached(
            "-- series::list
            SELECT * FROM distribution_entry WHERE book_id = $1 AND distribution_id = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* distribution_id */ &id.object]).await?;
    Ok(rows.iter().map(SeriesEntry::from_row).collect())
}

/// Minor units that the entries of a distribution so far move in one way.
pub async fn posted(client: &impl GenericClient, id: DistributionId, kind: MovementKind) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- series::posted
            SELECT coalesce(sum(t.amount), 0)::bigint AS posted
              FROM distribution_entry e
              JOIN transfer t ON t.book_id = e.book_id AND t.pos BETWEEN e.entry_number << 16 AND (e.entry_number << 16) + 65535
             WHERE e.book_id = $1 AND e.distribution_id = $2 AND t.kind = $3",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &id.book.0, /* distribution_id */ &id.object, /* kind */ &kind.number()])
        .await?;
    Ok(row.get("posted"))
}

/// What of a book is being posted by a series, or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnderWay {
    /// A distribution.
    Distribution(DistributionId),
    /// A redemption.
    Redemption(RedemptionId),
}

/// What of a book is being posted by a series or taken back, if anything is, and whether it is taken back.
pub async fn find_under_way(client: &impl GenericClient, book: BookId) -> Result<Option<(UnderWay, bool)>, Error> {
    let statement = client
        .prepare_cached(
            "-- series::find_under_way
            SELECT d.id AS distribution, NULL::uuid AS redemption, d.state = 'reversing' AS is_reversal FROM distribution d
             WHERE d.book_id = $1
               AND (d.state = 'reversing'
                    OR d.state = 'approved' AND EXISTS (
                       SELECT FROM distribution_entry e WHERE e.book_id = d.book_id AND e.distribution_id = d.id))
             UNION ALL
            SELECT NULL, r.id, r.state = 'reversing' FROM redemption r WHERE r.book_id = $1 AND r.state IN ('posting', 'reversing')
             LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0]).await?;
    let under_way = |row: Row| match (row.get("distribution"), row.get("redemption")) {
        (Some(id), _) => Some((UnderWay::Distribution(DistributionId::new(book, id)), row.get("is_reversal"))),
        (None, Some(id)) => Some((UnderWay::Redemption(RedemptionId::new(book, id)), row.get("is_reversal"))),
        (None, None) => None,
    };
    Ok(row.and_then(under_way))
}

/// Whether a reversal that is under way is still to take something of an account.
pub async fn needs(client: &impl GenericClient, book: BookId, account: AccountNumber) -> Result<bool, Error> {
    let statement = client.prepare_cached("-- series::needs\nSELECT series_needs($1, $2)").await?;
    Ok(client.query_one(&statement, &[/* book */ &book.0, /* account */ &account.0]).await?.get(0))
}

/// An account that has less than the mirrors of some entries would take of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// Its code.
    pub code: String,
    /// Minor units that it has.
    pub has: i64,
    /// Minor units that they would take.
    pub needs: i64,
}

/// The first account that has less, above its floor and besides what is held, than the mirrors of some entries would take of it all in all.
pub async fn find_lacking(
    client: &impl GenericClient,
    book: BookId,
    entries: &[i64],
) -> Result<Option<Lacking>, Error> {
    let statement = client
        .prepare_cached(
            "-- series::find_lacking
            SELECT a.code, (b.side * (b.credits - b.debits) - b.held - b.floor)::bigint AS has, (b.side * s.debits)::bigint AS needs
              FROM (SELECT l.account, sum(l.debits) AS debits
                      FROM unnest($2::bigint[]) AS e(number)
                      JOIN transfer t ON t.book_id = $1 AND t.pos BETWEEN e.number << 16 AND (e.number << 16) + 65535
                     CROSS JOIN LATERAL (VALUES (t.credit, t.amount), (t.debit, -t.amount)) AS l(account, debits)
                     GROUP BY l.account) AS s
              JOIN account a ON a.book_id = $1 AND a.number = s.account
              JOIN balance b ON b.book_id = $1 AND b.account = s.account
             WHERE b.floor IS NOT NULL AND b.side * (b.credits - b.debits) - b.held - b.floor < b.side * s.debits AND b.side * s.debits > 0
             ORDER BY a.code LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* entries */ &entries]).await?;
    Ok(row.map(|row| Lacking { code: row.get("code"), has: row.get("has"), needs: row.get("needs") }))
}

/// Saves by which mirror an entry was taken back.
pub async fn update_reversed(
    tx: &Transaction<'_>,
    id: DistributionId,
    number: i32,
    reversal: i64,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- series::update_reversed
            UPDATE distribution_entry SET reversal_number = $4 WHERE book_id = $1 AND distribution_id = $2 AND number = $3",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* distribution_id */ &id.object, /* number */ &number,
            /* reversal_number */ &reversal,
        ],
    )
    .await?;
    Ok(())
}
