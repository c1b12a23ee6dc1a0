//! A sandbox book with one live campaign, and workers that run on it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use clap::Parser as _;
use jiff::{SignedDuration, Timestamp};
use ledger::books::operations::clock;
use ledger::engine::store::books::Visibility;
use ledger::id::ChargeId;
use ledger::pledging::operations::pledges::{self, AskedSchedule, PlacePledge};
use ledger::pledging::operations::refunds::{self, Ask};
use ledger::pledging::rules::campaign::Campaign;
use ledger::service::change::Change;
use ledger::service::store::jobs::{self, BookWithWork};
use ledger::testing::{Ground, Host};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use worker::Config;

/// A loaded machine may take long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) struct Story {
    pub(crate) ground: Ground,
    pub(crate) campaign: Campaign,
    mail: TempDir,
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
        let host = Host { name: "Commons Host", zone: "UTC", visibility: Visibility::Public, ..Host::default() };
        let ground = host.open(Timestamp::now()).await;
        let campaign = ground.campaign("loom").await;
        Story { ground, campaign, mail: tempfile::tempdir().unwrap() }
    }

    /// A donor pledges 30.00 USD.
    pub(crate) async fn pledge(&self, reference: &str, token: &str, schedule: AskedSchedule) {
        self.pledge_at(reference, token, schedule, Timestamp::now()).await;
    }

    pub(crate) async fn pledge_at(&self, reference: &str, token: &str, schedule: AskedSchedule, wall: Timestamp) {
        let asked = self.ground.ask(&self.campaign, reference, "30.00");
        let asked = PlacePledge { schedule, token: token.into(), ..asked };
        self.ground.run(async |tx| pledges::place(tx, asked, wall).await).await.unwrap();
    }

    /// A worker in this process.
    pub(crate) async fn worker(&self) -> Running {
        let mail = self.mail.path().to_str().unwrap();
        let flags = [
            "worker",
            "--database-url",
            &self.ground.database.service_url,
            "--mail-dir",
            mail,
            "--poll-ms",
            "20",
            "--tasks-mail-at",
            "never",
        ];
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
            .env("DATABASE_URL", &self.ground.database.service_url)
            .env("COMMONPURSE_MAIL_DIR", self.mail.path())
            .env("COMMONPURSE_TASKS_MAIL_AT", "never")
            .env("COMMONPURSE_FAULT", fault)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!status.success(), "it was to crash");
    }

    /// As if the leases of a dead worker had run out.
    pub(crate) async fn end_leases(&self) {
        let client = self.ground.client().await;
        let statement = "UPDATE job SET leased_until = 'epoch' WHERE book_id = $1 AND finished_at IS NULL";
        client.execute(statement, &[&self.ground.book.id.0]).await.unwrap();
    }

    pub(crate) async fn advance_days(&self, days: i64) {
        let book = ledger::engine::store::books::get(&self.ground.client().await, self.ground.book.id).await.unwrap();
        self.advance_to(book.now(Timestamp::now()) + SignedDuration::from_hours(24 * days)).await;
    }

    pub(crate) async fn advance_to(&self, to: Timestamp) {
        let id = self.ground.book.id;
        let sent = self.ground.run(async |tx| clock::advance(tx, id, to, Timestamp::now()).await);
        sent.await.unwrap();
    }

    /// Waits until the clock is where it was sent, and no job is due, running or pausing; none may have died.
    pub(crate) async fn until_idle(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let client = self.ground.client().await;
            let book = ledger::engine::store::books::get(&client, self.ground.book.id).await.unwrap();
            let work = BookWithWork { book: self.ground.book.id, offset: book.clock_offset };
            let now = jobs::summary(&client, work, Timestamp::now()).await.unwrap();
            let dead = jobs::list_dead(&client, self.ground.book.id, 10).await.unwrap();
            assert!(dead.is_empty(), "{dead:?}");
            if now.is_idle() && book.clock_target.is_none() {
                return;
            }
            assert!(Instant::now() < deadline, "still at work: {now:?}");
            drop(client);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many jobs of a kind are done.
    pub(crate) async fn jobs_done(&self, kind: &str) -> i64 {
        let client = self.ground.database_owner().await;
        let statement = "SELECT count(*) FROM job WHERE kind = $1 AND finished_at IS NOT NULL";
        client.query_one(statement, &[&kind]).await.unwrap().get(0)
    }

    /// State and attempts of each charge.
    pub(crate) async fn charges(&self) -> Vec<(String, i32)> {
        let client = self.ground.client().await;
        let statement = "SELECT state, attempt FROM charge WHERE book_id = $1 ORDER BY due_on, id";
        let rows = client.query(statement, &[&self.ground.book.id.0]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// The states of the pledges, in the order of the alphabet.
    pub(crate) async fn pledge_states(&self) -> Vec<String> {
        let client = self.ground.client().await;
        let statement = "SELECT state FROM pledge WHERE book_id = $1 ORDER BY state";
        let rows = client.query(statement, &[&self.ground.book.id.0]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// How many references the provider knows: how often it was asked for money.
    pub(crate) async fn provider_calls(&self) -> i64 {
        self.count("SELECT count(*) FROM sandbox_provider_charge WHERE book_id = $1").await
    }

    /// All that was captured is asked back.
    pub(crate) async fn refund_all(&self) {
        let client = self.ground.client().await;
        let rows = client.query("SELECT id FROM charge WHERE book_id = $1", &[&self.ground.book.id.0]).await.unwrap();
        for row in rows {
            let charge = ChargeId::new(self.ground.book.id, row.get(0));
            let (ask, change) = (Ask::whole(charge, "all"), Change::by_service(""));
            self.ground.run(async |tx| refunds::request(tx, ask, change, Timestamp::now()).await).await.unwrap();
        }
    }

    /// The states of the refunds.
    pub(crate) async fn refunds(&self) -> Vec<String> {
        let client = self.ground.client().await;
        let statement = "SELECT state FROM refund WHERE book_id = $1 ORDER BY id";
        let rows = client.query(statement, &[&self.ground.book.id.0]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// How many refunds the provider knows.
    pub(crate) async fn provider_refunds(&self) -> i64 {
        self.count("SELECT count(*) FROM sandbox_provider_refund WHERE book_id = $1").await
    }

    /// How many journal entries of money the book has: promises are none.
    pub(crate) async fn entries(&self) -> i64 {
        let of_money = "SELECT count(DISTINCT t.pos >> 16) FROM transfer t JOIN movement_kind k ON k.kind = t.kind
             WHERE t.book_id = $1 AND k.name NOT IN ('pledge_committed', 'commitment_dropped')";
        self.count(of_money).await
    }

    async fn count(&self, statement: &str) -> i64 {
        let client = self.ground.client().await;
        client.query_one(statement, &[&self.ground.book.id.0]).await.unwrap().get(0)
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
