//! One test's own database.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tokio_postgres::error::SqlState;

use crate::connection::{LOGIN, connect, with_database, with_login};
use crate::error::Error;
use crate::server::PrivateServer;
use crate::server::cluster::quoted;
use crate::testing::template::Login;
use crate::testing::{shared, template};

/// A clone is refused while another one is being made from the same template on some versions of PostgreSQL.
const CLONE_ATTEMPTS_MAX: u32 = 4_000;
const CLONE_PAUSE: Duration = Duration::from_millis(25);

/// Where the tests of this process have their databases: found once, and kept alive until the process ends.
struct Server {
    /// A database that always exists, as its owner; others are made from there.
    maintenance_url: String,
    /// The same as tests reach it: with TLS, where the cluster is our own.
    url: String,
    template: String,
    login: Login,
    _hold: Option<shared::Hold>,
}

static SERVER: OnceCell<Server> = OnceCell::const_new();

/// A database with the newest schema and no data, which is dropped with this value.
pub struct TestDatabase {
    /// The database's URL for its owner, who may do anything.
    pub url: String,
    /// The same database as the service logs in; [`crate::service_access`] adds the time limits.
    pub service_url: String,
    maintenance_url: String,
    name: String,
}

impl TestDatabase {
    /// Makes a migrated database for one test.
    ///
    /// # Errors
    ///
    /// [`Error`] when no server can be found or started, or a migration fails.
    pub async fn create() -> Result<Self, Error> {
        let server = server().await?;
        let database = Self::create_from(server, &server.template).await?;
        // A clone is a copy of its template like any other.
        let client = connect(&with_database(&server.maintenance_url, &database.name)?.parse()?).await?;
        let adopted = client.execute("/* database::create */ SELECT public.adoption_record('a test')", &[]).await;
        adopted.map_err(|error| Error::statement("to adopt a database for a test", &error))?;
        Ok(database)
    }

    /// Makes an empty database, for tests of the migrations themselves.
    ///
    /// # Errors
    ///
    /// [`Error`] when no server can be found or started.
    pub async fn create_empty() -> Result<Self, Error> {
        let server = server().await?;
        Self::create_from(server, "template0").await
    }

    /// Makes a migrated database on a server that the test has started for itself, because it changes its settings or reads
    /// its log.
    ///
    /// # Errors
    ///
    /// [`Error`] when a migration fails.
    pub async fn create_on(server: &PrivateServer, name: &str) -> Result<Self, Error> {
        server.migrate(name).await?;
        let (url, service_url, maintenance_url) = (server.url(name), server.service_url(name), server.url("postgres"));
        Ok(Self { url, service_url, maintenance_url, name: name.to_owned() })
    }

    /// The database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn create_from(server: &Server, template: &str) -> Result<Self, Error> {
        let name = format!("cp_test_{:032x}", rand::random::<u128>());
        let maintenance_url = server.maintenance_url.clone();
        let url = with_database(&server.url, &name)?;
        let service_url = with_login(&url, server.login.name, Some(&server.login.password))?;
        // A copy has the rights of its template within, and the rights of any new database upon itself.
        let closed = format!("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC", quoted(&name));
        let client = connect(&maintenance_url.parse()?).await?;
        let statement = format!("CREATE DATABASE {} TEMPLATE {}", quoted(&name), quoted(template));
        for _ in 0..CLONE_ATTEMPTS_MAX {
            match client.batch_execute(&statement).await {
                Ok(()) => {
                    let done = client.batch_execute(&closed).await;
                    done.map_err(|error| Error::statement("the rights of a database for a test", &error))?;
                    return Ok(Self { url, service_url, maintenance_url, name });
                }
                Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
                    tokio::time::sleep(CLONE_PAUSE).await;
                }
                Err(error) => return Err(Error::statement("a database for a test", &error)),
            }
        }
        Err(Error::Statement { doing: "a database for a test", why: "the template stays in use".to_owned() })
    }
}

impl fmt::Debug for TestDatabase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TestDatabase").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for TestDatabase {
    /// Drops the database in a thread of its own: the test's runtime may be busy, current-thread, or going.
    fn drop(&mut self) {
        let (url, name) = (self.maintenance_url.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || -> Result<(), String> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(|error| error.to_string())?.block_on(async {
                let client = connect(&url.parse().map_err(in_words)?).await.map_err(in_words)?;
                let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(&name));
                client.batch_execute(&statement).await.map_err(|error| error.to_string())
            })
        });
        if let Ok(Err(why)) = dropping.join() {
            tracing::warn!("a test's database stays behind: {why}");
        }
    }
}

fn in_words(error: Error) -> String {
    error.to_string()
}

async fn server() -> Result<&'static Server, Error> {
    SERVER.get_or_try_init(find_server).await
}

async fn find_server() -> Result<Server, Error> {
    let (maintenance_url, url, login, hold) = match std::env::var("DATABASE_URL") {
        Ok(url) if !url.is_empty() => {
            let login = Login { name: "commonpurse_tests", password: password_for(&url) };
            (url.clone(), url, login, None)
        }
        Ok(_) | Err(_) => {
            let joined = tokio::task::spawn_blocking(shared::join).await;
            let joined = joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
            let login = Login { name: LOGIN, password: joined.password };
            (joined.maintenance_url, joined.url, login, Some(joined.hold))
        }
    };
    let template = template::ensure(&maintenance_url, &login).await?;
    Ok(Server { maintenance_url, url, template, login, _hold: hold })
}

/// On somebody's server all test processes need the same password, which nobody else can guess.
fn password_for(maintenance_url: &str) -> String {
    hex::encode(Sha256::digest(maintenance_url))
}
