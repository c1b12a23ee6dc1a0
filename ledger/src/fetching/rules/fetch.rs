//! A fetch: an address that somebody asks to have fetched and hashed, and what comes of it. It ends once.

use crate::book::Mode;
use crate::error::Error;
use crate::evidence::{Digest, URL_MAX};
use crate::id::{EvidenceFetchId, PersonId};
use crate::words::words;
use jiff::Timestamp;

/// The longest answer that is fetched, in bytes.
pub const BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The media types that are fetched: documents, pictures, films, models of things, tables, archives.
pub const CONTENT_TYPES: &[&str] = &[
    "application/gzip",
    "application/json",
    "application/octet-stream",
    "application/pdf",
    "application/x-gzip",
    "application/x-tar",
    "application/xml",
    "application/zip",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "image/webp",
    "model/3mf",
    "model/gltf-binary",
    "model/step",
    "model/stl",
    "text/csv",
    "text/html",
    "text/markdown",
    "text/plain",
    "video/mp4",
    "video/webm",
];

words! {
    /// Why nothing was fetched.
    Failure, "reason of a fetch that failed" {
        /// It is no public address, no port of the web, not https where that is demanded, or leads to one that is not.
        AddressRefused = "address_refused",
        /// No such host.
        HostUnknown = "host_unknown",
        /// Nobody answers there, or not in words that are understood.
        Unreachable = "unreachable",
        /// The answer took too long.
        TooSlow = "too_slow",
        /// The answer is longer than 32 MiB.
        TooLarge = "too_large",
        /// The answer is of a media type that is not fetched, or of none.
        ContentType = "content_type",
        /// The answer is compressed, though it was asked for as it is.
        Encoded = "encoded",
        /// The answer is not 200.
        Status = "status",
        /// It leads on more than three times, or nowhere.
        Redirects = "redirects",
    }
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Of the bytes that came.
    pub sha256: Digest,
    /// How many there were.
    pub bytes: i64,
    /// Their media type, without parameters, in lower case.
    pub content_type: String,
    /// The address that answered, after redirects.
    pub final_url: String,
}

/// How a fetch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The bytes came.
    Fetched(Fetched),
    /// They did not.
    Failed(Failure),
}

/// A fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Its id.
    pub id: EvidenceFetchId,
    /// Who asked for it, and alone reads it.
    pub asked_by: PersonId,
    /// The address.
    pub url: String,
    /// By the wall clock.
    pub asked_at: Timestamp,
    /// How it ended, and when by the wall clock; none before.
    pub outcome: Option<(Outcome, Timestamp)>,
}

impl Fetch {
    /// Ends it; none when it has ended before.
    pub fn end(self, outcome: Outcome, wall: Timestamp) -> Option<Fetch> {
        match self.outcome {
            None => Some(Fetch { outcome: Some((outcome, wall)), ..self }),
            Some(_) => None,
        }
    }
}

/// Refuses, at `/url`, what is never fetched: whatever is no link of the web, names a user, or is not https in a live book.
///
/// # Errors
///
/// [`Error::Invalid`] at `/url`.
pub fn check(url: &str, mode: Mode) -> Result<(), Error> {
    let wrong = |why: &str| Err(Error::invalid("/url", why));
    let (is_secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return wrong("an https link"),
    };
    if url.chars().count() > URL_MAX || url.chars().any(|each| each.is_whitespace() || each.is_control()) {
        return wrong("a link of at most 2,000 characters without blanks");
    }
    if !is_secure && mode == Mode::Live {
        return wrong("an https link: what comes by http may be changed on its way");
    }
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') {
        return wrong("a link with a host, and without a name or a password in it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_of_the_web_without_a_user_are_fetched_and_in_live_books_https_alone() {
        for url in ["ftp://a.example", "https://", "https:///x", "https://ada:pw@a.example/x", "https://a.example/a b"]
        {
            assert!(check(url, Mode::Sandbox).is_err(), "{url}");
        }
        assert!(check("http://a.example/x", Mode::Sandbox).is_ok());
        assert!(check("http://a.example/x", Mode::Live).is_err());
        assert!(check("https://a.example/x@y?z#w", Mode::Live).is_ok());
        assert!(check(&format!("https://a.example/{}", "x".repeat(2_000)), Mode::Live).is_err());
    }

    #[test]
    fn a_fetch_ends_once() {
        let id = EvidenceFetchId::generate(crate::id::BookId(1));
        let asked_by = PersonId(uuid::Uuid::nil());
        let asked_at = Timestamp::UNIX_EPOCH;
        let fetch = Fetch { id, asked_by, url: "https://a.example".into(), asked_at, outcome: None };
        let ended = fetch.end(Outcome::Failed(Failure::Status), asked_at).expect("it was pending");
        assert_eq!(ended.end(Outcome::Failed(Failure::TooSlow), asked_at), None);
    }
}
