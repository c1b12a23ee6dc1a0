//! How rows say that something was taken back.

use crate::cooperatives::rules::undone::Undone;
use crate::id::PersonId;
use tokio_postgres::Row;

/// What a row says of it; `has_entry`: whether its table keeps the number of a mirror entry.
pub(crate) fn read(row: &Row, has_entry: bool) -> Option<Undone> {
    let at = row.get::<_, Option<jiff::Timestamp>>("reversed_at")?;
    Some(Undone {
        by: PersonId(row.get("reversed_by")),
        at,
        reason: row.get("reversal_reason"),
        entry: if has_entry { row.get("reversal_number") } else { None },
    })
}
