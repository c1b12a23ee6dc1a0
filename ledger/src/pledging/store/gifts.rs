//! What a donor gave, and where it is now: read for the donor's own page, over all their pledges.

use super::charges::charge;
use crate::error::Error;
use crate::id::{CampaignId, DonorId};
use crate::money::{Currency, Money};
use crate::pledging::rules::charge::Charge;
use crate::pledging::rules::receipt::{Line, Number};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

/// A payment of a donor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// The charge.
    pub charge: Charge,
    /// Name of the campaign that it was for.
    pub campaign_title: String,
    /// Day of the capture; the due date when nothing was captured.
    pub day: Date,
    /// Number of its receipt; none before it is issued.
    pub receipt: Option<Number>,
    /// What the amount is made of; empty before the receipt is issued.
    pub lines: Vec<Line>,
    /// Day on which the money arrives with the host; none before the capture.
    pub arrives_on: Option<Date>,
}

/// The payments of a donor, the newest first.
pub async fn list(client: &impl GenericClient, donor: DonorId, limit: i64) -> Result<Vec<Gift>, Error> {
    let statement = client
        .prepare_cached(
            "-- gifts::list
            SELECT c.*, k.title, r.year AS receipt_year, r.number AS receipt_number, r.lines, s.due_on AS arrives_on
              FROM pledge p
              JOIN charge c ON c.book_id = p.book_id AND c.pledge = p.id
              JOIN campaign k ON k.book_id = c.book_id AND k.id = c.campaign
              LEFT JOIN receipt r ON r.book_id = c.book_id AND r.charge = c.id
              LEFT JOIN settlement s ON s.book_id = c.book_id AND s.id = c.settlement
             WHERE p.book_id = $1 AND p.donor = $2 AND c.state <> 'missed'
             ORDER BY coalesce(c.captured_on, c.due_on) DESC, c.id DESC LIMIT $3",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object, /* limit */ &limit]).await?;
    rows.iter().map(gift).collect()
}

fn gift(row: &Row) -> Result<Gift, Error> {
    let charge = charge(row)?;
    let year: Option<i32> = row.get("receipt_year");
    let number: Option<i32> = row.get("receipt_number");
    Ok(Gift {
        day: row.get::<_, Option<Date>>("captured_on").unwrap_or(charge.due_on),
        campaign_title: row.get("title"),
        receipt: year.zip(number).map(|(year, number)| Number { year, number }),
        lines: row.get::<_, Option<Json<Vec<Line>>>>("lines").map(|lines| lines.0).unwrap_or_default(),
        arrives_on: row.get("arrives_on"),
        charge,
    })
}

/// What of a donor's settled money a campaign's fund holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Name of the campaign.
    pub campaign_title: String,
    /// What nothing has used yet.
    pub amount: Money,
}

/// Where a donor's settled money lies unused, by campaign.
pub async fn held(client: &impl GenericClient, donor: DonorId) -> Result<Vec<Held>, Error> {
    let statement = client
        .prepare_cached(
            "-- gifts::held
            SELECT k.title, k.currency, sum(l.remaining)::bigint AS amount
              FROM pledge p
              JOIN fund_layer l ON l.book_id = p.book_id AND l.pledge = p.id
              JOIN campaign k ON k.book_id = l.book_id AND k.fund = l.fund
             WHERE p.book_id = $1 AND p.donor = $2 AND l.remaining > 0
             GROUP BY k.id, k.title, k.currency ORDER BY k.title, k.id LIMIT 1000",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object]).await?;
    rows.iter().map(|row| Ok(Held { campaign_title: row.get("title"), amount: amount(row)? })).collect()
}

/// What a release took of a donor's money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// Name of the campaign.
    pub campaign_title: String,
    /// The milestone that it paid for.
    pub milestone: String,
    /// What it took of the donor's money.
    pub amount: Money,
    /// When it was posted, in book time.
    pub at: Timestamp,
}

/// What of a donor's money was released and did not come back, the newest first.
pub async fn released(client: &impl GenericClient, donor: DonorId, limit: i64) -> Result<Vec<Released>, Error> {
    let statement = client
        .prepare_cached(
            "-- gifts::released
            SELECT k.title, k.currency, m.name, r.released_at, sum(u.amount - coalesce(b.amount, 0))::bigint AS amount
              FROM pledge p
              JOIN fund_layer l ON l.book_id = p.book_id AND l.pledge = p.id
              JOIN fund_use u ON u.book_id = l.book_id AND u.fund = l.fund AND u.layer = l.number
              LEFT JOIN LATERAL (SELECT sum(k.amount) AS amount FROM fund_return k
                                  WHERE k.book_id = u.book_id AND k.fund = u.fund AND k.used_by = u.entry
                                    AND k.layer = u.layer) AS b ON true
              JOIN release r ON r.book_id = u.book_id AND r.entry_number = u.entry
              JOIN milestone m ON m.book_id = r.book_id AND m.id = r.milestone_id
              JOIN campaign k ON k.book_id = r.book_id AND k.id = r.campaign_id
             WHERE p.book_id = $1 AND p.donor = $2
             GROUP BY r.entry_number, k.title, k.currency, m.name, r.released_at
            HAVING sum(u.amount) > sum(coalesce(b.amount, 0))
             ORDER BY r.entry_number DESC LIMIT $3",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object, /* limit */ &limit]).await?;
    let released = |row: &Row| {
        Ok(Released {
            campaign_title: row.get("title"),
            milestone: row.get("name"),
            amount: amount(row)?,
            at: row.get("released_at"),
        })
    };
    rows.iter().map(released).collect()
}

/// Settled money that its donor moved from one campaign to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Name of the campaign that it left.
    pub from: String,
    /// Name of the campaign to which it went.
    pub to: String,
    /// What moved.
    pub amount: Money,
}

/// What a donor moved, the newest first.
pub async fn moved(client: &impl GenericClient, donor: DonorId, limit: i64) -> Result<Vec<Moved>, Error> {
    let statement = client
        .prepare_cached(
            "-- gifts::moved
            SELECT f.title AS from_title, t.title AS to_title, t.currency, m.amount
              FROM pledge p
              JOIN pledge_move m ON m.book_id = p.book_id AND m.pledge = p.id
              JOIN campaign f ON f.book_id = m.book_id AND f.id = m.from_campaign
              JOIN campaign t ON t.book_id = m.book_id AND t.id = m.to_campaign
             WHERE p.book_id = $1 AND p.donor = $2 ORDER BY m.entry DESC LIMIT $3",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object, /* limit */ &limit]).await?;
    let moved = |row: &Row| Ok(Moved { from: row.get("from_title"), to: row.get("to_title"), amount: amount(row)? });
    rows.iter().map(moved).collect()
}

/// Campaigns by name, for a donor who looks for another one: those that are live, and those to which the donor pledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The campaign.
    pub id: CampaignId,
    /// Its name.
    pub title: String,
    /// Its currency.
    pub currency: String,
    /// Whether it takes money.
    pub is_live: bool,
    /// Whether it asks for new promises; none while its loop brings all of its goal.
    pub asks: bool,
}

/// The campaigns that a donor's page names.
pub async fn campaigns(client: &impl GenericClient, donor: DonorId, limit: i64) -> Result<Vec<Choice>, Error> {
    let statement = client
        .prepare_cached(
            "-- gifts::campaigns
            SELECT id, title, currency, state = 'live' AS is_live, coalesce(loop_brings < monthly_goal, true) AS asks FROM campaign
             WHERE book_id = $1
               AND id IN (SELECT campaign FROM pledge WHERE book_id = $1 AND donor = $2)
            UNION ALL
            (SELECT id, title, currency, true, coalesce(loop_brings < monthly_goal, true) FROM campaign
              WHERE book_id = $1 AND state = 'live'
                AND id NOT IN (SELECT campaign FROM pledge WHERE book_id = $1 AND donor = $2)
              ORDER BY title, id LIMIT $3)",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object, /* limit */ &limit]).await?;
    let choice = |row: &Row| Choice {
        id: CampaignId::new(donor.book, row.get("id")),
        title: row.get("title"),
        currency: row.get("currency"),
        is_live: row.get("is_live"),
        asks: row.get("asks"),
    };
    Ok(rows.iter().map(choice).collect())
}

fn amount(row: &Row) -> Result<Money, Error> {
    let currency: Currency =
        row.get::<_, &str>("currency").parse().map_err(|_| Error::inconsistent("the currency of a campaign"))?;
    Money::from_minor(row.get("amount"), currency).map_err(|_| Error::inconsistent("the amount of a gift"))
}
