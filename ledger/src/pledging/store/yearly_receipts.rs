//! Receipts of years as they were issued, and the single receipts that each sums up.

use crate::error::Error;
use crate::id::{BookId, DonorId, OrganisationId, ReceiptId, YearlyReceiptId};
use crate::money::{Currency, Money};
use crate::pledging::rules::receipt::{Custodian, Number};
use crate::pledging::rules::yearly_receipt::{Back, Item, Late, YearNumber, YearSum, YearlyReceipt};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn receipt(row: &Row) -> YearlyReceipt {
    let book = BookId(row.get("book_id"));
    YearlyReceipt {
        id: YearlyReceiptId::new(book, row.get("id")),
        number: YearNumber { year: row.get("year"), number: row.get("number"), edition: row.get("edition") },
        donor: DonorId::new(book, row.get("donor")),
        custodian: Custodian {
            id: OrganisationId(row.get("custodian")),
            name: row.get("custodian_name"),
            address: row.get("custodian_address"),
            registration: row.get("custodian_registration"),
        },
        tax_text: row.get("tax_text"),
        issued_at: row.get("issued_at"),
    }
}

/// Locks the numbers of a year until the transaction ends: nobody else issues a receipt of it. Says whether anything was given in it.
pub async fn lock_year(tx: &Transaction<'_>, book: BookId, year: i32) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- yearly_receipts::lock_year
            SELECT FROM receipt_year WHERE book_id = $1 AND year = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &book.0, /* year */ &year]).await?;
    Ok(row.is_some())
}

/// The next number of a year that is locked.
pub async fn next_number(tx: &Transaction<'_>, book: BookId, year: i32) -> Result<i32, Error> {
    let statement = tx
        .prepare_cached(
            "-- yearly_receipts::next_number
            UPDATE receipt_year SET yearly = yearly + 1 WHERE book_id = $1 AND year = $2 RETURNING yearly",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &book.0, /* year */ &year]).await?;
    row.map(|row| row.get("yearly")).ok_or_else(|| Error::inconsistent("a year of receipts without receipts"))
}

/// Donors with an address, and custodians, whose receipts of a year reach a count by a moment and are not summed up yet: from a
/// donor on ([`Uuid::nil`] for the first), in the order of the donors.
pub async fn list_due(
    tx: &Transaction<'_>,
    book: BookId,
    year: i32,
    (as_of, at_least): (Timestamp, i64),
    from: Uuid,
    limit: i64,
) -> Result<Vec<(DonorId, OrganisationId)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- yearly_receipts::list_due
            SELECT r.donor, r.custodian
              FROM receipt r
              JOIN donor d ON d.book_id = r.book_id AND d.id = r.donor
             WHERE r.book_id = $1 AND r.year = $2 AND r.donor >= $5 AND r.issued_at <= $3 AND d.email <> ''
             GROUP BY r.donor, r.custodian
            HAVING count(*) >= $4
               AND NOT EXISTS (SELECT FROM yearly_receipt y
                                WHERE y.book_id = $1 AND y.donor = r.donor AND y.custodian = r.custodian AND y.year = $2)
             ORDER BY r.donor, r.custodian LIMIT $6",
        )
        .await?;
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* year */ &year, /* issued_at */ &as_of,
                /* count */ &at_least, /* from */ &from, /* limit */ &limit,
            ],
        )
        .await?;
    let due = |row: &Row| (DonorId::new(book, row.get("donor")), OrganisationId(row.get("custodian")));
    Ok(rows.iter().map(due).collect())
}

/// Who took what a donor gave in a year, each with the last edition of the receipt of that year, if there is one.
pub async fn custodians(
    client: &impl GenericClient,
    donor: DonorId,
    year: i32,
) -> Result<Vec<(OrganisationId, Option<YearlyReceipt>)>, Error> {
    let statement = client
        .prepare_cached(
            "-- yearly_receipts::custodians
            SELECT DISTINCT ON (r.custodian) r.custodian AS taken_by, y.*
              FROM receipt r
              LEFT JOIN yearly_receipt y ON y.book_id = r.book_id AND y.donor = r.donor AND y.custodian = r.custodian
                                        AND y.year = r.year
             WHERE r.book_id = $1 AND r.donor = $2 AND r.year = $3
             ORDER BY r.custodian, y.edition DESC",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object, /* year */ &year]).await?;
    let found = |row: &Row| {
        let issued = row.get::<_, Option<Uuid>>("id").map(|_| receipt(row));
        (OrganisationId(row.get("taken_by")), issued)
    };
    Ok(rows.iter().map(found).collect())
}

/// A new receipt of a year, with all single receipts of its donor, custodian and year that were issued by then, and what had come back
/// of them by then.
pub async fn insert(tx: &Transaction<'_>, new: &YearlyReceipt) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- yearly_receipts::insert
            INSERT INTO yearly_receipt (book_id, id, donor, custodian, year, number, edition, issued_at, custodian_name,
                                        custodian_address, custodian_registration, tax_text)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* donor */ &new.donor.object,
            /* custodian */ &new.custodian.id.0,
            /* year */ &new.number.year,
            /* number */ &new.number.number,
            /* edition */ &new.number.edition,
            /* issued_at */ &new.issued_at,
            /* custodian_name */ &new.custodian.name,
            /* custodian_address */ &new.custodian.address,
            /* custodian_registration */ &new.custodian.registration,
            /* tax_text */ &new.tax_text,
        ],
    )
    .await?;
    insert_items(tx, new).await
}

async fn insert_items(tx: &Transaction<'_>, of: &YearlyReceipt) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- yearly_receipts::insert_items
            INSERT INTO yearly_receipt_item (book_id, yearly_receipt, edition, receipt, refunded, disputed)
            SELECT r.book_id, $2, $3, r.id,
                   greatest(c.refunded - (SELECT coalesce(sum(f.amount), 0) FROM refund f
                                           WHERE f.book_id = c.book_id AND f.charge = c.id AND f.requested_at > $7
                                             AND f.state <> 'failed'), 0)::bigint,
                   greatest(c.disputed - (SELECT coalesce(sum(b.amount), 0) FROM chargeback b
                                           WHERE b.book_id = c.book_id AND b.charge = c.id AND b.created_at > $7
                                             AND b.state <> 'won'), 0)::bigint
              FROM receipt r
              JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
             WHERE r.book_id = $1 AND r.donor = $4 AND r.custodian = $5 AND r.year = $6 AND r.issued_at <= $7",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &of.id.book.0,
            /* yearly_receipt */ &of.id.object,
            /* edition */ &of.number.edition,
            /* donor */ &of.donor.object,
            /* custodian */ &of.custodian.id.0,
            /* year */ &of.number.year,
            /* issued_at */ &of.issued_at,
        ],
    )
    .await?;
    Ok(())
}

/// The receipt of a year with an id.
pub async fn get(client: &impl GenericClient, id: YearlyReceiptId) -> Result<YearlyReceipt, Error> {
    let statement = client
        .prepare_cached("-- yearly_receipts::get\nSELECT * FROM yearly_receipt WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(receipt).ok_or(Error::NotFound("receipt"))
}

/// The receipts of years of a donor, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    donor: DonorId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<YearlyReceipt>, Error> {
    let statement = client
        .prepare_cached(
            "-- yearly_receipts::list
            SELECT * FROM yearly_receipt WHERE book_id = $1 AND donor = $2 AND id > $3 ORDER BY id LIMIT $4",
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
    Ok(rows.iter().map(receipt).collect())
}

/// The single receipts that one of a year sums up, by their numbers.
pub async fn items(client: &impl GenericClient, id: YearlyReceiptId, limit: i64) -> Result<Vec<Item>, Error> {
    let statement = client
        .prepare_cached(
            "-- yearly_receipts::items
            SELECT r.id, r.year, r.number, r.given_on, r.campaign_title, r.amount, r.currency, i.refunded, i.disputed,
                   c.refunded AS refunded_now, c.disputed AS disputed_now
              FROM yearly_receipt_item i
              JOIN receipt r ON r.book_id = i.book_id AND r.id = i.receipt
              JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
             WHERE i.book_id = $1 AND i.yearly_receipt = $2
             ORDER BY r.number LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* limit */ &limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(Item {
                receipt: ReceiptId::new(id.book, row.get("id")),
                number: Number { year: row.get("year"), number: row.get("number") },
                given_on: row.get("given_on"),
                campaign_title: row.get("campaign_title"),
                amount: amount(row)?,
                then: Back { refunded: row.get("refunded"), disputed: row.get("disputed") },
                now: Back { refunded: row.get("refunded_now"), disputed: row.get("disputed_now") },
            })
        })
        .collect()
}

/// How many single receipts one of a year sums up, and what they come to, by currency in the order of their codes.
pub async fn sums(client: &impl GenericClient, id: YearlyReceiptId) -> Result<(i64, Vec<YearSum>), Error> {
    let statement = client
        .prepare_cached(
            "-- yearly_receipts::sums
            SELECT r.currency, count(*) AS count, sum(r.amount)::text AS given, sum(i.refunded)::text AS refunded,
                   sum(i.disputed)::text AS disputed, sum(c.refunded)::text AS refunded_now,
                   sum(c.disputed)::text AS disputed_now
              FROM yearly_receipt_item i
              JOIN receipt r ON r.book_id = i.book_id AND r.id = i.receipt
              JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
             WHERE i.book_id = $1 AND i.yearly_receipt = $2
             GROUP BY r.currency ORDER BY r.currency",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    let mut lines = lines(client, id).await?;
    let mut count = 0;
    let mut sums = Vec::with_capacity(rows.len());
    for row in &rows {
        count += row.get::<_, i64>("count");
        let currency = currency(row)?;
        sums.push(YearSum {
            currency,
            given: sum(row, "given")?,
            lines: lines.remove(currency.code()).unwrap_or_default(),
            then: Back { refunded: sum(row, "refunded")?, disputed: sum(row, "disputed")? },
            now: Back { refunded: sum(row, "refunded_now")?, disputed: sum(row, "disputed_now")? },
        });
    }
    Ok((count, sums))
}

/// What the lines of the single receipts come to, by currency and label: the largest first.
async fn lines(
    client: &impl GenericClient,
    id: YearlyReceiptId,
) -> Result<BTreeMap<String, Vec<(String, i128)>>, Error> {
    let statement = client
        .prepare_cached(
            "-- yearly_receipts::lines
            SELECT r.currency, l.line ->> 'label' AS label, sum((l.line ->> 'amount')::bigint)::text AS amount
              FROM yearly_receipt_item i
              JOIN receipt r ON r.book_id = i.book_id AND r.id = i.receipt
              CROSS JOIN LATERAL jsonb_array_elements(r.lines) AS l(line)
             WHERE i.book_id = $1 AND i.yearly_receipt = $2
             GROUP BY r.currency, label ORDER BY r.currency, sum((l.line ->> 'amount')::bigint) DESC, label",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    let mut lines = BTreeMap::<String, Vec<(String, i128)>>::new();
    for row in &rows {
        lines.entry(row.get("currency")).or_default().push((row.get("label"), sum(row, "amount")?));
    }
    Ok(lines)
}

/// Receipts of the donor, custodian and year of one of a year that it does not sum up, by their numbers.
pub async fn late(client: &impl GenericClient, of: &YearlyReceipt, limit: i64) -> Result<Vec<Late>, Error> {
    let statement = client
        .prepare_cached(
            "-- yearly_receipts::late
            SELECT r.year, r.number, r.given_on, r.amount, r.currency
              FROM receipt r
             WHERE r.book_id = $1 AND r.donor = $2 AND r.custodian = $3 AND r.year = $4
               AND NOT EXISTS (SELECT FROM yearly_receipt_item i
                                WHERE i.book_id = $1 AND i.yearly_receipt = $5 AND i.receipt = r.id)
             ORDER BY r.number LIMIT $6",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &of.id.book.0,
                /* donor */ &of.donor.object,
                /* custodian */ &of.custodian.id.0,
                /* year */ &of.number.year,
                /* yearly_receipt */ &of.id.object,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let number = Number { year: row.get("year"), number: row.get("number") };
            Ok(Late { number, given_on: row.get("given_on"), amount: amount(row)? })
        })
        .collect()
}

fn currency(row: &Row) -> Result<Currency, Error> {
    row.get::<_, &str>("currency").parse().map_err(|_| Error::inconsistent("the currency of a receipt"))
}

fn amount(row: &Row) -> Result<Money, Error> {
    Money::from_minor(row.get("amount"), currency(row)?).map_err(|_| Error::inconsistent("the amount of a receipt"))
}

fn sum(row: &Row, column: &str) -> Result<i128, Error> {
    row.get::<_, &str>(column).parse().map_err(|_| Error::inconsistent("the sum of receipts"))
}
