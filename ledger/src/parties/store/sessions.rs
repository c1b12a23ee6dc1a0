//! Sessions: what one sign-in began, until it is over.

use crate::error::Error;
use crate::id::{CallerId, PersonId, SessionId};
use crate::parties::rules::person::SignedIn;
use crate::parties::store::second_factors;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

/// A new session: somebody has signed in.
pub async fn insert(tx: &Transaction<'_>, id: SessionId, person: PersonId, wall: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- sessions::insert
            INSERT INTO refresh_family (id, person, created_at) VALUES ($1, $2, $3)",
        )
        .await?;
    tx.execute(&statement, &[/* id */ &id.0, /* person */ &person.0, /* created_at */ &wall]).await?;
    Ok(())
}

/// Who is signed in, by the sessions of access tokens. Left out are sessions that were ended, those that began before
/// `began_after`, and those of persons who are disabled.
pub async fn list_live(
    client: &impl GenericClient,
    ids: &[SessionId],
    began_after: Timestamp,
) -> Result<Vec<SignedIn>, Error> {
    let statement = client
        .prepare_cached(
            "-- sessions::list_live
            SELECT f.id, p.id AS person, p.caller, p.is_operator, f.proved_at, f.proved_by
              FROM refresh_family f JOIN person p ON p.id = f.person
             WHERE f.id = ANY($1) AND f.ended_at IS NULL AND f.created_at > $2 AND p.disabled_at IS NULL",
        )
        .await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = client.query(&statement, &[/* ids */ &ids, /* created_at */ &began_after]).await?;
    let signed_in = |row: &Row| {
        Ok(SignedIn {
            session: SessionId(row.get("id")),
            person: PersonId(row.get("person")),
            caller: CallerId(row.get("caller")),
            is_operator: row.get("is_operator"),
            proof: second_factors::proof(row)?,
        })
    };
    rows.iter().map(signed_in).collect()
}

/// When a session began, by the wall clock.
pub async fn find_began(client: &impl GenericClient, id: SessionId) -> Result<Option<Timestamp>, Error> {
    let statement =
        client.prepare_cached("-- sessions::find_began\nSELECT created_at FROM refresh_family WHERE id = $1").await?;
    Ok(client.query_opt(&statement, &[/* id */ &id.0]).await?.map(|row| row.get("created_at")))
}

/// Ends a session: none of its tokens works any more.
pub async fn update_ended(tx: &Transaction<'_>, id: SessionId, wall: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- sessions::update_ended
            UPDATE refresh_family SET ended_at = coalesce(ended_at, $2) WHERE id = $1",
        )
        .await?;
    tx.execute(&statement, &[/* id */ &id.0, /* ended_at */ &wall]).await?;
    Ok(())
}

/// Ends all sessions of a person; answers how many were not ended before.
pub async fn update_all_ended(tx: &Transaction<'_>, person: PersonId, wall: Timestamp) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- sessions::update_all_ended
            UPDATE refresh_family SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL",
        )
        .await?;
    Ok(tx.execute(&statement, &[/* person */ &person.0, /* ended_at */ &wall]).await?)
}
