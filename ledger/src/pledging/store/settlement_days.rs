//! What moved between a partner's donors and who holds their money on one day.

use crate::engine::store::rows::{sum, word};
use crate::error::Error;
use crate::id::{BookId, ChargeId, OrganisationId, PledgeId};
use crate::money::Currency;
use crate::pledging::rules::pledge::Rail;
use crate::pledging::rules::settlement_day::{DayLine, LineKind, Total};
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
    fn custodian(&self, row: &Row) -> Result<OrganisationId, Error> {
        let rail: Rail = word(row.get("rail"))?;
        Ok(rail.custodian(self.partner, self.host))
    }

    fn line(&self, kind: LineKind, row: &Row) -> Result<DayLine, Error> {
        Ok(DayLine {
            kind,
            object: row.get("id"),
            charge: row.get::<_, Option<Uuid>>("charge").map(|charge| ChargeId::new(self.book, charge)),
            pledge: PledgeId::new(self.book, row.get("pledge")),
            custodian: self.custodian(row)?,
            gross: row.get("gross"),
            fee: row.get("fee"),
            currency: currency(row)?,
            promised: row.get("promised"),
            turn: row.get::<_, Option<&str>>("turn").map(word).transpose()?,
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

/// The lines of a kind of a day, after an object. What a line names is looked up by its key, in the list of what is selected: no plan reads
/// a table whole for it, whatever the database knows of its size.
pub async fn list(
    client: &impl GenericClient,
    whose: &Whose,
    kind: LineKind,
    after: Uuid,
    limit: i64,
) -> Result<Vec<DayLine>, Error> {
    let statement = client.prepare_cached(of_kind(kind)).await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &whose.book.0,
                /* partner */ &whose.partner.0,
                /* day */ &whose.day,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| whose.line(kind, row)).collect()
}

fn of_kind(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Charge => {
            "-- settlement_days::charges
            SELECT c.id, c.id AS charge, c.pledge, c.amount AS gross, c.currency, c.rail, c.entry, c.provider_reference,
                   coalesce((SELECT f.amount FROM charge_fee f WHERE f.book_id = $1 AND f.charge = c.id AND f.payee = 'processor'), 0)
                       AS fee,
                   (SELECT p.reference FROM pledge p WHERE p.book_id = $1 AND p.id = c.pledge) AS reference,
                   0::bigint AS promised, NULL::text AS turn
              FROM charge c
             WHERE c.book_id = $1 AND c.partner = $2 AND c.captured_on = $3 AND c.id > $4
               AND (SELECT s.bank_line FROM settlement s WHERE s.book_id = $1 AND s.id = c.settlement) IS NULL
             ORDER BY c.id LIMIT $5"
        }
        LineKind::Refund => {
            "-- settlement_days::refunds
            SELECT r.id, r.charge, (SELECT c.pledge FROM charge c WHERE c.book_id = $1 AND c.id = r.charge) AS pledge,
                   -r.sent AS gross, 0::bigint AS fee, r.currency, r.end_entry AS entry, r.provider_reference,
                   (SELECT c.rail FROM charge c WHERE c.book_id = $1 AND c.id = r.charge) AS rail,
                   (SELECT p.reference FROM pledge p WHERE p.book_id = $1 AND p.id = (
                        SELECT c.pledge FROM charge c WHERE c.book_id = $1 AND c.id = r.charge)) AS reference,
                   0::bigint AS promised, NULL::text AS turn
              FROM refund r
             WHERE r.book_id = $1 AND r.partner = $2 AND r.settled_on = $3 AND r.id > $4
             ORDER BY r.id LIMIT $5"
        }
        LineKind::Dispute => {
            "-- settlement_days::disputes
            SELECT b.id, b.charge, b.pledge, -b.amount AS gross, b.fee, b.currency, b.opened_entry AS entry,
                   b.event_id AS provider_reference,
                   (SELECT c.rail FROM charge c WHERE c.book_id = $1 AND c.id = b.charge) AS rail,
                   (SELECT p.reference FROM pledge p WHERE p.book_id = $1 AND p.id = b.pledge) AS reference,
                   0::bigint AS promised, NULL::text AS turn
              FROM chargeback b
             WHERE b.book_id = $1 AND b.partner = $2 AND b.opened_on = $3 AND b.id > $4
             ORDER BY b.id LIMIT $5"
        }
        LineKind::DisputeWon => {
            "-- settlement_days::disputes_won
            SELECT b.id, b.charge, b.pledge, b.amount AS gross, -b.fee AS fee, b.currency, b.closed_entry AS entry,
                   b.event_id AS provider_reference,
                   (SELECT c.rail FROM charge c WHERE c.book_id = $1 AND c.id = b.charge) AS rail,
                   (SELECT p.reference FROM pledge p WHERE p.book_id = $1 AND p.id = b.pledge) AS reference,
                   0::bigint AS promised, NULL::text AS turn
              FROM chargeback b
             WHERE b.book_id = $1 AND b.partner = $2 AND b.closed_on = $3 AND b.state = 'won' AND b.id > $4
             ORDER BY b.id LIMIT $5"
        }
        LineKind::Pledge => {
            "-- settlement_days::pledges
            SELECT t.id, NULL::uuid AS charge, t.pledge, 0::bigint AS gross, 0::bigint AS fee, t.currency, t.rail, 0::bigint AS entry,
                   '' AS provider_reference, t.amount AS promised, t.turn,
                   (SELECT p.reference FROM pledge p WHERE p.book_id = $1 AND p.id = t.pledge) AS reference
              FROM pledge_turn t
             WHERE t.book_id = $1 AND t.partner = $2 AND t.day = $3 AND t.id > $4
             ORDER BY t.id LIMIT $5"
        }
    }
}

/// What the lines of a day come to, by custodian and currency; none of a day without lines.
pub async fn totals(client: &impl GenericClient, whose: &Whose) -> Result<Vec<Total>, Error> {
    let statement = client
        .prepare_cached(
            "-- settlement_days::totals
            WITH line AS (
                -- The captures of a settlement are summed first: it is asked once where it came from.
                SELECT 1::smallint AS rank, g.currency, g.rail, g.lines, g.gross, g.fee
                  FROM (SELECT c.settlement, c.currency, c.rail, count(*) AS lines, sum(c.amount) AS gross,
                               sum(coalesce((SELECT f.amount FROM charge_fee f
                                              WHERE f.book_id = $1 AND f.charge = c.id AND f.payee = 'processor'), 0)) AS fee
                          FROM charge c
                         WHERE c.book_id = $1 AND c.partner = $2 AND c.captured_on = $3
                         GROUP BY c.settlement, c.currency, c.rail) g
                 WHERE (SELECT s.bank_line FROM settlement s WHERE s.book_id = $1 AND s.id = g.settlement) IS NULL
                 UNION ALL
                SELECT 2::smallint, r.currency, (SELECT c.rail FROM charge c WHERE c.book_id = $1 AND c.id = r.charge), 1, -r.sent, 0
                  FROM refund r
                 WHERE r.book_id = $1 AND r.partner = $2 AND r.settled_on = $3
                 UNION ALL
                SELECT 3::smallint, b.currency, (SELECT c.rail FROM charge c WHERE c.book_id = $1 AND c.id = b.charge), 1, -b.amount, b.fee
                  FROM chargeback b
                 WHERE b.book_id = $1 AND b.partner = $2 AND b.opened_on = $3
                 UNION ALL
                SELECT 4::smallint, b.currency, (SELECT c.rail FROM charge c WHERE c.book_id = $1 AND c.id = b.charge), 1, b.amount, -b.fee
                  FROM chargeback b
                 WHERE b.book_id = $1 AND b.partner = $2 AND b.closed_on = $3 AND b.state = 'won'
                 UNION ALL
                SELECT 5::smallint, t.currency, t.rail, 1, CASE WHEN t.turn = 'made' THEN t.amount ELSE 0 END, 0
                  FROM pledge_turn t
                 WHERE t.book_id = $1 AND t.partner = $2 AND t.day = $3)
            SELECT l.rank, l.currency, l.rail, sum(l.lines)::bigint AS lines, sum(l.gross)::text AS gross, sum(l.fee)::text AS fees
              FROM line l
             GROUP BY l.rank, l.currency, l.rail",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &whose.book.0, /* partner */ &whose.partner.0, /* day */ &whose.day])
        .await?;
    let mut totals: BTreeMap<(OrganisationId, &'static str), Total> = BTreeMap::new();
    for row in &rows {
        let (custodian, currency) = (whose.custodian(row)?, currency(row)?);
        let total = totals.entry((custodian, currency.code())).or_insert_with(|| Total::none(custodian, currency));
        let (lines, gross, fees) = (row.get("lines"), sum(row, "gross")?, sum(row, "fees")?);
        *total = match kind(row)? {
            LineKind::Pledge => total.promising(lines, gross),
            kind @ (LineKind::Charge | LineKind::Refund | LineKind::Dispute | LineKind::DisputeWon) => {
                total.with(kind, lines, gross, fees)
            }
        };
    }
    Ok(totals.into_values().collect())
}
