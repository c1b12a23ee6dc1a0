//! Receipts as they were issued: one a charge, numbered within the book and the year.

use crate::book::Companion;
use crate::calendar::to_microseconds;
use crate::engine::store::books::Book;
use crate::engine::store::rows::original;
use crate::error::Error;
use crate::id::{BookId, CampaignId, ChargeId, DonorId, OrganisationId, PledgeId, ReceiptId};
use crate::money::{Currency, Money};
use crate::pledging::rules::receipt::{Custodian, Line, Number, Receipt, Shown};
use crate::pledging::rules::yearly_receipt::due_on;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

fn shown(row: &Row) -> Result<Shown, Error> {
    let book = BookId(row.get("book_id"));
    let id = ReceiptId::new(book, row.get("id"));
    let bad = |what: &str| Error::inconsistent(format!("receipt {id}: {what}"));
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?;
    let receipt = Receipt {
        id,
        number: Number { year: row.get("year"), number: row.get("number") },
        charge: ChargeId::new(book, row.get("charge")),
        pledge: PledgeId::new(book, row.get("pledge")),
        donor: DonorId::new(book, row.get("donor")),
        campaign: CampaignId::new(book, row.get("campaign")),
        campaign_title: row.get("campaign_title"),
        amount: Money::from_minor(row.get("amount"), currency).map_err(|_| bad("amount"))?,
        original: original(row)?,
        lines: row.get::<_, Json<Vec<Line>>>("lines").0,
        given_on: row.get("given_on"),
        entry: row.get("entry"),
        custodian: Custodian {
            id: OrganisationId(row.get("custodian")),
            name: row.get("custodian_name"),
            address: row.get("custodian_address"),
            registration: row.get("custodian_registration"),
        },
        tax_text: row.get("tax_text"),
        terms_digest: row.get::<_, &[u8]>("terms_sha256").try_into().map_err(|_| bad("terms"))?,
        issued_at: row.get("issued_at"),
    };
    Ok(Shown { receipt, refunded: row.get("refunded"), disputed: row.get("disputed") })
}

/// A new receipt, as it was written: with the next number of its book and year. Nobody else gets one until the transaction ends.
///
/// # Errors
///
/// [`Error::Inconsistent`] when the charge has one already: its caller has locked it.
pub async fn insert(tx: &Transaction<'_>, book: &Book, new: Receipt) -> Result<Receipt, Error> {
    let statement = tx.prepare_cached("-- issued_receipts::insert\nSELECT number FROM receipts_insert($1, $2)").await?;
    let rows = Json([columns(book, &new, new.entry)]);
    let row = tx.query_opt(&statement, &[/* book_id */ &new.id.book.0, /* rows */ &rows]).await?;
    let row = row.ok_or_else(|| Error::inconsistent(format!("charge {} has a receipt", new.charge)))?;
    Ok(Receipt { number: Number { number: row.get("number"), ..new.number }, ..new })
}

/// The row of a new receipt, to be written with the capture by a lane, which knows the entry; it is numbered then.
pub fn row(book: &Book, new: &Receipt) -> Companion {
    Companion::numbered("receipt", columns(book, new, 0), "/entry")
}

/// What the columns of a new receipt hold, but for its book and its number; and when the receipts of its year are due.
fn columns(book: &Book, new: &Receipt, entry: i64) -> Value {
    json!({
        "id": new.id.object,
        "charge": new.charge.object,
        "pledge": new.pledge.object,
        "donor": new.donor.object,
        "campaign": new.campaign.object,
        "custodian": new.custodian.id.0,
        "amount": new.amount.minor(),
        "entry": entry,
        "issued_at": to_microseconds(new.issued_at),
        "year": new.number.year,
        "given_on": new.given_on,
        "original_amount": new.original.map(Money::minor),
        "original_currency": new.original.map(|original| original.currency().code()),
        "currency": new.amount.currency().code(),
        "campaign_title": new.campaign_title,
        "custodian_name": new.custodian.name,
        "custodian_address": new.custodian.address,
        "custodian_registration": new.custodian.registration,
        "tax_text": new.tax_text,
        "terms_sha256": format!("\\x{}", hex::encode(new.terms_digest)),
        "lines": new.lines,
        "year_due_at": due_at(book, new.number.year),
    })
}

fn due_at(book: &Book, year: i32) -> Timestamp {
    to_microseconds(book.start_of(due_on(year)))
}

/// The receipt of a charge, if it was issued.
pub async fn of_charge(client: &impl GenericClient, charge: ChargeId) -> Result<Option<Shown>, Error> {
    Ok(of_charges(client, charge.book, &[charge.object]).await?.pop())
}

/// The receipts of charges of a book, as far as they were issued, in no order.
pub async fn of_charges(client: &impl GenericClient, book: BookId, charges: &[Uuid]) -> Result<Vec<Shown>, Error> {
    let statement = client
        .prepare_cached(
            "-- issued_receipts::of_charges
            SELECT r.*, c.refunded, c.disputed FROM receipt r JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
             WHERE r.book_id = $1 AND r.charge = ANY ($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* charge */ &charges]).await?;
    rows.iter().map(shown).collect()
}

/// The receipt with an id.
pub async fn get(client: &impl GenericClient, id: ReceiptId) -> Result<Shown, Error> {
    let statement = client
        .prepare_cached(
            "-- issued_receipts::get
            SELECT r.*, c.refunded, c.disputed FROM receipt r JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
             WHERE r.book_id = $1 AND r.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(shown).transpose()?.ok_or(Error::NotFound("receipt"))
}

/// The receipt of a donor with a number.
pub async fn find_numbered(
    client: &impl GenericClient,
    donor: DonorId,
    number: Number,
) -> Result<Option<Shown>, Error> {
    let statement = client
        .prepare_cached(
            "-- issued_receipts::find_numbered
            SELECT r.*, c.refunded, c.disputed FROM receipt r JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
             WHERE r.book_id = $1 AND r.donor = $2 AND r.year = $3 AND r.number = $4",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &donor.book.0,
                /* donor */ &donor.object,
                /* year */ &number.year,
                /* number */ &number.number,
            ],
        )
        .await?;
    row.as_ref().map(shown).transpose()
}

/// The receipts of a pledge, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    pledge: PledgeId,
    of_partner: Option<OrganisationId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Shown>, Error> {
    let statement = client
        .prepare_cached(
            "-- issued_receipts::list
            SELECT r.*, c.refunded, c.disputed FROM receipt r JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
             WHERE r.book_id = $1 AND r.pledge = $2 AND r.id > $3 AND ($4::uuid IS NULL OR c.partner = $4)
             ORDER BY r.id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* after */ &after,
                /* of_partner */ &of_partner.map(|partner| partner.0),
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(shown).collect()
}

/// The receipts of a donor in a year, in the order of their numbers.
pub async fn of_year(client: &impl GenericClient, donor: DonorId, year: i32, limit: i64) -> Result<Vec<Shown>, Error> {
    let statement = client
        .prepare_cached(
            "-- issued_receipts::of_year
            SELECT r.*, c.refunded, c.disputed FROM receipt r JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
             WHERE r.book_id = $1 AND r.donor = $2 AND r.year = $3 ORDER BY r.number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &donor.book.0,
                /* donor */ &donor.object,
                /* year */ &year,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(shown).collect()
}
