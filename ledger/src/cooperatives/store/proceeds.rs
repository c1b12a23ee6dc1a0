//! Sales and costs of cooperatives.

use super::undone;
use crate::book::AccountNumber;
use crate::cooperatives::rules::cooperative::{Period, ProceedsKind, Quantity};
use crate::cooperatives::rules::proceeds::{Particulars, Proceeds};
use crate::cooperatives::rules::undone::Undone;
use crate::engine::store::books::Book;
use crate::engine::store::rows::{money, sum, word};
use crate::error::Error;
use crate::id::{BookId, PersonId, ProceedsId};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Proceeds, Error> {
    Ok(Proceeds {
        id: ProceedsId::new(BookId(row.get("book_id")), row.get("id")),
        kind: word(row.get("kind"))?,
        account: AccountNumber(row.get("account")),
        label: row.get("label"),
        amount: money(row.get("amount"), currency)?,
        vat: row.get("vat"),
        occurred_on: row.get("occurred_on"),
        on_credit: row.get("on_credit"),
        particulars: Particulars {
            product: row.get("product"),
            units: row.get::<_, Option<i64>>("units").map(|units| Quantity::from_hundredths(units.unsigned_abs())),
            place: row.get("place"),
            counterparty: row.get("counterparty"),
            non_member: row.get("non_member"),
        },
        memo: row.get("memo"),
        reference: row.get("reference"),
        entry: row.get("entry_number"),
        recorded_by: PersonId(row.get("recorded_by")),
        recorded_at: row.get("recorded_at"),
        undone: undone::read(row, true),
    })
}

/// What sales of each product left of its costs in a period, minor units, by the name that was written down, in the order of names; what names
/// none stands under no name. What was taken back does not count.
pub async fn left_by_product(
    client: &impl GenericClient,
    book: BookId,
    period: Period,
) -> Result<Vec<(String, i64)>, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::left_by_product
            SELECT product, sum(CASE kind WHEN 'sale' THEN amount ELSE -amount END)::text AS left_of_it
              FROM proceeds
             WHERE book_id = $1 AND occurred_on BETWEEN $2 AND $3 AND reversed_at IS NULL
             GROUP BY product ORDER BY product COLLATE \"C\"",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* from */ &period.from, /* to */ &period.to]).await?;
    let too_much = |_| Error::inconsistent("a product earned more than an account can count");
    let of = |row: &Row| Ok((row.get("product"), i64::try_from(sum(row, "left_of_it")?).map_err(too_much)?));
    rows.iter().map(of).collect()
}

/// What was sold and bought under the name of a product in a period. What was taken back does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sold {
    /// How many were sold, hundredths of one, of the sales that count them; none where no sale does.
    pub units: Option<i128>,
    /// What the sales brought, minor units.
    pub sales: i128,
    /// What it cost, minor units.
    pub costs: i128,
}

/// What was sold and bought under the name of a product in a period.
pub async fn sold(client: &impl GenericClient, book: BookId, product: &str, period: Period) -> Result<Sold, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::sold
            SELECT sum(units) FILTER (WHERE kind = 'sale') IS NOT NULL AS is_counted,
                   coalesce(sum(units) FILTER (WHERE kind = 'sale'), 0)::text AS units,
                   coalesce(sum(amount) FILTER (WHERE kind = 'sale'), 0)::text AS sales,
                   coalesce(sum(amount) FILTER (WHERE kind <> 'sale'), 0)::text AS costs
              FROM proceeds
             WHERE book_id = $1 AND occurred_on BETWEEN $2 AND $3 AND reversed_at IS NULL AND product = $4",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &book.0,
                /* from */ &period.from,
                /* to */ &period.to,
                /* product */ &product,
            ],
        )
        .await?;
    let units = sum(&row, "units")?;
    let is_counted: bool = row.get("is_counted");
    Ok(Sold { units: is_counted.then_some(units), sales: sum(&row, "sales")?, costs: sum(&row, "costs")? })
}

/// A new sale or cost.
pub async fn insert(tx: &Transaction<'_>, new: &Proceeds) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- proceeds::insert
            INSERT INTO proceeds (book_id, id, kind, account, label, amount, occurred_on, memo, reference, entry_number,
                                  recorded_by, recorded_at, on_credit, product, units, place, counterparty, non_member,
                                  vat)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        )
        .await?;
    let more = &new.particulars;
    let units = more.units.map(|units| i64::try_from(units.hundredths())).transpose();
    let units = units.map_err(|_| Error::inconsistent("units are bounded"))?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* kind */ &new.kind.as_str(),
            /* account */ &new.account.0,
            /* label */ &new.label,
            /* amount */ &new.amount.minor(),
            /* occurred_on */ &new.occurred_on,
            /* memo */ &new.memo,
            /* reference */ &new.reference,
            /* entry_number */ &new.entry,
            /* recorded_by */ &new.recorded_by.0,
            /* recorded_at */ &new.recorded_at,
            /* on_credit */ &new.on_credit,
            /* product */ &more.product,
            /* units */ &units,
            /* place */ &more.place,
            /* counterparty */ &more.counterparty,
            /* non_member */ &more.non_member,
            /* vat */ &new.vat,
        ],
    )
    .await?;
    Ok(())
}

/// The sale or cost of a book that stands under a reference, if there is one; the empty reference is none's.
pub async fn find_by_reference(
    client: &impl GenericClient,
    book: &Book,
    kind: ProceedsKind,
    reference: &str,
) -> Result<Option<Proceeds>, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::find_by_reference
            SELECT * FROM proceeds WHERE book_id = $1 AND kind = $2 AND reference = $3 AND reference <> '' AND reversed_at IS NULL",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &book.id.0, /* kind */ &kind.as_str(), /* reference */ &reference])
        .await?;
    row.map(|row| from_row(&row, book.currency)).transpose()
}

/// The sale or cost with this id, in the currency of its book.
pub async fn get(client: &impl GenericClient, id: ProceedsId, currency: Currency) -> Result<Proceeds, Error> {
    let statement =
        client.prepare_cached("-- proceeds::get\nSELECT * FROM proceeds WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.map(|row| from_row(&row, currency)).transpose()?.ok_or(Error::NotFound("proceeds"))
}

/// Saves that it was taken back. The caller has locked the cooperative.
pub async fn update_undone(
    tx: &Transaction<'_>,
    id: ProceedsId,
    how: &Undone,
    currency: Currency,
) -> Result<Proceeds, Error> {
    let statement = "-- proceeds::update_undone
            UPDATE proceeds SET reversal_number = $3, reversed_by = $4, reversed_at = $5, reversal_reason = $6
             WHERE book_id = $1 AND id = $2
            RETURNING *";
    let row = undone::save(tx, statement, (id.book, id.object), how).await?;
    from_row(&row, currency)
}

/// The sales and costs of a book in its currency, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    currency: Currency,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Proceeds>, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::list
            SELECT * FROM proceeds WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// The sales and costs of a book in its currency that were written down last, the youngest first.
pub async fn recent(
    client: &impl GenericClient,
    book: BookId,
    currency: Currency,
    limit: i64,
) -> Result<Vec<Proceeds>, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::recent
            SELECT * FROM proceeds WHERE book_id = $1 ORDER BY id DESC LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* limit */ &limit]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// The sale or cost of a book that was written down last and stands, if there is one.
pub async fn latest(client: &impl GenericClient, book: &Book) -> Result<Option<Proceeds>, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::latest
            SELECT * FROM proceeds WHERE book_id = $1 AND reversed_at IS NULL ORDER BY id DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.id.0]).await?;
    row.map(|row| from_row(&row, book.currency)).transpose()
}

/// What moved on one account in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Whether it sums sales or costs.
    pub kind: ProceedsKind,
    /// The account on which they stand.
    pub account: AccountNumber,
    /// Their sum, minor units.
    pub amount: i64,
}

/// The sums by account of what stands in a period: sales first, each kind by account number.
pub async fn sums(client: &impl GenericClient, book: BookId, period: Period) -> Result<Vec<Sum>, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::sums
            SELECT kind, account, sum(amount)::bigint AS amount FROM proceeds
             WHERE book_id = $1 AND occurred_on BETWEEN $2 AND $3 AND reversed_at IS NULL
             GROUP BY kind, account ORDER BY kind DESC, account",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* period_from */ &period.from, /* period_to */ &period.to])
        .await?;
    rows.iter()
        .map(|row| {
            let account = AccountNumber(row.get("account"));
            Ok(Sum { kind: word(row.get("kind"))?, account, amount: row.get("amount") })
        })
        .collect()
}

/// How much of what was sold in a period, and stands, was business with others than members; minor units.
pub async fn non_member_sales(client: &impl GenericClient, book: BookId, period: Period) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::non_member_sales
            SELECT coalesce(sum(amount), 0)::bigint AS amount FROM proceeds
             WHERE book_id = $1 AND occurred_on BETWEEN $2 AND $3 AND kind = 'sale' AND non_member AND reversed_at IS NULL",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &book.0, /* period_from */ &period.from, /* period_to */ &period.to])
        .await?;
    Ok(row.get("amount"))
}

/// The first day with a sale or a cost that stands after `after` and before `before`, if there is one.
pub async fn first_between(
    client: &impl GenericClient,
    book: BookId,
    after: Date,
    before: Date,
) -> Result<Option<Date>, Error> {
    let statement = client
        .prepare_cached(
            "-- proceeds::first_between
            SELECT min(occurred_on) AS first FROM proceeds
             WHERE book_id = $1 AND occurred_on > $2 AND occurred_on < $3 AND reversed_at IS NULL",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* after */ &after, /* before */ &before]).await?;
    Ok(row.get("first"))
}
