//! Invitations: roles offered to an address.

use crate::error::Error;
use crate::id::{InvitationId, OrganisationId, PersonId};
use crate::parties::rules::invitation::Invitation;
use crate::parties::rules::role::Role;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn invitation(row: &Row) -> Result<Invitation, Error> {
    Ok(Invitation {
        id: InvitationId(row.get("id")),
        organisation: OrganisationId(row.get("organisation")),
        email: row.get("email"),
        role: row.get::<_, &str>("role").parse()?,
        invited_by: PersonId(row.get("invited_by")),
        created_at: row.get("created_at"),
        expires_at: row.get("expires_at"),
        accepted_at: row.get("accepted_at"),
        declined_at: row.get("declined_at"),
        withdrawn_at: row.get("withdrawn_at"),
    })
}

/// A new invitation, which is open.
pub async fn insert(tx: &Transaction<'_>, new: &Invitation, digest: &[u8]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- invitations::insert
            INSERT INTO invitation (id, organisation, email, role, secret_digest, invited_by, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* id */ &new.id.0,
            /* organisation */ &new.organisation.0,
            /* email */ &new.email,
            /* role */ &new.role.as_str(),
            /* secret_digest */ &digest,
            /* invited_by */ &new.invited_by.0,
            /* created_at */ &new.created_at,
            /* expires_at */ &new.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// The invitation with an id.
pub async fn find(client: &impl GenericClient, id: InvitationId) -> Result<Option<Invitation>, Error> {
    let statement = client.prepare_cached("-- invitations::find\nSELECT * FROM invitation WHERE id = $1").await?;
    client.query_opt(&statement, &[/* id */ &id.0]).await?.as_ref().map(invitation).transpose()
}

/// Locks an invitation of an organisation.
pub async fn lock(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    id: InvitationId,
) -> Result<Option<Invitation>, Error> {
    let statement = tx
        .prepare_cached(
            "-- invitations::lock
            SELECT * FROM invitation WHERE organisation = $1 AND id = $2 FOR UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* organisation */ &organisation.0, /* id */ &id.0]).await?;
    row.as_ref().map(invitation).transpose()
}

/// Locks the invitation whose link has a secret with this digest.
pub async fn lock_by_digest(tx: &Transaction<'_>, digest: &[u8]) -> Result<Option<Invitation>, Error> {
    let statement = tx
        .prepare_cached(
            "-- invitations::lock_by_digest
            SELECT * FROM invitation WHERE secret_digest = $1 FOR UPDATE",
        )
        .await?;
    tx.query_opt(&statement, &[/* secret_digest */ &digest]).await?.as_ref().map(invitation).transpose()
}

/// The invitations of an organisation, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    organisation: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Invitation>, Error> {
    let statement = client
        .prepare_cached(
            "-- invitations::list
            SELECT * FROM invitation WHERE organisation = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* organisation */ &organisation.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(invitation).collect()
}

/// The newest invitations of an organisation, the newest first.
pub async fn list_newest(
    client: &impl GenericClient,
    organisation: OrganisationId,
    limit: i64,
) -> Result<Vec<Invitation>, Error> {
    let statement = client
        .prepare_cached(
            "-- invitations::list_newest
            SELECT * FROM invitation WHERE organisation = $1 ORDER BY id DESC LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* organisation */ &organisation.0, /* limit */ &limit]).await?;
    rows.iter().map(invitation).collect()
}

/// How many invitations of an organisation are open.
pub async fn count_open(
    client: &impl GenericClient,
    organisation: OrganisationId,
    wall: Timestamp,
) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- invitations::count_open
            SELECT count(*) AS open FROM invitation
             WHERE organisation = $1 AND accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL
               AND expires_at > $2",
        )
        .await?;
    let row = client.query_one(&statement, &[/* organisation */ &organisation.0, /* wall */ &wall]).await?;
    Ok(row.get("open"))
}

/// Whether an organisation has an open invitation of an address to a role.
pub async fn is_open(
    client: &impl GenericClient,
    organisation: OrganisationId,
    email: &str,
    role: Role,
    wall: Timestamp,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- invitations::is_open
            SELECT EXISTS (SELECT FROM invitation
                            WHERE email = $2 AND organisation = $1 AND role = $3
                              AND accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL
                              AND expires_at > $4) AS open",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* organisation */ &organisation.0,
                /* email */ &email,
                /* role */ &role.as_str(),
                /* wall */ &wall,
            ],
        )
        .await?;
    Ok(row.get("open"))
}

/// Whether somebody, somewhere, has an open invitation for an address.
pub async fn is_expected(client: &impl GenericClient, email: &str, wall: Timestamp) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- invitations::is_expected
            SELECT EXISTS (SELECT FROM invitation
                            WHERE email = $1 AND accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL
                              AND expires_at > $2) AS expected",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* email */ &email, /* wall */ &wall]).await?.get("expected"))
}

/// Writes down who accepted an invitation.
pub async fn update_accepted(
    tx: &Transaction<'_>,
    id: InvitationId,
    person: PersonId,
    wall: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- invitations::update_accepted
            UPDATE invitation SET accepted_by = $2, accepted_at = $3 WHERE id = $1",
        )
        .await?;
    tx.execute(&statement, &[/* id */ &id.0, /* accepted_by */ &person.0, /* accepted_at */ &wall]).await?;
    Ok(())
}

/// Writes down who declined an invitation.
pub async fn update_declined(
    tx: &Transaction<'_>,
    id: InvitationId,
    person: PersonId,
    wall: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- invitations::update_declined
            UPDATE invitation SET declined_by = $2, declined_at = $3 WHERE id = $1",
        )
        .await?;
    tx.execute(&statement, &[/* id */ &id.0, /* declined_by */ &person.0, /* declined_at */ &wall]).await?;
    Ok(())
}

/// Takes an invitation back.
pub async fn update_withdrawn(tx: &Transaction<'_>, id: InvitationId, wall: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- invitations::update_withdrawn
            UPDATE invitation SET withdrawn_at = $2 WHERE id = $1",
        )
        .await?;
    tx.execute(&statement, &[/* id */ &id.0, /* withdrawn_at */ &wall]).await?;
    Ok(())
}
