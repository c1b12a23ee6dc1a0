//! Campaigns, and what came to them.

use crate::book::AccountNumber;
use crate::engine::store::rows::sum;
use crate::error::Error;
use crate::id::{BookId, CampaignId};
use crate::money::{Currency, Money};
use crate::pledging::rules::campaign::{Campaign, Kind, State};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

fn campaign(row: &Row) -> Result<Campaign, Error> {
    let id = CampaignId::new(BookId(row.get("book_id")), row.get("id"));
    let bad = |what: &str| Error::inconsistent(format!("campaign {id}: {what}"));
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?;
    let monthly_goal = Money::from_minor(row.get("monthly_goal"), currency).map_err(|_| bad("monthly goal"))?;
    let since = row.get("state_since");
    let Json(fees) = row.try_get::<_, Json<_>>("fees")?;
    let until = || row.get::<_, Option<Timestamp>>("state_until").ok_or_else(|| bad("a wait without an end"));
    Ok(Campaign {
        id,
        slug: row.get("slug"),
        title: row.get("title"),
        summary: row.get("summary"),
        terms: row.get("terms"),
        terms_digest: row.get::<_, &[u8]>("terms_sha256").try_into().map_err(|_| bad("digest of the terms"))?,
        fees,
        kind: match row.get("kind") {
            "recurring" => Kind::Recurring { monthly_goal },
            _ => return Err(bad("kind")),
        },
        currency,
        lineage: row.get::<_, &str>("lineage").parse().map_err(|_| bad("lineage"))?,
        fund: row.get::<_, Option<i32>>("fund").map(AccountNumber),
        state: match row.get("state") {
            "draft" => State::Draft { since, until: until()? },
            "live" => State::Live { since },
            "suspended" => State::Suspended { since, until: until()? },
            "closed" => State::Closed { since },
            _ => return Err(bad("state")),
        },
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

/// A new campaign; says no when the book has one with its slug.
pub async fn insert(tx: &Transaction<'_>, new: &Campaign) -> Result<bool, Error> {
    let Kind::Recurring { monthly_goal } = new.kind;
    let statement = tx
        .prepare_cached(
            "-- campaigns::insert
            INSERT INTO campaign (book_id, id, slug, title, summary, terms, terms_sha256, kind, currency, monthly_goal,
                                  state, state_since, state_until, created_at, lineage, fees)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (book_id, slug) DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* slug */ &new.slug,
                /* title */ &new.title,
                /* summary */ &new.summary,
                /* terms */ &new.terms,
                /* terms_sha256 */ &new.terms_digest.as_slice(),
                /* kind */ &new.kind.as_str(),
                /* currency */ &new.currency.code(),
                /* monthly_goal */ &monthly_goal.minor(),
                /* state */ &new.state.as_str(),
                /* state_since */ &new.state.since(),
                /* state_until */ &new.state.until(),
                /* created_at */ &new.created_at,
                /* lineage */ &new.lineage.as_str(),
                /* fees */ &Json(&new.fees),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// The campaign with an id.
pub async fn get(client: &impl GenericClient, id: CampaignId) -> Result<Campaign, Error> {
    let statement =
        client.prepare_cached("-- campaigns::get\nSELECT * FROM campaign WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(campaign).transpose()?.ok_or(Error::NotFound("campaign"))
}

/// Locks the campaign until the transaction ends: whoever draws on its fund does so first.
pub async fn lock(tx: &Transaction<'_>, id: CampaignId) -> Result<Campaign, Error> {
    let statement = tx
        .prepare_cached("-- campaigns::lock\nSELECT * FROM campaign WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(campaign).transpose()?.ok_or(Error::NotFound("campaign"))
}

/// The campaigns of a book, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Campaign>, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::list
            SELECT * FROM campaign WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(campaign).collect()
}

/// Writes its state and its fund account; its version rises.
pub async fn update_state(
    tx: &Transaction<'_>,
    id: CampaignId,
    state: &State,
    fund: Option<AccountNumber>,
) -> Result<Campaign, Error> {
    let statement = tx
        .prepare_cached(
            "-- campaigns::update_state
            UPDATE campaign SET state = $3, state_since = $4, state_until = $5, fund = $6, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* state */ &state.as_str(),
                /* state_since */ &state.since(),
                /* state_until */ &state.until(),
                /* fund */ &fund.map(|fund| fund.0),
            ],
        )
        .await?;
    campaign(&row)
}

/// Minor units that a fund has of charges that were captured and have not arrived as cash.
pub async fn unsettled(client: &impl GenericClient, id: CampaignId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::unsettled
            SELECT coalesce(sum(amount - refunded - fees), 0)::bigint FROM charge
             WHERE book_id = $1 AND campaign = $2 AND state = 'captured'",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* book_id */ &id.book.0, /* campaign */ &id.object]).await?.get(0))
}

/// Sums of a campaign's charges and pledges, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// All due payments so far, and the first ones of pledges that have not fallen due yet.
    pub pledged: i128,
    /// Captured, whatever became of it later.
    pub collected: i128,
    /// Captured, and arrived as cash.
    pub settled: i128,
    /// Due payments that were given up or missed, and pledges that ended before their first one.
    pub dropped: i128,
    /// Went back to donors.
    pub refunded: i128,
    /// Under dispute.
    pub disputed: i128,
    /// Settled money that donors moved here from other campaigns.
    pub moved_in: i128,
    /// Settled money that donors moved from here to other campaigns.
    pub moved_out: i128,
    /// What the active plans bring in a month: a third of what is given each quarter, a twelfth of what is given each year, the
    /// sum rounded down.
    pub monthly: i128,
    /// How many pledges are active.
    pub active_pledges: i64,
}

/// Sums up a campaign, at a moment of book time: from its rows, never from counters.
pub async fn sums(client: &impl GenericClient, id: CampaignId, now: Timestamp) -> Result<Sums, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::sums
            SELECT (c.all_charges + p.unbegun)::text AS pledged, c.collected::text, c.settled::text,
                   (c.dropped + p.dropped)::text AS dropped, c.refunded::text, c.disputed::text,
                   i.moved_in::text, o.moved_out::text, p.monthly::text, p.active
              FROM (SELECT coalesce(sum(amount), 0) AS all_charges,
                           coalesce(sum(amount) FILTER (WHERE state IN ('captured', 'settled')), 0) AS collected,
                           coalesce(sum(amount) FILTER (WHERE state = 'settled'), 0) AS settled,
                           coalesce(sum(amount) FILTER (WHERE state IN ('voided', 'missed')
                                                           OR state = 'declined' AND retry_on IS NULL), 0) AS dropped,
                           coalesce(sum(refunded), 0) AS refunded,
                           coalesce(sum(disputed), 0) AS disputed
                      FROM charge WHERE book_id = $1 AND campaign = $2) AS c,
                   (SELECT coalesce(sum(amount) FILTER (WHERE begun = 0), 0) AS unbegun,
                           coalesce(sum(amount) FILTER (WHERE begun = 0 AND present IN ('lapsed', 'cancelled', 'completed')), 0) AS dropped,
                           coalesce(div(sum(amount * CASE schedule WHEN 'monthly' THEN 12 WHEN 'quarterly' THEN 4 ELSE 1 END)
                                          FILTER (WHERE schedule <> 'once' AND present = 'active'), 12), 0) AS monthly,
                           count(*) FILTER (WHERE present = 'active') AS active
                      FROM (SELECT pl.amount, pl.schedule,
                                   (SELECT count(*) FROM charge ch WHERE ch.book_id = pl.book_id AND ch.pledge = pl.id) AS begun,
                                   CASE WHEN pl.state_until IS NULL OR pl.state_until > $3 THEN pl.state
                                        WHEN pl.state_detail = 'resume' THEN 'active'
                                        ELSE 'lapsed' END AS present
                              FROM pledge pl WHERE pl.book_id = $1 AND pl.campaign = $2) AS plans) AS p,
                   (SELECT coalesce(sum(amount), 0) AS moved_in FROM pledge_move
                     WHERE book_id = $1 AND to_campaign = $2) AS i,
                   (SELECT coalesce(sum(amount), 0) AS moved_out FROM pledge_move
                     WHERE book_id = $1 AND from_campaign = $2) AS o",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &id.book.0, /* campaign */ &id.object, /* now */ &now]).await?;
    Ok(Sums {
        pledged: sum(&row, "pledged")?,
        collected: sum(&row, "collected")?,
        settled: sum(&row, "settled")?,
        dropped: sum(&row, "dropped")?,
        refunded: sum(&row, "refunded")?,
        disputed: sum(&row, "disputed")?,
        moved_in: sum(&row, "moved_in")?,
        moved_out: sum(&row, "moved_out")?,
        monthly: sum(&row, "monthly")?,
        active_pledges: row.get("active"),
    })
}

/// Minor units of a campaign's money that are set aside: what its funded milestones have not released yet.
pub async fn earmarked(client: &impl GenericClient, campaign: CampaignId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::earmarked
            SELECT coalesce(sum(amount - released_total), 0)::bigint AS earmarked FROM milestone
             WHERE book_id = $1 AND campaign_id = $2 AND state IN ('funded', 'claimed', 'partly_released')",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &campaign.book.0, /* campaign_id */ &campaign.object]).await?;
    Ok(row.get("earmarked"))
}
