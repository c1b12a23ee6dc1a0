//! The settings that both programs have: where the database is, and the names of all variables, since the two share an
//! environment and each refuses what neither reads.

use crate::LOG_VARIABLE;
use clap::{Args, CommandFactory};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use url::Url;

/// With it begins the name of each variable of ours.
pub const PREFIX: &str = "COMMONPURSE_";

/// The variables of `commonpurse` alone.
const OF_THE_API: &[&str] = &[
    "COMMONPURSE_OWNER_URL",
    "COMMONPURSE_OWNER_URL_FILE",
    "COMMONPURSE_OWNER_ROLE",
    "COMMONPURSE_SERVICE_ROLE",
    "COMMONPURSE_LISTEN",
    "COMMONPURSE_METRICS_LISTEN",
    "COMMONPURSE_SIGNING_KEY",
    "COMMONPURSE_SIGNING_KEY_FILE",
    "COMMONPURSE_SIGNING_KEY_DIR",
    "COMMONPURSE_STATE_DIR",
    "COMMONPURSE_POOL_SIZE",
    "COMMONPURSE_HTTP_THREADS",
    "COMMONPURSE_CONNECTIONS",
    "COMMONPURSE_REQUESTS",
    "COMMONPURSE_STALLED_CLIENT_S",
    "COMMONPURSE_RATE_PER_SECOND",
    "COMMONPURSE_GUESSES_PER_MINUTE",
    "COMMONPURSE_ORGANISATIONS_PER_DAY",
    "COMMONPURSE_BOOKS_PER_DAY",
    "COMMONPURSE_INVITATIONS_PER_DAY",
    "COMMONPURSE_JOIN_REQUESTS_PER_DAY",
    "COMMONPURSE_FETCHES_PER_DAY",
    "COMMONPURSE_FILES_PER_DAY",
    "COMMONPURSE_CARD_TRIES",
    "COMMONPURSE_DECLINES_PERCENT",
    "COMMONPURSE_DECLINES_OF_AT_LEAST",
    "COMMONPURSE_PATIENCE_MS",
    "COMMONPURSE_SLOW_BODY_S",
    "COMMONPURSE_STATEMENT_MIB",
    "COMMONPURSE_SIGN_UP",
    "COMMONPURSE_SECOND_FACTOR",
    "COMMONPURSE_SECOND_FACTOR_MINUTES",
    "COMMONPURSE_FILE_MIB",
    "COMMONPURSE_IDENTITY_PROVIDERS",
    "COMMONPURSE_TRUSTED_HOPS",
    "COMMONPURSE_STRIPE_WEBHOOK_SECRET",
    "COMMONPURSE_STRIPE_WEBHOOK_SECRET_FILE",
    "COMMONPURSE_URL",
    "COMMONPURSE_BOOK",
];

/// The variables of `commonpurse-worker` alone.
const OF_THE_WORKER: &[&str] = &[
    "COMMONPURSE_MAIL_DIR",
    "COMMONPURSE_SMTP_URL",
    "COMMONPURSE_MAIL_FROM",
    "COMMONPURSE_WORKER_LISTEN",
    "COMMONPURSE_WORKER_CONCURRENCY",
    "COMMONPURSE_WORKER_POLL_MS",
    "COMMONPURSE_WORKER_LEASE_S",
    "COMMONPURSE_SCREENING_URL",
    "COMMONPURSE_TASKS_MAIL_AT",
    "COMMONPURSE_FETCH_ANYWHERE",
    "COMMONPURSE_FAULT",
];

/// Those of both.
const OF_BOTH: &[&str] = &[
    LOG_VARIABLE,
    "COMMONPURSE_BANK_KEY_DIR",
    "COMMONPURSE_DATABASE_URL_FILE",
    "COMMONPURSE_PRODUCTION",
    "COMMONPURSE_PUBLIC_URL",
    "COMMONPURSE_STOP_WITH_PARENT",
    "COMMONPURSE_STRIPE_SECRET_KEY",
    "COMMONPURSE_STRIPE_SECRET_KEY_FILE",
    "COMMONPURSE_STRIPE_URL",
];

/// Secrets and ids of a partner, and tokens of people with files, which `commonpurse` reads on their own machines, and for which it has no flag.
const OF_PARTNERS: &[&str] =
    &["COMMONPURSE_CLIENT_ID", "COMMONPURSE_CLIENT_SECRET", "COMMONPURSE_FORWARD_SECRET", "COMMONPURSE_TOKEN"];

/// What the tests read, which start the programs in their own environment.
const OF_THE_TESTS: &[&str] = &["COMMONPURSE_LONG", "COMMONPURSE_SEED"];

/// Why a setting cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
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
    ///
    /// # Errors
    ///
    /// When none is given, or its file cannot be read.
    pub fn url(&self) -> Result<SecretString, SettingError> {
        self.given()?.ok_or(SettingError::Missing("DATABASE_URL"))
    }

    /// The URL, if one is given.
    ///
    /// # Errors
    ///
    /// When its file cannot be read.
    pub fn given(&self) -> Result<Option<SecretString>, SettingError> {
        secret(self.database_url.as_ref(), self.database_url_file.as_deref())
    }
}

/// Who takes the payments of live books: the worker asks Stripe with this key, and `doctor` looks at it.
#[derive(Debug, Clone, Args)]
pub struct StripeConfig {
    /// The secret key of the Stripe account that takes the payments of live books; none takes any without it.
    #[arg(long, env = "COMMONPURSE_STRIPE_SECRET_KEY", hide_env_values = true)]
    pub stripe_secret_key: Option<SecretString>,

    /// A file with that key.
    #[arg(long, env = "COMMONPURSE_STRIPE_SECRET_KEY_FILE", conflicts_with = "stripe_secret_key")]
    pub stripe_secret_key_file: Option<PathBuf>,

    /// Where the API of Stripe is.
    #[arg(long, env = "COMMONPURSE_STRIPE_URL", default_value = "https://api.stripe.com")]
    pub stripe_url: Url,
}

impl StripeConfig {
    /// The key, if one is given.
    ///
    /// # Errors
    ///
    /// When its file cannot be read.
    pub fn secret_key(&self) -> Result<Option<SecretString>, SettingError> {
        secret(self.stripe_secret_key.as_ref(), self.stripe_secret_key_file.as_deref())
    }
}

/// A secret from its variable or its file.
///
/// # Errors
///
/// When the file cannot be read.
pub fn secret(value: Option<&SecretString>, file: Option<&Path>) -> Result<Option<SecretString>, SettingError> {
    match (value, file) {
        (Some(value), _) => Ok(Some(value.clone())),
        (None, Some(path)) => {
            let text = fs::read_to_string(path).map_err(|cause| SettingError::File { path: path.into(), cause })?;
            Ok(Some(SecretString::from(text.trim())))
        }
        (None, None) => Ok(None),
    }
}

/// Refuses variables of this process with our prefix that neither program reads.
///
/// # Errors
///
/// [`SettingError::Unknown`], which names them.
pub fn refuse_unknown_variables() -> Result<(), SettingError> {
    refuse_unknown(std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()))
}

/// The same of these names.
///
/// # Errors
///
/// [`SettingError::Unknown`], which names them.
pub fn refuse_unknown(names: impl Iterator<Item = String>) -> Result<(), SettingError> {
    let known = |name: &str| all_variables().any(|known| known == name);
    let unknown: Vec<_> = names.filter(|name| name.starts_with(PREFIX) && !known(name)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(SettingError::Unknown(unknown.join(", "))) }
}

fn all_variables() -> impl Iterator<Item = &'static str> {
    [OF_THE_API, OF_THE_WORKER, OF_BOTH, OF_PARTNERS, OF_THE_TESTS].into_iter().flatten().copied()
}

/// The variables with our prefix that a program reads by its flags. A test of each program compares them with those that are
/// known here.
pub fn variables_of<C: CommandFactory>() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(&C::command(), &mut found);
    found
}

fn collect(command: &clap::Command, found: &mut BTreeSet<String>) {
    let variables =
        command.get_arguments().filter_map(clap::Arg::get_env).map(|name| name.to_string_lossy().into_owned());
    found.extend(variables.filter(|name| name.starts_with(PREFIX)));
    for subcommand in command.get_subcommands() {
        collect(subcommand, found);
    }
}

/// The variables that are known here as those of the api, and those of the worker.
pub fn known_variables() -> [BTreeSet<String>; 2] {
    [OF_THE_API, OF_THE_WORKER].map(|own| {
        let both = OF_BOTH.iter().filter(|name| **name != LOG_VARIABLE);
        own.iter().chain(both).map(|name| (*name).to_owned()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_is_refused_and_one_of_either_program_is_not() {
        let check = |name: &str| refuse_unknown([name.to_owned()].into_iter());
        for known in ["COMMONPURSE_LISTEN", "COMMONPURSE_SMTP_URL", "COMMONPURSE_LOG", "HOME"] {
            assert!(check(known).is_ok(), "{known}");
        }
        for unknown in ["COMMONPURSE_LISTN", "COMMONPURSE_DATABASE_URL", "COMMONPURSE_"] {
            assert!(check(unknown).unwrap_err().to_string().contains(unknown), "{unknown}");
        }
    }
}
