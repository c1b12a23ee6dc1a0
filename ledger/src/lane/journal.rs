//! What a lane asks of a journal, and PostgreSQL's answers. The simulation of lanes has a model in its place.

use crate::book::{AccountNumber, Batch, Key};
use crate::error::Error;
use crate::id::BookId;
use crate::store::accounts::{self, Account};
use crate::store::journal::{self, Head, Moved, StoredKey};
use deadpool_postgres::{Object, Pool, Transaction};
use jiff::Timestamp;
use tokio_postgres::error::SqlState;

/// Why a batch could not be written as it was folded.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A key of the batch is in the book already.
    KnownKey,
    /// Another process wrote first.
    Stale,
    /// Nobody knows whether it was written; the keys will tell.
    Unknown(Error),
    /// The database refused it: our mistake.
    Refused(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        let Error::Database(database) = &error else { return Trouble::Unknown(error) };
        match database.code() {
            Some(code) if *code == SqlState::UNIQUE_VIOLATION => Trouble::KnownKey,
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
}

/// A connection without a transaction.
pub(super) trait Connection {
    /// A transaction on it.
    type Locked<'a>: Locked
    where
        Self: 'a;

    /// Writes a batch in one round trip; false, and nothing written, when the head is no longer this one.
    async fn write(&self, head: &Head, next_number: i64, batch: &Batch) -> Result<bool, Trouble>;

    /// Begins a transaction and locks the head.
    async fn lock(&mut self) -> Result<(Self::Locked<'_>, Head), Trouble>;
}

/// A transaction that holds the lock of the head. Dropped, it is rolled back.
pub(super) trait Locked {
    /// The transfers from a record on; none when there are records besides entries.
    async fn moved_since(&self, number: i64) -> Result<Option<Vec<Moved>>, Trouble>;

    /// Those of these keys that are in the book already.
    async fn keys(&self, asked: &[Key]) -> Result<Vec<StoredKey>, Trouble>;

    /// Those of these accounts that are in the book.
    async fn accounts(&self, numbers: &[AccountNumber]) -> Result<Vec<Account>, Trouble>;

    /// Writes a batch; false when the head is not this one.
    async fn write(&self, head: &Head, next_number: i64, batch: &Batch) -> Result<bool, Trouble>;

    /// Commits. An error leaves the outcome unknown.
    async fn commit(self) -> Result<(), Trouble>;

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

pub(super) struct PostgresLocked<'a> {
    tx: Transaction<'a>,
    book: BookId,
}

impl Journal for Postgres {
    type Connection = PostgresConnection;

    async fn connect(&self) -> Result<PostgresConnection, Trouble> {
        let client = self.pool.get().await.map_err(Error::from)?;
        Ok(PostgresConnection { client, book: self.book })
    }
}

impl Connection for PostgresConnection {
    type Locked<'a> = PostgresLocked<'a>;

    async fn write(&self, head: &Head, next_number: i64, batch: &Batch) -> Result<bool, Trouble> {
        Ok(journal::write(&self.client, self.book, head, next_number, batch, wall()).await?)
    }

    async fn lock(&mut self) -> Result<(PostgresLocked<'_>, Head), Trouble> {
        let tx = self.client.transaction().await.map_err(Error::from)?;
        let head = journal::lock(&tx, self.book).await?;
        Ok((PostgresLocked { tx, book: self.book }, head))
    }
}

impl Locked for PostgresLocked<'_> {
    async fn moved_since(&self, number: i64) -> Result<Option<Vec<Moved>>, Trouble> {
        Ok(journal::moved_since(&self.tx, self.book, number).await?)
    }

    async fn keys(&self, asked: &[Key]) -> Result<Vec<StoredKey>, Trouble> {
        Ok(journal::keys(&self.tx, self.book, asked).await?)
    }

    async fn accounts(&self, numbers: &[AccountNumber]) -> Result<Vec<Account>, Trouble> {
        Ok(accounts::load(&self.tx, self.book, numbers).await?)
    }

    async fn write(&self, head: &Head, next_number: i64, batch: &Batch) -> Result<bool, Trouble> {
        Ok(journal::write(&self.tx, self.book, head, next_number, batch, wall()).await?)
    }

    async fn commit(self) -> Result<(), Trouble> {
        self.tx.commit().await.map_err(|error| Trouble::Unknown(error.into()))
    }

    async fn rollback(self) -> Result<(), Trouble> {
        Ok(self.tx.rollback().await.map_err(Error::from)?)
    }
}

/// The moment at which a batch is recorded.
fn wall() -> Timestamp {
    Timestamp::now()
}
