//! The worker as a process: it starts, does what is due, and stops when asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use deadpool_postgres::{Manager, Pool};
use jiff::{SignedDuration, Timestamp};
use ledger::id::BookId;
use ledger::parties::operations::sign_in;
use ledger::service::job::{Job, NewJob};
use ledger::service::store::{heartbeats, jobs};
use migrations::testing::TestDatabase;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A loaded machine may take long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(3);

fn command(database_url: &str, mail_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_commonpurse-worker"));
    command
        .env("DATABASE_URL", database_url)
        .env("COMMONPURSE_MAIL_DIR", mail_dir)
        .env("COMMONPURSE_TASKS_MAIL_AT", "never")
        .env("COMMONPURSE_PUBLIC_URL", "http://127.0.0.1:8080")
        .env("COMMONPURSE_STOP_WITH_PARENT", "true")
        .env_remove("COMMONPURSE_SMTP_URL")
        .env_remove("COMMONPURSE_FAULT")
        .stdin(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn pool(database: &TestDatabase) -> Pool {
    let access = migrations::service_access(&database.service_url, "worker-test").unwrap();
    Pool::builder(Manager::new(access.config, access.tls)).max_size(2).build().unwrap()
}

fn wait_for_end(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("the worker does not end");
}

async fn enqueue_sign_in(pool: &Pool) {
    let mut client = pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let now = Timestamp::now();
    sign_in::ensure_person(&tx, &"ada@example.org".parse().unwrap(), now).await.unwrap();
    let job = Job::SendSignIn {
        email: "ada@example.org".into(),
        token: "t0ken".into(),
        code: None,
        expires_at: now + SignedDuration::from_mins(15),
        sign_up: false,
    };
    let new = NewJob { book: BookId::INSTALLATION, due_at: now, dedupe: "one".into(), job };
    jobs::enqueue(&tx, &new).await.unwrap();
    tx.commit().await.unwrap();
}

async fn wait_for_mail(dir: &Path) -> String {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let files = std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
        if let Some(path) = files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "eml")) {
            return std::fs::read_to_string(path).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no mail came");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_mails_a_sign_in_link_and_stops_when_its_parent_goes() {
    let database = TestDatabase::create().await.unwrap();
    let mail = tempfile::tempdir().unwrap();
    let pool = pool(&database);
    enqueue_sign_in(&pool).await;
    let mut worker = command(&database.service_url, mail.path()).spawn().unwrap();
    let text = wait_for_mail(mail.path()).await;
    assert!(text.contains("/sign-in/t0ken"), "{text}");
    let client = pool.get().await.unwrap();
    let seen = heartbeats::list_since(&client, Timestamp::now() - SignedDuration::from_mins(1)).await.unwrap();
    assert_eq!(seen.len(), 1);
    drop(worker.stdin.take());
    assert!(wait_for_end(&mut worker).success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_terminate_ends_well() {
    let database = TestDatabase::create().await.unwrap();
    let mail = tempfile::tempdir().unwrap();
    let pool = pool(&database);
    enqueue_sign_in(&pool).await;
    let mut worker = command(&database.service_url, mail.path()).spawn().unwrap();
    wait_for_mail(mail.path()).await;
    // The shell's own kill: the program of that name is not on every machine.
    let told = Command::new("sh").args(["-c", "kill -TERM $0", &worker.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(wait_for_end(&mut worker).success());
}

/// What a worker says on standard error before it ends, unwell.
fn refusal(mut command: Command) -> String {
    let mut worker = command.stderr(Stdio::piped()).spawn().unwrap();
    let stderr = worker.stderr.take().unwrap();
    assert!(!wait_for_end(&mut worker).success());
    std::io::read_to_string(stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_reads_the_same_variables_as_the_api_and_refuses_what_neither_knows() {
    let database = TestDatabase::create().await.unwrap();
    let mail = tempfile::tempdir().unwrap();
    let mut misspelt = command(&database.service_url, mail.path());
    misspelt.env("COMMONPURSE_WORKER_POL_MS", "20");
    let said = refusal(misspelt);
    assert!(said.contains("COMMONPURSE_WORKER_POL_MS"), "{said}");
    let file = mail.path().join("database-url");
    std::fs::write(&file, format!("{}\n", database.service_url)).unwrap();
    let mut twice = command(&database.service_url, mail.path());
    twice.env("COMMONPURSE_DATABASE_URL_FILE", &file);
    assert!(refusal(twice).contains("cannot be used with"));

    let pool = pool(&database);
    enqueue_sign_in(&pool).await;
    let mut from_file = command(&database.service_url, mail.path());
    from_file.env_remove("DATABASE_URL").env("COMMONPURSE_DATABASE_URL_FILE", &file);
    // The two share an environment: what only the api reads is none of its business.
    from_file.env("COMMONPURSE_LISTEN", "127.0.0.1:0").env("COMMONPURSE_BOOKS_PER_DAY", "5");
    let mut worker = from_file.spawn().unwrap();
    wait_for_mail(mail.path()).await;
    drop(worker.stdin.take());
    assert!(wait_for_end(&mut worker).success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_does_not_start_on_a_database_without_our_schema() {
    let database = TestDatabase::create_empty().await.unwrap();
    let mail = tempfile::tempdir().unwrap();
    let mut worker = command(&database.service_url, mail.path()).spawn().unwrap();
    assert!(!wait_for_end(&mut worker).success());
}
