//! The private server: one directory, one owner process, gone when its owner is.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::error::SqlState;

use crate::connection::{LOGIN, connect};
use crate::error::Error;
use crate::roles::{self, Roles};
use crate::server::Durability;
use crate::server::account::Account;
use crate::server::certificate;
use crate::server::launch::{Lifeline, Plan, Running, initialise, launch, remove};
use crate::server::pidfile;
use crate::server::place::{private_directory, settle};
use crate::server::programs::Programs;

/// The superuser of a private cluster.
pub(crate) const OWNER: &str = "postgres";

/// Longer than the supervisor itself gives the server.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// A log larger than this is put aside at the next start.
const LOG_BYTES_MAX: u64 = 16 << 20;

/// A running PostgreSQL that belongs to this process.
///
/// It stops when this value is dropped, and soon after this process has ended in any other way. Connections through
/// [`url`](Self::url) use a unix socket that only the server's user, its owner and root can reach.
pub struct PrivateServer {
    home: PathBuf,
    plan: Plan,
    password: String,
    running: Running,
    stopped: bool,
    /// Only one process may own a cluster; the lock goes with the process.
    _lock: File,
}

/// A home that a server can live in, and the account it will live as.
pub(crate) struct Home {
    pub(crate) path: PathBuf,
    pub(crate) account: Account,
}

impl Home {
    /// Settles on a home, here or elsewhere.
    pub(crate) fn settle(wanted: &Path) -> Result<Self, String> {
        let account = Account::for_data(&wanted.join("cluster"))?;
        Ok(Self { path: settle(wanted, account)?, account })
    }

    /// Makes the directory in it that is the server's own. Call it with the home's lock held.
    pub(crate) fn cluster(&self) -> Result<PathBuf, String> {
        let cluster = self.path.join("cluster");
        private_directory(&cluster, self.account, 0o700)?;
        Ok(cluster)
    }
}

impl PrivateServer {
    /// Starts a server under `home`, making its data on the first run.
    ///
    /// Run as root, the server runs as `postgres` or `nobody`, and when that user cannot reach `home`, its files lie in
    /// a lasting private directory instead; [`home`](Self::home) tells which. What a crash left behind is settled
    /// first: a stale lock file is removed, a server without an owner is stopped.
    ///
    /// # Errors
    ///
    /// [`Error::Programs`] when PostgreSQL is not installed, [`Error::Server`] when another process owns the cluster or
    /// the server does not start.
    pub async fn start(home: &Path, durability: Durability) -> Result<Self, Error> {
        let home = home.to_path_buf();
        let started = tokio::task::spawn_blocking(move || Self::start_blocking(&home, durability)).await;
        started.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    /// [`start`](Self::start) for callers without a runtime.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn start_blocking(home: &Path, durability: Durability) -> Result<Self, Error> {
        let wanted = home.to_path_buf();
        let failed = |why| Error::Server { home: wanted.clone(), why };
        let home = Home::settle(home).map_err(failed)?;
        let lock = own(&home.path).map_err(failed)?;
        let cluster = home.cluster().map_err(failed)?;
        let data = cluster.join(match durability {
            Durability::Kept => "data".to_owned(),
            Durability::Throwaway => format!("data-{:016x}", rand::random::<u64>()),
        });
        let log = cluster.join("server.log");
        clear_throwaways(&cluster, |_| false).map_err(failed)?;
        put_aside(&log);
        let programs = programs_for(&data)?;
        let password = password_of(&home.path, &data).map_err(failed)?;
        if !data.join("PG_VERSION").exists() {
            remove(&data).map_err(failed)?;
            initialise(&programs, home.account, &data, durability, &password).map_err(failed)?;
        }
        // Data of an older program has none.
        certificate::ensure(&data, home.account).map_err(failed)?;
        let (account, lifeline) = (home.account, Lifeline::Parent);
        let plan = Plan { programs, account, data, log, durability, lifeline, port: None };
        let running = launch(&plan).map_err(failed)?;
        Ok(Self { home: home.path, plan, password, running, stopped: false, _lock: lock })
    }

    /// The URL of a database for its owner, the superuser `postgres`, through the unix socket and without a password.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        socket_url(OWNER, &self.running.sockets, self.running.port, database)
    }

    /// The URL for programs that cannot use a unix socket, with TLS. It holds the password: never log it.
    #[must_use]
    pub fn tcp_url(&self, database: &str) -> String {
        tcp_url(OWNER, &self.password, self.running.port, database, &self.plan.data)
    }

    /// The same address for people to read, without the password.
    #[must_use]
    pub fn tcp_url_redacted(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.running.port)
    }

    /// Makes an empty database, and tells whether it is new.
    ///
    /// # Errors
    ///
    /// [`Error::Statement`] when the server refuses the name.
    pub async fn create_database(&self, name: &str) -> Result<bool, Error> {
        let client = connect(&self.url("postgres").parse()?).await?;
        match client.batch_execute(&format!("CREATE DATABASE {}", quoted(name))).await {
            Ok(()) => Ok(true),
            Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(false),
            Err(error) => Err(Error::statement("a new database", &error)),
        }
    }

    /// Makes a database when it is not there, brings it to the newest schema, and makes the service's login.
    ///
    /// # Errors
    ///
    /// Those of [`crate::apply`].
    pub async fn migrate(&self, database: &str) -> Result<(), Error> {
        self.create_database(database).await?;
        crate::apply(&self.url(database), &Roles::default()).await?;
        roles::make_login(&connect(&self.url(database).parse()?).await?, LOGIN, None).await
    }

    /// The URL of a migrated database for the service.
    #[must_use]
    pub fn service_url(&self, database: &str) -> String {
        socket_url(LOGIN, &self.running.sockets, self.running.port, database)
    }

    /// The loopback port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.running.port
    }

    /// The directory of the unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.running.sockets
    }

    /// Where the cluster really lies.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// PostgreSQL's own data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.plan.data
    }

    /// What the server has to say.
    #[must_use]
    pub fn log_file(&self) -> &Path {
        &self.plan.log
    }

    /// Whether the server still runs; it may have been killed from outside.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        !self.stopped && matches!(self.running.supervisor.try_wait(), Ok(None))
    }

    /// Kills the server (SIGKILL) in the middle of whatever it does: a crash, for tests. [`revive`](Self::revive) starts
    /// it again.
    ///
    /// # Errors
    ///
    /// [`Error::Server`] when it does not run or cannot be killed.
    pub fn crash(&mut self) -> Result<(), Error> {
        let failed = |why| Error::Server { home: self.home.clone(), why };
        let pid = pidfile::live_server(&self.plan.data).ok_or_else(|| failed("it does not run".to_owned()))?;
        kill(pid, Signal::SIGKILL).map_err(|error| failed(format!("{pid} cannot be killed: {error}")))?;
        // The supervisor has nobody left to wait for.
        self.running.supervisor.wait().map_err(|error| failed(error.to_string()))?;
        Ok(())
    }

    /// Starts a crashed server again, on the same port, and returns when it has recovered.
    ///
    /// # Errors
    ///
    /// [`Error::Server`] when it does not start.
    pub fn revive(&mut self) -> Result<(), Error> {
        self.plan.port = Some(self.running.port);
        let launched = launch(&self.plan);
        self.running = launched.map_err(|why| Error::Server { home: self.home.clone(), why })?;
        Ok(())
    }

    /// Stops the server, with a checkpoint, and waits for it.
    ///
    /// # Errors
    ///
    /// [`Error::Server`] when it cannot be stopped.
    pub async fn stop(self) -> Result<(), Error> {
        let stopped = tokio::task::spawn_blocking(move || self.stop_blocking()).await;
        stopped.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    /// [`stop`](Self::stop) for callers without a runtime.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn stop_blocking(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        if std::mem::replace(&mut self.stopped, true) {
            return Ok(());
        }
        let why = match end_supervised(&mut self.running.supervisor, &self.plan.data) {
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        Err(Error::Server { home: self.home.clone(), why })
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::warn!("{error}");
        }
    }
}

impl fmt::Debug for PrivateServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PrivateServer")
            .field("home", &self.home)
            .field("port", &self.running.port)
            .finish_non_exhaustive()
    }
}

/// The programs of the version that made the data, or the best ones for new data.
pub(crate) fn programs_for(data: &Path) -> Result<Programs, Error> {
    match std::fs::read_to_string(data.join("PG_VERSION")).ok().and_then(|text| text.trim().parse().ok()) {
        Some(major) => Programs::find_major(major),
        None => Programs::find(),
    }
}

/// Removes the data of earlier throwaway servers that are not in use, stopping those still running. Call it with the
/// lock held.
pub(crate) fn clear_throwaways(cluster: &Path, in_use: impl Fn(&Path) -> bool) -> Result<(), String> {
    let entries = std::fs::read_dir(cluster).map_err(|error| error.to_string())?;
    for entry in entries.flatten() {
        let is_throwaway = entry.file_name().as_encoded_bytes().starts_with(b"data-");
        if is_throwaway && !in_use(&entry.path()) {
            pidfile::clear(&entry.path())?;
            // Its supervisor may be removing it at the same time.
            let _ = remove(&entry.path());
        }
    }
    Ok(())
}

/// Keeps one older log, and only when the present one has grown large.
pub(crate) fn put_aside(log: &Path) {
    if std::fs::metadata(log).is_ok_and(|found| found.len() > LOG_BYTES_MAX) {
        let _ = std::fs::rename(log, log.with_extension("log.1"));
    }
}

/// A login's URL through the socket; the directory has no characters that need encoding but the slashes.
pub(crate) fn socket_url(login: &str, sockets: &Path, port: u16, database: &str) -> String {
    format!("postgresql://{login}@{}:{port}/{database}", sockets.display().to_string().replace('/', "%2F"))
}

/// A login's URL over TCP, which takes the server for ours by its certificate alone. The password has no characters that
/// need encoding.
pub(crate) fn tcp_url(login: &str, password: &str, port: u16, database: &str, data: &Path) -> String {
    let root = certificate::root(data).display().to_string();
    let root = utf8_percent_encode(&root, NON_ALPHANUMERIC);
    format!("postgresql://{login}:{password}@127.0.0.1:{port}/{database}?sslmode=verify-full&sslrootcert={root}")
}

/// An identifier in double quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Takes the lock that says who owns the cluster.
fn own(home: &Path) -> Result<File, String> {
    let lock = open_private(&home.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err("another process is running it; stop that one first".to_owned()),
        Err(TryLockError::Error(error)) => Err(format!("its lock cannot be taken: {error}")),
    }
}

/// A file that only we can read, made when it is not there.
pub(crate) fn open_private(path: &Path) -> Result<File, String> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(|error| format!("{} cannot be opened: {error}", path.display()))
}

/// The superuser's password: the one the data was made with, or a new one for new data.
fn password_of(home: &Path, data: &Path) -> Result<String, String> {
    let path = home.join("password");
    if data.join("PG_VERSION").exists() {
        return std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()));
    }
    let password = hex::encode(rand::random::<[u8; 24]>());
    let mut file = open_private(&path)?;
    file.set_len(0).and_then(|()| file.write_all(password.as_bytes())).map_err(|error| error.to_string())?;
    Ok(password)
}

/// Lets go of the lifeline and waits; a supervisor that does not manage it is helped.
fn end_supervised(supervisor: &mut Child, data: &Path) -> Result<(), String> {
    drop(supervisor.stdin.take());
    let gone = |supervisor: &mut Child| !matches!(supervisor.try_wait(), Ok(None));
    if pidfile::wait_until(STOP_DEADLINE, || gone(supervisor)) {
        return Ok(());
    }
    if let Some(pid) = pidfile::live_server(data) {
        pidfile::stop(pid, data)?;
    }
    supervisor.kill().and_then(|()| supervisor.wait()).map_err(|error| error.to_string())?;
    Ok(())
}
