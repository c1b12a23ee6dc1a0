//! A database of its own for each test, with jobs in it and workers upon it.

use crate::breaker::Breakers;
use crate::clock::Clocks;
use crate::config::Fault;
use crate::jobs::Context;
use crate::mail::{Mailer, Transport};
use crate::outside::Outside;
use crate::pulse::Pulse;
use crate::runner::Worker;
use crate::together::Together;
use crate::{fault, rail};
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod};
use jiff::{SignedDuration, Timestamp};
use ledger::engine::lane::{self, Lanes};
use ledger::engine::pool::Pool;
use ledger::id::BookId;
use ledger::parties::operations::sign_in as identity;
use ledger::service::job::{Job, NewJob};
use ledger::service::store::jobs::{self, BookWithWork, LeaseTerms, Leased};
use ledger::service::work::Work;
use ledger::testing::store::rows;
use migrations::testing::TestDatabase;
use std::sync::Arc;
use std::time::Duration;

/// A migrated, empty database, dropped at the end.
pub(crate) struct Database {
    pub(crate) pool: Pool,
    database: TestDatabase,
}

pub(crate) async fn database() -> Database {
    let database = TestDatabase::create().await.unwrap();
    let access = migrations::service_access(&database.service_url, "worker-test").unwrap();
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(access.config, access.tls, recycling);
    let pool = deadpool_postgres::Pool::builder(manager).max_size(12).build().unwrap();
    Database { pool: pool.into(), database }
}

impl Database {
    /// A worker that keeps its mail in memory.
    pub(crate) fn worker(&self, name: &str) -> Arc<Worker> {
        self.worker_with(name, Transport::Memory(std::sync::Mutex::default()))
    }

    /// Opens books with these numbers from 1 on, in which nothing is posted.
    pub(crate) async fn open_books(&self, count: i32) {
        let owner = migrations::connect(&self.database.url.parse().unwrap()).await.unwrap();
        rows::open_books(&owner, count).await.unwrap();
    }

    /// Gives a person and their jobs another address, such as an older program took.
    pub(crate) async fn rename(&self, from: &str, to: &str) {
        let owner = migrations::connect(&self.database.url.parse().unwrap()).await.unwrap();
        rows::rename(&owner, from, to).await.unwrap();
    }

    /// A worker that sends its mail somewhere.
    pub(crate) fn worker_with(&self, name: &str, transport: Transport) -> Arc<Worker> {
        let access = migrations::service_access(&self.database.service_url, "worker-test-lanes").unwrap();
        Arc::new(Worker {
            name: name.into(),
            concurrency: 4,
            lease: SignedDuration::from_secs(60),
            poll: Duration::from_millis(20),
            clocks: Clocks::new(self.pool.clone()),
            tasks_mail_at: None,
            pulse: Pulse::default(),
            context: Context {
                breakers: Breakers::default(),
                rails: rail::Rails::new(&self.pool, None),
                together: Together::new(&self.pool),
                screening: None,
                outside: Outside::new(false).unwrap(),
                vault: vault::Vault::default(),
                mailer: Mailer::new(transport, "Purse <purse@example.org>", "purse.example.org").unwrap(),
                public_url: "https://purse.example.org".parse().unwrap(),
                fault: fault::Points::new(None::<Fault>),
                lanes: Lanes::new(crate::pool(access.with(lane::options), crate::LANE_CONNECTIONS).unwrap()),
                pool: self.pool.clone(),
            },
        })
    }
}

/// The jobs of the installation itself.
pub(crate) const NOWHERE: BookWithWork = BookWithWork { book: BookId::INSTALLATION, offset: SignedDuration::ZERO };

/// The job to mail a sign-in, one for each number.
pub(crate) fn sign_in(number: usize, email: &str) -> NewJob {
    let now = ledger::calendar::now();
    NewJob {
        book: BookId::INSTALLATION,
        due_at: now,
        dedupe: format!("test {number}"),
        job: Job::SendSignIn {
            email: email.into(),
            token: format!("token{number}"),
            code: None,
            expires_at: now + SignedDuration::from_mins(15),
            sign_up: false,
        },
    }
}

/// Writes jobs, and says how many of them are new. Whoever is to get a link has an account.
pub(crate) async fn enqueue(database: &Database, jobs_to_write: &[NewJob]) -> usize {
    let mut client = database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let mut written = 0;
    for job in jobs_to_write {
        if let Job::SendSignIn { email, .. } = &job.job {
            identity::ensure_person(&tx, &email.parse().unwrap(), ledger::calendar::now()).await.unwrap();
        }
        written += usize::from(jobs::enqueue(&tx, job).await.unwrap());
    }
    tx.commit().await.unwrap();
    written
}

/// Leases what is due at a moment, for so many seconds.
pub(crate) async fn lease(database: &Database, worker: &str, wall: Timestamp, length_s: i64) -> Vec<Leased> {
    let mut client = database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let terms = LeaseTerms { worker, length: SignedDuration::from_secs(length_s), works: &Work::ALL, limit: 20 };
    let leased = jobs::lease(&tx, NOWHERE, wall, terms).await.unwrap();
    tx.commit().await.unwrap();
    leased
}
