//! The whole service on one machine: a database, `commonpurse serve` and `commonpurse-worker` as processes of their own.
//!
//! `dev`, `demo` and the test suite start it. The processes hold a pipe to this one: when it ends, however it ends, they
//! stop too, and the private database with them.

use anyhow::{Context as _, bail};
use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How long a process may take to say where it listens.
const READY_DEADLINE: Duration = Duration::from_mins(2);

/// How long a process may take to finish what it has in hand.
const STOP_DEADLINE: Duration = Duration::from_mins(1);

/// How often a state is looked at while waiting for it.
const POLL: Duration = Duration::from_millis(20);

/// What the processes of a stack share.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The owner's address of a migrated database.
    pub database_url: String,
    /// Where `commonpurse` and `commonpurse-worker` lie.
    pub programs: PathBuf,
    /// Keys, mail and logs go below this directory.
    pub state: PathBuf,
    /// `127.0.0.1:8080`; port 0 takes any free one.
    pub listen: String,
    /// More environment variables.
    pub environment: Vec<(String, String)>,
}

impl Settings {
    /// Where e-mail is written.
    pub fn mail_dir(&self) -> PathBuf {
        self.state.join("mail")
    }
}

/// One running process of ours.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    figures: Arc<OnceLock<String>>,
}

impl Process {
    /// Where it shows its figures, once it has said so: `http://127.0.0.1:9100`.
    pub fn figures(&self) -> Option<&str> {
        self.figures.get().map(String::as_str)
    }

    /// Its id in the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, and waits until it has finished what it has in hand.
    pub fn stop(mut self) -> anyhow::Result<ExitStatus> {
        self.end()
    }

    /// Ends it at once (SIGKILL), in the middle of whatever it does.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().with_context(|| format!("cannot kill the {}", self.name))?;
        self.child.wait()?;
        Ok(())
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    fn end(&mut self) -> anyhow::Result<ExitStatus> {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + STOP_DEADLINE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(POLL);
        }
        self.child.kill()?;
        self.child.wait()?;
        bail!("the {} did not stop in {} s and was killed", self.name, STOP_DEADLINE.as_secs())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_ended()
            && let Err(error) = self.end()
        {
            tracing::warn!("{error:#}");
        }
    }
}

/// A running api and worker.
#[derive(Debug)]
pub struct Stack {
    /// What they were started with.
    pub settings: Settings,
    /// `http://127.0.0.1:8080`.
    pub base_url: String,
    workers: Vec<Process>,
    api: Process,
}

impl Stack {
    /// Starts the api and `workers` workers, and waits until the api says where it listens.
    pub fn start(settings: Settings, workers: usize) -> anyhow::Result<Stack> {
        private_directory(&settings.state)?;
        private_directory(&settings.mail_dir())?;
        let (api, base_url) = start_api(&settings)?;
        let mut stack = Stack { settings, base_url, workers: Vec::new(), api };
        for _ in 0..workers {
            stack.add_worker(&[])?;
        }
        Ok(stack)
    }

    /// Starts one more api on the same database; answers its address.
    pub fn another_api(&self) -> anyhow::Result<(Process, String)> {
        let settings = Settings { listen: "127.0.0.1:0".into(), ..self.settings.clone() };
        start_api(&settings)
    }

    /// Ends the api at once (SIGKILL), in the middle of whatever it does.
    pub fn kill_api(&mut self) -> anyhow::Result<()> {
        self.api.child.kill().context("cannot kill the api")?;
        self.api.child.wait()?;
        Ok(())
    }

    /// Starts the api again on the address that it had.
    pub fn restart_api(&mut self) -> anyhow::Result<()> {
        let listen = self.base_url.trim_start_matches("http://").to_owned();
        let (api, base_url) = start_api(&Settings { listen, ..self.settings.clone() })?;
        anyhow::ensure!(base_url == self.base_url, "the api came back as {base_url}");
        self.api = api;
        Ok(())
    }

    /// Whether the api has ended by itself.
    pub fn api_has_ended(&mut self) -> bool {
        self.api.has_ended()
    }

    /// Starts one more worker, with more environment variables if need be.
    pub fn add_worker(&mut self, environment: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut command = command(&self.settings, "commonpurse-worker");
        if environment.iter().any(|(name, _)| *name == "COMMONPURSE_SMTP_URL") {
            command.env_remove("COMMONPURSE_MAIL_DIR");
        }
        // What the api keeps in its state directory, where nothing else is set.
        let keys = "COMMONPURSE_BANK_KEY_DIR";
        if std::env::var_os(keys).is_none() && !self.settings.environment.iter().any(|(name, _)| name == keys) {
            command.env(keys, self.settings.state.join("bank-keys"));
        }
        command.env("COMMONPURSE_PUBLIC_URL", &self.base_url).envs(environment.iter().copied());
        log_to(&mut command, &self.settings.state, "worker.log")?;
        let (worker, _) = start(command.stdout(Stdio::piped()), "worker")?;
        self.workers.push(worker);
        Ok(())
    }

    /// The api.
    pub fn api(&self) -> &Process {
        &self.api
    }

    /// The api's process id.
    pub fn api_id(&self) -> u32 {
        self.api.child.id()
    }

    /// The workers, the oldest first.
    pub fn workers(&mut self) -> &mut Vec<Process> {
        &mut self.workers
    }

    /// Where e-mail is written.
    pub fn mail_dir(&self) -> PathBuf {
        self.settings.mail_dir()
    }

    /// Stops the workers, then the api; each finishes what it has in hand.
    pub fn stop(self) -> anyhow::Result<()> {
        for worker in self.workers {
            worker.stop()?;
        }
        self.api.stop()?;
        Ok(())
    }
}

fn start_api(settings: &Settings) -> anyhow::Result<(Process, String)> {
    let mut command = command(settings, "commonpurse");
    command.arg("serve").env("COMMONPURSE_LISTEN", &settings.listen).stdout(Stdio::piped());
    let log = log_to(&mut command, &settings.state, "api.log")?;
    let (mut api, hears) = start(&mut command, "api")?;
    let deadline = Instant::now() + READY_DEADLINE;
    while Instant::now() < deadline {
        if let Ok(address) = hears.recv_timeout(POLL) {
            return Ok((api, address));
        }
        if api.has_ended() {
            break;
        }
    }
    bail!("the api did not start; its log is {}", log.display())
}

/// Starts a process whose standard output is a pipe; answers with where it says that it takes requests.
fn start(command: &mut Command, name: &'static str) -> anyhow::Result<(Process, Receiver<String>)> {
    let mut child = command.spawn().with_context(|| format!("cannot start the {name}"))?;
    let stdout = child.stdout.take().with_context(|| format!("the {name} has no standard output"))?;
    let figures = Arc::default();
    let hears = listen(stdout, Arc::clone(&figures));
    Ok((Process { name, child, figures }, hears))
}

/// Hears what a process says of its addresses, as long as it runs.
fn listen(stdout: ChildStdout, figures: Arc<OnceLock<String>>) -> Receiver<String> {
    let (said, hears) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("listening on ") {
                let _ = said.send(address.trim().to_owned());
            } else if let Some(address) = line.strip_prefix("figures on ") {
                let _ = figures.set(address.trim().to_owned());
            }
        }
    });
    hears
}

fn command(settings: &Settings, program: &str) -> Command {
    let mut command = Command::new(settings.programs.join(program));
    // What is set here may be meant for another installation: its database, its mail server, its key.
    for (name, _) in std::env::vars_os() {
        let is_setting = name.as_encoded_bytes().starts_with(migrations::settings::PREFIX.as_bytes());
        if is_setting && name != migrations::LOG_VARIABLE {
            command.env_remove(name);
        }
    }
    command
        .process_group(0) // Ctrl-C reaches this process alone, which stops the others in order
        .stdin(Stdio::piped())
        .env("DATABASE_URL", &settings.database_url)
        .env("COMMONPURSE_STATE_DIR", &settings.state)
        .env("COMMONPURSE_MAIL_DIR", settings.mail_dir())
        .env("COMMONPURSE_STOP_WITH_PARENT", "true")
        // Memory that large bodies took goes back to the machine: glibc would keep some of it from the first on.
        .env("MALLOC_TRIM_THRESHOLD_", "131072")
        .envs(settings.environment.iter().map(|(name, value)| (name, value)));
    command
}

fn log_to(command: &mut Command, state: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let path = state.join(name);
    let log = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
    command.stderr(log);
    Ok(path)
}

/// Makes a directory that only its owner may enter; one that was open is closed.
pub(crate) fn private_directory(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// The directory of the running program, where its sisters lie (a test binary lies one level deeper).
pub fn programs_beside_this_one() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let mut folder = this.parent().context("the program lies nowhere")?;
    if folder.ends_with("deps") {
        folder = folder.parent().context("the program lies nowhere")?;
    }
    Ok(folder.to_owned())
}
