//! What the tests of this crate share: a migrated database, a pool as the service's own role, and a sandbox book.

use deadpool_postgres::{Manager, Object, Pool};
use jiff::Timestamp;
use ledger::book::Mode;
use ledger::book::{AccountClass, AccountNumber};
use ledger::books::operations::books;
use ledger::engine::lane::{self, Lanes};
use ledger::engine::store::accounts;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::OrganisationId;
use ledger::money::{Currency, Money};
use migrations::testing::TestDatabase;
use tokio_postgres::NoTls;

/// A database of its own, with one sandbox book in it.
pub(crate) struct Fixture {
    pub(crate) pool: Pool,
    pub(crate) book: Book,
    pub(crate) database: TestDatabase,
}

impl Fixture {
    pub(crate) async fn new() -> Fixture {
        let database = TestDatabase::create().await.expect("a test database");
        let config = migrations::service_config(&database.url, "ledger-tests").expect("a database address");
        let pool = Pool::builder(Manager::new(config, NoTls)).max_size(8).build().expect("a pool");
        let mut client = pool.get().await.expect("a connection");
        let tx = client.transaction().await.expect("a transaction");
        let asked = books::OpenBook {
            organisation: OrganisationId::generate(),
            name: "Host".into(),
            currency: Currency::USD,
            mode: Mode::Sandbox,
            zone: "Europe/Berlin".into(),
            visibility: Visibility::Private,
        };
        let book = books::open(&tx, asked, Timestamp::now()).await.expect("a book");
        tx.commit().await.expect("a commit");
        Fixture { pool, book, database }
    }

    /// Lanes as a process has them.
    pub(crate) fn lanes(&self) -> Lanes {
        let config = lane::options(migrations::service_config(&self.database.url, "lanes").expect("an address"));
        Lanes::new(Pool::builder(Manager::new(config, NoTls)).max_size(4).build().expect("a pool"))
    }

    pub(crate) async fn client(&self) -> Object {
        self.pool.get().await.expect("a connection")
    }

    pub(crate) async fn account(&self, code: &str, class: AccountClass) -> AccountNumber {
        let mut client = self.client().await;
        let tx = client.transaction().await.expect("a transaction");
        let number = accounts::open(&tx, self.book.id, code, class, Currency::USD.code(), Some(0), Timestamp::now())
            .await
            .expect("an account");
        tx.commit().await.expect("a commit");
        number
    }

    /// Connects as the owner, who may do what the service may not.
    pub(crate) async fn owner(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.database.url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }
}

pub(crate) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).expect("an amount")
}

/// The plan of the statement that a function has prepared on this connection, with and without its arguments known.
pub(crate) async fn plans(client: &Object, marker: &str, arguments: &str) -> Vec<String> {
    let row = client
        .query_one("SELECT name FROM pg_prepared_statements WHERE statement LIKE $1 || E'\\n%'", &[&marker])
        .await
        .expect("a plan");
    let name: String = row.get(0);
    let mut plans = Vec::new();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        client.batch_execute(&format!("SET plan_cache_mode = {mode}")).await.expect("a plan");
        let rows = client.query(&format!("EXPLAIN EXECUTE \"{name}\"({arguments})"), &[]).await.expect("a plan");
        plans.push(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n"));
    }
    client.batch_execute("RESET plan_cache_mode").await.expect("a plan");
    plans
}
