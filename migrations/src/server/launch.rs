//! Makes a cluster's data and starts its server under the supervisor, until it takes connections.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::server::Durability;
use crate::server::account::Account;
use crate::server::certificate;
use crate::server::pidfile::{self, POLL, PidFile};
use crate::server::place;
use crate::server::programs::Programs;

/// Crash recovery replays at most `max_wal_size` of log, so that a slow disk needs its time.
const READY_DEADLINE: Duration = Duration::from_secs(120);

/// How long a lost port or the dying processes of a killed server are tried again.
const RETRY_DEADLINE: Duration = Duration::from_secs(15);

/// What to start.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) programs: Programs,
    pub(crate) account: Account,
    pub(crate) data: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) durability: Durability,
    pub(crate) lifeline: Lifeline,
    /// The port to take; any free one when none.
    pub(crate) port: Option<u16>,
}

/// Who keeps the server alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifeline {
    /// The one process that started it.
    Parent,
    /// Every process that has opened the named pipe in the socket directory, and this many seconds longer.
    Shared {
        /// How long the server waits for the next process.
        linger_s: u32,
    },
}

/// A server that takes connections.
#[derive(Debug)]
pub(crate) struct Running {
    /// The supervisor; its standard input is the lifeline, unless that is shared.
    pub(crate) supervisor: Child,
    pub(crate) port: u16,
    pub(crate) sockets: PathBuf,
    /// Our hold on a shared lifeline.
    pub(crate) held: Option<File>,
}

/// The named pipe of a shared lifeline.
pub(crate) fn shared_lifeline(sockets: &Path) -> PathBuf {
    sockets.join("lifeline")
}

/// Whether a supervisor still reads the shared lifeline, even one that takes no new processes in.
pub(crate) fn is_supervised(data: &Path) -> bool {
    let open = shared_lifeline(&place::socket_path(data));
    let closed = open.with_extension("closed");
    [open, closed]
        .iter()
        .any(|pipe| OpenOptions::new().write(true).custom_flags(nix::libc::O_NONBLOCK).open(pipe).is_ok())
}

/// Takes hold of a shared lifeline for as long as the file is open; `None` when nobody reads it any more.
pub(crate) fn hold(sockets: &Path) -> Option<File> {
    let mut pipe =
        OpenOptions::new().write(true).custom_flags(nix::libc::O_NONBLOCK).open(shared_lifeline(sockets)).ok()?;
    pipe.write_all(b"here\n").ok()?;
    Some(pipe)
}

/// Makes the data with `initdb`, in a place of its own first, so that an interrupted run leaves no half of it.
pub(crate) fn initialise(
    programs: &Programs,
    account: Account,
    data: &Path,
    durability: Durability,
    password: &str,
) -> Result<(), String> {
    let unfinished = data.with_extension("unfinished");
    let password_file = data.with_extension("password");
    let mut last = String::new();
    // The second one is for systems without C.UTF-8, and sorts by code point alike.
    for locale in ["C.UTF-8", "C"] {
        remove(&unfinished)?;
        place::write_private(&password_file, password, account)?;
        let mut command = account.command(programs.path("initdb"));
        command
            .args(["--username=postgres", "--encoding=UTF8", "--auth-local=trust", "--auth-host=scram-sha-256"])
            .arg(format!("--locale={locale}"))
            .arg("--pwfile")
            .arg(&password_file)
            .arg("-D")
            .arg(&unfinished)
            .stdin(Stdio::null());
        match durability {
            Durability::Kept => {
                command.arg("--data-checksums");
            }
            Durability::Throwaway => {
                command.arg("--no-sync");
            }
        }
        let output = command.output().map_err(|error| format!("initdb cannot be run: {error}"));
        let _ = std::fs::remove_file(&password_file);
        let output = output?;
        if output.status.success() {
            if durability == Durability::Kept {
                compress_log(programs, account, &unfinished)?;
            }
            certificate::ensure(&unfinished, account)?;
            return std::fs::rename(&unfinished, data).map_err(|error| error.to_string());
        }
        last = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
    }
    let _ = remove(&unfinished);
    Err(format!("initdb failed: {last}"))
}

/// Starts the server and returns when it takes connections.
pub(crate) fn launch(plan: &Plan) -> Result<Running, String> {
    let started = Instant::now();
    loop {
        pidfile::clear(&plan.data)?;
        let log_start = std::fs::metadata(&plan.log).map_or(0, |log| log.len());
        let failure = match attempt(plan)? {
            Ok(running) => return Ok(running),
            Err(failure) => failure,
        };
        let said = since(&plan.log, log_start);
        // The port was taken meanwhile, or backends of a killed server are still going.
        let passing = ["could not create any TCP/IP sockets", "still in use", "lock file"];
        if !passing.iter().any(|reason| said.contains(reason)) || started.elapsed() > RETRY_DEADLINE {
            let last: Vec<&str> = said.lines().rev().take(5).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            return Err(format!("{failure}; its log {} ends: {}", plan.log.display(), last.join(" | ")));
        }
        std::thread::sleep(POLL * 5);
    }
}

/// One try; the inner error is one that may pass.
fn attempt(plan: &Plan) -> Result<Result<Running, String>, String> {
    let sockets = place::socket_directory(&plan.data, plan.account)?;
    remove_stale_sockets(&sockets)?;
    let port = plan.port.map_or_else(free_port, Ok)?;
    let mut supervisor = spawn(plan, &sockets, port)?;
    let shared = matches!(plan.lifeline, Lifeline::Shared { .. });
    let mut held = None;
    let started = Instant::now();
    while started.elapsed() < READY_DEADLINE {
        if shared && held.is_none() {
            held = hold(&sockets);
        }
        let ready = PidFile::read(&plan.data).is_some_and(|file| file.ready);
        if ready && shared == held.is_some() {
            return Ok(Ok(Running { supervisor, port, sockets, held }));
        }
        if let Some(status) = supervisor.try_wait().map_err(|error| error.to_string())? {
            return Ok(Err(format!("the server ended at once ({status})")));
        }
        std::thread::sleep(POLL);
    }
    drop(held);
    drop(supervisor.stdin.take());
    Err(format!("the server was not ready after {} s", READY_DEADLINE.as_secs()))
}

fn spawn(plan: &Plan, sockets: &Path, port: u16) -> Result<Child, String> {
    let (lifeline, linger_s, stdin) = match plan.lifeline {
        Lifeline::Parent => (PathBuf::new(), 0, Stdio::piped()),
        Lifeline::Shared { linger_s } => (shared_lifeline(sockets), linger_s, Stdio::null()),
    };
    let after = match plan.durability {
        Durability::Kept => "keep",
        Durability::Throwaway => "wipe",
    };
    let mut command = plan.account.command("/bin/sh");
    command
        .args(["-c", include_str!("supervise.sh"), "supervise"])
        .args([plan.data.as_path(), sockets, &plan.log, &lifeline])
        .args([linger_s.to_string().as_str(), after])
        .arg(plan.programs.path("postgres"))
        .arg("-D")
        .arg(&plan.data)
        .arg("-k")
        .arg(sockets)
        .args(["-p", &port.to_string()])
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C goes to our whole process group. The server is in another, so that we choose the order of things.
        .process_group(0);
    for setting in settings(plan.durability) {
        command.args(["-c", setting]);
    }
    command.spawn().map_err(|error| format!("the supervisor cannot be run: {error}"))
}

fn settings(durability: Durability) -> impl Iterator<Item = &'static str> {
    let both = ["listen_addresses=127.0.0.1", "timezone=UTC", "log_timezone=UTC", "log_line_prefix=%m [%p] %d "];
    let own: &[&str] = match durability {
        Durability::Kept => &["shared_buffers=512MB", "max_wal_size=4GB"],
        Durability::Throwaway => &[
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_connections=300",
            "shared_buffers=256MB",
            "max_wal_size=4GB",
            "autovacuum_naptime=5min",
        ],
    };
    both.into_iter().chain(own.iter().copied())
}

/// Pages go compressed into the write-ahead log: by lz4 where the server was built with it, which costs a fraction of pglz.
fn compress_log(programs: &Programs, account: Account, data: &Path) -> Result<(), String> {
    let mut asked = account.command(programs.path("postgres"));
    asked.args(["-C", "wal_compression", "-c", "wal_compression=lz4", "-D"]).arg(data).stdin(Stdio::null());
    let takes_lz4 = asked.output().is_ok_and(|output| output.status.success());
    let line = if takes_lz4 { "wal_compression = lz4\n" } else { "wal_compression = on\n" };
    let path = data.join("postgresql.conf");
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(line.as_bytes())).map_err(failed)
}

/// A killed server leaves its socket behind, and the next one has another port and so another name for its own.
fn remove_stale_sockets(sockets: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(sockets).map_err(|error| format!("{}: {error}", sockets.display()))?;
    for entry in entries.flatten() {
        std::fs::remove_file(entry.path()).map_err(|error| format!("{}: {error}", entry.path().display()))?;
    }
    Ok(())
}

/// A port that was free a moment ago; the server may still lose it, and then another one is tried.
fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| format!("no free port: {error}"))
}

/// Removes a directory with all in it; one that is not there is fine.
pub(crate) fn remove(directory: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(directory) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("{} cannot be removed: {error}", directory.display())),
    }
}

/// What a log has gained beyond its first `offset` bytes.
fn since(log: &Path, offset: u64) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let offset = usize::try_from(offset).unwrap_or(0).min(bytes.len());
    String::from_utf8_lossy(&bytes[offset..]).into_owned()
}
