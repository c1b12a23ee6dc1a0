//! What a server and a connection to it are like, for whoever looks whether an installation is well.

use std::time::{Duration, Instant, SystemTime};

use tokio_postgres::Client;

use crate::error::Error;

/// What a server said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Such as `15.4`.
    pub version: String,
    /// Such as 150004.
    pub version_number: u32,
    /// Settings on which it rests that nothing is lost, with their values: `fsync`, `synchronous_commit`, `full_page_writes`.
    pub durability: Vec<(String, String)>,
    /// How many connections of ordinary logins it takes.
    pub connections_max: u32,
    /// Whether this connection is encrypted.
    pub is_encrypted: bool,
    /// Whether it stays on this machine: a unix socket, or the loopback.
    pub is_local: bool,
    /// How its clock stands to ours.
    pub clock: ClockReading,
}

/// How the clock of a server stands to ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// How far it is ahead of ours, give or take half of `round_trip`.
    pub ahead: ClockDifference,
    /// How long the question took.
    pub round_trip: Duration,
}

impl ClockReading {
    /// How far it is ahead of ours at least, or behind, in milliseconds: what the round trip cannot explain.
    #[must_use]
    pub fn certain_ms(&self) -> i64 {
        let ClockDifference(ahead) = self.ahead;
        let margin = i64::try_from((self.round_trip / 2).as_millis()).unwrap_or(i64::MAX);
        let certain = ahead.saturating_abs().saturating_sub(margin).max(0);
        if ahead < 0 { -certain } else { certain }
    }
}

/// A time span in either direction, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockDifference(pub i64);

/// Asks a server what it is like.
///
/// # Errors
///
/// [`Error::Statement`] when it does not say.
pub async fn server_facts(client: &Client) -> Result<ServerFacts, Error> {
    let settings = "/* facts::server_facts */
        SELECT current_setting('server_version'), current_setting('server_version_num')::int,
               ARRAY['fsync', 'synchronous_commit', 'full_page_writes'],
               ARRAY[current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')],
               current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
               coalesce((SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), false),
               coalesce(inet_server_addr() << '127.0.0.0/8' OR inet_server_addr() = '::1', true)";
    let failed = |error: tokio_postgres::Error| Error::statement("to read its settings", &error);
    let row = client.query_one(settings, &[]).await.map_err(failed)?;
    let (names, values): (Vec<String>, Vec<String>) = (row.get(2), row.get(3));
    let number = |place: usize| u32::try_from(row.get::<_, i32>(place)).unwrap_or_default();
    Ok(ServerFacts {
        version: row.get(0),
        version_number: number(1),
        durability: names.into_iter().zip(values).collect(),
        connections_max: number(4),
        is_encrypted: row.get(5),
        is_local: row.get(6),
        clock: read_clock(client).await?,
    })
}

/// Compares the clock of a server with ours.
///
/// # Errors
///
/// [`Error::Statement`] when it does not say.
pub async fn read_clock(client: &Client) -> Result<ClockReading, Error> {
    let clock = "/* facts::read_clock */ SELECT clock_timestamp()";
    let (asked, since) = (SystemTime::now(), Instant::now());
    let failed = |error: tokio_postgres::Error| Error::statement("to read its clock", &error);
    let theirs: SystemTime = client.query_one(clock, &[]).await.map_err(failed)?.get(0);
    let round_trip = since.elapsed();
    Ok(ClockReading { ahead: difference(theirs, asked + round_trip / 2), round_trip })
}

/// Whether a server takes writes on this connection: it is no standby, and not set to be read only.
///
/// # Errors
///
/// [`Error::Statement`] when it does not say.
pub async fn takes_writes(client: &Client) -> Result<bool, Error> {
    let asked = "/* facts::takes_writes */ SELECT current_setting('transaction_read_only') = 'off'";
    let failed = |error: tokio_postgres::Error| Error::statement("to say whether it takes writes", &error);
    Ok(client.query_one(asked, &[]).await.map_err(failed)?.get(0))
}

fn difference(theirs: SystemTime, ours: SystemTime) -> ClockDifference {
    let in_ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    ClockDifference(match theirs.duration_since(ours) {
        Ok(ahead) => in_ms(ahead),
        Err(behind) => -in_ms(behind.duration()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t14_of_a_difference_only_what_the_round_trip_cannot_explain_is_certain() {
        for (ahead, round_trip, certain) in [(900, 2_000, 0), (3_000, 2_000, 2_000), (-3_000, 2_000, -2_000), (7, 0, 7)]
        {
            let reading = ClockReading { ahead: ClockDifference(ahead), round_trip: Duration::from_millis(round_trip) };
            assert_eq!(reading.certain_ms(), certain, "{ahead} in {round_trip}");
        }
        let ours = SystemTime::now();
        assert_eq!(difference(ours + Duration::from_hours(1), ours), ClockDifference(3_600_000));
        assert_eq!(difference(ours, ours + Duration::from_hours(1)), ClockDifference(-3_600_000));
    }
}
