//! A backup, rehearsed: dumped here, restored in a cluster that has never seen us, served, verified.

use anyhow::{Context as _, ensure};
use api::demo::client::Client;
use api::stack::{Settings, Stack, programs_beside_this_one};
use migrations::server::programs::Programs;
use migrations::{Access, Durability, PrivateServer};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tests::{OPERATOR, Stage, day, once};
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

/// How long a program, or what is waited for, may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often something awaited is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Runs a program to its end; answers what it has said.
async fn run(command: &mut Command) -> anyhow::Result<String> {
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, running).await.context("it runs on and on")??;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(said)
}

fn commonpurse(arguments: &[&str], owner_url: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
    command.args(arguments).env_remove("DATABASE_URL").env("COMMONPURSE_OWNER_URL", owner_url);
    Ok(command)
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> anyhow::Result<bool>) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await? {
        ensure!(Instant::now() < deadline, "{what}: not within {} s", PATIENCE.as_secs());
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// What went out of an installation, or would have: charges that were tried, jobs done, mails.
async fn gone_out(url: &str, mail: &Path) -> anyhow::Result<(i64, i64, usize)> {
    let client = migrations::connect(&url.parse::<Access>()?).await?;
    let asked =
        "SELECT (SELECT count(*) FROM sandbox_provider_charge), count(*) FROM job WHERE finished_at IS NOT NULL";
    let row = client.query_one(asked, &[]).await?;
    Ok((row.get(0), row.get(1), std::fs::read_dir(mail).map_or(0, Iterator::count)))
}

async fn readiness(base: &str) -> anyhow::Result<Value> {
    Client::new(base)?.get("/readyz").await?.ok()
}

#[tokio::test]
async fn h9_a_backup_is_served_in_another_cluster_and_reaches_out_to_nobody_until_it_is_adopted() -> Outcome {
    let mut stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "first", "30.00", day(1, 10)).await?;
    let ready = readiness(stage.app.base_url()).await?;
    ensure!(ready["adopted"] == true, "{ready}");
    let worker = stage.app.stack().workers().remove(0);
    tokio::task::spawn_blocking(move || worker.stop()).await??;
    // Due at once, and nobody is there to do it.
    stage.pledge(&campaign, &once(&campaign, "second", "40.00", day(1, 13), "sandbox_ok")?).await?;

    let home = TempDir::new()?;
    let dump = home.path().join("dump.sql");
    let programs = Programs::find()?;
    let mut pg_dump = Command::new(programs.path("pg_dump"));
    run(pg_dump.args(["--dbname", stage.app.database_url(), "--file"]).arg(&dump)).await?;
    let server = PrivateServer::start(&home.path().join("postgresql"), Durability::Throwaway).await?;
    let outcome = restored(&server, &programs, home.path(), &dump, &stage).await;
    let lies_in = server.home().to_path_buf();
    server.stop().await?;
    // Run as root, the server may have had to go elsewhere, which the temporary directory does not take with it.
    let _ = std::fs::remove_dir_all(lies_in);
    outcome?;
    stage.app.finish_with_jobs_left().await
}

async fn restored(server: &PrivateServer, programs: &Programs, home: &Path, dump: &Path, stage: &Stage) -> Outcome {
    server.create_database("purse").await?;
    let owner_url = server.tcp_url("purse");
    // It complains of roles that are not there, and goes on.
    let mut psql = Command::new(programs.path("psql"));
    psql.args(["--no-psqlrc", "--quiet", "--dbname", &owner_url, "--file"]).arg(dump);
    run(&mut psql).await?;
    let behind = commonpurse(&["migrate", "--check"], &owner_url)?.output().await?;
    let said = String::from_utf8_lossy(&behind.stderr);
    ensure!(!behind.status.success() && said.contains("roles are missing"), "{said}");
    let said = run(&mut commonpurse(&["migrate"], &owner_url)?).await?;
    ensure!(said.contains("this is a copy") && said.contains("commonpurse adopt"), "{said}");
    // All files have been applied already: what is left to do are the login's own rights.
    server.migrate("purse").await?;

    let state = home.join("state");
    let settings = Settings {
        database_url: server.service_url("purse"),
        programs: programs_beside_this_one()?,
        state: state.clone(),
        listen: "127.0.0.1:0".into(),
        environment: Vec::new(),
    };
    let before = gone_out(&owner_url, &state.join("mail")).await?;
    ensure!(before == (1, before.1, 0), "one charge was made before the backup: {before:?}");
    let stack = tokio::task::spawn_blocking(move || Stack::start(settings, 1)).await??;
    let log = state.join("worker.log");
    until("the worker sees that this is a copy", async || {
        Ok(std::fs::read_to_string(&log).unwrap_or_default().contains("is a restored copy"))
    })
    .await?;
    let ready = readiness(&stack.base_url).await?;
    ensure!(ready["ready"] == true && ready["adopted"] == false, "{ready}");
    Client::new(&stack.base_url)?.post("/v1/sign-in", &json!({"email": OPERATOR})).await?.ok()?;
    // A worker of the installation looks for work several times a second; the copy's is seen to be alive.
    until("the worker beats", async || Ok(readiness(&stack.base_url).await?["worker"] == true)).await?;
    ensure!(gone_out(&owner_url, &state.join("mail")).await? == before, "a copy has reached out");

    let adopt = ["adopt", "--reason", "the first machine is lost"];
    run(&mut commonpurse(&adopt, &owner_url)?).await?;
    until("what was due is charged and mailed", async || {
        let (charges, done, mails) = gone_out(&owner_url, &state.join("mail")).await?;
        Ok(charges == 2 && done > before.1 && mails > 0)
    })
    .await?;
    ensure!(readiness(&stack.base_url).await?["adopted"] == true);
    let again = commonpurse(&adopt, &owner_url)?.output().await?;
    ensure!(String::from_utf8_lossy(&again.stderr).contains("is the installation already"));
    verifies(&stack, home, stage).await?;
    tokio::task::spawn_blocking(move || stack.stop()).await?
}

/// The book's export holds, and begins with the entries of the first installation.
async fn verifies(stack: &Stack, home: &Path, stage: &Stage) -> Outcome {
    let path = format!("/v1/books/{}/export?format=jsonl", stage.cast.book);
    let treasurer = Client::sign_in(&stack.base_url, &stack.mail_dir(), "treasurer@host.example").await?;
    let here = treasurer.download(&path).await?;
    let file = home.join("book.jsonl");
    std::fs::write(&file, &here)?;
    let said = run(Command::new(programs_beside_this_one()?.join("commonpurse")).arg("verify").arg(&file)).await?;
    ensure!(said.contains("holds"), "{said}");
    let (here, there) = (entries(&here)?, entries(&stage.cast.treasurer.download(&path).await?)?);
    ensure!(!there.is_empty() && here.len() > there.len() && here.starts_with(&there), "{here:?} after {there:?}");
    Ok(())
}

/// The entries of an export, without the digests, which depend on its length.
fn entries(export: &str) -> anyhow::Result<Vec<Value>> {
    let lines = export.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let entries = lines.into_iter().filter(|line| line["type"] == "entry");
    Ok(entries.map(|line| json!([line["number"], line["effective"], line["lines"], line["recorded_at"]])).collect())
}
