//! No clock of the schema runs of which nobody has thought whether somebody must be told.

use crate::support::ground;
use ledger::service::event::clocks::CLOCKS;
use std::collections::BTreeSet;

/// Columns of days and moments that sound like a deadline, by their names or by what is said of them.
const SOUNDING: &str = r"
    SELECT c.relname || '.' || a.attname
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('timestamptz'::regtype, 'date'::regtype)
       AND (a.attname ~ '(until|expires|lapses|deadline|target|retry|late_|last_day|_by$|_after$|_ends_at|due_|return_from)'
            OR col_description(c.oid, a.attnum) ~* '\m(until|lapses?|at the latest|comes true|ceases|expires|counts as lost)\M')
     ORDER BY 1";

#[tokio::test]
async fn every_clock_of_the_schema_is_in_the_table_of_who_is_told_and_the_table_has_no_other() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let rows = owner.query(SOUNDING, &[]).await.unwrap();
    let found: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let listed: BTreeSet<String> = CLOCKS.iter().map(|(column, _)| (*column).to_owned()).collect();
    let untold: Vec<_> = found.difference(&listed).collect();
    assert!(untold.is_empty(), "who is told when these begin to run? {untold:?}");
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "these are no clocks of the schema: {gone:?}");
    assert!(found.len() > 40, "only {} columns", found.len());
}
