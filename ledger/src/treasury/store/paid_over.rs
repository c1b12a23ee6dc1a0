//! Settlements that lines of banks name, and what they come to.

use crate::engine::store::rows::sum;
use crate::error::Error;
use crate::id::{BookId, OrganisationId, SettlementId};
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// What arrives with it, in minor units, when all of it arrives: charges of which nothing has arrived and that are not doubted,
/// contributions, entry fees, and money in suspense.
pub async fn owed_whole(tx: &Transaction<'_>, id: SettlementId) -> Result<i128, Error> {
    let statement = tx
        .prepare_cached(
            "-- paid_over::owed_whole
            SELECT (coalesce((SELECT sum(c.amount - c.withheld) FROM charge c
                               WHERE c.book_id = $1 AND c.settlement = $2 AND c.state = 'captured' AND c.arrived = 0
                                 AND (c.doubted_at IS NULL OR c.refunded = c.amount)), 0)
                  + coalesce((SELECT sum(p.amount) FROM purse_contribution p
                               WHERE p.book_id = $1 AND p.settlement = $2 AND p.state = 'captured'), 0)
                  + coalesce((SELECT sum(e.fee) FROM entrant e
                               WHERE e.book_id = $1 AND e.settlement = $2 AND e.fee_state = 'captured'), 0)
                  + coalesce((SELECT sum(g.amount) FROM pool_contribution g
                               WHERE g.book_id = $1 AND g.settlement = $2 AND g.state = 'captured'), 0)
                  + coalesce((SELECT sum(i.amount) FROM suspense_item i
                               WHERE i.book_id = $1 AND i.settlement = $2 AND i.entry > s.entry), 0))::text AS owed
              FROM settlement s WHERE s.book_id = $1 AND s.id = $2",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* book_id */ &id.book.0, /* settlement */ &id.object]).await?;
    sum(&row, "owed")
}

/// Locks the settlements of a custodian that lines name, by id: among ids, or by what the custodian calls them. Answers with each and that
/// name.
pub async fn lock_named(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    among: &[(Uuid, Uuid)],
    references: &[&str],
) -> Result<Vec<(SettlementId, String)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- paid_over::lock_named
            SELECT s.id, s.reference FROM settlement s
             WHERE s.book_id = $1 AND s.partner = $2 AND s.bank_line IS NULL
               AND s.id IN (SELECT i.id FROM unnest($3::uuid[], $4::uuid[]) AS r (first, last)
                              JOIN settlement i ON i.book_id = $1 AND i.id BETWEEN r.first AND r.last
                             UNION ALL
                            SELECT n.id FROM settlement n
                             WHERE n.book_id = $1 AND n.partner = $2 AND n.reference = ANY($5) AND n.reference <> '')
             ORDER BY s.id FOR UPDATE OF s",
        )
        .await?;
    let (first, last): (Vec<Uuid>, Vec<Uuid>) = among.iter().copied().unzip();
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.0,
                /* first */ &first,
                /* last */ &last,
                /* references */ &references,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| (SettlementId::new(book, row.get("id")), row.get("reference"))).collect())
}
