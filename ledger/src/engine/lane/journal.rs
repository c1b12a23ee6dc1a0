//! What a lane asks of a journal, and PostgreSQL's answers. The simulation of lanes has a model in its place.

use crate::book::{AccountNumber, Batch, Key};
use crate::engine::pool::Pool;
use crate::engine::store::accounts::{self, Account};
use crate::engine::store::journal::{self, Head, Since, StoredKey};
use crate::error::{Error, Outage};
use crate::id::BookId;
use deadpool_postgres::Object;
use futures_util::future::join;
use jiff::Timestamp;
use tokio_postgres::error::SqlState;

/// What `companions_write` says about a row that has changed.
const STALE_COMPANION: &str = "CP001";

/// Why a batch could not be written as it was folded.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A key of the batch is in the book already.
    KnownKey,
    /// Another process wrote first.
    Stale,
    /// A companion was decided on a row that has changed since, or that another transaction is changing.
    Outrun,
    /// The book is frozen.
    Frozen,
    /// The database takes no writes, so nothing was written.
    Barred(Outage, Error),
    /// Nobody knows whether it was written; the keys will tell.
    Unknown(Error),
    /// The database refused it: our mistake.
    Refused(Error),
}

impl Trouble {
    /// Their names among the figures.
    pub(super) const NAMES: [&str; 7] = ["known_key", "stale", "outrun", "frozen", "unknown", "refused", "barred"];

    /// Its name among the figures.
    pub(super) const fn name(&self) -> &'static str {
        let place = match self {
            Trouble::KnownKey => 0,
            Trouble::Stale => 1,
            Trouble::Outrun => 2,
            Trouble::Frozen => 3,
            Trouble::Unknown(_) => 4,
            Trouble::Refused(_) => 5,
            Trouble::Barred(..) => 6,
        };
        Trouble::NAMES[place]
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        if matches!(error, Error::BookFrozen) {
            return Trouble::Frozen;
        }
        if let Some(outage @ (Outage::Storage | Outage::ReadOnly)) = error.outage() {
            return Trouble::Barred(outage, error);
        }
        if matches!(error, Error::Refused(_)) {
            return Trouble::Refused(error);
        }
        let Error::Database(database) = &error else { return Trouble::Unknown(error) };
        match database.code() {
            Some(code) if *code == SqlState::UNIQUE_VIOLATION => Trouble::KnownKey,
            Some(code) if code.code() == STALE_COMPANION => Trouble::Outrun,
            Some(code) if code.code().starts_with("23") || code.code().starts_with("22") => Trouble::Refused(error),
            Some(_) | None => Trouble::Unknown(error),
        }
    }
}

/// The journal of one book.
pub(super) trait Journal {
    /// One at a time is in use by a lane.
    type Connection: Connection;

    /// A connection, which may turn out to be dead.
    async fn connect(&self) -> Result<Self::Connection, Trouble>;

    /// Whether others wait for a connection.
    fn is_short(&self) -> bool;
}

/// A connection without a transaction.
pub(super) trait Connection {
    /// A transaction on it.
    type Locked: Locked;

    /// Writes a batch in one round trip; false, and nothing written, when the head is no longer this one.
    async fn write(
        &self,
        head: &Head,
        next_number: i64,
        batch: &Batch,
        recorded_at: Timestamp,
    ) -> Result<bool, Trouble>;

    /// Begins a transaction, locks the head, and reads what was posted from a record on if that is at most `limit`
    /// records: one round trip. From record 0, nothing is read.
    async fn lock(self, from: i64, limit: i64) -> Result<(Self::Locked, Head, Since), Trouble>;
}

/// A transaction that holds the lock of the head. Dropped, it is rolled back.
pub(super) trait Locked {
    /// Those of these keys that are in the book already.
    async fn keys(&self, asked: &[Key]) -> Result<Vec<StoredKey>, Trouble>;

    /// Those of these accounts that are in the book.
    async fn accounts(&self, numbers: &[AccountNumber]) -> Result<Vec<Account>, Trouble>;

    /// Writes a batch and commits, in one round trip; false when the head is not this one. An error of the commit leaves
    /// the outcome unknown.
    async fn finish(
        self,
        head: &Head,
        next_number: i64,
        batch: &Batch,
        recorded_at: Timestamp,
    ) -> Result<bool, Trouble>;

    /// Ends without having written, and waits until the lock is gone.
    async fn rollback(self) -> Result<(), Trouble>;
}

/// The journal of a book in PostgreSQL.
#[derive(Debug)]
pub(super) struct Postgres {
    pub(super) pool: Pool,
    pub(super) book: BookId,
}

pub(super) struct PostgresConnection {
    client: Object,
    book: BookId,
}

/// A transaction. Its connection is closed when it is neither finished nor rolled back.
pub(super) struct PostgresLocked {
    client: Option<Object>,
    book: BookId,
}

impl PostgresLocked {
    fn client(&self) -> &Object {
        self.client.as_ref().expect("only what ends the transaction takes the connection")
    }
}

impl Drop for PostgresLocked {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

impl Journal for Postgres {
    type Connection = PostgresConnection;

    async fn connect(&self) -> Result<PostgresConnection, Trouble> {
        let client = self.pool.get().await.map_err(Error::from)?;
        Ok(PostgresConnection { client, book: self.book })
    }

    fn is_short(&self) -> bool {
        self.pool.is_short()
    }
}

impl Connection for PostgresConnection {
    type Locked = PostgresLocked;

    async fn write(
        &self,
        head: &Head,
        next_number: i64,
        batch: &Batch,
        recorded_at: Timestamp,
    ) -> Result<bool, Trouble> {
        Ok(journal::write(&self.client, self.book, head, next_number, batch, recorded_at).await?)
    }

    async fn lock(self, from: i64, limit: i64) -> Result<(PostgresLocked, Head, Since), Trouble> {
        let locked = PostgresLocked { client: Some(self.client), book: self.book };
        // Polled in this order, they go over the wire in this order.
        let begin = locked.client().batch_execute("BEGIN");
        let (begun, read) = join(begin, journal::catch_up(locked.client(), self.book, from, limit)).await;
        begun.map_err(Error::from)?;
        let (head, since) = read?;
        Ok((locked, head, since))
    }
}

impl Locked for PostgresLocked {
    async fn keys(&self, asked: &[Key]) -> Result<Vec<StoredKey>, Trouble> {
        Ok(journal::keys(self.client(), self.book, asked).await?)
    }

    async fn accounts(&self, numbers: &[AccountNumber]) -> Result<Vec<Account>, Trouble> {
        Ok(accounts::load(self.client(), self.book, numbers).await?)
    }

    async fn finish(
        mut self,
        head: &Head,
        next_number: i64,
        batch: &Batch,
        recorded_at: Timestamp,
    ) -> Result<bool, Trouble> {
        journal::prepare_write(self.client()).await?;
        // Prepared, it is sent before the COMMIT. Were it sent after, it would be a statement of its own, whole or not at
        // all, and find the head moved or not.
        let write = journal::write(self.client(), self.book, head, next_number, batch, recorded_at);
        let (written, committed) = join(write, self.client().batch_execute("COMMIT")).await;
        if committed.is_ok() {
            // Also when nothing was written: then the COMMIT has rolled back.
            self.client = None;
        }
        let written = written?;
        committed.map_err(|error| Trouble::Unknown(error.into()))?;
        Ok(written)
    }

    async fn rollback(mut self) -> Result<(), Trouble> {
        self.client().batch_execute("ROLLBACK").await.map_err(Error::from)?;
        self.client = None;
        Ok(())
    }
}
