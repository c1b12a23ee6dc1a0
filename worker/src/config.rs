//! What the worker needs to know, from flags or environment variables. Development defaults never start in production.

use clap::Parser;
use jiff::civil::Time;
use migrations::settings::{DatabaseConfig, StripeConfig};
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use url::Url;
use vault::{Vault, VaultError};

/// Charges pledges, closes clocks, releases funds and sends e-mail. Any number of workers may run beside each other.
#[derive(Debug, Clone, Parser)]
#[command(name = "commonpurse-worker", version, about)]
pub struct Config {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// Real people and real money: JSON logs, and no e-mail into files.
    #[arg(long, env = "COMMONPURSE_PRODUCTION")]
    pub production: bool,

    /// Write e-mail into this directory instead of sending it: for development.
    #[arg(long, env = "COMMONPURSE_MAIL_DIR", conflicts_with = "smtp_url")]
    pub mail_dir: Option<PathBuf>,

    /// The mail server: smtps://user:password@host, or smtp://host?tls=required.
    #[arg(long, env = "COMMONPURSE_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,

    /// The sender of e-mail.
    #[arg(long, env = "COMMONPURSE_MAIL_FROM", default_value = "commonpurse <noreply@localhost>")]
    pub mail_from: String,

    /// Where people reach the pages: links in e-mail begin with it.
    #[arg(long, env = "COMMONPURSE_PUBLIC_URL", default_value = "http://localhost:8080")]
    pub public_url: Url,

    /// Address and port at which whoever runs the worker sees it: GET /livez, /readyz and /metrics. Not for strangers; port 0
    /// takes a free one. [default: none]
    #[arg(long, env = "COMMONPURSE_WORKER_LISTEN")]
    pub listen: Option<SocketAddr>,

    /// How many jobs of a kind of work run at once: those that need the mail server, a payment provider, only the book.
    #[arg(long, env = "COMMONPURSE_WORKER_CONCURRENCY", default_value_t = 8,
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub concurrency: u16,

    /// How long to wait before looking again when nothing is due, in milliseconds.
    #[arg(long, env = "COMMONPURSE_WORKER_POLL_MS", default_value_t = 200,
          value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub poll_ms: u64,

    /// Who takes the payments of live books.
    #[command(flatten)]
    pub stripe: StripeConfig,

    /// Stop when standard input ends: whoever started this worker has gone.
    #[arg(long, env = "COMMONPURSE_STOP_WITH_PARENT", hide = true)]
    pub stop_with_parent: bool,

    /// Who screens payees: payouts are sent by POST to this address, and go on with `{"result": "clear"}`. [default: nobody]
    #[arg(long, env = "COMMONPURSE_SCREENING_URL")]
    pub screening_url: Option<Url>,

    /// A directory with the keys that seal secrets of webhook endpoints: that of `commonpurse`. Without it nothing is sent to them.
    /// [default: none]
    #[arg(long, env = "COMMONPURSE_BANK_KEY_DIR")]
    pub bank_key_dir: Option<PathBuf>,

    /// Let what people have fetched in sandbox books be at any address and port, this machine's too: for development.
    #[arg(long, env = "COMMONPURSE_FETCH_ANYWHERE")]
    pub fetch_anywhere: bool,

    /// How long a job may take before another worker may take it over, in seconds.
    #[arg(long, env = "COMMONPURSE_WORKER_LEASE_S", default_value_t = 60,
          value_parser = clap::value_parser!(u16).range(8..=3_600))]
    pub lease_s: u16,

    /// When persons are mailed what waits for them, once a day: a time of the day in UTC, such as 06:00, or never.
    #[arg(long, env = "COMMONPURSE_TASKS_MAIL_AT", default_value = "06:00")]
    pub tasks_mail_at: DailyAt,

    /// Dies on purpose, for tests of crashes; development builds only.
    #[arg(long, env = "COMMONPURSE_FAULT", hide = true, value_parser = Fault::parse)]
    pub fault: Option<Fault>,
}

impl Config {
    /// Where e-mail goes, or why this configuration cannot start.
    pub fn mail_route(&self) -> Result<MailRoute<'_>, ConfigError> {
        match (&self.smtp_url, &self.mail_dir) {
            (Some(url), None) => Ok(MailRoute::Smtp(url)),
            (None, Some(_)) if self.production => Err(ConfigError::FilesInProduction),
            (None, Some(dir)) => Ok(MailRoute::Files(dir)),
            (None, None) => Err(ConfigError::NoMailRoute),
            (Some(_), Some(_)) => Err(ConfigError::TwoMailRoutes),
        }
    }

    /// What must hold in production beyond the single values.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.mail_route()?;
        if !self.production {
            return Ok(());
        }
        if self.public_url.scheme() != "https" {
            return Err(ConfigError::PublicUrl);
        }
        if self.mail_from.contains("@localhost") {
            return Err(ConfigError::Sender);
        }
        if self.fault.is_some() {
            return Err(ConfigError::Fault);
        }
        if self.fetch_anywhere {
            return Err(ConfigError::FetchAnywhere);
        }
        if self.stripe.stripe_url.scheme() != "https" {
            return Err(ConfigError::StripeUrl);
        }
        if self.screening_url.as_ref().is_some_and(|url| url.scheme() != "https") {
            return Err(ConfigError::ScreeningUrl);
        }
        Ok(())
    }

    /// The keys that open secrets of webhook endpoints.
    ///
    /// # Errors
    ///
    /// For a directory that cannot be read, or holds what is no key.
    pub fn vault(&self) -> Result<Vault, VaultError> {
        self.bank_key_dir.as_deref().map_or_else(|| Ok(Vault::default()), Vault::load)
    }

    /// How long to wait before looking again when nothing is due.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }
}

/// When something is done once a day, in UTC; none for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyAt(pub Option<Time>);

impl FromStr for DailyAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<DailyAt, &'static str> {
        if text == "never" {
            return Ok(DailyAt(None));
        }
        Time::strptime("%H:%M", text).map(|at| DailyAt(Some(at))).map_err(|_| "a time such as 06:00, or never")
    }
}

/// Where e-mail goes.
#[derive(Debug, Clone, Copy)]
pub enum MailRoute<'a> {
    /// To a mail server.
    Smtp(&'a SecretString),
    /// Into a directory.
    Files(&'a PathBuf),
}

/// Why a configuration cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Neither a mail server nor a directory is set.
    #[error("e-mail has nowhere to go: set COMMONPURSE_SMTP_URL, or COMMONPURSE_MAIL_DIR in development")]
    NoMailRoute,
    /// A mail server and a directory are set.
    #[error("set COMMONPURSE_SMTP_URL or COMMONPURSE_MAIL_DIR, not both")]
    TwoMailRoutes,
    /// Mail would go into a directory, and this is production.
    #[error("COMMONPURSE_MAIL_DIR is for development: production needs COMMONPURSE_SMTP_URL")]
    FilesInProduction,
    /// The links in mails would not be encrypted.
    #[error("production needs COMMONPURSE_PUBLIC_URL, and it begins with https://")]
    PublicUrl,
    /// Mail would be sent in the name of the development sender.
    #[error("production needs COMMONPURSE_MAIL_FROM")]
    Sender,
    /// The key of the payment provider would not be encrypted on its way.
    #[error("production needs a COMMONPURSE_STRIPE_URL that begins with https://")]
    StripeUrl,
    /// Names of payees would not be encrypted on their way.
    #[error("production needs a COMMONPURSE_SCREENING_URL that begins with https://, or none")]
    ScreeningUrl,
    /// People could have anything fetched that this machine reaches.
    #[error("COMMONPURSE_FETCH_ANYWHERE is for development, never for production")]
    FetchAnywhere,
    /// A crash is planned, and this is production.
    #[error("COMMONPURSE_FAULT is for tests, never for production")]
    Fault,
}

/// A crash on purpose, so that tests can see what it leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `exit_after_charge:<n>`: the process dies after the nth call of a payment provider, before it writes the answer.
    ExitAfterCharge(u32),
}

impl Fault {
    fn parse(text: &str) -> Result<Fault, String> {
        if !cfg!(debug_assertions) {
            return Err("this build has no fault points".into());
        }
        let calls = text.strip_prefix("exit_after_charge:").and_then(|calls| calls.parse().ok());
        match calls {
            Some(calls) if calls > 0 => Ok(Fault::ExitAfterCharge(calls)),
            Some(_) | None => Err("expected exit_after_charge:<n>, n from 1".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn config(flags: &[&str]) -> Result<Config, clap::Error> {
        let fixed = ["commonpurse-worker", "--database-url", "postgresql://u:hunter2@h/db"];
        Config::try_parse_from(fixed.iter().chain(flags))
    }

    #[test]
    fn what_is_done_once_a_day_is_done_at_a_time_or_never() {
        let read = |text: &str| text.parse::<DailyAt>();
        assert_eq!(read("never"), Ok(DailyAt(None)));
        assert_eq!(read("06:00"), Ok(DailyAt(Some(jiff::civil::time(6, 0, 0, 0)))));
        for wrong in ["", "24:00", "6", "06:00:00", "Never", "6 am"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_development_worker_writes_mail_into_files() {
        let config = config(&["--mail-dir", "/tmp/mail"]).unwrap();
        assert_eq!(config.check(), Ok(()));
        assert!(matches!(config.mail_route(), Ok(MailRoute::Files(_))));
    }

    #[test]
    fn production_refuses_what_is_for_development() {
        let check = |flags: &[&str]| config(flags).unwrap().check();
        let smtp = ["--production", "--smtp-url", "smtps://u:p@mail.example.org"];
        let with = |more: &[&str]| check(&[&smtp[..], more].concat());
        assert_eq!(check(&["--production", "--mail-dir", "/tmp/mail"]), Err(ConfigError::FilesInProduction));
        assert_eq!(check(&["--production"]), Err(ConfigError::NoMailRoute));
        assert_eq!(with(&[]), Err(ConfigError::PublicUrl));
        let url = ["--public-url", "https://purse.example.org"];
        assert_eq!(with(&url), Err(ConfigError::Sender));
        let from = ["--mail-from", "Purse <purse@example.org>"];
        assert_eq!(with(&[&url[..], &from].concat()), Ok(()));
        let fault = ["--fault", "exit_after_charge:1"];
        assert_eq!(with(&[&url[..], &from, &fault].concat()), Err(ConfigError::Fault));
        let anywhere = ["--fetch-anywhere"];
        assert_eq!(with(&[&url[..], &from, &anywhere].concat()), Err(ConfigError::FetchAnywhere));
    }

    #[test]
    fn an_unknown_flag_and_a_value_out_of_bounds_are_refused() {
        assert!(config(&["--conurrency", "3"]).is_err());
        assert!(config(&["--concurrency", "0"]).is_err());
        assert!(config(&["--fault", "exit_after_charge:0"]).is_err());
        assert!(config(&["--fault", "sleep"]).is_err());
    }

    #[test]
    fn the_api_knows_each_variable_of_this_program_and_this_one_reads_all_that_are_its_own() {
        let [_, own] = migrations::settings::known_variables();
        assert_eq!(migrations::settings::variables_of::<Config>(), own);
    }

    #[test]
    fn no_secret_is_printed() {
        let config = config(&["--smtp-url", "smtps://u:hunter2@mail.example.org"]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(config.database.url().unwrap().expose_secret().contains("hunter2"));
    }
}
