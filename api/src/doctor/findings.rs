//! What is found, and whether it is well: judged from facts alone.

use crate::config::ConfigError;
use migrations::{ClockDifference, Error, ServerFacts};
use serde::Serialize;
use std::fmt;

/// The oldest version of PostgreSQL that is served on.
const OLDEST: u32 = 150_000;

/// What a worker's connections are besides two for each of its hands: leases, upkeep, comparison, figures, providers, lanes.
pub(super) const WORKER_CONNECTIONS: u32 = 8;

/// How far apart two clocks may be: due dates and tokens are reckoned by ours, and rows are stamped by the database's.
const CLOCK_WARN_MS: u64 = 1_000;
const CLOCK_FAIL_MS: u64 = 30_000;

/// How little room a disk may have, in MiB.
const DISK_WARN_MIB: u64 = 1_024;
const DISK_FAIL_MIB: u64 = 64;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standing {
    Ok,
    /// It works, and may not for long.
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) standing: Standing,
    /// What was found; it holds no secret.
    found: String,
    /// What to do; empty when all is well.
    mend: String,
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Finding {
        Finding { check, standing: Standing::Ok, found: found.into(), mend: String::new() }
    }

    pub(super) fn warn(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { check, standing: Standing::Warn, found: found.into(), mend: mend.into() }
    }

    pub(super) fn fail(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { check, standing: Standing::Fail, found: found.into(), mend: mend.into() }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.standing == Standing::Fail
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let standing = match self.standing {
            Standing::Ok => "ok",
            Standing::Warn => "warn",
            Standing::Fail => "fail",
        };
        write!(formatter, "{standing:<4}  {:<13} {}", self.check, self.found)?;
        if self.mend.is_empty() { Ok(()) } else { write!(formatter, " — {}", self.mend) }
    }
}

/// How many connections our processes open at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// One API.
    pub(super) api: u32,
    /// One worker.
    pub(super) worker: u32,
}

pub(super) fn configuration(checked: Result<(), ConfigError>) -> Finding {
    match checked {
        Ok(()) => Finding::ok("configuration", "can start"),
        Err(error) => Finding::fail("configuration", error.to_string(), "see the settings in OPERATING.md"),
    }
}

/// What a key of Stripe looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StripeKey {
    Live,
    Test,
    Other,
}

impl StripeKey {
    pub(super) fn of(key: &str) -> StripeKey {
        match key.split_once('_') {
            Some(("sk" | "rk", rest)) if rest.starts_with("live_") => StripeKey::Live,
            Some(("sk" | "rk", rest)) if rest.starts_with("test_") => StripeKey::Test,
            Some(_) | None => StripeKey::Other,
        }
    }
}

pub(super) fn stripe(key: Option<StripeKey>, has_no_webhooks: bool) -> Finding {
    const CHECK: &str = "stripe";
    match (key, has_no_webhooks) {
        (None, true) => Finding::ok(CHECK, "is not set: partners alone collect for live books"),
        (None, false) => Finding::fail(
            CHECK,
            "pledges are taken that nobody collects",
            "set COMMONPURSE_STRIPE_SECRET_KEY, or take COMMONPURSE_STRIPE_WEBHOOK_SECRET away",
        ),
        (Some(StripeKey::Test), _) => Finding::warn(
            CHECK,
            "the key is one for tests: no charge of a live book is begun with it",
            "set COMMONPURSE_STRIPE_SECRET_KEY to a key that begins with sk_live_ or rk_live_",
        ),
        (Some(StripeKey::Other), _) => Finding::fail(
            CHECK,
            "the key is no secret key of Stripe",
            "set COMMONPURSE_STRIPE_SECRET_KEY to a key that begins with sk_live_ or rk_live_",
        ),
        (Some(StripeKey::Live), true) => Finding::warn(
            CHECK,
            "the key is a live one, and no pledge is taken, as nobody would hear of disputes",
            "make a webhook endpoint at Stripe, and set COMMONPURSE_STRIPE_WEBHOOK_SECRET",
        ),
        (Some(StripeKey::Live), false) => Finding::ok(CHECK, "live books are collected, and what happens is told"),
    }
}

pub(super) fn server(facts: &ServerFacts, needs: Needs) -> Vec<Finding> {
    let mut found = vec![version(facts), durability(facts), connections(facts.connections_max, needs)];
    found.push(clock(facts.clock.ahead));
    found.push(match (facts.is_encrypted, facts.is_local) {
        (true, _) => Finding::ok("encryption", "the way to the database is encrypted"),
        (false, true) => Finding::ok("encryption", "the way to the database stays on this machine"),
        (false, false) => Finding::warn(
            "encryption",
            "the way to the database is open to whoever listens",
            "add sslmode=verify-full to DATABASE_URL, and `ssl = on` to postgresql.conf",
        ),
    });
    found
}

fn version(facts: &ServerFacts) -> Finding {
    let found = format!("PostgreSQL {}", facts.version);
    if facts.version_number < OLDEST {
        return Finding::fail("version", found, "upgrade it to 15 or newer");
    }
    Finding::ok("version", found)
}

fn durability(facts: &ServerFacts) -> Finding {
    let off: Vec<&str> =
        facts.durability.iter().filter(|(_, value)| value == "off").map(|(name, _)| name.as_str()).collect();
    if off.is_empty() {
        return Finding::ok("durability", "what is committed is on disk");
    }
    let settings: Vec<String> = off.iter().map(|name| format!("{name} = on")).collect();
    let found = format!("what is committed may be lost: {} off", off.join(", "));
    Finding::fail("durability", found, format!("set {} in postgresql.conf", settings.join(", ")))
}

fn connections(most: u32, needs: Needs) -> Finding {
    let sum = needs.api + needs.worker;
    let found = format!(
        "the server takes {most}; one API and one worker open {sum} at most ({} and {})",
        needs.api, needs.worker
    );
    let mend = "raise max_connections, or lower COMMONPURSE_POOL_SIZE and COMMONPURSE_WORKER_CONCURRENCY";
    if sum > most {
        Finding::fail("connections", found, mend)
    } else if sum * 5 > most * 4 {
        Finding::warn("connections", found, mend)
    } else {
        Finding::ok("connections", found)
    }
}

fn clock(ClockDifference(ahead): ClockDifference) -> Finding {
    let found =
        format!("the database's is {} ms {} ours", ahead.unsigned_abs(), if ahead < 0 { "behind" } else { "ahead of" });
    let mend = "keep both machines' clocks by NTP";
    match ahead.unsigned_abs() {
        ..CLOCK_WARN_MS => Finding::ok("clock", found),
        CLOCK_WARN_MS..CLOCK_FAIL_MS => Finding::warn("clock", found, mend),
        CLOCK_FAIL_MS.. => Finding::fail("clock", found, mend),
    }
}

pub(super) fn schema(checked: Result<(), Error>) -> Finding {
    match checked {
        Ok(()) => Finding::ok("schema", format!("version {}, as this program needs it", migrations::latest())),
        Err(error) => Finding::fail("schema", error.to_string(), "run `commonpurse migrate`"),
    }
}

pub(super) fn login(checked: Result<(), Error>) -> Finding {
    match checked {
        Ok(()) => Finding::ok("login", "may do no more than the service"),
        Err(error) => Finding::fail("login", error.to_string(), "see `As an operator` in the README"),
    }
}

/// The most differences that are named.
const NAMED_MAX: usize = 5;

pub(super) fn rights(differs: &[String]) -> Finding {
    if differs.is_empty() {
        return Finding::ok("rights", "are those of the service");
    }
    let named = differs.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    let found = format!("the login differs from the service in {} rights: it {named}", differs.len());
    Finding::fail("rights", found, "run `commonpurse migrate`, and give the login no other role than the service's")
}

pub(super) fn adoption(holds: bool) -> Finding {
    if holds {
        return Finding::ok("adoption", "this is the installation");
    }
    Finding::warn(
        "adoption",
        "this is a restored copy: no job is done",
        "run `commonpurse adopt --reason …` if it takes over",
    )
}

pub(super) fn workers(seen: usize) -> Finding {
    match seen {
        0 => {
            Finding::warn("workers", "none was seen in the last minute", "start commonpurse-worker, or look at its log")
        }
        seen => Finding::ok("workers", format!("{seen} seen in the last minute")),
    }
}

pub(super) fn books(frozen: &[String]) -> Finding {
    if frozen.is_empty() {
        return Finding::ok("books", "none is frozen");
    }
    Finding::fail(
        "books",
        format!("frozen: {}", frozen.join(", ")),
        "run `commonpurse book frozen`, which says what was found",
    )
}

pub(super) fn disk(free_mib: u64, whole_mib: u64) -> Finding {
    let found = format!("{free_mib} MiB of {whole_mib} are free under COMMONPURSE_STATE_DIR");
    let mend = "make room";
    match free_mib {
        ..DISK_FAIL_MIB => Finding::fail("disk", found, mend),
        DISK_FAIL_MIB..DISK_WARN_MIB => Finding::warn("disk", found, mend),
        DISK_WARN_MIB.. => Finding::ok("disk", found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrations::ClockReading;
    use std::time::Duration;

    fn reading(ahead: i64) -> ClockReading {
        ClockReading { ahead: ClockDifference(ahead), round_trip: Duration::from_millis(1) }
    }

    fn facts() -> ServerFacts {
        ServerFacts {
            version: "15.4".into(),
            version_number: 150_004,
            durability: ["fsync", "synchronous_commit"].map(|name| (name.to_owned(), "on".to_owned())).into(),
            connections_max: 97,
            is_encrypted: false,
            is_local: true,
            clock: reading(3),
        }
    }

    const NEEDS: Needs = Needs { api: 24, worker: 15 };

    fn standings(facts: &ServerFacts, needs: Needs) -> Vec<(&'static str, Standing)> {
        let found = server(facts, needs).into_iter().filter(|finding| finding.standing != Standing::Ok);
        found.map(|finding| (finding.check, finding.standing)).collect()
    }

    #[test]
    fn a_server_that_is_well_is_ok_and_each_thing_that_is_not_is_named() {
        assert_eq!(standings(&facts(), NEEDS), []);
        let old = ServerFacts { version_number: 140_011, ..facts() };
        assert_eq!(standings(&old, NEEDS), [("version", Standing::Fail)]);
        let lossy = ServerFacts { durability: vec![("synchronous_commit".into(), "off".into())], ..facts() };
        assert_eq!(standings(&lossy, NEEDS), [("durability", Standing::Fail)]);
        let afar = ServerFacts { is_local: false, ..facts() };
        assert_eq!(standings(&afar, NEEDS), [("encryption", Standing::Warn)]);
        for (ahead, standing) in [(-1_500, Standing::Warn), (29_999, Standing::Warn), (-30_000, Standing::Fail)] {
            let off = ServerFacts { clock: reading(ahead), ..facts() };
            assert_eq!(standings(&off, NEEDS), [("clock", standing)], "{ahead}");
        }
        for (api, standing) in [(70, Standing::Warn), (83, Standing::Fail)] {
            assert_eq!(standings(&facts(), Needs { api, ..NEEDS }), [("connections", standing)], "{api}");
        }
        assert_eq!(disk(2_000, 9_000).standing, Standing::Ok);
        assert_eq!(disk(500, 9_000).standing, Standing::Warn);
        assert_eq!(disk(63, 9_000).standing, Standing::Fail);
    }

    #[test]
    fn a_key_of_stripe_is_told_by_its_looks_and_by_whether_stripe_can_tell_us() {
        let look = |key: &str, has_no_webhooks| stripe(Some(StripeKey::of(key)), has_no_webhooks);
        assert_eq!(stripe(None, true).standing, Standing::Ok);
        assert_eq!(stripe(None, false).standing, Standing::Fail);
        for key in ["sk_live_1", "rk_live_1"] {
            assert_eq!(look(key, false).standing, Standing::Ok, "{key}");
            assert_eq!(look(key, true).standing, Standing::Warn, "{key}");
        }
        assert_eq!(look("sk_test_1", false).standing, Standing::Warn);
        for odd in ["pk_live_1", "whsec_1", ""] {
            assert_eq!(look(odd, false).standing, Standing::Fail, "{odd}");
        }
    }

    #[test]
    fn whatever_is_not_well_says_how_to_mend_it() {
        let differs = vec!["lacks SELECT job".to_owned()];
        for finding in [
            rights(&differs),
            adoption(false),
            workers(0),
            books(&["bok_a".to_owned()]),
            configuration(Err(ConfigError::PublicUrl)),
            schema(Err(Error::SchemaOlder { found: 0, wanted: 1 })),
            disk(0, 1),
        ] {
            assert!(finding.standing != Standing::Ok && !finding.mend.is_empty(), "{finding}");
        }
        assert_eq!(workers(2).to_string(), "ok    workers       2 seen in the last minute");
    }
}
