//! What is still owed of the shares of distributions. Accounts say it, and no state: a member's account holds the shares of all periods.

use crate::error::Error;
use crate::id::{BookId, DistributionId};
use deadpool_postgres::GenericClient;
use std::collections::HashMap;
use uuid::Uuid;

/// Minor units that are still owed of the shares of members and lenders, of distributions that stand: of each account the oldest shares
/// are paid first, and what was redeemed of capital since comes after them. A distribution of which nothing is owed any more is there with 0.
pub async fn of(
    client: &impl GenericClient,
    book: BookId,
    distributions: &[DistributionId],
) -> Result<HashMap<DistributionId, i64>, Error> {
    let statement = client
        .prepare_cached(
            "-- unpaid::of
            SELECT d.id, coalesce(sum(greatest(0, least(q.amount, b.credits - b.debits - later.amount - redeemed.amount))), 0)::bigint
                       AS unpaid
              FROM distribution d
              LEFT JOIN distribution_part q ON q.book_id = d.book_id AND q.distribution_id = d.id AND q.amount > 0
               AND (q.member_id IS NOT NULL OR q.account LIKE 'liabilities:payable:lender:%')
              LEFT JOIN account a ON a.book_id = q.book_id AND a.code = q.account
              LEFT JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
              LEFT JOIN LATERAL (
                   SELECT coalesce(sum(o.amount), 0) AS amount
                     FROM distribution_part o JOIN distribution e ON e.book_id = o.book_id AND e.id = o.distribution_id
                    WHERE o.book_id = q.book_id AND o.account = q.account AND e.entry_number > d.entry_number
                      AND e.state IN ('posted', 'paid', 'statements_issued')) AS later ON true
              LEFT JOIN LATERAL (
                   SELECT coalesce(sum(u.amount), 0) AS amount
                     FROM retained_use u JOIN redemption x ON x.book_id = u.book_id AND x.id = u.used_by
                    WHERE u.book_id = q.book_id AND u.member_id = q.member_id AND u.kind = 'redemption' AND NOT u.undone
                      AND x.entry_number > d.entry_number) AS redeemed ON true
             WHERE d.book_id = $1 AND d.id = ANY($2) AND d.state IN ('posted', 'paid', 'statements_issued')
             GROUP BY d.id",
        )
        .await?;
    let ids: Vec<Uuid> = distributions.iter().map(|id| id.object).collect();
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* distributions */ &ids]).await?;
    Ok(rows.iter().map(|row| (DistributionId::new(book, row.get("id")), row.get("unpaid"))).collect())
}
