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
use crate::roles::{self, Roles};
use files::File;

mod files;
mod plan;

pub(crate) use files::{digest, grants};

/// Any number will do, as long as it never changes: two programs must agree on it.
const MIGRATION_LOCK: i64 = 0x0063_6f6d_6d6f_6e70;

/// How long a second migrating process waits for the first.
const LOCK_DEADLINE: Duration = Duration::from_secs(120);

/// What [`apply`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The schema version before, 0 for an empty database.
    pub before: i64,
    /// The schema version now; always [`latest`].
    pub now: i64,
    /// The files applied, such as `V0001__parties.sql` and `now/journal.sql`, in order.
    pub applied: Vec<String>,
    /// Whether this is a restored copy that nobody has adopted.
    pub is_copy: bool,
}

/// Migrates the database at `owner_url` to the newest schema.
///
/// Safe to run from several processes at once: one migrates, the others wait and then find nothing to do. All of it is
/// one transaction. The roles, where they are missing, and all rights are made anew each time, so that a backup can be
/// restored where there are none.
///
/// # Errors
///
/// [`Error::NotOwner`] when the login may not migrate, [`Error::RolesMissing`] when it may not make the roles either, and
/// nobody has, [`Error::SchemaNewer`] when the database knows files that this
/// program does not, [`Error::SchemaOther`] when it was made by other ones, [`Error::MigrationLocked`] after waiting too
/// long for another process, [`Error::Migration`] when a file fails.
pub async fn apply(owner_url: &str, roles: &Roles) -> Result<Report, Error> {
    let mut access: Access = owner_url.parse()?;
    access.config.application_name("commonpurse migrate");
    let mut client = connect(&access).await?;
    lock(&client).await?;
    let report = apply_locked(&mut client, roles).await;
    // Closing the connection would unlock too, but only when the server has noticed.
    let unlocked = client.execute("/* migrations::apply */ SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await;
    let report = report?;
    unlocked.map_err(|error| Error::statement("to release the migration lock", &error))?;
    Ok(report)
}

/// What [`apply`] would do, found out without changing anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The schema version of the database, 0 when it is empty.
    pub before: i64,
    /// The schema version that it would have; always [`latest`].
    pub now: i64,
    /// The files that would be applied, in order.
    pub due: Vec<String>,
    /// Whether roles are missing, or somebody else owns what should be theirs, as after a backup was restored.
    pub is_orphaned: bool,
    /// All of it as a script for psql.
    pub sql: String,
}

impl Preview {
    /// Whether only the rights would be given again that are given already.
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        self.due.is_empty() && !self.is_orphaned
    }
}

/// Says what [`apply`] would do. Nothing is changed: the connection may only read.
///
/// # Errors
///
/// What [`apply`] says of a database that cannot be reached, is newer, or was made by other files. Roles that are missing
/// are no error: the script makes them.
pub async fn preview(owner_url: &str, roles: &Roles) -> Result<Preview, Error> {
    let mut access: Access = owner_url.parse()?;
    let options = format!("{} -c default_transaction_read_only=on", access.config.get_options().unwrap_or_default());
    access.config.options(options).application_name("commonpurse migrate");
    let client = connect(&access).await?;
    let before = Applied::read(&client).await?;
    before.refuse()?;
    let is_orphaned = roles::are_orphaned(&client, roles).await?;
    let steps = plan::plan(&client, &before, roles).await?;
    let due = steps.iter().filter_map(|step| step.applies).map(str::to_owned).collect();
    let ended = |sql: &str| format!("{};\n", sql.trim().trim_end_matches(';'));
    let mut sql = format!("\\set ON_ERROR_STOP on\n{}BEGIN;\n", ended(&roles.fill(roles::ROLES)));
    sql.push_str(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK});\n"));
    for step in &steps {
        sql.push_str(&format!("\n-- {}\n{}", step.what.replace('\n', " "), ended(&step.sql)));
    }
    sql.push_str("\nCOMMIT;\n");
    Ok(Preview { before: before.version(), now: latest(), due, is_orphaned, sql })
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

async fn apply_locked(client: &mut Client, roles: &Roles) -> Result<Report, Error> {
    roles::may_migrate(client, roles).await?;
    let before = Applied::read(client).await?;
    before.refuse()?;
    roles::make(client, roles).await?;
    let steps = plan::plan(client, &before, roles).await?;

    let tx = client.transaction().await.map_err(|error| Error::statement("a transaction", &error))?;
    for step in &steps {
        run(&tx, &step.what, &step.sql).await?;
        if let Some(file) = step.applies {
            tracing::info!(file, "applied {file}");
        }
    }
    let asked = tx.query_one("/* migrations::apply_locked */ SELECT public.adoption_holds()", &[]).await;
    let is_copy = !asked.map_err(|error| Error::statement("to tell where it is", &error))?.get::<_, bool>(0);
    tx.commit().await.map_err(|error| Error::statement("the schema", &error))?;
    let applied = steps.iter().filter_map(|step| step.applies).map(str::to_owned).collect();
    Ok(Report { before: before.version(), now: latest(), applied, is_copy })
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
