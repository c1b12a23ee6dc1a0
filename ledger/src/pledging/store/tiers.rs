//! Tiers of campaigns, and the accounts of their places.

use crate::book::AccountNumber;
use crate::error::Error;
use crate::id::{BookId, CampaignId, TierId};
use crate::money::{Currency, Money};
use crate::pledging::rules::tier::{Places, Tier, free_outside};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

fn tier(row: &Row) -> Result<Tier, Error> {
    let book = BookId(row.get("book_id"));
    let id = TierId::new(book, row.get("id"));
    let bad = |what: &str| Error::inconsistent(format!("tier {id}: {what}"));
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?;
    let account = |column: &str| row.get::<_, Option<i32>>(column).map(AccountNumber);
    let places = match (row.get::<_, Option<i32>>("places"), account("room"), account("taken")) {
        (Some(limit), Some(room), Some(taken)) => Some(Places { limit, room, taken }),
        (None, None, None) => None,
        _ => return Err(bad("places")),
    };
    Ok(Tier {
        id,
        campaign: CampaignId::new(book, row.get("campaign")),
        number: row.get("number"),
        position: row.get("position"),
        name: row.get("name"),
        description: row.get("description"),
        amount: Money::from_minor(row.get("amount"), currency).map_err(|_| bad("amount"))?,
        places,
        created_at: row.get("created_at"),
    })
}

/// A new tier.
pub async fn insert(tx: &Transaction<'_>, new: &Tier) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tiers::insert
            INSERT INTO campaign_tier (book_id, id, campaign, number, position, name, description, amount, currency, places,
                                       room, taken, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* campaign */ &new.campaign.object,
            /* number */ &new.number,
            /* position */ &new.position,
            /* name */ &new.name,
            /* description */ &new.description,
            /* amount */ &new.amount.minor(),
            /* currency */ &new.amount.currency().code(),
            /* places */ &new.places.map(|places| places.limit),
            /* room */ &new.places.map(|places| places.room.0),
            /* taken */ &new.places.map(|places| places.taken.0),
            /* created_at */ &new.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// The tier with an id; none when there is none.
pub async fn find(client: &impl GenericClient, id: TierId) -> Result<Option<Tier>, Error> {
    let statement =
        client.prepare_cached("-- tiers::find\nSELECT * FROM campaign_tier WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(tier).transpose()
}

/// The tier with an id.
pub async fn get(client: &impl GenericClient, id: TierId) -> Result<Tier, Error> {
    find(client, id).await?.ok_or(Error::NotFound("tier"))
}

/// How many tiers a campaign has.
pub async fn count(client: &impl GenericClient, campaign: CampaignId) -> Result<i32, Error> {
    let statement = client
        .prepare_cached("-- tiers::count\nSELECT count(*)::int FROM campaign_tier WHERE book_id = $1 AND campaign = $2")
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &campaign.book.0, /* campaign */ &campaign.object]).await?;
    Ok(row.get(0))
}

/// A tier, and how many of its places are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The tier.
    pub tier: Tier,
    /// Places that are taken, of those it has; none without a limit.
    pub taken: Option<i64>,
}

impl Listed {
    /// How many places are free, exactly or as those outside are told; none without a limit.
    pub fn free(&self, is_exact: bool) -> Option<i64> {
        let (limit, taken) = (self.tier.places?.limit, self.taken.unwrap_or(0));
        Some(if is_exact { i64::from(limit) - taken } else { free_outside(limit, taken) })
    }
}

/// The tiers of a campaign by their position, after one of a position and number (below all: two zeros less one).
pub async fn list(
    client: &impl GenericClient,
    campaign: CampaignId,
    after: (i32, i32),
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let statement = client
        .prepare_cached(
            "-- tiers::list
            SELECT t.*, b.credits - b.debits AS used
              FROM campaign_tier t LEFT JOIN balance b ON b.book_id = t.book_id AND b.account = t.taken
             WHERE t.book_id = $1 AND t.campaign = $2 AND (t.position, t.number) > ($3, $4)
             ORDER BY t.position, t.number LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign */ &campaign.object,
                /* position */ &after.0,
                /* number */ &after.1,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| Ok(Listed { tier: tier(row)?, taken: row.get("used") })).collect()
}
