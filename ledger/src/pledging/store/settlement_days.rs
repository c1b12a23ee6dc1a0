//! What moved between a partner's donors and who holds their money on one day.

use crate::engine::store::rows::{sum, word};
use crate::error::Error;
use crate::id::{BookId, ChargeId, OrganisationId, PledgeId};
use crate::money::Currency;
use crate::pledging::rules::pledge::Rail;
use crate::pledging::rules::settlement_day::{DayLine, LineKind, Place, Total};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// Whose day of a book.
#[derive(Debug, Clone, Copy)]
pub struct Whose {
    /// The book.
    pub book: BookId,
    /// The organisation that owns it.
    pub host: OrganisationId,
    /// The partner that brought the pledges.
    pub partner: OrganisationId,
    /// The day, in the zone of the book.
    pub day: Date,
}

impl Whose {
    /// Who may hold the money.
    fn custodians(&self) -> Vec<Uuid> {
        vec![self.partner.0, self.host.0]
    }

    fn custodian(&self, row: &Row) -> Result<OrganisationId, Error> {
        let rail: Rail = word(row.get("rail"))?;
        Ok(rail.custodian(self.partner, self.host))
    }

    fn line(&self, row: &Row) -> Result<DayLine, Error> {
        Ok(DayLine {
            kind: kind(row)?,
            object: row.get("id"),
            charge: ChargeId::new(self.book, row.get("charge")),
            pledge: PledgeId::new(self.book, row.get("pledge")),
            custodian: self.custodian(row)?,
            gross: row.get("gross"),
            fee: row.get("fee"),
            currency: currency(row)?,
            entry: row.get("entry"),
            reference: row.get("reference"),
            provider_reference: row.get("provider_reference"),
        })
    }
}

fn kind(row: &Row) -> Result<LineKind, Error> {
    LineKind::of_rank(row.get("rank")).ok_or_else(|| Error::inconsistent("a line of a day of no kind"))
}

fn currency(row: &Row) -> Result<Currency, Error> {
    row.get::<_, &str>("currency").parse().map_err(|_| Error::inconsistent("a charge in no currency"))
}

/// The lines of a day after a place, in their order.
pub async fn list(
    client: &impl GenericClient,
    whose: &Whose,
    (rank, object): Place,
    limit: i64,
) -> Result<Vec<DayLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- settlement_days::list
            WITH day AS (
                SELECT s.id FROM settlement s
                 WHERE s.book_id = $1 AND s.partner = ANY($3) AND s.day = $4 AND s.reference = ''),
            captured AS (
                SELECT c.id FROM charge c WHERE c.book_id = $1 AND c.settlement IN (SELECT id FROM day)
                 UNION
                SELECT l.charge FROM settlement_line l WHERE l.book_id = $1 AND l.of_settlement IN (SELECT id FROM day)),
            line AS (
                SELECT 1::smallint AS rank, c.id, c.id AS charge, c.amount AS gross, coalesce(f.amount, 0) AS fee, c.entry,
                       c.provider_reference
                  FROM captured d
                  JOIN charge c ON c.book_id = $1 AND c.id = d.id
                  LEFT JOIN charge_fee f ON f.book_id = $1 AND f.charge = c.id AND f.payee = 'processor'
                 WHERE c.partner = $2
                 UNION ALL
                SELECT 2::smallint, r.id, r.charge, -r.sent, 0::bigint, r.end_entry, r.provider_reference
                  FROM refund r
                  JOIN transfer t ON t.book_id = $1 AND t.pos = r.end_entry << 16
                 WHERE r.book_id = $1 AND r.partner = $2 AND r.state = 'settled' AND r.provider_reference IS NOT NULL
                   AND t.effective = $4
                 UNION ALL
                SELECT 3::smallint, b.id, b.charge, -b.amount, b.fee, b.opened_entry, b.event_id
                  FROM chargeback b
                  JOIN transfer t ON t.book_id = $1 AND t.pos = b.opened_entry << 16
                 WHERE b.book_id = $1 AND b.partner = $2 AND b.opened_entry > 0 AND t.effective = $4
                 UNION ALL
                SELECT 4::smallint, b.id, b.charge, b.amount, -b.fee, b.closed_entry, b.event_id
                  FROM chargeback b
                  JOIN transfer t ON t.book_id = $1 AND t.pos = b.closed_entry << 16
                 WHERE b.book_id = $1 AND b.partner = $2 AND b.state = 'won' AND b.closed_entry > 0 AND t.effective = $4)
            SELECT l.rank, l.id, l.charge, l.gross, l.fee, l.entry, l.provider_reference,
                   c.pledge, c.currency, c.rail, p.reference
              FROM line l
              JOIN charge c ON c.book_id = $1 AND c.id = l.charge
              JOIN pledge p ON p.book_id = $1 AND p.id = c.pledge
             WHERE (l.rank, l.id) > ($5, $6)
             ORDER BY l.rank, l.id LIMIT $7",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &whose.book.0,
                /* partner */ &whose.partner.0,
                /* custodians */ &whose.custodians(),
                /* day */ &whose.day,
                /* rank */ &rank,
                /* object */ &object,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| whose.line(row)).collect()
}

/// What the lines of a day come to, by custodian and currency; none of a day without lines.
pub async fn totals(client: &impl GenericClient, whose: &Whose) -> Result<Vec<Total>, Error> {
    let statement = client
        .prepare_cached(
            "-- settlement_days::totals
            WITH day AS (
                SELECT s.id FROM settlement s
                 WHERE s.book_id = $1 AND s.partner = ANY($3) AND s.day = $4 AND s.reference = ''),
            captured AS (
                SELECT c.id FROM charge c WHERE c.book_id = $1 AND c.settlement IN (SELECT id FROM day)
                 UNION
                SELECT l.charge FROM settlement_line l WHERE l.book_id = $1 AND l.of_settlement IN (SELECT id FROM day)),
            line AS (
                SELECT 1::smallint AS rank, c.id AS charge, c.amount AS gross, coalesce(f.amount, 0) AS fee
                  FROM captured d
                  JOIN charge c ON c.book_id = $1 AND c.id = d.id
                  LEFT JOIN charge_fee f ON f.book_id = $1 AND f.charge = c.id AND f.payee = 'processor'
                 WHERE c.partner = $2
                 UNION ALL
                SELECT 2::smallint, r.charge, -r.sent, 0::bigint
                  FROM refund r
                  JOIN transfer t ON t.book_id = $1 AND t.pos = r.end_entry << 16
                 WHERE r.book_id = $1 AND r.partner = $2 AND r.state = 'settled' AND r.provider_reference IS NOT NULL
                   AND t.effective = $4
                 UNION ALL
                SELECT 3::smallint, b.charge, -b.amount, b.fee
                  FROM chargeback b
                  JOIN transfer t ON t.book_id = $1 AND t.pos = b.opened_entry << 16
                 WHERE b.book_id = $1 AND b.partner = $2 AND b.opened_entry > 0 AND t.effective = $4
                 UNION ALL
                SELECT 4::smallint, b.charge, b.amount, -b.fee
                  FROM chargeback b
                  JOIN transfer t ON t.book_id = $1 AND t.pos = b.closed_entry << 16
                 WHERE b.book_id = $1 AND b.partner = $2 AND b.state = 'won' AND b.closed_entry > 0 AND t.effective = $4)
            SELECT l.rank, c.currency, c.rail, count(*) AS lines, sum(l.gross)::text AS gross, sum(l.fee)::text AS fees
              FROM line l
              JOIN charge c ON c.book_id = $1 AND c.id = l.charge
             GROUP BY l.rank, c.currency, c.rail",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &whose.book.0,
                /* partner */ &whose.partner.0,
                /* custodians */ &whose.custodians(),
                /* day */ &whose.day,
            ],
        )
        .await?;
    let mut totals: BTreeMap<(OrganisationId, &'static str), Total> = BTreeMap::new();
    for row in &rows {
        let (custodian, currency) = (whose.custodian(row)?, currency(row)?);
        let total = totals.entry((custodian, currency.code())).or_insert_with(|| Total::none(custodian, currency));
        *total = total.with(kind(row)?, row.get("lines"), sum(row, "gross")?, sum(row, "fees")?);
    }
    Ok(totals.into_values().collect())
}
