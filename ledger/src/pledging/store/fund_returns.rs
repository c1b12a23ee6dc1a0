//! What comes back to the layers of a fund: the mirrors of what entries used of them.

use crate::book::AccountNumber;
use crate::error::Error;
use crate::id::BookId;
use crate::pledging::rules::lineage::{GivenBack, Used};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

/// What entries used of a fund's layers and has not come back, of which something is left.
pub async fn list_used(
    client: &impl GenericClient,
    book: BookId,
    fund: AccountNumber,
    entries: &[i64],
) -> Result<Vec<Used>, Error> {
    let statement = client
        .prepare_cached(
            "-- fund_returns::list_used
            SELECT u.entry, u.layer, l.settled, (u.amount - coalesce(r.amount, 0))::bigint AS amount
              FROM fund_use u
              JOIN fund_layer l ON l.book_id = u.book_id AND l.fund = u.fund AND l.number = u.layer
              LEFT JOIN (SELECT used_by, layer, sum(amount) AS amount FROM fund_return
                          WHERE book_id = $1 AND fund = $2 AND used_by = ANY($3) GROUP BY used_by, layer) AS r
                ON r.used_by = u.entry AND r.layer = u.layer
             WHERE u.book_id = $1 AND u.fund = $2 AND u.entry = ANY($3) AND u.amount > coalesce(r.amount, 0)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* fund */ &fund.0, /* entries */ &entries]).await?;
    let used = |row: &Row| Used {
        entry: row.get("entry"),
        layer: row.get("layer"),
        settled: row.get("settled"),
        left: row.get("amount"),
    };
    Ok(rows.iter().map(used).collect())
}

/// An entry gives parts of uses back to their layers. Says how many were written.
pub async fn insert(
    tx: &Transaction<'_>,
    book: BookId,
    fund: AccountNumber,
    entry: i64,
    back: &[GivenBack],
) -> Result<u64, Error> {
    let used: Vec<i64> = back.iter().map(|part| part.entry).collect();
    let layers: Vec<i64> = back.iter().map(|part| part.layer).collect();
    let amounts: Vec<i64> = back.iter().map(|part| part.amount).collect();
    let update = tx
        .prepare_cached(
            "-- fund_returns::insert
            UPDATE fund_layer AS l SET remaining = l.remaining + part.amount
              FROM (SELECT layer, sum(amount)::bigint AS amount
                      FROM unnest($3::bigint[], $4::bigint[]) AS given (layer, amount) GROUP BY layer) AS part
             WHERE l.book_id = $1 AND l.fund = $2 AND l.number = part.layer",
        )
        .await?;
    tx.execute(&update, &[/* book_id */ &book.0, /* fund */ &fund.0, /* layers */ &layers, /* amounts */ &amounts])
        .await?;
    let insert = tx
        .prepare_cached(
            "-- fund_returns::insert
            INSERT INTO fund_return (book_id, fund, entry, used_by, layer, amount)
            SELECT $1, $2, $3, part.used_by, part.layer, part.amount
              FROM unnest($4::bigint[], $5::bigint[], $6::bigint[]) AS part (used_by, layer, amount)",
        )
        .await?;
    let written = tx
        .execute(
            &insert,
            &[
                /* book_id */ &book.0, /* fund */ &fund.0, /* entry */ &entry, /* used_by */ &used,
                /* layers */ &layers, /* amounts */ &amounts,
            ],
        )
        .await?;
    Ok(written)
}
