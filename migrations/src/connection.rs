//! How this project connects: one place for time limits, the owner's role, and TLS.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use crate::error::{Error, explain};
use encryption::Split;

mod encryption;

/// Runaway statements and forgotten transactions end by themselves; an operator's URL may set other limits. Reports add up
/// many rows in a tenth of a second: compiling them first would take longer.
const LIMITS: &str =
    "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 -c jit=off";

/// Whatever a service asks, it asks for one book or by a key, and there is an index for it. A table that was small when its
/// statements were planned would be read whole for ever after, as plans are kept until somebody looks at the table again.
const BY_INDEX: &str = "-c enable_seqscan=off";

/// The login of private servers. It has no password: their socket is private.
pub(crate) const LOGIN: &str = "commonpurse";

/// How long one attempt to reach a host may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The way to a database: where it is, as whom to log in, and how the connection is encrypted.
///
/// It is read from a `postgresql://` URL (unix sockets as a percent-encoded host, several hosts for failover) or from a
/// `key=value` string. `sslmode` and `sslrootcert` mean what they mean to libpq:
///
/// | `sslmode` | encrypted | the server's certificate |
/// |---|---|---|
/// | `disable` | no | |
/// | `prefer`, or none | when the server can | leads to `sslrootcert`, when that is given |
/// | `require` | yes | leads to `sslrootcert`, when that is given |
/// | `verify-ca` | yes | leads to a root |
/// | `verify-full` | yes | leads to a root, and is for the host of the URL |
///
/// `sslrootcert` is a file in PEM, or `system`. The roots are those of the machine when it is not given. A unix socket is
/// never encrypted.
#[derive(Clone)]
pub struct Access {
    /// Where, and as whom.
    pub config: Config,
    /// What makes the connection a private one.
    pub tls: MakeRustlsConnect,
}

impl Access {
    /// The same way with more settings.
    #[must_use]
    pub fn with(self, settings: impl FnOnce(Config) -> Config) -> Self {
        Self { config: settings(self.config), tls: self.tls }
    }
}

impl FromStr for Access {
    type Err = Error;

    /// As the URL says, with a time limit for connecting and keepalives.
    fn from_str(url: &str) -> Result<Self, Error> {
        let split = Split::new(url)?;
        // The driver's own message is dropped: it may quote the URL, and with it a password.
        let mut config: Config = split.rest.parse().map_err(|_| Error::Url)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config
            .keepalives(true)
            .keepalives_idle(Duration::from_secs(30))
            .keepalives_interval(Duration::from_secs(10))
            .keepalives_retries(3);
        let wanted = split.wanted()?;
        let is_local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        config.ssl_mode(if is_local { SslMode::Disable } else { wanted.mode });
        Ok(Self { config, tls: encryption::connector(&wanted)? })
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Access").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The way to the database for every connection of a service process. Options in the URL win over our time limits.
///
/// # Errors
///
/// [`Error::Url`] when the URL cannot be read, [`Error::TlsMode`] and [`Error::RootCertificate`] for what it says of TLS.
pub fn service_access(url: &str, application_name: &str) -> Result<Access, Error> {
    with_options(url, application_name, BY_INDEX, "")
}

/// The same in the place of a role that the login is a member of.
pub(crate) fn access_as(url: &str, application_name: &str, role: &str) -> Result<Access, Error> {
    with_options(url, application_name, "", &format!("-c role={role}"))
}

/// What the URL says wins over what stands before it, and not over the role.
fn with_options(url: &str, application_name: &str, before: &str, role: &str) -> Result<Access, Error> {
    let mut access: Access = url.parse()?;
    let options = format!("{LIMITS} {before} {} {role}", access.config.get_options().unwrap_or_default());
    access.config.options(options).application_name(application_name);
    Ok(access)
}

/// The same database for the login that private servers have for the service.
///
/// # Errors
///
/// [`Error::Url`] when the URL cannot be read.
pub fn service_url(owner_url: &str) -> Result<String, Error> {
    with_login(owner_url, LOGIN, None)
}

/// Connects and drives the connection in a task of its own, which ends when the client is dropped.
///
/// # Errors
///
/// [`Error::Connect`] when no host can be reached or the server refuses us.
pub async fn connect(access: &Access) -> Result<Client, Error> {
    let connecting = access.config.connect(access.tls.clone()).await;
    let (client, connection) = connecting.map_err(|error| Error::Connect(explain(&error)))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!("a database connection ended: {}", explain(&error));
        }
    });
    Ok(client)
}

/// The same server and user, another database.
pub(crate) fn with_database(url: &str, database: &str) -> Result<String, Error> {
    match whole(url)? {
        Some(mut url) => {
            url.set_path(database);
            Ok(url.into())
        }
        None => Ok(format!("{url} dbname={database}")),
    }
}

/// The same server and database, another login. `password` has neither quotes nor spaces in it.
pub(crate) fn with_login(url: &str, user: &str, password: Option<&str>) -> Result<String, Error> {
    match whole(url)? {
        Some(mut url) => {
            url.set_username(user).and_then(|()| url.set_password(password)).map_err(|()| Error::Url)?;
            Ok(url.into())
        }
        None => {
            let password = password.map(|password| format!(" password={password}")).unwrap_or_default();
            Ok(format!("{url} user={user}{password}"))
        }
    }
}

/// The parts of a URL; none when it is a `key=value` string, of which the last value of a key counts.
fn whole(url: &str) -> Result<Option<Url>, Error> {
    url.parse::<Access>()?;
    if url.starts_with("postgresql://") || url.starts_with("postgres://") {
        return Url::parse(url).map(Some).map_err(|_| Error::Url);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_may_change_the_limits_and_the_owner_keeps_its_role() {
        let url = "postgresql://app@db/x?options=-c%20statement_timeout%3D9%20-c%20role%3Dpostgres";
        let config = access_as(url, "api", "commonpurse_owner").unwrap().config;
        let options = config.get_options().unwrap();
        let order = |what: &str| options.rfind(what).unwrap();
        assert!(order("statement_timeout=9") > order("statement_timeout=30000"), "{options}");
        assert!(order("role=commonpurse_owner") > order("role=postgres"), "{options}");
        assert_eq!(config.get_application_name(), Some("api"));
        let config = service_access("postgresql://app@db/x", "api").unwrap().config;
        assert!(!config.get_options().unwrap().contains("role"));
    }

    #[test]
    fn another_login_on_the_same_database() {
        let cases = [
            ("postgresql://u:p@h:1/a?connect_timeout=3", "postgresql://s@h:1/a?connect_timeout=3"),
            ("postgresql://u@%2Ftmp%2Fcp-x:5432/a", "postgresql://s@%2Ftmp%2Fcp-x:5432/a"),
            ("host=h user=u", "host=h user=u user=s"),
        ];
        for (from, to) in cases {
            assert_eq!(with_login(from, "s", None).unwrap(), to);
            assert_eq!(to.parse::<Access>().unwrap().config.get_user(), Some("s"));
        }
        assert_eq!(with_login("postgresql://u:p@h/a", "s", Some("w")).unwrap(), "postgresql://s:w@h/a");
    }

    #[test]
    fn a_socket_directory_is_a_percent_encoded_host() {
        let config =
            service_access("postgresql://postgres@%2Ftmp%2Fcp-x:5432/name?sslmode=require", "api").unwrap().config;
        assert_eq!(config.get_hosts(), [tokio_postgres::config::Host::Unix("/tmp/cp-x".into())]);
        assert_eq!(config.get_dbname(), Some("name"));
        assert_eq!(config.get_ssl_mode(), SslMode::Disable);
    }

    #[test]
    fn a_password_is_in_no_error_and_in_no_debug_output() {
        let wrong = [
            "postgre://u:hunter2@h/db?sslmode=x",
            "postgresql://u:hunter2@h:notaport/db",
            "postgresql://u:hunter2@h/db?sslmode=hunter2",
            "postgresql://u:hunter2@h/db?sslmode=verify-full&sslrootcert=/nowhere/root.crt",
        ];
        for url in wrong {
            let error = service_access(url, "api").unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        let access = service_access("postgresql://u:hunter2@h/db", "api").unwrap();
        assert!(!format!("{access:?}").contains("hunter2"));
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
            assert_eq!(to.parse::<Access>().unwrap().config.get_dbname(), Some("b"));
        }
    }
}
