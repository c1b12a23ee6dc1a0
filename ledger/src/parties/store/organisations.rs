//! Organisations, and the roles of persons in them.

use crate::error::Error;
use crate::id::{CallerId, OrganisationId, PersonId};
use crate::parties::rules::organisation::{Membership, Organisation};
use crate::parties::rules::role::Role;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn organisation(row: &Row) -> Result<Organisation, Error> {
    Ok(Organisation {
        id: OrganisationId(row.get("id")),
        caller: CallerId(row.get("caller")),
        name: row.get("name"),
        kind: row.get::<_, &str>("kind").parse()?,
        address: row.get("address"),
        registration: row.get("registration"),
        receipt_text: row.get("receipt_text"),
        version: row.get("version"),
        created_at: row.get("created_at"),
        created_by: PersonId(row.get("created_by")),
    })
}

/// A new organisation.
pub async fn insert(tx: &Transaction<'_>, new: &Organisation) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- organisations::insert
            INSERT INTO organisation (id, caller, name, kind, version, created_at, created_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* id */ &new.id.0,
            /* caller */ &new.caller.0,
            /* name */ &new.name,
            /* kind */ &new.kind.as_str(),
            /* version */ &new.version,
            /* created_at */ &new.created_at,
            /* created_by */ &new.created_by.0,
        ],
    )
    .await?;
    Ok(())
}

/// The organisation with an id.
pub async fn find(client: &impl GenericClient, id: OrganisationId) -> Result<Option<Organisation>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::find
            SELECT * FROM organisation WHERE id = $1",
        )
        .await?;
    client.query_opt(&statement, &[/* id */ &id.0]).await?.as_ref().map(organisation).transpose()
}

/// Locks the organisation until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, id: OrganisationId) -> Result<Option<Organisation>, Error> {
    let statement = tx
        .prepare_cached(
            "-- organisations::lock
            SELECT * FROM organisation WHERE id = $1 FOR UPDATE",
        )
        .await?;
    tx.query_opt(&statement, &[/* id */ &id.0]).await?.as_ref().map(organisation).transpose()
}

/// All organisations, the oldest first, after an id.
pub async fn list(client: &impl GenericClient, after: Uuid, limit: i64) -> Result<Vec<Organisation>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::list
            SELECT * FROM organisation WHERE id > $1 ORDER BY id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(organisation).collect()
}

/// The newest organisations, by their names.
pub async fn list_newest(client: &impl GenericClient, limit: i64) -> Result<Vec<Organisation>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::list_newest
            SELECT * FROM (SELECT * FROM organisation ORDER BY id DESC LIMIT $1) newest ORDER BY name, id",
        )
        .await?;
    let rows = client.query(&statement, &[/* limit */ &limit]).await?;
    rows.iter().map(organisation).collect()
}

/// The organisations in which a person has a role, the oldest first, after an id.
pub async fn list_of_person(
    client: &impl GenericClient,
    person: PersonId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Organisation>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::list_of_person
            SELECT * FROM organisation
             WHERE id > $2 AND id IN (SELECT organisation FROM membership WHERE person = $1)
             ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* person */ &person.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(organisation).collect()
}

/// The organisations in which a person has a role that are called by one of some names, with those names; 1,000 at most.
pub async fn list_named_of_person(
    client: &impl GenericClient,
    person: PersonId,
    names: &[&str],
) -> Result<Vec<(String, OrganisationId)>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::list_named_of_person
            SELECT name, id FROM organisation
             WHERE name = ANY($2) AND id IN (SELECT organisation FROM membership WHERE person = $1)
             ORDER BY id LIMIT 1000",
        )
        .await?;
    let rows = client.query(&statement, &[/* person */ &person.0, /* names */ &names]).await?;
    Ok(rows.iter().map(|row| (row.get("name"), OrganisationId(row.get("id")))).collect())
}

/// Writes what may change of an organisation; its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &Organisation) -> Result<Organisation, Error> {
    let statement = tx
        .prepare_cached(
            "-- organisations::update
            UPDATE organisation SET name = $2, address = $3, registration = $4, receipt_text = $5, version = version + 1
             WHERE id = $1
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* id */ &changed.id.0,
                /* name */ &changed.name,
                /* address */ &changed.address,
                /* registration */ &changed.registration,
                /* receipt_text */ &changed.receipt_text,
            ],
        )
        .await?;
    organisation(&row)
}

/// Gives a role. `false` when the person had it already.
pub async fn insert_role(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    person: PersonId,
    role: Role,
    given_by: PersonId,
    wall: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- organisations::insert_role
            INSERT INTO membership (organisation, person, role, created_at, created_by) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (organisation, person, role) DO NOTHING",
        )
        .await?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* organisation */ &organisation.0,
                /* person */ &person.0,
                /* role */ &role.as_str(),
                /* created_at */ &wall,
                /* created_by */ &given_by.0,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Takes a role away. `false` when the person did not have it.
pub async fn delete_role(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    person: PersonId,
    role: Role,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- organisations::delete_role
            DELETE FROM membership WHERE organisation = $1 AND person = $2 AND role = $3",
        )
        .await?;
    let deleted = tx
        .execute(&statement, &[/* organisation */ &organisation.0, /* person */ &person.0, /* role */ &role.as_str()])
        .await?;
    Ok(deleted == 1)
}

/// The roles of a person in an organisation.
pub async fn list_roles(
    client: &impl GenericClient,
    organisation: OrganisationId,
    person: PersonId,
) -> Result<Vec<Role>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::list_roles
            SELECT role FROM membership WHERE organisation = $1 AND person = $2 ORDER BY role",
        )
        .await?;
    let rows = client.query(&statement, &[/* organisation */ &organisation.0, /* person */ &person.0]).await?;
    rows.iter().map(|row| Ok(row.get::<_, &str>("role").parse()?)).collect()
}

/// The person with an address, given in lower case, who has a role in an organisation.
pub async fn find_person(
    client: &impl GenericClient,
    organisation: OrganisationId,
    email: &str,
) -> Result<Option<PersonId>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::find_person
            SELECT id FROM person
             WHERE email = $2 AND id IN (SELECT person FROM membership WHERE organisation = $1)",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* organisation */ &organisation.0, /* email */ &email]).await?;
    Ok(row.map(|row| PersonId(row.get("id"))))
}

/// The persons who have a role in an organisation.
pub async fn list_persons_with(
    client: &impl GenericClient,
    organisation: OrganisationId,
    role: Role,
) -> Result<Vec<PersonId>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::list_persons_with
            SELECT person FROM membership WHERE organisation = $1 AND role = $2 ORDER BY person",
        )
        .await?;
    let rows = client.query(&statement, &[/* organisation */ &organisation.0, /* role */ &role.as_str()]).await?;
    Ok(rows.iter().map(|row| PersonId(row.get("person"))).collect())
}

/// The addresses of those who have a role in an organisation and are not disabled.
pub async fn list_emails_with(
    client: &impl GenericClient,
    organisation: OrganisationId,
    role: Role,
) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::list_emails_with
            SELECT p.email FROM membership m JOIN person p ON p.id = m.person
             WHERE m.organisation = $1 AND m.role = $2 AND p.disabled_at IS NULL ORDER BY p.email",
        )
        .await?;
    let rows = client.query(&statement, &[/* organisation */ &organisation.0, /* role */ &role.as_str()]).await?;
    Ok(rows.iter().map(|row| row.get("email")).collect())
}

/// The roles given in an organisation, by person and role, after a pair of them.
pub async fn list_memberships(
    client: &impl GenericClient,
    organisation: OrganisationId,
    after: (Uuid, &str),
    limit: i64,
) -> Result<Vec<Membership>, Error> {
    let statement = client
        .prepare_cached(
            "-- organisations::list_memberships
            SELECT m.organisation, m.person, p.email, m.role, m.created_at
              FROM membership m JOIN person p ON p.id = m.person
             WHERE m.organisation = $1 AND (m.person, m.role) > ($2, $3)
             ORDER BY m.person, m.role LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* organisation */ &organisation.0,
                /* person */ &after.0,
                /* role */ &after.1,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Membership {
                organisation: OrganisationId(row.get("organisation")),
                person: PersonId(row.get("person")),
                email: row.get("email"),
                role: row.get::<_, &str>("role").parse()?,
                created_at: row.get("created_at"),
            })
        })
        .collect()
}
