//! Custodians of a book: what they hold, and when it was frozen.

use crate::engine::store::rows::{sum, word};
use crate::error::Error;
use crate::id::{BookId, CustodianFreezeId, OrganisationId};
use crate::treasury::rules::custodian::{Freeze, Holding};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn freeze(row: &Row) -> Freeze {
    Freeze {
        id: CustodianFreezeId::new(BookId(row.get("book_id")), row.get("id")),
        custodian: OrganisationId(row.get("custodian")),
        frozen_at: row.get("frozen_at"),
        released_at: row.get("released_at"),
        reason: row.get("reason"),
    }
}

/// Writes a new freeze, unless one of the custodian stands already; says whether it was written.
pub async fn insert(tx: &Transaction<'_>, new: &Freeze) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- custodians::insert
            INSERT INTO custodian_freeze (book_id, id, custodian, frozen_at, reason) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* custodian */ &new.custodian.0,
                /* frozen_at */ &new.frozen_at,
                /* reason */ &new.reason,
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// The freeze of a custodian that stands is over at a moment; none when none stands.
pub async fn update_released(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    at: Timestamp,
) -> Result<Option<Freeze>, Error> {
    let statement = tx
        .prepare_cached(
            "-- custodians::update_released
            UPDATE custodian_freeze SET released_at = $3, version = version + 1
             WHERE book_id = $1 AND custodian = $2 AND released_at IS NULL
            RETURNING *",
        )
        .await?;
    let row =
        tx.query_opt(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0, /* released_at */ &at]).await?;
    Ok(row.as_ref().map(freeze))
}

/// The one with an id.
pub async fn get(client: &impl GenericClient, id: CustodianFreezeId) -> Result<Freeze, Error> {
    let statement = client
        .prepare_cached("-- custodians::get\nSELECT * FROM custodian_freeze WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(freeze).ok_or(Error::NotFound("freeze of a custodian"))
}

/// The freeze of a custodian that stands; none when none does.
pub async fn find_standing(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
) -> Result<Option<Freeze>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodians::find_standing
            SELECT * FROM custodian_freeze WHERE book_id = $1 AND custodian = $2 AND released_at IS NULL",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0]).await?;
    Ok(row.as_ref().map(freeze))
}

/// All freezes of a custodian, also those that are over.
pub async fn of(client: &impl GenericClient, book: BookId, custodian: OrganisationId) -> Result<Vec<Freeze>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodians::of
            SELECT * FROM custodian_freeze WHERE book_id = $1 AND custodian = $2 ORDER BY frozen_at",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0]).await?;
    Ok(rows.iter().map(freeze).collect())
}

/// The freezes of a book that stand: at most one of each custodian.
pub async fn list_standing(client: &impl GenericClient, book: BookId) -> Result<Vec<Freeze>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodians::list_standing
            SELECT * FROM custodian_freeze WHERE book_id = $1 AND released_at IS NULL",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0]).await?;
    Ok(rows.iter().map(freeze).collect())
}

/// Whether an organisation has ever captured something for a book.
pub async fn has_captured(client: &impl GenericClient, book: BookId, custodian: OrganisationId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- custodians::has_captured
            SELECT EXISTS (SELECT FROM settlement WHERE book_id = $1 AND partner = $2)",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0]).await?;
    Ok(row.get(0))
}

/// The custodians of a book, by id, after one ([`Uuid::nil`] for the beginning): whoever has captured something for it, or was frozen.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<OrganisationId>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodians::list
            SELECT partner AS custodian FROM settlement WHERE book_id = $1 AND partner > $2
            UNION
            SELECT custodian FROM custodian_freeze WHERE book_id = $1 AND custodian > $2
             ORDER BY custodian LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| OrganisationId(row.get("custodian"))).collect())
}

/// What a custodian holds, by currency. `cash` and `in_transit` are the codes of its accounts in the currency of the book.
pub async fn holdings(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    (cash, in_transit): (&str, &str),
) -> Result<Vec<Holding>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodians::holdings
            SELECT b.unit, coalesce(sum(b.debits - b.credits) FILTER (WHERE h.what = 'receivable'), 0)::text AS receivable,
                   coalesce(sum(b.debits - b.credits) FILTER (WHERE h.what = 'cash'), 0)::text AS cash,
                   coalesce(sum(b.credits - b.debits) FILTER (WHERE h.what = 'in_transit'), 0)::text AS in_transit
              FROM (SELECT DISTINCT s.receivable AS account, 'receivable' AS what
                      FROM settlement s WHERE s.book_id = $1 AND s.partner = $2
                     UNION ALL
                    SELECT a.number, 'cash' FROM account a
                     WHERE a.book_id = $1 AND (a.code = $3 OR a.code LIKE $3 || ':___')
                     UNION ALL
                    SELECT a.number, 'in_transit' FROM account a
                     WHERE a.book_id = $1 AND (a.code = $4 OR a.code LIKE $4 || ':___')) AS h
              JOIN balance b ON b.book_id = $1 AND b.account = h.account
             GROUP BY b.unit ORDER BY b.unit",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.0,
                /* cash */ &cash,
                /* in_transit */ &in_transit,
            ],
        )
        .await?;
    let holding = |row: &Row| {
        Ok(Holding {
            currency: word(row.get("unit"))?,
            receivable: sum(row, "receivable")?,
            cash: sum(row, "cash")?,
            in_transit: sum(row, "in_transit")?,
        })
    };
    rows.iter().map(holding).collect()
}
