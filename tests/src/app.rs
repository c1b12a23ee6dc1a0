//! One running service over a database of its own.

use anyhow::{Context as _, bail, ensure};
use api::demo::client::{Client, mails};
use api::stack::{Process, Settings, Stack, programs_beside_this_one};
use deadpool_postgres::{Manager, Pool};
use jiff::{SignedDuration, Timestamp};
use ledger::engine::store::{books, journal};
use ledger::id::{BookId, BookRef};
use ledger::pledging::store::lineage;
use migrations::testing::TestDatabase;
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The first operator of every test.
pub const OPERATOR: &str = "operator@test.example";

/// Whoever waits for a turn in a test waits: the machine may be busy.
pub(crate) const PATIENT: (&str, &str) = ("COMMONPURSE_PATIENCE_MS", "60000");

/// Mails of the day come at no hour: a test that wants one has it sent.
const NO_DAILY_MAIL: (&str, &str) = ("COMMONPURSE_TASKS_MAIL_AT", "never");

/// How long the worker may take until nothing is due.
const IDLE_MAX: Duration = Duration::from_mins(5);

/// How long a process may take to show its figures.
const FIGURES_MAX: Duration = Duration::from_mins(2);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);

/// The service under test: its own database, api, worker and mail folder.
pub struct TestApp {
    stack: Option<Stack>,
    base_url: String,
    database: TestDatabase,
    pool: Pool,
    state: TempDir,
    finished: bool,
}

impl TestApp {
    /// Starts the api and one worker.
    pub async fn start() -> anyhow::Result<TestApp> {
        TestApp::start_with(1, &[]).await
    }

    /// Starts the api and so many workers, with more environment variables.
    pub async fn start_with(workers: usize, environment: &[(&str, &str)]) -> anyhow::Result<TestApp> {
        let database = TestDatabase::create().await?;
        api::operators::add_operator(&database.url, &OPERATOR.parse()?).await?;
        let state = TempDir::new()?;
        let settings = Settings {
            database_url: database.service_url.clone(),
            programs: programs_beside_this_one()?,
            state: state.path().to_owned(),
            listen: "127.0.0.1:0".into(),
            environment: [PATIENT, NO_DAILY_MAIL]
                .iter()
                .chain(environment)
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        };
        ensure!(
            settings.programs.join("commonpurse-worker").exists(),
            "build the binaries first: cargo build --workspace"
        );
        let stack = tokio::task::spawn_blocking(move || Stack::start(settings, workers)).await??;
        let base_url = stack.base_url.clone();
        let access = migrations::service_access(&database.service_url, "tests")?;
        let pool = Pool::builder(Manager::new(access.config, access.tls)).max_size(2).build()?;
        Ok(TestApp { stack: Some(stack), base_url, database, pool, state, finished: false })
    }

    /// Where the api listens.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The owner's address of the database.
    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Where e-mail is written.
    pub fn mail_dir(&self) -> PathBuf {
        self.state.path().join("mail")
    }

    /// Where keys, mail and logs lie.
    pub fn state_dir(&self) -> &std::path::Path {
        self.state.path()
    }

    /// The running processes.
    pub fn stack(&mut self) -> &mut Stack {
        self.stack.as_mut().expect("the stack runs until the test is finished")
    }

    /// Hands the running processes out; [`TestApp::put_stack`] takes them back.
    pub fn take_stack(&mut self) -> anyhow::Result<Stack> {
        self.stack.take().context("the stack runs until the test is finished")
    }

    /// Takes the running processes back.
    pub fn put_stack(&mut self, stack: Stack) {
        self.stack = Some(stack);
    }

    /// One more api on the same database.
    pub fn another_api(&mut self) -> anyhow::Result<(Process, String)> {
        self.stack().another_api()
    }

    /// Nobody in particular.
    pub fn nobody(&self) -> anyhow::Result<Client> {
        Client::new(&self.base_url)
    }

    /// What the api counts, in Prometheus' text format; it shows that when `COMMONPURSE_METRICS_LISTEN` is set.
    pub async fn figures(&self) -> anyhow::Result<String> {
        let stack = self.stack.as_ref().context("the stack runs until the test is finished")?;
        read_figures(stack.api().figures().context("the api shows no figures")?).await
    }

    /// Signs the first operator in.
    pub async fn operator(&self) -> anyhow::Result<Client> {
        self.sign_in(OPERATOR).await
    }

    /// Signs a person in by the link in the mail.
    pub async fn sign_in(&self, email: &str) -> anyhow::Result<Client> {
        Client::sign_in(&self.base_url, &self.mail_dir(), email).await
    }

    /// How many e-mails of a kind came to an address.
    pub fn mails(&self, kind: &str, email: &str) -> anyhow::Result<usize> {
        Ok(mails(&self.mail_dir(), kind, email)?.len())
    }

    /// Moves a sandbox book's clock, and waits until it is there and the worker has done all that is due in any book.
    pub async fn advance(&self, treasurer: &Client, book: &str, to: &str) -> anyhow::Result<()> {
        treasurer.post(&format!("/v1/books/{book}/clock:advance"), &json!({"to": to})).await?.ok()?;
        self.work_until_idle().await
    }

    /// Puts a sandbox book's clock ahead at once, as if no worker had been there on the way.
    pub async fn leap_clock(&self, book: &str, to: &str) -> anyhow::Result<()> {
        let (book, to): (BookRef, Timestamp) = (book.parse()?, to.parse()?);
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let offset = SignedDuration::from_secs(to.duration_since(Timestamp::now()).as_secs() + 1);
        books::set_clock(&tx, book.book, offset, None).await?;
        Ok(tx.commit().await?)
    }

    /// Waits until no job is due or running, in any book.
    pub async fn work_until_idle(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + IDLE_MAX;
        loop {
            let waiting = self.jobs_waiting().await?;
            if waiting.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("jobs are still due after {} s: {waiting:?}", IDLE_MAX.as_secs());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// A connection as the service's role.
    pub async fn connection(&self) -> anyhow::Result<deadpool_postgres::Object> {
        Ok(self.pool.get().await?)
    }

    /// One number from the database, read as the service's role.
    pub async fn count(&self, query: &str) -> anyhow::Result<i64> {
        Ok(self.pool.get().await?.query_one(query, &[]).await?.get(0))
    }

    /// The kinds of jobs that are due and not done.
    async fn jobs_waiting(&self) -> anyhow::Result<Vec<String>> {
        let rows = self
            .pool
            .get()
            .await?
            .query(
                "SELECT j.kind || coalesce(': ' || nullif(j.last_error, ''), '')
                   FROM job j LEFT JOIN book b ON b.number = j.book_id
                  WHERE j.finished_at IS NULL AND j.dead_at IS NULL
                    AND j.due_at <= now() + make_interval(secs => coalesce(b.clock_offset_s, 0))
                  UNION ALL
                 SELECT 'the clock walks to ' || clock_target FROM book JOIN book_head ON book_id = number
                  WHERE clock_target IS NOT NULL AND NOT frozen
                  LIMIT 20",
                &[],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Ends the test: nothing is left over, and every book balances.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.finished = true;
        self.work_until_idle().await.context("left-over jobs")?;
        let dead = self.count("SELECT count(*) FROM job WHERE dead_at IS NOT NULL").await?;
        ensure!(dead == 0, "{dead} jobs are on the dead-letter list");
        self.every_book_balances().await?;
        self.stop().await
    }

    /// Ends a test that leaves jobs behind on purpose; the books are checked all the same.
    pub async fn finish_with_jobs_left(mut self) -> anyhow::Result<()> {
        self.finished = true;
        self.every_book_balances().await?;
        self.stop().await
    }

    async fn stop(&mut self) -> anyhow::Result<()> {
        let stack = self.stack.take().context("the stack runs until the test is finished")?;
        tokio::task::spawn_blocking(move || stack.stop()).await?
    }

    async fn every_book_balances(&self) -> anyhow::Result<()> {
        let client = self.pool.get().await?;
        for book in books::list(&client, None, BookId(0), 1_000).await? {
            let wrong = journal::audit(&client, book.id).await?;
            ensure!(wrong.is_empty(), "book {} does not balance: {wrong:?}", book.name);
            let wrong = lineage::audit(&client, book.id).await?;
            ensure!(wrong.is_empty(), "whose money book {} used does not add up: {wrong:?}", book.name);
        }
        Ok(())
    }
}

/// The figures that a process shows at an address.
pub async fn read_figures(address: &str) -> anyhow::Result<String> {
    let client = crate::http().timeout(FIGURES_MAX).build()?;
    Ok(client.get(format!("{address}/metrics")).send().await?.error_for_status()?.text().await?)
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            eprintln!("a test ended without TestApp::finish");
        }
    }
}
