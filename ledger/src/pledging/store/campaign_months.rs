//! What waits for campaigns month by month.

use crate::engine::store::rows::sum;
use crate::error::Error;
use crate::id::CampaignId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What of a campaign's payments fell due and waits for its provider or its next try, minor units, by the first day of the month; what is
/// due ahead waits in the month of `today`.
pub async fn waiting(
    client: &impl GenericClient,
    campaign: CampaignId,
    today: Date,
) -> Result<BTreeMap<Date, i128>, Error> {
    let statement = client
        .prepare_cached(
            "-- campaign_months::waiting
            SELECT date_trunc('month', least(due_on, $3)::timestamp)::date AS month, sum(amount)::text AS waiting
              FROM charge
             WHERE book_id = $1 AND campaign = $2
               AND (state = 'processing' OR state = 'declined' AND retry_on IS NOT NULL)
             GROUP BY 1 ORDER BY 1",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &campaign.book.0, /* campaign */ &campaign.object, /* today */ &today])
        .await?;
    rows.iter().map(|row| Ok((row.get("month"), sum(row, "waiting")?))).collect()
}
