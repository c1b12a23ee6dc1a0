//! Donors: the one place of personal data.

use crate::book::Companion;
use crate::error::Error;
use crate::id::{BookId, DonorId, OrganisationId};
use crate::pledging::rules::donor::Donor;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashSet;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

fn donor(row: &Row) -> Result<Donor, Error> {
    Ok(Donor {
        id: DonorId::new(BookId(row.get("book_id")), row.get("id")),
        partner: OrganisationId(row.get("partner")),
        reference: row.get("reference"),
        name: row.get("name"),
        email: row.get("email"),
        privacy: row.get::<_, &str>("privacy").parse()?,
        created_at: row.get("created_at"),
        erased_at: row.get("erased_at"),
    })
}

/// The donor with this reference of a partner, with the name, address and privacy as the partner passes them now.
///
/// A partner that gives neither name nor address leaves those that are known.
pub async fn upsert(tx: &Transaction<'_>, new: &Donor) -> Result<DonorId, Error> {
    let statement = tx
        .prepare_cached(
            "-- donors::upsert
            INSERT INTO donor AS d (book_id, id, partner, reference, name, email, privacy, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (book_id, partner, reference) DO UPDATE
               SET name = CASE excluded.name WHEN '' THEN d.name ELSE excluded.name END,
                   email = CASE excluded.email WHEN '' THEN d.email ELSE excluded.email END,
                   privacy = excluded.privacy
            RETURNING id",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* partner */ &new.partner.0,
                /* reference */ &new.reference,
                /* name */ &new.name,
                /* email */ &new.email,
                /* privacy */ &new.privacy.as_str(),
                /* created_at */ &new.created_at,
            ],
        )
        .await?;
    Ok(DonorId::new(new.id.book, row.get("id")))
}

/// The row of a donor as the partner passes them now, to be written with the entries of a lane.
pub fn row(donor: &Donor) -> Companion {
    let row = json!({
        "id": donor.id.object,
        "partner": donor.partner.0,
        "reference": donor.reference,
        "name": donor.name,
        "email": donor.email,
        "privacy": donor.privacy.as_str(),
        "created_at": donor.created_at,
    });
    Companion::new("donor", &row)
}

/// The donor whom a partner knows under this reference, if it is known here.
pub async fn find(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    reference: &str,
) -> Result<Option<Donor>, Error> {
    let statement = client
        .prepare_cached(
            "-- donors::find
            SELECT book_id, id, partner, reference, name, email, privacy, created_at, erased_at FROM donor
             WHERE book_id = $1 AND partner = $2 AND reference = $3",
        )
        .await?;
    let params: &[&(dyn ToSql + Sync)] =
        &[/* book_id */ &book.0, /* partner */ &partner.0, /* reference */ &reference];
    client.query_opt(&statement, params).await?.as_ref().map(donor).transpose()
}

/// The donors whom a partner knows under these references, in no order.
pub async fn list_by_references(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    references: &[&str],
) -> Result<Vec<Donor>, Error> {
    let statement = client
        .prepare_cached(
            "-- donors::list_by_references
            SELECT book_id, id, partner, reference, name, email, privacy, created_at, erased_at FROM donor
             WHERE book_id = $1 AND partner = $2 AND reference = ANY ($3)",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* reference */ &references])
        .await?;
    rows.iter().map(donor).collect()
}

/// The donor with an id.
pub async fn get(client: &impl GenericClient, id: DonorId) -> Result<Donor, Error> {
    let statement = client
        .prepare_cached(
            "-- donors::get
            SELECT book_id, id, partner, reference, name, email, privacy, created_at, erased_at FROM donor
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(donor).transpose()?.ok_or(Error::NotFound("donor"))
}

/// The donors with these ids, in no order.
pub async fn list(client: &impl GenericClient, book: BookId, ids: &[Uuid]) -> Result<Vec<Donor>, Error> {
    let statement = client
        .prepare_cached(
            "-- donors::list
            SELECT book_id, id, partner, reference, name, email, privacy, created_at, erased_at FROM donor
             WHERE book_id = $1 AND id = ANY ($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* id */ &ids]).await?;
    rows.iter().map(donor).collect()
}

/// Locks a donor until the transaction ends: no pledge of it is placed meanwhile.
pub async fn lock(tx: &Transaction<'_>, id: DonorId) -> Result<Donor, Error> {
    let statement = tx
        .prepare_cached(
            "-- donors::lock
            SELECT book_id, id, partner, reference, name, email, privacy, created_at, erased_at FROM donor
             WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(donor).transpose()?.ok_or(Error::NotFound("donor"))
}

/// Locks donors of a book, in the order of their ids, until the transaction ends; answers those who are not erased.
pub async fn lock_present(tx: &Transaction<'_>, book: BookId, ids: &[Uuid]) -> Result<HashSet<DonorId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- donors::lock_present
            SELECT id FROM donor WHERE book_id = $1 AND id = ANY ($2) AND erased_at IS NULL
             ORDER BY id FOR NO KEY UPDATE",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &book.0, /* id */ &ids]).await?;
    Ok(rows.iter().map(|row| DonorId::new(book, row.get("id"))).collect())
}

/// Takes away whatever says who a donor is (`sql/now/donors.sql`): what was erased before stays so, and what was written
/// since goes too.
pub async fn erase(tx: &Transaction<'_>, id: DonorId, wall: Timestamp) -> Result<(), Error> {
    let statement = tx.prepare_cached("-- donors::erase\nSELECT donor_erase($1, $2, $3)").await?;
    let row = tx.query_one(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* at */ &wall]).await?;
    if row.get(0) { Ok(()) } else { Err(Error::NotFound("donor")) }
}

/// All that is stored of a donor, by table.
pub async fn data(client: &impl GenericClient, id: DonorId) -> Result<Value, Error> {
    let statement = client.prepare_cached("-- donors::data\nSELECT donor_data($1, $2)").await?;
    let row = client.query_one(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.get::<_, Option<Value>>(0).ok_or(Error::NotFound("donor"))
}

/// The outside ids of a donor's pledges, their charges and the changes of their plans: mails are about these.
pub async fn objects(client: &impl GenericClient, id: DonorId) -> Result<Vec<String>, Error> {
    let statement = client.prepare_cached("-- donors::objects\nSELECT donor_objects($1, $2)").await?;
    Ok(client.query_one(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?.get(0))
}

/// Whether a worker has the job of a mail to a donor now.
pub async fn is_being_written_to(client: &impl GenericClient, id: DonorId, wall: Timestamp) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- donors::is_being_written_to
            SELECT EXISTS (
                SELECT FROM job j
                 WHERE j.book_id = $1 AND j.finished_at IS NULL AND j.dead_at IS NULL AND j.leased_until > $3
                   AND j.kind IN ('send_receipt', 'notify_decline', 'send_consent_link', 'send_plan_change', 'send_plan_move', 'notify_pledge',
                                  'send_refund_notice', 'send_returnable_notice', 'send_hold_notice', 'send_yearly_receipt')
                   AND (left(j.dedupe, 36) = ANY (donor_objects($1, $2))
                        OR j.dedupe IN (SELECT c.id::text FROM plan_change c
                                          JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
                                         WHERE p.book_id = $1 AND p.donor = $2)))",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &id.book.0, /* donor */ &id.object, /* wall */ &wall]).await?;
    Ok(row.get(0))
}
