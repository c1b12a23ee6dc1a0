//! A database of its own for each test, and workers upon it.

use crate::config::Fault;
use crate::jobs::Context;
use crate::mail::{Mailer, Transport};
use crate::runner::Worker;
use crate::{fault, rail};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use ledger::engine::lane::{self, Lanes};
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
    let config = migrations::service_config(&database.url, "worker-test").unwrap();
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, tokio_postgres::NoTls, recycling);
    Database { pool: Pool::builder(manager).max_size(12).build().unwrap(), database }
}

impl Database {
    /// A worker that keeps its mail in memory.
    pub(crate) fn worker(&self, name: &str) -> Arc<Worker> {
        let config = migrations::service_config(&self.database.url, "worker-test-lanes").unwrap();
        let transport = Transport::Memory(std::sync::Mutex::default());
        Arc::new(Worker {
            name: name.into(),
            concurrency: 4,
            lease: jiff::SignedDuration::from_secs(60),
            poll: Duration::from_millis(20),
            context: Context {
                rails: rail::Rails::new(&self.pool),
                mailer: Mailer::new(transport, "Purse <purse@example.org>", "purse.example.org").unwrap(),
                public_url: "https://purse.example.org".parse().unwrap(),
                fault: fault::Points::new(None::<Fault>),
                lanes: Lanes::new(crate::pool(lane::options(config), crate::LANE_CONNECTIONS).unwrap()),
                pool: self.pool.clone(),
            },
        })
    }
}
