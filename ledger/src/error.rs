//! The one error type of this crate. It knows nothing of HTTP; `api/src/problem.rs` translates it in one match.
//!
//! Whatever reads or writes may meet trouble with the database: [`Error::Database`], [`Error::Pool`], or
//! [`Error::Inconsistent`] for rows that contradict the code. The `# Errors` sections leave that out, and name what a caller
//! can act upon: refusals by their codes, and the other errors.

use deadpool_postgres::PoolError;
use std::borrow::Cow;
use std::io;

/// Why an operation did not happen. Nothing was written; only when the connection was lost, nobody knows that yet.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such object, or none that the caller may see.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A field of the request is wrong: JSON Pointer (RFC 6901) and a message for its author.
    #[error("{pointer}: {message}")]
    Invalid {
        /// Where in the request, such as `/amount/amount`.
        pointer: Cow<'static, str>,
        /// What is wrong with it.
        message: String,
    },
    /// A rule refuses it in the present state of things.
    #[error("{0}")]
    Refused(Refusal),
    /// The caller's role or scope does not allow it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The thing has changed since the caller read it.
    #[error("the {0} has changed since it was read")]
    Stale(&'static str),
    /// Another attempt holds the lease of the job by now: what this one did has no effect.
    #[error("another attempt has the job by now")]
    Fenced,
    /// The same idempotency key came with another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// A request with the same idempotency key, or one that holds the same rows, is still running.
    #[error("a request for the same thing is still running")]
    StillRunning,
    /// Too much waits already; the same request may succeed a little later.
    #[error("too many requests are waiting for this book")]
    Overloaded,
    /// The caller has made as many of these today as it may; the next day it may again.
    #[error("the quota of {what} is {a_day} a day, and used up")]
    Quota {
        /// What is counted: `organisations`, `books`, `invitations`.
        what: &'static str,
        /// How many a caller may make in a day.
        a_day: u32,
        /// In how many seconds the next day begins, in UTC.
        again_in_s: u32,
    },
    /// The book differs from itself and takes no record until somebody has decided: the same request succeeds after that.
    #[error("the book is frozen: it differs from itself, and takes no record until an operator has decided")]
    BookFrozen,
    /// The database said no or nothing. Never shown to a client.
    #[error("database: {0}")]
    Database(#[source] tokio_postgres::Error),
    /// No connection could be had in time.
    #[error("connection pool: {0}")]
    Pool(#[from] PoolError),
    /// The database, or this process beside it, can do nothing of the kind for now; the cause is logged where it was met.
    #[error("{0}")]
    Outage(Outage),
    /// What was read contradicts what the code promises: our bug, never the caller's.
    #[error("inconsistent: {0}")]
    Inconsistent(String),
}

/// What keeps the database from its work, whatever was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// Its disk or its memory is full, or its files cannot be read or written.
    #[error("the database has no room left, or cannot use its files")]
    Storage,
    /// It takes no writes: a standby, or one that is set so.
    #[error("the database is read-only")]
    ReadOnly,
    /// There is no connection to it, or there is none any more: then what it was asked may have been done.
    #[error("the database is away")]
    Away,
    /// It has as many connections as it takes.
    #[error("the database takes no more connections")]
    Busy,
    /// Its clock and that of this process are too far apart.
    #[error("the clocks of the database and of this service are too far apart")]
    Clock,
}

impl Outage {
    /// All of them.
    pub const ALL: [Outage; 5] = [Outage::Storage, Outage::ReadOnly, Outage::Away, Outage::Busy, Outage::Clock];

    /// What a SQLSTATE of PostgreSQL means, if it is one of these.
    pub fn of_state(code: &str) -> Option<Outage> {
        match code {
            // Disk full, out of memory, I/O error.
            "53100" | "53200" | "58030" => Some(Outage::Storage),
            "25006" => Some(Outage::ReadOnly),
            // Shut down by an administrator or after a crash; not started yet.
            "57P01" | "57P02" | "57P03" => Some(Outage::Away),
            "53300" => Some(Outage::Busy),
            _ => code.starts_with("08").then_some(Outage::Away),
        }
    }

    fn of(error: &tokio_postgres::Error) -> Option<Outage> {
        match error.code() {
            Some(code) => Outage::of_state(code.code()),
            None => (error.is_closed() || is_caused_by_io(error)).then_some(Outage::Away),
        }
    }
}

fn is_caused_by_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<io::Error>())
}

/// A refusal by a rule: a stable code in kebab case (it becomes the problem's type), and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// Stable, such as `fund-short`.
    pub code: &'static str,
    /// One sentence, with the figures in it.
    pub detail: String,
}

impl Refusal {
    /// A refusal with its stable code and its sentence.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { code, detail: detail.into() }
    }
}

/// What the functions of the journal say of a book that is frozen.
const FROZEN: &str = "CP002";

/// What `series_holds` says of an entry that takes what a series of entries counts on.
const HELD: &str = "CP003";

/// The code of a refusal that passes by itself: a series of entries is being posted or taken back, and counts on what this would take.
pub const SERIES_UNDER_WAY: &str = "series-under-way";

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        match error.code() {
            Some(code) if code.code() == FROZEN => Error::BookFrozen,
            Some(code) if code.code() == HELD => {
                let detail = "a distribution or a redemption is being posted or taken back, entry by entry, and counts on what this would take: \
                              try again when all of it is done";
                Refusal::new(SERIES_UNDER_WAY, detail).into()
            }
            Some(_) | None => Error::Database(error),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal)
    }
}

impl Error {
    /// A wrong field of the request.
    pub fn invalid(pointer: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Error {
        Error::Invalid { pointer: pointer.into(), message: message.into() }
    }

    /// The same for a part of a larger request: the field that it names is below this one.
    #[must_use]
    pub fn below(self, above: &str) -> Error {
        let Error::Invalid { pointer, message } = self else { return self };
        Error::invalid(format!("{above}{pointer}"), message)
    }

    /// What was read contradicts what the code promises.
    pub fn inconsistent(what: impl Into<String>) -> Error {
        Error::Inconsistent(what.into())
    }

    /// What keeps the database from its work, when that is the reason.
    pub fn outage(&self) -> Option<Outage> {
        match self {
            Error::Outage(outage) => Some(*outage),
            Error::Database(error) => Outage::of(error),
            Error::Pool(PoolError::Backend(error)) => Outage::of(error).or(Some(Outage::Away)),
            Error::Pool(_) => Some(Outage::Away),
            Error::NotFound(_)
            | Error::Invalid { .. }
            | Error::Refused(_)
            | Error::Forbidden(_)
            | Error::Stale(_)
            | Error::Fenced
            | Error::KeyReused
            | Error::StillRunning
            | Error::Overloaded
            | Error::Quota { .. }
            | Error::BookFrozen
            | Error::Inconsistent(_) => None,
        }
    }

    /// Whether the same attempt may succeed a little later.
    pub fn is_passing(&self) -> bool {
        match self {
            Error::Pool(_) | Error::Outage(_) | Error::StillRunning | Error::Overloaded => true,
            Error::Database(error) => error.code().is_none_or(|code| {
                // Serialization failure, deadlock, lock timeout, statement timeout.
                let passes = matches!(code.code(), "40001" | "40P01" | "55P03" | "57014");
                passes || Outage::of_state(code.code()).is_some()
            }),
            Error::NotFound(_)
            | Error::Invalid { .. }
            | Error::Refused(_)
            | Error::Forbidden(_)
            | Error::Stale(_)
            | Error::Fenced
            | Error::KeyReused
            | Error::Quota { .. }
            | Error::BookFrozen
            | Error::Inconsistent(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_postgresql_says_of_itself_is_told_apart_and_what_it_says_of_a_statement_is_none_of_it() {
        let outages = [
            (Outage::Storage, &["53100", "53200", "58030"][..]),
            (Outage::ReadOnly, &["25006"]),
            (Outage::Away, &["57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "08P01"]),
            (Outage::Busy, &["53300"]),
        ];
        for (outage, codes) in outages {
            for code in codes {
                assert_eq!(Outage::of_state(code), Some(outage), "{code}");
            }
        }
        for code in ["40001", "40P01", "55P03", "57014", "23505", "22003", "25P02", "42501", "CP001", "CP002", "XX000"]
        {
            assert_eq!(Outage::of_state(code), None, "{code}");
        }
        assert_eq!(Error::Pool(PoolError::Closed).outage(), Some(Outage::Away));
        assert_eq!(Error::StillRunning.outage(), None);
    }
}
