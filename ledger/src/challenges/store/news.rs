//! To whom news of a challenge go.

use crate::error::Error;
use crate::id::{ChallengeId, EntrantId, OrganisationId};
use deadpool_postgres::GenericClient;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The name of an organisation; empty when there is none.
pub async fn name_of(client: &impl GenericClient, id: OrganisationId) -> Result<String, Error> {
    let found = crate::parties::store::organisations::find(client, id).await?;
    Ok(found.map(|organisation| organisation.name).unwrap_or_default())
}

/// The addresses of the people of a page of teams whose entries stand, each once, and the last entry of the page when it is full.
pub async fn recipients(
    client: &impl GenericClient,
    challenge: ChallengeId,
    after: Uuid,
    limit: i64,
) -> Result<(Vec<String>, Option<EntrantId>), Error> {
    let statement = client
        .prepare_cached(
            "-- news::recipients
            SELECT e.id, p.email
              FROM (SELECT id, team FROM entrant
                     WHERE book_id = $1 AND challenge = $2 AND state = 'entered' AND id > $3 ORDER BY id LIMIT $4) e
              LEFT JOIN membership m ON m.organisation = e.team
              LEFT JOIN person p ON p.id = m.person AND p.disabled_at IS NULL
             ORDER BY e.id, p.email",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    let entries: BTreeSet<Uuid> = rows.iter().map(|row| row.get("id")).collect();
    let is_full = i64::try_from(entries.len()).is_ok_and(|entries| entries == limit);
    let last = entries.last().filter(|_| is_full).map(|last| EntrantId::new(challenge.book, *last));
    let addresses: BTreeSet<String> = rows.iter().filter_map(|row| row.get("email")).collect();
    Ok((addresses.into_iter().collect(), last))
}

/// The addresses of the people of a team, each once.
pub async fn of_team(client: &impl GenericClient, team: OrganisationId) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- news::of_team
            SELECT DISTINCT p.email FROM membership m JOIN person p ON p.id = m.person AND p.disabled_at IS NULL
             WHERE m.organisation = $1 ORDER BY p.email",
        )
        .await?;
    let rows = client.query(&statement, &[/* organisation */ &team.0]).await?;
    Ok(rows.iter().map(|row| row.get("email")).collect())
}

/// The addresses of the judges of a challenge, 500 at most.
pub async fn judges(client: &impl GenericClient, challenge: ChallengeId) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- news::judges
            SELECT p.email FROM judge j JOIN person p ON p.id = j.person AND p.disabled_at IS NULL
             WHERE j.book_id = $1 AND j.challenge = $2 ORDER BY j.person LIMIT 500",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(rows.iter().map(|row| row.get("email")).collect())
}

/// The addresses of the judges of a challenge, and of the owners of its sponsors, each once: 500 of each at most.
pub async fn makers(client: &impl GenericClient, challenge: ChallengeId) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- news::makers
            WITH judges AS (SELECT person FROM judge WHERE book_id = $1 AND challenge = $2 ORDER BY person LIMIT 500),
                 sponsors AS (SELECT DISTINCT sponsor FROM purse_contribution
                               WHERE book_id = $1 AND challenge = $2 AND state <> 'returned' ORDER BY sponsor LIMIT 500)
            SELECT p.email FROM judges j JOIN person p ON p.id = j.person AND p.disabled_at IS NULL
             UNION
            SELECT p.email FROM sponsors s JOIN membership m ON m.organisation = s.sponsor AND m.role = 'owner'
              JOIN person p ON p.id = m.person AND p.disabled_at IS NULL
             ORDER BY email",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(rows.iter().map(|row| row.get("email")).collect())
}
