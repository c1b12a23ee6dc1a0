//! The ground that tests stand on: a database of its own with a host, its people and its sandbox book, made by the
//! operations that the service itself uses. What is more (the rules of a challenge, the members of a cooperative) a test
//! builds on top of it. The feature `testing`, which only dev-dependencies ask for, brings it.
//! Stands on: engine, service, parties, books, treasury, pledging.

mod events;
mod giving;
mod played;
mod tales;

/// SQL, and nothing else.
pub mod store {
    pub mod events;
    pub mod rows;
}

pub use giving::{MONTHLY, ONCE};
pub use played::{PlayedWorker, outcome};
pub use tales::{Random, Story, Telling};

use crate::book::{AccountClass, AccountNumber, Mode};
use crate::books::operations::books;
use crate::calendar::to_microseconds;
use crate::engine::lane::{self, Lanes};
use crate::engine::pool::Pool;
use crate::engine::store::books::{Book, Visibility};
use crate::engine::store::{accounts as account_rows, books as book_rows, journal};
use crate::error::Error;
use crate::id::{OrganisationId, PersonId, SessionId};
use crate::money::{Currency, Money};
use crate::parties::operations::{operators, organisations as parties, sign_in};
use crate::parties::rules::credential::Credential;
use crate::parties::rules::role::{Email, OrganisationKind, Role, Scope};
use crate::parties::store::{organisations, sessions};
use deadpool_postgres::{Manager, Object, Transaction};
use jiff::{SignedDuration, Timestamp};
use migrations::testing::TestDatabase;
use std::fmt::Debug;
use std::sync::Arc;

/// The organisation that a test's book belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// Name of the organisation and of its book.
    pub name: &'static str,
    /// What it is.
    pub kind: OrganisationKind,
    /// IANA zone in which the days of its book begin.
    pub zone: &'static str,
    /// Who may read its book.
    pub visibility: Visibility,
}

impl Default for Host {
    fn default() -> Host {
        Host {
            name: "Host",
            kind: OrganisationKind::FiscalHost,
            zone: "Europe/Berlin",
            visibility: Visibility::Private,
        }
    }
}

/// A database with an operator, a host with its owner and its sandbox book in dollars, and a partner admitted to it.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The database, which is dropped with the last ground upon it.
    pub database: Arc<TestDatabase>,
    /// Connections as the service's own role.
    pub pool: Pool,
    /// The sandbox book.
    pub book: Book,
    /// Runs the installation; the partner platforms are its.
    pub operator: PersonId,
    /// The only owner of the host, `owner@example.org`.
    pub owner: PersonId,
    /// The partner platform that is admitted to the book.
    pub partner: OrganisationId,
    /// The wall clock. A test may move it: whatever this does takes its time from here.
    pub wall: Timestamp,
}

/// A team with its one member.
#[derive(Debug, Clone, Copy)]
pub struct Team {
    /// The team.
    pub id: OrganisationId,
    /// Its owner.
    pub member: PersonId,
}

impl Host {
    /// Opens the host's book in a new database. The clock starts at `wall`, cut to microseconds as the database keeps them.
    pub async fn open(self, wall: Timestamp) -> Ground {
        self.open_in(TestDatabase::create().await.expect("a test database"), wall).await
    }

    /// The same in a database of the test's own making.
    pub async fn open_in(self, database: TestDatabase, wall: Timestamp) -> Ground {
        let wall = to_microseconds(wall);
        let access = migrations::service_access(&database.service_url, "ledger-tests").expect("a database address");
        let pool = deadpool_postgres::Pool::builder(Manager::new(access.config, access.tls))
            .max_size(8)
            .build()
            .expect("a pool");
        let pool = Pool::from(pool);
        let mut client = pool.get().await.expect("a connection");
        let tx = client.transaction().await.expect("a transaction");
        let operator = operator(&database, wall).await;
        let (host, owner) = self.found(&tx, operator, wall).await.expect("a host");
        let asked = books::OpenBook {
            organisation: host,
            name: self.name.into(),
            currency: Currency::USD,
            mode: Mode::Sandbox,
            zone: self.zone.into(),
            visibility: self.visibility,
        };
        let book = books::open(&tx, asked, wall).await.expect("a book");
        let partner = platform(&tx, operator, wall).await.expect("a partner platform");
        books::admit_partner(&tx, &book, partner, owner, wall).await.expect("a partner admitted");
        tx.commit().await.expect("a commit");
        drop(client);
        Ground { database: Arc::new(database), pool, book, operator, owner, partner, wall }
    }

    /// An operator makes the organisation, as the service asks for, and hands it over to its owner.
    async fn found(
        self,
        tx: &Transaction<'_>,
        operator: PersonId,
        wall: Timestamp,
    ) -> Result<(OrganisationId, PersonId), Error> {
        let host = parties::create_organisation(tx, operator, self.name, self.kind, wall).await?.id;
        let owner = sign_in::ensure_person(tx, &address("owner"), wall).await?.id;
        organisations::insert_role(tx, host, owner, Role::Owner, operator, wall).await?;
        parties::remove_role(tx, host, operator, Role::Owner).await?;
        Ok((host, owner))
    }
}

/// The first operator, made by the owner of the database: the service may not.
async fn operator(database: &TestDatabase, wall: Timestamp) -> PersonId {
    let access: migrations::Access = database.url.parse().expect("a database address");
    let pool =
        deadpool_postgres::Pool::builder(Manager::new(access.config, access.tls)).max_size(1).build().expect("a pool");
    let mut client = pool.get().await.expect("a connection");
    let tx = client.transaction().await.expect("a transaction");
    let operator = operators::add(&tx, &address("operator"), wall).await.expect("an operator");
    tx.commit().await.expect("a commit");
    operator
}

impl Ground {
    /// The ground as most tests need it: the book of a fiscal host in Berlin, which only its own people read.
    pub async fn at(wall: Timestamp) -> Ground {
        Host::default().open(wall).await
    }

    /// The same people with one more sandbox book.
    pub async fn with_another_book(&self) -> Ground {
        let asked = books::OpenBook {
            organisation: self.book.organisation,
            name: self.book.name.clone(),
            currency: self.book.currency,
            mode: Mode::Sandbox,
            zone: self.book.zone_name.clone(),
            visibility: self.book.visibility,
        };
        let opened = self.run(async |tx| {
            let book = books::open(tx, asked, self.wall).await?;
            books::admit_partner(tx, &book, self.partner, self.owner, self.wall).await?;
            Ok(book)
        });
        Ground { book: opened.await.expect("a book"), ..self.clone() }
    }

    /// A connection as the service's own role.
    pub async fn client(&self) -> Object {
        self.pool.get().await.expect("a connection")
    }

    /// A connection as the owner of the database, who may do what the service may not.
    pub async fn database_owner(&self) -> tokio_postgres::Client {
        migrations::connect(&self.database.url.parse().expect("an address")).await.expect("a connection")
    }

    /// Lanes as a process has them.
    pub fn lanes(&self) -> Lanes {
        Lanes::new(self.lane_pool())
    }

    /// Connections for lanes.
    pub fn lane_pool(&self) -> Pool {
        let access = migrations::service_access(&self.database.service_url, "lanes").expect("an address");
        let access = access.with(lane::options);
        let manager = Manager::new(access.config, access.tls);
        deadpool_postgres::Pool::builder(manager).max_size(4).build().expect("a pool").into()
    }

    /// Does something in a transaction of its own, which is kept when it succeeds.
    ///
    /// # Errors
    ///
    /// What the work fails with.
    pub async fn run<T>(&self, work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let mut client = self.client().await;
        let tx = client.transaction().await?;
        let done = work(&tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// The wall clock so many days of 24 hours later.
    pub fn day(&self, days: i64) -> Timestamp {
        self.wall + SignedDuration::from_hours(24 * days)
    }

    /// Puts the book's clock so far ahead at once that it stands at a moment: as if no worker had been there on the way.
    pub async fn leap_to(&mut self, moment: Timestamp) {
        let (id, offset) = (self.book.id, moment.duration_since(self.wall));
        let offset = SignedDuration::from_secs(offset.as_secs() + i64::from(offset.subsec_nanos() > 0));
        let leapt = self.run(async |tx| book_rows::set_clock(tx, id, offset, None).await).await;
        self.book = leapt.expect("a clock that goes forward");
    }

    /// Somebody with a role in the host, who has the address `name@example.org`.
    pub async fn person(&self, name: &str, role: Role) -> PersonId {
        let person = self.stranger(name).await;
        self.give(person, role).await;
        person
    }

    /// Somebody without a role anywhere.
    pub async fn stranger(&self, name: &str) -> PersonId {
        let (email, wall) = (address(name), self.wall);
        self.run(async |tx| sign_in::ensure_person(tx, &email, wall).await).await.expect("a person").id
    }

    /// A session of a person, who has signed in at the wall clock.
    pub async fn session(&self, person: PersonId) -> SessionId {
        let (id, wall) = (SessionId::generate(), self.wall);
        self.run(async |tx| sessions::insert(tx, id, person, wall).await).await.expect("a session");
        id
    }

    /// Gives a person one more role in the host.
    pub async fn give(&self, person: PersonId, role: Role) {
        let (host, by, wall) = (self.book.organisation, self.owner, self.wall);
        let given = self.run(async |tx| organisations::insert_role(tx, host, person, role, by, wall).await);
        given.await.expect("a role");
    }

    /// An organisation beside the host, owned by who makes it.
    pub async fn organisation(&self, name: &str, kind: OrganisationKind, by: PersonId) -> OrganisationId {
        let wall = self.wall;
        let made = self.run(async |tx| parties::create_organisation(tx, by, name, kind, wall).await);
        made.await.expect("an organisation").id
    }

    /// A project team with one member, who has no role in the host.
    pub async fn team(&self, name: &str, member: &str) -> Team {
        let member = self.stranger(member).await;
        Team { id: self.organisation(name, OrganisationKind::ProjectTeam, member).await, member }
    }

    /// One more partner platform, admitted to the book or not.
    pub async fn another_partner(&self, is_admitted: bool) -> OrganisationId {
        let (operator, wall) = (self.operator, self.wall);
        let made = self.run(async |tx| {
            let made = platform(tx, operator, wall).await?;
            if is_admitted {
                books::admit_partner(tx, &self.book, made, self.owner, wall).await?;
            }
            Ok(made)
        });
        made.await.expect("a partner platform")
    }

    /// A credential of a partner platform.
    pub async fn credential(&self, partner: OrganisationId, mode: Mode, scopes: &[Scope]) -> Credential {
        let new =
            parties::NewCredential { organisation: partner, mode, scopes, name: "test", created_by: self.operator };
        let wall = self.wall;
        let made = self.run(async |tx| parties::create_credential(tx, &new, "secret", wall).await);
        made.await.expect("a credential")
    }

    /// An account in dollars that does not go below zero.
    pub async fn account(&self, code: &str, class: AccountClass) -> AccountNumber {
        let (book, wall) = (self.book.id, self.wall);
        let floor = class.has_own_floors().then_some(0);
        let opened =
            self.run(async |tx| account_rows::open(tx, book, code, class, Currency::USD.code(), floor, wall).await);
        opened.await.expect("an account")
    }

    /// What stands on an account, on its own side, in minor units: nothing when there is no such account.
    pub async fn balance(&self, code: &str) -> i64 {
        let found = account_rows::find(&self.client().await, self.book.id, code).await.expect("a read");
        found.map_or(0, |account| account.balance())
    }

    /// What stands on all accounts whose code begins so.
    pub async fn balance_below(&self, prefix: &str) -> i64 {
        let all = account_rows::list(&self.client().await, self.book.id, "", 500).await.expect("a read");
        all.iter().filter(|account| account.code.starts_with(prefix)).map(account_rows::Account::balance).sum()
    }

    /// Fails when anything in the book contradicts anything else, or its events what has become of its objects.
    pub async fn audit(&self) {
        let wrong = journal::audit(&self.client().await, self.book.id).await.expect("an audit");
        assert_eq!(wrong, Vec::<String>::new());
        self.audit_events().await;
    }
}

/// The code of a refusal.
///
/// # Panics
///
/// When something succeeded that was to be refused, or failed in another way.
pub fn refusal<T: Debug>(result: Result<T, Error>) -> &'static str {
    let error = result.expect_err("a refusal");
    let Error::Refused(refusal) = &error else { panic!("no refusal: {error}") };
    refusal.code
}

/// An amount of dollars.
pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).expect("an amount")
}

/// The address of a person with this name.
pub fn address(name: &str) -> Email {
    format!("{name}@example.org").parse().expect("an address")
}

async fn platform(tx: &Transaction<'_>, operator: PersonId, wall: Timestamp) -> Result<OrganisationId, Error> {
    let kind = OrganisationKind::PartnerPlatform;
    Ok(parties::create_organisation(tx, operator, "Fans", kind, wall).await?.id)
}
