//! A sandbox book with one live campaign, and workers that run on it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use clap::Parser as _;
use deadpool_postgres::{Manager, Pool};
use jiff::{SignedDuration, Timestamp};
use ledger::books::operations::books;
use ledger::engine::store::books::{Mode, Visibility};
use ledger::id::{BookId, CampaignId, OrganisationId};
use ledger::money::{Currency, Money};
use ledger::parties::rules::privacy::Privacy;
use ledger::pledging::operations::pledges::{AskedDonor, AskedSchedule, PlacePledge};
use ledger::pledging::operations::{campaigns, pledges};
use ledger::pledging::rules::lineage::Method;
use ledger::pledging::rules::pledge::Rail;
use ledger::service::change;
use ledger::service::store::activity::Actor;
use ledger::service::store::jobs::{self, BookWithWork};
use migrations::testing::TestDatabase;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use worker::Config;

/// A loaded machine may take long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) struct Story {
    pool: Pool,
    mail: TempDir,
    book: BookId,
    campaign: CampaignId,
    terms_digest: [u8; 32],
    partner: OrganisationId,
    database: TestDatabase,
}

pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("the worker still runs");
        self.task.await.unwrap().unwrap();
    }
}

impl Story {
    pub(crate) async fn begin() -> Story {
        let database = TestDatabase::create().await.unwrap();
        let config = migrations::service_config(&database.url, "story").unwrap();
        let pool = Pool::builder(Manager::new(config, tokio_postgres::NoTls)).max_size(4).build().unwrap();
        let mut client = pool.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let wall = Timestamp::now();
        let asked = books::OpenBook {
            organisation: OrganisationId::generate(),
            name: "Commons Host".into(),
            currency: Currency::USD,
            mode: Mode::Sandbox,
            zone: "UTC".into(),
            visibility: Visibility::Public,
        };
        let book = books::open(&tx, asked, wall).await.unwrap();
        let new = campaigns::NewCampaign {
            book: book.id,
            slug: "loom".into(),
            title: "An open loom".into(),
            summary: String::new(),
            terms: "Held for the loom only.".into(),
            monthly_goal: Money::parse("1000.00", Currency::USD).unwrap(),
            lineage: Method::Fifo,
        };
        let campaign = campaigns::create(&tx, new, Actor::Service, wall).await.unwrap();
        let change = change::Change::by_service("");
        let campaign = campaigns::publish(&tx, campaign.id, change, wall).await.unwrap();
        tx.commit().await.unwrap();
        drop(client);
        Story {
            pool,
            mail: tempfile::tempdir().unwrap(),
            book: book.id,
            campaign: campaign.id,
            terms_digest: campaign.terms_digest,
            partner: OrganisationId::generate(),
            database,
        }
    }

    /// A donor pledges 30.00 USD.
    pub(crate) async fn pledge(&self, reference: &str, token: &str, schedule: AskedSchedule) {
        let asked = PlacePledge {
            campaign: self.campaign,
            partner: self.partner,
            reference: reference.into(),
            donor: AskedDonor {
                reference: reference.into(),
                name: "Ada".into(),
                email: "ada@example.org".into(),
                privacy: Privacy::HostOnly,
            },
            amount: Money::parse("30.00", Currency::USD).unwrap(),
            schedule,
            rail: Rail::Sandbox,
            token: token.into(),
            terms_digest: self.terms_digest,
        };
        let mut client = self.pool.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        pledges::place(&tx, asked, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A worker in this process.
    pub(crate) async fn worker(&self) -> Running {
        let mail = self.mail.path().to_str().unwrap();
        let flags = ["worker", "--database-url", &self.database.url, "--mail-dir", mail, "--poll-ms", "20"];
        let config = Config::try_parse_from(flags).unwrap();
        let (stop, stopping) = oneshot::channel();
        let task = tokio::spawn(worker::run(config, async {
            let _ = stopping.await;
        }));
        Running { stop, task }
    }

    /// A worker process that runs into its planned crash.
    pub(crate) fn crash(&self, fault: &str) {
        let status = Command::new(env!("CARGO_BIN_EXE_commonpurse-worker"))
            .env("DATABASE_URL", &self.database.url)
            .env("COMMONPURSE_MAIL_DIR", self.mail.path())
            .env("COMMONPURSE_FAULT", fault)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!status.success(), "it was to crash");
    }

    /// As if the leases of a dead worker had run out.
    pub(crate) async fn end_leases(&self) {
        let client = self.pool.get().await.unwrap();
        let statement = "UPDATE job SET leased_until = 'epoch' WHERE book_id = $1 AND finished_at IS NULL";
        client.execute(statement, &[&self.book.0]).await.unwrap();
    }

    pub(crate) async fn advance_days(&self, days: i64) {
        let mut client = self.pool.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let wall = Timestamp::now();
        let book = ledger::engine::store::books::get(&tx, self.book).await.unwrap();
        let to = book.now(wall) + SignedDuration::from_hours(24 * days);
        books::advance_clock(&tx, self.book, to, wall).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Waits until no job is due, running or pausing; none may have died.
    pub(crate) async fn until_idle(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let client = self.pool.get().await.unwrap();
            let book = ledger::engine::store::books::get(&client, self.book).await.unwrap();
            let work = BookWithWork { book: self.book, offset: book.clock_offset };
            let now = jobs::summary(&client, work, Timestamp::now()).await.unwrap();
            let dead = jobs::list_dead(&client, self.book, 10).await.unwrap();
            assert!(dead.is_empty(), "{dead:?}");
            if now.is_idle() {
                return;
            }
            assert!(Instant::now() < deadline, "still at work: {now:?}");
            drop(client);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// State and attempts of each charge.
    pub(crate) async fn charges(&self) -> Vec<(String, i32)> {
        let client = self.pool.get().await.unwrap();
        let statement = "SELECT state, attempt FROM charge WHERE book_id = $1 ORDER BY due_on, id";
        let rows = client.query(statement, &[&self.book.0]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// The states of the pledges, in the order of the alphabet.
    pub(crate) async fn pledge_states(&self) -> Vec<String> {
        let client = self.pool.get().await.unwrap();
        let statement = "SELECT state FROM pledge WHERE book_id = $1 ORDER BY state";
        let rows = client.query(statement, &[&self.book.0]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// How many references the provider knows: how often it was asked for money.
    pub(crate) async fn provider_calls(&self) -> i64 {
        self.count("SELECT count(*) FROM sandbox_provider_charge WHERE book_id = $1").await
    }

    /// How many journal entries the book has.
    pub(crate) async fn entries(&self) -> i64 {
        self.count("SELECT count(DISTINCT pos >> 16) FROM transfer WHERE book_id = $1").await
    }

    async fn count(&self, statement: &str) -> i64 {
        let client = self.pool.get().await.unwrap();
        client.query_one(statement, &[&self.book.0]).await.unwrap().get(0)
    }

    pub(crate) fn receipts(&self) -> usize {
        self.mails("receipt.")
    }

    /// How many mails there are whose Message-ID begins so.
    pub(crate) fn mails(&self, about: &str) -> usize {
        let files = std::fs::read_dir(self.mail.path()).unwrap();
        files.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with(about)).count()
    }
}
