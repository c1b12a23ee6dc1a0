//! What waits for a person, in one list.

use crate::desk::rules::task::{Place, Task};
use crate::desk::store::{call_tasks, claim_tasks, payout_tasks, share_tasks, tasks, vote_tasks};
use crate::error::Error;
use crate::id::PersonId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

/// What waits for a person after a place in the list, at most so many: by all roles that they have now, without what their own
/// part in it keeps them from.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn list(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
    wall: Timestamp,
) -> Result<Vec<Task>, Error> {
    let mut found = tasks::invitations(client, person, after, limit, wall).await?;
    found.extend(tasks::join_requests(client, person, after, limit, wall).await?);
    found.extend(call_tasks::calls(client, person, after, limit, wall).await?);
    found.extend(vote_tasks::proposals(client, person, after, limit, wall).await?);
    found.extend(claim_tasks::claims(client, person, after, limit).await?);
    found.extend(claim_tasks::disputes(client, person, after, limit).await?);
    found.extend(claim_tasks::claim_requests(client, person, after, limit).await?);
    found.extend(tasks::distributions(client, person, after, limit).await?);
    found.extend(tasks::redemptions(client, person, after, limit).await?);
    found.extend(tasks::affiliations(client, person, after, limit).await?);
    found.extend(tasks::hours(client, person, after, limit).await?);
    found.extend(tasks::submissions(client, person, after, limit).await?);
    found.extend(share_tasks::share_plans(client, person, after, limit).await?);
    found.extend(tasks::chargebacks(client, person, after, limit).await?);
    found.extend(tasks::mandates(client, person, after, limit).await?);
    found.extend(tasks::suspense(client, person, after, limit).await?);
    found.extend(tasks::settlements(client, person, after, limit, wall).await?);
    found.extend(tasks::frozen_custodians(client, person, after, limit).await?);
    found.extend(tasks::doubted(client, person, after, limit).await?);
    found.extend(payout_tasks::bank_accounts(client, person, after, limit).await?);
    found.extend(payout_tasks::payouts(client, person, after, limit, wall).await?);
    found.extend(payout_tasks::bank_lines(client, person, after, limit).await?);
    found.sort_by_key(|task| task.place().order());
    found.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(found)
}
