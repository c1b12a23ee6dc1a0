//! What can go wrong between this crate and a database, in sentences that say how to mend it and never hold a secret.

use std::path::PathBuf;

use rustls::CertificateError;

/// Why a database could not be reached, migrated, trusted or started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL was not understood. It is not repeated: it may hold a password.
    #[error("the database URL cannot be read; expected postgresql://user@host:port/database")]
    Url,
    /// `sslmode` is none of the words that we know.
    #[error("the database URL has an unknown sslmode; expected disable, prefer, require, verify-ca or verify-full")]
    TlsMode,
    /// The roots of trust cannot be read.
    #[error("the certificates of sslrootcert={} cannot be used: {why}", path.display())]
    RootCertificate {
        /// The file, or `system`.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// No connection.
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    /// A statement failed.
    #[error("the database refused {doing}: {why}")]
    Statement {
        /// What was being done, as a noun phrase.
        doing: &'static str,
        /// What the server answered, with its SQLSTATE.
        why: String,
    },
    /// Another process holds the migration lock.
    #[error("another process has been migrating this database for {waited_s} s; try again when it is done")]
    MigrationLocked {
        /// How long we waited, in seconds.
        waited_s: u64,
    },
    /// A migration failed; nothing of it stays.
    #[error("the schema could not be migrated: {0}")]
    Migration(String),
    /// The database is older than the program.
    #[error("the database has schema version {found}, this program needs {wanted}: run `commonpurse migrate`")]
    SchemaOlder {
        /// The newest migration applied, 0 when none is.
        found: i64,
        /// The newest migration this program knows.
        wanted: i64,
    },
    /// The database is newer than the program.
    #[error("the database has schema version {found}, this program knows only {wanted}: upgrade the program")]
    SchemaNewer {
        /// The newest migration applied.
        found: i64,
        /// The newest migration this program knows.
        wanted: i64,
    },
    /// The database was made by files that this program does not have.
    #[error(
        "the database was made by other migrations than this program's ({found}), and before the first release nothing is \
         carried over: drop it and migrate anew; `commonpurse dev --fresh` does so with the database of `commonpurse dev`"
    )]
    SchemaOther {
        /// A file or table that gives it away.
        found: String,
    },
    /// Functions, views, triggers or rights are not those of this program.
    #[error("functions or rights of the database are not this program's ({file} differs): run `commonpurse migrate`")]
    SchemaNow {
        /// The first file that differs.
        file: String,
    },
    /// The login may not even read which schema this is.
    #[error(
        "the login of the service has no rights in this database: run `commonpurse migrate`, and GRANT the service's role (commonpurse_service, if it has no other name) to it"
    )]
    RightsMissing,
    /// The service would run with rights that no mistake of its own should have.
    #[error(
        "the service does not run as `{login}`, which {why}: set DATABASE_URL to a login that is a member of the service's \
         role (commonpurse_service, if it has no other name) and of nothing else"
    )]
    LoginTooMighty {
        /// The login.
        login: String,
        /// What it is or may do, after "which".
        why: String,
    },
    /// The login can change neither tables nor functions.
    #[error(
        "this needs the owner of the database, and `{login}` is no member of {owner}: set COMMONPURSE_OWNER_URL to a login \
         that is"
    )]
    NotOwner {
        /// The login.
        login: String,
        /// The role that owns the tables.
        owner: String,
    },
    /// There are no roles yet, and the login may not make any.
    #[error(
        "`{login}` may not make the roles that are missing; somebody who may, such as a superuser, runs once:\n{sql}"
    )]
    RolesMissing {
        /// The login.
        login: String,
        /// What to run.
        sql: String,
    },
    /// A configured name of a role that we do not write into SQL.
    #[error(
        "`{name}` cannot be a role here: two different names are needed, of a-z, 0-9 and _, 63 letters at most, not pg_…"
    )]
    RoleName {
        /// The name.
        name: String,
    },
    /// What is to be logged was not understood.
    #[error("COMMONPURSE_LOG cannot be read: {0}; expected something like info,api=debug")]
    LogFilter(String),
    /// No usable PostgreSQL programs on this machine.
    #[error("PostgreSQL 15 or newer with its server programs (initdb, postgres) is needed: {0}")]
    Programs(String),
    /// The private server could not be started or stopped.
    #[error("the private PostgreSQL under {}: {why}", home.display())]
    Server {
        /// The directory that holds the cluster.
        home: PathBuf,
        /// What happened, as one sentence.
        why: String,
    },
}

impl Error {
    /// A failed statement, with the server's own message and SQLSTATE.
    pub(crate) fn statement(doing: &'static str, error: &tokio_postgres::Error) -> Self {
        Self::Statement { doing, why: explain(error) }
    }
}

/// The driver's error with all its causes; it shows only "db error" by itself.
pub(crate) fn explain(error: &tokio_postgres::Error) -> String {
    if let Some(database) = error.as_db_error() {
        return format!("{} ({})", database.message(), database.code().code());
    }
    let said = causes(error);
    tls_in_words(error).map_or(said.clone(), |words| format!("{words} ({said})"))
}

/// What to do when an encrypted connection does not come about.
fn tls_in_words(error: &tokio_postgres::Error) -> Option<&'static str> {
    let cause = std::error::Error::source(error)?;
    let Some(broken) = cause.downcast_ref::<std::io::Error>() else {
        return cause.to_string().contains("does not support TLS").then_some(
            "the server takes unencrypted connections only, which sslmode forbids: set `ssl = on` in its postgresql.conf",
        );
    };
    let refused = broken.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(why) = refused else {
        return Some("the server and this program do not agree on TLS");
    };
    Some(if matches!(why, CertificateError::UnknownIssuer | CertificateError::BadSignature) {
        "the server's certificate does not lead to a trusted root: give the one that issued it as sslrootcert"
    } else if matches!(why, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) {
        "the server's certificate is for another host: connect by a name that it holds, or give it one for this name"
    } else if matches!(why, CertificateError::Expired | CertificateError::ExpiredContext { .. }) {
        "the server's certificate has expired: renew it"
    } else {
        "the server's certificate is refused"
    })
}

/// An error and its causes in one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}
