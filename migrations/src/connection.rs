//! How this project connects: one place for time limits, the service's role, and later TLS.

use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};
use url::Url;

use crate::error::{Error, explain};

/// Runaway statements and forgotten transactions end by themselves; an operator's URL may set other limits. Reports add up
/// many rows in a tenth of a second: compiling them first would take longer.
const LIMITS: &str =
    "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 -c jit=off";

/// The role that may do what the service does and no more; the first migration makes it.
const SERVICE_ROLE: &str = "-c role=commonpurse_service";

/// How long one attempt to reach a host may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The configuration for every connection of a service process.
///
/// Takes a `postgresql://` URL (unix sockets as a percent-encoded host, several hosts for failover) or a `key=value`
/// string. Options in the URL win over our time limits, but not over the role.
///
/// # Errors
///
/// [`Error::Url`] when the URL cannot be read.
pub fn service_config(url: &str, application_name: &str) -> Result<Config, Error> {
    let mut config = parse(url)?;
    let options = match config.get_options() {
        Some(given) => format!("{LIMITS} {given} {SERVICE_ROLE}"),
        None => format!("{LIMITS} {SERVICE_ROLE}"),
    };
    config.options(options).application_name(application_name);
    Ok(config)
}

/// Connects and drives the connection in a task of its own, which ends when the client is dropped.
///
/// # Errors
///
/// [`Error::Connect`] when no host can be reached or the server refuses us.
pub async fn connect(config: &Config) -> Result<Client, Error> {
    // TLS to the database would be chosen here, and only here.
    let (client, connection) = config.connect(NoTls).await.map_err(|error| Error::Connect(explain(&error)))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!("a database connection ended: {}", explain(&error));
        }
    });
    Ok(client)
}

/// The owner's configuration: as the URL says, with a time limit for connecting and keepalives.
pub(crate) fn parse(url: &str) -> Result<Config, Error> {
    // The driver's own message is dropped: it may quote the URL, and with it a password.
    let mut config: Config = url.parse().map_err(|_| Error::Url)?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    config
        .keepalives(true)
        .keepalives_idle(Duration::from_secs(30))
        .keepalives_interval(Duration::from_secs(10))
        .keepalives_retries(3);
    Ok(config)
}

/// The same server and user, another database.
pub(crate) fn with_database(url: &str, database: &str) -> Result<String, Error> {
    if url.starts_with("postgresql://") || url.starts_with("postgres://") {
        let mut url = Url::parse(url).map_err(|_| Error::Url)?;
        url.set_path(database);
        return Ok(url.into());
    }
    parse(url)?;
    Ok(format!("{url} dbname={database}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_connects_with_its_role_and_limits_and_the_url_may_change_the_limits_only() {
        let url = "postgresql://app@db/x?options=-c%20statement_timeout%3D9%20-c%20role%3Dpostgres";
        let config = service_config(url, "api").unwrap();
        let options = config.get_options().unwrap();
        let order = |what: &str| options.rfind(what).unwrap();
        assert!(order("statement_timeout=9") > order("statement_timeout=30000"), "{options}");
        assert!(order("role=commonpurse_service") > order("role=postgres"), "{options}");
        assert_eq!(config.get_application_name(), Some("api"));
    }

    #[test]
    fn a_socket_directory_is_a_percent_encoded_host() {
        let config = service_config("postgresql://postgres@%2Ftmp%2Fcp-x:5432/name", "api").unwrap();
        assert_eq!(config.get_hosts(), [tokio_postgres::config::Host::Unix("/tmp/cp-x".into())]);
        assert_eq!(config.get_dbname(), Some("name"));
    }

    #[test]
    fn a_password_is_in_no_error_and_in_no_debug_output() {
        let wrong = ["postgre://u:hunter2@h/db?sslmode=x", "postgresql://u:hunter2@h:notaport/db"];
        for url in wrong {
            let error = service_config(url, "api").unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        let config = service_config("postgresql://u:hunter2@h/db", "api").unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn another_database_on_the_same_server() {
        let cases = [
            ("postgresql://u:p@h:1/a?connect_timeout=3", "postgresql://u:p@h:1/b?connect_timeout=3"),
            ("postgresql://u@%2Ftmp%2Fcp-x:5432/a", "postgresql://u@%2Ftmp%2Fcp-x:5432/b"),
            ("postgresql://u@h", "postgresql://u@h/b"),
            ("host=h dbname=a", "host=h dbname=a dbname=b"),
        ];
        for (from, to) in cases {
            assert_eq!(with_database(from, "b").unwrap(), to);
            assert_eq!(parse(to).unwrap().get_dbname(), Some("b"));
        }
    }
}
