//! What came to campaigns month by month.

use crate::engine::store::rows::sum;
use crate::error::Error;
use crate::id::CampaignId;
use crate::pledging::rules::months::{DONORS_MIN, Donors, Month};
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

/// The months in which a charge of a campaign was captured, or fell due and waits for its provider or its next try, in order.
pub async fn list(client: &impl GenericClient, campaign: CampaignId) -> Result<Vec<Month>, Error> {
    // Of the donors of a month so many are named as decide whether its sum is shown.
    let statement = client
        .prepare_cached(
            "-- campaign_months::list
            SELECT date_trunc('month', day::timestamp)::date AS month,
                   coalesce(sum(amount) FILTER (WHERE came), 0)::text AS collected,
                   coalesce((array_agg(DISTINCT donor) FILTER (WHERE came))[1:$3], '{}') AS donors,
                   coalesce(sum(amount) FILTER (WHERE NOT came), 0)::text AS waiting,
                   coalesce((array_agg(DISTINCT donor) FILTER (WHERE NOT came))[1:$3], '{}') AS waiting_donors
              FROM (SELECT coalesce(c.captured_on, c.due_on) AS day, c.captured_on IS NOT NULL AS came, c.amount, p.donor
                      FROM charge c JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
                     WHERE c.book_id = $1 AND c.campaign = $2
                       AND (c.captured_on IS NOT NULL OR c.state = 'processing'
                            OR c.state = 'declined' AND c.retry_on IS NOT NULL)) AS part
             GROUP BY 1 ORDER BY 1",
        )
        .await?;
    let enough = i32::try_from(DONORS_MIN).map_err(|_| Error::inconsistent("the least number of donors"))?;
    let rows = client
        .query(&statement, &[/* book_id */ &campaign.book.0, /* campaign */ &campaign.object, /* enough */ &enough])
        .await?;
    rows.iter().map(month).collect()
}

fn month(row: &Row) -> Result<Month, Error> {
    let donors = |column: &str| Donors::of(row.get::<_, Vec<Uuid>>(column));
    Ok(Month {
        first: row.get("month"),
        collected: sum(row, "collected")?,
        donors: donors("donors"),
        waiting: sum(row, "waiting")?,
        waiting_donors: donors("waiting_donors"),
    })
}
