//! What a migration runs, worked out before anything is changed: so that it can be shown as well as done.

use tokio_postgres::Client;

use super::Applied;
use super::files::{self, Defined, File, GRANTS, HELPERS};
use crate::error::Error;
use crate::roles::{Roles, TAKE_OVER};

/// For functions and triggers on a Citus cluster; plain PostgreSQL takes them as unknown settings. Numbered files say the
/// same for themselves.
const SETTINGS: &str = "
    SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
    SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
    SET LOCAL citus.enable_unsafe_triggers TO on;
    SET LOCAL client_min_messages TO warning";

/// Where it is kept what was applied.
const FILES_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS public.schema_file (
        name       text PRIMARY KEY,
        digest     text NOT NULL CHECK (length(digest) = 64),
        applied_at timestamptz NOT NULL DEFAULT now()
    );
    COMMENT ON TABLE public.schema_file IS 'The files of sql/ as they were applied.';
    COMMENT ON COLUMN public.schema_file.name IS 'V0001__parties.sql, or now/journal.sql.';
    COMMENT ON COLUMN public.schema_file.digest IS 'SHA-256 of its bytes, in hex.';
    COMMENT ON COLUMN public.schema_file.applied_at IS 'Wall clock.'";

/// What the extensions of a database have brought is not ours to drop. `$catalogue` and `$thing` are filled in.
const OF_NO_EXTENSION: &str = "NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = '$catalogue'::regclass AND d.objid = $thing.oid AND d.deptype = 'e')";

/// One step of a migration.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// What it is, for errors.
    pub(super) what: String,
    pub(super) sql: String,
    /// The file that has been applied with it.
    pub(super) applies: Option<&'static str>,
}

impl Step {
    fn new(what: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { what: what.into(), sql: sql.into(), applies: None }
    }
}

/// The steps of one transaction, in order, for a database on which `applied` was applied.
pub(super) async fn plan(client: &Client, applied: &Applied, roles: &Roles) -> Result<Vec<Step>, Error> {
    let mut steps = vec![
        Step::new("to take over the schema", TAKE_OVER),
        Step::new("the settings", SETTINGS),
        Step::new("schema_file", FILES_TABLE),
    ];
    let due = due(applied);
    for file in &due {
        steps.extend(of_file(client, file).await?);
    }
    steps.extend(leftovers(client).await?);
    let grants = files::now().into_iter().find(|file| file.name == GRANTS);
    if let Some(grants) = grants.filter(|_| !due.iter().any(|file| file.name == GRANTS)) {
        steps.push(Step::new(GRANTS, grants.text));
    }
    for step in &mut steps {
        step.sql = roles.fill(&step.sql);
    }
    Ok(steps)
}

/// What is to be applied, in order: numbered files that are new, between the helpers and the other files of now.
pub(super) fn due(applied: &Applied) -> Vec<File> {
    let numbered: Vec<File> =
        files::numbered().iter().filter(|file| !applied.digests.contains_key(file.name)).copied().collect();
    // A new table may lack its triggers, and a changed one its view: then none of them is left out.
    let mut now = files::now();
    now.retain(|file| !numbered.is_empty() || applied.lacks(file));
    let (first, rest): (Vec<File>, Vec<File>) = now.into_iter().partition(|file| file.name == HELPERS);
    first.into_iter().chain(numbered).chain(rest).collect()
}

async fn of_file(client: &Client, file: &File) -> Result<Vec<Step>, Error> {
    let Defined { functions, views, .. } = file.defines();
    // A function may come with other arguments or another result, which REPLACE refuses or takes for another function.
    // Those of triggers always have the same, and triggers hold them.
    let stale = "/* migrations::of_file */
        SELECT format('DROP VIEW IF EXISTS %s', c.oid::regclass) FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' AND c.relname = ANY ($1)
        UNION ALL
        SELECT format('DROP FUNCTION IF EXISTS %s', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.prorettype <> 'trigger'::regtype AND p.proname = ANY ($2)
           AND $of_no_extension";
    let stale = stale.replace("$of_no_extension", &of_no_extension("pg_proc", "p"));
    let (views, functions): (Vec<String>, Vec<String>) = (views.into_iter().collect(), functions.into_iter().collect());
    let mut steps = drops(client, &stale, &[&views, &functions]).await?;
    steps.push(Step { what: file.name.to_owned(), sql: file.text.to_owned(), applies: Some(file.name) });
    let noted = format!(
        "INSERT INTO public.schema_file (name, digest) VALUES ('{}', '{}')
             ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, applied_at = now()",
        file.name,
        file.digest()
    );
    steps.push(Step::new("to note what was applied", noted));
    Ok(steps)
}

/// Drops what is ours and stands in no file of now, and forgets such files.
async fn leftovers(client: &Client) -> Result<Vec<Step>, Error> {
    let Defined { functions, views, triggers } = files::defined_now();
    let left = "/* migrations::leftovers */
        SELECT format('DROP TRIGGER IF EXISTS %I ON %s', t.tgname, c.oid::regclass)
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND $relation_of_no_extension
           AND t.tgname || ' ON ' || c.relname <> ALL ($1)
        UNION ALL
        SELECT format('DROP VIEW IF EXISTS %s', c.oid::regclass) FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' AND $relation_of_no_extension
           AND c.relname <> ALL ($2)
        UNION ALL
        SELECT format('DROP FUNCTION IF EXISTS %s', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND $function_of_no_extension AND p.proname <> ALL ($3)";
    let left = left.replace("$relation_of_no_extension", &of_no_extension("pg_class", "c"));
    let left = left.replace("$function_of_no_extension", &of_no_extension("pg_proc", "p"));
    let listed = |names: std::collections::BTreeSet<String>| names.into_iter().collect::<Vec<_>>();
    let mut steps = drops(client, &left, &[&listed(triggers), &listed(views), &listed(functions)]).await?;
    let names: Vec<String> = files::now().iter().map(|file| format!("'{}'", file.name)).collect();
    let forgotten =
        format!("DELETE FROM public.schema_file WHERE name LIKE 'now/%' AND name NOT IN ({})", names.join(", "));
    steps.push(Step::new("to forget what is no file any more", forgotten));
    Ok(steps)
}

fn of_no_extension(catalogue: &str, thing: &str) -> String {
    OF_NO_EXTENSION.replace("$catalogue", catalogue).replace("$thing", thing)
}

/// The statements that a query answers. Nothing cascades: what still stands on a thing is named by the error.
async fn drops(
    client: &Client,
    query: &str,
    names: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<Vec<Step>, Error> {
    let rows = client.query(query, names).await.map_err(|error| Error::statement("to find what is stale", &error))?;
    Ok(rows.iter().map(|row| Step::new(row.get::<_, String>(0), row.get::<_, String>(0))).collect())
}
