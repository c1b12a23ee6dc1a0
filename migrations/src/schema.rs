//! Brings a database to the schema of this program, in one transaction, and tells whether a database has it.
//!
//! Tables, constraints, indexes and seed rows stand in numbered files, which are applied once. Functions, views, triggers
//! and rights stand in the files of `sql/now/`, each once: such a file is applied again when it has changed, and all of
//! them when a numbered file is new. What they no longer name is dropped. The table `schema_file` says what was applied.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_postgres::error::{DbError, ErrorPosition, SqlState};
use tokio_postgres::{Client, Transaction};

use crate::connection::{Access, connect};
use crate::error::{Error, explain};
use crate::roles;
use files::{Defined, File, GRANTS, HELPERS};

mod files;

pub(crate) use files::digest;

/// Any number will do, as long as it never changes: two programs must agree on it.
const MIGRATION_LOCK: i64 = 0x0063_6f6d_6d6f_6e70;

/// How long a second migrating process waits for the first.
const LOCK_DEADLINE: Duration = Duration::from_secs(120);

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

/// What [`apply`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The schema version before, 0 for an empty database.
    pub before: i64,
    /// The schema version now; always [`latest`].
    pub now: i64,
    /// The files applied, such as `V0001__parties.sql` and `now/journal.sql`, in order.
    pub applied: Vec<String>,
}

/// Migrates the database at `owner_url` to the newest schema.
///
/// Safe to run from several processes at once: one migrates, the others wait and then find nothing to do. All of it is
/// one transaction. The roles and all rights are made anew each time, so that a backup can be restored where they are
/// missing.
///
/// # Errors
///
/// [`Error::NotOwner`] when the login may not migrate, [`Error::SchemaNewer`] when the database knows files that this
/// program does not, [`Error::SchemaOther`] when it was made by other ones, [`Error::MigrationLocked`] after waiting too
/// long for another process, [`Error::Migration`] when a file fails.
pub async fn apply(owner_url: &str) -> Result<Report, Error> {
    let mut access: Access = owner_url.parse()?;
    access.config.application_name("commonpurse migrate");
    let mut client = connect(&access).await?;
    lock(&client).await?;
    let report = apply_locked(&mut client).await;
    // Closing the connection would unlock too, but only when the server has noticed.
    let unlocked = client.execute("/* migrations::apply */ SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await;
    let report = report?;
    unlocked.map_err(|error| Error::statement("to release the migration lock", &error))?;
    Ok(report)
}

/// The newest schema version this program knows.
#[must_use]
pub fn latest() -> i64 {
    files::numbered().last().map_or(0, File::version)
}

/// Refuses a database whose schema is not exactly the one this program was built for.
///
/// # Errors
///
/// [`Error::SchemaOlder`], [`Error::SchemaNewer`], [`Error::SchemaOther`] and [`Error::SchemaNow`] say what was found,
/// what is needed and what mends it.
pub async fn check(client: &Client) -> Result<(), Error> {
    let applied = Applied::read(client).await?;
    applied.refuse()?;
    let (found, wanted) = (applied.version(), latest());
    if found < wanted {
        return Err(Error::SchemaOlder { found, wanted });
    }
    match files::now().iter().find(|file| applied.lacks(file)) {
        Some(file) => Err(Error::SchemaNow { file: file.name.to_owned() }),
        None => Ok(()),
    }
}

/// Refuses to serve on another schema than this program's, or with a login that may do more than the service.
///
/// # Errors
///
/// Those of [`check`]; [`Error::LoginTooMighty`] and [`Error::RightsMissing`] for the login.
pub async fn check_service(client: &Client) -> Result<(), Error> {
    check(client).await?;
    roles::check_login(client).await
}

/// What a database says was applied to it.
struct Applied {
    /// Digests by file.
    digests: BTreeMap<String, String>,
    /// The first migration of a numbering that was given up before the first release.
    given_up: Option<String>,
}

impl Applied {
    async fn read(client: &Client) -> Result<Self, Error> {
        let known = "/* migrations::read */
            SELECT to_regclass('public.schema_file') IS NOT NULL, to_regclass('public.refinery_schema_history') IS NOT NULL";
        let all = "/* migrations::read */ SELECT name, digest FROM public.schema_file";
        let failed = |error: tokio_postgres::Error| match error.code() {
            Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => Error::RightsMissing,
            _other => Error::statement("to read its schema version", &error),
        };
        let row = client.query_one(known, &[]).await.map_err(failed)?;
        let (is_ours, is_given_up): (bool, bool) = (row.get(0), row.get(1));
        let rows = if is_ours { client.query(all, &[]).await.map_err(failed)? } else { Vec::new() };
        let digests = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(Self { digests, given_up: is_given_up.then(|| "refinery_schema_history".to_owned()) })
    }

    /// The newest numbered file, 0 when there is none.
    fn version(&self) -> i64 {
        self.digests.keys().filter_map(|name| files::version(name)).max().unwrap_or(0)
    }

    fn lacks(&self, file: &File) -> bool {
        self.digests.get(file.name) != Some(&file.digest())
    }

    /// Refuses what this program cannot bring forward.
    fn refuse(&self) -> Result<(), Error> {
        if let Some(found) = &self.given_up {
            return Err(Error::SchemaOther { found: found.clone() });
        }
        let (found, wanted) = (self.version(), latest());
        if found > wanted {
            return Err(Error::SchemaNewer { found, wanted });
        }
        let numbered = self.digests.iter().filter(|(name, _)| files::version(name).is_some());
        let is_ours = |(name, digest): &(&String, &String)| {
            files::numbered().iter().any(|file| file.name == *name && file.digest() == **digest)
        };
        match numbered.into_iter().find(|applied| !is_ours(applied)) {
            Some((name, _)) => Err(Error::SchemaOther { found: name.clone() }),
            None => Ok(()),
        }
    }
}

async fn lock(client: &Client) -> Result<(), Error> {
    let limits = format!("SET statement_timeout = 0; SET lock_timeout = {}", LOCK_DEADLINE.as_millis());
    client.batch_execute(&limits).await.map_err(|error| Error::statement("the time limits of a migration", &error))?;
    client.execute("/* migrations::lock */ SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await.map_err(
        |error| match error.code() {
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => {
                Error::MigrationLocked { waited_s: LOCK_DEADLINE.as_secs() }
            }
            _other => Error::statement("the migration lock", &error),
        },
    )?;
    Ok(())
}

async fn apply_locked(client: &mut Client) -> Result<Report, Error> {
    roles::may_migrate(client).await?;
    let before = Applied::read(client).await?;
    before.refuse()?;
    roles::make(client).await?;

    let tx = client.transaction().await.map_err(|error| Error::statement("a transaction", &error))?;
    roles::take_over(&tx).await?;
    run(&tx, "the settings", SETTINGS).await?;
    run(&tx, "schema_file", FILES_TABLE).await?;
    let due = due(&before);
    for file in &due {
        apply_file(&tx, file).await?;
        tracing::info!(file = file.name, "applied {}", file.name);
    }
    drop_leftovers(&tx).await?;
    if !due.iter().any(|file| file.name == GRANTS)
        && let Some(grants) = files::now().last()
    {
        run(&tx, GRANTS, grants.text).await?;
    }
    tx.commit().await.map_err(|error| Error::statement("the schema", &error))?;
    let applied = due.iter().map(|file| file.name.to_owned()).collect();
    Ok(Report { before: before.version(), now: latest(), applied })
}

/// What is to be applied, in order: numbered files that are new, between the helpers and the other files of now.
fn due(applied: &Applied) -> Vec<File> {
    let numbered: Vec<File> =
        files::numbered().iter().filter(|file| !applied.digests.contains_key(file.name)).copied().collect();
    // A new table may lack its triggers, and a changed one its view: then none of them is left out.
    let mut now = files::now();
    now.retain(|file| !numbered.is_empty() || applied.lacks(file));
    let (first, rest): (Vec<File>, Vec<File>) = now.into_iter().partition(|file| file.name == HELPERS);
    first.into_iter().chain(numbered).chain(rest).collect()
}

async fn apply_file(tx: &Transaction<'_>, file: &File) -> Result<(), Error> {
    let Defined { functions, views, .. } = file.defines();
    // A function may come with other arguments or another result, which REPLACE refuses or takes for another function.
    // Those of triggers always have the same, and triggers hold them.
    let stale = "/* migrations::apply_file */
        SELECT format('DROP VIEW %s', c.oid::regclass) FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' AND c.relname = ANY ($1)
        UNION ALL
        SELECT format('DROP FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole
           AND p.prorettype <> 'trigger'::regtype AND p.proname = ANY ($2)";
    let (views, functions): (Vec<String>, Vec<String>) = (views.into_iter().collect(), functions.into_iter().collect());
    drop_all(tx, stale, &[&views, &functions]).await?;
    run(tx, file.name, file.text).await?;
    let noted = "/* migrations::apply_file */ INSERT INTO public.schema_file (name, digest) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, applied_at = now()";
    tx.execute(noted, &[&file.name, &file.digest()])
        .await
        .map_err(|error| Error::statement("to note what was applied", &error))?;
    Ok(())
}

/// Drops what is ours and stands in no file of now, and forgets such files.
async fn drop_leftovers(tx: &Transaction<'_>) -> Result<(), Error> {
    let Defined { functions, views, triggers } = files::defined_now();
    let left = "/* migrations::drop_leftovers */
        SELECT format('DROP TRIGGER %I ON %s', t.tgname, c.oid::regclass)
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relowner = current_user::regrole AND NOT t.tgisinternal
           AND t.tgname || ' ON ' || c.relname <> ALL ($1)
        UNION ALL
        SELECT format('DROP VIEW %s', c.oid::regclass) FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relowner = current_user::regrole AND c.relkind = 'v'
           AND c.relname <> ALL ($2)
        UNION ALL
        SELECT format('DROP FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole AND p.proname <> ALL ($3)";
    let listed = |names: std::collections::BTreeSet<String>| names.into_iter().collect::<Vec<_>>();
    drop_all(tx, left, &[&listed(triggers), &listed(views), &listed(functions)]).await?;
    let names: Vec<&str> = files::now().iter().map(|file| file.name).collect();
    let forgotten = "/* migrations::drop_leftovers */
        DELETE FROM public.schema_file WHERE name LIKE 'now/%' AND name <> ALL ($1)";
    tx.execute(forgotten, &[&names])
        .await
        .map_err(|error| Error::statement("to forget what is no file any more", &error))?;
    Ok(())
}

/// Runs the statements that a query answers. Nothing cascades: what still stands on a thing is named by the error.
async fn drop_all(
    tx: &Transaction<'_>,
    query: &str,
    names: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<(), Error> {
    let rows = tx.query(query, names).await.map_err(|error| Error::statement("to find what is stale", &error))?;
    for row in rows {
        let statement: &str = row.get(0);
        run(tx, statement, statement).await?;
    }
    Ok(())
}

async fn run(tx: &Transaction<'_>, what: &str, sql: &str) -> Result<(), Error> {
    tx.batch_execute(sql).await.map_err(|error| Error::Migration(format!("{what}: {}", in_words(&error))))
}

/// What PostgreSQL said, with the place in the SQL file.
fn in_words(error: &tokio_postgres::Error) -> String {
    let Some(database) = error.as_db_error() else { return explain(error) };
    let place = database.where_().map(|place| format!(", {place}")).unwrap_or_default();
    let detail = database.detail().map(|detail| format!(", {detail}")).unwrap_or_default();
    let position = match database.position() {
        Some(ErrorPosition::Original(at)) => format!(" at character {at}"),
        Some(ErrorPosition::Internal { .. }) | None => String::new(),
    };
    let (message, code) = (DbError::message(database), database.code().code());
    format!("{message}{position} ({code}){detail}{place}")
}
