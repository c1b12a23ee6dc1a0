//! Webhooks that providers have sent: what was told, without what it is about, which is asked of the provider itself.

use crate::error::Error;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// What a provider told us in one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The provider, by the name of its rail.
    pub provider: String,
    /// How the provider names the event.
    pub event_id: String,
    /// What has happened, in the provider's word.
    pub kind: String,
    /// How the provider names the object that it happened to.
    pub object: String,
    /// SHA-256 of the body.
    pub digest: [u8; 32],
}

/// Keeps one; says whether it is news. A repetition waits for the first one to commit.
pub async fn insert(tx: &Transaction<'_>, new: &Webhook, wall: Timestamp) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- webhooks::insert
            INSERT INTO webhook_received (received_at, provider, event_id, kind, object, sha256)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (provider, event_id) DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* received_at */ &wall,
                /* provider */ &new.provider,
                /* event_id */ &new.event_id,
                /* kind */ &new.kind,
                /* object */ &new.object,
                /* sha256 */ &new.digest.as_slice(),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// What kind of event one is, and what object it is about.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown one.
pub async fn get(client: &impl GenericClient, provider: &str, event_id: &str) -> Result<(String, String), Error> {
    let statement = client
        .prepare_cached(
            "-- webhooks::get
            SELECT kind, object FROM webhook_received WHERE provider = $1 AND event_id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* provider */ &provider, /* event_id */ &event_id]).await?;
    let row = row.ok_or(Error::NotFound("webhook"))?;
    Ok((row.get("kind"), row.get("object")))
}
