//! Releases: money of a claim that went from the fund to the team's payable.

use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, CampaignId, ClaimId, MilestoneId, OrganisationId, ReleaseId};
use crate::milestones::rules::release::Release;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Release, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Release {
        id: ReleaseId::new(book, row.get("id")),
        number: row.get("number"),
        claim: ClaimId::new(book, row.get("claim_id")),
        milestone: MilestoneId::new(book, row.get("milestone_id")),
        campaign: CampaignId::new(book, row.get("campaign_id")),
        team: OrganisationId(row.get("team")),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        set_off: row.get("set_off"),
        entry: row.get("entry_number"),
        released_at: row.get("released_at"),
    })
}

/// The number of a claim's next release. The caller has locked the claim.
pub async fn next_number(tx: &Transaction<'_>, claim: ClaimId) -> Result<i32, Error> {
    let statement = tx
        .prepare_cached(
            "-- releases::next_number
            SELECT coalesce(max(number), 0) + 1 AS next FROM release WHERE book_id = $1 AND claim_id = $2",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    Ok(row.get("next"))
}

/// A new release.
pub async fn insert(tx: &Transaction<'_>, new: &Release) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- releases::insert
            INSERT INTO release (book_id, id, claim_id, number, milestone_id, campaign_id, team, amount, currency,
                                 entry_number, released_at, set_off)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* claim_id */ &new.claim.object,
            /* number */ &new.number,
            /* milestone_id */ &new.milestone.object,
            /* campaign_id */ &new.campaign.object,
            /* team */ &new.team.0,
            /* amount */ &new.amount.minor(),
            /* currency */ &new.amount.currency().code(),
            /* entry_number */ &new.entry,
            /* released_at */ &new.released_at,
            /* set_off */ &new.set_off,
        ],
    )
    .await?;
    Ok(())
}

/// The release with this id.
pub async fn get(client: &impl GenericClient, id: ReleaseId) -> Result<Release, Error> {
    let statement = client
        .prepare_cached(
            "-- releases::get
            SELECT * FROM release WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("release"))
}

/// The releases of a campaign, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    campaign: CampaignId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Release>, Error> {
    let statement = client
        .prepare_cached(
            "-- releases::list
            SELECT * FROM release WHERE book_id = $1 AND campaign_id = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign_id */ &campaign.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// The releases of a claim, by number.
pub async fn list_of_claim(client: &impl GenericClient, claim: ClaimId) -> Result<Vec<Release>, Error> {
    let statement = client
        .prepare_cached(
            "-- releases::list_of_claim
            SELECT * FROM release WHERE book_id = $1 AND claim_id = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    rows.iter().map(from_row).collect()
}
