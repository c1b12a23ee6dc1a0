//! Money that is its donors' to take back or to redirect, and whether they were told.

use crate::engine::store::rows::sum;
use crate::error::Error;
use crate::id::{CampaignId, PledgeId};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::returnable::{FundFacts, Rest};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// When a release last took something of a campaign's fund, in book time.
pub async fn worked_at(client: &impl GenericClient, campaign: CampaignId) -> Result<Option<Timestamp>, Error> {
    let statement = client
        .prepare_cached(
            "-- returnables::worked_at
            SELECT max(released_at) FROM release WHERE book_id = $1 AND campaign_id = $2",
        )
        .await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
        [/* book_id */ &campaign.book.0, /* campaign_id */ &campaign.object];
    Ok(client.query_one(&statement, &values).await?.get(0))
}

/// Settled money of a pledge in a campaign's fund that nothing has used, with the day on which each part arrived.
pub async fn rests(client: &impl GenericClient, campaign: &Campaign, pledge: PledgeId) -> Result<Vec<Rest>, Error> {
    let statement = client
        .prepare_cached(
            "-- returnables::rests
            SELECT t.occurred, l.remaining
              FROM fund_layer l JOIN transfer t ON t.book_id = l.book_id AND t.pos = l.settled << 16
             WHERE l.book_id = $1 AND l.pledge = $2 AND l.fund = $3 AND l.remaining > 0",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* fund */ &campaign.fund()?.0])
        .await?;
    Ok(rows.iter().map(|row| Rest { arrived_on: row.get("occurred"), left: row.get("remaining") }).collect())
}

/// Minor units of pledges in a campaign's fund that are returnable on a day.
pub async fn total(
    client: &impl GenericClient,
    campaign: &Campaign,
    facts: &FundFacts,
    day: Date,
) -> Result<i128, Error> {
    let statement = client
        .prepare_cached(
            "-- returnables::total
            SELECT coalesce(sum(l.remaining), 0)::text AS total
              FROM fund_layer l JOIN transfer t ON t.book_id = l.book_id AND t.pos = l.settled << 16
             WHERE l.book_id = $1 AND l.fund = $2 AND l.remaining > 0 AND l.pledge IS NOT NULL
               AND least(greatest(t.occurred, $3::date),
                         (greatest(t.occurred, $4::date) + make_interval(months => $5))::date) <= $6",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &campaign.id.book.0,
                /* fund */ &campaign.fund()?.0,
                /* over_on */ &facts.over_on.into_iter().chain(facts.asked_on).min().unwrap_or(Date::MAX),
                /* worked_on */ &facts.worked_on,
                /* idle_months */ &facts.idle_months,
                /* day */ &day,
            ],
        )
        .await?;
    sum(&row, "total")
}

/// The next pledges, by id after one ([`Uuid::nil`] for the beginning), of which a campaign's fund holds money that was not told of.
pub async fn list_untold(
    client: &impl GenericClient,
    campaign: &Campaign,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PledgeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- returnables::list_untold
            SELECT DISTINCT l.pledge FROM fund_layer l
             WHERE l.book_id = $1 AND l.fund = $2 AND l.remaining > 0 AND l.pledge > $3
               AND NOT EXISTS (SELECT FROM returnable_notice n
                                WHERE n.book_id = l.book_id AND n.pledge = l.pledge AND n.campaign = $4)
             ORDER BY l.pledge LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.id.book.0,
                /* fund */ &campaign.fund()?.0,
                /* after */ &after,
                /* campaign */ &campaign.id.object,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| PledgeId::new(campaign.id.book, row.get("pledge"))).collect())
}

/// The first day on which money of which nobody was told arrived in a campaign's fund; none when there is none.
pub async fn first_untold(client: &impl GenericClient, campaign: &Campaign) -> Result<Option<Date>, Error> {
    let statement = client
        .prepare_cached(
            "-- returnables::first_untold
            SELECT min(t.occurred)
              FROM fund_layer l JOIN transfer t ON t.book_id = l.book_id AND t.pos = l.settled << 16
             WHERE l.book_id = $1 AND l.fund = $2 AND l.remaining > 0 AND l.pledge IS NOT NULL
               AND NOT EXISTS (SELECT FROM returnable_notice n
                                WHERE n.book_id = l.book_id AND n.pledge = l.pledge AND n.campaign = $3)",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &campaign.id.book.0,
                /* fund */ &campaign.fund()?.0,
                /* campaign */ &campaign.id.object,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Writes down that a pledge's money in a campaign's fund became returnable, and that its donor is told; says whether that is new.
pub async fn insert_notice(
    tx: &Transaction<'_>,
    pledge: PledgeId,
    campaign: CampaignId,
    since: Date,
    at: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- returnables::insert_notice
            INSERT INTO returnable_notice (book_id, pledge, campaign, since, told_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (book_id, pledge, campaign) DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* campaign */ &campaign.object,
                /* since */ &since,
                /* told_at */ &at,
            ],
        )
        .await?;
    Ok(rows == 1)
}
