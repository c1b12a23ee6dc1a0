//! Captures that the list of their custodian does not have.

use crate::error::Error;
use crate::id::{BookId, ChargeId, OrganisationId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use uuid::Uuid;

fn objects(charges: &[ChargeId]) -> Vec<Uuid> {
    charges.iter().map(|charge| charge.object).collect()
}

/// Charges that a partner reported as captured on a day, and that are owed, are doubted from a moment on when they are not on its list;
/// answers those that were not before.
pub async fn doubt(
    tx: &Transaction<'_>,
    book: BookId,
    (partner, day): (OrganisationId, Date),
    listed: &[ChargeId],
    now: Timestamp,
) -> Result<Vec<ChargeId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- reconciliations::doubt
            UPDATE charge c SET doubted_at = $5, version = c.version + 1
              FROM settlement s
             WHERE s.book_id = $1 AND s.partner = $2 AND s.day = $3 AND s.reference = ''
               AND c.book_id = $1 AND c.settlement = s.id AND c.rail = 'partner' AND c.state = 'captured'
               AND c.doubted_at IS NULL AND c.refunded < c.amount AND NOT (c.id = ANY($4))
            RETURNING c.id",
        )
        .await?;
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* day */ &day,
                /* listed */ &objects(listed),
                /* doubted_at */ &now,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| ChargeId::new(book, row.get("id"))).collect())
}

/// Charges that are on the list of their partner are doubted no more; answers those that were.
pub async fn believe(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    listed: &[ChargeId],
) -> Result<Vec<ChargeId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- reconciliations::believe
            UPDATE charge SET doubted_at = NULL, version = version + 1
             WHERE book_id = $1 AND partner = $2 AND id = ANY($3) AND doubted_at IS NOT NULL
            RETURNING id",
        )
        .await?;
    let rows =
        tx.query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* listed */ &objects(listed)]).await?;
    Ok(rows.iter().map(|row| ChargeId::new(book, row.get("id"))).collect())
}

/// The charges of a partner's day that are doubted and owed, by their ids.
pub async fn doubted(
    client: &impl GenericClient,
    book: BookId,
    (partner, day): (OrganisationId, Date),
    limit: usize,
) -> Result<Vec<ChargeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- reconciliations::doubted
            SELECT id FROM charge
             WHERE book_id = $1 AND partner = $2 AND captured_on = $3 AND doubted_at IS NOT NULL AND state = 'captured'
             ORDER BY id LIMIT $4",
        )
        .await?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* day */ &day, /* limit */ &limit])
        .await?;
    Ok(rows.iter().map(|row| ChargeId::new(book, row.get("id"))).collect())
}

/// A charge that a partner has on a list, as it stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The word of its state.
    pub state: String,
    /// The day of its capture; none before.
    pub captured_on: Option<Date>,
}

/// Those of some charges that are a partner's, as they stand.
pub async fn listed(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    charges: &[ChargeId],
) -> Result<BTreeMap<ChargeId, Listed>, Error> {
    let statement = client
        .prepare_cached(
            "-- reconciliations::listed
            SELECT id, state, captured_on FROM charge WHERE book_id = $1 AND partner = $2 AND id = ANY($3)",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* charges */ &objects(charges)])
        .await?;
    let listed = rows.iter().map(|row| {
        let found = Listed { state: row.get("state"), captured_on: row.get("captured_on") };
        (ChargeId::new(book, row.get("id")), found)
    });
    Ok(listed.collect())
}
