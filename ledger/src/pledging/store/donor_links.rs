//! Links of donors. Of their secrets only digests are kept.

use crate::error::Error;
use crate::id::{BookId, DonorId, DonorLinkId, ReceiptId, YearlyReceiptId};
use crate::pledging::rules::donor_link::{DonorLink, LinkToken, Target};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn link(book: BookId, row: &Row) -> DonorLink {
    let to = match (row.get::<_, Option<Uuid>>("receipt"), row.get::<_, Option<Uuid>>("yearly_receipt")) {
        (Some(id), _) => Target::Receipt(ReceiptId::new(book, id)),
        (None, Some(id)) => Target::YearlyReceipt(YearlyReceiptId::new(book, id)),
        (None, None) => Target::Gifts,
    };
    DonorLink {
        id: DonorLinkId::new(book, row.get("id")),
        donor: DonorId::new(book, row.get("donor")),
        to,
        created_at: row.get("created_at"),
        lapses_at: row.get("lapses_at"),
        revoked_at: row.get("revoked_at"),
    }
}

/// New links of a book, each with the digest of its secret.
pub async fn insert_each(tx: &Transaction<'_>, book: BookId, new: &[(DonorLink, [u8; 32])]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- donor_links::insert_each
            INSERT INTO donor_link (book_id, id, donor, receipt, yearly_receipt, created_at, lapses_at, secret_digest)
            SELECT $1, n.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[],
                                        $7::timestamptz[], $8::bytea[]) AS n",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* id */ &column(new, |(link, _)| link.id.object),
            /* donor */ &column(new, |(link, _)| link.donor.object),
            /* receipt */ &column(new, |(link, _)| link.to.receipt().map(|receipt| receipt.object)),
            /* yearly_receipt */
            &column(new, |(link, _)| link.to.yearly_receipt().map(|receipt| receipt.object)),
            /* created_at */ &column(new, |(link, _)| link.created_at),
            /* lapses_at */ &column(new, |(link, _)| link.lapses_at),
            /* secret_digest */ &column(new, |(_, digest)| digest.as_slice()),
        ],
    )
    .await?;
    Ok(())
}

fn column<'a, T>(new: &'a [(DonorLink, [u8; 32])], value: impl Fn(&'a (DonorLink, [u8; 32])) -> T) -> Vec<T> {
    new.iter().map(value).collect()
}

/// The link with a token, whether it still works or not.
pub async fn find(client: &impl GenericClient, token: &LinkToken) -> Result<Option<DonorLink>, Error> {
    let statement = client
        .prepare_cached(
            "-- donor_links::find
            SELECT id, donor, receipt, yearly_receipt, created_at, lapses_at, revoked_at FROM donor_link
             WHERE book_id = $1 AND secret_digest = $2",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &token.book.0, /* secret_digest */ &token.digest().as_slice()])
        .await?;
    Ok(row.map(|row| link(token.book, &row)))
}

/// The links of a donor, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    donor: DonorId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<DonorLink>, Error> {
    let statement = client
        .prepare_cached(
            "-- donor_links::list
            SELECT id, donor, receipt, yearly_receipt, created_at, lapses_at, revoked_at FROM donor_link
             WHERE book_id = $1 AND donor = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &donor.book.0,
                /* donor */ &donor.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| link(donor.book, row)).collect())
}

/// Revokes a link of a donor; one that is revoked stays so. Says whether there is such a link.
pub async fn update_revoked(
    tx: &Transaction<'_>,
    donor: DonorId,
    id: DonorLinkId,
    wall: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- donor_links::update_revoked
            UPDATE donor_link SET revoked_at = coalesce(revoked_at, $4) WHERE book_id = $1 AND id = $2 AND donor = $3",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* donor */ &donor.object,
                /* revoked_at */ &wall,
            ],
        )
        .await?;
    Ok(rows == 1)
}
