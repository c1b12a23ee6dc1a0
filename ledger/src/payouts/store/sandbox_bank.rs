//! What the bank of sandbox books has been handed by files.

use crate::engine::store::rows::{money, sum, word};
use crate::error::Error;
use crate::id::{BookId, OrganisationId, PayoutFileId};
use crate::money::Currency;
use crate::payouts::rules::sandbox_bank::{BACK_AFTER, Behaviour, Ordered};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use tokio_postgres::Row;

/// The payouts that stand in a file, in its order.
pub async fn ordered(client: &impl GenericClient, id: PayoutFileId) -> Result<Vec<Ordered>, Error> {
    let statement = client
        .prepare_cached(
            "-- sandbox_bank::ordered
            SELECT p.reference, p.amount, p.currency, b.last_four, greatest(f.execution_on, p.sent_on) AS paid_on,
                   p.state = 'failed' AS has_failed
              FROM payout_file f
              JOIN payout_file_item i ON i.book_id = f.book_id AND i.file = f.id AND i.state = 'sent'
              JOIN payout p ON p.book_id = i.book_id AND p.id = i.payout
              JOIN bank_account b ON b.book_id = p.book_id AND b.id = p.bank_account
             WHERE f.book_id = $1 AND f.id = $2 ORDER BY i.place",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    let ordered = |row: &Row| {
        Ok(Ordered {
            reference: row.get("reference"),
            amount: money(row.get("amount"), word(row.get("currency"))?)?,
            last_four: row.get("last_four"),
            on: row.get("paid_on"),
            has_failed: row.get("has_failed"),
        })
    };
    rows.iter().map(ordered).collect()
}

/// Minor units by which the bank has less of a custodian's money at the end of a day than the book: what it has paid of files that it
/// has, less what has come back, as far as no line of a statement has told the book.
pub async fn untold(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    currency: Currency,
    on: Date,
) -> Result<i128, Error> {
    let statement = client
        .prepare_cached(
            "-- sandbox_bank::untold
            SELECT (coalesce(sum(amount) FILTER (WHERE state = 'sent' AND paid_on <= $4), 0)
                    - coalesce(sum(amount) FILTER (WHERE last_four = ANY ($6) AND paid_on + $7::int <= $4), 0))::text AS untold
              FROM (SELECT p.amount, p.state, b.last_four, greatest(f.execution_on, p.sent_on) AS paid_on
                      FROM payout p
                      JOIN payout_file_item i ON i.book_id = p.book_id AND i.payout = p.id AND i.state = 'sent'
                      JOIN payout_file f ON f.book_id = i.book_id AND f.id = i.file
                       AND f.state IN ('ready', 'reported') AND f.taken_by IS NOT NULL
                      JOIN bank_account b ON b.book_id = p.book_id AND b.id = p.bank_account
                     WHERE p.book_id = $1 AND p.custodian = $2 AND p.currency = $3 AND p.state IN ('sent', 'settled')
                       AND b.last_four <> ALL ($5)) AS handed",
        )
        .await?;
    let words = |does: fn(Behaviour) -> bool| -> Vec<&'static str> {
        Behaviour::ALL.iter().copied().filter(|behaviour| does(*behaviour)).map(Behaviour::as_str).collect()
    };
    let back_after = i32::try_from(BACK_AFTER).unwrap_or(i32::MAX);
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.0,
                /* currency */ &currency.code(),
                /* on */ &on,
                /* not_paid */ &words(|behaviour| !behaviour.pays()),
                /* comes_back */ &words(Behaviour::comes_back),
                /* back_after */ &back_after,
            ],
        )
        .await?;
    sum(&row, "untold")
}
