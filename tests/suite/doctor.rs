//! What `commonpurse doctor` says of an installation that is well, and of several that are not.

use anyhow::{Context as _, ensure};
use api::stack::programs_beside_this_one;
use migrations::testing::TestDatabase;
use migrations::{Durability, PrivateServer};
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

/// How long it may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// What the doctor found: whether it succeeded, and its findings.
struct Told {
    is_well: bool,
    found: Value,
}

impl Told {
    /// How a check stands, with what was found and how to mend it.
    fn of(&self, check: &str) -> anyhow::Result<(String, String)> {
        let found = self.found.as_array().context("a list")?.iter().find(|found| found["check"] == check);
        let found = found.with_context(|| format!("nothing is said of {check} in {}", self.found))?;
        let standing = found["standing"].as_str().context("a standing")?.to_owned();
        ensure!((standing == "ok") == (found["mend"] == ""), "what is not well says how to mend it: {found}");
        Ok((standing, format!("{} — {}", found["found"], found["mend"])))
    }

    fn fails(&self, check: &str, says: &str) -> Outcome {
        let (standing, said) = self.of(check)?;
        ensure!(!self.is_well && standing == "fail" && said.contains(says), "{check} {standing}: {said}");
        Ok(())
    }
}

async fn examine(url: &str, home: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Told> {
    let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
    command.args(["doctor", "--json"]).env_remove("COMMONPURSE_LONG").stdin(Stdio::null()).kill_on_drop(true);
    command.env("DATABASE_URL", url).env("COMMONPURSE_STATE_DIR", home).envs(environment.iter().copied());
    if !environment.iter().any(|(name, _)| *name == "COMMONPURSE_SMTP_URL") {
        command.env("COMMONPURSE_MAIL_DIR", home.join("mail"));
    }
    let output = tokio::time::timeout(PATIENCE, command.output()).await.context("it runs on and on")??;
    let said = String::from_utf8_lossy(&output.stderr);
    let found = serde_json::from_slice(&output.stdout).with_context(|| said.clone().into_owned())?;
    ensure!(!format!("{found} {said}").contains("hunter2"), "a password is shown");
    Ok(Told { is_well: output.status.success(), found })
}

#[tokio::test]
async fn an_installation_that_is_well_is_said_to_be() -> Outcome {
    let home = TempDir::new()?;
    let server = PrivateServer::start(&home.path().join("postgresql"), Durability::Kept).await?;
    server.migrate("purse").await?;
    let told = examine(&server.service_url("purse"), home.path(), &[]).await;
    let lies_in = server.home().to_path_buf();
    server.stop().await?;
    // Run as root, the server may have had to go elsewhere, which the temporary directory does not take with it.
    let _ = std::fs::remove_dir_all(lies_in);
    let told = told?;
    ensure!(told.is_well, "{}", told.found);
    for check in
        ["configuration", "mail", "version", "durability", "connections", "clock", "encryption", "schema", "login"]
    {
        ensure!(told.of(check)?.0 == "ok", "{check}: {}", told.found);
    }
    for check in ["rights", "adoption", "books"] {
        ensure!(told.of(check)?.0 == "ok", "{check}: {}", told.found);
    }
    ensure!(told.of("workers")?.0 == "warn", "none runs: {}", told.found);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_database_is_named_and_how_to_mend_it() -> Outcome {
    let home = TempDir::new()?;
    let database = TestDatabase::create().await?;
    let owner = migrations::connect(&database.url.parse()?).await?;
    owner
        .batch_execute(
            "GRANT UPDATE (amount) ON transfer TO commonpurse_service;
             INSERT INTO adoption (number, cluster, database, reason) VALUES (99, 1, 1, 'elsewhere')",
        )
        .await?;
    let told = examine(&database.service_url, home.path(), &[("COMMONPURSE_POOL_SIZE", "500")]).await?;
    // The databases of tests lose what was written last when the machine stops.
    told.fails("durability", "fsync")?;
    told.fails("connections", "max_connections")?;
    told.fails("rights", "has UPDATE transfer.amount")?;
    told.fails("login", "may write the journal")?;
    ensure!(told.of("adoption")?.0 == "warn" && told.of("encryption")?.0 == "ok", "{}", told.found);

    examine(&database.url, home.path(), &[]).await?.fails("login", "is a superuser")?;
    let empty = TestDatabase::create_empty().await?;
    examine(&empty.service_url, home.path(), &[]).await?.fails("schema", "commonpurse migrate")?;
    let away = "postgresql://purse:hunter2@127.0.0.1:1/purse";
    examine(away, home.path(), &[]).await?.fails("database", "cannot connect")
}

#[tokio::test]
async fn a_mail_server_that_is_away_or_silent_and_a_half_configured_production_are_named() -> Outcome {
    let home = TempDir::new()?;
    let database = TestDatabase::create().await?;
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let mail = |port: u16| format!("smtp://purse:hunter2@127.0.0.1:{port}");
    let to_silent = mail(silent.local_addr()?.port());
    let told = examine(&database.service_url, home.path(), &[("COMMONPURSE_SMTP_URL", &to_silent)]).await?;
    told.fails("mail", "COMMONPURSE_SMTP_URL")?;
    let production = [("COMMONPURSE_SMTP_URL", mail(1)), ("COMMONPURSE_PRODUCTION", "true".to_owned())];
    let production = production.each_ref().map(|(name, value)| (*name, value.as_str()));
    let told = examine(&database.service_url, home.path(), &production).await?;
    told.fails("mail", "refuses")?;
    told.fails("configuration", "COMMONPURSE_PUBLIC_URL")
}
