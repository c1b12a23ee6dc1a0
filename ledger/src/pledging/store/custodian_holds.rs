//! What goes through a custodian: pledges, refunds, campaigns, and what of a fund it holds while it is frozen.

use crate::book::AccountNumber;
use crate::error::Error;
use crate::id::{BookId, CampaignId, OrganisationId, PledgeId, RefundId, SuspenseId};
use deadpool_postgres::GenericClient;
use uuid::Uuid;

/// Whose pledges and refunds: those of a partner, and those that a provider takes for the host where that is the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Custodian {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Whether it is the host of the book.
    pub is_host: bool,
}

/// The active pledges that a custodian collects, by id, after one ([`Uuid::nil`] for the beginning).
pub async fn list_active(
    client: &impl GenericClient,
    book: BookId,
    of: Custodian,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PledgeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_holds::list_active
            SELECT id FROM pledge
             WHERE book_id = $1 AND state = 'active' AND id > $2
               AND ((partner = $3 AND rail <> 'stripe') OR ($4 AND rail = 'stripe'))
             ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* after */ &after,
                /* partner */ &of.organisation.0,
                /* is_host */ &of.is_host,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| PledgeId::new(book, row.get("id"))).collect())
}

/// How many active pledges a custodian collects.
pub async fn count_active(client: &impl GenericClient, book: BookId, of: Custodian) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_holds::count_active
            SELECT count(*) FROM pledge
             WHERE book_id = $1 AND state = 'active'
               AND ((partner = $2 AND rail <> 'stripe') OR ($3 AND rail = 'stripe'))",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &book.0, /* partner */ &of.organisation.0, /* is_host */ &of.is_host])
        .await?;
    Ok(row.get(0))
}

/// The refunds that a custodian has to send or has under way, by id, after one.
pub async fn list_refunds(
    client: &impl GenericClient,
    book: BookId,
    of: Custodian,
    after: Uuid,
    limit: i64,
) -> Result<Vec<RefundId>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_holds::list_refunds
            SELECT id FROM refund
             WHERE book_id = $1 AND state IN ('requested', 'sent') AND id > $2
               AND ((partner = $3 AND rail <> 'stripe') OR ($4 AND rail = 'stripe'))
             ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* after */ &after,
                /* partner */ &of.organisation.0,
                /* is_host */ &of.is_host,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| RefundId::new(book, row.get("id"))).collect())
}

/// The open items of suspense that a custodian holds, by id, after one.
pub async fn list_suspense(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<SuspenseId>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_holds::list_suspense
            SELECT id FROM suspense_item WHERE book_id = $1 AND state = 'open' AND partner = $2 AND id > $3
             ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &custodian.0,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| SuspenseId::new(book, row.get("id"))).collect())
}

/// Campaigns for which a custodian has captured what has not arrived, and those that hold money of a matching round to whose pool it
/// brought something, by id.
pub async fn campaigns_with(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
) -> Result<Vec<CampaignId>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_holds::campaigns_with
            SELECT c.campaign FROM settlement s
              JOIN charge c ON c.book_id = s.book_id AND c.settlement = s.id AND c.state = 'captured'
             WHERE s.book_id = $1 AND s.partner = $2 AND s.settled_at IS NULL
            UNION
            SELECT m.id FROM pool_contribution k
              JOIN fund_layer l ON l.book_id = k.book_id AND l.round = k.round AND l.remaining > 0
              JOIN campaign m ON m.book_id = l.book_id AND m.fund = l.fund
             WHERE k.book_id = $1 AND k.partner = $2
             ORDER BY 1",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0]).await?;
    Ok(rows.iter().map(|row| CampaignId::new(book, row.get(0))).collect())
}

/// What frozen custodians hold of a campaign's fund, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frozen {
    /// All of it.
    pub all: i64,
    /// What no chargeback holds as well.
    pub beside_chargebacks: i64,
}

/// What frozen custodians hold of a campaign's fund. While none is frozen, no layer is looked at.
pub async fn frozen(client: &impl GenericClient, campaign: CampaignId) -> Result<Frozen, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_holds::frozen
            SELECT coalesce(sum(z.remaining), 0)::bigint AS total,
                   coalesce(sum(z.remaining) FILTER (WHERE NOT z.is_disputed), 0)::bigint AS beside
              FROM (SELECT l.remaining,
                           EXISTS (SELECT FROM chargeback c WHERE c.book_id = $1 AND c.pledge = l.pledge
                                      AND c.state IN ('open', 'lost_unborne')) AS is_disputed
                      FROM campaign k
                      JOIN frozen_layer l ON l.book_id = $1 AND l.fund = k.fund AND l.remaining > 0
                     WHERE k.book_id = $1 AND k.id = $2
                       AND EXISTS (SELECT FROM custodian_freeze f WHERE f.book_id = $1 AND f.released_at IS NULL)) AS z",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &campaign.book.0, /* campaign */ &campaign.object]).await?;
    Ok(Frozen { all: row.get("total"), beside_chargebacks: row.get("beside") })
}

/// What frozen custodians hold of a pledge's own money in a fund, minor units.
pub async fn frozen_of(client: &impl GenericClient, fund: AccountNumber, pledge: PledgeId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_holds::frozen_of
            SELECT coalesce(sum(l.remaining), 0)::bigint
              FROM frozen_layer l
             WHERE l.book_id = $1 AND l.pledge = $2 AND l.fund = $3 AND l.remaining > 0
               AND EXISTS (SELECT FROM custodian_freeze f WHERE f.book_id = $1 AND f.released_at IS NULL)",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* fund */ &fund.0])
        .await?;
    Ok(row.get(0))
}

/// Whether a frozen custodian holds a layer of a fund.
pub async fn is_frozen(
    client: &impl GenericClient,
    book: BookId,
    fund: AccountNumber,
    layer: i64,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_holds::is_frozen
            SELECT EXISTS (SELECT FROM frozen_layer WHERE book_id = $1 AND fund = $2 AND number = $3)",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* fund */ &fund.0, /* layer */ &layer]).await?;
    Ok(row.get(0))
}
