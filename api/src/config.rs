//! Settings: flags and environment variables, typed, checked at start. An unknown variable with our prefix is refused.
//!
//! | variable | default | what |
//! |---|---|---|
//! | `DATABASE_URL` | required | PostgreSQL, with the login of the service: `postgresql://user:password@host/database?sslmode=verify-full` |
//! | `COMMONPURSE_DATABASE_URL_FILE` | | a file with the same, instead |
//! | `COMMONPURSE_OWNER_URL` | `DATABASE_URL` | the same with a login that may migrate it; for `migrate`, `adopt`, `operator` and `book` |
//! | `COMMONPURSE_OWNER_URL_FILE` | | a file with the same, instead |
//! | `COMMONPURSE_OWNER_ROLE` | `commonpurse_owner` | the role that owns the tables; for `migrate` |
//! | `COMMONPURSE_SERVICE_ROLE` | `commonpurse_service` | the role with the rights of the service; for `migrate` |
//! | `COMMONPURSE_PRODUCTION` | `false` | real people and real money: JSON logs, no development defaults |
//! | `COMMONPURSE_LISTEN` | `127.0.0.1:8080` | address and port; port 0 takes a free one |
//! | `COMMONPURSE_METRICS_LISTEN` | none | address and port of the figures for Prometheus, for nobody but those who run it |
//! | `COMMONPURSE_PUBLIC_URL` | the address | how clients reach the service: issuer of tokens, start of links |
//! | `COMMONPURSE_SIGNING_KEY` | made once | Ed25519 private key as PKCS#8 PEM (`commonpurse keys generate`) |
//! | `COMMONPURSE_SIGNING_KEY_FILE` | | a file with the same, instead, which not everybody may read |
//! | `COMMONPURSE_SIGNING_KEY_DIR` | | a directory that `commonpurse keys rotate` keeps, instead: the current key, the one before it, the next one |
//! | `COMMONPURSE_BANK_KEY_DIR` | | a directory with the keys that seal bank details, second factors and secrets of webhook endpoints, which `commonpurse keys rotate-bank` keeps; in production none of these is taken without it |
//! | `COMMONPURSE_STATE_DIR` | `.commonpurse` | where development keeps its signing key, readable by its owner only |
//! | `COMMONPURSE_POOL_SIZE` | `16` | connections to the database |
//! | `COMMONPURSE_HTTP_THREADS` | `2` | threads that answer requests |
//! | `COMMONPURSE_CONNECTIONS` | `4096` | connections of clients at once |
//! | `COMMONPURSE_REQUESTS` | `1024` | requests in work at once; of one caller or book, as many as are left: half |
//! | `COMMONPURSE_RATE_PER_SECOND` | `1000` | requests of one caller, and of one address, each second |
//! | `COMMONPURSE_GUESSES_PER_MINUTE` | `60` | requests of one address each minute to sign-in and token endpoints |
//! | `COMMONPURSE_ORGANISATIONS_PER_DAY` | `20` | organisations that one caller makes in a day of UTC; operators are not bound |
//! | `COMMONPURSE_BOOKS_PER_DAY` | `50` | books that one caller opens in a day, likewise |
//! | `COMMONPURSE_INVITATIONS_PER_DAY` | `200` | invitations of one caller in a day, likewise |
//! | `COMMONPURSE_JOIN_REQUESTS_PER_DAY` | `20` | requests of one caller to join an organisation in a day, likewise |
//! | `COMMONPURSE_FETCHES_PER_DAY` | `100` | addresses that the service fetches and hashes for one caller in a day, likewise |
//! | `COMMONPURSE_FILES_PER_DAY` | `50` | files that one caller uploads in a day, likewise |
//! | `COMMONPURSE_STALLED_CLIENT_S` | `60` | seconds after which a client that takes nothing of its answer is cut off |
//! | `COMMONPURSE_PATIENCE_MS` | `1000` | milliseconds that a request waits for its turn at the database or a book before it hears 429 |
//! | `COMMONPURSE_SLOW_BODY_S` | `10` | seconds in which a body must have come whole, or 16 KiB of it for each |
//! | `COMMONPURSE_STATEMENT_MIB` | `64` | MiB that a file of bank statements may have |
//! | `COMMONPURSE_SIGN_UP` | `open` | who may become somebody here by asking for a link: everybody, or only who was `invited` |
//! | `COMMONPURSE_SECOND_FACTOR` | in production `always`, else `enrolled` | of whom a second factor is asked where the contract says so: of everybody, or of those who have one |
//! | `COMMONPURSE_SECOND_FACTOR_MINUTES` | `15` | for how many minutes one that was proved counts |
//! | `COMMONPURSE_FILE_MIB` | `10` | MiB that a file may have that somebody uploads as evidence |
//! | `COMMONPURSE_IDENTITY_PROVIDERS` | none | whose word on people is believed: an issuer, `=` and our client id there; several with commas between |
//! | `COMMONPURSE_TRUSTED_HOPS` | `0` | how many proxies of ours stand before it, each of which adds to `X-Forwarded-For` |
//! | `COMMONPURSE_STRIPE_WEBHOOK_SECRET` | none | with what Stripe signs what it tells us; several with commas between while it is changed |
//! | `COMMONPURSE_STRIPE_WEBHOOK_SECRET_FILE` | | a file with the same, instead |
//! | `COMMONPURSE_URL` | `http://127.0.0.1:8080` | where the service is; for `listen`, `trigger` and `import`, as the next five |
//! | `COMMONPURSE_BOOK` | that of the campaigns | the book |
//! | `COMMONPURSE_CLIENT_ID` | required | the client id of a partner; it has no flag, nor have the next three |
//! | `COMMONPURSE_CLIENT_SECRET` | required | its secret |
//! | `COMMONPURSE_FORWARD_SECRET` | made anew | what signs the events that `listen` forwards, such as `whsec_…` |
//! | `COMMONPURSE_TOKEN` | none | the access token of a person, who then asks instead of the partner; for `import` |
//! | `COMMONPURSE_LOG` | `info` | what is logged, such as `info,api=debug`; libraries say `info` at most |
//!
//! Flags have the same names without the prefix (`--public-url`). Secrets are never printed.

use crate::identity_providers::Issuer;
use crate::keys::files::{self, FileError};
use crate::keys::vault::{Vault, VaultError};
use crate::keys::webhook_secrets::WebhookSecrets;
use crate::keys::{self, SigningKeys};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use ledger::Refusal;
use ledger::service::quota::Quota;
use migrations::settings::{SettingError, secret};
use secrecy::SecretString;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

pub use migrations::settings::DatabaseConfig;

/// Why a configuration cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// One that the worker has too.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// Something that must be set is not.
    #[error("{0} is required")]
    Missing(&'static str),
    /// A file of keys cannot be used.
    #[error(transparent)]
    Keys(#[from] FileError),
    /// Links that are not encrypted.
    #[error("production needs COMMONPURSE_PUBLIC_URL, and it begins with https://")]
    PublicUrl,
    /// An identity provider on the way to which anybody may answer.
    #[error("production believes identity providers by https:// only")]
    IdentityProvider,
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

/// The settings of `commonpurse migrate`.
#[derive(Debug, Clone, Args)]
pub struct MigrateConfig {
    /// Where the database is.
    #[command(flatten)]
    pub owner: OwnerConfig,

    /// The role that owns tables and functions; made when it is missing and the login may make roles.
    #[arg(long, env = "COMMONPURSE_OWNER_ROLE", default_value = "commonpurse_owner")]
    pub owner_role: String,

    /// The role that has the rights of the service; likewise.
    #[arg(long, env = "COMMONPURSE_SERVICE_ROLE", default_value = "commonpurse_service")]
    pub service_role: String,

    /// Change nothing; exit 0 when the database is up to date, and 1 with a sentence when it is not.
    #[arg(long)]
    pub check: bool,

    /// Change nothing; print what would be run, as a script for psql.
    #[arg(long, conflicts_with = "check")]
    pub sql: bool,
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

    /// A directory with the signing keys, which `commonpurse keys rotate` keeps.
    #[arg(long, env = "COMMONPURSE_SIGNING_KEY_DIR", conflicts_with_all = ["signing_key", "signing_key_file"])]
    pub signing_key_dir: Option<PathBuf>,

    /// A directory with the keys that seal bank details, which `commonpurse keys rotate-bank` keeps. Without it production takes no
    /// bank account.
    #[arg(long, env = "COMMONPURSE_BANK_KEY_DIR")]
    pub bank_key_dir: Option<PathBuf>,

    /// Where development keeps its keys.
    #[arg(long, env = "COMMONPURSE_STATE_DIR", default_value = ".commonpurse")]
    pub state_dir: PathBuf,

    /// Connections to the database.
    #[arg(long, env = "COMMONPURSE_POOL_SIZE", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub pool_size: u16,

    /// Threads that answer requests.
    #[arg(long, env = "COMMONPURSE_HTTP_THREADS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub http_threads: u16,

    /// Connections of clients at once; more wait to be accepted.
    #[arg(long, env = "COMMONPURSE_CONNECTIONS", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    pub connections: u32,

    /// Requests in work at once. One more would only make the others wait longer: whoever sends it hears 429 at once. One
    /// caller, and one book, may have as many as are left, which is half when it is alone.
    #[arg(long, env = "COMMONPURSE_REQUESTS", default_value_t = 1_024, value_parser = clap::value_parser!(u16).range(16..))]
    pub requests: u16,

    /// After how many seconds a client that takes nothing of what is sent to it is cut off.
    #[arg(long, env = "COMMONPURSE_STALLED_CLIENT_S", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub stalled_client_s: u16,

    /// Requests of one caller, and of one address, each second.
    #[arg(long, env = "COMMONPURSE_RATE_PER_SECOND", default_value = "1000")]
    pub rate_per_second: NonZeroU32,

    /// Requests of one address each minute to sign-in and token endpoints.
    #[arg(long, env = "COMMONPURSE_GUESSES_PER_MINUTE", default_value = "60")]
    pub guesses_per_minute: NonZeroU32,

    /// How much one caller makes in a day.
    #[command(flatten)]
    pub quotas: Quotas,

    /// How often somebody tries to pay.
    #[command(flatten)]
    pub tries: TryLimits,

    /// Who tells us of payments by itself.
    #[command(flatten)]
    pub webhooks: WebhookConfig,

    /// Who may become somebody here by asking for a link: everybody, or only who was invited.
    #[arg(long, env = "COMMONPURSE_SIGN_UP", value_enum, default_value_t = SignUp::Open)]
    pub sign_up: SignUp,

    /// Of whom a second factor is asked.
    #[command(flatten)]
    pub second_factor: SecondFactorConfig,

    /// How many milliseconds a request waits for its turn at the database, or at a book, before it hears 429.
    #[arg(long, env = "COMMONPURSE_PATIENCE_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=600_000))]
    pub patience_ms: u32,

    /// In how many seconds a body must have come whole, or 16 KiB of it for each.
    #[arg(long, env = "COMMONPURSE_SLOW_BODY_S", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub slow_body_s: u16,

    /// How many MiB a file of bank statements may have: it waits in the directory for temporary files while it is read.
    #[arg(long, env = "COMMONPURSE_STATEMENT_MIB", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4_096))]
    pub statement_mib: u16,

    /// How many MiB a file may have that somebody uploads as evidence: it is kept in the database.
    #[arg(long, env = "COMMONPURSE_FILE_MIB", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub file_mib: u16,

    /// Identity providers whose word on people is believed, such as `https://id.example=commonpurse`: the issuer, and the client id
    /// that this service has there. Several with commas between. [default: none]
    #[arg(long, env = "COMMONPURSE_IDENTITY_PROVIDERS", value_delimiter = ',')]
    pub identity_providers: Vec<Issuer>,

    /// How many proxies of ours stand before the service, each of which adds an entry to X-Forwarded-For; 0 for none.
    #[arg(long, env = "COMMONPURSE_TRUSTED_HOPS", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=8))]
    pub trusted_hops: u8,

    /// Stop when standard input ends: with the process that started this one.
    #[arg(long, env = "COMMONPURSE_STOP_WITH_PARENT", hide = true)]
    pub stop_with_parent: bool,
}

/// With what a payment provider signs what it tells us.
#[derive(Debug, Clone, Args)]
pub struct WebhookConfig {
    /// The secret of the webhook endpoint at Stripe, or several with commas between while it is changed. Without it no pledge
    /// that Stripe collects is taken.
    #[arg(long, env = "COMMONPURSE_STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Option<SecretString>,

    /// A file with them.
    #[arg(long, env = "COMMONPURSE_STRIPE_WEBHOOK_SECRET_FILE", conflicts_with = "stripe_webhook_secret")]
    pub stripe_webhook_secret_file: Option<PathBuf>,
}

impl WebhookConfig {
    /// The secrets; none when none is set.
    pub fn secrets(&self) -> Result<WebhookSecrets, ConfigError> {
        let text = secret(self.stripe_webhook_secret.as_ref(), self.stripe_webhook_secret_file.as_deref())?;
        Ok(text.as_ref().map(WebhookSecrets::parse).unwrap_or_default())
    }
}

/// Who may become somebody here by asking for a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SignUp {
    /// Everybody.
    Open,
    /// Only who was invited.
    Invited,
}

impl SignUp {
    /// Whether somebody new may sign up who was not invited.
    pub fn is_open(self) -> bool {
        match self {
            SignUp::Open => true,
            SignUp::Invited => false,
        }
    }

    /// Refuses those who ask to sign up, whatever their address, where only people who were invited may come in.
    ///
    /// # Errors
    ///
    /// `sign-up-closed`.
    pub fn check(self) -> Result<(), Refusal> {
        if self.is_open() {
            return Ok(());
        }
        Err(Refusal::new("sign-up-closed", "only people who were invited come in here"))
    }
}

/// Of whom a second factor is asked, where the contract says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Demanded {
    /// Of everybody: who has none has to begin one.
    Always,
    /// Of those who have one.
    Enrolled,
}

/// Of whom a second factor is asked, and how old its proof may be.
#[derive(Debug, Clone, Copy, Args)]
pub struct SecondFactorConfig {
    /// Of whom a second factor is asked where the contract says so: of everybody, or of those who have one. [default: always in
    /// production, else enrolled]
    #[arg(long, env = "COMMONPURSE_SECOND_FACTOR")]
    pub second_factor: Option<Demanded>,

    /// For how many minutes a second factor that was proved counts.
    #[arg(long, env = "COMMONPURSE_SECOND_FACTOR_MINUTES", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=720))]
    pub second_factor_minutes: u16,
}

impl SecondFactorConfig {
    /// How old a proof may be.
    pub fn life(self) -> SignedDuration {
        SignedDuration::from_mins(self.second_factor_minutes.into())
    }
}

/// How much one caller makes in a day of UTC. Operators are not bound; with 0 nobody else makes any.
#[derive(Debug, Clone, Copy, Args)]
pub struct Quotas {
    /// Organisations that one caller makes in a day of UTC. Operators are not bound.
    #[arg(long, env = "COMMONPURSE_ORGANISATIONS_PER_DAY", default_value_t = 20)]
    pub organisations_per_day: u32,

    /// Books that one caller opens in a day of UTC. Operators are not bound.
    #[arg(long, env = "COMMONPURSE_BOOKS_PER_DAY", default_value_t = 50)]
    pub books_per_day: u32,

    /// Invitations of one caller in a day of UTC. Operators are not bound.
    #[arg(long, env = "COMMONPURSE_INVITATIONS_PER_DAY", default_value_t = 200)]
    pub invitations_per_day: u32,

    /// Requests of one caller to join an organisation in a day of UTC. Operators are not bound.
    #[arg(long, env = "COMMONPURSE_JOIN_REQUESTS_PER_DAY", default_value_t = 20)]
    pub join_requests_per_day: u32,

    /// Addresses that the service fetches for one caller in a day of UTC. Operators are not bound.
    #[arg(long, env = "COMMONPURSE_FETCHES_PER_DAY", default_value_t = 100)]
    pub fetches_per_day: u32,

    /// Files that one caller uploads in a day of UTC. Operators are not bound.
    #[arg(long, env = "COMMONPURSE_FILES_PER_DAY", default_value_t = 50)]
    pub files_per_day: u32,
}

/// How often somebody tries to pay, before it is taken for somebody who tries cards.
#[derive(Debug, Clone, Copy, Args)]
pub struct TryLimits {
    /// Pledges and new means of payment from one address, with one card, or for one pledge within an hour.
    #[arg(long, env = "COMMONPURSE_CARD_TRIES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub card_tries: u32,

    /// How many of a hundred first charges of a partner's pledges may be declined within an hour.
    #[arg(long, env = "COMMONPURSE_DECLINES_PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub declines_percent: u8,

    /// Of how many such charges at least that is worked out.
    #[arg(long, env = "COMMONPURSE_DECLINES_OF_AT_LEAST", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub declines_of_at_least: u32,
}

impl Quotas {
    /// How many of a kind.
    pub fn a_day(self, quota: Quota) -> u32 {
        match quota {
            Quota::Organisations => self.organisations_per_day,
            Quota::Books => self.books_per_day,
            Quota::Invitations => self.invitations_per_day,
            Quota::JoinRequests => self.join_requests_per_day,
            Quota::Fetches => self.fetches_per_day,
            Quota::Files => self.files_per_day,
        }
    }
}

impl ServeConfig {
    /// Whether the service is reached by https: its cookies go no other way then.
    pub fn is_public_by_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Refuses development defaults in production.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !self.production {
            return Ok(());
        }
        if self.public_url.as_ref().is_none_or(|url| url.scheme() != "https") {
            return Err(ConfigError::PublicUrl);
        }
        if !self.identity_providers.iter().all(Issuer::is_by_https) {
            return Err(ConfigError::IdentityProvider);
        }
        if self.signing_key.is_none() && self.signing_key_file.is_none() && self.signing_key_dir.is_none() {
            return Err(ConfigError::Missing(
                "COMMONPURSE_SIGNING_KEY, COMMONPURSE_SIGNING_KEY_FILE or COMMONPURSE_SIGNING_KEY_DIR",
            ));
        }
        // The worker sends the mail, from the same environment: without it nobody could sign in.
        if std::env::var_os("COMMONPURSE_SMTP_URL").is_none() {
            return Err(ConfigError::Missing("COMMONPURSE_SMTP_URL"));
        }
        Ok(())
    }

    /// Of whom a second factor is asked.
    pub fn second_factor_demanded(&self) -> Demanded {
        let default = if self.production { Demanded::Always } else { Demanded::Enrolled };
        self.second_factor.second_factor.unwrap_or(default)
    }

    /// How long a request waits for its turn.
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms.into())
    }

    /// The signing keys: as they were set, or the one that development keeps in the state directory.
    pub fn signing_keys(&self) -> Result<SigningKeys, ConfigError> {
        if let Some(directory) = &self.signing_key_dir {
            return Ok(files::load(directory)?);
        }
        let current = match (&self.signing_key, &self.signing_key_file) {
            (Some(key), _) => key.clone(),
            (None, Some(path)) => files::read(path)?,
            (None, None) => files::load_or_make(&self.state_dir.join("signing-key.pem"), keys::generate)?,
        };
        Ok(SigningKeys { current, others: Vec::new() })
    }

    /// The keys that seal bank details: as they were set, or those that development keeps in the state directory.
    pub fn vault(&self) -> Result<Vault, VaultError> {
        match &self.bank_key_dir {
            Some(directory) => Vault::load(directory),
            None if self.production => Ok(Vault::default()),
            None => Vault::load_or_make(&self.state_dir.join("bank-keys")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use secrecy::ExposeSecret;
    use std::fs;
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
    fn production_refuses_the_defaults_of_development() {
        assert!(parse(&[]).check().is_ok());
        assert!(parse(&["--production"]).check().is_err());
        assert!(parse(&["--production", "--public-url", "http://purse.example"]).check().is_err());
        assert!(parse(&["--production", "--public-url", "https://purse.example"]).check().is_err());
    }

    #[test]
    fn sf_production_asks_everybody_for_a_second_factor_unless_it_is_told_otherwise() {
        let demanded = |flags: &[&str]| parse(flags).second_factor_demanded();
        assert_eq!(demanded(&[]), Demanded::Enrolled);
        assert_eq!(demanded(&["--production"]), Demanded::Always);
        assert_eq!(demanded(&["--production", "--second-factor", "enrolled"]), Demanded::Enrolled);
        assert_eq!(demanded(&["--second-factor", "always"]), Demanded::Always);
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
        let config = parse(&["--state-dir", directory.to_str().unwrap()]);
        let key = || config.signing_keys().unwrap().current.expose_secret().to_owned();
        assert_eq!(key(), key());
        let mode = fs::metadata(directory.join("signing-key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "no draft is left");
        fs::remove_dir_all(&directory).unwrap();
    }
}
