//! Settings: flags and environment variables, typed, checked at start. An unknown variable with our prefix is refused.
//!
//! | variable | default | what |
//! |---|---|---|
//! | `DATABASE_URL` | required | PostgreSQL, with the login of the service: `postgresql://user:password@host/database` |
//! | `COMMONPURSE_DATABASE_URL_FILE` | | a file with the same, instead |
//! | `COMMONPURSE_OWNER_URL` | `DATABASE_URL` | the same with a login that may migrate it; for `migrate`, `operator` and `book` |
//! | `COMMONPURSE_OWNER_URL_FILE` | | a file with the same, instead |
//! | `COMMONPURSE_PRODUCTION` | `false` | real people and real money: JSON logs, no development defaults |
//! | `COMMONPURSE_LISTEN` | `127.0.0.1:8080` | address and port; port 0 takes a free one |
//! | `COMMONPURSE_METRICS_LISTEN` | none | address and port of the figures for Prometheus, for nobody but those who run it |
//! | `COMMONPURSE_PUBLIC_URL` | the address | how clients reach the service: issuer of tokens, start of links |
//! | `COMMONPURSE_SIGNING_KEY` | made once | Ed25519 private key as PKCS#8 PEM (`commonpurse keys generate`) |
//! | `COMMONPURSE_SIGNING_KEY_FILE` | | a file with the same, instead |
//! | `COMMONPURSE_STATE_DIR` | `.commonpurse` | where development keeps its signing key, readable by its owner only |
//! | `COMMONPURSE_POOL_SIZE` | `16` | connections to the database |
//! | `COMMONPURSE_HTTP_THREADS` | `2` | threads that answer requests |
//! | `COMMONPURSE_RATE_PER_SECOND` | `1000` | requests of one caller, and of one address, each second |
//! | `COMMONPURSE_GUESSES_PER_MINUTE` | `60` | requests of one address each minute to sign-in and token endpoints |
//! | `COMMONPURSE_STALLED_CLIENT_S` | `60` | seconds after which a client that takes nothing of its answer is cut off |
//! | `COMMONPURSE_BEHIND_PROXY` | `false` | take the client's address from `X-Forwarded-For`, which a proxy sets |
//! | `COMMONPURSE_LOG` | `info` | what is logged, such as `info,api=debug` |
//!
//! Flags have the same names without the prefix (`--public-url`). Secrets are never printed.

use crate::keys;
use clap::{Args, CommandFactory};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use url::Url;

/// What the worker reads; the two share an environment.
const OF_THE_WORKER: &[&str] = &[
    "COMMONPURSE_MAIL_DIR",
    "COMMONPURSE_SMTP_URL",
    "COMMONPURSE_MAIL_FROM",
    "COMMONPURSE_WORKER_LISTEN",
    "COMMONPURSE_WORKER_CONCURRENCY",
    "COMMONPURSE_WORKER_POLL_MS",
    "COMMONPURSE_WORKER_LEASE_S",
    "COMMONPURSE_FAULT",
];

/// What the tests read, which start the service in their own environment.
const OF_THE_TESTS: &[&str] = &["COMMONPURSE_LONG", "COMMONPURSE_SEED"];

/// Why a configuration cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable with our prefix that nobody reads.
    #[error("unknown environment variables: {0}; is one misspelt?")]
    Unknown(String),
    /// Something that must be set is not.
    #[error("{0} is required")]
    Missing(&'static str),
    /// A file of a secret cannot be read.
    #[error("{path}: {cause}")]
    File {
        /// The file that cannot be read.
        path: PathBuf,
        /// Why it cannot be read.
        cause: std::io::Error,
    },
    /// Links that are not encrypted.
    #[error("production needs COMMONPURSE_PUBLIC_URL, and it begins with https://")]
    PublicUrl,
}

/// Where the database is, with the login of the service.
#[derive(Debug, Clone, Args)]
pub struct DatabaseConfig {
    /// PostgreSQL, with the login of the service: postgresql://user:password@host/database, several hosts for failover.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// A file with the URL of the database.
    #[arg(long, env = "COMMONPURSE_DATABASE_URL_FILE", conflicts_with = "database_url")]
    pub database_url_file: Option<PathBuf>,
}

impl DatabaseConfig {
    /// The URL, from the variable or the file.
    pub fn url(&self) -> Result<SecretString, ConfigError> {
        self.given()?.ok_or(ConfigError::Missing("DATABASE_URL"))
    }

    /// The URL, if one is given.
    pub fn given(&self) -> Result<Option<SecretString>, ConfigError> {
        secret(self.database_url.as_ref(), self.database_url_file.as_deref())
    }
}

/// Where the database is, with a login that may change its tables: for what the service itself may not do.
#[derive(Debug, Clone, Args)]
pub struct OwnerConfig {
    /// PostgreSQL, with a login that is a member of commonpurse_owner or a superuser. [default: DATABASE_URL]
    #[arg(long, env = "COMMONPURSE_OWNER_URL", hide_env_values = true)]
    pub owner_url: Option<SecretString>,

    /// A file with that URL.
    #[arg(long, env = "COMMONPURSE_OWNER_URL_FILE", conflicts_with = "owner_url")]
    pub owner_url_file: Option<PathBuf>,

    /// What stands in when there is only one login.
    #[command(flatten)]
    pub database: DatabaseConfig,
}

impl OwnerConfig {
    /// The URL: the owner's, or else that of the database.
    pub fn url(&self) -> Result<SecretString, ConfigError> {
        match secret(self.owner_url.as_ref(), self.owner_url_file.as_deref())? {
            Some(url) => Ok(url),
            None => self.database.given()?.ok_or(ConfigError::Missing("COMMONPURSE_OWNER_URL")),
        }
    }
}

/// The settings of `commonpurse serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeConfig {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// Real people and real money: JSON logs, no development defaults.
    #[arg(long, env = "COMMONPURSE_PRODUCTION")]
    pub production: bool,

    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "COMMONPURSE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Address and port at which whoever runs the service reads its figures: GET /metrics, GET /livez. Not for strangers; port
    /// 0 takes a free one. [default: none]
    #[arg(long, env = "COMMONPURSE_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,

    /// How clients reach the service. [default: the address it listens on]
    #[arg(long, env = "COMMONPURSE_PUBLIC_URL")]
    pub public_url: Option<Url>,

    /// Ed25519 private key as PKCS#8 PEM.
    #[arg(long, env = "COMMONPURSE_SIGNING_KEY", hide_env_values = true)]
    pub signing_key: Option<SecretString>,

    /// A file with the signing key.
    #[arg(long, env = "COMMONPURSE_SIGNING_KEY_FILE", conflicts_with = "signing_key")]
    pub signing_key_file: Option<PathBuf>,

    /// Where development keeps its signing key.
    #[arg(long, env = "COMMONPURSE_STATE_DIR", default_value = ".commonpurse")]
    pub state_dir: PathBuf,

    /// Connections to the database.
    #[arg(long, env = "COMMONPURSE_POOL_SIZE", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub pool_size: u16,

    /// Threads that answer requests.
    #[arg(long, env = "COMMONPURSE_HTTP_THREADS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub http_threads: u16,

    /// After how many seconds a client that takes nothing of what is sent to it is cut off.
    #[arg(long, env = "COMMONPURSE_STALLED_CLIENT_S", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub stalled_client_s: u16,

    /// Requests of one caller, and of one address, each second.
    #[arg(long, env = "COMMONPURSE_RATE_PER_SECOND", default_value = "1000")]
    pub rate_per_second: NonZeroU32,

    /// Requests of one address each minute to sign-in and token endpoints.
    #[arg(long, env = "COMMONPURSE_GUESSES_PER_MINUTE", default_value = "60")]
    pub guesses_per_minute: NonZeroU32,

    /// Take the client's address from X-Forwarded-For, which a reverse proxy sets.
    #[arg(long, env = "COMMONPURSE_BEHIND_PROXY")]
    pub behind_proxy: bool,

    /// Stop when standard input ends: with the process that started this one.
    #[arg(long, env = "COMMONPURSE_STOP_WITH_PARENT", hide = true)]
    pub stop_with_parent: bool,
}

impl ServeConfig {
    /// Refuses development defaults in production.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !self.production {
            return Ok(());
        }
        if self.public_url.as_ref().is_none_or(|url| url.scheme() != "https") {
            return Err(ConfigError::PublicUrl);
        }
        if self.signing_key.is_none() && self.signing_key_file.is_none() {
            return Err(ConfigError::Missing("COMMONPURSE_SIGNING_KEY or COMMONPURSE_SIGNING_KEY_FILE"));
        }
        // The worker sends the mail, from the same environment: without it nobody could sign in.
        if std::env::var_os("COMMONPURSE_SMTP_URL").is_none() {
            return Err(ConfigError::Missing("COMMONPURSE_SMTP_URL"));
        }
        Ok(())
    }

    /// The signing key: as it was set, or the one that development keeps in the state directory.
    pub fn signing_key(&self) -> Result<SecretString, ConfigError> {
        match secret(self.signing_key.as_ref(), self.signing_key_file.as_deref())? {
            Some(key) => Ok(key),
            None => development_key(&self.state_dir),
        }
    }
}

/// A secret from its variable or its file.
fn secret(value: Option<&SecretString>, file: Option<&Path>) -> Result<Option<SecretString>, ConfigError> {
    match (value, file) {
        (Some(value), _) => Ok(Some(value.clone())),
        (None, Some(path)) => {
            let text = fs::read_to_string(path).map_err(|cause| ConfigError::File { path: path.into(), cause })?;
            Ok(Some(SecretString::from(text.trim())))
        }
        (None, None) => Ok(None),
    }
}

/// The key in the state directory. Of several processes that start at once one makes it, and all read the same.
fn development_key(directory: &Path) -> Result<SecretString, ConfigError> {
    let path = directory.join("signing-key.pem");
    let failed = |cause| ConfigError::File { path: path.clone(), cause };
    if !path.exists() {
        fs::create_dir_all(directory).map_err(failed)?;
        let draft = directory.join(format!("signing-key.{}", uuid::Uuid::now_v7()));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(failed)?;
        file.write_all(keys::generate().expose_secret().as_bytes()).map_err(failed)?;
        // A link is made whole or not at all, and fails when another process was first.
        let linked = fs::hard_link(&draft, &path);
        fs::remove_file(&draft).map_err(failed)?;
        if let Err(cause) = linked
            && cause.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(failed(cause));
        }
    }
    fs::read_to_string(&path).map(SecretString::from).map_err(failed)
}

/// Refuses variables with our prefix that neither the program nor the worker reads.
pub fn refuse_unknown_variables<C: CommandFactory>(names: impl Iterator<Item = String>) -> Result<(), ConfigError> {
    let mut known: BTreeSet<String> = OF_THE_WORKER.iter().chain(OF_THE_TESTS).map(|&name| name.to_owned()).collect();
    known.insert("COMMONPURSE_LOG".to_owned());
    collect_variables(&C::command(), &mut known);
    let unknown: Vec<_> = names.filter(|name| name.starts_with("COMMONPURSE_") && !known.contains(name)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(ConfigError::Unknown(unknown.join(", "))) }
}

fn collect_variables(command: &clap::Command, known: &mut BTreeSet<String>) {
    let variables = command.get_arguments().filter_map(clap::Arg::get_env);
    known.extend(variables.map(|name| name.to_string_lossy().into_owned()));
    for subcommand in command.get_subcommands() {
        collect_variables(subcommand, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::os::unix::fs::PermissionsExt;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        serve: ServeConfig,
    }

    fn parse(flags: &[&str]) -> ServeConfig {
        Program::try_parse_from([&["commonpurse"], flags].concat()).unwrap().serve
    }

    #[test]
    fn a_misspelt_variable_is_refused_and_one_of_the_worker_is_not() {
        let check = |name: &str| refuse_unknown_variables::<Program>([name.to_owned()].into_iter());
        for known in ["COMMONPURSE_LISTEN", "COMMONPURSE_SMTP_URL", "COMMONPURSE_LOG", "HOME"] {
            assert!(check(known).is_ok(), "{known}");
        }
        assert!(check("COMMONPURSE_LISTN").unwrap_err().to_string().contains("COMMONPURSE_LISTN"));
    }

    #[test]
    fn production_refuses_the_defaults_of_development() {
        assert!(parse(&[]).check().is_ok());
        assert!(parse(&["--production"]).check().is_err());
        assert!(parse(&["--production", "--public-url", "http://purse.example"]).check().is_err());
        assert!(parse(&["--production", "--public-url", "https://purse.example"]).check().is_err());
    }

    #[test]
    fn a_secret_is_in_no_debug_output() {
        let config = parse(&["--database-url", "postgresql://u:hunter2@h/d", "--signing-key", "hunter3"]);
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter"), "{shown}");
        assert!(config.database.url().unwrap().expose_secret().contains("hunter2"));
    }

    #[test]
    fn development_keeps_one_key_that_only_its_owner_reads() {
        let directory = std::env::temp_dir().join(format!("commonpurse-{}", uuid::Uuid::now_v7()));
        let first = development_key(&directory).unwrap();
        assert_eq!(first.expose_secret(), development_key(&directory).unwrap().expose_secret());
        let mode = fs::metadata(directory.join("signing-key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "no draft is left");
        fs::remove_dir_all(&directory).unwrap();
    }
}
