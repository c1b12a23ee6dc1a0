//! What our programs log, and what no setting can make them log.

use std::io::IsTerminal;

use tracing_subscriber::filter::{EnvFilter, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::Error;

/// The variable that says what is logged.
pub const LOG_VARIABLE: &str = "COMMONPURSE_LOG";

/// Crates of this project: what they say at any level names neither donors nor secrets.
const OURS: [&str; 6] = ["api", "commonpurse", "commonpurse_worker", "ledger", "migrations", "worker"];

/// Logs to standard error: JSON for machines, lines for people. `COMMONPURSE_LOG` says what, or else `default`.
///
/// Libraries say no more than `info`, and the driver of the database no more than `warn`, whatever the variable says: below
/// that they repeat what goes through them, such as statements with their values, or the talk with a mail server.
///
/// # Errors
///
/// [`Error::LogFilter`] when the variable cannot be read.
pub fn start_log(default: &str, for_machines: bool) -> Result<(), Error> {
    let asked = std::env::var(LOG_VARIABLE).unwrap_or_else(|_| default.to_owned());
    let filter = EnvFilter::try_new(asked).map_err(|error| Error::LogFilter(error.to_string()))?;
    let capped = filter_fn(|metadata| *metadata.level() <= most(metadata.target()));
    let registry = tracing_subscriber::registry().with(filter).with(capped);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    if for_machines {
        registry.with(lines.json()).init();
    } else {
        registry.with(lines.compact()).init();
    }
    Ok(())
}

/// The most that a target may say.
fn most(target: &str) -> LevelFilter {
    match target.split("::").next().unwrap_or_default() {
        crate_name if OURS.contains(&crate_name) => LevelFilter::TRACE,
        "tokio_postgres" => LevelFilter::WARN,
        _ => LevelFilter::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t15_only_our_own_crates_say_more_than_information() {
        assert_eq!(most("worker::runner"), LevelFilter::TRACE);
        assert_eq!(most("tokio_postgres::prepare"), LevelFilter::WARN);
        for library in ["lettre::transport::smtp", "hyper", "worker_of_somebody", "log", ""] {
            assert_eq!(most(library), LevelFilter::INFO, "{library}");
        }
    }
}
