//! What a server and a connection to it are like, for whoever looks whether an installation is well.

use std::time::{Duration, SystemTime};

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
    /// How far its clock is ahead of ours, give or take half of `round_trip`.
    pub clock_ahead: ClockDifference,
    /// How long the question took.
    pub round_trip: Duration,
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
    let asked = SystemTime::now();
    let clock = "/* facts::server_facts */ SELECT clock_timestamp()";
    let theirs: SystemTime = client.query_one(clock, &[]).await.map_err(failed)?.get(0);
    let round_trip = asked.elapsed().unwrap_or_default();
    let (names, values): (Vec<String>, Vec<String>) = (row.get(2), row.get(3));
    let number = |place: usize| u32::try_from(row.get::<_, i32>(place)).unwrap_or_default();
    Ok(ServerFacts {
        version: row.get(0),
        version_number: number(1),
        durability: names.into_iter().zip(values).collect(),
        connections_max: number(4),
        is_encrypted: row.get(5),
        is_local: row.get(6),
        clock_ahead: difference(theirs, asked + round_trip / 2),
        round_trip,
    })
}

fn difference(theirs: SystemTime, ours: SystemTime) -> ClockDifference {
    let in_ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    ClockDifference(match theirs.duration_since(ours) {
        Ok(ahead) => in_ms(ahead),
        Err(behind) => -in_ms(behind.duration()),
    })
}
