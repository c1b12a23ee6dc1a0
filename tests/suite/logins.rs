//! As whom the programs start, as whom they refuse to, and what they say of a database that they cannot work on.

use anyhow::{Context as _, ensure};
use api::stack::programs_beside_this_one;
use migrations::server::programs::Programs;
use migrations::testing::TestDatabase;
use migrations::{Durability, PrivateServer};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

/// How long a program may take on a busy machine to start, or to refuse.
const PATIENCE: Duration = Duration::from_mins(5);

/// A program without what the environment of the tests says of databases.
fn program(name: &str, arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(programs_beside_this_one()?.join(name));
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    for variable in ["DATABASE_URL", "COMMONPURSE_OWNER_URL", "COMMONPURSE_LONG"] {
        command.env_remove(variable);
    }
    Ok(command)
}

/// What a program says that is to refuse.
async fn refusal(command: &mut Command) -> anyhow::Result<String> {
    let output = tokio::time::timeout(PATIENCE, command.output()).await.context("it runs on and on")??;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success(), "it succeeded: {said}");
    Ok(said)
}

#[tokio::test]
async fn h1_neither_api_nor_worker_starts_as_a_superuser_or_without_rights() -> Outcome {
    let database = TestDatabase::create().await?;
    let state = TempDir::new()?;
    let foreign = TestDatabase::create_empty().await?;
    for (name, arguments) in [("commonpurse", &["serve"][..]), ("commonpurse-worker", &[])] {
        let start = async |url: &str| -> anyhow::Result<String> {
            let mut command = program(name, arguments)?;
            command.env("DATABASE_URL", url).env("COMMONPURSE_LISTEN", "127.0.0.1:0");
            command.env("COMMONPURSE_STATE_DIR", state.path()).env("COMMONPURSE_MAIL_DIR", state.path());
            refusal(&mut command).await
        };
        let said = start(&database.url).await?;
        ensure!(said.contains("is a superuser") && said.contains("set DATABASE_URL"), "{name}: {said}");
        let said = start(&foreign.service_url).await?;
        ensure!(said.contains("run `commonpurse migrate`"), "{name}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn h1_migrate_and_operator_take_the_owners_login_and_say_so() -> Outcome {
    let database = TestDatabase::create().await?;
    let folder = TempDir::new()?;
    let file = folder.path().join("owner");
    std::fs::write(&file, &database.url)?;
    for arguments in [&["migrate"][..], &["operator", "add", "ada@example.org"], &["operator", "list"]] {
        let mut alone = program("commonpurse", arguments)?;
        let said = refusal(alone.env("DATABASE_URL", &database.service_url)).await?;
        ensure!(said.contains("set COMMONPURSE_OWNER_URL"), "{arguments:?}: {said}");
        let mut with_owner = program("commonpurse", arguments)?;
        with_owner.env("DATABASE_URL", &database.service_url).env("COMMONPURSE_OWNER_URL_FILE", &file);
        let output = with_owner.output().await?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

#[tokio::test]
async fn migrate_tells_what_it_would_do_and_its_script_does_it() -> Outcome {
    let database = TestDatabase::create_empty().await?;
    let migrate = async |more: &str| -> anyhow::Result<Output> {
        let mut command = program("commonpurse", &["migrate", more])?;
        let running = command.env("COMMONPURSE_OWNER_URL", &database.url).output();
        Ok(tokio::time::timeout(PATIENCE, running).await.context("it runs on and on")??)
    };
    let before = migrate("--check").await?;
    let said = String::from_utf8_lossy(&before.stderr);
    ensure!(before.status.code() == Some(1) && said.contains("version 0 of") && said.contains("V0001__"), "{said}");
    let script = migrate("--sql").await?;
    ensure!(
        script.status.success() && migrate("--check").await?.status.code() == Some(1),
        "the script has changed something"
    );
    let mut psql = Command::new(Programs::find()?.path("psql"));
    psql.args(["--no-psqlrc", "--quiet", "--dbname", &database.url]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut psql = psql.stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    psql.stdin.take().context("its input")?.write_all(&script.stdout).await?;
    let ran = tokio::time::timeout(PATIENCE, psql.wait_with_output()).await.context("psql runs on and on")??;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let after = migrate("--check").await?;
    let said = String::from_utf8_lossy(&after.stdout);
    ensure!(after.status.success() && said.contains("up to date"), "{said}");
    Ok(())
}

#[tokio::test]
async fn h8_dev_says_what_to_do_with_a_database_of_another_numbering_and_does_it_when_told() -> Outcome {
    let home = TempDir::new()?;
    let server = PrivateServer::start(&home.path().join("postgresql"), Durability::Kept).await?;
    let lies_in = server.home().to_path_buf();
    let outcome = dev_meets_an_old_database(home.path(), server).await;
    // Run as root, the server may have had to go elsewhere, which the temporary directory does not take with it.
    let _ = std::fs::remove_dir_all(lies_in);
    outcome
}

async fn dev_meets_an_old_database(home: &Path, server: PrivateServer) -> Outcome {
    server.create_database("commonpurse_dev").await?;
    let owner = migrations::connect(&server.url("commonpurse_dev").parse()?).await?;
    owner.batch_execute("CREATE TABLE refinery_schema_history (version bigint PRIMARY KEY)").await?;
    drop(owner);
    server.stop().await?;

    let dev = |more: &[&str]| -> anyhow::Result<Command> {
        let mut command = program("commonpurse", &["dev", "--listen", "127.0.0.1:0", "--home"])?;
        command.arg(home).args(more);
        Ok(command)
    };
    let said = refusal(&mut dev(&[])?).await?;
    ensure!(said.contains("made by other migrations") && said.contains("`commonpurse dev --fresh`"), "{said}");

    // What is exported for another installation does not count.
    let elsewhere = TestDatabase::create().await?;
    let mut fresh = dev(&["--fresh"])?;
    fresh.env("DATABASE_URL", &elsewhere.service_url).env("COMMONPURSE_OWNER_URL", &elsewhere.url);
    fresh.env("COMMONPURSE_SMTP_URL", "smtps://u:p@mail.example.org").env("COMMONPURSE_PRODUCTION", "true");
    let mut fresh = fresh.stdout(Stdio::piped()).spawn()?;
    let mut told = BufReader::new(fresh.stdout.take().context("its standard output")?).lines();
    let is_up = async {
        while let Some(line) = told.next_line().await? {
            if line.contains("The service is up") {
                return Ok(());
            }
        }
        anyhow::bail!("it ended before the service was up")
    };
    tokio::time::timeout(PATIENCE, is_up).await.context("the service does not come up")??;
    let owner = migrations::connect(&elsewhere.url.parse()?).await?;
    let people: i64 = owner.query_one("SELECT count(*) FROM person", &[]).await?.get(0);
    ensure!(people == 0, "an operator was made in a database that is somebody else's");
    everything_is_private(&home.join("commonpurse_dev"))?;
    let process = Pid::from_raw(i32::try_from(fresh.id().context("it runs")?)?);
    kill(process, Signal::SIGTERM)?;
    let status = tokio::time::timeout(PATIENCE, fresh.wait()).await.context("it does not stop")??;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// Nobody but the owner of a directory may enter it or read what is in it.
fn everything_is_private(directory: &Path) -> Outcome {
    let mut waiting = vec![directory.to_owned()];
    let mut files = 0;
    while let Some(path) = waiting.pop() {
        let found = std::fs::metadata(&path)?;
        let wanted = if found.is_dir() { 0o700 } else { 0o600 };
        ensure!(found.permissions().mode() & 0o777 == wanted, "{}: {:o}", path.display(), found.permissions().mode());
        if found.is_dir() {
            waiting.extend(
                std::fs::read_dir(&path)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?,
            );
        } else {
            files += 1;
        }
    }
    ensure!(files >= 3, "a key and two logs are there: {files}");
    Ok(())
}

#[tokio::test]
async fn h8_dev_and_demo_leave_a_database_with_live_books_as_it_was() -> Outcome {
    let database = TestDatabase::create().await?;
    let owner = migrations::connect(&database.url.parse()?).await?;
    owner
        .batch_execute(
            "INSERT INTO person (id, caller, email, name, created_at)
             VALUES ('00000000-0000-7000-8000-000000000001', 1, 'ada@example.org', 'Ada', now());
             INSERT INTO organisation (id, caller, name, kind, created_at, created_by)
             VALUES ('00000000-0000-7000-8000-000000000002', 2, 'Sawmill', 'cooperative', now(),
                     '00000000-0000-7000-8000-000000000001');
             INSERT INTO book (number, uid, organisation, name, currency, mode, zone, visibility, created_at)
             VALUES (1, gen_random_uuid(), '00000000-0000-7000-8000-000000000002', 'Sawmill', 'USD', 'live', 'UTC', 'private',
                     now())",
        )
        .await?;
    for name in ["dev", "demo"] {
        let home = TempDir::new()?;
        let mut command = program("commonpurse", &[name, "--listen", "127.0.0.1:0", "--home"])?;
        command.arg(home.path()).args(["--database", &database.service_url, "--database-owner", &database.url]);
        let said = refusal(&mut command).await?;
        ensure!(said.contains("holds live books"), "{name}: {said}");
    }
    let people: i64 = owner.query_one("SELECT count(*) FROM person", &[]).await?.get(0);
    ensure!(people == 1, "an operator was made");
    Ok(())
}
