//! What transfers are for: campaigns and pledges by what of their ids stands in a reference.

use crate::error::Error;
use crate::id::{BookId, CampaignId, ChargeId, OrganisationId, PledgeId};
use crate::pledging::rules::transfer_reference::Named;
use deadpool_postgres::{GenericClient, Transaction};
use uuid::Uuid;

/// Locks the pledges that references name, by id, before any of them is paid.
pub async fn lock_pledges(tx: &Transaction<'_>, book: BookId, named: &[Named]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- transfers::lock_pledges
            SELECT p.id FROM unnest($2::uuid[], $3::uuid[]) AS r (first, last)
              JOIN pledge p ON p.book_id = $1 AND p.id BETWEEN r.first AND r.last
             ORDER BY p.id FOR UPDATE OF p",
        )
        .await?;
    let (first, last): (Vec<Uuid>, Vec<Uuid>) = named.iter().map(|one| (one.first, one.last)).unzip();
    tx.query(&statement, &[/* book_id */ &book.0, /* first */ &first, /* last */ &last]).await?;
    Ok(())
}

/// The pledge among ids; none when there is none, or more than one.
pub async fn pledge(client: &impl GenericClient, book: BookId, named: &Named) -> Result<Option<PledgeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- transfers::pledge
            SELECT id FROM pledge WHERE book_id = $1 AND id BETWEEN $2 AND $3 LIMIT 2",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &book.0, /* first */ &named.first, /* last */ &named.last]).await?;
    match &rows[..] {
        [row] => Ok(Some(PledgeId::new(book, row.get("id")))),
        [] | [_, _, ..] => Ok(None),
    }
}

/// The campaign among ids; none when there is none, or more than one.
pub async fn campaign(client: &impl GenericClient, book: BookId, named: &Named) -> Result<Option<CampaignId>, Error> {
    let statement = client
        .prepare_cached(
            "-- transfers::campaign
            SELECT id FROM campaign WHERE book_id = $1 AND id BETWEEN $2 AND $3 LIMIT 2",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &book.0, /* first */ &named.first, /* last */ &named.last]).await?;
    match &rows[..] {
        [row] => Ok(Some(CampaignId::new(book, row.get("id")))),
        [] | [_, _, ..] => Ok(None),
    }
}

/// The earliest payment of a pledge that a custodian collects itself and that has not come: it is waited for, was given up, or was missed.
pub async fn unpaid(
    client: &impl GenericClient,
    pledge: PledgeId,
    custodian: OrganisationId,
) -> Result<Option<ChargeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- transfers::unpaid
            SELECT id FROM charge
             WHERE book_id = $1 AND pledge = $2 AND partner = $3 AND rail = 'partner'
               AND state IN ('processing', 'declined', 'missed')
             ORDER BY sequence LIMIT 1",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* custodian */ &custodian.0],
        )
        .await?;
    Ok(row.map(|row| ChargeId::new(pledge.book, row.get("id"))))
}
