//! Requests of people to belong to an organisation.

use crate::error::Error;
use crate::id::{JoinRequestId, OrganisationId, PersonId};
use crate::parties::rules::join_request::{JoinOutcome, JoinRequest};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn join_request(row: &Row) -> Result<JoinRequest, Error> {
    Ok(JoinRequest {
        id: JoinRequestId(row.get("id")),
        organisation: OrganisationId(row.get("organisation")),
        organisation_name: row.get("organisation_name"),
        person: PersonId(row.get("person")),
        email: row.get("email"),
        person_name: row.get("person_name"),
        note: row.get("note"),
        asked_at: row.get("asked_at"),
        until: row.get("until"),
        ended: ended(row)?,
    })
}

fn ended(row: &Row) -> Result<Option<(JoinOutcome, Timestamp)>, Error> {
    let by =
        || row.get::<_, Option<Uuid>>("ended_by").map(PersonId).ok_or_else(|| Error::inconsistent("nobody answered"));
    let outcome = match row.get::<_, Option<&str>>("outcome") {
        None => return Ok(None),
        Some("accepted") => JoinOutcome::Accepted { by: by()?, role: row.get::<_, &str>("role").parse()? },
        Some("declined") => JoinOutcome::Declined { by: by()?, reason: row.get("reason") },
        Some("withdrawn") => JoinOutcome::Withdrawn,
        Some("lapsed") => JoinOutcome::Lapsed,
        Some(_) => return Err(Error::inconsistent("an outcome of a join request that is none")),
    };
    Ok(Some((outcome, row.get("ended_at"))))
}

/// A new request, which is open. `false` when the person has an open one there already.
pub async fn insert(
    tx: &Transaction<'_>,
    id: JoinRequestId,
    (organisation, person): (OrganisationId, PersonId),
    note: &str,
    (asked_at, until): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- join_requests::insert
            INSERT INTO join_request (id, organisation, person, note, asked_at, until) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (organisation, person) WHERE outcome IS NULL DO NOTHING",
        )
        .await?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* id */ &id.0,
                /* organisation */ &organisation.0,
                /* person */ &person.0,
                /* note */ &note,
                /* asked_at */ &asked_at,
                /* until */ &until,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The request with an id.
pub async fn find(client: &impl GenericClient, id: JoinRequestId) -> Result<Option<JoinRequest>, Error> {
    let statement = client
        .prepare_cached(
            "-- join_requests::find
            SELECT r.*, o.name AS organisation_name, p.email, p.name AS person_name
              FROM join_request r
              JOIN organisation o ON o.id = r.organisation
              JOIN person p ON p.id = r.person
             WHERE r.id = $1",
        )
        .await?;
    client.query_opt(&statement, &[/* id */ &id.0]).await?.as_ref().map(join_request).transpose()
}

/// Locks the request with an id.
pub async fn lock(tx: &Transaction<'_>, id: JoinRequestId) -> Result<Option<JoinRequest>, Error> {
    let statement = tx
        .prepare_cached(
            "-- join_requests::lock
            SELECT r.*, o.name AS organisation_name, p.email, p.name AS person_name
              FROM join_request r
              JOIN organisation o ON o.id = r.organisation
              JOIN person p ON p.id = r.person
             WHERE r.id = $1 FOR UPDATE OF r",
        )
        .await?;
    tx.query_opt(&statement, &[/* id */ &id.0]).await?.as_ref().map(join_request).transpose()
}

/// The requests to an organisation, the newest first, before an id.
pub async fn list_of_organisation(
    client: &impl GenericClient,
    organisation: OrganisationId,
    before: Uuid,
    limit: i64,
) -> Result<Vec<JoinRequest>, Error> {
    let statement = client
        .prepare_cached(
            "-- join_requests::list_of_organisation
            SELECT r.*, o.name AS organisation_name, p.email, p.name AS person_name
              FROM join_request r
              JOIN organisation o ON o.id = r.organisation
              JOIN person p ON p.id = r.person
             WHERE r.organisation = $1 AND r.id < $2 ORDER BY r.id DESC LIMIT $3",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* organisation */ &organisation.0, /* before */ &before, /* limit */ &limit])
        .await?;
    rows.iter().map(join_request).collect()
}

/// The requests of a person, the newest first, before an id.
pub async fn list_of_person(
    client: &impl GenericClient,
    person: PersonId,
    before: Uuid,
    limit: i64,
) -> Result<Vec<JoinRequest>, Error> {
    let statement = client
        .prepare_cached(
            "-- join_requests::list_of_person
            SELECT r.*, o.name AS organisation_name, p.email, p.name AS person_name
              FROM join_request r
              JOIN organisation o ON o.id = r.organisation
              JOIN person p ON p.id = r.person
             WHERE r.person = $1 AND r.id < $2 ORDER BY r.id DESC LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* person */ &person.0, /* before */ &before, /* limit */ &limit]).await?;
    rows.iter().map(join_request).collect()
}

/// How many requests of a person are open.
pub async fn count_open(client: &impl GenericClient, person: PersonId, wall: Timestamp) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- join_requests::count_open
            SELECT count(*) AS open FROM join_request WHERE person = $1 AND outcome IS NULL AND until > $2",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* person */ &person.0, /* wall */ &wall]).await?.get("open"))
}

/// Writes down that a request which nobody answered in time has lapsed, as of the moment at which it did.
pub async fn update_lapsed(
    tx: &Transaction<'_>,
    organisation: OrganisationId,
    person: PersonId,
    wall: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- join_requests::update_lapsed
            UPDATE join_request SET outcome = 'lapsed', ended_at = until
             WHERE organisation = $1 AND person = $2 AND outcome IS NULL AND until <= $3",
        )
        .await?;
    tx.execute(&statement, &[/* organisation */ &organisation.0, /* person */ &person.0, /* wall */ &wall]).await?;
    Ok(())
}

/// Writes down what somebody made of a request.
pub async fn update_ended(
    tx: &Transaction<'_>,
    id: JoinRequestId,
    outcome: &str,
    by: PersonId,
    (role, reason): (Option<&str>, Option<&str>),
    wall: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- join_requests::update_ended
            UPDATE join_request SET outcome = $2, ended_by = $3, role = $4, reason = $5, ended_at = $6 WHERE id = $1",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* id */ &id.0, /* outcome */ &outcome, /* ended_by */ &by.0, /* role */ &role,
            /* reason */ &reason, /* ended_at */ &wall,
        ],
    )
    .await?;
    Ok(())
}
