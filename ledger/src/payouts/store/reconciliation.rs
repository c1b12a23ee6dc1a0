//! Settlements with what custodians, the book and banks say of them.

use crate::engine::store::rows::{sum, word};
use crate::error::Error;
use crate::id::{BookId, OrganisationId, SettlementId};
use crate::payouts::rules::reconciliation::Figures;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn figures(book: BookId, row: &Row) -> Result<Figures, Error> {
    let reference: String = row.get("reference");
    let (by_line, knows_bank): (bool, bool) = (row.get("by_line"), row.get("knows_bank"));
    let arrived = sum(row, "arrived")?;
    Ok(Figures {
        id: SettlementId::new(book, row.get("id")),
        custodian: OrganisationId(row.get("partner")),
        day: row.get("day"),
        due_on: row.get("due_on"),
        currency: word(row.get("currency"))?,
        method: word(row.get("method"))?,
        reported: (!reference.is_empty() && !by_line).then_some(arrived),
        reference,
        arrived,
        owed: sum(row, "owed")?,
        doubted: sum(row, "doubted")?,
        missing: sum(row, "missing")?,
        fees: sum(row, "fees")?,
        bank: if knows_bank { Some(sum(row, "bank")?) } else { None },
    })
}

/// The settlements of days up to one, the oldest first, after an id: of one custodian, or of all. All figures are those of now.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    custodian: Option<OrganisationId>,
    day: Date,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Figures>, Error> {
    let statement = client
        .prepare_cached(
            "-- reconciliation::list
            SELECT s.id, s.partner, s.day, s.due_on, s.currency, s.method, s.reference, s.bank_line IS NOT NULL AS by_line,
                   s.amount::text AS arrived, s.missing::text AS missing,
                   (coalesce(c.owed, 0) + o.owed)::text AS owed, coalesce(c.doubted, 0)::text AS doubted,
                   coalesce(f.more, 0)::text AS fees,
                   EXISTS (SELECT FROM bank_line k WHERE k.book_id = s.book_id AND k.custodian = s.partner
                              AND k.currency = s.currency) AS knows_bank,
                   coalesce((SELECT sum(l.amount) FROM bank_line l
                              WHERE l.book_id = s.book_id AND l.custodian = s.partner AND NOT l.is_debit
                                AND l.entry > 0 AND (l.entry = s.entry OR l.id = s.bank_line)), 0)::text AS bank
              FROM settlement s
              LEFT JOIN LATERAL (SELECT sum(c.amount - c.withheld - c.arrived) FILTER (WHERE c.doubted_at IS NULL) AS owed,
                                        sum(c.amount - c.withheld - c.arrived) FILTER (WHERE c.doubted_at IS NOT NULL) AS doubted
                                   FROM charge c
                                  WHERE c.book_id = s.book_id AND c.settlement = s.id AND c.state = 'captured') AS c ON true
             CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(p.amount) FROM purse_contribution p
                                                   WHERE p.book_id = s.book_id AND p.settlement = s.id AND p.state = 'captured'), 0)
                                      + coalesce((SELECT sum(e.fee) FROM entrant e
                                                   WHERE e.book_id = s.book_id AND e.settlement = s.id AND e.fee_state = 'captured'), 0)
                                      + coalesce((SELECT sum(g.amount) FROM pool_contribution g
                                                   WHERE g.book_id = s.book_id AND g.settlement = s.id AND g.state = 'captured'), 0)
                                      + coalesce((SELECT sum(i.amount) FROM suspense_item i
                                                   WHERE i.book_id = s.book_id AND i.settlement = s.id AND i.entry > s.entry), 0)
                                      AS owed) AS o
              LEFT JOIN LATERAL (SELECT sum(l.fee - (SELECT coalesce(sum(t.amount), 0) FROM charge_fee t
                                                      WHERE t.book_id = l.book_id AND t.charge = l.charge
                                                        AND t.payee = 'processor')) AS more
                                   FROM settlement_line l
                                  WHERE l.book_id = s.book_id AND l.settlement = s.id AND l.fee IS NOT NULL) AS f ON true
             WHERE s.book_id = $1 AND ($2::uuid IS NULL OR s.partner = $2) AND s.day <= $3 AND s.id > $4
             ORDER BY s.id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.map(|custodian| custodian.0),
                /* day */ &day,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| figures(book, row)).collect()
}
