//! The private server starts, survives crashes and never outlives its owner.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use migrations::{Durability, PrivateServer};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const SOON: Duration = Duration::from_mins(3);

fn until(mut holds: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while started.elapsed() < SOON {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn is_alive(pid: Pid) -> bool {
    kill(pid, None).is_ok()
}

fn postmaster(data: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    Some(Pid::from_raw(text.lines().next()?.parse().ok()?))
}

/// Run as root, the server may have had to go elsewhere, which the temporary directory does not take with it.
fn tidy(home: &Path) {
    let _ = std::fs::remove_dir_all(home);
}

async fn ask(url: &str, sql: &str) -> String {
    let client = migrations::connect(&url.parse().unwrap()).await.unwrap();
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn kept_data_survives_a_stop_and_a_killed_postmaster() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = dir.path().join("pg");
    let server = PrivateServer::start(&wanted, Durability::Kept).await.unwrap();
    assert!(server.create_database("purse").await.unwrap());
    assert!(!server.create_database("purse").await.unwrap());
    let client = migrations::connect(&server.url("purse").parse().unwrap()).await.unwrap();
    client.batch_execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')").await.unwrap();
    assert_eq!(ask(&server.tcp_url("purse"), "SHOW fsync").await, "on");
    assert!(!server.tcp_url_redacted("purse").contains(":@"));
    let sockets = server.socket_dir().to_path_buf();
    server.stop().await.unwrap();
    assert!(!sockets.exists(), "sockets are gone after a stop");

    let mut server = PrivateServer::start(&wanted, Durability::Kept).await.unwrap();
    let data = server.data_dir().to_path_buf();
    let pid = postmaster(&data).unwrap();
    kill(pid, Signal::SIGKILL).unwrap();
    assert!(until(|| !server.is_running()));
    drop(server);

    let server = PrivateServer::start(&wanted, Durability::Kept).await.unwrap();
    assert_ne!(postmaster(&data).unwrap(), pid);
    assert_eq!(ask(&server.url("purse"), "SELECT word FROM kept").await, "here");
    let home = server.home().to_path_buf();
    server.stop().await.unwrap();
    assert!(!sockets.exists(), "the killed server's socket is gone too");
    tidy(&home);
}

#[tokio::test]
async fn one_process_at_a_time_owns_a_cluster() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = dir.path().join("pg");
    let server = PrivateServer::start(&wanted, Durability::Throwaway).await.unwrap();
    assert_eq!(ask(&server.url("postgres"), "SHOW fsync").await, "off");
    let second = PrivateServer::start(&wanted, Durability::Throwaway).await.unwrap_err();
    assert!(second.to_string().contains("another process"), "{second}");
    assert_eq!(ask(&server.url("postgres"), "SELECT 'still here'").await, "still here");
    let (home, data) = (server.home().to_path_buf(), server.data_dir().to_path_buf());
    drop(server);
    assert!(!data.exists(), "throwaway data is gone with its server");
    tidy(&home);
}

#[tokio::test]
async fn a_dropped_server_is_gone_with_all_its_processes() {
    let dir = tempfile::tempdir().unwrap();
    let server = PrivateServer::start(&dir.path().join("pg"), Durability::Throwaway).await.unwrap();
    let pid = postmaster(server.data_dir()).unwrap();
    let home = server.home().to_path_buf();
    // An idle client must not hold the shutdown up.
    let _client = migrations::connect(&server.url("postgres").parse().unwrap()).await.unwrap();
    drop(server);
    assert!(!is_alive(pid));
    tidy(&home);
}

/// Not a test by itself: the process that the next test kills.
#[test]
fn owner_process() {
    let Some(home) = std::env::var_os("COMMONPURSE_TEST_OWNER_HOME") else { return };
    let server = PrivateServer::start_blocking(Path::new(&home), Durability::Kept).unwrap();
    let data = server.data_dir().display().to_string();
    std::fs::write(Path::new(&home).with_extension("started"), data).unwrap();
    loop {
        std::thread::park();
    }
}

#[tokio::test]
async fn a_killed_owner_leaves_no_server_and_the_next_one_starts_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = dir.path().join("pg");
    let started = wanted.with_extension("started");
    let own = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "owner_process"])
            .env("COMMONPURSE_TEST_OWNER_HOME", &wanted)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut owner = own();
    assert!(until(|| std::fs::read_to_string(&started).is_ok_and(|data| !data.is_empty())));
    let data = std::path::PathBuf::from(std::fs::read_to_string(&started).unwrap());
    let pid = postmaster(&data).unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(until(|| !is_alive(pid)), "the supervisor stops the server");

    std::fs::remove_file(&started).unwrap();
    let mut owner = own();
    assert!(until(|| std::fs::read_to_string(&started).is_ok_and(|data| !data.is_empty())));
    owner.kill().unwrap();
    owner.wait().unwrap();
    // Without waiting for the supervisor: whoever comes first stops the old server.
    let server = PrivateServer::start(&wanted, Durability::Kept).await.unwrap();
    assert_eq!(ask(&server.url("postgres"), "SELECT 'new'").await, "new");
    let home = server.home().to_path_buf();
    server.stop().await.unwrap();
    tidy(&home);
}
