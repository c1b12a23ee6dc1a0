//! When each worker was last seen alive: readiness and `doctor` ask.

use crate::error::Error;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

/// A worker that has run at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Its name: host and process.
    pub name: String,
    /// Wall clock when it last said so.
    pub seen_at: Timestamp,
    /// The version of its program.
    pub version: String,
}

/// A worker says that it is alive.
pub async fn beat(client: &impl GenericClient, name: &str, version: &str, wall: Timestamp) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "-- heartbeats::beat
            INSERT INTO worker_heartbeat (name, seen_at, version) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, version = excluded.version",
        )
        .await?;
    client.execute(&statement, &[/* name */ &name, /* seen_at */ &wall, /* version */ &version]).await?;
    Ok(())
}

/// The workers seen at or after a time, the latest first.
pub async fn list_since(client: &impl GenericClient, since: Timestamp) -> Result<Vec<Heartbeat>, Error> {
    let statement = client
        .prepare_cached(
            "-- heartbeats::list_since
            SELECT name, seen_at, version FROM worker_heartbeat WHERE seen_at >= $1 ORDER BY seen_at DESC, name LIMIT 100",
        )
        .await?;
    let rows = client.query(&statement, &[/* seen_at */ &since]).await?;
    Ok(rows
        .iter()
        .map(|row| Heartbeat { name: row.get("name"), seen_at: row.get("seen_at"), version: row.get("version") })
        .collect())
}
