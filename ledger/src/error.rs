//! The one error type of this crate. It knows nothing of HTTP; `api/src/problem.rs` translates it in one match.
//!
//! Whatever reads or writes may meet trouble with the database: [`Error::Database`], [`Error::Pool`], or
//! [`Error::Inconsistent`] for rows that contradict the code. The `# Errors` sections leave that out, and name what a caller
//! can act upon: refusals by their codes, and the other errors.

use std::borrow::Cow;

/// Why an operation did not happen. Nothing was written.
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
    /// The book differs from itself and takes no record until somebody has decided: the same request succeeds after that.
    #[error("the book is frozen: it differs from itself, and takes no record until an operator has decided")]
    BookFrozen,
    /// The database said no or nothing. Never shown to a client.
    #[error("database: {0}")]
    Database(#[source] tokio_postgres::Error),
    /// No connection could be had in time.
    #[error("connection pool: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// What was read contradicts what the code promises: our bug, never the caller's.
    #[error("inconsistent: {0}")]
    Inconsistent(String),
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

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        match error.code() {
            Some(code) if code.code() == FROZEN => Error::BookFrozen,
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

    /// What was read contradicts what the code promises.
    pub fn inconsistent(what: impl Into<String>) -> Error {
        Error::Inconsistent(what.into())
    }

    /// Whether the same attempt may succeed a little later.
    pub fn is_passing(&self) -> bool {
        match self {
            Error::Pool(_) | Error::StillRunning | Error::Overloaded => true,
            Error::Database(error) => error.code().is_none_or(|code| {
                // Serialization failure, deadlock, lock timeout, statement timeout, connection trouble, shutdown, crash.
                matches!(code.code(), "40001" | "40P01" | "55P03" | "57014" | "57P01" | "57P02" | "57P03")
                    || code.code().starts_with("08")
            }),
            Error::NotFound(_)
            | Error::Invalid { .. }
            | Error::Refused(_)
            | Error::Forbidden(_)
            | Error::Stale(_)
            | Error::Fenced
            | Error::KeyReused
            | Error::BookFrozen
            | Error::Inconsistent(_) => false,
        }
    }
}
