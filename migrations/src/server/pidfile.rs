//! Reads `postmaster.pid` and settles what an earlier server left behind: a live process, or only the file.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How often a state is looked at while we wait for it.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// A fast shutdown has this long to write its checkpoint before it is cut short.
const FAST_SHUTDOWN_DEADLINE: Duration = Duration::from_secs(20);
const IMMEDIATE_SHUTDOWN_DEADLINE: Duration = Duration::from_secs(5);

/// What a server has written into its `postmaster.pid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: Pid,
    pub(crate) ready: bool,
}

impl PidFile {
    pub(crate) fn read(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid: i32 = lines.next()?.trim().parse().ok()?;
        // The eighth line is the state, and "ready" means that connections are taken.
        let ready = lines.nth(6).is_some_and(|state| state.trim() == "ready");
        (pid > 1).then_some(Self { pid: Pid::from_raw(pid), ready })
    }
}

/// The live server on this data directory, if any.
pub(crate) fn live_server(data: &Path) -> Option<Pid> {
    let pid = PidFile::read(data)?.pid;
    is_server_of(pid, data).then_some(pid)
}

/// Stops a server that nobody supervises any more, and removes what a dead one left, so that a new one can start.
pub(crate) fn clear(data: &Path) -> Result<(), String> {
    if let Some(pid) = live_server(data) {
        tracing::info!("stopping PostgreSQL {pid}, which an earlier run left behind");
        stop(pid, data)?;
    }
    match std::fs::remove_file(data.join("postmaster.pid")) {
        Ok(()) => tracing::info!("an earlier PostgreSQL on {} had crashed; it will recover", data.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(format!("a stale postmaster.pid cannot be removed: {error}")),
    }
    Ok(())
}

/// Fast shutdown, then immediate shutdown; both leave data that a new server can open.
pub(crate) fn stop(pid: Pid, data: &Path) -> Result<(), String> {
    for (signal, deadline) in [(Signal::SIGINT, FAST_SHUTDOWN_DEADLINE), (Signal::SIGQUIT, IMMEDIATE_SHUTDOWN_DEADLINE)]
    {
        match kill(pid, signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => return Err(format!("PostgreSQL {pid} cannot be stopped: {error}")),
        }
        if wait_until(deadline, || !is_server_of(pid, data)) {
            return Ok(());
        }
    }
    Err(format!("PostgreSQL {pid} does not stop"))
}

/// Looks until it holds or the deadline has passed; tells whether it held.
pub(crate) fn wait_until(deadline: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    loop {
        if holds() {
            return true;
        }
        if started.elapsed() > deadline {
            return false;
        }
        std::thread::sleep(POLL);
    }
}

/// Whether the process lives and runs PostgreSQL on this directory: a number alone may belong to another by now.
fn is_server_of(pid: Pid, data: &Path) -> bool {
    if matches!(kill(pid, None), Err(Errno::ESRCH)) {
        return false;
    }
    let command = match std::fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(command) => command,
        // No such file system, as on macOS, or the process has just gone.
        Err(_) => match Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output() {
            Ok(output) => output.stdout,
            Err(_) => return false,
        },
    };
    names(&command, data.as_os_str().as_encoded_bytes())
}

/// Whether the path is an argument as a whole; `/a/data` is not named by `-D /a/data-2`.
fn names(command: &[u8], path: &[u8]) -> bool {
    let ends = |at: usize| matches!(command.get(at + path.len()), None | Some(b'\0' | b' ' | b'\n'));
    command.windows(path.len()).enumerate().any(|(at, part)| part == path && ends(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_now_belongs_to_another_process_is_no_server() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
        assert_eq!(live_server(data.path()), None);
        clear(data.path()).unwrap();
        assert!(!data.path().join("postmaster.pid").exists());
    }

    #[test]
    fn a_path_counts_only_as_a_whole_argument() {
        assert!(names(b"postgres\0-D\0/a/data\0-p\x005432", b"/a/data"));
        assert!(names(b"postgres -D /a/data\n", b"/a/data"));
        assert!(!names(b"postgres\0-D\0/a/data-2\0", b"/a/data"));
    }

    #[test]
    fn the_eighth_line_tells_readiness_and_nonsense_is_nothing() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("postmaster.pid");
        for (text, expected) in [
            ("77\n/d\n1\n5432\n/tmp\n127.0.0.1\n 1 2\nready   \n", Some(true)),
            ("77\n/d\n1\n5432\n/tmp\n127.0.0.1\n 1 2\nstarting\n", Some(false)),
            ("77\n", Some(false)),
            ("-1\n", None),
            ("", None),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(PidFile::read(data.path()).map(|file| file.ready), expected, "{text:?}");
        }
    }
}
