//! What partner platforms asked.

use crate::book::Mode;
use crate::error::Error;
use crate::id::{CredentialId, OrganisationId};
use crate::parties::rules::request::AnsweredRequest;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

fn answered(row: &Row) -> Result<AnsweredRequest, Error> {
    let status: i16 = row.get("status");
    Ok(AnsweredRequest {
        id: row.get("id"),
        organisation: OrganisationId(row.get("organisation")),
        credential: CredentialId(row.get("credential")),
        mode: row.get::<_, &str>("mode").parse()?,
        at: row.get("at"),
        method: row.get("method"),
        path: row.get("path"),
        status: u16::try_from(status).map_err(|_| Error::inconsistent("a status below zero"))?,
        problem: row.get("problem"),
        request_id: row.get("request_id"),
    })
}

/// Writes many at once.
pub async fn insert(client: &impl GenericClient, all: &[AnsweredRequest]) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "-- requests::insert
            INSERT INTO partner_request (book_id, id, organisation, credential, mode, at, method, path, status, problem, request_id)
            SELECT 0, r.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
                                 $8::smallint[], $9::text[], $10::text[]) AS r
            ON CONFLICT DO NOTHING",
        )
        .await?;
    let texts = |of: fn(&AnsweredRequest) -> &str| all.iter().map(of).collect::<Vec<&str>>();
    let uuids = |of: fn(&AnsweredRequest) -> Uuid| all.iter().map(of).collect::<Vec<Uuid>>();
    client
        .execute(
            &statement,
            &[
                /* id */ &uuids(|it| it.id),
                /* organisation */ &uuids(|it| it.organisation.0),
                /* credential */ &uuids(|it| it.credential.0),
                /* mode */ &texts(|it| it.mode.as_str()),
                /* at */ &all.iter().map(|it| it.at).collect::<Vec<_>>(),
                /* method */ &texts(|it| &it.method),
                /* path */ &texts(|it| &it.path),
                /* status */ &all.iter().map(|it| i16::try_from(it.status).unwrap_or(599)).collect::<Vec<_>>(),
                /* problem */ &texts(|it| &it.problem),
                /* request_id */ &texts(|it| &it.request_id),
            ],
        )
        .await?;
    Ok(())
}

/// What a partner asked by credentials of some modes, the newest first, before one of them; if asked, only what was refused or failed.
pub async fn list(
    client: &impl GenericClient,
    organisation: OrganisationId,
    modes: &[Mode],
    only_failed: bool,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<AnsweredRequest>, Error> {
    let statement = client
        .prepare_cached(
            "-- requests::list
            SELECT r.* FROM unnest($2::text[]) AS m(mode) CROSS JOIN LATERAL (
                   SELECT id, organisation, credential, mode, at, method, path, status, problem, request_id
                     FROM partner_request
                    WHERE book_id = 0 AND organisation = $1 AND mode = m.mode AND id < $3 AND (NOT $5 OR status >= 400)
                    ORDER BY id DESC LIMIT $4) r
             ORDER BY r.id DESC LIMIT $4",
        )
        .await?;
    let modes: Vec<&str> = modes.iter().map(|mode| mode.as_str()).collect();
    let before = before.unwrap_or(Uuid::max());
    let rows = client
        .query(
            &statement,
            &[
                /* organisation */ &organisation.0,
                /* modes */ &modes,
                /* before */ &before,
                /* limit */ &limit,
                /* only_failed */ &only_failed,
            ],
        )
        .await?;
    rows.iter().map(answered).collect()
}
