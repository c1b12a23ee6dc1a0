//! What transfers are for: campaigns and pledges by what of their ids stands in a reference.

use crate::error::Error;
use crate::id::{BookId, CampaignId, ChargeId, OrganisationId, PledgeId, RefundId, SettlementId, SuspenseId};
use crate::pledging::rules::transfer_reference::{Named, Purpose};
use deadpool_postgres::{GenericClient, Transaction};
use uuid::Uuid;

/// Locks the pledges that references name, by themselves or by their refunds, by id, before any of them is paid, or paid back.
pub async fn lock_pledges(tx: &Transaction<'_>, book: BookId, named: &[Named]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- transfers::lock_pledges
            SELECT p.id FROM pledge p
             WHERE p.book_id = $1
               AND p.id IN (SELECT n.id FROM unnest($2::uuid[], $3::uuid[]) AS r (first, last)
                              JOIN pledge n ON n.book_id = $1 AND n.id BETWEEN r.first AND r.last
                             UNION ALL
                            SELECT c.pledge FROM unnest($4::uuid[], $5::uuid[]) AS r (first, last)
                              JOIN refund b ON b.book_id = $1 AND b.id BETWEEN r.first AND r.last
                              JOIN charge c ON c.book_id = b.book_id AND c.id = b.charge)
             ORDER BY p.id FOR UPDATE OF p",
        )
        .await?;
    let among = |is_refund: bool| {
        let of = named.iter().filter(move |one| (one.purpose == Purpose::Refund) == is_refund);
        of.map(|one| (one.first, one.last)).unzip::<Uuid, Uuid, Vec<Uuid>, Vec<Uuid>>()
    };
    let ((first, last), (first_refund, last_refund)) = (among(false), among(true));
    tx.query(
        &statement,
        &[
            /* book_id */ &book.0,
            /* first */ &first,
            /* last */ &last,
            /* first_refund */ &first_refund,
            /* last_refund */ &last_refund,
        ],
    )
    .await?;
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

/// The refund among ids; none when there is none, or more than one.
pub async fn refund(client: &impl GenericClient, book: BookId, named: &Named) -> Result<Option<RefundId>, Error> {
    let statement = client
        .prepare_cached(
            "-- transfers::refund
            SELECT id FROM refund WHERE book_id = $1 AND id BETWEEN $2 AND $3 LIMIT 2",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &book.0, /* first */ &named.first, /* last */ &named.last]).await?;
    match &rows[..] {
        [row] => Ok(Some(RefundId::new(book, row.get("id")))),
        [] | [_, _, ..] => Ok(None),
    }
}

/// The money in suspense among ids; none when there is none, or more than one.
pub async fn suspense(client: &impl GenericClient, book: BookId, named: &Named) -> Result<Option<SuspenseId>, Error> {
    let statement = client
        .prepare_cached(
            "-- transfers::suspense
            SELECT id FROM suspense_item WHERE book_id = $1 AND id BETWEEN $2 AND $3 LIMIT 2",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &book.0, /* first */ &named.first, /* last */ &named.last]).await?;
    match &rows[..] {
        [row] => Ok(Some(SuspenseId::new(book, row.get("id")))),
        [] | [_, _, ..] => Ok(None),
    }
}

/// Whether what arrived with a settlement came by a line of a bank.
pub async fn came_by_line(client: &impl GenericClient, settlement: SettlementId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- transfers::came_by_line
            SELECT bank_line IS NOT NULL AS by_line FROM settlement WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &settlement.book.0, /* settlement */ &settlement.object]).await?;
    Ok(row.get("by_line"))
}
