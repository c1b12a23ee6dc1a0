//! Settlements with what custodians, the book and banks say of them.

use crate::engine::store::rows::{sum, word};
use crate::error::Error;
use crate::id::{BookId, OrganisationId, SettlementId};
use crate::payouts::rules::reconciliation::{Figures, UnknownLines};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
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

/// As of when it is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// Settlements, and lines, of days up to this one.
    pub day: Date,
    /// What was there at a moment, in book time.
    pub at: Timestamp,
}

/// The settlements of days up to one, the oldest first, after an id: of one custodian, or of all. All figures are those of a moment: what has
/// arrived since is owed then, but for refunds that were sent since of what had not arrived.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    custodian: Option<OrganisationId>,
    as_of: AsOf,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Figures>, Error> {
    let statement = client
        .prepare_cached(
            "-- reconciliation::list
            SELECT s.id, s.partner, s.day, s.due_on, s.currency, s.method, s.reference, s.bank_line IS NOT NULL AS by_line,
                   coalesce(a.arrived, 0)::text AS arrived, s.missing::text AS missing,
                   (coalesce(c.owed, 0) + o.owed + coalesce(a.since, 0) + coalesce(r.since, 0) - coalesce(n.later, 0))::text AS owed,
                   coalesce(c.doubted, 0)::text AS doubted, coalesce(f.more, 0)::text AS fees,
                   EXISTS (SELECT FROM bank_line k WHERE k.book_id = s.book_id AND k.custodian = s.partner
                              AND k.currency = s.currency AND k.recorded_at <= $6) AS knows_bank,
                   coalesce((SELECT sum(l.amount) FROM bank_line l
                              WHERE l.book_id = s.book_id AND l.custodian = s.partner AND NOT l.is_debit AND l.recorded_at <= $6
                                AND coalesce(l.stands_since, l.recorded_at) <= $6
                                AND l.entry > 0 AND (l.entry = s.entry OR l.id = s.bank_line)), 0)::text AS bank
              FROM settlement s
              LEFT JOIN LATERAL (SELECT sum(v.amount) FILTER (WHERE v.at <= $6) AS arrived,
                                        sum(v.amount) FILTER (WHERE v.at > $6) AS since
                                   FROM settlement_arrival v WHERE v.book_id = s.book_id AND v.settlement = s.id) AS a ON true
              LEFT JOIN LATERAL (SELECT sum(l.amount) AS since
                                   FROM settlement_line l
                                   JOIN settlement p ON p.book_id = l.book_id AND p.id = l.settlement AND p.created_at > $6
                                  WHERE l.book_id = s.book_id AND l.of_settlement = s.id
                                    AND NOT EXISTS (SELECT FROM charge_attempt t
                                                     WHERE t.book_id = l.book_id AND t.charge = l.charge AND t.state = 'captured'
                                                       AND t.finished_at > $6)) AS r ON true
              LEFT JOIN LATERAL (SELECT sum(c.amount - c.withheld) AS later
                                   FROM charge c
                                   JOIN charge_attempt t ON t.book_id = c.book_id AND t.charge = c.id AND t.state = 'captured'
                                                        AND t.finished_at > $6
                                  WHERE c.book_id = s.book_id AND c.settlement = s.id AND c.state = 'settled'
                                    AND s.reference = '') AS n ON true
              LEFT JOIN LATERAL (SELECT sum(c.amount - c.withheld - c.arrived)
                                            FILTER (WHERE c.doubted_at IS NULL OR c.doubted_at > $6) AS owed,
                                        sum(c.amount - c.withheld - c.arrived) FILTER (WHERE c.doubted_at <= $6) AS doubted
                                   FROM charge c
                                  WHERE c.book_id = s.book_id AND c.settlement = s.id AND c.state = 'captured'
                                    AND NOT EXISTS (SELECT FROM charge_attempt t
                                                     WHERE t.book_id = c.book_id AND t.charge = c.id AND t.state = 'captured'
                                                       AND t.finished_at > $6)) AS c ON true
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
             WHERE s.book_id = $1 AND ($2::uuid IS NULL OR s.partner = $2) AND s.day <= $3 AND s.id > $4 AND s.created_at <= $6
             ORDER BY s.id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.map(|custodian| custodian.0),
                /* day */ &as_of.day,
                /* after */ &after,
                /* limit */ &limit,
                /* at */ &as_of.at,
            ],
        )
        .await?;
    rows.iter().map(|row| figures(book, row)).collect()
}

/// Lines of days up to one that were there at a moment and that nobody knew then, per custodian and currency.
pub async fn unknown_lines(
    client: &impl GenericClient,
    book: BookId,
    custodian: Option<OrganisationId>,
    as_of: AsOf,
) -> Result<Vec<UnknownLines>, Error> {
    let statement = client
        .prepare_cached(
            "-- reconciliation::unknown_lines
            SELECT custodian, currency, count(*) AS lines, min(value_on) AS since,
                   coalesce(sum(amount) FILTER (WHERE NOT is_debit), 0)::text AS came,
                   coalesce(sum(amount::numeric + fee) FILTER (WHERE is_debit), 0)::text AS left_by
              FROM bank_line
             WHERE book_id = $1 AND ($2::uuid IS NULL OR custodian = $2) AND value_on <= $3 AND recorded_at <= $4
               AND (state = 'open' OR stands_since > $4)
             GROUP BY custodian, currency ORDER BY custodian, currency LIMIT 1000",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.map(|custodian| custodian.0),
                /* day */ &as_of.day,
                /* at */ &as_of.at,
            ],
        )
        .await?;
    let unknown = |row: &Row| {
        Ok(UnknownLines {
            custodian: OrganisationId(row.get("custodian")),
            currency: word(row.get("currency"))?,
            lines: row.get("lines"),
            since: row.get("since"),
            came: sum(row, "came")?,
            left: sum(row, "left_by")?,
        })
    };
    rows.iter().map(unknown).collect()
}
