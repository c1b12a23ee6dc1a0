//! Brings a database to the newest schema, one transaction per file, and tells which schema a database has.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::connection::{connect, parse};
use crate::error::{Error, causes};

mod embedded {
    //! The SQL files, compiled in.
    refinery::embed_migrations!("sql");
}

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
    /// The migrations applied, such as `V1__foundations`, in order.
    pub applied: Vec<String>,
}

/// Migrates the database at `owner_url` to the newest schema.
///
/// Safe to run from several processes at once: one migrates, the others wait and then find nothing to do. Each file is
/// one transaction, so a failure leaves the files before it applied and nothing of its own.
///
/// # Errors
///
/// [`Error::SchemaNewer`] when the database knows migrations that this program does not, [`Error::MigrationLocked`]
/// after waiting too long for another process, [`Error::Migration`] when a file fails or an applied one has changed.
pub async fn apply(owner_url: &str) -> Result<Report, Error> {
    let mut config = parse(owner_url)?;
    config.application_name("commonpurse migrate");
    let mut client = connect(&config).await?;
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
    let runner = embedded::migrations::runner();
    runner.get_migrations().iter().map(|migration| migration.version()).max().unwrap_or(0)
}

/// Refuses a database whose schema is not exactly the one this program was built for.
///
/// # Errors
///
/// [`Error::SchemaOlder`] and [`Error::SchemaNewer`] say what was found, what is needed and what mends it.
pub async fn check(client: &Client) -> Result<(), Error> {
    let (found, wanted) = (version(client).await?, latest());
    match found.cmp(&wanted) {
        std::cmp::Ordering::Less => Err(Error::SchemaOlder { found, wanted }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Error::SchemaNewer { found, wanted }),
    }
}

/// A digest over all SQL files: two programs with the same one make the same schema.
pub(crate) fn digest() -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for migration in embedded::migrations::runner().get_migrations() {
        hasher.update(migration.to_string());
        hasher.update(migration.sql().unwrap_or_default());
    }
    hex::encode(hasher.finalize())
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
    let (before, wanted) = (version(client).await?, latest());
    if before > wanted {
        return Err(Error::SchemaNewer { found: before, wanted });
    }
    let done = embedded::migrations::runner()
        .set_grouped(false)
        .run_async(client)
        .await
        .map_err(|error| Error::Migration(in_words(&error)))?;
    let applied: Vec<String> = done.applied_migrations().iter().map(ToString::to_string).collect();
    for migration in &applied {
        tracing::info!(migration, "applied migration {migration}");
    }
    let_the_service_read_the_version(client).await?;
    Ok(Report { before, now: version(client).await?, applied })
}

/// The newest applied migration, 0 when there is none.
async fn version(client: &Client) -> Result<i64, Error> {
    let known = "/* migrations::version */ SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    let newest = "/* migrations::version */ SELECT coalesce(max(version), 0)::bigint FROM refinery_schema_history";
    let failed = |error| Error::statement("to read its schema version", &error);
    if !client.query_one(known, &[]).await.map_err(failed)?.get::<_, bool>(0) {
        return Ok(0);
    }
    Ok(client.query_one(newest, &[]).await.map_err(failed)?.get(0))
}

/// The history table is the runner's, so no migration can grant it.
async fn let_the_service_read_the_version(client: &Client) -> Result<(), Error> {
    let grant = "DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'commonpurse_service') THEN
            GRANT SELECT ON refinery_schema_history TO commonpurse_service;
        END IF;
    END $$";
    client
        .batch_execute(grant)
        .await
        .map_err(|error| Error::statement("to let the service read the schema version", &error))
}

/// The runner's error with what PostgreSQL said, down to the line of the SQL file.
fn in_words(error: &refinery::Error) -> String {
    // The runner says which file it was, and hides what the driver said behind "db error".
    let doing =
        if let refinery::error::Kind::Connection(doing, _) = error.kind() { doing.clone() } else { error.to_string() };
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(database) = cause.downcast_ref::<tokio_postgres::error::DbError>() {
            let place = database.where_().map(|place| format!(", {place}")).unwrap_or_default();
            let detail = database.detail().map(|detail| format!(", {detail}")).unwrap_or_default();
            let position = match database.position() {
                Some(tokio_postgres::error::ErrorPosition::Original(at)) => format!(" at character {at}"),
                Some(tokio_postgres::error::ErrorPosition::Internal { .. }) | None => String::new(),
            };
            return format!("{doing}: {}{position} ({}){detail}{place}", database.message(), database.code().code());
        }
        next = cause.source();
    }
    causes(error)
}
