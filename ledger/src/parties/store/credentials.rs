//! Credentials of partners: client id and digest of the secret.

use crate::book::Mode;
use crate::error::Error;
use crate::id::{CallerId, CredentialId, OrganisationId, PersonId};
use crate::parties::rules::credential::{Credential, OldSecret};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn credential(row: &Row) -> Result<Credential, Error> {
    Ok(Credential {
        id: CredentialId(row.get("id")),
        organisation: OrganisationId(row.get("organisation")),
        mode: row.get::<_, &str>("mode").parse()?,
        slot: row.get("slot"),
        scopes: row.get("scopes"),
        secret_digest: row.get("secret_digest"),
        old_secret: old_secret(row),
        last_used_on: row.get("last_used_on"),
        name: row.get("name"),
        created_at: row.get("created_at"),
        created_by: PersonId(row.get("created_by")),
        revoked_at: row.get("revoked_at"),
    })
}

fn old_secret(row: &Row) -> Option<OldSecret> {
    let digest: Option<Vec<u8>> = row.get("old_digest");
    let (digest, ends_at) = digest.zip(row.get("old_ends_at"))?;
    Some(OldSecret { digest, ends_at, used_on: row.get("old_used_on") })
}

/// A new credential.
pub async fn insert(tx: &Transaction<'_>, new: &Credential) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- credentials::insert
            INSERT INTO credential
                (id, organisation, mode, slot, scopes, secret_digest, name, created_at, created_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* id */ &new.id.0,
            /* organisation */ &new.organisation.0,
            /* mode */ &new.mode.as_str(),
            /* slot */ &new.slot,
            /* scopes */ &new.scopes,
            /* secret_digest */ &new.secret_digest,
            /* name */ &new.name,
            /* created_at */ &new.created_at,
            /* created_by */ &new.created_by.0,
        ],
    )
    .await?;
    Ok(())
}

/// A live credential with its organisation's caller number.
pub async fn find_live(client: &impl GenericClient, id: CredentialId) -> Result<Option<(Credential, CallerId)>, Error> {
    let statement = client
        .prepare_cached(
            "-- credentials::find_live
            SELECT c.*, o.caller
              FROM credential c JOIN organisation o ON o.id = c.organisation
             WHERE c.id = $1 AND c.revoked_at IS NULL",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* id */ &id.0]).await?;
    row.map(|row| Ok((credential(&row)?, CallerId(row.get("caller"))))).transpose()
}

/// Live credentials, as [`find_live`], for many ids at once; those that are not live are left out.
pub async fn list_live(
    client: &impl GenericClient,
    ids: &[CredentialId],
) -> Result<Vec<(Credential, CallerId)>, Error> {
    let statement = client
        .prepare_cached(
            "-- credentials::list_live
            SELECT c.*, o.caller
              FROM credential c JOIN organisation o ON o.id = c.organisation
             WHERE c.id = ANY($1) AND c.revoked_at IS NULL",
        )
        .await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = client.query(&statement, &[/* ids */ &ids]).await?;
    rows.iter().map(|row| Ok((credential(row)?, CallerId(row.get("caller"))))).collect()
}

/// The credentials of an organisation, revoked ones too, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    organisation: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Credential>, Error> {
    let statement = client
        .prepare_cached(
            "-- credentials::list
            SELECT * FROM credential WHERE organisation = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* organisation */ &organisation.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(credential).collect()
}

/// The slots that live credentials of an organisation and mode hold.
pub async fn list_slots(
    client: &impl GenericClient,
    organisation: OrganisationId,
    mode: Mode,
) -> Result<Vec<i16>, Error> {
    let statement = client
        .prepare_cached(
            "-- credentials::list_slots
            SELECT slot FROM credential WHERE organisation = $1 AND mode = $2 AND revoked_at IS NULL ORDER BY slot",
        )
        .await?;
    let rows = client.query(&statement, &[/* organisation */ &organisation.0, /* mode */ &mode.as_str()]).await?;
    Ok(rows.iter().map(|row| row.get("slot")).collect())
}

/// Revokes a credential; one that is revoked stays as it is. `false` when the organisation has no such one.
pub async fn update_revoked(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    id: CredentialId,
    wall: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- credentials::update_revoked
            UPDATE credential SET revoked_at = coalesce(revoked_at, $3) WHERE organisation = $1 AND id = $2",
        )
        .await?;
    let updated =
        tx.execute(&statement, &[/* organisation */ &organisation.0, /* id */ &id.0, /* revoked_at */ &wall]).await?;
    Ok(updated == 1)
}

/// Locks a credential of an organisation until the transaction ends; revoked ones too.
pub async fn lock(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    id: CredentialId,
) -> Result<Option<Credential>, Error> {
    let statement = tx
        .prepare_cached(
            "-- credentials::lock
            SELECT * FROM credential WHERE organisation = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* organisation */ &organisation.0, /* id */ &id.0]).await?;
    row.as_ref().map(credential).transpose()
}

/// Writes the secrets of a credential.
pub async fn update_secrets(tx: &Transaction<'_>, rotated: &Credential) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- credentials::update_secrets
            UPDATE credential SET secret_digest = $2, old_digest = $3, old_ends_at = $4, old_used_on = $5 WHERE id = $1",
        )
        .await?;
    let old = rotated.old_secret.as_ref();
    tx.execute(
        &statement,
        &[
            /* id */ &rotated.id.0,
            /* secret_digest */ &rotated.secret_digest,
            /* old_digest */ &old.map(|old| &old.digest),
            /* old_ends_at */ &old.map(|old| old.ends_at),
            /* old_used_on */ &old.and_then(|old| old.used_on),
        ],
    )
    .await?;
    Ok(())
}

/// Notes that a secret gave a token on a day, by the digest that it is found by: at most one row is written a day and secret, and none
/// that somebody else is just writing is waited for.
pub async fn update_used(client: &impl GenericClient, id: CredentialId, digest: &[u8], day: Date) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "-- credentials::update_used
            UPDATE credential SET last_used_on = greatest(last_used_on, $3),
                   old_used_on = CASE WHEN old_digest = $2 THEN greatest(old_used_on, $3) ELSE old_used_on END
             WHERE id = (SELECT id FROM credential WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED)
               AND (last_used_on IS NULL OR last_used_on < $3
                    OR old_digest = $2 AND (old_used_on IS NULL OR old_used_on < $3))",
        )
        .await?;
    client.execute(&statement, &[/* id */ &id.0, /* digest */ &digest, /* day */ &day]).await?;
    Ok(())
}
