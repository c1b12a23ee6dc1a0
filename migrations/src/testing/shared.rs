//! The throwaway cluster that all test processes of a run share.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::server::Durability;
use crate::server::account::Account;
use crate::server::cluster::{
    Home, OWNER, clear_throwaways, open_private, programs_for, put_aside, socket_url, tcp_url,
};
use crate::server::launch::{Lifeline, Plan, hold, initialise, is_supervised, launch};
use crate::server::pidfile::wait_until;
use crate::server::place::{private_directory, short_digest, write_private};

/// Long enough for the pause between two test processes, short enough that nothing seems left behind.
const LINGER_S: u32 = 3;

/// Others may be starting the cluster; on a slow machine that takes a while.
const START_DEADLINE: Duration = Duration::from_secs(180);

/// Files that are kept in memory, where the system has such a place.
const MEMORY: &str = "/dev/shm";

/// So much has to be free there, many times what the tests of a run were seen to have at once.
const MEMORY_BYTES: u64 = 8 << 30;

/// Keeps the cluster alive for as long as this process lives.
#[derive(Debug)]
pub(crate) struct Hold {
    _lifeline: File,
}

/// A cluster that this process has joined.
#[derive(Debug)]
pub(crate) struct Joined {
    /// The superuser's URL through the socket, of the database that always exists: for making others.
    pub(crate) maintenance_url: String,
    /// The same over TCP with TLS: for the tests.
    pub(crate) url: String,
    /// The password of all its logins.
    pub(crate) password: String,
    pub(crate) hold: Hold,
}

impl Joined {
    fn new(port: u16, sockets: &Path, data: &Path, password: &str, lifeline: File) -> Self {
        Self {
            maintenance_url: socket_url(OWNER, sockets, port, "postgres"),
            url: tcp_url(OWNER, password, port, "postgres", data),
            password: password.to_owned(),
            hold: Hold { _lifeline: lifeline },
        }
    }
}

/// Joins the run's cluster, starting it when there is none.
pub(crate) fn join() -> Result<Joined, Error> {
    let target = target_directory();
    join_in(&in_memory(&target).unwrap_or_else(|| target.join("test-cluster")), LINGER_S)
}

/// Where the cluster of a target directory lies in memory, on a machine that has plenty: each test makes a database of many files
/// and drops it, which a file system in memory does with less work than one on a disk.
fn in_memory(target: &Path) -> Option<PathBuf> {
    let free = nix::sys::statvfs::statvfs(MEMORY).ok()?;
    if free.fragment_size().saturating_mul(free.blocks_available()) < MEMORY_BYTES {
        return None;
    }
    let home = Path::new(MEMORY).join(format!("commonpurse-tests-{}", short_digest(target)));
    // Everybody may write there.
    private_directory(&home, Account::own(), 0o711).is_ok().then_some(home)
}

fn join_in(wanted: &Path, linger_s: u32) -> Result<Joined, Error> {
    let failed = |why| Error::Server { home: wanted.to_path_buf(), why };
    let home = Home::settle(wanted).map_err(failed)?;
    let lock = open_private(&home.path.join("lock")).map_err(failed)?;
    if !wait_until(START_DEADLINE, || !matches!(lock.try_lock(), Err(TryLockError::WouldBlock))) {
        return Err(failed("another test process has been starting it for too long".to_owned()));
    }
    let current = home.path.join("current");
    if let Some(joined) = join_current(&current) {
        return Ok(joined);
    }
    start(&home, &current, linger_s).map_err(|error| match error {
        Problem::Ours(error) => error,
        Problem::Words(why) => failed(why),
    })
}

enum Problem {
    Ours(Error),
    Words(String),
}

impl From<String> for Problem {
    fn from(why: String) -> Self {
        Self::Words(why)
    }
}

/// Joins the cluster that the last starter wrote down, if its supervisor still listens.
fn join_current(current: &Path) -> Option<Joined> {
    let text = std::fs::read_to_string(current).ok()?;
    let mut lines = text.lines();
    let (port, password) = (lines.next()?.parse().ok()?, lines.next()?);
    let (sockets, data) = (PathBuf::from(lines.next()?), PathBuf::from(lines.next()?));
    let lifeline = hold(&sockets)?;
    // If the supervisor closed its doors just now, it has seen us and stays; later ones do not find the pipe.
    Some(Joined::new(port, &sockets, &data, password, lifeline))
}

fn start(home: &Home, current: &Path, linger_s: u32) -> Result<Joined, Problem> {
    let cluster = home.cluster()?;
    // One may still serve a process that came in at the very moment it closed its doors.
    clear_throwaways(&cluster, is_supervised)?;
    let data = cluster.join(format!("data-{:016x}", rand::random::<u64>()));
    let log = cluster.join("server.log");
    put_aside(&log);
    let programs = programs_for(&data).map_err(Problem::Ours)?;
    let password = hex::encode(rand::random::<[u8; 24]>());
    let durability = Durability::Throwaway;
    initialise(&programs, home.account, &data, durability, &password)?;
    let lifeline = Lifeline::Shared { linger_s };
    let plan = Plan { programs, account: home.account, data, log, durability, lifeline, port: None };
    let running = launch(&plan)?;
    let lifeline = running.held.ok_or_else(|| "its lifeline is missing".to_owned())?;
    let (port, sockets, data) = (running.port, &running.sockets, &plan.data);
    let lines = format!("{port}\n{password}\n{}\n{}\n", sockets.display(), data.display());
    write_private(current, &lines, Account::own())?;
    Ok(Joined::new(port, sockets, data, &password, lifeline))
}

/// Cargo marks its target directory with a file; the test program lies below it.
fn target_directory() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let marked = program.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    marked.map_or_else(|| std::env::temp_dir().join("commonpurse-tests"), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::pidfile;

    const SOON: Duration = Duration::from_mins(2);

    fn servers(home: &Path) -> usize {
        let entries = std::fs::read_dir(home.join("cluster")).unwrap().flatten();
        entries.filter(|entry| pidfile::live_server(&entry.path()).is_some()).count()
    }

    #[test]
    fn processes_share_one_cluster_and_it_goes_with_the_last_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = dir.path().join("shared");
        let home = Home::settle(&wanted).unwrap().path;
        let holds: Vec<Joined> = std::thread::scope(|scope| {
            let joining: Vec<_> = (0..4).map(|_| scope.spawn(|| join_in(&wanted, 1).unwrap())).collect();
            joining.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(holds.iter().all(|joined| joined.url == holds[0].url));
        assert_eq!(servers(&home), 1);
        let mut holds = holds.into_iter();
        let last = holds.next().unwrap();
        drop(holds);
        let linger = Duration::from_millis(2500);
        assert!(!wait_until(linger, || servers(&home) == 0), "one process still holds it");
        drop(last);
        assert!(wait_until(SOON, || servers(&home) == 0));
        let second = join_in(&wanted, 1).unwrap();
        assert_eq!(servers(&home), 1);
        drop(second);
        assert!(wait_until(SOON, || servers(&home) == 0));
        let left = || std::fs::read_dir(home.join("cluster")).unwrap().count();
        assert!(wait_until(SOON, || left() == 1), "only the log stays");
        let _ = std::fs::remove_dir_all(home);
    }
}
