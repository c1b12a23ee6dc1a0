//! Donors: the one place of personal data.

use crate::book::Companion;
use crate::error::Error;
use crate::id::{BookId, DonorId, OrganisationId};
use crate::pledging::rules::donor::Donor;
use deadpool_postgres::{GenericClient, Transaction};
use serde_json::json;
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
    Companion::new("donor", row)
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
            SELECT book_id, id, partner, reference, name, email, privacy, created_at FROM donor
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
            SELECT book_id, id, partner, reference, name, email, privacy, created_at FROM donor
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
            SELECT book_id, id, partner, reference, name, email, privacy, created_at FROM donor
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
            SELECT book_id, id, partner, reference, name, email, privacy, created_at FROM donor
             WHERE book_id = $1 AND id = ANY ($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* id */ &ids]).await?;
    rows.iter().map(donor).collect()
}
