//! A whole stack of its own, whose parts can be killed and started again.

use crate::app::{OPERATOR, PATIENT};
use anyhow::{Context as _, ensure};
use api::stack::{Settings, Stack, programs_beside_this_one};
use migrations::{Durability, PrivateServer};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the database may take to recover from the death of one of its processes.
const RECOVERY_MAX: Duration = Duration::from_mins(5);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Who is killed. The order is the one in which they are started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Victim {
    /// PostgreSQL's first process: all of it goes.
    Database,
    /// The server's end of one connection: PostgreSQL ends the others and recovers by itself.
    Backend,
    Api,
    Worker,
}

impl Victim {
    pub(super) const ALL: [Victim; 4] = [Victim::Database, Victim::Backend, Victim::Api, Victim::Worker];
}

/// PostgreSQL with every commit on disk, an api and a worker.
pub(super) struct Machine {
    // In this order they are dropped: the service before its database, the files last.
    stack: Option<Stack>,
    server: PrivateServer,
    home: TempDir,
    ended: Vec<String>,
}

impl Machine {
    pub(super) async fn start() -> anyhow::Result<Machine> {
        let home = TempDir::new()?;
        let server = PrivateServer::start(&home.path().join("postgresql"), Durability::Kept).await?;
        server.migrate("chaos").await?;
        let database_url = server.service_url("chaos");
        api::operators::add_operator(&server.url("chaos"), &OPERATOR.parse()?).await?;
        let environment = [
            ("COMMONPURSE_GUESSES_PER_MINUTE", "100000"),
            ("COMMONPURSE_RATE_PER_SECOND", "100000"),
            PATIENT,
            // What a killed worker had in hand is taken over soon.
            ("COMMONPURSE_WORKER_LEASE_S", "8"),
        ];
        let settings = Settings {
            database_url,
            programs: programs_beside_this_one()?,
            state: home.path().join("state"),
            listen: "127.0.0.1:0".into(),
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        };
        ensure!(
            settings.programs.join("commonpurse-worker").exists(),
            "build the binaries first: cargo build --workspace"
        );
        let stack = tokio::task::spawn_blocking(move || Stack::start(settings, 1)).await??;
        Ok(Machine { stack: Some(stack), server, home, ended: Vec::new() })
    }

    pub(super) fn stack(&self) -> &Stack {
        self.stack.as_ref().expect("the stack runs until the machine is stopped")
    }

    pub(super) fn database_url(&self) -> String {
        self.server.url("chaos")
    }

    /// Notes who has ended without having been killed. Between the kills of one moment it would blame the dead.
    pub(super) fn look_round(&mut self, killed: usize) -> anyhow::Result<()> {
        let stack = self.stack.as_mut().context("the stack runs")?;
        if stack.api_has_ended() {
            self.ended.push(format!("the api ended by itself after kill {killed}"));
        }
        if stack.workers().iter_mut().any(|worker| worker.has_ended()) {
            self.ended.push(format!("the worker ended by itself after kill {killed}"));
        }
        Ok(())
    }

    pub(super) async fn kill(&mut self, victim: Victim) -> anyhow::Result<()> {
        let stack = self.stack.as_mut().context("the stack runs")?;
        match victim {
            Victim::Database => self.server.crash()?,
            Victim::Backend => {
                // A database that has just been killed has no connections left.
                if let Ok(pid) = a_backend(&self.database_url()).await {
                    kill(Pid::from_raw(pid), Signal::SIGKILL)?;
                }
            }
            Victim::Api => stack.kill_api()?,
            Victim::Worker => stack.workers().remove(0).kill()?,
        }
        Ok(())
    }

    pub(super) async fn revive(&mut self, victim: Victim) -> anyhow::Result<()> {
        let stack = self.stack.as_mut().context("the stack runs")?;
        match victim {
            Victim::Database => tokio::task::block_in_place(|| self.server.revive())?,
            Victim::Backend => {
                let deadline = Instant::now() + RECOVERY_MAX;
                while a_backend(&self.server.url("chaos")).await.is_err() {
                    ensure!(Instant::now() < deadline, "the database does not recover");
                    tokio::time::sleep(POLL).await;
                }
            }
            Victim::Api => tokio::task::block_in_place(|| stack.restart_api())?,
            Victim::Worker => stack.add_worker(&[])?,
        }
        Ok(())
    }

    /// Who ended without having been killed, as sentences.
    pub(super) fn ended_by_themselves(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ended)
    }

    /// Leaves the files where they are, and says where.
    pub(super) fn keep_logs(&mut self) -> PathBuf {
        self.home.disable_cleanup(true);
        self.home.path().to_owned()
    }

    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let stack = self.stack.take().context("the stack runs")?;
        tokio::task::spawn_blocking(move || stack.stop()).await??;
        self.server.stop().await?;
        Ok(())
    }
}

/// The process of one of the service's connections, or of our own when it has none.
async fn a_backend(url: &str) -> anyhow::Result<i32> {
    let client = migrations::connect(&url.parse()?).await?;
    let row = client
        .query_one(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
              ORDER BY pid = pg_backend_pid(), random() LIMIT 1",
            &[],
        )
        .await?;
    Ok(row.get(0))
}
