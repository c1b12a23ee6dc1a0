//! Whether a login has the rights that `sql/now/grants.sql` gives the service, and no others.

use std::collections::BTreeSet;

use tokio_postgres::Client;

use crate::error::Error;
use crate::schema::grants;

/// What the login may do: `INSERT job.kind`, `SELECT job`, `EXECUTE jobs_insert`.
const HAD: &str = "/* rights::compare_rights */
    WITH thing AS (
        SELECT oid, relname::text AS name FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_class'::regclass AND d.objid = pg_class.oid AND d.deptype = 'e'))
    SELECT concat(verb, ' ', name) FROM thing, unnest(ARRAY['SELECT', 'DELETE', 'TRUNCATE']) verb
     WHERE has_table_privilege(oid, verb)
    UNION ALL
    SELECT concat(verb, ' ', name, '.', attname) FROM thing, pg_attribute, unnest(ARRAY['INSERT', 'UPDATE']) verb
     WHERE attrelid = oid AND attnum > 0 AND NOT attisdropped AND has_column_privilege(oid, attnum, verb)
    UNION ALL
    SELECT concat('EXECUTE ', proname) FROM pg_proc p
     WHERE pronamespace = 'public'::regnamespace AND has_function_privilege(p.oid, 'EXECUTE')
       AND NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')";

/// What differs between the rights of the login and those of the service, such as `lacks INSERT job.kind`.
///
/// # Errors
///
/// [`Error::Statement`] when the rights cannot be read.
pub async fn compare_rights(client: &Client) -> Result<Vec<String>, Error> {
    let rows = client.query(HAD, &[]).await.map_err(|error| Error::statement("to read its rights", &error))?;
    let had: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let given = given(grants());
    let lacking = given.difference(&had).map(|right| format!("lacks {right}"));
    Ok(lacking.chain(had.difference(&given).map(|right| format!("has {right}"))).collect())
}

/// The rights that a script gives, in the same words. It has one form of statement, which a test holds it to.
fn given(script: &str) -> BTreeSet<String> {
    let lines = script.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join(" ");
    let statements = lines.split(';').filter_map(|statement| statement.trim().strip_prefix("GRANT "));
    let mut given = BTreeSet::new();
    for statement in statements {
        let Some((what, on)) = statement.split_once(" ON ") else { continue };
        let on = on.split(" TO ").next().unwrap_or_default().trim();
        let (verb, columns) = what.split_once('(').unwrap_or((what, ""));
        let listed = |names: &str| -> Vec<String> {
            let names =
                names.trim().trim_end_matches(')').split(',').map(|name| name.trim().trim_matches('"').to_owned());
            names.filter(|name| !name.is_empty()).collect()
        };
        let (verb, columns) = (verb.trim(), listed(columns));
        for name in listed(on.trim_start_matches("FUNCTION ")) {
            if columns.is_empty() {
                given.insert(format!("{verb} {name}"));
            }
            given.extend(columns.iter().map(|column| format!("{verb} {name}.{column}")));
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestDatabase;

    #[test]
    fn each_right_that_a_script_gives_is_read() {
        let script = "-- GRANT SELECT ON nothing TO x;\nGRANT SELECT ON a, b TO\n    x;\nGRANT INSERT (c,\n    \"group\")\n    ON a TO x;\n\
                      GRANT EXECUTE ON FUNCTION f TO x;";
        let wanted = ["EXECUTE f", "INSERT a.c", "INSERT a.group", "SELECT a", "SELECT b"];
        assert_eq!(given(script).into_iter().collect::<Vec<_>>(), wanted);
    }

    #[tokio::test]
    async fn the_service_has_the_rights_of_the_script_and_one_more_or_less_is_noticed() {
        let database = TestDatabase::create().await.unwrap();
        let connected = async |url: &str| crate::connect(&url.parse().unwrap()).await.unwrap();
        let (owner, service) = (connected(&database.url).await, connected(&database.service_url).await);
        assert_eq!(compare_rights(&service).await.unwrap(), Vec::<String>::new());
        owner
            .batch_execute(
                "REVOKE INSERT (reason) ON activity FROM commonpurse_service;
                 GRANT UPDATE (amount) ON transfer TO commonpurse_service;
                 REVOKE EXECUTE ON FUNCTION journal_lock FROM commonpurse_service",
            )
            .await
            .unwrap();
        let differs = ["lacks EXECUTE journal_lock", "lacks INSERT activity.reason", "has UPDATE transfer.amount"];
        assert_eq!(compare_rights(&service).await.unwrap(), differs);
    }
}
