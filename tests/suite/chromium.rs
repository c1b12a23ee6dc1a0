//! A Chromium that a test drives by its driver: in light or dark, as wide as a desk or a phone.

use anyhow::{Context as _, bail, ensure};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::{ParseError, Url};

/// How long the driver may take to begin on a busy machine.
const BEGIN_MAX: Duration = Duration::from_mins(2);

/// How often it is started before it is given up.
const STARTS_MAX: u32 = 5;

/// How long a page may take on a busy machine.
const PAGE_MAX: Duration = Duration::from_mins(2);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(20);

/// What a reader has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) is_dark: bool,
}

/// A desk by day, and a phone by night: between them they have every width and both grounds.
pub(crate) const READERS: [Reader; 2] =
    [Reader { name: "desk", width: 1200, is_dark: false }, Reader { name: "phone", width: 360, is_dark: true }];

/// A browser and its driver, with a profile of its own.
pub(crate) struct Chromium {
    pub(crate) page: Client,
    driver: Child,
    profile: TempDir,
}

/// The driver starts the browser in a group of its own, in which it outlives a driver that is killed because a test has failed.
impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.driver.start_kill();
        for process in processes_of(self.profile.path()) {
            // One that has ended by itself needs no signal.
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
    }
}

/// The processes that were told of a folder when they were started.
fn processes_of(folder: &Path) -> Vec<i32> {
    let folder = folder.display().to_string();
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = all.filter_map(|process| process.file_name().to_str()?.parse().ok());
    ids.filter(|id| std::fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.contains(&folder)))
        .collect()
}

impl Chromium {
    pub(crate) async fn open(reader: Reader, with_scripts: bool) -> anyhow::Result<Chromium> {
        let driver = || {
            let mut driver = Command::new("chromedriver");
            driver.arg("--port=0");
            driver
        };
        let (driver, port) =
            tokio::time::timeout(BEGIN_MAX, begun(driver)).await.context("the driver does not begin")??;
        let profile = TempDir::new()?;
        let options = capabilities(reader, &profile, with_scripts);
        let options = options.as_object().context("an object")?.clone();
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(options)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .context("Chromium does not open")?;
        Ok(Chromium { page, driver, profile })
    }

    /// Presses what leads to another page, and waits until that is there.
    pub(crate) async fn press(&self, css: &str) -> anyhow::Result<()> {
        let before = self.page.find(Locator::Css("html")).await?;
        self.page.find(Locator::Css(css)).await?.click().await?;
        let deadline = Instant::now() + PAGE_MAX;
        while before.tag_name().await.is_ok() {
            ensure!(Instant::now() < deadline, "{css} leads nowhere");
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    pub(crate) async fn close(mut self) -> anyhow::Result<()> {
        self.page.clone().close().await?;
        self.driver.kill().await?;
        Ok(())
    }
}

/// A driver that listens, and its port. One that has taken a free port on IPv6 ends if another process holds the same port on
/// IPv4, which happens where many tests run at once: then it is started again.
async fn begun(driver: impl Fn() -> Command) -> anyhow::Result<(Child, u16)> {
    let mut said = String::new();
    for _ in 0..STARTS_MAX {
        let mut started = driver()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("chromedriver is missing: `make test-tools` installs it")?;
        let mut lines = BufReader::new(started.stdout.take().context("the driver says its port")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, port)) = line.rsplit_once("started successfully on port ") {
                return Ok((started, port.trim_end_matches('.').parse()?));
            }
            said = line;
        }
        started.wait().await?;
    }
    bail!("the driver ended {STARTS_MAX} times before it said its port, at last with: {said}")
}

#[tokio::test]
async fn a_driver_that_loses_its_port_to_another_process_is_started_again() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let driver = |first_to_begin: u32| {
        let counted = folder.path().join(format!("starts_{first_to_begin}"));
        move || {
            let mut driver = Command::new("sh");
            driver.arg("-c").arg(format!(
                r#"echo . >> "$0"
                [ "$(wc -l < "$0")" -ge {first_to_begin} ] || {{ echo "IPv4 port not available. Exiting..."; exit 1; }}
                echo "ChromeDriver was started successfully on port 4242.""#
            ));
            driver.arg(&counted);
            driver
        }
    };
    let (_, port) = begun(driver(2)).await?;
    assert_eq!(port, 4242);
    let Err(refused) = begun(driver(STARTS_MAX + 1)).await else { bail!("a driver that never begins is given up") };
    assert!(refused.to_string().ends_with("IPv4 port not available. Exiting..."), "{refused}");
    Ok(())
}

fn capabilities(reader: Reader, profile: &TempDir, with_scripts: bool) -> Value {
    let ground = if reader.is_dark { 0 } else { 1 };
    let scripts = if with_scripts { 1 } else { 2 };
    json!({"goog:chromeOptions": {
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage",
            "--hide-scrollbars", "--force-prefers-reduced-motion",
            format!("--blink-settings=preferredColorScheme={ground}"),
            format!("--user-data-dir={}", profile.path().display()),
        ],
        "mobileEmulation": {"deviceMetrics": {"width": reader.width, "height": 900, "pixelRatio": 1.0, "touch": false, "mobile": false}},
        "prefs": {"profile.managed_default_content_settings.javascript": scripts},
    }})
}

/// A command of Chromium's own, which the standard of drivers does not have: its name, and its parameters.
#[derive(Debug)]
pub(crate) struct DevTools(pub(crate) &'static str, pub(crate) Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(json!({"cmd": self.0, "params": self.1}).to_string()))
    }
}
