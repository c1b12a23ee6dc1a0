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
