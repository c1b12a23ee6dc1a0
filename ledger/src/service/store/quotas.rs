//! How much callers have made today.

use crate::error::Error;
use crate::id::CallerId;
use deadpool_postgres::Transaction;
use jiff::civil::Date;

/// Counts one more of a caller's day, unless it has made `a_day` already; says which. The row stays locked until the transaction
/// ends, so that two at once do not both take the last one. A day before the one that is counted counts as that one.
pub async fn count(tx: &Transaction<'_>, caller: CallerId, what: &str, day: Date, a_day: u32) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- quotas::count
            INSERT INTO quota_use AS q (caller, what, day, used) VALUES ($1, $2, $3, 1)
            ON CONFLICT (caller, what) DO UPDATE
                SET day = greatest(q.day, excluded.day),
                    used = CASE WHEN q.day < excluded.day THEN 1 ELSE q.used + 1 END
              WHERE q.day < excluded.day OR q.used < $4",
        )
        .await?;
    let a_day = i32::try_from(a_day).unwrap_or(i32::MAX);
    let counted =
        tx.execute(&statement, &[/* caller */ &caller.0, /* what */ &what, /* day */ &day, /* a_day */ &a_day]).await?;
    Ok(counted == 1)
}
